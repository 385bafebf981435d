#include "formats/read/kind_table.h"

#include "base/ids.h"
#include "base/text.h"
#include "formats/column.h"
#include "formats/hxl.h"
#include "formats/read/made.h"
#include "formats/read/profile.h"
#include "lang/lang.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHAT_BYTES = 320 };

/* --- which column is which field ------------------------------------------------------------------------------------- */

static bool row_has_tags(const struct table *table, const struct table_row *row)
{
    size_t tags = 0, cells = 0;
    for (size_t i = 0; i < row->count; i++) {
        const char *cell = table_cell(table, row, i);
        cells += *cell != '\0';
        tags += *cell == '#';
    }
    return tags > 0 && 2 * tags > cells;
}

/* The first row that says something, and the row of tags among the next ones. */
static void find_rows(const struct table *table, struct kind_table_map *map)
{
    size_t rows = table->row_count < PROFILE_HXL_ROWS ? table->row_count : PROFILE_HXL_ROWS;
    for (size_t i = 0; i < rows; i++)
        if (row_has_tags(table, &table->rows[i])) {
            map->hxl = true;
            map->tags = i;
            map->header = i > 0 && table->rows[i - 1].count == table->rows[i].count ? i - 1 : i;
            return;
        }
}

static short column_behind(const char *cell, bool hxl)
{
    if (strcmp(cell, hxl ? "#meta+id" : "id") == 0)
        return KIND_TABLE_ID;
    if (strcmp(cell, hxl ? "#meta+exercise" : "exercise") == 0)
        return KIND_TABLE_EXERCISE;
    if (strcmp(cell, hxl ? "#meta+space" : "space") == 0)
        return KIND_TABLE_OTHER;
    for (size_t i = 0; hxl_behind_at(i); i++)
        if (strcmp(cell, hxl ? hxl_behind_at(i)->tag : hxl_behind_at(i)->name) == 0)
            return KIND_TABLE_OTHER;
    return KIND_TABLE_COMMENT;
}

static short column_of(const struct kind *kind, const char *cell, bool hxl)
{
    short best = KIND_TABLE_COMMENT;
    size_t weight = 0;
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        char made[HXL_TAG_BYTES], name[COLUMN_NAME_BYTES];
        const char *tag = hxl ? hxl_tag(made, kind->name, field->name) : NULL;
        if (!hxl && (strcmp(cell, column_name(name, field->name)) == 0 || profile_heading_is(cell, field->name) ||
                     profile_heading_is(cell, field->label_en) || profile_heading_is(cell, field->label_zh)))
            return (short)i;
        if (hxl && hxl_tag_fits(cell, tag) && hxl_tag_weight(tag) > weight) {
            weight = hxl_tag_weight(tag);
            best = (short)i;
        }
    }
    return best;
}

static void match_kind(const struct table *table, const struct kind *kind, struct kind_table_map *map)
{
    const struct table_row *row = &table->rows[map->tags];
    map->kind = kind;
    map->width = row->count;
    map->matched = map->unknown = 0;
    bool id = false, mark = false;
    for (size_t i = 0; i < row->count; i++) {
        const char *cell = table_cell(table, row, i);
        short column = !*cell ? KIND_TABLE_COMMENT : column_behind(cell, map->hxl);
        if (*cell && (column == KIND_TABLE_COMMENT || (column == KIND_TABLE_OTHER && !id))) {
            short field = column_of(kind, cell, map->hxl); /* in a table of others "owner" may be a field */
            column = field >= 0 ? field : column;
        }
        for (size_t k = 0; k < i && column >= 0; k++)
            if (map->column[k] == column)
                column = KIND_TABLE_COMMENT; /* the first one is it */
        map->column[i] = column;
        map->matched += column >= 0;
        map->unknown += *cell && column == KIND_TABLE_COMMENT;
        id |= column == KIND_TABLE_ID;
        mark |= column == KIND_TABLE_EXERCISE;
    }
    map->own = id && mark;
}

/* A required field without a column, or NULL. */
static const struct field *missing(const struct kind_table_map *map)
{
    for (size_t f = 0; f < map->kind->count; f++) {
        bool there = !(map->kind->fields[f].flags & FIELD_REQUIRED);
        for (size_t i = 0; i < map->width && !there; i++)
            there = map->column[i] == (short)f;
        if (!there)
            return &map->kind->fields[f];
    }
    return NULL;
}

/* --- what is wrong with the columns ------------------------------------------------------------------------------------ */

