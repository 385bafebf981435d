/* revision.h — an object as it stood at one of its records: what a computed record cites does not change when the object does. */
#ifndef MUSTER_TOOLS_REVISION_H
#define MUSTER_TOOLS_REVISION_H

#include "tools/tool.h"

/* The fields of the object (id in any form) that the record of 64 hex digits and all that it supersedes add up to; the caller's.
 * 0, or the exit code after the fault was printed: 3 when the object or that record of it is not held here. */
int revision_fields(struct tool *tool, const char *object, const char *record, json_t **fields);
/* The one record that an object's state is; NULL after a fault was printed (its exit in *code) when there are branches. */
const char *revision_of(struct tool *tool, const json_t *object, int *code);

#endif
