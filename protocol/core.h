/* core.h — the node as a pure state machine: event in, actions out.
 *
 * No socket, clock, disk, thread or randomness: time and chance come in events, storage through
 * struct storage, everything else leaves as actions that belong to the core until the next step.
 * A recorded run is an array of events; replay is a loop.
 *
 * Order of durability (RULES I1): what is written or received is staged, leaves as one ACTION_COMMIT, and is
 * published, acknowledged and folded only in the step that receives EVENT_COMMITTED. */
#ifndef MUSTER_PROTOCOL_CORE_H
#define MUSTER_PROTOCOL_CORE_H

#include "protocol/log/blob.h"
#include "protocol/log/segment.h"
#include "protocol/storage.h"
#include "protocol/trust/identity.h"
#include "protocol/trust/operation.h"

typedef uint32_t conn_id; /* a connection of the shell; 0 is none */

enum {
    ACTIONS_MAX = 4096,
    SESSIONS_MAX = 256,
    CREDIT_BYTES = 1024 * 1024,          /* bytes of segments in flight that a receiver takes from one peer */
    PENDING_BYTES_MAX = 48 * 1024 * 1024, /* staged and not yet committed; beyond it nothing more is taken in */
    TICK_MS = 50
};

/* --- what the shell gives at the start -------------------------------------------------------------- */

struct opening; /* stored segments whose bodies are to be opened */
struct payload_codec;

enum opening_state { OPENING_RUN, OPENING_LEFT, OPENING_RUNS };

/* Threads of the shell that open bodies while the core makes its views anew (object/ahead.h). */
struct core_openers {
    void *self;
    void (*give)(void *self, struct opening *job); /* opening_run(job) on another thread, some time */
    /* Takes back what was given: OPENING_RUN when it has been run, OPENING_LEFT when it was not begun and will not be.  While a
     * thread is at it: waits, or, if it must not, OPENING_RUNS, and it is to be asked for again. */
    enum opening_state (*collect)(void *self, struct opening *job, bool wait);
};

/* On any thread, with a codec of its own. */
void opening_run(struct opening *job, struct payload_codec *codec);

struct core_config {
    struct identity identity;          /* own agency's chain */
    struct node_keys keys;
    struct sign_secret sign_secret;
    struct box_secret box_secret;
    struct bytes card;                 /* own card; copied */
    uint8_t boot[16];                  /* random, drawn at each process start (RULES I3) */
    const char *software;
    bool derived_is_new;               /* fold everything again */
    const struct core_openers *openers; /* for core_new; NULL: the core opens all itself, with the same result */
    bool guard_behind;                 /* the database is older than its guard: every own log is closed (RULES I2) */
};

/* --- events ----------------------------------------------------------------------------------------- */

enum event_kind {
    EVENT_TICK,          /* every TICK_MS or so */
    EVENT_IDLE,          /* the shell has drained its inputs: stage, commit, send */
    EVENT_UP,            /* an encrypted connection to the node with that transport key stands */
    EVENT_DOWN,
    EVENT_MESSAGE,       /* bytes of one message */
    EVENT_VERIFIED,      /* a verify job came back */
    EVENT_COMMITTED,     /* the last ACTION_COMMIT is durable */
    EVENT_COMMIT_FAILED, /* it is not; nothing of it is stored */
    EVENT_WRITE,         /* append records of one's own */
    EVENT_COMMAND,       /* space, invite, join, ... */
    EVENT_BUNDLE_EXPORT, /* a file for a peer (session/bundle.h): answered in the same step by NOTIFY_COMMAND */
    EVENT_BUNDLE_IMPORT, /* a file of a peer: answered by NOTIFY_COMMAND when what it brought is durable */
    EVENT_BLOB_PUT,      /* bytes beside records: answered by NOTIFY_COMMAND when they are durable */
    EVENT_BLOB_WANT,     /* an attachment that is not here whole: peers are asked; no answer */
    EVENT_SCRUBBED       /* what deleted values left behind in the files has been overwritten (core_scrub_due) */
};

