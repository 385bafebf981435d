/* mirrors tools/import_child.c and sandbox.c: files of others, parsed by a child that is confined. */
#include "tools/import_child.h"
#include "tools/sandbox.h"
#include "tools/value.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA MUSTER_SOURCE_DIR "/tests/data/"

static const struct {
    const char *says, *path;
    struct import_wish wish;
    const char *format;
    size_t items_min;
    long long refused;
    const char *code; /* of the first problem; NULL: none */
} cases[] = {
    {"reads a CAP alert",
     DATA "cap/oasis-1.2-appendix-a1.xml",
     {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false},
     "cap",                                                                                           1,
     0,                                                                                                       NULL       },
    {"refuses a CAP alert without scope",
     DATA "cap/google-invalid.cap",
     {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false},
     "cap",                                                                                           0,
     1,                                                                                                       "ESCHEMA"  },
    {"reads a warehouse",
     DATA "resources/eden-warehouse_stock.csv",
     {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false},
     "stock",                                                                                         100,
     0,                                                                                                       NULL       },
    {"reads hospitals",
     DATA "resources/eden-hospital.csv",
     {FORMAT_HOSPITAL, TEXT_UTF8, NULL, false},
     "hospital",                                                                                      50,
     0,                                                                                                       NULL       },
    {"refuses a table read as another",
     DATA "resources/eden-hospital.csv",
     {FORMAT_STOCK, TEXT_UTF8, NULL, false},
     "stock",                                                                                         0,
     1,                                                                                                       "ECOLUMNS" },
    {"refuses what is neither",
     MUSTER_SOURCE_DIR "/LICENSE",
     {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false},
     "unknown",                                                                                       0,
     1,                                                                                                       "*"        },
    {"refuses a missing file",            DATA "missing.cap", {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false}, "unknown", 0,   1, "ENOTFOUND"},
    {"refuses a folder",                  DATA,               {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false}, "unknown", 0,   1, "ENOTFILE" },
    {"refuses a device",                  "/dev/zero",        {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false}, "unknown", 0,   1, "ENOTFILE" },
};

static bool collect(void *user, const char *json, size_t len, size_t line)
{
    (void)line;
    json_t *item = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(item);
    json_array_append_new(user, item);
    return true;
}

static void test_import_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *items = json_array();
        json_t *result = import_parse(cases[i].path, &cases[i].wish, &(struct import_take){items, NULL, collect, NULL});
        const json_t *problems = json_object_get(result, "problems");
        print_message("import_parse %s\n", cases[i].says);
        assert_string_equal(value_text_at(result, "format"), cases[i].format);
        assert_true(json_array_size(items) >= cases[i].items_min);
        assert_int_equal(json_array_size(items), value_int_at(result, "items"));
        assert_int_equal(value_int_at(result, "refused"), cases[i].refused);
        if (cases[i].refused) {
            const char *code = value_text_at(json_array_get(problems, 0), "code");
            assert_int_equal(json_array_size(items), 0);
            assert_true(value_text_at(json_array_get(problems, 0), "message")[0] != '\0');
            if (cases[i].code[0] != '*')
                assert_string_equal(code, cases[i].code);
        }
        for (size_t k = 0; k < json_array_size(items); k++) {
            const json_t *item = json_array_get(items, k);
            assert_non_null(json_object_get(item, "key")); /* a second import stores nothing new */
            assert_true(json_is_object(json_object_get(item, "fields")));
        }
        json_decref(items);
        json_decref(result);
    }
}

/* What a process that has entered the sandbox can still do: bit 0 open a file, bit 1 make one, bit 2 write to
 * a pipe. */
