/* html.h — pages for print: one file without anything outside it, text escaped, EXERCISE 演练 on every sheet. */
#ifndef MUSTER_TOOLS_HTML_H
#define MUSTER_TOOLS_HTML_H

#include "tools/view.h"

/* A text with nothing in it that a browser could take for more: controls and directions as base/text.h shows them, then
 * & < > " ' as entities. */
void html_text(FILE *out, const char *text);
/* The head of a page; `exercise` marks every sheet.  html_end closes it. */
void html_begin(struct tool *tool, const char *title, bool exercise);
void html_end(struct tool *tool);
/* A heading of level 2. */
void html_title(struct tool *tool, const char *en);
/* A paragraph. */
void html_line(struct tool *tool, const char *text);
/* A paragraph: the answer's "complete as of …", when it has it. */
void html_complete(struct tool *tool, const json_t *answer);
/* A table of the columns that are not for files alone; the view's own words when there is no item. */
void html_table(struct tool *tool, const json_t *items, const struct view *view);
/* Rows of a label and a text; nothing for an empty text. */
void html_fields_begin(struct tool *tool);
void html_field(struct tool *tool, const char *label, const char *text);
void html_fields_end(struct tool *tool);

#endif
