/* muster evaluate: the measures of a response, from the records; and whether somebody else's figures are right. */
#include "tools/arguments.h"
#include "tools/completeness.h"
#include "tools/evaluate_inputs.h"
#include "tools/memory.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include "protocol/kinds/time3339.h"

#include <inttypes.h>
#include <string.h>

enum { TEXT_BYTES = 32, LABEL_WIDTH = 20 };

/* The measures that a record can hold, as fields of the kind evaluation. */
static const struct measure {
    const char *field, *en;
    size_t offset;
    bool is_rate; /* ten-thousandths; else whole seconds */
} measures[] = {
    {"request_to_offer_s", N_("request to offer"), offsetof(struct evaluate_result, request_to_offer_s), false},
    {"offer_to_arrival_s", N_("offer to arrival"), offsetof(struct evaluate_result, offer_to_arrival_s), false},
    {"fill_rate", N_("fill rate"), offsetof(struct evaluate_result, fill_rate), true},
    {"timeliness", N_("in time"), offsetof(struct evaluate_result, on_time), true},
    {"over_supply", N_("over-supply"), offsetof(struct evaluate_result, over_supply), true},
    {"report_delay_s", N_("time to report"), offsetof(struct evaluate_result, report_s), false},
    {"first_word_s", N_("time to first word"), offsetof(struct evaluate_result, first_word_s), false},
    {"correction_s", N_("time to correction"), offsetof(struct evaluate_result, correction_s), false},
};

static int64_t measured(const struct evaluate_result *result, const struct measure *measure)
{
    int64_t value;
    memcpy(&value, (const char *)result + measure->offset, sizeof value);
    return value;
}

/* "0.6666", "1.0000": as decimal texts are written and compared. */
static void rate_text(char out[TEXT_BYTES], int64_t rate)
{
    snprintf(out, TEXT_BYTES, "%" PRId64 ".%04" PRId64, rate / 10000, rate % 10000);
}

/* The figures as fields; those that nothing is known for are left out. */
static json_t *figures(const struct evaluate_result *result)
{
    json_t *fields = json_object();
    for (size_t i = 0; i < ARRAY_LEN(measures); i++) {
        int64_t value = measured(result, &measures[i]);
        char text[TEXT_BYTES];
        if (value == EVALUATE_NOTHING)
            continue;
        rate_text(text, value);
        json_object_set_new(fields, measures[i].field, measures[i].is_rate ? json_string(text) : json_integer(value));
    }
    return fields;
}

/* Each measure a row, also those that nothing is known for. */
static json_t *measure_rows(const struct evaluate_result *result)
{
    json_t *rows = json_array(), *known = figures(result);
    for (size_t i = 0; i < ARRAY_LEN(measures); i++)
        json_array_append_new(rows, json_pack("{s:s, s:O?}", "measure", measures[i].field, "value", json_object_get(known, measures[i].field)));
    json_decref(known);
    return rows;
}

static json_t *counts(const struct evaluate_result *r)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "requests", (json_int_t)r->requests, "offers", (json_int_t)r->offers,
                     "arrivals", (json_int_t)r->arrivals, "reports", (json_int_t)r->reports, "first_words",
                     (json_int_t)r->first_words, "corrections", (json_int_t)r->corrections);
}

static json_t *method(const struct evaluate_inputs *inputs)
{
    return json_sprintf("muster evaluate 1, inputs %s", inputs->hash);
}

/* An object's full item, by any id. */
static int object_get(struct tool *tool, const char *id, json_t **answer)
{
    struct url url;
    url_start(&url, "/v1/objects");
    url_segment(&url, id);
    url_query(&url, "space", tool->set.space);
    return tool_call(tool, "GET", &url, NULL, answer);
}

