/* overview.h — walking the objects of a space by what the index knows: for screens that sum up. */
#ifndef MUSTER_NODE_OVERVIEW_H
#define MUSTER_NODE_OVERVIEW_H

#include "node/json.h"
#include "node/stream.h"
#include "protocol/kinds/kinds.h"

enum { OVERVIEW_LOOKS_MAX = 20000, OVERVIEW_REST_LOOKS = 4096, OVERVIEW_TITLE_BYTES = 160 };

struct overview {
    struct node *node;
    struct space_view space;
    uint64_t now_ms;
    size_t looks;
    bool partial; /* not all could be looked at: OVERVIEW_LOOKS_MAX objects a request */
};

/* An object with its state, borrowed for the call.  Return false to stop. */
typedef bool overview_take(void *user, const struct object_id *id, const struct object_stored *state);
/* All objects of the kind that have all these terms, newest change first; retracted ones are left out. */
void overview_each(struct overview *o, uint16_t kind, const struct term *terms, size_t count, overview_take *take, void *user);
/* Those whose field has the token; own 1: of this agency, 0: whoever owns them. */
void overview_where(struct overview *o, uint16_t kind, const char *field, const char *token, bool own, overview_take *take,
                    void *user);
/* Objects of the kind (0: any) that name the object, in any of their links, by id. */
void overview_naming(struct overview *o, const struct object_id *named, uint16_t kind, overview_take *take, void *user);

/* Is it of this agency? */
bool overview_own(const struct overview *o, const struct object_stored *state);
/* Fields of a state by name: text into out of `size` bytes, "" if it is not there; the moment in ms, 0; a decimal; an object. */
const char *overview_text(const struct object_stored *state, const char *field, char *out, size_t size);
uint64_t overview_time(const struct object_stored *state, const char *field);
bool overview_object(const struct object_stored *state, const char *field, struct object_id *out);
/* A quantity in millionths; false when it says none. */
bool overview_decimal(const struct object_stored *state, const char *field, int64_t *millionths);
/* {id, short, kind, title, owner} */
json_t *overview_json(const struct overview *o, const struct object_id *id, const struct object_stored *state);
/* The same of a request, with what covers it (docs/API.md, gaps); *covered: promised or there in full.  (api_gaps.c) */
json_t *overview_request_json(struct overview *o, const struct object_id *id, const struct object_stored *state, bool *covered);
/* Items by incident, type, title and id: equal on nodes that hold the same.  Takes the reference, gives one.  (api_gaps.c) */
json_t *overview_in_order(json_t *items);
const char *overview_title(const struct object_stored *state, char out[OVERVIEW_TITLE_BYTES]);

#endif
