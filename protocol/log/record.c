#include "protocol/log/record.h"

#include "base/hlc.h"
#include "crypto/crypto.h"

size_t record_header_write(uint8_t *out, const struct record_header *header)
{
    struct writer w = writer_over(out, RECORD_HEADER_MAX);
    writer_u8(&w, header->version);
    writer_u8(&w, header->operation);
    writer_u16(&w, header->flags);
    writer_u16(&w, header->kind);
    writer_u16(&w, header->schema);
    writer_put(&w, header->object.b, OBJECT_ID_BYTES);
    writer_u64(&w, header->sequence);
    writer_u64(&w, header->hlc);
    writer_u64(&w, header->mask);
    writer_u32(&w, header->payload_len);
    writer_put(&w, header->payload_hash.b, HASH_BYTES);
    writer_u8(&w, header->ref_count);
    for (size_t i = 0; i < header->ref_count; i++) {
        writer_u8(&w, header->refs[i].role);
        writer_put(&w, header->refs[i].hash.b, HASH_BYTES);
    }
    return writer_len(&w);
}

enum muster_error record_header_read(struct record_header *out, const void *bytes, size_t len)
{
    struct cursor c = cursor_over(bytes, len);
    struct record_header h = {.version = cursor_u8(&c)};
    if (!c.failed && h.version != FORMAT_VERSION)
        return MUSTER_EVERSION;
    h.operation = cursor_u8(&c);
    h.flags = cursor_u16(&c);
    h.kind = cursor_u16(&c);
    h.schema = cursor_u16(&c);
    cursor_copy(&c, h.object.b, OBJECT_ID_BYTES);
    h.sequence = cursor_u64(&c);
    h.hlc = cursor_u64(&c);
    h.mask = cursor_u64(&c);
    h.payload_len = cursor_u32(&c);
    cursor_copy(&c, h.payload_hash.b, HASH_BYTES);
    h.ref_count = cursor_u8(&c);
    if (h.ref_count > REFS_MAX || h.payload_len > PAYLOAD_BYTES_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < h.ref_count; i++) {
        h.refs[i].role = cursor_u8(&c);
        cursor_copy(&c, h.refs[i].hash.b, HASH_BYTES);
    }
    enum muster_error error = cursor_end(&c);
    if (error == MUSTER_OK)
        *out = h;
    return error;
}

struct record_id record_id_of(const struct log_id *log, const uint8_t *header, size_t len)
{
    struct hash h = crypto_hash2("muster/1/record", log->b, HASH_BYTES, header, len);
    struct record_id id;
    memcpy(id.b, h.b, HASH_BYTES);
    return id;
}

struct hash payload_hash_of(const void *payload, size_t len)
{
    return crypto_hash1("muster/1/payload", payload, len);
}

struct hash wrap_hash_of(const void *wrap, size_t len)
{
    return crypto_hash1("muster/1/wrap", wrap, len);
}

static struct hash object_tail(const struct log_id *log, uint64_t sequence)
{
    uint8_t number[8];
    put_le64(number, sequence);
    return crypto_hash2("muster/1/object", log->b, HASH_BYTES, number, sizeof(number));
}

struct object_id object_id_of(const struct log_id *log, uint64_t sequence, uint64_t hlc)
{
    struct object_id id;
    struct hash tail = object_tail(log, sequence);
    uint8_t time[8];
    put_be64(time, hlc_ms(hlc));
    memcpy(id.b, time + 2, 6);
    memcpy(id.b + 6, tail.b, 10);
    return id;
}

bool object_id_fits(const struct object_id *object, const struct log_id *log, uint64_t sequence)
{
    struct hash tail = object_tail(log, sequence);
    return memcmp(object->b + 6, tail.b, 10) == 0;
}
