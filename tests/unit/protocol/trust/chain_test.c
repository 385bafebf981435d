/* chain_test.c — an agency's chain: what its statements and cards say, what is refused and why, and two histories of one. */
#include "protocol/trust/chain.h"
#include "protocol/trust/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { NOW = 1000 };

struct world {
    struct identity identity;
    struct sign_public root, next, third;
    struct sign_secret root_secret, next_secret, third_secret;
    struct node_keys nodes[3];
    struct sign_secret node_secrets[3];
    struct sign_public operator;
    uint8_t bytes[16][STATEMENT_BYTES_MAX];
    struct bytes statements[16];
    size_t count;
};

static void key_of(struct sign_public *key, struct sign_secret *secret, uint8_t seed)
{
    uint8_t bytes[32] = {seed};
    sign_keys_from_seed(key, secret, bytes);
}

static void add(struct world *w, size_t len)
{
    assert_true(len > 0);
    w->statements[w->count] = (struct bytes){w->bytes[w->count], len};
    w->count++;
}

static uint8_t *room(struct world *w)
{
    return w->bytes[w->count];
}

static struct world *world_new(uint8_t seed)
{
    struct world *w = calloc(1, sizeof(*w));
    struct sign_secret unused;
    assert_non_null(w);
    key_of(&w->root, &w->root_secret, seed);
    key_of(&w->next, &w->next_secret, (uint8_t)(seed + 1));
    key_of(&w->third, &w->third_secret, (uint8_t)(seed + 2));
    key_of(&w->operator, &unused, (uint8_t)(seed + 3));
    for (size_t i = 0; i < ARRAY_LEN(w->nodes); i++) {
        uint8_t box[32] = {(uint8_t)(seed + 20 + i)};
        struct box_secret box_secret;
        key_of(&w->nodes[i].sign, &w->node_secrets[i], (uint8_t)(seed + 10 + i));
        box_keys_from_seed(&w->nodes[i].box, &box_secret, box);
        memset(w->nodes[i].curve.b, (int)(seed + 30 + i), sizeof(w->nodes[i].curve.b));
    }
    struct hash next = next_root_of(&w->next);
    add(w, statement_inception(room(w), &w->identity, &w->root, &w->root_secret, &next, "Yibin", "CN", NOW));
    add(w, statement_node(room(w), &w->identity, &w->root_secret, &w->nodes[0], "one", 0, NOW));
    return w;
}

static size_t card_of(const struct world *w, size_t node, uint8_t *out)
{
    const char *endpoint = "tcp://127.0.0.1:7117";
    return card_make(out, &w->identity, w->statements, w->count, &w->nodes[node].sign, &w->node_secrets[node], &endpoint, 1,
                     "call us", 7, NOW);
}

static void rotate(struct world *w)
{
    struct hash after = next_root_of(&w->third);
    add(w, statement_rotation(room(w), &w->identity, &w->next, &w->next_secret, &after, NOW));
}

static void revoke(struct world *w, size_t node, uint64_t position)
{
    struct statement_cut cut = {.position = position};
    memset(cut.log.b, 5, sizeof(cut.log.b));
    memset(cut.head.b, 6, sizeof(cut.head.b));
    add(w, statement_revoke(room(w), &w->identity, &w->root_secret, &w->nodes[node].sign, &cut, 1, NOW));
}

/* --- cards that must not be taken ------------------------------------------------------------------------------ */

enum tampering { AS_IT_IS, EXPIRED, REVOKED, NODES_SWAPPED, CUT_SHORT, SIGNED_AGAIN, FOREIGN_NODE, FOREIGN_CHAIN, STATEMENTS_SWAPPED,
                 STATEMENT_LEFT_OUT, BIT_FLIPPED, LONGER, WRONG_NEXT_ROOT, STATEMENT_BY_OLD_ROOT };

