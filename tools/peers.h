/* peers.h — how partners are listed, by `peer list` and `status`. */
#ifndef MUSTER_TOOLS_PEERS_H
#define MUSTER_TOOLS_PEERS_H

#include "tools/view.h"

extern const struct view peer_view;
/* Is the peer of this agency?  By name (any case) or at least 8 digits of its id. */
bool peer_is(const json_t *peer, const char *agency);

#endif
