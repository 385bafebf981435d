/* quantity_json.h — quantities as the API shows them: sums, rights, promises, and what to do about those that do not hold. */
#ifndef MUSTER_NODE_QUANTITY_JSON_H
#define MUSTER_NODE_QUANTITY_JSON_H

#include "node/json.h"
#include "protocol/object/quantity.h"

/* {"minted","free","elsewhere","stuck","soft","safe","at_risk","lost","promises","risky","void","waiting"} */
json_t *quantity_sums_json(const struct quantity_sums *sums);
/* The sums of one object, or NULL without records of quantities; an object that cannot be folded says {"error"}. */
json_t *quantity_sums_of(const struct node *node, const struct space_view *space, const struct object_id *object);
/* [{"right","from":{agency},"holder":{agency,node,own,log},"units","left","firm","soft","lost","since"}], those with units left
 * or lost; all: every one. */
json_t *quantity_rights_json(struct node *node, const struct space_view *space, const struct quantity_view *view, bool all);
/* [{"record","op","agency","own","units","state","for","time","do"}]: promises and covers; bad: void, at risk and lost alone, and
 * void records of any kind. */
json_t *quantity_promises_json(struct node *node, const struct space_view *space, const struct quantity_view *view, bool bad,
                               const char *short_name);

/* Of the body of a record of a quantity: {"units","for"}, each only if it says so. */
json_t *quantity_body_json(struct bytes body);
/* What the record is about in all, at most ESCROW_UNITS_MAX. */
uint64_t quantity_units(const struct escrow_record *record);
/* The log of that id in the space; false if it is not known here. */
bool quantity_log(const struct node *node, uint32_t space, const struct log_id *id, struct log_view *out);
/* "yibin-2" of the log's node, or the first digits of its log; written into out. */
enum { HOLDER_BYTES = 160 };
const char *quantity_holder(const struct node *node, const struct log_view *log, char out[HOLDER_BYTES]);

#endif
