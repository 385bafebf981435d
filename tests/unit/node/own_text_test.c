/* mirrors node/own_text.c: code that is mapped goes, and comes back when it is used. */
#include "node/own_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_BYTES = 4096 + 128, PAGE = 4096 };

/* Looks at every page of code (what is mapped to be executed), or with `look` false counts the kilobytes of it that are mapped. */
static size_t code(bool look)
{
    static char line[LINE_BYTES];
    size_t kilobytes = 0, of = 0;
    bool is = false;
    FILE *file = fopen("/proc/self/smaps", "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        unsigned long from, to;
        char may[8];
        if (sscanf(line, "%lx-%lx %7s", &from, &to, may) == 3) {
            is = strcmp(may, "r-xp") == 0 && strchr(line, '/');
            for (unsigned long at = from; look && is && at < to; at += PAGE) {
                union {
                    uintptr_t number;
                    const volatile uint8_t *at;
                } byte = {.number = at};
                (void)*byte.at;
            }
        } else if (is && sscanf(line, "Rss: %zu kB", &of) == 1)
            kilobytes += of;
    }
    fclose(file);
    return kilobytes;
}

static void test_code_goes_and_comes_back(void **state)
{
    (void)state;
    (void)code(true);
    size_t all = code(false);
    assert_true(all > 1024); /* of the program and its libraries, or this would show nothing */
    own_text_rest();
    size_t left = code(false);
    print_message("%zu kB of code were mapped, %zu kB right after\n", all, left);
    assert_true(left < all);
    for (int i = 0; i < 100; i++) { /* all of it still is what it was */
        own_text_rest();
        char *text = NULL;
        assert_true(asprintf(&text, "%d %s %.3f", i, "pumps", 0.5) > 0);
        assert_true(strstr(text, " pumps 0.500"));
        free(text);
    }
    (void)code(true);
    assert_true(code(false) > left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_code_goes_and_comes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
