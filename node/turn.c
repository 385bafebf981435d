#include "node/turn.h"

#include "lang/lang.h"
#include "node/api.h"
#include "node/feed.h"
#include "node/metrics.h"
#include "node/node.h"
#include "node/notify.h"
#include "node/own_text.h"
#include "protocol/object/feed.h"
#include "protocol/object/find.h"

#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void turn_mark(struct node *node)
{
    uint64_t one = 1;
    if (node->turn_due)
        return;
    node->turn_due = true;
    ssize_t wrote = write(node->turn_fd, &one, sizeof(one));
    (void)wrote; /* full means readable, which is all that is wanted */
}

/* --- actions ---------------------------------------------------------------------------------------------- */

static void cut(struct node *node, struct conn *conn, const char *event, const char *why)
{
    journal_format(&node->journal, event, NULL, "%s: %s", conn->address, why);
    link_close(node->link, conn->link);
    conn->closing = true;
    conn->close_mono_ms = UINT64_MAX; /* `down` follows */
}

static void act_send(struct node *node, const struct action *action)
{
    struct conn *conn = conns_by_id(&node->conns, action->conn);
    if (!conn || conn->closing)
        return;
    enum muster_error error = conn_send(node->link, conn, action->bytes);
    if (error && error != MUSTER_ENOTFOUND)
        cut(node, conn, EVENT_NAME_PEER_SLOW,
            error == MUSTER_ETOOBIG ? "it does not read what it is sent" : _(error_what(error)));
}

static void act_close(struct node *node, const struct action *action)
{
    struct conn *conn = conns_by_id(&node->conns, action->conn);
    if (!conn || conn->closing)
        return;
    conn->closing = true;
    conn->close_mono_ms = node_mono_ms() + CONN_CLOSE_MS;
    struct peer *peer = action->theirs ? peer_by_curve(&node->peers, &conn->key) : NULL;
    if (peer)
        peer->said = action->error;
}

static void act_notify(struct node *node, const struct action *action)
{
    switch (action->notify) {
    case NOTIFY_WRITTEN:
    case NOTIFY_COMMAND:
        if (action->request == CALLER_REQUEST) {
            caller_joined(node, action->error);
            break;
        }
        api_notify(node->api, action->request, action->error, &action->space, &action->agency, &action->outcome);
        break;
    case NOTIFY_MEMBERS:
        node->members_changed = true;
        break;
    case NOTIFY_EVENT:
        for (size_t i = 0; i < node->peers.count && strcmp(action->event, EVENT_NAME_SESSION_UP) == 0; i++)
            if (agency_id_eq(&node->peers.at[i].agency, &action->agency))
                node->peers.at[i].said = MUSTER_OK;
        journal_write(&node->journal, action->event, &action->agency, action->text);
        audit_add(&node->audit, node_wall_ms(), action->event, &action->agency, action->text);
        break;
    }
}

static uint64_t mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static enum muster_error commit(struct node *node, const struct action *action)
{
    uint64_t from = mono_us();
    enum muster_error error = store_commit(node->store, action->changes, action->count, action->bulk);
    node->commit_us = mono_us() - from;
    return error;
}

/* A record that comes alone is verified here: handing it to another thread and back costs more than its signature.  So
 * many bytes and so many of a turn, and only while the workers have nothing to do: a flood goes to them (turn.h). */
enum { VERIFY_HERE_BYTES = 4096, VERIFY_HERE_MAX = 4 };

static bool verifies_here(const struct node *node, const struct verify_job *job)
{
    return node->verified_here < VERIFY_HERE_MAX && verify_job_bytes(job) <= VERIFY_HERE_BYTES && workers_idle(node->workers);
}

struct turn_next { /* what the core has to be told after this step */
    bool commit;
    enum muster_error error; /* what became of the commit */
    struct verify_job *verified[VERIFY_HERE_MAX];
    unsigned count;
};

static void act_verify(struct node *node, const struct action *action, struct turn_next *next)
{
    if (!verifies_here(node, action->job)) {
        workers_give(node->workers, action->job, !action->bulk);
        return;
    }
    node->verified_here++;
    verify_job_run(action->job);
    next->verified[next->count++] = action->job;
}

static void act(struct node *node, const struct action *action, struct turn_next *next)
{
    switch (action->kind) {
    case ACTION_SEND:
        act_send(node, action);
        break;
    case ACTION_CLOSE:
        act_close(node, action);
        break;
    case ACTION_COMMIT:
        next->error = commit(node, action);
        next->commit = true;
        break;
    case ACTION_VERIFY:
        act_verify(node, action, next);
        break;
    case ACTION_NOTIFY:
        act_notify(node, action);
        break;
    }
}

