/* core_inner.h — what the files of the core share.  Nobody outside protocol/ includes it.
 *
 * core.c only dispatches; each part has a file: stage.c (what waits for the commit), log/place.c (where a
 * segment goes), log/write.c (own records), trust/space.c (spaces, control, epochs), trust/people.c (cards),
 * object/apply.c (folding into the derived tables), session/… (one file a message). */
#ifndef MUSTER_PROTOCOL_CORE_INNER_H
#define MUSTER_PROTOCOL_CORE_INNER_H

#include "base/hlc.h"
#include "protocol/core.h"
#include "protocol/log/genesis.h"
#include "protocol/log/payload.h"
#include "protocol/object/indexing.h"
#include "protocol/trust/chain.h"
#include "protocol/trust/epochs.h"
#include "protocol/trust/forward.h"
#include "protocol/wire/frame.h"

/* Memory that is filled in one go and emptied in another; pointers into it stay where they are. */
struct pool_chunk;
struct pool {
    struct pool_chunk *chunks;
    size_t used, bound; /* bytes in all; NULL beyond the bound */
};
void *pool_take(struct pool *pool, size_t len);
void *pool_copy(struct pool *pool, const void *bytes, size_t len);
void pool_reset(struct pool *pool); /* keeps one chunk */
void pool_free(struct pool *pool);

struct reassigned { struct object_id object; struct record_id operation; uint8_t judged; /* 0 not yet, 1 not in force, 2 in force */ };
enum {
    BRANCHES_MAX = 4,          /* other segments kept at one position of a data log's fork */
    CONTROL_BRANCHES_MAX = 256 /* of a control log in all: every branch counts there (RULES C2) */
};

struct log_interval {
    uint64_t first, last, next_sequence;
    struct segment_id id; /* of last */
};

struct control_place {
    struct record_id id;
    uint64_t position;
};

struct log {
    uint32_t number, space;
    struct log_id id;
    struct log_genesis genesis;
    uint8_t *genesis_bytes;
    size_t genesis_len;
    bool own, staged; /* staged: changed since the last commit left */
    bool confirmed, closed; /* own: RULES I4, I5 */
    uint8_t fork_news;      /* 1: to be committed, 2: in the commit in flight; then proofs go out (L7) */
    uint8_t echo_count;
    struct agency_id echoes[2];
    /* as staged */
    uint64_t prefix, next_sequence, fork_at, records, last_hlc;
    uint64_t withdraw;   /* what is folded from here on has to leave the views again; 0: nothing */
    struct segment_id fresh[8]; /* a control log's new branch segments, shown after the commit; of more: all */
    size_t fresh_count;
    uint16_t branches[2]; /* staged in this life at fork_at and above */
    struct segment_id prefix_id;
    struct log_interval *intervals;
    size_t interval_count, interval_size;
    /* as durable: what may be said of it */
    uint64_t durable_prefix, flying_prefix, version;
    struct segment_id durable_id, flying_id; /* flying: what the commit in flight will make durable */
    /* asking */
    uint64_t highest, heard_ms, asked_to, asked_deadline, fork_asked_mono;
    uint32_t asked_of; /* session index + 1 */
    /* control logs: how far they are taken into the fold, and the last operation there */
    uint64_t control_read;
    struct control_place *ops; /* where each operation stands */
    size_t op_count, op_size;
    struct record_id control_last;
    /* flash and control of one author: a bucket, so that none starves the others */
    uint64_t bucket_mono;
    uint32_t bucket;
    /* control's judgement (RULES D) */
    enum control_log_status status;
    uint64_t limit;   /* what stands there or before counts, if it is not disputed */
    uint64_t strictest; /* for quantities: the lowest limit that ever was in force (RULES Q10) */
    uint64_t settled; /* and up to here although it is: a cut names what is held (C11) */
    uint64_t adopt_at; /* a forked log: what the cut names; its ancestors are taken in and nothing else.  0: no cut */
    struct segment_id adopt_head;
    bool adopt_due;    /* another branch than that is held */
    bool pull_due;     /* forked control: what follows the prefix may lie with the branches */
    /* erasure (object/erasure.h) */
    uint64_t retained; /* every record up to this sequence is erased by retention (RULES E6) */
    uint64_t purged;   /* positions whose bytes that has been done for */
    bool erases;       /* holds records that erase or hold others */
    bool offers, offers_due; /* holds offers (object/offers.h); what they decide is to be folded again */
    uint64_t fork_told; /* what is disputed from here on was told to everybody; 0: nothing yet (session/tell.c) */
    bool lacked;       /* a copy without payload was refused: again when an erase comes */
};

