/* muster show: everything about one object. */
#include "tools/completeness.h"
#include "tools/files.h"
#include "tools/memory.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_WIDTH = 14, LABEL_WIDTH_MAX = 26 };

static size_t label_width(struct tool *tool, const struct kind *kind, const json_t *fields)
{
    size_t width = LABEL_WIDTH;
    for (size_t i = 0; kind && i < kind->count; i++) {
        size_t own = screen_width(screen_label(tool, kind->fields[i].label_en, kind->fields[i].label_zh));
        if (json_object_get(fields, kind->fields[i].name) && own > width && own <= LABEL_WIDTH_MAX)
            width = own;
    }
    return width;
}

static void field_show(struct tool *tool, const char *label, size_t width, const json_t *value,
                       const struct field *field)
{
    char *text = json_is_null(value) ? memory_copy(_("(cleared)")) : value_label(value, field, tool->set.lang);
    const char *token = field && field->vocab ? json_string_value(value) : NULL;
    const char *english =
        token && tool->set.lang == LANG_EN ? token_label(field->vocab, token, LANG_EN) : NULL;
    if (english && strcasecmp(english, token) != 0) { /* "S (performed with some challenges)" */
        char both[FIELD_LINE_BYTES + 64];
        snprintf(both, sizeof both, "%s (%s)", token, english);
        screen_field(tool, label, width, both);
    } else {
        screen_field(tool, label, width, text);
    }
    free(text);
}

static void fields_show(struct tool *tool, const struct kind *kind, const json_t *fields, size_t width)
{
    const char *name;
    const json_t *value;
    for (size_t i = 0; kind && i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        value = json_object_get(fields, field->name);
        if (value)
            field_show(tool, screen_label(tool, field->label_en, field->label_zh), width, value, field);
    }
    json_t *all = (json_t *)(uintptr_t)fields; /* the macro wants it writable, and only reads */
    json_t *each;
    json_object_foreach(all, name, each) if (!kind || !field_by_name(kind, name))
        field_show(tool, name, width, each, NULL);
}

/* "← causes inc-7k2q9, 岷江洪水": the links of both ways, by the names of what is at their far end. */
static void links_show(struct tool *tool, const json_t *links, size_t width)
{
    static const struct {
        const char *member, *arrow, *en;
    } ways[] = {{"to", "→", N_("links to")}, {"from", "←", N_("linked from")}};
    for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
        const json_t *list = json_object_get(links, ways[w].member);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *link = json_array_get(list, i);
            const char *role = value_text_at(link, "role"), *name = value_text_at(link, "short");
            char text[512];
            snprintf(text, sizeof text, "%s %s %s%s%s", ways[w].arrow, *role ? role : value_text_at(link, "field"),
                     *name ? name : value_text_at(link, "object"), *value_text_at(link, "title") ? ", " : "",
                     value_text_at(link, "title"));
            screen_field(tool, i ? "" : _(ways[w].en), width, text);
        }
    }
}

static void branches_list(struct tool *tool, const struct kind *kind, const json_t *branches, size_t width)
{
    for (size_t i = 0; i < json_array_size(branches); i++) {
        const json_t *branch = json_array_get(branches, i);
        char time[VALUE_TIME_BYTES], *agency = value_raw(json_object_get(branch, "agency"));
        time_short(time, value_text_at(branch, "time"));
        screen_line(tool, "%s", "");
        screen_line(tool, "%s %zu: %s, %s", _("branch"), i + 1, agency, time);
        fields_show(tool, kind, json_object_get(branch, "fields"), width);
        free(agency);
    }
}

enum { SIDE_BY_SIDE_MAX = 3, TITLE_BYTES = 96, PATH_BYTES = 8, FORMERS_SHOWN = 5 };

/* "1: Yibin 03-01 14:05Z": what stands at the head of a branch's column. */
static void branch_title(char out[TITLE_BYTES], const json_t *branch, size_t number)
{
    char time[VALUE_TIME_BYTES];
    time_shorter(time, value_text_at(branch, "time"));
    snprintf(out, TITLE_BYTES, "%zu: %.40s %s", number, value_text_at(branch, "agency.name"), time);
}

