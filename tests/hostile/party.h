/* party.h — a node's transport for tests: a link, its loop, and what was told.
 *
 * Several parties may share a loop.  run_until turns the loop until something has happened; a minute
 * without it fails the test, so no test depends on how fast the machine is. */
#ifndef MUSTER_TESTS_HOSTILE_PARTY_H
#define MUSTER_TESTS_HOSTILE_PARTY_H

#include "node/link.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PARTY_KEYS_MAX = 8, PARTY_CONNS_MAX = 128, PARTY_JOURNAL_MAX = 16384 };

struct party {
    zloop_t *loop;
    struct link *link;
    struct curve_public key;
    struct curve_secret secret;
    struct curve_public admitted[PARTY_KEYS_MAX];
    size_t admitted_count;
    bool answers; /* says one byte back to the first message of an accepted connection */

    struct link_conn conns[PARTY_CONNS_MAX]; /* up, oldest first */
    struct curve_public peers[PARTY_CONNS_MAX];
    size_t conns_count, ups, downs, messages, readies;
    uint64_t bytes;
    enum link_reason last_down;
    struct link_conn last_conn;
    char journal[PARTY_JOURNAL_MAX];
    void (*on_message)(struct party *party, struct link_conn conn, const uint8_t *bytes, size_t len);
    void *test;
};

zloop_t *party_loop(void);
void party_keys(struct party *party);
void party_admit(struct party *party, const struct curve_public *key);
void party_forget(struct party *party, const struct curve_public *key);
/* The default with short pauses, listening on a port of the system's choice. */
void party_config(const struct party *party, struct link_config *config);
void party_start(struct party *party, zloop_t *loop, const struct link_config *config);
/* Keys if there are none, config, start. */
void party_open(struct party *party, zloop_t *loop);
void party_stop(struct party *party);
const char *party_endpoint(const struct party *party);
bool party_journal_has(const struct party *party, const char *text);

/* Two parties of one loop that know each other, `b` having called `a`, both up. */
struct link_dial pair_up(struct party *a, struct party *b);

typedef bool until_fn(void *arg);
#define RUN_UNTIL(loop, fn, arg) run_until(loop, fn, arg, #fn, __FILE__, __LINE__)
void run_until(zloop_t *loop, until_fn *fn, void *arg, const char *what, const char *file, int line);
/* Turns the loop so many times, for what must not happen. */
void run_turns(zloop_t *loop, unsigned turns);

/* A hostile peer in its thread, while the loop runs. */
struct attack {
    pthread_t thread;
    void (*run)(struct attack *attack);
    const char *endpoint;
    const struct party *victim;
    struct curve_public key; /* its own, where it has one */
    struct curve_secret secret;
    int number, listener;
    int fd; /* left open for the test to close */
    bool done;    /* under the lock */
    bool result;
    size_t sent;
    void *test;
};
void attack_start(struct attack *attack);
bool attack_done(void *attack);
/* Starts it, runs the loop until it is over, joins. */
void attack_run(zloop_t *loop, struct attack *attack);
void attack_join(struct attack *attack);

size_t memory_bytes(void); /* resident */

#endif
