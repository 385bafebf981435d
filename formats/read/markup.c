#include "formats/read/markup.h"

#include "formats/read/decode.h"

#include <string.h>
#include <strings.h>

struct scan {
    const char *at, *end, *name;
    size_t line;
    struct format_problem *problem;
};

static bool stands(const struct scan *s, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(s->end - s->at) >= n && memcmp(s->at, word, n) == 0;
}

static void step(struct scan *s, size_t n)
{
    for (; n > 0 && s->at < s->end; n--)
        s->line += *s->at++ == '\n';
}

/* Moves behind the next `word`, or to the end. */
static void pass(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    const char *found = memmem(s->at, (size_t)(s->end - s->at), word, n);
    step(s, found ? (size_t)(found - s->at) + n : (size_t)(s->end - s->at));
}

/* A tag's end is the first '>' outside quotes. */
static enum muster_error pass_tag(struct scan *s)
{
    char quote = 0;
    size_t line = s->line, n = 0;
    for (; s->at < s->end; n++) {
        char c = *s->at;
        if (n > MARKUP_TAG_BYTES_MAX)
            return format_problem_set(s->problem, MUSTER_ETOOBIG, s->name, line, NULL,
                               "one tag is longer than %d bytes, which no alert needs and which looks like an attack; "
                               "ask the sender for a correct file",
                               MARKUP_TAG_BYTES_MAX);
        step(s, 1);
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            break;
    }
    return MUSTER_OK;
}

static enum muster_error refuse_declaration(struct scan *s)
{
    return format_problem_set(s->problem, MUSTER_ESCHEMA, s->name, s->line, NULL,
                       "the file has a DOCTYPE, through which a file can read others or grow without end, so muster "
                       "takes none; ask the sender for the alert without it");
}

static enum muster_error scan_all(struct scan *s)
{
    enum muster_error error = MUSTER_OK;
    while (!error && s->at < s->end) {
        const char *open = memchr(s->at, '<', (size_t)(s->end - s->at));
        step(s, open ? (size_t)(open - s->at) : (size_t)(s->end - s->at));
        if (!open)
            break;
        if (stands(s, "<!--"))
            step(s, 4), pass(s, "-->");
        else if (stands(s, "<![CDATA["))
            pass(s, "]]>");
        else if (stands(s, "<?"))
            pass(s, "?>");
        else if (stands(s, "<!"))
            error = refuse_declaration(s);
        else
            error = pass_tag(s);
    }
    return error;
}

/* encoding="..." of <?xml ...?>, if there is one. */
static enum muster_error check_declared(struct scan *s)
{
    const char *stop = memmem(s->at, (size_t)(s->end - s->at), "?>", 2);
    if (!stands(s, "<?xml") || !stop)
        return MUSTER_OK;
    const char *at = memmem(s->at, (size_t)(stop - s->at), "encoding", 8);
    if (!at)
        return MUSTER_OK;
    for (at += 8; at < stop && strchr(" \t\r\n=", *at); at++)
        ;
    if (at == stop || (*at != '"' && *at != '\''))
        return MUSTER_OK; /* libxml2 says what is wrong */
    const char *value = at + 1, *close = memchr(value, *at, (size_t)(stop - value));
    if (!close)
        return MUSTER_OK;
    size_t n = (size_t)(close - value);
    if ((n == 5 && strncasecmp(value, "utf-8", 5) == 0) || (n == 4 && strncasecmp(value, "utf8", 4) == 0) ||
        (n == 8 && strncasecmp(value, "us-ascii", 8) == 0) || (n == 5 && strncasecmp(value, "ascii", 5) == 0))
        return MUSTER_OK;
    char quoted[PROBLEM_QUOTE_BYTES];
    return format_problem_set(s->problem, MUSTER_EENCODING, s->name, s->line, NULL,
                       "the file says that its encoding is %s, but alerts travel as UTF-8 and muster reads nothing else; "
                       "ask the sender for UTF-8, or convert it and its first line",
                       format_problem_quote(quoted, value, n));
}

enum muster_error markup_check(const void *bytes, size_t len, const char *name, struct format_problem *problem)
{
    return markup_check_sized(bytes, len, MARKUP_BYTES_MAX, name, problem);
}

enum muster_error markup_check_sized(const void *bytes, size_t len, size_t max, const char *name,
                                     struct format_problem *problem)
{
    struct scan s = {.at = bytes, .end = (const char *)bytes + len, .name = name, .line = 1, .problem = problem};
    if (len == 0)
        return format_problem_set(problem, MUSTER_ETRUNCATED, name, 1, NULL,
                           "the file is empty, so there is no alert in it; fetch it again from its sender");
    if (len > max)
        return format_problem_set(problem, MUSTER_ETOOBIG, name, 1, NULL,
                           "the file has %zu bytes and one like this at most %zu; ask the sender for one without embedded "
                           "images or sound",
                           len, max);
    enum muster_error error = decode_check(bytes, len, name, problem);
    if (error)
        return error;
    s.at += decode_mark(bytes, len);
    error = check_declared(&s);
    if (error)
        return error;
    struct scan start = s;
    while (start.at < start.end && memchr(" \t\r\n", *start.at, 4))
        step(&start, 1);
    if (start.at == start.end || *start.at != '<')
        return format_problem_set(problem, MUSTER_EMARKUP, name, start.line, NULL,
                           "the file does not begin like XML, so it is no alert; check that it is the file you meant");
    return scan_all(&s);
}
