#include "client/url.h"

#include <string.h>

static void byte_add(struct url *url, char byte)
{
    if (url->len + 1 >= sizeof url->text) {
        url->overflow = true;
        return;
    }
    url->text[url->len++] = byte;
    url->text[url->len] = '\0';
}

static void encoded_add(struct url *url, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (strchr(plain, c)) {
            byte_add(url, *text);
        } else {
            byte_add(url, '%');
            byte_add(url, hex[c >> 4]);
            byte_add(url, hex[c & 15]);
        }
    }
}

void url_start(struct url *url, const char *path)
{
    memset(url, 0, sizeof *url);
    for (; *path; path++)
        byte_add(url, *path);
}

void url_segment(struct url *url, const char *segment)
{
    byte_add(url, '/');
    encoded_add(url, segment);
}

void url_query(struct url *url, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    byte_add(url, url->has_query ? '&' : '?');
    url->has_query = true;
    encoded_add(url, name);
    byte_add(url, '=');
    encoded_add(url, value);
}
