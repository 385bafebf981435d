/* json.h — the pieces of which the API's answers are made.  Each returns a new reference. */
#ifndef MUSTER_NODE_JSON_H
#define MUSTER_NODE_JSON_H

#include "node/node.h"
#include "protocol/object/state.h"

#include <jansson.h>

enum { TIME_TEXT_BYTES = 32, SHORT_ID_BYTES = 32, SHORT_TAIL_MIN = 5 };

/* RFC 3339 in UTC, seconds; null for 0. */
json_t *json_time(uint64_t ms);
json_t *json_hex(const void *bytes, size_t len);
/* Text of `len` bytes; what is not UTF-8 is replaced. */
json_t *json_text(const void *text, size_t len);
/* {"id","name"}: the name as this node knows it, else the first digits of the id. */
json_t *json_agency(const struct node *node, const struct agency_id *agency);
/* {"as_of","logs","of","silent":[{"agency","since"}]} */
json_t *json_complete(const struct node *node, const struct space_view *space);
/* The same of every space, or of one alone: [{name, exercise, complete}], for screens that are about all of them. */
json_t *json_spaces_complete(const struct node *node, const struct space_view *only);
/* [{id,name}]: members of the space whose pair code nobody here has typed yet. */
json_t *json_unconfirmed(const struct node *node, const struct space_view *space);
/* The head of a list: muster, space, node, complete. */
json_t *json_head(const struct node *node, const struct space_view *space);
/* {"words","digits"} */
json_t *json_pair(const struct hash *pair);
json_t *json_endpoints(const struct endpoint_list *list);
/* One row of GET /v1/peers and of the status. */
json_t *json_peer(const struct node *node, const struct peer *peer, const struct peer_view *view);
json_t *json_peers(const struct node *node, const struct space_view *only);
json_t *json_pending(const struct node *node);
/* The lines for newcomers, and who came with each. (api_line.c) */
json_t *json_lines(struct node *node);

/* The agency's name if a card told it, else the first 8 bytes of its id in hex, written into id. */
const char *agency_name(const struct node *node, const struct agency_id *agency, char id[17]);
/* "inc-7k2q9"; as many characters as keep ids of `objects` objects apart. */
void short_id(char out[SHORT_ID_BYTES], uint16_t kind, const struct object_id *object, uint64_t objects);
struct hash own_pair(const struct node *node, const struct agency_id *agency, const struct node_keys *keys);

#endif
