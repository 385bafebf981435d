/* purge.c — the bytes of what is erased: found again in the stored segments, and written anew without them.
 *
 * The queue is memory alone: at a start every object that the index names is looked at once more, so nothing that was due
 * is forgotten.  What is deleted leaves in a commit of its own with the mark "scrub": freed pages still hold the bytes,
 * and whoever keeps the store overwrites them and says so with EVENT_SCRUBBED (SPEC 8.7). */
#include "protocol/object/erasure.h"
#include "protocol/object/links.h"
#include "protocol/object/offers.h"

#include "protocol/mutant.h"
#include "protocol/object/apply.h"
#include "protocol/object/record.h"

#include <stdlib.h>

enum {
    OBJECTS_A_STEP = 32,
    BYTES_A_STEP = 1024 * 1024, /* staged by one step */
    ITEMS_A_STEP = 512,         /* looked at */
    DUE_MAX = 65536             /* of more, all are looked at again when these are done */
};

static const char scrub_name[] = "scrub";

/* --- the queue ------------------------------------------------------------------------------------------------------- */

void erasure_queue(struct core *core, const struct space *space, const struct object_id *object)
{
    struct erasures *e = &core->erasures;
    const struct erasure_due *last = e->due_count > e->due_next ? &e->due[e->due_count - 1] : NULL;
    if (last && !last->from && last->space == space->number && object_id_eq(&last->object, object))
        return;
    if (e->due_next && e->due_next == e->due_count)
        e->due_next = e->due_count = 0;
    if (e->due_count == e->due_size) {
        size_t size = e->due_size ? e->due_size * 2 : 64;
        struct erasure_due *bigger = size <= DUE_MAX ? realloc(e->due, size * sizeof(*bigger)) : NULL;
        if (!bigger) {
            e->again = true;
            return;
        }
        e->due = bigger;
        e->due_size = size;
    }
    e->due[e->due_count++] = (struct erasure_due){.space = space->number, .object = *object};
    e->branches = true;
}

void erasure_queue_all(struct core *core)
{
    core->erasures.again = true;
}

void erasure_free(struct core *core)
{
    free(core->erasures.due);
    core->erasures.due = NULL;
}

void erasure_failed(struct core *core)
{
    struct erasures *e = &core->erasures;
    struct bytes value;
    e->due_count = e->due_next = e->fresh_count = e->aside_staged = 0;
    e->again = e->reread = true;
    e->scrub_due = core->storage.get(core->storage.self, T_META, (struct bytes){(const uint8_t *)scrub_name, 5}, &value) ==
                   MUSTER_OK;
    for (size_t i = 0; i < core->log_count; i++)
        core->logs[i]->purged = 0;
}

struct requeue {
    struct core *core;
    bool load;
};

static bool requeue_one(void *user, struct bytes key, struct bytes value)
{
    struct requeue *r = user;
    struct object_id object;
    uint32_t space = get_be32(key.at + 1);
    (void)value;
    if (key.len == ERASURE_TARGET_KEY && space < r->core->space_count) {
        memcpy(object.b, key.at + 5, OBJECT_ID_BYTES);
        erasure_queue(r->core, r->core->spaces[space], &object);
        if (r->load)
            erasure_mark(r->core, &object);
        if (value.len >= 4 && get_be32(value.at) && get_be32(value.at) <= r->core->log_count)
            r->core->logs[get_be32(value.at) - 1]->erases = true;
    }
    return true;
}

static void requeue(struct core *core, bool load)
{
    struct requeue r = {core, load};
    static const uint8_t target = 't';
    struct bytes prefix = {&target, 1};
    core->erasures.again = false;
    (void)core->storage.scan(core->storage.self, T_ERASURE, prefix, prefix, false, requeue_one, &r);
    for (size_t s = 0; s < core->space_count; s++)
        for (size_t i = 0; i < core->spaces[s]->majority_count; i++)
            erasure_queue(core, core->spaces[s], &core->spaces[s]->majority[i].object);
}

