/* stick_test.c — files that may be anything, and lists of parts that may be anybody's. */
#include "tools/bundle.h"
#include "tools/stick.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/muster-stick-test-XXXXXX";

static const char *inside(char out[PATH_MAX], const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return out;
}

static void put(const char *name, const void *bytes, size_t len)
{
    char path[PATH_MAX];
    int fd = open(inside(path, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes, len) == (ssize_t)len);
    close(fd);
}

static void test_what_a_file_is(void **state)
{
    static const struct {
        const char *says, *bytes;
        size_t len, want;
        enum stick_state is;
    } cases[] = {
        {"whole, of the length that it should have", "abcd", 4, 4, STICK_WHOLE},
        {"whole, when no length is asked for", "abcd", 4, 0, STICK_WHOLE},
        {"one byte short", "abc", 3, 4, STICK_SHORT},
        {"empty, with no length asked for", "", 0, 0, STICK_SHORT},
        {"as long as it should be and only zeroes", "\0\0\0\0", 4, 4, STICK_ZEROES},
        {"one zero", "\0", 1, 0, STICK_ZEROES},
        {"zeroes and a last byte", "\0\0\0x", 4, 4, STICK_WHOLE},
        {"longer than it should be", "abcde", 5, 4, STICK_CHANGED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[PATH_MAX], *bytes;
        uint64_t len;
        print_message("a file that is %s\n", cases[i].says);
        put("f", cases[i].bytes, cases[i].len);
        assert_int_equal(stick_load(inside(path, "f"), cases[i].want, &bytes, &len), cases[i].is);
        assert_true(len == cases[i].len);
        assert_int_equal(bytes != NULL, cases[i].is == STICK_WHOLE);
        if (bytes)
            assert_memory_equal(bytes, cases[i].bytes, cases[i].len);
        free(bytes);
    }
}

static void test_what_is_no_file_is_not_opened(void **state)
{
    char path[PATH_MAX], other[PATH_MAX], *bytes;
    uint64_t len;
    (void)state;
    assert_int_equal(stick_load(inside(path, "none"), 0, &bytes, &len), STICK_MISSING);
    put("target", "abcd", 4);
    assert_int_equal(symlink(inside(other, "target"), inside(path, "link")), 0);
    assert_int_equal(stick_load(path, 0, &bytes, &len), STICK_NO_FILE);
    assert_int_equal(mkfifo(inside(path, "pipe"), 0600), 0);
    assert_int_equal(stick_load(path, 0, &bytes, &len), STICK_NO_FILE);
    assert_int_equal(mkdir(inside(path, "folder"), 0700), 0);
    assert_int_equal(stick_load(path, 0, &bytes, &len), STICK_NO_FILE);
    put("large", "x", 1);
    assert_int_equal(truncate(inside(path, "large"), (off_t)STICK_FILE_MAX + 1), 0);
    assert_int_equal(stick_load(path, 0, &bytes, &len), STICK_NO_FILE);
    assert_null(bytes);
}

static void test_saving_replaces_a_link_and_not_its_target(void **state)
{
    char path[PATH_MAX], other[PATH_MAX];
    struct fault fault;
    struct hash mine = stick_hash("mine", 4), written = stick_hash("new", 3);
    (void)state;
    put("victim", "mine", 4);
    assert_int_equal(symlink(inside(other, "victim"), inside(path, "part")), 0);
    assert_int_equal(symlink(other, inside(path, "part.tmp")), 0);
    assert_int_equal(stick_save(inside(path, "part"), "new", 3, NULL, NULL, &fault), MUSTER_OK);
    assert_int_equal(stick_look(path, 3, &written), STICK_WHOLE);
    assert_int_equal(stick_look(inside(path, "victim"), 4, &mine), STICK_WHOLE);
    assert_int_equal(access(inside(path, "part.tmp"), F_OK), -1);
    assert_int_equal(stick_save(inside(path, "no/such/part"), "new", 3, NULL, NULL, &fault), MUSTER_ENOTFOUND);
    assert_non_null(strstr(fault.why, "mounted"));
}

#define HEAD "{\"muster\":1,\"by\":\"a\",\"for\":\"b\"}\n"
#define PART(n, next)                                                                                                              \
    "{\"part\":" n ",\"bytes\":5,\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"next\":\"" next      \
    "\",\"left\":1}\n"

static void test_lists_are_read_as_far_as_they_make_sense(void **state)
{
    static const struct {
        const char *says, *text;
        bool is;
        size_t count;
        bool whole, torn;
    } cases[] = {
        {"two parts and the end", HEAD PART("1", "0-5") PART("2", "") "{\"whole\":true}\n", true, 2, true, false},
        {"interrupted after one", HEAD PART("1", "0-5"), true, 1, false, false},
        {"a part that was written anew", HEAD PART("1", "0-5") PART("2", "") PART("1", "0-6"), true, 2, false, false},
        {"a last line that was cut", HEAD PART("1", "0-5") "{\"part\":2,\"by", true, 1, false, true},
        {"zeroes behind the first part", HEAD PART("1", "0-5") "\0\0\0\n", true, 1, false, true},
        {"an end before the last part", HEAD PART("1", "0-5") "{\"whole\":true}\n", true, 1, false, false},
        {"a part out of order", HEAD PART("2", ""), true, 0, false, true},
        {"part number 0", HEAD PART("0", ""), true, 0, false, true},
        {"a number beyond all", HEAD PART("99999999999999999999", ""), true, 0, false, true},
        {"a place that is longer than any", HEAD PART("1", "0123456789012345678901234567890123456789012345678901234567890123"), true, 0, false, true},
        {"no head", PART("1", ""), false, 0, false, false},
        {"a head of another format", "{\"muster\":2,\"for\":\"b\"}\n", false, 0, false, false},
        {"a name twice in one line", HEAD "{\"part\":1,\"part\":2}\n", true, 0, false, true},
        {"no JSON", "hello\n", false, 0, false, false},
        {"an array", "[1,2]\n", false, 0, false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bundle_list list;
        char path[PATH_MAX];
        print_message("a list with %s\n", cases[i].says);
        size_t len = strlen(cases[i].text);
        put("l.muster-parts", cases[i].text, strstr(cases[i].says, "zeroes") ? len + 4 : len);
        assert_int_equal(bundle_list_read(&list, inside(path, "l.muster-parts")), cases[i].is);
        assert_true(list.count == cases[i].count);
        assert_int_equal(list.whole, cases[i].whole);
        if (cases[i].is)
            assert_int_equal(list.torn, cases[i].torn);
        bundle_list_free(&list);
    }
}

static void test_names_of_parts(void **state)
{
    static const struct {
        const char *path;
        size_t part;
        const char *file, *list;
    } cases[] = {
        {"s/yibin.muster-bundle", 1, "s/yibin.muster-bundle", "s/yibin.muster-parts"},
        {"s/yibin.muster-bundle", 2, "s/yibin-2.muster-bundle", "s/yibin.muster-parts"},
        {"s/yibin.reply.muster-bundle", 10, "s/yibin.reply-10.muster-bundle", "s/yibin.reply.muster-parts"},
        {"plain", 3, "plain-3", "plain.muster-parts"},
        {".muster-bundle", 2, ".muster-bundle-2", ".muster-bundle.muster-parts"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[PATH_MAX];
        bundle_part_path(out, cases[i].path, cases[i].part);
        assert_string_equal(out, cases[i].file);
        bundle_list_path(out, cases[i].path);
        assert_string_equal(out, cases[i].list);
    }
}

static void test_names_come_in_the_order_of_parts(void **state)
{
    static const char *const made[] = {"b-10.x", "b-2.x", "b.x", ".hidden.x", "b.y"}, *const wanted[] = {"b.x", "b-2.x", "b-10.x"};
    struct fault fault;
    char **names;
    size_t count, left_out;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(made); i++)
        put(made[i], "x", 1);
    assert_int_equal(stick_names(folder, ".x", &names, &count, &left_out, &fault), MUSTER_OK);
    assert_true(count == ARRAY_LEN(wanted) && !left_out);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], wanted[i]);
    stick_names_free(names, count);
    assert_int_equal(stick_names("/no/such/folder", ".x", &names, &count, &left_out, &fault), MUSTER_ENOTFOUND);
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    struct fault fault;
    char **names, path[PATH_MAX];
    size_t count, left_out;
    if (stick_names(folder, "", &names, &count, &left_out, &fault) == MUSTER_OK) {
        for (size_t i = 0; i < count; i++)
            if (unlink(inside(path, names[i])) != 0)
                rmdir(path);
        stick_names_free(names, count);
    }
    unlink(inside(path, ".hidden.x"));
    rmdir(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_file_is),
        cmocka_unit_test(test_what_is_no_file_is_not_opened),
        cmocka_unit_test(test_saving_replaces_a_link_and_not_its_target),
        cmocka_unit_test(test_lists_are_read_as_far_as_they_make_sense),
        cmocka_unit_test(test_names_of_parts),
        cmocka_unit_test(test_names_come_in_the_order_of_parts),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
