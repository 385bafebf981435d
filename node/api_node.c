/* api_node.c — status, init, own card, audit, kinds. */
#include "node/stale.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/lookup.h"
#include "protocol/kinds/kinds.h"
#include "protocol/trust/armour.h"
#include "protocol/object/quantity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- status ---------------------------------------------------------------------------------------------------- */

static void warn(json_t *list, enum muster_error error, const char *message, const char *remedy)
{
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:s}", "code", error_name(error), "message", message, "do", remedy));
}

/* What the last day's events mean for whoever looks now; each kind once. */
static void warn_of_events(const struct node *node, json_t *list)
{
    static const struct {
        const char *event;
        enum muster_error error;
        const char *message, *remedy;
    } rows[] = {
        {"node.cloned", MUSTER_ECLONED, N_("another running node uses the same keys as one of ours or of a partner"),
         N_("stop one of the two: a copied data directory must never run twice")},
        {"log.restored", MUSTER_EUNCONFIRMED,
         N_("partners held records of this node that it had lost; it goes on in a new log"),
         N_("nothing, if a backup was restored on purpose; else look for the reason")},
        {"store.behind", MUSTER_EUNCONFIRMED,
         N_("the data are of an earlier moment, from a backup or a copy: this node goes on in new logs"),
         N_("nothing, if a backup was restored on purpose; make sure that no other copy of it runs")},
        {"identity.changed", MUSTER_EKEYCHANGED, N_("a card came with another agency key than the one known under that name"),
         N_("muster audit --what identity names it; call the agency on a number you had before")},
        {"identity.fork", MUSTER_EKEYCHANGED, N_("two cards of one agency contradict each other"),
         N_("muster audit --what identity names it; call the agency on a number you had before")},
        {"log.fork", MUSTER_EFORK, N_("a log has two branches: somebody signed two histories"),
         N_("muster space show names the log; call the agency, then let a majority cut it")},
    };
    enum { DAY_MS = 24 * 3600 * 1000 };
    uint64_t now = node_wall_ms();
    for (size_t r = 0; r < ARRAY_LEN(rows); r++)
        for (size_t i = 0; i < node->audit.count; i++) {
            const struct audit_row *row = &node->audit.rows[i];
            if (strcmp(row->entry.event, rows[r].event) == 0 && now - row->entry.time_ms < DAY_MS) {
                warn(list, rows[r].error, _(rows[r].message), _(rows[r].remedy));
                break;
            }
        }
}

enum { SKEW_SHOWN_MS = 5000 };

static void warn_of_spaces_and_clocks(struct node *node, json_t *list)
{
    struct space_view space;
    struct peer_view peer;
    char text[320];
    for (size_t i = 0; core_space_at(node->core, i, &space); i++)
        if (space.quarantined) {
            snprintf(text, sizeof(text), _("%u records in %s are set aside: their contents are void"), space.quarantined,
                     space.name);
            warn(list, MUSTER_EQUARANTINE, text, _("muster check lists them; they are looked at again after an upgrade"));
        }
    for (size_t i = 0; core_peer_at(node->core, i, &peer); i++) {
        if (peer.state != PEER_UP || (peer.skew_ms < SKEW_SHOWN_MS && peer.skew_ms > -SKEW_SHOWN_MS))
            continue;
        snprintf(text, sizeof(text), _("the clock of %s is %lld s %s this node's"), peer.agency_name,
                 (long long)(peer.skew_ms < 0 ? -peer.skew_ms : peer.skew_ms) / 1000, peer.skew_ms < 0 ? _("behind") : _("ahead of"));
        warn(list, MUSTER_ECLOCK, text, _("find out which of the two is wrong and set it; no record is refused for its time"));
    }
}

static void warn_of_kept(const struct node *node, json_t *list)
{
    char text[200];
    uint64_t bytes = 0;
    for (size_t i = 0; i < node->kept; i++)
        bytes += node->kept_copies[i].bytes;
    snprintf(text, sizeof(text), _("a copy of the data from before an upgrade is kept, %llu MB; what is erased still lies in it"),
             (unsigned long long)(bytes / 1000000 + 1));
    warn(list, MUSTER_EFORMAT, text, _("muster upgrade --confirm, when all is well"));
}

