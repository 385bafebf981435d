#include "node/node.h"

#include "lang/lang.h"
#include "node/api.h"
#include "node/backup.h"
#include "node/endpoint.h"
#include "node/metrics.h"
#include "node/notify.h"
#include "node/own_text.h"
#include "node/turn.h"
#include "protocol/log/genesis.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NODE_SOFTWARE "muster/" MUSTER_VERSION

static uint64_t clock_ms(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t node_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

uint64_t node_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* --- where others reach this node -------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

static bool is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

bool node_is_local_only(const struct node *node)
{
    struct endpoint endpoint;
    for (size_t i = 0; i < node->listening.count; i++)
        if (endpoint_parse_listen(&endpoint, node->listening.at[i]) == MUSTER_OK && !is_loopback(endpoint.host))
            return false;
    return true;
}

/* What the card says: as configured, as asked for at init, else what is listened on and is no wildcard. */
static void find_advertised(struct node *node)
{
    struct endpoint endpoint;
    node->advertised = node->config.advertise.count ? node->config.advertise : node->own.advertise;
    for (size_t i = 0; i < node->listening.count && !(node->config.advertise.count + node->own.advertise.count); i++)
        if (endpoint_parse_listen(&endpoint, node->listening.at[i]) == MUSTER_OK && !is_wildcard(endpoint.host))
            memcpy(node->advertised.at[node->advertised.count++], node->listening.at[i], ENDPOINT_BYTES_MAX);
}

static enum muster_error start_link(struct node *node, struct trouble *trouble)
{
    struct link_config config;
    const struct endpoint_list *list = node->config.listen.count ? &node->config.listen : &node->own.listen;
    struct endpoint_list standard = {.count = 0};
    if (!list->count) {
        if (endpoint_list_add(&standard, 1, OWN_LISTEN_DEFAULT, true, trouble) != MUSTER_OK)
            return MUSTER_EENDPOINT;
        list = &standard;
    }
    link_config_default(&config);
    config.public_key = node->own.keys.curve;
    config.secret_key = node->own.curve;
    config.callbacks = turn_callbacks(node);
    crypto_random(&config.seed, sizeof(config.seed));
    for (size_t i = 0; i < list->count && i < LINK_LISTEN_MAX; i++)
        config.listen[config.listen_count++] = list->at[i];
    enum muster_error error = link_start(&node->link, node->loop, &config);
    crypto_wipe(&config.secret_key, sizeof(config.secret_key));
    if (error) {
        trouble_set(trouble, error, "cannot listen on %s%s", list->at[0], list->count > 1 ? " and the others" : "");
        if (error == MUSTER_EADDRINUSE)
            trouble_do(trouble, "stop the other program, or set another address: listen in %s", node->config.file);
        return error;
    }
    node->listening.count = 0;
    for (size_t i = 0; i < CARD_ENDPOINTS_MAX; i++) {
        const char *endpoint = link_endpoint(node->link, i);
        if (!endpoint)
            break;
        snprintf(node->listening.at[node->listening.count++], ENDPOINT_BYTES_MAX, "%s", endpoint);
        journal_write(&node->journal, EVENT_NAME_LISTENING, NULL, endpoint);
    }
    find_advertised(node);
    return MUSTER_OK;
}

/* --- the core ------------------------------------------------------------------------------------------------ */

/* True if every line of own records has a log that was opened since the data came back. */
static bool own_logs_are_new(struct node *node)
{
    struct space_view space;
    struct log_view log;
    for (size_t i = 0; core_space_at(node->core, i, &space); i++) {
        bool closed[2] = {false, false}; /* by role: the newest own log, which is the one that goes on */
        for (size_t l = 0; core_log_at(node->core, space.number, l, &log); l++)
            if (log.own && log.role < ARRAY_LEN(closed))
                closed[log.role] = log.closed;
        if (closed[LOG_DATA] || closed[LOG_CONTROL])
            return false;
    }
    return true;
}

/* RULES I2: the guard is taken back only when no log of the time before can be written any more.  Until then
 * every start closes them again. */
void node_settle_guard(struct node *node)
{
    if (!node->guard_behind || !own_logs_are_new(node))
        return;
    enum muster_error error = store_guard_accept(node->store);
    if (error)
        journal_format(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "the guard: %s", error_what(error));
    else
        node->guard_behind = false;
}

static enum muster_error start_core(struct node *node, struct trouble *trouble)
{
    struct core_openers openers = workers_openers(node->workers);
    struct core_config config = {.identity = node->own.identity,
                                 .openers = &openers,
                                 .keys = node->own.keys,
                                 .sign_secret = node->own.sign,
                                 .box_secret = node->own.box,
                                 .card = {node->own.card, node->own.card_len},
                                 .software = NODE_SOFTWARE,
                                 .derived_is_new = store_derived_is_new(node->store),
                                 .guard_behind = store_guard_behind(node->store)};
    crypto_random(config.boot, sizeof(config.boot));
    if (config.derived_is_new)
        journal_write(&node->journal, EVENT_NAME_STORE_REBUILD, NULL, "the derived tables are made anew");
    node->guard_behind = config.guard_behind;
    if (node->guard_behind) {
        const char *text = "the data are of an earlier moment than this node's guard: its logs go on as new ones";
        journal_write(&node->journal, EVENT_NAME_STORE_BEHIND, NULL, text);
        audit_add(&node->audit, node_wall_ms(), EVENT_NAME_STORE_BEHIND, NULL, text);
    }
    /* The derived tables are of a later moment than the data then, and count what is not there. */
    enum muster_error error = node->guard_behind ? store_derived_reset(node->store) : MUSTER_OK;
    config.derived_is_new |= node->guard_behind;
    if (!error)
        error = core_new(&node->core, &config, store_storage(node->store));
    crypto_wipe(&config, sizeof(config));
    if (error)
        trouble_set(trouble, error, "the records in %s cannot be loaded: %s", node->config.data, _(error_what(error)));
    node->derived_mono_ms = node->quiet_since_mono_ms = node_mono_ms();
    struct core_counters counters = {.damaged_at_start = 0};
    if (!error)
        core_counters(node->core, &counters);
    if (counters.damaged_at_start)
        journal_format(&node->journal, EVENT_NAME_STORE_DAMAGED, NULL,
                       "%llu segments cannot be read and are in no list; muster check asks partners for them",
                       (unsigned long long)counters.damaged_at_start);
    return error;
}

static void stop_core(struct node *node)
{
    link_stop(node->link);
    node->link = NULL;
    core_free(node->core);
    node->core = NULL;
    peers_free(&node->peers);
    partners_free(&node->partners);
    conns_free(&node->conns);
    lines_free(&node->lines);
    taken_free(&node->taken);
    caller_clear(&node->caller);
    node->listening.count = node->advertised.count = 0;
}

/* The node's own description is made: its card, its place on the disk, its core. */
static enum muster_error begin_new(struct node *node, const struct own_roots *roots, struct trouble *trouble)
{
    enum muster_error error = start_link(node, trouble);
    if (!error) {
        own_renew_card(&node->own, &node->advertised, node_wall_ms());
        if (roots)
            error = own_write_secrets(&node->own, roots, node->config.data, trouble);
    }
    if (!error) {
        error = own_store(&node->own, node->store);
        if (error)
            trouble_set(trouble, error, "the node's description cannot be stored: %s", _(error_what(error)));
    }
    if (!error)
        error = start_core(node, trouble);
    if (error) {
        stop_core(node);
        own_clear(&node->own);
        return error;
    }
    peers_look(node);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_INITIALISED, &node->own.identity.agency,
              node->own.identity.name);
    journal_write(&node->journal, EVENT_NAME_INITIALISED, &node->own.identity.agency, node->own.identity.name);
    return MUSTER_OK;
}

