/* api_crowd.h — how many connections of the local API each user of this machine has open.
 *
 * Connections are few.  Without a share of each user, a program that opens them without end, or forgets to close them, would
 * keep everybody else from the node. */
#ifndef MUSTER_NODE_API_CROWD_H
#define MUSTER_NODE_API_CROWD_H

#include "node/api.h"

enum { API_USER_CONNECTIONS_MAX = 96 };
_Static_assert(2 * API_USER_CONNECTIONS_MAX < API_CONNECTIONS_MAX, "two who take all that they can leave some to others");

struct api_crowd {
    struct api_guest {
        unsigned uid;
        bool here;
    } guest[API_CONNECTIONS_MAX];
};

/* Somebody has connected.  fd       of the connection, of which the kernel says whose it is
 * returns  its place, until api_crowd_leave; NULL: the user has its share already (or the kernel does not say who it is), was
 *          told so as far as the socket takes it (503, EBUSY), and the connection is shut down: the caller only closes it. */
struct api_guest *api_crowd_enter(struct api_crowd *crowd, int fd);
/* NULL is allowed. */
void api_crowd_leave(struct api_guest *guest);

#endif
