/* api_check.c — digest and check: all that the node holds is read, in slices (work.h). */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/json.h"
#include "node/work.h"
#include "protocol/object/feed.h"
#include "protocol/object/quantity.h"

#include <stdlib.h>

enum {
    FINDINGS_MAX = 1000,
    VALUES_A_STEP = 256, /* a value is up to some 10 kB to hash */
    SEGMENTS_A_STEP = 4, /* signatures */
    ENTRIES_A_STEP = 4,
    OBJECTS_A_STEP = 256,
    DIGEST_TRIES_MAX = 4 /* while others write */
};

/* --- digest ----------------------------------------------------------------------------------------------------------- */

struct digesting {
    struct space_view space;
    struct digest_walk objects, quantities;
    bool objects_done;
    uint64_t moved_from; /* the feed's last number when this try began */
    unsigned tries;
};

static enum work_state failed(struct work *work, enum muster_error error, const char *what)
{
    trouble_set(&work->trouble, error, "%s: %s", what, _(error_what(error)));
    return WORK_DONE;
}

static void digest_answer(struct work *work, const struct digesting *d, bool moved)
{
    const struct space_view *space = &d->space;
    struct space_view now;
    if (!core_space_by_id(work->node->core, &space->id, &now))
        now = *space;
    work->answer = json_pack("{s:{s:o, s:o, s:b}, s:o, s:I, s:I, s:o, s:I, s:b}", "space", "id", json_hex(space->id.b, HASH_BYTES),
                             "name", json_text(space->name, strlen(space->name)), "exercise", (int)space->exercise, "digest",
                             json_hex(d->objects.sum.b, HASH_BYTES), "objects", (json_int_t)d->objects.objects, "records",
                             (json_int_t)now.records, "quantities", json_hex(d->quantities.sum.b, HASH_BYTES),
                             "quantity_objects", (json_int_t)d->quantities.objects, "moved", (int)moved);
    if (!work->answer)
        trouble_set(&work->trouble, MUSTER_EBUSY, "there is no memory for the answer");
}

static enum work_state digest_step(struct work *work)
{
    struct digesting *d = work->state;
    struct core *core = work->node->core;
    bool more = true;
    if (!d->objects_done) {
        enum muster_error error = core_digest_some(core, d->space.number, &d->objects, OBJECTS_A_STEP, &more);
        work->word = "objects";
        work->done = d->objects.objects;
        work->of = d->space.objects;
        d->objects_done = !more;
        return error ? failed(work, error, _("the objects cannot be read")) : WORK_MORE;
    }
    enum muster_error error = core_quantity_digest_some(core, d->space.number, &d->quantities, 1, &more);
    if (error)
        return failed(work, error, _("the quantities cannot be read"));
    if (more)
        return WORK_MORE;
    bool moved = core_feed_last(core, d->space.number) != d->moved_from;
    if (moved && ++d->tries < DIGEST_TRIES_MAX) { /* a mixture of moments: once more */
        d->objects = d->quantities = (struct digest_walk){.objects = 0};
        d->objects_done = false;
        d->moved_from = core_feed_last(core, d->space.number);
        return WORK_MORE;
    }
    digest_answer(work, d, moved);
    return WORK_DONE;
}

static const struct work_kind digest_work = {"digest", digest_step, NULL, true};

void api_digest(struct request *request)
{
    struct space_view space;
    if (!request_space(request, &space))
        return;
    struct digesting *d = calloc(1, sizeof(*d));
    if (!d)
        return;
    d->space = space;
    d->moved_from = core_feed_last(request->node->core, space.number);
    work_begin(request, &digest_work, d);
}

/* --- check ------------------------------------------------------------------------------------------------------------ */

enum check_phase { CHECK_AUDIT, CHECK_VALUES, CHECK_SEGMENTS, CHECK_QUARANTINE };

struct checking {
    enum check_phase phase;
    struct audit_walk audit;
    struct store_walk values;
    struct check_walk segments;
    json_t *damaged, *quarantined;
};

static void damaged_value(void *user, enum table table, struct bytes key)
{
    json_t *list = user;
    if (json_array_size(list) < FINDINGS_MAX)
        json_array_append_new(list, json_pack("{s:i, s:o, s:s}", "table", (int)table, "key", json_hex(key.at, key.len),
                                              "why", _(error_what(MUSTER_EDAMAGED))));
}

