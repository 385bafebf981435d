/* link_send.c — sending, and the one message that waits for room.
 *
 * libzmq tells no one when a single peer of a ROUTER has room again.  So the message that finds none
 * waits here, one for each connection, and is tried every few milliseconds; the next one is answered
 * with EBUSY, and `ready` follows when the waiting one has gone.
 *
 * Trap: libzmq's EAGAIN may be stale (it looks at what its threads said only now and then); asking for
 * ZMQ_EVENTS makes it look.  After EAGAIN on the name the rest must not be sent. */
#include "node/link_inner.h"

#include <errno.h>
#include <string.h>

static void events_look(void *socket)
{
    int events;
    size_t len = sizeof events;
    zmq_getsockopt(socket, ZMQ_EVENTS, &events, &len);
}

static int name_send(void *router, const uint8_t *routing)
{
    for (;;) {
        if (zmq_send(router, routing, ROUTING_BYTES, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
            return 0;
        if (zmq_errno() != EINTR)
            return zmq_errno();
    }
}

static int body_send(void *socket, zmq_msg_t *msg)
{
    for (;;) {
        if (zmq_msg_send(msg, socket, ZMQ_DONTWAIT) >= 0)
            return 0;
        if (zmq_errno() != EINTR)
            return zmq_errno();
    }
}

static int conn_write_once(struct link *link, struct conn *conn, zmq_msg_t *msg)
{
    if (conn->dial)
        return body_send(conn->dial->socket, msg);
    int error = name_send(link->router, conn->routing);
    if (error)
        return error;
    /* The name was taken, so the body is: there is room, or the connection has just ended and libzmq
     * drops it.  Anything else would shift all names by one. */
    if (body_send(link->router, msg) != 0)
        abort();
    return 0;
}

/* 0 (msg is libzmq's), EAGAIN, or EHOSTUNREACH when the connection is gone. */
static int conn_write(struct link *link, struct conn *conn, zmq_msg_t *msg)
{
    size_t len = zmq_msg_size(msg);
    int error = conn_write_once(link, conn, msg);
    if (error == EAGAIN) {
        events_look(conn->dial ? conn->dial->socket : link->router);
        error = conn_write_once(link, conn, msg);
    }
    if (error == 0) {
        link->counters.messages_out++;
        link->counters.bytes_out += len;
    }
    return error == 0 || error == EAGAIN ? error : EHOSTUNREACH;
}

void conn_forget_pending(struct link *link, struct conn *conn)
{
    if (!conn->waiting)
        return;
    zmq_msg_close(&conn->pending);
    conn->waiting = false;
    link->waiting_count--;
}

static void conn_owe(struct link *link, struct conn *conn)
{
    if (!conn->wants || conn->owes)
        return;
    conn->wants = false;
    conn->owes = true;
    link->owes_count++;
    link_wake(link);
}

static void conn_flush(struct link *link, struct conn *conn)
{
    int error = conn_write(link, conn, &conn->pending);
    if (error == EAGAIN)
        return;
    if (error) {
        conn_forget_pending(link, conn);
        conn_end(link, conn, LINK_GONE);
        return;
    }
    conn->waiting = false; /* the message is libzmq's */
    link->waiting_count--;
    conn_owe(link, conn);
}

static int flush_on_timer(zloop_t *loop, int timer, void *arg)
{
    struct link *link = arg;
    for (size_t i = 0; link->waiting_count > 0 && i < link->conns_size; i++)
        if (link->conns[i].waiting && !link->conns[i].ended)
            conn_flush(link, &link->conns[i]);
    if (link->waiting_count == 0) {
        zloop_timer_end(loop, timer);
        link->flush_timer = -1;
    }
    return 0;
}

static void conn_wait(struct link *link, struct conn *conn, zmq_msg_t *msg)
{
    zmq_msg_init(&conn->pending);
    zmq_msg_move(&conn->pending, msg);
    conn->waiting = true;
    link->waiting_count++;
    if (link->flush_timer < 0)
        link->flush_timer = zloop_timer(link->loop, LINK_FLUSH_MS, 0, flush_on_timer, link);
}

void conn_spoke(struct link *link, struct conn *conn)
{
    conn->spoke = true;
    if (!conn->waiting)
        conn_owe(link, conn);
}

/* May a message of this size go now?  See LINK_FIRST_BYTES_MAX. */
static enum muster_error conn_room(const struct conn *conn, size_t len)
{
    if (conn->dial && !conn->spoke && conn->first_bytes + len > LINK_FIRST_BYTES_MAX)
        return conn->first_bytes == 0 ? MUSTER_ETOOBIG : MUSTER_EBUSY;
    return conn->waiting ? MUSTER_EBUSY : MUSTER_OK;
}

enum muster_error link_send(struct link *link, struct link_conn id, const uint8_t *bytes, size_t len)
{
    struct conn *conn = conn_find(link, id);
    zmq_msg_t msg;
    if (!conn)
        return MUSTER_ENOTFOUND;
    if (len < 1 || len > MESSAGE_BYTES_MAX)
        return MUSTER_ETOOBIG;
    enum muster_error room = conn_room(conn, len);
    if (room == MUSTER_EBUSY) {
        conn->wants = true;
        link->counters.busy++;
    }
    if (room)
        return room;
    if (zmq_msg_init_size(&msg, len) != 0) {
        conn->wants = true; /* out of memory is a kind of full; somebody's message will go */
        conn_owe(link, conn);
        return MUSTER_EBUSY;
    }
    memcpy(zmq_msg_data(&msg), bytes, len);
    if (conn->dial && !conn->spoke)
        conn->first_bytes += len;
    int error = conn_write(link, conn, &msg);
    if (error == EAGAIN)
        conn_wait(link, conn, &msg);
    zmq_msg_close(&msg);
    if (error == EHOSTUNREACH) {
        conn_end(link, conn, LINK_GONE);
        return MUSTER_ENOTFOUND;
    }
    return MUSTER_OK;
}
