#include "base/pack.h"

#include "base/limits.h"
#include "base/text.h"

#include <msgpack/pack.h>
#include <string.h>

struct head {
    enum pack_type type;
    uint64_t value; /* number, length or count */
    int64_t negative;
    double real;
};

static double real_of(uint64_t bits, int size)
{
    if (size == 4) {
        uint32_t narrow = (uint32_t)bits;
        float f;
        memcpy(&f, &narrow, sizeof(f));
        return f;
    }
    double d;
    memcpy(&d, &bits, sizeof(d));
    return d;
}

/* size 1, 2, 4 or 8 bytes, big-endian. */
static uint64_t big(struct cursor *c, size_t size)
{
    const uint8_t *at = cursor_take(c, size);
    uint64_t v = 0;
    for (size_t i = 0; at && i < size; i++)
        v = v << 8 | at[i];
    return v;
}

static bool read_long_head(struct cursor *c, struct head *h, uint8_t b)
{
    if (b == 0xc0) {
        h->type = PACK_NIL;
    } else if (b == 0xc2 || b == 0xc3) {
        h->type = PACK_BOOL;
        h->value = b & 1;
    } else if (b >= 0xc4 && b <= 0xc6) {
        h->type = PACK_BYTES;
        h->value = big(c, (size_t)1 << (b - 0xc4));
    } else if (b == 0xca || b == 0xcb) {
        h->type = PACK_FLOAT;
        h->real = real_of(big(c, b == 0xca ? 4 : 8), b == 0xca ? 4 : 8);
    } else if (b >= 0xcc && b <= 0xcf) {
        h->value = big(c, (size_t)1 << (b - 0xcc));
    } else if (b >= 0xd0 && b <= 0xd3) {
        int size = 1 << (b - 0xd0);
        uint64_t raw = big(c, (size_t)size);
        int64_t v = size == 1 ? (int8_t)raw : size == 2 ? (int16_t)raw : size == 4 ? (int32_t)raw : (int64_t)raw;
        h->type = v >= 0 ? PACK_UINT : PACK_INT;
        h->value = v >= 0 ? (uint64_t)v : 0;
        h->negative = v;
    } else if (b >= 0xd9 && b <= 0xdb) {
        h->type = PACK_TEXT;
        h->value = big(c, (size_t)1 << (b - 0xd9));
    } else if (b == 0xdc || b == 0xdd) {
        h->type = PACK_ARRAY;
        h->value = big(c, b == 0xdc ? 2 : 4);
    } else if (b == 0xde || b == 0xdf) {
        h->type = PACK_MAP;
        h->value = big(c, b == 0xde ? 2 : 4);
    } else { /* 0xc1 and extension types have no place in format 1 */
        return false;
    }
    return !c->failed;
}

/* Reads the head of one item: its type and its number, length or count.  Most are short. */
static inline bool read_head(struct cursor *c, struct head *h)
{
    uint8_t b = cursor_u8(c);
    if (c->failed)
        return false;
    h->type = PACK_UINT;
    h->value = b;
    if (b <= 0x7f)
        return true;
    if (b <= 0xbf) {
        h->type = b <= 0x8f ? PACK_MAP : b <= 0x9f ? PACK_ARRAY : PACK_TEXT;
        h->value = b <= 0x9f ? b & 15 : b & 31;
        return true;
    }
    h->value = 0;
    if (b >= 0xe0) {
        h->type = PACK_INT;
        h->negative = (int8_t)b;
        return true;
    }
    return read_long_head(c, h, b);
}

struct walk {
    struct cursor c;
    unsigned items;
    enum muster_error error;
};

static bool walk_fail(struct walk *w, enum muster_error error)
{
    if (w->error == MUSTER_OK)
        w->error = error;
    return false;
}

static bool walk_item(struct walk *w, unsigned depth);

/* Some order of keys in which equal ones are equal. */
static int key_cmp(const struct pack_value *x, const struct pack_value *y)
{
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->type == PACK_UINT)
        return x->u.uint < y->u.uint ? -1 : x->u.uint > y->u.uint;
    if (x->type == PACK_INT)
        return x->u.sint < y->u.sint ? -1 : x->u.sint > y->u.sint;
    if (x->u.run.len != y->u.run.len)
        return x->u.run.len < y->u.run.len ? -1 : 1;
    return x->u.run.len ? memcmp(x->u.run.at, y->u.run.at, x->u.run.len) : 0;
}

static struct pack_value key_at(const uint8_t *at, const uint8_t *end)
{
    struct cursor c = cursor_over(at, (size_t)(end - at));
    struct pack_value key = {.type = PACK_NIL};
    return pack_next(&c, &key, false) ? key : (struct pack_value){.type = PACK_NIL};
}

/* Keeps the keys sorted as it reads them: comparing each with all before it would let a few kilobytes of
 * a stranger cost tens of milliseconds.  Keys that come in order are found at the end at once. */
