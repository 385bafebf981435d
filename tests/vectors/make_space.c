/* Vectors of how a space is met and compared: its founding segment, two of them, copies with and without payloads, the
 * digest over its logs. */
#include "cast.h"

#include "protocol/object/op.h"
#include "protocol/core_inner.h"

#include <stdlib.h>

static void begin(struct json *j, const char *type, const char *name)
{
    json_open(j, NULL, '{');
    json_text(j, "type", type);
    json_text(j, "name", name);
}

/* --- the first segment of a control log: the space's genesis ------------------------------------------- */

struct founding {
    struct space_id space;
    struct cast_log log;
    struct record_id record;
    uint8_t wire[GENESIS_BYTES_MAX + 1024];
    size_t wire_len;
};

/* number: of the incarnation, so that one creator can found twice. */
static void found(struct founding *out, struct cast *c, bool exercise, uint64_t number)
{
    static uint8_t body[GENESIS_BYTES_MAX], item[SEGMENT_ITEM_MAX];
    struct space_genesis g = c->space_genesis;
    uint8_t seed[32], bytes[RECORD_HEADER_MAX];
    g.exercise = exercise;
    size_t len = space_genesis_write(body, &g);
    *out = (struct founding){.space = space_id_of(body, len)};
    out->log.genesis = (struct log_genesis){.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .role = LOG_CONTROL,
                                            .space = out->space, .agency = c->a.identity.agency, .node = c->a.keys.sign};
    cast_draw(seed, sizeof(seed), "founding", number);
    sign_keys_from_seed(&out->log.genesis.incarnation, &out->log.secret, seed);
    out->log.len = log_genesis_make(out->log.bytes, &out->log.genesis, exercise, &c->a.sign_secret, &out->log.secret);
    out->log.id = log_id_of(out->log.bytes, out->log.len);
    struct segment_record r = {.header = {.version = FORMAT_VERSION, .operation = CTL_GENESIS, .schema = 1, .sequence = 1,
                                          .flags = RECORD_CLEAR | RECORD_STRUCTURAL, .hlc = cast_ms() << 16,
                                          .payload_len = (uint32_t)len, .payload_hash = payload_hash_of(body, len)},
                               .payload = {body, len}};
    struct segment_header h = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = LANE_CONTROL, .count = 1,
                               .space = out->space, .log = out->log.id, .position = 1, .first_sequence = 1};
    memcpy(h.prev.b, out->log.id.b, HASH_BYTES);
    out->record = record_id_of(&out->log.id, bytes, record_header_write(bytes, &r.header));
    struct writer w = writer_over(item, sizeof(item));
    writer_skip(&w, SEGMENT_HEADER_BYTES);
    segment_record_write(&w, &r);
    size_t item_len = writer_len(&w);
    segment_item_finish(item, &h, &out->record, exercise, &out->log.secret);
    struct segment_chain chain = {.space = out->space, .log = out->log.id};
    w = writer_over(out->wire, sizeof(out->wire));
    segment_wire_write(&w, &chain, item, item_len);
    out->wire_len = writer_len(&w);
    if (!item_len || !out->wire_len)
        abort();
}

static void put_founding(struct json *j, const struct founding *f)
{
    json_hex(j, "genesis", f->log.bytes, f->log.len);
    json_hex(j, "wire", f->wire, f->wire_len);
    json_hex(j, "log", f->log.id.b, HASH_BYTES);
    json_hex(j, "record", f->record.b, HASH_BYTES);
}

