/* peer_address.c — who is at the other end of a descriptor. */
#include "node/guard.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

bool peer_address_of(struct peer_address *out, int fd)
{
    struct sockaddr_storage storage;
    socklen_t len = sizeof storage;
    memset(&storage, 0, sizeof storage);
    *out = (struct peer_address){0};
    if (fd < 0 || getpeername(fd, (struct sockaddr *)&storage, &len) != 0)
        return false;
    if (storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&storage;
        memcpy(out->b, &v4->sin_addr, 4);
        out->port = ntohs(v4->sin_port);
        return true;
    }
    if (storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&storage;
        out->port = ntohs(v6->sin6_port);
        out->v6 = !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        if (out->v6)
            memcpy(out->b, &v6->sin6_addr, 16);
        else
            memcpy(out->b, v6->sin6_addr.s6_addr + 12, 4);
        return true;
    }
    return false;
}

bool peer_address_same(const struct peer_address *a, const struct peer_address *b)
{
    return a->v6 == b->v6 && a->port == b->port && memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool peer_address_loopback(const struct peer_address *a)
{
    static const uint8_t v6[16] = {[15] = 1};
    return a->v6 ? memcmp(a->b, v6, sizeof v6) == 0 : a->b[0] == 127;
}

char *peer_address_text(char *out, const struct peer_address *address)
{
    char host[INET6_ADDRSTRLEN] = "?";
    inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->b, host, sizeof host);
    snprintf(out, PEER_ADDRESS_TEXT, address->v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)address->port);
    return out;
}

bool peer_cut(int fd, const struct peer_address *peer)
{
    struct peer_address now;
    return peer_address_of(&now, fd) && peer_address_same(&now, peer) && shutdown(fd, SHUT_RDWR) == 0;
}

bool peer_reset(int fd, const struct peer_address *peer)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct peer_address now;
    if (!peer_address_of(&now, fd) || !peer_address_same(&now, peer))
        return false;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); /* the close of libzmq becomes a reset */
    return shutdown(fd, SHUT_RDWR) == 0;
}
