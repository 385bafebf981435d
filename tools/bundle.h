/* bundle.h — what the verbs about bundles share: files on a stick that carry a session. */
#ifndef MUSTER_TOOLS_BUNDLE_H
#define MUSTER_TOOLS_BUNDLE_H

#include "tools/tool.h"

#include <limits.h>

#define BUNDLE_SUFFIX ".muster-bundle"

/* Reads a bundle; the caller frees *bytes.  0 or the exit code. */
int bundle_load(struct tool *tool, const char *path, char **bytes, size_t *len);
/* Asks for a bundle with `body` and writes it to `path`, further parts beside it as NAME-2…; replace: over what is there.
 * files gets {file, bytes} of each.  0 or the exit code. */
int bundle_make(struct tool *tool, json_t *body, const char *path, bool replace, json_t *files);
/* Takes the files, or all bundles of the folders, and writes the replies (to `reply` if it is not NULL; none: do not).  The
 * exit code. */
int bundle_take(struct tool *tool, char **paths, size_t count, const char *reply, bool none);
/* What would go; 0 and *answer, or the fault, not printed. */
enum muster_error bundle_measure(struct tool *tool, json_t *body, json_t **answer, struct fault *fault);
/* "AGENCY-20260301-1405" and the suffix, in the folder `wish`; else `wish` itself, if it is not NULL. */
void bundle_path(char out[PATH_MAX], const char *wish, const json_t *agency, const char *suffix);
/* "1.2 kB" */
void bundle_size(char out[32], long long bytes);

#endif
