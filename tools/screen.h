/* screen.h — the head of what a person sees, and its lines.
 *
 * First the space, ACTUAL or EXERCISE 演练, the node and the time; of lists directly below it "complete as of …"; then who is
 * not confirmed by voice. */
#ifndef MUSTER_TOOLS_SCREEN_H
#define MUSTER_TOOLS_SCREEN_H

#include "tools/tool.h"

/* From the answer's own space and node, else from the node's status. */
void screen_head(struct tool *tool, const json_t *answer);
/* The same of what is read from the records: with how complete it is (completeness.h). */
void screen_top(struct tool *tool, const json_t *answer);
/* Of a list as it was at an earlier moment: says so, and when. */
void screen_moment(struct tool *tool, const json_t *answer);
/* A heading between parts of a screen, after an empty line; translated here. */
void screen_title(struct tool *tool, const char *title);
/* The rest of a line that begins in column `used`, and its end.  What does not fit in `columns` goes on below, behind `indent`
 * spaces; words stay whole, because paths and codes are copied.  line: escaped.  Returns how many lines it was. */
size_t screen_fold(FILE *out, const char *line, size_t used, size_t indent, size_t columns);
/* One line to out, escaped; folded where the screen ends.  The format is translated here. */
void screen_line(struct tool *tool, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A label of the data dictionary (protocol/kinds), which has both languages itself, in the tool's. */
const char *screen_label(const struct tool *tool, const char *en, const char *zh);
/* "  LABEL     text", the label padded to `width` columns (CJK counts 2); text that does not fit is wrapped
 * at spaces under itself.  Nothing for an empty text. */
void screen_field(struct tool *tool, const char *label, size_t width, const char *text);
/* Cuts an escaped text in place to that many columns, with "…" where something is missing.  Returns text. */
char *screen_cut(char *text, size_t width);
/* Columns that a text takes on a terminal. */
size_t screen_width(const char *text);

#endif
