/* Vectors of identities, cards, text forms, pair codes, spaces, invites and control operations. */
#include "cast.h"

#include "base/pack.h"
#include "crypto/words.h"
#include "protocol/object/op.h"
#include "protocol/trust/armour.h"

#include <stdlib.h>

static void begin(struct json *j, const char *type, const char *name)
{
    json_open(j, NULL, '{');
    json_text(j, "type", type);
    json_text(j, "name", name);
}

static void node(struct json *j, const char *key, const struct player *p)
{
    json_open(j, key, '{');
    json_hex(j, "agency", p->identity.agency.b, HASH_BYTES);
    json_hex(j, "sign", p->keys.sign.b, 32);
    json_hex(j, "box", p->keys.box.b, 32);
    json_hex(j, "curve", p->keys.curve.b, 32);
    json_close(j, '}');
}

static void identity(struct json *j, const char *name, const struct player *p)
{
    begin(j, "chain", name);
    json_open(j, "statements", '[');
    for (size_t i = 0; i < p->statement_count; i++)
        json_hex(j, NULL, p->statements[i].at, p->statements[i].len);
    json_close(j, ']');
    json_hex(j, "agency", p->identity.agency.b, HASH_BYTES);
    json_hex(j, "root", p->identity.root.b, 32);
    json_hex(j, "next_root", p->identity.next_root.b, HASH_BYTES);
    json_hex(j, "newest", p->identity.newest.b, HASH_BYTES);
    json_text(j, "agency_name", p->identity.name);
    json_text(j, "country", p->identity.country);
    json_close(j, '}');
    begin(j, "card", name);
    static char text[2 * CARD_BYTES_MAX];
    size_t len = armour_write(text, sizeof(text), "CARD", p->card, p->card_len);
    struct card *card = malloc(sizeof(*card));
    if (!card || card_read(card, p->card, p->card_len) != MUSTER_OK)
        abort();
    json_hex(j, "bytes", p->card, p->card_len);
    node(j, "node", p);
    json_number(j, "number", card->number);
    json_number(j, "issued", card->issued_ms);
    json_open(j, "endpoints", '[');
    for (size_t i = 0; i < card->endpoint_count; i++)
        json_text_n(j, NULL, card->endpoints[i].at, card->endpoints[i].len);
    json_close(j, ']');
    json_text_n(j, "contact", card->contact.at, card->contact.len);
    json_text_n(j, "armour", text, len);
    json_close(j, '}');
    free(card);
}

/* map {1 space, 2 card, 3 right, 4 space name, 5 invitee, 6 issued} || signature, sealed to the invitee's node. */
static void invite(struct json *j, struct cast *c)
{
    static uint8_t plain[CARD_BYTES_MAX + 1024], file[CARD_BYTES_MAX + 2048];
    static char text[2 * CARD_BYTES_MAX + 4096];
    uint8_t seed[32];
    struct writer w = writer_over(plain, sizeof(plain));
    pack_map(&w, 6);
    pack_uint(&w, 1);
    pack_bytes(&w, c->space.b, HASH_BYTES);
    pack_uint(&w, 2);
    pack_bytes(&w, c->a.card, c->a.card_len);
    pack_uint(&w, 3);
    pack_uint(&w, RIGHT_WRITE);
    pack_uint(&w, 4);
    pack_text(&w, c->space_genesis.name, strlen(c->space_genesis.name));
    pack_uint(&w, 5);
    pack_bytes(&w, c->b.identity.agency.b, HASH_BYTES);
    pack_uint(&w, 6);
    pack_uint(&w, cast_ms() + 9);
    struct bytes covered = {plain, writer_len(&w)};
    struct signature s;
    crypto_sign_parts(&s, &c->a.sign_secret, "muster/1/invite", &covered, 1);
    writer_put(&w, s.b, sizeof(s.b));
    memcpy(file, "MUSTER1I", 8);
    memcpy(file + 8, c->b.keys.sign.b, 32);
    cast_draw(seed, sizeof(seed), "invite", 0);
    if (box_seal_seeded(file + 40, plain, writer_len(&w), &c->b.keys.box, seed) != MUSTER_OK)
        abort();
    size_t len = 40 + writer_len(&w) + BOX_SEAL_BYTES;
    size_t text_len = armour_write(text, sizeof(text), "INVITE", file, len);
    begin(j, "invite", "for the second agency");
    json_hex(j, "bytes", file, len);
    json_hex(j, "box_secret", c->b.box_secret.b, 32);
    node(j, "from", &c->a);
    node(j, "to", &c->b);
    json_hex(j, "space", c->space.b, HASH_BYTES);
    json_number(j, "right", RIGHT_WRITE);
    json_text(j, "space_name", c->space_genesis.name);
    json_number(j, "issued", cast_ms() + 9);
    json_text_n(j, "armour", text, text_len);
    json_close(j, '}');
}

