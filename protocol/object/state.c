#include "protocol/object/state.h"

#include "base/limits.h"
#include "base/pack.h"

enum { STATE_VERSION = 1 };

enum { FEED_PART_BYTES = 8 + 8 + 4 }; /* left out where nothing was noted */

bool object_stored_unsound(const struct object_stored *state)
{
    return state->written.at != NULL;
}

enum { FIXED_BYTES = 1 + 2 + 2 + 2 * HASH_BYTES + 8 + 8 + 4 + 1 + 8 + 8 + 4 + 4 + 8 + 1 }; /* beside heads, view and feed part */

bool object_stored_fits(const struct object_stored *s, size_t size)
{
    size_t rest = FIXED_BYTES + (size_t)s->head_count * HASH_BYTES + FEED_PART_BYTES + sizeof(uint32_t) + s->written.len;
    return rest <= size && s->view.len <= size - rest;
}

size_t object_stored_write(uint8_t *out, size_t size, const struct object_stored *s)
{
    struct writer w = writer_over(out, size);
    bool unsound = object_stored_unsound(s);
    struct bytes canonical = unsound ? s->written : s->view;
    writer_u8(&w, STATE_VERSION);
    writer_u16(&w, s->kind);
    writer_u16(&w, s->flags);
    writer_put(&w, s->owner.b, HASH_BYTES);
    writer_put(&w, s->term.b, HASH_BYTES);
    writer_u64(&w, s->created);
    writer_u64(&w, s->changed);
    writer_u32(&w, s->revision);
    writer_u8(&w, s->head_count);
    for (size_t i = 0; i < s->head_count; i++)
        writer_put(&w, s->heads[i].b, HASH_BYTES);
    writer_u64(&w, s->conflict_mask);
    writer_u64(&w, s->erased_mask);
    writer_u32(&w, (uint32_t)canonical.len);
    writer_put(&w, canonical.at, canonical.len);
    writer_u32(&w, s->log);
    writer_u64(&w, s->sequence);
    writer_u8(&w, s->simple);
    if (s->feed_put || s->feed_erased || s->erased_records || unsound) {
        writer_u64(&w, s->feed_put);
        writer_u64(&w, s->feed_erased);
        writer_u32(&w, s->erased_records);
    }
    if (unsound) {
        writer_u32(&w, (uint32_t)s->view.len);
        writer_put(&w, s->view.at, s->view.len);
    }
    return writer_len(&w);
}

enum muster_error object_stored_read(struct object_stored *out, struct bytes value)
{
    struct cursor c = cursor_over(value.at, value.len);
    if (cursor_u8(&c) != STATE_VERSION)
        return c.failed ? MUSTER_ETRUNCATED : MUSTER_EVERSION;
    out->kind = cursor_u16(&c);
    out->flags = cursor_u16(&c);
    cursor_copy(&c, out->owner.b, HASH_BYTES);
    cursor_copy(&c, out->term.b, HASH_BYTES);
    out->created = cursor_u64(&c);
    out->changed = cursor_u64(&c);
    out->revision = cursor_u32(&c);
    out->head_count = cursor_u8(&c);
    if (out->head_count > OBJECT_HEADS_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < out->head_count; i++)
        cursor_copy(&c, out->heads[i].b, HASH_BYTES);
    out->conflict_mask = cursor_u64(&c);
    out->erased_mask = cursor_u64(&c);
    out->view.len = cursor_u32(&c);
    out->view.at = cursor_take(&c, out->view.len);
    out->canonical_len = value.len - cursor_left(&c);
    out->log = cursor_u32(&c);
    out->sequence = cursor_u64(&c);
    out->simple = cursor_u8(&c) == 1;
    bool noted = cursor_left(&c) >= FEED_PART_BYTES;
    out->feed_put = noted ? cursor_u64(&c) : 0;
    out->feed_erased = noted ? cursor_u64(&c) : 0;
    out->erased_records = noted ? cursor_u32(&c) : 0;
    out->written = (struct bytes){NULL, 0};
    if (noted && cursor_left(&c)) {
        out->written = out->view;
        out->view.len = cursor_u32(&c);
        out->view.at = cursor_take(&c, out->view.len);
    }
    return cursor_end(&c);
}

struct pair {
    uint64_t field;
    struct pack_value value;
};

/* The next pair whose key is a field number; others (a later format's) are passed over. */
static bool next_pair(struct cursor *c, uint32_t *left, struct pair *out)
{
    while (*left) {
        (*left)--;
        if (!pack_next_key(c, &out->field) || !pack_next(c, &out->value, false))
            return false;
        if (out->field != PACK_NO_NUMBER)
            return true;
    }
    return false;
}

static void put_value(struct writer *w, const struct pair *p, size_t value_max)
{
    struct pack_value bytes, media;
    pack_uint(w, p->field);
    if (p->value.whole.len > value_max) {
        pack_map(w, 1);
        pack_uint(w, 3);
        pack_uint(w, p->value.whole.len);
        return;
    }
    if (p->value.type == PACK_MAP && pack_get(p->value.whole, 2, &bytes) && bytes.type == PACK_BYTES) {
        bool named = pack_get(p->value.whole, 1, &media) && media.type == PACK_TEXT;
        pack_map(w, named ? 2 : 1);
        if (named) {
            pack_uint(w, 1);
            writer_put(w, media.whole.at, media.whole.len);
        }
        pack_uint(w, 3);
        pack_uint(w, bytes.u.run.len);
    } else {
        writer_put(w, p->value.whole.at, p->value.whole.len);
    }
}

enum { VIEW_FIELDS = 64 };

static uint64_t collect(struct pair pairs[VIEW_FIELDS], uint64_t have, struct bytes map, uint64_t mask)
{
    struct cursor c;
    uint32_t left;
    struct pair p;
    if (!map.len || !pack_pairs(map, &c, &left))
        return have;
    while (next_pair(&c, &left, &p))
        if (p.field < VIEW_FIELDS && (mask >> p.field & 1)) {
            pairs[p.field] = p;
            have |= 1ull << p.field;
        }
    return have;
}

size_t object_view_merge(uint8_t *out, size_t size, struct bytes under, struct bytes over, uint64_t mask)
{
    return object_view_merge_tight(out, size, under, over, mask, SIZE_MAX);
}

size_t object_view_merge_tight(uint8_t *out, size_t size, struct bytes under, struct bytes over, uint64_t mask,
                               size_t value_max)
{
    struct pair pairs[VIEW_FIELDS];
    uint64_t have = collect(pairs, collect(pairs, 0, under, ~mask), over, mask);
    struct writer w = writer_over(out, size);
    pack_map(&w, (uint32_t)__builtin_popcountll(have));
    for (unsigned f = 0; f < VIEW_FIELDS; f++)
        if (have >> f & 1)
            put_value(&w, &pairs[f], value_max);
    return writer_len(&w);
}
