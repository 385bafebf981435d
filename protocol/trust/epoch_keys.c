/* epoch_keys.c — the keys of a space's epochs: held, wrapped, opened (RULES K). */
#include "protocol/core_inner.h"

#include <stdlib.h>

struct known_epoch *space_epoch(struct space *space, const struct record_id *epoch)
{
    for (size_t i = space->epoch_count; i > 0; i--)
        if (record_id_eq(&space->epochs[i - 1].id, epoch))
            return &space->epochs[i - 1];
    return NULL;
}

bool space_key(struct space *space, const struct record_id *epoch, struct seal_key *key)
{
    struct known_epoch *known = space_epoch(space, epoch);
    if (!known || !known->held)
        return false;
    *key = known->key;
    return true;
}

static bool held(void *arg, const struct record_id *epoch)
{
    struct known_epoch *known = space_epoch(arg, epoch);
    return known && known->held;
}

bool core_epoch_held(struct core *core, const struct record_id *epoch)
{
    for (size_t i = 0; i < core->space_count; i++)
        if (held(core->spaces[i], epoch))
            return true;
    return false;
}

/* What a wrapped key is bound to: the space and the epoch that it opens. */
static struct bytes wrap_aad(uint8_t out[2 * HASH_BYTES], const struct space *space, const struct record_id *epoch)
{
    memcpy(out, space->id.b, HASH_BYTES);
    memcpy(out + HASH_BYTES, epoch->b, HASH_BYTES);
    return (struct bytes){out, 2 * HASH_BYTES};
}

static void unwrap_all(struct core *core, struct space *space, struct known_epoch *from)
{
    struct record_id epoch;
    struct bytes wrapped, wraps = {from->wraps, from->wraps_len};
    struct seal_key outer = from->key;
    for (size_t i = 0; wraps.len && operation_wrap_at(wraps, i, &epoch, &wrapped); i++) {
        struct seal_nonce nonce;
        struct seal_key key;
        uint8_t bound[2 * HASH_BYTES];
        struct bytes aad = wrap_aad(bound, space, &epoch);
        memcpy(nonce.b, wrapped.at, sizeof(nonce.b));
        if (seal_open(key.b, wrapped.at + sizeof(nonce.b), wrapped.len - sizeof(nonce.b), &aad, &nonce, &outer) == MUSTER_OK)
            (void)space_keep_key(core, space, &epoch, &key);
        crypto_wipe(&key, sizeof(key));
    }
    crypto_wipe(&outer, sizeof(outer));
}

enum muster_error space_keep_key(struct core *core, struct space *space, const struct record_id *epoch,
                                 const struct seal_key *key)
{
    struct known_epoch *known = space_epoch(space, epoch);
    if (!known)
        return MUSTER_EWAITS;
    if (known->held)
        return MUSTER_OK;
    struct hash is = seal_commitment(key);
    if (!crypto_same(is.b, known->commitment.b, HASH_BYTES))
        return MUSTER_ECOMMITMENT;
    enum muster_error error = stage_put(core, T_KEY, epoch->b, HASH_BYTES, key->b, sizeof(key->b));
    if (error)
        return error;
    known->key = *key;
    known->held = true;
    space->dirty = true;
    unwrap_all(core, space, known);
    return MUSTER_OK;
}

static struct known_epoch *epoch_room(struct space *space)
{
    if (space->epoch_count == space->epoch_size) {
        size_t size = space->epoch_size ? space->epoch_size * 2 : 8;
        struct known_epoch *bigger = realloc(space->epochs, size * sizeof(*bigger));
        if (!bigger)
            return NULL;
        space->epochs = bigger;
        space->epoch_size = size;
    }
    return &space->epochs[space->epoch_count];
}

enum { WRAPS_BYTES_MAX = 64 * 128 }; /* as many as a writer wraps */

/* An epoch operation: remember its commitment, open the copy that is ours. */
void take_epoch(struct core *core, struct space *space, const struct operation *operation)
{
    if (space_epoch(space, &operation->op.id))
        return;
    struct known_epoch *known = epoch_room(space);
    if (!known)
        return;
    *known = (struct known_epoch){.id = operation->op.id, .commitment = operation->commitment};
    if (operation->wraps.len && operation->wraps.len <= WRAPS_BYTES_MAX && (known->wraps = malloc(operation->wraps.len))) {
        memcpy(known->wraps, operation->wraps.at, operation->wraps.len);
        known->wraps_len = operation->wraps.len;
    }
    space->epoch_count++;
    struct bytes stored, sealed;
    struct seal_key key;
    if (core->storage.get(core->storage.self, T_KEY, (struct bytes){operation->op.id.b, HASH_BYTES}, &stored) == MUSTER_OK &&
        stored.len == sizeof(key.b)) {
        memcpy(known->key.b, stored.at, sizeof(key.b));
        known->held = true;
    } else if (operation->copies.len && operation_copy_for(operation->copies, &core->config.keys.sign, &sealed) &&
               box_open(key.b, sealed.at, sealed.len, &core->config.keys.box, &core->config.box_secret) == MUSTER_OK) {
        if (space_keep_key(core, space, &known->id, &key) == MUSTER_ECOMMITMENT)
            core_event(core, "epoch.wrong_key", &operation->op.by, "the key does not fit its commitment; another is asked for");
    } else {
        /* A newer epoch that we hold may have wrapped this one. */
        for (size_t i = 0; i < space->epoch_count && !known->held; i++)
            if (space->epochs[i].held)
                unwrap_all(core, space, &space->epochs[i]);
    }
    crypto_wipe(&key, sizeof(key));
}