enum muster_error node_init(struct node *node, const struct own_request *request, struct trouble *trouble)
{
    struct own_roots roots;
    if (node->core)
        return trouble_set(trouble, MUSTER_EREADY, "this node belongs to %s already", node->own.identity.name);
    if (node->anew) {
        trouble_set(trouble, MUSTER_EREADY, "the data here belong to an agency already, and wait for a new certificate of it");
        trouble_do(trouble, "with the agency's root key: muster init --node NAME --root FILE; else muster init --node NAME -O REQUEST, and on "
                            "another node of the agency: muster key certify REQUEST");
        return MUSTER_EREADY;
    }
    enum muster_error error = own_make(&node->own, &roots, request, node_wall_ms(), trouble);
    if (!error)
        error = begin_new(node, &roots, trouble);
    own_roots_clear(&roots);
    return error;
}

static enum muster_error begin(struct node *node, struct trouble *trouble);

/* The data stay, under the keys of a node that is new to everybody: its logs are new, those before are of another node. */
static enum muster_error begin_anew(struct node *node, struct trouble *trouble)
{
    if (!agency_id_eq(&node->own.identity.agency, &node->anew_agency))
        return trouble_set(trouble, MUSTER_EKEYCHANGED, "the card is of %s, and the data here are of another agency", node->own.identity.name);
    (void)own_renew_card(&node->own, &node->own.advertise, node_wall_ms());
    enum muster_error error = own_store(&node->own, node->store);
    if (error)
        return trouble_set(trouble, error, "the node's description cannot be stored: %s", error_what(error));
    own_anew_done(node->config.data);
    node->anew = false;
    own_clear(&node->own);
    error = begin(node, trouble);
    if (error)
        stop_core(node);
    else
        audit_add(&node->audit, node_wall_ms(), EVENT_NAME_INITIALISED, &node->own.identity.agency, "certified anew; the keys before were lost");
    return error;
}

