/* Vectors of hashes, logs, record headers, payloads and segments. */
#include "cast.h"

#include "crypto/merkle.h"
#include "protocol/object/op.h"
#include "protocol/wire/frame.h"

#include <stdlib.h>
#include <zstd.h>

static void begin(struct json *j, const char *type, const char *name)
{
    json_open(j, NULL, '{');
    json_text(j, "type", type);
    json_text(j, "name", name);
}

void make_crypto(struct json *j, struct cast *c)
{
    static const uint32_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 255, 256};
    (void)c;
    uint8_t out[80], seed[32];
    cast_draw(seed, sizeof(seed), "expand-seed", 0);
    begin(j, "expand", "80 bytes");
    json_hex(j, "seed", seed, sizeof(seed));
    json_text(j, "label", "any label");
    json_number(j, "counter", 258);
    crypto_expand(out, sizeof(out), seed, "any label", 258);
    json_hex(j, "out", out, sizeof(out));
    json_close(j, '}');
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        static struct hash leaves[SEGMENT_RECORDS_MAX];
        char name[32];
        for (uint32_t n = 0; n < counts[i]; n++)
            leaves[n] = cast_hash("leaf", n);
        snprintf(name, sizeof(name), "%u leaves", counts[i]);
        begin(j, "merkle", name);
        json_open(j, "leaves", '[');
        for (uint32_t n = 0; n < counts[i]; n++)
            json_hex(j, NULL, leaves[n].b, HASH_BYTES);
        json_close(j, ']');
        struct hash path[MERKLE_PATH_MAX], root = merkle_root(leaves, counts[i]);
        size_t index = counts[i] * 2 / 3, len = merkle_path(path, leaves, counts[i], index);
        json_hex(j, "root", root.b, HASH_BYTES);
        json_number(j, "index", index);
        json_open(j, "path", '[');
        for (size_t n = 0; n < len; n++)
            json_hex(j, NULL, path[n].b, HASH_BYTES);
        json_close(j, ']');
        json_close(j, '}');
    }
    struct seal_key key;
    cast_draw(key.b, sizeof(key.b), "commit", 0);
    struct hash commitment = seal_commitment(&key);
    begin(j, "commitment", "of a key");
    json_hex(j, "key", key.b, sizeof(key.b));
    json_hex(j, "commitment", commitment.b, HASH_BYTES);
    json_close(j, '}');
    /* Names inside a session. */
    uint8_t low[32], high[32], session[32], tag[16], shorter[8], digest[16];
    cast_draw(low, sizeof(low), "nonce", 0);
    cast_draw(high, sizeof(high), "nonce", 1);
    struct hash stored = cast_hash("digest", 0);
    struct segment_id head;
    memcpy(head.b, stored.b, HASH_BYTES);
    session_key_of(session, low, high);
    space_tag_of(tag, session, &c->space);
    head_short(shorter, session, &head);
    digest_keyed(digest, session, &stored);
    begin(j, "session", "names inside a session");
    json_hex(j, "nonce_a", low, sizeof(low));
    json_hex(j, "nonce_b", high, sizeof(high));
    json_hex(j, "key", session, sizeof(session));
    json_hex(j, "space", c->space.b, HASH_BYTES);
    json_hex(j, "tag", tag, sizeof(tag));
    json_hex(j, "hash", stored.b, HASH_BYTES);
    json_hex(j, "short", shorter, sizeof(shorter));
    json_hex(j, "digest", digest, sizeof(digest));
    json_close(j, '}');
}

static void genesis(struct json *j, const struct cast_log *log, const char *name, bool exercise)
{
    const struct log_genesis *g = &log->genesis;
    begin(j, "genesis", name);
    json_flag(j, "exercise", exercise);
    json_hex(j, "bytes", log->bytes, log->len);
    json_hex(j, "id", log->id.b, HASH_BYTES);
    json_number(j, "role", g->role);
    json_number(j, "reason", g->reason);
    json_hex(j, "space", g->space.b, HASH_BYTES);
    json_hex(j, "agency", g->agency.b, HASH_BYTES);
    json_hex(j, "node", g->node.b, 32);
    json_hex(j, "incarnation", g->incarnation.b, 32);
    json_hex(j, "predecessor", g->predecessor.b, HASH_BYTES);
    json_number(j, "predecessor_position", g->predecessor_position);
    json_hex(j, "predecessor_head", g->predecessor_head.b, HASH_BYTES);
    json_open(j, "ctl", '[');
    for (size_t i = 0; i < g->ctl_count; i++)
        json_hex(j, NULL, g->ctl[i].b, HASH_BYTES);
    json_close(j, ']');
    json_close(j, '}');
}

