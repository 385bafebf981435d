/* muster explain: why a peer has an object, or does not. */
#include "tools/arguments.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

enum { LABEL = 14 };

static void explain_print(struct tool *tool, const json_t *answer, const char *object)
{
    char text[512], since[VALUE_TIME_BYTES];
    tool_page(tool);
    screen_head(tool, answer);
    screen_line(tool, "%s, %s: %s", value_text_at(answer, "peer.name"), object, word_said(value_text_at(answer, "rule")));
    time_short(since, value_text_at(answer, "since"));
    snprintf(text, sizeof text, "%s%s%s", value_text_at(answer, "says"), since[0] ? _(", last met ") : "", since);
    screen_field(tool, _("decided by"), LABEL, text);
    screen_field(tool, _("to change it"), LABEL, value_text_at(answer, "change"));
    screen_field(tool, _("on its way"), LABEL, value_text_at(answer, "way.say"));
    screen_field(tool, _("may it read"), LABEL, value_text_at(answer, "reading_says"));
    const json_t *onward = json_object_get(answer, "onward");
    for (size_t i = 0; i < json_array_size(onward); i++) {
        const json_t *one = json_array_get(onward, i);
        snprintf(text, sizeof text, "%s: %s%s%s%s", value_text_at(one, "space"), value_text_at(one, "says"),
                 value_text_at(one, "agreement")[0] ? _(", agreement ") : "", value_text_at(one, "agreement"),
                 value_true_at(one, "allowed") ? "; muster share" : "");
        screen_field(tool, _("onward"), LABEL, text);
    }
    snprintf(text, sizeof text, _("%.16s of %s, position %lld; %s has acknowledged up to %lld"), value_text_at(answer, "record"),
             value_text_at(answer, "author.name"), value_int_at(answer, "position"), value_text_at(answer, "peer.name"),
             value_int_at(answer, "prefix"));
    screen_field(tool, _("record"), LABEL, text);
}

static int explain_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/explain");
    url_query(&url, "peer", args->words[0]);
    url_query(&url, "object", args->words[1]);
    if (args->count > 2)
        url_query(&url, "record", args->words[2]);
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE)
        explain_print(tool, answer, args->words[1]);
    else
        (void)tool_print_data(tool, answer);
    json_decref(answer);
    return 0;
}

const struct command command_explain = {
    .name = "explain",
    .args = "PEER ID [RECORD]",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PAGES,
    .words_min = 2,
    .words_max = 3,
    .run = explain_run,
    .help = "why a partner has an object or not; what would change it",
    .detail = "The first rule that decided, asked of the code that decides when records are sent: membership, suspension, "
              "limits, forks, erasure, what the partner has acknowledged, the connection. Without RECORD the newest content; "
              "muster history --json shows the ids of others.",
    .example = "muster explain \"Red Cross\" inc-7k2q9",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space peer object record rule says change allowed holds reading",
    .rows = "rule allowed holds since says change object record author.name peer.id peer.name",
};
