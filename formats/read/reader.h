/* reader.h — every format that is read, behind one call: bytes in, items out one by one.
 *
 * An item is what POST /v1/records takes (docs/API.md): {op, kind, key, flash, fields…}.  A reader looks at the whole
 * file before it gives the first item wherever a later line can make the earlier ones doubtful (markup, quotes,
 * encoding); a row or object that breaks a rule of its own is refused alone, with its line. */
#ifndef MUSTER_FORMATS_READ_READER_H
#define MUSTER_FORMATS_READ_READER_H

#include "formats/problem.h"
#include "formats/read/decode.h"
#include "formats/read/sniff.h"
#include "protocol/kinds/kinds.h"

#include <jansson.h>

struct reader_input {
    const void *bytes; /* borrowed, len of them */
    size_t len;
    const char *name; /* the file's, for sentences */
    enum text_encoding encoding; /* of tables; all else is UTF-8 */
    const struct kind *kind; /* of tables and maps that do not say it themselves; may be NULL */
};

struct reader_output {
    void *user;
    /* How many items there will be at most, before the first one; may be NULL. */
    void (*total)(void *user, size_t items);
    /* One item, the taker's from now on, and the line where it begins (0: none).  False ends the reading. */
    bool (*item)(void *user, json_t *item, size_t line);
    struct format_problems *problems; /* filled from scratch: what was refused; notices have the code OK */
    size_t refused;                   /* items that were not given */
    size_t given;                     /* items that were */
};

/* Reads the file as that format.
 * returns  OK also when items were refused; else the whole file is refused, no item was given, and problems->at[0]
 *          says why.  EUSAGE for FORMAT_UNKNOWN; EBUSY without memory. */
MUST_USE enum muster_error reader_run(enum format_kind format, const struct reader_input *input,
                                      struct reader_output *output);

/* --- for the readers --- */
/* Gives the item; false when the taker has had enough or *item is NULL. */
bool reader_give(struct reader_output *output, json_t *item, size_t line);
/* The next place for a problem of an item that is refused: counted, and kept while there is room. */
struct format_problem *reader_refuse(struct reader_output *output, struct format_problem *scratch);
/* The same for a notice: nothing is refused by it. */
struct format_problem *reader_notice(struct reader_output *output, struct format_problem *scratch);

#endif
