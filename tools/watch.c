/* muster watch: what changes, as it comes. */
#include "tools/arguments.h"
#include "tools/memory.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/watch_alarms.h"

#include <string.h>

enum { WATCH_LINE_MAX = 4 * 1024 * 1024, WATCH_SILENCE_MS = 60000 /* four times the node's empty lines */ };

struct watch {
    struct tool *tool;
    char *line;
    size_t len, size, shown, most; /* most: lines after which it ends; 0: never */
    bool broken, headed, begun, with_alarms; /* with_alarms: unless only one kind is watched */
    struct watch_alarms alarms;
};

static void line_print(struct watch *w, const json_t *line)
{
    const char *op = value_text_at(line, "op");
    char time[VALUE_TIME_BYTES] = "", text[1024];
    const struct kind *kind = kind_by_name(value_text_at(line, "kind"));
    const struct field *title = kind ? field_flagged(kind, FIELD_TITLE) : NULL, *state = kind ? field_flagged(kind, FIELD_STATE) : NULL;
    const json_t *fields = json_object_get(line, "fields");
    char *name = value_raw(title ? json_object_get(fields, title->name) : NULL);
    char *status = value_label(state ? json_object_get(fields, state->name) : NULL, state, w->tool->set.lang);
    time_now(time);
    snprintf(text, sizeof text, "%s%s  %-6s  %s  %s%s%s  %s", value_true_at(line, "exercise") ? "EXERCISE 演练  " : "", time, op,
             value_text_at(line, "short")[0] ? value_text_at(line, "short") : value_text_at(line, "id"), name,
             status[0] ? "  " : "", status, value_text_at(line, "owner.name"));
    screen_line(w->tool, "%s", text);
    free(name);
    free(status);
}

/* One line of the feed; false when it is enough. */
static bool whole_line(struct watch *w, const char *text, size_t len)
{
    json_t *line = len ? json_loadb(text, len, 0, NULL) : NULL;
    if (w->with_alarms && (!line || w->begun))
        watch_alarms_look(&w->alarms, w->tool);
    if (!line)
        return len == 0; /* an empty line: the node is there */
    const char *op = value_text_at(line, "op");
    bool machine = w->tool->set.output == OUTPUT_JSON || w->tool->set.output == OUTPUT_NDJSON;
    if (!machine && !w->headed)
        screen_top(w->tool, NULL); /* as of now: what changed before `current` comes below it */
    w->headed = true;
    bool change = strcmp(op, "put") == 0 || strcmp(op, "branch") == 0 || strcmp(op, "erase") == 0;
    if (machine) {
        char *safe = json_text(line, false);
        fprintf(w->tool->out, "%s\n", safe);
        free(safe);
    } else if (change) {
        line_print(w, line);
    }
    if (strcmp(op, "current") == 0 && w->with_alarms && !w->begun)
        watch_alarms_look(&w->alarms, w->tool);
    w->begun |= strcmp(op, "current") == 0;
    w->shown += change;
    fflush(w->tool->out);
    json_decref(line);
    return !w->most || w->shown < w->most;
}

static bool take(void *user, const char *bytes, size_t len)
{
    struct watch *w = user;
    for (; len; bytes++, len--) {
        if (*bytes == '\n') {
            bool more = whole_line(w, w->line, w->len);
            w->len = 0;
            if (!more)
                return false;
            continue;
        }
        if (w->len == w->size) {
            size_t size = w->size ? w->size * 2 : 65536;
            if (size > WATCH_LINE_MAX) {
                w->broken = true;
                return false;
            }
            char *bigger = memory_get(size);
            if (w->len)
                memcpy(bigger, w->line, w->len);
            free(w->line);
            w->line = bigger;
            w->size = size;
        }
        w->line[w->len++] = *bytes;
    }
    return !ferror(w->tool->out);
}

static int watch_run(struct tool *tool, const struct arguments *args)
{
    struct watch w = {.tool = tool};
    struct client client = tool->client;
    struct fault fault;
    struct url url;
    int code = 0;
    const char *count = option_get(args, "count");
    char *end = NULL;
    const struct kind *kind = args->count ? record_kind(tool, args->words[0], &code) : NULL;
    if (code)
        return code;
    w.with_alarms = !kind && !count;
    w.most = count ? strtoul(count, &end, 10) : 0;
    if (count && (*end || !w.most))
        return tool_usage(tool, "muster watch --count 10", "--count is a number from 1, not \"%.20s\"", count);
    url_start(&url, "/v1/feed");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "kind", kind ? kind->name : NULL);
    url_query(&url, "after", option_get(args, "after") ? option_get(args, "after") : "now");
    url_query(&url, "follow", "1");
    if (client.timeout_ms < WATCH_SILENCE_MS)
        client.timeout_ms = WATCH_SILENCE_MS;
    enum muster_error error = client_stream(&client, &url, take, &w, &fault);
    watch_alarms_free(&w.alarms);
    free(w.line);
    if (w.broken) {
        error = MUSTER_ETOOBIG;
        fault_set(&fault, error, "the node's change feed has a line that is too long");
    }
    return error ? tool_fail(tool, &fault) : 0;
}

static const struct option_row watch_options[] = {
    {"count", 0, "N",      "end after N changes"                                   },
    {"after", 0, "CURSOR", "first what changed since a line that had this cursor"  },
    {NULL,    0, NULL,     NULL                                                    },
};

const struct command command_watch = {
    .name = "watch",
    .args = "[KIND]",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | NO_ROWS,
    .words_min = 0,
    .words_max = 1,
    .options = watch_options,
    .run = watch_run,
    .help = "what changes, as it comes",
    .detail = "A line a change until it is interrupted; alarms as they are raised and cleared, unless a KIND or --count is given. "
              "With --json the lines of the change feed, each with its cursor.",
    .example = "muster watch\nmuster watch requests --json",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
};