/* Of disk and intake one sentence: a disk that is full is the reason why nothing is taken in. */
static void warn_of_disk(const struct store_statistics *disk, bool taking_in, json_t *list)
{
    static const char remedy[] = "free space on the disk; muster resumes by itself";
    if (disk->disk_free_bytes < STORE_RESERVE_DEFAULT)
        warn(list, MUSTER_EFULL, taking_in ? _("the disk is full: nothing in bulk is taken in; nothing is lost")
                                           : _("the disk is full: nothing new is taken in; nothing is lost"), remedy);
    else if (disk->disk_free_bytes < 2ull * STORE_RESERVE_DEFAULT)
        warn(list, MUSTER_EFULL, _("the disk is almost full"), remedy);
    if (!taking_in && disk->disk_free_bytes >= STORE_RESERVE_DEFAULT)
        warn(list, MUSTER_EFULL, _("nothing new is taken in at the moment"), _("muster check; the journal has the reason"));
}

static const enum muster_error worst[] = {MUSTER_ECLONED, MUSTER_EKEYCHANGED, MUSTER_EFORK, MUSTER_EFULL};
enum { WORST_COUNT = sizeof(worst) / sizeof(worst[0]) };

/* Its place in worst[]; WORST_COUNT when it is not there. */
static size_t rank_of(const json_t *warning)
{
    const char *code = json_string_value(json_object_get(warning, "code"));
    size_t rank = 0;
    while (rank < WORST_COUNT && (!code || strcmp(code, error_name(worst[rank])) != 0))
        rank++;
    return rank;
}

/* The worst comes first; what is equally bad stays in the order in which it was found. */
static json_t *worst_first(json_t *list)
{
    json_t *sorted = json_array();
    for (size_t rank = 0; rank <= WORST_COUNT; rank++)
        for (size_t i = 0; i < json_array_size(list); i++)
            if (rank_of(json_array_get(list, i)) == rank)
                json_array_append(sorted, json_array_get(list, i));
    json_decref(list);
    return sorted;
}

static json_t *warnings(struct node *node, const struct store_statistics *disk)
{
    json_t *list = json_array();
    struct core_counters counters = {.taking_in = true};
    if (node->core)
        core_counters(node->core, &counters);
    warn_of_disk(disk, counters.taking_in, list);
    if (node->kept)
        warn_of_kept(node, list);
    if (!node->core)
        return worst_first(list);
    if (node_is_local_only(node))
        warn(list, MUSTER_EUNREACHABLE, _("this node listens on this machine only: partners cannot call it"),
             _("set listen in /etc/muster/muster.conf to tcp://0.0.0.0:7117 and restart musterd, or only call others"));
    else if (!node->advertised.count)
        warn(list, MUSTER_EENDPOINT, "the card names no endpoint: partners cannot call this node",
             _("set advertise in /etc/muster/muster.conf, restart musterd and give partners the new card"));
    if (core_views_behind(node->core))
        warn(list, MUSTER_EVIEWS, _(error_what(MUSTER_EVIEWS)), _("wait; if it stays so, look at the disk: journalctl -u musterd has the reason"));
    warn_of_spaces_and_clocks(node, list);
    identity_warnings(node, list);
    stale_warnings(node, list);
    warn_of_events(node, list);
    return worst_first(list);
}

struct quarantine {
    uint64_t count;
};

static bool count_one(void *user, struct bytes key, struct bytes value)
{
    struct quarantine *q = user;
    (void)key;
    (void)value;
    return ++q->count < 10000;
}

static uint64_t quarantined(struct node *node)
{
    struct quarantine q = {0};
    const struct storage *storage = store_storage(node->store);
    (void)!storage->scan(storage->self, T_QUARANTINE, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, false,
                         count_one, &q);
    return q.count;
}

enum { STATUS_ALARMS = 8 }; /* that it shows; GET /v1/alarms has all */
enum { STATUS_QUANTITIES_MAX = 1024 }; /* objects that the status looks at: `muster quantities` looks at all */

/* Promises at risk or lost, and records of quantities that are void. */
static void count_bad(struct node *node, uint32_t space, int *risky, int *voids)
{
    struct object_id object = {{0}};
    *risky = *voids = 0;
    for (size_t i = 0; i < STATUS_QUANTITIES_MAX && core_quantity_next(node->core, space, &object); i++) {
        struct quantity_view view;
        if (core_quantity(node->core, space, &object, &view) != MUSTER_OK)
            continue;
        *risky += (int)view.sums.risky;
        *voids += (int)view.sums.voids;
        quantity_view_free(&view);
    }
}