enum command_kind { COMMAND_SPACE_CREATE, COMMAND_ADD_MEMBER, COMMAND_JOIN, COMMAND_CONFIRM, COMMAND_FORGET, COMMAND_OWN_CARD,
                    /* governing a space (govern.c) */
                    COMMAND_SET_RIGHT, COMMAND_REMOVE, COMMAND_SUSPEND, COMMAND_LIFT, COMMAND_POLICY, COMMAND_APPROVE,
                    COMMAND_ROTATE, COMMAND_CUT, COMMAND_REASSIGN,
                    /* by a majority; RETAIN by the controller alone too */
                    COMMAND_ERASE, COMMAND_HOLD, COMMAND_UNHOLD, COMMAND_RETAIN,
                    COMMAND_TAKE_CARD, /* of another node of this agency, or of a partner: for what it says of endpoints and chain */
                    COMMANDS };

struct command {
    enum command_kind kind;
    struct space_genesis space;  /* SPACE_CREATE: name, purpose, exercise, history, retention */
    struct space_id space_id;    /* ADD_MEMBER, JOIN */
    struct agency_id agency;     /* CONFIRM, FORGET */
    struct bytes card;           /* ADD_MEMBER, JOIN (of the inviter), OWN_CARD */
    enum right right;            /* ADD_MEMBER, SET_RIGHT */
    /* Governing: agency is the one it is about (of REMOVE: the own one to leave; of CUT: its control line, without `log`;
     * of REASSIGN: the next owner). */
    struct record_id operation;  /* APPROVE; LIFT: one suspension, none: all of the agency; REASSIGN: the term that ends, none: now's */
    const struct control_policy *policy; /* POLICY */
    size_t policy_count;
    struct log_id log;           /* CUT: a data log */
    uint64_t position;           /* CUT: where, 0: nothing of it counts */
    struct hash head;            /* CUT: what stands there, none: what this node holds */
    struct object_id object;     /* REASSIGN, ERASE, HOLD */
    const struct record_id *records; /* ERASE, HOLD: of that object, at most ERASE_RECORDS_MAX */
    size_t record_count;
    const struct retain_range *ranges; /* RETAIN: at most RETAIN_RANGES_MAX */
    size_t range_count;
    const char *ground;          /* ERASE, RETAIN: a word of erase_grounds */
};

/* What came of governing: the operation that was written and what it is worth by now.  Of a refusal EPROPOSED the operation
 * that is proposed already. */
struct command_outcome {
    struct record_id operation;
    struct control_judgement judged;
};

/* What a write_item of a quantity operation adds: the core picks the rights and makes the body itself. */
struct quantity_wish {
    uint64_t units;            /* mint, grant, commit, return, reclaim: 1 to ESCROW_UNITS_MAX */
    bool at_risk;              /* commit: promise although no right bears it; grant, cover: units at risk, too */
    struct object_id for_what; /* commit: what it is promised for; zeroes: nothing in particular */
    struct hash about;         /* grant: the log that gets it; cover, release: the commit; return: the reclaim or zeroes */
    struct hash right;         /* return, reclaim: which right */
};

struct write_item {
    uint8_t operation;  /* enum object_op */
    uint16_t kind, schema;
    bool flash, personal;
    bool joint;         /* OP_CREATE: every writer owns the object */
    struct object_id object; /* ignored for OP_CREATE */
    uint64_t mask;
    struct bytes body;       /* checked msgpack map */
    struct hash once;        /* idempotency: hash of the client's key; zeroes: none */
    const struct record_ref *refs; /* beyond term and deps, which the core adds: the offer of a take or refuse, the proposal of
                                    * an answer, the agency to which is offered */
    size_t ref_count;
    const struct record_id *seen; /* the heads that its author saw: ECHANGED if others are heads now; none: whatever there is */
    size_t seen_count;
    struct quantity_wish quantity; /* of OP_MINT to OP_RECLAIM, whose mask, body and refs are ignored */
};

/* An operator's key: what it signs lies inside the payloads. */
struct write_operator {
    struct sign_public key;
    struct sign_secret secret;
};

struct write_result {
    enum muster_error error;
    bool existed; /* `once` was seen before: object and record are those of that time */
    struct object_id object;
    struct record_id record;
};

struct bundle_order;
struct bundle_made;
struct bundle_report;

