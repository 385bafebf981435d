/* audit.h — what happened, for GET /v1/audit: the newest events in memory, decisions about people and rights
 * also in T_AUDIT (time 8 || counter 4 -> msgpack map), written at the next tick in one commit. */
#ifndef MUSTER_NODE_AUDIT_H
#define MUSTER_NODE_AUDIT_H

#include "base/ids.h"
#include "store/store.h"

enum { AUDIT_ROWS = 512, AUDIT_EVENT_BYTES = 32, AUDIT_TEXT_BYTES = 160 };

struct audit_row {
    uint64_t time_ms;
    char event[AUDIT_EVENT_BYTES], text[AUDIT_TEXT_BYTES];
    struct agency_id agency;
    bool durable, stored;
};

struct audit {
    struct audit_row rows[AUDIT_ROWS];
    size_t next, count; /* a ring */
    uint32_t counter;
    bool waiting; /* durable rows are not stored yet */
};

/* A row into the ring, in the place of the oldest; what the journal calls durable waits for audit_flush.
 * agency may be NULL; event and text are copied, cut to their fields. */
void audit_add(struct audit *audit, uint64_t time_ms, const char *event, const struct agency_id *agency,
               const char *text);
/* Stores what waits.  Fails without harm: it is tried again. */
void audit_flush(struct audit *audit, struct store *store);
/* Calls back for at most `limit` rows, the newest first: of the store, and those of memory that are not stored. */
void audit_read(const struct audit *audit, struct store *store, size_t limit,
                void (*visit)(void *user, const struct audit_row *row), void *user);

#endif
