/* mirrors base/hlc.c */
#include "base/error.h"
#include "base/hlc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define AT(ms, counter) ((uint64_t)(ms) << 16 | (counter))

enum { NOW = 1700000, LEAD = HLC_LEAD_MS_MAX };

static const struct {
    const char *says;
    uint64_t last, wall, want;
} nexts[] = {
    {"takes the wall clock when it is ahead",     AT(NOW - 1, 9), NOW, AT(NOW, 0)     },
    {"counts within one millisecond",             AT(NOW, 0),     NOW, AT(NOW, 1)     },
    {"goes on when the wall clock is set back",   AT(NOW, 5),     1,   AT(NOW, 6)     },
    {"carries a full counter into the next ms",   AT(NOW, 65535), NOW, AT(NOW + 1, 0) },
    {"starts from nothing",                       0,              NOW, AT(NOW, 0)     },
};

static void test_hlc_next_always_rises(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nexts); i++) {
        print_message("hlc_next %s\n", nexts[i].says);
        uint64_t got = hlc_next(nexts[i].last, nexts[i].wall);
        assert_true(got == nexts[i].want);
        assert_true(got > nexts[i].last);
    }
}

static const struct {
    const char *says;
    uint64_t last, seen, want;
} sees[] = {
    {"follows a clock that is a little ahead", AT(NOW, 3), AT(NOW + 500, 2),      AT(NOW + 500, 2)  },
    {"ignores a clock behind",                 AT(NOW, 3), AT(NOW - 500, 2),      AT(NOW, 3)        },
    {"follows to the end of its lead",         AT(NOW, 3), AT(NOW + LEAD, 0),     AT(NOW + LEAD, 0) },
    {"follows no further than its lead",       AT(NOW, 3), AT(NOW + LEAD, 1),     AT(NOW + LEAD, 0) },
    {"does not follow into the far future",    AT(NOW, 3), UINT64_MAX,            AT(NOW + LEAD, 0) },
    {"does not fall back itself",              AT(NOW + 2 * LEAD, 0), UINT64_MAX, AT(NOW + 2 * LEAD, 0)},
};

static void test_hlc_see_is_not_led_away(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sees); i++) {
        print_message("hlc_see %s\n", sees[i].says);
        assert_true(hlc_see(sees[i].last, sees[i].seen, NOW) == sees[i].want);
    }
    assert_int_equal(hlc_ms(AT(NOW, 65535)), NOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hlc_next_always_rises),
        cmocka_unit_test(test_hlc_see_is_not_led_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