struct event {
    enum event_kind kind;
    uint64_t wall_ms, mono_ms;
    uint8_t chance[32];
    union {
        struct { conn_id conn; struct curve_public key; bool dialled; } up;
        struct { conn_id conn; bool replaced; } down; /* replaced: the same key connected again */
        struct { conn_id conn; struct bytes bytes; } message;
        struct { struct verify_job *job; } verified;
        struct { enum muster_error error; } failed;
        struct { uint64_t request; struct space_id space; const struct write_item *items; size_t count;
                 struct write_result *results; /* belong to the shell until NOTIFY_WRITTEN */
                 const struct write_operator *by; /* who pressed the button (S4.3.6), copied; NULL: nobody is named */ } write;
        struct { uint64_t request; const struct command *command; } command;
        struct { uint64_t request; const struct bundle_order *order; struct bundle_made *made; } bundle_export;
        /* the file is copied; the report belongs to the shell until the answer */
        struct { uint64_t request; struct bytes file; struct bundle_report *report; } bundle_import;
        /* the bytes are sealed within the step; *ref belongs to the shell until the answer: id, length and key are filled in */
        struct { uint64_t request; struct space_id space; struct bytes bytes; struct blob_ref *ref; } blob_put;
        struct { struct space_id space; const struct blob_ref *ref; } blob_want;
    } u;
};

/* --- actions ---------------------------------------------------------------------------------------- */

enum action_kind { ACTION_SEND, ACTION_CLOSE, ACTION_COMMIT, ACTION_VERIFY, ACTION_NOTIFY };

enum notify_kind {
    NOTIFY_WRITTEN,   /* request: results are filled in and durable */
    NOTIFY_COMMAND,   /* request: error; space id */
    NOTIFY_MEMBERS,   /* who may connect or where has changed: look at core_peer_* again */
    NOTIFY_EVENT      /* something for the journal and the audit */
};

struct action {
    enum action_kind kind;
    conn_id conn;
    struct bytes bytes;                        /* SEND */
    enum muster_error error;                   /* CLOSE, NOTIFY */
    bool theirs;                               /* CLOSE: the other side said so */
    const struct change *changes; size_t count; bool bulk; /* COMMIT; VERIFY too: not of lanes 0 and 1 */
    struct verify_job *job;                    /* VERIFY: run verify_job_run anywhere, give it back as EVENT_VERIFIED */
    enum notify_kind notify;
    uint64_t request;
    struct space_id space;
    struct agency_id agency;
    struct command_outcome outcome;            /* NOTIFY_COMMAND of a governing command */
    const char *event;                         /* NOTIFY_EVENT: a name of the event table */
    char text[160];
};

struct actions {
    const struct action *at;
    size_t count;
};

struct core;

/* The derived tables went back to their last commit while the node runs, and refuse changes: what is stored from now on is not
 * folded, own records are EVIEWS. */
void core_views_lost(struct core *core);
/* They take changes again: what is stored behind their last commit is folded, some at once, the rest in slices, as at a start.
 * An error: they are lost still.  Not within a step. */
MUST_USE enum muster_error core_views_again(struct core *core);
bool core_views_behind(const struct core *core); /* in either state */
/* A change was refused, or applying them again did not end: core_views_again is due.  Whoever keeps the tables asks after a step. */
bool core_views_are_lost(const struct core *core);

/* Loads everything from storage.  NULL-free: on error *out is NULL.  EDAMAGED, ESTORE, EVERSION. */
MUST_USE enum muster_error core_new(struct core **out, const struct core_config *config, const struct storage *storage);
void core_free(struct core *core);
/* The actions are valid until the next call. */
struct actions core_step(struct core *core, const struct event *event);

/* Verifying runs outside the core's thread: everything it needs is in the job. */
struct verify_job;
struct payload_codec;
void verify_job_run(struct verify_job *job);
/* Bytes of segments in the job: what running it costs grows with them (about 0.1 ms for one segment of 1 kB). */
size_t verify_job_bytes(const struct verify_job *job);
/* After that, where there is time for it: opens the bodies ahead, so that the core only folds (log/opened.h).  The codec is
 * the thread's own. */
void verify_job_open(struct verify_job *job, struct payload_codec *codec);
/* For jobs that never come back (at stop). */
void verify_job_free(struct verify_job *job);

/* --- looking inside, for the local API (same thread as core_step) -------------------------------------- */

