/* kind_table.h — a table of one kind: its fields as columns, named or tagged; what muster export -o csv and hxl write.
 *
 * The columns are told by HXL tags if there is a row of them (formats/hxl.h), else by the names of the fields or their
 * labels in English or Chinese.  Which kind it is, the columns tell when nobody says it: the kind that knows all of them, or
 * the most, and has its required ones.  Under tags, columns without a field go into the comments under their heading, with
 * a notice that names the tags; without tags an unknown column refuses the file.  `id`, `owner`, times, marks and `space`,
 * which stand in a table of muster's own, are of where it comes from: the id becomes the key, all else is left. */
#ifndef MUSTER_FORMATS_READ_KIND_TABLE_H
#define MUSTER_FORMATS_READ_KIND_TABLE_H

#include "formats/read/reader.h"
#include "formats/read/table.h"

enum { KIND_TABLE_ID = -2, KIND_TABLE_EXERCISE = -3, KIND_TABLE_OTHER = -4, KIND_TABLE_COMMENT = -1 };

struct kind_table_map {
    const struct kind *kind;
    size_t header;  /* the row that names the columns: headings */
    size_t tags;    /* the row of tags, or the header when there is none */
    bool hxl;
    bool own;       /* of muster's own: it has ids, owners and marks */
    size_t width;
    short column[TABLE_COLUMNS_MAX]; /* the number of a field in the kind's table, or one of the above */
    size_t matched, unknown;
};

/* Finds kind and columns.  wanted: the kind, or NULL: whatever fits best.  ECOLUMNS with a sentence that names what was
 * expected, found, unknown or ambiguous. */
MUST_USE enum muster_error kind_table_match(const struct table *table, const struct kind *wanted, const char *name,
                                            struct kind_table_map *map, struct format_problem *problem);

/* The reader, for reader.c; as reader_run. */
MUST_USE enum muster_error kind_table_run(const struct reader_input *input, struct reader_output *output);

#endif
