/* line.h — joining by one line: `muster invite --once`, `muster join MUSTER1:…`. */
#ifndef MUSTER_TOOLS_LINE_H
#define MUSTER_TOOLS_LINE_H

#include "tools/arguments.h"
#include "tools/tool.h"

/* Does the word look like a line (and not like a path)? */
bool line_is(const char *word);
/* muster invite --once: makes one and shows it, on a terminal also as a QR code.  0 or the exit code. */
int line_invite(struct tool *tool, const struct arguments *args, const char *space, const char *right);
/* muster join MUSTER1:…, --state, --end. */
int line_join(struct tool *tool, const struct arguments *args, const char *line);

/* "90s", "30m", "24h", "7d", "2w" as seconds; false if it is none of them. */
bool duration_read(long long *seconds, const char *text);

/* The line as a QR code of half blocks with its quiet zone; false if it does not fit one. */
bool qr_print(FILE *out, const char *text);
/* The same as an SVG file's text, the caller's to free; NULL if it does not fit. */
char *qr_svg(const char *text);

#endif
