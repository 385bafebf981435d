/* journal.h — one line an event, for the journal and for people who grep it.
 *
 *   <6>event=session.up agency=3f2a… text="red-cross-1 speaks muster/0.1.0"
 *
 * The priority stands in front only where a journal reads it.  Texts come from peers: they are escaped. */
#ifndef MUSTER_NODE_JOURNAL_H
#define MUSTER_NODE_JOURNAL_H

#include "base/ids.h"

enum journal_level {
    JOURNAL_CRITICAL = 2,
    JOURNAL_ERROR = 3,
    JOURNAL_WARNING = 4,
    JOURNAL_NOTICE = 5,
    JOURNAL_INFO = 6,
    JOURNAL_DEBUG = 7
};

/* J(CONSTANT, "name", level, durable)
 * durable: is it kept in the signed audit, and how?  0 no; 1 a decision about people or rights, each by itself;
 * 2 an attempt over the local API that was refused, 3 what a peer caused, 4 what a stranger caused: these three are
 * gathered, so that nobody can make the audit grow (audit.h).
 * Events of the core carry their names themselves; a name that is not here is INFO and not durable. */
#define MUSTER_JOURNAL(J)                                                                                              \
    J(STARTED, "node.started", NOTICE, 0)                                                                              \
    J(STOPPING, "node.stopping", NOTICE, 0)                                                                            \
    J(INITIALISED, "node.initialised", NOTICE, 1)                                                                      \
    J(LISTENING, "node.listening", INFO, 0)                                                                            \
    J(RELOAD, "node.reload", NOTICE, 0)                                                                                \
    J(SETTING_APPLIED, "setting.applied", NOTICE, 0)                                                                   \
    J(SETTING_WAITS, "setting.waits", WARNING, 0)                                                                      \
    J(SETTING_REFUSED, "setting.refused", ERROR, 0)                                                                    \
    J(FAILED, "node.failed", ERROR, 0)                                                                                 \
    J(MEMORY_UNLOCKED, "node.memory_unlocked", WARNING, 0)                                                             \
    J(STORE_FAILED, "store.failed", ERROR, 0)                                                                          \
    J(STORE_REBUILD, "store.rebuild", NOTICE, 0)                                                                       \
    J(SCRUBBED, "store.scrubbed", INFO, 0)                                                                             \
    J(BACKUP_MADE, "backup.made", NOTICE, 1)                                                                           \
    J(BACKUP_FAILED, "backup.failed", ERROR, 0)                                                                        \
    J(BACKUP_VERIFIED, "backup.verified", NOTICE, 1)                                                                   \
    J(STORE_UPGRADED, "store.upgraded", NOTICE, 1)                                                                     \
    J(UPGRADE_CONFIRMED, "store.upgrade_confirmed", NOTICE, 1)                                                         \
    J(STORE_COMPACTED, "store.compacted", NOTICE, 0)                                                                   \
    J(WORK_LEFT, "work.left", NOTICE, 0)                                                                               \
    J(STORE_RESTORED, "store.restored", NOTICE, 1)                                                                     \
    J(STORE_BEHIND, "store.behind", WARNING, 1)                                                                        \
    J(COMMIT_FAILED, "store.commit_failed", ERROR, 0)                                                                  \
    J(STORE_DAMAGED, "store.damaged", CRITICAL, 0)                                                                     \
    J(PEER_UP, "peer.up", INFO, 0)                                                                                     \
    J(PEER_DOWN, "peer.down", INFO, 0)                                                                                 \
    J(PEER_REFUSED, "peer.refused", WARNING, 4)                                                                        \
    J(PEER_SLOW, "peer.slow", WARNING, 0)                                                                              \
    J(PEER_CONFIRMED, "peer.confirmed", NOTICE, 1)                                                                     \
    J(PEER_FORGOTTEN, "peer.forgotten", NOTICE, 1)                                                                     \
    J(PEER_SET, "peer.set", NOTICE, 1)                                                                                 \
    J(SPACE_CREATED, "space.created", NOTICE, 1)                                                                       \
    J(SPACE_INVITED, "space.invited", NOTICE, 1)                                                                       \
    J(SPACE_JOINED, "space.joined", NOTICE, 1)                                                                         \
    J(MEMBER_ADDED, "member.added", NOTICE, 1)                                                                         \
    J(MEMBER_REMOVED, "member.removed", NOTICE, 1)                                                                     \
    J(CONTROL_WRITTEN, "control.written", NOTICE, 1)                                                                   \
    J(CONTROL_DENIED, "control.denied", NOTICE, 2)                                                                     \
    J(EPOCH_OPENED, "epoch.opened", INFO, 1)                                                                           \
    J(SPACE_CLOSED, "space.closed", NOTICE, 1)                                                                         \
    J(BUNDLE_EXPORTED, "bundle.exported", NOTICE, 1)                                                                   \
    J(BUNDLE_IMPORTED, "bundle.imported", NOTICE, 1)                                                                   \
    J(MEMBER_GONE, "member.gone", NOTICE, 1)                                                                           \
    J(IDENTITY_STATED, "identity.stated", NOTICE, 1)                                                                   \
    J(NODE_REVOKED, "node.revoked", WARNING, 3)                                                                        \
    J(CARD_REFUSED, "card.refused", WARNING, 3)                                                                        \
    J(IDENTITY_FORK, "identity.fork", CRITICAL, 3)                                                                     \
    J(IDENTITY_CHANGED, "identity.changed", CRITICAL, 3)                                                               \
    J(LOG_FORK, "log.fork", CRITICAL, 3)                                                                               \
    J(NODE_CLONED, "node.cloned", CRITICAL, 3)                                                                         \
    J(LOG_RESTORED, "log.restored", WARNING, 1)                                                                        \
    J(LOG_FENCED, "log.fenced", WARNING, 1)                                                                            \
    J(LOG_INCARNATION, "log.incarnation", NOTICE, 1)                                                                   \
    J(LOG_ADOPTED, "log.adopted", NOTICE, 1)                                                                           \
    J(LOG_MENDED, "log.mended", NOTICE, 0)                                                                           \
    J(SESSION_UP, "session.up", INFO, 0)                                                                               \
    J(SESSION_CLOSED, "session.closed", NOTICE, 0)                                                                     \
    J(PROOF_DISCLOSED, "proof.disclosed", NOTICE, 1)                                                                   \
    J(REQUEST_REFUSED, "request.refused", NOTICE, 2)                                                                   \
    J(LINE_MADE, "line.made", NOTICE, 1)                                                                               \
    J(LINE_KNOCKED, "line.knocked", NOTICE, 1)                                                                         \
    J(LINE_ACCEPTED, "line.accepted", NOTICE, 1)                                                                       \
    J(LINE_DENIED, "line.denied", NOTICE, 1)                                                                           \
    J(LINE_REFUSED, "line.refused", WARNING, 4)                                                                        \
    J(LINE_CALLED, "line.called", NOTICE, 1)                                                                           \
    J(LINE_ENDED, "line.ended", NOTICE, 1)                                                                             \
    J(AUDIT_LOST, "audit.lost", ERROR, 1)                                                                              \
    J(AGREEMENT_SIGNED, "agreement.signed", NOTICE, 1)                                                                 \
    J(AGREEMENT_CONSENTED, "agreement.consented", NOTICE, 1)                                                           \
    J(LOG_NOT_ADOPTED, "log.not_adopted", WARNING, 0)                                                                  \
    J(RECORD_SET_ASIDE, "record.set_aside", WARNING, 0)                                                                \
    J(OBJECT_NOT_FOLDED, "object.not_folded", ERROR, 0)                                                                \
    J(SESSION_DOWN, "session.down", INFO, 0)                                                                           \
    J(SESSION_BYE, "session.bye", INFO, 0)                                                                             \
    J(SESSION_ERR, "session.err", NOTICE, 0)                                                                           \
    J(QUOTA_SPENT, "quota.spent", WARNING, 0)                                                                          \
    J(EPOCH_WRONG_KEY, "epoch.wrong_key", WARNING, 0)                                                                  \
    J(BLOB_REFUSED, "blob.refused", WARNING, 0)                                                                        \
    J(SEGMENT_REFUSED, "segment.refused", WARNING, 0)                                                                  \
    J(CONTROL_VOID, "control.void", WARNING, 0)                                                                        \
    J(CONTROL_REFUSED, "control.refused", NOTICE, 0)                                                                   \
    J(LINK_REFUSED, "peer-refused", INFO, 0)                                                                           \
    J(LINK_CUT, "peer-cut", INFO, 0)                                                                                   \
    J(LINK_CALL_ENDED, "call-ended", INFO, 0)                                                                          \
    J(LINK_LOWERED, "connections-lowered", WARNING, 0)                                                                 \
    J(METRICS_LISTENING, "metrics.listening", INFO, 0)                                                                 \
    J(METRICS_FAILED, "metrics.failed", ERROR, 0)                                                                      \
    J(ALARM_RAISED, "alarm.raised", WARNING, 0)                                                                        \
    J(ALARM_CLEARED, "alarm.cleared", NOTICE, 0)                                                                       \
    J(ALARM_ACKNOWLEDGED, "alarm.acknowledged", NOTICE, 1)                                                             \
    J(KEYS_LOST, "keys.lost", WARNING, 0)                                                                              \
    J(ALARM_HOOK, "alarm.hook", INFO, 0)                                                                               \
    J(ALARM_HOOK_FAILED, "alarm.hook_failed", WARNING, 0)                                                              \
    J(API_DENIED, "api.denied", WARNING, 2)

