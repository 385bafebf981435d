/* pipe.c — what the machine allows, with the same libraries and nothing else.
 *
 * Bulk: DEALER to ROUTER over CURVE, messages of 64 kB, records of 600 bytes, one signature for 256 of them;
 * the receiver hashes every record, verifies every signature, and makes 1,024 records and their hash index
 * durable in each LMDB transaction.  Single: one record, durable here, sent, verified, durable there. */
#include "bench/bench.h"

#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum {
    HASH = crypto_generichash_BYTES,
    SIGN = crypto_sign_BYTES,
    PER_SIGNATURE = 256,
    PER_COMMIT = 1024,
    MESSAGE_BYTES = 64 * 1024,
    PER_MESSAGE = MESSAGE_BYTES / BENCH_RECORD_BYTES,
    KEY_TEXT = 41,
    WAIT_MS = 60 * 1000
};

struct shared { /* between the two processes */
    volatile double done_at;
    volatile uint64_t records, signatures, refused;
    uint8_t digest[HASH];
};

struct ends { /* fixed for one run */
    char server_public[KEY_TEXT], server_secret[KEY_TEXT], client_public[KEY_TEXT], client_secret[KEY_TEXT];
    uint8_t sign_public[crypto_sign_PUBLICKEYBYTES], sign_secret[crypto_sign_SECRETKEYBYTES];
    char endpoint[64], dir[BENCH_PATH_BYTES];
    size_t records;
    struct shared *shared;
    pid_t receiver;
};

struct durable {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi records, index;
    uint64_t next, pending;
};

static void ok(int rc, const char *what)
{
    if (rc)
        bench_fail("%s: %s", what, mdb_strerror(rc));
}

static void durable_open(struct durable *d, const char *dir)
{
    *d = (struct durable){.next = 1};
    mkdir(dir, 0700);
    ok(mdb_env_create(&d->env), "mdb_env_create");
    ok(mdb_env_set_mapsize(d->env, (size_t)1 << 36), "mdb_env_set_mapsize");
    ok(mdb_env_set_maxdbs(d->env, 2), "mdb_env_set_maxdbs");
    ok(mdb_env_open(d->env, dir, 0, 0600), "mdb_env_open");
    ok(mdb_txn_begin(d->env, NULL, 0, &d->txn), "mdb_txn_begin");
    ok(mdb_dbi_open(d->txn, "records", MDB_CREATE, &d->records), "mdb_dbi_open");
    ok(mdb_dbi_open(d->txn, "index", MDB_CREATE, &d->index), "mdb_dbi_open");
    ok(mdb_txn_commit(d->txn), "mdb_txn_commit");
    d->txn = NULL;
}

static void durable_commit(struct durable *d)
{
    if (d->txn)
        ok(mdb_txn_commit(d->txn), "mdb_txn_commit");
    d->txn = NULL;
    d->pending = 0;
}

static void durable_put(struct durable *d, const uint8_t *record, const uint8_t *hash, size_t per_commit)
{
    uint8_t key[8];
    if (!d->txn)
        ok(mdb_txn_begin(d->env, NULL, 0, &d->txn), "mdb_txn_begin");
    for (int i = 0; i < 8; i++)
        key[i] = (uint8_t)(d->next >> (56 - 8 * i));
    MDB_val k = {8, key}, v = {BENCH_RECORD_BYTES, (void *)(uintptr_t)record}, h = {HASH, (void *)(uintptr_t)hash};
    ok(mdb_put(d->txn, d->records, &k, &v, MDB_APPEND), "mdb_put of a record");
    if (hash)
        ok(mdb_put(d->txn, d->index, &h, &k, 0), "mdb_put of a hash");
    d->next++;
    if (++d->pending == per_commit)
        durable_commit(d);
}

static void durable_close(struct durable *d)
{
    durable_commit(d);
    mdb_env_close(d->env);
}

static void remove_files(const char *dir)
{
    char path[BENCH_PATH_BYTES + 16];
    const char *names[] = {"data.mdb", "lock.mdb"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

static void ends_make(struct bench *bench, struct ends *ends, size_t records)
{
    bench_check(sodium_init() >= 0, "libsodium does not start");
    *ends = (struct ends){.records = records};
    zmq_curve_keypair(ends->server_public, ends->server_secret);
    zmq_curve_keypair(ends->client_public, ends->client_secret);
    crypto_sign_keypair(ends->sign_public, ends->sign_secret);
    snprintf(ends->endpoint, sizeof(ends->endpoint), "tcp://127.0.0.1:%d", node_free_port());
    snprintf(ends->dir, sizeof(ends->dir), "%s/pipe", bench->root);
    ends->shared = mmap(NULL, sizeof(*ends->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_check(ends->shared != MAP_FAILED, "no memory");
}

static void ends_finish(struct ends *ends)
{
    int status = 1;
    waitpid(ends->receiver, &status, 0);
    bench_check(status == 0, "the bare path's receiver failed");
    remove_files(ends->dir);
    munmap(ends->shared, sizeof(*ends->shared));
}

static void *server(void *context, const struct ends *ends)
{
    int yes = 1, ms = WAIT_MS;
    void *socket = zmq_socket(context, ZMQ_ROUTER);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof(yes));
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, ends->server_secret, KEY_TEXT);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &ms, sizeof(ms));
    bench_check(zmq_bind(socket, ends->endpoint) == 0, "the bare path cannot listen");
    return socket;
}

static void *client(void *context, const struct ends *ends)
{
    int ms = WAIT_MS;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, ends->server_public, KEY_TEXT);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, ends->client_public, KEY_TEXT);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, ends->client_secret, KEY_TEXT);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &ms, sizeof(ms));
    bench_check(zmq_connect(socket, ends->endpoint) == 0, "the bare path cannot connect");
    return socket;
}

