/* muster agreement propose, sign, show, list, simulate: sharing terms between agencies. */
#include "base/ids.h"
#include "tools/ask.h"
#include "tools/arguments.h"
#include "tools/fields.h"
#include "tools/peers.h"
#include "tools/preview.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL = 16, NAMES_BYTES = 1024 };
#define AGREEMENT_EXITS                                                                                                \
    (EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) |           \
     EXIT_BIT(EXIT_STORAGE))

/* --- showing ------------------------------------------------------------------------------------------------------ */

static void names_join(char out[NAMES_BYTES], const json_t *agencies)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(agencies) && at < NAMES_BYTES - 1; i++) {
        int len = snprintf(out + at, NAMES_BYTES - at, "%s%s", i ? ", " : "", value_text_at(json_array_get(agencies, i), "name"));
        at += len > 0 ? (size_t)len : 0;
    }
}

static void terms_print(struct tool *tool, const json_t *answer)
{
    const struct kind *kind = kind_by_number(KIND_AGREEMENT);
    const json_t *fields = json_object_get(answer, "fields");
    char names[NAMES_BYTES];
    screen_line(tool, "%s %s: %s", screen_label(tool, kind->name, kind->label_zh), value_text_at(answer, "short"),
                value_text_at(answer, "status"));
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        const json_t *value = json_object_get(fields, field->name);
        if (!value || strcmp(field->name, "parties") == 0 || strcmp(field->name, "space") == 0)
            continue;
        char *text = value_label(value, field, tool->set.lang);
        screen_field(tool, screen_label(tool, field->label_en, field->label_zh), LABEL, text);
        free(text);
    }
    const char *space = value_text_at(answer, "space.name");
    screen_field(tool, _("into the space"), LABEL, space[0] ? space : value_text_at(answer, "space.id"));
    screen_field(tool, _("kept in"), LABEL, value_text_at(answer, "kept"));
    names_join(names, json_object_get(answer, "signed"));
    screen_field(tool, _("signed by"), LABEL, names);
    names_join(names, json_object_get(answer, "missing"));
    screen_field(tool, _("not signed by"), LABEL, names);
}

static int one_get(struct tool *tool, const char *id, json_t **answer)
{
    struct url url;
    url_start(&url, "/v1/agreements");
    url_segment(&url, id);
    url_query(&url, "space", tool->set.space);
    return tool_call(tool, "GET", &url, NULL, answer);
}

static int show_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    int code = one_get(tool, args->words[0], &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE) {
        screen_head(tool, NULL);
        terms_print(tool, answer);
    } else {
        (void)tool_print_data(tool, answer);
    }
    json_decref(answer);
    return 0;
}

const struct command command_agreement_show = {
    .name = "agreement show",
    .args = "ID",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .run = show_run,
    .help = "the terms of an agreement, who has signed them and who has not",
    .example = "muster agreement show agr-7k2q9",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster id short name space parties signed missing status in_force head fields",
    .rows = "id short name space.name owner.name status in_force parties signed missing head",
};

static const struct column columns[] = {
    {"short",             N_("ID"),     COLUMN_SCREEN,             NULL},
    {"id",                N_("ID"),     COLUMN_FILE,               NULL},
    {"name",              N_("NAME"),     COLUMN_CUT | COLUMN_TITLE, NULL},
    {"space.name",        N_("INTO"), COLUMN_CUT,                NULL},
    {"status",            N_("STATUS"),     0,                         NULL},
    {"fields.tlp_max",    N_("HIGHEST TLP"), COLUMN_SPARE,              NULL},
    {"fields.onward",     N_("ONWARD"),     COLUMN_SPARE,              NULL},
    {"owner.name",        N_("OWNER"), COLUMN_CUT | COLUMN_LOOSE, NULL},
};
static const struct view agreement_view = {.columns = columns, .count = ARRAY_LEN(columns), .id_path = "id",
                                           .none = N_("no agreements")};

static int list_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    (void)args;
    url_start(&url, "/v1/agreements");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    code = view_list(tool, answer, &agreement_view);
    json_decref(answer);
    return code;
}

const struct command command_agreement_list = {
    .name = "agreement list",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .run = list_run,
    .help = "agreements, and whether they are in force",
    .example = "muster agreement list",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};

/* --- proposing ------------------------------------------------------------------------------------------------------ */

