/* bundle.h — a session on a stick: the frames of a session in a file, sealed to the nodes of one agency (SPEC "Bundles").
 *
 *   head = "MUSTER1B" || version 1 || algorithm 1 || reserved 2 || agency 32 || node 32 || made 8 (ms) || body length 8 ||
 *          recipient count 1 || (node 32 || file key in a box 80)... || commitment 32 || stream header 24
 *   body = a sealed stream (crypto/stream.h) bound to the head, of frames:
 *          OPENING, CARD, SPACES, SEG of control logs, KEY, MEMBER cards, HEADS of all logs, SEG of data logs, CLOSING
 *
 * HEADS are the sender's receipt for everything it durably holds; CLOSING carries the signature of the sender's node
 * over all before it, so who said that is proven.  A file is looked at whole before anything of it counts: one that is
 * damaged, cut off or for somebody else changes nothing.  Then its frames go through the code that takes them from a
 * connection.  Order, duplicates and losses of files do no harm; what is missing comes with a later one. */
#ifndef MUSTER_PROTOCOL_SESSION_BUNDLE_H
#define MUSTER_PROTOCOL_SESSION_BUNDLE_H

#include "base/said.h"
#include "protocol/core.h"

enum {
    BUNDLE_BYTES_MAX = 64 * 1024 * 1024,         /* of one file; more goes into several */
    BUNDLE_PART_BYTES_DEFAULT = 16 * 1024 * 1024, /* where a file ends and the next begins */
    BUNDLE_PART_BYTES_MIN = 64 * 1024,
    BUNDLE_ITEMS_MAX = 512,                      /* logs reported one by one; what is beyond goes into the last row */
    BUNDLE_TEXT_BYTES = 200
};

/* Why something was refused: a sentence, and how it was composed, for who says it in another language (lang_said). */
struct bundle_text {
    char sentence[BUNDLE_TEXT_BYTES]; /* "": there is none */
    struct said said;
};

/* --- out --------------------------------------------------------------------------------------------------------- */

struct bundle_order {
    struct agency_id agency; /* for whom: all its nodes */
    struct space_id space;   /* none: every space shared with it */
    bool all;                /* everything, not only what it is not known to hold */
    size_t part_bytes;       /* 0: BUNDLE_PART_BYTES_DEFAULT */
    uint32_t from_log;       /* where the part before ended: its next_log and next_position; 0: from the beginning */
    uint64_t from_position;
};

struct bundle_made {
    uint8_t *bytes; /* the caller frees them; NULL on an error */
    size_t len;
    bool more; /* a part that ends before all is said: the next one goes on at */
    uint32_t next_log;
    uint64_t next_position;
    uint32_t spaces, logs, keys, nodes; /* logs: of which segments go; nodes: who can open it */
    uint64_t segments, left; /* left: of data, for the parts behind this one */
    struct hash state;       /* of all that decides what goes: two bundles of one state hold the same */
    struct bundle_text text; /* of an error */
};

/* --- in ---------------------------------------------------------------------------------------------------------- */

struct bundle_item {
    struct space_id space;
    struct log_id log;         /* none: several */
    struct agency_id agency;   /* whose it is; none when it was not taken */
    uint8_t role;
    uint64_t fresh, known;     /* segments that were new, and that were here already */
    uint64_t disputed;         /* of two branches of one log (RULES L5): kept as proof, or not at all */
    uint64_t refused;          /* runs of segments that were not taken, */
    enum muster_error why;     /* and the reason of the last */
    uint64_t missing;          /* positions that are not here although something behind them is, or is said to be */
};

struct bundle_report {
    struct agency_id agency;   /* who made it */
    struct sign_public node;
    struct agency_id agency_for; /* of the first recipient that is known here; none: of none */
    uint64_t made_ms;
    uint32_t recipients;
    bool mine, more, echo;     /* for this node; further parts follow; it answers a bundle of this process */
    uint64_t bytes, frames, segments;
    uint32_t spaces, spaces_known, keys; /* named in it; of these known here; keys that were new here */
    uint64_t fresh, known, disputed, refused, missing;
    size_t item_count;
    struct bundle_item items[BUNDLE_ITEMS_MAX];
    struct bundle_text text; /* of an error */
};

/* What a file is, without taking anything of it.  OK also for a file that is for somebody else (report->mine is false: then
 * only its head is told).  ENOTFOUND: no bundle; ETRUNCATED, ETRAILING, EHASH, EDECRYPT, ESIGNATURE…: text says what is wrong. */
MUST_USE enum muster_error core_bundle_show(struct core *core, struct bytes file, struct bundle_report *report);

#endif
