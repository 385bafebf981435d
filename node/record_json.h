/* record_json.h — the records of one object as the API shows them, each with what became of it. */
#ifndef MUSTER_NODE_RECORD_JSON_H
#define MUSTER_NODE_RECORD_JSON_H

#include "node/json.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/look.h"

/* "create", "offer", …; "unknown". */
const char *op_name(uint8_t operation);
/* One record of a look: {record, op, time, agency, node, operator, sequence, supersedes, fields, state, and where it has them
 * reason, to, about, by, answer}; NULL when the record cannot be read at all (`muster check` says so). */
json_t *record_json(struct node *node, const struct space_view *space, const struct object_look *look, size_t at);
/* The same of a record that stands in no view. */
json_t *record_waiting_json(struct node *node, const struct space_view *space, const struct waiting_record *record);
/* The records of the object's quantities, by arrival, each with what it is worth: [record_json]. */
json_t *quantity_records_json(struct node *node, const struct space_view *space, const struct object_id *object);
/* The records of a look by time, then id: their places in it.  Of look->count; the caller frees it; NULL without memory. */
uint32_t *records_by_time(const struct object_look *look);
/* The open proposals, the open offers, what came late: [record_json]. */
json_t *proposals_json(struct node *node, const struct space_view *space, const struct object_look *look);
json_t *offers_json(struct node *node, const struct space_view *space, const struct object_look *look);
json_t *late_json(struct node *node, const struct space_view *space, const struct object_look *look);
/* An object named in short, {id, short}. */
json_t *object_named_json(struct node *node, const struct space_view *space, const struct object_id *object);

/* Objects that the fields name, in their short form: into[id] = "inc-7k2q9", where the object is held. */
void record_names_add(json_t *into, struct node *node, const struct space_view *space, const struct kind *kind, const json_t *fields);

#endif
