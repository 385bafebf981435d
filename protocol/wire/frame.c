#include "protocol/wire/frame.h"

#include "base/text.h"

const char *frame_name(uint8_t type)
{
    static const char *const names[] = {
#define X(name, number, what) [number] = #name,
        MUSTER_FRAMES(X)
#undef X
    };
    return type < ARRAY_LEN(names) && names[type] ? names[type] : "unknown";
}

enum muster_error frame_next(struct cursor *message, struct frame *out)
{
    *out = (struct frame){.type = 0};
    if (cursor_left(message) == 0)
        return message->failed ? MUSTER_ETRUNCATED : MUSTER_OK;
    out->type = cursor_u8(message);
    out->flags = cursor_u8(message);
    uint32_t len = cursor_u32(message);
    if (!message->failed && len > FRAME_BODY_MAX)
        return MUSTER_ETOOBIG;
    out->body = (struct bytes){cursor_take(message, len), len};
    if (message->failed)
        return MUSTER_ETRUNCATED;
    return out->type ? MUSTER_OK : MUSTER_EBADVALUE;
}

uint8_t *frame_begin(struct writer *w, enum frame_type type, uint8_t flags)
{
    uint8_t *begin = writer_skip(w, FRAME_HEADER_BYTES);
    if (begin) {
        begin[0] = (uint8_t)type;
        begin[1] = flags;
    }
    return begin;
}

void frame_end(struct writer *w, uint8_t *begin)
{
    if (!w->failed)
        put_le32(begin + 2, (uint32_t)(w->at - begin - FRAME_HEADER_BYTES));
}

void hello_write(struct writer *w, const struct hello *h)
{
    uint8_t *begin = frame_begin(w, FRAME_HELLO, 0);
    writer_u8(w, h->version_min);
    writer_u8(w, h->version_max);
    writer_u64(w, h->features);
    writer_u64(w, h->critical);
    writer_u32(w, h->item_max);
    writer_u32(w, h->credit);
    writer_u64(w, h->clock_ms);
    writer_put(w, h->nonce, sizeof(h->nonce));
    writer_put(w, h->boot, sizeof(h->boot));
    writer_u8(w, (uint8_t)h->software.len);
    writer_put(w, h->software.at, h->software.len);
    frame_end(w, begin);
}

enum muster_error hello_read(struct hello *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct hello h = {.version_min = cursor_u8(&c)};
    h.version_max = cursor_u8(&c);
    h.features = cursor_u64(&c);
    h.critical = cursor_u64(&c);
    h.item_max = cursor_u32(&c);
    h.credit = cursor_u32(&c);
    h.clock_ms = cursor_u64(&c);
    cursor_copy(&c, h.nonce, sizeof(h.nonce));
    cursor_copy(&c, h.boot, sizeof(h.boot));
    h.software.len = cursor_u8(&c);
    h.software.at = cursor_take(&c, h.software.len);
    if (c.failed) /* a later version may append; what is here must be here */
        return MUSTER_ETRUNCATED;
    if (h.software.len > 64)
        return MUSTER_ETOOBIG;
    if (!text_is_utf8(h.software.at, h.software.len))
        return MUSTER_EUTF8;
    *out = h;
    return MUSTER_OK;
}

void auth_write(struct writer *w, const struct auth *a)
{
    uint8_t *begin = frame_begin(w, FRAME_AUTH, 0);
    writer_u16(w, (uint16_t)a->card.len);
    writer_put(w, a->card.at, a->card.len);
    writer_put(w, a->signature.b, sizeof(a->signature.b));
    frame_end(w, begin);
}

enum muster_error auth_read(struct auth *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct auth a = {.card = {NULL, cursor_u16(&c)}};
    a.card.at = cursor_take(&c, a.card.len);
    cursor_copy(&c, a.signature.b, sizeof(a.signature.b));
    enum muster_error error = cursor_end(&c);
    if (!error)
        *out = a;
    return error;
}

