/* modes.h — can anybody else on this machine get at the data directory? */
#ifndef MUSTER_CRYPTO_MODES_H
#define MUSTER_CRYPTO_MODES_H

enum { MODES_PATH_MAX = 1024, MODES_FILES_MAX = 1024 };
enum modes_found { MODES_FINE, MODES_OPEN, MODES_UNREADABLE };

/* Looks at the directory `data`, at secrets/ in it and at the files of both, at most MODES_FILES_MAX of each.
 * path     the first one that others have a right to, or that cannot be looked at; `data` when all is well
 * A directory that only its owner enters protects what is in it, but keys (secrets/) must be closed themselves. */
enum modes_found modes_look(const char *data, char path[MODES_PATH_MAX]);

#endif
