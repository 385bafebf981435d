/* muster request, offer, commit, refuse, withdraw, dispatch, arrive, release, return: a resource on its way.
 *
 * A delivery is a joint object of two sides: who brings and who asked each sign their own steps, and the node refuses a step that
 * the state does not lead to, or that is the other side's, with the steps that are left. */
#include "tools/arguments.h"
#include "tools/fields.h"
#include "tools/quantity.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/workflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STAMP_BYTES = 32 };

static json_t *stamp_now(void)
{
    char text[STAMP_BYTES];
    struct tm parts;
    time_t now = time(NULL);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    return json_string(text);
}

static bool is_kind(const json_t *object, const char *kind)
{
    return strcmp(value_text_at(object, "kind"), kind) == 0;
}

/* What the verb has done, in every form; takes `got`. */
static int said(struct tool *tool, json_t *got, const char *status)
{
    json_object_set_new(got, "muster", json_integer(1));
    json_object_set_new(got, "status", json_string(status));
    if (tool->set.output == OUTPUT_TABLE) {
        screen_head(tool, NULL);
        screen_line(tool, "%s: %s", value_text_at(got, "short"), status);
        tool_hint(tool, "muster show %s", value_text_at(got, "short"));
    } else {
        (void)tool_print_data(tool, got);
    }
    json_decref(got);
    return 0;
}

/* Is it so already?  Nothing is written a second time then.  0, or the exit code after the fault was printed. */
static int not_yet(struct tool *tool, const json_t *delivery, const char *status)
{
    struct fault fault;
    if (strcmp(value_text_at(delivery, "fields.status"), status) != 0)
        return 0;
    fault_set(&fault, MUSTER_EDUPLICATE, "%s is %s already", value_text_at(delivery, "short"), status);
    fault_step(&fault, "muster show %s", value_text_at(delivery, "short"));
    return tool_fail(tool, &fault);
}

/* A step of a delivery; takes the fields. */
static int step(struct tool *tool, const json_t *delivery, const char *status, json_t *fields, json_t **got)
{
    int code = not_yet(tool, delivery, status);
    if (code) {
        json_decref(fields);
        return code;
    }
    json_object_set_new(fields, "status", json_string(status));
    return record_post(tool, json_pack("{s:s, s:s, s:s, s:o}", "op", "update", "kind", "deployment", "object",
                                     value_text_at(delivery, "id"), "fields", fields),
                     got);
}

static int step_said(struct tool *tool, const json_t *delivery, const char *status, json_t *fields)
{
    json_t *got = NULL;
    int code = step(tool, delivery, status, fields, &got);
    return code ? code : said(tool, got, status);
}

/* FIELD=VALUE… of the words from `from` on, for a delivery. */
static int more_fields(struct tool *tool, const struct arguments *args, size_t from, json_t **fields)
{
    struct fault fault;
    *fields = json_object();
    if (args->count <= from)
        return 0;
    json_decref(*fields);
    *fields = NULL;
    const struct kind *kind = kind_by_number(KIND_DEPLOYMENT);
    return fields_read(fields, kind, args->words + from, args->count - from, true, &fault) == MUSTER_OK ? 0
                                                                                                       : tool_fail(tool, &fault);
}

static bool is_number(const char *word)
{
    return word[0] && strspn(word, "0123456789") == strlen(word);
}

/* --- bringing ------------------------------------------------------------------------------------------------ */

/* Promises the units of the resource for what; rehearse: only asks whether they could be. */
static int promise(struct tool *tool, const json_t *resource, long long units, const char *what, bool at_risk, bool rehearse)
{
    json_t *body = quantity_body(tool, "commit", value_text_at(resource, "id"), units), *answer = NULL;
    if (what)
        json_object_set_new(body, "for", json_string(what));
    if (at_risk)
        json_object_set_new(body, "at_risk", json_true());
    if (rehearse)
        json_object_set_new(body, "dry_run", json_true());
    int code = quantity_send(tool, body, &answer);
    json_decref(answer);
    return code;
}

static void copy_field(json_t *to, const char *name, const json_t *from, const char *path)
{
    const char *text = value_text_at(from, path);
    if (text[0] && !json_object_get(to, name))
        json_object_set_new(to, name, json_string(text));
}

