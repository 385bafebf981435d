/* completion.h — scripts that complete what people type, printed from the rows of verbs, options and kinds. */
#ifndef MUSTER_TOOLS_COMPLETION_H
#define MUSTER_TOOLS_COMPLETION_H

#include <stdio.h>

/* One whole script for that shell. */
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

#endif