/* --- bulk: a stream of (records of a segment, its signature) cut into messages of 64 kB --------------------- */

struct taker {
    struct durable durable;
    const struct ends *ends;
    crypto_generichash_state segment, all;
    uint8_t part[BENCH_RECORD_BYTES]; /* the larger of the two */
    size_t have, in_segment, taken;
};

static void take_record(struct taker *t, const uint8_t *record)
{
    uint8_t hash[HASH];
    crypto_generichash(hash, HASH, record, BENCH_RECORD_BYTES, NULL, 0);
    crypto_generichash_update(&t->segment, hash, HASH);
    crypto_generichash_update(&t->all, hash, HASH);
    durable_put(&t->durable, record, hash, PER_COMMIT);
    t->in_segment++;
    t->taken++;
}

static void take_signature(struct taker *t, const uint8_t *signature)
{
    uint8_t root[HASH];
    crypto_generichash_final(&t->segment, root, HASH);
    if (crypto_sign_verify_detached(signature, root, HASH, t->ends->sign_public) != 0)
        t->ends->shared->refused++;
    t->ends->shared->signatures++;
    crypto_generichash_init(&t->segment, NULL, 0, HASH);
    t->in_segment = 0;
}

static void take(struct taker *t, const uint8_t *bytes, size_t len)
{
    while (len) {
        bool signature = t->in_segment == PER_SIGNATURE || (t->taken == t->ends->records && t->in_segment);
        size_t wanted = signature ? (size_t)SIGN : (size_t)BENCH_RECORD_BYTES,
               n = wanted - t->have < len ? wanted - t->have : len;
        const uint8_t *whole = bytes;
        if (t->have || n < wanted) {
            memcpy(t->part + t->have, bytes, n);
            t->have += n;
            whole = t->part;
        } else {
            t->have = n;
        }
        bytes += n;
        len -= n;
        if (t->have < wanted)
            continue;
        t->have = 0;
        if (signature)
            take_signature(t, whole);
        else
            take_record(t, whole);
    }
}

static void receive_bulk(const struct ends *ends)
{
    struct taker t = {.ends = ends};
    void *context = zmq_ctx_new(), *socket = server(context, ends);
    size_t signatures = (ends->records + PER_SIGNATURE - 1) / PER_SIGNATURE;
    durable_open(&t.durable, ends->dir);
    crypto_generichash_init(&t.segment, NULL, 0, HASH);
    crypto_generichash_init(&t.all, NULL, 0, HASH);
    while (ends->shared->signatures < signatures) {
        zmq_msg_t id, message;
        zmq_msg_init(&id);
        zmq_msg_init(&message);
        if (zmq_msg_recv(&id, socket, 0) < 0 || zmq_msg_recv(&message, socket, 0) < 0)
            bench_fail("the bare pipe stands still");
        take(&t, zmq_msg_data(&message), zmq_msg_size(&message));
        zmq_msg_close(&id);
        zmq_msg_close(&message);
    }
    durable_commit(&t.durable);
    ends->shared->done_at = bench_now();
    crypto_generichash_final(&t.all, ends->shared->digest, HASH);
    ends->shared->records = t.taken;
    durable_close(&t.durable);
    zmq_close(socket);
    zmq_ctx_term(context);
}

/* The stream as a store would hold it: signed before the clock starts. */
static uint8_t *make_stream(struct bench *bench, const struct ends *ends, size_t *len, uint8_t digest[HASH])
{
    struct sample sample = {bench->seed};
    size_t signatures = (ends->records + PER_SIGNATURE - 1) / PER_SIGNATURE;
    uint8_t *stream = malloc(ends->records * BENCH_RECORD_BYTES + signatures * SIGN), *at = stream;
    crypto_generichash_state all, segment;
    bench_check(stream, "no memory");
    crypto_generichash_init(&all, NULL, 0, HASH);
    for (size_t i = 0; i < ends->records; i++) {
        uint8_t hash[HASH];
        if (i % PER_SIGNATURE == 0)
            crypto_generichash_init(&segment, NULL, 0, HASH);
        sample_bytes(&sample, at, BENCH_RECORD_BYTES);
        crypto_generichash(hash, HASH, at, BENCH_RECORD_BYTES, NULL, 0);
        crypto_generichash_update(&segment, hash, HASH);
        crypto_generichash_update(&all, hash, HASH);
        at += BENCH_RECORD_BYTES;
        if (i % PER_SIGNATURE == PER_SIGNATURE - 1 || i == ends->records - 1) {
            crypto_generichash_final(&segment, hash, HASH);
            crypto_sign_detached(at, NULL, hash, HASH, ends->sign_secret);
            at += SIGN;
        }
    }
    crypto_generichash_final(&all, digest, HASH);
    *len = (size_t)(at - stream);
    return stream;
}

