/* value.h — JSON values of the API as text: for a person, for a file, for a terminal. */
#ifndef MUSTER_TOOLS_VALUE_H
#define MUSTER_TOOLS_VALUE_H

#include "protocol/kinds/kinds.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { VALUE_TIME_BYTES = 48 };

/* The member under a dotted path, "agency.name"; NULL if a part is missing. */
const json_t *value_at(const json_t *json, const char *path);
/* Text of it; "" if it is missing or no string. */
const char *value_text_at(const json_t *json, const char *path);
/* Number of it; 0 if it is missing or no integer. */
long long value_int_at(const json_t *json, const char *path);
bool value_true_at(const json_t *json, const char *path);

/* Any value as raw text, owned by the caller (never NULL; aborts without memory): strings as they are, lists
 * joined by ";", links as role:object, {id,name} as its name, evidence as its type and size, the rest as
 * JSON. */
char *value_raw(const json_t *value);
/* The same value with the ids of objects as `names` has them, {id: "inc-7k2q9"}; names may be NULL.  To be released. */
json_t *value_named(const json_t *value, const json_t *names);
/* For people: yes/no in their language, times without seconds, and with a field its tokens' labels (zh).  Not
 * escaped. */
char *value_label(const json_t *value, const struct field *field, enum lang lang);
/* Safe for one line of a terminal; owned by the caller. */
char *terminal_text(const char *text);
/* "2026-03-01T14:05:09Z" as "2026-03-01 14:05Z"; anything else as it is, cut to fit. */
void time_short(char out[VALUE_TIME_BYTES], const char *text);
/* The same for a column: "03-01 14:05Z" when it is of this year. */
void time_shorter(char out[VALUE_TIME_BYTES], const char *text);
/* Now, in the same form. */
void time_now(char out[VALUE_TIME_BYTES]);
/* JSON on one line (or indented): characters that could steer a terminal are \u escapes, which any reader of
 * JSON turns back.  Owned by the caller. */
char *json_text(const json_t *json, bool indented);

/* A word of the answers (an operation, the standing of a record or promise) in the language of the tool; others as they are. */
const char *word_said(const char *word);

#endif
