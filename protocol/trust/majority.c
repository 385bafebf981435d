/* majority.c — erases and holds by a majority of the admins, and retention: operations of control (SPEC 7.3.4).
 *
 * What they name is listed when an operation is read, whatever it is worth then; what counts is asked again whenever
 * control has changed.  A granted erase or retain counts for ever: the bytes are gone. */
#include "protocol/object/erasure.h"

#include <stdlib.h>

static int by_place(const void *a, const void *b)
{
    const struct majority_entry *x = a, *y = b;
    int order = memcmp(x->object.b, y->object.b, OBJECT_ID_BYTES);
    if (!order)
        order = memcmp(x->record.b, y->record.b, HASH_BYTES);
    return order ? order : memcmp(x->operation.b, y->operation.b, HASH_BYTES);
}

static bool is_listed(const struct space *space, const struct record_id *operation)
{
    for (size_t i = 0; i < space->majority_count; i++)
        if (record_id_eq(&space->majority[i].operation, operation))
            return true;
    for (size_t i = 0; i < space->retention_count; i++)
        if (record_id_eq(&space->retention[i].operation, operation))
            return true;
    return false;
}

/* Room for one more; NULL without memory. */
static void *room(void *at, size_t count, size_t *size, size_t element)
{
    if (count < *size)
        return at;
    size_t wanted = *size ? *size * 2 : 16;
    void *bigger = realloc(at, wanted * element);
    if (bigger)
        *size = wanted;
    return bigger;
}

void erasure_note_operation(struct core *core, struct space *space, const struct operation *operation, uint8_t number)
{
    struct record_id record;
    struct retain_range range;
    if ((number != CTL_ERASE && number != CTL_HOLD && number != CTL_RETAIN) || is_listed(space, &operation->op.id) ||
        control_judge(space->control, &operation->op.id).verdict == CONTROL_NOT_ALLOWED) /* its own past says so, for good */
        return;
    for (size_t i = 0; number != CTL_RETAIN && operation_record_at(operation->records, i, &record); i++) {
        void *bigger = room(space->majority, space->majority_count, &space->majority_size, sizeof(*space->majority));
        if (!bigger)
            return;
        space->majority = bigger;
        space->majority[space->majority_count++] = (struct majority_entry){
            .operation = operation->op.id, .record = record, .object = operation->op.object, .number = number};
    }
    if (number != CTL_RETAIN && space->majority_count) {
        qsort(space->majority, space->majority_count, sizeof(*space->majority), by_place);
        erasure_mark(core, &operation->op.object);
    }
    for (size_t i = 0; number == CTL_RETAIN && operation_range_at(operation->ranges, i, &range); i++) {
        void *bigger = room(space->retention, space->retention_count, &space->retention_size, sizeof(*space->retention));
        if (!bigger)
            return;
        space->retention = bigger;
        space->retention[space->retention_count++] =
            (struct retention_entry){.operation = operation->op.id, .log = range.log, .sequence = range.sequence};
    }
}

static bool in_force(struct space *space, const struct majority_entry *entry)
{
    return control_judge(space->control, &entry->operation).verdict == CONTROL_EFFECTIVE &&
           (entry->number != CTL_HOLD || !control_lifted(space->control, &entry->operation));
}

void erasure_judge(struct core *core, struct space *space)
{
    for (size_t i = 0; i < space->majority_count; i++) {
        struct majority_entry *entry = &space->majority[i];
        bool counts = in_force(space, entry);
        if (counts == entry->counts)
            continue;
        entry->counts = counts;
        erasure_queue(core, space, &entry->object);
        space->views_due = true;
    }
    for (size_t i = 0; i < space->retention_count; i++) {
        const struct retention_entry *entry = &space->retention[i];
        struct log *log = log_find(core, &entry->log);
        if (!log || log->space != space->number || log->genesis.role != LOG_DATA || entry->sequence <= log->retained ||
            control_judge(space->control, &entry->operation).verdict != CONTROL_EFFECTIVE)
            continue;
        log->retained = entry->sequence;
        log->purged = 0;
    }
}

void erasure_views(struct core *core, struct space *space)
{
    if (!space->views_due)
        return;
    space->views_due = false;
    for (size_t i = 0; i < space->majority_count; i++)
        if (!i || !object_id_eq(&space->majority[i].object, &space->majority[i - 1].object))
            apply_again(core, space, &space->majority[i].object);
    for (size_t l = 0; l < core->log_count; l++) /* copies without payload that were refused may be taken now */
        if (core->logs[l]->space == space->number && core->logs[l]->lacked) {
            core->logs[l]->lacked = false;
            core->logs[l]->asked_of = 0;
        }
}

bool erasure_by_majority(const struct space *space, const struct object_id *object, const struct record_id *id,
                         uint8_t number)
{
    struct majority_entry wanted = {.object = *object, .record = *id};
    size_t low = 0, high = space->majority_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_place(&space->majority[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < space->majority_count && record_id_eq(&space->majority[low].record, id) &&
           object_id_eq(&space->majority[low].object, object);
         low++)
        if (space->majority[low].counts && space->majority[low].number == number)
            return true;
    return false;
}