static pid_t fork_receiver(const struct ends *ends, void (*receive)(const struct ends *))
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        receive(ends);
        _exit(0);
    }
    bench_check(pid > 0, "fork failed");
    return pid;
}

double pipe_bulk(struct bench *bench, size_t records)
{
    struct ends ends;
    size_t len;
    uint8_t digest[HASH];
    ends_make(bench, &ends, records);
    uint8_t *stream = make_stream(bench, &ends, &len, digest);
    ends.receiver = fork_receiver(&ends, receive_bulk);
    void *context = zmq_ctx_new(), *socket = client(context, &ends);
    double from = bench_now();
    for (size_t at = 0; at < len; at += MESSAGE_BYTES)
        if (zmq_send(socket, stream + at, len - at < MESSAGE_BYTES ? len - at : MESSAGE_BYTES, 0) < 0)
            bench_fail("the bare pipe cannot send");
    int status = 1;
    waitpid(ends.receiver, &status, 0);
    double seconds = ends.shared->done_at - from;
    bench_check(status == 0 && ends.shared->records == records && !ends.shared->refused &&
                    memcmp(ends.shared->digest, digest, HASH) == 0,
                "the bare pipe lost or changed records");
    zmq_close(socket);
    zmq_ctx_term(context);
    free(stream);
    remove_files(ends.dir);
    munmap(ends.shared, sizeof(*ends.shared));
    return (double)records / seconds;
}

/* --- single records ---------------------------------------------------------------------------------------- */

static void receive_single(const struct ends *ends)
{
    struct durable durable;
    uint8_t bytes[BENCH_RECORD_BYTES + SIGN], id[64], hash[HASH];
    void *context = zmq_ctx_new(), *socket = server(context, ends);
    durable_open(&durable, ends->dir);
    for (size_t i = 0; i < ends->records; i++) {
        int id_len = zmq_recv(socket, id, sizeof(id), 0);
        if (id_len < 0 || zmq_recv(socket, bytes, sizeof(bytes), 0) != (int)sizeof(bytes))
            bench_fail("the bare path stands still");
        crypto_generichash(hash, HASH, bytes, BENCH_RECORD_BYTES, NULL, 0);
        if (crypto_sign_verify_detached(bytes + BENCH_RECORD_BYTES, hash, HASH, ends->sign_public) != 0)
            bench_fail("a signature of the bare path does not fit");
        durable_put(&durable, bytes, hash, 1);
        ends->shared->done_at = bench_now();
        zmq_send(socket, id, (size_t)id_len, ZMQ_SNDMORE);
        zmq_send(socket, "", 1, 0);
    }
    durable_close(&durable);
    zmq_close(socket);
    zmq_ctx_term(context);
}

void pipe_single(struct bench *bench, double *seconds, size_t count)
{
    struct ends ends;
    struct durable durable;
    struct sample sample = {bench->seed};
    char own_dir[BENCH_PATH_BYTES];
    ends_make(bench, &ends, count);
    snprintf(own_dir, sizeof(own_dir), "%s/pipe-own", bench->root);
    ends.receiver = fork_receiver(&ends, receive_single);
    durable_open(&durable, own_dir);
    void *context = zmq_ctx_new(), *socket = client(context, &ends);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[BENCH_RECORD_BYTES + SIGN], hash[HASH], reply;
        sample_bytes(&sample, bytes, BENCH_RECORD_BYTES);
        double from = bench_now();
        crypto_generichash(hash, HASH, bytes, BENCH_RECORD_BYTES, NULL, 0);
        crypto_sign_detached(bytes + BENCH_RECORD_BYTES, NULL, hash, HASH, ends.sign_secret);
        durable_put(&durable, bytes, hash, 1);
        if (zmq_send(socket, bytes, sizeof(bytes), 0) < 0 || zmq_recv(socket, &reply, 1, 0) < 0)
            bench_fail("the bare path stands still");
        seconds[i] = ends.shared->done_at - from;
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    durable_close(&durable);
    remove_files(own_dir);
    ends_finish(&ends);
}

double pipe_puts(struct bench *bench, double for_seconds)
{
    struct durable durable;
    struct sample sample = {bench->seed};
    uint8_t record[BENCH_RECORD_BYTES];
    char dir[BENCH_PATH_BYTES];
    size_t count = 0;
    snprintf(dir, sizeof(dir), "%s/puts", bench->root);
    durable_open(&durable, dir);
    sample_bytes(&sample, record, sizeof(record));
    double from = bench_now(), now = from;
    for (; now - from < for_seconds; now = bench_now(), count++)
        durable_put(&durable, record, NULL, 1);
    durable_close(&durable);
    remove_files(dir);
    return (double)count / (now - from);
}
