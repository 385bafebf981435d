/* url.h — building a request's target: path, segments and query, percent-encoded, bounded. */
#ifndef MUSTER_CLIENT_URL_H
#define MUSTER_CLIENT_URL_H

#include <stdbool.h>
#include <stddef.h>

enum { URL_BYTES_MAX = 8192 };

struct url {
    char text[URL_BYTES_MAX];
    size_t len;
    bool has_query, overflow; /* overflow: it did not fit; client_call then refuses it */
};

/* path is written as it is: "/v1/objects". */
void url_start(struct url *url, const char *path);
/* Adds "/" and the encoded segment. */
void url_segment(struct url *url, const char *segment);
/* Adds ?name=value or &name=value, both encoded; nothing if value is NULL or empty. */
void url_query(struct url *url, const char *name, const char *value);

#endif
