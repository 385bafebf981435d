#include "tools/memory.h"

#include <string.h>

static void memory_out(void)
{
    fputs("muster: there is no memory left on this machine\n", stderr);
    exit(1);
}

void *memory_get(size_t size)
{
    void *got = calloc(1, size ? size : 1);
    if (!got)
        memory_out();
    return got;
}

char *memory_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memory_get(size);
    memcpy(copy, text, size);
    return copy;
}

FILE *memory_stream(char **text, size_t *len)
{
    FILE *stream = open_memstream(text, len);
    if (!stream)
        memory_out();
    return stream;
}

void memory_stream_end(FILE *stream)
{
    if (fclose(stream) != 0)
        memory_out();
}