static void pair(struct json *j, const char *name, const struct player *a, const struct player *b)
{
    char words[PAIR_TEXT_BYTES], digits[PAIR_TEXT_BYTES];
    begin(j, "pair", name);
    node(j, "a", a);
    node(j, "b", b);
    struct hash hash = pair_hash(&a->identity.agency, &a->keys, &b->identity.agency, &b->keys);
    pair_words(words, &hash);
    pair_digits(digits, &hash);
    json_hex(j, "hash", hash.b, HASH_BYTES);
    json_text(j, "words", words);
    json_text(j, "digits", digits);
    json_close(j, '}');
}

void make_trust(struct json *j, struct cast *c)
{
    static struct player second;
    identity(j, "with a rotation and two endpoints", &c->a);
    identity(j, "the second agency", &c->b);
    pair(j, "code of both nodes", &c->a, &c->b);
    second = c->b;
    second.identity.agency = c->a.identity.agency;
    pair(j, "code of two nodes of one agency: the smaller signing key first", &c->a, &second);
    pair(j, "the same the other way round", &second, &c->a);
    begin(j, "space", "genesis");
    json_hex(j, "bytes", c->space_bytes, c->space_len);
    json_hex(j, "id", c->space.b, HASH_BYTES);
    json_text(j, "space_name", c->space_genesis.name);
    json_text(j, "purpose", c->space_genesis.purpose);
    json_hex(j, "creator", c->space_genesis.creator.b, HASH_BYTES);
    json_hex(j, "controller", c->space_genesis.controller.b, HASH_BYTES);
    json_open(j, "admins", '[');
    for (size_t i = 0; i < c->space_genesis.admin_count; i++)
        json_hex(j, NULL, c->space_genesis.admins[i].b, HASH_BYTES);
    json_close(j, ']');
    json_number(j, "retention_days", c->space_genesis.retention_days);
    json_number(j, "history", c->space_genesis.history);
    json_flag(j, "exercise", c->space_genesis.exercise);
    json_hex(j, "salt", c->space_genesis.salt, 16);
    json_number(j, "created", c->space_genesis.created_ms);
    json_close(j, '}');
    invite(j, c);
}

/* --- control ----------------------------------------------------------------------------------------- */

struct line {
    struct json *j;
    struct cast *c;
    uint64_t sequence;
    struct record_id last;
};

static struct record_id operation(struct line *l, const char *name, uint8_t number, const uint8_t *body, size_t len)
{
    static struct operation decoded;
    uint8_t bytes[RECORD_HEADER_MAX];
    struct record_header h = {.version = FORMAT_VERSION, .operation = number, .flags = RECORD_CLEAR | RECORD_STRUCTURAL,
                              .schema = 1, .sequence = ++l->sequence, .hlc = (cast_ms() + l->sequence) << 16,
                              .payload_len = (uint32_t)len, .payload_hash = payload_hash_of(body, len)};
    if (l->sequence == 3)
        h.refs[h.ref_count++] = (struct record_ref){REF_DEP, cast_hash("dep", 0)};
    size_t header_len = record_header_write(bytes, &h);
    struct record_id id = record_id_of(&l->c->control.id, bytes, header_len);
    if (!len || operation_read(&decoded, &h, (struct bytes){body, len}, &id, &l->c->a.identity.agency, &l->c->control.id,
                               &l->last) != MUSTER_OK) {
        fprintf(stderr, "operation %s cannot be read\n", name);
        abort();
    }
    begin(l->j, "operation", name);
    json_number(l->j, "operation", number);
    json_hex(l->j, "log", l->c->control.id.b, HASH_BYTES);
    json_hex(l->j, "header", bytes, header_len);
    json_hex(l->j, "body", body, len);
    json_hex(l->j, "id", id.b, HASH_BYTES);
    l->last = id;
    return id;
}

