#include "tools/view.h"

#include "base/text.h"
#include "tools/completeness.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/wrap.h"

#include <libsmartcols.h>
#include <string.h>

enum { TABLE_WIDTH_MAX = 4000 };
#define EXERCISE_MARK "EXERCISE 演练"

static char *cell_text(struct tool *tool, const json_t *item, const struct column *column)
{
    const json_t *value = value_at(item, column->path);
    char *label;
    if (column->flags & COLUMN_TIME && json_is_string(value)) {
        label = memory_get(VALUE_TIME_BYTES);
        time_shorter(label, json_string_value(value));
    } else if (column->flags & COLUMN_WORD && json_is_string(value)) {
        label = memory_copy(word_said(json_string_value(value)));
    } else {
        label = value_label(value, column->field, tool->set.lang);
    }
    char *safe = terminal_text(label);
    free(label);
    return safe;
}

static struct libscols_table *table_new(struct tool *tool)
{
    static bool started; /* the library keeps its debug mask in a global */
    if (!started)
        scols_init_debug(0);
    started = true;
    struct libscols_table *table = scols_new_table();
    if (!table)
        return NULL;
    scols_table_set_stream(table, tool->out);
    scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
    scols_table_set_termwidth(table, TABLE_WIDTH_MAX); /* widths are decided below */
    scols_table_enable_colors(table, tool->colour);
    scols_table_set_column_separator(table, "  ");
    return table;
}

enum { NARROW = 60, HINT_BYTES = 400, GAP = 2, CUT_MIN = 8, TITLE_MIN = 16, WIDTH_TINY = 4, WRAP_LINES_MAX = 12 };

/* How a table lies on the screen: the columns shown and how wide each is. */
struct layout {
    size_t widths[VIEW_COLUMNS_MAX]; /* 0: not shown */
    size_t titles[VIEW_COLUMNS_MAX]; /* never cut: no column is narrower than its title */
    size_t rows;
    char **cells; /* rows x view->count, escaped; NULL for columns that are never on a screen */
};

const char *view_title(struct tool *tool, const struct column *column)
{
    const struct field *field = column->field;
    return column->title || !field ? _(column->title) : screen_label(tool, field->label_en, field->label_zh);
}

static void layout_fill(struct tool *tool, struct layout *layout, const json_t *items,
                        const struct view *view)
{
    layout->rows = json_array_size(items);
    layout->cells = memory_get(layout->rows * view->count * sizeof *layout->cells);
    for (size_t c = 0; c < view->count; c++) {
        if (view->columns[c].flags & COLUMN_FILE)
            continue;
        size_t widest = 0;
        for (size_t i = 0; i < layout->rows; i++) {
            char *text = cell_text(tool, json_array_get(items, i), &view->columns[c]);
            size_t width = screen_width(text);
            widest = width > widest ? width : widest;
            layout->cells[i * view->count + c] = text;
        }
        size_t title = screen_width(view_title(tool, &view->columns[c]));
        bool idle = widest == 0 && (title == 0 || view->columns[c].flags & (COLUMN_SPARE | COLUMN_LOOSE | COLUMN_IDLE));
        layout->titles[c] = title;
        layout->widths[c] = idle ? 0 : widest > title ? widest : title; /* nothing in it: no column */
    }
}

static size_t least_width(const struct layout *layout, const struct view *view, size_t c)
{
    unsigned flags = view->columns[c].flags;
    size_t width = layout->widths[c], least = flags & COLUMN_TITLE ? TITLE_MIN : CUT_MIN;
    if (!(flags & COLUMN_CUT) || width < least)
        return width;
    return least > layout->titles[c] ? least : layout->titles[c];
}

/* The width of the whole line, or with `least` what it can be shaved to. */
static size_t line_width(const struct layout *layout, const struct view *view, bool least)
{
    size_t sum = 0, shown = 0;
    for (size_t c = 0; c < view->count; c++) {
        sum += least ? least_width(layout, view, c) : layout->widths[c];
        shown += layout->widths[c] > 0;
    }
    return shown ? sum + GAP * (shown - 1) : 0;
}

