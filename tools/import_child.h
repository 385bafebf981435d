/* import_child.h — one file of somebody else becomes items, in a process of its own. */
#ifndef MUSTER_TOOLS_IMPORT_CHILD_H
#define MUSTER_TOOLS_IMPORT_CHILD_H

#include "formats/read/decode.h"
#include "formats/read/sniff.h"
#include "formats/read/table.h"

#include <jansson.h>

enum { IMPORT_FILE_MAX = TABLE_BYTES_MAX, IMPORT_RESULT_MAX = 128 * 1024 * 1024, IMPORT_WAIT_SECONDS = 30 };

struct import_wish {
    enum format_kind format; /* FORMAT_UNKNOWN: look at the contents */
    enum text_encoding encoding;
};

/* Reads the file here and parses it in a child under limits (sandbox.h).  Always gives an object, the
 * caller's:
 *   {"file", "format", "items":[…], "problems":[{"line","field","code","message"}…], "refused": N}
 * A problem with the code "OK" is a notice.  A file that is refused whole, or at which the child died, has no
 * items and one problem. */
json_t *import_parse(const char *path, const struct import_wish *wish);

/* What the child does with the bytes; NULL or an object without lists counts as "no result". */
typedef json_t *import_parser(const char *path, const void *bytes, size_t len,
                              const struct import_wish *wish);
/* The confined half of it, with any parser: whatever that does, the answer is an object as above. */
json_t *import_confined(const char *path, const void *bytes, size_t len, const struct import_wish *wish,
                        import_parser *parser);

#endif
