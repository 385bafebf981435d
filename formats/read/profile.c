/* profile.c — which column of a table is which field.  Rows: profile_row.c. */
#include "formats/read/profile_row.h"
#include "lang/lang.h"

#include "formats/hxl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = PROFILE_LIST_BYTES };

/* The next letter or digit in lower case, or a byte of a character beyond ASCII; 0 at the end. */
static unsigned char heading_next(const char **at)
{
    for (; **at; (*at)++) {
        unsigned char c = (unsigned char)**at;
        if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            (*at)++;
            return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
        }
    }
    return 0;
}

bool profile_heading_is(const char *a, const char *b)
{
    unsigned char c;
    do {
        c = heading_next(&a);
        if (c != heading_next(&b))
            return false;
    } while (c);
    return true;
}

/* The column whose tag demands the most of those that fit: "#item+quantity" before "#item". */
static short column_by_tag(const struct profile *profile, const char *cell)
{
    short best = -1;
    size_t weight = 0;
    for (size_t i = 0; i < profile->count; i++)
        for (size_t k = 0; k < COLUMN_TAGS && profile->columns[i].tags[k]; k++)
            if (hxl_tag_fits(cell, profile->columns[i].tags[k]) && hxl_tag_weight(profile->columns[i].tags[k]) > weight) {
                weight = hxl_tag_weight(profile->columns[i].tags[k]);
                best = (short)i;
            }
    return best;
}

static short column_by_heading(const struct profile *profile, const char *cell)
{
    for (size_t i = 0; i < profile->count; i++)
        for (size_t k = 0; k < COLUMN_HEADINGS && profile->columns[i].headings[k]; k++)
            if (profile_heading_is(cell, profile->columns[i].headings[k]))
                return (short)i;
    return -1;
}

/* A row of HXL tags: every cell that is not empty begins with # and a letter, and there is one. */
static bool row_is_tags(const struct table *table, const struct table_row *row)
{
    size_t tags = 0;
    for (size_t i = 0; i < row->count; i++) {
        const char *cell = table_cell(table, row, i);
        if (!*cell)
            continue;
        if (cell[0] != '#' || !isalpha((unsigned char)cell[1]))
            return false;
        tags++;
    }
    return tags > 0;
}

static bool row_is_blank(const struct table *table, const struct table_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (*table_cell(table, row, i))
            return false;
    return true;
}

static void find_header(const struct table *table, struct profile_map *map)
{
    size_t rows = table->row_count < PROFILE_HXL_ROWS ? table->row_count : PROFILE_HXL_ROWS;
    for (size_t i = 0; i < rows; i++)
        if (row_is_tags(table, &table->rows[i])) {
            map->header = i;
            map->hxl = true;
            return;
        }
    while (map->header + 1 < table->row_count && row_is_blank(table, &table->rows[map->header]))
        map->header++;
}

static void list_append(char list[LIST_BYTES], const char *text)
{
    size_t n = strlen(list);
    if (n + 8 > LIST_BYTES)
        return;
    int wrote = snprintf(list + n, LIST_BYTES - n - 4, "%s%s", n ? ", " : "", text);
    if (wrote > 0 && (size_t)wrote >= LIST_BYTES - n - 4)
        snprintf(list + n, 4, "...");
}

void profile_found(const struct table *table, const struct profile_map *map, char out[PROFILE_LIST_BYTES])
{
    const struct table_row *row = &table->rows[map->header];
    out[0] = '\0';
    for (size_t i = 0; i < row->count; i++) {
        char quoted[PROBLEM_QUOTE_BYTES];
        const char *cell = table_cell(table, row, i);
        list_append(out, *cell ? format_problem_quote(quoted, cell, strlen(cell)) : _("(empty)"));
    }
}

