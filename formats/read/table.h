/* table.h — the cells of a delimited text file, with the line of each row.
 *
 * Commas, semicolons or tabs; which, the first line tells.  RFC 4180 to the letter: a stray quote makes it
 * doubtful which cell is which for all that follows, so it refuses the file. */
#ifndef MUSTER_FORMATS_READ_TABLE_H
#define MUSTER_FORMATS_READ_TABLE_H

#include "formats/problem.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TABLE_BYTES_MAX = 64 * 1024 * 1024, /* a file */
    TABLE_ROWS_MAX = 250000,
    TABLE_COLUMNS_MAX = 96, /* a kind has 64 fields at most, and ids and marks beside them */
    TABLE_CELL_BYTES_MAX = 256 * 1024 /* a longer cell refuses its row, not the file: see table_row.too_long */
};

struct table_row {
    uint32_t first, count; /* cells; count may differ from the header's */
    uint32_t line;         /* from 1, where the row begins */
    bool too_long;         /* a cell of it is longer than TABLE_CELL_BYTES_MAX */
};

struct table {
    char *text;      /* all cells, each NUL-terminated, white space at the ends gone */
    uint32_t *cells; /* offsets into text */
    struct table_row *rows;
    size_t text_len, cell_count, row_count, text_size, cell_size, row_size;
    char delimiter;
};

/* text, len   UTF-8 without mark
 * returns     MUSTER_OK; ETRUNCATED if there is no row; ETOOBIG (rows, cells of a row, a cell of the first); EMARKUP for quotes
 *             in wrong places.  On error *problem is filled and the table is empty. */
MUST_USE enum muster_error table_read(struct table *table, const char *text, size_t len, const char *name,
                                      struct format_problem *problem);
void table_clear(struct table *table);

/* The cell's text, "" beyond the row's end. */
const char *table_cell(const struct table *table, const struct table_row *row, size_t column);

#endif