/* Does control let what stands at that position of the held branch count (D2, D3), and is it in dispute (L6)? */
static inline bool log_limits(const struct log *log, uint64_t position)
{
    return position > log->limit;
}
static inline bool log_disputes(const struct log *log, uint64_t position)
{
    return log->fork_at && position >= log->fork_at && position > log->settled;
}

struct own_log {
    uint32_t log; /* index + 1; 0: none yet */
    struct sign_secret secret;
};

enum { OPERATORS_MAX = AGENCY_OPERATORS_MAX };
struct pending_write {
    struct write_item item; /* body and refs copied into the staging arena */
    struct hash once;       /* its key in T_ONCE; zeroes: none */
    size_t by;              /* core->operators + 1; 0: nobody is named */
    struct write_result *result;
    const struct write_result *same_as; /* the same key, gathered before: this one gets that one's answer */
};

struct known_epoch {
    struct record_id id;
    struct hash commitment;
    uint8_t *wraps; /* msgpack array of [epoch, wrapped key] */
    size_t wraps_len;
    bool held;
    struct seal_key key;
};

/* One record that an operation of control erases or holds, and one range that it retires. */
struct majority_entry {
    struct record_id operation, record;
    struct object_id object;
    uint8_t number; /* CTL_ERASE or CTL_HOLD */
    bool counts;    /* as control stands now */
};
struct retention_entry {
    struct record_id operation;
    struct log_id log;
    uint64_t sequence;
};

/* What is erased and whose bytes are due (object/erasure.h). */
enum { ERASURE_FILTER_BYTES = 8192, ERASURE_FRESH_MAX = 256 };
struct erasure_due {
    uint32_t space;
    struct object_id object;
    uint64_t from; /* arrivals below it are done */
};
struct erasures {
    bool any; /* a bit below is set */
    uint8_t filter[ERASURE_FILTER_BYTES]; /* bits of objects that may have something erased */
    struct erasure_due *due;
    size_t due_count, due_size, due_next;
    bool again, branches, reread; /* all erases are looked at again; so are segments beside their logs, and what they erase */
    uint8_t branch_at[12 + HASH_BYTES]; /* how far among those */
    struct { uint32_t log; uint64_t position; struct segment_id id; } fresh[ERASURE_FRESH_MAX];
    size_t fresh_count, aside_staged;
    bool scrub_due; /* bytes were deleted since freed pages were last overwritten */
};

/* A held segment whose contents are asked for again (log/mend.c). */
enum { MENDS_MAX = 256 };
struct mend {
    uint32_t log, asked; /* index; session asked last */
    uint64_t position, next_mono;
    size_t len; /* of the stored value that is staged; 0: not here yet */
    uint8_t tries;
};

struct quota_count { /* bytes taken today of an agency's data (RULES D5) */
    struct agency_id agency;
    uint64_t bytes;
    bool told;
};

struct space {
    uint32_t number; /* index in core->spaces */
    struct space_id id;
    bool joined, exercise, reroot, cards_wait, dirty, forked; /* dirty: control changed since the logs were judged; forked: a data log */
    uint8_t *genesis_bytes;
    size_t genesis_len;
    struct space_genesis genesis;
    struct agency_id inviter;
    struct control *control;
    struct own_log own[2]; /* by enum log_role */
    struct record_id root, own_control_head; /* root: the genesis record that counts */
    struct sign_public lead; /* which node of this agency wrote its newest control operation, by its label */
    uint64_t lead_hlc;       /* 0: none has */
    bool identity_due, epoch_due; /* a card of this agency is to be shown in control; another epoch is to be opened */
    uint64_t due_mono;            /* when that was tried */
    struct pending_write *writes; /* not yet in a segment */
    size_t write_count, write_size;
    uint8_t *write_keys; /* ONCE_BITS of their keys: a bit that is not set says that none of them has it */
    uint64_t objects, records, version; /* version: of its newest durable change */
    struct hash data_digest, control_digest;
    uint64_t data_digest_at, control_digest_at; /* version they are of, + 1 */
    uint64_t waiting, quarantined;
    struct known_epoch *epochs;
    size_t epoch_count, epoch_size;
    struct agency_id *gone; /* agencies removed, as far as the audit knows; sorted */
    size_t gone_count;
    bool views_due; /* of objects that a majority has erased something of, or held it */
    struct majority_entry *majority; /* sorted by object, record */
    size_t majority_count, majority_size;
    struct retention_entry *retention;
    size_t retention_count, retention_size;
    struct reassigned *reassigned;
    size_t reassigned_count, reassigned_size;
    struct quota_count *quotas; /* quota_used of them, of the day quota_day */
    size_t quota_used, quota_size;
    uint64_t quota_day;
    uint64_t feed; /* the newest number of its change feed (object/feed.h) */
};

