#include "hostile/zmtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void bound(int fd)
{
    const struct timeval limit = {.tv_sec = ZMTP_TIMEOUT_S}, stuck = {.tv_sec = ZMTP_STUCK_S};
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stuck, sizeof stuck);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int tcp_connect(const char *endpoint)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    if (fd < 0)
        return -1;
    bound(fd);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int tcp_listen(char *text)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        abort();
    bound(fd);
    snprintf(text, 64, "tcp://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    return fd;
}

int tcp_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        bound(fd);
    return fd;
}

bool tcp_put(int fd, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool tcp_get(int fd, void *bytes, size_t len)
{
    uint8_t *at = bytes;
    while (len > 0) {
        ssize_t n = recv(fd, at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool tcp_closed(int fd)
{
    uint8_t bytes[4096];
    for (;;) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0 || (n < 0 && errno == EINTR))
            continue;
        return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
}

bool zmtp_greeting(int fd, bool server)
{
    uint8_t ours[64] = {0xff, [9] = 0x7f, [10] = 3, 1, 'C', 'U', 'R', 'V', 'E', [32] = server};
    uint8_t theirs[64];
    return tcp_put(fd, ours, sizeof ours) && tcp_get(fd, theirs, sizeof theirs) && theirs[0] == 0xff &&
           theirs[9] == 0x7f && memcmp(theirs + 12, "CURVE", 6) == 0;
}

bool zmtp_frame_put(int fd, uint8_t flags, const void *body, size_t len)
{
    uint8_t head[9];
    size_t head_len = 2;
    head[0] = flags;
    head[1] = (uint8_t)len;
    if (len > 255) {
        head[0] |= 2;
        put_be64(head + 1, len);
        head_len = 9;
    }
    /* One write for small frames: half a frame in a packet of its own is another test's business. */
    if (len < 1024) {
        uint8_t all[9 + 1024];
        memcpy(all, head, head_len);
        if (len)
            memcpy(all + head_len, body, len);
        return tcp_put(fd, all, head_len + len);
    }
    return tcp_put(fd, head, head_len) && tcp_put(fd, body, len);
}

bool zmtp_frame_get(int fd, uint8_t *flags, uint8_t *body, size_t size, size_t *len)
{
    uint8_t head[9];
    if (!tcp_get(fd, head, 2))
        return false;
    *flags = head[0];
    *len = head[1];
    if (head[0] & 2) {
        if (!tcp_get(fd, head + 2, 7))
            return false;
        *len = get_be64(head + 1);
    }
    return *len <= size && tcp_get(fd, body, *len);
}

size_t zmtp_property(uint8_t *metadata, size_t len, const char *name, const void *value, size_t value_len)
{
    size_t name_len = strlen(name);
    metadata[len++] = (uint8_t)name_len;
    memcpy(metadata + len, name, name_len);
    len += name_len;
    put_be32(metadata + len, (uint32_t)value_len);
    memcpy(metadata + len + 4, value, value_len);
    return len + 4 + value_len;
}

static void nonce_short(uint8_t nonce[24], const char *prefix, uint64_t number)
{
    memcpy(nonce, prefix, 16);
    put_be64(nonce + 16, number);
}

bool curve_hello(struct zmtp *z, const char *endpoint, const struct curve_public *server, uint8_t cookie[96])
{
    uint8_t hello[200] = "\x05HELLO\x01", welcome[168], nonce[24], plain[128], flags;
    const uint8_t zeroes[64] = {0};
    size_t len;
    *z = (struct zmtp){.fd = tcp_connect(endpoint), .nonce = 1};
    if (z->fd < 0 || !zmtp_greeting(z->fd, false))
        return false;
    crypto_box_keypair(z->short_public, z->short_secret);
    memcpy(hello + 80, z->short_public, 32);
    put_be64(hello + 112, z->nonce);
    nonce_short(nonce, "CurveZMQHELLO---", z->nonce++);
    if (crypto_box_easy(hello + 120, zeroes, sizeof zeroes, nonce, server->b, z->short_secret) != 0)
        return false;
    if (!zmtp_frame_put(z->fd, 4, hello, sizeof hello) ||
        !zmtp_frame_get(z->fd, &flags, welcome, sizeof welcome, &len) || len != sizeof welcome)
        return false;
    memcpy(nonce, "WELCOME-", 8);
    memcpy(nonce + 8, welcome + 8, 16);
    if (crypto_box_open_easy(plain, welcome + 24, 144, nonce, server->b, z->short_secret) != 0)
        return false;
    memcpy(z->their_short, plain, 32);
    memcpy(cookie, plain + 32, 96);
    return crypto_box_beforenm(z->shared, z->their_short, z->short_secret) == 0;
}

bool curve_connect(struct zmtp *z, const char *endpoint, const struct curve_public *server,
                   const struct curve_public *public_key, const struct curve_secret *secret, const void *metadata,
                   size_t metadata_len)
{
    uint8_t cookie[96], nonce[24], vouch[64], flags, ready[1024];
    size_t len, plain_len = 128 + metadata_len, initiate_len = 113 + plain_len + 16;
    if (!curve_hello(z, endpoint, server, cookie))
        return false;
    uint8_t *plain = calloc(1, plain_len), *initiate = calloc(1, initiate_len);
    memcpy(plain, public_key->b, 32);
    memcpy(nonce, "VOUCH---", 8);
    randombytes_buf(nonce + 8, 16);
    memcpy(plain + 32, nonce + 8, 16);
    memcpy(vouch, z->short_public, 32);
    memcpy(vouch + 32, server->b, 32);
    bool good = crypto_box_easy(plain + 48, vouch, sizeof vouch, nonce, z->their_short, secret->b) == 0;
    if (metadata_len)
        memcpy(plain + 128, metadata, metadata_len);
    memcpy(initiate, "\x08INITIATE", 9);
    memcpy(initiate + 9, cookie, 96);
    put_be64(initiate + 105, z->nonce);
    nonce_short(nonce, "CurveZMQINITIATE", z->nonce++);
    good = good && crypto_box_easy_afternm(initiate + 113, plain, plain_len, nonce, z->shared) == 0 &&
           zmtp_frame_put(z->fd, 4, initiate, initiate_len) &&
           zmtp_frame_get(z->fd, &flags, ready, sizeof ready, &len) && len > 6 && memcmp(ready, "\x05READY", 6) == 0;
    free(plain);
    free(initiate);
    return good;
}

bool curve_put(struct zmtp *z, uint8_t flags, const void *bytes, size_t len)
{
    uint8_t nonce[24];
    uint8_t *plain = malloc(len + 1), *message = malloc(16 + len + 17);
    plain[0] = flags;
    if (len)
        memcpy(plain + 1, bytes, len);
    memcpy(message, "\x07MESSAGE", 8);
    put_be64(message + 8, z->nonce);
    nonce_short(nonce, z->server ? "CurveZMQMESSAGES" : "CurveZMQMESSAGEC", z->nonce++);
    bool good = crypto_box_easy_afternm(message + 16, plain, len + 1, nonce, z->shared) == 0 &&
                zmtp_frame_put(z->fd, 0, message, 16 + len + 17);
    free(plain);
    free(message);
    return good;
}

bool curve_welcome(struct zmtp *z, int fd, const struct curve_secret *server, const uint8_t short_public[32])
{
    uint8_t hello[200], welcome[168], plain[128] = {0}, nonce[24], flags;
    size_t len;
    *z = (struct zmtp){.fd = fd, .nonce = 1, .server = true};
    if (!zmtp_greeting(fd, true) || !zmtp_frame_get(fd, &flags, hello, sizeof hello, &len) || len != sizeof hello)
        return false;
    memcpy(z->their_short, hello + 80, 32);
    memcpy(plain, short_public, 32);
    randombytes_buf(plain + 32, 96); /* the cookie: nobody will open it */
    memcpy(welcome, "\x07WELCOME", 8);
    randombytes_buf(welcome + 8, 16);
    memcpy(nonce, "WELCOME-", 8);
    memcpy(nonce + 8, welcome + 8, 16);
    return crypto_box_easy(welcome + 24, plain, sizeof plain, nonce, z->their_short, server->b) == 0 &&
           zmtp_frame_put(fd, 4, welcome, sizeof welcome);
}

bool curve_serve(struct zmtp *z, int fd, const struct curve_secret *server)
{
    uint8_t initiate[1024], ready[64], plain[32], nonce[24], flags, keys[2][32];
    size_t len, plain_len = zmtp_property(plain, 0, "Socket-Type", "ROUTER", 6);
    crypto_box_keypair(keys[0], keys[1]);
    if (!curve_welcome(z, fd, server, keys[0]) || !zmtp_frame_get(fd, &flags, initiate, sizeof initiate, &len))
        return false;
    if (crypto_box_beforenm(z->shared, z->their_short, keys[1]) != 0)
        return false;
    memcpy(ready, "\x05READY", 6);
    put_be64(ready + 6, z->nonce);
    nonce_short(nonce, "CurveZMQREADY---", z->nonce++);
    return crypto_box_easy_afternm(ready + 14, plain, plain_len, nonce, z->shared) == 0 &&
           zmtp_frame_put(fd, 4, ready, 14 + plain_len + 16);
}
