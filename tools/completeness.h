/* completeness.h — "complete as of …": how much of what there is a screen was made from.
 *
 * A `complete` object of the API is {as_of, logs, of, silent: [{agency, since}]}; `spaces` a list of {name, exercise, complete}. */
#ifndef MUSTER_TOOLS_COMPLETENESS_H
#define MUSTER_TOOLS_COMPLETENESS_H

#include "tools/tool.h"

/* Does a `complete` object say that something is missing? */
bool complete_lacks(const json_t *complete);
/* Its sentence, with who is silent, not escaped; owned by the caller, NULL without such an object. */
char *complete_text(const json_t *complete);
/* Below the first line of a screen: of the answer's own `complete`, else of the spaces that it lists; nothing when it has
 * neither.  Without an answer: of the space, else of those of the status; each may be NULL.  In the colour of what wants
 * attention when something is missing.  Of several spaces those are named that are not complete. */
void screen_complete(struct tool *tool, const json_t *answer, const json_t *space, const json_t *status);
/* At the end, in one line, when the head has scrolled off the terminal since it was last said. */
void screen_foot(struct tool *tool, const json_t *answer);

#endif
