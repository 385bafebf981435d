/* look.c — reads the records of an object from the store and folds them. */
#include "protocol/object/apply.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/erasure.h"
#include "protocol/object/offers.h"

#include "base/pack.h"

#include <limits.h>
#include <stdlib.h>

static uint8_t place_of(const struct log *log, uint64_t position)
{
    if (log->status == CONTROL_LOG_NO_RIGHT || log_limits(log, position))
        return PLACE_CUT_OFF;
    return log_disputes(log, position) ? PLACE_DISPUTED : PLACE_LIVE;
}

void object_record_known(struct object_record *out, const struct log *log, const struct record_header *header,
                         const struct record_id *id, bool root)
{
    *out = (struct object_record){.id = *id, .log = log->id, .seq = header->sequence, .by = log->genesis.agency,
                                  .op = header->operation, .kind = header->kind, .place = PLACE_LIVE,
                                  .joint = header->flags & RECORD_JOINT,
                                  .root_id_fits = header->operation == OP_CREATE && root,
                                  .hlc = header->hlc, .mask = header->mask, .refs = header->refs,
                                  .refs_count = header->ref_count};
}

void object_record_of(struct object_record *out, const struct log *log, const struct record_header *header)
{
    uint8_t bytes[RECORD_HEADER_MAX];
    struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, header));
    object_record_known(out, log, header, &id,
                        header->operation == OP_CREATE && object_id_fits(&header->object, &log->id, header->sequence));
}

/* Fills the fold's record from the stored one. */
static enum muster_error load_record(struct core *core, struct object_held *held, struct object_record *out)
{
    struct log *log;
    struct bytes item;
    struct segment_header segment;
    struct segment_record record;
    enum muster_error error = stored_item(core, held->arrival, &log, &item);
    if (!error)
        error = segment_item_record(item.at, item.len, held->index, &segment, &record);
    if (error)
        return error;
    held->header = record.header;
    held->position = segment.position;
    object_record_of(out, log, &held->header);
    out->place = place_of(log, segment.position);
    /* The index knows more erases than the object's own records that are in view: a majority's, retention's, those that
     * stand in a disputed or unreadable segment. */
    out->majority_erased = erasure_hides(core, log, &record.header, &out->id);
    out->majority_held = out->majority_erased && erasure_keeps(core, log, &record.header, &out->id);
    return MUSTER_OK;
}

struct weighing {
    struct core *core;
    struct object_look *look;
};

/* Where the value that a record sets stands in the order of its field (rule O5): of values that conflict the more serious
 * one is shown.  0: the field has no order, or the value no place in it. */
static int weigh(void *context, unsigned number, uint32_t record)
{
    struct weighing *w = context;
    const struct object_held *held = &w->look->held[record];
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body;
    struct pack_value value;
    int64_t place;
    w->look->opened = true;
    if (core_record_open(w->core, held->arrival, held->index, &segment, &header, &id, &body) != MUSTER_OK)
        return INT_MIN;
    const struct kind *kind = kind_by_number(header.kind);
    const struct field *field = kind ? field_by_number(kind, number) : NULL;
    if (!field || !field->ranks || !pack_get(body, number, &value) || !field_number_value(field, &value, &place))
        return 0;
    return (int)place;
}

