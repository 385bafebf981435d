/* vectors.h — reads tests/vectors/crypto: `[name]`, then `key = hex` or `key = "text"`. */
#ifndef MUSTER_TESTS_VECTORS_H
#define MUSTER_TESTS_VECTORS_H

#include <stddef.h>
#include <stdint.h>

enum { VECTOR_FIELDS_MAX = 8, VECTOR_BYTES_MAX = 6 * 1024 };

struct vector {
    char name[32];
    size_t count;
    struct vector_field {
        char key[16];
        size_t len;
        uint8_t bytes[VECTOR_BYTES_MAX + 1]; /* a NUL follows, for text */
    } fields[VECTOR_FIELDS_MAX];
};

/* Calls `use` for each vector of that name in the file; returns how many there were.  Anything that
 * cannot be read fails the test. */
size_t vectors_each(const char *file, const char *name, void (*use)(const struct vector *v));
/* The field of that key; the test fails without it, or if len is not 0 and differs. */
const uint8_t *vector_bytes(const struct vector *v, const char *key, size_t len);
size_t vector_len(const struct vector *v, const char *key);
const char *vector_text(const struct vector *v, const char *key);

#endif
