/* link_receive.c — frames from the sockets, judged and delivered.
 *
 * A message of the listening socket is the name that libzmq gave the connection and one part.  Who sent
 * it stands in the metadata of the last part: with zmq_poll before the receive, the first frame has none
 * (libzmq fetches it early).  User-Id is what the ZAP handler answered; a client's own metadata of
 * that name never replaces it. */
#include "node/link_inner.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct received {
    uint8_t routing[ROUTING_BYTES];
    size_t routing_len;
    zmq_msg_t last;
    size_t parts; /* behind the name */
    size_t bytes; /* of all parts */
};

/* Receives into msg; false when there is nothing. */
static bool part_receive(void *socket, zmq_msg_t *msg)
{
    zmq_msg_init(msg);
    while (zmq_msg_recv(msg, socket, ZMQ_DONTWAIT) < 0) {
        if (zmq_errno() == EINTR)
            continue;
        zmq_msg_close(msg);
        return false;
    }
    return true;
}

/* Reads parts to the last one, which stays in r->last.  How many there can be is bounded by the guard. */
static bool parts_receive(void *socket, struct received *r)
{
    bool more = true;
    r->parts = r->bytes = 0;
    while (more) {
        if (r->parts > 0)
            zmq_msg_close(&r->last);
        if (!part_receive(socket, &r->last))
            return false;
        r->parts++;
        r->bytes += zmq_msg_size(&r->last);
        more = zmq_msg_more(&r->last);
    }
    return true;
}

static int property_fd(zmq_msg_t *msg)
{
    const char *text = zmq_msg_gets(msg, "__fd");
    char *end = NULL;
    long fd = text ? strtol(text, &end, 10) : -1;
    return end != text && fd >= 0 && fd <= INT_MAX ? (int)fd : -1;
}

/* Is the descriptor still a connection with the address that the message came from? */
static bool property_peer(zmq_msg_t *msg, int fd, struct peer_address *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const char *text = zmq_msg_gets(msg, "Peer-Address");
    struct peer_address said = {0};
    if (!text || !peer_address_of(out, fd))
        return false;
    if (inet_pton(AF_INET, text, said.b) != 1) {
        said.v6 = inet_pton(AF_INET6, text, said.b) == 1;
        if (!said.v6)
            return false;
        if (memcmp(said.b, mapped, sizeof mapped) == 0) {
            memmove(said.b, said.b + 12, 4);
            memset(said.b + 4, 0, 12);
            said.v6 = false;
        }
    }
    said.port = out->port;
    return peer_address_same(&said, out);
}

static void stranger_cut(struct link *link, struct received *r, enum link_reason reason)
{
    struct peer_address peer;
    char text[PEER_ADDRESS_TEXT];
    int fd = property_fd(&r->last);
    link->counters.cut_shape++;
    if (r->routing_len == ROUTING_BYTES && r->routing[0] == 0)
        conn_name_end(link, r->routing);
    if (!property_peer(&r->last, fd, &peer))
        return;
    peer_reset(fd, &peer);
    link_journal(link, "peer-cut", "address=%s reason=\"%s\"", peer_address_text(text, &peer),
                 link_reason_text(reason));
}

static void conn_cut(struct link *link, struct conn *conn, enum link_reason reason)
{
    link->counters.cut_shape++;
    link_journal(link, "peer-cut", "address=%s reason=\"%s\"", conn->address, link_reason_text(reason));
    conn_end(link, conn, reason);
}

/* The connection that the message belongs to, made if it is the first one; NULL when it is refused. */
static struct conn *conn_of(struct link *link, struct received *r, const struct curve_public *key)
{
    struct conn *conn = conn_of_routing(link, r->routing);
    struct peer_address peer;
    char address[PEER_ADDRESS_TEXT];
    enum link_reason why;
    int fd = property_fd(&r->last);
    if (conn)
        return conn;
    if (conn_name_ended(link, r->routing) || !property_peer(&r->last, fd, &peer))
        return NULL;
    conn = conn_begin(link, NULL, key, peer_address_text(address, &peer), fd, &peer, &why);
    if (!conn) {
        conn_name_end(link, r->routing);
        peer_cut(fd, &peer);
        return NULL;
    }
    conn_up(link, conn, r->routing);
    return conn;
}

static void deliver(struct link *link, struct conn *conn, zmq_msg_t *msg)
{
    size_t len = zmq_msg_size(msg);
    struct link_conn id = conn->id;
    guard_delivered(link->guard, conn->fd, &conn->peer, len);
    link->counters.messages_in++;
    link->counters.bytes_in += len;
    if (!conn->spoke)
        conn_spoke(link, conn);
    if (link->calls.message)
        link->calls.message(link->calls.user, id, zmq_msg_data(msg), len);
}

static void router_judge(struct link *link, struct received *r)
{
    struct curve_public key;
    const char *user_id = zmq_msg_gets(&r->last, "User-Id");
    bool known_name = r->routing_len == ROUTING_BYTES && r->routing[0] == 0;
    struct conn *conn = known_name ? conn_of_routing(link, r->routing) : NULL;
    if (conn && conn->ended)
        return;
    if (!known_name || !user_id || !hex_to(key.b, sizeof key.b, user_id) ||
        (conn && memcmp(conn->key.b, key.b, sizeof key.b) != 0)) {
        if (conn)
            conn_cut(link, conn, LINK_IDENTITY);
        else
            stranger_cut(link, r, LINK_IDENTITY);
        return;
    }
    if (r->parts != 1) {
        if (conn)
            conn_cut(link, conn, LINK_MULTIPART);
        else
            stranger_cut(link, r, LINK_MULTIPART);
        return;
    }
    if (conn && !key_admitted(link, &key, conn->address)) {
        conn_end(link, conn, LINK_NOT_ADMITTED);
        return;
    }
    conn = conn_of(link, r, &key);
    if (conn && !conn->ended) /* `up` may have closed it */
        deliver(link, conn, &r->last);
}

bool router_receive(struct link *link)
{
    struct received r = {0};
    zmq_msg_t name;
    if (!part_receive(link->router, &name)) {
        guard_drained(link->guard, GUARD_LISTENER);
        return false;
    }
    r.routing_len = zmq_msg_size(&name);
    if (r.routing_len == ROUTING_BYTES)
        memcpy(r.routing, zmq_msg_data(&name), ROUTING_BYTES);
    bool more = zmq_msg_more(&name);
    zmq_msg_close(&name);
    if (!more || !parts_receive(link->router, &r))
        return true;
    router_judge(link, &r);
    zmq_msg_close(&r.last);
    return true;
}

bool dealer_receive(struct dial *dial)
{
    struct link *link = dial->link;
    struct conn *conn = dial->conn;
    struct received r = {0};
    if (!conn || conn->ended)
        return false;
    if (!parts_receive(dial->socket, &r)) {
        guard_drained(link->guard, dial->source);
        return false;
    }
    if (r.parts != 1)
        conn_cut(link, conn, LINK_MULTIPART);
    else if (!key_admitted(link, &conn->key, conn->address))
        conn_end(link, conn, LINK_NOT_ADMITTED);
    else
        deliver(link, conn, &r.last);
    zmq_msg_close(&r.last);
    return true;
}