struct hash auth_binding(const uint8_t own_nonce[32], const uint8_t peer_nonce[32], const struct curve_public *own,
                         const struct curve_public *peer)
{
    struct bytes parts[] = {{own_nonce, 32}, {peer_nonce, 32}, {own->b, 32}, {peer->b, 32}};
    return crypto_hash_parts("muster/1/auth", parts, ARRAY_LEN(parts));
}

void spaces_write(struct writer *w, const struct space_entry *entries, size_t count)
{
    uint8_t *begin = frame_begin(w, FRAME_SPACES, 0);
    for (size_t i = 0; i < count; i++) {
        writer_put(w, entries[i].tag, 16);
        writer_put(w, entries[i].control, 16);
        writer_put(w, entries[i].data, 16);
    }
    frame_end(w, begin);
}

enum muster_error spaces_read(struct bytes *entries, size_t *count, struct bytes body)
{
    if (body.len % SPACE_ENTRY_BYTES)
        return MUSTER_ETRUNCATED;
    if (body.len / SPACE_ENTRY_BYTES > SPACES_MAX)
        return MUSTER_ETOOBIG;
    *entries = body;
    *count = body.len / SPACE_ENTRY_BYTES;
    return MUSTER_OK;
}

struct space_entry space_entry_at(struct bytes entries, size_t i)
{
    struct space_entry e;
    memcpy(e.tag, entries.at + SPACE_ENTRY_BYTES * i, 16);
    memcpy(e.control, entries.at + SPACE_ENTRY_BYTES * i + 16, 16);
    memcpy(e.data, entries.at + SPACE_ENTRY_BYTES * i + 32, 16);
    return e;
}

/* Tag and a list of at most 64 hashes: CTLHEADS and KEYREQ. */
static void list_write(struct writer *w, enum frame_type type, const uint8_t tag[16], const struct record_id *ids,
                       size_t count)
{
    uint8_t *begin = frame_begin(w, type, 0);
    writer_put(w, tag, 16);
    writer_u8(w, (uint8_t)count);
    for (size_t i = 0; i < count; i++)
        writer_put(w, ids[i].b, HASH_BYTES);
    frame_end(w, begin);
}

static enum muster_error list_read(uint8_t tag[16], struct record_id ids[64], size_t *count, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    cursor_copy(&c, tag, 16);
    *count = cursor_u8(&c);
    if (*count > 64)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < *count; i++)
        cursor_copy(&c, ids[i].b, HASH_BYTES);
    return cursor_end(&c);
}

void ctlheads_write(struct writer *w, const uint8_t tag[16], const struct record_id *heads, size_t count)
{
    list_write(w, FRAME_CTLHEADS, tag, heads, count);
}

enum muster_error ctlheads_read(uint8_t tag[16], struct record_id heads[64], size_t *count, struct bytes body)
{
    return list_read(tag, heads, count, body);
}

void keyreq_write(struct writer *w, const uint8_t tag[16], const struct record_id *epochs, size_t count)
{
    list_write(w, FRAME_KEYREQ, tag, epochs, count);
}

enum muster_error keyreq_read(uint8_t tag[16], struct record_id epochs[64], size_t *count, struct bytes body)
{
    return list_read(tag, epochs, count, body);
}

/* index * 2 + first, then the id if first. */
void log_name_write(struct writer *w, const struct log_name *name)
{
    writer_varint(w, (uint64_t)name->index * 2 + (name->first ? 1 : 0));
    if (name->first)
        writer_put(w, name->id.b, HASH_BYTES);
}

static void log_name_read(struct cursor *c, struct log_name *out)
{
    uint64_t v = cursor_varint(c);
    if (v / 2 > UINT32_MAX)
        c->failed = true;
    *out = (struct log_name){.index = (uint32_t)(v / 2), .first = v & 1};
    if (out->first)
        cursor_copy(c, out->id.b, HASH_BYTES);
}

