/* knocks.h — who knocked in vain: at most KNOCKS_MAX keys, the longest silent one gives way.
 *
 * The list lasts over restarts (T_META "knocks", one value).  A stranger may knock as often as it likes and never causes a
 * write: what has changed is written by the clock, once in KNOCKS_KEEP_MS at most, and when the node stops. */
#ifndef MUSTER_NODE_KNOCKS_H
#define MUSTER_NODE_KNOCKS_H

#include "base/ids.h"
#include "crypto/crypto.h"
#include "node/link.h"
#include "store/store.h"

enum { KNOCKS_MAX = 256, KNOCKS_KEEP_MS = 60 * 1000, KNOCKS_VALUE_MAX = 4 + KNOCKS_MAX * (32 + 8 + 8 + 2 + 2 + LINK_ADDRESS_TEXT) };

struct knock { /* who was refused */
    struct curve_public key;
    char address[LINK_ADDRESS_TEXT];
    uint64_t time_ms, count;
    enum muster_error why; /* EUNKNOWN_NODE, or ENOTMEMBER of a node whose card is known */
};

struct knocks {
    struct knock at[KNOCKS_MAX];
    size_t count;
    bool changed;          /* since it was kept */
    uint64_t kept_mono_ms;
};

/* One more refusal: a new row, or its key's row anew.  address may be NULL. */
void knocks_add(struct knocks *knocks, const struct curve_public *key, const char *address, enum muster_error why,
                uint64_t now_ms);
/* The one at that place is nobody refused any more; the last takes its place. */
void knocks_forget(struct knocks *knocks, size_t i);
/* Into out (KNOCKS_VALUE_MAX); returns the length. */
size_t knocks_write(const struct knocks *knocks, uint8_t *out);
/* EVERSION, ETRUNCATED, ETRAILING, EBADVALUE: then nobody is remembered. */
MUST_USE enum muster_error knocks_read(struct knocks *knocks, struct bytes value);

/* From the store; what cannot be read is forgotten. */
void knocks_load(struct knocks *knocks, struct store *store);
/* Writes what has changed, if KNOCKS_KEEP_MS have gone by since the last time or `now` is wanted.  Tried again when it
 * fails. */
void knocks_keep(struct knocks *knocks, struct store *store, uint64_t mono_ms, bool now);

#endif
