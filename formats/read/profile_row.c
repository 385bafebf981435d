#include "formats/read/profile_row.h"

#include "formats/read/made.h"

#include "crypto/crypto.h"
#include "formats/read/unit.h"
#include "lang/lang.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { COMMENTS_BYTES = 16 * 1024 - 1 };

struct row {
    const struct profile *profile;
    const struct table *table;
    const struct profile_map *map;
    const struct table_row *at;
    const char *name;
    json_t *fields;
    struct format_problem *problem; /* filled by the first refusal */
    bool refused, no_memory;
    size_t comments_len;
    char comments[COMMENTS_BYTES];
};

/* ---- refusing ---- */

__attribute__((format(printf, 4, 5))) static void refuse(struct row *r, enum muster_error code, const char *heading,
                                                         const char *format, ...)
{
    char sentence[PROBLEM_SENTENCE_MAX];
    va_list arguments;
    if (r->refused)
        return;
    r->refused = true;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, lang_text(format), arguments);
    va_end(arguments);
    format_problem_set(r->problem, code, r->name, r->at->line, heading, "%s", sentence);
}

/* ---- values ---- */

static void put(struct row *r, const char *field, json_t *value)
{
    if (json_object_set_new(r->fields, field, value) != 0)
        r->no_memory = true;
}

static void comment(struct row *r, const char *heading, const char *text)
{
    size_t room = sizeof r->comments - r->comments_len;
    int wrote = snprintf(r->comments + r->comments_len, room, "%s%s%s%s", r->comments_len ? "; " : "",
                         heading ? heading : "", heading ? ": " : "", text);
    if (wrote < 0 || (size_t)wrote >= room)
        refuse(r, MUSTER_ETOOBIG, heading, "the row's comments are longer than %d bytes; shorten them and import it again",
               COMMENTS_BYTES);
    else
        r->comments_len += (size_t)wrote;
}

/* A text that is too long for its field is cut there and stands whole in the comments. */
static void put_text(struct row *r, const char *field, const char *heading, const char *text, size_t max)
{
    size_t room = max - 3;
    if (strcmp(field, "comments") == 0) {
        comment(r, NULL, text);
        return;
    }
    if (json_object_get(r->fields, field)) { /* two columns for one field: the first one has it */
        comment(r, heading, text);
        return;
    }
    if (strlen(text) <= max) {
        put(r, field, max <= PROFILE_LINE_BYTES ? made_line(text) : json_string(text));
        return;
    }
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    put(r, field, json_sprintf("%.*s...", (int)room, text));
    comment(r, heading, text);
}

static void put_decimal(struct row *r, const char *field, const char *heading, const char *text)
{
    int64_t nano;
    char quoted[PROBLEM_QUOTE_BYTES];
    if (!nano_parse(text, strlen(text), &nano))
        refuse(r, MUSTER_EBADVALUE, heading,
               "%s is \"%s\", which is no number; write it like 1500 or 12.5, without unit and without a comma", heading,
               format_problem_quote(quoted, text, strlen(text)));
    else if (nano < 0)
        refuse(r, MUSTER_EBADVALUE, heading, "%s is %s, but there cannot be less than nothing; correct the number",
               heading, format_problem_quote(quoted, text, strlen(text)));
    else
        put(r, field, json_string(text[0] == '+' || text[0] == '-' ? text + 1 : text));
}

static void put_count(struct row *r, const char *field, const char *heading, const char *text)
{
    int64_t count;
    char quoted[PROBLEM_QUOTE_BYTES];
    if (whole_parse(text, strlen(text), &count))
        put(r, field, json_integer(count));
    else
        refuse(r, MUSTER_EBADVALUE, heading, "%s is \"%s\", which is no count; write a whole number like 50", heading,
               format_problem_quote(quoted, text, strlen(text)));
}

static void put_degrees(struct row *r, const char *field, const char *heading, const char *text, int most)
{
    int64_t nano;
    char quoted[PROBLEM_QUOTE_BYTES];
    if (nano_parse(text, strlen(text), &nano) && nano >= -most * INT64_C(1000000000) &&
        nano <= most * INT64_C(1000000000))
        put(r, field, json_string(text[0] == '+' ? text + 1 : text));
    else
        refuse(r, MUSTER_EBADVALUE, heading,
               "%s is \"%s\", which is no place on the earth; write degrees with a point, from -%d to %d", heading,
               format_problem_quote(quoted, text, strlen(text)), most, most);
}

