#include "tools/view.h"

#include "base/text.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"

#include <libsmartcols.h>
#include <string.h>

static char *cell_text(struct tool *tool, const json_t *item, const struct column *column)
{
    const json_t *value = value_at(item, column->path);
    char *label;
    if (column->flags & COLUMN_TIME && json_is_string(value)) {
        label = memory_get(VALUE_TIME_BYTES);
        time_short(label, json_string_value(value));
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
    scols_table_set_termwidth(table, tool->width);
    scols_table_enable_colors(table, tool->colour);
    scols_table_set_column_separator(table, "  ");
    return table;
}

static bool column_on_screen(const struct column *column)
{
    return !(column->flags & COLUMN_FILE);
}

static void table_fill(struct tool *tool, struct libscols_table *table, const json_t *items, const struct view *view)
{
    for (size_t c = 0; c < view->count; c++) {
        const struct column *column = &view->columns[c];
        int flags = (column->flags & COLUMN_CUT ? SCOLS_FL_TRUNC : 0) | (column->flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0);
        if (column_on_screen(column))
            scols_table_new_column(table, screen_word(tool, column->title_en, column->title_zh), 0, flags);
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        size_t at = 0;
        for (size_t c = 0; line && c < view->count; c++) {
            if (!column_on_screen(&view->columns[c]))
                continue;
            char *text = cell_text(tool, json_array_get(items, i), &view->columns[c]);
            scols_line_refer_data(line, at++, text); /* the line frees it */
        }
    }
}

void view_table(struct tool *tool, const json_t *items, const struct view *view)
{
    struct libscols_table *table = json_array_size(items) ? table_new(tool) : NULL;
    if (!table) {
        screen_line(tool, "%s", screen_word(tool, view->none_en, view->none_zh));
        return;
    }
    table_fill(tool, table, items, view);
    scols_print_table(table);
    scols_unref_table(table);
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

static void view_file(struct tool *tool, const json_t *items, const struct view *view)
{
    bool csv = tool->set.output == OUTPUT_CSV;
    if (csv && tool->set.excel)
        fputs("\xEF\xBB\xBF", tool->out);
    for (size_t row = 0; row <= json_array_size(items); row++) {
        bool first = true;
        for (size_t c = 0; c < view->count; c++) {
            const struct column *column = &view->columns[c];
            if (column->flags & COLUMN_SCREEN)
                continue;
            if (!first)
                fputc(csv ? ',' : '\t', tool->out);
            first = false;
            char *text = row == 0 ? memory_copy(strncmp(column->path, "fields.", 7) == 0 ? column->path + 7 : column->path)
                                  : value_raw(value_at(json_array_get(items, row - 1), column->path));
            file_cell(tool, text);
            free(text);
        }
        fputs(csv ? "\r\n" : "\n", tool->out);
    }
}

static void view_ids(struct tool *tool, const json_t *items, const struct view *view)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        char *raw = value_raw(value_at(json_array_get(items, i), view->id_path)), *safe = terminal_text(raw);
        fprintf(tool->out, "%s\n", safe);
        free(safe);
        free(raw);
    }
}

static void view_ndjson(struct tool *tool, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        char *text = json_text(json_array_get(items, i), false);
        fprintf(tool->out, "%s\n", text);
        free(text);
    }
}

int view_list(struct tool *tool, json_t *answer, const struct view *view)
{
    const json_t *items = json_object_get(answer, view->items ? view->items : "items");
    const json_t *complete = json_object_get(answer, "complete");
    bool more = json_is_string(json_object_get(answer, "next"));
    switch (tool->set.output) {
    case OUTPUT_JSON:
        tool_print_json(tool, answer);
        break;
    case OUTPUT_NDJSON:
        view_ndjson(tool, items);
        break;
    case OUTPUT_CSV:
    case OUTPUT_TSV:
        view_file(tool, items, view);
        break;
    case OUTPUT_ID:
        view_ids(tool, items, view);
        break;
    case OUTPUT_TABLE:
        screen_head(tool, answer);
        fputc('\n', tool->out);
        view_table(tool, items, view);
        if (json_is_object(complete))
            fputc('\n', tool->out);
        screen_complete(tool, complete);
        break;
    }
    if (more && tool->set.output != OUTPUT_JSON)
        tool_say(tool, "there is more: --limit N, --all, or --cursor %s", json_string_value(json_object_get(answer, "next")));
    return tool->set.strict && screen_incomplete(complete) ? EXIT_INCOMPLETE : 0;
}