static int time_option(struct tool *tool, const struct arguments *args, const char *name, int64_t *out)
{
    const char *text = option_get(args, name), *why = NULL;
    struct time3339 time;
    *out = EVALUATE_NEVER;
    if (!text)
        return 0;
    if (time3339_parse(&time, text, strlen(text), &why) != MUSTER_OK)
        return tool_usage(tool, "muster evaluate inc-7k2q9 --from 2026-07-14T08:00:00+08:00", "--%s is no time: %s", name, why);
    *out = time.ms;
    return 0;
}

static void say(struct tool *tool, const struct evaluate_result *result)
{
    for (size_t i = 0; i < ARRAY_LEN(measures); i++) {
        int64_t value = measured(result, &measures[i]);
        char text[TEXT_BYTES + 8];
        if (value == EVALUATE_NOTHING)
            snprintf(text, sizeof text, "%s", _("not known"));
        else if (measures[i].is_rate)
            snprintf(text, sizeof text, "%" PRId64 ".%02" PRId64 " %%", value / 100, value % 100);
        else if (value >= 3600)
            snprintf(text, sizeof text, _("%lld h %lld min"), (long long)value / 3600, (long long)value / 60 % 60);
        else
            snprintf(text, sizeof text, _("%lld min %lld s"), (long long)value / 60, (long long)value % 60);
        screen_field(tool, _(measures[i].en), LABEL_WIDTH, text);
    }
}

/* The fields of the record that holds the figures. */
static json_t *record_fields(const json_t *incident, const struct evaluate_inputs *inputs, const struct evaluate_result *result,
                             const struct arguments *args)
{
    json_t *fields = figures(result);
    json_object_set_new(fields, "name", json_sprintf("%s: performance", value_text_at(incident, "fields.name")));
    json_object_set_new(fields, "status", json_string("Draft"));
    json_object_set_new(fields, "report_type", json_string("performance"));
    json_object_set_new(fields, "subject", json_string(value_text_at(incident, "id")));
    json_object_set_new(fields, "method", method(inputs));
    if (option_get(args, "from"))
        json_object_set_new(fields, "period_from", json_string(option_get(args, "from")));
    if (option_get(args, "to"))
        json_object_set_new(fields, "period_to", json_string(option_get(args, "to")));
    return fields;
}

static int show(struct tool *tool, const json_t *incident, const struct evaluate_inputs *inputs, const struct evaluate_result *result)
{
    json_t *answer = json_pack("{s:i, s:O, s:s, s:o, s:o, s:s, s:O}", "muster", 1, "space", inputs->space, "incident",
                               value_text_at(incident, "id"), "measures", figures(result), "counts", counts(result), "inputs",
                               inputs->hash, "complete", inputs->complete);
    json_t *rows = json_pack("{s:O, s:o}", "space", inputs->space, "items", measure_rows(result));
    if (!tool_print_json(tool, answer) && !tool_print_data(tool, rows)) {
        screen_top(tool, json_array_get(inputs->answers, 0));
        fputc('\n', tool->out);
        screen_line(tool, "performance of the response to %s",
                    value_text_at(incident, "fields.name"));
        say(tool, result);
        screen_line(tool, "from %zu requests, %zu offers, %zu arrivals, %zu reports, %zu releases",
                    result->requests, result->offers, result->arrivals, result->reports, result->first_words + result->corrections);
        screen_foot(tool, json_array_get(inputs->answers, 0));
    }
    json_decref(rows);
    json_decref(answer);
    return 0;
}