int delivery_bring(struct tool *tool, const char *status, const json_t *request, const json_t *resource, long long units, bool at_risk,
                   json_t *fields, json_t **answer)
{
    char text[32], name[256];
    json_t *got = NULL;
    int code = promise(tool, resource, units, NULL, at_risk, true);
    if (code) {
        json_decref(fields);
        return code;
    }
    snprintf(text, sizeof text, "%lld", units);
    snprintf(name, sizeof name, "%lld %.200s", units, value_text_at(resource, "fields.name"));
    if (!json_object_get(fields, "name"))
        json_object_set_new(fields, "name", json_string(name));
    json_object_set_new(fields, "status", json_string(status));
    json_object_set_new(fields, "quantity", json_string(text));
    json_object_set_new(fields, "resource", json_string(value_text_at(resource, "id")));
    copy_field(fields, "unit", resource, "fields.unit");
    copy_field(fields, "origin", resource, "fields.site");
    if (request) {
        json_object_set_new(fields, "request", json_string(value_text_at(request, "id")));
        copy_field(fields, "destination", request, "fields.deliver_to");
        copy_field(fields, "incident", request, "fields.incident");
    }
    json_object_set_new(fields, strcmp(status, "offered") == 0 ? "offered_at" : "committed_at", stamp_now());
    code = record_post(tool, json_pack("{s:s, s:s, s:b, s:o}", "op", "create", "kind", "deployment", "joint", 1, "fields", fields),
                     &got);
    if (code)
        return code;
    code = promise(tool, resource, units, value_text_at(got, "object"), at_risk, false);
    if (code == 0) {
        *answer = got;
        return 0;
    }
    json_t *delivery = json_pack("{s:s}", "id", value_text_at(got, "object")), *back = NULL;
    json_decref(got); /* somebody was faster: nothing is offered that is not there */
    (void)step(tool, delivery, "withdrawn", json_pack("{s:s}", "reason", "its units were promised elsewhere meanwhile"), &back);
    json_decref(back);
    json_decref(delivery);
    return code;
}

static int bring(struct tool *tool, const char *status, const json_t *request, const json_t *resource, long long units, bool at_risk,
                 json_t *fields)
{
    json_t *got = NULL;
    int code = delivery_bring(tool, status, request, resource, units, at_risk, fields, &got);
    return code ? code : said(tool, got, status);
}

static int resource_get(struct tool *tool, const struct arguments *args, json_t **resource)
{
    const char *from = option_get(args, "from");
    if (!from)
        return tool_usage(tool, "muster offer req-9m4xd 25 --from res-7k2q9", "--from is missing: the resource it is taken from");
    int code = object_get(tool, from, resource);
    if (code || is_kind(*resource, "resource"))
        return code; /* whoever asked frees it, whatever it is */
    return tool_usage(tool, "muster list resources", "%.60s is no resource", from);
}

/* Words: [REQUEST] UNITS FIELD=VALUE… */
static int bring_words(struct tool *tool, const struct arguments *args, const char *status)
{
    bool unasked = is_number(args->words[0]);
    size_t at = unasked ? 0 : 1;
    long long units;
    json_t *request = NULL, *resource = NULL, *fields = NULL;
    if (args->count <= at)
        return tool_usage(tool, "muster offer req-9m4xd 25 --from res-7k2q9", "how many units?");
    int code = units_read(tool, args->words[at], &units);
    if (!code)
        code = resource_get(tool, args, &resource);
    if (!code && !unasked)
        code = object_get(tool, args->words[0], &request);
    if (!code && request && !is_kind(request, "request"))
        code = tool_usage(tool, "muster list requests", "%.60s is no request", args->words[0]);
    if (!code)
        code = more_fields(tool, args, at + 1, &fields);
    if (!code)
        code = bring(tool, status, request, resource, units, option_get(args, "at-risk") != NULL, fields);
    json_decref(request);
    json_decref(resource);
    return code;
}

static const struct option_row bring_options[] = {
    {"from",    0, "RESOURCE", "where the units are taken from"},
    {"at-risk", 0, NULL,       "promise although no units are free here"},
    {NULL,      0, NULL,       NULL                                                                 },
};

static int offer_run(struct tool *tool, const struct arguments *args)
{
    return bring_words(tool, args, "offered");
}

const struct command command_offer = {
    .name = "offer",
    .args = "[REQUEST] UNITS [FIELD=VALUE…]",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = bring_options,
    .run = offer_run,
    .help = "offer units of a resource, in answer to a request or unasked",
    .detail = "The units are promised from that moment, so that nobody is offered what another has. Several offers may meet one "
              "request. It is accepted with `muster commit`, refused with `muster refuse`.",
    .example = "muster offer req-9m4xd 25 --from res-7k2q9\nmuster offer 10 --from res-7k2q9 destination=\"Nanxi school\"",
    .exits = QUANTITY_EXITS,
    .keys = "muster object record short state status",
    .rows = "object short record state status",
};

