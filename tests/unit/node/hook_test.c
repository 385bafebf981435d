/* hook_test.c — the command of an alarm: what it sees, what it may not, and that it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "node/hook.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096, TURNS_MAX = 20000 };

struct bench {
    char folder[64], script[128], out[128];
    struct hooks hooks;
    char said[TEXT_BYTES];
    unsigned failures;
};

static void told(void *user, const char *text, bool failed)
{
    struct bench *b = user;
    snprintf(b->said, sizeof(b->said), "%s", text);
    b->failures += failed;
}

static void write_script(const struct bench *b, const char *body)
{
    FILE *file = fopen(b->script, "we");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", body) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(b->script, 0700), 0);
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    snprintf(b->folder, sizeof(b->folder), "/tmp/muster-hook-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->script, sizeof(b->script), "%s/hook", b->folder);
    snprintf(b->out, sizeof(b->out), "%s/out", b->folder);
    hooks_start(&b->hooks, b->script, told, b);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    hooks_stop(&b->hooks);
    (void)unlink(b->script);
    (void)unlink(b->out);
    (void)rmdir(b->folder);
    free(b);
    return 0;
}

/* Until nothing runs and nothing waits; the clock of the hooks is `mono_ms`, however long that takes. */
static void run_out(struct bench *b, uint64_t mono_ms)
{
    for (unsigned i = 0; i < TURNS_MAX && !hooks_idle(&b->hooks); i++) {
        hooks_tick(&b->hooks, mono_ms);
        (void)poll(NULL, 0, 1);
    }
    assert_true(hooks_idle(&b->hooks));
}

static struct hook_call call_of(const char *text)
{
    struct hook_call call = {.len = 0};
    snprintf(call.title, sizeof(call.title), "expired res-1");
    hook_call_add(&call, "MUSTER_ALARM", "expired");
    hook_call_add(&call, "MUSTER_TEXT", text);
    return call;
}

static char *written(const struct bench *b)
{
    char *text = calloc(1, TEXT_BYTES);
    FILE *file = fopen(b->out, "re");
    assert_non_null(file);
    (void)!fread(text, 1, TEXT_BYTES - 1, file);
    (void)fclose(file);
    return text;
}

static void test_hook_sees_what_is_documented(void **state)
{
    struct bench *b = *state;
    char body[512];
    snprintf(body, sizeof(body), "{ echo \"argc=$#\"; pwd; env | sort; ls /proc/$$/fd | tr '\\n' ' '; } > %s", b->out);
    write_script(b, body);
    int open_here = open("/dev/null", O_RDONLY); /* without O_CLOEXEC: it must not be there */
    assert_true(open_here >= 0 && setenv("SECRET_OF_THE_NODE", "x", 1) == 0);
    struct hook_call call = call_of("Dike $(touch /tmp/x); `id`\n\x1b[31m");
    hooks_give(&b->hooks, &call);
    run_out(b, 0);
    char *text = written(b);
    assert_non_null(strstr(text, "argc=0\n/\n"));
    assert_non_null(strstr(text, "MUSTER_ALARM=expired\n"));
    assert_non_null(strstr(text, "MUSTER_TEXT=Dike $(touch /tmp/x); `id` <U+001B>[31m\n")); /* as it is, and on one line */
    assert_non_null(strstr(text, "PATH=/usr/local/bin:/usr/bin:/bin\n"));
    assert_null(strstr(text, "SECRET_OF_THE_NODE"));
    char number[16];
    snprintf(number, sizeof(number), " %d ", open_here);
    char *descriptors = strrchr(text, '\n');
    assert_null(strstr(descriptors ? descriptors : text, number));
    assert_int_equal(b->hooks.counts.run, 1);
    assert_int_equal(b->failures, 0);
    assert_string_equal(b->said, "expired res-1: the hook ended with status 0");
    free(text);
    close(open_here);
}

static void test_hook_status_is_told(void **state)
{
    struct bench *b = *state;
    write_script(b, "exit 3");
    struct hook_call call = call_of("x");
    hooks_give(&b->hooks, &call);
    run_out(b, 0);
    assert_string_equal(b->said, "expired res-1: the hook ended with status 3");
    assert_int_equal(b->hooks.counts.failed, 1);
}

