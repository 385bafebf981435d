#include "sample.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"
#include "protocol/trust/statement.h"

#include <assert.h>
#include <string.h>

static const uint64_t began_ms = 1777000000000;

static void seed_of(uint8_t seed[32], uint8_t number, uint8_t purpose)
{
    for (uint8_t i = 0; i < 32; i++)
        seed[i] = (uint8_t)(number * 7 + purpose * 31 + i);
}

static void sign_pair(struct sign_public *public_key, struct sign_secret *secret, uint8_t number, uint8_t purpose)
{
    uint8_t seed[32];
    seed_of(seed, number, purpose);
    sign_keys_from_seed(public_key, secret, seed);
}

static void node_pair(struct node_keys *node, struct sign_secret *secret, uint8_t number, uint8_t purpose)
{
    struct box_secret box_secret;
    uint8_t seed[32];
    sign_pair(&node->sign, secret, number, purpose);
    seed_of(seed, number, (uint8_t)(purpose + 1));
    box_keys_from_seed(&node->box, &box_secret, seed);
    memset(node->curve.b, purpose, sizeof(node->curve.b));
}

void sample_agency(struct sample *s, uint8_t number, const char *name, uint8_t space, bool exercise,
                   const struct record_id *ctl, uint8_t ctl_count)
{
    struct sign_public next;
    struct sign_secret next_secret;
    memset(s, 0, sizeof(*s));
    sign_pair(&s->root, &s->root_secret, number, 1);
    sign_pair(&next, &next_secret, number, 2);
    struct hash next_hash = next_root_of(&next);
    s->statement_len[0] = statement_inception(s->statements[0], &s->identity, &s->root, &s->root_secret, &next_hash,
                                              name, "CN", began_ms);
    node_pair(&s->node, &s->node_secret, number, 3);
    s->statement_len[1] =
        statement_node(s->statements[1], &s->identity, &s->root_secret, &s->node, "desk-1", 0, began_ms + 1000);
    s->statement_count = 2;
    assert(s->statement_len[0] && s->statement_len[1]);

    s->exercise = exercise;
    memset(s->space.b, space, sizeof(s->space.b));
    memset(s->epoch_key.b, 0xe0 + number, sizeof(s->epoch_key.b));
    struct log_genesis genesis = {.version = FORMAT_VERSION,
                                  .algorithm = ALGORITHM_1,
                                  .role = LOG_DATA,
                                  .space = s->space,
                                  .agency = s->identity.agency,
                                  .node = s->node.sign,
                                  .ctl_count = ctl_count};
    sign_pair(&genesis.incarnation, &s->incarnation_secret, number, 5);
    for (size_t i = 0; i < ctl_count; i++)
        genesis.ctl[i] = ctl[i];
    s->genesis_len = log_genesis_make(s->genesis, &genesis, exercise, &s->node_secret, &s->incarnation_secret);
    s->log = log_id_of(s->genesis, s->genesis_len);
    s->next_sequence = s->next_position = 1;
    memcpy(s->prev.b, s->log.b, HASH_BYTES);
}

void sample_revoke(struct sample *s, uint64_t position, const struct segment_id *head)
{
    uint8_t body[256], *out = s->statements[s->statement_count];
    struct writer b = writer_over(body, sizeof(body)), w = writer_over(out, STATEMENT_BYTES_MAX);
    pack_map(&b, 2);
    pack_uint(&b, SK_SIGN);
    pack_bytes(&b, s->node.sign.b, sizeof(s->node.sign.b));
    pack_uint(&b, SK_CUTS);
    pack_array(&b, position ? 1 : 0);
    if (position) {
        pack_array(&b, 3);
        pack_bytes(&b, s->log.b, HASH_BYTES);
        pack_uint(&b, position);
        pack_bytes(&b, head->b, HASH_BYTES);
    }
    writer_u8(&w, FORMAT_VERSION);
    writer_u8(&w, ALGORITHM_1);
    writer_u8(&w, STATEMENT_REVOKE);
    writer_u8(&w, 0);
    writer_put(&w, s->identity.agency.b, HASH_BYTES);
    writer_u32(&w, s->identity.statements);
    writer_put(&w, s->identity.newest.b, HASH_BYTES);
    writer_u64(&w, began_ms + 9000);
    writer_u16(&w, (uint16_t)writer_len(&b));
    writer_put(&w, body, writer_len(&b));
    struct bytes covered = {out, writer_len(&w)};
    struct signature signature;
    crypto_sign_parts(&signature, &s->root_secret, "muster/1/statement", &covered, 1);
    writer_put(&w, signature.b, sizeof(signature.b));
    s->statement_len[s->statement_count++] = writer_len(&w);
    enum muster_error error = identity_take(&s->identity, out, writer_len(&w));
    assert(error == MUSTER_OK);
    (void)error;
}

