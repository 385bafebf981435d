/* audit.h — what happened, for GET /v1/audit: the newest events in memory; decisions about people and rights and refused
 * attempts also in T_AUDIT (number u64 BE -> signed entry, SPEC 6.6), written at the end of the turn in one commit.
 *
 * What others cause is gathered: the first of its kind in an hour is an entry, those like it are counted and become one
 * entry when the hour is over; of what is different at most AUDIT_KINDS_* an hour, the rest is one number.  So a stranger
 * adds at most 2 * AUDIT_KINDS_STRANGER + 1 entries an hour. */
#ifndef MUSTER_NODE_AUDIT_H
#define MUSTER_NODE_AUDIT_H

#include "base/ids.h"
#include "protocol/trust/audit_entry.h"
#include "store/store.h"

enum {
    AUDIT_ROWS = 512,
    AUDIT_TEXT_BYTES = AUDIT_DETAIL_MAX + 1,
    AUDIT_KINDS_LOCAL = 96,   /* different refusals of the local API in an hour */
    AUDIT_KINDS_PEER = 16,    /* alarms about peers */
    AUDIT_KINDS_STRANGER = 16,
    AUDIT_KINDS = AUDIT_KINDS_LOCAL + AUDIT_KINDS_PEER + AUDIT_KINDS_STRANGER,
    AUDIT_CLASSES = 5,        /* the values of journal_durable */
    AUDIT_HOUR_MS = 3600 * 1000
};

struct audit_row {
    struct audit_entry entry; /* number 0 until it is stored; prev and node are not kept here */
    bool durable, stored;
};

struct audit_gather {
    unsigned class; /* of journal_durable; 0: free */
    uint64_t from_ms, more;
    struct audit_entry entry; /* the first of them */
};

struct audit {
    struct audit_row rows[AUDIT_ROWS];
    size_t next, count; /* a ring */
    bool waiting;       /* durable rows are not stored yet */
    uint64_t lost;      /* durable rows for which there was no room before they were stored */
    char by[AUDIT_BY_MAX + 1]; /* who asks for what is being done now; "" nobody */
    struct audit_gather gathered[AUDIT_KINDS];
    uint64_t others[AUDIT_CLASSES], others_from_ms[AUDIT_CLASSES];
    /* the end of the chain */
    bool loaded;
    uint64_t number;
    struct hash prev;
};

/* A row into the ring, in the place of the oldest; what the journal calls durable waits for audit_flush.
 * agency may be NULL; event and text are copied, cut to their fields. */
void audit_add(struct audit *audit, uint64_t time_ms, const char *event, const struct agency_id *agency,
               const char *text);
/* The same with the transport key of a stranger (may be NULL). */
void audit_add_key(struct audit *audit, uint64_t time_ms, const char *event, const struct agency_id *agency,
                   const struct curve_public *key, const char *text);
/* Signs and stores what waits, and what was gathered in hours that are over (`all`: in this one too).  Fails without harm:
 * it is tried again. */
void audit_flush(struct audit *audit, struct store *store, uint64_t now_ms, const struct sign_public *node,
                 const struct sign_secret *secret, bool all);
/* Finds the end of the chain, and takes the newest entries into the ring. */
void audit_load(struct audit *audit, struct store *store);

/* What is asked for; NULL and 0 for what does not matter. */
struct audit_filter {
    uint64_t since_ms, until_ms;
    const char *what;                /* an event's name or its beginning up to a dot */
    const struct agency_id *agency;  /* whom it is about */
    const char *by;                  /* who asked for it */
    bool refused;
    size_t limit;
};
/* Calls back for at most filter->limit rows, the newest first: of the store, and those of memory that are not stored. */
void audit_read(const struct audit *audit, struct store *store, const struct audit_filter *filter,
                void (*visit)(void *user, const struct audit_row *row), void *user);

/* Reads the whole chain again.  Calls back for each entry that does not hold, and with number 0 for an end that is missing.
 * identity: whose nodes may have signed.  Returns the number of entries read. */
uint64_t audit_verify(struct store *store, const struct identity *identity,
                      void (*wrong)(void *user, uint64_t number, enum muster_error why), void *user);
/* The same in pieces; begin with zeroes.  Entries that come meanwhile are read too.  At most max entries more, 1..; false
 * when all were read and the end was looked at. */
struct audit_walk {
    struct audit_chain chain; /* .count entries were read */
    uint64_t from;            /* the number to go on from */
};
bool audit_verify_some(struct store *store, const struct identity *identity, struct audit_walk *walk, uint64_t max,
                       void (*wrong)(void *user, uint64_t number, enum muster_error why), void *user);
/* A file of all entries from the first since since_ms to the last until until_ms (0: all); *out is the caller's to free.
 * ENOTFOUND: there is none; ETOOBIG: more than AUDIT_EXPORT_MAX bytes; EBUSY. */
MUST_USE enum muster_error audit_export(struct store *store, struct bytes card, const struct sign_secret *secret,
                                        uint64_t since_ms, uint64_t until_ms, uint64_t now_ms, uint8_t **out, size_t *len);

#endif
