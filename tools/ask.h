/* ask.h — questions, only when stdin and stderr are terminals. */
#ifndef MUSTER_TOOLS_ASK_H
#define MUSTER_TOOLS_ASK_H

#include "tools/tool.h"

/* Yes or no.  True with --yes, or when a person answers y.  False otherwise; *code is then 0 for a person's
 * "no" and 2, after a fault that names --yes, when nobody can be asked. */
bool ask_yes(struct tool *tool, int *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What cannot be taken back wants its name typed, or --yes=NAME.  As ask_yes, which is too little here; the question ends
 * with what to type. */
bool ask_name(struct tool *tool, int *code, const char *name, const char *question);
/* One line, without its end; false at the end of input.  The caller has seen tool->can_ask. */
bool ask_line(struct tool *tool, const char *prompt, char *out, size_t size);

#endif