static void foundings(struct json *j, struct cast *c)
{
    static struct founding one, other;
    for (unsigned exercise = 0; exercise < 2; exercise++) {
        found(&one, c, exercise, exercise);
        begin(j, "founding", exercise ? "of an exercise" : "of a space");
        json_hex(j, "space", one.space.b, HASH_BYTES);
        json_flag(j, "exercise", exercise);
        put_founding(j, &one);
        json_close(j, '}');
    }
    found(&one, c, false, 2);
    found(&other, c, false, 3);
    begin(j, "roots", "a creator who founded twice");
    json_hex(j, "space", one.space.b, HASH_BYTES);
    json_open(j, "foundings", '[');
    for (unsigned i = 0; i < 2; i++) {
        json_open(j, NULL, '{');
        put_founding(j, i ? &other : &one);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_hex(j, "root", record_id_cmp(&one.record, &other.record) < 0 ? one.record.b : other.record.b, HASH_BYTES);
    json_close(j, '}');
}

/* --- a copy without payloads and wraps ------------------------------------------------------------------ */

static void copies(struct json *j, struct cast *c)
{
    static uint8_t item[SEGMENT_ITEM_MAX], bare[SEGMENT_ITEM_MAX], payloads[2][1024];
    uint8_t wrap[RECORD_WRAP_BYTES], bytes[RECORD_HEADER_MAX];
    struct record_id ids[2];
    struct segment_header h = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = LANE_ROUTINE, .count = 2,
                               .space = c->space, .log = c->data.id, .position = 1, .first_sequence = 1};
    struct writer full = writer_over(item, sizeof(item)), without = writer_over(bare, sizeof(bare));
    memcpy(h.prev.b, c->data.id.b, HASH_BYTES);
    memcpy(h.epoch.b, c->epoch[0].b, HASH_BYTES);
    writer_skip(&full, SEGMENT_HEADER_BYTES);
    writer_skip(&without, SEGMENT_HEADER_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        struct segment_record r = {.header = cast_header(c, i + 1)};
        struct seal_nonce nonce, wrap_nonce;
        struct seal_key key = c->epoch_key[0];
        size_t len;
        cast_draw(nonce.b, sizeof(nonce.b), "copy-nonce", i);
        if (i) { /* the second is personal */
            r.header.flags = RECORD_PERSONAL;
            cast_draw(key.b, sizeof(key.b), "copy-key", 0);
        }
        if (payload_seal(c->codec, payloads[i], &len, (struct bytes){(const uint8_t *)"\x81\x00\x01", 3}, &c->data.id,
                         &r.header, &nonce, &key) != MUSTER_OK)
            abort();
        if (i) {
            cast_draw(wrap_nonce.b, sizeof(wrap_nonce.b), "copy-wrap", 0);
            payload_wrap(wrap, &c->data.id, &r.header, &key, &wrap_nonce, &c->epoch_key[0]);
            r.header.refs[r.header.ref_count].role = REF_WRAP;
            r.header.refs[r.header.ref_count++].hash = wrap_hash_of(wrap, sizeof(wrap));
        }
        ids[i] = record_id_of(&c->data.id, bytes, record_header_write(bytes, &r.header));
        segment_record_write(&without, &r);
        r.payload = (struct bytes){payloads[i], len};
        if (i)
            r.wrap = (struct bytes){wrap, sizeof(wrap)};
        segment_record_write(&full, &r);
    }
    size_t len = writer_len(&full), bare_len = writer_len(&without);
    segment_item_finish(item, &h, ids, false, &c->data.secret);
    memcpy(bare, item, SEGMENT_HEADER_BYTES);
    if (segment_item_check(item, len, NULL) != MUSTER_OK || segment_item_check(bare, bare_len, NULL) != MUSTER_OK)
        abort();
    struct segment_id id = segment_id_of(item);
    begin(j, "copies", "of one segment, with and without payloads and wrap");
    json_hex(j, "item", item, len);
    json_hex(j, "bare", bare, bare_len);
    json_hex(j, "incarnation", c->data.genesis.incarnation.b, 32);
    json_hex(j, "id", id.b, HASH_BYTES);
    json_hex(j, "epoch_key", c->epoch_key[0].b, 32);
    json_close(j, '}');
}

/* --- the digest over a space's logs ---------------------------------------------------------------------- */

enum { LOGS = 5 };

static void digest(struct json *j, struct cast *c)
{
    struct core *core = calloc(1, sizeof(*core));
    struct space space = {.number = 0, .id = c->space};
    struct log logs[LOGS], *at[LOGS];
    struct log_interval interval = {.first = 9, .last = 12};
    struct hash beyond = cast_hash("digest-interval", 0);
    memcpy(interval.id.b, beyond.b, HASH_BYTES);
    if (!core)
        abort();
    core->logs = at;
    core->log_count = LOGS;
    for (unsigned i = 0; i < LOGS; i++) {
        struct hash id = cast_hash("digest-log", i), head = cast_hash("digest-head", i);
        logs[i] = (struct log){.number = i + 1, .genesis = {.role = LOG_DATA}};
        memcpy(logs[i].id.b, id.b, HASH_BYTES);
        memcpy(logs[i].durable_id.b, i == 2 ? id.b : head.b, HASH_BYTES);
        logs[i].prefix = logs[i].durable_prefix = i == 2 || i == 3 ? 0 : 5 + i;
        at[i] = &logs[i];
    }
    logs[1].fork_at = 4;
    logs[2].intervals = &interval; /* nothing but what lies behind a hole */
    logs[2].interval_count = 1;
    logs[4].genesis.role = LOG_CONTROL; /* logs[3] holds nothing: neither counts here */
    struct hash sum = space_digest(core, &space, false);
    begin(j, "digest", "of a space's data logs, given in no order");
    json_open(j, "logs", '[');
    for (unsigned i = 0; i < 3; i++) {
        json_open(j, NULL, '{');
        json_hex(j, "id", logs[i].id.b, HASH_BYTES);
        json_number(j, "prefix", logs[i].durable_prefix);
        json_hex(j, "head", logs[i].durable_id.b, HASH_BYTES);
        json_number(j, "fork_at", logs[i].fork_at);
        json_number(j, "highest", log_top(&logs[i]));
        if (logs[i].interval_count) { /* the same interval once: first position and the id of its last segment */
            json_number(j, "interval_first", interval.first);
            json_hex(j, "interval_id", interval.id.b, HASH_BYTES);
        }
        json_close(j, '}');
    }
    json_close(j, ']');
    json_hex(j, "digest", sum.b, HASH_BYTES);
    json_close(j, '}');
    free(core);
}

void make_space(struct json *j, struct cast *c)
{
    foundings(j, c);
    copies(j, c);
    digest(j, c);
}
