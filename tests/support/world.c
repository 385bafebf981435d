#include "support/world.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/log/payload.h"
#include "protocol/object/op.h"
#include "protocol/trust/statement.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVENTS_KEPT = 64 };

struct packet {
    struct packet *next;
    size_t from, to;
    conn_id conn; /* at the receiver */
    bool closes;  /* nothing follows: the sender has closed the connection */
    size_t len;
    uint8_t bytes[];
};

struct node {
    struct core *core;
    struct memory_store *store;
    struct core_config config;
    uint8_t card[CARD_BYTES_MAX];
    struct sign_secret root;
    int64_t offset_ms;
    unsigned failures;
    bool dies, dead; /* in the next commit; died in one */
    enum muster_error failure;
    struct { char name[32]; uint64_t count; } seen[EVENTS_KEPT];
    enum muster_error closed_with;
    uint64_t answered;
    enum muster_error answer;
    struct space_id answer_space;
    struct command_outcome outcome;
};

struct world {
    struct node nodes[WORLD_NODES];
    size_t count;
    conn_id conns[WORLD_NODES][WORLD_NODES]; /* conns[a][b]: at a, to b; 0: none */
    conn_id next_conn;
    struct packet *first, **last;
    uint64_t now_ms, chance, messages, bytes, requests, jobs;
    struct payload_codec *codec; /* of the verifying threads */
    world_filter filter;
    void *filter_user;
    uint8_t *wire;
    size_t wire_len, wire_size;
};

struct world *world_new(uint64_t seed)
{
    struct world *w = calloc(1, sizeof(*w));
    if (crypto_start() != MUSTER_OK || !w)
        abort();
    *w = (struct world){.chance = seed << 32, .next_conn = 1, .codec = payload_codec_new(), .last = &w->first, .now_ms = 1760000000000};
    return w;
}

static void chance(struct world *w, uint8_t out[32])
{
    uint8_t seed[32] = {0};
    put_le64(seed, w->chance++);
    crypto_expand(out, 32, seed, "test/chance", 0);
}

void world_free(struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        core_free(w->nodes[i].core);
        memory_store_free(w->nodes[i].store);
    }
    for (struct packet *p = w->first, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    payload_codec_free(w->codec);
    free(w->wire);
    free(w);
}

static void start_core(struct world *w, size_t node)
{
    struct node *n = &w->nodes[node];
    uint8_t boot[32];
    chance(w, boot);
    memcpy(n->config.boot, boot, sizeof(n->config.boot));
    enum muster_error error = core_new(&n->core, &n->config, memory_store_storage(n->store));
    if (error) {
        fprintf(stderr, "core_new: %s\n", error_name(error));
        abort();
    }
}

size_t world_node(struct world *w, const char *name)
{
    struct node *n = &w->nodes[w->count];
    uint8_t seed[32], statements[2][STATEMENT_BYTES_MAX];
    struct sign_public root, next;
    struct sign_secret unused;
    struct curve_secret curve;
    struct bytes list[2];
    n->store = memory_store_new();
    chance(w, seed);
    sign_keys_from_seed(&root, &n->root, seed);
    chance(w, seed);
    sign_keys_from_seed(&next, &unused, seed);
    chance(w, seed);
    sign_keys_from_seed(&n->config.keys.sign, &n->config.sign_secret, seed);
    chance(w, seed);
    box_keys_from_seed(&n->config.keys.box, &n->config.box_secret, seed);
    chance(w, curve.b);
    curve_public_of(&n->config.keys.curve, &curve);
    struct hash committed = next_root_of(&next);
    list[0] = (struct bytes){statements[0], statement_inception(statements[0], &n->config.identity, &root, &n->root,
                                                                &committed, name, "CN", w->now_ms)};
    list[1] = (struct bytes){statements[1], statement_node(statements[1], &n->config.identity, &n->root, &n->config.keys,
                                                           "node-1", 0, w->now_ms)};
    const char *endpoints[] = {"tcp://127.0.0.1:7117"};
    size_t len = card_make(n->card, &n->config.identity, list, 2, &n->config.keys.sign, &n->config.sign_secret, endpoints, 1,
                           "duty desk", 1, w->now_ms);
    n->config.card = (struct bytes){n->card, len};
    n->config.software = "muster test";
    start_core(w, w->count);
    return w->count++;
}

