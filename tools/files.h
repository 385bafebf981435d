/* files.h — small files that a person names: read whole and bounded, written whole or not at all. */
#ifndef MUSTER_TOOLS_FILES_H
#define MUSTER_TOOLS_FILES_H

#include "client/fault.h"

#include <stdio.h>

/* Reads a regular file (links are followed: the person chose the path) of at most max bytes.
 * *text    the bytes and a NUL behind them; the caller frees it
 * ENOTFOUND, ENOTFILE, ETOOBIG, EPERMISSION, EIO, each with a sentence that names the path. */
MUST_USE enum muster_error file_load_text(const char *path, size_t max, char **text, size_t *len,
                                          struct fault *fault);
/* The same from standard input. */
MUST_USE enum muster_error stdin_load(size_t max, char **text, size_t *len, struct fault *fault);

enum file_flag {
    FILE_REPLACE = 1, /* else an existing file is EDUPLICATE */
    FILE_FOLDERS = 2, /* create the folder it is in */
    FILE_SECRET = 4   /* mode 0600 instead of 0644 */
};
/* Writes a temporary file beside it, then renames: a reader never sees half of it. */
MUST_USE enum muster_error file_save(const char *path, const void *bytes, size_t len, unsigned flags,
                                     struct fault *fault);

/* A file that is written piece by piece: under a temporary name beside its own until it is whole. */
struct file_draft {
    FILE *out; /* NULL: none is open */
    int error; /* errno of a write that failed; later ones may not say it again */
    const char *path; /* borrowed */
    unsigned flags;
    char temporary[4096];
};
MUST_USE enum muster_error file_draft_open(struct file_draft *draft, const char *path, unsigned flags,
                                           struct fault *fault);
/* Whole and durable under its name, or EIO, EFULL, EDUPLICATE and nothing is left of it. */
MUST_USE enum muster_error file_draft_keep(struct file_draft *draft, struct fault *fault);
/* Nothing is left of it; one that is not open is let be. */
void file_draft_drop(struct file_draft *draft);

#endif