static bool walk_keys_differ(const uint8_t *start, const struct walk *w, uint64_t pairs)
{
    const uint8_t *order[PACK_ITEMS_MAX / 2];
    struct cursor c = cursor_over(start, (size_t)(w->c.at - start));
    for (size_t count = 0; count < pairs; count++) {
        const uint8_t *at = c.at;
        struct pack_value key, skip;
        if (count == ARRAY_LEN(order) || !pack_next(&c, &key, false) || !pack_next(&c, &skip, false))
            return false; /* cannot be: the items were walked and counted */
        size_t low = 0, high = count;
        while (low < high) {
            size_t probe = high == count ? count - 1 : low + (high - low) / 2;
            struct pack_value other = key_at(order[probe], w->c.at);
            int way = key_cmp(&key, &other);
            if (way == 0)
                return false;
            if (way > 0)
                low = probe + 1;
            else
                high = probe;
        }
        memmove(order + low + 1, order + low, (count - low) * sizeof(*order));
        order[low] = at;
    }
    return true;
}

static bool walk_item(struct walk *w, unsigned depth)
{
    struct head h;
    if (depth > PACK_DEPTH_MAX || ++w->items > PACK_ITEMS_MAX)
        return walk_fail(w, MUSTER_EDEPTH);
    if (!read_head(&w->c, &h))
        return walk_fail(w, w->c.failed ? MUSTER_ETRUNCATED : MUSTER_EBADVALUE);
    switch (h.type) {
    case PACK_TEXT:
    case PACK_BYTES: {
        if (h.value > cursor_left(&w->c))
            return walk_fail(w, MUSTER_ETRUNCATED);
        const uint8_t *run = cursor_take(&w->c, (size_t)h.value);
        if (h.type == PACK_TEXT && !text_is_utf8(run, (size_t)h.value))
            return walk_fail(w, MUSTER_EUTF8);
        return true;
    }
    case PACK_FLOAT:
        return h.real - h.real == 0 || walk_fail(w, MUSTER_EBADVALUE);
    case PACK_ARRAY:
    case PACK_MAP: {
        const uint8_t *start = w->c.at;
        if (h.value > cursor_left(&w->c))
            return walk_fail(w, MUSTER_ETRUNCATED);
        for (uint64_t i = 0; i < h.value; i++) {
            if (h.type == PACK_MAP) {
                const uint8_t *key_at = w->c.at;
                if (key_at < w->c.end && ((*key_at >= 0x80 && *key_at <= 0x9f) || *key_at == 0xc0 || *key_at == 0xc2 ||
                                          *key_at == 0xc3 || *key_at == 0xca || *key_at == 0xcb ||
                                          (*key_at >= 0xdc && *key_at <= 0xdf)))
                    return walk_fail(w, MUSTER_EBADVALUE); /* keys are numbers, text or bytes */
                if (!walk_item(w, depth + 1))
                    return false;
            }
            if (!walk_item(w, depth + 1))
                return false;
        }
        if (h.type == PACK_MAP && !walk_keys_differ(start, w, h.value))
            return walk_fail(w, MUSTER_EDUPLICATE);
        return true;
    }
    default:
        return true;
    }
}

enum muster_error pack_check(const void *bytes, size_t len)
{
    struct walk w = {.c = cursor_over(bytes, len)};
    if (!walk_item(&w, 1))
        return w.error;
    return cursor_end(&w.c);
}

/* Skips the parts of an array or map; bounded, since bytes were checked. */
static bool skip_parts(struct cursor *c, uint64_t parts)
{
    while (parts--) {
        struct head h;
        if (!read_head(c, &h))
            return false;
        if (h.type == PACK_TEXT || h.type == PACK_BYTES)
            cursor_take(c, (size_t)h.value);
        else if (h.type == PACK_ARRAY || h.type == PACK_MAP)
            parts += h.type == PACK_MAP ? 2 * h.value : h.value;
        if (c->failed || parts > 2 * (uint64_t)cursor_left(c) + 2)
            return false;
    }
    return true;
}

bool pack_next(struct cursor *c, struct pack_value *out, bool enter)
{
    struct head h;
    const uint8_t *start = c->at;
    if (cursor_left(c) == 0 || !read_head(c, &h))
        return false;
    *out = (struct pack_value){.type = h.type};
    const uint8_t *inside = NULL;
    switch (h.type) {
    case PACK_BOOL:
        out->u.boolean = h.value != 0;
        break;
    case PACK_UINT:
        out->u.uint = h.value;
        break;
    case PACK_INT:
        out->u.sint = h.negative;
        break;
    case PACK_FLOAT:
        out->u.real = h.real;
        break;
    case PACK_TEXT:
    case PACK_BYTES:
        if (h.value > cursor_left(c))
            return false;
        out->u.run = (struct bytes){cursor_take(c, (size_t)h.value), (size_t)h.value};
        break;
    case PACK_ARRAY:
    case PACK_MAP:
        if (h.value > cursor_left(c))
            return false;
        out->u.count = (uint32_t)h.value;
        inside = c->at;
        if (!skip_parts(c, h.type == PACK_MAP ? 2 * h.value : h.value))
            return false;
        break;
    case PACK_NIL:
        break;
    }
    out->whole = (struct bytes){start, (size_t)(c->at - start)};
    if (enter && inside)
        c->at = inside;
    return !c->failed;
}