static enum muster_error fold(struct core *core, struct space *space, const struct object_id *object, struct object_look *look)
{
    struct control_reassign *assigned = malloc(LOOK_ASSIGNED_MAX * sizeof(*assigned));
    struct object_assigned *moved = malloc(LOOK_ASSIGNED_MAX * sizeof(*moved));
    size_t assigned_count = assigned && moved ? control_reassigns(space->control, object, assigned, LOOK_ASSIGNED_MAX) : 0;
    for (size_t i = 0; i < assigned_count; i++) {
        moved[i] = (struct object_assigned){.agency = assigned[i].to, .seen = assigned[i].seen,
                                            .seen_count = assigned[i].seen_count};
        memcpy(moved[i].id.b, assigned[i].id.b, HASH_BYTES);
        memcpy(moved[i].term.b, assigned[i].after.b, HASH_BYTES);
    }
    struct object_input input = {.records = look->records, .count = look->count, .assigned = moved,
                                 .assigned_count = assigned_count, .controllers = &space->genesis.controller,
                                 .controllers_count = 1, .rank = weigh, .rank_context = &(struct weighing){core, look}};
    size_t bytes = object_fold_bytes(&input);
    look->memory = assigned && moved ? malloc(bytes ? bytes : 1) : NULL;
    struct object_arena arena = {.at = look->memory, .size = bytes};
    enum muster_error error = look->memory ? object_fold(&look->state, &input, &arena) : MUSTER_EBUSY;
    free(moved);
    free(assigned);
    return error;
}

static bool is_here(const struct object_look *look, const struct record_id *id)
{
    for (size_t i = 0; i < look->count; i++)
        if (record_id_eq(&look->records[i].id, id))
            return true;
    return false;
}

/* O6: offers count although their log has forked there. */
static enum muster_error add_disputed(struct core *core, struct space *space, const struct object_id *object, uint64_t until,
                                      struct object_look *out)
{
    struct object_held *held = malloc(OFFERS_DISPUTED_MAX * sizeof(*held));
    struct object_record *records = malloc(OFFERS_DISPUTED_MAX * sizeof(*records));
    size_t found = held && records ? offers_disputed(core, space, object, until, held, records) : 0, before = out->count;
    enum muster_error error = held && records ? MUSTER_OK : MUSTER_EBUSY;
    struct object_held *more = found ? realloc(out->held, (before + found) * sizeof(*more)) : NULL;
    out->held = more ? more : out->held;
    struct object_record *longer = more ? realloc(out->records, (before + found) * sizeof(*longer)) : NULL;
    out->records = longer ? longer : out->records;
    if (found && !longer)
        error = MUSTER_EBUSY;
    for (size_t i = 0; i < found && !error; i++)
        if (!is_here(out, &records[i].id)) { /* it is not withdrawn yet */
            out->held[out->count] = held[i];
            out->records[out->count++] = records[i];
        }
    for (size_t i = 0; found && i < out->count && !error; i++)
        out->records[i].refs = out->held[i].header.refs; /* they have moved */
    free(records);
    free(held);
    return error;
}

enum muster_error look_at(struct core *core, struct space *space, const struct object_id *object, struct object_look *out)
{
    return look_before(core, space, object, UINT64_MAX, out);
}

enum muster_error look_before(struct core *core, struct space *space, const struct object_id *object, uint64_t until,
                              struct object_look *out)
{
    *out = (struct object_look){.count = 0};
    enum muster_error error = object_gather(core, space, object, until, &out->held, &out->count);
    if (!error && !out->count)
        error = MUSTER_ENOTFOUND;
    out->records = error ? NULL : calloc(out->count, sizeof(*out->records));
    if (!error && !out->records)
        error = MUSTER_EBUSY;
    for (size_t i = 0; i < out->count && !error; i++)
        error = load_record(core, &out->held[i], &out->records[i]);
    if (!error && space->forked)
        error = add_disputed(core, space, object, until, out);
    if (!error)
        error = fold(core, space, object, out);
    if (error)
        object_look_free(out);
    return error;
}

void object_look_free(struct object_look *look)
{
    free(look->memory);
    free(look->records);
    free(look->held);
    *look = (struct object_look){.count = 0};
}

enum muster_error core_object_look(struct core *core, uint32_t space, const struct object_id *object, struct object_look *out)
{
    *out = (struct object_look){.count = 0};
    return space < core->space_count ? look_at(core, core->spaces[space], object, out) : MUSTER_EUNKNOWN_SPACE;
}