void heads_begin(struct writer *w, const uint8_t tag[16])
{
    writer_put(w, tag, 16);
}

void heads_entry_write(struct writer *w, const struct heads_entry *e)
{
    log_name_write(w, &e->log);
    writer_varint(w, e->prefix);
    if (e->prefix)
        writer_put(w, e->hash, 8);
    writer_varint(w, e->fork_at);
    writer_varint(w, e->interval_count);
    uint64_t after = e->prefix;
    for (size_t i = 0; i < e->interval_count; i++) {
        writer_varint(w, e->intervals[i].first - after);
        writer_varint(w, e->intervals[i].last - e->intervals[i].first);
        writer_put(w, e->intervals[i].hash, 8);
        after = e->intervals[i].last;
    }
}

enum muster_error heads_open(uint8_t tag[16], struct cursor *entries, struct bytes body)
{
    *entries = cursor_over(body.at, body.len);
    cursor_copy(entries, tag, 16);
    return entries->failed ? MUSTER_ETRUNCATED : MUSTER_OK;
}

bool heads_next(struct cursor *c, struct heads_entry *out, enum muster_error *error)
{
    *error = MUSTER_OK;
    if (!c->failed && cursor_left(c) == 0)
        return false;
    log_name_read(c, &out->log);
    out->prefix = cursor_varint(c);
    memset(out->hash, 0, sizeof(out->hash));
    if (out->prefix)
        cursor_copy(c, out->hash, 8);
    out->fork_at = cursor_varint(c);
    uint64_t count = cursor_varint(c);
    if (count > INTERVALS_MAX || out->prefix > UINT64_MAX / 4 || out->fork_at > UINT64_MAX / 4) {
        *error = MUSTER_ETOOBIG;
        return false;
    }
    out->interval_count = (size_t)count;
    uint64_t after = out->prefix;
    for (size_t i = 0; i < out->interval_count; i++) {
        uint64_t gap = cursor_varint(c), length = cursor_varint(c);
        if (gap == 0 || gap > UINT64_MAX / 8 || length > UINT64_MAX / 8 || after > UINT64_MAX / 4) {
            *error = c->failed ? MUSTER_ETRUNCATED : MUSTER_EBADVALUE;
            return false;
        }
        out->intervals[i].first = after + gap;
        out->intervals[i].last = after = after + gap + length;
        cursor_copy(c, out->intervals[i].hash, 8);
    }
    if (c->failed) {
        *error = MUSTER_ETRUNCATED;
        return false;
    }
    return true;
}

void head_short(uint8_t out[8], const uint8_t session_key[32], const struct segment_id *id)
{
    uint8_t whole[16];
    crypto_keyed(whole, sizeof(whole), "muster/1/head", session_key, id->b, HASH_BYTES);
    memcpy(out, whole, 8);
}

void want_write(struct writer *w, const struct log_name *log, const struct want_range *ranges, size_t count)
{
    log_name_write(w, log);
    writer_varint(w, count);
    for (size_t i = 0; i < count; i++) {
        writer_varint(w, ranges[i].first);
        writer_varint(w, ranges[i].last - ranges[i].first);
    }
}

bool want_next(struct cursor *c, struct log_name *log, struct want_range *ranges, size_t *count, enum muster_error *error)
{
    *error = MUSTER_OK;
    if (!c->failed && cursor_left(c) == 0)
        return false;
    log_name_read(c, log);
    uint64_t n = cursor_varint(c);
    if (n > WANT_RANGES_MAX) {
        *error = MUSTER_ETOOBIG;
        return false;
    }
    *count = (size_t)n;
    for (size_t i = 0; i < *count; i++) {
        ranges[i].first = cursor_varint(c);
        uint64_t length = cursor_varint(c);
        if (ranges[i].first == 0 || ranges[i].first > UINT64_MAX / 4 || length > UINT64_MAX / 4) {
            *error = c->failed ? MUSTER_ETRUNCATED : MUSTER_EBADVALUE;
            return false;
        }
        ranges[i].last = ranges[i].first + length;
    }
    if (c->failed)
        *error = MUSTER_ETRUNCATED;
    return !c->failed;
}

