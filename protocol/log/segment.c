#include "protocol/log/segment.h"

#include "crypto/merkle.h"
#include "protocol/log/domain.h"
#include "protocol/object/op.h"

_Static_assert(sizeof(struct record_id) == sizeof(struct hash), "record ids are Merkle leaves");

enum { SIGNED_BYTES = SEGMENT_HEADER_BYTES - 64 };

void segment_header_write(uint8_t out[SEGMENT_HEADER_BYTES], const struct segment_header *h)
{
    struct writer w = writer_over(out, SEGMENT_HEADER_BYTES);
    writer_u8(&w, h->version);
    writer_u8(&w, h->algorithm);
    writer_u16(&w, h->flags);
    writer_u32(&w, h->count);
    writer_put(&w, h->space.b, HASH_BYTES);
    writer_put(&w, h->log.b, HASH_BYTES);
    writer_u64(&w, h->position);
    writer_u64(&w, h->first_sequence);
    writer_put(&w, h->epoch.b, HASH_BYTES);
    writer_put(&w, h->root.b, HASH_BYTES);
    writer_put(&w, h->prev.b, HASH_BYTES);
    writer_put(&w, h->signature.b, sizeof(h->signature.b));
}

static enum muster_error header_sound(const struct segment_header *h)
{
    if (h->version != FORMAT_VERSION)
        return MUSTER_EVERSION;
    if (h->algorithm != ALGORITHM_1)
        return MUSTER_EALGORITHM;
    if (h->count > SEGMENT_RECORDS_MAX)
        return MUSTER_ETOOBIG;
    if (h->count == 0 || h->position == 0 || h->first_sequence == 0 || h->position > SEGMENT_POSITION_MAX ||
        h->first_sequence > SEGMENT_POSITION_MAX)
        return MUSTER_EBADVALUE;
    return MUSTER_OK;
}

enum muster_error segment_header_read(struct segment_header *out, const uint8_t bytes[SEGMENT_HEADER_BYTES])
{
    struct cursor c = cursor_over(bytes, SEGMENT_HEADER_BYTES);
    struct segment_header h = {.version = cursor_u8(&c)};
    h.algorithm = cursor_u8(&c);
    h.flags = cursor_u16(&c);
    h.count = cursor_u32(&c);
    cursor_copy(&c, h.space.b, HASH_BYTES);
    cursor_copy(&c, h.log.b, HASH_BYTES);
    h.position = cursor_u64(&c);
    h.first_sequence = cursor_u64(&c);
    cursor_copy(&c, h.epoch.b, HASH_BYTES);
    cursor_copy(&c, h.root.b, HASH_BYTES);
    cursor_copy(&c, h.prev.b, HASH_BYTES);
    cursor_copy(&c, h.signature.b, sizeof(h.signature.b));
    enum muster_error error = header_sound(&h);
    if (error == MUSTER_OK)
        *out = h;
    return error;
}

struct segment_id segment_id_of(const uint8_t header[SEGMENT_HEADER_BYTES])
{
    struct hash h = crypto_hash1("muster/1/segment-id", header, SEGMENT_HEADER_BYTES);
    struct segment_id id;
    memcpy(id.b, h.b, HASH_BYTES);
    return id;
}

void segment_sign(uint8_t header[SEGMENT_HEADER_BYTES], bool exercise, const struct sign_secret *incarnation)
{
    struct signature s;
    struct bytes covered = {header, SIGNED_BYTES};
    crypto_sign_parts(&s, incarnation, domain_segment(exercise), &covered, 1);
    memcpy(header + SIGNED_BYTES, s.b, sizeof(s.b));
}

enum muster_error segment_verify(const uint8_t header[SEGMENT_HEADER_BYTES], bool exercise,
                                 const struct sign_public *incarnation)
{
    struct signature s;
    struct bytes covered = {header, SIGNED_BYTES};
    memcpy(s.b, header + SIGNED_BYTES, sizeof(s.b));
    return crypto_verify_parts(&s, incarnation, domain_segment(exercise), &covered, 1);
}

