/* api_compact.c — POST /v1/compact: the data file written again without what is free in it (store.h).
 *
 * One thread reads one moment of it, another writes the new file; the loop goes on, and at the end puts the new file in the
 * place of the old one.  Erased bytes must have been overwritten before: they would lie in the old file's blocks. */
#include "node/api_handlers.h"
#include "node/work.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { COMPACT_CHUNK = 256 * 1024 };

struct compacting {
    struct store *store;
    struct store_space before;
    int pipe[2], fd;
    pthread_t copier, writer;
    bool begun, copier_runs, writer_runs;
    atomic_int copy_error, write_error; /* enum muster_error */
    atomic_bool written, unwanted;
    atomic_ullong bytes;
};

static void *copier_run(void *argument)
{
    struct compacting *c = argument;
    atomic_store(&c->copy_error, (int)store_copy_run(c->store, c->pipe[1]));
    close(c->pipe[1]);
    return NULL;
}

static enum muster_error write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? MUSTER_EFULL : MUSTER_EIO;
        bytes += n;
        len -= (size_t)n;
    }
    return MUSTER_OK;
}

static void *writer_run(void *argument)
{
    struct compacting *c = argument;
    uint8_t *bytes = malloc(COMPACT_CHUNK);
    enum muster_error error = bytes ? MUSTER_OK : MUSTER_EBUSY;
    for (ssize_t n = 1; !error && n != 0 && !atomic_load(&c->unwanted);) {
        n = read(c->pipe[0], bytes, COMPACT_CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        error = n < 0 ? MUSTER_EIO : write_all(c->fd, bytes, (size_t)n);
        if (!error)
            atomic_fetch_add(&c->bytes, (unsigned long long)n);
    }
    if (!error && !atomic_load(&c->unwanted) && fdatasync(c->fd) != 0) /* here, so that the loop's own is short */
        error = MUSTER_EIO;
    free(bytes);
    close(c->pipe[0]); /* the copier ends too */
    atomic_store(&c->write_error, (int)error);
    atomic_store(&c->written, true);
    return NULL;
}

static void threads_join(struct compacting *c)
{
    if (c->writer_runs)
        pthread_join(c->writer, NULL);
    if (c->copier_runs)
        pthread_join(c->copier, NULL);
    c->writer_runs = c->copier_runs = false;
}

static bool threads_start(struct compacting *c)
{
    if (pipe2(c->pipe, O_CLOEXEC) != 0)
        return false;
    (void)fcntl(c->pipe[0], F_SETPIPE_SZ, 1024 * 1024);
    atomic_store(&c->copy_error, MUSTER_EINTERNAL);
    c->writer_runs = pthread_create(&c->writer, NULL, writer_run, c) == 0;
    c->copier_runs = c->writer_runs && pthread_create(&c->copier, NULL, copier_run, c) == 0;
    if (!c->copier_runs)
        close(c->pipe[1]); /* the writer sees its end */
    if (!c->writer_runs)
        close(c->pipe[0]);
    return c->copier_runs;
}

static enum work_state finish(struct work *work, struct compacting *c)
{
    struct node *node = work->node;
    struct store_problem problem = {""};
    struct store_space after;
    threads_join(c);
    enum muster_error error = (enum muster_error)atomic_load(&c->write_error);
    if (!error)
        error = (enum muster_error)atomic_load(&c->copy_error);
    if (error) {
        trouble_set(&work->trouble, error, "the new data file cannot be written: %s; the old one stays", error_what(error));
        return WORK_DONE;
    }
    if (core_scrub_due(node->core)) {
        trouble_set(&work->trouble, MUSTER_EBUSY, "something was erased meanwhile, and its bytes are overwritten first; the old data file stays");
        return WORK_DONE;
    }
    c->begun = false; /* whatever comes of it, nothing is left to be dropped */
    error = store_compact_finish(node->store, &problem);
    if (!error)
        error = store_space(node->store, &after);
    if (error) {
        trouble_set(&work->trouble, error, "%s", problem.sentence[0] ? problem.sentence : error_what(error));
        return WORK_DONE;
    }
    journal_format(&node->journal, EVENT_NAME_STORE_COMPACTED, NULL, "%llu bytes instead of %llu", (unsigned long long)after.bytes,
                   (unsigned long long)c->before.bytes);
    work->answer = json_pack("{s:I, s:I}", "before", (json_int_t)c->before.bytes, "after", (json_int_t)after.bytes);
    if (!work->answer)
        trouble_set(&work->trouble, MUSTER_EBUSY, "it was done, but there is no memory for the answer");
    return WORK_DONE;
}

static enum work_state compact_step(struct work *work)
{
    struct compacting *c = work->state;
    work->word = "copying";
    work->done = atomic_load(&c->bytes);
    work->of = c->before.bytes - c->before.free_bytes;
    if (work->of < work->done)
        work->of = work->done;
    return atomic_load(&c->written) ? finish(work, c) : WORK_WAIT;
}

static void compact_end(struct work *work)
{
    struct compacting *c = work->state;
    atomic_store(&c->unwanted, true);
    threads_join(c); /* at most one piece of the file is still on its way */
    if (c->begun)
        store_compact_drop(c->store);
}

static const struct work_kind compact_work = {"compaction", compact_step, compact_end, false};

void api_compact(struct request *request)
{
    struct node *node = request->node;
    struct store_problem problem = {""};
    if (core_scrub_due(node->core)) {
        request_refuse(request, MUSTER_EBUSY, "erased bytes are still being overwritten: that comes first");
        return;
    }
    struct compacting *c = calloc(1, sizeof(*c));
    if (!c)
        return;
    c->store = node->store;
    enum muster_error error = store_space(node->store, &c->before);
    if (!error)
        error = store_compact_begin(node->store, &c->fd, &problem);
    if (error) {
        request_refuse(request, error, "%s", problem.sentence[0] ? problem.sentence : error_what(error));
        free(c);
        return;
    }
    c->begun = true;
    if (!threads_start(c)) {
        struct work none = {.state = c};
        request_refuse(request, MUSTER_EBUSY, "there is no thread or descriptor left for it");
        compact_end(&none);
        free(c);
        return;
    }
    work_begin(request, &compact_work, c);
}