/* The next event that follows from what was done; false when there is none. */
static bool turn_next(struct turn_next *next, struct event *event)
{
    if (next->commit) {
        next->commit = false;
        *event = (struct event){.kind = next->error ? EVENT_COMMIT_FAILED : EVENT_COMMITTED};
        if (next->error)
            event->u.failed.error = next->error;
        return true;
    }
    if (!next->count)
        return false;
    *event = (struct event){.kind = EVENT_VERIFIED, .u.verified.job = next->verified[--next->count]};
    return true;
}

void turn_feed(struct node *node, struct event *event)
{
    struct event now = *event;
    struct turn_next next = {.commit = false};
    assert(node->core && !node->stepping);
    node->stepping = true;
    do {
        now.wall_ms = node_wall_ms();
        now.mono_ms = node_mono_ms();
        crypto_random(now.chance, sizeof(now.chance));
        struct actions actions = core_step(node->core, &now);
        for (size_t i = 0; i < actions.count; i++)
            act(node, &actions.at[i], &next);
    } while (turn_next(&next, &now));
    node->stepping = false;
    turn_mark(node);
}

/* --- finishing a turn ------------------------------------------------------------------------------------- */

/* What was derived went back to its last commit: the views go on from there, at once the first time, with a pause that grows
 * after each failure. */
static void bring_views_back(struct node *node, uint64_t now)
{
    enum muster_error lost = store_derived_lost(node->store);
    if (!node->derived_tries)
        journal_format(&node->journal, EVENT_NAME_STORE_FAILED, NULL,
                       "the views could not be kept (%s): they are applied again from the records; nothing was lost",
                       error_what(lost ? lost : MUSTER_ESTORE));
    core_views_lost(node->core);
    if (node->derived_tries && now < node->derived_again_mono_ms)
        return;
    enum muster_error error = store_derived_again(node->store);
    if (!error)
        error = core_views_again(node->core);
    if (error)
        core_views_lost(node->core);
    unsigned doublings = node->derived_tries < VIEWS_DOUBLINGS ? node->derived_tries : VIEWS_DOUBLINGS;
    node->derived_tries++;
    node->derived_again_mono_ms = now + ((uint64_t)VIEWS_PAUSE_MS << doublings);
    turn_mark(node);
}

static void keep_derived(struct node *node)
{
    struct core_counters counters;
    if (store_derived_lost(node->store) || core_views_are_lost(node->core)) {
        bring_views_back(node, node_mono_ms());
        return;
    }
    core_counters(node->core, &counters);
    uint64_t now = node_mono_ms(), moves = core_feed_moves(node->core);
    uint64_t indexed = counters.objects_indexed - node->derived_indexed; /* what is not committed is memory of this process */
    uint64_t fresh = counters.records_folded - node->derived_folded + indexed + (moves != node->feed_moves_seen);
    if (fresh < DERIVED_EVERY_RECORDS && indexed < DERIVED_EVERY_INDEXED && (!fresh || now < node->derived_mono_ms + DERIVED_EVERY_MS))
        return;
    enum muster_error error = store_derived_commit(node->store);
    if (store_derived_lost(node->store)) {
        bring_views_back(node, now);
        return;
    }
    bool waits = error == MUSTER_EFULL;
    if (error && !(waits && node->derived_waits)) /* said once: it is tried again and again */
        journal_format(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "derived tables: %s", error_what(error));
    node->derived_waits = waits;
    node->derived_mono_ms = now;
    if (waits) {
        node->derived_mono_ms += DERIVED_WAITS_MS;
        return;
    }
    if (!error && node->derived_tries && !core_views_behind(node->core)) {
        node->derived_tries = 0;
        journal_write(&node->journal, EVENT_NAME_STORE_REBUILD, NULL, "the views are whole and kept again");
    }
    node->derived_folded = counters.records_folded;
    node->derived_indexed = counters.objects_indexed;
    if (moves != node->feed_moves_seen)
        feeds_wake(node);
    node->feed_moves_seen = moves;
}

/* Clients that write one record after another fall into two crowds: one waits for its commit while the other is just
 * being answered.  Waiting a fraction of a commit for those who have just been answered lets all share the next one.  A
 * lone client never waits. */
static void gather_writers(struct node *node)
{
    size_t waiting;
    uint64_t answered, from = mono_us(), most = node->commit_us / 4;
    if (most > GATHER_US_MAX)
        most = GATHER_US_MAX;
    for (api_writers(node->api, &waiting, &answered); waiting && waiting < node->writers;
         api_writers(node->api, &waiting, &answered)) {
        uint64_t spent = mono_us() - from;
        if (spent >= most)
            return;
        api_wait(node->api, most - spent);
    }
}