/* --- commit: of an offer, to a request, or plainly ------------------------------------------------------------- */

static int commit_run(struct tool *tool, const struct arguments *args)
{
    json_t *object = NULL;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    if (is_kind(object, "request")) {
        code = bring_words(tool, args, "committed");
    } else if (is_kind(object, "deployment")) {
        json_t *fields = NULL;
        code = more_fields(tool, args, 1, &fields);
        if (!code) {
            json_object_set_new(fields, "committed_at", stamp_now());
            code = step_said(tool, object, "committed", fields);
        }
    } else {
        long long units = 0;
        code = args->count == 2 ? units_read(tool, args->words[1], &units)
                                : tool_usage(tool, "muster commit res-7k2q9 25", "how many units?");
        if (!code) {
            json_t *body = quantity_body(tool, "commit", value_text_at(object, "id"), units);
            if (option_get(args, "for"))
                json_object_set_new(body, "for", json_string(option_get(args, "for")));
            if (option_get(args, "at-risk"))
                json_object_set_new(body, "at_risk", json_true());
            code = quantity_send(tool, body, NULL);
        }
    }
    json_decref(object);
    return code;
}

static const struct option_row commit_options[] = {
    {"from",    0, "RESOURCE", "to a request: where the units are taken from"            },
    {"for",     0, "ID",       "of a resource: what they are promised for"                           },
    {"at-risk", 0, NULL,       "promise although no units are free here"},
    {NULL,      0, NULL,       NULL                                                                 },
};

const struct command command_commit = {
    .name = "commit",
    .args = "REQUEST|DELIVERY|RESOURCE [UNITS] [FIELD=VALUE…]",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = commit_options,
    .run = commit_run,
    .help = "promise units: to a request, or plainly; accept an offer",
    .detail = "Units that are not this node's to promise are refused, with who holds them; --at-risk promises them knowingly, "
              "and every screen says so until they are covered.",
    .example = "muster commit req-9m4xd 25 --from res-7k2q9\nmuster commit dep-3f9ah\nmuster commit res-7k2q9 5 --at-risk",
    .exits = QUANTITY_EXITS,
    .keys = "muster",
    .rows = "object short record state status",
};

/* --- the other steps --------------------------------------------------------------------------------------------- */

static int delivery_get(struct tool *tool, const char *id, json_t **delivery)
{
    int code = object_get(tool, id, delivery);
    if (code || is_kind(*delivery, "deployment"))
        return code;
    json_decref(*delivery);
    *delivery = NULL;
    return tool_usage(tool, "muster list deployments", "%.60s is no delivery", id);
}

/* This node's promises for the delivery are taken back, but for so many units that stay. */
static int take_back(struct tool *tool, const json_t *delivery, long long stay)
{
    const char *resource = value_text_at(delivery, "fields.resource.id");
    if (!resource[0])
        resource = value_text_at(delivery, "fields.resource");
    if (!resource[0])
        return 0;
    json_t *body = quantity_body(tool, "release", resource, stay), *answer = NULL;
    json_object_set_new(body, "for", json_string(value_text_at(delivery, "id")));
    int code = quantity_send(tool, body, &answer);
    json_decref(answer);
    return code;
}

static const struct option_row reason_options[] = {
    {"reason", 0, "TEXT", "why; the other side reads it"},
    {NULL,     0, NULL,   NULL                          },
};

static int refuse_run(struct tool *tool, const struct arguments *args)
{
    json_t *object = NULL, *got = NULL;
    const char *reason = option_get(args, "reason");
    if (!reason)
        return tool_usage(tool, "muster refuse dep-3f9ah --reason \"too late\"", "--reason is missing: why it is refused");
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    json_t *fields = json_pack("{s:s}", "reason", reason);
    if (is_kind(object, "request")) {
        char name[256];
        snprintf(name, sizeof name, "no: %.200s", value_text_at(object, "fields.name"));
        json_object_set_new(fields, "name", json_string(name));
        json_object_set_new(fields, "status", json_string("refused"));
        json_object_set_new(fields, "request", json_string(value_text_at(object, "id")));
        code = record_post(
            tool, json_pack("{s:s, s:s, s:b, s:o}", "op", "create", "kind", "deployment", "joint", 1, "fields", fields), &got);
        code = code ? code : said(tool, got, "refused");
    } else {
        code = step_said(tool, object, "refused", fields);
    }
    json_decref(object);
    return code;
}

