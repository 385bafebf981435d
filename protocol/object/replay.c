/* replay.c — the derived tables made again from the durable ones, and the digest over them. */
#include "protocol/log/mend.h"
#include "protocol/mutant.h"
#include "protocol/object/ahead.h"
#include "protocol/object/apply.h"
#include "protocol/object/erasure.h"
#include "protocol/object/indexed.h"

#include <stdlib.h>

enum { CLEAR_ROUND = 512 };

struct clear {
    uint8_t keys[CLEAR_ROUND][STORAGE_KEY_MAX];
    size_t lens[CLEAR_ROUND];
    size_t count;
    uint8_t last[STORAGE_KEY_MAX]; /* durable tables change with the commit only: go on behind it */
    size_t last_len;
};

static bool collect_keys(void *user, struct bytes key, struct bytes value)
{
    struct clear *c = user;
    (void)value;
    if (key.len <= STORAGE_KEY_MAX) {
        memcpy(c->keys[c->count], key.at, key.len);
        c->lens[c->count++] = key.len;
    }
    return c->count < CLEAR_ROUND;
}

static enum muster_error clear_derived(struct core *core)
{
    struct clear *c = calloc(1, sizeof(*c));
    enum muster_error error = c ? MUSTER_OK : MUSTER_EBUSY;
    struct bytes none = {NULL, 0};
    for (int table = TABLE_DERIVED_FIRST; table < TABLE_COUNT && !error; table++) {
        do {
            c->count = 0;
            error = core->storage.scan(core->storage.self, (enum table)table, none, none, false, collect_keys, c);
            for (size_t i = 0; i < c->count && !error; i++)
                error = underive(core, (enum table)table, c->keys[i], c->lens[i]);
        } while (c->count && !error);
    }
    while (c && !error) { /* what was set aside gets another chance */
        c->count = 0;
        error = core->storage.scan(core->storage.self, T_QUARANTINE, none, (struct bytes){c->last, c->last_len}, false,
                                   collect_keys, c);
        for (size_t i = 0; i < c->count && !error; i++)
            error = stage_delete(core, T_QUARANTINE, c->keys[i], c->lens[i]);
        if (c->count < CLEAR_ROUND)
            break;
        memcpy(c->last, c->keys[c->count - 1], c->lens[c->count - 1]);
        c->last_len = c->lens[c->count - 1];
    }
    free(c);
    for (size_t i = 0; i < core->space_count; i++)
        core->spaces[i]->quarantined = core->spaces[i]->objects = core->spaces[i]->records = core->spaces[i]->waiting = 0;
    return error;
}

/* Another version of the software may understand what this one's predecessor set aside. */
static bool upgraded(struct core *core)
{
    struct bytes name = {(const uint8_t *)"software", 8}, value;
    size_t len = strlen(core->config.software);
    if (core->storage.get(core->storage.self, T_META, name, &value) == MUSTER_OK && value.len == len &&
        memcmp(value.at, core->config.software, len) == 0)
        return false;
    return stage_put(core, T_META, name.at, name.len, core->config.software, len) == MUSTER_OK;
}

static bool count_one(void *user, struct bytes key, struct bytes value)
{
    struct core *core = user;
    (void)value;
    if (key.len == 14 && get_be32(key.at) && get_be32(key.at) <= core->log_count)
        core->spaces[core->logs[get_be32(key.at) - 1]->space]->quarantined++;
    return true;
}

/* So many records are folded before what they gave is kept: memory holds no more of it, and a start that is cut short goes on
 * from there. */
enum { KEEP_RECORDS = 4096 };
/* Of fewer segments the changes are put one by one. */
enum { GATHER_ARRIVALS = 16 };

/* While it is there, what was kept of a fold is not all: rows of records that are set aside (QUARANTINE) leave with the first
 * commit only, and are lost with the process.  Then all is folded again. */
static const char anew_name[] = "anew";

static enum muster_error keep(struct core *core, uint64_t applied, size_t staged)
{
    core->applied = applied;
    apply_note(core);
    enum muster_error error = MUSTER_OK;
    if (core->stage.change_count != staged)
        error = derive(core, T_APPLIED, anew_name, strlen(anew_name), NULL, 0);
    return error ? error : core->storage.keep(core->storage.self);
}

/* Folds what is stored behind *applied, which goes along: `most` records, rounded up to a segment.  staged: changes that waited
 * for a commit before anything was done.  EWAITS: there is more. */
