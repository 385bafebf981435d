/* mirrors tools/completeness.c: what the head of a list says of how complete it is, and when it is said once more below. */
#include "tools/completeness.h"
#include "tools/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WHOLE "'complete':{'as_of':'2020-03-01T14:05:00Z','logs':41,'of':41,'silent':[]}"
#define PART "'complete':{'as_of':'2020-03-01T14:05:00Z','logs':37,'of':41,'silent':[{'agency':{'name':'Red Cross'},'since':'2020-03-01T11:20:00Z'}]}"
#define OLDER "'complete':{'as_of':'2020-02-29T08:00:00Z','logs':2,'of':2,'silent':[]}"
#define HEAD "{'space':{'name':'flood','exercise':false},'node':{'name':'yibin-1','agency':'Yibin'},"
#define SAYS_PART "complete as of 2020-03-01 14:05Z for 37 of 41 logs; Red Cross silent since\n  2020-03-01 11:20Z\n"
#define SHORT_PART "complete as of 2020-03-01 14:05Z for 37 of 41 logs; silent: 1\n"

/* A JSON text with ' for ". */
static json_t *json_of(const char *text)
{
    char *copy = strdup(text);
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *json = json_loads(copy, 0, NULL);
    assert_non_null(json);
    free(copy);
    return json;
}

struct row {
    const char *says, *answer;
    const char *want; /* the lines below the first */
};

static char *printed(struct tool *tool, const char *answer, void (*print)(struct tool *, const json_t *))
{
    char *text = NULL;
    size_t len = 0;
    json_t *json = json_of(answer);
    lang_use(NULL);
    tool->width = 80;
    tool->out = open_memstream(&text, &len);
    print(tool, json);
    fclose(tool->out);
    json_decref(json);
    char *said = strdup(text);
    assert_non_null(said);
    free(text);
    return said;
}

static void test_the_line_below_the_first_says_how_complete(void **state)
{
    static const struct row rows[] = {
        {"everything is there", HEAD WHOLE "}", "complete as of 2020-03-01 14:05Z for 41 of 41 logs\n"},
        {"a silent partner is named", HEAD PART "}", SAYS_PART},
        {"before who is not confirmed by voice", HEAD PART ",'unconfirmed':[{'name':'Yibin'}]}", SAYS_PART "not confirmed by voice: Yibin\n"},
        {"a list that is not of records says nothing", HEAD "'items':[]}", ""},
        {"several spaces that are whole: since the oldest", HEAD "'spaces':[{'name':'flood'," WHOLE "},{'name':'quake'," OLDER "}]}",
         "all 2 spaces: complete as of 2020-02-29 08:00Z\n"},
        {"several spaces: only what is missing", HEAD "'spaces':[{'name':'flood'," WHOLE "},{'name':'quake','exercise':true," PART "}]}",
         "EXERCISE 演练 quake: complete as of 2020-03-01 14:05Z for 37 of 41 logs; Red\n  Cross silent since 2020-03-01 11:20Z\n"},
        {"a space that has not arrived has no name", HEAD "'spaces':[{'name':''," PART "},{'name':'quake'," WHOLE "}]}",
         "a space that has not arrived yet: complete as of 2020-03-01 14:05Z for 37 of 41\n  logs; Red Cross silent since 2020-03-01 11:20Z\n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct tool tool = {.err = stderr};
        char *text = printed(&tool, rows[i].answer, screen_top), *below = strchr(text, '\n');
        print_message("%s\n", rows[i].says);
        assert_int_equal(strncmp(text, "flood  ACTUAL  node yibin-1 (Yibin)  ", 37), 0);
        assert_non_null(below);
        assert_string_equal(below + 1, rows[i].want);
        free(text);
    }
}

static void test_without_an_answer_the_status_says_it(void **state)
{
    static const struct {
        const char *says, *space, *want;
    } rows[] = {
        {"of all spaces", "", "3 spaces  node yibin-1 (Yibin)"},
        {"of the one that was asked for", "quake", "quake  ACTUAL  node yibin-1 (Yibin)"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct tool tool = {.err = stderr, .width = 80};
        char *text = NULL;
        size_t len = 0;
        tool.status = json_of("{'agency':{'name':'Yibin'},'node':{'name':'yibin-1'},'spaces':[{'name':'flood'," PART "},{'name':'quake'," WHOLE
                              "},{'name':'drill'," OLDER "}]}");
        snprintf(tool.set.space, sizeof tool.set.space, "%s", rows[i].space);
        lang_use(NULL);
        tool.out = open_memstream(&text, &len);
        screen_top(&tool, NULL);
        fclose(tool.out);
        print_message("%s\n", rows[i].says);
        assert_int_equal(strncmp(text, rows[i].want, strlen(rows[i].want)), 0);
        assert_non_null(strstr(text, rows[i].space[0] ? "\ncomplete as of 2020-03-01 14:05Z for 41 of 41 logs\n" : "\nflood: complete as of 2020-03-01 14:05Z for 37 of 41"));
        json_decref(tool.status);
        free(text);
    }
}

static void test_it_is_yellow_only_when_something_is_missing(void **state)
{
    (void)state;
    for (int part = 0; part < 2; part++) {
        struct tool tool = {.err = stderr, .colour = true};
        char *text = printed(&tool, part ? HEAD PART "}" : HEAD WHOLE "}", screen_top);
        assert_non_null(strstr(text, "complete as of"));
        assert_int_equal(strstr(text, "\n\033[1;33mcomplete as of") != NULL, part);
        assert_int_equal(strstr(text, "\n  \033[1;33m2020-03-01 11:20Z\033[0m\n") != NULL, part); /* each line by itself, for pagers */
        free(text);
    }
}

static void test_the_foot_repeats_what_has_scrolled_away(void **state)
{
    static const struct {
        const char *says, *answer;
        size_t height, lines;
        const char *want;
    } rows[] = {
        {"no terminal, no foot", HEAD PART "}", 0, 5000, ""},
        {"the head is still there", HEAD PART "}", 24, 21, ""},
        {"the head has gone", HEAD PART "}", 24, 22, "\n" SHORT_PART},
        {"several spaces in one line", HEAD "'spaces':[{'name':'flood'," WHOLE "},{'name':'quake'," PART "}]}", 24, 60, "\ncomplete: 1 of 2 spaces\n"},
        {"nothing is said of a list that is not of records", HEAD "'items':[]}", 24, 60, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct tool tool = {.err = stderr, .height = rows[i].height, .lines = rows[i].lines};
        char *text = printed(&tool, rows[i].answer, screen_foot), *again;
        print_message("%s\n", rows[i].says);
        assert_string_equal(text, rows[i].want);
        if (rows[i].want[0]) { /* and not a second time */
            again = printed(&tool, rows[i].answer, screen_foot);
            assert_string_equal(again, "");
            free(again);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_line_below_the_first_says_how_complete),
        cmocka_unit_test(test_without_an_answer_the_status_says_it),
        cmocka_unit_test(test_it_is_yellow_only_when_something_is_missing),
        cmocka_unit_test(test_the_foot_repeats_what_has_scrolled_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
