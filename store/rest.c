/* rest.c — giving back what a rush has mapped.
 *
 * Pages of the data files that were looked at stay mapped, and count as this process's own although the system
 * could take them at any time.  LMDB does not tell where its map lies (0.9 does only for fixed maps), so it is
 * found in the list of maps by the file's number. */
#include "store/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { MAP_LINE_MAX = PATH_MAX + 128 };

/* "START-END PERMISSIONS OFFSET DEVICE INODE PATH" */
static bool map_of_file(const char *line, ino_t inode, uintptr_t *start, uintptr_t *end)
{
    char *at;
    *start = strtoull(line, &at, 16);
    if (*at != '-')
        return false;
    *end = strtoull(at + 1, &at, 16);
    for (int field = 0; field < 3; field++) { /* permissions, offset, device */
        at += strspn(at, " ");
        at += strcspn(at, " \n");
    }
    return strtoull(at, &at, 10) == inode && strstr(at, "/data.mdb") && *end > *start;
}

void store_rest(struct store *store)
{
    char line[MAP_LINE_MAX];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps))
        for (int i = 0; i < ENVIRONMENTS; i++) {
            mdb_filehandle_t fd;
            struct stat st;
            union {
                uintptr_t number;
                void *at;
            } start;
            uintptr_t end;
            if (store->env[i] && mdb_env_get_fd(store->env[i], &fd) == 0 && fstat(fd, &st) == 0 &&
                map_of_file(line, st.st_ino, &start.number, &end))
                (void)madvise(start.at, end - start.number, MADV_DONTNEED); /* shared and of a file: nothing is lost */
        }
    if (maps)
        fclose(maps);
}
