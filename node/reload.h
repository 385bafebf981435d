/* reload.h — settings that change while the node runs: what is safe is applied, the rest is told.
 *
 * A reload drops no peer.  Settings that cannot be read again leave everything as it is. */
#ifndef MUSTER_NODE_RELOAD_H
#define MUSTER_NODE_RELOAD_H

#include "node/config.h"

struct node;

/* Reads everything again, with the options of the start, and writes a line for each setting that differs: setting.applied
 * or setting.waits; setting.refused and the reason, if it could not be read. */
void reload(struct node *node, int argc, char **argv);

#endif