/* Every figure that the record holds, against what the records here give. */
static int check(struct tool *tool, const json_t *evaluation, const struct evaluate_inputs *inputs,
                 const struct evaluate_result *result)
{
    struct fault fault;
    json_t *mine = figures(result), *how = method(inputs), *rows = json_pack("{s:o}", "items", measure_rows(result));
    const json_t *theirs = json_object_get(evaluation, "fields");
    const char *differs = NULL;
    for (size_t i = 0; i < ARRAY_LEN(measures) && !differs; i++) {
        const json_t *a = json_object_get(mine, measures[i].field), *b = json_object_get(theirs, measures[i].field);
        if ((a || b) && !(a && b && json_equal(a, b)))
            differs = measures[i].field;
    }
    int code = 0;
    if (differs) {
        fault_set(&fault, MUSTER_EFIGURES, "%s is %s in the record, and %s by the records held here", differs,
                  value_text_at(theirs, differs)[0] ? value_text_at(theirs, differs) : _("another figure"),
                  json_object_get(mine, differs) ? "another" : "not known");
        fault_step(&fault, "muster status shows what is missing here; muster history ID shows who wrote the figures");
        code = tool_fail(tool, &fault);
    } else if (!tool_print_json(tool, json_object_get(evaluation, "fields")) && !tool_print_data(tool, rows)) {
        screen_line(tool, "%s", _("the figures are right: the records held here give the same"));
        if (strcmp(value_text_at(theirs, "method"), json_string_value(how)) != 0)
            screen_line(tool, "%s", _("though from other inputs: records have come or changed since"));
    }
    json_decref(rows);
    json_decref(how);
    json_decref(mine);
    return code;
}

static int evaluate_run(struct tool *tool, const struct arguments *args)
{
    struct evaluate_inputs inputs = {.answers = NULL};
    struct evaluate_result result;
    json_t *object = NULL, *subject = NULL;
    int64_t from_ms, to_ms;
    int code = time_option(tool, args, "from", &from_ms);
    if (!code)
        code = time_option(tool, args, "to", &to_ms);
    if (!code)
        code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    const json_t *incident = object;
    bool checks = strcmp(value_text_at(object, "kind"), "evaluation") == 0;
    if (checks) {
        struct time3339 time;
        const char *text = value_text_at(object, "fields.period_from"), *end = value_text_at(object, "fields.period_to");
        from_ms = text[0] && time3339_parse(&time, text, strlen(text), NULL) == MUSTER_OK ? time.ms : EVALUATE_NEVER;
        to_ms = end[0] && time3339_parse(&time, end, strlen(end), NULL) == MUSTER_OK ? time.ms : EVALUATE_NEVER;
        code = object_get(tool, value_text_at(object, "fields.subject"), &subject);
        incident = subject;
    }
    if (!code)
        code = evaluate_inputs_get(&inputs, tool, value_text_at(incident, "id"), from_ms, to_ms);
    if (!code && evaluate(&result, &inputs.in) != MUSTER_OK) {
        struct fault fault;
        fault_set(&fault, MUSTER_ETOOBIG, "there is too much to compute at once");
        fault_step(&fault, "name a shorter time with --from and --to");
        code = tool_fail(tool, &fault);
    }
    if (!code && checks)
        code = check(tool, object, &inputs, &result);
    else if (!code && option_get(args, "write"))
        code = record_send(tool, json_pack("{s:s, s:s, s:o}", "op", "create", "kind", "evaluation", "fields",
                                           record_fields(incident, &inputs, &result, args)), record_kind(tool, "evaluation", &code));
    else if (!code)
        code = show(tool, incident, &inputs, &result);
    evaluate_inputs_free(&inputs);
    json_decref(subject);
    json_decref(object);
    return code;
}

static const struct option_row evaluate_options[] = {
    {"from",  0, "TIME", "only what was asked or written from then on"},
    {"to",    0, "TIME", "only what was asked or written until then"},
    {"write", 0, NULL,   "keep the figures as a signed evaluation"},
    {NULL,    0, NULL,   NULL},
};

const struct command command_evaluate = {
    .name = "evaluate",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = evaluate_options,
    .run = evaluate_run,
    .help = "how quickly and how fully a response met what was asked",
    .detail =
        "ID is an incident: its requests, deliveries, situation reports and releases are measured. Or it is an evaluation: its "
        "figures are computed again from the records held here, and must be the same. Of several spans the median counts; what "
        "nothing is known for is left out, and is not zero.",
    .example = "muster evaluate inc-7k2q9\nmuster evaluate inc-7k2q9 --write\nmuster evaluate eva-3m8zt",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster space incident measures counts inputs complete",
    .rows = "items: measure value",
};