static void put_unit(struct row *r, const char *heading, const char *text)
{
    char unit[UNIT_BYTES];
    if (unit_from_text(unit, text))
        put(r, "unit", json_string(unit));
    put_text(r, "unit_text", heading, text, PROFILE_SHORT_BYTES);
}

/* Codes that the record checks; a name in their place is kept as a comment. */
static void put_code(struct row *r, const struct profile_column *column, const char *heading, const char *text)
{
    char code[4] = "";
    size_t len = strlen(text);
    bool fits = len == 3 || (len == 2 && column->type == COLUMN_CODE2OR3);
    for (size_t i = 0; fits && i < len; i++) {
        char c = text[i];
        fits = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        code[i] = c >= 'a' ? (char)(c - 32) : c;
    }
    if (fits && !json_object_get(r->fields, column->field))
        put(r, column->field, json_string(code));
    else
        comment(r, heading, text);
}

/* What is sure about a facility from its status; EDXL-HAVE tokens in the middle. */
static const struct {
    const char *says, *facility, *status;
} facilities[] = {
    {"Functional", "Normal", "Available"}, {"Open", "Normal", "Available"},         {"Normal", "Normal", "Available"},
    {"Closed", "Closed", "Out of Service"}, {"Evacuating", "Evacuating", "Unknown"}, {"Compromised", "Compromised", "Unknown"},
};

