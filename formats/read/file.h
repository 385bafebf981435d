/* file.h — the bytes of one file that a user named, and nothing that could block or surprise. */
#ifndef MUSTER_FORMATS_READ_FILE_H
#define MUSTER_FORMATS_READ_FILE_H

#include "formats/problem.h"

/* Reads the regular file at path, whole.
 * max      bytes allowed; a longer file is refused before anything is read
 * *out     the bytes and one NUL behind them, to be freed by the caller; NULL on error
 * returns  MUSTER_OK; ENOTFILE for a folder, pipe, socket, device or symbolic link (each with its own
 *          sentence); ETOOBIG; ENOTFOUND; EIO.  On error *problem is filled.
 * The path's last part is not followed if it is a link, and opening never waits for a writer. */
MUST_USE enum muster_error file_read_bounded(const char *path, size_t max, unsigned char **out, size_t *len,
                                             struct format_problem *problem);

#endif