static bool mark_one(void *user, struct bytes key, struct bytes value)
{
    struct object_id object;
    (void)value;
    if (key.len == ERASURE_TARGET_KEY) {
        memcpy(object.b, key.at + 5, OBJECT_ID_BYTES);
        erasure_mark(user, &object);
    }
    return true;
}

void erasure_marks_load(struct core *core)
{
    static const uint8_t target = 't';
    struct bytes prefix = {&target, 1};
    (void)core->storage.scan(core->storage.self, T_ERASURE, prefix, prefix, false, mark_one, core);
}

enum muster_error erasure_load(struct core *core)
{
    struct bytes value;
    for (size_t s = 0; s < core->space_count; s++)
        erasure_judge(core, core->spaces[s]);
    requeue(core, true);
    enum muster_error error = offers_load(core);
    if (error)
        return error;
    core->erasures.reread = core->erasures.branches = true;
    core->erasures.scrub_due =
        core->storage.get(core->storage.self, T_META, (struct bytes){(const uint8_t *)scrub_name, 5}, &value) == MUSTER_OK;
    return MUSTER_OK;
}

/* --- one item -------------------------------------------------------------------------------------------------------- */

struct purge {
    struct core *core;
    size_t staged, looked;
    uint8_t *copy, *stripped; /* SEGMENT_ITEM_MAX each */
    struct erasure_blobs blobs;
    bool failed; /* no room in the stage: the rest with the next step */
};

/* Which payloads of the item go; what they named is noted, as far as it can be read. */
static bool find_gone(struct purge *p, struct log *log, struct bytes item, bool gone[SEGMENT_RECORDS_MAX])
{
    struct core *core = p->core;
    struct space *space = core->spaces[log->space];
    struct segment_header header;
    struct segment_record record;
    struct cursor c;
    bool any = false;
    memset(gone, 0, SEGMENT_RECORDS_MAX * sizeof(*gone));
    if (segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return false;
    for (uint32_t i = 0; i < header.count; i++) {
        struct bytes body;
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK)
            return false;
        if (!record.payload.at || !erasure_touches(core, log, &record.header) ||
            segment_item_record(item.at, item.len, i, &header, &record) != MUSTER_OK ||
            !erasure_hides(core, log, &record.header, NULL) || erasure_keeps(core, log, &record.header, NULL))
            continue;
        any = gone[i] = MUTANT(17, false, true);
        if (open_body(core, log, &header, &record, &body) != MUSTER_OK)
            continue;
        erasure_blobs_of(body, &p->blobs);
        forget_aliases(core, space, record.header.kind, body, &record.header.object);
        forget_links(core, space, record.header.kind, body, &record.header.object);
    }
    return any;
}

/* The item at `key` again, without what is erased; in front of it `head` bytes of the value stay as they are. */
static void purge_item(struct purge *p, enum table table, struct bytes key, struct log *log, struct bytes value, size_t head)
{
    struct core *core = p->core;
    bool gone[SEGMENT_RECORDS_MAX];
    p->looked++;
    if (value.len < head || value.len > head + SEGMENT_ITEM_MAX)
        return;
    memcpy(p->copy, value.at, value.len);
    if (!find_gone(p, log, (struct bytes){p->copy + head, value.len - head}, gone))
        return;
    size_t len = segment_item_strip(p->stripped + head, p->copy + head, value.len - head, gone);
    uint8_t now[8];
    put_be64(now, core->wall_ms);
    memcpy(p->stripped, p->copy, head);
    size_t before = core->stage.change_count;
    if (!len || stage_put(core, table, key.at, key.len, p->stripped, head + len) != MUSTER_OK ||
        stage_put(core, T_META, scrub_name, 5, now, sizeof(now)) != MUSTER_OK) {
        core->stage.change_count = before;
        p->failed = true;
        return;
    }
    core->stage.urgent = true; /* on a full disk too: it makes room */
    core->erasures.scrub_due = true;
    p->staged += len;
}

/* --- one object ------------------------------------------------------------------------------------------------------ */

struct arrivals {
    uint64_t *at;
    size_t count, size;
    bool failed;
};

