/* mirrors tools/import_batch.c: what becomes of items when the node goes away with a batch unanswered. */
#include "tools/import_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void refused(void *user, const char *file, size_t line, const char *code, const char *message)
{
    (void)user;
    fail_msg("nobody answered, and %s:%zu is refused: %s %s", file, line, code, message);
}

/* A socket to which a small request can be sent, though nobody takes it up. */
static int listener(struct sockaddr_un *address, const char *folder)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "%s/api.sock", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_not_equal(fd, -1);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, sizeof *address), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void test_a_full_batch_behind_an_unanswered_one_takes_no_more(void **state)
{
    (void)state;
    static const char item[] = "{\"op\":1}"; /* so small that their number is the bound, not their bytes */
    char folder[] = "/tmp/muster-batch-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un address;
    int fd = listener(&address, folder);
    struct tool tool = {.out = stdout, .err = stderr, .width = 80, .client = {.socket = address.sun_path, .timeout_ms = 60000}};
    struct batch *batch = calloc(1, sizeof *batch);
    assert_non_null(batch);
    batch_start(batch, &tool, refused, NULL);
    for (size_t i = 0; i < 2 * (size_t)BATCH_ITEMS; i++) { /* one is under way, the other is full */
        assert_int_equal(batch_add(batch, item, strlen(item), "stock.csv", i + 1), 0);
        assert_int_equal(batch_waiting(batch), i + 1);
    }
    assert_true(batch->sent.fd >= 0);
    close(fd); /* the node is gone */
    assert_int_equal(batch_add(batch, item, strlen(item), "stock.csv", 1), 6);
    assert_int_equal(batch_waiting(batch), BATCH_ITEMS);
    assert_int_equal(batch->half[batch->filling].count, BATCH_ITEMS);
    assert_int_equal(batch_send(batch), 6); /* nobody is there to take what was filled */
    assert_int_equal(batch_waiting(batch), 0);
    assert_int_equal(batch->stored + batch->existing + batch->refused, 0);
    batch_end(batch);
    free(batch);
    unlink(address.sun_path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_batch_behind_an_unanswered_one_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
