#include "protocol/kinds/areas.h"
#include "protocol/kinds/field.h"

#include "base/ids.h"

#include <stdio.h>
#include <string.h>

/* ---- text to msgpack ---- */

struct item { /* one item of a list: where it stands in the text, and its length without backslashes */
    const char *at, *end;
    size_t len;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next item that is not empty; *at moves behind it and its semicolon.  A backslash keeps the next
 * character as it is, a space at the ends too. */
static bool item_next(const char **at, const char *end, struct item *item)
{
    while (*at < end) {
        const char *p = *at, *stop;
        while (p < end && is_space(*p))
            p++;
        *item = (struct item){.at = p, .end = p};
        for (; p < end && *p != ';'; p++) {
            bool escaped = *p == '\\' && p + 1 < end;
            p += escaped;
            if (escaped || !is_space(*p))
                item->end = p + 1;
        }
        stop = p;
        *at = stop < end ? stop + 1 : end;
        for (p = item->at; p < item->end; p++) {
            p += *p == '\\' && p + 1 < item->end;
            item->len++;
        }
        if (item->len)
            return true;
    }
    return false;
}

static void item_copy(const struct item *item, char *out)
{
    for (const char *p = item->at; p < item->end; p++) {
        p += *p == '\\' && p + 1 < item->end;
        *out++ = *p;
    }
}

/* A msgpack string of len bytes that the caller fills in; NULL when w is full. */
static char *pack_text_skip(struct writer *w, size_t len)
{
    if (len < 32) {
        writer_u8(w, (uint8_t)(0xa0 | len));
    } else if (len <= 0xff) {
        writer_u8(w, 0xd9);
        writer_u8(w, (uint8_t)len);
    } else {
        writer_u8(w, len <= 0xffff ? 0xda : 0xdb);
        for (int shift = len <= 0xffff ? 8 : 24; shift >= 0; shift -= 8)
            writer_u8(w, (uint8_t)(len >> shift));
    }
    return (char *)writer_skip(w, len);
}

static enum muster_error misread(const struct field *f, const char *text, size_t len, const char *why,
                                 struct kind_problem *problem)
{
    char quoted[QUOTE_BYTES];
    return problem_set(problem, MUSTER_EBADVALUE, f, NULL, "%s: %s does not fit: %s", f->name,
                       problem_quote(quoted, text, len), why);
}

static bool object_of(const char *text, size_t len, uint8_t id[OBJECT_ID_BYTES])
{
    char hex[2 * OBJECT_ID_BYTES + 1];
    if (len != sizeof(hex) - 1)
        return false;
    memcpy(hex, text, len);
    hex[len] = 0;
    return hex_to(id, OBJECT_ID_BYTES, hex);
}

static enum muster_error pack_link(const struct field *f, const char *text, size_t len, struct writer *w,
                                   struct kind_problem *problem)
{
    uint8_t id[OBJECT_ID_BYTES];
    const char *colon = memchr(text, ':', len);
    if (!colon || !object_of(colon + 1, len - (size_t)(colon + 1 - text), id))
        return misread(f, text, len, "a link is written ROLE:OBJECT, with the object's id of 32 hex digits", problem);
    pack_array(w, 2);
    pack_text(w, text, (size_t)(colon - text));
    pack_bytes(w, id, sizeof(id));
    return MUSTER_OK;
}

static enum muster_error pack_list(const struct field *f, const struct bytes *texts, size_t count, struct writer *w,
                                   struct kind_problem *problem)
{
    uint32_t items = 0;
    struct item item;
    for (size_t i = 0; i < count; i++)
        for (const char *at = (const char *)texts[i].at, *end = at + texts[i].len; item_next(&at, end, &item);)
            items++;
    if (items == 0) {
        writer_u8(w, 0xc0);
        return MUSTER_OK;
    }
    pack_array(w, items);
    for (size_t i = 0; i < count; i++)
        for (const char *at = (const char *)texts[i].at, *end = at + texts[i].len; item_next(&at, end, &item);) {
            if (f->type == FIELD_LINKS) {
                enum muster_error error = pack_link(f, item.at, (size_t)(item.end - item.at), w, problem);
                if (error)
                    return error;
                continue;
            }
            char *out = pack_text_skip(w, item.len);
            if (out)
                item_copy(&item, out);
        }
    return MUSTER_OK;
}

static enum muster_error pack_whole_number(const struct field *f, const char *text, size_t len, struct writer *w,
                                           struct kind_problem *problem)
{
    bool negative = len && text[0] == '-';
    int64_t v = 0;
    for (size_t i = negative; i < len; i++)
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_sub_overflow(v, text[i] - '0', &v)) /* downwards: INT64_MIN has no positive twin */
            return misread(f, text, len, "it is not a whole number", problem);
    if (len == negative || (!negative && v == INT64_MIN))
        return misread(f, text, len, "it is not a whole number", problem);
    if (negative && v)
        pack_int(w, v);
    else
        pack_uint(w, (uint64_t)-v);
    return MUSTER_OK;
}

