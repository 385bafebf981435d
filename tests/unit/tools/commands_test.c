/* mirrors tools/commands.c, manual.c, manual_page.c: the rows are complete and the documents are printed from
 * them. */
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/manual.h"
#include "tools/screen.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_rows_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        char start[64];
        print_message("%s\n", row->name);
        snprintf(start, sizeof start, "muster %s", row->name);
        assert_non_null(row->run);
        assert_true(strlen(row->help) > 10);
        assert_true(row->help[strlen(row->help) - 1] != '.');
        assert_false(isupper((unsigned char)row->help[0]) && islower((unsigned char)row->help[1]));
        assert_non_null(strstr(row->example, "muster "));
        assert_non_null(row->args);
        assert_true(row->words_min <= row->words_max);
        assert_true((unsigned)row->group < GROUP_COUNT);
        assert_int_equal(row->exits >> EXIT_CODES, 0);
        /* who speaks to the node can fail to reach it; who writes can be refused or fail to store, or says
         * why not */
        assert_int_equal((row->flags & NEEDS_NODE) != 0, (row->exits & EXIT_BIT(EXIT_UNREACHABLE)) != 0);
        if (row->flags & PUBLISHES)
            assert_true(row->exits & EXIT_BIT(EXIT_REFUSED));
        if (row->keys)
            assert_int_equal(strncmp(row->keys, "muster", 6), 0);
        /* csv, tsv and id: the rows are named here, or printed by a view of the verb, or there are none */
        assert_int_equal((row->rows != NULL) + ((row->flags & OWN_ROWS) != 0) + ((row->flags & (NO_ROWS | NO_FORMS)) != 0), 1);
        assert_int_equal(row->rows && strncmp(row->rows, "- ", 2) == 0, (row->flags & NO_ID) != 0);
    }
    assert_null(command_at(command_count()));
}

/* What is read from its top: a list would lose its last line, how complete it is, behind a pager. */
static void test_four_verbs_page(void **state)
{
    static const char *const pages[] = {"show", "history", "explain", "help"};
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        bool wanted = false;
        for (size_t k = 0; k < sizeof pages / sizeof pages[0]; k++)
            wanted |= strcmp(command_at(i)->name, pages[k]) == 0;
        print_message("%s\n", command_at(i)->name);
        assert_int_equal(wanted, (command_at(i)->flags & PAGES) != 0);
    }
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++)
        for (size_t k = 0; k < command_count(); k++) {
            if (i != k)
                assert_string_not_equal(command_at(i)->name, command_at(k)->name);
            if (command_at(i)->alias)
                assert_string_not_equal(command_at(i)->alias, command_at(k)->name);
        }
}

static void test_options_shadow_no_global_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++)
        for (const struct option_row *own = command_at(i)->options; own && own->name; own++)
            for (const struct option_row *global = global_options; global->name; global++) {
                assert_string_not_equal(own->name, global->name);
                assert_true(own->letter == 0 || own->letter != global->letter);
            }
}

static void test_every_row_is_found_by_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        char name[64], *words[2] = {name, NULL};
        size_t used = 0;
        snprintf(name, sizeof name, "%s", command_at(i)->name);
        char *space = strchr(name, ' ');
        if (space) {
            *space = '\0';
            words[1] = space + 1;
        }
        assert_ptr_equal(command_find(words, space ? 2 : 1, &used), command_at(i));
        assert_int_equal(used, space ? 2 : 1);
    }
}

static void test_examples_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        if (strchr(row->example, '"') || strchr(row->example, '&') ||
            strchr(row->example, '(')) /* a shell's matter */
            continue;
        char *copy = strdup(row->example), *rest = copy, *line;
        while ((line = strsep(&rest, "\n"))) {
            char *argv[16];
            int argc = 0;
            struct parsed parsed;
            struct fault fault = {.exit = 0};
            line[strcspn(line, "<>|")] = '\0';
            for (char *word = strtok(line, " "); word && argc < 15; word = strtok(NULL, " "))
                argv[argc++] = word;
            argv[argc] = NULL;
            if (arguments_read(&parsed, argc, argv, &fault) != MUSTER_OK)
                fail_msg("the example of %s is refused: %s", row->name, fault.message);
            assert_non_null(parsed.command);
        }
        free(copy);
    }
}

enum { HELP_NARROW = 40, HELP_FULL = 80 };

/* Of a verb; NULL: the overview. */
static char *printed(const struct command *row, size_t columns)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    const struct sheet sheet = {stream, columns};
    if (row)
        manual_command(&sheet, row);
    else
        manual_overview(&sheet);
    fclose(stream);
    return text;
}