struct agency {
    struct agency_id id;
    uint8_t *card;
    size_t card_len;
    uint64_t card_number;
    size_t statement_count; /* of the card's chain: it can only grow */
    uint8_t flags;           /* enum agency_flags */
    size_t node_count;
    struct agency_node {
        struct node_keys keys;
        bool revoked;        /* it may not connect and gets no keys; how far its logs count, `cuts` says */
        uint64_t expires_ms; /* 0: never; shown, and decides nothing */
        uint64_t card_number; /* of its own newest card, whose body is `reach`: where it is called */
        uint8_t *reach;
        size_t reach_len;
    } *nodes; /* node_count of them */
    struct certified_operator *operators;
    size_t operator_count;
    struct agency_cut *cuts; /* of revoked nodes */
    size_t cut_count;
    struct agency_branch { /* other histories of its chain (D4) */
        uint8_t *card;
        size_t len;
    } branches[CHAIN_BRANCHES_MAX];
    size_t branch_count;
    bool keys_due; /* a node was revoked: epochs that it can open are not used any more */
    uint64_t last_met_ms, met_saved_ms; /* met_saved: as it is stored */
    bool told; /* it was removed from a space and shown that: it may not connect any more */
};
enum agency_flags { AGENCY_TRUSTED = 1, AGENCY_CONFIRMED = 2, AGENCY_STRANGER = 128 /* to agency_take_card: may be unknown to all */ }; /* by hand or invite; pair code typed */

struct staged_segment {
    uint32_t log;
    uint64_t position, arrival;
    uint8_t *item;
    size_t len;
    struct segment_id id;
    struct record_id *ids;
    uint32_t count;
    uint32_t from; /* session index + 1; 0: own */
    uint8_t lane;
    struct opened *opened; /* its bodies, if the worker opened them */
};

struct staged_reply {
    uint64_t request;
    bool command;
    struct space_id space;
    struct agency_id agency;
    struct command_outcome outcome;
};

struct stage {
    struct pool pool;
    struct change *changes;
    size_t change_count, change_size;
    struct staged_segment *segments;
    size_t segment_count, segment_size;
    struct staged_reply *replies;
    size_t reply_count, reply_size;
    bool urgent; /* holds what must not wait for the disk reserve: control, flash */
    uint64_t began_mono; /* its first segment */
};

enum { OBJECT_SCRATCH = 512 * 1024 };
/* BUNDLE: a file instead of a connection (session/bundle.h): nothing is sent, what is written goes into its sink. */
enum session_stage { SESSION_GREETING, SESSION_PROVING, SESSION_SYNCING, SESSION_BUNDLE };

/* What a session knows of one log. */
struct session_log {
    uint32_t log;             /* index + 1; 0: not known here */
    struct log_id id;
    uint64_t their_prefix, their_fork, sent_to, highest;
    uint64_t given_to, put_off_mono; /* what the peer was given: announced to it only if it does not say soon that it has it */
    bool listed, genesis_sent, announced, echoed;
    uint32_t wanted_name;    /* unknown here: the index under which it was asked for, + 1 */
    uint64_t wanted_mono;    /* and when */
    uint64_t walked;         /* the fork from which the way back to its start was shown */
    uint16_t serving;        /* ranges in the session's list */
    uint8_t tries, strikes;  /* how often it was asked for; promises that were not kept */
};

struct session_space {
    uint32_t space;
    uint8_t tag[16];
    bool opened, control_equal, refused_control, keys_asked;
    bool put_off; /* an announcement was */
    bool ask_again; /* a commit failed: what the peer told and gave may be forgotten */
    uint64_t announced_version, keys_asked_ms;
    /* What a peer may ask for again and again is answered at a steady pace. */
    uint64_t ctl_asked_mono, ctl_answered_mono, keys_given_mono;
    struct record_id *ctl_heads; /* their newest CTLHEADS, to be answered with a later tick */
    size_t ctl_count, keys_expected, keys_given;
    bool ctl_pending;
    bool telling;           /* erases go before everything else of the space (RULES E, session/tell.c) */
    uint8_t told_to[49];    /* the last of them that went: a key of T_ERASURE */
    uint64_t farewell_mono; /* since when a removed agency is shown its removal (F2); nothing else goes out meanwhile */
};

