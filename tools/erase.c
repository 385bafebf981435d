/* muster erase, hold, unhold, retention: what the law wants gone, what it wants kept, and how far that is. */
#include "tools/arguments.h"
#include "tools/completeness.h"
#include "tools/ask.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <string.h>

#define ERASE_EXITS                                                                                                    \
    (EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_UNCONFIRMED) |     \
     EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE))

static void object_url(struct tool *tool, struct url *url, const char *id, const char *what)
{
    url_start(url, "/v1/objects");
    url_segment(url, id);
    url_segment(url, what);
    url_query(url, "space", tool->set.space);
}

#define SEND_ROWS "written: id kind object message still"

/* Each record, and the operation, that was written: a row. */
static json_t *written_rows(const json_t *answer)
{
    const json_t *records = json_object_get(answer, "records");
    const char *operation = value_text_at(answer, "operation");
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(records); i++)
        json_array_append_new(rows, json_pack("{s:O, s:s}", "id", json_array_get(records, i), "kind", "record"));
    if (operation[0])
        json_array_append_new(rows, json_pack("{s:s, s:s}", "id", operation, "kind", "operation"));
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_object_update_new(json_array_get(rows, i),
                               json_pack("{s:O*, s:O*, s:O*}", "object", json_object_get(answer, "object"), "message",
                                         json_object_get(answer, "message"), "still", json_object_get(answer, "still")));
    return rows;
}

/* Posts, and says what came of it; takes the body over. */
static int send(struct tool *tool, const struct url *url, json_t *body, const char *next)
{
    json_t *answer = NULL;
    int code = tool_call(tool, "POST", url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    json_t *written = written_rows(answer);
    json_object_set(answer, "written", written);
    bool printed = tool->set.output != OUTPUT_JSON && tool->set.output != OUTPUT_NDJSON && view_rows(tool, answer, SEND_ROWS);
    json_object_del(answer, "written");
    if (!printed && !tool_print_json(tool, answer)) {
        screen_head(tool, answer);
        screen_line(tool, "%s", value_text_at(answer, "message"));
        if (value_int_at(answer, "still") > 0)
            tool_hint(tool, "they sign it with: muster space approve %.12s --space \"%s\"", value_text_at(answer, "operation"),
                      value_text_at(answer, "space.name"));
        else if (next)
            tool_hint(tool, "who holds it by now: muster erase --status %s", next);
    }
    json_decref(written);
    json_decref(answer);
    return 0;
}

/* --- how far it is -------------------------------------------------------------------------------------------------------- */

static void receipts_print(struct tool *tool, const json_t *said)
{
    const json_t *list = json_object_get(said, "receipts");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *state = value_text_at(one, "state");
        char text[160], since[VALUE_TIME_BYTES], label[96];
        time_shorter(since, value_text_at(one, "since"));
        if (strcmp(state, "holds") == 0)
            snprintf(text, sizeof text, "%s", _("holds it durably"));
        else if (strcmp(state, "told") == 0)
            snprintf(text, sizeof text, "%s", _("told, has not said so yet"));
        else
            snprintf(text, sizeof text, "%s%s%s", _("not told"),
                     since[0] ? _("; silent since ") : "", since);
        snprintf(label, sizeof label, "  %.80s", value_text_at(one, "agency.name"));
        screen_field(tool, label, 22, text);
    }
}

static void status_print(struct tool *tool, const json_t *answer)
{
    const json_t *records = json_object_get(answer, "records"), *said = json_object_get(answer, "said");
    char line[256];
    screen_top(tool, answer);
    fputc('\n', tool->out);
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *r = json_array_get(records, i);
        const char *state = value_text_at(r, "state");
        snprintf(line, sizeof line, "%s  %.60s  %s", value_text_at(r, "time"), value_text_at(r, "agency.name"),
                 strcmp(state, "gone") == 0  ? _("erased, its bytes are gone here")
                 : strcmp(state, "due") == 0 ? _("erased, its bytes go next")
                 : strcmp(state, "held") == 0 && value_true_at(r, "erased")
                     ? _("erased, a legal hold keeps its bytes")
                     : _("shown"));
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s",
                 value_true_at(r, "held") && !value_true_at(r, "erased") ? _(", held") : "");
        screen_field(tool, value_text_at(r, "record")[0] ? "record" : "", 12, line);
        snprintf(line, sizeof line, "%.16s", value_text_at(r, "record"));
        screen_field(tool, "", 12, line);
    }
    for (size_t i = 0; i < json_array_size(said); i++) {
        const json_t *s = json_array_get(said, i);
        snprintf(line, sizeof line, "%.80s%s%s%s%s%s", value_text_at(s, "by.name"),
                 value_text_at(s, "ground")[0] ? ", " : "", value_text_at(s, "ground"),
                 value_true_at(s, "majority") ? _(", by a majority") : "",
                 !value_true_at(s, "counts") ? _(", not in force") : "",
                 value_true_at(s, "lifted") ? _(", ended") : "");
        screen_field(tool, value_text_at(s, "op"), 12, line);
        receipts_print(tool, s);
    }
    if (json_array_size(said) && !value_true_at(answer, "overwritten"))
        screen_line(tool, "%s", _("freed pages of this node's files are overwritten at the next quiet moment"));
    screen_foot(tool, answer);
}