enum muster_error node_held_chain(const struct node *node, struct own *held)
{
    if (!node->anew)
        return MUSTER_ENOTFOUND;
    struct trouble unread;
    enum muster_error error = own_load(held, node->store, node->config.data, &unread);
    return error == MUSTER_EKEYFILE ? MUSTER_OK : error; /* the lost key, or the one that nobody has certified yet */
}

enum muster_error node_adopt(struct node *node, const struct own_request *request, const struct bytes *statements,
                             size_t count, struct trouble *trouble)
{
    if (node->core)
        return trouble_set(trouble, MUSTER_EREADY, "this node belongs to %s already", node->own.identity.name);
    enum muster_error error = own_enrol(&node->own, node->config.data, request->node, trouble);
    if (!error)
        error = own_adopt(&node->own, statements, count, trouble);
    if (!error) {
        node->own.listen = request->listen;
        node->own.advertise = request->advertise;
        snprintf(node->own.contact, sizeof(node->own.contact), "%s", request->contact);
        error = node->anew ? begin_anew(node, trouble) : begin_new(node, NULL, trouble);
    }
    if (error && !node->core)
        own_clear(&node->own);
    return error;
}

enum muster_error node_extend(struct node *node, const struct bytes *statements, size_t count, struct trouble *trouble)
{
    struct own *before = malloc(sizeof(*before));
    if (!before)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory for the statements");
    memcpy(before, &node->own, sizeof(*before));
    enum muster_error error = own_append(&node->own, statements, count, trouble);
    if (!error) {
        own_renew_card(&node->own, &node->advertised, node_wall_ms());
        error = own_store(&node->own, node->store);
        if (error)
            trouble_set(trouble, error, "the agency's statements cannot be stored: %s", _(error_what(error)));
    }
    if (error)
        memcpy(&node->own, before, sizeof(*before));
    crypto_wipe(before, sizeof(*before));
    free(before);
    return error;
}

/* Tells the core, which shows it to everybody who is connected. */
static void show_card(struct node *node)
{
    struct command command = {.kind = COMMAND_OWN_CARD, .card = {node->own.card, node->own.card_len}};
    struct event event = {.kind = EVENT_COMMAND, .u.command = {.request = 0, .command = &command}};
    turn_feed(node, &event);
}

enum muster_error node_readvertise(struct node *node, struct trouble *trouble)
{
    if (!node->core)
        return MUSTER_OK;
    struct endpoint_list before = node->advertised;
    find_advertised(node);
    enum muster_error error = node_extend(node, NULL, 0, trouble);
    if (error)
        node->advertised = before;
    else
        show_card(node);
    return error;
}

void node_follow(struct node *node)
{
    struct bytes bytes;
    struct card *card = malloc(sizeof(*card));
    struct trouble trouble;
    uint32_t held = node->own.identity.statements;
    if (card && core_own_chain(node->core, &bytes) && card_read(card, bytes.at, bytes.len) == MUSTER_OK &&
        card->statement_count > held) {
        enum muster_error error = node_extend(node, card->statements + held, card->statement_count - held, &trouble);
        if (!error)
            show_card(node);
        const char *text = error ? trouble.what : "another node of the agency brought its newer statements";
        const char *name = error ? EVENT_NAME_FAILED : EVENT_NAME_IDENTITY_STATED;
        journal_write(&node->journal, name, &node->own.identity.agency, text);
        audit_add(&node->audit, node_wall_ms(), name, &node->own.identity.agency, text);
    }
    free(card);
}