/* Of all spaces, or of that one alone. */
static json_t *status_spaces(struct node *node, const struct space_view *only)
{
    json_t *list = json_array();
    struct space_view space;
    for (size_t i = 0; core_space_at(node->core, i, &space); i++) {
        int risky, voids;
        if (only && !space_id_eq(&only->id, &space.id))
            continue;
        count_bad(node, space.number, &risky, &voids);
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:b, s:b, s:s, s:I, s:I, s:o, s:i, s:i, s:i, s:i, s:i}", "id", json_hex(space.id.b, HASH_BYTES),
                      "name", json_text(space.name, strlen(space.name)), "exercise", (int)space.exercise, "joined",
                      (int)space.joined, "right", right_name(space.right), "objects", (json_int_t)space.objects,
                      "records", (json_int_t)space.records, "complete", json_complete(node, &space), "waiting_for_key",
                      (int)lookup_waiting_for_key(node, &space), "quarantined", (int)space.quarantined, "forks", (int)space.forks,
                      "promises_at_risk", risky, "promises_void", voids));
    }
    return list;
}

static json_t *counters_json(struct node *node)
{
    struct core_counters c;
    core_counters(node->core, &c);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "commits", (json_int_t)c.commits, "segments_own",
                     (json_int_t)c.segments_own, "segments_in", (json_int_t)c.segments_in, "segments_duplicate",
                     (json_int_t)c.segments_duplicate, "segments_refused", (json_int_t)c.segments_refused,
                     "records_folded", (json_int_t)c.records_folded, "bytes_in", (json_int_t)c.bytes_in, "bytes_out",
                     (json_int_t)c.bytes_out, "taking_in", (int)c.taking_in);
}

void api_status(struct request *request)
{
    struct node *node = request->node;
    const char *named = request_query(request, "space");
    struct space_view space, *only = node->core && named && named[0] ? &space : NULL;
    struct store_statistics disk;
    if (only && !request_space_named(request, named, only))
        return;
    store_statistics(node->store, &disk);
    json_t *json = json_pack("{s:i, s:s, s:b, s:o, s:I, s:{s:I, s:I, s:I}, s:o}", "muster", 1, "version",
                             MUSTER_VERSION, "ready", node->core != NULL, "time", json_time(node_wall_ms()), "uptime_s",
                             (json_int_t)((node_mono_ms() - node->started_mono_ms) / 1000), "disk", "free_bytes",
                             (json_int_t)disk.disk_free_bytes, "main_bytes", (json_int_t)disk.main_bytes,
                             "derived_bytes", (json_int_t)disk.derived_bytes, "warnings", warnings(node, &disk));
    if (node->core) {
        json_object_set_new(json, "agency", json_agency(node, &node->own.identity.agency));
        json_object_set_new(json, "node",
                            json_pack("{s:o, s:o}", "id", json_hex(node->own.keys.sign.b, 32), "name",
                                      json_text(node->own.node_name, strlen(node->own.node_name))));
        json_object_set_new(json, "listen", json_endpoints(&node->listening));
        json_object_set_new(json, "advertise", json_endpoints(&node->advertised));
        json_object_set_new(json, "spaces", status_spaces(node, only));
        json_object_set_new(json, "peers", json_peers(node, only));
        json_object_set_new(json, "pending", json_pending(node));
        json_object_set_new(json, "alarms", json_pack("{s:o, s:o}", "counts", json_alarm_counts(node), "items", json_alarms_top(node, only ? &only->id : NULL, STATUS_ALARMS)));
        json_object_set_new(json, "counters", counters_json(node));
        json_object_set_new(json, "quarantined", json_integer((json_int_t)quarantined(node)));
    }
    request_answer(request, json);
}

/* --- init ------------------------------------------------------------------------------------------------------ */

static bool take_endpoints(struct request *request, const char *name, bool listen, struct endpoint_list *out)
{
    json_t *value = json_object_get(request->json, name), *each;
    size_t i, max = listen ? CONFIG_LISTEN_MAX : CARD_ENDPOINTS_MAX;
    struct trouble trouble;
    if (!value || json_is_null(value))
        return true;
    json_t *list = json_is_string(value) ? json_pack("[O]", value) : json_incref(value);
    bool ok = json_is_array(list);
    if (!ok)
        request_refuse(request, MUSTER_EUSAGE, "\"%s\" is neither an endpoint nor a list of them", name);
    if (ok)
        json_array_foreach(list, i, each)
        {
            if (endpoint_list_add(out, max, json_is_string(each) ? json_string_value(each) : "", listen, &trouble)) {
                request_refuse_trouble(request, &trouble);
                ok = false;
                break;
            }
        }
    json_decref(list);
    return ok;
}

