#include "formats/read/table.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_STEP_BYTES = 64 * 1024 };

struct filling {
    struct table *table;
    uint32_t line;      /* of the piece that is being parsed */
    uint32_t row_line;  /* where the open row began */
    uint32_t row_first; /* its first cell */
    bool too_long, ended, no_memory;
    uint32_t wide_line; /* a row with too many cells; 0 if none */
    bool many_rows;
};

static bool grow(void **at, size_t *size, size_t needed, size_t each)
{
    if (needed <= *size)
        return true;
    size_t room = *size ? *size * 2 : 256;
    while (room < needed)
        room *= 2;
    void *more = realloc(*at, room * each);
    if (!more)
        return false;
    *at = more;
    *size = room;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void on_cell(void *bytes, size_t len, void *context)
{
    struct filling *f = context;
    struct table *t = f->table;
    const char *text = bytes ? bytes : "";
    while (len > 0 && is_space(text[len - 1]))
        len--;
    while (len > 0 && is_space(*text))
        text++, len--;
    if (len > TABLE_CELL_BYTES_MAX) {
        f->too_long = true;
        len = 0;
    }
    if (t->cell_count - f->row_first >= TABLE_COLUMNS_MAX) {
        f->wide_line = f->wide_line ? f->wide_line : f->row_line;
        return;
    }
    void *all = t->text, *cells = t->cells;
    bool ok = grow(&all, &t->text_size, t->text_len + len + 1, 1);
    t->text = all;
    ok = ok && grow(&cells, &t->cell_size, t->cell_count + 1, sizeof *t->cells);
    t->cells = cells;
    if (!ok) {
        f->no_memory = true;
        return;
    }
    t->cells[t->cell_count++] = (uint32_t)t->text_len;
    if (len > 0)
        memcpy(t->text + t->text_len, text, len);
    t->text[t->text_len + len] = '\0';
    t->text_len += len + 1;
}

static void on_row(int end, void *context)
{
    struct filling *f = context;
    struct table *t = f->table;
    f->ended = true;
    if (t->row_count == TABLE_ROWS_MAX) {
        f->many_rows = true;
        return;
    }
    void *rows = t->rows;
    if (!grow(&rows, &t->row_size, t->row_count + 1, sizeof *t->rows)) {
        f->no_memory = true;
        return;
    }
    t->rows = rows;
    t->rows[t->row_count++] = (struct table_row){.first = f->row_first,
                                                 .count = (uint32_t)(t->cell_count - f->row_first),
                                                 .line = f->row_line,
                                                 .too_long = f->too_long};
    f->row_first = (uint32_t)t->cell_count;
    f->too_long = false;
}

/* The most frequent of , ; and tab outside quotes in the first line that has any text. */
static char find_delimiter(const char *text, size_t len)
{
    size_t count[3] = {0};
    bool quoted = false, begun = false;
    for (size_t i = 0; i < len && (quoted || !begun || (text[i] != '\n' && text[i] != '\r')); i++) {
        begun = begun || !is_space(text[i]);
        if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted)
            count[0] += text[i] == ',', count[1] += text[i] == ';', count[2] += text[i] == '\t';
    }
    return count[2] > count[0] && count[2] > count[1] ? '\t' : count[1] > count[0] ? ';' : ',';
}

/* One physical line with its end: LF, CR LF or CR. */
static size_t line_len(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] != '\n' && text[n] != '\r')
        n++;
    if (n < len)
        n += text[n] == '\r' && n + 1 < len && text[n + 1] == '\n' ? 2 : 1;
    return n;
}

static bool is_blank(const char *text, size_t len)
{
    while (len > 0 && is_space(text[len - 1]))
        len--;
    return len == 0;
}

/* Line by line, so that every row knows where it began.  False at a quote in a wrong place. */
static bool parse_lines(struct filling *f, struct csv_parser *parser, const char *text, size_t len)
{
    bool open = false;
    f->line = 0;
    for (size_t at = 0; at < len && !f->no_memory && !f->many_rows && !f->wide_line;) {
        size_t n = line_len(text + at, len - at);
        f->line++;
        if (!open)
            f->row_line = f->line;
        f->ended = false;
        if (csv_parse(parser, text + at, n, on_cell, on_row, f) != n)
            return false;
        open = !f->ended && (open || !is_blank(text + at, n));
        at += n;
    }
    return csv_fini(parser, on_cell, on_row, f) == 0;
}

static enum muster_error fill_error(const struct filling *f, bool parsed, const char *name,
                                    struct format_problem *problem)
{
    if (f->no_memory)
        return format_problem_set(problem, MUSTER_EBUSY, name, 0, NULL,
                                  "there is no memory left to read the table; close other programs and try again");
    if (f->many_rows)
        return format_problem_set(problem, MUSTER_ETOOBIG, name, f->row_line, NULL,
                                  "the table has more than %d rows, the most of one import; split the file here",
                                  TABLE_ROWS_MAX);
    if (f->wide_line)
        return format_problem_set(problem, MUSTER_ETOOBIG, name, f->wide_line, NULL,
                                  "this row has more than %d cells, so this is not one of the tables that muster reads; "
                                  "check that it is the file you meant",
                                  TABLE_COLUMNS_MAX);
    if (!parsed)
        return format_problem_set(problem, MUSTER_EMARKUP, name, f->line, NULL,
                                  "a quote is missing or too many in the row that begins at line %u, so it is doubtful "
                                  "which cell is which from there on; a cell with quotes is written \"like \"\"this\"\"\"; "
                                  "correct it and try again",
                                  f->row_line);
    if (f->table->row_count == 0)
        return format_problem_set(problem, MUSTER_ETRUNCATED, name, 1, NULL,
                                  "the table is empty; its first row must name the columns");
    if (f->table->rows[0].too_long)
        return format_problem_set(problem, MUSTER_ETOOBIG, name, f->table->rows[0].line, NULL,
                                  "the first row, which names the columns, has a cell longer than %d kB; check that it is the "
                                  "file you meant",
                                  TABLE_CELL_BYTES_MAX / 1024);
    return MUSTER_OK;
}

enum muster_error table_read(struct table *table, const char *text, size_t len, const char *name,
                             struct format_problem *problem)
{
    struct csv_parser parser;
    struct filling f = {.table = table};
    *table = (struct table){.delimiter = find_delimiter(text, len)};
    if (len > TABLE_BYTES_MAX)
        return format_problem_set(problem, MUSTER_ETOOBIG, name, 0, NULL,
                                  "the table has %zu bytes and one import takes %d; split the file", len,
                                  TABLE_BYTES_MAX);
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return format_problem_set(problem, MUSTER_EINTERNAL, name, 0, NULL,
                                  "the reader of tables does not start; please report it");
    csv_set_blk_size(&parser, CELL_STEP_BYTES); /* a cell of megabytes grows in large steps, or it takes minutes */
    csv_set_delim(&parser, (unsigned char)table->delimiter);
    bool parsed = parse_lines(&f, &parser, text, len);
    csv_free(&parser);
    enum muster_error error = fill_error(&f, parsed, name, problem);
    if (error)
        table_clear(table);
    return error;
}

void table_clear(struct table *table)
{
    free(table->text);
    free(table->cells);
    free(table->rows);
    *table = (struct table){0};
}

const char *table_cell(const struct table *table, const struct table_row *row, size_t column)
{
    return column < row->count ? table->text + table->cells[row->first + column] : "";
}
