/* metrics.h — what a monitoring system reads of this node: numbers, and whether it is alive and ready.
 *
 * Every metric is a row.  Names are in base units; labels are fixed words of the rows: neither names of agencies nor
 * contents of records ever stand here.  packaging/prometheus and packaging/grafana use them; a test compares. */
#ifndef MUSTER_NODE_METRICS_H
#define MUSTER_NODE_METRICS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum metric_type { METRIC_GAUGE, METRIC_COUNTER };

/* M(CONSTANT, "name", TYPE, "label=\"word\"" or "", "help")
 * Rows of one name stand together and have one type and one help.  A counter's name ends in _total and begins again at 0
 * when the node starts.  Append a family at the end; dashboards of others depend on the names. */
#define MUSTER_METRICS(M)                                                                                              \
    M(BUILD, "muster_build_info", GAUGE, "version=\"" MUSTER_VERSION "\"", "The version that runs; always 1.")         \
    M(START, "muster_start_time_seconds", GAUGE, "", "When this process started, in seconds since 1970.")              \
    M(READY, "muster_ready", GAUGE, "", "Whether /readyz says yes: initialised, disk above its limit, taking in.")      \
    M(TAKING_IN, "muster_taking_in", GAUGE, "", "Whether new records are taken in; 0 for want of room or disk.")            \
    M(DISK_FREE, "muster_disk_free_bytes", GAUGE, "", "Free bytes on the disk of the data directory.")                 \
    M(DISK_LIMIT, "muster_disk_limit_bytes", GAUGE, "", "Below this many free bytes nothing in bulk is taken in.")  \
    M(STORE_MAIN, "muster_store_bytes", GAUGE, "file=\"main\"", "Bytes in use in the files of the store.")             \
    M(STORE_DERIVED, "muster_store_bytes", GAUGE, "file=\"derived\"", "Bytes in use in the files of the store.")       \
    M(STORE_KEYS, "muster_store_bytes", GAUGE, "file=\"keys\"", "Bytes in use in the files of the store.")             \
    M(COMMITS, "muster_commits_total", COUNTER, "", "Durable commits since the start.")                                \
    M(COMMIT_LAST, "muster_commit_last_seconds", GAUGE, "", "How long the last durable commit took.")                  \
    M(SPACES_JOINED, "muster_spaces", GAUGE, "state=\"joined\"", "Spaces of this node.")                               \
    M(SPACES_WAITING, "muster_spaces", GAUGE, "state=\"waiting\"", "Spaces of this node.")                             \
    M(OBJECTS, "muster_objects", GAUGE, "", "Objects in the views of all spaces.")                                     \
    M(RECORDS, "muster_records", GAUGE, "", "Records in the views of all spaces.")                                     \
    M(LOGS_COMPLETE, "muster_logs", GAUGE, "state=\"complete\"", "Logs of all spaces by whether all that is known to "  \
      "exist is here.")                                                                                                \
    M(LOGS_INCOMPLETE, "muster_logs", GAUGE, "state=\"incomplete\"", "Logs of all spaces by whether all that is known "  \
      "to exist is here.")                                                                                             \
    M(COMPLETE_AGE, "muster_complete_age_seconds", GAUGE, "", "Age of the moment as of which the worst space is "        \
      "complete.")                                                                                                     \
    M(WAITING_KEY, "muster_segments_waiting_for_key", GAUGE, "", "Segments that cannot be opened until a key arrives.")\
    M(QUARANTINED, "muster_records_quarantined", GAUGE, "", "Records set aside because their contents are void.")      \
    M(FORKS, "muster_logs_forked", GAUGE, "", "Logs with two histories.")                                              \
    M(PEERS_UP, "muster_peers", GAUGE, "state=\"up\"", "Nodes of partners by whether they are connected.")             \
    M(PEERS_SILENT, "muster_peers", GAUGE, "state=\"silent\"", "Nodes of partners by whether they are connected.")     \
    M(PEERS_NEVER, "muster_peers", GAUGE, "state=\"never\"", "Nodes of partners by whether they are connected.")       \
    M(PEERS_UNCONFIRMED, "muster_peers_unconfirmed", GAUGE, "", "Nodes of partners whose pair code nobody has typed.")  \
    M(PEERS_BEHIND, "muster_peer_behind_segments_max", GAUGE, "", "Own segments that the partner furthest behind has "   \
      "not acknowledged.")                                                                                             \
    M(PEERS_SKEW, "muster_peer_clock_skew_seconds_max", GAUGE, "", "The largest difference to a connected partner's "    \
      "clock.")                                                                                                        \
    M(KNOCKS, "muster_pending_keys", GAUGE, "", "Unknown keys that knocked and are remembered.")                       \
    M(SEGMENTS_OWN, "muster_segments_total", COUNTER, "result=\"written\"", "Segments since the start.")               \
    M(SEGMENTS_IN, "muster_segments_total", COUNTER, "result=\"taken\"", "Segments since the start.")                  \
    M(SEGMENTS_AGAIN, "muster_segments_total", COUNTER, "result=\"duplicate\"", "Segments since the start.")           \
    M(SEGMENTS_REFUSED, "muster_segments_total", COUNTER, "result=\"refused\"", "Segments since the start.")           \
    M(FRAMES_REFUSED, "muster_frames_refused_total", COUNTER, "", "Frames of partners that were no valid frames.")     \
    M(FOLDED, "muster_records_folded_total", COUNTER, "", "Records that went into the views since the start.")         \
    M(SESSION_IN, "muster_session_bytes_total", COUNTER, "direction=\"in\"", "Bytes of frames exchanged with partners.") \
    M(SESSION_OUT, "muster_session_bytes_total", COUNTER, "direction=\"out\"",                                         \
      "Bytes of frames exchanged with partners.")                                                                      \
    M(STALLS, "muster_credit_stalls_total", COUNTER, "", "Times that sending waited for a partner to take more.")      \
    M(SESSIONS, "muster_sessions", GAUGE, "", "Sessions with partners, now.")                                          \
    M(JOBS, "muster_verify_jobs", GAUGE, "", "Signature checks under way.")                                            \
    M(CONNECTIONS, "muster_connections", GAUGE, "", "Connections of all kinds, now.")                                  \
    M(STRANGERS, "muster_connections_unproven", GAUGE, "", "Connections that have not delivered a message yet.")       \
    M(ACCEPTED, "muster_connections_accepted_total", COUNTER, "", "Connections accepted since the start.")             \
    M(REFUSED_KEY, "muster_connections_refused_total", COUNTER, "reason=\"key\"", "Connections refused or cut.")       \
    M(REFUSED_FULL, "muster_connections_refused_total", COUNTER, "reason=\"full\"", "Connections refused or cut.")     \
    M(REFUSED_SHAKE, "muster_connections_refused_total", COUNTER, "reason=\"handshake\"", "Connections refused or cut.") \
    M(REFUSED_SILENT, "muster_connections_refused_total", COUNTER, "reason=\"silent\"", "Connections refused or cut.") \
    M(REFUSED_SHAPE, "muster_connections_refused_total", COUNTER, "reason=\"shape\"", "Connections refused or cut.")   \
    M(CALLS, "muster_calls_total", COUNTER, "", "Calls to partners since the start.")                                 \
    M(CALLS_FAILED, "muster_calls_failed_total", COUNTER, "", "Calls to partners that reached nobody.")                 \
    M(API_WAITING, "muster_api_requests_waiting", GAUGE, "", "Requests to the local API that wait for a commit.")      \
    M(API_ANSWERED, "muster_api_writes_total", COUNTER, "", "Requests to the local API that a commit answered.")       \
    M(FEEDS, "muster_feeds", GAUGE, "", "Change feeds that are being read.")                                           \
    M(AUDIT_LOST, "muster_audit_lost_total", COUNTER, "", "Audit entries for which there was no room.")                \
    M(CERTIFICATE, "muster_certificate_expiry_seconds", GAUGE, "", "When this node's certificate ends, in seconds since " \
      "1970; 0: never.")                                                                                               \
    M(ALARMS_CRITICAL, "muster_alarms", GAUGE, "level=\"critical\"", "Alarms that stand: muster alarms.") \
    M(ALARMS_WARNING, "muster_alarms", GAUGE, "level=\"warning\"", "Alarms that stand: muster alarms.")   \
    M(ALARMS_NOTICE, "muster_alarms", GAUGE, "level=\"notice\"", "Alarms that stand: muster alarms.")     \
    M(ALARMS_ACKNOWLEDGED, "muster_alarms", GAUGE, "level=\"acknowledged\"",                             \
      "Alarms that stand: muster alarms.")                                                                             \
    M(ALARMS_RAISED, "muster_alarms_raised_total", COUNTER, "", "Alarms raised since the start.")                      \
    M(HOOKS_RUN, "muster_alarm_hooks_total", COUNTER, "", "Runs of the alarm hook since the start.")                   \
    M(HOOKS_FAILED, "muster_alarm_hooks_failed_total", COUNTER, "", "Runs of the alarm hook that failed or were dropped.") \
    M(RESIDENT, "muster_process_resident_bytes", GAUGE, "", "Memory of this process in RAM.")                          \
    M(FILES_OPEN, "muster_process_open_files", GAUGE, "", "Open descriptors of this process.")                         \
    M(FILES_MAX, "muster_process_open_files_max", GAUGE, "", "Descriptors that this process may have.")                \
    M(BACKUP_LAST, "muster_backup_last_seconds", GAUGE, "", "When a backup was last made, in seconds since 1970; 0: never.") \
    M(VERIFIED_LAST, "muster_restore_check_last_seconds", GAUGE, "", "When a backup was last read back whole, in seconds " \
      "since 1970; 0: never.")                                                                                         \
    M(CHECK_LAST, "muster_check_last_seconds", GAUGE, "", "When a check last found all well, in seconds since 1970; 0: never.")