const struct command command_refuse = {
    .name = "refuse",
    .args = "DELIVERY|REQUEST",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = reason_options,
    .run = refuse_run,
    .help = "refuse an offer, or a request that cannot be met",
    .detail = "Who offered takes the units back with `muster release DELIVERY`.",
    .example = "muster refuse dep-3f9ah --reason \"we have enough\"",
    .exits = QUANTITY_EXITS,
    .keys = "muster object record short state status",
    .rows = "object short record state status",
};

static int withdraw_run(struct tool *tool, const struct arguments *args)
{
    json_t *delivery = NULL;
    const char *reason = option_get(args, "reason");
    if (!reason)
        return tool_usage(tool, "muster withdraw dep-3f9ah --reason \"broken\"", "--reason is missing: why it is withdrawn");
    int code = delivery_get(tool, args->words[0], &delivery);
    if (!code)
        code = step_said(tool, delivery, "withdrawn", json_pack("{s:s}", "reason", reason));
    if (!code)
        code = take_back(tool, delivery, 0);
    json_decref(delivery);
    return code;
}

const struct command command_withdraw = {
    .name = "withdraw",
    .args = "DELIVERY",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = reason_options,
    .run = withdraw_run,
    .help = "take an offer back before it is sent",
    .example = "muster withdraw dep-3f9ah --reason \"the bridge is closed\"",
    .exits = QUANTITY_EXITS,
    .keys = "muster object record short state status",
    .rows = "object short record state status",
};

static int dispatch_run(struct tool *tool, const struct arguments *args)
{
    json_t *delivery = NULL, *fields = NULL;
    int code = delivery_get(tool, args->words[0], &delivery);
    if (!code)
        code = more_fields(tool, args, 1, &fields);
    if (!code) {
        json_object_set_new(fields, "dispatched_at", stamp_now());
        code = step_said(tool, delivery, "dispatched", fields);
    }
    json_decref(delivery);
    return code;
}

const struct command command_dispatch = {
    .name = "dispatch",
    .args = "DELIVERY [FIELD=VALUE…]",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .run = dispatch_run,
    .help = "say that it has left",
    .example = "muster dispatch dep-3f9ah carrier=\"Army lorry 4\" eta=2026-07-14T18:00:00+08:00",
    .exits = QUANTITY_EXITS,
    .keys = "muster object record short state status",
    .rows = "object short record state status",
};

static long long units_of(const json_t *delivery)
{
    return strtoll(value_text_at(delivery, "fields.quantity"), NULL, 10);
}

static int arrive_run(struct tool *tool, const struct arguments *args)
{
    json_t *delivery = NULL;
    long long units = 0;
    char text[32];
    const char *discrepancy = option_get(args, "discrepancy");
    int code = delivery_get(tool, args->words[0], &delivery);
    if (!code)
        units = units_of(delivery);
    if (!code && args->count > 1)
        code = units_read(tool, args->words[1], &units);
    if (!code && units != units_of(delivery) && !discrepancy)
        code = tool_usage(tool, "muster arrive dep-3f9ah 23 --discrepancy \"two broken\"",
                          "%lld were sent and %lld arrived: --discrepancy is missing, what is wrong", units_of(delivery), units);
    if (!code) {
        snprintf(text, sizeof text, "%lld", units);
        json_t *fields = json_pack("{s:s, s:o}", "quantity_arrived", text, "arrived_at", stamp_now());
        if (discrepancy)
            json_object_set_new(fields, "discrepancy", json_string(discrepancy));
        code = step_said(tool, delivery, "arrived", fields);
    }
    json_decref(delivery);
    return code;
}

static const struct option_row arrive_options[] = {
    {"discrepancy", 0, "TEXT", "what is missing, broken or other than promised"},
    {NULL,          0, NULL,   NULL                                            },
};

const struct command command_arrive = {
    .name = "arrive",
    .args = "DELIVERY [UNITS]",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 2,
    .options = arrive_options,
    .run = arrive_run,
    .help = "say that it is here, and how much of it",
    .example = "muster arrive dep-3f9ah\nmuster arrive dep-3f9ah 23 --discrepancy \"two without hoses\"",
    .exits = QUANTITY_EXITS,
    .keys = "muster object record short state status",
    .rows = "object short record state status",
};

static int release_run(struct tool *tool, const struct arguments *args)
{
    json_t *object = NULL;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    const char *status = value_text_at(object, "fields.status");
    if (is_kind(object, "deployment") && strcmp(status, "refused") != 0 && strcmp(status, "withdrawn") != 0) {
        code = step_said(tool, object, "released", json_pack("{s:o}", "released_at", stamp_now()));
    } else if (is_kind(object, "deployment")) {
        code = take_back(tool, object, 0);
        code = code ? code : said(tool, json_pack("{s:O, s:O}", "object", json_object_get(object, "id"), "short",
                                                  json_object_get(object, "short")),
                                  status);
    } else if (args->count == 2) {
        json_t *body = quantity_body(tool, "release", value_text_at(object, "id"), 0);
        json_object_set_new(body, "record", json_string(args->words[1]));
        code = quantity_send(tool, body, NULL);
    } else {
        code = tool_usage(tool, "muster quantities", "of a resource, which promise?");
    }
    json_decref(object);
    return code;
}

