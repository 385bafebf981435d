#include "protocol/trust/identity.h"

#include "base/pack.h"
#include "base/text.h"

_Static_assert(STATEMENT_FIXED_BYTES == 1 + 1 + 1 + 1 + 32 + 4 + 32 + 8 + 2, "fixed part of a statement");

struct hash next_root_of(const struct sign_public *key)
{
    return crypto_hash1("muster/1/next-root", key->b, sizeof(key->b));
}

static struct hash statement_hash(const void *statement, size_t len)
{
    return crypto_hash1("muster/1/agency", statement, len);
}

static bool name_from(char out[NAME_BYTES_MAX + 1], struct bytes body, int64_t key)
{
    struct bytes run;
    if (!pack_get_run(body, key, &run) || run.len > NAME_BYTES_MAX || run.len == 0 || !text_is_utf8(run.at, run.len))
        return false;
    memcpy(out, run.at, run.len);
    out[run.len] = '\0';
    return true;
}

static enum muster_error take_root(struct identity *next, struct bytes body, const struct identity *before)
{
    if (!pack_get_fixed(body, SK_ROOT, next->root.b, sizeof(next->root.b)) ||
        !pack_get_fixed(body, SK_NEXT, next->next_root.b, sizeof(next->next_root.b)))
        return MUSTER_EBADVALUE;
    if (before) {
        struct hash is = next_root_of(&next->root);
        if (!hash_eq(&is, &before->next_root))
            return MUSTER_ECOMMITMENT;
    }
    return MUSTER_OK;
}

static enum muster_error take_names(struct identity *next, struct bytes body)
{
    struct bytes country;
    if (!name_from(next->name, body, SK_NAME))
        return MUSTER_EBADVALUE;
    memset(next->country, 0, sizeof(next->country));
    if (pack_get_run(body, SK_COUNTRY, &country) && country.len == 2)
        memcpy(next->country, country.at, 2);
    return MUSTER_OK;
}

static enum muster_error take_node(struct identity *next, struct bytes body)
{
    struct certified_node node = {.expires_ms = 0};
    if (!pack_get_fixed(body, SK_SIGN, node.keys.sign.b, 32) || !pack_get_fixed(body, SK_BOX, node.keys.box.b, 32) ||
        !pack_get_fixed(body, SK_CURVE, node.keys.curve.b, 32) || !name_from(node.name, body, SK_NAME))
        return MUSTER_EBADVALUE;
    pack_get_uint(body, SK_EXPIRES, &node.expires_ms);
    for (size_t i = 0; i < next->node_count; i++)
        if (memcmp(next->nodes[i].keys.sign.b, node.keys.sign.b, 32) == 0) { /* a new certificate of the same node */
            node.revoked = next->nodes[i].revoked;
            next->nodes[i] = node;
            return MUSTER_OK;
        }
    if (next->node_count == AGENCY_NODES_MAX)
        return MUSTER_ETOOBIG;
    next->nodes[next->node_count++] = node;
    return MUSTER_OK;
}

static enum muster_error take_revoke(struct identity *next, struct bytes body)
{
    struct sign_public sign;
    if (!pack_get_fixed(body, SK_SIGN, sign.b, sizeof(sign.b)))
        return MUSTER_EBADVALUE;
    for (size_t i = 0; i < next->node_count; i++)
        if (memcmp(next->nodes[i].keys.sign.b, sign.b, sizeof(sign.b)) == 0)
            next->nodes[i].revoked = true;
    return MUSTER_OK;
}

static enum muster_error take_operator(struct identity *next, struct bytes body)
{
    struct certified_operator operator = {.expires_ms = 0};
    size_t i = 0;
    if (!pack_get_fixed(body, SK_SIGN, operator.key.b, sizeof(operator.key.b)) || !name_from(operator.name, body, SK_NAME) ||
        !pack_get_uint(body, SK_ROLES, &operator.roles))
        return MUSTER_EBADVALUE;
    pack_get_uint(body, SK_EXPIRES, &operator.expires_ms);
    while (i < next->operator_count && memcmp(next->operators[i].key.b, operator.key.b, sizeof(operator.key.b)) != 0)
        i++;
    if (i == AGENCY_OPERATORS_MAX)
        return MUSTER_ETOOBIG;
    if (i < next->operator_count) /* other roles of the same key */
        operator.revoked = next->operators[i].revoked;
    else
        next->operator_count++;
    next->operators[i] = operator;
    return MUSTER_OK;
}

