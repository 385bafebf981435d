/* out.h — growing text of a file that is being written, with an escape for each target.
 *
 * Whoever drains it takes `len` bytes from `at` and sets len to 0; what was written stays bounded by one item.
 * Without memory, or beyond OUT_BYTES_MAX, `failed` is set and nothing more is added. */
#ifndef MUSTER_FORMATS_WRITE_OUT_H
#define MUSTER_FORMATS_WRITE_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUT_BYTES_MAX = 64 * 1024 * 1024, OUT_FORMAT_MAX = 512, OUT_JSON_DEPTH_MAX = 16 };

struct out { /* all zero to begin with */
    char *at;
    size_t len, size;
    bool failed;
};

/* Gives its memory back; it can be used again. */
void out_clear(struct out *out);
/* Bytes as they are, a NUL too. */
void out_bytes(struct out *out, const void *bytes, size_t len);
/* As it is: for what the writer itself says. */
void out_text(struct out *out, const char *text);
/* Numbers and names of our own, at most OUT_FORMAT_MAX bytes. */
void out_format(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* XML text or a quoted attribute. */
void out_xml(struct out *out, const char *text);
/* <name>text</name>, escaped, and a newline; nothing for NULL or an empty text. */
void out_element(struct out *out, const char *name, const char *text);

/* One CSV cell; a formula (= + - @ and their kin) gets an apostrophe in front. */
void out_cell(struct out *out, const char *text);
/* A JSON string, quotes included; characters that could steer a terminal are \u escapes. */
void out_json_string(struct out *out, const char *text, size_t len);
/* Any JSON value on one line, members in their order; deeper than OUT_JSON_DEPTH_MAX is null.  Reals, which no
 * record has, are null. */
void out_json(struct out *out, const json_t *value);
/* Ten-millionths as a decimal number without needless zeros: 287700000 is 28.77. */
void out_e7(struct out *out, int64_t e7);

#endif