#define STATUS_ROWS "rows: agency.id agency.name about op state since record time held ground by.name counts"

/* A row for each record of the object, with its writer, and one for each member that is to hold what was said, with how far it is. */
static json_t *status_rows(const json_t *answer)
{
    const json_t *records = json_object_get(answer, "records"), *said = json_object_get(answer, "said");
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(records); i++) {
        json_t *row = json_copy(json_array_get(records, i));
        json_object_set_new(row, "about", json_string("record"));
        json_array_append_new(rows, row);
    }
    for (size_t i = 0; i < json_array_size(said); i++) {
        const json_t *one = json_array_get(said, i), *list = json_object_get(one, "receipts");
        for (size_t k = 0; k < json_array_size(list); k++) {
            json_t *row = json_copy(json_array_get(list, k));
            json_object_set_new(row, "about", json_string("member"));
            json_object_update_missing_new(row, json_pack("{s:O*, s:O*, s:O*, s:O*}", "op", json_object_get(one, "op"), "ground",
                                                          json_object_get(one, "ground"), "by", json_object_get(one, "by"), "counts",
                                                          json_object_get(one, "counts")));
            json_array_append_new(rows, row);
        }
    }
    return rows;
}

static int status_run(struct tool *tool, const char *id)
{
    struct url url;
    json_t *answer = NULL;
    object_url(tool, &url, id, "erasure");
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    json_t *rows = json_pack("{s:O?, s:o}", "space", json_object_get(answer, "space"), "rows", status_rows(answer));
    bool json = tool_print_json(tool, answer);
    if (!json && !view_rows(tool, rows, STATUS_ROWS))
        status_print(tool, answer);
    json_decref(rows);
    json_decref(answer);
    return 0;
}

/* --- the verbs -------------------------------------------------------------------------------------------------------------- */

static json_t *body_of(const struct arguments *args)
{
    json_t *body = json_object();
    if (option_get(args, "majority"))
        json_object_set_new(body, "majority", json_true());
    if (option_get(args, "record"))
        json_object_set_new(body, "record", json_string(option_get(args, "record")));
    return body;
}

static int erase_run(struct tool *tool, const struct arguments *args)
{
    const char *id = args->words[0], *ground = option_get(args, "ground");
    struct url url;
    char question[256];
    int code = 0;
    if (option_get(args, "status"))
        return status_run(tool, id);
    if (!ground)
        return tool_usage(tool, "muster erase inc-7k2q9 --ground consent-withdrawn",
                          "--ground is missing: consent-withdrawn, legal-obligation, error, retention or other");
    snprintf(question, sizeof question, _("Erase %.100s at every member? Nothing brings it back."), id);
    if (!tool->set.dry_run && !ask_name(tool, &code, id, question))
        return code;
    json_t *body = body_of(args);
    json_object_set_new(body, "ground", json_string(ground));
    object_url(tool, &url, id, "erase");
    return send(tool, &url, body, id);
}

static const struct option_row erase_options[] = {
    {"ground",   0, "WORD",   "why, as one of a few words"                                },
    {"record",   0, "RECORD", "only this record (its first digits; see history)"           },
    {"majority", 0, NULL,     "propose it to the admins, whoever wrote it"                  },
    {"status",   0, NULL,     "show what is erased, and which member holds that"            },
    {NULL,       0, NULL,     NULL                                                          },
};

const struct command command_erase = {
    .name = "erase",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = erase_options,
    .run = erase_run,
    .help = "erase the content of an object, at every member",
    .detail = "WORD is consent-withdrawn, legal-obligation, error, retention or other. Each agency erases what it wrote, the controller of the space anything, a majority of the admins too. The "
              "content and its attachments go from every disk, freed places included; that it was written, when and by "
              "whom stays proved. Members hear of it before anything else, those who were away when they meet. Wants ID "
              "typed, or --yes=ID. A legal hold keeps the bytes; views show nothing all the same.",
    .example = "muster erase inc-7k2q9 --ground consent-withdrawn --yes=inc-7k2q9\nmuster erase --status inc-7k2q9",
    .exits = ERASE_EXITS,
    .keys = "muster space object targets? others? records message? operation? verdict? still? erased? said? bytes_here? overwritten?",
    .rows = SEND_ROWS,
};

