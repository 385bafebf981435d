/* inside.h — what the files of store/ share.  Nobody outside this room includes it. */
#ifndef MUSTER_STORE_INSIDE_H
#define MUSTER_STORE_INSIDE_H

#include "store/store.h"

#include <limits.h>
#include <lmdb.h>
#include <sys/types.h>

enum {
    ENVIRONMENTS = 3,
    DURABLE_ENVIRONMENTS = 2, /* TABLE_MAIN and TABLE_KEYS */
    STORED_HASH_BYTES = 8,
    WRITE_CURSORS = 8, /* of each derived table: an index grows at several places at once */
    /* Private tables beside those of the core: numbers for the stored hash only. */
    TABLE_COUNTER = 0xf0, /* in main: how many commits there were */
    TABLE_PENDING = 0xf1, /* in keys: a batch that also changes main, see keys.c */
    TABLE_HISTORY = 0xf2, /* in main, from format 2 on: formats that the data have had, see upgrade.c */
    BOOT_ID_BYTES = 37    /* 36 characters and NUL */
};

_Static_assert(TABLE_MAIN == 0 && TABLE_KEYS == 1 && TABLE_DERIVED == 2, "environments index arrays");
_Static_assert((int)STORAGE_KEY_MAX <= 511, "LMDB refuses longer keys");
_Static_assert((int)TABLE_COUNT < (int)TABLE_COUNTER, "table numbers fit one byte beside the private ones");

/* What DIR/guard says; see guard.c. */
struct guard {
    bool found, clean, behind;
    uint64_t commits;
    int64_t size[DURABLE_ENVIRONMENTS],
        mtime_ns[DURABLE_ENVIRONMENTS]; /* of the data files, at a clean end */
};

/* What is committed to main while its new file is made, in order: put again into that file, see compact.c. */
struct spool {
    bool on, over; /* over: more than fits, the new file cannot be used */
    uint8_t *at;
    size_t len, size;
};

/* What of the data files is mapped and was looked at, see rest.c. */
struct mapped {
    int statm_fd; /* or -1: nobody can say, and nothing is given back while it grows */
    unsigned left, given; /* looks until it is asked again; when that was set */
    uint64_t counted, looks_seen; /* looks before that; when the loop asked last */
    size_t files; /* bytes of files that were mapped when it was asked */
    size_t a_look; /* bytes that one maps, as it was lately, or more */
    size_t others; /* bytes that remained when all was given back: the program's text */
    size_t shared; /* of this process's memory, with others */
    int64_t shared_ms; /* when that was counted */
    int hand_env; /* where the next part is given back */
    size_t hand;
    uintptr_t start[ENVIRONMENTS], end[ENVIRONMENTS]; /* of the maps; 0: not known */
    uintptr_t last; /* of a scan: the neighbourhood that it looked at */
};

struct store {
    char dir[PATH_MAX];
    char version[STORE_VERSION_MAX + 1]; /* of the program, for the history */
    unsigned format;                     /* as the file says when it is opened; 0: the directory is new */
    unsigned upgraded_from;              /* this start made it newer; 0: it did not */
    int dir_fd, lock_fd, guard_fd;
    struct guard guard;

    MDB_env *env[ENVIRONMENTS];
    MDB_dbi dbi[TABLE_COUNT], counter_dbi, pending_dbi, history_dbi;
    MDB_txn *reading[DURABLE_ENVIRONMENTS]; /* kept, reset between uses */
    bool reading_live[DURABLE_ENVIRONMENTS];
    MDB_txn *deriving; /* the open write transaction of derived/, or NULL */
    struct {
        MDB_cursor *cursor;
        uintptr_t page; /* where it stands */
    } writing[TABLE_COUNT - TABLE_DERIVED_FIRST][WRITE_CURSORS]; /* of it, where the last puts were; they end with it */
    size_t derived_changes; /* in it */
    size_t most_changes[ENVIRONMENTS]; /* of one transaction since it was opened */
    struct gather *gather; /* changes that wait to be put, or NULL */
    unsigned scans;    /* running at this moment */
    bool derived_is_new, pending_known_empty;
    enum muster_error derived_lost; /* why what was derived went back to its last commit; OK: it did not */
    bool copying; /* another thread reads main, see copy.c */
    struct mapped mapped;
    struct spool spool;
    int compact_fd; /* of the new file, or -1 */