struct space_view {
    uint32_t number;
    struct space_id id;
    const char *name, *purpose;
    bool exercise, joined; /* joined: its genesis is held */
    enum control_history history;
    enum right right;      /* own right */
    uint64_t created_ms, retention_days; /* as the genesis says; 0: none */
    struct agency_id controller;
    uint64_t objects, records; /* folded */
    uint32_t logs, logs_complete, waiting_segments, forks, quarantined;
    uint64_t as_of_ms;
    struct control *control;
};
size_t core_spaces(const struct core *core);
bool core_space_at(struct core *core, size_t i, struct space_view *out);
bool core_space_by_id(struct core *core, const struct space_id *id, struct space_view *out);
/* Decides space membership questions for epochs: is the key held? */
bool core_epoch_held(struct core *core, const struct record_id *epoch);

enum peer_state { PEER_NEVER, PEER_UP, PEER_SILENT };
struct peer_view {
    struct agency_id agency;
    struct sign_public node;
    struct curve_public curve;
    char agency_name[NAME_BYTES_MAX + 1], node_name[NAME_BYTES_MAX + 1], country[3];
    bool confirmed; /* pair code typed */
    enum peer_state state;
    uint64_t last_met_ms, since_ms;
    int64_t skew_ms;
    uint64_t behind; /* own segments that it has not acknowledged; of one that is not here: as far as it ever said */
    char software[65];
    struct bytes card; /* borrowed until the next step */
    struct bytes reach; /* the body of the node's own newest card (card_body_endpoints); none: no card of it is known */
    uint64_t expires_ms; /* of its certificate; 0: never */
    bool revoked, own;   /* own: another node of this agency */
    uint32_t shared_spaces;
};
/* Nodes on accepted cards, own node excluded; by index, in a stable order.  False at the end. */
bool core_peer_at(struct core *core, size_t i, struct peer_view *out);
/* The card with the longest chain of this node's own agency, perhaps another node's; borrowed until the next step. */
bool core_own_chain(struct core *core, struct bytes *card);
/* May a node with this transport key connect?  Only nodes on cards of agencies that share a space, invited or were
 * accepted by hand; not revoked. */
bool core_admits(struct core *core, const struct curve_public *key);

struct log_view {
    struct log_id id;
    struct agency_id agency;
    uint8_t role;
    uint64_t prefix, highest, fork_at, records, last_hlc;
    size_t intervals;
    bool own, counts; /* counts: open or limited by control (RULES D) */
    struct sign_public node;
    bool confirmed, closed; /* own: may be written to; never again (RULES I) */
    uint64_t heard_ms; /* when a member last told us of it */
    enum control_log_status status;
    uint64_t limit, settled, beyond; /* positions up to which it counts (UINT64_MAX: all), to which a cut settles its fork;
                                      * positions held and beyond the limit: quarantined, to be adopted by a cut (D3) */
};
bool core_log_at(struct core *core, uint32_t space, size_t i, struct log_view *out);
/* The l-th of all logs, whatever its space (*space its number): to go through all of them once.  False behind the last. */
bool core_log_any(struct core *core, size_t l, uint32_t *space, struct log_view *out);

/* Would these records be refused, as things are?  What EVENT_WRITE looks at is looked at by the same code and nothing is
 * written: results[i].error and existed are filled in (an object that would be made has no id yet).  Returns what would
 * refuse all of them. */
MUST_USE enum muster_error core_write_check(struct core *core, const struct space_id *space, const struct write_item *items,
                                            size_t count, struct write_result *results);
/* The same for a command that governs a space or adds a member (EUSAGE for others): outcome->judged as it would be. */
MUST_USE enum muster_error core_command_check(struct core *core, const struct command *command,
                                              struct command_outcome *outcome);

/* When the operation was written, by its author's clock; 0 if that is not known here. */
uint64_t core_operation_hlc(struct core *core, uint32_t space, const struct record_id *operation);

/* The object's state (T_OBJECT value) decoded; see protocol/object/state.h. */
/* Opens the body of a stored record again: by arrival number and index.  The body is borrowed until the next step.
 * EERASED, ENOKEY, ENOTFOUND… */
MUST_USE enum muster_error core_record_open(struct core *core, uint64_t arrival, uint16_t index,
                                            struct segment_header *segment, struct record_header *header,
                                            struct record_id *id, struct bytes *body);
/* The records of an object and their fold (protocol/object/look.h); to be freed with object_look_free.  `space`: its number.
 * ENOTFOUND; ETOOBIG beyond OBJECT_RECORDS_MAX; EBUSY.  *out is zeroes on an error. */