static const struct {
    const char *says;
    enum tampering how;
    enum muster_error want;
} cards[] = {
    {"takes a card as its agency made it", AS_IT_IS, MUSTER_OK},
    {"takes the card of a node whose certificate has expired: that warns and stops nothing", EXPIRED, MUSTER_OK},
    {"refuses the card of a node that its own chain revokes", REVOKED, MUSTER_EREVOKED},
    {"refuses a card that names another node of the agency than the one that signed it", NODES_SWAPPED, MUSTER_ESIGNATURE},
    {"refuses a card whose last byte is missing", CUT_SHORT, MUSTER_ETRUNCATED},
    {"refuses a card signed again by a key that is not on the chain", SIGNED_AGAIN, MUSTER_EUNKNOWN_NODE},
    {"refuses a card of another agency's node", FOREIGN_NODE, MUSTER_EUNKNOWN_NODE},
    {"refuses a statement of another agency's chain", FOREIGN_CHAIN, MUSTER_ECHAIN},
    {"refuses statements in another order", STATEMENTS_SWAPPED, MUSTER_ECHAIN},
    {"refuses a chain with a statement left out", STATEMENT_LEFT_OUT, MUSTER_ECHAIN},
    {"refuses a card with one bit changed", BIT_FLIPPED, MUSTER_ESIGNATURE},
    {"refuses a card with a byte behind its end", LONGER, MUSTER_ETRAILING},
    {"refuses a rotation to a root that was not committed to", WRONG_NEXT_ROOT, MUSTER_ECOMMITMENT},
    {"refuses a statement signed by the root before the rotation", STATEMENT_BY_OLD_ROOT, MUSTER_ESIGNATURE},
};

/* A rotation or node statement as a thief would make it: the maker itself refuses, so an identity that lies is used. */
static void forge(struct world *w, enum tampering how)
{
    struct identity lie = w->identity;
    struct hash after = next_root_of(&w->root);
    if (how == WRONG_NEXT_ROOT) {
        lie.next_root = next_root_of(&w->third);
        add(w, statement_rotation(room(w), &lie, &w->third, &w->third_secret, &after, NOW));
    } else {
        rotate(w);
        lie = w->identity;
        lie.root = w->root;
        add(w, statement_node(room(w), &lie, &w->root_secret, &w->nodes[1], "two", 0, NOW));
    }
}

static size_t tamper(struct world *w, struct world *other, enum tampering how, uint8_t *out)
{
    struct bytes kept = w->statements[0];
    size_t len;
    switch (how) {
    case EXPIRED:
        w->count = 1;
        w->identity = (struct identity){.statements = 0};
        assert_int_equal(identity_take(&w->identity, kept.at, kept.len), MUSTER_OK);
        add(w, statement_node(room(w), &w->identity, &w->root_secret, &w->nodes[0], "one", NOW - 1, NOW));
        return card_of(w, 0, out);
    case REVOKED:
        revoke(w, 0, 3);
        return card_of(w, 0, out);
    case NODES_SWAPPED:
        add(w, statement_node(room(w), &w->identity, &w->root_secret, &w->nodes[1], "two", 0, NOW));
        len = card_of(w, 0, out);
        memcpy(out + 8 + HASH_BYTES, w->nodes[1].sign.b, 32);
        return len;
    case CUT_SHORT:
        return card_of(w, 0, out) - 1;
    case SIGNED_AGAIN:
        return card_of(w, 2, out);
    case FOREIGN_NODE:
        w->nodes[0] = other->nodes[0];
        w->node_secrets[0] = other->node_secrets[0];
        return card_of(w, 0, out);
    case FOREIGN_CHAIN:
        w->statements[1] = other->statements[1];
        return card_of(w, 0, out);
    case STATEMENTS_SWAPPED:
        w->statements[0] = w->statements[1];
        w->statements[1] = kept;
        return card_of(w, 0, out);
    case STATEMENT_LEFT_OUT:
        rotate(w);
        w->statements[1] = w->statements[2];
        w->count = 2;
        return card_of(w, 0, out);
    case BIT_FLIPPED:
        len = card_of(w, 0, out);
        out[len - 1] ^= 1;
        return len;
    case LONGER:
        len = card_of(w, 0, out);
        out[len] = 0;
        return len + 1;
    case WRONG_NEXT_ROOT:
    case STATEMENT_BY_OLD_ROOT:
        forge(w, how);
        return card_of(w, 0, out);
    case AS_IT_IS:
        break;
    }
    return card_of(w, 0, out);
}