void segment_record_write(struct writer *w, const struct segment_record *r)
{
    const struct record_header *h = &r->header;
    uint8_t parts = (uint8_t)((r->payload.at ? RECORD_HAS_PAYLOAD : 0) | (r->wrap.at ? RECORD_HAS_WRAP : 0));
    writer_u8(w, parts);
    writer_u8(w, h->operation);
    writer_u16(w, h->flags);
    writer_u16(w, h->kind);
    writer_u16(w, h->schema);
    writer_put(w, h->object.b, OBJECT_ID_BYTES);
    writer_u64(w, h->hlc);
    writer_u64(w, h->mask);
    writer_u8(w, h->ref_count);
    for (size_t i = 0; i < h->ref_count; i++) {
        writer_u8(w, h->refs[i].role);
        writer_put(w, h->refs[i].hash.b, HASH_BYTES);
    }
    if (r->wrap.at)
        writer_put(w, r->wrap.at, RECORD_WRAP_BYTES);
    writer_varint(w, h->payload_len);
    if (r->payload.at)
        writer_put(w, r->payload.at, r->payload.len);
    else
        writer_put(w, h->payload_hash.b, HASH_BYTES);
}

/* The wrapped key lies outside the payload's hash; the header names it by a reference of its own. */
static bool wrap_fits(const struct segment_record *r)
{
    struct hash is = wrap_hash_of(r->wrap.at, r->wrap.len);
    for (size_t i = 0; i < r->header.ref_count; i++)
        if (r->header.refs[i].role == REF_WRAP)
            return hash_eq(&r->header.refs[i].hash, &is);
    return false;
}

/* In place, since most of a record are references that it has not: after an error, and behind its references, nothing is said
 * of what stands there. */
static enum muster_error parse_record(struct cursor *c, uint64_t sequence, bool hashed, struct segment_record *out)
{
    struct record_header *h = &out->header;
    out->parts = cursor_u8(c);
    out->wrap = out->payload = (struct bytes){NULL, 0};
    h->version = FORMAT_VERSION;
    h->operation = cursor_u8(c);
    h->flags = cursor_u16(c);
    h->kind = cursor_u16(c);
    h->schema = cursor_u16(c);
    cursor_copy(c, h->object.b, OBJECT_ID_BYTES);
    h->sequence = sequence;
    h->hlc = cursor_u64(c);
    h->mask = cursor_u64(c);
    h->ref_count = cursor_u8(c);
    if (h->ref_count > REFS_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < h->ref_count; i++) {
        h->refs[i].role = cursor_u8(c);
        cursor_copy(c, h->refs[i].hash.b, HASH_BYTES);
    }
    if (out->parts & ~(RECORD_HAS_PAYLOAD | RECORD_HAS_WRAP))
        return MUSTER_EBADVALUE;
    if (out->parts & RECORD_HAS_WRAP)
        out->wrap = (struct bytes){cursor_take(c, RECORD_WRAP_BYTES), RECORD_WRAP_BYTES};
    uint64_t len = cursor_varint(c);
    if (len > PAYLOAD_BYTES_MAX)
        return MUSTER_ETOOBIG;
    h->payload_len = (uint32_t)len;
    if (out->parts & RECORD_HAS_PAYLOAD) {
        out->payload = (struct bytes){cursor_take(c, (size_t)len), (size_t)len};
        h->payload_hash = !c->failed && hashed ? payload_hash_of(out->payload.at, out->payload.len) : (struct hash){{0}};
    } else {
        cursor_copy(c, h->payload_hash.b, HASH_BYTES);
    }
    if (c->failed)
        return MUSTER_ETRUNCATED;
    if (out->wrap.at && (!(h->flags & RECORD_PERSONAL) || !out->payload.at))
        return MUSTER_EBADVALUE;
    if (out->wrap.at && hashed && !wrap_fits(out))
        return MUSTER_EHASH;
    return MUSTER_OK;
}

enum muster_error segment_record_read(struct cursor *c, uint64_t sequence, struct segment_record *out)
{
    return parse_record(c, sequence, true, out);
}

