#include "cast.h"

#include "base/pack.h"
#include "protocol/object/op.h"
#include "protocol/trust/statement.h"

#include <stdlib.h>

uint64_t cast_ms(void)
{
    return (uint64_t)CAST_NOW_MS * 1000;
}

void cast_draw(void *out, size_t len, const char *label, uint64_t number)
{
    static const uint8_t seed[32] = "muster format 1, golden vectors";
    crypto_expand(out, len, seed, label, number);
}

struct hash cast_hash(const char *label, uint64_t number)
{
    struct hash h;
    cast_draw(h.b, sizeof(h.b), label, number);
    return h;
}

static void keys_from(struct sign_public *public_key, struct sign_secret *secret, const char *label, uint64_t number)
{
    uint8_t seed[32];
    cast_draw(seed, sizeof(seed), label, number);
    sign_keys_from_seed(public_key, secret, seed);
}

static bool keep(struct player *p, size_t len)
{
    p->statements[p->statement_count] = (struct bytes){p->statement_bytes[p->statement_count], len};
    p->statement_count++;
    return len > 0;
}

static bool player_make(struct player *p, uint64_t n, const char *name, const char *country, bool rotates)
{
    uint8_t seed[32];
    keys_from(&p->root, &p->root_secret, "root", n);
    keys_from(&p->next_root, &p->next_secret, "next-root", n);
    keys_from(&p->keys.sign, &p->sign_secret, "node", n);
    cast_draw(seed, sizeof(seed), "box", n);
    box_keys_from_seed(&p->keys.box, &p->box_secret, seed);
    cast_draw(p->curve_secret.b, sizeof(p->curve_secret.b), "curve", n);
    curve_public_of(&p->keys.curve, &p->curve_secret);
    struct hash next = next_root_of(&p->next_root);
    bool ok = keep(p, statement_inception(p->statement_bytes[0], &p->identity, &p->root, &p->root_secret, &next, name,
                                          country, cast_ms()));
    ok = ok && keep(p, statement_node(p->statement_bytes[p->statement_count], &p->identity, &p->root_secret, &p->keys,
                                      "node one", cast_ms() + 86400000, cast_ms() + 1));
    if (ok && rotates) {
        struct sign_public third;
        struct sign_secret unused;
        keys_from(&third, &unused, "third-root", n);
        next = next_root_of(&third);
        ok = keep(p, statement_rotation(p->statement_bytes[p->statement_count], &p->identity, &p->next_root,
                                        &p->next_secret, &next, cast_ms() + 2));
    }
    static const char *const endpoints[] = {"tcp://203.0.113.7:7117", "tcp://[2001:db8::7]:7117"};
    p->card_len = card_make(p->card, &p->identity, p->statements, p->statement_count, &p->keys.sign, &p->sign_secret,
                            endpoints, n == 0 ? 2 : 1, n == 0 ? "duty officer, +86 831 000000" : NULL, 7 + n, cast_ms() + 3);
    return ok && p->card_len;
}

static void log_make(struct cast *c, struct cast_log *log, enum log_role role, bool exercise, uint64_t n)
{
    uint8_t seed[32];
    struct sign_public incarnation;
    cast_draw(seed, sizeof(seed), "incarnation", n);
    sign_keys_from_seed(&incarnation, &log->secret, seed);
    log->genesis.version = FORMAT_VERSION;
    log->genesis.algorithm = ALGORITHM_1;
    log->genesis.role = (uint8_t)role;
    log->genesis.space = c->space;
    log->genesis.agency = c->a.identity.agency;
    log->genesis.node = c->a.keys.sign;
    log->genesis.incarnation = incarnation;
    log->len = log_genesis_make(log->bytes, &log->genesis, exercise, &c->a.sign_secret, &log->secret);
    log->id = log_id_of(log->bytes, log->len);
}

struct cast *cast_new(void)
{
    struct cast *c = calloc(1, sizeof(*c));
    if (!c || !player_make(&c->a, 0, "Yibin Fire and Rescue", "CN", true) ||
        !player_make(&c->b, 1, "Protección Civil Norte", "CO", false) || !(c->codec = payload_codec_new())) {
        cast_free(c);
        return NULL;
    }
    struct space_genesis *g = &c->space_genesis;
    *g = (struct space_genesis){.rules = RULES_VERSION, .creator = c->a.identity.agency, .admin_count = 2,
                                .controller = c->a.identity.agency, .retention_days = 3650, .history = HISTORY_ALL,
                                .card_count = 2, .created_ms = cast_ms()};
    strcpy(g->name, "Upper river floods");
    strcpy(g->purpose, "joint response of both provinces");
    g->admins[0] = c->a.identity.agency;
    g->admins[1] = c->b.identity.agency;
    g->cards[0] = (struct bytes){c->a.card, c->a.card_len};
    g->cards[1] = (struct bytes){c->b.card, c->b.card_len};
    cast_draw(g->salt, sizeof(g->salt), "salt", 0);
    c->space_len = space_genesis_write(c->space_bytes, g);
    c->space = space_id_of(c->space_bytes, c->space_len);
    log_make(c, &c->control, LOG_CONTROL, false, 0);
    log_make(c, &c->data, LOG_DATA, false, 1);
    log_make(c, &c->exercise, LOG_DATA, true, 2);
    c->late.genesis.reason = LOG_RESTORED;
    c->late.genesis.predecessor = c->data.id;
    c->late.genesis.predecessor_position = 70;
    struct hash head = cast_hash("head", 0), ctl[2] = {cast_hash("ctl", 0), cast_hash("ctl", 1)};
    memcpy(c->late.genesis.predecessor_head.b, head.b, HASH_BYTES);
    c->late.genesis.ctl_count = 2;
    memcpy(c->late.genesis.ctl[0].b, ctl[0].b, HASH_BYTES);
    memcpy(c->late.genesis.ctl[1].b, ctl[1].b, HASH_BYTES);
    log_make(c, &c->late, LOG_DATA, false, 3);
    for (unsigned e = 0; e < 2; e++) {
        struct hash id = cast_hash("epoch", e);
        memcpy(c->epoch[e].b, id.b, HASH_BYTES);
        cast_draw(c->epoch_key[e].b, sizeof(c->epoch_key[e].b), "epoch-key", e);
    }
    return c;
}