size_t sample_card(struct sample *s, uint8_t out[CARD_BYTES_MAX], bool second_node)
{
    struct bytes list[SAMPLE_STATEMENTS];
    struct sign_secret second_secret, *secret = &s->node_secret;
    struct node_keys second, *node = &s->node;
    if (second_node) {
        node_pair(&second, &second_secret, 99, 3);
        s->statement_len[s->statement_count] = statement_node(s->statements[s->statement_count], &s->identity,
                                                              &s->root_secret, &second, "desk-2", 0, began_ms + 10000);
        s->statement_count++;
        secret = &second_secret;
        node = &second;
    }
    for (size_t i = 0; i < s->statement_count; i++)
        list[i] = (struct bytes){s->statements[i], s->statement_len[i]};
    size_t len =
        card_make(out, &s->identity, list, s->statement_count, &node->sign, secret, NULL, 0, NULL, 1, began_ms);
    assert(len);
    return len;
}

struct sample_wish sample_plain(void)
{
    return (struct sample_wish){.count = 256, .index = 7, .text = 20};
}

static size_t body_of(uint8_t *out, size_t size, size_t text)
{
    char name[2048];
    struct writer w = writer_over(out, size);
    assert(text <= sizeof(name));
    memset(name, 'a', sizeof(name));
    pack_map(&w, 1);
    pack_uint(&w, 0);
    pack_text(&w, name, text);
    return writer_len(&w);
}

/* Fills payload and the header's part of it. */
static void seal_record(struct sample *s, struct sample_record *out, struct record_header *header,
                        struct payload_codec *codec, size_t text)
{
    uint8_t body[2200], sealed[PAYLOAD_BYTES_MAX];
    size_t len = body_of(body, sizeof(body), text), sealed_len;
    struct seal_nonce nonce;
    if (header->flags & RECORD_CLEAR) {
        memcpy(out->payload, body, len);
        out->payload_len = len;
        header->payload_len = (uint32_t)len;
        header->payload_hash = payload_hash_of(body, len);
        return;
    }
    memset(nonce.b, (int)header->sequence, sizeof(nonce.b));
    memset(out->own_key.b, 0x55, sizeof(out->own_key.b));
    enum muster_error error = payload_seal(codec, sealed, &sealed_len, (struct bytes){body, len}, &s->log, header,
                                           &nonce, header->flags & RECORD_PERSONAL ? &out->own_key : &s->epoch_key);
    assert(error == MUSTER_OK && sealed_len <= sizeof(out->payload));
    (void)error;
    memcpy(out->payload, sealed, sealed_len);
    out->payload_len = sealed_len;
}

