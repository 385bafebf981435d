/* musterd.h — asking the daemon's program on this machine what it makes of its setting files: it alone reads them. */
#ifndef MUSTER_TOOLS_MUSTERD_H
#define MUSTER_TOOLS_MUSTERD_H

#include "client/fault.h"

enum { MUSTERD_SAID_MAX = 256 * 1024 };

/* Runs `musterd` (the one beside this program, else as PATH says) with those options, ended by NULL; at most 10 s.
 * said     all that it wrote to stdout and stderr, the caller's; "" if nothing
 * clean    without the MUSTER_ variables of this process
 * returns  its exit code, or -1 when it is not there or was killed */
int musterd_run(const char *const options[], bool clean, char **said);
/* The settings as its --check-config --json says: {"file","files","items":[…]}; the caller's.  file and draft may be NULL.
 * On an error fault is filled with the daemon's own words. */
MUST_USE enum muster_error musterd_settings(const char *file, const char *draft, bool clean, json_t **out, struct fault *fault);

#endif