static int hold_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    object_url(tool, &url, args->words[0], "hold");
    return send(tool, &url, body_of(args), args->words[0]);
}

static const struct option_row hold_options[] = {
    {"record",   0, "RECORD", "only this record of the object"                  },
    {"majority", 0, NULL,     "propose it to the admins"                        },
    {NULL,       0, NULL,     NULL                                              },
};

const struct command command_hold = {
    .name = "hold",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = hold_options,
    .run = hold_run,
    .help = "keep the bytes of an object for a court, erased or not",
    .detail = "A legal hold, by the controller of the space or a majority of its admins (--majority). It covers the records "
              "that are there now. What is erased meanwhile is shown to nobody; its bytes go when the hold ends.",
    .example = "muster hold inc-7k2q9",
    .exits = ERASE_EXITS,
    .keys = "muster space object targets records message operation? verdict? still?",
    .rows = SEND_ROWS,
};

static int unhold_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    object_url(tool, &url, args->words[0], "unhold");
    return send(tool, &url, body_of(args), args->words[0]);
}

static const struct option_row unhold_options[] = {
    {"majority", 0, NULL, "end one that a majority made"},
    {NULL,       0, NULL, NULL                          },
};

const struct command command_unhold = {
    .name = "unhold",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = unhold_options,
    .run = unhold_run,
    .help = "end the legal hold of an object",
    .detail = "The controller ends its own holds, a majority those of a majority. What has been erased meanwhile goes then.",
    .example = "muster unhold inc-7k2q9",
    .exits = ERASE_EXITS,
    .keys = "muster space object targets records message operation? verdict? still?",
    .rows = SEND_ROWS,
};

static void retention_print(struct tool *tool, const json_t *answer)
{
    const json_t *due = json_object_get(answer, "due");
    char line[256];
    screen_head(tool, answer);
    const json_t *agreed = json_object_get(answer, "agreed");
    for (size_t i = 0; i < json_array_size(agreed); i++) {
        const json_t *one = json_array_get(agreed, i);
        snprintf(line, sizeof line, _("%lld days, %.120s%s"), value_int_at(one, "days"), value_text_at(one, "agreement"),
                 value_true_at(one, "shorter") ? _("; the space keeps longer: muster space policy retention-days=N") : "");
        screen_field(tool, _("agreed"), 12, line);
    }
    if (!value_int_at(answer, "days")) {
        screen_line(tool, "%s", _("everything is kept; muster space policy retention-days=N sets a bound"));
        return;
    }
    snprintf(line, sizeof line, _("%lld days; %s erases what is older"),
             value_int_at(answer, "days"), value_text_at(answer, "controller.name"));
    screen_field(tool, _("kept"), 12, line);
    for (size_t i = 0; i < json_array_size(due); i++) {
        const json_t *one = json_array_get(due, i);
        snprintf(line, sizeof line, _("%.100s: %lld records, up to sequence %lld"),
                 value_text_at(one, "agency.name"), value_int_at(one, "records"), value_int_at(one, "sequence"));
        screen_field(tool, _("due"), 12, line);
    }
    if (!json_array_size(due))
        screen_field(tool, _("due"), 12, _("nothing"));
    else
        tool_hint(tool, "erase it: muster retention --apply");
}

static int retention_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    const char *space = NULL;
    json_t *answer = NULL;
    int code = tool_space(tool, &space);
    if (code)
        return code;
    url_start(&url, "/v1/spaces");
    url_segment(&url, space);
    if (option_get(args, "apply")) {
        char question[256];
        snprintf(question, sizeof question, _("Erase all of %.100s that is older than it keeps? Nothing brings it back."), space);
        if (!tool->set.dry_run && !ask_name(tool, &code, space, question))
            return code;
        url_segment(&url, "retain");
        return send(tool, &url, json_object(), NULL);
    }
    url_segment(&url, "retention");
    code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    if (!tool_print_data(tool, answer))
        retention_print(tool, answer);
    json_decref(answer);
    return 0;
}

static const struct option_row retention_options[] = {
    {"apply", 0, NULL, "erase what is due (or propose it)"},
    {NULL,    0, NULL, NULL                                                           },
};

const struct command command_retention = {
    .name = "retention",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .options = retention_options,
    .run = retention_run,
    .help = "what is older than the space keeps, and erasing it",
    .detail = "The bound is the stricter of the space's own and its policy's retention-days. No node erases by its own clock: "
              "the controller says up to where, and every member follows. Wants the name of the space typed, or --yes=SPACE.",
    .example = "muster retention\nmuster retention --apply --yes=flood",
    .exits = ERASE_EXITS,
    .keys = "muster space days? controller? due? records? operation? verdict? still? message?",
    .rows = "due: agency.id agency.name log sequence records",
};