static enum muster_error pack_flag(const struct field *f, const char *text, size_t len, struct writer *w,
                                   struct kind_problem *problem)
{
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1", "否", "是", NULL};
    int i = token_index(words, text, len);
    if (i < 0)
        return misread(f, text, len, "write yes or no", problem);
    pack_bool(w, i % 2);
    return MUSTER_OK;
}

/* People put a space behind the comma of a point; the stored form has none. */
static void pack_point(const char *text, size_t len, struct writer *w)
{
    size_t spaces = 0;
    for (size_t i = 0; i < len; i++)
        spaces += text[i] == ' ';
    char *out = pack_text_skip(w, len - spaces);
    for (size_t i = 0; out && i < len; i++)
        if (text[i] != ' ')
            *out++ = text[i];
}

static enum muster_error pack_one(const struct field *f, const char *text, size_t len, struct writer *w,
                                  struct kind_problem *problem)
{
    uint8_t id[OBJECT_ID_BYTES];
    if (len == 0) {
        writer_u8(w, 0xc0);
        return MUSTER_OK;
    }
    switch (f->type) {
    case FIELD_INT:
        return pack_whole_number(f, text, len, w, problem);
    case FIELD_FLAG:
        return pack_flag(f, text, len, w, problem);
    case FIELD_OBJECT:
        if (!object_of(text, len, id))
            return misread(f, text, len, "an object id has 32 hex digits", problem);
        pack_bytes(w, id, sizeof(id));
        return MUSTER_OK;
    case FIELD_EVIDENCE:
        return problem_set(problem, MUSTER_EUSAGE, f, NULL,
                           "%s: it holds a file as it came and cannot be typed; muster import fills it", f->name);
    case FIELD_POINT:
        pack_point(text, len, w);
        return MUSTER_OK;
    default:
        pack_text(w, text, len);
        return MUSTER_OK;
    }
}

enum muster_error field_pack_many(const struct field *f, const struct bytes *texts, size_t count, struct writer *w,
                                  struct kind_problem *problem)
{
    struct writer before = *w;
    struct pack_value value;
    enum muster_error error;
    for (size_t i = 0; i < count; i++)
        if ((error = field_line_check(f, (const char *)texts[i].at, texts[i].len, problem)) != MUSTER_OK)
            return error;
    if (field_is_list(f))
        error = pack_list(f, texts, count, w, problem);
    else if (count != 1)
        error = problem_set(problem, MUSTER_EUSAGE, f, NULL, "%s: it takes one value, and %zu were given", f->name, count);
    else
        error = pack_one(f, (const char *)texts[0].at, texts[0].len, w, problem);
    if (!error && w->failed)
        error = problem_set(problem, MUSTER_ETOOBIG, f, NULL, "%s: the value is too long for a record", f->name);
    if (!error) {
        struct cursor c = cursor_over(before.at, (size_t)(w->at - before.at));
        error = pack_check(c.at, cursor_left(&c));
        if (error == MUSTER_OK && pack_next(&c, &value, false))
            error = field_check(f, &value, problem);
        else
            error = problem_set(problem, error ? error : MUSTER_EBADVALUE, f, NULL, "%s: %s", f->name, error_what(error));
    }
    if (!error)
        error = area_value_check(f, &value, problem);
    if (error)
        *w = before;
    return error;
}

enum muster_error field_pack(const struct field *f, const char *text, size_t len, struct writer *w,
                             struct kind_problem *problem)
{
    struct bytes one = {(const uint8_t *)text, len};
    return field_pack_many(f, &one, 1, w, problem);
}

/* ---- msgpack to text ---- */

struct sink {
    char *out;
    size_t size, want;
    size_t end; /* bytes of whole characters written */
    bool full;
};

/* Writes one whole character or other short run, or nothing more from then on. */
static void sink_put(struct sink *s, const void *bytes, size_t len)
{
    s->want += len;
    if (s->full || s->end + len + 1 > s->size) {
        s->full = true;
        return;
    }
    memcpy(s->out + s->end, bytes, len);
    s->end += len;
}

