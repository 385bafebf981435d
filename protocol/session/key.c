/* key.c — KEYREQ and KEY: an epoch's key for a reader who lacks it (RULES K5). */
#include "protocol/core_inner.h"

enum { ASK_EVERY_MS = 2000, KEYS_AT_ONCE = 64, GIVE_EVERY_MS = 1000 };

/* Epochs whose key is not here, the newest first: before all others those in force, then those that a fork has made
 * contested, under which honest writers may have sealed before they knew.  Those that an author was not allowed to open come
 * last, where they push nothing out, and only while something waits: it may have been sealed before the author's right fell. */
static size_t missing_keys(struct space *space, struct record_id missing[KEYS_AT_ONCE])
{
    static const enum control_verdict verdicts[] = {CONTROL_EFFECTIVE, CONTROL_CONTESTED, CONTROL_NOT_ALLOWED};
    size_t count = 0;
    for (size_t v = 0; v < ARRAY_LEN(verdicts) - (space->waiting == 0); v++)
        for (size_t i = space->epoch_count; i > 0 && count < KEYS_AT_ONCE; i--)
            if (!space->epochs[i - 1].held &&
                control_judge(space->control, &space->epochs[i - 1].id).verdict == verdicts[v])
                missing[count++] = space->epochs[i - 1].id;
    return count;
}

void key_ask(struct core *core)
{
    for (size_t s = 0; s < core->space_count && core_room(core); s++) {
        struct space *space = core->spaces[s];
        bool known = false;
        struct record_id missing[KEYS_AT_ONCE];
        size_t count = 0;
        if (!space->joined || !epoch_reader(space->control, &core->self))
            continue;
        for (size_t i = 0; i < SESSIONS_MAX; i++) {
            struct session *session = core->sessions[i];
            struct session_space *open =
                session && session->stage == SESSION_SYNCING ? session_space_of(session, space->number) : NULL;
            if (!open || notice_due(space, session) || (open->keys_asked && core->mono_ms - open->keys_asked_ms < ASK_EVERY_MS))
                continue;
            if (!known) /* not for every tick: some do not know */
                count = missing_keys(space, missing);
            known = true;
            if (!count)
                break;
            open->keys_expected = count;
            open->keys_asked = true;
            open->keys_asked_ms = core->mono_ms;
            struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
            keyreq_write(&w, open->tag, missing, count);
            session_send(core, session, &w);
        }
    }
}

static const struct node_keys *keys_of(struct core *core, const struct session *session)
{
    const struct agency *agency = agency_find(core, &session->agency);
    const struct agency_node *node = agency ? agency_node(agency, &session->node) : NULL;
    return node && !node->revoked ? &node->keys : NULL;
}

void on_keyreq(struct core *core, struct session *session, struct bytes body)
{
    uint8_t tag[16];
    struct record_id wanted[64];
    size_t count;
    enum muster_error error = keyreq_read(tag, wanted, &count, body);
    if (error) {
        core->counters.frames_refused++;
        session_close(core, session, error, "KEYREQ is malformed");
        return;
    }
    struct session_space *open = session_space_by_tag(session, tag);
    const struct node_keys *node = keys_of(core, session);
    if (!open || !node)
        return;
    struct space *space = core->spaces[open->space];
    if (core->mono_ms - open->keys_given_mono >= GIVE_EVERY_MS) {
        open->keys_given_mono = core->mono_ms;
        open->keys_given = 0;
    }
    for (size_t i = 0; i < count && open->keys_given < KEYS_AT_ONCE; i++) {
        struct key_frame frame = {.epoch = wanted[i]};
        struct seal_key key;
        uint8_t seed[32];
        if (!space_key(space, &wanted[i], &key) || !epoch_may_deliver(space->control, &wanted[i], &session->agency))
            continue;
        open->keys_given++; /* sealing costs: so many a second and no more */
        memcpy(frame.tag, open->tag, 16);
        core_draw(core, seed, sizeof(seed));
        if (box_seal_seeded(frame.sealed, key.b, sizeof(key.b), &node->box, seed) == MUSTER_OK) {
            struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
            key_write(&w, &frame);
            session_send(core, session, &w);
        }
        crypto_wipe(seed, sizeof(seed));
        crypto_wipe(&key, sizeof(key));
    }
}

void on_key(struct core *core, struct session *session, struct bytes body)
{
    struct key_frame frame;
    struct seal_key key;
    enum muster_error error = key_read(&frame, body);
    if (error) {
        core->counters.frames_refused++;
        session_close(core, session, error, "KEY is malformed");
        return;
    }
    struct session_space *open = session_space_by_tag(session, frame.tag);
    if (!open || !open->keys_expected)
        return; /* not asked for */
    open->keys_expected--;
    if (box_open(key.b, frame.sealed, sizeof(frame.sealed), &core->config.keys.box, &core->config.box_secret))
        return;
    error = space_keep_key(core, core->spaces[open->space], &frame.epoch, &key);
    if (error == MUSTER_ECOMMITMENT && session_words(core, session)) /* wrong key: ignored, reported, another is asked (K5) */
        core_event(core, "epoch.wrong_key", &session->agency, "the key does not fit its commitment");
    crypto_wipe(&key, sizeof(key));
}