struct core *world_core(struct world *w, size_t node)
{
    return w->nodes[node].core;
}

struct memory_store *world_store(struct world *w, size_t node)
{
    return w->nodes[node].store;
}

struct agency_id world_agency(const struct world *w, size_t node)
{
    return w->nodes[node].config.identity.agency;
}

struct bytes world_card(const struct world *w, size_t node)
{
    return w->nodes[node].config.card;
}

static void feed(struct world *w, size_t node, struct event *event);

static size_t peer_of(const struct world *w, size_t node, conn_id conn)
{
    for (size_t b = 0; b < w->count; b++)
        if (w->conns[node][b] == conn)
            return b;
    return WORLD_NODES;
}

static void note(struct node *n, const char *event)
{
    for (size_t i = 0; i < EVENTS_KEPT; i++) {
        if (!n->seen[i].name[0])
            snprintf(n->seen[i].name, sizeof(n->seen[i].name), "%s", event);
        if (strcmp(n->seen[i].name, event) == 0) {
            n->seen[i].count++;
            return;
        }
    }
}

static struct packet *queue(struct world *w, size_t from, size_t to)
{
    struct packet *p = malloc(sizeof(*p) + MESSAGE_BYTES_MAX);
    *p = (struct packet){.from = from, .to = to, .conn = w->conns[to][from]};
    *w->last = p;
    w->last = &p->next;
    return p;
}

static void send_bytes(struct world *w, size_t from, size_t to, struct bytes bytes)
{
    struct packet *p = queue(w, from, to);
    p->len = bytes.len;
    if (bytes.len)
        memcpy(p->bytes, bytes.at, bytes.len);
    w->messages++;
    w->bytes += p->len;
    if (w->wire_len + p->len <= w->wire_size) {
        memcpy(w->wire + w->wire_len, p->bytes, p->len);
        w->wire_len += p->len;
    }
}

static void send_packet(struct world *w, size_t from, const struct action *a)
{
    size_t to = peer_of(w, from, a->conn);
    if (to < WORLD_NODES)
        send_bytes(w, from, to, a->bytes);
}

void world_send(struct world *w, size_t from, size_t to, const void *bytes, size_t len)
{
    if (w->conns[from][to] && len <= MESSAGE_BYTES_MAX)
        send_bytes(w, from, to, (struct bytes){bytes, len});
}

enum muster_error world_closed_with(const struct world *w, size_t node)
{
    return w->nodes[node].closed_with;
}

bool world_linked(const struct world *w, size_t a, size_t b)
{
    return w->conns[a][b] != 0;
}

const struct core_config *world_config(const struct world *w, size_t node)
{
    return &w->nodes[node].config;
}

void world_mute(struct world *w, size_t node)
{
    for (size_t i = 0; i < w->count; i++)
        if (i != node)
            world_cut(w, node, i);
    core_free(w->nodes[node].core);
    w->nodes[node].core = NULL;
}

