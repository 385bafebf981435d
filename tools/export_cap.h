/* export_cap.h — under which name an incident goes out as a CAP alert.
 *
 * A message that came in and was not changed since keeps its identifier.  Everything else is a message of its own:
 * the n-th version of an object is "muster.OBJECT.N" of the agency that exports, an Update that names all messages
 * it follows, and a Cancel of them when it was retracted; so nobody meets two texts under one name. */
#ifndef MUSTER_TOOLS_EXPORT_CAP_H
#define MUSTER_TOOLS_EXPORT_CAP_H

#include "formats/write/cap.h"
#include "tools/tool.h"

enum { CAP_NAME_REFERENCES_MAX = 50 };

struct cap_name {
    struct cap_message message;
    char identifier[CAP_WRITE_ID_BYTES], sender[CAP_WRITE_ID_BYTES], sent[CAP_WRITE_ID_BYTES];
    char *references; /* owned; freed by cap_name_clear */
};

/* Asks for the history when the object has more than one version.  0 or the exit code. */
int cap_name_find(struct cap_name *name, struct tool *tool, const json_t *item, const char *agency,
                  const char *agency_id);
/* The same from a history that is at hand (GET /v1/objects/ID/history; NULL for a single version). */
void cap_name_from(struct cap_name *name, const json_t *item, const json_t *history, const char *agency,
                   const char *agency_id);
void cap_name_clear(struct cap_name *name);

#endif