static void lines_fit(const char *name, char *text, size_t columns)
{
    char *rest = text, *line;
    bool examples = false; /* they are pasted, and whole */
    while ((line = strsep(&rest, "\n")))
        if ((examples = strcmp(line, "examples") == 0 || (examples && line[0])) && columns < HELP_FULL)
            continue;
        else if (screen_width(line) > columns && !strstr(line, "muster ")) /* an example may be longer: it is pasted */
            fail_msg("help of %s has %zu columns: %s", name, screen_width(line), line);
    free(text);
}

static void test_help_fits_a_screen(void **state)
{
    (void)state;
    static const size_t columns[] = {HELP_NARROW, HELP_FULL};
    for (size_t c = 0; c < ARRAY_LEN(columns); c++) {
        lines_fit("muster", printed(NULL, columns[c]), columns[c]);
        for (size_t i = 0; i < command_count(); i++)
            lines_fit(command_at(i)->name, printed(command_at(i), columns[c]), columns[c]);
    }
}

/* Does the line end with an option's name and value, and with nothing of its text? */
static bool is_name_alone(const struct command *row, const char *line)
{
    for (const struct option_row *option = row->options; option && option->name; option++) {
        char name[96];
        snprintf(name, sizeof name, "--%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
        if (strlen(line) > strlen(name) && strcmp(line + strlen(line) - strlen(name), name) == 0)
            return true;
    }
    return false;
}

/* What is no heading is indented, paragraphs of a detail too; a name too long for its column leaves it to the text alone. */
static void test_help_keeps_its_columns(void **state)
{
    static const char *const headings[] = {"usage:", "options (", "examples", "ends with"};
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        char *text = printed(command_at(i), HELP_FULL), *rest, *line;
        bool options = false;
        rest = text;
        while ((line = strsep(&rest, "\n"))) {
            bool heading = false;
            for (size_t h = 0; h < sizeof headings / sizeof headings[0]; h++)
                heading |= strncmp(line, headings[h], strlen(headings[h])) == 0;
            options = heading ? strncmp(line, "options", 7) == 0 : options;
            if (!heading && line[0] && strncmp(line, "  ", 2) != 0)
                fail_msg("help of %s has a line that is not indented: %s", command_at(i)->name, line);
            if (options && !heading && strlen(line) > 26 && line[25] != ' ' && !is_name_alone(command_at(i), line))
                fail_msg("help of %s has an option that runs into its text: %s", command_at(i)->name, line);
        }
        free(text);
    }
}

static void test_overview_names_every_verb(void **state)
{
    (void)state;
    char *text = printed(NULL, HELP_FULL), *to = text;
    for (const char *at = text; *at; at++) /* as one line: a phrase may go on below */
        if (*at == '\n' || *at == ' ')
            to -= to > text && to[-1] == ' ', *to++ = ' ';
        else
            *to++ = *at;
    *to = '\0';
    for (size_t i = 0; i < command_count(); i++)
        assert_non_null(strstr(text, command_at(i)->help));
    free(text);
}

static void test_manual_page_is_the_committed_one(void **state)
{
    (void)state;
    char *text = NULL, *kept = NULL;
    size_t len = 0, text_len = 0;
    FILE *stream = open_memstream(&text, &text_len);
    manual_page(stream);
    fclose(stream);
    FILE *file = fopen(MUSTER_SOURCE_DIR "/docs/man/muster.1.scd", "r");
    assert_non_null(file);
    assert_true(getdelim(&kept, &len, '\0', file) > 0);
    fclose(file);
    if (strcmp(text, kept) != 0)
        fail_msg("the rows have changed: muster help --man > docs/man/muster.1.scd");
    free(text);
    free(kept);
}

static void test_every_exit_code_has_a_meaning(void **state)
{
    (void)state;
    for (int code = 0; code < EXIT_CODES; code++)
        assert_non_null(exit_meaning(code));
    assert_null(exit_meaning(EXIT_CODES));
    assert_null(exit_meaning(-1));
    for (int i = 0; i < MUSTER_ERROR_COUNT; i++)
        assert_non_null(exit_meaning(error_exit((enum muster_error)i)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_complete),
        cmocka_unit_test(test_four_verbs_page),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_options_shadow_no_global_one),
        cmocka_unit_test(test_every_row_is_found_by_its_words),
        cmocka_unit_test(test_examples_are_understood),
        cmocka_unit_test(test_help_keeps_its_columns),
        cmocka_unit_test(test_overview_names_every_verb),
        cmocka_unit_test(test_help_fits_a_screen),
        cmocka_unit_test(test_manual_page_is_the_committed_one),
        cmocka_unit_test(test_every_exit_code_has_a_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