void cast_free(struct cast *c)
{
    if (c)
        payload_codec_free(c->codec);
    free(c);
}

struct record_header cast_header(const struct cast *c, uint64_t sequence)
{
    struct record_header h = {.version = FORMAT_VERSION, .operation = OP_CREATE, .kind = 1, .schema = 1,
                              .sequence = sequence, .hlc = (cast_ms() + sequence) << 16 | (sequence & 3), .mask = 0x29};
    h.object = object_id_of(&c->data.id, sequence, h.hlc);
    return h;
}

size_t cast_body(uint8_t out[512])
{
    static const char name[] = "Levee breach below the confluence, left bank, 宜宾", phase[] = "active", met[] = "Met",
                      geo[] = "Geo";
    struct writer w = writer_over(out, 512);
    pack_map(&w, 3);
    pack_uint(&w, 0);
    pack_text(&w, name, strlen(name));
    pack_uint(&w, 3);
    pack_text(&w, phase, strlen(phase));
    pack_uint(&w, 5);
    pack_array(&w, 2);
    pack_text(&w, met, strlen(met));
    pack_text(&w, geo, strlen(geo));
    return writer_len(&w);
}

size_t cast_segment(struct cast *c, uint8_t *item, size_t size, struct segment_chain *chain, uint32_t count, unsigned e,
                    uint16_t flags, struct record_id *ids)
{
    struct segment_header h = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = flags, .count = count,
                               .space = c->space, .log = c->data.id, .position = chain->position + 1,
                               .first_sequence = chain->started ? chain->next_sequence : 1, .prev = chain->id};
    memcpy(h.epoch.b, c->epoch[e].b, HASH_BYTES);
    if (!chain->started)
        memcpy(h.prev.b, c->data.id.b, HASH_BYTES);
    struct writer w = writer_over(item, size);
    writer_skip(&w, SEGMENT_HEADER_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        static uint8_t payload[PAYLOAD_BYTES_MAX];
        uint8_t body[16], bytes[RECORD_HEADER_MAX];
        struct record_header r = cast_header(c, h.first_sequence + i);
        struct seal_nonce nonce;
        struct writer b = writer_over(body, sizeof(body));
        size_t len;
        pack_map(&b, 1);
        pack_uint(&b, 0);
        pack_uint(&b, r.sequence);
        r.mask = 1;
        cast_draw(nonce.b, sizeof(nonce.b), "segment-nonce", r.sequence);
        if (payload_seal(c->codec, payload, &len, (struct bytes){body, writer_len(&b)}, &c->data.id, &r, &nonce,
                         &c->epoch_key[e]) != MUSTER_OK)
            return 0;
        struct segment_record record = {.header = r, .payload = {payload, len}};
        if (i % 5 == 4) /* not carried: the hash stands in its place */
            record.payload = (struct bytes){NULL, 0};
        segment_record_write(&w, &record);
        ids[i] = record_id_of(&c->data.id, bytes, record_header_write(bytes, &r));
    }
    size_t len = writer_len(&w);
    segment_item_finish(item, &h, ids, false, &c->data.secret);
    chain->position = h.position;
    chain->next_sequence = h.first_sequence + count;
    chain->started = true;
    chain->id = segment_id_of(item);
    return len;
}

void json_header(struct json *j, const struct record_header *h)
{
    json_number(j, "operation", h->operation);
    json_number(j, "flags", h->flags);
    json_number(j, "kind", h->kind);
    json_number(j, "schema", h->schema);
    json_hex(j, "object", h->object.b, OBJECT_ID_BYTES);
    json_number(j, "sequence", h->sequence);
    json_number(j, "hlc", h->hlc);
    json_number(j, "mask", h->mask);
    json_number(j, "payload_len", h->payload_len);
    json_hex(j, "payload_hash", h->payload_hash.b, HASH_BYTES);
    json_open(j, "refs", '[');
    for (size_t i = 0; i < h->ref_count; i++) {
        json_open(j, NULL, '{');
        json_number(j, "role", h->refs[i].role);
        json_hex(j, "hash", h->refs[i].hash.b, HASH_BYTES);
        json_close(j, '}');
    }
    json_close(j, ']');
}