struct bundle_sink;
struct bundle_import;

struct serve_range {
    uint32_t log;
    uint64_t next, last;
    uint8_t lane;
};

/* A SEG that goes, or comes, in pieces. */
struct partial {
    uint8_t *bytes;
    uint32_t total, done;
    uint64_t began_mono; /* of one that comes */
};

enum { SENDS_KEPT = 64, BLOB_SERVES_MAX = 8, BLOB_WANTS_MAX = 32 };

/* Chunks that a peer asked for; next == end: a free place. */
struct blob_serve {
    uint32_t space, next, end;
    struct hash blob;
};

/* An attachment that is not here whole and is asked for (session/blob.c). */
struct blob_want {
    bool used;
    uint32_t space, total;
    struct hash blob;
    uint8_t hops;                /* of those who may ask on for it after this node */
    uint8_t held[BLOB_CHUNKS_MAX / 8]; /* chunks that are stored or staged */
    uint64_t wished_mono;        /* when somebody last wished for it */
    uint32_t asked_of, turn;     /* session index + 1; where the search for a peer goes on */
    uint32_t first, end;         /* what was asked for */
    uint64_t deadline_mono;
};

struct session {
    conn_id conn;
    struct curve_public curve;
    uint64_t spaces_version; /* of what SPACES showed first */
    bool dialled, spaces_sent, spaces_read;
    uint8_t frame_flags; /* of the frame being handled */
    bool lost;           /* a message for it found no room: it cannot go on */
    bool stale;          /* a bundle that does not answer this process: no echo (RULES I5) */
    struct bundle_sink *sink;
    uint64_t acks_mono; /* when what it acknowledged was last written down */
    enum session_stage stage;
    struct hello theirs;
    char software[65];
    uint8_t nonce[32], key[32];
    struct agency_id agency;
    uint32_t agency_index; /* + 1 */
    struct sign_public node;
    int64_t skew_ms;
    uint64_t up_ms, heard_mono, ping_mono;
    struct session_space *spaces;
    size_t space_count;
    /* numbering: mine by core log index (my_name[log] = index + 1), theirs as announced */
    uint32_t *my_names;
    size_t my_name_size;
    uint32_t my_name_count;
    struct session_log *logs; /* by core log index, grown on need */
    size_t log_size;
    struct session_log *theirs_named;
    size_t theirs_count, theirs_size;
    struct serve_range *serve;
    size_t serve_count, serve_size;
    int64_t credit;
    uint64_t owed; /* bytes consumed and not yet given back as credit */
    struct partial leaving[LANES], coming[LANES];
    /* How much may be under way (pace.c): bytes given to the link and not yet credited. */
    uint64_t sent_bytes, credited_bytes, window;
    struct { uint64_t end, mono_ms; } sends[SENDS_KEPT];
    uint32_t send_first, send_count;
    uint64_t delay_min_ms, delay_min_at;
    bool window_was_full;
    uint64_t refused;
    uint64_t up_mono, words_mono, unknown_mono, card_mono;
    struct blob_serve blobs[BLOB_SERVES_MAX];
    uint32_t words, jobs; /* complaints it may still cause in the journal; verify jobs out */
};

