/* long.h — asking the node for what takes long: a line of progress meanwhile, and it ends when this program does. */
#ifndef MUSTER_TOOLS_LONG_H
#define MUSTER_TOOLS_LONG_H

#include "tools/tool.h"

/* What a word of the node's progress is called on a screen; `bytes`: it counts bytes. */
struct long_word {
    const char *word, *en;
    bool bytes;
};

/* As tool_call, with ?progress=1 added to the url.  words: ended by a row without a word; one that is not among them is
 * shown as it is. */
int tool_long(struct tool *tool, const char *method, struct url *url, const struct long_word *words, json_t **answer);

#endif
