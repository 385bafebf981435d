#include "protocol/object/feed.h"

#include "protocol/object/apply.h"

static void feed_key(uint8_t out[FEED_KEY_BYTES], const struct space *space, uint64_t number)
{
    put_be32(out, space->number);
    put_be64(out + 4, number);
}

static uint64_t entry_put(struct core *core, struct space *space, const struct object_id *object, enum feed_what what)
{
    uint8_t key[FEED_KEY_BYTES], value[FEED_VALUE_BYTES];
    feed_key(key, space, ++space->feed);
    memcpy(value, object->b, OBJECT_ID_BYTES);
    value[OBJECT_ID_BYTES] = (uint8_t)what;
    core->feed_moves++;
    (void)derive(core, T_FEED, key, sizeof(key), value, sizeof(value)); /* a cache: what it lacks, the next rebuild has */
    return space->feed;
}

static void entry_drop(struct core *core, const struct space *space, uint64_t number)
{
    uint8_t key[FEED_KEY_BYTES];
    if (!number)
        return;
    feed_key(key, space, number);
    (void)underive(core, T_FEED, key, sizeof(key));
}

void feed_note(struct core *core, struct space *space, const struct object_id *object, struct object_stored *state,
               const struct object_stored *before)
{
    bool was = before && !(before->flags & OBJECT_ORPHAN), is = !(state->flags & OBJECT_ORPHAN);
    bool erased = state->erased_records > (before ? before->erased_records : 0);
    state->feed_put = 0;
    state->feed_erased = before ? before->feed_erased : 0;
    if (before)
        entry_drop(core, space, before->feed_put);
    if (erased || (was && !is)) {
        entry_drop(core, space, state->feed_erased);
        state->feed_erased = entry_put(core, space, object, FEED_ERASED);
    }
    if (is)
        state->feed_put = entry_put(core, space, object, FEED_CHANGED);
}

void feed_gone(struct core *core, struct space *space, const struct object_id *object, const struct object_stored *before)
{
    entry_drop(core, space, before->feed_put);
    entry_drop(core, space, before->feed_erased);
    (void)entry_put(core, space, object, FEED_ERASED);
}

static bool take_last(void *user, struct bytes key, struct bytes value)
{
    uint64_t *last = user;
    (void)value;
    if (key.len == FEED_KEY_BYTES)
        *last = get_be64(key.at + 4);
    return false;
}

enum muster_error feed_load(struct core *core)
{
    enum muster_error error = MUSTER_OK;
    struct bytes value;
    core->feed_generation = 0;
    for (size_t i = 0; i < core->space_count && !error; i++) {
        uint8_t from[FEED_KEY_BYTES];
        feed_key(from, core->spaces[i], UINT64_MAX);
        core->spaces[i]->feed = 0;
        error = core->storage.scan(core->storage.self, T_FEED, (struct bytes){from, 4}, (struct bytes){from, sizeof(from)},
                                   true, take_last, &core->spaces[i]->feed);
    }
    if (core->storage.get(core->storage.self, T_APPLIED, (struct bytes){(const uint8_t *)"feed", 4}, &value) == MUSTER_OK &&
        value.len == 8)
        core->feed_generation = get_be64(value.at);
    return error;
}

uint64_t core_feed_generation(struct core *core, uint64_t chance)
{
    uint8_t value[8];
    if (!core->feed_generation && chance) {
        core->feed_generation = chance;
        put_be64(value, chance);
        (void)derive(core, T_APPLIED, "feed", 4, value, sizeof(value));
    }
    return core->feed_generation;
}

uint64_t core_feed_last(const struct core *core, uint32_t space)
{
    return space < core->space_count ? core->spaces[space]->feed : 0;
}

uint64_t core_feed_moves(const struct core *core)
{
    return core->feed_moves;
}
