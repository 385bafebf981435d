/* variables.h — environment variables MUSTER_… that musterd does not know, and that look like ones it does. */
#ifndef MUSTER_NODE_VARIABLES_H
#define MUSTER_NODE_VARIABLES_H

#include "node/journal.h"
#include "node/trouble.h"

/* For --check-config: ECONFIG with the first such variable and the one that was probably meant.  A variable that is like
 * none is another program's and no trouble: some systems name every service in the environment. */
MUST_USE enum muster_error variables_check(char *const *environment, struct trouble *trouble);
/* At a start, which they do not stop: a line each. */
void variables_journal(char *const *environment, const struct journal *journal);

#endif