static bool add_arrival(void *user, struct bytes key, struct bytes value)
{
    struct arrivals *a = user;
    (void)value;
    if (key.len != RECORD_KEY && key.len != ERASURE_HELD_KEY)
        return true;
    uint64_t arrival = get_be64(key.at + key.len - 10);
    if (a->count && a->at[a->count - 1] == arrival)
        return true;
    if (a->count == a->size) {
        size_t size = a->size ? a->size * 2 : 16;
        uint64_t *bigger = size <= 2 * (size_t)OBJECT_RECORDS_MAX ? realloc(a->at, size * sizeof(*bigger)) : NULL;
        a->failed = !bigger;
        if (!bigger)
            return false;
        a->at = bigger;
        a->size = size;
    }
    a->at[a->count++] = arrival;
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Where records of the object lie, in views or not; by arrival. */
static struct arrivals find_arrivals(struct core *core, const struct space *space, const struct object_id *object)
{
    struct arrivals a = {NULL, 0, 0, false};
    uint8_t key[1 + OBJECT_KEY] = {'h'};
    object_key(key + 1, space, object);
    struct bytes viewed = {key + 1, OBJECT_KEY}, held = {key, sizeof(key)};
    if (core->storage.scan(core->storage.self, T_RECORD, viewed, viewed, false, add_arrival, &a) != MUSTER_OK ||
        core->storage.scan(core->storage.self, T_ERASURE, held, held, false, add_arrival, &a) != MUSTER_OK)
        a.failed = true;
    if (a.count)
        qsort(a.at, a.count, sizeof(*a.at), by_number);
    return a;
}

/* Does a record of the object that still has its bytes, and keeps them, name that attachment? */
static bool object_names(struct purge *p, const struct space *space, const struct object_id *object, const struct hash *blob)
{
    struct core *core = p->core;
    struct arrivals a = find_arrivals(core, space, object);
    bool named = a.failed;
    for (size_t i = 0; i < a.count && !named; i++) {
        struct log *log;
        struct bytes item;
        struct segment_header header;
        struct segment_record record;
        if ((i && a.at[i] == a.at[i - 1]) || stored_item(core, a.at[i], &log, &item) != MUSTER_OK ||
            item.len > SEGMENT_ITEM_MAX)
            continue;
        memcpy(p->copy, item.at, item.len);
        for (uint32_t r = 0; !named && segment_item_record(p->copy, item.len, r, &header, &record) == MUSTER_OK; r++) {
            struct erasure_blobs blobs = {.count = 0};
            struct bytes body;
            if (!object_id_eq(&record.header.object, object) || !record.payload.at ||
                (erasure_hides(core, log, &record.header, NULL) && !erasure_keeps(core, log, &record.header, NULL)) ||
                open_body(core, log, &header, &record, &body) != MUSTER_OK)
                continue;
            erasure_blobs_of(body, &blobs);
            for (size_t b = 0; b < blobs.count; b++)
                named |= hash_eq(&blobs.at[b], blob);
        }
    }
    free(a.at);
    return named;
}

static bool any_one(void *user, struct bytes key, struct bytes value)
{
    (void)key, (void)value;
    *(bool *)user = true;
    return false;
}

/* Attachments that only erased content named. */
static void purge_blobs(struct purge *p, struct space *space, const struct object_id *object)
{
    struct core *core = p->core;
    for (size_t i = 0; i < p->blobs.count; i++) {
        uint8_t key[ERASURE_BLOB_KEY] = {'b'};
        bool others = false;
        put_be32(key + 1, space->number);
        memcpy(key + 5, p->blobs.at[i].b, HASH_BYTES);
        memcpy(key + 5 + HASH_BYTES, object->b, OBJECT_ID_BYTES);
        if (object_names(p, space, object, &p->blobs.at[i]))
            continue;
        (void)underive(core, T_ERASURE, key, sizeof(key));
        struct bytes prefix = {key, 5 + HASH_BYTES};
        if (core->storage.scan(core->storage.self, T_ERASURE, prefix, prefix, false, any_one, &others) == MUSTER_OK && !others)
            blob_erase(core, space->number, &p->blobs.at[i]);
    }
}

/* True when all of it is done. */
static bool purge_object(struct purge *p, struct erasure_due *due)
{
    struct core *core = p->core;
    struct space *space = core->spaces[due->space];
    struct arrivals a = find_arrivals(core, space, &due->object);
    bool done = !a.failed;
    p->blobs.count = 0;
    size_t before = p->staged;
    for (size_t i = 0; i < a.count && done; i++) {
        struct log *log;
        struct bytes item;
        uint8_t key[8];
        if (a.at[i] < due->from || (i && a.at[i] == a.at[i - 1]))
            continue;
        if (p->staged >= BYTES_A_STEP || p->looked >= ITEMS_A_STEP) {
            due->from = a.at[i];
            done = false;
            break;
        }
        put_be64(key, a.at[i]);
        if (stored_item(core, a.at[i], &log, &item) == MUSTER_OK)
            purge_item(p, T_SEGMENT, (struct bytes){key, 8}, log, (struct bytes){item.at - 4, item.len + 4}, 4);
        if (p->failed) {
            due->from = a.at[i];
            done = false;
        }
    }
    free(a.at);
    if (p->blobs.count)
        purge_blobs(p, space, &due->object);
    if (p->staged > before)
        apply_again(core, space, &due->object); /* aliases that live records have too are noted again */
    return done;
}

/* --- what lies beside logs, and what retention took ------------------------------------------------------------------- */

struct beside {
    uint8_t keys[64][12 + HASH_BYTES];
    size_t count;
};

static bool add_beside(void *user, struct bytes key, struct bytes value)
{
    struct beside *b = user;
    (void)value;
    if (key.len == sizeof(b->keys[0]))
        memcpy(b->keys[b->count++], key.at, key.len);
    return b->count < ARRAY_LEN(b->keys);
}

/* Some more of the branches: their erases are noted (reread), what is erased in them goes.  True at the end. */
static bool purge_beside(struct purge *p)
{
    struct core *core = p->core;
    struct erasures *e = &core->erasures;
    struct beside b = {.count = 0};
    struct bytes none = {NULL, 0};
    static const uint8_t zeroes[12 + HASH_BYTES];
    bool first = memcmp(e->branch_at, zeroes, sizeof(zeroes)) == 0;
    if (core->storage.scan(core->storage.self, T_BRANCH, none,
                           first ? none : (struct bytes){e->branch_at, sizeof(e->branch_at)}, false, add_beside, &b) !=
        MUSTER_OK)
        return true;
    for (size_t i = 0; i < b.count && !p->failed; i++) {
        struct bytes key = {b.keys[i], sizeof(b.keys[i])}, item;
        uint32_t number = get_be32(key.at);
        if (!number || number > core->log_count || core->storage.get(core->storage.self, T_BRANCH, key, &item) != MUSTER_OK)
            continue;
        struct log *log = core->logs[number - 1];
        if (log->genesis.role != LOG_DATA || item.len > SEGMENT_ITEM_MAX)
            continue;
        if (e->reread && (erasure_inside(item) || offers_inside(item))) {
            struct bytes copy = {p->copy, item.len};
            memcpy(p->copy, item.at, item.len);
            erasure_note(core, log, copy);
            offers_note(core, log, copy);
            if (core->storage.get(core->storage.self, T_BRANCH, key, &item) != MUSTER_OK)
                continue;
        }
        purge_item(p, T_BRANCH, key, log, item, 0);
    }
    if (p->failed)
        return false;
    if (b.count < ARRAY_LEN(b.keys)) {
        memset(e->branch_at, 0, sizeof(e->branch_at));
        return true;
    }
    memcpy(e->branch_at, b.keys[b.count - 1], sizeof(e->branch_at));
    for (size_t i = sizeof(e->branch_at); i-- > 0 && ++e->branch_at[i] == 0;)
        ; /* behind it */
    return false;
}

/* Positions of a log up to what retention has taken, on from where the last step ended. */
static void purge_retained(struct purge *p, struct log *log)
{
    struct core *core = p->core;
    struct space *space = core->spaces[log->space];
    while (log->purged < log_top(log) && p->staged < BYTES_A_STEP && p->looked < ITEMS_A_STEP && !p->failed) {
        uint64_t position = log_next_held(log, log->purged + 1);
        uint64_t arrival;
        uint8_t key[8];
        struct bytes item;
        struct log *same;
        struct segment_id id;
        struct segment_header header;
        struct segment_record record;
        if (!position || log_place_stored(core, log->number, position, &arrival, &id) != MUSTER_OK ||
            stored_item(core, arrival, &same, &item) != MUSTER_OK ||
            segment_header_read(&header, item.at) != MUSTER_OK || header.first_sequence > log->retained) {
            log->purged = UINT64_MAX; /* what comes into holes below is taken without its payload */
            break;
        }
        put_be64(key, arrival);
        p->blobs.count = 0;
        size_t before = p->staged;
        purge_item(p, T_SEGMENT, (struct bytes){key, 8}, log, (struct bytes){item.at - 4, item.len + 4}, 4);
        if (p->failed)
            break;
        log->purged = position;
        if (p->staged == before)
            continue;
        size_t len = stored_item(core, arrival, &same, &item) == MUSTER_OK ? item.len : 0;
        memcpy(p->copy, item.at, len);
        struct object_id last = {{0}};
        uint8_t *whole = malloc(len);
        if (whole)
            memcpy(whole, p->copy, len);
        struct erasure_blobs named = p->blobs;
        for (uint32_t r = 0; whole && segment_item_record(whole, len, r, &header, &record) == MUSTER_OK; r++) {
            if (object_id_eq(&record.header.object, &last))
                continue;
            last = record.header.object;
            p->blobs = named;
            purge_blobs(p, space, &last);
            apply_again(core, space, &last);
        }
        free(whole);
    }
}

static bool retention_due(const struct core *core)
{
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->retained && core->logs[i]->purged < log_top(core->logs[i]))
            return true;
    return false;
}