/* K3: opens an epoch for the readers as seen by what is written now. */
static enum muster_error open_epoch(struct core *core, struct space *space, struct record_id *epoch, struct seal_key *key)
{
    const struct control_member *me = control_member(space->control, &core->self);
    const struct epoch_draft *draft = epoch_draft(space->control);
    if (!draft)
        return MUSTER_EBUSY;
    if (!me || (!me->admin && !draft->allowed_to_writers))
        return MUSTER_ENORIGHT;
    if (core->rehearsing)
        return write_control(core, space, CTL_EPOCH, NULL, 0, epoch);
    size_t size = 64 * 1024 + draft->to_count * HASH_BYTES;
    struct epoch_copy *copies = calloc(EPOCH_COPIES_MAX, sizeof(*copies));
    struct record_id *wraps = calloc(64, sizeof(*wraps));
    uint8_t(*wrapped)[24 + 32 + 16] = calloc(64, sizeof(*wrapped)), *body = malloc(size);
    enum muster_error error = copies && wraps && wrapped && body ? MUSTER_OK : MUSTER_EBUSY;
    size_t copy_count = 0, wrap_count = 0;
    if (error)
        goto out;
    core_draw(core, key->b, sizeof(key->b));
    for (size_t i = 0; i < draft->to_count; i++) {
        const struct agency *agency = agency_find(core, &draft->to[i]);
        for (size_t n = 0; agency && n < agency->node_count && copy_count < EPOCH_COPIES_MAX; n++) {
            uint8_t seed[32];
            if (agency->nodes[n].revoked)
                continue;
            core_draw(core, seed, sizeof(seed));
            copies[copy_count].node = agency->nodes[n].keys.sign;
            if (box_seal_seeded(copies[copy_count].sealed, key->b, sizeof(key->b), &agency->nodes[n].keys.box, seed) == MUSTER_OK)
                copy_count++;
            crypto_wipe(seed, sizeof(seed));
        }
    }
    wrap_count = epoch_next_wraps(space->control, held, space, wraps, 64);
    for (size_t i = 0; i < wrap_count; i++) {
        struct seal_key inner;
        struct seal_nonce nonce;
        uint8_t bound[2 * HASH_BYTES];
        struct bytes aad = wrap_aad(bound, space, &wraps[i]);
        if (!space_key(space, &wraps[i], &inner))
            continue;
        core_draw(core, nonce.b, sizeof(nonce.b));
        memcpy(wrapped[i], nonce.b, sizeof(nonce.b));
        seal(wrapped[i] + sizeof(nonce.b), inner.b, sizeof(inner.b), &aad, &nonce, key);
        crypto_wipe(&inner, sizeof(inner));
    }
    struct hash commitment = seal_commitment(key);
    size_t len = operation_epoch(body, size, &commitment, draft->to, draft->to_count, copies, copy_count, wraps,
                                 (const uint8_t(*)[24 + 32 + 16]) wrapped, wrap_count);
    error = len ? write_control(core, space, CTL_EPOCH, body, len, epoch) : MUSTER_ETOOBIG;
    if (!error) {
        take_epoch(core, space, core->operation); /* as write_control decoded it */
        error = space_keep_key(core, space, epoch, key);
        core_event(core, "epoch.opened", &core->self, "for %zu agencies in %s", draft->to_count, space->genesis.name);
    }
out:
    free(copies);
    free(wraps);
    free(wrapped);
    free(body);
    return error;
}

enum muster_error space_open_epoch(struct core *core, struct space *space, struct record_id *epoch)
{
    struct seal_key key;
    enum muster_error error = open_epoch(core, space, epoch, &key);
    crypto_wipe(&key, sizeof(key));
    return error;
}

enum muster_error space_writable_epoch(struct core *core, struct space *space, struct record_id *epoch, struct seal_key *key)
{
    const struct epoch *current = epoch_current(space->control, held, space);
    if (!current && agency_leads(core, space) && epoch_current(space->control, NULL, NULL))
        return MUSTER_ENOKEY; /* another node of this agency, or a partner, has it: it is asked for */
    if (!current)
        return open_epoch(core, space, epoch, key);
    *epoch = current->id;
    const struct control_member *me = control_member(space->control, &core->self);
    if (me && me->admin && epoch_exposed(space->control, epoch)) {
        struct record_id fresh;
        if (open_epoch(core, space, &fresh, key) == MUSTER_OK) {
            *epoch = fresh;
            return MUSTER_OK;
        }
    }
    return space_key(space, epoch, key) ? MUSTER_OK : MUSTER_ENOKEY;
}
