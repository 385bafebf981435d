/* mirrors crypto/merkle.c */
#include "crypto/crypto.h"
#include "crypto/merkle.h"
#include "unit/crypto/vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct hash leaves[SEGMENT_RECORDS_MAX];

/* Leaf i is H("muster/1/test", byte i), as in tests/vectors/crypto/make.py. */
static void leaves_make(void)
{
    for (size_t i = 0; i < SEGMENT_RECORDS_MAX; i++)
        leaves[i] = crypto_hash1("muster/1/test", &(uint8_t){(uint8_t)i}, 1);
}

/* RFC 6962 section 2.1 as it is written there. */
static struct hash reference(const struct hash *at, size_t count)
{
    if (count == 1)
        return at[0];
    size_t left = 1;
    while (2 * left < count)
        left *= 2;
    struct hash l = reference(at, left), r = reference(at + left, count - left);
    return crypto_hash2("muster/1/node", l.b, 32, r.b, 32);
}

static void root_holds(const struct vector *v)
{
    struct hash got = merkle_root(leaves, get_le16(vector_bytes(v, "count", 2)));
    assert_memory_equal(got.b, vector_bytes(v, "root", 32), 32);
}

static void test_roots_are_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(vectors_each("crypto.txt", "merkle", root_holds), 12);
}

static void test_roots_have_the_shape_of_rfc_6962(void **state)
{
    (void)state;
    for (size_t count = 1; count <= SEGMENT_RECORDS_MAX; count++) {
        struct hash got = merkle_root(leaves, count), want = reference(leaves, count);
        assert_memory_equal(got.b, want.b, 32);
    }
}

/* Every leaf has a path, and it leads nowhere but from that leaf at that index of that many. */
static void paths_hold(size_t count)
{
    struct hash root = merkle_root(leaves, count), path[MERKLE_PATH_MAX + 1] = {{{0}}};
    for (size_t i = 0; i < count; i++) {
        size_t len = merkle_path(path, leaves, count, i);
        assert_true(len <= MERKLE_PATH_MAX);
        assert_int_equal(merkle_verify(&root, &leaves[i], count, i, path, len), MUSTER_OK);
        struct hash other = leaves[i];
        other.b[31] ^= 1;
        assert_int_equal(merkle_verify(&root, &other, count, i, path, len), MUSTER_EHASH);
        assert_int_equal(merkle_verify(&other, &leaves[i], count, i, path, len), MUSTER_EHASH);
        for (size_t j = 0; j < len; j++) {
            path[j].b[0] ^= 0x80;
            assert_int_equal(merkle_verify(&root, &leaves[i], count, i, path, len), MUSTER_EHASH);
            path[j].b[0] ^= 0x80;
        }
        for (size_t j = 0; j < count; j++)
            if (j != i)
                assert_int_not_equal(merkle_verify(&root, &leaves[i], count, j, path, len), MUSTER_OK);
        assert_int_equal(merkle_verify(&root, &leaves[i], count, i, path, len + 1), MUSTER_EBADVALUE);
        if (len)
            assert_int_equal(merkle_verify(&root, &leaves[i], count, i, path, len - 1), MUSTER_EBADVALUE);
    }
}

static void test_every_path_verifies_and_nothing_else_does(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 17; count++)
        paths_hold(count);
    paths_hold(100);
    paths_hold(255);
    paths_hold(SEGMENT_RECORDS_MAX);
}

static const struct {
    const char *says;
    size_t count, index, path_len;
} impossible[] = {
    {"a tree without leaves",             0,          0,        0       },
    {"more leaves than a segment has",    257,        0,        9       },
    {"so many that halving goes on",      SIZE_MAX,   0,        64      },
    {"an index behind the last leaf",     5,          5,        3       },
    {"an index beyond all",               5,          SIZE_MAX, 3       },
    {"a path that no tree has",           5,          0,        SIZE_MAX},
    {"a path where the root is the leaf", 1,          0,        1       },
    {"the odd last leaf with a full path", 5,         4,        3       },
};

static void test_impossible_paths_are_refused(void **state)
{
    (void)state;
    static const struct hash path[MERKLE_PATH_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(impossible); i++) {
        print_message("refuses %s\n", impossible[i].says);
        assert_int_equal(merkle_verify(&leaves[0], &leaves[0], impossible[i].count, impossible[i].index, path,
                                       impossible[i].path_len),
                         MUSTER_EBADVALUE);
    }
}

/* One shorter tree's path must not pass in a longer tree (or the count would prove nothing). */
static void test_a_path_is_bound_to_the_root_of_its_count(void **state)
{
    (void)state;
    struct hash path[MERKLE_PATH_MAX], root = merkle_root(leaves, 4);
    size_t len = merkle_path(path, leaves, 8, 1);
    assert_int_equal(merkle_verify(&root, &leaves[1], 8, 1, path, len), MUSTER_EHASH);
    assert_int_equal(merkle_verify(&root, &leaves[1], 4, 1, path, 2), MUSTER_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roots_are_the_published_ones),
        cmocka_unit_test(test_roots_have_the_shape_of_rfc_6962),
        cmocka_unit_test(test_every_path_verifies_and_nothing_else_does),
        cmocka_unit_test(test_impossible_paths_are_refused),
        cmocka_unit_test(test_a_path_is_bound_to_the_root_of_its_count),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    leaves_make();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