struct core {
    struct write_operator operators[OPERATORS_MAX]; /* who has written in this life */
    size_t operator_count;
    struct core_config config;
    uint8_t *card;
    struct agency_id self;
    struct storage storage;
    uint64_t wall_ms, mono_ms, hlc, version, arrival;
    uint8_t chance[32];
    uint64_t chance_used;
    uint64_t feed_generation, feed_moves; /* object/feed.h */
    struct space **spaces;
    size_t space_count;
    struct log **logs;
    size_t log_count, log_size;
    uint32_t *log_table; /* open addressing by id: index + 1 */
    size_t log_table_size;
    struct agency **agencies;
    size_t agency_count, agency_size;
    struct session *sessions[SESSIONS_MAX];
    struct payload_codec *codec;
    struct stage stage, flying; /* being filled; waiting for its COMMITTED */
    size_t logs_flying, logs_stored, spaces_flying, spaces_stored; /* counts: in the commit in flight; durable */
    struct indexing indexing;
    struct term_row *term_rows;   /* terms made lately; NULL without memory (index.c) */
    uint64_t folded_at_tick;      /* records */
    size_t opened_bytes;          /* taken by bodies opened ahead, OPENED_BYTES_MAX and a job more at most */
    uint64_t applied;                                              /* arrival number up to which all is folded or waits */
    struct boot { /* a process of a node: when it was met and last heard; heard 0: unused */
        struct sign_public node;
        bool ended;
        uint8_t id[16];
        uint64_t met_mono, heard_mono, told_mono;
    } boots[SESSIONS_MAX];
    uint64_t cloned_mono, alarm_mono; /* when a peer's word of a copy was last acted upon, and told */
    struct blob_want blob_wants[BLOB_WANTS_MAX];
    uint64_t blob_bytes; /* of attachments, stored and staged */
    struct erasures erasures;
    struct mend mends[MENDS_MAX];
    size_t mend_count;
    struct bundle_import *importing; /* a bundle on its way in; NULL: none */
    bool overspends; /* a liar of the simulator: writes promises of units that it has not */
    bool rehearsing; /* a command is only looked at (rehearse.c): nothing is drawn, staged or told */
    enum { VIEWS_RIGHT, VIEWS_LOST, VIEWS_AGAIN } behind; /* the derived tables went back: what is stored is not folded into them
                                                           * now; it is, in slices (object/replay.c) */
    bool in_flight, members_changed, refold, fold_over; /* refold: a log has something to withdraw; fold_over: all again */
    uint64_t stalled_until_mono, urgent_stalled_until_mono; /* the disk refused a commit: bulk, urgent ones rest */
    struct action actions[ACTIONS_MAX];
    size_t action_count;
    struct pool action_pool;
    struct operation *operation; /* scratch: it is large */
    uint8_t *scratch;            /* SEGMENT_ITEM_MAX */
    uint8_t *message;            /* MESSAGE_BYTES_MAX, for frames being written */
    uint8_t *state_scratch;      /* a view; a stored state, or a second view */
    struct core_counters counters;
    uint32_t jobs;
};