static enum muster_error take_revoke_operator(struct identity *next, struct bytes body)
{
    struct sign_public key;
    if (!pack_get_fixed(body, SK_SIGN, key.b, sizeof(key.b)))
        return MUSTER_EBADVALUE;
    for (size_t i = 0; i < next->operator_count; i++)
        if (memcmp(next->operators[i].key.b, key.b, sizeof(key.b)) == 0)
            next->operators[i].revoked = true;
    return MUSTER_OK;
}

enum muster_error identity_take(struct identity *identity, const void *statement, size_t len)
{
    if (len > STATEMENT_BYTES_MAX)
        return MUSTER_ETOOBIG;
    struct cursor c = cursor_over(statement, len);
    struct agency_id agency;
    struct hash prev;
    uint8_t version = cursor_u8(&c), algorithm = cursor_u8(&c), type = cursor_u8(&c);
    cursor_u8(&c);
    cursor_copy(&c, agency.b, HASH_BYTES);
    uint32_t number = cursor_u32(&c);
    cursor_copy(&c, prev.b, HASH_BYTES);
    cursor_u64(&c);
    uint16_t body_len = cursor_u16(&c);
    struct bytes body = {cursor_take(&c, body_len), body_len};
    struct signature s;
    struct bytes covered = {statement, len - cursor_left(&c)};
    cursor_copy(&c, s.b, sizeof(s.b));
    enum muster_error error = cursor_end(&c);
    if (error)
        return error;
    if (version != FORMAT_VERSION)
        return MUSTER_EVERSION;
    if (algorithm != ALGORITHM_1)
        return MUSTER_EALGORITHM;
    if (number != identity->statements || (number == 0) != (type == STATEMENT_INCEPTION) ||
        !agency_id_eq(&agency, &identity->agency) || !hash_eq(&prev, &identity->newest))
        return MUSTER_ECHAIN;
    error = pack_check(body.at, body.len);
    if (error)
        return error;
    struct identity next = *identity;
    switch (type) {
    case STATEMENT_INCEPTION:
        error = take_root(&next, body, NULL);
        if (!error)
            error = take_names(&next, body);
        break;
    case STATEMENT_ROTATION:
        error = take_root(&next, body, identity);
        break;
    case STATEMENT_NODE:
        error = take_node(&next, body);
        break;
    case STATEMENT_REVOKE:
        error = take_revoke(&next, body);
        break;
    case STATEMENT_RENAME:
        error = take_names(&next, body);
        break;
    case STATEMENT_OPERATOR:
        error = take_operator(&next, body);
        break;
    case STATEMENT_REVOKE_OPERATOR:
        error = take_revoke_operator(&next, body);
        break;
    default: /* types of later versions */
        break;
    }
    if (error)
        return error;
    /* An inception and a rotation are signed by the key that they bring. */
    error = crypto_verify_parts(&s, &next.root, "muster/1/statement", &covered, 1);
    if (error)
        return error;
    next.newest = statement_hash(statement, len);
    if (type == STATEMENT_INCEPTION)
        memcpy(next.agency.b, next.newest.b, HASH_BYTES);
    next.statements = number + 1;
    *identity = next;
    return MUSTER_OK;
}

struct bytes statement_body(struct bytes statement)
{
    if (statement.len < STATEMENT_FIXED_BYTES + STATEMENT_SIGNATURE_BYTES)
        return (struct bytes){NULL, 0};
    return (struct bytes){statement.at + STATEMENT_FIXED_BYTES,
                          statement.len - STATEMENT_FIXED_BYTES - STATEMENT_SIGNATURE_BYTES};
}

void identity_take_revocation(struct identity *identity, const void *statement, size_t len)
{
    struct bytes body = statement_body((struct bytes){statement, len});
    const uint8_t *type = statement;
    if (!body.at || pack_check(body.at, body.len) != MUSTER_OK)
        return;
    if (type[2] == STATEMENT_REVOKE)
        (void)!take_revoke(identity, body);
    else if (type[2] == STATEMENT_REVOKE_OPERATOR)
        (void)!take_revoke_operator(identity, body);
}

bool statement_revokes(struct bytes statement, struct sign_public *node, struct cursor *cuts)
{
    struct bytes body = statement_body(statement);
    struct pack_value list;
    if (!body.at || statement.at[2] != STATEMENT_REVOKE || !pack_get_fixed(body, SK_SIGN, node->b, sizeof(node->b)))
        return false;
    *cuts = cursor_over(NULL, 0);
    if (pack_get(body, SK_CUTS, &list) && list.type == PACK_ARRAY) {
        *cuts = cursor_over(list.whole.at, list.whole.len);
        if (!pack_next(cuts, &list, true))
            *cuts = cursor_over(NULL, 0);
    }
    return true;
}

