/* socket.h — the unix socket under the client, with one deadline for the whole exchange. */
#ifndef MUSTER_CLIENT_SOCKET_H
#define MUSTER_CLIENT_SOCKET_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Milliseconds of the monotonic clock, `ms` from now. */
int64_t deadline_in(int ms);

/* Connects; *out is a descriptor that the caller closes.  errno tells the reason of EUNREACHABLE and
 * EPERMISSION; EUSAGE: the path is longer than a socket address; ETIMEOUT. */
MUST_USE enum muster_error socket_open(int *out, const char *path, int64_t deadline);
/* Sends all of it: OK, ETIMEOUT, or ETRUNCATED when the other side has gone. */
MUST_USE enum muster_error socket_send(int fd, const void *bytes, size_t len, int64_t deadline);
/* At least one byte, or *len = 0 at the end of the connection: OK, ETIMEOUT, ETRUNCATED. */
MUST_USE enum muster_error socket_receive(int fd, void *buffer, size_t size, size_t *len, int64_t deadline);

#endif