enum muster_error segment_item_record(const void *item, size_t len, uint32_t index, struct segment_header *header,
                                      struct segment_record *out)
{
    struct cursor c;
    enum muster_error error = segment_item_open(header, &c, item, len);
    if (!error && index >= header->count)
        error = MUSTER_ENOTFOUND;
    for (uint32_t i = 0; i <= index && !error; i++)
        error = parse_record(&c, header->first_sequence + i, i == index, out);
    return error;
}

enum muster_error segment_record_skim(struct cursor *c, uint64_t sequence, struct segment_record *out)
{
    return parse_record(c, sequence, false, out);
}

size_t segment_item_strip(uint8_t *out, const void *item, size_t len, const bool *gone)
{
    struct segment_header header;
    struct cursor c;
    if (segment_item_open(&header, &c, item, len) != MUSTER_OK)
        return 0;
    struct writer w = writer_over(out, SEGMENT_ITEM_MAX);
    writer_put(&w, item, SEGMENT_HEADER_BYTES);
    for (uint32_t i = 0; i < header.count; i++) {
        struct segment_record record;
        const uint8_t *from = c.at;
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK)
            return 0;
        if (!gone[i] || !record.payload.at) {
            writer_put(&w, from, (size_t)(c.at - from));
            continue;
        }
        record.header.payload_hash = payload_hash_of(record.payload.at, record.payload.len);
        record.payload = record.wrap = (struct bytes){NULL, 0};
        segment_record_write(&w, &record);
    }
    return cursor_end(&c) == MUSTER_OK ? writer_len(&w) : 0;
}

static struct hash root_of(const struct record_id *ids, size_t count)
{
    struct hash leaves[SEGMENT_RECORDS_MAX];
    memcpy(leaves, ids, count * sizeof(*leaves));
    return merkle_root(leaves, count);
}

void segment_item_finish(uint8_t *item, struct segment_header *header, const struct record_id *ids, bool exercise,
                         const struct sign_secret *incarnation)
{
    header->root = root_of(ids, header->count);
    segment_header_write(item, header);
    segment_sign(item, exercise, incarnation);
    memcpy(header->signature.b, item + SIGNED_BYTES, sizeof(header->signature.b));
}

enum muster_error segment_item_open(struct segment_header *header, struct cursor *records, const void *item, size_t len)
{
    if (len < SEGMENT_HEADER_BYTES)
        return MUSTER_ETRUNCATED;
    *records = cursor_over((const uint8_t *)item + SEGMENT_HEADER_BYTES, len - SEGMENT_HEADER_BYTES);
    return segment_header_read(header, item);
}

/* Reads count records, giving their ids; the cursor ends behind the last one. */
static enum muster_error read_ids(struct cursor *c, const struct log_id *log, uint64_t first_sequence, uint32_t count,
                                  struct record_id *ids, uint32_t *without)
{
    *without = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct segment_record r;
        enum muster_error error = segment_record_read(c, first_sequence + i, &r);
        if (error)
            return error;
        uint8_t bytes[RECORD_HEADER_MAX];
        ids[i] = record_id_of(log, bytes, record_header_write(bytes, &r.header));
        *without += !r.payload.at || ((r.header.flags & RECORD_PERSONAL) && !r.wrap.at);
    }
    return MUSTER_OK;
}

enum muster_error segment_item_check(const void *item, size_t len, struct record_id *ids)
{
    struct segment_header header;
    struct cursor c;
    struct record_id own[SEGMENT_RECORDS_MAX];
    uint32_t without;
    if (!ids)
        ids = own;
    enum muster_error error = segment_item_open(&header, &c, item, len);
    if (!error)
        error = read_ids(&c, &header.log, header.first_sequence, header.count, ids, &without);
    if (!error)
        error = cursor_end(&c);
    if (error)
        return error;
    struct hash root = root_of(ids, header.count);
    return hash_eq(&root, &header.root) ? MUSTER_OK : MUSTER_EHASH;
}

