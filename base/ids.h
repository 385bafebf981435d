/* ids.h — identifiers as distinct types, so that a log id is never taken for a space id.
 *
 * All are compared bytewise; G1's ties break by that order.  An id of zeroes means "none". */
#ifndef MUSTER_BASE_IDS_H
#define MUSTER_BASE_IDS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HASH_BYTES = 32, OBJECT_ID_BYTES = 16 };

#define MUSTER_ID_TYPE(name, size)                                                                                     \
    struct name {                                                                                                      \
        uint8_t b[size];                                                                                               \
    };                                                                                                                 \
    static inline int name##_cmp(const struct name *x, const struct name *y)                                           \
    {                                                                                                                  \
        return memcmp(x->b, y->b, size);                                                                               \
    }                                                                                                                  \
    static inline bool name##_eq(const struct name *x, const struct name *y)                                           \
    {                                                                                                                  \
        return memcmp(x->b, y->b, size) == 0;                                                                          \
    }                                                                                                                  \
    static inline bool name##_none(const struct name *x)                                                               \
    {                                                                                                                  \
        static const uint8_t zero[size];                                                                               \
        return memcmp(x->b, zero, size) == 0;                                                                          \
    }

MUSTER_ID_TYPE(hash, 32)       /* any other BLAKE2b-256 value */
MUSTER_ID_TYPE(space_id, 32)   /* hash of the space genesis statement */
MUSTER_ID_TYPE(log_id, 32)     /* hash of the log genesis */
MUSTER_ID_TYPE(segment_id, 32) /* hash of the whole segment header, signature included */
MUSTER_ID_TYPE(record_id, 32)  /* Merkle leaf: hash of log id and record header */
MUSTER_ID_TYPE(agency_id, 32)  /* hash of the agency's first identity statement */
MUSTER_ID_TYPE(object_id, 16)  /* 6 bytes of time, 10 of hash(log id, sequence of its create) */

/* Hex, lower case, NUL-terminated; out holds 2 * len + 1 bytes.  Returns out. */
char *hex_from(char *out, const void *bytes, size_t len);
/* Exactly len bytes from 2 * len hex digits followed by NUL; false otherwise (out untouched). */
bool hex_to(void *out, size_t len, const char *text);
/* Crockford base32 (0-9 a-z without i l o u), most significant bit first, no padding, lower case;
 * out holds (8 * len + 4) / 5 + 1 bytes.  Returns out. */
char *base32_from(char *out, const void *bytes, size_t len);
/* Reads as many whole bytes as the characters hold (case-insensitive, i l o read as 1 1 0; dashes
 * and white space skipped).  Returns the number of bytes, or -1 for another character or overflow. */
long base32_to(void *out, size_t size, const char *text);

#endif