const struct command command_release = {
    .name = "release",
    .args = "DELIVERY | RESOURCE PROMISE",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 2,
    .run = release_run,
    .help = "let go what is needed no more, or take a promise back",
    .detail = "Of a delivery that arrived: who asked lets it go, and it goes home with `muster return`. Of one that was refused or "
              "withdrawn: who offered has its units back. PROMISE is the beginning of a record of `muster quantities RESOURCE`.",
    .example = "muster release dep-3f9ah\nmuster release res-7k2q9 3f9a1c22b0d4",
    .exits = QUANTITY_EXITS,
    .keys = "muster",
    .rows = "object short record state status",
};

/* What came home is free again; what did not stays promised, as used up. */
static int delivery_return(struct tool *tool, const struct arguments *args, const json_t *delivery)
{
    long long units = units_of(delivery), back = units;
    char text[32];
    json_t *got = NULL;
    int code = args->count > 1 ? units_read(tool, args->words[1], &back) : 0;
    if (!code && back > units)
        code = tool_usage(tool, "muster show dep-3f9ah", "only %lld were sent", units);
    if (!code)
        code = not_yet(tool, delivery, "returned");
    if (!code && strcmp(value_text_at(delivery, "fields.status"), "arrived") == 0)
        code = step(tool, delivery, "returning", json_object(), &got);
    json_decref(got);
    if (code)
        return code;
    snprintf(text, sizeof text, "%lld", back);
    json_t *fields = json_pack("{s:s, s:o}", "quantity_returned", text, "returned_at", stamp_now());
    code = step(tool, delivery, "returned", fields, &got);
    if (code)
        return code;
    code = take_back(tool, delivery, units - back);
    if (code == 0)
        return said(tool, got, "returned");
    json_decref(got);
    return code;
}

static int return_run(struct tool *tool, const struct arguments *args)
{
    json_t *object = NULL;
    long long units;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    if (is_kind(object, "deployment")) {
        code = delivery_return(tool, args, object);
    } else {
        code = args->count == 2 ? units_read(tool, args->words[1], &units)
                                : tool_usage(tool, "muster return res-7k2q9 8", "how many units?");
        if (!code)
            code = quantity_send(tool, quantity_body(tool, "return", value_text_at(object, "id"), units), NULL);
    }
    json_decref(object);
    return code;
}

const struct command command_return = {
    .name = "return",
    .args = "DELIVERY [UNITS] | RESOURCE UNITS",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 2,
    .run = return_run,
    .help = "say what came home; or give rights back to who granted them",
    .detail = "Of a delivery: who brought it says how many units are back; those are free again, the rest stays promised as used "
              "up. Of a resource: rights that were granted to this node go back, first those that are reclaimed.",
    .example = "muster return dep-3f9ah 20\nmuster return res-7k2q9 8",
    .exits = QUANTITY_EXITS,
    .keys = "muster",
    .rows = "object short record state status",
};

/* --- asking -------------------------------------------------------------------------------------------------------- */

static int request_run(struct tool *tool, const struct arguments *args)
{
    struct fault fault;
    json_t *fields;
    const struct kind *kind = kind_by_number(KIND_REQUEST);
    if (fields_read(&fields, kind, args->words, args->count, false, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    if (!json_object_get(fields, "status"))
        json_object_set_new(fields, "status", json_string("submitted"));
    if (fields_complete(kind, fields, &fault) != MUSTER_OK) {
        json_decref(fields);
        return tool_fail(tool, &fault);
    }
    return record_send(tool, json_pack("{s:s, s:s, s:o}", "op", "create", "kind", kind->name, "fields", fields), kind);
}

const struct command command_request = {
    .name = "request",
    .args = "FIELD=VALUE…",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .run = request_run,
    .help = "ask for a resource",
    .detail = "The same as `muster new request status=submitted FIELD=VALUE…`. Several deliveries may meet it in parts.",
    .example = "muster request name=\"Pumps for Nanxi\" quantity=40 unit={pump} deliver_to=\"Nanxi school\"",
    .exits = QUANTITY_EXITS,
    .keys = "muster items stored",
    .rows = "items: object short record state",
};
