/* rest.c — giving back what was mapped.
 *
 * Pages of the data files that were looked at stay mapped, and count as this process's own although the system
 * could take them at any time; a look at one page maps its neighbours too, so that noting the words of a hundred
 * objects maps the whole file.  LMDB does not tell where its map lies (0.9 does only for fixed maps), so it is
 * found in the list of maps by the file's number when it is opened. */
#include "store/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAP_LINE_MAX = PATH_MAX + 128,
    LOOK_BYTES = 64 * 1024, /* that one look maps at most, mostly: the system's default for neighbours */
    LOOKS_MIN = 16
};

/* "START-END PERMISSIONS OFFSET DEVICE INODE PATH" */
static bool map_of_file(const char *line, ino_t inode, uintptr_t *start, uintptr_t *end)
{
    char *at;
    *start = strtoull(line, &at, 16);
    if (*at != '-')
        return false;
    *end = strtoull(at + 1, &at, 16);
    at += strspn(at, " ");
    bool shared = strncmp(at, "r--s", 4) == 0 || strncmp(at, "rw-s", 4) == 0;
    for (int field = 0; field < 3; field++) { /* permissions, offset, device */
        at += strspn(at, " ");
        at += strcspn(at, " \n");
    }
    return shared && strtoull(at, &at, 10) == inode && *end > *start;
}

void mapped_find(struct store *store, enum table_environment which)
{
    char line[MAP_LINE_MAX];
    mdb_filehandle_t fd;
    struct stat st;
    struct mapped *m = &store->mapped;
    m->start[which] = m->end[which] = 0;
    FILE *maps = mdb_env_get_fd(store->env[which], &fd) == 0 && fstat(fd, &st) == 0 ? fopen("/proc/self/maps", "re") : NULL;
    bool found = false;
    while (maps && !found && fgets(line, sizeof line, maps))
        found = map_of_file(line, st.st_ino, &m->start[which], &m->end[which]);
    if (!found)
        m->start[which] = m->end[which] = 0;
    if (maps)
        fclose(maps);
}

void store_rest(struct store *store)
{
    for (int i = 0; i < ENVIRONMENTS; i++) {
        union {
            uintptr_t number;
            void *at;
        } start = {.number = store->mapped.start[i]};
        if (store->env[i] && start.number) /* shared and of a file: nothing is lost */
            (void)madvise(start.at, store->mapped.end[i] - start.number, MADV_DONTNEED);
    }
}

/* Pages of files that are mapped and count as ours: the text, and what was looked at. */
static size_t mapped_bytes(const struct store *store)
{
    char text[128], *at = text;
    ssize_t len = store->mapped.statm_fd < 0 ? -1 : pread(store->mapped.statm_fd, text, sizeof text - 1, 0);
    if (len <= 0)
        return 0;
    text[len] = '\0';
    for (int field = 0; field < 2; field++) { /* all, resident; shared is what remains */
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return strtoul(at, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

void mapped_count(struct store *store)
{
    struct mapped *m = &store->mapped;
    size_t bytes = mapped_bytes(store);
    if (bytes > m->others + STORE_MAPPED_MAX) {
        store_rest(store);
        bytes = m->others = mapped_bytes(store);
    }
    size_t room = bytes < m->others + STORE_MAPPED_MAX ? m->others + STORE_MAPPED_MAX - bytes : 0;
    m->left = room / LOOK_BYTES > LOOKS_MIN ? (unsigned)(room / LOOK_BYTES) : LOOKS_MIN;
}

void store_rest_above(struct store *store)
{
    mapped_count(store);
}
