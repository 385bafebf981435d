/* Vectors of every frame, and of an object's stored state. */
#include "cast.h"

#include "base/pack.h"
#include "protocol/object/state.h"
#include "protocol/wire/frame.h"

#include <stdlib.h>

enum { ROOM = 128 * 1024 };

static void begin(struct json *j, const char *type, const char *name)
{
    json_open(j, NULL, '{');
    json_text(j, "type", type);
    json_text(j, "name", name);
}

static void frame(struct json *j, const char *name, const struct writer *w)
{
    if (!writer_len(w))
        abort();
    begin(j, "frame", name);
    json_hex(j, "bytes", w->start, writer_len(w));
}

static void put_hello(struct json *j, struct writer w, struct hello *h)
{
    *h = (struct hello){.version_min = 1, .version_max = 1, .features = 1, .item_max = FRAME_BODY_MAX, .credit = 1 << 20,
                        .clock_ms = cast_ms(), .software = {(const uint8_t *)"muster 0.1.0", 12}};
    cast_draw(h->nonce, sizeof(h->nonce), "nonce", 0);
    cast_draw(h->boot, sizeof(h->boot), "boot", 0);
    hello_write(&w, h);
    frame(j, "HELLO", &w);
    json_number(j, "version_min", h->version_min);
    json_number(j, "version_max", h->version_max);
    json_number(j, "features", h->features);
    json_number(j, "critical", h->critical);
    json_number(j, "item_max", h->item_max);
    json_number(j, "credit", h->credit);
    json_number(j, "clock", h->clock_ms);
    json_hex(j, "nonce", h->nonce, 32);
    json_hex(j, "boot", h->boot, 16);
    json_text_n(j, "software", h->software.at, h->software.len);
    json_close(j, '}');
}

static void put_auth(struct json *j, struct writer w, struct cast *c, const uint8_t own_nonce[32])
{
    uint8_t peer_nonce[32];
    cast_draw(peer_nonce, sizeof(peer_nonce), "nonce", 1);
    struct hash binding = auth_binding(own_nonce, peer_nonce, &c->a.keys.curve, &c->b.keys.curve);
    struct bytes covered = {binding.b, sizeof(binding.b)};
    struct auth a = {.card = {c->a.card, c->a.card_len}};
    crypto_sign_parts(&a.signature, &c->a.sign_secret, "muster/1/auth-signature", &covered, 1);
    auth_write(&w, &a);
    frame(j, "AUTH", &w);
    json_hex(j, "own_nonce", own_nonce, 32);
    json_hex(j, "peer_nonce", peer_nonce, 32);
    json_hex(j, "own_curve", c->a.keys.curve.b, 32);
    json_hex(j, "peer_curve", c->b.keys.curve.b, 32);
    json_hex(j, "binding", binding.b, HASH_BYTES);
    json_hex(j, "sign", c->a.keys.sign.b, 32);
    json_close(j, '}');
}

static void put_heads(struct json *j, struct writer w, struct cast *c, const uint8_t tag[16])
{
    struct heads_entry *e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    uint8_t *at = frame_begin(&w, FRAME_HEADS, HEADS_FULL | HEADS_LAST);
    heads_begin(&w, tag);
    *e = (struct heads_entry){.log = {.index = 0, .first = true, .id = c->data.id}, .prefix = 300, .fork_at = 0,
                              .interval_count = 2, .intervals = {{.first = 310, .last = 320}, {.first = 100000, .last = 100000}}};
    cast_draw(e->hash, 8, "short", 0);
    cast_draw(e->intervals[0].hash, 8, "short", 1);
    cast_draw(e->intervals[1].hash, 8, "short", 2);
    heads_entry_write(&w, e);
    *e = (struct heads_entry){.log = {.index = 0}, .prefix = 301, .fork_at = 299};
    cast_draw(e->hash, 8, "short", 3);
    heads_entry_write(&w, e);
    *e = (struct heads_entry){.log = {.index = 1, .first = true, .id = c->late.id}};
    heads_entry_write(&w, e);
    frame_end(&w, at);
    free(e);
    frame(j, "HEADS", &w);
    json_number(j, "flags", HEADS_FULL | HEADS_LAST);
    json_hex(j, "tag", tag, 16);
    json_open(j, "ids", '[');
    json_hex(j, NULL, c->data.id.b, HASH_BYTES);
    json_hex(j, NULL, c->late.id.b, HASH_BYTES);
    json_close(j, ']');
    json_open(j, "shorts", '[');
    for (unsigned i = 0; i < 4; i++) {
        uint8_t shorter[8];
        cast_draw(shorter, 8, "short", i);
        json_hex(j, NULL, shorter, 8);
    }
    json_close(j, ']');
    json_open(j, "prefixes", '[');
    json_number(j, NULL, 300);
    json_number(j, NULL, 301);
    json_number(j, NULL, 0);
    json_close(j, ']');
    json_open(j, "forks", '[');
    json_number(j, NULL, 0);
    json_number(j, NULL, 299);
    json_number(j, NULL, 0);
    json_close(j, ']');
    json_open(j, "intervals", '[');
    for (unsigned i = 0; i < 4; i++)
        json_number(j, NULL, (const unsigned[]){310, 320, 100000, 100000}[i]);
    json_close(j, ']');
    json_close(j, '}');
}

