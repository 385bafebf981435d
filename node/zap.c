#include "node/zap.h"

#include <string.h>

enum { ZAP_FRAMES = 7, ZAP_FRAME_MAX = 256 };

/* The frames of one request, in their order on the wire. */
enum zap_frame { ZAP_VERSION, ZAP_REQUEST_ID, ZAP_FRAME_DOMAIN, ZAP_ADDRESS, ZAP_IDENTITY, ZAP_MECHANISM, ZAP_KEY };

struct zap_request {
    size_t count; /* may be beyond ZAP_FRAMES: the rest is read and dropped */
    size_t len[ZAP_FRAMES];
    uint8_t bytes[ZAP_FRAMES][ZAP_FRAME_MAX];
};

/* The handler must never be gone while a server socket lives: libzmq would refuse everybody (option
 * 93), and without that option admit everybody.  Better no node than one whose door has no guard. */
static void __attribute__((noreturn)) zap_lost(const char *where)
{
    fprintf(stderr, "musterd: the authentication handler failed in %s (%s); stopping\n", where, zmq_strerror(zmq_errno()));
    abort();
}

static bool request_receive(struct zap *zap, struct zap_request *request)
{
    bool more = true;
    request->count = 0;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, zap->socket, ZMQ_DONTWAIT) < 0) {
            int error = zmq_errno();
            zmq_msg_close(&frame);
            if (error == EINTR)
                continue;
            if (error == EAGAIN && request->count == 0)
                return false;
            zap_lost("receive");
        }
        more = zmq_msg_more(&frame);
        if (request->count < ZAP_FRAMES) {
            size_t len = zmq_msg_size(&frame);
            /* A frame that is too long is shown as one that fits nothing. */
            request->len[request->count] = len;
            memcpy(request->bytes[request->count], zmq_msg_data(&frame), len < ZAP_FRAME_MAX ? len : ZAP_FRAME_MAX);
        }
        request->count++;
        zmq_msg_close(&frame);
    }
    return true;
}

static bool frame_is(const struct zap_request *request, enum zap_frame frame, const char *text)
{
    size_t len = strlen(text);
    return request->len[frame] == len && memcmp(request->bytes[frame], text, len) == 0;
}

static void frame_send(struct zap *zap, const void *bytes, size_t len, int flags)
{
    while (zmq_send(zap->socket, bytes, len, flags | ZMQ_DONTWAIT) < 0) {
        if (zmq_errno() != EINTR)
            zap_lost("send");
    }
}

static void reply_send(struct zap *zap, const struct zap_request *request, const char *status, const char *text,
                       const char *user_id)
{
    size_t id_len = request->count > ZAP_REQUEST_ID ? request->len[ZAP_REQUEST_ID] : 0;
    if (id_len > ZAP_FRAME_MAX)
        id_len = 0;
    frame_send(zap, "1.0", 3, ZMQ_SNDMORE);
    frame_send(zap, request->bytes[ZAP_REQUEST_ID], id_len, ZMQ_SNDMORE);
    frame_send(zap, status, strlen(status), ZMQ_SNDMORE);
    frame_send(zap, text, strlen(text), ZMQ_SNDMORE);
    frame_send(zap, user_id, strlen(user_id), ZMQ_SNDMORE);
    frame_send(zap, "", 0, 0);
}

static bool request_well_formed(const struct zap_request *request)
{
    if (request->count != ZAP_FRAMES)
        return false;
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        if (request->len[i] > ZAP_FRAME_MAX && i != ZAP_IDENTITY)
            return false;
    return frame_is(request, ZAP_VERSION, "1.0") && frame_is(request, ZAP_FRAME_DOMAIN, ZAP_DOMAIN) &&
           frame_is(request, ZAP_MECHANISM, "CURVE") && request->len[ZAP_KEY] == sizeof(struct curve_public) &&
           request->len[ZAP_ADDRESS] < ZAP_ADDRESS_MAX;
}

static void request_answer(struct zap *zap, const struct zap_request *request)
{
    struct curve_public key;
    char address[ZAP_ADDRESS_MAX], hex[ZAP_KEY_HEX + 1];
    if (!request_well_formed(request)) {
        zap->malformed++;
        reply_send(zap, request, "500", "Malformed request", "");
        return;
    }
    memcpy(key.b, request->bytes[ZAP_KEY], sizeof key.b);
    memcpy(address, request->bytes[ZAP_ADDRESS], request->len[ZAP_ADDRESS]);
    address[request->len[ZAP_ADDRESS]] = '\0';
    if (zap->decide(zap->user, &key, address))
        reply_send(zap, request, "200", "OK", hex_from(hex, key.b, sizeof key.b));
    else
        reply_send(zap, request, "400", "No access", "");
}

void zap_answer(struct zap *zap)
{
    struct zap_request request;
    for (int i = 0; i < ZAP_TURN && request_receive(zap, &request); i++)
        request_answer(zap, &request);
}

static int zap_on_request(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    (void)loop;
    if (item->revents & ZMQ_POLLERR)
        zap_lost("poll");
    zap_answer(arg);
    return 0;
}

enum muster_error zap_start(struct zap *zap, void *context, zloop_t *loop, zap_decide_fn *decide, void *user)
{
    const int none = 0;
    *zap = (struct zap){.loop = loop, .decide = decide, .user = user};
    zap->socket = zmq_socket(context, ZMQ_REP);
    if (!zap->socket)
        return MUSTER_EBUSY;
    zmq_setsockopt(zap->socket, ZMQ_LINGER, &none, sizeof none);
    if (zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0) {
        zmq_close(zap->socket);
        zap->socket = NULL;
        return MUSTER_EDUPLICATE;
    }
    if (loop) {
        zmq_pollitem_t item = {.socket = zap->socket, .events = ZMQ_POLLIN};
        if (zloop_poller(loop, &item, zap_on_request, zap) != 0) {
            zap_stop(zap);
            return MUSTER_EBUSY;
        }
        zloop_poller_set_tolerant(loop, &item); /* an error is ours to judge, not the loop's to forget */
    }
    return MUSTER_OK;
}

void zap_stop(struct zap *zap)
{
    if (!zap->socket)
        return;
    if (zap->loop) {
        zmq_pollitem_t item = {.socket = zap->socket, .events = ZMQ_POLLIN};
        zloop_poller_end(zap->loop, &item);
    }
    zmq_close(zap->socket);
    zap->socket = NULL;
}

enum muster_error zap_protect(void *server, const struct curve_secret *secret)
{
    const int on = 1;
    if (zmq_setsockopt(server, ZMQ_CURVE_SERVER, &on, sizeof on) != 0 ||
        zmq_setsockopt(server, ZMQ_CURVE_SECRETKEY, secret->b, sizeof secret->b) != 0 ||
        zmq_setsockopt(server, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, sizeof ZAP_DOMAIN - 1) != 0 ||
        zmq_setsockopt(server, ZAP_ENFORCE_DOMAIN_OPTION, &on, sizeof on) != 0)
        return MUSTER_EINTERNAL;
    return MUSTER_OK;
}
