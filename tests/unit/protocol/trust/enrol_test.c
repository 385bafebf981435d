/* enrol_test.c — a node's request to be certified, and what is none. */
#include "protocol/trust/enrol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct enrolment made;
static struct sign_secret secret;

enum spoiling { AS_IT_IS, SHORT, LONG, VERSION, FOREIGN_KEY, BOX_SWAPPED, NAME_EMPTY, NAME_NOT_UTF8, BIT };

static const struct {
    const char *says;
    enum spoiling how;
    enum muster_error want;
} rows[] = {
    {"takes a request as its node made it", AS_IT_IS, MUSTER_OK},
    {"refuses one whose last byte is missing", SHORT, MUSTER_ETRUNCATED},
    {"refuses one with a byte behind its end", LONG, MUSTER_ETRAILING},
    {"refuses another version", VERSION, MUSTER_EVERSION},
    {"refuses one whose signing key was replaced", FOREIGN_KEY, MUSTER_ESIGNATURE},
    {"refuses one whose box key was replaced", BOX_SWAPPED, MUSTER_ESIGNATURE},
    {"refuses a node without a name", NAME_EMPTY, MUSTER_EBADVALUE},
    {"refuses a name that is not UTF-8", NAME_NOT_UTF8, MUSTER_EBADVALUE},
    {"refuses one with a bit of the signature changed", BIT, MUSTER_ESIGNATURE},
};

static size_t spoil(uint8_t *bytes, enum spoiling how)
{
    struct enrolment e = made;
    if (how == NAME_EMPTY)
        e.name[0] = '\0';
    if (how == NAME_NOT_UTF8)
        e.name[0] = (char)0xff;
    size_t len = enrol_write(bytes, &e, &secret);
    assert_true(len > ENROL_FIXED - 1 && len <= ENROL_BYTES_MAX);
    if (how == VERSION)
        bytes[7] = 'S';
    if (how == FOREIGN_KEY)
        memset(bytes + 8, 3, 32);
    if (how == BOX_SWAPPED)
        memset(bytes + 40, 3, 32);
    if (how == BIT)
        bytes[len - 1] ^= 1;
    if (how == LONG)
        bytes[len] = 0;
    return how == SHORT ? len - 1 : how == LONG ? len + 1 : len;
}

static void test_requests_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t bytes[ENROL_BYTES_MAX + 1];
        struct enrolment got = {.name = "untouched"};
        size_t len = spoil(bytes, rows[i].how);
        print_message("enrol_read %s\n", rows[i].says);
        enum muster_error error = enrol_read(&got, bytes, len);
        if (rows[i].how == FOREIGN_KEY) /* 32 times the same byte may be no point at all */
            assert_true(error != MUSTER_OK);
        else
            assert_int_equal(error, rows[i].want);
        assert_string_equal(got.name, error ? "untouched" : "depot");
        if (!error)
            assert_memory_equal(&got.keys, &made.keys, sizeof(got.keys));
    }
}

static int start(void **state)
{
    uint8_t seed[32] = {9};
    (void)state;
    if (crypto_start() != MUSTER_OK)
        return -1;
    sign_keys_from_seed(&made.keys.sign, &secret, seed);
    memset(made.keys.box.b, 1, sizeof(made.keys.box.b));
    memset(made.keys.curve.b, 2, sizeof(made.keys.curve.b));
    strcpy(made.name, "depot");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_requests_are_read_strictly)};
    return cmocka_run_group_tests(tests, start, NULL);
}
