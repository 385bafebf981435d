#include "base/said.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct conversion {
    int precision; /* -1: none */
    enum { OF_INT, OF_LONG, OF_LONG_LONG, OF_SIZE } length;
    char letter;
};

/* Reads what stands behind a %; a `*` takes an argument. */
static const char *conversion_read(const char *at, struct conversion *out, va_list *list)
{
    *out = (struct conversion){.precision = -1};
    at += strspn(at, "-+ #0123456789");
    if (*at == '.') {
        out->precision = 0;
        if (*++at == '*') {
            out->precision = va_arg(*list, int);
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++)
            out->precision = out->precision * 10 + (*at - '0');
    }
    for (; *at == 'l' || *at == 'z' || *at == 'h'; at++)
        out->length = *at == 'z' ? OF_SIZE : *at == 'l' ? out->length == OF_LONG ? OF_LONG_LONG : OF_LONG : OF_INT;
    out->letter = *at;
    return *at ? at + 1 : at;
}

static void argument_write(char *out, size_t size, const struct conversion *c, va_list *list)
{
    if (c->letter == 's') {
        const char *text = va_arg(*list, const char *);
        snprintf(out, size, "%.*s", c->precision >= 0 ? c->precision : (int)size, text ? text : "");
    } else if (c->letter == 'd') {
        long long value = c->length == OF_LONG_LONG ? va_arg(*list, long long)
                          : c->length == OF_LONG    ? va_arg(*list, long)
                          : c->length == OF_SIZE    ? (long long)va_arg(*list, ptrdiff_t)
                                                    : va_arg(*list, int);
        snprintf(out, size, "%lld", value);
    } else if (c->letter == 'u' || c->letter == 'x') {
        unsigned long long value = c->length == OF_LONG_LONG ? va_arg(*list, unsigned long long)
                                   : c->length == OF_LONG    ? va_arg(*list, unsigned long)
                                   : c->length == OF_SIZE    ? va_arg(*list, size_t)
                                                             : va_arg(*list, unsigned);
        snprintf(out, size, c->letter == 'u' ? "%llu" : "%llx", value);
    } else if (c->letter == 'c') {
        snprintf(out, size, "%c", va_arg(*list, int));
    }
}

void said_set(struct said *said, const char *format, va_list arguments)
{
    va_list list;
    size_t used = 0;
    said->format = format;
    said->count = 0;
    va_copy(list, arguments);
    for (const char *at = format; (at = strchr(at, '%')) && said->count < SAID_ARGUMENTS_MAX && used < SAID_ARGUMENT_BYTES;) {
        struct conversion c;
        at = conversion_read(at + 1, &c, &list);
        if (c.letter == '%')
            continue;
        said->arguments[used] = '\0';
        argument_write(said->arguments + used, SAID_ARGUMENT_BYTES - used, &c, &list);
        used += strlen(said->arguments + used) + 1;
        said->count++;
    }
    va_end(list);
}

const char *said_argument(const struct said *said, size_t place)
{
    const char *at = said->arguments;
    for (size_t i = 0; i < place && i < said->count; i++)
        at += strlen(at) + 1;
    return place < said->count ? at : "";
}
