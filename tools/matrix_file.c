#include "tools/matrix_file.h"

#include "formats/read/decode.h"
#include "formats/read/file.h"
#include "formats/read/table.h"
#include "protocol/kinds/decimal.h"
#include "tools/import_child.h"
#include "tools/indicators.h"
#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

enum { FILE_MAX = 65536 };

/* 1/q cut off or rounded to that many places? */
static bool is_part(int64_t value, int64_t unit, int64_t q)
{
    return value == unit / q || value == (2 * unit + q) / (2 * q);
}

int32_t matrix_cell(const char *text)
{
    struct decimal d;
    const char *why;
    int64_t value, unit = 1;
    int32_t entry = 0;
    bool under = strncmp(text, "1/", 2) == 0;
    if (decimal_parse(&d, text + (under ? 2 : 0), strlen(text) - (under ? 2 : 0), &why) || d.negative || d.places > 9 ||
        !decimal_scaled(&d, d.places, &value))
        return 0;
    for (unsigned i = 0; i < d.places; i++)
        unit *= 10;
    if (value >= unit && value % unit == 0 && value / unit <= AHP_SCALE_MAX) {
        entry = (int32_t)(value / unit) * AHP_ENTRY;
        return under && entry != AHP_ENTRY ? -entry : entry;
    }
    for (int q = 2; q <= AHP_SCALE_MAX && !under && value < unit; q++) {
        if (!is_part(value, unit, q))
            continue;
        if (entry)
            return 0; /* 0.1 could be 1/6 to 1/9 */
        entry = -q * AHP_ENTRY;
    }
    return entry;
}

/* --- the child: rows of cells as JSON -------------------------------------------------------------------------------- */

static json_t *refuse(const struct format_problem *problem)
{
    return json_pack("{s:[{s:I, s:s, s:s, s:s}]}", "problems", "line", (json_int_t)problem->line, "field", problem->field, "code",
                     error_name(problem->code), "message", problem->sentence);
}

static json_t *rows_give(struct import_pipe *pipe, const char *path, const void *bytes, size_t len, const struct import_wish *wish)
{
    struct format_problem problem;
    struct table table;
    char *text = NULL;
    size_t text_len = 0;
    if (decode_check(bytes, len, path, &problem) || decode_text(bytes, len, wish->encoding, path, &text, &text_len, &problem))
        return refuse(&problem);
    if (table_read(&table, text, text_len, path, &problem)) {
        free(text);
        return refuse(&problem);
    }
    for (size_t i = 0; i < table.row_count; i++) {
        json_t *cells = json_array();
        for (size_t c = 0; c < table.rows[i].count; c++)
            json_array_append_new(cells, json_string(table_cell(&table, &table.rows[i], c)));
        import_pipe_item(pipe, json_pack("{s:o}", "cells", cells), table.rows[i].line);
    }
    table_clear(&table);
    free(text);
    return json_pack("{s:[]}", "problems");
}

/* --- the parent: cells as judgements --------------------------------------------------------------------------------- */

static bool row_take(void *user, const char *json, size_t len, size_t line)
{
    json_t *item = json_loadb(json, len, 0, NULL), *rows = user;
    json_object_set_new(item, "line", json_integer((json_int_t)line));
    json_array_append_new(rows, item);
    return json_array_size(rows) < 2 * AHP_ITEMS_MAX; /* what is more is said to be too much below */
}

static const char *cell_at(const json_t *rows, size_t row, size_t column)
{
    const char *text = json_string_value(json_array_get(json_object_get(json_array_get(rows, row), "cells"), column));
    return text ? text : "";
}

static size_t code_place(const struct matrix_file *file, const char *code)
{
    for (size_t i = 0; i < file->matrix.count; i++)
        if (strcmp(file->codes[i], code) == 0)
            return i;
    return INDICATOR_NONE;
}

