/* store.h — ordered tables of struct storage in three LMDB environments.
 *
 * main/ and keys/ are durable: no sync flag is ever set on them.  derived/ runs without sync and is
 * discarded and rebuilt when the machine stopped uncleanly while it was open (its marker names the
 * boot of the machine), when its format number is older, or when it is behind nothing in main.
 * One open per process and directory; a flock on DIR/lock keeps a second daemon out (ELOCKED).
 * Values of main and keys carry a hash of their own (LMDB detects no bit flips): EDAMAGED on a
 * mismatch, never wrong bytes. */
#ifndef MUSTER_STORE_STORE_H
#define MUSTER_STORE_STORE_H

#include "protocol/storage.h"

enum { STORE_FORMAT = 1 };

struct store;

struct store_options {
    uint64_t disk_reserve_bytes;   /* EFULL for bulk when the disk has less free; 0: 64 MiB */
    uint64_t map_bytes;            /* 0: 1 TiB of address space */
};

struct store_problem {
    char sentence[512]; /* what, why, what to do, for the journal and the terminal */
};

/* Opens or creates DIR (mode 0700; wider is refused).  ELOCKED, EFORMAT, EDAMAGED, EMODE, EFULL, EIO, ESTORE. */
MUST_USE enum muster_error store_open(const char *dir, const struct store_options *options, struct store **out,
                                      struct store_problem *problem);
/* Syncs derived/ and marks the clean stop. */
void store_close(struct store *store);

/* The interface for the core.  Reads see all commits and derived changes made so far. */
const struct storage *store_storage(struct store *store);

/* Was derived/ made anew at open?  The core then folds everything again. */
bool store_derived_is_new(const struct store *store);
/* Empties derived/ (after an erasure, an upgrade, or when asked to rebuild). */
MUST_USE enum muster_error store_derived_reset(struct store *store);

/* All changes in one durable transaction.  EFULL: nothing changed, the caller keeps the batch or refuses it;
 * bulk: refuse already when the reserve is touched. */
MUST_USE enum muster_error store_commit(struct store *store, const struct change *changes, size_t count, bool bulk);
/* Makes derived changes visible to other processes' crashes: commits its transaction (no fsync).  Called by the
 * loop when idle and every few thousand changes. */
MUST_USE enum muster_error store_derived_commit(struct store *store);
/* Ends the read transaction that `get` opened; call at the end of each loop iteration. */
void store_read_end(struct store *store);

struct store_statistics {
    uint64_t main_bytes, derived_bytes, keys_bytes; /* used pages, in bytes */
    uint64_t commits, changes, disk_free_bytes;
    uint64_t readers; /* stale ones cleared at open */
};
void store_statistics(struct store *store, struct store_statistics *out);

/* Walks every value of main and keys and its hash; calls `damaged` for each bad one.  Returns the count
 * of values looked at. */
uint64_t store_check(struct store *store, void (*damaged)(void *user, enum table table, struct bytes key), void *user);

#endif