/* One row a field in conflict, one column a branch; "*" marks what is shown until somebody resolves it. */
static json_t *conflict_rows(struct tool *tool, const struct kind *kind, const json_t *conflicts, size_t branches)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(conflicts); i++) {
        const json_t *conflict = json_array_get(conflicts, i), *values = json_object_get(conflict, "values");
        const char *name = value_text_at(conflict, "field");
        const struct field *field = kind ? field_by_name(kind, name) : NULL;
        json_t *row = json_pack("{s:s}", "field", field ? screen_label(tool, field->label_en, field->label_zh) : name);
        for (size_t v = 0; v < json_array_size(values); v++) {
            const json_t *value = json_array_get(values, v), *of = json_object_get(value, "branches");
            char *text = value_true_at(value, "erased") ? memory_copy(_("erased"))
                         : json_is_null(json_object_get(value, "value")) ? memory_copy(_("(cleared)"))
                                                        : value_label(json_object_get(value, "value"), field, tool->set.lang);
            for (size_t k = 0; k < json_array_size(of); k++) {
                char path[PATH_BYTES], *both = NULL;
                size_t n = (size_t)json_integer_value(json_array_get(of, k));
                if (n < 1 || n > branches)
                    continue;
                snprintf(path, sizeof path, "b%zu", n % 100);
                both = memory_get(strlen(text) + 3);
                snprintf(both, strlen(text) + 3, "%s%s", text, value_true_at(value, "shown") ? " *" : "");
                json_object_set_new(row, path, json_string(both));
                free(both);
            }
            free(text);
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

static void branches_show(struct tool *tool, const struct kind *kind, const json_t *answer, size_t width)
{
    const json_t *branches = json_object_get(answer, "branches"), *conflicts = json_object_get(answer, "conflicts");
    size_t count = json_array_size(branches);
    if (count < 2)
        return;
    if (count > SIDE_BY_SIDE_MAX || !json_array_size(conflicts)) {
        branches_list(tool, kind, branches, width);
    } else {
        char titles[SIDE_BY_SIDE_MAX][TITLE_BYTES];
        static const char *const paths[SIDE_BY_SIDE_MAX] = {"b1", "b2", "b3"};
        struct column columns[SIDE_BY_SIDE_MAX + 1] = {{"field", N_("FIELD"), 0, NULL}};
        for (size_t i = 0; i < count; i++) {
            branch_title(titles[i], json_array_get(branches, i), i + 1);
            columns[i + 1] = (struct column){paths[i], titles[i], COLUMN_CUT, NULL};
        }
        struct view view = {.columns = columns, .count = count + 1, .id_path = "field", .none = ""};
        json_t *rows = conflict_rows(tool, kind, conflicts, count);
        screen_title(tool, "branches, side by side (* is shown meanwhile)");
        view_table(tool, rows, &view);
        json_decref(rows);
    }
    screen_line(tool, "to make one of them: muster resolve %s --branch N",
                value_text_at(answer, "short"));
}

static int time_cmp(const void *a, const void *b)
{
    return strcmp(value_text_at(*(json_t *const *)a, "time"), value_text_at(*(json_t *const *)b, "time"));
}

/* The same items, the oldest first; to be freed. */
static json_t **by_time(const json_t *list)
{
    size_t count = json_array_size(list);
    json_t **items = memory_get((count ? count : 1) * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(list, i);
    qsort(items, count, sizeof *items, time_cmp);
    return items;
}

/* The command that answers it.  A late step that sets no field cannot be adopted by an accept: who agrees takes it anew. */
static void answer_way(char *out, size_t size, const char *verb, const json_t *answer, const json_t *one)
{
    const char *op = value_text_at(one, "op"), *id = value_text_at(answer, "short"), *by = value_text_at(one, "by.short");
    if (strcmp(op, "retract") == 0)
        snprintf(out, size, "muster retract %s --reason TEXT", id);
    else if (strcmp(op, "decline") == 0)
        snprintf(out, size, "muster decline %s %.8s --reason TEXT", id, value_text_at(one, "about"));
    else if (strcmp(op, "supersede") == 0)
        snprintf(out, size, "muster supersede %s --by %s", id, by[0] ? by : "NEW");
    else
        snprintf(out, size, "muster %s %s %.8s", verb, id, value_text_at(one, "record"));
}

/* What waits for an answer: proposals, offers, what came late. */
static void waiting_show(struct tool *tool, const struct kind *kind, const json_t *answer, size_t width)
{
    static const struct {
        const char *member, *en;
    } lists[] = {
        {"proposals", N_("proposed")               },
        {"offers",    N_("command offered")      },
        {"late",      N_("late, of a former owner")},
    };
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        const json_t *list = json_object_get(answer, lists[l].member);
        json_t **items = by_time(list);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = items[i];
            char time[VALUE_TIME_BYTES], way[160];
            bool done = strcmp(value_text_at(one, "answer"), "accepted") == 0;
            time_short(time, value_text_at(one, "time"));
            screen_line(tool, "%s", "");
            screen_line(tool, "%s %.8s: %s%s%s, %s%s", _(lists[l].en), value_text_at(one, "record"),
                        value_text_at(one, "agency.name"), value_text_at(one, "to.name")[0] ? " -> " : "",
                        value_text_at(one, "to.name"), time, done ? _(", adopted") : "");
            fields_show(tool, kind, json_object_get(one, "fields"), width);
            if (strcmp(lists[l].member, "late") == 0 && strcmp(value_text_at(one, "op"), "update") != 0)
                screen_field(tool, _("step"), width, word_said(value_text_at(one, "op")));
            screen_field(tool, _("why"), width, value_text_at(one, "reason"));
            answer_way(way, sizeof way, strcmp(lists[l].member, "offers") == 0 ? "take" : "accept", answer, one);
            if (!done)
                screen_field(tool, _("answer"), width, way);
            snprintf(way, sizeof way, "muster decline %s %.8s --reason TEXT", value_text_at(answer, "short"),
                     value_text_at(one, "record"));
            if (!done && strcmp(lists[l].member, "late") != 0)
                screen_field(tool, _("or"), width, way);
        }
        free(items);
    }
}

/* Steps that do not count: who has said what, and why it changes nothing. */
static void wrong_show(struct tool *tool, const json_t *answer, size_t width)
{
    const json_t *list = json_object_get(answer, "wrong_steps");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        char time[VALUE_TIME_BYTES];
        time_short(time, value_text_at(one, "time"));
        screen_line(tool, "%s", "");
        screen_line(tool, "%s %.8s: %s, %s", _("wrong step"), value_text_at(one, "record"),
                    value_text_at(one, "agency.name"), time);
        screen_field(tool, _("why"), width, value_text_at(one, "wrong"));
    }
}

