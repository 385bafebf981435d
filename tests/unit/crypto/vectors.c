#include "unit/crypto/vectors.h"

#include "base/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_MAX_BYTES = 2 * VECTOR_BYTES_MAX + 64 };

static void field_read(struct vector *v, const char *key, const char *value)
{
    assert_true(v->count < VECTOR_FIELDS_MAX);
    struct vector_field *f = &v->fields[v->count++];
    size_t len = strlen(value);
    assert_true(strlen(key) < sizeof(f->key));
    strcpy(f->key, key);
    if (value[0] == '"') {
        f->len = len - 2;
        assert_true(len >= 2 && value[len - 1] == '"' && f->len <= VECTOR_BYTES_MAX);
        memcpy(f->bytes, value + 1, f->len);
    } else {
        f->len = len / 2;
        assert_true(f->len <= VECTOR_BYTES_MAX && hex_to(f->bytes, f->len, value));
    }
    f->bytes[f->len] = 0;
}

size_t vectors_each(const char *file, const char *name, void (*use)(const struct vector *v))
{
    static struct vector v;
    static char line[LINE_MAX_BYTES];
    size_t used = 0;
    char path[512];
    snprintf(path, sizeof(path), "%s/tests/vectors/crypto/%s", MUSTER_SOURCE_DIR, file);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    v.name[0] = '\0';
    for (bool more = true; more;) {
        more = fgets(line, sizeof(line), f) != NULL;
        if (more) {
            assert_non_null(strchr(line, '\n')); /* no line is longer than we read */
            line[strcspn(line, "\n")] = '\0';
        }
        if (!more || line[0] == '[') {
            if (strcmp(v.name, name) == 0) {
                use(&v);
                used++;
            }
            v.count = 0;
            if (more)
                assert_int_equal(sscanf(line, "[%31[a-z0-9]]", v.name), 1);
        } else if (line[0] && line[0] != '#') {
            char *equals = strstr(line, " =");
            assert_non_null(equals);
            *equals = '\0';
            field_read(&v, line, equals[2] ? equals + 3 : equals + 2);
        }
    }
    fclose(f);
    return used;
}

static const struct vector_field *field(const struct vector *v, const char *key)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->fields[i].key, key) == 0)
            return &v->fields[i];
    fail_msg("vector %s has no field %s", v->name, key);
    return NULL;
}

const uint8_t *vector_bytes(const struct vector *v, const char *key, size_t len)
{
    const struct vector_field *f = field(v, key);
    if (len)
        assert_int_equal(f->len, len);
    return f->bytes;
}

size_t vector_len(const struct vector *v, const char *key)
{
    return field(v, key)->len;
}

const char *vector_text(const struct vector *v, const char *key)
{
    return (const char *)field(v, key)->bytes;
}