/* For people at a terminal: what is not on the screen because it is too narrow. */
static void dropped_say(struct tool *tool, const struct view *view, const bool dropped[VIEW_COLUMNS_MAX])
{
    char names[HINT_BYTES] = "";
    for (size_t c = 0; c < view->count; c++)
        if (dropped[c])
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] ? ", " : "", view_title(tool, &view->columns[c]));
    if (names[0])
        tool_hint(tool, "no room for %s: a wider terminal, or -o csv", names);
}

/* Leaves columns out while the line cannot be shaved to fit (spare ones from the right, loose ones from the
 * left); then shaves the widest. */
static void layout_fit(struct layout *layout, const struct view *view, size_t room, bool dropped[VIEW_COLUMNS_MAX])
{
    for (size_t c = view->count; c-- > 0 && line_width(layout, view, true) > room;)
        if (view->columns[c].flags & COLUMN_SPARE) {
            dropped[c] = layout->widths[c] > 0;
            layout->widths[c] = 0;
        }
    for (size_t c = 0; c < view->count && line_width(layout, view, true) > room; c++)
        if (view->columns[c].flags & COLUMN_LOOSE) {
            dropped[c] = layout->widths[c] > 0;
            layout->widths[c] = 0;
        }
    while (line_width(layout, view, false) > room) {
        size_t widest = view->count;
        for (size_t c = 0; c < view->count; c++)
            if (view->columns[c].flags & COLUMN_CUT && layout->widths[c] > WIDTH_TINY &&
                layout->widths[c] > layout->titles[c] &&
                (widest == view->count || layout->widths[c] - least_width(layout, view, c) >
                                              layout->widths[widest] - least_width(layout, view, widest)))
                widest = c;
        if (widest == view->count)
            return; /* nothing more to shave: the line is longer than the screen */
        layout->widths[widest]--;
    }
}

/* Each row as fields below each other: for screens that are too narrow for a line of it. */
static void rows_stack(struct tool *tool, const struct layout *layout, const struct view *view)
{
    size_t widest = 0;
    for (size_t c = 0; c < view->count; c++)
        if (!(view->columns[c].flags & COLUMN_FILE) && layout->titles[c] > widest)
            widest = layout->titles[c];
    for (size_t i = 0; i < layout->rows; i++) {
        if (i)
            fputc('\n', tool->out);
        for (size_t c = 0; c < view->count; c++) {
            const char *cell = layout->cells[i * view->count + c];
            if (cell)
                screen_field(tool, view_title(tool, &view->columns[c]), widest, cell);
        }
    }
}

/* The next piece of a wrapped cell, to be freed; *rest goes behind it.  The last one that there is room for is cut. */
static char *piece_next(const char **rest, size_t width, bool last)
{
    const char *end = last ? *rest + strlen(*rest) : wrap_end(*rest, width, false);
    char *piece = memory_get((size_t)(end - *rest) + 1);
    memcpy(piece, *rest, (size_t)(end - *rest));
    piece[end - *rest] = '\0';
    *rest = end + strspn(end, " ");
    return screen_cut(piece, width);
}

/* One line of row i: the first, or the one so many below it, where only what was wrapped goes on.  True: there is more. */
static bool line_add(struct libscols_table *table, const struct layout *layout, const struct view *view, size_t i, size_t below)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    bool more = false;
    size_t at = 0;
    for (size_t c = 0; line && c < view->count; c++) {
        if (!layout->widths[c])
            continue;
        char *cell = layout->cells[i * view->count + c];
        if (!(view->columns[c].flags & COLUMN_WRAP)) {
            scols_line_set_data(line, at++, below ? "" : screen_cut(cell, layout->widths[c]));
            continue;
        }
        const char *rest = cell;
        char *piece = NULL;
        for (size_t k = 0; k <= below; k++) {
            free(piece);
            piece = piece_next(&rest, layout->widths[c], k + 1 == WRAP_LINES_MAX);
        }
        scols_line_set_data(line, at++, piece);
        free(piece);
        more |= *rest != '\0';
    }
    return more;
}

