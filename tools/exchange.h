/* exchange.h — the files that agencies exchange (cards, invites), and what the telephone call needs. */
#ifndef MUSTER_TOOLS_EXCHANGE_H
#define MUSTER_TOOLS_EXCHANGE_H

#include "tools/tool.h"

#include <limits.h>

enum { EXCHANGE_BYTES_MAX = 64 * 1024, EXCHANGE_NAME_BYTES = 64 };

/* The text of a card or invite; "-" is standard input.  *text is the caller's.  0 or the exit code. */
int exchange_load(struct tool *tool, const char *path, char **text);
/* A name that every stick takes: letters, digits and dashes, at most 39; of an agency whose name has none, the first digits of its id. */
void exchange_plain_name(char out[EXCHANGE_NAME_BYTES], const char *name, const char *id);
/* The path as it was typed; where it is a folder, out: NAME and the suffix in it.  NULL when path is. */
const char *exchange_path(char out[PATH_MAX], const char *path, const char *name, const char *id, const char *suffix);
/* Writes it to the file (mode 0600 if secret) or, without a path, to stdout. */
int exchange_save(struct tool *tool, const char *path, const char *text, bool secret);
/* {words, digits}: the code and how it is used; on stdout, or on stderr when stdout has the file's text. */
void pair_print(struct tool *tool, const json_t *pair, const char *agency, bool on_stderr);

#endif
