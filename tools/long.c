#include "tools/long.h"

#include "tools/progress.h"
#include "tools/screen.h"
#include "tools/value.h"

#include <stdlib.h>
#include <string.h>

enum { LONG_LINE_MAX = 8 * 1024 * 1024, WORD_BYTES = 32, SILENCE_MS = 10 * 60 * 1000 };

struct waiting {
    struct tool *tool;
    const struct long_word *words;
    struct progress progress;
    char word[WORD_BYTES]; /* what the progress is of; "" before the first */
    char *line;
    size_t len, size;
    json_t *answer;
    struct fault *fault;
    bool refused, failed;
};

static void show(struct waiting *w, const json_t *line)
{
    const char *word = value_text_at(line, "progress");
    uint64_t of = (uint64_t)value_int_at(line, "of");
    if (strncmp(word, w->word, WORD_BYTES - 1) != 0 || !w->word[0]) {
        const struct long_word *row = w->words;
        while (row->word && strcmp(row->word, word) != 0)
            row++;
        if (w->word[0])
            progress_end(&w->progress, w->progress.of); /* what comes next begins when this is done */
        snprintf(w->word, sizeof w->word, "%s", word);
        progress_start(&w->progress, w->tool, w->word, row->word ? _(row->en) : w->word, of,
                       row->word && row->bytes);
    }
    w->progress.of = of;
    progress_at(&w->progress, (uint64_t)value_int_at(line, "done"));
}

/* A line of the node: how far it is, what came out, or why not.  False for what is none of these. */
static bool take_line(struct waiting *w)
{
    json_t *line = json_loadb(w->line, w->len, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(line);
    json_t *answer = json_object_get(line, "answer");
    if (json_object_get(line, "error")) {
        good = fault_from_json(w->fault, json_object_get(line, "error"));
        w->refused = true;
    } else if (good && json_object_get(line, "progress")) {
        show(w, line);
    } else if (good && !w->answer) { /* the answer alone: of a node that tells no progress */
        w->answer = json_incref(json_is_object(answer) ? answer : line);
    }
    json_decref(line);
    return good;
}

static bool line_add(struct waiting *w, const char *bytes, size_t len)
{
    if (w->len + len > w->size) {
        size_t size = 2 * (w->len + len);
        char *bigger = size > LONG_LINE_MAX ? NULL : realloc(w->line, size);
        if (!bigger)
            return false;
        w->line = bigger;
        w->size = size;
    }
    memcpy(w->line + w->len, bytes, len);
    w->len += len;
    return true;
}

static bool take(void *user, const char *bytes, size_t len)
{
    struct waiting *w = user;
    while (len && !w->failed) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        w->failed = part && !line_add(w, bytes, part);
        if (end && w->len && !w->failed) {
            w->failed = !take_line(w);
            w->len = 0;
        }
        bytes += part + (end != NULL);
        len -= part + (end != NULL);
    }
    return !w->failed;
}

static enum muster_error ask(struct tool *tool, const char *method, const struct url *url, struct waiting *w)
{
    struct client client = tool->client;
    json_t *none = json_object();
    if (client.timeout_ms < SILENCE_MS)
        client.timeout_ms = SILENCE_MS; /* of silence: progress is told all the time */
    enum muster_error error = strcmp(method, "GET") == 0 ? client_stream(&client, url, take, w, w->fault)
                                                         : client_post_stream(&client, url, none, take, w, w->fault);
    json_decref(none);
    if (!error && !w->failed && w->len)
        w->failed = !take_line(w);
    if (!error && (w->failed || (!w->refused && !w->answer))) {
        fault_set(w->fault, MUSTER_EUNREACHABLE, "the node's answer broke off");
        fault_step(w->fault, "muster status says whether it runs; then do it again");
        error = MUSTER_EUNREACHABLE;
    }
    return error;
}

int tool_long(struct tool *tool, const char *method, struct url *url, const struct long_word *words, json_t **answer)
{
    struct fault fault = {.exit = 0};
    struct waiting w = {.tool = tool, .words = words, .fault = &fault};
    *answer = NULL;
    if (tool->set.dry_run && strcmp(method, "POST") == 0)
        return tool_call(tool, method, url, NULL, answer); /* the node says that there is no rehearsal of it */
    url_query(url, "progress", "1");
    if (tool->set.verbose)
        tool_say(tool, "muster: %s %s", method, url->text);
    enum muster_error error = ask(tool, method, url, &w);
    if (w.word[0] && !error && !w.refused)
        progress_end(&w.progress, w.progress.of);
    else if (w.word[0])
        progress_drop(&w.progress);
    free(w.line);
    if (!error && !w.refused) {
        *answer = w.answer;
        return 0;
    }
    json_decref(w.answer);
    return tool_fail(tool, &fault);
}
