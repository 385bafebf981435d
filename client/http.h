/* http.h — reading one HTTP/1.1 answer, byte by byte, with every part bounded.
 *
 * Knows a body with Content-Length, a chunked one, and one that ends with the connection.  Anything
 * doubtful (both lengths at once, folded headers, a length that is no number) is refused. */
#ifndef MUSTER_CLIENT_HTTP_H
#define MUSTER_CLIENT_HTTP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_HEAD_MAX = 16 * 1024,        /* status line and headers */
    HTTP_BODY_MAX = 64 * 1024 * 1024, /* an answer's body */
    HTTP_MEDIA_TYPE_BYTES = 96,
    HTTP_CHUNK_LINE_MAX = 64,
    HTTP_TRAILER_MAX = 4096
};

enum http_state {
    HTTP_IN_HEAD,
    HTTP_IN_LENGTH,
    HTTP_IN_CHUNK_LINE,
    HTTP_IN_CHUNK,
    HTTP_IN_CHUNK_END,
    HTTP_IN_TRAILER,
    HTTP_UNTIL_CLOSE,
    HTTP_COMPLETE
};

struct http_reader {
    enum http_state state;
    int status;
    char media_type[HTTP_MEDIA_TYPE_BYTES], parameters[HTTP_MEDIA_TYPE_BYTES]; /* "x/y", and what stood behind its ; */
    uint8_t *body; /* body_len bytes and a NUL behind them; NULL for an empty body */
    size_t body_len;
    /* private */
    size_t body_room, left, line_len, trailer_len;
    char line[HTTP_HEAD_MAX + 1];
};

/* A reader is 16 kB; it holds allocated memory from the first body byte until http_reader_clear. */
void http_reader_start(struct http_reader *reader);
void http_reader_clear(struct http_reader *reader);
/* Takes len more bytes of the connection.  Bytes behind a complete answer are ETRAILING.  EBADVALUE: this
 * is no HTTP answer; ETOOBIG: a part is beyond its bound; ESTORE: no memory. */
MUST_USE enum muster_error http_reader_feed(struct http_reader *reader, const void *bytes, size_t len);
/* The connection has ended: OK if the answer is complete now, ETRUNCATED otherwise. */
MUST_USE enum muster_error http_reader_close(struct http_reader *reader);

#endif
