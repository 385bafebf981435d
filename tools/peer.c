/* muster peer: the partners of this node. */
#include "protocol/kinds/nearest.h"
#include "tools/ask.h"
#include "tools/memory.h"
#include "tools/peers.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

static const struct column peer_columns[] = {
    {"agency.name",    N_("AGENCY"),       COLUMN_CUT | COLUMN_TITLE,  NULL},
    {"agency.id",      N_("ID"),       COLUMN_FILE,                NULL},
    {"agency.country", N_("COUNTRY"),       COLUMN_FILE,                NULL},
    {"node",           N_("NODE"),       COLUMN_CUT,                 NULL},
    {"state",          N_("STATE"),       0,                          NULL},
    {"since",          N_("SINCE"),          COLUMN_TIME,                NULL},
    {"behind",         N_("BEHIND"),       COLUMN_RIGHT,               NULL},
    {"confirmed",      N_("BY VOICE"), 0,                          NULL},
    {"last_met",       N_("LAST MET"), COLUMN_FILE,                NULL},
    {"endpoints",      N_("ENDPOINTS"),       COLUMN_FILE,                NULL},
    {"reason",         N_("REASON"),       COLUMN_FILE,                NULL},
    {"skew_ms",        N_("SKEW MS"), COLUMN_FILE | COLUMN_RIGHT, NULL},
    {"software",       N_("SOFTWARE"),       COLUMN_FILE,                NULL},
    {"note",           N_("NOTE"),       COLUMN_FILE,                NULL},
};

const struct view peer_view = {.columns = peer_columns,
                               .count = ARRAY_LEN(peer_columns),
                               .id_path = "agency.id",
                               .none = N_("no partners yet: muster card and muster invite, or muster join")};

static int peer_list_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    (void)args;
    int code = tool_get(tool, "/v1/peers", &answer);
    if (code)
        return code;
    code = view_list(tool, answer, &peer_view);
    json_decref(answer);
    return code;
}

const struct command command_peer_list = {
    .name = "peer list",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .run = peer_list_run,
    .help = "the partners: up, silent or never met, and how far behind",
    .example = "muster peer list",
    .exits = EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};

bool peer_is(const json_t *peer, const char *agency)
{
    const char *id = value_text_at(peer, "agency.id");
    return strcasecmp(value_text_at(peer, "agency.name"), agency) == 0 ||
           (strlen(agency) >= 8 && strncmp(id, agency, strlen(agency)) == 0);
}

/* What `peer show` and `peer remove` mean by AGENCY: its nodes, in a new array. */
static int peers_of(struct tool *tool, const char *agency, json_t **found)
{
    struct fault fault;
    json_t *answer;
    int code = tool_get(tool, "/v1/peers", &answer);
    if (code)
        return code;
    const json_t *items = json_object_get(answer, "items");
    struct nearest near = nearest_to(agency, strlen(agency));
    *found = json_array();
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *peer = json_array_get(items, i);
        if (peer_is(peer, agency))
            json_array_append(*found, peer);
        nearest_try(&near, value_text_at(peer, "agency.name"), value_text_at(peer, "agency.name"));
    }
    if (json_array_size(*found) == 0) {
        json_decref(*found);
        fault_set(&fault, MUSTER_EUNKNOWN_AGENCY, "no partner is called \"%s\"", agency);
        if (near.answer)
            fault_step(&fault, "did you mean \"%s\"?", near.answer);
        fault_step(&fault, "muster peer list");
        code = tool_fail(tool, &fault);
    }
    json_decref(answer);
    return code;
}

static int peer_show_run(struct tool *tool, const struct arguments *args)
{
    json_t *found;
    int code = peers_of(tool, args->words[0], &found);
    if (code)
        return code;
    json_t *answer = json_pack("{s:o}", "items", found);
    if (tool->set.output != OUTPUT_TABLE) {
        code = view_list(tool, answer, &peer_view);
        json_decref(answer);
        return code;
    }
    screen_head(tool, NULL);
    for (size_t i = 0; i < json_array_size(found); i++) {
        fputc('\n', tool->out);
        for (size_t c = 0; c < ARRAY_LEN(peer_columns); c++) {
            const struct column *column = &peer_columns[c];
            char *text = value_label(value_at(json_array_get(found, i), column->path), NULL, tool->set.lang),
                 time[VALUE_TIME_BYTES];
            time_short(time, text);
            screen_field(tool, view_title(tool, column), 9,
                         strlen(text) < sizeof time ? time : text);
            free(text);
        }
        if (!value_true_at(json_array_get(found, i), "confirmed"))
            screen_line(tool, "  not confirmed by voice: muster confirm \"%s\"",
                        value_text_at(json_array_get(found, i), "agency.name"));
    }
    json_decref(answer);
    return 0;
}

const struct command command_peer_show = {
    .name = "peer show",
    .args = "AGENCY",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .run = peer_show_run,
    .help = "one partner: its nodes, addresses, and why it is silent",
    .example = "muster peer show \"Red Cross\"",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};

static int peer_remove_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *found, *answer;
    int code = peers_of(tool, args->words[0], &found);
    if (code)
        return code;
    char *name = memory_copy(value_text_at(json_array_get(found, 0), "agency.name"));
    json_decref(found);
    if (tool->set.dry_run) {
        if (!tool_print_rehearsal(tool))
            screen_line(tool, "would forget the card and addresses of %s; nothing was changed (--dry-run)", name);
    } else if (ask_yes(tool, &code, "Forget the card and addresses of %s?", name)) {
        url_start(&url, "/v1/peers");
        url_segment(&url, args->words[0]);
        url_segment(&url, "remove");
        code = tool_call(tool, "POST", &url, NULL, &answer);
        if (!code) {
            if (!tool_print_data(tool, answer))
                screen_line(tool, "forgot %s", name);
            json_decref(answer);
        }
    }
    free(name);
    return code;
}

const struct command command_peer_remove = {
    .name = "peer remove",
    .args = "AGENCY",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .run = peer_remove_run,
    .help = "forget an agency that shares no space with this node",
    .example = "muster peer remove \"Red Cross\" --yes",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster",
    .rows = "agency removed",
};
