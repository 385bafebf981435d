#include "node/workers.h"

#include "protocol/log/payload.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct entry {
    struct entry *next;
    struct verify_job *job;
    struct opening *opening; /* instead of a job */
};

struct queue {
    struct entry *first, **last;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t urgent_there, any_there, one_opened;
    struct queue urgent, bulk, done, opened;
    size_t unfinished; /* jobs given and not run yet */
    bool stopping;
    int fd;
    pthread_t threads[WORKERS_MAX + 1];
    unsigned count;
};

static void queue_put(struct queue *queue, struct entry *entry)
{
    entry->next = NULL;
    *queue->last = entry;
    queue->last = &entry->next;
}

static struct entry *queue_get(struct queue *queue)
{
    struct entry *entry = queue->first;
    if (entry) {
        queue->first = entry->next;
        if (!queue->first)
            queue->last = &queue->first;
    }
    return entry;
}

static void done(struct workers *w, struct entry *entry)
{
    uint64_t one = 1;
    queue_put(&w->done, entry);
    ssize_t wrote = write(w->fd, &one, sizeof(one));
    (void)wrote; /* it is readable already if the counter is full */
}

static void *work(struct workers *w, bool urgent_only)
{
    struct payload_codec *codec = NULL; /* made for the first job; without memory the core opens what it folds */
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        struct entry *entry = queue_get(&w->urgent);
        if (!entry && !urgent_only)
            entry = queue_get(&w->bulk);
        if (!entry) {
            pthread_cond_wait(urgent_only ? &w->urgent_there : &w->any_there, &w->lock);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        if (entry->job)
            verify_job_run(entry->job);
        if (!codec)
            codec = payload_codec_new();
        if (codec && entry->job)
            verify_job_open(entry->job, codec);
        if (codec && entry->opening)
            opening_run(entry->opening, codec);
        pthread_mutex_lock(&w->lock);
        w->unfinished--;
        if (entry->job) {
            done(w, entry);
        } else {
            queue_put(&w->opened, entry);
            pthread_cond_signal(&w->one_opened);
        }
    }
    pthread_mutex_unlock(&w->lock);
    payload_codec_free(codec);
    return NULL;
}

static void *work_urgent(void *argument)
{
    return work(argument, true);
}

static void *work_any(void *argument)
{
    return work(argument, false);
}

enum muster_error workers_start(struct workers **out, unsigned count)
{
    struct workers *w = calloc(1, sizeof(*w));
    *out = NULL;
    if (!w)
        return MUSTER_EBUSY;
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0) {
        free(w);
        return MUSTER_EBUSY;
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->urgent_there, NULL);
    pthread_cond_init(&w->any_there, NULL);
    pthread_cond_init(&w->one_opened, NULL);
    w->urgent.last = &w->urgent.first;
    w->bulk.last = &w->bulk.first;
    w->done.last = &w->done.first;
    w->opened.last = &w->opened.first;
    if (count > WORKERS_MAX)
        count = WORKERS_MAX;
    for (unsigned i = 0; i < count + 1; i++) {
        if (pthread_create(&w->threads[i], NULL, i ? work_any : work_urgent, w) != 0) {
            workers_stop(w);
            return MUSTER_EBUSY;
        }
        w->count++;
    }
    *out = w;
    return MUSTER_OK;
}

void workers_stop(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->urgent_there);
    pthread_cond_broadcast(&w->any_there);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->count; i++)
        pthread_join(w->threads[i], NULL);
    struct queue *queues[] = {&w->urgent, &w->bulk, &w->done, &w->opened};
    for (size_t q = 0; q < ARRAY_LEN(queues); q++)
        for (struct entry *entry; (entry = queue_get(queues[q]));) {
            verify_job_free(entry->job);
            free(entry);
        }
    pthread_cond_destroy(&w->urgent_there);
    pthread_cond_destroy(&w->any_there);
    pthread_cond_destroy(&w->one_opened);
    pthread_mutex_destroy(&w->lock);
    close(w->fd);
    free(w);
}

int workers_fd(const struct workers *w)
{
    return w->fd;
}

static struct entry *entry_new(void)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    if (!entry)
        abort(); /* a few bytes: nothing else would work either */
    return entry;
}

static void give(struct workers *w, struct entry *entry, bool urgent)
{
    pthread_mutex_lock(&w->lock);
    w->unfinished++;
    queue_put(urgent ? &w->urgent : &w->bulk, entry);
    if (urgent)
        pthread_cond_signal(&w->urgent_there);
    pthread_cond_signal(&w->any_there);
    pthread_mutex_unlock(&w->lock);
}

void workers_give(struct workers *w, struct verify_job *job, bool urgent)
{
    struct entry *entry = entry_new();
    entry->job = job;
    give(w, entry, urgent);
}

static void opening_give(void *self, struct opening *opening)
{
    struct entry *entry = entry_new();
    entry->opening = opening;
    give(self, entry, false);
}

/* Takes it out of the queue; false if it is not there. */
static bool opening_take(struct queue *queue, const struct opening *opening)
{
    for (struct entry **at = &queue->first; *at; at = &(*at)->next)
        if ((*at)->opening == opening) {
            struct entry *entry = *at;
            *at = entry->next;
            if (queue->last == &entry->next)
                queue->last = at;
            free(entry);
            return true;
        }
    return false;
}

static enum opening_state opening_collect(void *self, struct opening *opening, bool wait)
{
    struct workers *w = self;
    enum opening_state state = OPENING_RUNS;
    pthread_mutex_lock(&w->lock);
    if (opening_take(&w->bulk, opening)) {
        w->unfinished--;
        state = OPENING_LEFT;
    }
    while (state == OPENING_RUNS && !opening_take(&w->opened, opening)) {
        if (!wait) {
            pthread_mutex_unlock(&w->lock);
            return state;
        }
        pthread_cond_wait(&w->one_opened, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return state == OPENING_LEFT ? state : OPENING_RUN;
}

struct core_openers workers_openers(struct workers *w)
{
    return (struct core_openers){w, opening_give, opening_collect};
}

bool workers_idle(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    bool idle = w->unfinished == 0;
    pthread_mutex_unlock(&w->lock);
    return idle;
}

struct verify_job *workers_take(struct workers *w)
{
    uint64_t count;
    pthread_mutex_lock(&w->lock);
    struct entry *entry = queue_get(&w->done);
    if (!entry) {
        ssize_t got = read(w->fd, &count, sizeof(count));
        (void)got;
    }
    pthread_mutex_unlock(&w->lock);
    struct verify_job *job = entry ? entry->job : NULL;
    free(entry);
    return job;
}