static int sandboxed_can(void)
{
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int can = 0;
        if (sandbox_enter() != 0)
            _exit(64);
        can |= open("/etc/passwd", O_RDONLY) >= 0 ? 1 : 0;
        can |= open("/tmp/muster-sandbox-test", O_WRONLY | O_CREAT, 0600) >= 0 ? 2 : 0;
        can |= write(ends[1], "x", 1) == 1 ? 4 : 0;
        _exit(can);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(ends[0]);
    close(ends[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_sandbox_leaves_only_the_pipe(void **state)
{
    (void)state;
    assert_int_equal(sandboxed_can(), 4);
}

struct waiter {
    json_t *items;
    size_t asked, most;
    bool stops;
};

static bool collect_waiting(void *user, const char *json, size_t len, size_t line)
{
    return collect(((struct waiter *)user)->items, json, len, line);
}

static bool wait_counted(void *user, size_t got)
{
    struct waiter *w = user;
    w->asked++;
    w->most = got > w->most ? got : w->most;
    return !w->stops;
}

/* A child that writes so many times the row, behind headings, into the pipe and ends. */
static pid_t writer_start(int into, size_t rows)
{
    static const char head[] = "Item Name,Quantity\n", row[] = "Tent,5\n";
    pid_t pid = fork();
    if (pid == 0) {
        bool ok = write(into, head, sizeof(head) - 1) == (ssize_t)sizeof(head) - 1;
        for (size_t i = 0; i < rows && ok; i++)
            ok = write(into, row, sizeof(row) - 1) == (ssize_t)sizeof(row) - 1;
        _exit(ok ? 0 : 1);
    }
    return pid;
}

/* What a pipe gives is what a file with the same bytes gives; a pipe that is told to stop gives nothing. */
static void test_import_parse_reads_pipes(void **state)
{
    enum { ROWS = 20000 };
    static const struct {
        const char *says;
        size_t rows;
        bool stops;
        size_t items;
        const char *code;
    } rows[] = {
        {"a pipe of a few rows",                  3,    false, 3,    NULL        },
        {"a pipe of more than it holds at once",  ROWS, false, ROWS, NULL        },
        {"a pipe that nobody wants any more",     3,    true,  0,    "ETRUNCATED"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct waiter waiter = {.items = json_array(), .stops = rows[i].stops};
        struct import_wish wish = {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false};
        char path[32];
        int ends[2], status = -1;
        print_message("import_parse reads %s\n", rows[i].says);
        assert_int_equal(pipe(ends), 0);
        pid_t pid = writer_start(ends[1], rows[i].rows);
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        json_t *result = import_parse(path, &wish, &(struct import_take){&waiter, NULL, collect_waiting, wait_counted});
        assert_string_equal(value_text_at(result, "file"), path);
        assert_int_equal(json_array_size(waiter.items), rows[i].items);
        assert_true(waiter.asked > 0);
        const json_t *problem = json_array_get(json_object_get(result, "problems"), 0);
        if (rows[i].code)
            assert_string_equal(value_text_at(problem, "code"), rows[i].code);
        else
            assert_string_equal(value_text_at(result, "format"), "stock");
        close(ends[0]);
        waitpid(pid, &status, 0);
        json_decref(waiter.items);
        json_decref(result);
    }
}

static void test_import_source_names(void **state)
{
    static const struct {
        const char *path, *name;
        bool is_stdin;
    } rows[] = {
        {"-",                 IMPORT_STDIN_NAME, true }, {"/dev/stdin",      IMPORT_STDIN_NAME, true },
        {"/dev/fd/0",         IMPORT_STDIN_NAME, true }, {"/dev/fd/63",      "/dev/fd/63",      false},
        {"/proc/self/fd/0",   IMPORT_STDIN_NAME, true }, {"./-",             "./-",             false},
        {"/dev/fd/0x",        "/dev/fd/0x",      false}, {"/dev/fd/",        "/dev/fd/",        false},
        {"/dev/fd/4294967296", "/dev/fd/4294967296", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("import_source_name of %s\n", rows[i].path);
        assert_string_equal(import_source_name(rows[i].path), rows[i].name);
        assert_int_equal(import_source_is_stdin(rows[i].path), rows[i].is_stdin);
    }
}

/* Nobody gave this program the descriptor: it is one of its own, or none. */
static void test_import_source_takes_only_what_was_given(void **state)
{
    struct format_problem problem;
    unsigned char *bytes;
    char path[32];
    size_t len;
    int own = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)state;
    snprintf(path, sizeof path, "/dev/fd/%d", own);
    assert_int_equal(import_source_read(path, 10, NULL, NULL, &bytes, &len, &problem), MUSTER_ENOTFOUND);
    assert_int_equal(import_source_read("/dev/fd/999999", 10, NULL, NULL, &bytes, &len, &problem), MUSTER_ENOTFOUND);
    close(own);
    int given = open("/dev/zero", O_RDONLY);
    snprintf(path, sizeof path, "/dev/fd/%d", given);
    assert_int_equal(import_source_read(path, 10, NULL, NULL, &bytes, &len, &problem), MUSTER_ETOOBIG);
    assert_null(bytes);
    close(given);
}

static void test_hostile_files_become_sentences(void **state)
{
    static const struct {
        const char *says, *text;
    } rows[] = {
        {"an entity bomb",            "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c "
                           "\"&b;&b;&b;\">]><alert>&c;</alert>"                   },
        {"a file that reads another",
         "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><alert>&x;</alert>"},
        {"an empty file",             ""                                                                    },
        {"half an alert",             "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>a" },
        {"a table without columns",   "a\n"                                                                 },
        {"a packed file",             "\x1f\x8b\x08 and so on"                                               },
        {"a spreadsheet",             "PK\x03\x04 and so on"                                                 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char path[] = "/tmp/muster-import-XXXXXX";
        struct import_wish wish = {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false};
        int fd = mkstemp(path);
        print_message("import_parse refuses %s\n", rows[i].says);
        assert_int_equal(write(fd, rows[i].text, strlen(rows[i].text)), (ssize_t)strlen(rows[i].text));
        close(fd);
        json_t *items = json_array();
        json_t *result = import_parse(path, &wish, &(struct import_take){items, NULL, collect, NULL});
        unlink(path);
        const json_t *problem = json_array_get(json_object_get(result, "problems"), 0);
        assert_int_equal(json_array_size(items), 0);
        json_decref(items);
        assert_int_equal(value_int_at(result, "refused"), 1);
        assert_true(strlen(value_text_at(problem, "message")) > 10);
        assert_null(strstr(value_text_at(problem, "message"), "root:"));
        assert_string_not_equal(value_text_at(problem, "code"), "EINTERNAL");
        json_decref(result);
    }
}

static json_t *parser_breaks(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,
                             const struct import_wish *wish)
{
    abort();
}

static json_t *parser_gives_up(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,
                               const struct import_wish *wish)
{
    return NULL;
}

static json_t *parser_lies(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,
                           const struct import_wish *wish)
{
    return json_pack("{s:s}", "problems", "none");
}

static json_t *good_result(void)
{
    return json_pack("{s:s, s:s, s:[], s:i}", "file", "x.cap", "format", "cap", "problems", "refused", 0);
}

enum { FD_MAX = 64 };
static bool open_before[FD_MAX]; /* what the test itself has open: not the result's pipe */

static json_t *parser_prints(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,
                             const struct import_wish *wish)
{
    static const char noise[] = "{\"items\":[],\"problems\":[]}\n";
    for (int fd = 0; fd < FD_MAX; fd++)
        if (!open_before[fd] && fcntl(fd, F_GETFD) >= 0 && write(fd, noise, sizeof noise - 1) < 0)
            return NULL;
    return good_result();
}

/* What a reader that is in somebody else's hands might write to become more than a list of items. */
#define PARSER_WRITES(name, text)                                                                                      \
    static json_t *name(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,                     \
                        const struct import_wish *wish)                                                                \
    {                                                                                                                  \
        import_pipe_write(pipe, text, sizeof text - 1);                                                                \
        return good_result();                                                                                          \
    }
PARSER_WRITES(parser_breaks_out, "I 1 {\"a\":1}],\"space\":\"other\",\"x\":[{}\n")
PARSER_WRITES(parser_doubles, "I 1 {},{}\n")
PARSER_WRITES(parser_writes_text, "I 1 \"text\"\n")
PARSER_WRITES(parser_writes_half, "I 1 {\"a\":\"}\n")
PARSER_WRITES(parser_ends_twice, "E {\"problems\":[]}\n")
PARSER_WRITES(parser_names_no_format, "F gpkg 1\n")
PARSER_WRITES(parser_is_good, "F stock 2\nI 7 {\"a\":[\"]}\\\"\",{}]}\nI 8 {}\n")

static void test_a_child_that_dies_becomes_a_sentence(void **state)
{
    static const struct {
        const char *says;
        import_parser *parser;
        const char *code, *said; /* NULL: nothing is wrong */
        size_t items;
    } rows[] = {
        {"breaks",                                    parser_breaks,          "EINTERNAL", "signal 6",   0},
        {"gives up",                                  parser_gives_up,        "ETOOBIG",   "ran out",    0},
        {"gives no list of problems",                 parser_lies,            "EINTERNAL", "gave no list", 0},
        {"prints into the result",                    parser_prints,          "EINTERNAL", "gave no list", 0},
        {"would end the list and name another space", parser_breaks_out,      "EINTERNAL", "gave no list", 0},
        {"makes two items of one",                    parser_doubles,         "EINTERNAL", "gave no list", 0},
        {"writes a text for an item",                 parser_writes_text,     "EINTERNAL", "gave no list", 0},
        {"leaves a text open",                        parser_writes_half,     "EINTERNAL", "gave no list", 0},
        {"ends twice",                                parser_ends_twice,      "EINTERNAL", "gave no list", 0},
        {"invents a format",                          parser_names_no_format, "EINTERNAL", "gave no list", 0},
        {"does what it should",                       parser_is_good,         NULL,        NULL,         2}
    };
    (void)state;
    for (int fd = 0; fd < FD_MAX; fd++)
        open_before[fd] = fcntl(fd, F_GETFD) >= 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct import_wish wish = {FORMAT_UNKNOWN, TEXT_UTF8, NULL, false};
        json_t *items = json_array();
        json_t *result =
            import_confined("x.cap", "x", 1, &wish, rows[i].parser, &(struct import_take){items, NULL, collect, NULL});
        const json_t *problem = json_array_get(json_object_get(result, "problems"), 0);
        print_message("import_confined survives a parser that %s\n", rows[i].says);
        assert_string_equal(value_text_at(result, "file"), "x.cap");
        assert_int_equal(json_array_size(items), rows[i].items);
        assert_int_equal(value_int_at(result, "items"), rows[i].items);
        assert_int_equal(value_int_at(result, "refused"), rows[i].code != NULL);
        if (rows[i].code) {
            assert_string_equal(value_text_at(problem, "code"), rows[i].code);
            assert_non_null(strstr(value_text_at(problem, "message"), rows[i].said));
        } else {
            assert_null(problem);
        }
        json_decref(items);
        json_decref(result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_import_parse),
        cmocka_unit_test(test_import_parse_reads_pipes),
        cmocka_unit_test(test_import_source_names),
        cmocka_unit_test(test_import_source_takes_only_what_was_given),
        cmocka_unit_test(test_sandbox_leaves_only_the_pipe),
        cmocka_unit_test(test_a_child_that_dies_becomes_a_sentence),
        cmocka_unit_test(test_hostile_files_become_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
