/* openapi.h — the local API for programs: an OpenAPI 3.1 document, made of the rows that answer.
 *
 * A row of api_rows.c says that there is a request, a row of api_shapes.c what goes in and comes out; a test compares the
 * document with real answers.  GET /v1/openapi gives it, docs/openapi.json is a copy. */
#ifndef MUSTER_NODE_OPENAPI_H
#define MUSTER_NODE_OPENAPI_H

#include "node/request.h"

/* Members are "name:types", by spaces.  types: s text, i integer, d number, b true or false, o object, a list, z null; a "?"
 * at the end: may be missing.  NULL: nothing. */
struct api_shape {
    const char *method, *path; /* as in the row */
    const char *arguments;     /* names for the segments `*` of the path, by spaces */
    const char *query;         /* names of parameters, by spaces; *: fields of a kind too */
    const char *body;
    const char *answer;        /* or "=MEDIA/TYPE": bytes */
    const char *items;         /* members of each of `items`, when they are alike */
};
extern const struct api_shape api_shapes[];
extern const size_t api_shapes_count;

/* The row of shapes that belongs to a row of the API, or NULL. */
const struct api_shape *api_shape_of(const struct api_row *row);
enum { API_MEMBER_BYTES = 64 };
/* Refuses a body with a member that its shape does not name (EUSAGE, with the nearest name).  (api_body.c) */
void api_body_check(struct request *request);

/* The whole document, owned by the caller. */
json_t *openapi_json(void);

#endif