    uint64_t commits, changes, stale_readers;
    uint64_t map_bytes, reserve_bytes;
    uint64_t disk_free;
    int64_t disk_asked_ms, guard_written_ms, readers_checked_ms;
    struct storage storage;
};

/* directory.c: DIR, its lock and its format. */
void problem_say(struct store_problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
MUST_USE enum muster_error directory_open(struct store *store, const char *dir,
                                          struct store_problem *problem);
const char *environment_name(enum table_environment which);
/* A small whole file under dir_fd by way of a temporary one, renamed and synced.  OK, EFULL, EIO. */
MUST_USE enum muster_error file_replace(int dir_fd, const char *name, const char *temporary,
                                        const void *bytes, size_t len);
/* At most size - 1 bytes of a small file, NUL-terminated; the length, or -1 with errno. */
ssize_t file_read(int dir_fd, const char *name, char *out, size_t size);
/* For writing in place: a descriptor of the regular file if it has exactly that size, else -1. */
int file_open_of_size(int dir_fd, const char *name, size_t size);
int64_t monotonic_ms(void);

/* The file with a format's number. */
MUST_USE enum muster_error format_write(struct store *store, unsigned format, struct store_problem *problem);

/* upgrade.c */
/* Before LMDB sees the files of an older format: a copy of the directory, unless there is one of this very state. */
MUST_USE enum muster_error upgrade_keep(struct store *store, struct store_problem *problem);
/* What a crash left half made, or half removed, of such copies. */
void upgrade_leftover_remove(const struct store *store);
/* When they are open: one step a format, each durable before the file says its number; or, of a new directory, the first row
 * of its history. */
MUST_USE enum muster_error upgrade_run(struct store *store, struct store_problem *problem);

/* guard.c */
void guard_read(struct store *store);
/* Creates or rewrites DIR/guard from store->guard; durable: with fsync. */
MUST_USE enum muster_error guard_write(struct store *store, bool durable);
/* Are the durable data files as the clean guard saw them? */
bool guard_files_unchanged(const struct store *store);
void guard_note_files(struct store *store);

/* environment.c */
enum muster_error store_error(int rc);                         /* of LMDB or errno */
enum muster_error store_error_at(struct store *store, int rc); /* the same, seeing a full disk behind EIO */
uint64_t disk_free_now(struct store *store);
MUST_USE enum muster_error environment_open(struct store *store, enum table_environment which,
                                            struct store_problem *problem);

/* mdb_txn_begin; an environment that could not be opened again is tried once more. */
int environment_begin(struct store *store, enum table_environment which, unsigned flags, MDB_txn **txn);
/* Closes it and opens it again.  LMDB keeps the memory of pages that it has written and uses it for the next ones, with what
 * stood there in their gaps: this is the only way to make it forget.  No transaction of it may be open. */
MUST_USE enum muster_error environment_again(struct store *store, enum table_environment which,
                                             struct store_problem *problem);

/* stored.c: values with their hash. */
int stored_put(MDB_txn *txn, MDB_dbi dbi, unsigned table, struct bytes key, struct bytes value,
               unsigned flags);
/* OK or EDAMAGED; *value borrowed from the transaction. */
MUST_USE enum muster_error stored_value(unsigned table, struct bytes key, const MDB_val *stored,
                                        struct bytes *value);
bool key_is_legal(struct bytes key);
struct bytes bytes_of(const MDB_val *v);
MDB_val val_of(struct bytes b);

/* Another data file (a path) as the environment of `shadow`, which begins as zeroes but for map_bytes: its tables opened,
 * its own locks none.  0 or LMDB's error; *shadow has an environment to close only after 0. */
int environment_shadow(struct store *shadow, enum table_environment which, const char *path);

/* commit.c */
/* Puts the count of commits. */
int counter_put(struct store *store, MDB_txn *txn, uint64_t number);
int change_apply(struct store *store, MDB_txn *txn, const struct change *change);
MUST_USE enum muster_error counter_read(struct store *store, uint64_t *commits);
/* One transaction over the changes of main and the counter, set to `number`. */
MUST_USE enum muster_error main_commit(struct store *store, const struct change *changes, size_t count,
                                       uint64_t number);

/* compact.c */
void spool_add(struct store *store, const struct change *changes, size_t count);
/* A file that a crash left half made. */
void compact_leftover_remove(const struct store *store);

/* keys.c */
MUST_USE enum muster_error keys_prepare(struct store *store, const struct change *changes, size_t count,
                                        uint64_t number);
/* Finishes or takes back a prepared batch, depending on whether its commit of main happened. */
MUST_USE enum muster_error keys_settle(struct store *store);
MUST_USE enum muster_error keys_commit_alone(struct store *store, const struct change *changes, size_t count);

/* derived.c */
MUST_USE enum muster_error derived_open(struct store *store, struct store_problem *problem);
void derived_close(struct store *store);
MUST_USE enum muster_error derived_transaction(struct store *store, MDB_txn **txn);
enum muster_error derived_change(void *self, const struct change *changes, size_t count);
enum muster_error derived_keep(void *self);
enum muster_error derived_gather(void *self, bool on);
/* One change of the open transaction; value.at NULL: delete.  After an error that transaction is gone. */
enum muster_error derived_put_now(struct store *store, enum table table, struct bytes key, struct bytes value);

/* gather.c; all of these do nothing unless changes are gathered. */
/* Puts all that waits; an earlier error is told again. */
MUST_USE enum muster_error gather_flush(struct store *store);
/* Before LMDB is asked: puts what waits of the table. */
MUST_USE enum muster_error gather_before_read(struct store *store, enum table table);
/* True when it answers: *error, and *value if that is OK, borrowed until the next change.  Otherwise LMDB knows. */
bool gather_get(struct store *store, enum table table, struct bytes key, enum muster_error *error, struct bytes *value);
/* True when it has taken the change, or could not: *error. */
bool gather_put(struct store *store, const struct change *change, enum muster_error *error);
/* What waits is forgotten: its transaction is gone. */
void gather_drop(struct store *store);

/* rest.c */
void mapped_find(struct store *store, enum table_environment which); /* when it was opened */
void mapped_count(struct store *store); /* gives back what is too much, see store_rest; sets when to ask again */

static inline void changes_note(struct store *store, enum table_environment which, size_t count)
{
    if (count > store->most_changes[which])
        store->most_changes[which] = count;
}

/* One look at a data file is coming: at most a few pages more are mapped. */
static inline void mapped_look(struct store *store)
{
    if (store->mapped.left-- == 0)
        mapped_count(store);
}

/* The same while a scan goes from pair to pair: most lie where the last one did. */
static inline void mapped_step(struct store *store, const void *at)
{
    enum { NEIGHBOURS_BYTES = 64 * 1024 };
    uintptr_t place = (uintptr_t)at / NEIGHBOURS_BYTES;
    if (place != store->mapped.last)
        mapped_look(store);
    store->mapped.last = place;
}

/* read.c */
enum muster_error read_get(void *self, enum table table, struct bytes key, struct bytes *value);
enum muster_error read_scan(void *self, enum table table, struct bytes prefix, struct bytes from,
                            bool backwards, storage_visit visit, void *user);

#endif
