/* mirrors tools/arguments.c: where options may stand, and what is said about wrong ones. */
#include "tools/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ARGV_MAX = 12 };

static int argv_split(char *line, char *argv[ARGV_MAX])
{
    int argc = 0;
    for (char *word = strtok(line, " "); word && argc < ARGV_MAX - 1; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return argc;
}

static const struct {
    const char *says, *line, *command, *words, *option, *value; /* words joined by a space */
} good[] = {
    {"takes a verb alone",                        "muster status",                                  "status",    "",                   NULL,          NULL   },
    {"takes global options before the verb",      "muster -s flood status",                         "status",    "",                   "space",       "flood"},
    {"takes global options behind the verb",      "muster status --space=flood",                    "status",    "",                   "space",       "flood"},
    {"takes options between words",               "muster list incident --limit 5 severity=Severe", "list",
     "incident severity=Severe",                                                                                                       "limit",       "5"    },
    {"takes an alias",                            "muster ls incident",                             "list",      "incident",           NULL,          NULL   },
    {"takes verbs of two words",                  "muster peer show X",                             "peer show", "X",                  NULL,          NULL   },
    {"takes options between the two words",       "muster peer --json list",                        "peer list", "",                   "json",        ""     },
    {"takes a verb that is a family too",         "muster card -O f",                               "card",      "",                   "output-file", "f"    },
    {"takes the second form of it",               "muster card show f",                             "card show", "f",                  NULL,          NULL   },
    {"leaves words behind -- alone",              "muster new incident -- --flash=x",               "new",       "incident --flash=x", NULL,
     NULL                                                                                                                                                    },
    {"takes the last of two values",              "muster status -s a -s b",                        "status",    "",                   "space",       "b"    },
    {"takes letters in a cluster",                "muster status -qv",                              "status",    "",                   "verbose",     ""     },
    {"takes a dash as a word",                    "muster new incident name=-",                     "new",       "incident name=-",    NULL,          NULL   },
    {"shows help without the words a verb wants", "muster show --help",                             "show",      "",                   "help",        ""     },
};

static void test_arguments_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char line[256], words[256] = "", *argv[ARGV_MAX];
        struct parsed parsed;
        struct fault fault;
        snprintf(line, sizeof line, "%s", good[i].line);
        int argc = argv_split(line, argv);
        print_message("arguments_read %s\n", good[i].says);
        assert_int_equal(arguments_read(&parsed, argc, argv, &fault), MUSTER_OK);
        assert_string_equal(parsed.command->name, good[i].command);
        for (size_t w = 0; w < parsed.arguments.count; w++)
            snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", w ? " " : "",
                     parsed.arguments.words[w]);
        assert_string_equal(words, good[i].words);
        if (good[i].option) {
            const char *value = option_get(&parsed.globals, good[i].option);
            value = value ? value : option_get(&parsed.arguments, good[i].option);
            assert_non_null(value);
            assert_string_equal(value, good[i].value);
        }
    }
}

static const struct {
    const char *says, *line, *message, *step; /* parts of them */
} bad[] = {
    {"suggests a verb",                   "muster statsu",            "\"statsu\"",                "muster status"     },
    {"suggests a verb of two words",      "muster peer tset",         "peer tset",                 "peer test"         },
    {"lists the second words",            "muster space",             "second word",               "muster help space" },
    {"suggests an option",                "muster list --limt 3",     "--limt",                    "--limit"           },
    {"suggests a global option",          "muster --jsno status",     "--jsno",                    "--json"            },
    {"names an unknown letter",           "muster status -qZ",        "-Z",                        "muster help status"},
    {"wants a value",                     "muster list --limit",      "--limit wants a value",     "help list"         },
    {"wants no value",                    "muster status --json=yes", "--json takes no value",     ""                  },
    {"wants more words",                  "muster show",              "wants more",                "help show"         },
    {"wants fewer words",                 "muster status now",        "\"now\"",                   "help status"       },
    {"refuses an option of another verb", "muster status --flash",    "--flash for muster status", ""                  },
};

static void test_arguments_read_says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char line[256], *argv[ARGV_MAX];
        struct parsed parsed;
        struct fault fault;
        bool found = !bad[i].step[0];
        snprintf(line, sizeof line, "%s", bad[i].line);
        int argc = argv_split(line, argv);
        print_message("arguments_read %s\n", bad[i].says);
        assert_int_equal(arguments_read(&parsed, argc, argv, &fault), MUSTER_EUSAGE);
        assert_int_equal(fault.exit, 2);
        if (!strstr(fault.message, bad[i].message))
            fail_msg("\"%s\" does not say \"%s\"", fault.message, bad[i].message);
        for (size_t s = 0; s < fault.steps_count; s++)
            found |= strstr(fault.steps[s], bad[i].step) != NULL;
        assert_true(found);
    }
}

static void test_option_nth(void **state)
{
    char line[] = "muster init X --advertise a --advertise b", *argv[ARGV_MAX];
    struct parsed parsed;
    struct fault fault;
    (void)state;
    int argc = argv_split(line, argv);
    assert_int_equal(arguments_read(&parsed, argc, argv, &fault), MUSTER_OK);
    assert_string_equal(option_nth(&parsed.arguments, "advertise", 0), "a");
    assert_string_equal(option_nth(&parsed.arguments, "advertise", 1), "b");
    assert_null(option_nth(&parsed.arguments, "advertise", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments_read),
        cmocka_unit_test(test_arguments_read_says_what_is_wrong),
        cmocka_unit_test(test_option_nth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
