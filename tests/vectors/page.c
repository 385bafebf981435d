#include "vectors/page.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool file_is(const char *path, const char *text, size_t len)
{
    FILE *f = fopen(path, "rb");
    char *held = malloc(len + 2);
    size_t n = f && held ? fread(held, 1, len + 1, f) : 0;
    bool same = n == len && memcmp(held, text, len) == 0;
    if (f)
        fclose(f);
    free(held);
    return same;
}

int page_main(int argc, char **argv, const char *name, const char *page, const char *text, size_t len)
{
    if (!text || argc != 3) {
        fprintf(stderr, "usage: %s check|write %s\n", name, page);
        return 2;
    }
    if (strcmp(argv[1], "write") == 0) {
        FILE *f = fopen(argv[2], "wb");
        bool good = f && fwrite(text, 1, len, f) == len;
        return f && fclose(f) == 0 && good ? 0 : 1;
    }
    if (file_is(argv[2], text, len))
        return 0;
    fprintf(stderr, "%s is not what the tables say: build/dev/bin/%s write %s\n", page, name, page);
    return 1;
}