static void act(struct world *w, size_t node, const struct action *a)
{
    struct node *n = &w->nodes[node];
    struct event event = {.kind = EVENT_IDLE};
    switch (a->kind) {
    case ACTION_SEND:
        send_packet(w, node, a);
        break;
    case ACTION_CLOSE: {
        size_t peer = peer_of(w, node, a->conn);
        n->closed_with = a->error;
        if (peer < WORLD_NODES) {
            queue(w, node, peer)->closes = true; /* behind the reason, which was sent first */
            w->conns[node][peer] = 0;
        }
        break;
    }
    case ACTION_COMMIT: {
        enum muster_error error = n->failures ? n->failure : memory_store_commit(n->store, a->changes, a->count);
        n->failures -= n->failures > 0;
        n->dead = n->dies;
        n->dies = false;
        event.kind = error ? EVENT_COMMIT_FAILED : EVENT_COMMITTED;
        event.u.failed.error = error;
        feed(w, node, &event);
        break;
    }
    case ACTION_VERIFY:
        verify_job_run(a->job);
        if (w->jobs++ % 2) /* bodies opened ahead, and not */
            verify_job_open(a->job, w->codec);
        event.kind = EVENT_VERIFIED;
        event.u.verified.job = a->job;
        feed(w, node, &event);
        break;
    case ACTION_NOTIFY:
        if (a->notify == NOTIFY_EVENT) {
            note(n, a->event);
            if (getenv("WORLD_SAYS"))
                fprintf(stderr, "[%llu] %s: %s %s\n", (unsigned long long)(w->now_ms % 1000000), n->config.identity.name, a->event,
                        a->text);
        } else if (a->notify != NOTIFY_MEMBERS) {
            n->answered = a->request;
            n->answer = a->error;
            n->answer_space = a->space;
            n->outcome = a->outcome;
        }
        break;
    }
}

/* The actions belong to the core until its next step: copied before any of them makes one. */
static void feed(struct world *w, size_t node, struct event *event)
{
    struct node *n = &w->nodes[node];
    if (!n->core || n->dead)
        return;
    event->wall_ms = (uint64_t)((int64_t)w->now_ms + n->offset_ms);
    event->mono_ms = w->now_ms;
    chance(w, event->chance);
    struct actions got = core_step(n->core, event);
    struct action *copy = malloc((got.count + 1) * sizeof(*copy));
    memcpy(copy, got.at, got.count * sizeof(*copy));
    /* Sends first: their bytes live until the next step. */
    for (size_t i = 0; i < got.count; i++)
        if (copy[i].kind == ACTION_SEND)
            act(w, node, &copy[i]);
    for (size_t i = 0; i < got.count; i++)
        if (copy[i].kind != ACTION_SEND)
            act(w, node, &copy[i]);
    free(copy);
}

static bool deliver_one(struct world *w)
{
    struct packet *p = w->first;
    if (!p)
        return false;
    w->first = p->next;
    if (!w->first)
        w->last = &w->first;
    bool keep = p->conn && w->conns[p->to][p->from] == p->conn;
    if (p->closes && p->conn) {
        struct event down = {.kind = EVENT_DOWN};
        down.u.down.conn = p->conn;
        if (keep)
            w->conns[p->to][p->from] = 0;
        feed(w, p->to, &down);
        free(p);
        return true;
    }
    if (keep && w->filter)
        keep = w->filter(w->filter_user, p->from, p->to, p->bytes, &p->len);
    if (keep) {
        struct event event = {.kind = EVENT_MESSAGE};
        /* Exactly sized, so that reading beyond the end is seen. */
        uint8_t *exact = malloc(p->len ? p->len : 1);
        memcpy(exact, p->bytes, p->len);
        event.u.message.conn = p->conn;
        event.u.message.bytes = (struct bytes){exact, p->len};
        feed(w, p->to, &event);
        free(exact);
        struct event idle = {.kind = EVENT_IDLE};
        feed(w, p->to, &idle);
    }
    free(p);
    return true;
}

void world_connect(struct world *w, size_t a, size_t b)
{
    if (w->conns[a][b] && w->conns[b][a])
        return;
    w->conns[a][b] = w->next_conn++;
    w->conns[b][a] = w->next_conn++;
    for (int side = 0; side < 2; side++) {
        size_t me = side ? b : a, other = side ? a : b;
        struct event event = {.kind = EVENT_UP};
        event.u.up.conn = w->conns[me][other];
        event.u.up.key = w->nodes[other].config.keys.curve;
        event.u.up.dialled = side == 0;
        feed(w, me, &event);
    }
}

