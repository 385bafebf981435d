/* muster history: the records of one object, oldest first. */
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

enum { CHANGES_MAX = 16, CHANGE_BYTES = 120 };

/* What it says beside fields: to whom, about which record, by what, why. */
static void beside_text(FILE *stream, const json_t *item, size_t shown)
{
    static const struct {
        const char *path, *before;
        int digits;
    } parts[] = {{"to.name", "to ", 64}, {"about", "of ", 8}, {"by.short", "by ", 64}, {"reason", "why: ", CHANGE_BYTES}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const char *text = value_text_at(item, parts[i].path);
        if (text[0])
            fprintf(stream, "%s%s%.*s", shown++ ? ", " : "", parts[i].before, parts[i].digits, text);
    }
}

/* "severity=Extreme, phase=active, …": what a record set, for one line. */
static char *changes_text(const json_t *item, const json_t *names)
{
    const json_t *fields = json_object_get(item, "fields");
    char *text = NULL;
    size_t len = 0, shown = 0;
    const char *name;
    json_t *value, *all = json_copy((json_t *)(uintptr_t)fields);
    FILE *stream = memory_stream(&text, &len);
    json_object_foreach(all, name, value)
    {
        json_t *named = value_named(value, names);
        char *raw = json_is_null(value) ? memory_copy(_("(cleared)")) : value_raw(named);
        json_decref(named);
        size_t cut = strlen(raw);
        bool whole = cut <= CHANGE_BYTES;
        for (cut = whole ? cut : CHANGE_BYTES; cut && ((unsigned char)raw[cut] & 0xc0) == 0x80;)
            cut--; /* not in the middle of a character */
        if (shown < CHANGES_MAX)
            fprintf(stream, "%s%s=%.*s%s", shown ? ", " : "", name, (int)cut, raw, whole ? "" : "…");
        free(raw);
        shown++;
    }
    if (shown > CHANGES_MAX)
        fprintf(stream, ", +%zu", shown - CHANGES_MAX);
    beside_text(stream, item, shown);
    memory_stream_end(stream);
    json_decref(all);
    return text;
}

/* The member `name` of an item as text, with its first digits: what a person types back. */
static void item_fill(json_t *item)
{
    const json_t *over = json_object_get(item, "supersedes"), *operator = json_object_get(item, "operator");
    const char *answer = value_text_at(item, "answer"), *state = value_text_at(item, "state");
    char text[256];
    snprintf(text, sizeof text, "%.8s", value_text_at(item, "record"));
    json_object_set_new(item, "digits", json_string(text));
    snprintf(text, sizeof text, "%.8s", json_array_size(over) ? json_string_value(json_array_get(over, 0)) : "");
    if (json_array_size(over) > 1)
        snprintf(text + strlen(text), sizeof text - strlen(text), "+%zu", json_array_size(over) - 1);
    json_object_set_new(item, "over", json_string(text));
    const char *who = json_is_string(operator) ? json_string_value(operator) : value_text_at(item, "operator.name");
    const char *signature = value_text_at(item, "operator.state");
    bool doubtful = who[0] && signature[0] && strcmp(signature, "verified") != 0;
    snprintf(text, sizeof text, "%.100s%s%.100s%s%.30s%s", value_text_at(item, "agency.name"), who[0] ? " / " : "", who,
             doubtful ? " (" : "", doubtful ? signature : "", doubtful ? ")" : "");
    json_object_set_new(item, "author", json_string(text));
    if (value_text_at(item, "wrong")[0]) {
        json_object_set_new(item, "standing", json_string(word_said("wrong step")));
    } else if (answer[0]) {
        snprintf(text, sizeof text, "%s%s%s", strcmp(state, "counts") == 0 ? "" : word_said(state),
                 strcmp(state, "counts") == 0 ? "" : ", ", word_said(answer));
        json_object_set_new(item, "standing", json_string(text));
    } else {
        json_object_set_new(item, "standing", json_string(word_said(state)));
    }
}

static const struct column history_columns[] = {
    {"time",        N_("TIME"),    COLUMN_TIME,                NULL},
    {"digits",      N_("RECORD"),    COLUMN_SCREEN,              NULL},
    {"record",      N_("RECORD"),    COLUMN_FILE,                NULL},
    {"op",          N_("DONE"),    COLUMN_WORD,                NULL},
    {"author",      N_("BY"),    COLUMN_SCREEN | COLUMN_CUT | COLUMN_TITLE, NULL},
    {"agency.name", N_("BY"),    COLUMN_FILE,                NULL},
    {"agency.id",   N_("BY"),    COLUMN_FILE,                NULL},
    {"node",        N_("NODE"),    COLUMN_FILE,                NULL},
    {"operator.name", N_("OPERATOR"), COLUMN_FILE,               NULL},
    {"operator.state", N_("SIGNED"),    COLUMN_FILE,               NULL},
    {"sequence",    N_("SEQUENCE"),    COLUMN_FILE | COLUMN_RIGHT, NULL},
    {"standing",    N_("STATE"),    COLUMN_SCREEN,              NULL},
    {"state",       N_("STATE"),    COLUMN_FILE,                NULL},
    {"answer",      N_("ANSWER"),    COLUMN_FILE,                NULL},
    {"wrong",       N_("WRONG"), COLUMN_FILE,               NULL},
    {"over",        N_("OVER"),    COLUMN_SCREEN | COLUMN_SPARE, NULL},
    {"supersedes",  N_("OVER"),    COLUMN_FILE,                NULL},
    {"reason",      N_("REASON"),    COLUMN_FILE,                NULL},
    {"changes",     N_("FIELDS"),    COLUMN_SCREEN | COLUMN_CUT | COLUMN_WRAP, NULL},
    {"fields",      N_("FIELDS"),    COLUMN_FILE,                NULL},
};

static const struct view history_view = {.columns = history_columns,
                                         .count = ARRAY_LEN(history_columns),
                                         .id_path = "record",
                                         .none = N_("no records")};

static int history_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, "history");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items) && tool->set.output == OUTPUT_TABLE; i++) {
        json_t *item = json_array_get(items, i);
        char *text = changes_text(item, json_object_get(answer, "names"));
        item_fill(item);
        json_object_set_new(item, "changes", json_string(text));
        free(text);
    }
    tool_page(tool);
    code = view_list(tool, answer, &history_view);
    json_decref(answer);
    return code;
}

const struct command command_history = {
    .name = "history",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PAGES | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .run = history_run,
    .help = "who changed an object, when and how, oldest first",
    .detail = "STATE: counts; open, accepted, declined, taken, refused, lapsed of what asks for an answer; late (written by a former "
              "owner who had not seen that command had passed on; `muster accept ID RECORD` adopts it); disputed (its log has two "
              "branches); quarantined (beyond what a removal lets count); erased; waits (for a key); void (by nobody who might); wrong step (of a delivery, by the side whose step it is not, or from where "
              "it does not lead: the state before it counts). "
              "OVER is what it stands over.",
    .example = "muster history inc-7k2q9",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};