#define X(constant, name, type, label, help) METRIC_##constant,
enum metric { MUSTER_METRICS(X) METRIC_COUNT };
#undef X

struct metric_row {
    const char *name, *label, *help;
    enum metric_type type;
};
extern const struct metric_row metric_rows[METRIC_COUNT];

enum { METRICS_TEXT_MAX = 32 * 1024 };
/* The text format of Prometheus, version 0.0.4, NUL-terminated; 0 if it does not fit into size, else its length. */
size_t metrics_write(char *out, size_t size, const double values[METRIC_COUNT]);

struct node;
struct trouble;
/* The numbers as they are now. */
void metrics_look(struct node *node, double values[METRIC_COUNT]);
/* NULL when the node is ready, else a sentence why not. */
const char *metrics_unready(struct node *node);

/* --- metrics_http.c: GET /metrics, /healthz, /readyz on a loopback address --- */
struct metrics;
enum { METRICS_CONNECTIONS_MAX = 16, METRICS_MEMORY_BYTES = 16 * 1024, METRICS_TIMEOUT_S = 5, METRICS_ADDRESS_BYTES = 64 };
/* Is it ADDRESS:PORT of this machine alone?  EENDPOINT. */
MUST_USE enum muster_error metrics_address_check(const char *address);
/* EENDPOINT, EADDRINUSE, EBUSY with a sentence: a node works without. */
MUST_USE enum muster_error metrics_start(struct metrics **out, struct node *node, const char *address,
                                         struct trouble *trouble);
void metrics_stop(struct metrics *metrics); /* NULL is allowed */
void metrics_run(struct metrics *metrics);  /* timeouts; NULL is allowed */
/* Where it listens, with the port that the system chose. */
const char *metrics_address(const struct metrics *metrics);

#endif