bool statement_cut_next(struct cursor *cuts, struct statement_cut *out)
{
    struct pack_value cut, log, position, head;
    while (cursor_left(cuts) && pack_next(cuts, &cut, false)) {
        struct cursor in = cursor_over(cut.whole.at, cut.whole.len);
        if (cut.type != PACK_ARRAY || cut.u.count < 3 || !pack_next(&in, &cut, true) || !pack_next(&in, &log, false) ||
            !pack_next(&in, &position, false) || !pack_next(&in, &head, false) || log.type != PACK_BYTES ||
            log.u.run.len != HASH_BYTES || position.type != PACK_UINT || head.type != PACK_BYTES ||
            head.u.run.len != HASH_BYTES)
            continue;
        memcpy(out->log.b, log.u.run.at, HASH_BYTES);
        out->position = position.u.uint;
        memcpy(out->head.b, head.u.run.at, HASH_BYTES);
        return true;
    }
    return false;
}

const struct certified_operator *identity_operator(const struct identity *identity, const struct sign_public *key)
{
    for (size_t i = 0; i < identity->operator_count; i++)
        if (memcmp(identity->operators[i].key.b, key->b, sizeof(key->b)) == 0)
            return &identity->operators[i];
    return NULL;
}

static const uint8_t card_magic[8] = "MUSTER1C";

size_t card_make(uint8_t *out, const struct identity *identity, const struct bytes *statements, size_t statement_count,
                 const struct sign_public *node, const struct sign_secret *node_secret, const char *const *endpoints,
                 size_t endpoint_count, const char *contact, uint64_t number, uint64_t now_ms)
{
    uint8_t body[CARD_BODY_MAX];
    struct writer b = writer_over(body, sizeof(body));
    pack_map(&b, contact && *contact ? 2 : 1);
    pack_uint(&b, CK_ENDPOINTS);
    pack_array(&b, (uint32_t)endpoint_count);
    for (size_t i = 0; i < endpoint_count; i++)
        pack_text(&b, endpoints[i], strlen(endpoints[i]));
    if (contact && *contact) {
        pack_uint(&b, CK_CONTACT);
        pack_text(&b, contact, strlen(contact));
    }
    struct writer w = writer_over(out, CARD_BYTES_MAX);
    writer_put(&w, card_magic, sizeof(card_magic));
    writer_put(&w, identity->agency.b, HASH_BYTES);
    writer_put(&w, node->b, sizeof(node->b));
    writer_u64(&w, number);
    writer_u64(&w, now_ms);
    writer_u8(&w, (uint8_t)statement_count);
    for (size_t i = 0; i < statement_count; i++) {
        writer_u16(&w, (uint16_t)statements[i].len);
        writer_put(&w, statements[i].at, statements[i].len);
    }
    writer_u16(&w, (uint16_t)writer_len(&b));
    writer_put(&w, body, writer_len(&b));
    struct bytes covered = {out, writer_len(&w)};
    struct signature s;
    crypto_sign_parts(&s, node_secret, "muster/1/card", &covered, 1);
    writer_put(&w, s.b, sizeof(s.b));
    return b.failed ? 0 : writer_len(&w);
}

size_t card_body_endpoints(struct bytes body, struct bytes out[CARD_ENDPOINTS_MAX])
{
    struct pack_value list, each;
    size_t count = 0;
    if (!pack_get(body, CK_ENDPOINTS, &list) || list.type != PACK_ARRAY)
        return 0;
    struct cursor c = cursor_over(list.whole.at, list.whole.len);
    if (!pack_next(&c, &each, true))
        return 0;
    while (count < CARD_ENDPOINTS_MAX && cursor_left(&c) && pack_next(&c, &each, false))
        if (each.type == PACK_TEXT)
            out[count++] = each.u.run;
    return count;
}

