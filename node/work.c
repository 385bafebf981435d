#include "node/work.h"

#include "lang/lang.h"
#include "node/api.h"
#include "node/turn.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROGRESS_LINE_BYTES = 160, WAIT_MS = 20 };

static uint64_t mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* --- its end ---------------------------------------------------------------------------------------------------------- */

static void state_end(struct work *work)
{
    if (work->kind->end)
        work->kind->end(work);
    free(work->state);
    work->state = NULL;
}

static void work_drop(struct work *work)
{
    for (struct work **at = &work->node->works; *at; at = &(*at)->next)
        if (*at == work) {
            *at = work->next;
            break;
        }
    if (work->state)
        state_end(work);
    json_decref(work->answer);
    free(work->text);
    free(work);
}

/* The client of a request that waits went away while the connection was held: nobody else says so. */
static bool client_gone(const struct work *work)
{
    struct pollfd fd = {.fd = work->fd, .events = 0};
    return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLHUP | POLLERR));
}

static void resume(struct work *work)
{
    if (!work->suspended)
        return;
    work->suspended = false;
    MHD_resume_connection(work->connection);
    turn_mark(work->node);
}

/* --- a stream ------------------------------------------------------------------------------------------------------------ */

/* Takes the reference; false without memory. */
static bool line_add(struct work *work, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    size_t len = text ? strlen(text) : 0, left = work->len - work->sent;
    char *all = text ? malloc(left + len + 1) : NULL;
    if (all) {
        if (left)
            memcpy(all, work->text + work->sent, left);
        memcpy(all + left, text, len);
        all[left + len] = '\n';
        free(work->text);
        work->text = all;
        work->len = left + len + 1;
        work->sent = 0;
    }
    free(text);
    json_decref(json);
    return all != NULL;
}

static json_t *error_line(const struct trouble *trouble)
{
    return json_pack("{s:o}", "error", error_json(trouble->error, trouble->what, trouble->why, trouble->remedy));
}

/* A client that does not read what it was told is told nothing new: one line waits at most. */
static void tell(struct work *work, uint64_t now)
{
    if (work->request || work->sent < work->len || !work->word)
        return;
    if (work->told_word == work->word && now - work->told_ms < WORK_TELL_MS)
        return;
    work->told_word = work->word;
    work->told_ms = now;
    (void)line_add(work, json_pack("{s:s, s:I, s:I}", "progress", work->word, "done", (json_int_t)work->done, "of",
                                   (json_int_t)work->of));
    resume(work);
}

