/* genesis_test.c — a log's first statement: every bit is signed by node and incarnation, and is its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/log/genesis.h"

static struct log_genesis genesis;
static struct sign_secret node, incarnation;
static uint8_t bytes[LOG_GENESIS_MAX + 1];

static size_t make(uint8_t ctl)
{
    genesis = (struct log_genesis){.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .role = LOG_DATA, .space = {{1}},
                                   .agency = {{2}}, .predecessor = {{3}}, .predecessor_position = 4, .ctl_count = ctl};
    for (uint8_t i = 0; i < ctl; i++)
        genesis.ctl[i].b[0] = (uint8_t)(i + 1);
    uint8_t seed[32] = {1};
    sign_keys_from_seed(&genesis.node, &node, seed);
    seed[0] = 2;
    sign_keys_from_seed(&genesis.incarnation, &incarnation, seed);
    return log_genesis_make(bytes, &genesis, false, &node, &incarnation);
}

static void test_it_is_read_as_it_was_made(void **state)
{
    (void)state;
    for (uint8_t ctl = 0; ctl <= CTL_HEADS_MAX; ctl++) {
        struct log_genesis got;
        size_t len = make(ctl);
        assert_int_equal(len, LOG_GENESIS_MIN + 32 * (size_t)ctl);
        assert_int_equal(log_genesis_read(&got, bytes, len), MUSTER_OK);
        assert_true(got.ctl_count == ctl && got.predecessor_position == 4 && got.space.b[0] == 1 && got.agency.b[0] == 2);
        assert_int_equal(log_genesis_verify(bytes, len, false), MUSTER_OK);
        assert_int_equal(log_genesis_verify(bytes, len, true), MUSTER_ESIGNATURE);
    }
}

static void test_no_bit_may_be_another(void **state)
{
    (void)state;
    size_t len = make(3);
    struct log_id id = log_id_of(bytes, len);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct log_id other = log_id_of(bytes, len);
        assert_int_not_equal(log_genesis_verify(bytes, len, false), MUSTER_OK);
        assert_false(log_id_eq(&id, &other));
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(log_genesis_verify(bytes, cut, false), MUSTER_OK);
    bytes[len] = 0;
    assert_int_equal(log_genesis_verify(bytes, len + 1, false), MUSTER_ETRAILING);
}

static void test_one_signature_is_not_enough(void **state)
{
    (void)state;
    make(1);
    size_t len = log_genesis_make(bytes, &genesis, false, &node, &node);
    assert_int_equal(log_genesis_verify(bytes, len, false), MUSTER_ESIGNATURE);
    len = log_genesis_make(bytes, &genesis, false, &incarnation, &incarnation);
    assert_int_equal(log_genesis_verify(bytes, len, false), MUSTER_ESIGNATURE);
}

static const struct {
    const char *says;
    size_t at;
    uint8_t value;
    enum muster_error want;
} rows[] = {
    {"a later version is not read",       0,   FORMAT_VERSION + 1, MUSTER_EVERSION  },
    {"another algorithm is not read",     1,   2,                  MUSTER_EALGORITHM},
    {"a third role is none",              2,   2,                  MUSTER_EBADVALUE },
    {"33 control heads are too many",     204, CTL_HEADS_MAX + 1,  MUSTER_ETOOBIG   },
    {"more heads than bytes are cut off", 204, 4,                  MUSTER_ETRUNCATED},
    {"fewer leave some over",             204, 2,                  MUSTER_ETRAILING },
};

static void test_a_bad_form_has_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct log_genesis got = {.version = 77};
        size_t len = make(3);
        print_message("%s\n", rows[i].says);
        bytes[rows[i].at] = rows[i].value;
        assert_int_equal(log_genesis_read(&got, bytes, len), rows[i].want);
        assert_int_equal(got.version, 77);
    }
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == MUSTER_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_read_as_it_was_made),
        cmocka_unit_test(test_no_bit_may_be_another),
        cmocka_unit_test(test_one_signature_is_not_enough),
        cmocka_unit_test(test_a_bad_form_has_its_reason),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