/* --- core.c ---------------------------------------------------------------------------------------- */
void core_draw(struct core *core, void *out, size_t len); /* chance from the event's seed */
struct action *core_act(struct core *core, enum action_kind kind);
/* Places for messages that a step may still fill; what can wait waits for the next one. */
size_t core_room(const struct core *core);
void core_event(struct core *core, const char *event, const struct agency_id *agency, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* --- stage.c --------------------------------------------------------------------------------------- */
/* Copies key and value; EFULL when the stage is at its bound. */
enum muster_error stage_put(struct core *core, enum table table, const void *key, size_t key_len, const void *value,
                            size_t len);
enum muster_error stage_delete(struct core *core, enum table table, const void *key, size_t key_len);
struct staged_segment *stage_segment(struct core *core, struct log *log, const struct segment_header *header,
                                     const uint8_t *item, size_t len, const struct segment_id *id,
                                     const struct record_id *ids, uint32_t from);
/* Bodies opened ahead are kept until that segment, the one staged last, is folded; false if it is another one. */
bool stage_opened(struct core *core, const struct segment_id *id, struct opened *opened);
/* NULL without memory: then nobody is answered. */
struct staged_reply *stage_reply(struct core *core, uint64_t request, bool command, const struct space_id *space,
                                 const struct agency_id *agency);
void stage_flush(struct core *core); /* emits ACTION_COMMIT when nothing is in flight */
void stage_committed(struct core *core);
void stage_failed(struct core *core, enum muster_error error);
void stage_free(struct core *core, struct stage *stage);

/* --- log/ ------------------------------------------------------------------------------------------- */
struct log *log_find(struct core *core, const struct log_id *id);
uint32_t log_index(const struct core *core, const struct log *log);
/* Registers a verified genesis; staged unless `stored`. NULL without memory or room. */
struct log *log_open(struct core *core, struct space *space, const void *genesis, size_t len, uint32_t number, bool stored);
enum muster_error log_load(struct core *core, struct log *log); /* T_STATE back into memory */
void log_save(struct core *core, struct log *log);              /* stages T_STATE */
/* Where a segment goes: staged, duplicate (EDUPLICATE), conflict (EFORK, which it records), or refused. */
enum muster_error log_place(struct core *core, struct log *log, const struct segment_header *header, const uint8_t *item,
                            size_t len, const struct segment_id *id, const struct record_id *ids, uint32_t from);
/* The stored or staged item at a position; borrowed until the storage changes. */
enum muster_error log_item_at(struct core *core, const struct log *log, uint64_t position, struct bytes *item);
/* Only what is durable: the one to send from (RULES I1). */
/* Where a position of the log with that number lies, and what stands there: as stored.  ENOTFOUND, EDAMAGED, ESTORE. */
enum muster_error log_place_stored(struct core *core, uint32_t number, uint64_t position, uint64_t *arrival,
                                   struct segment_id *id);
enum muster_error log_stored_at(struct core *core, const struct log *log, uint64_t position, struct bytes *item);
bool log_holds(const struct log *log, uint64_t position);
/* The first position held from there on; 0: none.  Holes can be as long as a liar likes: never step through them. */
uint64_t log_next_held(const struct log *log, uint64_t position);
/* Does a held header name this one as its predecessor?  Then it is authentic whatever its own signature (RULES L3). */
bool log_vouches(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id);
/* Forgets the newest logs: those that no commit has stored. */
void log_close_from(struct core *core, size_t count);
uint64_t log_top(const struct log *log);

/* Lives of own logs (life.c, RULES I). */
enum muster_error life_may_write(struct core *core, struct space *space, struct log *log);
void life_echo(struct core *core, struct session *session, struct log *log, uint64_t prefix, const uint8_t hash[8]);
/* Equal digests: all heads of own logs, or of those of control, are mine. */
void life_echo_all(struct core *core, struct session *session, uint32_t space, bool control_alone);
void life_seen_ahead(struct core *core, struct log *log); /* a segment signed by me that I did not have */
void life_boot(struct core *core, struct session *session);
void life_remember_boot(struct core *core, const struct session *session, bool ended);
void life_cloned(struct core *core, bool proven);
/* Fork proofs (fork.c, RULES L7). */
void fork_show(struct core *core, struct session *session, struct log *log);
void fork_read(struct core *core); /* branches of control that are durable now, into the fold */
void fork_flood(struct core *core); /* after a commit: to all who do not know */

/* A fork that a cut settles (adopt.c, RULES C11). */
enum muster_error adopt_allows(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id);
void adopt_all(struct core *core);

/* Own records (write.c): one record into the control log now, data records gathered until write_flush. */
enum muster_error write_control(struct core *core, struct space *space, uint8_t operation, const void *body, size_t len,
                                struct record_id *id);
void write_gather(struct core *core, const struct event *event);
/* What refuses any record in that space now; a client's key that made one already; a life that cannot go on (EUNCONFIRMED). */
enum muster_error write_may(struct core *core, const struct space *space);
bool write_rests(const struct core *core, const struct write_item *items, size_t count); /* EFULL: must these wait? */
bool write_seen_once(struct core *core, struct space *space, const struct write_item *item, struct write_result *result);
enum muster_error write_life(struct core *core, struct space *space, enum log_role role);
void write_flush(struct core *core);
/* Adds the references of a record that is no create, after a last look (refer.c).  log: where it will stand, NULL in a rehearsal.  ENOTFOUND,
 * ENOTOWNER, ECHANGED, ESTEP, EERASED. */
enum muster_error write_refer(struct core *core, struct space *space, const struct log *log, const struct write_item *item,
                              struct record_header *header);

/* --- trust/ ------------------------------------------------------------------------------------------ */
struct agency *agency_find(struct core *core, const struct agency_id *id);
/* Takes a verified card: newest number wins.  EKEYCHANGED cannot happen, since the id binds the chain. */
enum muster_error agency_take_card(struct core *core, struct bytes card, uint8_t flags, struct agency **out);
bool agency_admitted(struct core *core, const struct agency_id *id); /* accepted by hand, or shares a space */
const struct agency_node *agency_node(const struct agency *agency, const struct sign_public *sign);
void agency_free(struct agency *agency);
enum muster_error agency_save(struct core *core, const struct agency *agency); /* stages its row; not its own agency's */
/* It was heard just now: noted, and stored every ten minutes (ended: now), so that "silent since" outlives this process. */
void agency_met(struct core *core, const struct agency_id *id, bool ended);
enum muster_error agency_delete(struct core *core, const struct agency *agency); /* stages that all its rows go */
/* This node's own agency, made from its card at the start: it is not stored among the cards. */
enum muster_error agency_own(struct core *core, struct bytes card);
/* D4: true if the log is of a revoked node; *out is how far it counts then. */
bool agency_revokes(struct core *core, const struct log *log, struct control_limit *out);
/* Epochs that a node revoked since could open are followed by new ones. */
void agency_keys(struct core *core);
/* May this node write control of its agency in that space (C2: from one node at a time)?  Else ENOTLEAD. */
enum muster_error agency_leads(struct core *core, const struct space *space);
struct space *space_find(struct core *core, const struct space_id *id);
/* Is it a member of a space in which this node is one too, or was not removed from? */
bool agency_shares(struct core *core, const struct agency_id *id);
/* Removal notices (notice.c, RULES F2). */
bool notice_due(struct space *space, const struct session *session); /* removed, and no member any more */
void notice_begin(struct core *core, struct session *session, struct session_space *open, const struct record_id *heads,
                  size_t count);
/* Does a removed agency get what stands at that position of a control log? */
bool notice_shows(struct space *space, const struct session *session, const struct log *log, uint64_t position);
void notice_over(struct core *core, struct session *session, enum muster_error why); /* it ends, or the peer has ended it */
/* Writes down, of each agency whose removal has come into force, the last moment at which data may have gone to it from
 * here.  quiet: only remembers who is gone, at the start. */
void notice_audit(struct core *core, struct space *space, bool quiet);
void notice_end(struct core *core); /* at a tick: those that were shown it are let go */
void space_free(struct space *space);
struct space *space_new(struct core *core, const struct space_id *id); /* known by id, not yet by contents */
enum muster_error space_found(struct core *core, struct space *space, const void *genesis, size_t len);
enum muster_error space_save(struct core *core, struct space *space);
void space_read_control(struct core *core, struct log *log); /* what became contiguous, and all branches, into the fold */
/* What a commit that failed leaves behind: spaces, control and epochs are read again from what is stored. */
void space_restore(struct core *core);
void views_doubt(struct core *core, struct log *log); /* what of it is beyond a limit may stand in the views still */
void agency_restore(struct core *core); /* cards whose commit failed are staged again */
/* epoch_keys.c, space.c and space_load.c share these. */
void take_epoch(struct core *core, struct space *space, const struct operation *operation);
bool judge_log(struct core *core, struct space *space, struct log *log);
/* Opens an epoch now, for the readers as seen by what is written now (K3). */
enum muster_error space_open_epoch(struct core *core, struct space *space, struct record_id *epoch);
void take_root(struct core *core, struct space *space); /* the fold again, from a genesis of a smaller id */
void space_judge(struct core *core); /* after control changed: logs, waiting records, epochs */
void space_tell(struct core *core, struct space *space);
bool space_key(struct space *space, const struct record_id *epoch, struct seal_key *key);
struct known_epoch *space_epoch(struct space *space, const struct record_id *epoch);
enum muster_error space_writable_epoch(struct core *core, struct space *space, struct record_id *epoch, struct seal_key *key);
/* ECOMMITMENT when it is not the key that the epoch's operation announced. */
enum muster_error space_keep_key(struct core *core, struct space *space, const struct record_id *epoch,
                                 const struct seal_key *key);
void core_command(struct core *core, const struct event *event);
/* Adds a member as the command says; *outcome what its operation is worth. */
enum muster_error add_member(struct core *core, const struct command *command, struct agency_id *agency,
                             struct command_outcome *outcome);
/* Governing (govern.c): one operation, looked at before it is written; *outcome says what it is worth. */
enum muster_error govern_command(struct core *core, const struct command *command, struct command_outcome *outcome);
/* Writes an operation that is allowed; `like` says which, as control_preview wants it. */
enum muster_error govern_write(struct core *core, struct space *space, uint8_t operation, const struct control_op *like,
                               const void *body, size_t len, struct command_outcome *outcome);
enum muster_error space_load_all(struct core *core);
enum muster_error agency_load_all(struct core *core);
struct hash space_digest(struct core *core, struct space *space, bool control);

/* --- object/apply.c ---------------------------------------------------------------------------------- */
void apply_segment(struct core *core, struct log *log, uint64_t arrival, struct bytes item, const struct opened *opened);
/* What was folded of a log from a position on leaves the views and waits: a fork or a limit has come (RULES L6, D3). */
void apply_withdraw(struct core *core, struct log *log, uint64_t from);
void apply_again(struct core *core, struct space *space, const struct object_id *object); /* folds one object anew */
void apply_waiting(struct core *core, struct space *space); /* tries again what waited for a key or a right */
enum muster_error apply_catch_up(struct core *core);        /* at start: folds what derived has not seen */
void views_pump(struct core *core); /* a slice of that, when the tables went back while the node runs */
void apply_note(struct core *core);                         /* writes down how far derived is */

/* --- session/ ----------------------------------------------------------------------------------------- */
void session_up(struct core *core, const struct event *event);
void session_down(struct core *core, conn_id conn, bool replaced);
void session_message(struct core *core, conn_id conn, struct bytes bytes);
void session_close(struct core *core, struct session *session, enum muster_error error, const char *text);
void session_free(struct session *session);
void sessions_watch(struct core *core); /* ends those that are silent, or whose message found no room */
/* May this peer's doings fill another line of the journal and another answer? */
bool session_words(struct core *core, struct session *session);
/* Forgets what the sessions know of logs and spaces that are no more. */
void sessions_restore(struct core *core);
struct session *session_of(struct core *core, conn_id conn, uint32_t *index);
uint32_t session_index(const struct core *core, const struct session *session);
/* Writes a message of one frame that the writer already holds. */
void session_send(struct core *core, struct session *session, struct writer *w);
struct session_space *session_space_by_tag(struct session *session, const uint8_t tag[16]);
struct session_space *session_space_of(struct session *session, uint32_t space);
struct session_log *session_log_of(struct session *session, uint32_t log);
void session_name_log(struct core *core, struct session *session, const struct log *log, struct log_name *name);
/* Resolves a name they used; NULL when it breaks the numbering. */
struct session_log *session_their_log(struct core *core, struct session *session, const struct log_name *name);

void on_hello(struct core *core, struct session *session, struct bytes body);
void on_auth(struct core *core, struct session *session, struct bytes body);
void on_spaces(struct core *core, struct session *session, struct bytes body);
void on_ctlheads(struct core *core, struct session *session, struct bytes body);
void on_heads(struct core *core, struct session *session, struct bytes body);
void on_want(struct core *core, struct session *session, struct bytes body);
void on_seg(struct core *core, struct session *session, struct bytes body);
void on_keyreq(struct core *core, struct session *session, struct bytes body);
void on_key(struct core *core, struct session *session, struct bytes body);
void on_credit(struct core *core, struct session *session, struct bytes body);
void on_ping(struct core *core, struct session *session, struct bytes body);
void on_pong(struct core *core, struct session *session, struct bytes body);
void on_card(struct core *core, struct session *session, struct bytes body);
/* nodes.c: nodes of one agency tell each other of its spaces. */
void on_ownspaces(struct core *core, struct session *session, struct bytes body);
void ownspaces_send(struct core *core, struct session *session); /* nothing to another agency's */
void ownspaces_tell(struct core *core);

void hello_send(struct core *core, struct session *session);
void auth_send(struct core *core, struct session *session);
void spaces_send(struct core *core, struct session *session);
void ctlheads_later(struct core *core); /* answers that had to wait */
void ctlheads_send(struct core *core, struct session *session, struct session_space *space);
void heads_send(struct core *core, struct session *session, struct session_space *space, bool full);
void heads_announce(struct core *core); /* deltas to everybody whom they concern */
/* What the session was asked for comes in pieces: nobody else is asked for it before that moment. */
void want_waits(struct core *core, const struct session *session, uint64_t until_mono);
/* Asks for one position, whatever is held. */
void want_one(struct core *core, struct session *session, struct log *log, uint64_t position);
void quota_add(struct core *core, const struct log *log, size_t bytes);
uint64_t quota_allows(struct core *core, const struct log *log); /* segments that may be asked for; at 0 it says so, once a day */
void want_refill(struct core *core, struct session *session, struct log *log, struct session_log *known);
void want_extend(struct core *core, struct log *log, const struct session_log *known);
void want_overdue(struct core *core);
/* A space has been joined: logs that could not be taken are asked for with the next tick. */
void want_anew(struct core *core);
void seg_serve(struct core *core, struct session *session, uint32_t log, uint64_t first, uint64_t last, uint8_t lane);
void seg_pump(struct core *core, struct session *session);
void seg_push(struct core *core, const struct staged_segment *segment); /* live push after the commit */
void seg_verified(struct core *core, struct verify_job *job);
void key_ask(struct core *core);
void credit_return(struct core *core, struct session *session, size_t bytes);
void ping_send(struct core *core, struct session *session);
void on_frag(struct core *core, struct session *session, struct bytes body);
void seg_take(struct core *core, struct session *session, struct bytes body, size_t owed);
void credit_flush(struct core *core, struct session *session);

/* pace.c */
bool pace_may_send(struct session *session);
size_t pace_frame_bytes(const struct session *session); /* how long a frame may be on this link */
void pace_sent(struct core *core, struct session *session, size_t bytes);
void pace_credited(struct core *core, struct session *session, size_t bytes);

#include "protocol/session/blob.h"

#endif