static void test_cards_are_judged_by_their_chain(void **state)
{
    uint8_t *bytes = malloc(CARD_BYTES_MAX + 1);
    struct card *card = calloc(1, sizeof(*card));
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
        struct world *w = world_new(1), *other = world_new(100);
        size_t len = tamper(w, other, cards[i].how, bytes);
        print_message("card_read %s\n", cards[i].says);
        assert_int_equal(card_read(card, bytes, len), cards[i].want);
        assert_true(error_what(cards[i].want)[0] && (!cards[i].want || error_remedy(cards[i].want)[0]));
        free(w);
        free(other);
    }
    free(card);
    free(bytes);
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static void test_makers_refuse_what_no_reader_would_take(void **state)
{
    struct world *w = world_new(1);
    struct hash after = next_root_of(&w->third);
    struct identity before = w->identity;
    struct statement_cut cuts[STATEMENT_CUTS_MAX + 1] = {{.position = UINT64_MAX}};
    (void)state;
    assert_int_equal(statement_rotation(room(w), &w->identity, &w->third, &w->third_secret, &after, NOW), 0);
    assert_int_equal(statement_node(room(w), &w->identity, &w->next_secret, &w->nodes[1], "two", 0, NOW), 0);
    assert_int_equal(statement_operator(room(w), &w->identity, &w->root_secret, &w->operator, "", ROLE_VIEWER, 0, NOW), 0);
    assert_int_equal(statement_revoke(room(w), &w->identity, &w->root_secret, &w->nodes[0].sign, cuts, STATEMENT_CUTS_MAX + 1,
                                      NOW), 0);
    assert_memory_equal(&before, &w->identity, sizeof(before));
    for (size_t i = 0; i < STATEMENT_CUTS_MAX; i++)
        cuts[i].position = UINT64_MAX;
    assert_true(statement_revoke(room(w), &w->identity, &w->root_secret, &w->nodes[0].sign, cuts, STATEMENT_CUTS_MAX, NOW) > 0);
    free(w);
}

static void test_operators_come_change_and_go(void **state)
{
    struct world *w = world_new(1);
    (void)state;
    add(w, statement_operator(room(w), &w->identity, &w->root_secret, &w->operator, "duty officer", ROLE_COORDINATOR, 5, NOW));
    const struct certified_operator *operator = identity_operator(&w->identity, &w->operator);
    assert_non_null(operator);
    assert_string_equal(operator->name, "duty officer");
    assert_int_equal(operator->roles, ROLE_COORDINATOR);
    add(w, statement_operator(room(w), &w->identity, &w->root_secret, &w->operator, "duty officer",
                              ROLE_COORDINATOR | ROLE_APPROVER | 1024, 5, NOW));
    assert_int_equal(w->identity.operator_count, 1);
    assert_int_equal(identity_operator(&w->identity, &w->operator)->roles, ROLE_COORDINATOR | ROLE_APPROVER | 1024);
    add(w, statement_revoke_operator(room(w), &w->identity, &w->root_secret, &w->operator, NOW));
    assert_true(identity_operator(&w->identity, &w->operator)->revoked);
    add(w, statement_operator(room(w), &w->identity, &w->root_secret, &w->operator, "again", ROLE_ADMIN, 0, NOW));
    assert_true(identity_operator(&w->identity, &w->operator)->revoked); /* what is revoked stays revoked */
    free(w);
}

static void test_an_agency_has_room_for_64_operators(void **state)
{
    struct world *w = world_new(1);
    uint8_t bytes[STATEMENT_BYTES_MAX];
    struct sign_public key = {{0}};
    (void)state;
    for (uint8_t i = 0; i < AGENCY_OPERATORS_MAX; i++) {
        key.b[0] = i;
        assert_true(statement_operator(bytes, &w->identity, &w->root_secret, &key, "one", ROLE_VIEWER, 0, NOW) > 0);
    }
    key.b[0] = AGENCY_OPERATORS_MAX;
    assert_int_equal(statement_operator(bytes, &w->identity, &w->root_secret, &key, "more", ROLE_VIEWER, 0, NOW), 0);
    key.b[0] = 3;
    assert_true(statement_operator(bytes, &w->identity, &w->root_secret, &key, "known", ROLE_ADMIN, 0, NOW) > 0);
    free(w);
}

/* --- two histories (D4) --------------------------------------------------------------------------------------------- */

