#include "node/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char SCHEME[] = "tcp://";

_Static_assert(ENDPOINT_BYTES_MAX > sizeof SCHEME + ENDPOINT_HOST_MAX + sizeof "[]:65535", "an endpoint has its text");

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool port_parse(uint16_t *out, const char *text)
{
    unsigned long value = 0;
    size_t len = strlen(text);
    if (len < 1 || len > 5 || (text[0] == '0' && len > 1))
        return false;
    for (; *text; text++) {
        if (!is_digit(*text))
            return false;
        value = value * 10 + (unsigned)(*text - '0');
    }
    if (value > UINT16_MAX)
        return false;
    *out = (uint16_t)value;
    return true;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Letters, digits and inner hyphens.  The last label starts with a letter: what looks like a number is
 * an address, and the resolver would read "127.1" or "0x7f.1" as one. */
static bool name_parse(char *out, const char *host, size_t len)
{
    size_t label = 0, last = 0;
    for (size_t i = 0; i < len; i++) {
        char c = host[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == '.') {
            if (label == 0 || host[i - 1] == '-')
                return false;
            label = 0;
            last = i + 1;
        } else if (is_digit(c) || is_letter(c) || (c == '-' && label > 0)) {
            if (++label > ENDPOINT_LABEL_MAX)
                return false;
        } else {
            return false;
        }
        out[i] = c;
    }
    out[len] = '\0';
    return label > 0 && is_letter(out[last]) && out[len - 1] != '-';
}

static bool host_parse(struct endpoint *out, const char *host, size_t len, bool bracketed)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (len == 0 || len > ENDPOINT_HOST_MAX)
        return false;
    memcpy(out->host, host, len);
    out->host[len] = '\0';
    if (bracketed) {
        out->kind = ENDPOINT_IPV6;
        return inet_pton(AF_INET6, out->host, &v6) == 1 && inet_ntop(AF_INET6, &v6, out->host, sizeof out->host);
    }
    if (inet_pton(AF_INET, out->host, &v4) == 1) {
        out->kind = ENDPOINT_IPV4;
        return inet_ntop(AF_INET, &v4, out->host, sizeof out->host) != NULL;
    }
    out->kind = ENDPOINT_NAME;
    return name_parse(out->host, host, len);
}

static bool can_be_dialled(const struct endpoint *e)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (e->port == 0)
        return false;
    if (e->kind == ENDPOINT_IPV4) {
        if (inet_pton(AF_INET, e->host, &v4) != 1)
            return false;
        uint32_t address = ntohl(v4.s_addr);
        return (address >> 24) != 0 && (address >> 28) < 14; /* 0/8, multicast and broadcast */
    }
    if (e->kind == ENDPOINT_IPV6) {
        if (inet_pton(AF_INET6, e->host, &v6) != 1)
            return false;
        return !IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_MULTICAST(&v6) && !IN6_IS_ADDR_V4MAPPED(&v6);
    }
    return true;
}

static bool parse(struct endpoint *out, const char *text)
{
    size_t len = strnlen(text, ENDPOINT_BYTES_MAX);
    if (len >= ENDPOINT_BYTES_MAX || strncmp(text, SCHEME, sizeof SCHEME - 1) != 0)
        return false;
    const char *host = text + sizeof SCHEME - 1;
    const char *colon = strrchr(host, ':');
    if (!colon || !port_parse(&out->port, colon + 1))
        return false;
    size_t host_len = (size_t)(colon - host);
    if (host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']')
        return host_parse(out, host + 1, host_len - 2, true);
    return host_parse(out, host, host_len, false);
}

enum muster_error endpoint_parse(struct endpoint *out, const char *text)
{
    struct endpoint parsed = {0};
    if (!parse(&parsed, text) || !can_be_dialled(&parsed))
        return MUSTER_EENDPOINT;
    *out = parsed;
    return MUSTER_OK;
}

enum muster_error endpoint_parse_listen(struct endpoint *out, const char *text)
{
    struct endpoint parsed = {0};
    if (!parse(&parsed, text) || parsed.kind == ENDPOINT_NAME)
        return MUSTER_EENDPOINT;
    *out = parsed;
    return MUSTER_OK;
}

char *endpoint_text(char *out, const struct endpoint *e)
{
    bool brackets = e->kind == ENDPOINT_IPV6;
    snprintf(out, ENDPOINT_BYTES_MAX, "%s%s%s%s:%u", SCHEME, brackets ? "[" : "", e->host, brackets ? "]" : "",
             (unsigned)e->port);
    return out;
}
