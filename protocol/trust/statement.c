#include "protocol/trust/statement.h"

#include "base/pack.h"

static size_t make(uint8_t *out, struct identity *identity, enum statement_type type, const struct sign_secret *secret,
                   struct bytes body, uint64_t now_ms)
{
    struct writer w = writer_over(out, STATEMENT_BYTES_MAX);
    writer_u8(&w, FORMAT_VERSION);
    writer_u8(&w, ALGORITHM_1);
    writer_u8(&w, (uint8_t)type);
    writer_u8(&w, 0);
    writer_put(&w, identity->agency.b, HASH_BYTES);
    writer_u32(&w, identity->statements);
    writer_put(&w, identity->newest.b, HASH_BYTES);
    writer_u64(&w, now_ms);
    writer_u16(&w, (uint16_t)body.len);
    writer_put(&w, body.at, body.len);
    if (!body.len || !writer_len(&w))
        return 0;
    struct bytes covered = {out, writer_len(&w)};
    struct signature s;
    crypto_sign_parts(&s, secret, "muster/1/statement", &covered, 1);
    writer_put(&w, s.b, sizeof(s.b));
    size_t len = writer_len(&w);
    if (!len || identity_take(identity, out, len) != MUSTER_OK)
        return 0;
    return len;
}

size_t statement_inception(uint8_t *out, struct identity *identity, const struct sign_public *root,
                           const struct sign_secret *root_secret, const struct hash *next_root, const char *name,
                           const char *country, uint64_t now_ms)
{
    uint8_t body[512];
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 4);
    pack_uint(&w, SK_ROOT);
    pack_bytes(&w, root->b, sizeof(root->b));
    pack_uint(&w, SK_NEXT);
    pack_bytes(&w, next_root->b, sizeof(next_root->b));
    pack_uint(&w, SK_NAME);
    pack_text(&w, name, strlen(name));
    pack_uint(&w, SK_COUNTRY);
    pack_text(&w, country, strlen(country));
    return make(out, identity, STATEMENT_INCEPTION, root_secret, (struct bytes){body, writer_len(&w)}, now_ms);
}

size_t statement_node(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                      const struct node_keys *node, const char *name, uint64_t expires_ms, uint64_t now_ms)
{
    uint8_t body[512];
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 5);
    pack_uint(&w, SK_SIGN);
    pack_bytes(&w, node->sign.b, sizeof(node->sign.b));
    pack_uint(&w, SK_BOX);
    pack_bytes(&w, node->box.b, sizeof(node->box.b));
    pack_uint(&w, SK_CURVE);
    pack_bytes(&w, node->curve.b, sizeof(node->curve.b));
    pack_uint(&w, SK_NAME);
    pack_text(&w, name, strlen(name));
    pack_uint(&w, SK_EXPIRES);
    pack_uint(&w, expires_ms);
    return make(out, identity, STATEMENT_NODE, root_secret, (struct bytes){body, writer_len(&w)}, now_ms);
}

size_t statement_rotation(uint8_t *out, struct identity *identity, const struct sign_public *root,
                          const struct sign_secret *root_secret, const struct hash *next_root, uint64_t now_ms)
{
    uint8_t body[256];
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 2);
    pack_uint(&w, SK_ROOT);
    pack_bytes(&w, root->b, sizeof(root->b));
    pack_uint(&w, SK_NEXT);
    pack_bytes(&w, next_root->b, sizeof(next_root->b));
    return make(out, identity, STATEMENT_ROTATION, root_secret, (struct bytes){body, writer_len(&w)}, now_ms);
}

size_t statement_revoke(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                        const struct sign_public *node, const struct statement_cut *cuts, size_t cut_count, uint64_t now_ms)
{
    uint8_t body[STATEMENT_BYTES_MAX];
    struct writer w = writer_over(body, sizeof(body));
    if (cut_count > STATEMENT_CUTS_MAX)
        return 0;
    pack_map(&w, 2);
    pack_uint(&w, SK_SIGN);
    pack_bytes(&w, node->b, sizeof(node->b));
    pack_uint(&w, SK_CUTS);
    pack_array(&w, (uint32_t)cut_count);
    for (size_t i = 0; i < cut_count; i++) {
        pack_array(&w, 3);
        pack_bytes(&w, cuts[i].log.b, HASH_BYTES);
        pack_uint(&w, cuts[i].position);
        pack_bytes(&w, cuts[i].head.b, HASH_BYTES);
    }
    return make(out, identity, STATEMENT_REVOKE, root_secret, (struct bytes){body, writer_len(&w)}, now_ms);
}

size_t statement_operator(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                          const struct sign_public *key, const char *name, uint64_t roles, uint64_t expires_ms,
                          uint64_t now_ms)
{
    uint8_t body[512];
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 4);
    pack_uint(&w, SK_SIGN);
    pack_bytes(&w, key->b, sizeof(key->b));
    pack_uint(&w, SK_NAME);
    pack_text(&w, name, strlen(name));
    pack_uint(&w, SK_ROLES);
    pack_uint(&w, roles);
    pack_uint(&w, SK_EXPIRES);
    pack_uint(&w, expires_ms);
    return make(out, identity, STATEMENT_OPERATOR, root_secret, (struct bytes){body, writer_len(&w)}, now_ms);
}

size_t statement_revoke_operator(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                                 const struct sign_public *key, uint64_t now_ms)
{
    uint8_t body[64];
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 1);
    pack_uint(&w, SK_SIGN);
    pack_bytes(&w, key->b, sizeof(key->b));
    return make(out, identity, STATEMENT_REVOKE_OPERATOR, root_secret, (struct bytes){body, writer_len(&w)}, now_ms);
}