static enum muster_error refuse_columns(const struct profile *profile, const struct table *table,
                                        const struct profile_map *map, const char *name, const char *what,
                                        struct format_problem *problem)
{
    char expected[LIST_BYTES] = "", found[LIST_BYTES];
    const struct table_row *row = &table->rows[map->header];
    profile_found(table, map, found);
    for (size_t i = 0; i < profile->count; i++) {
        const char *word = map->hxl ? profile->columns[i].tags[0] : profile->columns[i].headings[0];
        if (word)
            list_append(expected, word);
    }
    return format_problem_set(problem, MUSTER_ECOLUMNS, name, row->line, NULL,
                              "%.200s for a table of the profile %s; expected are columns of %s; found: %s", what,
                              profile->name, expected, found);
}

enum muster_error profile_match(const struct profile *profile, const struct table *table, const char *name,
                                struct profile_map *map, struct format_problem *problem)
{
    char what[160], quoted[PROBLEM_QUOTE_BYTES];
    bool present[64] = {false};
    *map = (struct profile_map){.header = 0};
    find_header(table, map);
    const struct table_row *row = &table->rows[map->header];
    const char *unknown = NULL;
    map->width = row->count;
    for (size_t i = 0; i < row->count; i++) {
        const char *cell = table_cell(table, row, i);
        short column = !*cell ? -1 : map->hxl ? column_by_tag(profile, cell) : column_by_heading(profile, cell);
        map->column[i] = column;
        if (column >= 0) {
            present[column] = true;
            map->matched++;
            map->required += profile->columns[column].required;
        } else if (*cell && !map->hxl && !unknown) {
            unknown = cell;
        }
    }
    for (size_t i = 0; i < profile->count; i++)
        if (profile->columns[i].required && !present[i]) {
            const char *word = map->hxl ? profile->columns[i].tags[0] : profile->columns[i].headings[0];
            snprintf(what, sizeof what, _("the column \"%s\" is missing, but it is needed"), word ? word : "");
            return refuse_columns(profile, table, map, name, what, problem);
        }
    if (unknown) {
        snprintf(what, sizeof what, _("the column \"%s\" is not known, so correct its name or take it out"),
                 format_problem_quote(quoted, unknown, strlen(unknown)));
        return refuse_columns(profile, table, map, name, what, problem);
    }
    return MUSTER_OK;
}

enum muster_error profile_run(const struct profile *profile, const struct reader_input *input,
                              struct reader_output *output)
{
    struct table table = {0};
    struct profile_map map;
    char *text = NULL;
    size_t text_len = 0;
    struct format_problem *first = &output->problems->at[0];
    enum muster_error error = MUSTER_OK;
    if (input->len > TABLE_BYTES_MAX)
        error = format_problem_set(first, MUSTER_ETOOBIG, input->name, 0, NULL,
                                   "the table has %zu bytes and one import takes %d; split the file", input->len,
                                   TABLE_BYTES_MAX);
    if (!error)
        error = decode_text(input->bytes, input->len, input->encoding, input->name, &text, &text_len, first);
    if (!error)
        error = table_read(&table, text, text_len, input->name, first);
    free(text);
    if (!error)
        error = profile_match(profile, &table, input->name, &map, first);
    if (!error)
        error = profile_rows(profile, &table, &map, input->name, output);
    table_clear(&table);
    return error;
}

static bool collect(void *user, json_t *item, size_t line)
{
    (void)line;
    return json_array_append_new(user, item) == 0;
}

enum muster_error profile_read(const struct profile *profile, const void *bytes, size_t len, const char *name,
                               enum text_encoding encoding, json_t **items, struct format_problems *problems)
{
    struct reader_input input = {.bytes = bytes, .len = len, .name = name, .encoding = encoding};
    struct reader_output output = {.user = json_array(), .item = collect, .problems = problems};
    problems->count = problems->total = 0;
    enum muster_error error = profile_run(profile, &input, &output);
    if (error) {
        problems->count = problems->total = 1;
        json_decref(output.user);
        output.user = NULL;
    }
    *items = output.user;
    return error;
}
