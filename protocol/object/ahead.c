#include "protocol/object/ahead.h"

#include <stdlib.h>

struct stored_segment {
    uint64_t arrival;
    struct log *log;
    struct log_id id; /* of the log: what other threads may look at */
    size_t at, len;
    bool has_key;
    struct opened_key key;
    struct opened *opened;
};

struct opening {
    struct core *core;
    bool out;   /* given to a thread */
    bool ready; /* opened, as far as that goes */
    size_t count, used;
    enum muster_error error; /* of reading, behind what is here */
    struct stored_segment segments[AHEAD_SEGMENTS];
    uint8_t items[AHEAD_BYTES + SEGMENT_ITEM_MAX];
};

struct ahead {
    struct core *core;
    uint64_t read, given; /* arrivals */
    bool ended;           /* there is nothing behind what was read */
    size_t turn, next;    /* the job whose segments are given, and which of them */
    size_t slots;         /* of jobs: as many as there was memory for */
    struct opening *jobs[AHEAD_JOBS];
};

void opening_run(struct opening *job, struct payload_codec *codec)
{
    for (size_t i = 0; i < job->count; i++) {
        struct stored_segment *s = &job->segments[i];
        if (s->has_key)
            s->opened = opened_make(codec, &s->id, job->items + s->at, s->len, &s->key, 1);
    }
}

static void job_clear(struct opening *job)
{
    for (size_t i = 0; i < job->count; i++) {
        opened_free(job->segments[i].opened);
        crypto_wipe(&job->segments[i].key, sizeof(job->segments[i].key));
    }
    job->count = job->used = 0;
    job->ready = false;
    job->error = MUSTER_OK;
}

/* Only what will be folded is worth it. */
static void find_key(struct core *core, struct stored_segment *s, const uint8_t *item)
{
    struct segment_header header;
    s->has_key = s->log->genesis.role == LOG_DATA && s->len >= SEGMENT_HEADER_BYTES && segment_header_read(&header, item) == MUSTER_OK;
    if (!s->has_key)
        return;
    memcpy(s->key.epoch.b, header.epoch.b, HASH_BYTES);
    s->has_key = space_key(core->spaces[s->log->space], &s->key.epoch, &s->key.key);
}

static bool take_one(void *user, struct bytes key, struct bytes value)
{
    struct opening *job = user;
    if (key.len != 8 || value.len < 4 || value.len - 4 > SEGMENT_ITEM_MAX || get_be32(value.at) == 0 ||
        get_be32(value.at) > job->core->log_count) {
        job->error = MUSTER_EDAMAGED;
        return false;
    }
    struct stored_segment *s = &job->segments[job->count++];
    *s = (struct stored_segment){.arrival = get_be64(key.at), .log = job->core->logs[get_be32(value.at) - 1],
                                 .at = job->used, .len = value.len - 4};
    s->id = s->log->id;
    memcpy(job->items + s->at, value.at + 4, s->len);
    job->used += s->len;
    find_key(job->core, s, job->items + s->at);
    return job->count < AHEAD_SEGMENTS && job->used < AHEAD_BYTES;
}

/* False when the damage is not in a segment behind what was read. */
static bool pass_damaged(struct ahead *a)
{
    struct core *core = a->core;
    for (uint64_t at = a->read + 1; at <= core->arrival; at++) {
        uint8_t key[8];
        struct bytes value;
        put_be64(key, at);
        enum muster_error error = core->storage.get(core->storage.self, T_SEGMENT, (struct bytes){key, sizeof(key)}, &value);
        if (error == MUSTER_ENOTFOUND)
            continue;
        if (error != MUSTER_EDAMAGED)
            return false;
        core->counters.damaged_at_start++;
        a->read = at;
        return true;
    }
    return false;
}