static void table_fill(struct tool *tool, struct libscols_table *table, struct layout *layout,
                       const struct view *view)
{
    for (size_t c = 0; c < view->count; c++)
        if (layout->widths[c])
            scols_table_new_column(table, view_title(tool, &view->columns[c]), 0,
                                   view->columns[c].flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0);
    for (size_t i = 0; i < layout->rows; i++) {
        bool more = true;
        for (size_t below = 0; more; below++)
            more = line_add(table, layout, view, i, below);
    }
}

void view_table(struct tool *tool, const json_t *items, const struct view *view)
{
    struct layout layout = {.rows = 0};
    struct libscols_table *table = json_array_size(items) ? table_new(tool) : NULL;
    if (!table) {
        if (view->none)
            screen_line(tool, "%s", _(view->none));
        return;
    }
    layout_fill(tool, &layout, items, view);
    bool dropped[VIEW_COLUMNS_MAX] = {false}, any = false;
    layout_fit(&layout, view, tool->width, dropped);
    for (size_t c = 0; c < view->count; c++)
        any |= dropped[c];
    if (line_width(&layout, view, false) > tool->width || (tool->width < NARROW && any)) {
        rows_stack(tool, &layout, view);
    } else {
        table_fill(tool, table, &layout, view);
        scols_print_table(table);
        tool->lines += layout.rows + 1;
        dropped_say(tool, view, dropped);
    }
    scols_unref_table(table);
    for (size_t i = 0; i < layout.rows * view->count; i++)
        free(layout.cells[i]);
    free(layout.cells);
}

/* One field of a csv or tsv line. */
static void file_cell(struct tool *tool, const char *text)
{
    if (tool->set.output == OUTPUT_CSV) {
        char *visible = tool->out_terminal ? terminal_text(text) : memory_copy(text);
        size_t wanted = text_for_csv(NULL, 0, visible, strlen(visible));
        char *cell = memory_get(wanted + 1);
        text_for_csv(cell, wanted + 1, visible, strlen(visible));
        fputs(cell, tool->out);
        free(cell);
        free(visible);
        return;
    }
    char *visible = tool->out_terminal ? terminal_text(text) : memory_copy(text);
    if (text_is_formula(visible, strlen(visible))) /* such tables are pasted into spreadsheets too */
        fputc('\'', tool->out);
    for (const char *at = visible; *at; at++) {
        if (*at == '\t')
            fputs("\\t", tool->out);
        else if (*at == '\n')
            fputs("\\n", tool->out);
        else if (*at == '\r')
            fputs("\\r", tool->out);
        else if (*at == '\\')
            fputs("\\\\", tool->out);
        else
            fputc(*at, tool->out);
    }
    free(visible);
}

/* The fields of a record are JSON, also where one of them is a name. */
static char *file_text(const json_t *value, const char *path)
{
    return strcmp(path, "fields") == 0 && json_is_object(value) ? json_text(value, false) : value_raw(value);
}

/* An exercise's file has a column more, the first, which says so in each line. */
static void view_file(struct tool *tool, const json_t *items, const struct view *view, bool exercise)
{
    bool csv = tool->set.output == OUTPUT_CSV;
    if (csv && tool->set.excel)
        fputs("\xEF\xBB\xBF", tool->out);
    for (size_t row = 0; row <= json_array_size(items); row++) {
        bool first = !exercise;
        if (exercise)
            file_cell(tool, row == 0 ? "exercise" : EXERCISE_MARK);
        for (size_t c = 0; c < view->count; c++) {
            const struct column *column = &view->columns[c];
            if (column->flags & COLUMN_SCREEN)
                continue;
            if (!first)
                fputc(csv ? ',' : '\t', tool->out);
            first = false;
            char *text = row == 0 ? memory_copy(strncmp(column->path, "fields.", 7) == 0 ? column->path + 7
                                                                                         : column->path)
                                  : file_text(value_at(json_array_get(items, row - 1), column->path), column->path);
            file_cell(tool, text);
            free(text);
        }
        fputs(csv ? "\r\n" : "\n", tool->out);
    }
}

