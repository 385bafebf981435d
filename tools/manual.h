/* manual.h — help of a verb, the overview and the manual page, printed from the rows. */
#ifndef MUSTER_TOOLS_MANUAL_H
#define MUSTER_TOOLS_MANUAL_H

#include "protocol/kinds/kinds.h"
#include "tools/tool.h"

/* What `muster help` prints: all verbs, one verb, all kinds. */
void manual_overview(FILE *out);
void manual_command(FILE *out, const struct command *command);
void manual_kinds(FILE *out, enum lang lang);
/* Fields, types, tokens with their labels. */
void manual_kind(FILE *out, const struct kind *kind, enum lang lang);
void manual_errors(FILE *out);
void manual_error(FILE *out, enum muster_error error);
/* muster(1) in scdoc's language. */
void manual_page(FILE *out);

#endif