void api_init(struct request *request)
{
    struct own_request *own = calloc(1, sizeof(*own));
    struct trouble trouble = {.error = MUSTER_EINTERNAL};
    char host[NAME_BYTES_MAX + 1] = "node";
    bool bad = false;
    if (!own)
        return;
    (void)!gethostname(host, sizeof(host) - 1);
    own->agency = request_text(request, "agency", NAME_BYTES_MAX, &bad);
    own->country = bad ? NULL : request_text(request, "country", 8, &bad);
    own->node = bad ? NULL : request_text(request, "node", NAME_BYTES_MAX, &bad);
    own->contact = bad ? NULL : request_line(request, "contact", OWN_CONTACT_MAX, &bad);
    if (!bad && request->node->core) {
        request_refuse(request, MUSTER_EREADY, "this node belongs to %s already", request->node->own.identity.name);
        bad = true;
    }
    if (!own->country)
        own->country = "";
    if (!own->contact)
        own->contact = "";
    if (!own->node)
        own->node = host;
    bool chain = json_object_get(request->json, "card") || json_object_get(request->json, "statements");
    if (!bad && chain) {
        if (take_endpoints(request, "listen", true, &own->listen) && take_endpoints(request, "advertise", false, &own->advertise))
            (void)api_init_from_chain(request, own);
        bad = true;
    }
    if (!bad && !own->agency) {
        request_refuse(request, MUSTER_EUSAGE, "\"agency\" is missing: the name of the agency");
        bad = true;
    }
    if (!bad && take_endpoints(request, "listen", true, &own->listen) &&
        take_endpoints(request, "advertise", false, &own->advertise)) {
        if (node_init(request->node, own, &trouble) != MUSTER_OK)
            request_refuse_trouble(request, &trouble);
        else
            request_answer(request, json_pack("{s:o, s:{s:o, s:o}}", "agency",
                                              json_agency(request->node, &request->node->own.identity.agency), "node",
                                              "id", json_hex(request->node->own.keys.sign.b, 32), "name",
                                              json_text(own->node, strlen(own->node))));
    }
    free(own);
}

/* --- own card --------------------------------------------------------------------------------------------- */

void api_card(struct request *request)
{
    struct node *node = request->node;
    char text[2 * CARD_BYTES_MAX];
    armour_write(text, sizeof(text), "CARD", node->own.card, node->own.card_len);
    request_answer(request,
                   json_pack("{s:s, s:o}", "card", text, "agency", json_agency(node, &node->own.identity.agency)));
}

/* --- kinds -------------------------------------------------------------------------------------------------------- */

static json_t *kind_json(const struct kind *kind)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        json_t *tokens = json_array();
        for (size_t t = 0; field->tokens && field->tokens[t]; t++)
            json_array_append_new(tokens, json_string(field->tokens[t]));
        json_array_append_new(
            fields, json_pack("{s:i, s:s, s:s, s:b, s:b, s:o, s:s?, s:s?, s:{s:s, s:s}, s:s?}", "number", (int)field->number,
                              "name", field->name, "type", field_type_name(field->type), "required",
                              (field->flags & FIELD_REQUIRED) != 0, "state", (field->flags & FIELD_STATE) != 0, "tokens",
                              tokens, "form", field_form_name(field->form), "vocabulary", field->vocab, "label", "en",
                              field->label_en, "zh", field->label_zh, "help", field->help));
    }
    json_t *steps = json_array();
    for (size_t i = 0; i < kind->step_count; i++)
        json_array_append_new(steps, json_pack("{s:s?, s:s, s:s, s:s?}", "from", kind->steps[i].from, "to",
                                               kind->steps[i].to, "who", kind_party_name(kind->steps[i].who), "needs",
                                               kind->steps[i].needs));
    return json_pack("{s:i, s:s, s:s, s:{s:s, s:s}, s:s, s:b, s:o, s:o}", "number", (int)kind->number, "name", kind->name,
                     "prefix", kind->prefix, "label", "en", kind->label_en, "zh", kind->label_zh, "help", kind->help,
                     "separate", (kind->flags & KIND_SEPARATE) != 0, "fields", fields, "steps", steps);
}

void api_kinds(struct request *request)
{
    json_t *items = json_array();
    for (size_t i = 0; i < kind_count(); i++)
        json_array_append_new(items, kind_json(kind_at(i)));
    request_answer(request, json_pack("{s:o}", "items", items));
}
