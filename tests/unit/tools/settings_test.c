/* mirrors tools/settings.c: option before environment before file before default. */
#include "tools/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char home[] = "/tmp/muster-settings-XXXXXX";

static int home_make(void **state)
{
    (void)state;
    for (const char *const *name =
             (const char *const[]){"MUSTER_SPACE", "MUSTER_OUTPUT", "MUSTER_LANG", "MUSTER_SOCKET",
                                   "MUSTER_TIMEOUT", "MUSTER_COLOR", "LC_ALL", "LANG", NULL};
         *name; name++)
        unsetenv(*name);
    return mkdtemp(home) && setenv("XDG_CONFIG_HOME", home, 1) == 0 ? 0 : -1;
}

static int home_remove(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/muster/cli.conf", home);
    unlink(path);
    snprintf(path, sizeof path, "%s/muster", home);
    rmdir(path);
    return rmdir(home);
}

static void file_put(const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/muster", home);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/muster/cli.conf", home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const struct {
    const char *says, *file, *variable, *option, *want;
} cases[] = {
    {"has no space by default",                                 "",                             NULL,     NULL,        ""         },
    {"takes the file's",                                        "space = of-file\n",            NULL,     NULL,        "of-file"  },
    {"takes the environment's before the file's",               "space = of-file\n",            "of-env", NULL,        "of-env"   },
    {"takes the option's before all",                           "space = of-file\n",            "of-env", "of-option", "of-option"},
    {"reads comments, blanks and a file without last line end", "# x\n\n  space =  two words ", NULL,     NULL,
     "two words"                                                                                                                  },
};

static void test_settings_precedence(void **state)
{
    static const struct option_row row = {"space", 's', "SPACE", ""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arguments globals = {.count = 0};
        struct settings settings;
        struct fault fault;
        print_message("settings_load %s\n", cases[i].says);
        file_put(cases[i].file);
        unsetenv("MUSTER_SPACE");
        if (cases[i].variable)
            setenv("MUSTER_SPACE", cases[i].variable, 1);
        if (cases[i].option)
            globals.options[globals.options_count++] = (struct option_value){&row, cases[i].option};
        assert_int_equal(settings_load(&settings, &globals, &fault), MUSTER_OK);
        assert_string_equal(settings.space, cases[i].want);
    }
    unsetenv("MUSTER_SPACE");
}

static const struct {
    const char *says, *file, *variable, *value, *said;
    enum muster_error want;
} wrong[] = {
    {"names the line of an unknown setting", "lang = zh\ncolour = x\n", NULL,             NULL,   "cli.conf:2",
     MUSTER_ECONFIG                                                                                                               },
    {"names the line of a wrong value",      "output = xml\n",          NULL,             NULL,   "cli.conf:1",     MUSTER_ECONFIG},
    {"names a wrong variable",               "",                        "MUSTER_TIMEOUT", "soon", "MUSTER_TIMEOUT", MUSTER_EUSAGE },
};

static void test_settings_say_where_a_wrong_value_stands(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct arguments globals = {.count = 0};
        struct settings settings;
        struct fault fault;
        print_message("settings_load %s\n", wrong[i].says);
        file_put(wrong[i].file);
        if (wrong[i].variable)
            setenv(wrong[i].variable, wrong[i].value, 1);
        assert_int_equal(settings_load(&settings, &globals, &fault), wrong[i].want);
        assert_int_equal(fault.exit, 2);
        assert_non_null(strstr(fault.message, wrong[i].said));
        if (wrong[i].variable)
            unsetenv(wrong[i].variable);
    }
}

static void test_settings_write_keeps_other_lines(void **state)
{
    struct arguments globals = {.count = 0};
    struct settings settings;
    struct fault fault;
    (void)state;
    file_put("# mine\nlang = zh\nspace = old\n");
    assert_int_equal(settings_write("space", "new one", &fault), MUSTER_OK);
    assert_int_equal(settings_load(&settings, &globals, &fault), MUSTER_OK);
    assert_string_equal(settings.space, "new one");
    assert_int_equal(settings.lang, LANG_ZH);
    assert_int_equal(settings_write("space", NULL, &fault), MUSTER_OK);
    assert_int_equal(settings_load(&settings, &globals, &fault), MUSTER_OK);
    assert_string_equal(settings.space, "");
    assert_int_equal(settings.lang, LANG_ZH);
}

static void test_timeout_parse(void **state)
{
    static const struct {
        const char *text;
        int want;
    } rows[] = {
        {"30",    30000  },
        {"30s",   30000  },
        {"2m",    120000 },
        {"500ms", 500    },
        {"1h",    3600000},
        {"0",     0      },
        {"-1",    0      },
        {"",      0      },
        {"x",     0      },
        {"1x",    0      },
        {"1e9h",  0      },
        {"nan",   0      }
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(timeout_parse(rows[i].text), rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_precedence),
        cmocka_unit_test(test_settings_say_where_a_wrong_value_stands),
        cmocka_unit_test(test_settings_write_keeps_other_lines),
        cmocka_unit_test(test_timeout_parse),
    };
    return cmocka_run_group_tests(tests, home_make, home_remove);
}