static enum muster_error fold_stored(struct core *core, uint64_t *applied, size_t staged, uint64_t most)
{
    uint64_t first = core->counters.records_folded, kept = first;
    struct ahead *ahead = ahead_new(core, *applied);
    struct ahead_segment segment;
    enum muster_error error = ahead ? MUSTER_OK : MUSTER_EBUSY;
    bool gathers = ahead && core->storage.gather && core->arrival - *applied >= GATHER_ARRIVALS;
    if (gathers)
        error = core->storage.gather(core->storage.self, true);
    while (!error && (error = ahead_next(ahead, &segment)) == MUSTER_OK) {
        apply_segment(core, segment.log, segment.arrival, segment.item, segment.opened);
        if (core->counters.records_folded - first >= most) {
            error = MUSTER_EWAITS;
            break;
        }
        if (!core->storage.keep || core->counters.records_folded - kept < KEEP_RECORDS)
            continue;
        error = keep(core, segment.arrival, staged);
        kept = core->counters.records_folded;
    }
    enum muster_error put = gathers ? core->storage.gather(core->storage.self, false) : MUSTER_OK;
    if (put && (error == MUSTER_ENOTFOUND || error == MUSTER_EWAITS))
        error = put;
    if (error == MUSTER_ENOTFOUND)
        error = underive(core, T_APPLIED, anew_name, strlen(anew_name));
    if (ahead)
        *applied = ahead_at(ahead);
    ahead_free(ahead);
    return error;
}

/* What the derived tables say of themselves; they are emptied when they have to be made anew.  *from: the arrival up to which
 * they are right. */
static enum muster_error derived_load(struct core *core, uint64_t *from)
{
    struct bytes value, unused;
    uint64_t applied = 0;
    enum muster_error error =
        core->storage.get(core->storage.self, T_APPLIED, (struct bytes){(const uint8_t *)"arrival", 7}, &value);
    bool cut_short = core->storage.get(core->storage.self, T_APPLIED,
                                       (struct bytes){(const uint8_t *)anew_name, strlen(anew_name)}, &unused) == MUSTER_OK;
    bool over = cut_short || error == MUSTER_ENOTFOUND || core->config.derived_is_new || core->fold_over;
    if (!core->fold_over && upgraded(core))
        over = true;
    if (!error && value.len == 8)
        applied = get_be64(value.at);
    core->config.derived_is_new = core->fold_over = false;
    if (over) {
        error = clear_derived(core);
        applied = 0;
    }
    if (!error)
        find_load(core, over);
    if (!error)
        error = feed_load(core);
    for (size_t i = 0; i < core->space_count && !over; i++) {
        uint8_t key[5] = {'n'};
        put_be32(key + 1, core->spaces[i]->number);
        core->spaces[i]->objects = core->spaces[i]->records = core->spaces[i]->waiting = 0; /* nothing of it was kept */
        if (core->storage.get(core->storage.self, T_APPLIED, (struct bytes){key, 5}, &value) != MUSTER_OK || value.len != 24)
            continue;
        core->spaces[i]->objects = get_be64(value.at);
        core->spaces[i]->records = get_be64(value.at + 8);
        core->spaces[i]->waiting = get_be64(value.at + 16);
    }
    if (!over && !error) {
        struct bytes none = {NULL, 0};
        for (size_t i = 0; i < core->space_count; i++)
            core->spaces[i]->quarantined = 0;
        error = core->storage.scan(core->storage.self, T_QUARANTINE, none, none, false, count_one, core);
    }
    if (!error && !over)
        erasure_marks_load(core);
    *from = applied;
    return error;
}

enum muster_error apply_catch_up(struct core *core)
{
    uint64_t applied = 0;
    size_t staged = core->stage.change_count;
    enum muster_error error = derived_load(core, &applied);
    if (!error)
        error = fold_stored(core, &applied, staged, UINT64_MAX);
    core->applied = applied;
    for (size_t i = 0; i < core->space_count; i++)
        core->spaces[i]->dirty |= core->spaces[i]->waiting > 0;
    if (!error)
        apply_note(core);
    return error;
}

/* --- when the tables went back while the node runs ------------------------------------------------------------------ */

enum { AGAIN_FIRST = 8192, AGAIN_SLICE = 1024 }; /* records: mostly all of it is in the first slice */

void core_views_lost(struct core *core)
{
    core->behind = VIEWS_LOST;
}

