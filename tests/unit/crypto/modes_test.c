/* mirrors crypto/modes.c: what others on this machine may get at is named. */
#include "crypto/modes.h"

#include "base/bytes.h"

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

static const struct {
    const char *says;
    const char *part; /* whose mode is set, behind the data directory */
    mode_t mode;
    enum modes_found want;
} cases[] = {
    {"all closed is fine",                 "",                 0700, MODES_FINE},
    {"a data directory others may list",   "",                 0750, MODES_OPEN},
    {"a data directory others may cross",  "",                 0701, MODES_OPEN},
    {"a file that the group reads",        "/main.mdb",        0640, MODES_OPEN},
    {"secrets that others may list",       "/secrets",         0755, MODES_OPEN},
    {"a key that all read",                "/secrets/node.key", 0604, MODES_OPEN},
    {"a key that its owner cannot write",  "/secrets/node.key", 0400, MODES_FINE},
};

static void make(const char *dir, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s%s", dir, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void test_modes_look_names_what_is_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char dir[] = "/tmp/muster-modes-XXXXXX", path[MODES_PATH_MAX], changed[512], secrets[64];
        static const char *const parts[] = {"/secrets/node.key", "/main.mdb"};
        print_message("modes_look: %s\n", cases[i].says);
        assert_non_null(mkdtemp(dir));
        snprintf(secrets, sizeof secrets, "%s/secrets", dir);
        assert_int_equal(mkdir(secrets, 0700), 0);
        for (size_t p = 0; p < ARRAY_LEN(parts); p++)
            make(dir, parts[p]);
        snprintf(changed, sizeof changed, "%s%s", dir, cases[i].part);
        assert_int_equal(chmod(changed, cases[i].mode), 0);
        assert_int_equal(modes_look(dir, path), cases[i].want);
        assert_string_equal(path, cases[i].want ? changed : dir);
        for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
            snprintf(changed, sizeof changed, "%s%s", dir, parts[p]);
            unlink(changed);
        }
        rmdir(secrets);
        rmdir(dir);
    }
}

static void test_modes_look_says_what_it_cannot_see(void **state)
{
    (void)state;
    char path[MODES_PATH_MAX];
    assert_int_equal(modes_look("/nowhere/at/all", path), MODES_UNREADABLE);
    assert_string_equal(path, "/nowhere/at/all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes_look_names_what_is_open),
        cmocka_unit_test(test_modes_look_says_what_it_cannot_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