static void damaged_segment(void *user, const struct log_id *log, uint64_t position, enum muster_error why)
{
    json_t *list = user;
    if (json_array_size(list) < FINDINGS_MAX)
        json_array_append_new(list, json_pack("{s:o, s:I, s:s}", "log", json_hex(log->b, HASH_BYTES), "position",
                                              (json_int_t)position, "why", _(error_what(why))));
}

static void damaged_entry(void *user, uint64_t number, enum muster_error why)
{
    json_t *list = user;
    if (json_array_size(list) < FINDINGS_MAX)
        json_array_append_new(list, json_pack("{s:I, s:s}", "audit_entry", (json_int_t)number, "why",
                                              number ? error_what(why) : _("the end of the audit is missing")));
}

static bool quarantined_one(void *user, struct bytes key, struct bytes value)
{
    json_t *list = user;
    (void)value;
    json_array_append_new(
        list, json_pack("{s:o, s:s}", "record", json_hex(key.at, key.len), "why", _(error_what(MUSTER_EQUARANTINE))));
    return json_array_size(list) < FINDINGS_MAX;
}

static enum work_state check_answer(struct work *work, struct checking *c)
{
    const struct storage *storage = store_storage(work->node->store);
    const struct check_counts *counts = &c->segments.counts;
    struct bytes none = {NULL, 0};
    enum muster_error error = storage->scan(storage->self, T_QUARANTINE, none, none, false, quarantined_one, c->quarantined);
    if (error)
        return failed(work, error, _("the check did not come to its end"));
    work->answer = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:O, s:b}", "healing", (json_int_t)core_mends(work->node->core),
                             "audit_entries", (json_int_t)c->audit.chain.count, "values", (json_int_t)c->values.seen, "segments",
                             (json_int_t)counts->segments, "records", (json_int_t)counts->records, "signatures",
                             (json_int_t)counts->signatures, "damaged", c->damaged, "quarantined", c->quarantined, "ok",
                             json_array_size(c->damaged) == 0);
    if (!work->answer)
        trouble_set(&work->trouble, MUSTER_EBUSY, "there is no memory for the answer");
    if (json_array_size(c->damaged) == 0)
        care_note(work->node, CARE_CHECK);
    return WORK_DONE;
}

/* Shows where it is, and goes to the next phase when there is no more of this one. */
static enum work_state checked(struct work *work, struct checking *c, const char *word, uint64_t done, uint64_t of, bool more)
{
    work->word = word;
    work->done = done;
    work->of = of > done ? of : done; /* more came meanwhile */
    if (!more)
        c->phase++;
    return WORK_MORE;
}

static enum work_state check_step(struct work *work)
{
    struct checking *c = work->state;
    struct node *node = work->node;
    bool more;
    switch (c->phase) {
    case CHECK_AUDIT:
        more = audit_verify_some(node->store, &node->own.identity, &c->audit, ENTRIES_A_STEP, damaged_entry, c->damaged);
        return checked(work, c, "audit", c->audit.chain.count, node->audit.number, more);
    case CHECK_VALUES:
        more = store_check_some(node->store, &c->values, VALUES_A_STEP, damaged_value, c->damaged);
        return checked(work, c, "values", c->values.seen, c->values.of, more);
    case CHECK_SEGMENTS:
        more = core_check_some(node->core, &c->segments, SEGMENTS_A_STEP, damaged_segment, c->damaged);
        return checked(work, c, "segments", c->segments.counts.segments, c->segments.of, more);
    default:
        return check_answer(work, c);
    }
}

static void check_end(struct work *work)
{
    struct checking *c = work->state;
    json_decref(c->damaged);
    json_decref(c->quarantined);
}

static const struct work_kind check_work = {"check", check_step, check_end, false};

void api_check(struct request *request)
{
    struct node *node = request->node;
    if (work_runs(node, &check_work)) {
        request_refuse(request, MUSTER_EBUSY, "a check is under way already");
        return;
    }
    struct checking *c = calloc(1, sizeof(*c));
    if (!c)
        return;
    c->damaged = json_array();
    c->quarantined = json_array();
    store_walk_start(node->store, &c->values);
    core_check_start(node->core, &c->segments);
    work_begin(request, &check_work, c);
}
