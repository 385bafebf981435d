#include "formats/write/out.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void out_clear(struct out *out)
{
    free(out->at);
    *out = (struct out){0};
}

/* Room for so many bytes more, and a NUL. */
static bool room_for(struct out *out, size_t more)
{
    if (out->failed || more > OUT_BYTES_MAX - out->len) {
        out->failed = true;
        return false;
    }
    if (out->len + more + 1 <= out->size)
        return true;
    size_t size = out->size ? out->size : 4096;
    while (size < out->len + more + 1)
        size *= 2;
    char *bigger = realloc(out->at, size);
    out->failed = !bigger;
    if (bigger) {
        out->at = bigger;
        out->size = size;
    }
    return bigger != NULL;
}

void out_bytes(struct out *out, const void *bytes, size_t len)
{
    if (!len || !room_for(out, len))
        return;
    memcpy(out->at + out->len, bytes, len);
    out->len += len;
}

void out_text(struct out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

void out_format(struct out *out, const char *format, ...)
{
    char text[OUT_FORMAT_MAX];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (len < 0 || (size_t)len >= sizeof text)
        out->failed = true;
    else
        out_bytes(out, text, (size_t)len);
}

/* --- XML ------------------------------------------------------------------------------------------------- */

void out_xml(struct out *out, const char *text)
{
    size_t len = strlen(text), most = 6 * len + 1; /* &quot; */
    if (room_for(out, most))
        out->len += text_for_markup(out->at + out->len, most, text, len);
}

void out_element(struct out *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    out_format(out, "<%s>", name);
    out_xml(out, text);
    out_format(out, "</%s>\n", name);
}

/* --- CSV ----------------------------------------------------------------------------------------- */

void out_cell(struct out *out, const char *text)
{
    size_t len = strlen(text), most = 3 * len + 8; /* U+FFFD for a byte that is no UTF-8 */
    if (room_for(out, most))
        out->len += text_for_csv(out->at + out->len, most, text, len);
}

/* --- JSON ------------------------------------------------------------------------------------------------- */

/* C0, DEL and C1, and what turns or hides text: as escapes a reader of JSON gets them back unharmed. */
static bool is_steering(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe007f);
}

static void out_escape(struct out *out, uint32_t c)
{
    if (c == '\n' || c == '\t' || c == '\r')
        out_text(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
    else if (c < 0x10000)
        out_format(out, "\\u%04x", (unsigned)c);
    else
        out_format(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
                   (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
}

void out_json_string(struct out *out, const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + len, *run = at;
    out_text(out, "\"");
    while (at < end) {
        const uint8_t *from = at;
        uint32_t c = text_next(&at, end);
        if (c != '"' && c != '\\' && !is_steering(c))
            continue;
        out_bytes(out, run, (size_t)(from - run));
        run = at;
        if (c == '"' || c == '\\')
            out_text(out, c == '"' ? "\\\"" : "\\\\");
        else
            out_escape(out, c);
    }
    out_bytes(out, run, (size_t)(end - run));
    out_text(out, "\"");
}

static void out_json_at(struct out *out, const json_t *value, int depth);

static void out_json_members(struct out *out, const json_t *value, int depth)
{
    json_t *object = (json_t *)(uintptr_t)value; /* iterators take what they do not change as changeable */
    bool first = true;
    out_text(out, "{");
    for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
        const char *key = json_object_iter_key(i);
        out_text(out, first ? "" : ",");
        out_json_string(out, key, strlen(key));
        out_text(out, ":");
        out_json_at(out, json_object_iter_value(i), depth + 1);
        first = false;
    }
    out_text(out, "}");
}

static void out_json_at(struct out *out, const json_t *value, int depth)
{
    if (!value || depth > OUT_JSON_DEPTH_MAX || json_is_null(value) || json_is_real(value)) {
        out_text(out, "null");
    } else if (json_is_string(value)) {
        out_json_string(out, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        out_format(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        out_text(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_array(value)) {
        out_text(out, "[");
        for (size_t i = 0; i < json_array_size(value); i++) {
            out_text(out, i ? "," : "");
            out_json_at(out, json_array_get(value, i), depth + 1);
        }
        out_text(out, "]");
    } else {
        out_json_members(out, value, depth);
    }
}

void out_json(struct out *out, const json_t *value)
{
    out_json_at(out, value, 0);
}

void out_e7(struct out *out, int64_t e7)
{
    char text[40];
    uint64_t size = e7 < 0 ? (uint64_t)-e7 : (uint64_t)e7;
    int len = snprintf(text, sizeof text, "%s%llu.%07llu", e7 < 0 ? "-" : "", (unsigned long long)(size / 10000000),
                       (unsigned long long)(size % 10000000));
    while (len > 0 && text[len - 1] == '0')
        len--;
    if (len > 0 && text[len - 1] == '.')
        len--;
    out_bytes(out, text, len > 0 ? (size_t)len : 0);
}
