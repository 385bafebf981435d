/* mirrors tools/fields.c and encode.c: FIELD=VALUE to the JSON of the API. */
#include "tools/encode.h"
#include "tools/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 4 };

static const struct {
    const char *says, *words[WORDS], *json;
} good[] = {
    {"takes a text",                    {"name=Min River"},               "{\"name\":\"Min River\"}"             },
    {"takes a text with = and CJK",     {"name=水位=3"},                "{\"name\":\"水位=3\"}"              },
    {"takes a text that begins with @", {"name=@@home"},                  "{\"name\":\"@home\"}"                 },
    {"takes tokens given one by one",   {"category=Met", "category=Geo"}, "{\"category\":[\"Met\",\"Geo\"]}"     },
    {"takes tokens given at once",      {"category=Met;Geo"},             "{\"category\":[\"Met\",\"Geo\"]}"     },
    {"takes a list of one as a list",   {"category=Met"},                 "{\"category\":[\"Met\"]}"             },
    {"takes a whole number",            {"affected=12000"},               "{\"affected\":12000}"                 },
    {"takes a point",                   {"location=28.77,104.62"},        "{\"location\":\"28.77,104.62\"}"      },
    {"takes an area",                   {"area=CIRCLE 28.7,104.6 20"},    "{\"area\":[\"CIRCLE 28.7,104.6 20\"]}"},
    {"takes a time as it is",
     {"started=2026-03-01T08:00:00+08:00"},
     "{\"started\":\"2026-03-01T08:00:00+08:00\"}"                                                               },
    {"takes links by short id",
     {"links=causes:inc-7k2q9"},
     "{\"links\":[{\"role\":\"causes\",\"object\":\"inc-7k2q9\"}]}"                                              },
    {"clears a field",                  {"affected="},                    "{\"affected\":null}"                  },
    {"takes several fields",
     {"phase=active", "severity=Severe"},
     "{\"phase\":\"active\",\"severity\":\"Severe\"}"                                                            },
};

static size_t words_count(const char *const *words)
{
    size_t count = 0;
    while (count < WORDS && words[count])
        count++;
    return count;
}

static enum muster_error read_words(json_t **fields, const char *const *words, bool may_clear,
                                    struct fault *fault)
{
    char *copies[WORDS];
    size_t count = words_count(words);
    for (size_t i = 0; i < count; i++)
        copies[i] = strdup(words[i]);
    enum muster_error error = fields_read(fields, kind_by_name("incident"), copies, count, may_clear, fault);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    return error;
}

static void test_fields_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct fault fault = {.exit = 0};
        json_t *fields, *want = json_loads(good[i].json, 0, NULL);
        print_message("fields_read %s\n", good[i].says);
        if (read_words(&fields, good[i].words, true, &fault) != MUSTER_OK)
            fail_msg("%s", fault.message);
        assert_true(json_equal(fields, want));
        json_decref(fields);
        json_decref(want);
    }
}

static const struct {
    const char *says, *words[WORDS];
    enum muster_error want;
    const char *said; /* somewhere in what, why or do */
} bad[] = {
    {"wants a value",                          {"name"},                        MUSTER_EUSAGE,    "FIELD=VALUE"      },
    {"suggests a field",                       {"severty=Severe"},              MUSTER_EFIELD,    "severity"         },
    {"suggests a token",                       {"severity=Sever"},              MUSTER_ETOKEN,    "Severe"           },
    {"suggests a token by its Chinese label",  {"severity=严重"},             MUSTER_ETOKEN,    "Severe"           },
    {"refuses a number with letters",          {"affected=12k"},                MUSTER_EBADVALUE, "affected"         },
    {"refuses a text given twice",             {"name=a", "name=b"},            MUSTER_EUSAGE,    "name"             },
    {"refuses a time without zone",            {"started=2026-03-01T08:00:00"}, MUSTER_EBADVALUE, "started"          },
    {"refuses a link without role",            {"links=inc-7k2q9"},             MUSTER_ETOKEN,    "ROLE:ID"          },
    {"refuses a link to nothing",              {"links=causes:x"},              MUSTER_EBADVALUE, "is no id"         },
    {"refuses an empty value in a new object", {"name="},                       MUSTER_EUSAGE,    "no value"         },
    {"refuses a missing file",                 {"name=@/nonexistent/file"},     MUSTER_ENOTFOUND, "/nonexistent/file"},
    {"wants a file for evidence",              {"original=abc"},                MUSTER_EUSAGE,    "@FILE"            },
    {"refuses a folder",                       {"name=@/tmp"},                  MUSTER_ENOTFILE,  "folder"           },
    {"refuses bytes that are no UTF-8",        {"name=\xff"},                   MUSTER_EUTF8,     "UTF-8"            },
};

static void test_fields_read_says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct fault fault;
        json_t *fields;
        print_message("fields_read %s\n", bad[i].says);
        assert_int_equal(read_words(&fields, bad[i].words, false, &fault), bad[i].want);
        assert_null(fields);
        bool said = strstr(fault.message, bad[i].said) || strstr(fault.why, bad[i].said);
        for (size_t s = 0; s < fault.steps_count; s++)
            said |= strstr(fault.steps[s], bad[i].said) != NULL;
        if (!said)
            fail_msg("\"%s\" does not say \"%s\"", fault.message, bad[i].said);
    }
}

static void test_fields_read_files(void **state)
{
    char path[] = "/tmp/muster-fields-XXXXXX.txt", word[64], photo[64];
    struct fault fault;
    json_t *fields;
    (void)state;
    int fd = mkstemps(path, 4);
    assert_int_equal(write(fd, "two\nlines\n", 10), 10);
    close(fd);
    snprintf(word, sizeof word, "description=@%s", path);
    snprintf(photo, sizeof photo, "original=@%s", path);
    const char *words[WORDS] = {word, photo};
    assert_int_equal(read_words(&fields, words, false, &fault), MUSTER_OK);
    assert_string_equal(json_string_value(json_object_get(fields, "description")), "two\nlines");
    json_t *original = json_object_get(fields, "original");
    assert_string_equal(json_string_value(json_object_get(original, "base64")), "dHdvCmxpbmVzCg==");
    assert_string_equal(json_string_value(json_object_get(original, "media_type")), "text/plain");
    json_decref(fields);
    unlink(path);
}

static void test_fields_complete_names_what_is_missing(void **state)
{
    struct fault fault;
    json_t *fields = json_pack("{s:s}", "name", "x");
    (void)state;
    assert_int_equal(fields_complete(kind_by_name("incident"), fields, &fault), MUSTER_EMISSING);
    assert_non_null(strstr(fault.message, "phase, category"));
    json_object_set_new(fields, "phase", json_string("active"));
    json_object_set_new(fields, "category", json_pack("[s]", "Met"));
    assert_int_equal(fields_complete(kind_by_name("incident"), fields, &fault), MUSTER_OK);
    json_decref(fields);
}

static void test_base64_text(void **state)
{
    static const char *const pairs[][2] = {
        {"",     ""        },
        {"f",    "Zg=="    },
        {"fo",   "Zm8="    },
        {"foo",  "Zm9v"    },
        {"foob", "Zm9vYg=="}
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char *text = base64_text(pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text, pairs[i][1]);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_read),
        cmocka_unit_test(test_fields_read_says_what_is_wrong),
        cmocka_unit_test(test_fields_read_files),
        cmocka_unit_test(test_fields_complete_names_what_is_missing),
        cmocka_unit_test(test_base64_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
