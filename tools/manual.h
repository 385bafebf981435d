/* manual.h — help of a verb, the overview and the manual page, printed from the rows. */
#ifndef MUSTER_TOOLS_MANUAL_H
#define MUSTER_TOOLS_MANUAL_H

#include "protocol/kinds/kinds.h"
#include "tools/tool.h"

/* Where help goes: at most 78 columns are used. */
struct sheet {
    FILE *out;
    size_t columns;
};
/* What `muster help` prints: all verbs, one verb, all kinds. */
void manual_overview(const struct sheet *on);
void manual_command(const struct sheet *on, const struct command *command);
void manual_kinds(const struct sheet *on, enum lang lang);
/* Fields, types, tokens with their labels. */
void manual_kind(const struct sheet *on, const struct kind *kind, enum lang lang);
void manual_errors(const struct sheet *on);
void manual_error(const struct sheet *on, enum muster_error error);
/* muster(1) in scdoc's language. */
void manual_page(FILE *out);

#endif