static void done(struct line *l)
{
    json_close(l->j, '}');
}

static void put_cuts(struct writer *w, const struct cast *c)
{
    struct hash head = cast_hash("cut-head", 0);
    pack_uint(w, OK_CUTS);
    pack_array(w, 1);
    pack_array(w, 3);
    pack_bytes(w, c->data.id.b, HASH_BYTES);
    pack_uint(w, 300);
    pack_bytes(w, head.b, HASH_BYTES);
}

/* who, and a right (or none: 255). */
static size_t about(uint8_t *out, size_t size, const struct cast *c, unsigned right, bool cuts)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 1 + (right != 255) + cuts);
    pack_uint(&w, OK_WHO);
    pack_bytes(&w, c->b.identity.agency.b, HASH_BYTES);
    if (right != 255) {
        pack_uint(&w, OK_RIGHT);
        pack_uint(&w, right);
    }
    if (cuts)
        put_cuts(&w, c);
    return writer_len(&w);
}

static struct record_id epoch(struct line *l, unsigned n, const struct record_id *before)
{
    static uint8_t body[16 * 1024];
    struct cast *c = l->c;
    const struct player *players[2] = {&c->a, &c->b};
    struct agency_id to[2] = {c->a.identity.agency, c->b.identity.agency};
    struct epoch_copy copies[2];
    struct hash commitment = seal_commitment(&c->epoch_key[n]);
    uint8_t wrapped[1][24 + 32 + 16] = {{0}}, seed[32], bound[2 * HASH_BYTES];
    if (agency_id_cmp(&to[0], &to[1]) > 0) {
        to[0] = c->b.identity.agency;
        to[1] = c->a.identity.agency;
    }
    for (unsigned i = 0; i < 2; i++) {
        copies[i].node = players[i]->keys.sign;
        cast_draw(seed, sizeof(seed), "copy", n * 2 + i);
        if (box_seal_seeded(copies[i].sealed, c->epoch_key[n].b, 32, &players[i]->keys.box, seed) != MUSTER_OK)
            abort();
    }
    if (before) {
        struct seal_nonce nonce;
        struct bytes aad = {bound, sizeof(bound)};
        memcpy(bound, c->space.b, HASH_BYTES);
        memcpy(bound + HASH_BYTES, before->b, HASH_BYTES);
        cast_draw(nonce.b, sizeof(nonce.b), "epoch-wrap", n);
        memcpy(wrapped[0], nonce.b, sizeof(nonce.b));
        seal(wrapped[0] + sizeof(nonce.b), c->epoch_key[0].b, 32, &aad, &nonce, &c->epoch_key[n]);
    }
    size_t len = operation_epoch(body, sizeof(body), &commitment, to, 2, copies, 2, before,
                                 (const uint8_t(*)[24 + 32 + 16]) wrapped, before != NULL);
    struct record_id id = operation(l, before ? "epoch that wraps the one before" : "epoch with copies", CTL_EPOCH, body, len);
    json_hex(l->j, "space", c->space.b, HASH_BYTES);
    json_hex(l->j, "epoch_key", c->epoch_key[n].b, 32);
    if (before)
        json_hex(l->j, "wrapped_key", c->epoch_key[0].b, 32);
    json_hex(l->j, "box_secret", c->b.box_secret.b, 32);
    json_hex(l->j, "node", c->b.keys.sign.b, 32);
    done(l);
    return id;
}