void world_cut(struct world *w, size_t a, size_t b)
{
    for (int side = 0; side < 2; side++) {
        size_t me = side ? b : a, other = side ? a : b;
        conn_id conn = w->conns[me][other];
        w->conns[me][other] = 0;
        if (!conn)
            continue;
        struct event event = {.kind = EVENT_DOWN};
        event.u.down.conn = conn;
        feed(w, me, &event);
    }
}

void world_restart(struct world *w, size_t node)
{
    for (size_t i = 0; i < w->count; i++)
        if (i != node)
            world_cut(w, node, i);
    core_free(w->nodes[node].core);
    w->nodes[node].core = NULL;
    start_core(w, node);
}

void world_restore(struct world *w, size_t node, struct memory_store *store)
{
    for (size_t i = 0; i < w->count; i++)
        if (i != node)
            world_cut(w, node, i);
    core_free(w->nodes[node].core);
    w->nodes[node].core = NULL;
    memory_store_free(w->nodes[node].store);
    w->nodes[node].store = store;
    start_core(w, node);
}

void world_stop(struct world *w, size_t node)
{
    world_mute(w, node);
}

void world_put(struct world *w, size_t node, struct memory_store *store)
{
    world_stop(w, node);
    memory_store_free(w->nodes[node].store);
    w->nodes[node].store = store;
}

void world_start(struct world *w, size_t node, bool guard_behind)
{
    world_stop(w, node);
    w->nodes[node].dead = false;
    if (guard_behind)
        memory_store_derived_reset(w->nodes[node].store);
    w->nodes[node].config.guard_behind = guard_behind;
    start_core(w, node);
    w->nodes[node].config.guard_behind = false;
}

size_t world_twin(struct world *w, size_t node)
{
    struct node *n = &w->nodes[w->count];
    if (w->count == WORLD_NODES)
        abort();
    *n = w->nodes[node];
    n->core = NULL;
    n->store = memory_store_clone(w->nodes[node].store);
    n->config.card.at = n->card;
    return w->count++;
}

void world_run(struct world *w, uint64_t ms)
{
    for (uint64_t end = w->now_ms + ms; w->now_ms < end; w->now_ms += TICK_MS) {
        while (deliver_one(w))
            ;
        for (size_t i = 0; i < w->count; i++) {
            struct event event = {.kind = EVENT_TICK};
            feed(w, i, &event);
        }
    }
    while (deliver_one(w))
        ;
}

void world_deliver(struct world *w, size_t messages)
{
    while (messages-- && deliver_one(w))
        ;
}

bool world_settle(struct world *w, uint64_t limit_ms)
{
    uint64_t quiet = 0;
    for (uint64_t end = w->now_ms + limit_ms; w->now_ms < end && quiet < 20;) {
        uint64_t before = w->messages;
        world_run(w, TICK_MS);
        quiet = w->messages == before ? quiet + 1 : 0;
    }
    return quiet >= 20;
}

static enum muster_error answer_of(struct world *w, size_t node, uint64_t request)
{
    struct event idle = {.kind = EVENT_IDLE};
    feed(w, node, &idle);
    feed(w, node, &idle);
    return w->nodes[node].answered == request ? w->nodes[node].answer : MUSTER_ETIMEOUT;
}

static enum muster_error command(struct world *w, size_t node, const struct command *c)
{
    struct event event = {.kind = EVENT_COMMAND};
    event.u.command.request = ++w->requests;
    event.u.command.command = c;
    feed(w, node, &event);
    return answer_of(w, node, w->requests);
}

enum muster_error world_govern(struct world *w, size_t node, const struct command *c, struct command_outcome *outcome)
{
    enum muster_error error = command(w, node, c);
    if (outcome)
        *outcome = w->nodes[node].outcome;
    return error;
}

enum muster_error world_space(struct world *w, size_t node, const char *name, bool exercise, struct space_id *out)
{
    struct command c = {.kind = COMMAND_SPACE_CREATE};
    snprintf(c.space.name, sizeof(c.space.name), "%s", name);
    c.space.exercise = exercise;
    enum muster_error error = command(w, node, &c);
    *out = w->nodes[node].answer_space;
    return error;
}

