#include "node/api_crowd.h"

#include "base/error.h"

#include <stdio.h>
#include <sys/socket.h>

enum { REFUSAL_BYTES_MAX = 1024 };

static bool user_of(int fd, unsigned *uid)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof(peer))
        return false;
    *uid = peer.uid;
    return true;
}

/* What a client reads in the place of an answer: there is no request yet that could be answered. */
static void refuse(int fd, unsigned uid)
{
    char body[REFUSAL_BYTES_MAX / 2], text[REFUSAL_BYTES_MAX];
    int len = snprintf(body, sizeof(body),
                       "{\"error\":{\"code\":\"%s\",\"exit\":%d,\"message\":\"user %u has %d connections to this node open "
                       "already\",\"why\":\"%s\",\"do\":[\"close those that are not used\"],\"object\":null}}",
                       error_name(MUSTER_EBUSY), error_exit(MUSTER_EBUSY), uid, API_USER_CONNECTIONS_MAX,
                       error_what(MUSTER_EBUSY));
    len = snprintf(text, sizeof(text),
                   "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
                   "Content-Length: %d\r\n\r\n%s",
                   len, body);
    if (len > 0 && (size_t)len < sizeof(text))
        (void)send(fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_RDWR);
}

struct api_guest *api_crowd_enter(struct api_crowd *crowd, int fd)
{
    struct api_guest *place = NULL;
    unsigned uid;
    size_t of_user = 0;
    if (!user_of(fd, &uid)) {
        shutdown(fd, SHUT_RDWR);
        return NULL;
    }
    for (size_t i = 0; i < API_CONNECTIONS_MAX; i++) {
        struct api_guest *guest = &crowd->guest[i];
        of_user += guest->here && guest->uid == uid;
        if (!guest->here && !place)
            place = guest;
    }
    if (!place || of_user >= API_USER_CONNECTIONS_MAX) {
        refuse(fd, uid);
        return NULL;
    }
    *place = (struct api_guest){.uid = uid, .here = true};
    return place;
}

void api_crowd_leave(struct api_guest *guest)
{
    if (guest)
        guest->here = false;
}