static void header(struct json *j, const struct cast *c, const char *name, const struct record_header *h)
{
    uint8_t bytes[RECORD_HEADER_MAX];
    size_t len = record_header_write(bytes, h);
    struct record_id id = record_id_of(&c->data.id, bytes, len);
    begin(j, "header", name);
    json_hex(j, "log", c->data.id.b, HASH_BYTES);
    json_hex(j, "bytes", bytes, len);
    json_hex(j, "id", id.b, HASH_BYTES);
    json_header(j, h);
    json_close(j, '}');
}

void make_log(struct json *j, struct cast *c)
{
    genesis(j, &c->control, "control log", false);
    genesis(j, &c->data, "data log", false);
    genesis(j, &c->exercise, "data log of an exercise", true);
    genesis(j, &c->late, "restored, with a predecessor and control heads", false);

    struct record_header h = cast_header(c, 1);
    h.payload_len = 88;
    h.payload_hash = cast_hash("payload", 0);
    header(j, c, "create without references", &h);
    h.operation = OP_UPDATE;
    h.sequence = UINT64_MAX / 2;
    h.mask = UINT64_MAX;
    h.ref_count = 3;
    h.refs[0] = (struct record_ref){REF_TERM, cast_hash("ref", 0)};
    h.refs[1] = (struct record_ref){REF_DEP, cast_hash("ref", 1)};
    h.refs[2] = (struct record_ref){250, cast_hash("ref", 2)};
    header(j, c, "update with three references, one of an unknown role", &h);
    struct record_header joint = cast_header(c, 2);
    joint.flags = RECORD_JOINT;
    header(j, c, "create of an object that all writers own", &joint);
    h.operation = 61;
    h.flags = 0x8000 | RECORD_STRUCTURAL;
    h.kind = 60000;
    h.schema = 9;
    h.ref_count = REFS_MAX;
    for (unsigned i = 0; i < REFS_MAX; i++)
        h.refs[i] = (struct record_ref){(uint8_t)(REF_DEP + i % 12), cast_hash("ref", i)};
    h.payload_len = PAYLOAD_BYTES_MAX;
    header(j, c, "unknown operation, kind and flag; sixteen references", &h);

    begin(j, "object-id", "of a create");
    struct object_id object = object_id_of(&c->data.id, 42, cast_ms() << 16 | 5);
    json_hex(j, "log", c->data.id.b, HASH_BYTES);
    json_number(j, "sequence", 42);
    json_number(j, "hlc", cast_ms() << 16 | 5);
    json_hex(j, "id", object.b, OBJECT_ID_BYTES);
    json_close(j, '}');
}

static void payload_by(struct json *j, struct cast *c, const char *name, struct record_header h, struct bytes body,
                       uint64_t number, const struct payload_operator *by)
{
    static uint8_t out[PAYLOAD_BYTES_MAX];
    uint8_t header_bytes[RECORD_HEADER_MAX], wrap[RECORD_WRAP_BYTES];
    struct seal_nonce nonce, wrap_nonce;
    struct seal_key key = c->epoch_key[0];
    size_t len;
    bool personal = h.flags & RECORD_PERSONAL;
    if (personal)
        cast_draw(key.b, sizeof(key.b), "record-key", number);
    cast_draw(nonce.b, sizeof(nonce.b), "payload-nonce", number);
    if (payload_seal_by(c->codec, out, &len, body, &c->data.id, &h, &nonce, &key, by) != MUSTER_OK)
        abort();
    if (personal) { /* the wrapped key is named by a reference */
        cast_draw(wrap_nonce.b, sizeof(wrap_nonce.b), "wrap-nonce", number);
        payload_wrap(wrap, &c->data.id, &h, &key, &wrap_nonce, &c->epoch_key[0]);
        h.refs[h.ref_count].role = REF_WRAP;
        h.refs[h.ref_count++].hash = wrap_hash_of(wrap, sizeof(wrap));
    }
    begin(j, "payload", name);
    json_hex(j, "log", c->data.id.b, HASH_BYTES);
    json_hex(j, "header", header_bytes, record_header_write(header_bytes, &h));
    json_hex(j, "epoch_key", c->epoch_key[0].b, sizeof(key.b));
    if (personal)
        json_hex(j, "wrap", wrap, sizeof(wrap));
    json_hex(j, "key", key.b, sizeof(key.b));
    struct message_key message; /* what opens this payload alone */
    if (payload_message_key(&message, (struct bytes){out, len}, &key) != MUSTER_OK)
        abort();
    json_hex(j, "message_key", message.b, sizeof(message.b));
    json_hex(j, "nonce", nonce.b, sizeof(nonce.b));
    json_hex(j, "payload", out, len);
    /* What a reader without zstd can check: the content as it lies inside. */
    size_t skip = 24 + (personal ? 32 : 0);
    static uint8_t plain[PAYLOAD_BYTES_MAX];
    uint8_t aad_bytes[HASH_BYTES + RECORD_BOUND_BYTES];
    memcpy(aad_bytes, c->data.id.b, HASH_BYTES);
    memcpy(aad_bytes + HASH_BYTES, header_bytes, RECORD_BOUND_BYTES);
    struct bytes aad = {aad_bytes, sizeof(aad_bytes)};
    if (seal_open(plain, out + skip, len - skip, &aad, &nonce, &key) != MUSTER_OK)
        abort();
    json_number(j, "plain_flags", plain[0]);
    json_number(j, "dictionary", plain[1]);
    json_hex(j, "content", plain + 6, get_le32(plain + 2));
    json_hex(j, "body", body.at, body.len);
    struct hash body_hash = payload_hash_of(body.at, body.len); /* of the body: so that a change of it shows without zstd */
    json_hex(j, "body_hash", body_hash.b, HASH_BYTES);
    if (by) {
        json_hex(j, "space", c->space.b, HASH_BYTES);
        json_hex(j, "operator", by->key.b, sizeof(by->key.b));
        json_hex(j, "operator_signature", by->signature.b, sizeof(by->signature.b));
    }
    json_close(j, '}');
}

