/* credit.c — CREDIT: bytes of segments that may be under way (RULES S4); pace.c says how fast. */
#include "protocol/core_inner.h"

enum { CREDIT_STEP = 16 * 1024 }; /* credit goes back in steps of at least so much, or with the next tick */

void credit_return(struct core *core, struct session *session, size_t bytes)
{
    session->owed += bytes;
    if (session->owed >= CREDIT_STEP)
        credit_flush(core, session);
}

void credit_flush(struct core *core, struct session *session)
{
    if (!session->owed)
        return;
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_CREDIT, 0);
    writer_u32(&w, (uint32_t)session->owed);
    frame_end(&w, begin);
    session->owed = 0;
    session_send(core, session, &w);
}

void on_credit(struct core *core, struct session *session, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    uint32_t bytes = cursor_u32(&c);
    if (cursor_end(&c) != MUSTER_OK) {
        core->counters.frames_refused++;
        session_close(core, session, MUSTER_ETRUNCATED, "CREDIT is malformed");
        return;
    }
    session->credit += bytes;
    pace_credited(core, session, bytes);
    if (session->credit > session->theirs.credit) /* more than was ever granted at once: a lie is of no use */
        session->credit = session->theirs.credit;
    seg_pump(core, session);
}