void segment_wire_write(struct writer *w, struct segment_chain *chain, const void *item, size_t len)
{
    struct segment_header h;
    struct cursor records;
    if (segment_item_open(&h, &records, item, len) != MUSTER_OK) {
        w->failed = true;
        return;
    }
    bool follows = chain->started && h.position == chain->position + 1;
    uint8_t flags = 0;
    if (!follows || !segment_id_eq(&h.prev, &chain->id))
        flags |= WIRE_PREV;
    if (!chain->started || !hash_eq(&h.epoch, &chain->epoch))
        flags |= WIRE_EPOCH;
    if (!follows || h.first_sequence != chain->next_sequence)
        flags |= WIRE_PLACE;
    writer_u8(w, h.version);
    writer_u8(w, h.algorithm);
    writer_u8(w, flags);
    writer_u16(w, h.flags);
    writer_varint(w, h.count);
    if (flags & WIRE_PLACE) {
        writer_varint(w, h.position);
        writer_varint(w, h.first_sequence);
    }
    if (flags & WIRE_PREV)
        writer_put(w, h.prev.b, HASH_BYTES);
    if (flags & WIRE_EPOCH)
        writer_put(w, h.epoch.b, HASH_BYTES);
    writer_put(w, h.signature.b, sizeof(h.signature.b));
    writer_put(w, records.at, cursor_left(&records));
    if (w->failed)
        return;
    chain->started = true;
    chain->position = h.position;
    chain->next_sequence = h.first_sequence + h.count;
    chain->epoch = h.epoch;
    chain->id = segment_id_of(item);
}

enum muster_error segment_wire_read(struct cursor *c, struct segment_chain *chain, uint8_t *item, size_t size,
                                    size_t *len, struct segment_header *header, struct record_id *ids,
                                    uint32_t *without)
{
    struct segment_header h = {.version = cursor_u8(c), .space = chain->space, .log = chain->log};
    h.algorithm = cursor_u8(c);
    uint8_t flags = cursor_u8(c);
    h.flags = cursor_u16(c);
    uint64_t count = cursor_varint(c);
    h.count = count > SEGMENT_RECORDS_MAX ? SEGMENT_RECORDS_MAX + 1 : (uint32_t)count;
    if (flags & ~(WIRE_PREV | WIRE_EPOCH | WIRE_PLACE))
        return MUSTER_EBADVALUE;
    if (!chain->started && flags != (WIRE_PREV | WIRE_EPOCH | WIRE_PLACE))
        return c->failed ? MUSTER_ETRUNCATED : MUSTER_EBADVALUE;
    h.position = flags & WIRE_PLACE ? cursor_varint(c) : chain->position + 1;
    h.first_sequence = flags & WIRE_PLACE ? cursor_varint(c) : chain->next_sequence;
    h.prev = chain->id;
    h.epoch = chain->epoch;
    if (flags & WIRE_PREV)
        cursor_copy(c, h.prev.b, HASH_BYTES);
    if (flags & WIRE_EPOCH)
        cursor_copy(c, h.epoch.b, HASH_BYTES);
    cursor_copy(c, h.signature.b, sizeof(h.signature.b));
    if (c->failed)
        return MUSTER_ETRUNCATED;
    enum muster_error error = header_sound(&h);
    if (error)
        return error;
    const uint8_t *start = c->at;
    error = read_ids(c, &h.log, h.first_sequence, h.count, ids, without);
    if (error)
        return error;
    size_t records = (size_t)(c->at - start);
    if (SEGMENT_HEADER_BYTES + records > size ||
        (h.count > 1 && SEGMENT_HEADER_BYTES + records > SEGMENT_BYTES_MAX))
        return MUSTER_ETOOBIG;
    h.root = root_of(ids, h.count);
    segment_header_write(item, &h);
    memcpy(item + SEGMENT_HEADER_BYTES, start, records);
    *len = SEGMENT_HEADER_BYTES + records;
    *header = h;
    chain->started = true;
    chain->position = h.position;
    chain->next_sequence = h.first_sequence + h.count;
    chain->epoch = h.epoch;
    chain->id = segment_id_of(item);
    return MUSTER_OK;
}
