#include "client/http.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void http_reader_start(struct http_reader *reader)
{
    memset(reader, 0, sizeof *reader);
}

void http_reader_clear(struct http_reader *reader)
{
    free(reader->body);
    reader->body = NULL;
    reader->body_len = reader->body_room = 0;
}

static enum muster_error body_add(struct http_reader *r, const uint8_t *bytes, size_t len)
{
    if (len > HTTP_BODY_MAX - r->body_len)
        return MUSTER_ETOOBIG;
    if (r->body_len + len + 1 > r->body_room) {
        size_t room = r->body_room ? r->body_room : 4096;
        while (room < r->body_len + len + 1)
            room *= 2;
        uint8_t *grown = realloc(r->body, room);
        if (!grown)
            return MUSTER_ESTORE;
        r->body = grown;
        r->body_room = room;
    }
    memcpy(r->body + r->body_len, bytes, len);
    r->body_len += len;
    r->body[r->body_len] = '\0';
    return MUSTER_OK;
}

/* A number of digits in the base, nothing else, at most HTTP_BODY_MAX. */
static enum muster_error size_parse(const char *text, size_t len, unsigned base, size_t *out)
{
    size_t value = 0;
    if (len == 0)
        return MUSTER_EBADVALUE;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : UINT_MAX;
        if (digit >= base)
            return MUSTER_EBADVALUE;
        value = value * base + digit;
        if (value > HTTP_BODY_MAX)
            return MUSTER_ETOOBIG;
    }
    *out = value;
    return MUSTER_OK;
}

struct head_facts {
    bool has_length, chunked;
    size_t length;
};

static enum muster_error header_take(struct http_reader *r, struct head_facts *facts, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon || colon == line || line[0] == ' ' || line[0] == '\t')
        return MUSTER_EBADVALUE;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        value[--len] = '\0';
    if (strcasecmp(line, "Content-Length") == 0) {
        if (facts->has_length)
            return MUSTER_EBADVALUE;
        facts->has_length = true;
        return size_parse(value, len, 10, &facts->length);
    }
    if (strcasecmp(line, "Transfer-Encoding") == 0) {
        if (facts->chunked || strcasecmp(value, "chunked") != 0)
            return MUSTER_EBADVALUE;
        facts->chunked = true;
    }
    if (strcasecmp(line, "Content-Type") == 0 && len < sizeof r->media_type) {
        len = strcspn(value, "; \t");
        memcpy(r->media_type, value, len);
        r->media_type[len] = '\0';
        const char *behind = value + len + strspn(value + len, "; \t");
        memcpy(r->parameters, behind, strlen(behind) + 1);
    }
    return MUSTER_OK;
}

static enum muster_error status_take(struct http_reader *r, const char *line)
{
    if (strncmp(line, "HTTP/1.1 ", 9) != 0 && strncmp(line, "HTTP/1.0 ", 9) != 0)
        return MUSTER_EBADVALUE;
    const char *digits = line + 9;
    if (strspn(digits, "0123456789") != 3 || (digits[3] != ' ' && digits[3] != '\0'))
        return MUSTER_EBADVALUE;
    r->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    return r->status >= 100 ? MUSTER_OK : MUSTER_EBADVALUE;
}

/* r->line holds the head without its empty line; decides how the body comes. */
static enum muster_error head_take(struct http_reader *r)
{
    struct head_facts facts = {0};
    char *rest = r->line, *line;
    enum muster_error error = MUSTER_OK;
    if (strlen(r->line) != r->line_len) /* a NUL inside */
        return MUSTER_EBADVALUE;
    for (bool first = true; !error && (line = strsep(&rest, "\n")); first = false) {
        size_t len = strlen(line);
        if (len > 0 && line[len - 1] == '\r')
            line[len - 1] = '\0';
        if (first)
            error = status_take(r, line);
        else if (line[0])
            error = header_take(r, &facts, line);
    }
    if (error)
        return error;
    r->line_len = 0;
    if (facts.has_length && facts.chunked)
        return MUSTER_EBADVALUE;
    if (r->status < 200) /* "100 Continue": the real head follows */
        r->state = HTTP_IN_HEAD;
    else if (facts.chunked)
        r->state = HTTP_IN_CHUNK_LINE;
    else if (!facts.has_length && r->status != 204 && r->status != 304)
        r->state = HTTP_UNTIL_CLOSE;
    else
        r->state = facts.length ? HTTP_IN_LENGTH : HTTP_COMPLETE;
    r->left = facts.length;
    return MUSTER_OK;
}

