/* sample.h — files and alerts for the tests of formats. */
#ifndef MUSTER_TESTS_FORMATS_SAMPLE_H
#define MUSTER_TESTS_FORMATS_SAMPLE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "formats/read/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE(path) MUSTER_SOURCE_DIR "/tests/data/" path

/* The bytes of a file below tests/data; the caller frees them. */
static inline unsigned char *sample_read(const char *path, size_t *len)
{
    char whole[512];
    unsigned char *bytes = NULL;
    struct format_problem problem;
    snprintf(whole, sizeof whole, "%s%s", SAMPLE(""), path);
    assert_int_equal(file_read_bounded(whole, 4 * 1024 * 1024, &bytes, len, &problem), MUSTER_OK);
    return bytes;
}

/* The text with `old` (must be there) replaced by `new`; the caller frees it. */
static inline char *sample_replace(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    char *out = malloc(strlen(text) + strlen(new) + 1);
    assert_non_null(at);
    assert_non_null(out);
    sprintf(out, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return out;
}

/* A sentence ends no line, names something, and is no dump of another library. */
static inline void assert_sentence(const struct format_problem *problem)
{
    assert_true(strlen(problem->sentence) > 30);
    assert_null(strchr(problem->sentence, '\n'));
}

#endif
