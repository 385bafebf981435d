#include "client/socket.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t deadline_in(int ms)
{
    return clock_ms() + ms;
}

static enum muster_error socket_wait(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_ms();
        struct pollfd one = {.fd = fd, .events = events};
        int got = left <= 0 ? 0 : poll(&one, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (got > 0)
            return MUSTER_OK;
        if (got == 0)
            return MUSTER_ETIMEOUT;
        if (errno != EINTR)
            return MUSTER_ETRUNCATED;
    }
}

enum muster_error socket_open(int *out, const char *path, int64_t deadline)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path || !path[0])
        return MUSTER_EUSAGE;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return MUSTER_EUNREACHABLE;
    while (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int reason = errno;
        /* A full backlog is EAGAIN on unix sockets and cannot be polled for: look again soon. */
        if (reason == EINTR || (reason == EAGAIN && clock_ms() < deadline)) {
            poll(NULL, 0, 10);
            continue;
        }
        close(fd);
        errno = reason;
        return reason == EAGAIN                      ? MUSTER_ETIMEOUT
               : reason == EACCES || reason == EPERM ? MUSTER_EPERMISSION
                                                     : MUSTER_EUNREACHABLE;
    }
    *out = fd;
    return MUSTER_OK;
}

enum muster_error socket_send(int fd, const void *bytes, size_t len, int64_t deadline)
{
    const uint8_t *at = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            len -= (size_t)sent;
            continue;
        }
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return MUSTER_ETRUNCATED;
        enum muster_error error = socket_wait(fd, POLLOUT, deadline);
        if (error)
            return error;
    }
    return MUSTER_OK;
}

enum muster_error socket_receive(int fd, void *buffer, size_t size, size_t *len, int64_t deadline)
{
    for (;;) {
        ssize_t got = recv(fd, buffer, size, 0);
        if (got >= 0) {
            *len = (size_t)got;
            return MUSTER_OK;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return MUSTER_ETRUNCATED;
        enum muster_error error = socket_wait(fd, POLLIN, deadline);
        if (error)
            return error;
    }
}
