/* object_json.h — an object as the API shows it. */
#ifndef MUSTER_NODE_OBJECT_JSON_H
#define MUSTER_NODE_OBJECT_JSON_H

#include "node/json.h"

/* One item of a list; full: all fields, else those for columns. */
json_t *object_json(const struct node *node, const struct space_view *space, const struct object_id *id,
                    const struct object_stored *state, bool full);
/* {to:[link], from:[link]}: what the object names and what names it, at most 64 each; a link is {field, role, object} with
 * {short, kind, title} of the object at its far end, if that is held. */
json_t *links_json(struct node *node, const struct space_view *space, const struct object_id *id,
                   const struct object_stored *state);

/* [{record, agency, time, fields}]: the heads of an object that has more than one; else empty. */
json_t *branches_json(struct node *node, const struct space_view *space, const struct object_id *id,
                      const struct object_stored *state);

#endif
