/* Negative vectors: sound items cut, extended and with one bit changed, and the error that the code gives. */
#include "cast.h"

#include "base/pack.h"
#include "protocol/object/state.h"
#include "protocol/trust/armour.h"
#include "protocol/wire/frame.h"

#include <stdlib.h>

enum { MAX = 64 * 1024 };

struct subject {
    const char *parser;
    enum muster_error (*read)(struct cast *c, const uint8_t *bytes, size_t len);
    size_t flips[16]; /* offsets of bits to change: 8 * byte + bit; 0 ends the list, byte 0 bit 0 excepted */
};

static enum muster_error read_genesis(struct cast *c, const uint8_t *bytes, size_t len)
{
    (void)c;
    return log_genesis_verify(bytes, len, false);
}

static enum muster_error read_header(struct cast *c, const uint8_t *bytes, size_t len)
{
    struct record_header h;
    (void)c;
    return record_header_read(&h, bytes, len);
}

static enum muster_error read_item(struct cast *c, const uint8_t *bytes, size_t len)
{
    enum muster_error error = segment_item_check(bytes, len, NULL);
    return error ? error : segment_verify(bytes, false, &c->data.genesis.incarnation);
}

static enum muster_error read_wire(struct cast *c, const uint8_t *bytes, size_t len)
{
    static uint8_t item[SEGMENT_ITEM_MAX];
    struct segment_chain chain = {.space = c->space, .log = c->data.id};
    struct segment_header h;
    struct record_id ids[SEGMENT_RECORDS_MAX];
    struct cursor cursor = cursor_over(bytes, len);
    enum muster_error error = MUSTER_OK;
    size_t item_len;
    uint32_t without;
    while (!error && cursor_left(&cursor)) {
        error = segment_wire_read(&cursor, &chain, item, sizeof(item), &item_len, &h, ids, &without);
        if (!error)
            error = segment_verify(item, false, &c->data.genesis.incarnation);
    }
    return error;
}

static enum muster_error read_statement(struct cast *c, const uint8_t *bytes, size_t len)
{
    struct identity identity = {.statements = 0};
    (void)c;
    return identity_take(&identity, bytes, len);
}

static enum muster_error read_card(struct cast *c, const uint8_t *bytes, size_t len)
{
    struct card *card = malloc(sizeof(*card));
    (void)c;
    enum muster_error error = card ? card_read(card, bytes, len) : MUSTER_EBUSY;
    free(card);
    return error;
}

static enum muster_error read_armour(struct cast *c, const uint8_t *bytes, size_t len)
{
    static uint8_t out[CARD_BYTES_MAX];
    size_t out_len;
    (void)c;
    return armour_read(out, sizeof(out), &out_len, "CARD", (const char *)bytes, len);
}

static enum muster_error read_space(struct cast *c, const uint8_t *bytes, size_t len)
{
    struct space_genesis g;
    (void)c;
    return space_genesis_read(&g, bytes, len);
}

static enum muster_error read_payload(struct cast *c, const uint8_t *bytes, size_t len)
{
    struct record_header h = cast_header(c, 1);
    struct bytes body;
    return payload_open(c->codec, &body, (struct bytes){bytes, len}, &c->data.id, &h, &c->epoch_key[0]);
}

static enum muster_error read_state(struct cast *c, const uint8_t *bytes, size_t len)
{
    struct object_stored s;
    (void)c;
    return object_stored_read(&s, (struct bytes){bytes, len});
}

static enum muster_error read_pack(struct cast *c, const uint8_t *bytes, size_t len)
{
    (void)c;
    return pack_check(bytes, len);
}

static enum muster_error read_heads(struct bytes body)
{
    uint8_t tag[16];
    struct cursor c;
    struct heads_entry *e = malloc(sizeof(*e));
    enum muster_error error = e ? heads_open(tag, &c, body) : MUSTER_EBUSY;
    while (!error && heads_next(&c, e, &error))
        ;
    free(e);
    return error;
}