void sample_write(struct sample *s, struct sample_record *out, struct payload_codec *codec, struct sample_wish wish)
{
    static struct hash leaves[SEGMENT_RECORDS_MAX];
    memset(out, 0, sizeof(*out));
    for (uint32_t i = 0; i < wish.count; i++) {
        bool chosen = i == wish.index;
        struct record_header header = {.version = FORMAT_VERSION,
                                       .operation = OP_UPDATE,
                                       .kind = KIND_INCIDENT,
                                       .schema = 1,
                                       .sequence = s->next_sequence + i,
                                       .hlc = (began_ms + 5000 + i) << 16,
                                       .mask = 1};
        memset(header.object.b, 0x0b, sizeof(header.object.b));
        header.flags = chosen ? wish.flags : 0;
        header.ref_count = chosen ? wish.ref_count : 0;
        for (size_t r = 0; r < header.ref_count; r++)
            header.refs[r] = (struct record_ref){.role = REF_DEP, .hash = wish.refs[r]};
        if (chosen)
            seal_record(s, out, &header, codec, wish.text);
        uint8_t bytes[RECORD_HEADER_MAX];
        size_t len = record_header_write(bytes, &header);
        struct record_id id = record_id_of(&s->log, bytes, len);
        memcpy(leaves[i].b, id.b, HASH_BYTES);
        if (!chosen)
            continue;
        out->header = header;
        out->id = id;
        memcpy(out->header_bytes, bytes, len);
        out->source.header = (struct bytes){out->header_bytes, len};
    }
    struct segment_header segment = {.version = FORMAT_VERSION,
                                     .algorithm = ALGORITHM_1,
                                     .flags = LANE_ROUTINE,
                                     .count = wish.count,
                                     .space = s->space,
                                     .log = s->log,
                                     .position = s->next_position,
                                     .first_sequence = s->next_sequence,
                                     .prev = s->prev};
    memset(segment.epoch.b, 0xee, sizeof(segment.epoch.b));
    segment.root = merkle_root(leaves, wish.count);
    segment_header_write(out->segment, &segment);
    segment_sign(out->segment, s->exercise, &s->incarnation_secret);
    out->source.path_count = merkle_path(out->source.path, leaves, wish.count, wish.index);
    out->source.segment = out->segment;
    out->source.genesis = (struct bytes){s->genesis, s->genesis_len};
    for (size_t i = 0; i < 2; i++)
        out->source.statements[i] = (struct bytes){s->statements[i], s->statement_len[i]};
    out->source.statement_count = 2;
    s->next_sequence += wish.count;
    s->next_position++;
    s->prev = segment_id_of(out->segment);
}

void sample_run(struct sample *s, struct sample_record *record, size_t following)
{
    struct segment_header before;
    enum muster_error error = segment_header_read(&before, record->segment);
    assert(error == MUSTER_OK && following <= SAMPLE_FOLLOWING);
    (void)error;
    record->segment[SEGMENT_HEADER_BYTES - 1] ^= 1;
    struct segment_id prev = segment_id_of(record->segment);
    for (size_t i = 0; i < following; i++) {
        struct segment_header next = before;
        next.position++;
        next.first_sequence += before.count;
        next.count = 1;
        next.prev = prev;
        segment_header_write(record->following[i], &next);
        if (i + 1 == following)
            segment_sign(record->following[i], s->exercise, &s->incarnation_secret);
        prev = segment_id_of(record->following[i]);
        before = next;
        if (i < PROOF_FOLLOWING_MAX)
            record->source.following[i] = record->following[i];
    }
    record->source.following_count = following;
}

struct proof_opening sample_opening(const struct sample *s, const struct sample_record *record)
{
    struct proof_opening opening = {.payload = {record->payload, record->payload_len},
                                    .clear = record->header.flags & RECORD_CLEAR};
    if (record->header.flags & RECORD_PERSONAL) {
        memcpy(opening.key, record->own_key.b, sizeof(opening.key));
    } else if (!opening.clear) {
        struct message_key key;
        enum muster_error error = payload_message_key(&key, opening.payload, &s->epoch_key);
        assert(error == MUSTER_OK);
        (void)error;
        memcpy(opening.key, key.b, sizeof(opening.key));
    }
    return opening;
}

void sample_rehash(uint8_t *proof, size_t len)
{
    struct hash hash = crypto_hash1("muster/1/proof", proof, len - HASH_BYTES);
    memcpy(proof + len - HASH_BYTES, hash.b, HASH_BYTES);
}