/* The objects whose place it takes; of many the first. */
static void formers_show(struct tool *tool, const json_t *formers, size_t width)
{
    char text[256];
    size_t count = json_array_size(formers), len = (size_t)snprintf(text, sizeof text, "%s", _("takes the place of"));
    for (size_t i = 0; i < count && i < FORMERS_SHOWN; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.32s", i ? ", " : " ",
                                value_text_at(json_array_get(formers, i), "short"));
    if (count > FORMERS_SHOWN)
        snprintf(text + len, sizeof text - len, ", ... (%zu)", count);
    if (count)
        screen_field(tool, _("note"), width, text);
}

/* What the agency that owns the object is called: some kinds have a field "owner" of their own, the owner of a boat or a house. */
static const char *owner_label(struct tool *tool, const struct kind *kind, const json_t *fields)
{
    for (size_t i = 0; kind && i < kind->count; i++)
        if (json_object_get(fields, kind->fields[i].name) &&
            strcmp(screen_label(tool, kind->fields[i].label_en, kind->fields[i].label_zh), _("owner")) == 0)
            return _("agency");
    return _("owner");
}

static void facts_show(struct tool *tool, const json_t *answer, size_t width)
{
    static const struct {
        const char *member, *en, *joint; /* of an object that all may change, where that makes a difference */
    } marks[] = {
        {"conflict",    N_("changed at once by several; the branches are below"), NULL},
        {"provisional", N_("provisional until the owner resolves it"), N_("provisional until somebody who may write resolves it")},
        {"retracted",   N_("retracted; muster history says why"), NULL},
        {"joint",       N_("joint: every agency that may write changes it"), NULL},
        {"has_late",    N_("a former owner wrote unseen; see below"), NULL},
        {"erased",      N_("erased"), NULL}
    };
    bool joint = value_true_at(answer, "joint");
    char text[256], created[VALUE_TIME_BYTES], changed[VALUE_TIME_BYTES],
        *owner = value_raw(json_object_get(answer, "owner"));
    time_short(created, value_text_at(answer, "created"));
    time_short(changed, value_text_at(answer, "changed"));
    fputc('\n', tool->out);
    screen_field(tool, owner_label(tool, kind_by_name(value_text_at(answer, "kind")), json_object_get(answer, "fields")), width, owner);
    screen_field(tool, _("created"), width, created);
    snprintf(text, sizeof text, "%s, %s %lld", changed, _("revision"),
             value_int_at(answer, "revision"));
    screen_field(tool, _("changed"), width, text);
    const json_t *sums = json_object_get(answer, "quantities");
    if (sums) {
        snprintf(text, sizeof text, _("of %lld: %lld free here, %lld elsewhere, %lld promised safely, %lld at risk"),
                 value_int_at(sums, "minted"), value_int_at(sums, "free"), value_int_at(sums, "elsewhere"),
                 value_int_at(sums, "safe"), value_int_at(sums, "at_risk"));
        screen_field(tool, _("to promise"), width, text);
    }
    screen_field(tool, _("id"), width, value_text_at(answer, "id"));
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (value_true_at(answer, marks[i].member))
            screen_field(tool, _("note"), width, _(joint && marks[i].joint ? marks[i].joint : marks[i].en));
    const json_t *flaws = json_object_get(answer, "flaws");
    for (size_t i = 0; i < json_array_size(flaws); i++)
        screen_field(tool, _("note"), width, value_text_at(json_array_get(flaws, i), "why"));
    screen_field(tool, _("note"), width, value_text_at(answer, "circle.message"));
    const char *mend = json_string_value(json_array_get(value_at(answer, "circle.do"), 0));
    screen_field(tool, _("to mend"), width, mend ? mend : "");
    const char *successor = value_text_at(answer, "superseded_by.short");
    if (value_true_at(answer, "superseded")) {
        snprintf(text, sizeof text, "%s %s", _("superseded by"),
                 successor[0] ? successor : value_text_at(answer, "superseded_by.id"));
        screen_field(tool, _("note"), width, text);
    }
    formers_show(tool, json_object_get(answer, "takes_place_of"), width);
    free(owner);
}

