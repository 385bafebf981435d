/* bench.h — what the files of muster-bench share.
 *
 * Machines are noisy, so every figure stands beside a limit measured in the same run, turn by turn, and medians
 * are compared.  A run that loses a record or ends with unequal digests is no figure: bench_fail ends it.
 * main() runs everything in a child, so that the directories are removed whatever happens; all other processes
 * die with that child. */
#ifndef MUSTER_TESTS_BENCH_BENCH_H
#define MUSTER_TESTS_BENCH_BENCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    BENCH_PATH_BYTES = 96, /* of a unix socket's name */
    BENCH_ROWS_MAX = 96,
    BENCH_RUNS_MAX = 9,
    BENCH_RECORD_BYTES = 600 /* of the bare paths */
};

struct bench_row {
    char figure[64], value[32], limit[64], ratio[16], goal[32];
};

struct bench {
    const char *musterd, *only;
    char root[BENCH_PATH_BYTES / 2];
    size_t records;
    unsigned runs;
    bool quick, full, smoke, keep;
    uint64_t seed;
    unsigned next_node;
    struct bench_row rows[BENCH_ROWS_MAX];
    size_t row_count;
};

/* --- measure.c: clocks, medians, rows ------------------------------------------------------------------ */

double bench_now(void);          /* seconds, monotonic, the same for all processes */
void bench_wait(double seconds); /* between two looks at a state; nothing is measured by it */
/* Sorts; q in 0..1. */
double bench_quantile(double *values, size_t count, double q);
/* A line of progress on stderr. */
void bench_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says why there is no figure and ends the run. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void bench_check(bool is_true, const char *what);
/* One row; limit NULL: there is none; ratio 0: none. */
void bench_row(struct bench *bench, const char *figure, const char *value, const char *limit, double ratio,
               const char *goal);
void bench_text(char out[32], const char *format, ...) __attribute__((format(printf, 2, 3)));
void bench_print(const struct bench *bench);
/* Private memory of a process in bytes: dirty and clean of smaps_rollup. */
size_t bench_private(pid_t pid);
/* Processor time of a process so far, of all its threads, in seconds. */
double bench_processor(pid_t pid);
/* The same at its most from now on, looked at every 100 ms by a thread of its own; end: that, in bytes. */
struct bench_watch {
    pthread_t thread;
    pid_t pid;
    atomic_size_t most;
    atomic_bool over;
};
void bench_watch_begin(struct bench_watch *watch, pid_t pid);
size_t bench_watch_end(struct bench_watch *watch);

/* --- sample.c: records as agencies write them ------------------------------------------------------------ */

struct sample {
    uint64_t state;
};
uint64_t sample_number(struct sample *sample, uint64_t below);
/* One item of POST /v1/records, a stock row or an alert with fields of ~585 bytes; returns its length, which
 * stays below SAMPLE_ITEM_MAX. */
enum { SAMPLE_ITEM_MAX = 2048 };
size_t sample_item(struct sample *sample, char out[SAMPLE_ITEM_MAX], bool flash);
void sample_bytes(struct sample *sample, uint8_t *out, size_t len);

/* --- http.c: one kept connection to a node's API ---------------------------------------------------------- */

struct http {
    char socket[BENCH_PATH_BYTES];
    int fd;
    char *buffer;
    size_t size, answer_len;
    char *answer; /* a JSON text, inside buffer, valid until the next call */
};
void http_open(struct http *http, const char *socket);
void http_close(struct http *http);
/* The status of the answer, 0 if nobody listens. */
int http_call(struct http *http, const char *method, const char *path, const char *body, size_t len);
/* A number, or a string of at most size-1 bytes, behind the first "name": of the answer from `at` on. */
bool http_number(const char *at, const char *name, double *out);
bool http_string(const char *at, const char *name, char *out, size_t size);

/* --- pipe.c: the bare paths ------------------------------------------------------------------------------- */

/* Records per second of CURVE, one signature per 256 records, hash index, durable batches. */
double pipe_bulk(struct bench *bench, size_t records);
/* Seconds each of `count` single records takes: durable here, sent, verified, durable there. */
void pipe_single(struct bench *bench, double *seconds, size_t count);
/* Durable single puts per second of LMDB. */
double pipe_puts(struct bench *bench, double for_seconds);