static void payload(struct json *j, struct cast *c, const char *name, struct record_header h, struct bytes body,
                    uint64_t number)
{
    payload_by(j, c, name, h, body, number, NULL);
}

static struct payload_operator operator_of(struct cast *c, const struct record_header *h, struct bytes body)
{
    struct payload_operator by;
    struct sign_public key;
    struct sign_secret secret;
    uint8_t seed[32];
    cast_draw(seed, sizeof(seed), "operator", 0);
    sign_keys_from_seed(&key, &secret, seed);
    payload_operator_sign(&by, &key, &secret, &c->space, &c->data.id, h, body);
    if (payload_operator_verify(&by, &c->space, &c->data.id, h, body) != MUSTER_OK)
        abort();
    return by;
}

void make_payload(struct json *j, struct cast *c)
{
    uint8_t body[512];
    static const uint8_t tiny[] = {0x81, 0x00, 0x01};
    size_t len = cast_body(body);
    struct record_header h = cast_header(c, 1);
    payload(j, c, "as it is: too short to compress", h, (struct bytes){tiny, sizeof(tiny)}, 0);
    h = cast_header(c, 2);
    h.operation = OP_UPDATE;
    payload(j, c, "an empty map", h, (struct bytes){(const uint8_t *)"\x80", 1}, 1);
    h = cast_header(c, 3);
    h.flags = RECORD_PERSONAL;
    payload(j, c, "personal: a key of its own, wrapped", h, (struct bytes){tiny, sizeof(tiny)}, 2);
    h = cast_header(c, 7);
    struct payload_operator by = operator_of(c, &h, (struct bytes){(const uint8_t *)"\x80", 1});
    payload_by(j, c, "signed by an operator", h, (struct bytes){(const uint8_t *)"\x80", 1}, 6, &by);
    h = cast_header(c, 9);
    h.operation = OP_UPDATE;
    h.ref_count = 2;
    h.refs[0] = (struct record_ref){REF_TERM, cast_hash("ref", 0)};
    h.refs[1] = (struct record_ref){REF_DEP, cast_hash("ref", 1)};
    by = operator_of(c, &h, (struct bytes){tiny, sizeof(tiny)});
    payload_by(j, c, "signed by an operator, references included", h, (struct bytes){tiny, sizeof(tiny)}, 8, &by);
    begin(j, "payload-clear", "a control operation's body is its payload");
    struct hash hash = payload_hash_of(body, len);
    json_hex(j, "payload", body, len);
    json_hex(j, "hash", hash.b, HASH_BYTES);
    json_close(j, '}');
}

/* Compressed bytes depend on the version of zstd that wrote them: these files are compared only where it is the same, but
 * opened everywhere. */