static enum muster_error read_want(struct bytes body)
{
    static struct want_range ranges[WANT_RANGES_MAX];
    struct cursor c = cursor_over(body.at, body.len);
    uint8_t tag[16];
    struct log_name name;
    size_t count;
    enum muster_error error = MUSTER_OK;
    cursor_copy(&c, tag, 16);
    while (want_next(&c, &name, ranges, &count, &error))
        ;
    return error;
}

static enum muster_error read_credit(struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    cursor_u32(&c);
    return cursor_end(&c) ? MUSTER_ETRUNCATED : MUSTER_OK;
}

static enum muster_error read_frame(struct cast *cast, const uint8_t *bytes, size_t len)
{
    struct cursor c = cursor_over(bytes, len);
    struct frame f;
    (void)cast;
    for (;;) {
        union {
            struct hello hello;
            struct auth auth;
            struct seg seg;
            struct key_frame key;
            struct err_frame err;
            struct frag frag;
        } u;
        struct bytes entries;
        struct record_id ids[64];
        uint8_t tag[16];
        size_t count;
        enum muster_error error = frame_next(&c, &f);
        if (error || !f.type)
            return error;
        switch (f.type) {
        case FRAME_HELLO: error = hello_read(&u.hello, f.body); break;
        case FRAME_AUTH: error = auth_read(&u.auth, f.body); break;
        case FRAME_SPACES: error = spaces_read(&entries, &count, f.body); break;
        case FRAME_CTLHEADS: error = ctlheads_read(tag, ids, &count, f.body); break;
        case FRAME_HEADS: error = read_heads(f.body); break;
        case FRAME_WANT: error = read_want(f.body); break;
        case FRAME_SEG: error = seg_read(&u.seg, f.body); break;
        case FRAME_FRAG: error = frag_read(&u.frag, f.body); break;
        case FRAME_KEYREQ: error = keyreq_read(tag, ids, &count, f.body); break;
        case FRAME_KEY: error = key_read(&u.key, f.body); break;
        case FRAME_CREDIT: error = read_credit(f.body); break;
        case FRAME_ERR:
        case FRAME_BYE: error = err_read(&u.err, f.body); break;
        default: break;
        }
        if (error)
            return error;
    }
}

static void emit(struct json *j, struct cast *c, const struct subject *s, const char *item, const char *how,
                 const uint8_t *bytes, size_t len)
{
    enum muster_error error = s->read(c, bytes, len);
    if (error == MUSTER_OK)
        return; /* such a change makes another sound item: its id tells */
    char name[160];
    snprintf(name, sizeof(name), "%s, %s", item, how);
    json_open(j, NULL, '{');
    json_text(j, "type", "negative");
    json_text(j, "parser", s->parser);
    json_text(j, "name", name);
    json_hex(j, "bytes", bytes, len);
    json_number(j, "error", error);
    json_close(j, '}');
}

static void spoil(struct json *j, struct cast *c, const struct subject *s, const char *item, const uint8_t *bytes, size_t len)
{
    static uint8_t work[MAX + 1];
    char how[64];
    if (len > MAX || s->read(c, bytes, len) != MUSTER_OK) {
        fprintf(stderr, "%s: the sound item is refused: %d\n", item, s->read(c, bytes, len));
        abort();
    }
    const size_t cuts[] = {0, 1, 5, len / 2, len - 1};
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        snprintf(how, sizeof(how), "cut to %zu bytes", cuts[i]);
        emit(j, c, s, item, how, bytes, cuts[i]);
    }
    memcpy(work, bytes, len);
    work[len] = 0;
    emit(j, c, s, item, "one byte longer", work, len + 1);
    for (size_t i = 0; i < ARRAY_LEN(s->flips) && (i == 0 || s->flips[i]); i++) {
        size_t byte = s->flips[i] / 8, at = byte < len ? byte : byte % len;
        memcpy(work, bytes, len);
        work[at] ^= (uint8_t)(1 << s->flips[i] % 8);
        snprintf(how, sizeof(how), "bit %zu of byte %zu changed", s->flips[i] % 8, at);
        emit(j, c, s, item, how, work, len);
    }
    memcpy(work, bytes, len);
    work[len - 1] ^= 1;
    emit(j, c, s, item, "last bit changed", work, len);
}

