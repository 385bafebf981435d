/* bytes.h — reading and writing bounded byte strings.
 *
 * A cursor reads little-endian integers and byte runs and remembers the first failure: after
 * one, every read gives zero or NULL, so that a parser checks once, at its end (cursor_end).
 * A writer fills a caller's buffer and remembers overflow the same way.  Nothing allocates. */
#ifndef MUSTER_BASE_BYTES_H
#define MUSTER_BASE_BYTES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes { /* borrowed; NULL only with len 0 */
    const uint8_t *at;
    size_t len;
};

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

struct cursor cursor_over(const void *bytes, size_t len);
size_t cursor_left(const struct cursor *c);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
/* LEB128, at most 10 bytes, shortest form only; anything else fails the cursor. */
uint64_t cursor_varint(struct cursor *c);
/* len bytes in place, or NULL (and failed) if fewer are left. */
const uint8_t *cursor_take(struct cursor *c, size_t len);
/* Copies len bytes, or zeroes out and fails. */
void cursor_copy(struct cursor *c, void *out, size_t len);
/* MUSTER_OK if nothing failed and nothing is left; ETRUNCATED or ETRAILING otherwise. */
MUST_USE enum muster_error cursor_end(const struct cursor *c);

struct writer {
    uint8_t *start, *at, *end;
    bool failed;
};

struct writer writer_over(void *buffer, size_t size);
size_t writer_len(const struct writer *w); /* bytes written; 0 after a failure */
void writer_u8(struct writer *w, uint8_t v);
void writer_u16(struct writer *w, uint16_t v);
void writer_u32(struct writer *w, uint32_t v);
void writer_u64(struct writer *w, uint64_t v);
void writer_varint(struct writer *w, uint64_t v);
void writer_put(struct writer *w, const void *bytes, size_t len);
/* len bytes to be filled later, or NULL after a failure. */
uint8_t *writer_skip(struct writer *w, size_t len);

/* Big-endian, for keys whose bytewise order must be the order of numbers. */
void put_be32(uint8_t *out, uint32_t v);
void put_be64(uint8_t *out, uint64_t v);
uint32_t get_be32(const uint8_t *in);
uint64_t get_be64(const uint8_t *in);
void put_le16(uint8_t *out, uint16_t v);
void put_le32(uint8_t *out, uint32_t v);
void put_le64(uint8_t *out, uint64_t v);
uint16_t get_le16(const uint8_t *in);
uint32_t get_le32(const uint8_t *in);
uint64_t get_le64(const uint8_t *in);

#endif