static enum muster_error begin(struct node *node, struct trouble *trouble)
{
    enum muster_error error = own_load(&node->own, node->store, node->config.data, trouble);
    if (error == MUSTER_ENOTFOUND)
        return MUSTER_OK; /* waits for init */
    if (error == MUSTER_EKEYFILE && own_anew_wanted(node->config.data)) { /* waits for a certificate */
        node->anew = true;
        node->anew_agency = node->own.identity.agency;
        journal_format(&node->journal, EVENT_NAME_KEYS_LOST, &node->anew_agency, "the data are of %s; waits for muster init --certificate",
                       node->own.identity.name);
        own_clear(&node->own);
        return MUSTER_OK;
    }
    struct trouble operator_trouble;
    if (!error && operators_load(&node->operators, node->store, node->config.data, &operator_trouble) != MUSTER_OK)
        journal_format(&node->journal, EVENT_NAME_FAILED, NULL, "%s: its user acts without operator", operator_trouble.what);
    if (!error)
        error = start_link(node, trouble);
    if (!error && own_renew_card(&node->own, &node->advertised, node_wall_ms())) {
        error = own_store(&node->own, node->store);
        if (error)
            trouble_set(trouble, error, "the node's new card cannot be stored: %s", _(error_what(error)));
    }
    if (!error)
        error = start_core(node, trouble);
    if (!error)
        audit_load(&node->audit, node->store);
    if (!error) {
        lines_load(node);
        knocks_load(&node->knocks, node->store);
        heard_load(node);
        care_load(node);
        partners_load(node);
        caller_load(node);
        peers_look(node);
    }
    return error;
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static enum muster_error open_store(struct node *node, struct trouble *trouble)
{
    struct store_problem problem = {""};
    struct store_options options = {.version = MUSTER_VERSION};
    enum muster_error error = store_open(node->config.data, &options, &node->store, &problem);
    if (error) {
        trouble_set(trouble, error, "the data directory %s cannot be used", node->config.data);
        /* The store says what is wrong and, in its last sentence, what to do. */
        char *remedy = NULL;
        for (char *at = problem.sentence; (at = strstr(at, ". ")) != NULL; at += 2)
            if (at[2])
                remedy = at;
        if (remedy) {
            remedy[1] = '\0';
            trouble_do(trouble, "%s", remedy + 2);
        }
        if (problem.sentence[0])
            trouble_why(trouble, "%s", problem.sentence);
    }
    return error;
}

/* An upgrade is told once; that copies are kept, as long as they are. */
static void upgrade_tell(struct node *node)
{
    char text[AUDIT_TEXT_BYTES];
    node->kept = store_kept_list(node->store, node->kept_copies);
    if (!store_upgraded_from(node->store))
        return;
    snprintf(text, sizeof(text), "the data were of format %u and are of format %d now", store_upgraded_from(node->store), STORE_FORMAT);
    journal_write(&node->journal, EVENT_NAME_STORE_UPGRADED, NULL, text);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_STORE_UPGRADED, NULL, text);
}

static enum muster_error take_restored(struct node *node, struct trouble *trouble)
{
    size_t count;
    enum muster_error error = backup_take_keys(node->store, node->config.data, &count, trouble);
    if (!error && count)
        journal_format(&node->journal, EVENT_NAME_STORE_RESTORED, NULL, "%zu epoch keys of a backup were taken over", count);
    return error;
}

static enum muster_error start_loop(struct node *node, struct trouble *trouble)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    node->turn_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum muster_error error = workers_start(&node->workers, cores > 2 ? (unsigned)cores - 1 : 1);
    if (error || node->turn_fd < 0)
        return trouble_set(trouble, MUSTER_EBUSY, "there are no threads or descriptors left to start with");
    zmq_pollitem_t verified = {.fd = workers_fd(node->workers), .events = ZMQ_POLLIN};
    zmq_pollitem_t due = {.fd = node->turn_fd, .events = ZMQ_POLLIN};
    own_text_rest(); /* what the start has needed of it */
    node->timer = zloop_timer(node->loop, TICK_MS, 0, turn_tick, node);
    if (node->timer < 0 || zloop_poller(node->loop, &verified, turn_verified, node) != 0 ||
        zloop_poller(node->loop, &due, turn_finish, node) != 0)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory to start with");
    zloop_poller_set_tolerant(node->loop, &verified);
    zloop_poller_set_tolerant(node->loop, &due);
    return MUSTER_OK;
}