void make_compressed(struct json *j, struct cast *c)
{
    uint8_t body[512];
    size_t len = cast_body(body);
    struct record_header h = cast_header(c, 4);
    payload(j, c, "with the incident dictionary", h, (struct bytes){body, len}, 3);
    h = cast_header(c, 5);
    h.kind = 9;
    static uint8_t repeated[4096];
    repeated[0] = 0x81;
    repeated[1] = 0x00;
    repeated[2] = 0xda;
    repeated[3] = 0x0f;
    repeated[4] = 0xfb;
    memset(repeated + 5, 'a', sizeof(repeated) - 5);
    payload(j, c, "without a dictionary", h, (struct bytes){repeated, sizeof(repeated)}, 4);
    h = cast_header(c, 6);
    h.flags = RECORD_PERSONAL;
    payload(j, c, "personal and compressed", h, (struct bytes){body, len}, 5);
    h = cast_header(c, 8);
    struct payload_operator by = operator_of(c, &h, (struct bytes){body, len});
    payload_by(j, c, "compressed with an operator's signature", h, (struct bytes){body, len}, 7, &by);
}

static void segment(struct json *j, struct cast *c, const char *name, uint32_t count, uint16_t flags)
{
    uint8_t *item = malloc(SEGMENT_ITEM_MAX), *wire = malloc(SEGMENT_ITEM_MAX);
    struct record_id ids[SEGMENT_RECORDS_MAX];
    struct segment_chain chain = {.space = c->space, .log = c->data.id},
                         written = {.space = c->space, .log = c->data.id};
    size_t len = cast_segment(c, item, SEGMENT_ITEM_MAX, &chain, count, 0, flags, ids);
    struct writer w = writer_over(wire, SEGMENT_ITEM_MAX);
    segment_wire_write(&w, &written, item, len);
    struct segment_header h;
    if (!len || segment_header_read(&h, item) != MUSTER_OK)
        abort();
    begin(j, "segment", name);
    json_flag(j, "exercise", false);
    json_hex(j, "space", c->space.b, HASH_BYTES);
    json_hex(j, "log", c->data.id.b, HASH_BYTES);
    json_hex(j, "incarnation", c->data.genesis.incarnation.b, 32);
    json_number(j, "lane", flags & 7);
    json_hex(j, "item", item, len);
    json_hex(j, "wire", wire, writer_len(&w));
    json_hex(j, "root", h.root.b, HASH_BYTES);
    json_hex(j, "id", chain.id.b, HASH_BYTES);
    json_open(j, "ids", '[');
    for (uint32_t i = 0; i < count; i++)
        json_hex(j, NULL, ids[i].b, HASH_BYTES);
    json_close(j, ']');
    json_close(j, '}');
    free(item);
    free(wire);
}

/* The epoch changes at position 41; with `gap`, positions 21..30 are left out of the wire form. */
static void run(struct json *j, struct cast *c, const char *name, bool gap)
{
    enum { LENGTH = 70, WIRE = 64 * 1024 };
    uint8_t *item = malloc(SEGMENT_ITEM_MAX), *wire = malloc(WIRE);
    struct record_id ids[SEGMENT_RECORDS_MAX];
    struct segment_id segments[LENGTH];
    struct segment_chain chain = {.space = c->space, .log = c->data.id},
                         written = {.space = c->space, .log = c->data.id};
    struct writer w = writer_over(wire, WIRE);
    begin(j, "run", name);
    json_hex(j, "space", c->space.b, HASH_BYTES);
    json_hex(j, "log", c->data.id.b, HASH_BYTES);
    json_hex(j, "incarnation", c->data.genesis.incarnation.b, 32);
    json_open(j, "positions", '[');
    for (unsigned i = 0; i < LENGTH; i++) {
        size_t len = cast_segment(c, item, SEGMENT_ITEM_MAX, &chain, 1 + i % 3, i >= 40, LANE_ROUTINE, ids);
        segments[i] = chain.id;
        if (gap && i >= 20 && i < 30)
            continue;
        segment_wire_write(&w, &written, item, len);
        json_number(j, NULL, i + 1);
    }
    json_close(j, ']');
    json_hex(j, "wire", wire, writer_len(&w));
    json_open(j, "segment_ids", '[');
    for (unsigned i = 0; i < LENGTH; i++)
        json_hex(j, NULL, segments[i].b, HASH_BYTES);
    json_close(j, ']');
    json_close(j, '}');
    free(item);
    free(wire);
}

void make_segment(struct json *j, struct cast *c)
{
    segment(j, c, "one record, flash", 1, LANE_FLASH);
    segment(j, c, "three records", 3, LANE_ROUTINE);
    segment(j, c, "256 records, every fifth without its payload", 256, LANE_ROUTINE);
    run(j, c, "70 segments, another epoch from position 41 on", false);
    run(j, c, "the same with a hole from 21 to 30", true);
}