static size_t character(const uint8_t *at, const uint8_t *end)
{
    size_t n = 1;
    while (at + n < end && (at[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static void sink_text(struct sink *s, struct bytes run)
{
    for (const uint8_t *p = run.at, *end = p + run.len; p < end;) {
        size_t n = character(p, end);
        sink_put(s, p, n);
        p += n;
    }
}

static void sink_string(struct sink *s, const char *text)
{
    sink_text(s, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static void sink_hex(struct sink *s, struct bytes run)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < run.len; i++) {
        char two[2] = {digits[run.at[i] >> 4], digits[run.at[i] & 15]};
        sink_put(s, two, 2);
    }
}

/* An item of a list, so that item_next reads it back. */
static void sink_item(struct sink *s, struct bytes run)
{
    for (const uint8_t *p = run.at, *end = p + run.len; p < end;) {
        size_t n = character(p, end);
        bool outer = p == run.at || p + n == end;
        if (*p == ';' || *p == '\\' || (outer && is_space((char)*p)))
            sink_put(s, "\\", 1);
        sink_put(s, p, n);
        p += n;
    }
}

static void sink_number(struct sink *s, const struct pack_value *v)
{
    char number[32];
    if (v->type == PACK_UINT)
        snprintf(number, sizeof(number), "%llu", (unsigned long long)v->u.uint);
    else if (v->type == PACK_INT)
        snprintf(number, sizeof(number), "%lld", (long long)v->u.sint);
    else
        snprintf(number, sizeof(number), "%.17g", v->u.real);
    sink_string(s, number);
}

static void sink_raw(struct sink *s, struct cursor *c);

static void sink_parts(struct sink *s, struct cursor *c, uint32_t count, bool pairs)
{
    sink_put(s, pairs ? "{" : "[", 1);
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            sink_put(s, ";", 1);
        sink_raw(s, c);
        if (pairs) {
            sink_put(s, "=", 1);
            sink_raw(s, c);
        }
    }
    sink_put(s, pairs ? "}" : "]", 1);
}

/* Depth is bounded: the bytes passed pack_check. */
static void sink_raw(struct sink *s, struct cursor *c)
{
    struct pack_value v;
    if (!pack_next(c, &v, true))
        return;
    switch (v.type) {
    case PACK_NIL:
        break;
    case PACK_BOOL:
        sink_string(s, v.u.boolean ? "yes" : "no");
        break;
    case PACK_TEXT:
        sink_text(s, v.u.run);
        break;
    case PACK_BYTES:
        sink_hex(s, v.u.run);
        break;
    case PACK_ARRAY:
    case PACK_MAP:
        sink_parts(s, c, v.u.count, v.type == PACK_MAP);
        break;
    default:
        sink_number(s, &v);
    }
}

/* Lists whose items have the form that the field gives them; false: show it raw. */
static bool list_is_plain(const struct field *f, struct cursor c, uint32_t count)
{
    struct pack_value v, role, object;
    for (uint32_t i = 0; i < count; i++) {
        if (!pack_next(&c, &v, f->type == FIELD_LINKS))
            return false;
        if (f->type != FIELD_LINKS ? v.type != PACK_TEXT
                                   : v.type != PACK_ARRAY || v.u.count != 2 || !pack_next(&c, &role, false) ||
                                         !pack_next(&c, &object, false) || role.type != PACK_TEXT ||
                                         object.type != PACK_BYTES)
            return false;
    }
    return true;
}

static bool sink_list(struct sink *s, const struct field *f, const struct pack_value *value)
{
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    struct pack_value list, item, object;
    if (value->type != PACK_ARRAY || !pack_next(&c, &list, true) || !list_is_plain(f, c, list.u.count))
        return false;
    for (uint32_t i = 0; i < list.u.count; i++) {
        if (i)
            sink_put(s, ";", 1);
        if (!pack_next(&c, &item, f->type == FIELD_LINKS))
            return false;
        if (f->type != FIELD_LINKS) {
            sink_item(s, item.u.run);
        } else if (pack_next(&c, &item, false) && pack_next(&c, &object, false)) {
            sink_item(s, item.u.run);
            sink_put(s, ":", 1);
            sink_hex(s, object.u.run);
        }
    }
    return true;
}

static bool sink_evidence(struct sink *s, const struct pack_value *value)
{
    struct pack_value media, run;
    char size[40];
    if (value->type != PACK_MAP || !pack_get(value->whole, 1, &media) || !pack_get(value->whole, 2, &run) ||
        media.type != PACK_TEXT || run.type != PACK_BYTES)
        return false;
    sink_text(s, media.u.run);
    snprintf(size, sizeof(size), ", %zu bytes", run.u.run.len);
    sink_string(s, size);
    return true;
}

size_t field_text(const struct field *f, const struct pack_value *value, char *out, size_t size)
{
    struct sink s = {.out = out, .size = size};
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    bool shown = f && ((field_is_list(f) && sink_list(&s, f, value)) ||
                       (f->type == FIELD_EVIDENCE && sink_evidence(&s, value)));
    if (!shown)
        sink_raw(&s, &c);
    if (size)
        out[s.end] = 0;
    return s.want;
}