static enum muster_error card_body(struct card *card, struct bytes body)
{
    enum muster_error error = pack_check(body.at, body.len);
    struct pack_value list;
    if (error)
        return error;
    if (pack_get(body, CK_ENDPOINTS, &list)) {
        struct cursor c = cursor_over(list.whole.at, list.whole.len);
        struct pack_value each;
        if (list.type != PACK_ARRAY || list.u.count > CARD_ENDPOINTS_MAX || !pack_next(&c, &each, true))
            return MUSTER_EBADVALUE;
        while (pack_next(&c, &each, false)) {
            if (each.type != PACK_TEXT || each.u.run.len > ENDPOINT_BYTES_MAX)
                return MUSTER_EBADVALUE;
            card->endpoints[card->endpoint_count++] = each.u.run;
        }
    }
    if (pack_get_run(body, CK_CONTACT, &card->contact) && card->contact.len > 512)
        return MUSTER_ETOOBIG;
    return MUSTER_OK;
}

enum muster_error card_read(struct card *out, const void *bytes, size_t len)
{
    if (len > CARD_BYTES_MAX)
        return MUSTER_ETOOBIG;
    struct cursor c = cursor_over(bytes, len);
    struct card card = {.statement_count = 0};
    const uint8_t *magic = cursor_take(&c, sizeof(card_magic));
    if (!magic)
        return MUSTER_ETRUNCATED;
    if (memcmp(magic, card_magic, sizeof(card_magic)) != 0)
        return MUSTER_EVERSION;
    cursor_copy(&c, card.agency.b, HASH_BYTES);
    cursor_copy(&c, card.node.b, sizeof(card.node.b));
    card.number = cursor_u64(&c);
    card.issued_ms = cursor_u64(&c);
    card.statement_count = cursor_u8(&c);
    if (card.statement_count > CARD_STATEMENTS_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < card.statement_count; i++) {
        uint16_t n = cursor_u16(&c);
        card.statements[i] = (struct bytes){cursor_take(&c, n), n};
        if (c.failed)
            return MUSTER_ETRUNCATED;
        enum muster_error error = identity_take(&card.identity, card.statements[i].at, n);
        if (error)
            return error;
    }
    uint16_t body_len = cursor_u16(&c);
    struct bytes body = {cursor_take(&c, body_len), body_len};
    if (c.failed)
        return MUSTER_ETRUNCATED;
    struct bytes covered = {bytes, len - cursor_left(&c)};
    struct signature s;
    cursor_copy(&c, s.b, sizeof(s.b));
    enum muster_error error = cursor_end(&c);
    if (error)
        return error;
    if (!agency_id_eq(&card.identity.agency, &card.agency) || card.statement_count == 0)
        return MUSTER_ECHAIN;
    const struct certified_node *node = identity_node(&card.identity, &card.node);
    if (!node)
        return MUSTER_EUNKNOWN_NODE;
    if (node->revoked)
        return MUSTER_EREVOKED;
    error = crypto_verify_parts(&s, &card.node, "muster/1/card", &covered, 1);
    card.body = body;
    if (!error)
        error = card_body(&card, body);
    if (!error)
        *out = card;
    return error;
}

const struct certified_node *identity_node(const struct identity *identity, const struct sign_public *sign)
{
    for (size_t i = 0; i < identity->node_count; i++)
        if (memcmp(identity->nodes[i].keys.sign.b, sign->b, sizeof(sign->b)) == 0)
            return &identity->nodes[i];
    return NULL;
}

const struct certified_node *identity_node_by_curve(const struct identity *identity, const struct curve_public *curve)
{
    for (size_t i = 0; i < identity->node_count; i++)
        if (memcmp(identity->nodes[i].keys.curve.b, curve->b, sizeof(curve->b)) == 0)
            return &identity->nodes[i];
    return NULL;
}

struct hash pair_hash(const struct agency_id *a, const struct node_keys *a_node, const struct agency_id *b,
                      const struct node_keys *b_node)
{
    int order = agency_id_cmp(a, b);
    if (!order) /* two nodes of one agency */
        order = memcmp(a_node->sign.b, b_node->sign.b, sizeof(a_node->sign.b));
    bool swap = order > 0;
    const struct agency_id *ids[2] = {swap ? b : a, swap ? a : b};
    const struct node_keys *nodes[2] = {swap ? b_node : a_node, swap ? a_node : b_node};
    struct bytes parts[8];
    for (size_t i = 0; i < 2; i++) {
        parts[4 * i] = (struct bytes){ids[i]->b, HASH_BYTES};
        parts[4 * i + 1] = (struct bytes){nodes[i]->sign.b, 32};
        parts[4 * i + 2] = (struct bytes){nodes[i]->box.b, 32};
        parts[4 * i + 3] = (struct bytes){nodes[i]->curve.b, 32};
    }
    return crypto_hash_parts("muster/1/pair", parts, 8);
}
