/* pace.c — how much of lanes 2 to 4 may be under way to a peer (RULES S4, SPEC 5).
 *
 * Credit says what the receiver can take; the window says what the link can carry without a queue, so that a flash never
 * waits long behind bulk.  Bytes count as under way from the moment they are given to the link until the peer's CREDIT
 * covers them: the queues of the socket and of the kernel are inside.  The time that takes is compared with the shortest
 * seen: while it is short the window grows by what was credited, when it is long the window shrinks in proportion. */
#include "protocol/core_inner.h"

enum {
    WINDOW_START = 8 * 1024,
    WINDOW_MIN = 2 * 1024,
    FRAME_MIN = 2 * 1024,
    FRAME_MAX = 60 * 1024,
    DELAY_GROW_MS = 60,   /* over the shortest: grow below, */
    DELAY_SHRINK_MS = 150, /* shrink above */
    DELAY_FORGET_MS = 20000
};

static uint64_t under_way(const struct session *session)
{
    return session->sent_bytes - session->credited_bytes;
}

bool pace_may_send(struct session *session)
{
    if (!session->window)
        session->window = WINDOW_START;
    if (under_way(session) >= session->window) {
        session->window_was_full = true;
        return false;
    }
    return session->credit > 0;
}

size_t pace_frame_bytes(const struct session *session)
{
    size_t bytes = (session->window ? session->window : WINDOW_START) / 2;
    return bytes < FRAME_MIN ? FRAME_MIN : bytes > FRAME_MAX ? FRAME_MAX : bytes;
}

void pace_sent(struct core *core, struct session *session, size_t bytes)
{
    session->credit -= (int64_t)bytes;
    session->sent_bytes += bytes;
    if (session->send_count < SENDS_KEPT) {
        uint32_t at = (session->send_first + session->send_count++) % SENDS_KEPT;
        session->sends[at].end = session->sent_bytes;
        session->sends[at].mono_ms = core->mono_ms;
    } else { /* more frames under way than remembered: the last one stands for them all */
        session->sends[(session->send_first + SENDS_KEPT - 1) % SENDS_KEPT].end = session->sent_bytes;
    }
}

void pace_credited(struct core *core, struct session *session, size_t bytes)
{
    uint64_t delay = UINT64_MAX;
    session->credited_bytes += bytes;
    if (session->credited_bytes > session->sent_bytes) /* a lie is of no use */
        session->credited_bytes = session->sent_bytes;
    while (session->send_count && session->sends[session->send_first].end <= session->credited_bytes) {
        delay = core->mono_ms - session->sends[session->send_first].mono_ms;
        session->send_first = (session->send_first + 1) % SENDS_KEPT;
        session->send_count--;
    }
    if (delay == UINT64_MAX)
        return;
    if (!session->delay_min_at || delay <= session->delay_min_ms ||
        core->mono_ms - session->delay_min_at > DELAY_FORGET_MS) {
        session->delay_min_ms = delay;
        session->delay_min_at = core->mono_ms;
    }
    uint64_t over = delay - session->delay_min_ms;
    if (over <= DELAY_GROW_MS && session->window_was_full) {
        session->window += bytes;
        if (session->window > session->theirs.credit)
            session->window = session->theirs.credit;
    } else if (over > DELAY_SHRINK_MS) {
        session->window = session->window * (session->delay_min_ms + DELAY_SHRINK_MS) / (delay + 1);
        if (session->window < WINDOW_MIN)
            session->window = WINDOW_MIN;
    }
    session->window_was_full = false;
}
