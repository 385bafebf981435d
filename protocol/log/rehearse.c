/* rehearse.c — what would be refused, before it is written: the checks of the data path and of governing, and nothing else. */
#include "protocol/core_inner.h"
#include "protocol/object/op.h"
#include "protocol/object/quantity_inner.h"
#include "protocol/object/state.h"

#include <stdlib.h>

/* Which rights it would spend, behind those that the items before it would spend. */
static enum muster_error check_quantity(struct core *core, struct space *space, const struct write_item *item,
                                        struct quantity_batch *batch)
{
    struct record_header header = {.operation = item->operation};
    struct log unopened = {.number = 0}; /* the log that would be opened has no rights */
    uint32_t own = space->own[LOG_DATA].log;
    uint8_t body[QUANTITY_BODY_MAX];
    size_t len;
    if (!batch)
        return MUSTER_EBUSY;
    if (write_rights_wait(core, space))
        return MUSTER_EUNCONFIRMED;
    return quantity_prepare(core, space, own && !core->logs[own - 1]->closed ? core->logs[own - 1] : &unopened, item, batch,
                            &header, body, &len);
}

static enum muster_error check_one(struct core *core, struct space *space, const struct write_item *item,
                                   struct quantity_batch **batch, struct write_result *result)
{
    struct record_header header = {.operation = item->operation};
    if (item->ref_count > REFS_MAX - 4 || item->seen_count > OBJECT_HEADS_MAX)
        return MUSTER_ETOOBIG;
    if (write_seen_once(core, space, item, result))
        return MUSTER_OK;
    result->object = item->object;
    if (object_op_is_quantity(item->operation)) {
        if (!*batch)
            *batch = calloc(1, sizeof(**batch));
        return check_quantity(core, space, item, *batch);
    }
    return item->operation == OP_CREATE ? MUSTER_OK : write_refer(core, space, NULL, item, &header);
}

enum muster_error core_write_check(struct core *core, const struct space_id *space_id, const struct write_item *items,
                                   size_t count, struct write_result *results)
{
    struct space *space = space_find(core, space_id);
    enum muster_error error = write_may(core, space);
    if (!error && write_rests(core, items, count))
        error = MUSTER_EFULL;
    if (!error)
        error = write_life(core, space, LOG_DATA);
    struct quantity_batch *batch = NULL;
    for (size_t i = 0; i < count && !error; i++) {
        results[i] = (struct write_result){.error = MUSTER_OK};
        results[i].error = check_one(core, space, &items[i], &batch, &results[i]);
    }
    free(batch);
    return error;
}

enum muster_error core_command_check(struct core *core, const struct command *command, struct command_outcome *outcome)
{
    struct agency_id agency = command->agency;
    *outcome = (struct command_outcome){.judged.verdict = CONTROL_UNKNOWN};
    if (core->mono_ms < core->urgent_stalled_until_mono)
        return MUSTER_EFULL;
    core->rehearsing = true;
    enum muster_error error = command->kind == COMMAND_ADD_MEMBER ? add_member(core, command, &agency, outcome)
                                                                  : govern_command(core, command, outcome);
    core->rehearsing = false;
    return error;
}