enum muster_error world_add(struct world *w, size_t node, const struct space_id *space, size_t whom, enum right right)
{
    struct command c = {.kind = COMMAND_ADD_MEMBER, .space_id = *space, .card = world_card(w, whom), .right = right};
    return command(w, node, &c);
}

enum muster_error world_join(struct world *w, size_t node, const struct space_id *space, size_t inviter)
{
    struct command join = {.kind = COMMAND_JOIN, .space_id = *space, .card = world_card(w, inviter)};
    return command(w, node, &join);
}

enum muster_error world_invite(struct world *w, size_t node, const struct space_id *space, size_t whom, enum right right)
{
    enum muster_error error = world_add(w, node, space, whom, right);
    return error ? error : world_join(w, whom, space, node);
}

enum muster_error world_write(struct world *w, size_t node, const struct space_id *space, const struct write_item *items,
                              struct write_result *results, size_t count)
{
    struct event event = {.kind = EVENT_WRITE};
    event.u.write.request = ++w->requests;
    event.u.write.space = *space;
    event.u.write.items = items;
    event.u.write.results = results;
    event.u.write.count = count;
    feed(w, node, &event);
    return answer_of(w, node, w->requests);
}

static size_t name_body(uint8_t *out, size_t size, const char *name, uint64_t *mask, bool create)
{
    const struct kind *kind = kind_by_number(KIND_INCIDENT);
    const struct field *title = field_by_name(kind, "name"), *phase = field_by_name(kind, "phase"),
                       *category = field_by_name(kind, "category");
    struct writer w = writer_over(out, size);
    pack_map(&w, create ? 3 : 1);
    pack_uint(&w, title->number);
    pack_text(&w, name, strlen(name));
    *mask = 1ull << title->number;
    if (create) {
        pack_uint(&w, phase->number);
        pack_text(&w, "active", 6);
        pack_uint(&w, category->number);
        pack_array(&w, 1);
        pack_text(&w, "Met", 3);
        *mask |= 1ull << phase->number | 1ull << category->number;
    }
    return writer_len(&w);
}

enum muster_error world_incident(struct world *w, size_t node, const struct space_id *space, const char *name,
                                 struct object_id *object)
{
    uint8_t body[512];
    struct write_item item = {.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1};
    struct write_result result;
    item.body = (struct bytes){body, name_body(body, sizeof(body), name, &item.mask, true)};
    enum muster_error error = world_write(w, node, space, &item, &result, 1);
    if (object)
        *object = result.object;
    return error ? error : result.error;
}

enum muster_error world_rename(struct world *w, size_t node, const struct space_id *space, const struct object_id *object,
                               const char *name)
{
    uint8_t body[512];
    struct write_item item = {.operation = OP_UPDATE, .kind = KIND_INCIDENT, .schema = 1, .object = *object};
    struct write_result result;
    item.body = (struct bytes){body, name_body(body, sizeof(body), name, &item.mask, false)};
    enum muster_error error = world_write(w, node, space, &item, &result, 1);
    return error ? error : result.error;
}

struct hash world_digest(struct world *w, size_t node, const struct space_id *space, uint64_t *objects)
{
    struct space_view view;
    struct hash digest = {{0}};
    uint64_t count = 0;
    if (core_space_by_id(w->nodes[node].core, space, &view) &&
        core_digest(w->nodes[node].core, view.number, &digest, &count) != MUSTER_OK)
        abort();
    if (objects)
        *objects = count;
    return digest;
}

enum muster_error world_command(struct world *w, size_t node, struct command *c)
{
    return command(w, node, c);
}

