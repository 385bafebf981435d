/* store.h — ordered tables of struct storage in three LMDB environments.
 *
 * main/ and keys/ are durable: no sync flag is ever set on them.  derived/ runs without sync and is
 * discarded and made anew when the machine stopped uncleanly while it was open (its marker names the
 * boot of the machine), when its format is another, or when its bytes are damaged.
 * One open per directory: a flock on DIR/lock keeps a second daemon out (ELOCKED).
 * Values of main and keys carry a hash of their own (LMDB detects no bit flips): EDAMAGED on a
 * mismatch, never wrong bytes.  After an unclean end, and whenever a file is not as it was left, the
 * files are checked as bytes before LMDB maps them: LMDB crashes on damaged ones.
 *
 * DIR holds format, lock, guard, main/, keys/, derived/; others may add files once store_open has
 * made it.  Everything here is used by one thread.  crypto_start comes first. */
#ifndef MUSTER_STORE_STORE_H
#define MUSTER_STORE_STORE_H

#include "base/limits.h"
#include "protocol/storage.h"

enum {
    STORE_FORMAT = DATA_FORMAT,
    STORE_VALUE_MAX = 16 * 1024 * 1024,
    STORE_RESERVE_MIN = 16 * 1024 * 1024, /* bulk never takes the last 16 MiB of the disk */
    STORE_RESERVE_DEFAULT = 64 * 1024 * 1024,
    STORE_VERSION_MAX = 31,
    STORE_PRIVATE_MAX = 40 * 1024 * 1024, /* memory of this process: when it has more, pages of the data files go, */
    STORE_MAPPED_MIN = 6 * 1024 * 1024,    /* but so much of them may always be mapped */
    STORE_MAPPED_REST = 1024 * 1024,       /* and no more while hardly anything is read */
    STORE_HISTORY_MAX = 16,
    STORE_KEPT_MAX = 16
};

struct store;

struct store_options {
    uint64_t disk_reserve_bytes; /* EFULL for bulk when the disk has less free; 0: 64 MiB; at least 16 MiB */
    uint64_t map_bytes;          /* 0: 1 TiB of address space, halved down to 1 GiB while that is refused */
    const char *version;         /* of the program, kept in the history; NULL: "" */
};

struct store_problem {
    char sentence[512]; /* what, why, what to do, for the journal and the terminal */
};

/* Opens or creates DIR (mode 0700; wider is refused).  options and problem may be NULL.  On an error *out is
 * NULL and the sentence is filled.
 * ELOCKED, EFORMAT (newer format, or a directory of something else), EDAMAGED, EMODE, EFULL, EIO, ESTORE. */
MUST_USE enum muster_error store_open(const char *dir, const struct store_options *options,
                                      struct store **out, struct store_problem *problem);
/* Syncs derived/ and marks the clean stop.  NULL is allowed. */
void store_close(struct store *store);

/* The interface for the core.  Reads see all commits and derived changes made so far.  Tables must not change
 * while a scan runs: commit and derive are EINTERNAL then (gets and scans inside a scan are fine).  An empty
 * `from` means the first pair of the prefix (backwards: the last).  If derive fails with EFULL, ESTORE or
 * EDAMAGED, the derived tables are as of the last store_derived_commit (store_derived_lost). */
const struct storage *store_storage(struct store *store);

/* The guard (RULES I2) lies beside the database and outside backups.  True if the database is behind it, or
 * if it is gone although there are commits: bytes were restored or an earlier commit came back, so every own
 * log needs a new incarnation.  Stays true, over restarts too, until store_guard_accept is called once the
 * new incarnations are committed. */
bool store_guard_behind(const struct store *store);
MUST_USE enum muster_error store_guard_accept(struct store *store);

/* Was derived/ made anew at open?  The core then folds everything again. */
bool store_derived_is_new(const struct store *store);
/* Empties derived/ (after an erasure, an upgrade, or when asked to rebuild): its file is removed, so that no
 * freed page keeps plain text. */
MUST_USE enum muster_error store_derived_reset(struct store *store);

/* All changes in one durable transaction, in their order; deleting what is not there is no error.  Changes of
 * T_KEY lie in another environment and become durable or not with the rest all the same.
 * EFULL: nothing changed, the caller keeps the batch or refuses it; bulk: refuse already when the reserve is
 * touched.  EINTERNAL for derived tables, bad keys, oversized values.  ESTORE, EDAMAGED. */
MUST_USE enum muster_error store_commit(struct store *store, const struct change *changes, size_t count,
                                        bool bulk);
/* Makes derived changes outlive this process: commits their transaction (no fsync).  Called by the loop when
 * idle and every few thousand changes, at moments when T_APPLIED fits the other tables.  EFULL with little room on
 * the disk: nothing is lost, the changes stay readable and are committed with a later call. */
MUST_USE enum muster_error store_derived_commit(struct store *store);
/* A failed change or commit (but for EFULL of the commit) takes what was derived back to the last commit: why; OK: it did not.
 * From then on the derived tables refuse changes and commits (ESTORE), so that they have no gap, until store_derived_again
 * succeeds: it opens their file again, or begins a new one when it was damaged.  The core goes on with T_APPLIED. */
