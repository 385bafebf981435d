/* export_cap.h — under which name an incident, a warning or a release goes out as a CAP alert.
 *
 * A message that came in and was not changed since keeps its identifier.  Everything else is a message of its own:
 * the n-th version of an object is "muster.OBJECT.N" of the agency that exports, an Update that names all messages
 * it follows, and a Cancel of them when it was retracted or superseded; so nobody meets two
 * texts under one name, and none that does not hold any more.
 * Of a warning and a release the versions count from the first that was issued or published; the one that was lifted or
 * withdrawn is a Cancel.  One that takes the place of another (predecessor, corrects, or by a supersede) names that one's messages
 * too, its Cancel among them (export_series.h).  Where `identifier` says under which name one went out, it is called that. */
#ifndef MUSTER_TOOLS_EXPORT_CAP_H
#define MUSTER_TOOLS_EXPORT_CAP_H

#include "tools/export_series.h"
#include "tools/tool.h"

enum { CAP_NOTE_BYTES = 80 };

struct cap_name {
    struct cap_message message;
    char identifier[CAP_WRITE_ID_BYTES], sender[CAP_WRITE_ID_BYTES], sent[CAP_WRITE_ID_BYTES], note[CAP_NOTE_BYTES];
    char *references; /* owned; freed by cap_name_clear */
};

/* Asks the node for what was said so far.  0 or the exit code. */
int cap_name_find(struct cap_name *name, struct tool *tool, const json_t *item, const char *agency,
                  const char *agency_id);
/* The same from somewhere else. */
MUST_USE enum muster_error cap_name_from(struct cap_name *name, const struct series_source *source, const json_t *item);
void cap_name_clear(struct cap_name *name);

#endif
