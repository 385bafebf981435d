#include "node/conns.h"

#include <stdlib.h>

struct conn_message {
    struct conn_message *next;
    size_t len;
    uint8_t bytes[];
};

struct conn *conns_add(struct conns *conns, struct link_conn link, const struct curve_public *key, bool dialled,
                       const char *address)
{
    size_t i = 0;
    if (!conns->at)
        conns->at = calloc(CONNS_MAX, sizeof(*conns->at));
    while (conns->at && i < conns->count && conns->at[i].id)
        i++;
    if (!conns->at || i == CONNS_MAX)
        return NULL;
    if (i == conns->count)
        conns->count++;
    if (++conns->last_id == 0)
        conns->last_id = 1;
    conns->at[i] = (struct conn){.id = conns->last_id, .link = link, .key = *key, .dialled = dialled};
    snprintf(conns->at[i].address, sizeof(conns->at[i].address), "%s", address);
    return &conns->at[i];
}

struct conn *conns_by_link(const struct conns *conns, struct link_conn link)
{
    for (size_t i = 0; i < conns->count; i++)
        if (conns->at[i].id && conns->at[i].link.n == link.n)
            return &conns->at[i];
    return NULL;
}

struct conn *conns_by_id(const struct conns *conns, conn_id id)
{
    for (size_t i = 0; i < conns->count; i++)
        if (id && conns->at[i].id == id)
            return &conns->at[i];
    return NULL;
}

struct conn *conns_by_key(const struct conns *conns, const struct curve_public *key, bool dialled)
{
    for (size_t i = 0; i < conns->count; i++)
        if (conns->at[i].id && !conns->at[i].closing && conns->at[i].dialled == dialled &&
            memcmp(conns->at[i].key.b, key->b, sizeof(key->b)) == 0)
            return &conns->at[i];
    return NULL;
}

void conns_remove(struct conn *conn)
{
    for (struct conn_message *message = conn->first, *next; message; message = next) {
        next = message->next;
        free(message);
    }
    *conn = (struct conn){.id = 0};
}

void conns_free(struct conns *conns)
{
    for (size_t i = 0; i < conns->count; i++)
        conns_remove(&conns->at[i]);
    free(conns->at);
    *conns = (struct conns){.at = NULL};
}

enum muster_error conn_send(struct link *link, struct conn *conn, struct bytes bytes)
{
    enum muster_error error = conn->first ? MUSTER_EBUSY : link_send(link, conn->link, bytes.at, bytes.len);
    if (error != MUSTER_EBUSY)
        return error;
    if (conn->queued + bytes.len > CONN_QUEUE_BYTES_MAX)
        return MUSTER_ETOOBIG;
    struct conn_message *message = malloc(sizeof(*message) + bytes.len);
    if (!message)
        return MUSTER_ETOOBIG;
    message->next = NULL;
    message->len = bytes.len;
    memcpy(message->bytes, bytes.at, bytes.len);
    if (conn->last)
        conn->last->next = message;
    else
        conn->first = message;
    conn->last = message;
    conn->queued += bytes.len;
    return MUSTER_OK;
}

enum muster_error conn_drain(struct link *link, struct conn *conn)
{
    while (conn->first) {
        struct conn_message *message = conn->first;
        enum muster_error error = link_send(link, conn->link, message->bytes, message->len);
        if (error)
            return error == MUSTER_EBUSY ? MUSTER_OK : error;
        conn->first = message->next;
        if (!conn->first)
            conn->last = NULL;
        conn->queued -= message->len;
        free(message);
    }
    return MUSTER_OK;
}
