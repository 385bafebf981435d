/* step.h — what verbs that change one object share. */
#ifndef MUSTER_TOOLS_STEP_H
#define MUSTER_TOOLS_STEP_H

#include "tools/tool.h"

/* --seen REVISION: 0, or 8 after saying that the object is another revision by now. */
int object_unchanged(struct tool *tool, const struct arguments *args, const json_t *object);

#endif
