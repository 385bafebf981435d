/* bundle_ack.c — what an agency is known to hold, so that a file for it carries only what it lacks.
 *
 * Only what it said itself counts: HEADS of a session or of a bundle.  That a file was made, or given away, says nothing.
 *   T_PEER: agency 32 || log number 4 -> prefix 8;  node key 32 -> boot id 16 || made 8 of its newest bundle */
#include "protocol/session/bundle_inner.h"

enum { ACK_EVERY_MS = 60 * 1000, ACK_KEY = HASH_BYTES + 4, NODE_VALUE = 16 + 8 };

static void ack_key(uint8_t key[ACK_KEY], const struct agency_id *agency, const struct log *log)
{
    memcpy(key, agency->b, HASH_BYTES);
    put_be32(key + HASH_BYTES, log->number);
}

uint64_t bundle_ack(struct core *core, const struct agency_id *agency, const struct log *log)
{
    uint8_t key[ACK_KEY];
    struct bytes value;
    ack_key(key, agency, log);
    if (core->storage.get(core->storage.self, T_PEER, (struct bytes){key, ACK_KEY}, &value) != MUSTER_OK || value.len != 8)
        return 0;
    return get_be64(value.at);
}

uint64_t core_held_by(struct core *core, const struct agency_id *agency, const struct log_id *id)
{
    const struct log *log = log_find(core, id);
    if (!log)
        return 0;
    if (agency_id_eq(&log->genesis.agency, agency) || agency_id_eq(&core->self, agency))
        return log->durable_prefix;
    uint64_t held = bundle_ack(core, agency, log);
    uint32_t index = log_index(core, log);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *session = core->sessions[i];
        if (session && session->stage == SESSION_SYNCING && agency_id_eq(&session->agency, agency) && index < session->log_size &&
            session->logs[index].listed && session->logs[index].their_prefix > held)
            held = session->logs[index].their_prefix;
    }
    return held;
}

static void ack_note(struct core *core, const struct agency_id *agency, const struct log *log, uint64_t prefix)
{
    uint8_t key[ACK_KEY], value[8];
    if (bundle_ack(core, agency, log) == prefix)
        return;
    ack_key(key, agency, log);
    put_be64(value, prefix);
    (void)stage_put(core, T_PEER, key, ACK_KEY, value, sizeof(value)); /* without room: more than needed is sent */
}

void bundle_acks_save(struct core *core, struct session *session)
{
    for (size_t i = 0; i < session->log_size && i < core->log_count; i++)
        if (session->logs[i].listed)
            ack_note(core, &session->agency, core->logs[i], session->logs[i].their_prefix);
    if (session->stage == SESSION_SYNCING) {
        uint8_t boot[16];
        uint64_t made_ms;
        bundle_node_seen(core, &session->node, boot, &made_ms);
        bundle_node_note(core, &session->node, session->theirs.boot, made_ms);
    }
    session->acks_mono = core->mono_ms;
}

void bundle_acks_sometimes(struct core *core)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (session && session->stage == SESSION_SYNCING && core->mono_ms - session->acks_mono >= ACK_EVERY_MS &&
            core->mono_ms - session->up_mono >= ACK_EVERY_MS)
            bundle_acks_save(core, session);
    }
}

void bundle_acks_equal(struct core *core, struct session *session, const struct space *space, bool control)
{
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->space == space->number && (core->logs[i]->genesis.role == LOG_CONTROL) == control)
            ack_note(core, &session->agency, core->logs[i], core->logs[i]->durable_prefix);
}

void bundle_node_seen(struct core *core, const struct sign_public *node, uint8_t boot[16], uint64_t *made_ms)
{
    struct bytes value;
    memset(boot, 0, 16);
    *made_ms = 0;
    if (core->storage.get(core->storage.self, T_PEER, (struct bytes){node->b, sizeof(node->b)}, &value) != MUSTER_OK ||
        value.len != NODE_VALUE)
        return;
    memcpy(boot, value.at, 16);
    *made_ms = get_be64(value.at + 16);
}

void bundle_node_note(struct core *core, const struct sign_public *node, const uint8_t boot[16], uint64_t made_ms)
{
    uint8_t value[NODE_VALUE], known[16];
    uint64_t known_ms;
    bundle_node_seen(core, node, known, &known_ms);
    if (known_ms == made_ms && memcmp(known, boot, 16) == 0)
        return;
    memcpy(value, boot, 16);
    put_be64(value + 16, made_ms);
    (void)stage_put(core, T_PEER, node->b, sizeof(node->b), value, sizeof(value));
}
