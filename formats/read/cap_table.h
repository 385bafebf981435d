/* cap_table.h — the Common Alerting Protocol 1.0, 1.1 and 1.2 as one table.
 *
 * Element, parent, versions, how often, type and tokens: the reader checks by it, and nothing about
 * the structure stands anywhere else.  Rows of one parent are in the order that the standard demands. */
#ifndef MUSTER_FORMATS_READ_CAP_TABLE_H
#define MUSTER_FORMATS_READ_CAP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cap_version { CAP_1_0 = 10, CAP_1_1 = 11, CAP_1_2 = 12 };

enum cap_type {
    CAP_GROUP,    /* holds elements */
    CAP_TEXT,     /* any text; empty counts as absent */
    CAP_VALUE,    /* any text; may be empty and still counts */
    CAP_BLOB,     /* embedded file: kept only in the original */
    CAP_TOKEN,    /* one of the row's tokens, to the letter */
    CAP_ID,       /* no white space, no comma, < or & */
    CAP_TIME,     /* date and time with a numeric zone */
    CAP_REFS,     /* sender,identifier,sent triples; 1.0: any words */
    CAP_PAIR,     /* NAME=VALUE, the form of 1.0 */
    CAP_POLYGON,  /* four or more lat,lon, closed; empty counts as absent */
    CAP_CIRCLE,   /* lat,lon radius; empty counts as absent */
    CAP_LANGUAGE, /* RFC 3066 code */
    CAP_WHOLE,    /* a number without fraction */
    CAP_DECIMAL
};

struct cap_token {
    const char *token; /* NULL ends the list */
    uint8_t from, to;  /* enum cap_version */
};

enum { CAP_MANY = 0 };

struct cap_row {
    const char *name, *parent; /* parent "" for the root */
    uint8_t from, to;          /* enum cap_version, both inclusive */
    uint8_t min, max;          /* max CAP_MANY: as many as the file has room for */
    enum cap_type type;
    const struct cap_token *tokens; /* CAP_TOKEN only */
};

/* All rows; *count is their number, at most CAP_ROWS_MAX. */
const struct cap_row *cap_rows(size_t *count);
enum { CAP_ROWS_MAX = 80 };

/* The row of that element under that parent in that version, or NULL. */
const struct cap_row *cap_row_find(const char *parent, const char *name, enum cap_version version);
/* Is the token one of the row's in that version? */
bool cap_token_is(const struct cap_row *row, const char *token, enum cap_version version);
/* "Immediate, Expected, ...": the row's tokens in that version.  Always NUL-terminates; returns out. */
const char *cap_token_list(char *out, size_t size, const struct cap_row *row, enum cap_version version);

/* The version whose namespace this is, or 0. */
int cap_namespace_version(const char *uri);

#endif