static void view_ids(struct tool *tool, const json_t *items, const struct view *view)
{
    for (size_t i = 0; i < json_array_size(items) && view->id_path; i++) {
        char *raw = value_raw(value_at(json_array_get(items, i), view->id_path)), *safe = terminal_text(raw);
        if (safe[0]) /* some have none: a script is given no empty line for them */
            fprintf(tool->out, "%s\n", safe);
        free(safe);
        free(raw);
    }
}

static void view_ndjson(struct tool *tool, const json_t *items, bool exercise)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (exercise && json_is_object(json_array_get(items, i)))
            json_object_set_new(json_array_get(items, i), "exercise", json_true());
        char *text = json_text(json_array_get(items, i), false);
        fprintf(tool->out, "%s\n", text);
        free(text);
    }
}

int view_list(struct tool *tool, json_t *answer, const struct view *view)
{
    json_t *one = view->whole ? json_pack("[O]", answer) : NULL;
    const json_t *items = one ? one : json_object_get(answer, view->items ? view->items : "items");
    const json_t *complete = json_object_get(answer, "complete");
    bool more = json_is_string(json_object_get(answer, "next")), exercise = value_true_at(answer, "space.exercise") || value_true_at(answer, "exercise");
    switch (tool->set.output) {
    case OUTPUT_JSON:
        tool_print_json(tool, answer);
        break;
    case OUTPUT_NDJSON:
        view_ndjson(tool, items, exercise);
        break;
    case OUTPUT_CSV:
    case OUTPUT_TSV:
        view_file(tool, items, view, exercise);
        break;
    case OUTPUT_ID:
        view_ids(tool, items, view);
        if (exercise)
            tool_say(tool, "these are of an EXERCISE 演练");
        break;
    case OUTPUT_FORM: /* run.c lets it reach export alone */
    case OUTPUT_TABLE:
        screen_top(tool, answer);
        screen_moment(tool, answer);
        fputc('\n', tool->out);
        view_table(tool, items, view);
        screen_foot(tool, answer);
        break;
    }
    json_decref(one);
    if (more && tool->set.output != OUTPUT_JSON)
        tool_say(tool, "there is more: --limit N, --all, or --cursor %s",
                 json_string_value(json_object_get(answer, "next")));
    return tool->set.strict && complete_lacks(complete) ? EXIT_INCOMPLETE : 0;
}

bool view_print(struct tool *tool, json_t *answer, const struct view *view)
{
    if (tool_print_json(tool, answer))
        return true;
    if (tool->set.output == OUTPUT_TABLE || tool->set.output == OUTPUT_FORM)
        return false;
    (void)view_list(tool, answer, view);
    return true;
}

bool view_rows(struct tool *tool, json_t *answer, const char *rows)
{
    struct column columns[VIEW_COLUMNS_MAX];
    struct view view = {.columns = columns, .whole = true};
    char *words = memory_copy(rows), *rest = words, *word;
    bool first = true;
    while ((word = strsep(&rest, " ")) && view.count < VIEW_COLUMNS_MAX) {
        size_t len = strlen(word);
        if (len && word[len - 1] == ':') {
            word[len - 1] = '\0';
            view.items = word;
            view.whole = false;
            continue;
        }
        if (first)
            view.id_path = strcmp(word, "-") == 0 ? NULL : word;
        if (!first || view.id_path)
            columns[view.count++] = (struct column){.path = word};
        first = false;
    }
    bool printed = view_print(tool, answer, &view);
    free(words);
    return printed;
}