static ssize_t stream_read(void *user, uint64_t offset, char *out, size_t max)
{
    struct work *work = user;
    (void)offset;
    if (work->sent == work->len) {
        if (work->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        work->suspended = true;
        MHD_suspend_connection(work->connection);
        return 0;
    }
    size_t len = work->len - work->sent < max ? work->len - work->sent : max;
    memcpy(out, work->text + work->sent, len);
    work->sent += len;
    return (ssize_t)len;
}

static void stream_done(void *user)
{
    struct work *work = user;
    if (!work->ended)
        journal_format(&work->node->journal, EVENT_NAME_WORK_LEFT, NULL, "%s: its client has gone", work->kind->name);
    work_drop(work);
}

/* --- a request that waits -------------------------------------------------------------------------------------------------- */

static void answer_waiting(struct request *request)
{
    struct work *work = request->state;
    if (work->answer)
        request_answer(request, json_incref(work->answer));
    else
        request_refuse_trouble(request, &work->trouble);
}

static void free_waiting(void *state)
{
    work_drop(state);
}

/* --- slices ------------------------------------------------------------------------------------------------------------------ */

static void work_end(struct work *work)
{
    work->ended = true;
    if (work->state)
        state_end(work);
    if (work->request) {
        api_wake(work->request);
        turn_mark(work->node);
        return;
    }
    (void)line_add(work, work->answer ? json_pack("{s:O}", "answer", work->answer) : error_line(&work->trouble));
    resume(work);
}

static void work_leave(struct work *work)
{
    trouble_set(&work->trouble, MUSTER_EBUSY, "nobody waits for it any more");
    journal_format(&work->node->journal, EVENT_NAME_WORK_LEFT, NULL, "%s: its client has gone", work->kind->name);
    work_end(work);
}

static void work_slice(struct work *work)
{
    uint64_t from = mono_us(), now = node_mono_ms();
    enum work_state state = WORK_MORE;
    if (now - work->looked_ms >= WORK_LOOK_MS) {
        work->looked_ms = now;
        if (client_gone(work)) {
            work_leave(work);
            return;
        }
    }
    do /* a new word is told before the work goes on */
        state = work->kind->step(work);
    while (state == WORK_MORE && mono_us() - from < WORK_SLICE_US && (work->request || work->told_word == work->word));
    work->waits = state == WORK_WAIT;
    tell(work, now);
    if (state == WORK_DONE)
        work_end(work);
}

static int works_turn(zloop_t *loop, int timer, void *argument)
{
    struct node *node = argument;
    bool any = false, at_once = false;
    (void)timer;
    node->work_timer = -1;
    for (struct work *work = node->works, *next; work; work = next) {
        next = work->next;
        lang_use(work->language);
        if (!work->ended)
            work_slice(work);
        lang_use(NULL);
    }
    for (const struct work *work = node->works; work; work = work->next) {
        any |= !work->ended;
        at_once |= !work->ended && !work->waits;
    }
    store_read_end(node->store); /* pages that were freed meanwhile can be used again */
    if (any)
        node->work_timer = zloop_timer(loop, at_once ? WORK_PAUSE_MS : WAIT_MS, 1, works_turn, node);
    return 0;
}

bool work_runs(const struct node *node, const struct work_kind *kind)
{
    for (const struct work *work = node->works; work; work = work->next)
        if (work->kind == kind && !work->ended)
            return true;
    return false;
}

void works_end(struct node *node)
{
    for (struct work *work = node->works, *next; work; work = next) {
        next = work->next;
        if (work->ended)
            continue;
        trouble_set(&work->trouble, MUSTER_EBUSY, "the node stops");
        work_end(work);
    }
}

static struct work *work_new(struct request *request, const struct work_kind *kind, void *state)
{
    struct work *work = calloc(1, sizeof(*work));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!work)
        return NULL;
    *work = (struct work){.kind = kind, .node = request->node, .state = state, .connection = request->connection,
                          .language = request->language};
    work->fd = info ? info->connect_fd : -1;
    work->next = request->node->works;
    request->node->works = work;
    return work;
}

void work_begin(struct request *request, const struct work_kind *kind, void *state)
{
    struct node *node = request->node;
    const char *progress = request_query(request, "progress");
    size_t count = 0;
    for (const struct work *work = node->works; work; work = work->next)
        count += !work->ended;
    struct work *work = NULL;
    if (!kind->several && work_runs(node, kind))
        request_refuse(request, MUSTER_EBUSY, "a %s is under way already", kind->name);
    else if (count >= WORKS_MAX || !(work = work_new(request, kind, state)))
        request_refuse(request, MUSTER_EBUSY, "too much is being done at this moment for another %s", kind->name);
    if (!work) {
        struct work none = {.kind = kind, .node = node, .state = state};
        state_end(&none);
        return;
    }
    if (progress && strcmp(progress, "1") == 0) {
        request_stream(request, "application/x-ndjson", stream_read, stream_done, work);
    } else {
        work->request = request;
        request->state = work;
        request->state_free = free_waiting;
        api_wait_long(request, answer_waiting);
    }
    if (node->works && node->work_timer < 0)
        node->work_timer = zloop_timer(node->loop, WORK_PAUSE_MS, 1, works_turn, node);
}