/* Adds one byte to the line.  *whole becomes true when the line (or the head) has ended. */
static enum muster_error line_add(struct http_reader *r, char byte, size_t line_max, bool *whole)
{
    *whole = false;
    if (r->line_len >= line_max)
        return MUSTER_ETOOBIG;
    r->line[r->line_len++] = byte;
    r->line[r->line_len] = '\0';
    if (byte != '\n')
        return MUSTER_OK;
    if (r->state == HTTP_IN_HEAD) {
        size_t n = r->line_len;
        *whole = (n >= 2 && r->line[n - 2] == '\n') ||
                 (n >= 3 && r->line[n - 2] == '\r' && r->line[n - 3] == '\n');
        return MUSTER_OK;
    }
    *whole = true;
    r->line_len--;
    if (r->line_len > 0 && r->line[r->line_len - 1] == '\r')
        r->line_len--;
    r->line[r->line_len] = '\0';
    return MUSTER_OK;
}

static enum muster_error line_take(struct http_reader *r)
{
    if (r->state == HTTP_IN_HEAD)
        return head_take(r);
    size_t len = r->line_len;
    r->line_len = 0;
    if (r->state == HTTP_IN_CHUNK_LINE) {
        size_t digits = 0;
        while (digits < len && r->line[digits] != ';' && r->line[digits] != ' ')
            digits++;
        enum muster_error error = size_parse(r->line, digits, 16, &r->left);
        if (!error)
            r->state = r->left ? HTTP_IN_CHUNK : HTTP_IN_TRAILER;
        return error;
    }
    if (r->state == HTTP_IN_CHUNK_END) {
        if (len > 0)
            return MUSTER_EBADVALUE;
        r->state = HTTP_IN_CHUNK_LINE;
        return MUSTER_OK;
    }
    r->trailer_len += len + 2; /* HTTP_IN_TRAILER */
    if (r->trailer_len > HTTP_TRAILER_MAX)
        return MUSTER_ETOOBIG;
    if (len == 0)
        r->state = HTTP_COMPLETE;
    return MUSTER_OK;
}

/* Takes as much of the body as belongs to the present part; the number of bytes taken in *took. */
static enum muster_error body_take(struct http_reader *r, const uint8_t *bytes, size_t len, size_t *took)
{
    *took = r->state == HTTP_UNTIL_CLOSE || len < r->left ? len : r->left;
    enum muster_error error = body_add(r, bytes, *took);
    if (error || r->state == HTTP_UNTIL_CLOSE)
        return error;
    r->left -= *took;
    if (r->left == 0)
        r->state = r->state == HTTP_IN_CHUNK ? HTTP_IN_CHUNK_END : HTTP_COMPLETE;
    return MUSTER_OK;
}

enum muster_error http_reader_feed(struct http_reader *r, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    enum muster_error error = MUSTER_OK;
    while (len > 0 && !error) {
        size_t took = 1;
        bool whole;
        if (r->state == HTTP_COMPLETE)
            return MUSTER_ETRAILING;
        if (r->state == HTTP_IN_LENGTH || r->state == HTTP_IN_CHUNK || r->state == HTTP_UNTIL_CLOSE) {
            error = body_take(r, bytes, len, &took);
        } else {
            size_t line_max = r->state == HTTP_IN_HEAD      ? HTTP_HEAD_MAX
                              : r->state == HTTP_IN_TRAILER ? HTTP_TRAILER_MAX
                                                            : HTTP_CHUNK_LINE_MAX;
            error = line_add(r, (char)*bytes, line_max, &whole);
            if (!error && whole)
                error = line_take(r);
        }
        bytes += took;
        len -= took;
    }
    return error;
}

enum muster_error http_reader_close(struct http_reader *reader)
{
    if (reader->state == HTTP_UNTIL_CLOSE)
        reader->state = HTTP_COMPLETE;
    return reader->state == HTTP_COMPLETE ? MUSTER_OK : MUSTER_ETRUNCATED;
}
