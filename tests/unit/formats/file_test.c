/* file_test.c — only regular files of a bounded size are read; each other thing has its own sentence. */
#include "unit/formats/sample.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LIMIT = 1000 };

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_file(const char *name, size_t size, bool sparse)
{
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    if (sparse)
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
    else
        for (size_t i = 0; i < size; i++)
            assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
}

static int setup(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)state;
    strcpy(folder, "/tmp/muster-file-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    make_file("empty", 0, false);
    make_file("full", LIMIT, false);
    make_file("over", LIMIT + 1, false);
    make_file("giant", (size_t)1 << 30, true);
    assert_int_equal(mkdir(in_folder("folder"), 0700), 0);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(symlink("full", in_folder("link")), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", in_folder("socket"));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"empty", "full", "over", "giant", "pipe", "link", "socket"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(in_folder(names[i]));
    rmdir(in_folder("folder"));
    return rmdir(folder);
}

static const struct {
    const char *says, *path; /* below the folder unless it begins with / */
    enum muster_error want;
    size_t len;
    const char *sentence;
} cases[] = {
    {"reads an empty file", "empty", MUSTER_OK, 0, NULL},
    {"reads a file as long as the limit", "full", MUSTER_OK, LIMIT, NULL},
    {"refuses one byte more", "over", MUSTER_ETOOBIG, 0, "larger than"},
    {"refuses a giant before reading it", "giant", MUSTER_ETOOBIG, 0, "larger than"},
    {"refuses a folder", "folder", MUSTER_ENOTFILE, 0, "a folder"},
    {"refuses a pipe and does not wait for it", "pipe", MUSTER_ENOTFILE, 0, "a pipe"},
    {"refuses a link", "link", MUSTER_ENOTFILE, 0, "a symbolic link"},
    {"refuses a socket", "socket", MUSTER_ENOTFILE, 0, "a socket"},
    {"refuses a device", "/dev/zero", MUSTER_ENOTFILE, 0, "a device"},
    {"refuses what is not there", "nothing", MUSTER_ENOTFOUND, 0, "no such file"},
    {"refuses a path through a file", "full/x", MUSTER_ENOTFOUND, 0, "no such file"},
};

static void test_file_read_bounded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct format_problem problem = {.code = MUSTER_OK};
        unsigned char *bytes = NULL;
        size_t len = 77;
        const char *path = cases[i].path[0] == '/' ? cases[i].path : in_folder(cases[i].path);
        print_message("file_read_bounded %s\n", cases[i].says);
        assert_int_equal(file_read_bounded(path, LIMIT, &bytes, &len, &problem), cases[i].want);
        assert_int_equal(len, cases[i].len);
        assert_int_equal(bytes != NULL, cases[i].want == MUSTER_OK);
        if (cases[i].sentence) {
            assert_non_null(strstr(problem.sentence, cases[i].sentence));
            assert_string_equal(problem.file, path);
        } else {
            assert_int_equal(bytes[len], 0);
        }
        free(bytes);
    }
}

static void test_a_problem_is_one_line(void **state)
{
    struct format_problem problem;
    char text[256], small[8];
    (void)state;
    format_problem_set(&problem, MUSTER_EIO, "a\nb.csv", 7, "Qty", "it is %d", 5);
    assert_int_equal(format_problem_text(text, sizeof text, &problem), strlen("a b.csv:7: it is 5"));
    assert_string_equal(text, "a b.csv:7: it is 5");
    problem.line = 0;
    format_problem_text(text, sizeof text, &problem);
    assert_string_equal(text, "a b.csv: it is 5");
    assert_true(format_problem_text(small, sizeof small, &problem) > sizeof small);
    assert_int_equal(strlen(small), sizeof small - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_read_bounded),
        cmocka_unit_test(test_a_problem_is_one_line),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
