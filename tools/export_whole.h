/* export_whole.h — the message that an incident came from, to go out element by element as it came in.
 *
 * The kept file is evidence, bytes that somebody else wrote: it is read in a process of its own (import_child.h), and taken
 * only if it says what the object says, field by field.  So nobody can show one text on the screens and send another. */
#ifndef MUSTER_TOOLS_EXPORT_WHOLE_H
#define MUSTER_TOOLS_EXPORT_WHOLE_H

#include "tools/tool.h"

/* The tree of formats/read/cap_parse.h, owned by the caller; NULL where there is none: nothing is kept, it cannot be read or
 * fetched, or the object says something else by now. */
json_t *export_whole(struct tool *tool, const json_t *item);

#endif