static void test_hook_that_is_no_program_is_told(void **state)
{
    struct bench *b = *state;
    struct hook_call call = call_of("x");
    hooks_give(&b->hooks, &call); /* the script was never written */
    run_out(b, 0);
    assert_non_null(strstr(b->said, "does not start: No such file"));
    assert_int_equal(b->hooks.counts.failed, 1);
}

static void test_hook_is_killed_with_what_it_started(void **state)
{
    struct bench *b = *state;
    char body[512];
    snprintf(body, sizeof(body), "sleep 600 & echo $! > %s.new; mv %s.new %s; wait", b->out, b->out, b->out);
    write_script(b, body);
    struct hook_call call = call_of("x");
    hooks_give(&b->hooks, &call);
    hooks_tick(&b->hooks, 0);
    for (unsigned i = 0; i < TURNS_MAX && access(b->out, F_OK) != 0; i++)
        (void)poll(NULL, 0, 1);
    char *text = written(b), path[64];
    long child = strtol(text, NULL, 10);
    free(text);
    assert_true(child > 1);
    hooks_tick(&b->hooks, HOOK_LIMIT_MS - 1);
    assert_false(hooks_idle(&b->hooks)); /* not yet */
    run_out(b, HOOK_LIMIT_MS);
    assert_string_equal(b->said, "expired res-1: the hook took longer than 30 s and was killed");
    bool gone = false;
    for (unsigned i = 0; i < TURNS_MAX && !gone; i++) { /* whoever inherits it takes its end */
        char line[256] = "";
        snprintf(path, sizeof(path), "/proc/%ld/stat", child);
        FILE *file = fopen(path, "re");
        gone = !file || !fgets(line, sizeof(line), file) || strstr(line, ") Z ");
        if (file)
            (void)fclose(file);
        (void)poll(NULL, 0, 1);
    }
    assert_true(gone);
}

static void test_hooks_are_bounded(void **state)
{
    struct bench *b = *state;
    write_script(b, "exec sleep 600");
    struct hook_call call = call_of("x");
    for (size_t i = 0; i < HOOKS_WAITING_MAX + 3; i++)
        hooks_give(&b->hooks, &call);
    assert_int_equal(b->hooks.counts.dropped, 3);
    assert_int_equal(b->failures, 1); /* and told once */
    hooks_tick(&b->hooks, 0);
    hooks_tick(&b->hooks, 1);
    assert_int_equal(b->hooks.counts.run, HOOKS_RUNNING_MAX);
    assert_int_equal(b->hooks.count, HOOKS_WAITING_MAX - HOOKS_RUNNING_MAX);
    hooks_stop(&b->hooks);
    assert_true(hooks_idle(&b->hooks));
}

static void test_hook_environment_keeps_its_bounds(void **state)
{
    struct hook_call call = {.len = 0};
    char *text = malloc(2 * HOOK_ENVIRONMENT_BYTES);
    (void)state;
    assert_non_null(text);
    memset(text, 'x', 2 * HOOK_ENVIRONMENT_BYTES - 1);
    text[2 * HOOK_ENVIRONMENT_BYTES - 1] = '\0';
    for (size_t i = 0; i < HOOK_VARIABLES_MAX + 1; i++)
        hook_call_add(&call, "A", "");
    assert_int_equal(call.variables, HOOK_VARIABLES_MAX);
    call = (struct hook_call){.len = 0};
    hook_call_add(&call, "A", text);
    hook_call_add(&call, "B", "no room");
    assert_int_equal(call.variables, 1);
    assert_int_equal(call.len, HOOK_ENVIRONMENT_BYTES);
    assert_int_equal(call.environment[HOOK_ENVIRONMENT_BYTES - 1], '\0');
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hook_sees_what_is_documented, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hook_status_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hook_that_is_no_program_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hook_is_killed_with_what_it_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hooks_are_bounded, set_up, tear_down),
        cmocka_unit_test(test_hook_environment_keeps_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