static void put_want(struct json *j, struct writer w, struct cast *c, const uint8_t tag[16])
{
    const struct want_range ranges[] = {{1, 1}, {301, 309}, {UINT64_MAX / 4, UINT64_MAX / 4}};
    struct log_name name = {.index = 5, .first = true, .id = c->late.id};
    uint8_t *at = frame_begin(&w, FRAME_WANT, 0);
    writer_put(&w, tag, 16);
    want_write(&w, &name, ranges, 3);
    name = (struct log_name){.index = 3};
    want_write(&w, &name, ranges, 1);
    frame_end(&w, at);
    frame(j, "WANT", &w);
    json_hex(j, "tag", tag, 16);
    json_hex(j, "log", c->late.id.b, HASH_BYTES);
    json_open(j, "ranges", '[');
    for (unsigned i = 0; i < 3; i++) {
        json_number(j, NULL, ranges[i].first);
        json_number(j, NULL, ranges[i].last);
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void put_seg(struct json *j, struct writer w, struct cast *c, const uint8_t tag[16])
{
    static uint8_t item[SEGMENT_ITEM_MAX];
    struct record_id ids[SEGMENT_RECORDS_MAX];
    struct segment_chain chain = {.space = c->space, .log = c->data.id}, written = chain;
    struct writer start = w;
    struct seg seg = {.lane = LANE_CATCHUP, .log = c->data.id, .genesis = {c->data.bytes, c->data.len}};
    memcpy(seg.tag, tag, 16);
    uint8_t *at = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &seg);
    for (unsigned i = 0; i < 2; i++) {
        size_t len = cast_segment(c, item, sizeof(item), &chain, 2, 0, LANE_ROUTINE, ids);
        segment_wire_write(&w, &written, item, len);
    }
    frame_end(&w, at);
    frame(j, "SEG", &w);
    json_hex(j, "tag", tag, 16);
    json_number(j, "lane", LANE_CATCHUP);
    json_hex(j, "log", c->data.id.b, HASH_BYTES);
    json_hex(j, "space", c->space.b, HASH_BYTES);
    json_hex(j, "incarnation", c->data.genesis.incarnation.b, 32);
    json_number(j, "segments", 2);
    json_hex(j, "last", chain.id.b, HASH_BYTES);
    json_close(j, '}');
    /* The same body in pieces of 500 bytes: one message of several frames. */
    static uint8_t body[ROOM];
    size_t total = (size_t)(w.at - at) - FRAME_HEADER_BYTES;
    memcpy(body, at + FRAME_HEADER_BYTES, total);
    w = start;
    for (size_t done = 0; done < total; done += 500) {
        struct frag f = {.lane = LANE_CATCHUP, .total = (uint32_t)total, .offset = (uint32_t)done,
                         .piece = {body + done, total - done < 500 ? total - done : 500}};
        frag_write(&w, &f);
    }
    begin(j, "frags", "the same SEG in pieces");
    json_hex(j, "bytes", w.start, writer_len(&w));
    json_number(j, "lane", LANE_CATCHUP);
    json_hex(j, "body", body, total);
    json_close(j, '}');
}

static void put_ids(struct json *j, const struct cast *c)
{
    json_open(j, "ids", '[');
    json_hex(j, NULL, c->epoch[0].b, HASH_BYTES);
    json_hex(j, NULL, c->epoch[1].b, HASH_BYTES);
    json_close(j, ']');
}

static void put_keys(struct json *j, struct writer w, struct cast *c, const uint8_t tag[16])
{
    struct writer start = w;
    keyreq_write(&w, tag, c->epoch, 2);
    frame(j, "KEYREQ", &w);
    json_hex(j, "tag", tag, 16);
    put_ids(j, c);
    json_close(j, '}');
    struct key_frame key = {.epoch = c->epoch[0]};
    uint8_t seed[32];
    memcpy(key.tag, tag, 16);
    cast_draw(seed, sizeof(seed), "key-frame", 0);
    if (box_seal_seeded(key.sealed, c->epoch_key[0].b, 32, &c->b.keys.box, seed) != MUSTER_OK)
        abort();
    w = start;
    key_write(&w, &key);
    frame(j, "KEY", &w);
    json_hex(j, "tag", tag, 16);
    json_hex(j, "epoch", c->epoch[0].b, HASH_BYTES);
    json_hex(j, "box_secret", c->b.box_secret.b, 32);
    json_hex(j, "key", c->epoch_key[0].b, 32);
    json_close(j, '}');
}

static void put_number(struct json *j, struct writer w, enum frame_type type, uint64_t first, const uint64_t *second)
{
    uint8_t *at = frame_begin(&w, type, 0);
    if (type == FRAME_CREDIT)
        writer_u32(&w, (uint32_t)first);
    else
        writer_u64(&w, first);
    if (second)
        writer_u64(&w, *second);
    frame_end(&w, at);
    frame(j, frame_name((uint8_t)type), &w);
    json_number(j, "first", first);
    if (second)
        json_number(j, "second", *second);
    json_close(j, '}');
}

static void put_error(struct json *j, struct writer w, enum frame_type type, enum muster_error error, const struct hash *item)
{
    uint8_t *at = frame_begin(&w, type, 0);
    err_write(&w, error, item, "a segment was refused");
    frame_end(&w, at);
    frame(j, frame_name((uint8_t)type), &w);
    json_number(j, "error", error);
    json_text(j, "text", "a segment was refused");
    json_hex(j, "item", item ? item->b : (const uint8_t[HASH_BYTES]){0}, HASH_BYTES);
    json_close(j, '}');
}

void make_frame(struct json *j, struct cast *c)
{
    uint8_t *room = malloc(ROOM), tag[16];
    struct writer start = writer_over(room, ROOM), w = start;
    struct hello hello;
    cast_draw(tag, sizeof(tag), "tag", 0);
    put_hello(j, start, &hello);
    put_auth(j, start, c, hello.nonce);
    struct space_entry entries[2];
    cast_draw(entries, sizeof(entries), "spaces", 0);
    spaces_write(&w, entries, 2);
    frame(j, "SPACES", &w);
    json_open(j, "entries", '[');
    for (size_t i = 0; i < 2; i++) {
        json_hex(j, NULL, entries[i].tag, 16);
        json_hex(j, NULL, entries[i].control, 16);
        json_hex(j, NULL, entries[i].data, 16);
    }
    json_close(j, ']');
    json_close(j, '}');
    w = start;
    ctlheads_write(&w, tag, c->epoch, 2);
    frame(j, "CTLHEADS", &w);
    json_hex(j, "tag", tag, 16);
    put_ids(j, c);
    json_close(j, '}');
    put_heads(j, start, c, tag);
    put_want(j, start, c, tag);
    put_seg(j, start, c, tag);
    put_keys(j, start, c, tag);
    struct hash item = cast_hash("item", 0);
    uint64_t answer = cast_ms() + 12;
    put_number(j, start, FRAME_CREDIT, 262144, NULL);
    put_number(j, start, FRAME_PING, cast_ms(), NULL);
    put_number(j, start, FRAME_PONG, cast_ms(), &answer);
    put_error(j, start, FRAME_ERR, MUSTER_ESIGNATURE, &item);
    put_error(j, start, FRAME_BYE, MUSTER_EVERSION, NULL);
    w = start;
    uint8_t *at = frame_begin(&w, FRAME_CARD, 0);
    writer_put(&w, c->a.card, c->a.card_len);
    frame_end(&w, at);
    frame(j, "CARD", &w);
    json_hex(j, "agency", c->a.identity.agency.b, HASH_BYTES);
    json_close(j, '}');
    /* One message: an unknown frame between two known ones. */
    w = start;
    at = frame_begin(&w, FRAME_PING, 0);
    writer_u64(&w, 1);
    frame_end(&w, at);
    at = frame_begin(&w, (enum frame_type)200, 7);
    writer_put(&w, "of a later version", 18);
    frame_end(&w, at);
    at = frame_begin(&w, FRAME_CREDIT, 0);
    writer_u32(&w, 1);
    frame_end(&w, at);
    begin(j, "message", "an unknown frame is skipped by its length");
    json_hex(j, "bytes", room, writer_len(&w));
    json_open(j, "types", '[');
    json_number(j, NULL, FRAME_PING);
    json_number(j, NULL, 200);
    json_number(j, NULL, FRAME_CREDIT);
    json_close(j, ']');
    json_close(j, '}');
    free(room);
}

/* --- objects ------------------------------------------------------------------------------------------ */

/* What a view that does not fit is made of: long values are named by their size. */
static void put_tight(struct json *j, struct cast *c)
{
    static uint8_t under[512], over[2 * OBJECT_TIGHT_VALUE_MAX + 64], view[OBJECT_TIGHT_VALUE_MAX + 1024];
    static char text[OBJECT_TIGHT_VALUE_MAX];
    size_t under_len = cast_body(under);
    (void)c;
    memset(text, 'a', sizeof(text));
    struct writer w = writer_over(over, sizeof(over));
    pack_map(&w, 2);
    pack_uint(&w, 14);
    pack_text(&w, text, OBJECT_TIGHT_VALUE_MAX - 3); /* with its head just what stays */
    pack_uint(&w, 15);
    pack_text(&w, text, OBJECT_TIGHT_VALUE_MAX - 2); /* one more */
    uint64_t mask = 1 << 14 | 1 << 15;
    size_t len = object_view_merge_tight(view, sizeof(view), (struct bytes){under, under_len},
                                         (struct bytes){over, writer_len(&w)}, mask, OBJECT_TIGHT_VALUE_MAX);
    if (!len)
        abort();
    begin(j, "view", "that would not fit: a value of more than 7168 bytes is named by its size");
    json_hex(j, "under", under, under_len);
    json_hex(j, "over", over, writer_len(&w));
    json_number(j, "mask", mask);
    json_number(j, "value_max", OBJECT_TIGHT_VALUE_MAX);
    json_hex(j, "view", view, len);
    json_close(j, '}');
}

void make_object(struct json *j, struct cast *c)
{
    static uint8_t view[4096], over[2048], state_bytes[8192];
    struct object_stored s = {.kind = 1, .flags = OBJECT_CONFLICT | OBJECT_LATE, .owner = c->a.identity.agency,
                              .term = cast_hash("term", 0), .created = cast_ms() << 16, .changed = (cast_ms() + 5) << 16 | 2,
                              .revision = 3, .head_count = 2, .conflict_mask = 8, .erased_mask = 0x20, .log = 4, .sequence = 9};
    struct hash heads[2] = {cast_hash("state-head", 0), cast_hash("state-head", 1)};
    bool swap = hash_cmp(&heads[0], &heads[1]) > 0;
    memcpy(s.heads[0].b, heads[swap].b, HASH_BYTES);
    memcpy(s.heads[1].b, heads[!swap].b, HASH_BYTES);
    uint8_t body[512];
    size_t body_len = cast_body(body);
    struct writer w = writer_over(over, sizeof(over));
    static const uint8_t bytes[4];
    pack_map(&w, 3);
    pack_uint(&w, 3);
    pack_text(&w, "recovery", 8);
    pack_uint(&w, 13);
    pack_map(&w, 2);
    pack_uint(&w, 1);
    pack_text(&w, "application/xml", 15);
    pack_uint(&w, 2);
    pack_bytes(&w, bytes, sizeof(bytes));
    pack_uint(&w, 5);
    writer_u8(&w, 0xc0);
    uint64_t mask = 1 << 3 | 1 << 13;
    s.view.at = view;
    s.view.len = object_view_merge(view, sizeof(view), (struct bytes){body, body_len}, (struct bytes){over, writer_len(&w)}, mask);
    begin(j, "view", "of two bodies, with evidence named by its size");
    json_hex(j, "under", body, body_len);
    json_hex(j, "over", over, writer_len(&w));
    json_number(j, "mask", mask);
    json_hex(j, "view", view, s.view.len);
    json_close(j, '}');
    put_tight(j, c);
    size_t len = object_stored_write(state_bytes, sizeof(state_bytes), &s);
    struct object_stored back;
    if (!len || object_stored_read(&back, (struct bytes){state_bytes, len}) != MUSTER_OK)
        abort();
    struct object_id object = object_id_of(&c->data.id, 42, cast_ms() << 16);
    struct bytes parts[] = {{(const uint8_t[HASH_BYTES]){0}, HASH_BYTES}, {object.b, OBJECT_ID_BYTES},
                            {state_bytes, back.canonical_len}};
    struct hash digest = crypto_hash_parts("muster/1/objects", parts, ARRAY_LEN(parts));
    begin(j, "state", "of an object with two heads");
    json_hex(j, "bytes", state_bytes, len);
    json_number(j, "canonical_len", back.canonical_len);
    json_hex(j, "object", object.b, OBJECT_ID_BYTES);
    json_hex(j, "digest", digest.b, HASH_BYTES);
    json_number(j, "kind", s.kind);
    json_number(j, "flags", s.flags);
    json_hex(j, "owner", s.owner.b, HASH_BYTES);
    json_hex(j, "term", s.term.b, HASH_BYTES);
    json_number(j, "created", s.created);
    json_number(j, "changed", s.changed);
    json_number(j, "revision", s.revision);
    json_open(j, "heads", '[');
    json_hex(j, NULL, s.heads[0].b, HASH_BYTES);
    json_hex(j, NULL, s.heads[1].b, HASH_BYTES);
    json_close(j, ']');
    json_number(j, "conflict_mask", s.conflict_mask);
    json_number(j, "erased_mask", s.erased_mask);
    json_hex(j, "view", view, s.view.len);
    json_close(j, '}');
}
