/* backup.h — a backup of this node, sealed to a public key, streamed to whoever asks (POST /v1/backup, docs/API.md).
 *
 * The copy is made by a thread that reads main/ in one transaction of LMDB, another thread seals it, the loop hands on what
 * is ready: nothing of it waits for the disk or for the client.  There is one at a time, it ends when its client stops
 * reading or after BACKUP_LONGEST_MS, and no file of it lies on this node.
 *
 * In it: what the table of SPEC 8.11 says.  Never: keys of own logs and the guard (RULES I2). */
#ifndef MUSTER_NODE_BACKUP_H
#define MUSTER_NODE_BACKUP_H

#include "node/node.h"

enum {
    BACKUP_LONGEST_MS = 4 * 3600 * 1000, /* the file main/ grows as long as it is read */
    BACKUP_PIPE_BYTES = 1024 * 1024,
    BACKUP_PARTS_MAX = 65536, /* epoch keys and key files */
    BACKUP_SECRETS_MAX = 64,
    BACKUP_SECRET_BYTES_MAX = 4096
};

/* Ends the one that is being made; before the API stops. */
void backup_end(struct node *node);
/* After the store was opened, before anything is read of it: what `muster restore` left of epoch keys goes into its table,
 * and the file is overwritten and removed.  EDAMAGED, EFULL, EIO, ESTORE with a sentence. */
MUST_USE enum muster_error backup_take_keys(struct store *store, const char *data, size_t *count, struct trouble *trouble);

#endif
