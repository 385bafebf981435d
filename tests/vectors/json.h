/* json.h — vector files: JSON with hex strings, one member a line, written in a fixed order. */
#ifndef MUSTER_TESTS_VECTORS_JSON_H
#define MUSTER_TESTS_VECTORS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH = 8 };

struct json {
    FILE *to;
    unsigned depth;
    bool some[JSON_DEPTH]; /* a member was written at this depth: a comma comes next */
};

/* key NULL inside arrays.  open and close take '{' '}' or '[' ']'. */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_hex(struct json *j, const char *key, const void *bytes, size_t len);
void json_number(struct json *j, const char *key, uint64_t number);
void json_flag(struct json *j, const char *key, bool flag);
void json_text(struct json *j, const char *key, const char *text);
void json_text_n(struct json *j, const char *key, const void *text, size_t len);

#endif