/* A node without metrics is better than none: what is in the way is told. */
static void start_metrics(struct node *node)
{
    struct trouble trouble = {.error = MUSTER_OK};
    if (!node->config.metrics[0] || strcmp(node->config.metrics, "none") == 0)
        return;
    if (metrics_start(&node->metrics, node, node->config.metrics, &trouble) != MUSTER_OK)
        journal_format(&node->journal, EVENT_NAME_METRICS_FAILED, NULL, "%s: %s", trouble.what, trouble.why);
    else
        journal_format(&node->journal, EVENT_NAME_METRICS_LISTENING, NULL, "http://%s/metrics", metrics_address(node->metrics));
}

enum muster_error node_start(struct node **out, const struct config *config, zloop_t *loop, struct trouble *trouble)
{
    struct node *node = calloc(1, sizeof(*node));
    *out = NULL;
    if (!node)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory to start with");
    node->config = *config;
    node->loop = loop;
    node->turn_fd = -1;
    node->work_timer = -1;
    node->started_mono_ms = node_mono_ms();
    node->watchdog_ms = notify_watchdog_ms();
    journal_start(&node->journal, config->log_level);
    enum muster_error error =
        crypto_start() ? trouble_set(trouble, MUSTER_EINTERNAL, "libsodium does not start") : MUSTER_OK;
    if (!error)
        error = open_store(node, trouble);
    if (!error)
        upgrade_tell(node);
    if (!error)
        error = take_restored(node, trouble);
    if (!error)
        error = start_loop(node, trouble);
    if (!error)
        error = begin(node, trouble);
    if (!error)
        error = api_start(&node->api, node, trouble);
    if (error) {
        node_stop(node);
        return error;
    }
    start_metrics(node);
    if (!crypto_can_lock())
        journal_write(&node->journal, EVENT_NAME_MEMORY_UNLOCKED, NULL,
                      "secrets cannot be locked in memory and may reach the swap: set LimitMEMLOCK=8M");
    journal_format(&node->journal, EVENT_NAME_STARTED, &node->own.identity.agency, "%s, data in %s%s", NODE_SOFTWARE,
                   config->data, node->core ? "" : ", waits for muster init");
    alarms_look_start(node);
    *out = node;
    turn_mark(node);
    return MUSTER_OK;
}

void node_keep_audit(struct node *node, bool all)
{
    if (node->core && node->store) /* before init there is no key to sign with: it waits */
        audit_flush(&node->audit, node->store, node_wall_ms(), &node->own.keys.sign, &node->own.sign, all);
}

void node_stop(struct node *node)
{
    if (!node)
        return;
    metrics_stop(node->metrics);
    api_stop(node->api);
    link_stop(node->link);
    node->link = NULL;
    if (node->timer > 0)
        zloop_timer_end(node->loop, node->timer);
    if (node->work_timer > 0)
        zloop_timer_end(node->loop, node->work_timer);
    if (node->workers) {
        zmq_pollitem_t verified = {.fd = workers_fd(node->workers), .events = ZMQ_POLLIN};
        zloop_poller_end(node->loop, &verified);
    }
    if (node->turn_fd >= 0) {
        zmq_pollitem_t due = {.fd = node->turn_fd, .events = ZMQ_POLLIN};
        zloop_poller_end(node->loop, &due);
        close(node->turn_fd);
    }
    alarms_look_stop(node);
    workers_stop(node->workers);
    if (node->store) {
        node_keep_audit(node, true);
        knocks_keep(&node->knocks, node->store, node_mono_ms(), true);
        heard_keep(node, node_mono_ms(), true);
    }
    if (node->core && store_derived_commit(node->store) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_STORE_FAILED, NULL,
                      "the derived tables could not be kept; they are made anew");
    stop_core(node);
    store_close(node->store);
    own_clear(&node->own);
    operators_clear(&node->operators);
    heard_free(&node->heard);
    free(node);
}