bool core_views_are_lost(const struct core *core)
{
    return core->behind == VIEWS_LOST;
}

bool core_views_behind(const struct core *core)
{
    return core->behind != VIEWS_RIGHT;
}

/* Memory is put in doubt where it was ahead of the tables, as a start finds it: what was withdrawn, judged, erased or wished
 * for behind their last commit is looked at again. */
static enum muster_error doubt_all(struct core *core)
{
    for (size_t i = 0; i < core->space_count; i++) {
        struct space *space = core->spaces[i];
        space->dirty = space->views_due = true;
        for (size_t r = 0; r < space->reassigned_count; r++)
            space->reassigned[r].judged = 0;
    }
    for (size_t l = 0; l < core->log_count; l++)
        if (core->logs[l]->genesis.role == LOG_DATA) {
            views_doubt(core, core->logs[l]);
            core->logs[l]->offers_due = core->logs[l]->offers;
        }
    core->indexing.words_due = core->indexing.steps_due = core->indexing.circles_due = true; /* what waits came back with them */
    mend_again(core);
    return erasure_load(core);
}

static enum muster_error again_some(struct core *core, uint64_t most)
{
    uint64_t applied = core->applied;
    size_t staged = core->stage.change_count;
    enum muster_error error = fold_stored(core, &applied, staged, most);
    core->applied = applied;
    if (error && error != MUSTER_EWAITS)
        return error;
    apply_note(core);
    if (core->behind == VIEWS_LOST)
        return MUSTER_ESTORE; /* again, while they were applied */
    if (error)
        return MUSTER_OK;
    core->behind = VIEWS_RIGHT;
    error = MUTANT(19, MUSTER_OK, doubt_all(core));
    return core->behind == VIEWS_LOST ? MUSTER_ESTORE : error;
}

enum muster_error core_views_again(struct core *core)
{
    enum muster_error error = MUTANT(18, MUSTER_OK, derived_load(core, &core->applied));
    if (error)
        return error;
    core->behind = VIEWS_AGAIN;
    return core->in_flight ? MUSTER_OK : again_some(core, AGAIN_FIRST);
}

void views_pump(struct core *core)
{
    if (core->behind == VIEWS_AGAIN && !core->in_flight && again_some(core, AGAIN_SLICE) != MUSTER_OK)
        core->behind = VIEWS_LOST; /* whoever keeps the tables says when it is tried again */
}

/* --- digest --------------------------------------------------------------------------------------------------- */

struct digest {
    struct digest_walk *walk;
    uint64_t left;
    bool more;
};

static bool add_object(void *user, struct bytes key, struct bytes value)
{
    struct digest *d = user;
    struct object_stored state;
    if (key.len != OBJECT_KEY || (d->walk->begun && memcmp(key.at + 4, d->walk->last.b, OBJECT_ID_BYTES) == 0))
        return true;
    if (!d->left) {
        d->more = true;
        return false;
    }
    d->left--;
    memcpy(d->walk->last.b, key.at + 4, OBJECT_ID_BYTES);
    d->walk->begun = true;
    if (object_stored_read(&state, value) != MUSTER_OK || (state.flags & OBJECT_ORPHAN))
        return true;
    struct bytes parts[] = {{d->walk->sum.b, HASH_BYTES}, {key.at + 4, OBJECT_ID_BYTES}, {value.at, state.canonical_len}};
    d->walk->sum = crypto_hash_parts("muster/1/objects", parts, ARRAY_LEN(parts));
    d->walk->objects++;
    return true;
}

enum muster_error core_digest_some(struct core *core, uint32_t space, struct digest_walk *walk, uint64_t max, bool *more)
{
    struct digest d = {.walk = walk, .left = max};
    uint8_t from[OBJECT_KEY];
    put_be32(from, space);
    memcpy(from + 4, walk->last.b, OBJECT_ID_BYTES);
    enum muster_error error = core->storage.scan(core->storage.self, T_OBJECT, (struct bytes){from, 4},
                                                 (struct bytes){from, OBJECT_KEY}, false, add_object, &d);
    *more = d.more;
    return error;
}

enum muster_error core_digest(struct core *core, uint32_t space, struct hash *out, uint64_t *objects)
{
    struct digest_walk walk = {.objects = 0};
    bool more;
    enum muster_error error = core_digest_some(core, space, &walk, UINT64_MAX, &more);
    *out = walk.sum;
    *objects = walk.objects;
    return error;
}