void seg_begin(struct writer *w, const struct seg *s)
{
    writer_put(w, s->tag, 16);
    writer_u8(w, s->lane);
    writer_put(w, s->log.b, HASH_BYTES);
    writer_u16(w, (uint16_t)s->genesis.len);
    writer_put(w, s->genesis.at, s->genesis.len);
}

enum muster_error seg_read(struct seg *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct seg s = {.lane = 0};
    cursor_copy(&c, s.tag, 16);
    s.lane = cursor_u8(&c);
    cursor_copy(&c, s.log.b, HASH_BYTES);
    s.genesis.len = cursor_u16(&c);
    s.genesis.at = cursor_take(&c, s.genesis.len);
    if (c.failed)
        return MUSTER_ETRUNCATED;
    if (s.genesis.len > LOG_GENESIS_MAX)
        return MUSTER_ETOOBIG;
    if (s.lane > 4)
        return MUSTER_EBADVALUE;
    s.segments = (struct bytes){c.at, cursor_left(&c)};
    *out = s;
    return MUSTER_OK;
}

void frag_write(struct writer *w, const struct frag *f)
{
    uint8_t *begin = frame_begin(w, FRAME_FRAG, 0);
    writer_u8(w, f->lane);
    writer_u32(w, f->total);
    writer_u32(w, f->offset);
    writer_put(w, f->piece.at, f->piece.len);
    frame_end(w, begin);
}

enum muster_error frag_read(struct frag *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct frag f = {.lane = cursor_u8(&c)};
    f.total = cursor_u32(&c);
    f.offset = cursor_u32(&c);
    f.piece = (struct bytes){c.at, cursor_left(&c)};
    if (c.failed)
        return MUSTER_ETRUNCATED;
    if (f.total > FRAME_BODY_MAX || f.piece.len > f.total || f.offset > f.total - f.piece.len)
        return MUSTER_ETOOBIG;
    if (f.lane > 4 || !f.piece.len)
        return MUSTER_EBADVALUE;
    *out = f;
    return MUSTER_OK;
}

void key_write(struct writer *w, const struct key_frame *key)
{
    uint8_t *begin = frame_begin(w, FRAME_KEY, 0);
    writer_put(w, key->tag, sizeof(key->tag));
    writer_put(w, key->epoch.b, HASH_BYTES);
    writer_put(w, key->sealed, sizeof(key->sealed));
    frame_end(w, begin);
}

enum muster_error key_read(struct key_frame *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct key_frame k;
    cursor_copy(&c, k.tag, sizeof(k.tag));
    cursor_copy(&c, k.epoch.b, HASH_BYTES);
    cursor_copy(&c, k.sealed, sizeof(k.sealed));
    enum muster_error error = cursor_end(&c);
    if (!error)
        *out = k;
    return error;
}

void err_write(struct writer *w, enum muster_error error, const struct hash *item, const char *text)
{
    static const struct hash none;
    size_t len = strlen(text);
    writer_u16(w, (uint16_t)error);
    writer_put(w, item ? item->b : none.b, HASH_BYTES);
    writer_u8(w, (uint8_t)(len > 200 ? 200 : len));
    writer_put(w, text, len > 200 ? 200 : len);
}

enum muster_error err_read(struct err_frame *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct err_frame e = {.error = (enum muster_error)cursor_u16(&c)};
    cursor_copy(&c, e.item.b, HASH_BYTES);
    e.text.len = cursor_u8(&c);
    e.text.at = cursor_take(&c, e.text.len);
    if (c.failed)
        return MUSTER_ETRUNCATED;
    *out = e;
    return MUSTER_OK;
}