/* Reads what comes next; a job with nothing in it is the last. */
static void job_fill(struct ahead *a, struct opening *job)
{
    struct core *core = a->core;
    enum muster_error error;
    do {
        uint8_t key[8];
        put_be64(key, a->read + 1);
        error = core->storage.scan(core->storage.self, T_SEGMENT, (struct bytes){NULL, 0}, (struct bytes){key, 8}, false, take_one,
                                   job);
        if (job->count)
            a->read = job->segments[job->count - 1].arrival;
    } while (error == MUSTER_EDAMAGED && !job->count && pass_damaged(a));
    if (job->count)
        return; /* whatever stopped it stops the next one at once */
    if (!job->error)
        job->error = error;
    a->ended = true;
}

/* The next job on its way. */
static enum muster_error job_start(struct ahead *a, size_t which)
{
    struct opening **job = &a->jobs[which];
    const struct core_openers *openers = a->core->config.openers;
    if (a->ended)
        return MUSTER_OK;
    if (!*job && !(*job = calloc(1, sizeof(**job))))
        return MUSTER_EBUSY;
    (*job)->core = a->core;
    job_clear(*job);
    job_fill(a, *job);
    (*job)->out = openers && (*job)->count;
    if ((*job)->out)
        openers->give(openers->self, *job);
    return MUSTER_OK;
}

/* Asks for a job that was given; true when it is back, and opened if it is wanted. */
static bool job_back(struct core *core, struct opening *job, bool wait, bool wanted)
{
    const struct core_openers *openers = core->config.openers;
    enum opening_state state = job->out ? openers->collect(openers->self, job, wait) : OPENING_LEFT;
    if (state == OPENING_RUNS)
        return false;
    job->out = false;
    if (state == OPENING_LEFT && wanted && !job->ready)
        opening_run(job, core->codec);
    job->ready = true;
    return true;
}

/* The job whose turn it is.  While a thread is at it the core does not wait: it opens others that were not begun. */
static void job_collect(struct ahead *a, struct opening *job)
{
    bool is = job_back(a->core, job, false, true);
    for (size_t i = 1; !is && i < a->slots; i++) {
        struct opening *other = a->jobs[(a->turn + i) % a->slots];
        if (other && other->out && job_back(a->core, other, false, true))
            is = job_back(a->core, job, false, true);
    }
    if (!is)
        (void)job_back(a->core, job, true, true);
}

struct ahead *ahead_new(struct core *core, uint64_t arrival)
{
    struct ahead *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    *a = (struct ahead){.core = core, .read = arrival, .given = arrival};
    while (a->slots < AHEAD_JOBS && job_start(a, a->slots) == MUSTER_OK)
        a->slots++;
    if (!a->slots) {
        ahead_free(a);
        return NULL;
    }
    job_collect(a, a->jobs[0]);
    return a;
}

enum muster_error ahead_next(struct ahead *a, struct ahead_segment *out)
{
    struct opening *job = a->jobs[a->turn];
    if (job && job->count && a->next == job->count) {
        job_clear(job);
        enum muster_error error = job_start(a, a->turn);
        if (error)
            return error;
        a->turn = (a->turn + 1) % a->slots;
        a->next = 0;
        job = a->jobs[a->turn];
        if (job)
            job_collect(a, job);
    }
    if (!job || !job->count) {
        a->given = a->read; /* what was passed over at the end */
        return job && job->error ? job->error : MUSTER_ENOTFOUND;
    }
    const struct stored_segment *s = &job->segments[a->next++];
    *out = (struct ahead_segment){.arrival = s->arrival, .log = s->log, .item = {job->items + s->at, s->len}, .opened = s->opened};
    a->given = s->arrival;
    return MUSTER_OK;
}

uint64_t ahead_at(const struct ahead *a)
{
    return a->given;
}

void ahead_free(struct ahead *a)
{
    for (size_t i = 0; a && i < AHEAD_JOBS; i++)
        if (a->jobs[i]) {
            (void)job_back(a->core, a->jobs[i], true, false);
            job_clear(a->jobs[i]);
            free(a->jobs[i]);
        }
    free(a);
}
