#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A scratch directory that cannot be made is no result of a test. */
static void must(bool good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

void scratch_make(char path[SCRATCH_PATH_MAX])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, SCRATCH_PATH_MAX, "%s/muster-store-XXXXXX", base && *base ? base : "/tmp");
    must(mkdtemp(path) != NULL, path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

void scratch_remove(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_join(char out[SCRATCH_PATH_MAX], const char *dir, const char *name)
{
    must(snprintf(out, SCRATCH_PATH_MAX, "%s/%s", dir, name) < SCRATCH_PATH_MAX, "path");
    return out;
}

uint8_t *scratch_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    must(file && fstat(fileno(file), &st) == 0, path);
    *len = (size_t)st.st_size;
    uint8_t *bytes = malloc(*len + 1);
    must(bytes && fread(bytes, 1, *len, file) == *len, path);
    fclose(file);
    return bytes;
}

void scratch_write(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    must(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0, path);
}

void scratch_copy(const char *from, const char *to)
{
    static const char *const folders[] = {"main", "keys", "derived"};
    static const char *const files[] = {"format",           "guard",       "main/data.mdb", "keys/data.mdb",
                                        "derived/data.mdb", "derived/boot"};
    char source[SCRATCH_PATH_MAX], target[SCRATCH_PATH_MAX];
    must(mkdir(to, 0700) == 0, to);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        must(mkdir(scratch_join(target, to, folders[i]), 0700) == 0, target);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        size_t len;
        uint8_t *bytes = scratch_read(scratch_join(source, from, files[i]), &len);
        scratch_write(scratch_join(target, to, files[i]), bytes, len);
        free(bytes);
    }
}

size_t scratch_find(const char *path, const void *needle, size_t len)
{
    size_t size, found = 0;
    uint8_t *bytes = scratch_read(path, &size);
    const uint8_t *at = bytes;
    while ((at = memmem(at, size - (size_t)(at - bytes), needle, len)) != NULL) {
        found++;
        at++;
    }
    free(bytes);
    return found;
}

uint64_t scratch_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