/* --- a step ---------------------------------------------------------------------------------------------------------- */

void erasure_pump(struct core *core)
{
    struct erasures *e = &core->erasures;
    bool queued = e->due_next < e->due_count;
    if (core->in_flight || core->stage.segment_count || core->mono_ms < core->urgent_stalled_until_mono ||
        (!queued && !e->again && !e->branches && !e->reread && !retention_due(core)))
        return;
    struct purge *p = calloc(1, sizeof(*p));
    if (p)
        *p = (struct purge){.core = core, .copy = malloc(SEGMENT_ITEM_MAX + 4), .stripped = malloc(SEGMENT_ITEM_MAX + 4)};
    if (!p || !p->copy || !p->stripped)
        goto out;
    if (!queued && e->again)
        requeue(core, false);
    for (size_t n = 0; n < OBJECTS_A_STEP && e->due_next < e->due_count && p->staged < BYTES_A_STEP &&
                       p->looked < ITEMS_A_STEP && !p->failed;
         n++) {
        struct erasure_due due = e->due[e->due_next]; /* the queue may move while it is worked on */
        if (due.space < core->space_count) {
            bool done = purge_object(p, &due);
            e->due[e->due_next].from = due.from;
            if (!done)
                break;
        }
        e->due_next++;
    }
    for (size_t i = 0; i < core->log_count && !p->failed; i++)
        if (core->logs[i]->retained)
            purge_retained(p, core->logs[i]);
    if ((e->branches || e->reread) && e->due_next == e->due_count && !p->failed && purge_beside(p)) {
        e->branches = e->reread; /* what was noted is looked for in all of them */
        e->reread = false;
    }
out:
    if (p) {
        free(p->copy);
        free(p->stripped);
    }
    free(p);
}

bool core_scrub_due(const struct core *core)
{
    return core->erasures.scrub_due;
}

bool core_scrub_may(const struct core *core)
{
    return core->erasures.scrub_due && !core->in_flight && !core->stage.change_count;
}

void erasure_scrubbed(struct core *core)
{
    if (!core_scrub_may(core) || stage_delete(core, T_META, scrub_name, 5) != MUSTER_OK)
        return;
    core->erasures.scrub_due = false;
    stage_flush(core);
}
