/* bundle.h — what the verbs about bundles share: files on a stick that carry a session.
 *
 * A bundle is one file or several (parts), and beside them a list, NAME.muster-parts, which says what belongs to it (SPEC
 * S5.7.9).  The list is what lets an export go on where it stopped, and an import say what is missing. */
#ifndef MUSTER_TOOLS_BUNDLE_H
#define MUSTER_TOOLS_BUNDLE_H

#include "base/ids.h"
#include "tools/tool.h"

#include <limits.h>

#define BUNDLE_SUFFIX ".muster-bundle"
#define BUNDLE_LIST_SUFFIX ".muster-parts"

enum { BUNDLE_PARTS_MAX = 1000, BUNDLE_NEXT_BYTES = 48, BUNDLE_LIST_BYTES_MAX = 512 * 1024 };

/* Reads a bundle; the caller frees *bytes.  0 or the exit code. */
int bundle_load(struct tool *tool, const char *path, char **bytes, size_t *len);
/* Asks for a bundle with `body` and writes it to `path`, further parts beside it as NAME-2…  What is whole there by its list
 * stays as it is; the rest is written, and read back.
 * measure  the answer of bundle_measure for the same body
 * replace  over a file of that name that is not of this bundle; else EDUPLICATE
 * files    gets {file, bytes, kept} of each; kept: it was there
 * 0 or the exit code. */
int bundle_make(struct tool *tool, json_t *body, const json_t *measure, const char *path, bool replace, json_t *files);
/* Takes the files, or all bundles of the folders, and writes the replies (to `reply` if it is not NULL; none: do not).
 * answer   NULL: it is printed; else the caller's, and may be NULL when nothing could be taken
 * The exit code. */
int bundle_take(struct tool *tool, char **paths, size_t count, const char *reply, bool none, json_t **answer);
/* Beside a bundle that is finished: the finished ones of earlier exports for the same agency, by their lists, which hold nothing
 * that this one lacks and they are not known to hold.  [{file, parts, bytes}], the caller's.  Nothing is removed: a list may be
 * anybody's, and the stick is a person's. */
json_t *bundle_older(const char *path);
void bundle_older_print(struct tool *tool, const json_t *older);
/* What would go; 0 and *answer, or the fault, not printed. */
enum muster_error bundle_measure(struct tool *tool, json_t *body, json_t **answer, struct fault *fault);
/* Where an export goes: `wish` itself if it names a file; in the folder `wish` (NULL: this one) the bundle that is the same
 * and not finished, or finished and nothing has changed since; else a new name that nothing there has. */
void bundle_place(struct tool *tool, char out[PATH_MAX], const char *wish, const json_t *body, const json_t *measure);
/* "AGENCY-20260301-1405", a letter (0: none) and the suffix, in the folder `wish`; else `wish` itself, if it is not NULL. */
void bundle_path(char out[PATH_MAX], const char *wish, const json_t *agency, const char *suffix, char letter);
/* "1.2 kB" */
void bundle_size(char out[32], long long bytes);

/* --- the list (bundle_set.c) --------------------------------------------------------------------------------------- */

struct bundle_part {
    uint64_t bytes, left;
    struct hash hash;
    char next[BUNDLE_NEXT_BYTES]; /* where the next part begins; empty: it is the last */
};

struct bundle_list {
    json_t *head; /* what the bundle is of: by, for, space, all, part_bytes, state */
    struct bundle_part *parts;
    size_t count;
    bool whole, torn; /* all parts are named; it ends in the middle of a line */
};

/* The list in that file, as far as it can be read: it may be anybody's.  False: there is none. */
bool bundle_list_read(struct bundle_list *list, const char *path);
void bundle_list_free(struct bundle_list *list);
/* NAME.muster-bundle -> NAME.muster-parts; and the file of a part, 1 and up: NAME-2.muster-bundle. */
void bundle_list_path(char out[PATH_MAX], const char *path);
void bundle_part_path(char out[PATH_MAX], const char *path, size_t part);

#endif