struct object_look;
MUST_USE enum muster_error core_object_look(struct core *core, uint32_t space, const struct object_id *object,
                                            struct object_look *out);
/* Who pressed the button, of the record that core_record_open opened last; `body` as it gave it.  False: nobody is named. */
enum operator_state {
    OPERATOR_VERIFIED, /* the signature fits, and the agency's chain names the key */
    OPERATOR_EXPIRED,  /* as before, and the record is younger than the operator's statement allows: shown, decides nothing */
    OPERATOR_REVOKED,  /* the agency has revoked the operator since, or before */
    OPERATOR_UNKNOWN,  /* no statement of the agency that is known here names the key */
    OPERATOR_FALSE     /* the signature does not fit */
};
struct operator_view {
    enum operator_state state;
    struct sign_public key;
    char name[NAME_BYTES_MAX + 1]; /* "" of an unknown one */
    uint64_t roles;
};
bool core_record_operator(struct core *core, const struct segment_header *segment, const struct record_header *header,
                          struct bytes body, struct operator_view *out);
/* What is held durably of that node's data logs in all spaces, in no dispute: the cuts of its revocation.  At most max are
 * written; returns how many there are. */
size_t core_node_cuts(struct core *core, const struct sign_public *node, struct statement_cut *out, size_t max);
/* The records of an object that stand in no view, by arrival; their number, at most max.  *cut: there may be more. */
struct waiting_record;
size_t core_object_waiting(struct core *core, uint32_t space, const struct object_id *object, struct waiting_record *out,
                           size_t max, bool *cut);
/* Of the space's segments that stand in no view, how many are in dispute, beyond a limit, or lack a key (enum waiting_why).  False:
 * there are more than were looked at. */
bool core_space_waiting(struct core *core, uint32_t space, size_t count[3]);
/* How far an agency is known to hold a log without a hole: what it said itself, in a session or in a bundle, now or before.
 * Of its own log: as far as this node holds it. */
uint64_t core_held_by(struct core *core, const struct agency_id *agency, const struct log_id *log);
/* The state of an object as its records with a label before `until` (HLC) add up, what is erased by now left out; its view is
 * borrowed until the next step or fold.  ENOTFOUND: it did not exist. */
struct object_stored;
MUST_USE enum muster_error core_object_before(struct core *core, uint32_t space, const struct object_id *object, uint64_t until,
                                              struct object_stored *out);
/* An attachment, opened into out (ref->bytes long).  EWAITS while chunks are missing: *held of *total are here.  EDECRYPT
 * when the key is not that of these bytes; EUNKNOWN_SPACE. */
MUST_USE enum muster_error core_blob_open(struct core *core, uint32_t space, const struct blob_ref *ref, uint8_t *out,
                                          uint32_t *held, uint32_t *total);
/* A proof of one record for somebody without a node (protocol/log/proof.h). */
struct proof_wish {
    uint32_t space;
    struct object_id object;
    struct record_id record; /* none: the newest change of the object */
    bool disclose;           /* opens the content of this record to whoever has the file */
    bool witnesses;          /* with records of other agencies that bound its time, as far as they are held */
};
/* Writes it into out (PROOF_BYTES_MAX always do), verified; *record says which one it is.  ENOTFOUND; EERASED, ENOKEY when
 * it cannot be disclosed; EUNKNOWN_AGENCY without the agency's card; ETOOBIG; what proof_read says of what is held. */
MUST_USE enum muster_error core_proof(struct core *core, const struct proof_wish *wish, uint8_t *out, size_t size,
                                      size_t *len, struct record_id *record);
/* The records of an object in order of their labels; returns their number, of which at most `max` are given. */
size_t core_object_records(struct core *core, uint32_t space, const struct object_id *object, struct record_id *out,
                           size_t max);
/* --- erasure (SPEC 7.3) ------------------------------------------------------------------------------- */

/* The records of an object as an erase sees them, in no order; at most max are given, their number is returned. */
struct erasure_record {
    struct record_id id;
    struct agency_id by;
    struct log_id log;
    uint8_t operation;
    uint64_t sequence, hlc;
    bool erasable, erased, held; /* held: a legal hold keeps its bytes */
    bool bytes;                  /* they lie here */
};
size_t core_erasure_records(struct core *core, uint32_t space, const struct object_id *object, struct erasure_record *out,
                            size_t max);
