#include "json.h"

#include <assert.h>
#include <string.h>

static void member(struct json *j, const char *key)
{
    if (j->some[j->depth])
        fputc(',', j->to);
    if (j->depth) {
        fputc('\n', j->to);
        for (unsigned i = 0; i < j->depth; i++)
            fputc(' ', j->to);
    }
    j->some[j->depth] = true;
    if (key)
        fprintf(j->to, "\"%s\": ", key);
}

void json_open(struct json *j, const char *key, char bracket)
{
    member(j, key);
    fputc(bracket, j->to);
    assert(j->depth + 1 < JSON_DEPTH);
    j->some[++j->depth] = false;
}

void json_close(struct json *j, char bracket)
{
    bool some = j->some[j->depth--];
    if (some) {
        fputc('\n', j->to);
        for (unsigned i = 0; i < j->depth; i++)
            fputc(' ', j->to);
    }
    fputc(bracket, j->to);
    if (!j->depth)
        fputc('\n', j->to);
}

void json_hex(struct json *j, const char *key, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    member(j, key);
    fputc('"', j->to);
    for (size_t i = 0; i < len; i++)
        fprintf(j->to, "%02x", b[i]);
    fputc('"', j->to);
}

void json_number(struct json *j, const char *key, uint64_t number)
{
    member(j, key);
    fprintf(j->to, "%llu", (unsigned long long)number);
}

void json_flag(struct json *j, const char *key, bool flag)
{
    member(j, key);
    fputs(flag ? "true" : "false", j->to);
}

void json_text_n(struct json *j, const char *key, const void *text, size_t len)
{
    const uint8_t *b = text;
    member(j, key);
    fputc('"', j->to);
    for (size_t i = 0; i < len; i++) {
        if (b[i] == '\n')
            fputs("\\n", j->to);
        else if (b[i] == '"' || b[i] == '\\')
            fprintf(j->to, "\\%c", b[i]);
        else if (b[i] < 0x20)
            fprintf(j->to, "\\u%04x", b[i]);
        else
            fputc(b[i], j->to);
    }
    fputc('"', j->to);
}

void json_text(struct json *j, const char *key, const char *text)
{
    json_text_n(j, key, text, strlen(text));
}
