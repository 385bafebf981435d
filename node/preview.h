/* preview.h — what would be written, who would receive it and on which way, before it is written.
 *
 * One place for every publishing verb: request_write and request_command come here when a rehearsal is asked for.  Whether a
 * member gets it is forward_decide's answer (F1), whether a record would be refused core_write_check's and core_command_check's:
 * the code of the data path, never a copy of it. */
#ifndef MUSTER_NODE_PREVIEW_H
#define MUSTER_NODE_PREVIEW_H

#include "node/request.h"

/* Answers the request.
 *   {"muster":1, "dry_run":true, "space":{…}, "node":{…}, "complete":{…}, "stored", "existing", "refused",
 *    "items":[{"item", "state":"stored"|"existing"|"refused", "error"?}], "recipients":[…]} */
void preview_write(struct request *request, const struct space_id *space, const struct write_item *items, size_t count,
                   struct write_result *results);
/* The same for an operation of a space: with "message" and "still" (approvals that would be missing). */
void preview_command(struct request *request, const struct command *command);
/* Keeps, in a dry run, an item's error (borrowed) that a handler found before it wrote anything. */
void preview_refusal(struct request *request, size_t item, json_t *error);

/* Who would be sent it: [{"agency":{id,name}, "right", "gets", "rule", "reads", "confirmed",
 * "hop":"direct"|"via"|"waits"|"none", "via":[agency], "since", "say"}], a row a member but this agency.  operation NULL:
 * data; else the operation of that id, which need not be held yet.  rule: forward_rule_name. */
json_t *preview_recipients(struct node *node, const struct space_view *space, const struct record_id *operation);

#endif