enum muster_error store_derived_lost(const struct store *store);
MUST_USE enum muster_error store_derived_again(struct store *store);
/* Ends the read transaction that `get` opened; call at the end of each loop iteration. */
void store_read_end(struct store *store);

/* Unmaps the pages that were looked at, so that they no longer count as this process's memory.  They are mapped again when
 * needed.  The store does so with a part of them whenever its reads find that the process has more than STORE_PRIVATE_MAX;
 * what LMDB's commits and copies map is seen by store_rest_above, which is for every round of the loop: it gives back nearly
 * all when hardly anything was read since the last time. */
void store_rest(struct store *store);
void store_rest_above(struct store *store);
/* Gives back the memory of pages that LMDB keeps for its next transaction, once large ones are over: call it when nothing more
 * is derived for now.  Commits what was derived.  False: there was nothing to give back. */
bool store_trim(struct store *store);

struct store_statistics {
    uint64_t main_bytes, derived_bytes, keys_bytes; /* pages up to the last one in use */
    uint64_t commits;                               /* of this directory, ever */
    uint64_t changes;                               /* since open */
    uint64_t disk_free_bytes;
    uint64_t readers; /* stale ones cleared since open */
};
void store_statistics(struct store *store, struct store_statistics *out);

/* Walks every value of main and keys and its hash; calls `damaged` for each bad one (key borrowed for the
 * call).  Returns the count of values looked at. */
uint64_t store_check(struct store *store, void (*damaged)(void *user, enum table table, struct bytes key),
                     void *user);
/* The same in pieces, between which the store may change: what was changed behind the place that it has reached is not
 * looked at again.  start says how many values there are now. */
struct store_walk {
    uint64_t seen, of;
    unsigned table; /* where it stands: behind that key of it */
    size_t key_len;
    uint8_t key[STORAGE_KEY_MAX];
};
void store_walk_start(struct store *store, struct store_walk *walk);
/* At most max values more, 1..; false when all were looked at. */
bool store_check_some(struct store *store, struct store_walk *walk, uint64_t max,
                      void (*damaged)(void *user, enum table table, struct bytes key), void *user);

/* Overwrites what deleted values left behind in main/, keys/ and derived/: LMDB keeps them in free pages and in
 * the gaps of live ones.  Commits the derived changes made so far; reads the files whole: call once after a batch
 * of erasures, at a quiet moment.  EBUSY: another process reads the files, try later.  EFULL, EDAMAGED,
 * ESTORE. */
MUST_USE enum muster_error store_scrub(struct store *store, struct store_problem *problem);

/* A copy of main/ for a backup, made by a thread of its own: begin and end in the thread that uses the store, run in the
 * other.  Between them nothing is scrubbed, and the store must not be closed.  begin: EBUSY when one runs already.  run
 * writes a whole data file to fd (a pipe is fine): EIO when its reader has gone, EFULL, EDAMAGED, ESTORE. */
MUST_USE enum muster_error store_copy_begin(struct store *store);
MUST_USE enum muster_error store_copy_run(const struct store *store, int fd);
void store_copy_end(struct store *store);

/* Formats that these data have had: since when, and which version of the program made them so; the newest last. */
struct store_history {
    unsigned format;
    uint64_t since_ms;
    char version[STORE_VERSION_MAX + 1];
};
MUST_USE enum muster_error store_history(struct store *store, struct store_history out[STORE_HISTORY_MAX], size_t *count);
/* The format that this start found and made newer; 0: it was of this one. */
unsigned store_upgraded_from(const struct store *store);

/* Copies of the directory that upgrades kept: whole data directories of the older format without guard and derived/, so
 * that an older program goes on from one in new logs. */
struct store_kept {
    char name[64]; /* of the folder in DIR/kept */
    unsigned format;
    uint64_t made_ms, bytes;
    char version[STORE_VERSION_MAX + 1]; /* of the program that made the data newer */
};
size_t store_kept_list(const struct store *store, struct store_kept out[STORE_KEPT_MAX]);
/* Removes all of them; *bytes: how much.  EIO with a sentence. */
MUST_USE enum muster_error store_kept_remove(struct store *store, uint64_t *bytes, struct store_problem *problem);

/* Disk space back: main/ is written again without its free pages, while commits go on, and the new file takes the place of
 * the old one at once.  Keys and derived tables are not touched.  begin in the thread that uses the store; then
 * store_copy_run by another thread, whose bytes go to *fd (the new file, not the caller's to close); finish or drop in the
 * first thread again.  Until then nothing is scrubbed and no other copy made.  A crash at any moment leaves the old file
 * or the new one, whole.
 * begin: EBUSY, EFULL when the disk has no room for both files, EIO.
 * finish: EBUSY when more was committed meanwhile than can be put again: try at a quieter moment; EFULL, EIO, ESTORE; after
 * any error the old file stays.  out: as of store_space. */
struct store_space {
    uint64_t bytes, free_bytes; /* of the file main/; of it, in pages without a use */
};
/* Reads the list of free pages. */
MUST_USE enum muster_error store_space(struct store *store, struct store_space *out);
MUST_USE enum muster_error store_compact_begin(struct store *store, int *fd, struct store_problem *problem);
MUST_USE enum muster_error store_compact_finish(struct store *store, struct store_problem *problem);
void store_compact_drop(struct store *store);

#endif
