/* fields.h — FIELD=VALUE, as people type it, to the JSON of POST /v1/records. */
#ifndef MUSTER_TOOLS_FIELDS_H
#define MUSTER_TOOLS_FIELDS_H

#include "client/fault.h"
#include "protocol/kinds/kinds.h"

/* Reads words of the form FIELD=VALUE into a new object (the caller's):
 *   F=text   F=@file (its contents)   F=- (standard input, once)   F=@@text (a text that begins with @)
 *   F=       clears the field; only with may_clear
 *   F=a F=b  several values of a list field, also F=a;b
 *   now      for a time; ROLE:ID for links; yes or no for flags
 * Every value is checked against the kind's table.  *fields is NULL on an error, which names the word and,
 * when something is near, what was probably meant. */
MUST_USE enum muster_error fields_read(json_t **fields, const struct kind *kind, char *const *words,
                                       size_t count, bool may_clear, struct fault *fault);
/* May the kind be created with these?  EMISSING with the names of all required fields that are not there. */
MUST_USE enum muster_error fields_complete(const struct kind *kind, const json_t *fields,
                                           struct fault *fault);
/* A fault from what the kind tables say. */
int fault_from_problem(struct fault *fault, const struct kind_problem *problem, const struct kind *kind);

#endif