/* {id: short} of what the object names. */
static json_t *names_of(const json_t *links)
{
    const json_t *to = json_object_get(links, "to");
    json_t *names = json_object();
    for (size_t i = 0; i < json_array_size(to); i++) {
        const json_t *link = json_array_get(to, i);
        if (value_text_at(link, "short")[0])
            json_object_set(names, value_text_at(link, "object"), json_object_get(link, "short"));
    }
    return names;
}

static void object_show(struct tool *tool, const json_t *answer)
{
    const struct kind *kind = kind_by_name(value_text_at(answer, "kind"));
    const json_t *fields = json_object_get(answer, "fields");
    size_t width = label_width(tool, kind, fields);
    tool_page(tool);
    screen_top(tool, answer);
    screen_line(tool, "%s", "");
    screen_line(tool, "%s %s",
                kind ? screen_label(tool, kind->name, kind->label_zh) : value_text_at(answer, "kind"),
                value_text_at(answer, "short"));
    json_t *named = names_of(json_object_get(answer, "links")), *said = value_named(fields, named);
    fields_show(tool, kind, said, width);
    json_decref(said);
    json_decref(named);
    facts_show(tool, answer, width);
    links_show(tool, json_object_get(answer, "links"), width);
    branches_show(tool, kind, answer, width);
    waiting_show(tool, kind, answer, width);
    wrong_show(tool, answer, width);
    screen_foot(tool, answer);
}

/* --evidence FIELD: the bytes to a file, or to stdout when that is no terminal. */
static int evidence_get(struct tool *tool, struct url *url, const char *field, const char *path)
{
    struct client_bytes bytes = {.at = NULL};
    struct fault fault;
    int code = 0;
    url_segment(url, "evidence");
    url_segment(url, field);
    url_query(url, "space", tool->set.space);
    if (!path && tool->out_terminal)
        return tool_usage(tool, "add -O FILE", "evidence is not written to a terminal");
    if (client_get_bytes(&tool->client, url, &bytes, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    code = tool_file_form(tool, path);
    if (!code && !path)
        fwrite(bytes.at ? (const char *)bytes.at : "", 1, bytes.len, tool->out);
    else if (!code && file_save(path, bytes.at ? (const char *)bytes.at : "", bytes.len,
                       tool->set.yes ? FILE_REPLACE : 0, &fault))
        code = tool_fail(tool, &fault);
    else if (!code && !tool_print_file(tool, path, bytes.len))
        tool_say(tool, "%s: %s, %zu bytes", path, bytes.media_type, bytes.len);
    free(bytes.at);
    return code;
}

static int show_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    if (option_get(args, "evidence"))
        return evidence_get(tool, &url, option_get(args, "evidence"), option_get(args, "output-file"));
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    const struct kind *kind = kind_by_name(value_text_at(answer, "kind"));
    if (tool->set.output == OUTPUT_TABLE) {
        object_show(tool, answer);
    } else if (!tool_print_data(tool, answer)) { /* csv, tsv, id: a list of one */
        struct record_view *view = memory_get(sizeof *view);
        json_t *list = json_pack("{s:O?, s:[O]}", "space", json_object_get(answer, "space"), "items", answer);
        record_view_fill(view, kind);
        view_list(tool, list, &view->view);
        json_decref(list);
        free(view);
    }
    code = tool->set.strict && complete_lacks(json_object_get(answer, "complete")) ? EXIT_INCOMPLETE : 0;
    json_decref(answer);
    return code;
}

static const struct option_row show_options[] = {
    {"evidence",    0,   "FIELD", "write the file that is kept in this field"},
    {"output-file", 'O', "FILE",  "where --evidence goes; stdout unless said"},
    {NULL,          0,   NULL,    NULL                                       },
};

const struct command command_show = {
    .name = "show",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PAGES | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .options = show_options,
    .run = show_run,
    .help = "everything that is known about one object",
    .example = "muster show inc-7k2q9\nmuster show inc-7k2q9 --evidence original -O alert.xml",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE) |
             EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster id kind owner fields",
};