/* Soundly signed, and with control heads that do not ascend. */
static void spoil_ctl(struct json *j, struct cast *c, const struct subject *s)
{
    enum { CTL = 205 };
    static const struct {
        const char *how;
        unsigned first, second;
    } rows[] = {{"control heads descending", 1, 0}, {"a control head twice", 0, 0}, {"control heads ascending", 0, 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t bytes[LOG_GENESIS_MAX];
        struct bytes covered = {bytes, CTL + 2 * HASH_BYTES};
        struct signature signatures[2];
        memcpy(bytes, c->late.bytes, c->late.len);
        memcpy(bytes + CTL, c->late.genesis.ctl[rows[i].first].b, HASH_BYTES);
        memcpy(bytes + CTL + HASH_BYTES, c->late.genesis.ctl[rows[i].second].b, HASH_BYTES);
        crypto_sign_parts(&signatures[0], &c->a.sign_secret, "muster/1/log", &covered, 1);
        crypto_sign_parts(&signatures[1], &c->late.secret, "muster/1/log", &covered, 1);
        for (size_t k = 0; k < 2; k++)
            memcpy(bytes + covered.len + k * sizeof(signatures->b), signatures[k].b, sizeof(signatures->b));
        if (s->read(c, bytes, c->late.len) != (i == 2 ? MUSTER_OK : MUSTER_EBADVALUE))
            abort();
        emit(j, c, s, "log genesis", rows[i].how, bytes, c->late.len); /* the last row is sound: it writes nothing */
    }
}

#define AT(byte, bit) ((byte) * 8 + (bit))

static void spoil_segment(struct json *j, struct cast *c)
{
    static const struct subject as_item = {"item", read_item,
                                           {AT(0, 1), AT(1, 3), AT(2, 0), AT(4, 0), AT(5, 7), AT(8, 0), AT(72, 0), AT(80, 0),
                                            AT(120, 2), AT(152, 2), AT(200, 5), AT(248, 7), AT(249, 0), AT(289, 4),
                                            AT(300, 0)}};
    static const struct subject as_wire = {"wire", read_wire,
                                           {AT(0, 1), AT(1, 3), AT(2, 0), AT(2, 5), AT(3, 0), AT(5, 2), AT(5, 7), AT(6, 0),
                                            AT(8, 0), AT(40, 0), AT(80, 0), AT(136, 7), AT(137, 0), AT(177, 4), AT(190, 0)}};
    static uint8_t item[SEGMENT_ITEM_MAX], wire[SEGMENT_ITEM_MAX];
    struct record_id ids[SEGMENT_RECORDS_MAX];
    struct segment_chain chain = {.space = c->space, .log = c->data.id}, written = chain;
    size_t len = cast_segment(c, item, sizeof(item), &chain, 3, 0, LANE_ROUTINE, ids);
    struct writer w = writer_over(wire, sizeof(wire));
    segment_wire_write(&w, &written, item, len);
    spoil(j, c, &as_item, "segment", item, len);
    spoil(j, c, &as_wire, "segment on the wire", wire, writer_len(&w));
}

static void spoil_frames(struct json *j, struct cast *c)
{
    static const struct subject s = {"frame", read_frame,
                                     {AT(0, 7), AT(2, 0), AT(4, 7), AT(6, 0), AT(7, 7), AT(22, 7), AT(22, 0), AT(23, 3),
                                      AT(55, 7), AT(103, 7)}};
    /* The frames as make_frame writes them: read back from its own text would be a second parser; made again here. */
    static uint8_t room[MAX];
    uint8_t tag[16];
    struct hello h = {.version_min = 1, .version_max = 1, .software = {(const uint8_t *)"muster", 6}};
    struct auth a = {.card = {c->b.card, c->b.card_len}};
    struct space_entry e;
    struct key_frame key = {.epoch = c->epoch[0]};
    struct heads_entry *entry = calloc(1, sizeof(*entry));
    const struct want_range range = {9, 12};
    struct log_name name = {.index = 0, .first = true, .id = c->data.id};
    cast_draw(tag, sizeof(tag), "tag", 0);
    cast_draw(&e, sizeof(e), "spaces", 0);
    memcpy(key.tag, tag, 16);
    for (uint8_t type = 1; type < FRAME_TYPES; type++) {
        if (type > FRAME_BYE && type != FRAME_FRAG)
            continue; /* their bodies are an attachment or a card */
        struct writer w = writer_over(room, sizeof(room));
        uint8_t *at;
        switch (type) {
        case FRAME_HELLO: hello_write(&w, &h); break;
        case FRAME_AUTH: auth_write(&w, &a); break;
        case FRAME_SPACES: spaces_write(&w, &e, 1); break;
        case FRAME_CTLHEADS: ctlheads_write(&w, tag, c->epoch, 2); break;
        case FRAME_KEYREQ: keyreq_write(&w, tag, c->epoch, 1); break;
        case FRAME_KEY: key_write(&w, &key); break;
        case FRAME_FRAG: frag_write(&w, &(struct frag){.lane = 4, .total = 40, .offset = 8, .piece = {tag, 16}}); break;
        default:
            at = frame_begin(&w, (enum frame_type)type, 0);
            if (type == FRAME_HEADS && entry) {
                *entry = (struct heads_entry){.log = name, .prefix = 3, .interval_count = 1, .intervals = {{.first = 9, .last = 9}}};
                heads_begin(&w, tag);
                heads_entry_write(&w, entry);
            } else if (type == FRAME_WANT) {
                writer_put(&w, tag, 16);
                want_write(&w, &name, &range, 1);
            } else if (type == FRAME_SEG) {
                struct seg seg = {.lane = 2, .log = c->data.id, .genesis = {c->data.bytes, c->data.len}};
                seg_begin(&w, &seg);
            } else if (type == FRAME_ERR || type == FRAME_BYE) {
                err_write(&w, MUSTER_ECHAIN, NULL, "why");
            } else if (type == FRAME_CREDIT) {
                writer_u32(&w, 5);
            } else {
                writer_u64(&w, 5);
            }
            frame_end(&w, at);
        }
        spoil(j, c, &s, frame_name(type), room, writer_len(&w));
    }
    free(entry);
}

/* Hand-made msgpack. */
static void spoil_pack(struct json *j, struct cast *c)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t len;
    } rows[] = {
        {"nothing", "", 0},
        {"0xc1 has no meaning", "\xc1", 1},
        {"an extension type", "\xd4\x01\x02", 3},
        {"a key twice", "\x82\x01\x02\x01\x03", 5},
        {"a key twice, in a longer form", "\x82\x01\x02\xcc\x01\x03", 6},
        {"a map as key", "\x81\x80\x01", 3},
        {"nil as key", "\x81\xc0\x01", 3},
        {"text that is no UTF-8", "\xa2\xc3\x28", 3},
        {"text with a NUL", "\xa1\x00", 2},
        {"text longer than what is left", "\xa5" "abc", 4},
        {"an array of more parts than bytes", "\xdd\xff\xff\xff\xff\x01", 6},
        {"a float that is no number", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 9},
        {"an infinite float", "\xca\x7f\x80\x00\x00", 5},
        {"two items", "\x01\x02", 2},
        {"nine arrays in each other", "\x91\x91\x91\x91\x91\x91\x91\x91\x01", 9},
    };
    static uint8_t many[5000];
    struct subject s = {"pack", read_pack, {0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        emit(j, c, &s, "msgpack", rows[i].name, (const uint8_t *)rows[i].bytes, rows[i].len);
    many[0] = 0xdc;
    many[1] = 0x10; /* 4096 parts and the array itself: one too many */
    emit(j, c, &s, "msgpack", "4097 parts", many, 3 + 4096);
}

void make_negative(struct json *j, struct cast *c)
{
    static const struct subject genesis = {"genesis", read_genesis,
                                           {AT(0, 1), AT(1, 1), AT(2, 1), AT(3, 0), AT(4, 0), AT(36, 0), AT(68, 0), AT(100, 0),
                                            AT(164, 0), AT(204, 0), AT(204, 7), AT(205, 0), AT(300, 0)}},
                                headers = {"header", read_header, {AT(0, 1), AT(48, 7), AT(51, 7), AT(84, 0), AT(84, 4)}},
                                statement = {"statement", read_statement,
                                             {AT(0, 1), AT(1, 1), AT(2, 1), AT(3, 0), AT(4, 0), AT(36, 0), AT(40, 0), AT(72, 0),
                                              AT(80, 0), AT(81, 3), AT(82, 0), AT(84, 1), AT(90, 0), AT(130, 0), AT(160, 0)}},
                                card = {"card", read_card,
                                        {AT(0, 0), AT(7, 0), AT(8, 0), AT(40, 0), AT(72, 0), AT(80, 0), AT(88, 0), AT(88, 7),
                                         AT(89, 0), AT(90, 6), AT(91, 1), AT(200, 0), AT(400, 0), AT(600, 0)}},
                                text = {"armour", read_armour, {AT(0, 0), AT(12, 0), AT(40, 0), AT(40, 7), AT(100, 1), AT(700, 2)}},
                                space = {"space", read_space,
                                         {AT(0, 0), AT(1, 0), AT(2, 1), AT(4, 5), AT(3, 1), AT(30, 7), AT(25, 3)}},
                                sealed = {"payload", read_payload, {AT(0, 0), AT(24, 0), AT(40, 0)}},
                                state = {"state", read_state, {AT(0, 1), AT(89, 7), AT(89, 0)}};
    static char armoured[2 * CARD_BYTES_MAX];
    static uint8_t out[PAYLOAD_BYTES_MAX], bytes[RECORD_HEADER_MAX];
    spoil(j, c, &genesis, "log genesis", c->data.bytes, c->data.len);
    spoil(j, c, &genesis, "log genesis with control heads", c->late.bytes, c->late.len);
    spoil_ctl(j, c, &genesis);
    struct record_header h = cast_header(c, 1);
    h.ref_count = 2;
    spoil(j, c, &headers, "record header", bytes, record_header_write(bytes, &h));
    spoil_segment(j, c);
    spoil(j, c, &statement, "inception", c->b.statements[0].at, c->b.statements[0].len);
    spoil(j, c, &card, "card", c->b.card, c->b.card_len);
    size_t len = armour_write(armoured, sizeof(armoured), "CARD", c->b.card, c->b.card_len);
    spoil(j, c, &text, "card as text", (const uint8_t *)armoured, len);
    spoil(j, c, &space, "space genesis", c->space_bytes, c->space_len);
    struct seal_nonce nonce;
    cast_draw(nonce.b, sizeof(nonce.b), "negative", 0);
    h = cast_header(c, 1);
    if (payload_seal(c->codec, out, &len, (struct bytes){(const uint8_t *)"\x81\x00\x01", 3}, &c->data.id, &h, &nonce,
                     &c->epoch_key[0]) != MUSTER_OK)
        abort();
    spoil(j, c, &sealed, "sealed payload", out, len);
    struct object_stored s = {.kind = 1, .head_count = 1, .view = {(const uint8_t *)"\x80", 1}};
    spoil(j, c, &state, "object state", out, object_stored_write(out, sizeof(out), &s));
    spoil_frames(j, c);
    spoil_pack(j, c);
}
