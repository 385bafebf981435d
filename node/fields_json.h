/* fields_json.h — the fields of an object between JSON and the msgpack body of a record (docs/API.md). */
#ifndef MUSTER_NODE_FIELDS_JSON_H
#define MUSTER_NODE_FIELDS_JSON_H

#include "base/ids.h"
#include "protocol/kinds/kinds.h"

#include <jansson.h>

/* Finds the object that a field names by a short id; true if there is exactly one. */
typedef bool fields_find(void *user, const char *text, struct object_id *out);

/* Writes {field: value} of a JSON object into out.  Checked with kind_check by the caller's means.
 * EFIELD, EBADVALUE, EUSAGE… with a sentence. */
MUST_USE enum muster_error fields_from_json(const struct kind *kind, const json_t *fields, fields_find *find,
                                            void *user, struct writer *out, struct kind_problem *problem);
/* Fields of a body or a view as JSON: names where the kind is known, else "#7".  only: list columns only. */
json_t *fields_to_json(const struct kind *kind, struct bytes body, bool only_listed);
json_t *field_to_json(const struct field *field, const struct pack_value *value, bool understood);
/* Strict base64 with padding.  False for anything else, or more than size. */
bool base64_read(uint8_t *out, size_t size, size_t *len, const char *text, size_t text_len);

/* What is wrong, in the language of the request; where there is no sentence, that of the error's row. */
const char *problem_text(struct kind_problem *problem, enum muster_error error);

#endif
