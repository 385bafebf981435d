/* decode.h — from a file's bytes to UTF-8 text and exact numbers.
 *
 * Files of the field come as UTF-8 with or without a mark in front, as Latin-1, or as a mixture of
 * both that nobody can decode.  The last kind is refused whole, with the line of the byte. */
#ifndef MUSTER_FORMATS_READ_DECODE_H
#define MUSTER_FORMATS_READ_DECODE_H

#include "base/bytes.h"
#include "formats/problem.h"

enum text_encoding { TEXT_UTF8, TEXT_LATIN1 };

/* Is all of it UTF-8 without NUL?  MUSTER_OK; EENCODING for UTF-16, for NUL bytes, and when other lines
 * hold UTF-8 (a mixture); EUTF8 else.  *problem names the line and the byte. */
MUST_USE enum muster_error decode_check(const void *bytes, size_t len, const char *name,
                                        struct format_problem *problem);

/* The text as UTF-8 without mark, NUL-terminated, in memory that the caller frees.
 * encoding  what the user says it is; TEXT_LATIN1 is refused (EENCODING) for a file that is UTF-8 in
 *           some line, because that text would be spoilt, and for bytes 0x80-0x9f, which are not Latin-1.
 * On error *out is NULL and *problem is filled. */
MUST_USE enum muster_error decode_text(const void *bytes, size_t len, enum text_encoding encoding, const char *name,
                                       char **out, size_t *out_len, struct format_problem *problem);

/* The length of a byte order mark of UTF-8 in front: 3 or 0. */
size_t decode_mark(const void *bytes, size_t len);

enum {
    NANO_CHARS_MAX = 24,   /* the whole number: what a record's decimal holds */
    NANO_DIGITS_MAX = 9,   /* before the point */
    NANO_FRACTION_MAX = 18 /* behind it; the first 9 count */
};

/* [+-]digits[.digits] within these bounds; the value in billionths, the rest cut off.  False for
 * anything else (no exponents, no commas), *nano untouched. */
bool nano_parse(const char *text, size_t len, int64_t *nano);

/* Digits only, at most 18; false otherwise. */
bool whole_parse(const char *text, size_t len, int64_t *out);

#endif