void blobwant_write(struct writer *w, const struct blobwant *want)
{
    uint8_t *begin = frame_begin(w, FRAME_BLOBWANT, 0);
    writer_put(w, want->tag, sizeof(want->tag));
    writer_put(w, want->blob.b, HASH_BYTES);
    writer_u8(w, want->hops);
    writer_varint(w, want->total);
    writer_varint(w, want->first);
    writer_varint(w, want->count);
    frame_end(w, begin);
}

/* A number of chunks or of a chunk: anything larger reads as too large. */
static uint32_t chunk_number(struct cursor *c)
{
    uint64_t n = cursor_varint(c);
    return n > BLOB_CHUNKS_MAX ? BLOB_CHUNKS_MAX + 1 : (uint32_t)n;
}

enum muster_error blobwant_read(struct blobwant *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct blobwant w;
    cursor_copy(&c, w.tag, sizeof(w.tag));
    cursor_copy(&c, w.blob.b, HASH_BYTES);
    w.hops = cursor_u8(&c);
    w.total = chunk_number(&c);
    w.first = chunk_number(&c);
    w.count = chunk_number(&c);
    enum muster_error error = cursor_end(&c);
    if (error)
        return error;
    if (w.hops > BLOB_HOPS_MAX || !w.total || w.total > BLOB_CHUNKS_MAX || w.first >= w.total || !w.count ||
        w.count > w.total - w.first)
        return MUSTER_EBADVALUE;
    *out = w;
    return MUSTER_OK;
}

void blob_frame_write(struct writer *w, const struct blob_frame *blob)
{
    uint8_t *begin = frame_begin(w, FRAME_BLOB, 0);
    writer_put(w, blob->tag, sizeof(blob->tag));
    writer_put(w, blob->blob.b, HASH_BYTES);
    writer_varint(w, blob->total);
    writer_varint(w, blob->number);
    writer_u8(w, (uint8_t)blob->path_len);
    writer_put(w, blob->path, blob->path_len * HASH_BYTES);
    writer_put(w, blob->sealed.at, blob->sealed.len);
    frame_end(w, begin);
}

enum muster_error blob_frame_read(struct blob_frame *out, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    struct blob_frame b;
    cursor_copy(&c, b.tag, sizeof(b.tag));
    cursor_copy(&c, b.blob.b, HASH_BYTES);
    b.total = chunk_number(&c);
    b.number = chunk_number(&c);
    b.path_len = cursor_u8(&c);
    if (c.failed)
        return MUSTER_ETRUNCATED;
    if (!b.total || b.total > BLOB_CHUNKS_MAX || b.number >= b.total || b.path_len > MERKLE_PATH_MAX)
        return MUSTER_EBADVALUE;
    for (size_t i = 0; i < b.path_len; i++)
        cursor_copy(&c, b.path[i].b, HASH_BYTES);
    b.sealed = (struct bytes){c.at, cursor_left(&c)};
    if (c.failed || b.sealed.len <= BLOB_CHUNK_EXTRA)
        return MUSTER_ETRUNCATED;
    if (b.sealed.len > BLOB_CHUNK_BYTES + BLOB_CHUNK_EXTRA)
        return MUSTER_ETOOBIG;
    *out = b;
    return MUSTER_OK;
}

void session_key_of(uint8_t out[32], const uint8_t a_nonce[32], const uint8_t b_nonce[32])
{
    bool swap = memcmp(a_nonce, b_nonce, 32) > 0;
    struct hash h = crypto_hash2("muster/1/session", swap ? b_nonce : a_nonce, 32, swap ? a_nonce : b_nonce, 32);
    memcpy(out, h.b, 32);
}

void space_tag_of(uint8_t out[16], const uint8_t session_key[32], const struct space_id *space)
{
    crypto_keyed(out, 16, "muster/1/tag", session_key, space->b, HASH_BYTES);
}

void digest_keyed(uint8_t out[16], const uint8_t session_key[32], const struct hash *stored)
{
    crypto_keyed(out, 16, "muster/1/digest", session_key, stored->b, HASH_BYTES);
}
