#include "formats/write/sql.h"

#include <string.h>

/* COPY's text format gives backslash, tab and line ends a meaning; JSON on one line has but the first. */
static void copy_cell(struct out *out, const char *text, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        const char *as = text[i] == '\\' ? "\\\\" : text[i] == '\t' ? "\\t" : text[i] == '\n' ? "\\n" : text[i] == '\r' ? "\\r" : NULL;
        if (!as)
            continue;
        out_bytes(out, text + from, i - from);
        out_text(out, as);
        from = i + 1;
    }
    out_bytes(out, text + from, len - from);
}

/* The feed ends a run of changes with such a line; our own node writes its members in this order. */
static bool is_current(const char *line, size_t len)
{
    static const char start[] = "{\"muster\":1,\"op\":\"current\"";
    return len >= sizeof start - 1 && memcmp(line, start, sizeof start - 1) == 0;
}

enum muster_error sql_feed_line(struct sql_feed *feed, const char *line, size_t len)
{
    struct out *out = &feed->out;
    if (!feed->lines)
        out_text(out, "BEGIN;\nSET LOCAL client_encoding TO 'UTF8';\nCOPY muster.inbox (line) FROM STDIN;\n");
    copy_cell(out, line, len);
    out_text(out, "\n");
    feed->lines++;
    if (feed->lines >= SQL_BATCH_LINES || is_current(line, len))
        sql_feed_end(feed);
    return out->failed ? MUSTER_ETOOBIG : MUSTER_OK;
}

void sql_feed_end(struct sql_feed *feed)
{
    if (feed->lines)
        out_text(&feed->out, "\\.\nSELECT muster.apply();\nCOMMIT;\n");
    feed->lines = 0;
}

void sql_feed_clear(struct sql_feed *feed)
{
    out_clear(&feed->out);
    feed->lines = 0;
}