enum muster_error world_bundle_for(struct world *w, size_t from, const struct bundle_order *order, struct bundle_made *made)
{
    struct event event = {.kind = EVENT_BUNDLE_EXPORT};
    event.u.bundle_export.request = ++w->requests;
    event.u.bundle_export.order = order;
    event.u.bundle_export.made = made;
    feed(w, from, &event);
    return w->nodes[from].answered == w->requests ? w->nodes[from].answer : MUSTER_ETIMEOUT;
}

enum muster_error world_bundle_out(struct world *w, size_t from, size_t to, const struct bundle_order *order,
                                   struct bundle_made *made)
{
    struct bundle_order filled = order ? *order : (struct bundle_order){.all = false};
    filled.agency = world_agency(w, to);
    return world_bundle_for(w, from, &filled, made);
}

enum muster_error world_bundle_in(struct world *w, size_t node, const void *bytes, size_t len, struct bundle_report *report)
{
    struct event event = {.kind = EVENT_BUNDLE_IMPORT};
    uint8_t *exact = malloc(len ? len : 1); /* gone when the core has had it: it may keep nothing of it */
    uint64_t request = ++w->requests;
    if (len)
        memcpy(exact, bytes, len);
    event.u.bundle_import.request = request;
    event.u.bundle_import.file = (struct bytes){exact, len};
    event.u.bundle_import.report = report;
    feed(w, node, &event);
    free(exact);
    for (int i = 0; i < 1200 && w->nodes[node].answered != request; i++)
        world_run(w, TICK_MS);
    return w->nodes[node].answered == request ? w->nodes[node].answer : MUSTER_ETIMEOUT;
}

enum muster_error world_blob_put(struct world *w, size_t node, const struct space_id *space, const void *bytes, size_t len,
                                 struct blob_ref *ref)
{
    struct event event = {.kind = EVENT_BLOB_PUT};
    uint8_t *exact = malloc(len ? len : 1); /* gone when the core has had it */
    uint64_t request = ++w->requests;
    if (len)
        memcpy(exact, bytes, len);
    event.u.blob_put.request = request, event.u.blob_put.space = *space, event.u.blob_put.ref = ref;
    event.u.blob_put.bytes = (struct bytes){exact, len};
    feed(w, node, &event);
    free(exact);
    for (int i = 0; i < 200 && w->nodes[node].answered != request; i++)
        world_run(w, TICK_MS);
    return w->nodes[node].answered == request ? w->nodes[node].answer : MUSTER_ETIMEOUT;
}

void world_blob_want(struct world *w, size_t node, const struct space_id *space, const struct blob_ref *ref)
{
    struct event event = {.kind = EVENT_BLOB_WANT, .u.blob_want = {.space = *space, .ref = ref}};
    feed(w, node, &event);
}

void world_set_filter(struct world *w, world_filter filter, void *user)
{
    w->filter = filter;
    w->filter_user = user;
    if (!w->wire) {
        w->wire_size = 64 * 1024 * 1024;
        w->wire = malloc(w->wire_size);
    }
}

uint64_t world_messages(const struct world *w)
{
    return w->messages;
}

uint64_t world_bytes(const struct world *w)
{
    return w->bytes;
}

bool world_seen_on_wire(const struct world *w, const void *bytes, size_t len)
{
    return w->wire && memmem(w->wire, w->wire_len, bytes, len);
}

void world_fail_commits(struct world *w, size_t node, unsigned count, enum muster_error error)
{
    w->nodes[node].failures = count;
    w->nodes[node].failure = error;
}

void world_die_in_commit(struct world *w, size_t node)
{
    w->nodes[node].dies = true;
}

bool world_is_dead(const struct world *w, size_t node)
{
    return w->nodes[node].dead;
}

void world_set_clock_offset(struct world *w, size_t node, int64_t ms)
{
    w->nodes[node].offset_ms = ms;
}

uint64_t world_events(const struct world *w, size_t node, const char *event)
{
    for (size_t i = 0; i < EVENTS_KEPT; i++)
        if (strcmp(w->nodes[node].seen[i].name, event) == 0)
            return w->nodes[node].seen[i].count;
    return 0;
}
