/* pack.h — reading msgpack that a stranger wrote.
 *
 * pack_check walks the bytes once, before anything else looks at them: depth, number of parts,
 * lengths against the bytes that are left, UTF-8 of strings, no duplicate keys in a map, no floats
 * that are not finite, nothing behind the end.  After that the reader below cannot run out of
 * bounds.  Writing uses msgpack-c's packer through pack_writer.  Nothing allocates. */
#ifndef MUSTER_BASE_PACK_H
#define MUSTER_BASE_PACK_H

#include "base/bytes.h"

/* MUSTER_OK, ETRUNCATED, ETRAILING, EDEPTH, EUTF8, EDUPLICATE, EBADVALUE. */
MUST_USE enum muster_error pack_check(const void *bytes, size_t len);

enum pack_type { PACK_NIL, PACK_BOOL, PACK_UINT, PACK_INT, PACK_FLOAT, PACK_TEXT, PACK_BYTES, PACK_ARRAY, PACK_MAP };

struct pack_value {
    enum pack_type type;
    union {
        bool boolean;
        uint64_t uint;  /* PACK_UINT: not negative */
        int64_t sint;   /* PACK_INT: negative */
        double real;
        struct bytes run; /* PACK_TEXT, PACK_BYTES */
        uint32_t count;   /* PACK_ARRAY elements, PACK_MAP pairs; they follow in the cursor */
    } u;
    struct bytes whole; /* the item's own bytes, its parts included */
};

/* The next item of checked bytes.  For arrays and maps the cursor then stands at the first part if
 * `enter`, behind the whole item otherwise.  False at the end or on malformed bytes. */
bool pack_next(struct cursor *c, struct pack_value *out, bool enter);

/* The next item as the key of a pair: its number, or PACK_NO_NUMBER for a key of another type.  False as above. */
#define PACK_NO_NUMBER UINT64_MAX
bool pack_next_key(struct cursor *c, uint64_t *number);

/* The value under an integer or text key of the map that the bytes hold; false if there is none. */
bool pack_get(struct bytes map, int64_t key, struct pack_value *out);
bool pack_get_text(struct bytes map, const char *key, struct pack_value *out);
/* Iterate a map's pairs: cursor from pack_pairs; false at the end. */
bool pack_pairs(struct bytes map, struct cursor *c, uint32_t *count);

/* Typed getters for maps with integer keys; false if absent or of another type. */
bool pack_get_uint(struct bytes map, int64_t key, uint64_t *out);
bool pack_get_run(struct bytes map, int64_t key, struct bytes *out);        /* text or bytes */
bool pack_get_fixed(struct bytes map, int64_t key, void *out, size_t len); /* bytes of that length */

/* Writing, in shortest form, to a writer. */
void pack_map(struct writer *w, uint32_t pairs);
void pack_array(struct writer *w, uint32_t count);
void pack_uint(struct writer *w, uint64_t v);
void pack_int(struct writer *w, int64_t v);
void pack_bool(struct writer *w, bool v);
void pack_text(struct writer *w, const char *text, size_t len);
void pack_bytes(struct writer *w, const void *bytes, size_t len);

#endif