static struct card *read_card(struct world *w, size_t node, uint8_t *bytes)
{
    struct card *card = calloc(1, sizeof(*card));
    assert_int_equal(card_read(card, bytes, card_of(w, node, bytes)), MUSTER_OK);
    return card;
}

static void test_of_a_forked_chain_both_branches_revoke_and_none_adds(void **state)
{
    struct world *a = world_new(1), *b = world_new(1);
    uint8_t *bytes = calloc(2, CARD_BYTES_MAX);
    (void)state;
    for (size_t i = 0; i < 2; i++) { /* in common: a second node and an operator */
        struct world *w = i ? b : a;
        add(w, statement_node(room(w), &w->identity, &w->root_secret, &w->nodes[1], "two", 0, NOW));
        add(w, statement_operator(room(w), &w->identity, &w->root_secret, &w->operator, "duty", ROLE_ADMIN, 0, NOW));
    }
    revoke(a, 1, 9);                                  /* one branch revokes the node */
    rotate(a);                                        /* and goes on under another root */
    add(b, statement_node(room(b), &b->identity, &b->root_secret, &b->nodes[2], "thief", 0, NOW)); /* the other adds one */
    add(b, statement_revoke_operator(room(b), &b->identity, &b->root_secret, &b->operator, NOW));
    struct card *first = read_card(a, 0, bytes), *second = read_card(b, 0, bytes + CARD_BYTES_MAX);
    struct identity *merged = calloc(2, sizeof(*merged));
    const struct card *list[] = {first, second}, *turned[] = {second, first};
    assert_int_equal(chain_compare(first, second), CHAIN_FORKS);
    assert_int_equal(chain_identity(&merged[0], list, 2), MUSTER_OK);
    assert_int_equal(chain_identity(&merged[1], turned, 2), MUSTER_OK);
    assert_memory_equal(&merged[0], &merged[1], sizeof(merged[0])); /* whichever came first */
    assert_int_equal(merged[0].node_count, 2);
    assert_null(identity_node(&merged[0], &b->nodes[2].sign));
    assert_false(identity_node(&merged[0], &a->nodes[0].sign)->revoked);
    assert_true(identity_node(&merged[0], &a->nodes[1].sign)->revoked);
    assert_true(identity_operator(&merged[0], &a->operator)->revoked);
    assert_memory_equal(merged[0].root.b, a->root.b, sizeof(a->root.b));
    free(merged);
    free(first);
    free(second);
    free(bytes);
    free(a);
    free(b);
}

static void test_of_a_revoked_nodes_log_the_strictest_cut_counts(void **state)
{
    struct world *w = world_new(1);
    uint8_t *bytes = malloc(CARD_BYTES_MAX);
    struct agency_cut *cuts;
    struct statement_cut cut;
    struct log_id listed, other;
    size_t count;
    (void)state;
    memset(listed.b, 5, sizeof(listed.b));
    memset(other.b, 7, sizeof(other.b));
    add(w, statement_node(room(w), &w->identity, &w->root_secret, &w->nodes[1], "two", 0, NOW));
    revoke(w, 1, 9);
    revoke(w, 1, 4);
    revoke(w, 1, 6);
    struct card *card = read_card(w, 0, bytes);
    const struct card *list[] = {card};
    assert_int_equal(chain_cuts(&cuts, &count, list, 1), MUSTER_OK);
    assert_int_equal(count, 3);
    assert_true(chain_limit(cuts, count, &w->nodes[1].sign, &listed, &cut));
    assert_int_equal(cut.position, 4);
    assert_false(chain_limit(cuts, count, &w->nodes[1].sign, &other, &cut));
    assert_false(chain_limit(cuts, count, &w->nodes[0].sign, &listed, &cut));
    free(cuts);
    free(card);
    free(bytes);
    free(w);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == MUSTER_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cards_are_judged_by_their_chain),
        cmocka_unit_test(test_makers_refuse_what_no_reader_would_take),
        cmocka_unit_test(test_operators_come_change_and_go),
        cmocka_unit_test(test_an_agency_has_room_for_64_operators),
        cmocka_unit_test(test_of_a_forked_chain_both_branches_revoke_and_none_adds),
        cmocka_unit_test(test_of_a_revoked_nodes_log_the_strictest_cut_counts),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
