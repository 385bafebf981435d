/* storage.h — what the core asks of whoever keeps its bytes.
 *
 * Ordered tables of byte keys and values.  The core alone decides what is in them; an
 * implementation decides how they last: store/ with LMDB, the tests in memory.
 *
 * Durable tables change only through a commit: an array of changes that becomes durable as a whole
 * or not at all, and is then reported to the core as EVENT_COMMITTED (RULES I1).  Derived tables
 * are a cache of what the durable ones mean: the core changes them at once, in arrival order, and
 * they carry the arrival number up to which they are right.  They may be lost at any moment and are
 * then rebuilt.  Keys: 1..KEY_BYTES_MAX bytes, compared bytewise, big-endian numbers inside. */
#ifndef MUSTER_PROTOCOL_STORAGE_H
#define MUSTER_PROTOCOL_STORAGE_H

#include "base/bytes.h"

enum { STORAGE_KEY_MAX = 128 };

/*    name        environment  key -> value (SPEC 8) */
#define MUSTER_TABLES(X)                                                                                               \
    X(META,       MAIN,    "name -> counters, the node's own description")                                             \
    X(CARD,       MAIN,    "agency id -> trust flags and the newest card")                                             \
    X(SPACE,      MAIN,    "space number -> space id, genesis statement, how it was joined")                           \
    X(LOG,        MAIN,    "log number -> log id, space number, genesis")                                              \
    X(STATE,      MAIN,    "log number -> prefix, intervals beyond it, fork point")                                    \
    X(SEGMENT,    MAIN,    "arrival number -> log number, segment item")                                               \
    X(POSITION,   MAIN,    "log number, position -> arrival number, segment id")                                       \
    X(BRANCH,     MAIN,    "log number, position, segment id -> item: other branches of a fork")             \
    X(QUARANTINE, MAIN,    "log number, position, index -> reason")                                                    \
    X(ONCE,       MAIN,    "hash of a client's idempotency key -> object id, record id")                               \
    X(PEER,       MAIN,    "agency id, log number -> prefix it holds; node key -> boot id, its newest bundle")         \
    X(AUDIT,      MAIN,    "number -> signed entry: a decision about people and rights, a refused attempt")            \
    X(KEY,        KEYS,    "epoch id or log id -> secret key; outside every backup")                                   \
    X(BLOB,       MAIN,    "space number, blob id, chunk number -> chunks in all, Merkle path, sealed chunk")          \
    X(APPLIED,    DERIVED, "name -> arrival number up to which the derived tables are right")                          \
    X(OBJECT,     DERIVED, "space number, object id -> state of the object")                                           \
    X(RECORD,     DERIVED, "space number, object id, arrival number, index -> operation")                              \
    X(INDEX,      DERIVED, "space number, kind, index kind, value, object id -> nothing, or tokens and a box")             \
    X(ALIAS,      DERIVED, "space number, hash of an alias -> object id")                                              \
    X(QUANTITY,   DERIVED, "space number, object id, arrival number, index -> units, rights")                          \
    X(ERASURE,    DERIVED, "what is erased or held, where that stands, what else of it lies here")                          \
    X(LINK,       DERIVED, "space number, object id that is named, object id that names it -> nothing")                   \
    X(FEED,       DERIVED, "space number, feed number -> object id, changed or erased")                                       \
    X(WORD,       DERIVED, "space number, term of a word, object id -> nothing; what waits for its words")

enum table_environment { TABLE_MAIN, TABLE_KEYS, TABLE_DERIVED };
#define X(name, environment, what) T_##name,
enum table { MUSTER_TABLES(X) TABLE_COUNT };
#undef X
enum { TABLE_DERIVED_FIRST = T_APPLIED };

struct change {
    enum table table;
    struct bytes key;
    struct bytes value; /* at NULL: delete the key */
};

/* Called for each pair of a scan; key and value are borrowed for the call.  Return false to stop. */
typedef bool (*storage_visit)(void *user, struct bytes key, struct bytes value);

struct storage {
    void *self;
    /* OK (value borrowed until the storage is next changed or the core's step ends), ENOTFOUND, ESTORE, EDAMAGED. */
    enum muster_error (*get)(void *self, enum table table, struct bytes key, struct bytes *value);
    /* Visits pairs with key >= from (or, backwards, key <= from) while the key starts with `prefix`. */
    enum muster_error (*scan)(void *self, enum table table, struct bytes prefix, struct bytes from, bool backwards,
                              storage_visit visit, void *user);
    /* Changes derived tables at once; refused (EINTERNAL) for others. */
    enum muster_error (*derive)(void *self, const struct change *changes, size_t count);
    /* What was derived so far outlasts the process from here on, as a whole.  Without room for it, or without this (NULL),
     * nothing changes: it is there, and lost with the process.  ESTORE, EFULL: what was not kept is lost now. */
    enum muster_error (*keep)(void *self);
    /* on: from now on changes of derived tables may wait, to be put in the order of their keys; whoever reads sees them all the
     * same, and what is borrowed ends with the next scan of its table too.  Off: they are put, and an error that putting them
     * had meanwhile is told.  NULL: they never wait. */
    enum muster_error (*gather)(void *self, bool on);
};

#endif