/* The id of the agency that a person names, into the list of parties. */
static int party_add(struct tool *tool, const json_t *peers, const char *name, json_t *parties)
{
    const json_t *items = json_object_get(peers, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        if (peer_is(json_array_get(items, i), name)) {
            json_array_append_new(parties, json_string(value_text_at(json_array_get(items, i), "agency.id")));
            return 0;
        }
    struct fault fault;
    fault_set(&fault, MUSTER_EUNKNOWN_AGENCY, "no agency is called \"%s\" here", name);
    fault_step(&fault, "muster peer list");
    return tool_fail(tool, &fault);
}

static int parties_of(struct tool *tool, const struct arguments *args, json_t *parties)
{
    json_t *peers = NULL;
    int code = tool_get(tool, "/v1/peers", &peers);
    const char *self = value_text_at(tool_status(tool), "agency.id");
    json_array_append_new(parties, json_string(self));
    for (size_t i = 0; i < args->count && !code; i++)
        if (!strchr(args->words[i], '='))
            code = party_add(tool, peers, args->words[i], parties);
    json_decref(peers);
    if (!code && json_array_size(parties) < 2)
        code = tool_usage(tool, "muster agreement propose \"Red Cross\" name=…", "with whom? No agency is named");
    return code;
}

/* The id of a space by its name. */
static int space_id(struct tool *tool, const char *name, char id[2 * HASH_BYTES + 1])
{
    struct url url;
    json_t *space;
    url_start(&url, "/v1/spaces");
    url_segment(&url, name);
    int code = tool_call(tool, "GET", &url, NULL, &space);
    if (!code)
        snprintf(id, 2 * HASH_BYTES + 1, "%s", value_text_at(space, "id"));
    json_decref(code ? NULL : space);
    return code;
}

static int terms_read(struct tool *tool, const struct arguments *args, const char *space, json_t *parties, json_t **fields)
{
    const struct kind *kind = kind_by_number(KIND_AGREEMENT);
    char *words[WORDS_MAX], id[2 * HASH_BYTES + 1];
    struct fault fault;
    size_t count = 0;
    int code = space_id(tool, space, id);
    if (code)
        return code;
    for (size_t i = 0; i < args->count; i++)
        if (strchr(args->words[i], '='))
            words[count++] = args->words[i];
    if (fields_read(fields, kind, words, count, false, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    json_object_set(*fields, "parties", parties);
    json_object_set_new(*fields, "space", json_string(id));
    if (!json_object_get(*fields, "standing"))
        json_object_set_new(*fields, "standing", json_string("offered"));
    if (fields_complete(kind, *fields, &fault) != MUSTER_OK) {
        json_decref(*fields);
        *fields = NULL;
        return tool_fail(tool, &fault);
    }
    return 0;
}

static int propose_run(struct tool *tool, const struct arguments *args)
{
    const char *space = option_get(args, "to");
    json_t *parties = json_array(), *fields = NULL;
    int code = space ? 0 : tool_space(tool, &space);
    if (!code)
        code = parties_of(tool, args, parties);
    if (!code)
        code = terms_read(tool, args, space, parties, &fields);
    json_decref(parties);
    if (code)
        return code;
    if (!tool->set.space[0]) /* kept where it decides: all of its parties are there, and its id is no news to anybody */
        snprintf(tool->set.space, sizeof tool->set.space, "%s", space);
    json_t *item = json_pack("{s:s, s:s, s:o}", "op", "create", "kind", "agreement", "fields", fields);
    return record_send(tool, item, kind_by_number(KIND_AGREEMENT));
}

static const struct option_row propose_options[] = {
    {"to", 0, "SPACE", "the space into which records go; else that of --space"},
    {NULL, 0, NULL,    NULL                                                   },
};

const struct command command_agreement_propose = {
    .name = "agreement propose",
    .args = "AGENCY… FIELD=VALUE…",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 128,
    .options = propose_options,
    .run = propose_run,
    .help = "offer sharing terms to other agencies",
    .detail = "In force once every party has signed exactly these terms; this agency signs by writing them. muster update changes "
              "them, and then all sign again; standing=ended ends them. Kept in the space of --space, which all parties must "
              "share. In force they decide which records this agency may write into the space, and which one a record goes to "
              "when no space is named. `muster help agreement` lists the fields.",
    .example = "muster agreement propose \"Red Cross\" --space flood-2026 name=\"Jinsha flood\" \\\n"
               "  kinds=incident tlp_max=TLP:AMBER onward=none purpose=\"flood response\" \\\n"
               "  area=\"CIRCLE 28.77,104.62 80\" valid_to=2026-12-31T00:00:00Z",
    .exits = AGREEMENT_EXITS,
    .keys = "muster items stored",
    .rows = "items: object short record state",
};

/* --- signing -------------------------------------------------------------------------------------------------------- */

static int sign_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *terms, *answer = NULL;
    int code = one_get(tool, args->words[0], &terms);
    if (code)
        return code;
    json_t *body = json_pack("{s:s}", "head", value_text_at(terms, "head")); /* exactly what is shown here */
    if (!tool->set.dry_run && tool->can_ask) {
        FILE *out = tool->out; /* talk, where a program reads the answer */
        tool->out = tool->set.output == OUTPUT_TABLE ? out : tool->err;
        screen_head(tool, NULL);
        terms_print(tool, terms);
        fflush(tool->out);
        tool->out = out;
    }
    bool go = tool->set.dry_run || ask_yes(tool, &code, "Sign these terms of %s?", value_text_at(terms, "short"));
    url_start(&url, "/v1/agreements");
    url_segment(&url, args->words[0]);
    url_segment(&url, "sign");
    url_query(&url, "space", tool->set.space);
    if (go)
        code = tool_call(tool, "POST", &url, body, &answer);
    if (answer && tool->set.output == OUTPUT_TABLE) {
        char names[NAMES_BYTES];
        names_join(names, json_object_get(answer, "missing"));
        screen_line(tool, "%s: %s%s%s", value_text_at(answer, "short"), value_text_at(answer, "status"),
                    names[0] ? _("; not signed by ") : "", names);
    } else if (answer) {
        (void)tool_print_data(tool, answer);
    }
    json_decref(body);
    json_decref(terms);
    json_decref(answer);
    return code;
}

const struct command command_agreement_sign = {
    .name = "agreement sign",
    .args = "ID",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .run = sign_run,
    .help = "sign the terms of an agreement as they are now",
    .detail = "Shows them and asks; --yes in scripts. The signature names the exact record: if the terms change, all sign again.",
    .example = "muster agreement sign agr-7k2q9",
    .exits = AGREEMENT_EXITS,
    .keys = "muster id short status in_force signed missing",
    .rows = "id short status in_force signed missing",
};

/* --- trying --------------------------------------------------------------------------------------------------------- */

static void simulate_print(struct tool *tool, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "agreements");
    screen_head(tool, NULL);
    if (value_true_at(answer, "allowed"))
        screen_line(tool, "%s %s: %s", _("would go into"), value_text_at(answer, "space.name"),
                    value_text_at(answer, "message"));
    else
        screen_line(tool, "%s", value_text_at(answer, "message"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        char label[64], text[512];
        snprintf(label, sizeof label, "%.60s", value_text_at(one, "short"));
        snprintf(text, sizeof text, _("%s, %s: %s; onward: %s"), value_text_at(one, "name"), value_text_at(one, "space"),
                 value_text_at(one, "says"), value_text_at(one, "onward"));
        screen_field(tool, label, LABEL, text);
    }
    if (value_true_at(answer, "allowed"))
        preview_recipients_print(tool, answer);
}

static int simulate_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    struct fault fault;
    json_t *fields, *answer, *body;
    int code;
    const struct kind *kind = record_kind(tool, args->words[0], &code);
    if (!kind)
        return code;
    if (fields_read(&fields, kind, args->words + 1, args->count - 1, false, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    body = tool_body(tool);
    json_object_set_new(body, "kind", json_string(kind->name));
    json_object_set_new(body, "fields", fields);
    url_start(&url, "/v1/agreements/simulate");
    code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    bool allowed = value_true_at(answer, "allowed");
    if (tool->set.output == OUTPUT_TABLE)
        simulate_print(tool, answer);
    else
        (void)tool_print_data(tool, answer);
    json_decref(answer);
    return allowed ? 0 : EXIT_REFUSED;
}

const struct command command_agreement_simulate = {
    .name = "agreement simulate",
    .args = "KIND [FIELD=VALUE…]",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .run = simulate_run,
    .help = "where a record would go, by which agreement, to whom",
    .detail = "Give the fields that matter: location or area, geocode, tlp. Says of each agreement that binds this agency whether "
              "it allows the record and why not. Ends with 4 when the record would be refused.",
    .example = "muster agreement simulate incident location=28.77,104.62 tlp=TLP:GREEN",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster allowed message agreements space recipients",
    .rows = "space.name allowed message agreement onward tlp",
};