int turn_finish(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    struct node *node = argument;
    uint64_t count;
    (void)loop;
    (void)item;
    ssize_t got = read(node->turn_fd, &count, sizeof(count));
    (void)got;
    node->turn_due = false;
    node->verified_here = 0;
    size_t waiting;
    uint64_t before, after;
    api_writers(node->api, &waiting, &before);
    if (node->core) {
        struct event idle = {.kind = EVENT_IDLE};
        gather_writers(node);
        turn_feed(node, &idle);
        node->turn_due = false; /* its own mark needs no turn of its own */
        got = read(node->turn_fd, &count, sizeof(count));
        caller_settle(node);
        if (node->members_changed) {
            node->members_changed = false;
            node_follow(node);
            peers_look(node);
        }
    }
    api_run(node->api); /* requests that it answers or begins mark a turn again */
    metrics_run(node->metrics);
    api_writers(node->api, &waiting, &after);
    if (after != before)
        node->writers = (size_t)(after - before) + waiting;
    if (node->audit.waiting)
        node_keep_audit(node, false);
    if (node->core)
        keep_derived(node);
    store_read_end(node->store);
    return 0;
}

int turn_verified(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    struct node *node = argument;
    (void)loop;
    (void)item;
    for (struct verify_job *job; (job = workers_take(node->workers)) != NULL;) {
        struct event event = {.kind = EVENT_VERIFIED, .u.verified.job = job};
        if (node->core)
            turn_feed(node, &event);
        else
            verify_job_free(job);
    }
    return 0;
}

static void close_overdue(struct node *node, uint64_t now)
{
    for (size_t i = 0; i < node->conns.count; i++) {
        struct conn *conn = &node->conns.at[i];
        if (conn->id && conn->closing && now >= conn->close_mono_ms) {
            link_close(node->link, conn->link);
            conn->close_mono_ms = UINT64_MAX;
        }
    }
}

/* After a rush, and after the start: the memory that it took goes back to the system once it is over. */
static void give_memory_back(struct node *node, uint64_t now)
{
    struct core_counters counters;
    core_counters(node->core, &counters);
    if (counters.commits != node->commits_seen) {
        node->commits_seen = counters.commits;
        node->quiet_since_mono_ms = now;
    } else if (node->quiet_since_mono_ms && now - node->quiet_since_mono_ms >= QUIET_MS) {
        node->quiet_since_mono_ms = 0;
        malloc_trim(0);
        store_rest(node->store);
        own_text_rest();
    }
    if (core_finds_ready(node->core) && now - node->derived_mono_ms >= TRIM_MS && store_trim(node->store))
        malloc_trim(0);
    if (now - node->rested_mono_ms >= REST_EVERY_MS) {
        node->rested_mono_ms = now;
        store_rest_above(node->store);
    }
}

enum { SCRUB_QUIET_MS = 2000, SCRUB_LATEST_MS = 60 * 1000, SCRUB_SHARE = 20 };

/* Erased bytes lie in freed pages of the files until they are overwritten.  That reads the files whole: at a quiet moment,
 * or after a minute at the latest, and never more than a twentieth of the time.  What is due is remembered durably. */
static void scrub_files(struct node *node, uint64_t now)
{
    struct core_counters counters;
    struct store_problem problem;
    if (!core_scrub_due(node->core)) {
        node->scrub_since_mono_ms = 0;
        return;
    }
    core_counters(node->core, &counters);
    if (!node->scrub_since_mono_ms || counters.commits != node->scrub_commits) {
        node->scrub_quiet_mono_ms = now;
        node->scrub_commits = counters.commits;
    }
    if (!node->scrub_since_mono_ms)
        node->scrub_since_mono_ms = now;
    if (!core_scrub_may(node->core) || now < node->scrub_next_mono_ms ||
        (now - node->scrub_quiet_mono_ms < SCRUB_QUIET_MS && now - node->scrub_since_mono_ms < SCRUB_LATEST_MS))
        return;
    enum muster_error error = store_scrub(node->store, &problem);
    uint64_t spent = node_mono_ms() - now;
    node->scrub_next_mono_ms = now + SCRUB_SHARE * (spent + SCRUB_QUIET_MS / SCRUB_SHARE);
    if (error) {
        node->scrub_next_mono_ms += SCRUB_LATEST_MS / 2; /* the mark stays: it is tried again */
        journal_format(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "%s", problem.sentence);
        return;
    }
    struct event done = {.kind = EVENT_SCRUBBED};
    turn_feed(node, &done);
    journal_format(&node->journal, EVENT_NAME_SCRUBBED, NULL, "erased bytes were overwritten in %llu ms",
                   (unsigned long long)spent);
}

