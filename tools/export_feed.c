#include "tools/export_feed.h"

#include "formats/write/sql.h"
#include "tools/memory.h"
#include "tools/records.h"
#include "tools/value.h"

#include <string.h>

enum {
    LINE_BYTES_MAX = 4 * 1024 * 1024, /* one line of the feed: an object and its branches */
    SILENCE_MS_MIN = 60000 /* of a feed that is followed: four times the node's empty lines */
};

struct feed {
    struct tool *tool;
    bool sql;
    char *line; /* what has come of the present one */
    size_t len, size;
    struct sql_feed writer;
    enum muster_error error; /* what ended the reading */
};

static bool whole_line(struct feed *f, const char *line, size_t len)
{
    if (!len)
        return true; /* the node shows that it is there */
    if (!f->sql) {
        fwrite(line, 1, len, f->tool->out);
        fputc('\n', f->tool->out);
        return true;
    }
    f->error = sql_feed_line(&f->writer, line, len);
    if (f->writer.out.len)
        fwrite(f->writer.out.at, 1, f->writer.out.len, f->tool->out);
    f->writer.out.len = 0;
    return f->error == MUSTER_OK;
}

static bool take(void *user, const char *bytes, size_t len)
{
    struct feed *f = user;
    while (len) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        if (f->len + part > LINE_BYTES_MAX) {
            f->error = MUSTER_ETOOBIG;
            return false;
        }
        if (f->len + part + 1 > f->size) {
            size_t size = f->size ? f->size : 65536;
            while (size < f->len + part + 1)
                size *= 2;
            char *bigger = memory_get(size);
            if (f->len)
                memcpy(bigger, f->line, f->len);
            free(f->line);
            f->line = bigger;
            f->size = size;
        }
        memcpy(f->line + f->len, bytes, part);
        f->len += part;
        if (end && !whole_line(f, f->line, f->len))
            return false;
        f->len = end ? 0 : f->len;
        part += end != NULL;
        bytes += part;
        len -= part;
    }
    return fflush(f->tool->out) == 0; /* nobody reads it any more: enough */
}

static int question(struct tool *tool, const struct arguments *args, struct url *url, const char *after)
{
    int code = 0;
    url_start(url, "/v1/feed");
    url_query(url, "space", tool->set.space);
    if (args->count > 1)
        return tool_usage(tool, "muster export --follow | jq 'select(.fields.severity == \"Extreme\")'",
                          "the change feed has no filters but the kind: what stops to fit a filter would be missed");
    if (args->count == 1) {
        const struct kind *kind = record_kind(tool, args->words[0], &code);
        if (!kind)
            return code;
        url_query(url, "kind", kind->name);
    }
    url_query(url, "after", after);
    if (option_get(args, "follow"))
        url_query(url, "follow", "1");
    return 0;
}

int export_feed(struct tool *tool, const struct arguments *args, bool sql)
{
    struct feed f = {.tool = tool, .sql = sql};
    struct client client = tool->client;
    struct fault fault;
    struct url url;
    const char *after = option_get(args, "after");
    int code = question(tool, args, &url, after);
    if (code)
        return code;
    if (option_get(args, "follow") && client.timeout_ms < SILENCE_MS_MIN)
        client.timeout_ms = SILENCE_MS_MIN;
    enum muster_error error = client_stream(&client, &url, take, &f, &fault);
    if (error == MUSTER_ERESYNC && option_get(args, "resync")) {
        tool_say(tool, "note: the cursor %s is of an earlier life of the node's tables; all is sent again", after);
        code = question(tool, args, &url, NULL);
        error = client_stream(&client, &url, take, &f, &fault);
    }
    if (sql && !error && !f.error) {
        sql_feed_end(&f.writer);
        fwrite(f.writer.out.at, 1, f.writer.out.len, tool->out);
    }
    if (f.error) {
        error = f.error;
        fault_set(&fault, error, "the node's change feed has a line that cannot be handed on");
    }
    sql_feed_clear(&f.writer);
    free(f.line);
    return error ? tool_fail(tool, &fault) : code;
}
