/* chain.c — what an agency's chain of statements says here: its nodes, operators and revocations, also when two histories of
 * it are held, and how far a revoked node's logs count (RULES D4). */
#include "protocol/trust/chain.h"

#include <stdlib.h>

/* Does the one begin with the other? */
static bool agree(const struct card *a, const struct card *b, size_t *common)
{
    size_t n = a->statement_count < b->statement_count ? a->statement_count : b->statement_count;
    for (*common = 0; *common < n; (*common)++)
        if (a->statements[*common].len != b->statements[*common].len ||
            memcmp(a->statements[*common].at, b->statements[*common].at, a->statements[*common].len) != 0)
            return false;
    return true;
}

enum chain_relation chain_compare(const struct card *held, const struct card *card)
{
    size_t common;
    if (!agree(held, card, &common))
        return CHAIN_FORKS;
    return card->statement_count > held->statement_count   ? CHAIN_LONGER
           : card->statement_count < held->statement_count ? CHAIN_OLDER
                                                           : CHAIN_SAME;
}

/* The chain up to the place where the branches part, and of all branches behind it what revokes. */
static enum muster_error merge(struct identity *out, const struct card *const *branches, size_t count, size_t common)
{
    memset(out, 0, sizeof(*out));
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; i < common && !error; i++)
        error = identity_take(out, branches[0]->statements[i].at, branches[0]->statements[i].len);
    for (size_t b = 0; b < count && !error; b++)
        for (size_t i = common; i < branches[b]->statement_count; i++)
            identity_take_revocation(out, branches[b]->statements[i].at, branches[b]->statements[i].len);
    return error;
}

enum muster_error chain_identity(struct identity *out, const struct card *const *branches, size_t count)
{
    size_t common = branches[0]->statement_count;
    for (size_t b = 1; b < count; b++) {
        size_t here;
        (void)agree(branches[0], branches[b], &here);
        common = here < common ? here : common;
    }
    if (count == 1) {
        *out = branches[0]->identity;
        return MUSTER_OK;
    }
    return merge(out, branches, count, common);
}

enum muster_error chain_cuts(struct agency_cut **out, size_t *count, const struct card *const *branches, size_t branch_count)
{
    struct agency_cut *list = NULL;
    size_t used = 0, size = 0;
    for (size_t b = 0; b < branch_count; b++)
        for (size_t i = 0; i < branches[b]->statement_count; i++) {
            struct sign_public node;
            struct cursor cuts;
            struct agency_cut next;
            if (!statement_revokes(branches[b]->statements[i], &node, &cuts))
                continue;
            for (next.node = node; statement_cut_next(&cuts, &next.cut);) {
                if (used == size) {
                    struct agency_cut *bigger = realloc(list, (size + 16) * sizeof(*bigger));
                    if (!bigger) {
                        free(list);
                        return MUSTER_EBUSY;
                    }
                    list = bigger;
                    size += 16;
                }
                list[used++] = next;
            }
        }
    *out = list;
    *count = used;
    return MUSTER_OK;
}

bool chain_limit(const struct agency_cut *cuts, size_t count, const struct sign_public *node, const struct log_id *log,
                 struct statement_cut *out)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(cuts[i].node.b, node->b, sizeof(node->b)) != 0 || !log_id_eq(&cuts[i].cut.log, log))
            continue;
        if (!found || cuts[i].cut.position < out->position)
            *out = cuts[i].cut;
        found = true;
    }
    return found;
}