/* --- nodes.c: real nodes ------------------------------------------------------------------------------------ */

struct bench_node {
    char name[16], dir[BENCH_PATH_BYTES], socket[BENCH_PATH_BYTES];
    int port, advertised;
    bool keep; /* its directory, at the end */
    pid_t pid;
    struct http http;
};
/* Starts musterd with an empty directory and makes it a node of an agency of its own.
 * advertised   the port on its card: its own, a relay's, or one where nobody listens */
enum { NODE_PORT_OWN = 0, NODE_PORT_NONE = 9 };
void node_new(struct bench *bench, struct bench_node *node, int port, int advertised);
int node_free_port(void);
/* Starts it (again): returns the seconds until it is ready. */
double node_run(struct bench *bench, struct bench_node *node);
void node_end(struct bench_node *node); /* SIGTERM, waits, keeps the directory */
void node_remove(struct bench_node *node);
/* Runs `muster` that lies beside musterd with these arguments (at most 15, NULL at the end), its output thrown away; the
 * seconds from the fork until it has ended, which it must with 0. */
double node_muster(const struct bench *bench, const struct bench_node *node, const char *const *arguments);
void node_space(struct bench_node *node, const char *name);
/* `to` gives out its card, `from` invites it; the invitation, to be freed. */
char *node_invite(struct bench_node *from, struct bench_node *to, const char *space);
/* `to` gives out its card, `from` invites it, `to` joins; returns the moment before the join was asked for. */
double node_join(struct bench_node *from, struct bench_node *to, const char *space);
struct node_state {
    size_t objects, records;
    char digest[80];
};
size_t node_objects(struct bench_node *node, const char *space);
void node_digest(struct bench_node *node, const char *space, struct node_state *out);
/* Waits until the space has that many objects; returns the moment it was seen. */
double node_wait(struct bench_node *node, const char *space, size_t objects, double gap, double deadline);
/* Writes `count` records, `batch` a request.  ids (count of 33 bytes) may be NULL. */
void node_write(struct bench_node *node, const char *space, struct sample *sample, size_t count, size_t batch,
                char (*ids)[33]);
/* Fails unless both have that many objects and the same digest. */
void node_equal(struct bench_node *a, struct bench_node *b, const char *space, size_t objects);

/* --- relay.c: a counting line between two nodes, a process of its own ------------------------------------- */

enum { RELAY_EVENTS = 8192, RELAY_CURVE_BYTES = 868 };
struct relay_event {
    double at;
    uint32_t bytes;
    uint32_t up; /* from the caller */
};
struct relay_view {                /* shared with the relay's process */
    volatile int open;             /* 0: the line is cut */
    volatile uint32_t accepted;    /* connections so far */
    volatile double accepted_at;   /* of the newest */
    volatile uint64_t bytes[2];    /* down, up */
    volatile uint32_t event_count; /* since the last reset; may be larger than RELAY_EVENTS */
    struct relay_event events[RELAY_EVENTS];
};
struct relay {
    int port;
    pid_t pid;
    struct relay_view *view;
};
/* bytes_per_second 0: as fast as it goes; delay in seconds each way. */
void relay_start(struct relay *relay, int target_port, double bytes_per_second, double delay);
void relay_cut(struct relay *relay);
void relay_open(struct relay *relay);
/* Waits until nothing has passed for `seconds`. */
void relay_settle(struct relay *relay, double seconds);
uint64_t relay_bytes(const struct relay *relay);
void relay_stop(struct relay *relay);

/* --- the figures -------------------------------------------------------------------------------------------- */

void figure_pipe(struct bench *bench);
void figure_catch_up(struct bench *bench);
void figure_writes(struct bench *bench);
void figure_latency(struct bench *bench);
void figure_missing(struct bench *bench);
void figure_quiet(struct bench *bench);
void figure_flash(struct bench *bench);
void figure_memory(struct bench *bench);
void figure_fold(struct bench *bench);
void figure_find(struct bench *bench);
void figure_import(struct bench *bench);
void figure_backup(struct bench *bench);

#endif