static void put_facility(struct row *r, const char *heading, const char *text)
{
    const char *status = "Unknown";
    if (json_object_get(r->fields, "status_text")) {
        comment(r, heading, text);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
        if (strcasecmp(facilities[i].says, text) == 0) {
            put(r, "facility_status", json_string(facilities[i].facility));
            status = facilities[i].status;
        }
    put(r, "status", json_string(status));
    put_text(r, "status_text", heading, text, PROFILE_LINE_BYTES);
}

static void put_cell(struct row *r, const struct profile_column *column, const char *heading, const char *text)
{
    switch (column->type) {
    case COLUMN_TEXT:
        put_text(r, column->field, heading, text, PROFILE_LINE_BYTES);
        break;
    case COLUMN_SHORT:
        put_text(r, column->field, heading, text, PROFILE_SHORT_BYTES);
        break;
    case COLUMN_DECIMAL:
        put_decimal(r, column->field, heading, text);
        break;
    case COLUMN_COUNT:
        put_count(r, column->field, heading, text);
        break;
    case COLUMN_LAT:
        put_degrees(r, column->field, heading, text, 90);
        break;
    case COLUMN_LON:
        put_degrees(r, column->field, heading, text, 180);
        break;
    case COLUMN_UNIT:
        put_unit(r, heading, text);
        break;
    case COLUMN_CODE2OR3:
    case COLUMN_CODE3:
        put_code(r, column, heading, text);
        break;
    case COLUMN_FACILITY:
        put_facility(r, heading, text);
        break;
    case COLUMN_COMMENT:
        comment(r, heading, text);
        break;
    }
}

/* ---- a row ---- */

static const char *heading_of(const struct row *r, size_t column)
{
    return table_cell(r->table, &r->table->rows[r->map->header], column);
}

/* The main comment goes first, then what other columns add. */
static void put_cells(struct row *r, bool comments)
{
    for (size_t i = 0; i < r->map->width; i++) {
        const char *text = table_cell(r->table, r->at, i), *heading = heading_of(r, i);
        const struct profile_column *column = r->map->column[i] < 0 ? NULL : &r->profile->columns[r->map->column[i]];
        bool main_comment = column && column->type == COLUMN_TEXT && strcmp(column->field, "comments") == 0;
        if (!*text || main_comment != comments)
            continue;
        if (column)
            put_cell(r, column, heading, text);
        else if (*heading)
            comment(r, heading, text);
        else
            refuse(r, MUSTER_ECOLUMNS, NULL,
                   "cell %zu stands under no heading, so nobody knows what it means; give the column a name", i + 1);
    }
}

static void check_filled(struct row *r)
{
    for (size_t i = 0; i < r->map->width; i++) {
        const struct profile_column *column = r->map->column[i] < 0 ? NULL : &r->profile->columns[r->map->column[i]];
        if (column && column->filled && !json_object_get(r->fields, column->field))
            refuse(r, MUSTER_EMISSING, heading_of(r, i), "%s is empty, but every row needs it; fill it in or take the row out",
                   heading_of(r, i));
    }
}

static void row_convert(struct row *r)
{
    if (r->at->count != r->map->width) {
        refuse(r, MUSTER_ECOLUMNS, NULL,
               "the row has %u cells and the header has %zu, so it is not sure which is which; correct the row and import "
               "it again",
               r->at->count, r->map->width);
        return;
    }
    if (r->at->too_long) {
        refuse(r, MUSTER_ETOOBIG, NULL, "a cell of the row is longer than %d bytes; shorten it and import the row again",
               TABLE_CELL_BYTES_MAX);
        return;
    }
    if (r->profile->resource_type)
        put(r, "resource_type", json_string(r->profile->resource_type));
    put_cells(r, true);
    put_cells(r, false);
    check_filled(r);
    if (r->comments_len > 0)
        put(r, "comments", json_string(r->comments));
    if (!r->refused && r->profile->finish && !r->profile->finish(r->fields))
        r->no_memory = true;
}

/* ---- keys ---- */

/* The same contents give the same key, whatever the delimiter, the encoding and the order of columns. */
static struct hash row_hash(const struct row *r)
{
    struct bytes parts[4 * TABLE_COLUMNS_MAX + 1];
    size_t n = 0;
    parts[n++] = (struct bytes){(const uint8_t *)r->profile->name, strlen(r->profile->name) + 1};
    for (int column = -1; column < (int)r->profile->count; column++)
        for (size_t i = 0; i < r->map->width; i++) {
            const char *text = table_cell(r->table, r->at, i);
            if (r->map->column[i] != column || !*text)
                continue;
            const char *field = column < 0 ? heading_of(r, i) : r->profile->columns[column].field;
            parts[n++] = (struct bytes){(const uint8_t *)field, strlen(field) + 1}; /* with NUL: it separates */
            parts[n++] = (struct bytes){(const uint8_t *)text, strlen(text) + 1};
        }
    return crypto_hash_parts("muster/1/csv-row", parts, n);
}

static json_t *row_key(const struct row *r, json_t *seen, bool *no_memory)
{
    char hex[2 * sizeof(struct hash) + 1];
    struct hash hash = row_hash(r);
    hex_from(hex, hash.b, sizeof hash.b);
    json_int_t times = json_integer_value(json_object_get(seen, hex)) + 1;
    if (json_object_set_new(seen, hex, json_integer(times)) != 0)
        *no_memory = true;
    if (times == 1)
        return json_sprintf("csv:%s:%s", r->profile->name, hex);
    return json_sprintf("csv:%s:%s-%lld", r->profile->name, hex, (long long)times);
}

static bool row_is_blank(const struct table *table, const struct table_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (*table_cell(table, row, i))
            return false;
    return !row->too_long;
}

enum muster_error profile_rows(const struct profile *profile, const struct table *table, const struct profile_map *map,
                               const char *name, struct reader_output *output)
{
    struct format_problem scratch;
    struct row *r = calloc(1, sizeof *r);
    json_t *seen = json_object();
    bool no_memory = !r || !seen, more = true;
    if (output->total)
        output->total(output->user, table->row_count - map->header - 1);
    for (size_t i = map->header + 1; !no_memory && more && i < table->row_count; i++) {
        struct format_problem found;
        if (row_is_blank(table, &table->rows[i]))
            continue;
        r->profile = profile;
        r->table = table;
        r->map = map;
        r->at = &table->rows[i];
        r->name = name;
        r->problem = &found;
        r->fields = json_object();
        r->refused = r->no_memory = false;
        r->comments_len = 0;
        row_convert(r);
        if (r->refused) {
            *reader_refuse(output, &scratch) = found;
            json_decref(r->fields);
            continue;
        }
        json_t *item = json_pack("{s:s, s:s, s:o, s:o}", "op", "create", "kind", "resource", "key",
                                 row_key(r, seen, &no_memory), "fields", r->fields);
        no_memory = no_memory || r->no_memory || !item;
        more = reader_give(output, item, r->at->line);
    }
    json_decref(seen);
    free(r);
    if (no_memory)
        return format_problem_set(&output->problems->at[0], MUSTER_EBUSY, name, 0, NULL,
                                  "there is no memory left to read the table; split the file and try again");
    return MUSTER_OK;
}