static const char *cell_shown(char quoted[PROBLEM_QUOTE_BYTES], const struct table *table, const struct kind_table_map *map,
                              size_t column)
{
    const char *cell = table_cell(table, &table->rows[map->tags], column);
    return format_problem_quote(quoted, cell, strlen(cell));
}

static enum muster_error check_tags(const struct table *table, const struct kind_table_map *map, const char *name,
                                    struct format_problem *problem)
{
    char quoted[PROBLEM_QUOTE_BYTES];
    for (size_t i = 0; i < map->width; i++) {
        const char *cell = table_cell(table, &table->rows[map->tags], i);
        if (*cell && !hxl_is_tag(cell))
            return format_problem_set(problem, MUSTER_ECOLUMNS, name, table->rows[map->tags].line, NULL,
                                      "this row has HXL tags, but in column %zu it says \"%s\", which is none: a tag is # "
                                      "and a word, with +attributes behind it; correct it, or empty the cell",
                                      i + 1, cell_shown(quoted, table, map, i));
    }
    return MUSTER_OK;
}

static enum muster_error check_columns(const struct table *table, const struct kind_table_map *map, const char *name,
                                       struct format_problem *problem)
{
    char quoted[PROBLEM_QUOTE_BYTES], tag[HXL_TAG_BYTES];
    const struct field *field = missing(map);
    size_t line = table->rows[map->tags].line;
    if (field)
        return format_problem_set(problem, MUSTER_ECOLUMNS, name, line, field->name,
                                  "the column %s is missing, and every %s needs it; add it (muster help %s lists the "
                                  "fields), or name another kind with --kind",
                                  map->hxl ? hxl_tag(tag, map->kind->name, field->name) : field->name, map->kind->name,
                                  map->kind->name);
    for (size_t i = 0; !map->hxl && map->unknown && i < map->width; i++)
        if (map->column[i] == KIND_TABLE_COMMENT && *table_cell(table, &table->rows[map->tags], i)) {
            struct kind_problem found;
            const char *cell = table_cell(table, &table->rows[map->tags], i);
            bool meant = !field_find(map->kind, cell, strlen(cell), &found) && found.suggestion;
            return format_problem_set(problem, MUSTER_ECOLUMNS, name, line, NULL,
                                      "%s has no field for the column \"%s\"%s%s%s; correct its name or take it out",
                                      map->kind->name, cell_shown(quoted, table, map, i), meant ? _(" (is it ") : "",
                                      meant ? found.suggestion : "", meant ? "?)" : "");
        }
    return MUSTER_OK;
}

enum muster_error kind_table_match(const struct table *table, const struct kind *wanted, const char *name,
                                   struct kind_table_map *map, struct format_problem *problem)
{
    struct kind_table_map best = {.kind = NULL}, next;
    size_t as_good = 0;
    *map = (struct kind_table_map){.kind = NULL};
    find_rows(table, map);
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; !wanted && kind_at(i); i++) {
        next = *map;
        match_kind(table, kind_at(i), &next);
        bool fits = next.matched > 0 && !missing(&next), has = best.kind != NULL;
        bool better = fits && (!has || next.unknown < best.unknown ||
                               (next.unknown == best.unknown && next.matched > best.matched));
        if (better)
            as_good = 0;
        else if (fits && next.unknown == best.unknown && next.matched == best.matched)
            as_good++;
        if (better)
            best = next;
    }
    if (wanted)
        match_kind(table, wanted, map);
    else if (!best.kind)
        return format_problem_set(problem, MUSTER_ECOLUMNS, name, table->rows[map->tags].line, NULL,
                                  "no kind of objects has all that these columns need; name the kind with --kind (muster "
                                  "help kinds lists them)");
    else if (as_good && !best.own)
        return format_problem_set(problem, MUSTER_ECOLUMNS, name, table->rows[map->tags].line, NULL,
                                  "these columns fit %zu kinds of objects as well as %s; name the kind with --kind",
                                  as_good, best.kind->name);
    else
        *map = best;
    if (map->hxl)
        error = check_tags(table, map, name, problem);
    return error ? error : check_columns(table, map, name, problem);
}

/* --- rows ------------------------------------------------------------------------------------------------------------- */

struct rows {
    const struct table *table;
    const struct kind_table_map *map;
    const char *name;
    struct made_tally tally;
    json_t *seen;
};

/* The text as it was before it was made safe for spreadsheets. */
static const char *plain(const char *cell)
{
    return cell + text_csv_guard(cell, strlen(cell));
}