/* Records and operations of control that erase, hold, or end holds of something of the object. */
struct erasure_said {
    struct record_id id;
    struct agency_id by;
    uint8_t operation;  /* OP_ERASE, OP_HOLD, OP_UNHOLD; CTL_ERASE, CTL_HOLD, CTL_RETAIN */
    uint32_t log;       /* where it stands; 0: not known */
    uint64_t position;
    uint8_t segment[HASH_BYTES]; /* its id, of a record */
    bool counts;        /* of an operation: it is in force */
    bool lifted;        /* of a hold: it has ended */
    char ground[33];    /* of an erase or retain; "" when it cannot be read here */
};
size_t core_erasures(struct core *core, uint32_t space, const struct object_id *object, struct erasure_said *out, size_t max);
/* What is known of a member's knowing it: it has said itself that it holds that place of the log durably; it was sent to it in
 * the session that stands; nothing. */
enum erasure_receipt { RECEIPT_NONE, RECEIPT_TOLD, RECEIPT_HOLDS };
enum erasure_receipt core_erasure_receipt(struct core *core, const struct erasure_said *said, const struct agency_id *agency);
/* Per data log of the space: how far everything is older than that moment by its authors' clocks, and how many records an
 * operation of retention up to there would erase.  Only logs where it would erase any. */
struct retention_due {
    struct log_id log;
    struct agency_id by;
    uint64_t sequence, records;
};
size_t core_retention_due(struct core *core, uint32_t space, uint64_t before_ms, struct retention_due *out, size_t max);

/* Have stored bytes been deleted whose places in the files were not overwritten yet (SPEC 8.7)?  Durable: it stays true over
 * restarts, until EVENT_SCRUBBED.  core_scrub_may: and nothing else is on its way to the disk, so that now is the moment. */
bool core_scrub_due(const struct core *core);
bool core_scrub_may(const struct core *core);
/* H over the canonical states of all objects of a space in order of their ids: equal on nodes that hold the same. */
MUST_USE enum muster_error core_digest(struct core *core, uint32_t space, struct hash *out, uint64_t *objects);
/* The same in pieces.  What changes between two of them makes a mixture: core_feed_last (feed.h) tells.  Begin with zeroes. */
struct digest_walk {
    struct hash sum;
    uint64_t objects;
    struct object_id last; /* the object seen last, if there was one */
    bool begun;
};
/* At most max objects more, 1..; *more: there are others. */
MUST_USE enum muster_error core_digest_some(struct core *core, uint32_t space, struct digest_walk *walk, uint64_t max,
                                            bool *more);
/* Re-verifies stored segments: hashes, chain, signatures.  Calls back for each damaged one. */
struct check_counts { uint64_t segments, records, signatures, damaged; };
MUST_USE enum muster_error core_check(struct core *core, struct check_counts *out,
                                      void (*damaged)(void *user, const struct log_id *log, uint64_t position,
                                                      enum muster_error why), void *user);
/* The same in pieces, between which everything else goes on.  Begin with core_check_start, which counts the segments. */
struct check_walk {
    struct check_counts counts;
    uint64_t of; /* segments, as counted at the start */
    size_t log;  /* where it stands: before that position of it */
    uint64_t position, sequence;
    struct segment_id prev;
    bool linked;
};
void core_check_start(const struct core *core, struct check_walk *walk);
/* At most max positions more, 1..; false when all were looked at. */
bool core_check_some(struct core *core, struct check_walk *walk, uint64_t max,
                     void (*damaged)(void *user, const struct log_id *log, uint64_t position, enum muster_error why),
                     void *user);
/* How many segments are asked for again from peers; one that nobody else holds is asked for no more after a while, until the
 * next check. */
size_t core_mends(const struct core *core);
struct core_counters {
    uint64_t segments_in, segments_own, segments_refused, segments_duplicate, records_folded, bytes_in, bytes_out,
        frames_refused, commits, credit_stalls, objects_indexed;
    uint64_t damaged_at_start; /* segments that could not be folded again then */
    uint32_t sessions, jobs;
    bool taking_in; /* false: no room or no disk, nothing more is asked for */
};
void core_counters(const struct core *core, struct core_counters *out);

#endif