void make_control(struct json *j, struct cast *c)
{
    static uint8_t body[CARD_BYTES_MAX + 1024];
    struct line l = {.j = j, .c = c};
    struct hash object = cast_hash("object", 0), term = cast_hash("term", 0), head = cast_hash("cut-head", 1);
    operation(&l, "genesis", CTL_GENESIS, c->space_bytes, c->space_len);
    done(&l);
    struct record_id added = operation(&l, "add with a card", CTL_ADD, body,
                                       operation_add(body, sizeof(body), &c->b.identity.agency, RIGHT_WRITE,
                                                     (struct bytes){c->b.card, c->b.card_len}));
    done(&l);
    struct record_id first = epoch(&l, 0, NULL);
    epoch(&l, 1, &first);
    operation(&l, "set-right below write, with a cut", CTL_SET_RIGHT, body, about(body, sizeof(body), c, RIGHT_READ, true));
    done(&l);
    struct record_id suspended = operation(&l, "suspend", CTL_SUSPEND, body, about(body, sizeof(body), c, 255, false));
    done(&l);
    static const struct {
        const char *name;
        uint8_t number;
    } targets[] = {{"lift", CTL_LIFT}, {"approve", CTL_APPROVE}};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct writer w = writer_over(body, sizeof(body));
        pack_map(&w, 1);
        pack_uint(&w, OK_TARGET);
        pack_bytes(&w, i ? added.b : suspended.b, HASH_BYTES);
        operation(&l, targets[i].name, targets[i].number, body, writer_len(&w));
        done(&l);
    }
    operation(&l, "remove with a cut", CTL_REMOVE, body, about(body, sizeof(body), c, 255, true));
    done(&l);
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 1);
    pack_uint(&w, OK_POLICY);
    pack_map(&w, 2);
    pack_uint(&w, 1);
    pack_uint(&w, 1000000);
    pack_uint(&w, 2);
    pack_text(&w, "TLP:AMBER", 9);
    operation(&l, "policy", CTL_POLICY, body, writer_len(&w));
    done(&l);
    w = writer_over(body, sizeof(body));
    pack_map(&w, 0);
    operation(&l, "ack", CTL_ACK, body, writer_len(&w));
    done(&l);
    w = writer_over(body, sizeof(body));
    pack_map(&w, 3);
    pack_uint(&w, OK_OF);
    pack_bytes(&w, c->data.id.b, HASH_BYTES);
    pack_uint(&w, OK_POSITION);
    pack_uint(&w, 70000);
    pack_uint(&w, OK_HEAD);
    pack_bytes(&w, head.b, HASH_BYTES);
    operation(&l, "cut", CTL_CUT, body, writer_len(&w));
    done(&l);
    w = writer_over(body, sizeof(body));
    pack_map(&w, 3);
    pack_uint(&w, OK_WHO);
    pack_bytes(&w, c->b.identity.agency.b, HASH_BYTES);
    pack_uint(&w, OK_OBJECT);
    pack_bytes(&w, object.b, OBJECT_ID_BYTES);
    pack_uint(&w, OK_AFTER);
    pack_bytes(&w, term.b, HASH_BYTES);
    operation(&l, "reassign", CTL_REASSIGN, body, writer_len(&w));
    done(&l);
    operation(&l, "identity", CTL_IDENTITY, body, operation_card(body, sizeof(body), (struct bytes){c->a.card, c->a.card_len}));
    done(&l);
    struct record_id records[2];
    struct retain_range ranges[2] = {{.sequence = 40}, {.sequence = 7}};
    memset(records[0].b, 0x51, HASH_BYTES);
    memset(records[1].b, 0x52, HASH_BYTES);
    memset(ranges[0].log.b, 0x61, HASH_BYTES);
    memset(ranges[1].log.b, 0x62, HASH_BYTES);
    operation(&l, "erase", CTL_ERASE, body, operation_erase(body, sizeof(body), (const struct object_id *)(const void *)&object, records, 2, "legal-obligation"));
    done(&l);
    operation(&l, "hold", CTL_HOLD, body, operation_erase(body, sizeof(body), (const struct object_id *)(const void *)&object, records, 2, NULL));
    done(&l);
    operation(&l, "unhold", CTL_UNHOLD, body, operation_target(body, sizeof(body), &records[0]));
    done(&l);
    operation(&l, "retain", CTL_RETAIN, body, operation_retain(body, sizeof(body), ranges, 2, "retention"));
    done(&l);
    operation(&l, "of a later version", 200, (const uint8_t *)"\x80", 1);
    done(&l);
    operation(&l, "reassign that says what it saw", CTL_REASSIGN, body,
              operation_reassign(body, sizeof(body), &c->b.identity.agency, (const struct object_id *)(const void *)&object,
                                 (const struct record_id *)(const void *)&term, records, 2));
    done(&l);
}