static json_t *row_item(struct rows *rows, const struct table_row *row, bool *exercise)
{
    const struct kind_table_map *map = rows->map;
    const struct table_row *header = &rows->table->rows[map->header];
    struct made made;
    const char *id = "";
    made_start(&made, map->kind, &rows->tally);
    for (size_t i = 0; i < map->width; i++) {
        const char *text = plain(table_cell(rows->table, row, i));
        short column = map->column[i];
        if (column >= 0)
            made_text(&made, &map->kind->fields[column], text);
        else if (column == KIND_TABLE_ID)
            id = text;
        else if (column == KIND_TABLE_EXERCISE)
            *exercise = strcmp(text, "EXERCISE") == 0;
        else if (column == KIND_TABLE_COMMENT)
            made_comment(&made, table_cell(rows->table, header, i), text);
    }
    uint8_t hex[OBJECT_ID_BYTES];
    bool named = map->own && hex_to(hex, sizeof hex, id);
    json_t *key = named ? json_sprintf("muster:%s", id) : made_key("table", made.fields, rows->seen);
    json_t *item = made_item(&made, key);
    if (named && item)
        json_object_set_new(item, "unless", json_string(id));
    return item;
}

static bool row_is_blank(const struct table *table, const struct table_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (*table_cell(table, row, i))
            return false;
    return !row->too_long;
}

static bool row_fits(const struct rows *rows, const struct table_row *row, struct reader_output *output)
{
    struct format_problem scratch;
    if (row->count == rows->map->width && !row->too_long)
        return true;
    if (row->too_long)
        format_problem_set(reader_refuse(output, &scratch), MUSTER_ETOOBIG, rows->name, row->line, NULL,
                           "a cell of the row is longer than %d bytes; shorten it and import the row again",
                           TABLE_CELL_BYTES_MAX);
    else
        format_problem_set(reader_refuse(output, &scratch), MUSTER_ECOLUMNS, rows->name, row->line, NULL,
                           "the row has %u cells and the header has %zu, so it is not sure which is which; correct the row "
                           "and import it again",
                           row->count, rows->map->width);
    return false;
}

/* Which tags the kind has no field for: their cells are in the comments. */
static void say_unknown(const struct rows *rows, struct reader_output *output)
{
    char list[WHAT_BYTES] = "", quoted[PROBLEM_QUOTE_BYTES];
    struct format_problem scratch;
    size_t n = 0;
    for (size_t i = 0; i < rows->map->width && n + PROBLEM_QUOTE_BYTES + 3 < sizeof list; i++)
        if (rows->map->column[i] == KIND_TABLE_COMMENT && *table_cell(rows->table, &rows->table->rows[rows->map->tags], i))
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "",
                                  cell_shown(quoted, rows->table, rows->map, i));
    if (n)
        format_problem_set(reader_notice(output, &scratch), MUSTER_OK, rows->name, rows->table->rows[rows->map->tags].line,
                           NULL, "a %s has no field for %s; what stands there is in the comments, under its heading",
                           rows->map->kind->name, list);
}

static enum muster_error rows_give(struct rows *rows, struct reader_output *output)
{
    const struct table *table = rows->table;
    bool more = true;
    if (output->total)
        output->total(output->user, table->row_count - rows->map->tags - 1);
    say_unknown(rows, output);
    for (size_t i = rows->map->tags + 1; more && i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        bool exercise = false;
        if (row_is_blank(table, row) || !row_fits(rows, row, output))
            continue;
        json_t *item = row_item(rows, row, &exercise);
        if (!item)
            return format_problem_set(&output->problems->at[0], MUSTER_EBUSY, rows->name, 0, NULL,
                                      "there is no memory left to read the table; split the file and try again");
        if (exercise)
            json_object_set_new(item, "exercise", json_true());
        more = reader_give(output, item, row->line);
    }
    made_tally_say(&rows->tally, rows->name, output);
    return MUSTER_OK;
}

enum muster_error kind_table_run(const struct reader_input *input, struct reader_output *output)
{
    struct table table = {0};
    struct kind_table_map map;
    struct rows rows = {&table, &map, input->name, {0}, json_object()};
    char *text = NULL;
    size_t text_len = 0;
    struct format_problem *first = &output->problems->at[0];
    enum muster_error error = MUSTER_OK;
    if (!rows.seen)
        error = format_problem_set(first, MUSTER_EBUSY, input->name, 0, NULL, "there is no memory left to read the table");
    if (!error)
        error = decode_text(input->bytes, input->len, input->encoding, input->name, &text, &text_len, first);
    if (!error)
        error = table_read(&table, text, text_len, input->name, first);
    free(text);
    if (!error)
        error = kind_table_match(&table, input->kind, input->name, &map, first);
    if (!error)
        error = rows_give(&rows, output);
    json_decref(rows.seen);
    table_clear(&table);
    return error;
}
