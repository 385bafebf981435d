/* explain.h — why a peer has a record, or does not: the first rule that decided, asked of the same code that decides when data
 * goes out (forward.h, the limits of logs, what a session knows and what a peer has acknowledged). */
#ifndef MUSTER_PROTOCOL_SESSION_EXPLAIN_H
#define MUSTER_PROTOCOL_SESSION_EXPLAIN_H

#include "protocol/core.h"
#include "protocol/trust/forward.h"

/* In the order in which they are looked at.  E(constant, name, what is so, what would change it) */
#define EXPLAIN_RULES(E)                                                                                                       \
    E(NOT_A_MEMBER, "not-a-member", "it is no member of the space", "an admin adds it: muster invite CARD")                     \
    E(REMOVED, "removed", "it was removed from the space: data stops at what it had",                                           \
      "a majority of the admins adds it again")                                                                                \
    E(SUSPENDED, "suspended", "it is suspended in the space: control goes to it, data does not",                                \
      "a majority, or who suspended it, lifts it: muster space lift AGENCY")                                                    \
    E(NO_RIGHT, "no-write-right", "its author had no right to write when the log was opened: it counts for nobody",             \
      "the author is given the right to write, and writes it again")                                                           \
    E(QUARANTINED, "beyond-limit", "it lies beyond the limit of its author's log and is set aside: it counts for nobody",       \
      "a majority adopts it: muster space cut LOG --position N")                                                               \
    E(DISPUTED, "disputed", "its author's log has two branches there: it is shown as disputed and not asked for",               \
      "a majority says which branch counts: muster space cut LOG --position N")                                                \
    E(ERASED, "erased", "it is erased: what remains are headers and proofs", "nothing: erasure is for good")                    \
    E(AUTHOR, "wrote-it", "it wrote it itself", "")                                                                             \
    E(HOLDS, "holds", "it has acknowledged it", "")                                                                             \
    E(ON_ITS_WAY, "on-its-way", "it was sent and is not acknowledged yet", "wait: muster status shows how far behind it is")    \
    E(NOT_ASKED, "not-asked-yet", "it was announced and is not asked for yet",                                                  \
      "wait: it asks for what it lacks, from one peer at a time")                                                              \
    E(NOT_OPEN, "greeting", "the connection stands, the space is not open on it yet", "wait a moment")                          \
    E(DOWN, "no-connection", "there is no connection to it",                                                                    \
      "they meet, another member carries it, or a stick does: muster bundle export")                                           \
    E(NEVER_MET, "never-met", "it has never been met",                                                                          \
      "it joins with its invite and connects, or a stick carries it: muster bundle export")

#define X(constant, name, says, change) EXPLAIN_##constant,
enum explain_rule { EXPLAIN_RULES(X) EXPLAIN_RULE_COUNT };
#undef X

/* Can it read what it is sent? */
enum explain_reading {
    READING_YES,
    READING_RELAY,       /* its right is to carry only */
    READING_BEFORE,      /* sealed before it joined, in a space without history for newcomers (K5) */
    READING_NO_READER    /* suspended or no member */
};

struct explanation {
    enum explain_rule rule;
    struct forward_decision forward; /* may data go to it at all? */
    enum explain_reading reading;
    struct record_id record;
    struct log_id log;
    struct agency_id author;
    uint64_t position, prefix; /* where the record stands; what the peer has acknowledged of the log */
    uint64_t since_ms;         /* when it was last met, 0: never */
};

/* Of the rows above.  change: "" where nothing has to change. */
const char *explain_rule_name(enum explain_rule rule);
const char *explain_rule_says(enum explain_rule rule);
const char *explain_rule_change(enum explain_rule rule);
/* "reads", "carries", "sealed-before", "no". */
const char *explain_reading_name(enum explain_reading reading);

/* record none: the newest content of the object.  ENOTFOUND: no such object or record here; EUNKNOWN_SPACE, EBUSY, ESTORE. */
MUST_USE enum muster_error core_explain(struct core *core, uint32_t space, const struct agency_id *peer,
                                        const struct object_id *object, const struct record_id *record,
                                        struct explanation *out);

#endif
