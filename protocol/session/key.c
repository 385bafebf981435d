/* key.c — KEYREQ and KEY: an epoch's key for a reader who lacks it (RULES K5). */
#include "protocol/core_inner.h"

enum { ASK_EVERY_MS = 2000 };

void key_ask(struct core *core)
{
    for (size_t s = 0; s < core->space_count; s++) {
        struct space *space = core->spaces[s];
        struct record_id missing[64];
        size_t count = 0;
        if (!space->joined || !epoch_reader(space->control, &core->self))
            continue;
        for (size_t i = space->epoch_count; i > 0 && count < ARRAY_LEN(missing); i--)
            if (!space->epochs[i - 1].held)
                missing[count++] = space->epochs[i - 1].id;
        for (size_t i = 0; i < SESSIONS_MAX && count; i++) {
            struct session *session = core->sessions[i];
            struct session_space *open =
                session && session->stage == SESSION_SYNCING ? session_space_of(session, space->number) : NULL;
            if (!open || (open->keys_asked && core->mono_ms - open->keys_asked_ms < ASK_EVERY_MS))
                continue;
            open->keys_asked = true;
            open->keys_asked_ms = core->mono_ms;
            struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
            keyreq_write(&w, open->tag, missing, count);
            session_send(core, session, &w);
        }
    }
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
    const struct agency *agency = agency_find(core, &session->agency);
    const struct node_keys *node = agency ? agency_node(agency, &session->node) : NULL;
    if (!open || !node)
        return;
    struct space *space = core->spaces[open->space];
    for (size_t i = 0; i < count; i++) {
        struct key_frame frame = {.epoch = wanted[i]};
        struct seal_key key;
        uint8_t seed[32];
        if (!space_key(space, &wanted[i], &key) || !epoch_may_deliver(space->control, &wanted[i], &session->agency))
            continue;
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
    if (!open || box_open(key.b, frame.sealed, sizeof(frame.sealed), &core->config.keys.box, &core->config.box_secret))
        return;
    error = space_keep_key(core, core->spaces[open->space], &frame.epoch, &key);
    if (error == MUSTER_ECOMMITMENT) /* wrong key: ignored, reported, another is asked (K5) */
        core_event(core, "epoch.wrong_key", &session->agency, "the key does not fit its commitment");
    crypto_wipe(&key, sizeof(key));
}
