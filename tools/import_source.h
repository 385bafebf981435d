/* import_source.h — where the bytes of an import come from: a regular file, standard input, a pipe.
 *
 * "-" and /dev/stdin are standard input, whatever that is; /dev/fd/N and /proc/self/fd/N a descriptor that this process
 * was started with, as shells name the pipe of <(COMMAND); a named pipe is opened and waited for.  All are read to their
 * end and within the same bound as files before anything is parsed, so a pipe and a file with the same bytes are the same
 * import. */
#ifndef MUSTER_TOOLS_IMPORT_SOURCE_H
#define MUSTER_TOOLS_IMPORT_SOURCE_H

#include "formats/problem.h"

#include <stdbool.h>

#define IMPORT_STDIN_NAME "standard input"

/* Asked several times a second while a pipe is read: so many bytes are there.  False: no more of it. */
typedef bool import_waiting(void *user, size_t got);

/* Is it standard input, by any of its names? */
bool import_source_is_stdin(const char *path);
/* What messages and --json call it: the path, or IMPORT_STDIN_NAME (in English; a screen translates it). */
const char *import_source_name(const char *path);

/* Reads it whole.  *bytes with a NUL behind them is the caller's, NULL on an error.
 * max      bytes allowed
 * waiting  may be NULL; regular files do not call it
 * returns  MUSTER_OK; the errors of file_read_bounded; ENOTFOUND for a descriptor that nobody gave; ETRUNCATED when
 *          waiting said no.  On an error *problem is filled. */
MUST_USE enum muster_error import_source_read(const char *path, size_t max, import_waiting *waiting, void *user,
                                              unsigned char **bytes, size_t *len, struct format_problem *problem);

#endif