static enum muster_error codes_take(struct matrix_file *out, const json_t *rows, const char *path, struct fault *fault)
{
    size_t cells = json_array_size(json_object_get(json_array_get(rows, 0), "cells"));
    while (cells > 1 && !cell_at(rows, 0, cells - 1)[0])
        cells--; /* empty columns that a spreadsheet leaves */
    size_t count = cells ? cells - 1 : 0;
    if (count < 1 || count > AHP_ITEMS_MAX) {
        fault_set(fault, count ? MUSTER_ETOOBIG : MUSTER_EMISSING, "%s: its first line names %zu indicators; 1 to %d can be compared", path,
                  count, AHP_ITEMS_MAX);
        fault_step(fault, "write the codes above and at the side, with the cell in the corner empty");
        return count ? MUSTER_ETOOBIG : MUSTER_EMISSING;
    }
    struct ahp_matrix empty;
    ahp_matrix_start(&empty, count);
    for (size_t i = 0; i < count; i++) {
        const char *code = cell_at(rows, 0, i + 1);
        if (!code[0] || code_place(out, code) != INDICATOR_NONE) {
            fault_set(fault, MUSTER_EBADVALUE, "%s: column %zu of its first line has no code of its own", path, i + 2);
            fault_step(fault, "write every code once");
            return MUSTER_EBADVALUE;
        }
        out->codes[i] = memory_copy(code);
        out->matrix.count = i + 1;
    }
    out->matrix = empty;
    return MUSTER_OK;
}

static enum muster_error row_read(struct matrix_file *out, const json_t *rows, size_t row, const char *path, struct fault *fault)
{
    const char *code = cell_at(rows, row, 0);
    size_t i = code_place(out, code);
    long long line = value_int_at(json_array_get(rows, row), "line");
    if (i == INDICATOR_NONE) {
        fault_set(fault, MUSTER_EBADVALUE, "%s: line %lld is about \"%.100s\", which its first line does not name", path, line, code);
        fault_step(fault, "write the same codes above and at the side");
        return MUSTER_EBADVALUE;
    }
    for (size_t j = 0; j < out->matrix.count; j++) {
        const char *cell = cell_at(rows, row, j + 1);
        int32_t entry = cell[0] ? matrix_cell(cell) : 0;
        if (!cell[0])
            continue;
        if (!entry) {
            fault_set(fault, MUSTER_EBADVALUE, "%s: row %.100s, column %.100s: \"%.40s\" is no judgement", path, code, out->codes[j], cell);
            fault_why(fault, "one person's judgement is a whole number from 1 to 9, or one of 1/2 to 1/9");
            fault_step(fault, "correct that judgement and give the command again");
            return MUSTER_EBADVALUE;
        }
        out->matrix.entry[i][j] = entry;
    }
    return MUSTER_OK;
}

static void mirror_fill(struct ahp_matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++)
        for (size_t j = 0; j < matrix->count; j++)
            if (!matrix->entry[i][j] && matrix->entry[j][i])
                matrix->entry[i][j] = matrix->entry[j][i] == AHP_ENTRY ? AHP_ENTRY : -matrix->entry[j][i];
}

static enum muster_error rows_read(struct matrix_file *out, const json_t *rows, const char *path, struct fault *fault)
{
    struct indicator_group group;
    enum muster_error error = codes_take(out, rows, path, fault);
    for (size_t row = 1; row < json_array_size(rows) && !error; row++)
        error = row_read(out, rows, row, path, fault);
    if (error)
        return error;
    mirror_fill(&out->matrix);
    group.matrix = out->matrix;
    return indicator_matrix_fault(&group, out->codes, false, path, fault);
}

enum muster_error matrix_file_load(struct matrix_file *out, const char *path, struct fault *fault)
{
    struct format_problem problem;
    struct import_wish wish = {.encoding = TEXT_UTF8};
    unsigned char *bytes;
    size_t len;
    *out = (struct matrix_file){.matrix = {.count = 0}};
    if (file_read_bounded(path, FILE_MAX, &bytes, &len, &problem)) {
        fault_set(fault, problem.code, "%s: %s", path, problem.sentence);
        fault_step(fault, "name the file with one person's judgements");
        return problem.code;
    }
    json_t *rows = json_array();
    struct import_take take = {.user = rows, .item = row_take};
    json_t *result = import_confined(path, bytes, len, &wish, rows_give, &take);
    const json_t *wrong = json_array_get(json_object_get(result, "problems"), 0);
    enum muster_error error = wrong ? error_by_name(value_text_at(wrong, "code")) : MUSTER_OK;
    if (wrong) {
        fault_set(fault, error, "%s: %s", path, value_text_at(wrong, "message"));
        fault_step(fault, "write the codes above and at the side, with the cell in the corner empty");
    } else {
        error = rows_read(out, rows, path, fault);
    }
    json_decref(result);
    json_decref(rows);
    free(bytes);
    return error;
}

void matrix_file_free(struct matrix_file *file)
{
    for (size_t i = 0; i < AHP_ITEMS_MAX; i++)
        free(file->codes[i]);
    *file = (struct matrix_file){.matrix = {.count = 0}};
}