#define X(constant, name, level, durable) static const char EVENT_NAME_##constant[] __attribute__((unused)) = name;
MUSTER_JOURNAL(X)
#undef X

struct journal {
    bool prefix;              /* JOURNAL_STREAM is set: a priority in front */
    enum journal_level level; /* what is less important is left out */
};

/* The rows one by one, for the page of events: false behind the last.  meaning and remedy: event_help.c. */
struct journal_row {
    const char *name, *level, *meaning, *remedy; /* meaning NULL: nobody has written it, a test says so; remedy "": nothing */
    unsigned durable;
};
bool journal_row_at(size_t i, struct journal_row *out);
/* --- event_help.c --- */
void event_help(const char *event, const char **meaning, const char **remedy);

/* Looks at the environment.  level: what to show at most. */
void journal_start(struct journal *journal, enum journal_level level);
/* "error", "warning", "notice", "info", "debug"; false for another word. */
bool journal_level_named(const char *name, enum journal_level *out);
/* Its word; "critical" and what has none is "error". */
const char *journal_level_name(enum journal_level level);
enum journal_level journal_level_of(const char *event);
/* How the audit keeps it: the last column of its row. */
unsigned journal_durable(const char *event);
/* agency may be NULL or none.  text: raw, cut to JOURNAL_TEXT_MAX. */
enum { JOURNAL_TEXT_MAX = 512 };
void journal_write(const struct journal *journal, const char *event, const struct agency_id *agency, const char *text);
void journal_format(const struct journal *journal, const char *event, const struct agency_id *agency,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