int turn_tick(zloop_t *loop, int timer, void *argument)
{
    struct node *node = argument;
    uint64_t now = node_mono_ms();
    (void)loop;
    (void)timer;
    alarms_look_tick(node, now); /* before what it looked at is given back */
    if (node->core) {
        struct event tick = {.kind = EVENT_TICK};
        turn_feed(node, &tick);
        close_overdue(node, now);
        give_memory_back(node, now);
        scrub_files(node, now);
        if (now - node->peers.dialled_mono_ms >= PEERS_EVERY_MS) {
            node->peers.dialled_mono_ms = now;
            peers_dial(node);
            lines_tick(node);
            node_settle_guard(node);
            knocks_keep(&node->knocks, node->store, now, false);
            heard_keep(node, now, false);
        }
    }
    node_keep_audit(node, false);
    feeds_beat(node, now);
    api_run(node->api);
    metrics_run(node->metrics);
    if (node->watchdog_ms && now - node->watchdog_mono_ms >= node->watchdog_ms) {
        notify_send("WATCHDOG=1");
        node->watchdog_mono_ms = now;
    }
    return 0;
}

/* --- what the link tells ---------------------------------------------------------------------------------- */

static void knocked(struct node *node, const struct curve_public *key, const char *address)
{
    const struct peer *peer = peer_by_curve(&node->peers, key);
    char text[AUDIT_TEXT_BYTES];
    knocks_add(&node->knocks, key, address, peer ? MUSTER_ENOTMEMBER : MUSTER_EUNKNOWN_NODE, node_wall_ms());
    snprintf(text, sizeof(text), "from %.200s: %s", address, peer ? "it shares no space with this node any more" : "a key that is not known here");
    audit_add_key(&node->audit, node_wall_ms(), EVENT_NAME_PEER_REFUSED, peer ? &peer->agency : NULL, key, text);
}

static bool on_admit(void *user, const struct curve_public *key, const char *address, const char **reason)
{
    struct node *node = user;
    if (node->core && (core_admits(node->core, key) || lines_admit(&node->lines, key) || caller_admit(&node->caller, key)))
        return true;
    if (node->core)
        knocked(node, key, address);
    *reason = error_name(MUSTER_EUNKNOWN_NODE);
    return false;
}

static void on_up(void *user, struct link_conn link, const struct curve_public *key, bool dialled, const char *address)
{
    struct node *node = user;
    if (node->core && (lines_up(node, link, key) || caller_up(node, link, key, dialled)))
        return; /* somebody who is no peer yet: no session */
    struct conn *conn = node->core ? conns_add(&node->conns, link, key, dialled, address) : NULL;
    if (!conn) {
        link_close(node->link, link);
        return;
    }
    journal_format(&node->journal, EVENT_NAME_PEER_UP, NULL, "%s %s", dialled ? "called" : "was called by", address);
    struct event event = {.kind = EVENT_UP, .u.up = {.conn = conn->id, .key = *key, .dialled = dialled}};
    turn_feed(node, &event);
    peers_changed(node, key);
    peers_dial(node);
}

static void on_message(void *user, struct link_conn link, const uint8_t *bytes, size_t len)
{
    struct node *node = user;
    struct conn *conn = conns_by_link(&node->conns, link);
    if (!conn && node->core && !lines_message(node, link, bytes, len))
        (void)caller_message(node, link, bytes, len);
    if (!conn || conn->closing)
        return;
    struct event event = {.kind = EVENT_MESSAGE, .u.message = {.conn = conn->id, .bytes = {bytes, len}}};
    turn_feed(node, &event);
}

static void on_down(void *user, struct link_conn link, enum link_reason reason)
{
    struct node *node = user;
    struct conn *conn = conns_by_link(&node->conns, link);
    if (!conn && !lines_down(node, link))
        (void)caller_down(node, link);
    if (!conn)
        return;
    struct curve_public key = conn->key;
    struct event event = {.kind = EVENT_DOWN, .u.down = {.conn = conn->id, .replaced = reason == LINK_REPLACED}};
    journal_format(&node->journal, EVENT_NAME_PEER_DOWN, NULL, "%s: %s", conn->address, link_reason_text(reason));
    conns_remove(conn);
    turn_feed(node, &event);
    peers_changed(node, &key);
    peers_dial(node);
}

static void on_ready(void *user, struct link_conn link)
{
    struct node *node = user;
    struct conn *conn = conns_by_link(&node->conns, link);
    if (!conn)
        return;
    enum muster_error error = conn_drain(node->link, conn);
    if (error && error != MUSTER_ENOTFOUND)
        cut(node, conn, EVENT_NAME_PEER_SLOW, _(error_what(error)));
    turn_mark(node);
}

static void on_journal(void *user, const char *event, const char *text)
{
    struct node *node = user;
    journal_write(&node->journal, event, NULL, text);
}

struct link_callbacks turn_callbacks(struct node *node)
{
    return (struct link_callbacks){.user = node,
                                   .admit = on_admit,
                                   .up = on_up,
                                   .message = on_message,
                                   .down = on_down,
                                   .ready = on_ready,
                                   .journal = on_journal};
}
