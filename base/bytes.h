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
#include <string.h>

struct bytes { /* borrowed; NULL only with len 0 */
    const uint8_t *at;
    size_t len;
};

/* Numbers as bytes.  Big-endian: for keys whose bytewise order must be the order of numbers.  What is read a thousand times for each
 * record stands here, so that it costs no call. */
/* FNV-1a, folded: a place in a small table.  `seed` sets tables or kinds of keys apart.  Not against somebody who looks for
 * two keys that meet: those only cost each other their place. */
static inline uint32_t bytes_place(uint32_t seed, const uint8_t *at, size_t len)
{
    uint32_t place = 2166136261u ^ seed;
    for (size_t i = 0; i < len; i++)
        place = (place ^ at[i]) * 16777619u;
    return place ^ place >> 16;
}

static inline void put_be32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline void put_be64(uint8_t *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
}

static inline uint32_t get_be32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static inline uint64_t get_be64(const uint8_t *in)
{
    return (uint64_t)get_be32(in) << 32 | get_be32(in + 4);
}

static inline void put_le16(uint8_t *out, uint16_t v)
{
    out[0] = (uint8_t)v;
    out[1] = (uint8_t)(v >> 8);
}

static inline void put_le32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> 8 * i);
}

static inline void put_le64(uint8_t *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> 8 * i);
}

static inline uint16_t get_le16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *in)
{
    return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static inline uint64_t get_le64(const uint8_t *in)
{
    return get_le32(in) | (uint64_t)get_le32(in + 4) << 32;
}

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

/* A cursor over len bytes; what is left; the next number, or 0. */
static inline struct cursor cursor_over(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    return (struct cursor){.at = at, .end = at ? at + len : at, .failed = !at && len};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : (size_t)(c->end - c->at);
}

/* len bytes in place, or NULL (and failed) if fewer are left. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t len)
{
    if (c->failed || (size_t)(c->end - c->at) < len) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *taken = c->at;
    if (len) /* an empty cursor may stand at NULL */
        c->at += len;
    return taken;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 1);
    return b ? *b : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 2);
    return b ? get_le16(b) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 4);
    return b ? get_le32(b) : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 8);
    return b ? get_le64(b) : 0;
}

/* LEB128, at most 10 bytes, shortest form only; anything else fails the cursor. */
uint64_t cursor_varint(struct cursor *c);
/* Copies len bytes, or zeroes out and fails. */
static inline void cursor_copy(struct cursor *c, void *out, size_t len)
{
    const uint8_t *b = cursor_take(c, len);
    if (b)
        memcpy(out, b, len);
    else
        memset(out, 0, len);
}
/* MUSTER_OK if nothing failed and nothing is left; ETRUNCATED or ETRAILING otherwise. */
MUST_USE enum muster_error cursor_end(const struct cursor *c);

struct writer {
    uint8_t *start, *at, *end;
    bool failed;
};

static inline struct writer writer_over(void *buffer, size_t size)
{
    uint8_t *start = buffer;
    return (struct writer){.start = start, .at = start, .end = start ? start + size : NULL};
}

/* Bytes written; 0 after a failure. */
static inline size_t writer_len(const struct writer *w)
{
    return w->failed ? 0 : (size_t)(w->at - w->start);
}

/* len bytes to be filled later, or NULL after a failure. */
static inline uint8_t *writer_skip(struct writer *w, size_t len)
{
    if (w->failed || (size_t)(w->end - w->at) < len) {
        w->failed = true;
        return NULL;
    }
    uint8_t *skipped = w->at;
    if (len)
        w->at += len;
    return skipped;
}

static inline void writer_put(struct writer *w, const void *bytes, size_t len)
{
    uint8_t *to = writer_skip(w, len);
    if (to && len)
        memcpy(to, bytes, len);
}

static inline void writer_u8(struct writer *w, uint8_t v)
{
    uint8_t *to = writer_skip(w, 1);
    if (to)
        *to = v;
}

static inline void writer_u16(struct writer *w, uint16_t v)
{
    uint8_t *to = writer_skip(w, 2);
    if (to)
        put_le16(to, v);
}

static inline void writer_u32(struct writer *w, uint32_t v)
{
    uint8_t *to = writer_skip(w, 4);
    if (to)
        put_le32(to, v);
}

static inline void writer_u64(struct writer *w, uint64_t v)
{
    uint8_t *to = writer_skip(w, 8);
    if (to)
        put_le64(to, v);
}

void writer_varint(struct writer *w, uint64_t v);

#endif
