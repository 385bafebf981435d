/* api.h — the local API: HTTP/1.1 and JSON on a unix socket (docs/API.md), inside the loop.
 *
 * The rows of api_rows.c say what there is; each group of requests has a file.  Requests that wait for a commit
 * are suspended and go on when the core tells. */
#ifndef MUSTER_NODE_API_H
#define MUSTER_NODE_API_H

#include "base/ids.h"
#include "node/trouble.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    API_CONNECTIONS_MAX = 256,
    API_MEMORY_BYTES = 64 * 1024,       /* of one connection, beside the body */
    API_TIMEOUT_S = 30,
    API_BODY_MAX = 4 * 1024 * 1024,
    API_FILE_MAX = 66 * 1024 * 1024,    /* of a body that is a file (API_FILE): a bundle with its seals */
    API_BODIES_MAX = 96 * 1024 * 1024,  /* of all requests together */
    API_DISCARD_MAX = 256 * 1024 * 1024 /* of a body that is too big: read so that its sender hears why, not kept */
};

struct api;
struct node;
struct command_outcome;

/* EDUPLICATE: another musterd answers on the socket; EIO with a sentence. */
MUST_USE enum muster_error api_start(struct api **out, struct node *node, struct trouble *trouble);
/* Ends all connections and removes the socket.  NULL is allowed. */
void api_stop(struct api *api);
/* Reads and answers what is ready.  NULL is allowed. */
void api_run(struct api *api);
/* How many requests wait for the core, and how many it has answered so far. */
void api_writers(const struct api *api, size_t *waiting, uint64_t *answered);
/* Waits until a client says something, at most that long, and runs. */
void api_wait(struct api *api, uint64_t microseconds);
/* The core has answered a request (inside a step: only notes it). */
void api_notify(struct api *api, uint64_t request, enum muster_error error, const struct space_id *space,
                const struct agency_id *agency, const struct command_outcome *outcome);

/* --- api_socket.c --- */
/* A listening socket at that path with mode 0660; a stale one is replaced.  -1 with a sentence. */
int api_socket_open(const char *path, struct trouble *trouble);

struct api_groups { /* -1: no such group */
    long write, read, admin;
};
void api_groups_find(struct api_groups *groups);
enum api_access { API_NOTHING, API_READS, API_WRITES, API_GOVERNS };
/* What the process at the other end may do; *uid is its user.  While nobody is in a group muster-admin, who writes governs too. */
enum api_access api_access_of(int fd, const struct api_groups *groups, unsigned *uid);

#endif
