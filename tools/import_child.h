/* import_child.h — one file of somebody else becomes items, in a process of its own.
 *
 * The child reads the file under limits (sandbox.h) and writes lines into a pipe: "F FORMAT COUNT", one "I LINE {item}"
 * for each item, and "E {result}" at its end.  Items go on while the file is still read, so a table of 100,000 rows is
 * in nobody's memory twice.  Nothing in the lines is trusted: an item must be one JSON object on one line, and the node
 * checks what it says like that of any other program. */
#ifndef MUSTER_TOOLS_IMPORT_CHILD_H
#define MUSTER_TOOLS_IMPORT_CHILD_H

#include "formats/read/reader.h"
#include "formats/read/table.h"
#include "tools/import_source.h"

#include <jansson.h>

enum {
    IMPORT_FILE_MAX = TABLE_BYTES_MAX,
    IMPORT_LINE_MAX = 1024 * 1024,          /* one item, or the result */
    IMPORT_RESULT_MAX = 1024 * 1024 * 1024, /* all lines */
    IMPORT_WAIT_SECONDS = 30                /* for the next byte of the child */
};

struct import_wish {
    enum format_kind format; /* FORMAT_UNKNOWN: look at the contents */
    enum text_encoding encoding;
    const struct kind *kind; /* of tables and maps that do not say it; may be NULL */
    bool flash;              /* every item is one */
};

/* Who takes the items as they come. */
struct import_take {
    void *user;
    void (*total)(void *user, const char *format, size_t items); /* there will be at most so many */
    bool (*item)(void *user, const char *json, size_t len, size_t line); /* false: enough, the child is ended */
    import_waiting *waiting; /* while a pipe is read; may be NULL */
};

/* Reads the file, pipe or standard input (import_source.h) here and parses it in a child.  Always gives an object, the caller's:
 *   {"file", "format", "items": N, "problems":[{"line","field","code","message"}…], "refused": N}
 * A problem with the code "OK" is a notice.  items: how many were taken.  At a file that is refused whole there are no
 * items and one problem; when the child died, or was too slow, there is a problem and what was taken stays taken. */
json_t *import_parse(const char *path, const struct import_wish *wish, const struct import_take *take);

/* The child's side of the pipe. */
struct import_pipe {
    int fd;
    bool flash, broken;
    char *text; /* not yet written; IMPORT_PIPE_BYTES */
    size_t len;
    char format[32];
};
enum { IMPORT_PIPE_BYTES = 256 * 1024 };
/* What the child does with the bytes: gives items by import_pipe_item, and a result object as above, where only
 * "format", "problems" and "refused" count; NULL or an object without problems is "no result". */
typedef json_t *import_parser(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,
                              const struct import_wish *wish);
/* One item, the pipe's from now on; false when it cannot be written. */
bool import_pipe_item(void *pipe, json_t *item, size_t line);
/* Bytes into the pipe as they are. */
void import_pipe_write(struct import_pipe *pipe, const char *bytes, size_t len);
/* The confined half of import_parse, with any parser: whatever that does, the answer is an object as above. */
json_t *import_confined(const char *path, const void *bytes, size_t len, const struct import_wish *wish,
                        import_parser *parser, const struct import_take *take);

#endif
