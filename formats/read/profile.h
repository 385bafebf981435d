/* profile.h — a known kind of table: its columns, and rows turned into resource items.
 *
 * A profile is a table of columns: the field, how people head it, its HXL tags, its type.  A row of HXL tags
 * among the first rows is preferred to the headings.  Nothing of a row is lost: what has no field of its own
 * goes into the comments under its heading. */
#ifndef MUSTER_FORMATS_READ_PROFILE_H
#define MUSTER_FORMATS_READ_PROFILE_H

#include "formats/problem.h"
#include "formats/read/decode.h"
#include "formats/read/reader.h"
#include "formats/read/table.h"

#include <jansson.h>

enum column_type {
    COLUMN_TEXT,     /* at most PROFILE_LINE_BYTES, the rest in the comments */
    COLUMN_SHORT,    /* at most PROFILE_SHORT_BYTES */
    COLUMN_DECIMAL,  /* zero or more */
    COLUMN_COUNT,    /* a whole number */
    COLUMN_LAT,
    COLUMN_LON,
    COLUMN_UNIT,     /* unit and unit_text */
    COLUMN_CODE2OR3, /* two or three capital letters (country), else a comment */
    COLUMN_CODE3,    /* three capital letters (currency), else a comment */
    COLUMN_FACILITY, /* status_text, and facility_status and status when it is sure what they are */
    COLUMN_COMMENT   /* under its heading */
};

enum { COLUMN_HEADINGS = 7, COLUMN_TAGS = 3, PROFILE_HXL_ROWS = 25, PROFILE_LINE_BYTES = 256, PROFILE_SHORT_BYTES = 64 };

struct profile_column {
    const char *field;
    enum column_type type;
    bool required;                         /* the column must be there */
    bool filled;                           /* and no row may leave it empty */
    const char *headings[COLUMN_HEADINGS]; /* NULL-ended; compared by letters and digits alone */
    const char *tags[COLUMN_TAGS];         /* HXL, NULL-ended; attributes demanded: "#geo+lat" */
};

struct profile {
    const char *name;          /* "stock" */
    const char *resource_type; /* of every row; NULL if a column says it */
    const struct profile_column *columns;
    size_t count;
    /* A field that follows from others; may be NULL.  False when there is no memory. */
    bool (*finish)(json_t *fields);
};

extern const struct profile profile_stock, profile_org_resource, profile_hospital;

/* How the profile lies over a table. */
struct profile_map {
    size_t header;                  /* the row that names the columns; the data follow it */
    bool hxl;
    size_t width;                   /* cells of that row */
    short column[TABLE_COLUMNS_MAX]; /* index of profile_column, or -1: a comment (HXL), or a heading that is empty */
    size_t matched, required;       /* columns that were recognised; how many of them are required ones */
};

/* MUSTER_OK, or ECOLUMNS with the columns expected and found (*map is then partly filled). */
MUST_USE enum muster_error profile_match(const struct profile *profile, const struct table *table, const char *name,
                                         struct profile_map *map, struct format_problem *problem);

/* Are two headings the same, by their letters and digits alone? */
bool profile_heading_is(const char *a, const char *b);

/* "Name, Code, Type": the headings or tags of the row that names the columns, escaped, cut with "...". */
enum { PROFILE_LIST_BYTES = 240 };
void profile_found(const struct table *table, const struct profile_map *map, char out[PROFILE_LIST_BYTES]);

/* One item for each good row, given to the output; see profile_read for the rest. */
MUST_USE enum muster_error profile_run(const struct profile *profile, const struct reader_input *input,
                                       struct reader_output *output);
/* *items becomes an array with one item for each good row; problems lists the rows that were refused.
 * key: "csv:PROFILE:HASH" of the row's contents, with an ordinal for rows that stand more than once.
 * returns  MUSTER_OK also when rows were refused (problems->total says how many); an error if the whole file
 *          is refused, then *items is NULL and problems->at[0] says why: the errors of decode_text,
 *          table_read and profile_match.
 * problems is filled from scratch. */
MUST_USE enum muster_error profile_read(const struct profile *profile, const void *bytes, size_t len,
                                        const char *name, enum text_encoding encoding, json_t **items,
                                        struct format_problems *problems);

#endif
