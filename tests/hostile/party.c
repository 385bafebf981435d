#include "hostile/party.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, TURN_MS = 2 };

static bool on_admit(void *user, const struct curve_public *key, const char *address, const char **reason)
{
    const struct party *p = user;
    (void)address;
    for (size_t i = 0; i < p->admitted_count; i++)
        if (memcmp(p->admitted[i].b, key->b, sizeof key->b) == 0)
            return true;
    *reason = "stranger";
    return false;
}

static void on_up(void *user, struct link_conn conn, const struct curve_public *peer, bool dialled, const char *address)
{
    struct party *p = user;
    (void)dialled;
    assert_true(strlen(address) > 0);
    assert_true(p->conns_count < PARTY_CONNS_MAX);
    p->conns[p->conns_count] = conn;
    p->peers[p->conns_count++] = *peer;
    p->ups++;
    p->last_conn = conn;
    if (dialled) {
        const uint8_t hello = 'h';
        assert_int_equal(link_send(p->link, conn, &hello, 1), MUSTER_OK);
    }
}

static size_t conn_index(const struct party *p, struct link_conn conn)
{
    size_t i = 0;
    while (i < p->conns_count && p->conns[i].n != conn.n)
        i++;
    assert_true(i < p->conns_count); /* told of a connection that is not up */
    return i;
}

static void on_message(void *user, struct link_conn conn, const uint8_t *bytes, size_t len)
{
    struct party *p = user;
    conn_index(p, conn);
    p->messages++;
    p->bytes += len;
    if (p->answers && len == 1 && bytes[0] == 'h')
        assert_int_not_equal(link_send(p->link, conn, (const uint8_t *)"w", 1), MUSTER_ETOOBIG);
    if (p->on_message)
        p->on_message(p, conn, bytes, len);
}

static void on_down(void *user, struct link_conn conn, enum link_reason reason)
{
    struct party *p = user;
    size_t i = conn_index(p, conn);
    memmove(&p->conns[i], &p->conns[i + 1], (p->conns_count - i - 1) * sizeof p->conns[0]);
    memmove(&p->peers[i], &p->peers[i + 1], (p->conns_count - i - 1) * sizeof p->peers[0]);
    p->conns_count--;
    p->downs++;
    p->last_down = reason;
}

static void on_ready(void *user, struct link_conn conn)
{
    struct party *p = user;
    conn_index(p, conn);
    p->readies++;
}

static void on_journal(void *user, const char *event, const char *text)
{
    struct party *p = user;
    size_t len = strlen(p->journal);
    snprintf(p->journal + len, sizeof p->journal - len, "%s %s\n", event, text);
}

zloop_t *party_loop(void)
{
    zsys_handler_set(NULL);
    zloop_t *loop = zloop_new();
    assert_non_null(loop);
    return loop;
}

void party_keys(struct party *p)
{
    curve_keys(&p->key, &p->secret);
}

void party_admit(struct party *p, const struct curve_public *key)
{
    assert_true(p->admitted_count < PARTY_KEYS_MAX);
    p->admitted[p->admitted_count++] = *key;
}

void party_forget(struct party *p, const struct curve_public *key)
{
    for (size_t i = 0; i < p->admitted_count; i++)
        if (memcmp(p->admitted[i].b, key->b, sizeof key->b) == 0)
            p->admitted[i--] = p->admitted[--p->admitted_count];
}

void party_config(const struct party *p, struct link_config *config)
{
    link_config_default(config);
    config->public_key = p->key;
    config->secret_key = p->secret;
    config->listen[0] = "tcp://127.0.0.1:0";
    config->listen_count = 1;
    config->redial_min_ms = 20;
    config->redial_max_ms = 200;
    config->seed = 7;
}

void party_start(struct party *p, zloop_t *loop, const struct link_config *config)
{
    struct link_config c = *config;
    p->loop = loop;
    c.callbacks = (struct link_callbacks){.user = p, .admit = on_admit, .up = on_up, .message = on_message,
                                          .down = on_down, .ready = on_ready, .journal = on_journal};
    assert_int_equal(link_start(&p->link, loop, &c), MUSTER_OK);
}

void party_open(struct party *p, zloop_t *loop)
{
    static const struct curve_public none;
    struct link_config config;
    if (memcmp(&p->key, &none, sizeof none) == 0)
        party_keys(p);
    party_config(p, &config);
    party_start(p, loop, &config);
}

void party_stop(struct party *p)
{
    link_stop(p->link);
    p->link = NULL;
}

const char *party_endpoint(const struct party *p)
{
    return link_endpoint(p->link, 0);
}

bool party_journal_has(const struct party *p, const char *text)
{
    return strstr(p->journal, text) != NULL;
}

static bool both_up(void *arg)
{
    struct party **pair = arg;
    return pair[0]->conns_count > 0 && pair[1]->conns_count > 0 && pair[1]->messages > 0;
}

struct link_dial pair_up(struct party *a, struct party *b)
{
    struct party *pair[2] = {a, b};
    struct link_dial dial;
    a->answers = true;
    party_admit(a, &b->key);
    party_admit(b, &a->key);
    assert_int_equal(link_dial(b->link, party_endpoint(a), &a->key, &dial), MUSTER_OK);
    RUN_UNTIL(a->loop, both_up, pair);
    return dial;
}

struct until {
    until_fn *fn;
    void *arg;
    bool happened;
    unsigned turns;
};

static int on_turn(zloop_t *loop, int timer, void *arg)
{
    struct until *u = arg;
    (void)loop;
    (void)timer;
    u->happened = u->fn && u->fn(u->arg);
    return u->happened || --u->turns == 0 ? -1 : 0;
}

static bool turn_loop(zloop_t *loop, until_fn *fn, void *arg, unsigned turns)
{
    struct until u = {.fn = fn, .arg = arg, .turns = turns};
    int timer = zloop_timer(loop, TURN_MS, 0, on_turn, &u);
    zloop_start(loop);
    zloop_timer_end(loop, timer);
    return u.happened;
}

void run_until(zloop_t *loop, until_fn *fn, void *arg, const char *what, const char *file, int line)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    time_t end = t.tv_sec + PATIENCE_MS / 1000;
    while (!turn_loop(loop, fn, arg, 1000)) {
        clock_gettime(CLOCK_MONOTONIC, &t);
        if (t.tv_sec > end) {
            print_error("never: %s\n", what);
            _fail(file, line);
        }
    }
}

void run_turns(zloop_t *loop, unsigned turns)
{
    turn_loop(loop, NULL, NULL, turns);
}

static void *attack_thread(void *arg)
{
    struct attack *a = arg;
    a->run(a);
    __atomic_store_n(&a->done, true, __ATOMIC_RELEASE);
    return NULL;
}

void attack_start(struct attack *a)
{
    a->done = false;
    assert_int_equal(pthread_create(&a->thread, NULL, attack_thread, a), 0);
}

bool attack_done(void *arg)
{
    return __atomic_load_n(&((struct attack *)arg)->done, __ATOMIC_ACQUIRE);
}

void attack_join(struct attack *a)
{
    pthread_join(a->thread, NULL);
}

void attack_run(zloop_t *loop, struct attack *a)
{
    attack_start(a);
    RUN_UNTIL(loop, attack_done, a);
    attack_join(a);
}

size_t memory_bytes(void)
{
    unsigned long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &pages, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}
