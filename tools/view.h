/* view.h — lists in every form: table for a person, json, ndjson, csv, tsv, ids for programs. */
#ifndef MUSTER_TOOLS_VIEW_H
#define MUSTER_TOOLS_VIEW_H

#include "protocol/kinds/kinds.h"
#include "tools/tool.h"

enum { VIEW_COLUMNS_MAX = 80 };

enum column_flag {
    COLUMN_CUT = 1,     /* may be cut when the line is too long */
    COLUMN_RIGHT = 2,   /* numbers */
    COLUMN_TIME = 4,    /* shortened for people */
    COLUMN_FILE = 8,    /* in csv and tsv only */
    COLUMN_SCREEN = 16, /* in the table only */
    COLUMN_TITLE = 32,  /* what the row is about: keeps more room than others */
    COLUMN_SPARE = 64,  /* left out first when a line is too short for all */
    COLUMN_LOOSE = 128, /* left out when that was not enough */
    COLUMN_IDLE = 256,  /* left out when there is nothing in it, in no row */
    COLUMN_WRAP = 1024, /* what does not fit goes on below; with COLUMN_CUT, so that it gives room */
    COLUMN_WORD = 512   /* a word of the answers: on the screen in the language of the reader */
};

struct column {
    const char *path; /* dotted, inside an item */
    const char *title; /* N_(…); NULL: the label of `field` */
    unsigned flags;
    const struct field *field; /* for labels; may be NULL */
};

struct view {
    const struct column *columns;
    size_t count;                  /* at most VIEW_COLUMNS_MAX */
    const char *id_path;           /* what -o id prints */
    const char *items;             /* the member that holds the items; NULL: "items" */
    const char *none; /* N_(…): instead of an empty table */
    bool whole;       /* the answer itself is the one row */
};

/* Prints the answer in the form that the settings ask for.  The table has the head (screen_top), and a hint
 * when there is more.  Returns 0, or 5 with --strict and something missing.
 */
int view_list(struct tool *tool, json_t *answer, const struct view *view);
/* What a program asked for: the answer with json and ndjson, the rows of the view with csv and tsv, their ids with id.  True if
 * that was it; false: a person wants a screen. */
bool view_print(struct tool *tool, json_t *answer, const struct view *view);
/* The same with the columns in words: "MEMBER: COLUMN…" are rows of that member, "COLUMN…" the answer as the one row.  The first
 * column names the row, which is what id prints; "-" in its place: nothing does.  At most VIEW_COLUMNS_MAX columns. */
bool view_rows(struct tool *tool, json_t *answer, const char *rows);
/* What stands above a column, in the language of the tool. */
const char *view_title(struct tool *tool, const struct column *column);
/* Only the table of it, without head. */
void view_table(struct tool *tool, const json_t *items, const struct view *view);

#endif
