/* link_test.c — the links of a value, whoever wrote it. */
#include "protocol/kinds/link.h"
#include "protocol/kinds/kinds.h"
#include "unit/protocol/kinds/unit.h"

#include <stdlib.h>

#define ID "0123456789abcdef" /* 16 bytes */

static const struct {
    const char *says, *field; /* of a deployment */
    const char *bytes;
    size_t len;
    const char *found; /* the roles, each behind a space; "-" of a field of type object */
} rows[] = {
#define BYTES(text) text, sizeof(text) - 1
    {"an object", "request", BYTES("\xc4\x10" ID), " -"},
    {"an object of 15 bytes", "request", BYTES("\xc4\x0f" "123456789abcdef"), ""},
    {"an object as text", "request", BYTES("\xb0" ID), ""},
    {"nil", "request", BYTES("\xc0"), ""},
    {"two links", "links", BYTES("\x92\x92\xa3" "for\xc4\x10" ID "\x92\xa5" "moves\xc4\x10" ID), " for moves"},
    {"no links", "links", BYTES("\x90"), ""},
    {"a role that nobody knows", "links", BYTES("\x91\x92\xa3" "xyz\xc4\x10" ID), " xyz"},
    {"junk between links", "links", BYTES("\x95\x07\x91\xa3" "for\x92\xa3" "for\x07\x92\x07\xc4\x10" ID "\x92\xa3" "for\xc4\x10" ID), " for"},
    {"a pair of three", "links", BYTES("\x91\x93\xa3" "for\xc4\x10" ID "\x01"), ""},
    {"an object where links belong", "links", BYTES("\xc4\x10" ID), ""},
    {"links where an object belongs", "request", BYTES("\x91\x92\xa3" "for\xc4\x10" ID), ""},
    {"a text field", "name", BYTES("\xc4\x10" ID), ""},
};

static void test_links_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t *copy = malloc(rows[i].len);
        char found[128] = "";
        struct pack_value value;
        struct link_walk walk;
        struct bytes role, target;
        assert_non_null(copy);
        memcpy(copy, rows[i].bytes, rows[i].len);
        struct cursor c = cursor_over(copy, rows[i].len);
        assert_int_equal(pack_check(copy, rows[i].len), MUSTER_OK);
        assert_true(pack_next(&c, &value, false));
        link_walk_start(&walk, field_by_name(&kind_deployment, rows[i].field), &value);
        while (link_walk_next(&walk, &role, &target)) {
            assert_int_equal(target.len, 16);
            assert_memory_equal(target.at, ID, 16);
            strcat(found, " ");
            strncat(found, role.len ? (const char *)role.at : "-", role.len ? role.len : 1);
        }
        print_message("%s: %s\n", rows[i].says, found);
        assert_string_equal(found, rows[i].found);
        assert_false(link_walk_next(&walk, &role, &target)); /* the end stays the end */
        free(copy);
    }
}

static void test_a_field_of_very_many_links_ends(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    uint8_t *bytes = malloc(MANY * 32);
    struct writer w = writer_over(bytes, MANY * 32);
    struct link_walk walk;
    struct pack_value value;
    struct bytes role, target;
    size_t count = 0;
    assert_non_null(bytes);
    pack_array(&w, MANY);
    for (size_t i = 0; i < MANY; i++) {
        pack_array(&w, 2);
        pack_text(&w, "for", 3);
        pack_bytes(&w, ID, 16);
    }
    assert_false(w.failed);
    struct cursor c = cursor_over(bytes, writer_len(&w));
    assert_true(pack_next(&c, &value, false));
    for (link_walk_start(&walk, field_by_name(&kind_deployment, "links"), &value); link_walk_next(&walk, &role, &target);)
        count++;
    assert_int_equal(count, FIELD_ITEMS);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_are_found),
        cmocka_unit_test(test_a_field_of_very_many_links_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