bool pack_next_key(struct cursor *c, uint64_t *number)
{
    struct pack_value key;
    if (cursor_left(c) && *c->at <= 0x7f) { /* nearly all */
        *number = cursor_u8(c);
        return true;
    }
    if (!pack_next(c, &key, false))
        return false;
    *number = key.type == PACK_UINT ? key.u.uint : PACK_NO_NUMBER;
    return true;
}

bool pack_pairs(struct bytes map, struct cursor *c, uint32_t *count)
{
    struct head h;
    *c = cursor_over(map.at, map.len);
    if (!read_head(c, &h) || h.type != PACK_MAP || h.value > cursor_left(c))
        return false;
    *count = (uint32_t)h.value;
    return true;
}

static bool get(struct bytes map, int64_t number, const char *text, struct pack_value *out)
{
    struct cursor c;
    uint32_t pairs;
    if (!pack_pairs(map, &c, &pairs))
        return false;
    while (pairs--) {
        struct pack_value key;
        if (!text && number >= 0 && cursor_left(&c) && *c.at <= 0x7f) {
            if (cursor_u8(&c) == (uint64_t)number)
                return pack_next(&c, out, false);
            if (!skip_parts(&c, 1))
                return false;
            continue;
        }
        if (!pack_next(&c, &key, false))
            return false;
        bool match = text ? key.type == PACK_TEXT && key.u.run.len == strlen(text) &&
                                memcmp(key.u.run.at, text, key.u.run.len) == 0
                          : (key.type == PACK_UINT && number >= 0 && key.u.uint == (uint64_t)number) ||
                                (key.type == PACK_INT && key.u.sint == number);
        if (!pack_next(&c, out, false))
            return false;
        if (match)
            return true;
    }
    return false;
}

bool pack_get(struct bytes map, int64_t key, struct pack_value *out)
{
    return get(map, key, NULL, out);
}

bool pack_get_text(struct bytes map, const char *key, struct pack_value *out)
{
    return get(map, 0, key, out);
}

bool pack_get_uint(struct bytes map, int64_t key, uint64_t *out)
{
    struct pack_value v;
    if (!pack_get(map, key, &v) || v.type != PACK_UINT)
        return false;
    *out = v.u.uint;
    return true;
}

bool pack_get_run(struct bytes map, int64_t key, struct bytes *out)
{
    struct pack_value v;
    if (!pack_get(map, key, &v) || (v.type != PACK_TEXT && v.type != PACK_BYTES))
        return false;
    *out = v.u.run;
    return true;
}

bool pack_get_fixed(struct bytes map, int64_t key, void *out, size_t len)
{
    struct pack_value v;
    if (!pack_get(map, key, &v) || v.type != PACK_BYTES || v.u.run.len != len)
        return false;
    memcpy(out, v.u.run.at, len);
    return true;
}

static int write_to(void *data, const char *bytes, size_t len)
{
    struct writer *w = data;
    writer_put(w, bytes, len);
    return w->failed ? -1 : 0;
}

#define PACK(call)                                                                                                     \
    do {                                                                                                               \
        msgpack_packer p;                                                                                              \
        msgpack_packer_init(&p, w, write_to);                                                                          \
        call;                                                                                                          \
    } while (0)

void pack_map(struct writer *w, uint32_t pairs)
{
    PACK(msgpack_pack_map(&p, pairs));
}

void pack_array(struct writer *w, uint32_t count)
{
    PACK(msgpack_pack_array(&p, count));
}

void pack_uint(struct writer *w, uint64_t v)
{
    PACK(msgpack_pack_uint64(&p, v));
}

void pack_int(struct writer *w, int64_t v)
{
    PACK(msgpack_pack_int64(&p, v));
}

void pack_bool(struct writer *w, bool v)
{
    PACK(if (v) msgpack_pack_true(&p); else msgpack_pack_false(&p));
}

void pack_text(struct writer *w, const char *text, size_t len)
{
    PACK(msgpack_pack_str(&p, len); msgpack_pack_str_body(&p, text, len));
}

void pack_bytes(struct writer *w, const void *bytes, size_t len)
{
    PACK(msgpack_pack_bin(&p, len); msgpack_pack_bin_body(&p, bytes, len));
}
