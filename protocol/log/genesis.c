#include "protocol/log/genesis.h"

#include "protocol/log/domain.h"

static size_t write_unsigned(struct writer *w, const struct log_genesis *g)
{
    writer_u8(w, g->version);
    writer_u8(w, g->algorithm);
    writer_u8(w, g->role);
    writer_u8(w, g->reason);
    writer_put(w, g->space.b, HASH_BYTES);
    writer_put(w, g->agency.b, HASH_BYTES);
    writer_put(w, g->node.b, sizeof(g->node.b));
    writer_put(w, g->incarnation.b, sizeof(g->incarnation.b));
    writer_put(w, g->predecessor.b, HASH_BYTES);
    writer_u64(w, g->predecessor_position);
    writer_put(w, g->predecessor_head.b, HASH_BYTES);
    writer_u8(w, g->ctl_count);
    for (size_t i = 0; i < g->ctl_count; i++)
        writer_put(w, g->ctl[i].b, HASH_BYTES);
    return writer_len(w);
}

size_t log_genesis_make(uint8_t *out, struct log_genesis *genesis, bool exercise, const struct sign_secret *node,
                        const struct sign_secret *incarnation)
{
    struct writer w = writer_over(out, LOG_GENESIS_MAX);
    for (size_t i = 1; i < genesis->ctl_count; i++) /* ascending, as the format wants them */
        for (size_t j = i; j > 0 && record_id_cmp(&genesis->ctl[j - 1], &genesis->ctl[j]) > 0; j--) {
            struct record_id swap = genesis->ctl[j];
            genesis->ctl[j] = genesis->ctl[j - 1];
            genesis->ctl[j - 1] = swap;
        }
    struct bytes covered = {out, write_unsigned(&w, genesis)};
    crypto_sign_parts(&genesis->node_signature, node, domain_log(exercise), &covered, 1);
    crypto_sign_parts(&genesis->incarnation_signature, incarnation, domain_log(exercise), &covered, 1);
    writer_put(&w, genesis->node_signature.b, sizeof(genesis->node_signature.b));
    writer_put(&w, genesis->incarnation_signature.b, sizeof(genesis->incarnation_signature.b));
    return writer_len(&w);
}

enum muster_error log_genesis_read(struct log_genesis *out, const void *bytes, size_t len)
{
    struct cursor c = cursor_over(bytes, len);
    struct log_genesis g = {.version = cursor_u8(&c)};
    g.algorithm = cursor_u8(&c);
    g.role = cursor_u8(&c);
    g.reason = cursor_u8(&c);
    if (!c.failed && g.version != FORMAT_VERSION)
        return MUSTER_EVERSION;
    if (!c.failed && g.algorithm != ALGORITHM_1)
        return MUSTER_EALGORITHM;
    if (g.role > LOG_CONTROL)
        return MUSTER_EBADVALUE;
    cursor_copy(&c, g.space.b, HASH_BYTES);
    cursor_copy(&c, g.agency.b, HASH_BYTES);
    cursor_copy(&c, g.node.b, sizeof(g.node.b));
    cursor_copy(&c, g.incarnation.b, sizeof(g.incarnation.b));
    cursor_copy(&c, g.predecessor.b, HASH_BYTES);
    g.predecessor_position = cursor_u64(&c);
    cursor_copy(&c, g.predecessor_head.b, HASH_BYTES);
    g.ctl_count = cursor_u8(&c);
    if (g.ctl_count > CTL_HEADS_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < g.ctl_count; i++)
        cursor_copy(&c, g.ctl[i].b, HASH_BYTES);
    for (size_t i = 1; i < g.ctl_count && !c.failed; i++)
        if (record_id_cmp(&g.ctl[i - 1], &g.ctl[i]) >= 0)
            return MUSTER_EBADVALUE;
    cursor_copy(&c, g.node_signature.b, sizeof(g.node_signature.b));
    cursor_copy(&c, g.incarnation_signature.b, sizeof(g.incarnation_signature.b));
    enum muster_error error = cursor_end(&c);
    if (error == MUSTER_OK)
        *out = g;
    return error;
}

enum muster_error log_genesis_verify(const void *bytes, size_t len, bool exercise)
{
    struct log_genesis g;
    enum muster_error error = log_genesis_read(&g, bytes, len);
    if (error)
        return error;
    struct bytes covered = {bytes, len - sizeof(g.node_signature.b) - sizeof(g.incarnation_signature.b)};
    error = crypto_verify_parts(&g.node_signature, &g.node, domain_log(exercise), &covered, 1);
    if (error)
        return error;
    return crypto_verify_parts(&g.incarnation_signature, &g.incarnation, domain_log(exercise), &covered, 1);
}

struct log_id log_id_of(const void *genesis, size_t len)
{
    struct hash h = crypto_hash1("muster/1/log-id", genesis, len);
    struct log_id id;
    memcpy(id.b, h.b, HASH_BYTES);
    return id;
}
