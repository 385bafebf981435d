/* preview.h — what --dry-run shows: what would be written, who would receive it and on which way (docs/API.md). */
#ifndef MUSTER_TOOLS_PREVIEW_H
#define MUSTER_TOOLS_PREVIEW_H

#include "tools/tool.h"

/* Prints the node's answer to a rehearsal as the settings ask for.  0; the exit code of the refusal, also printed, when the
 * only item of it would be refused; 1 when one of several would. */
int preview_print(struct tool *tool, json_t *answer);
/* Only the list of recipients, and that nothing was written. */
void preview_recipients_print(struct tool *tool, const json_t *answer);

#endif
