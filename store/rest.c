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
    LOOK_MOST = 192 * 1024, /* that one look maps: on each level of a tree the neighbours, 64 kB as systems are set; */
    LOOK_LEAST = 48 * 1024, /* less where many lie together, but the next one may be elsewhere */
    LOOKS_MIN = 8,
    LOOKS_STILL = 32, /* where nothing new was mapped since the last count */
    LOOKS_BUSY = 2048, /* a round of the loop; with fewer the node is at rest, and STORE_MAPPED_REST may be mapped */
    PARTS = 256, /* of a file that are given back some at a time, until 1/SLACK of what may be mapped is free: small, since
                  * what is looked at often lies close together */
    PARTS_AT_ONCE = 2,
    PART_MIN = 1024 * 1024,
    SLACK = 8,
    SHARED_EVERY_MS = 2000,
    TRIM_CHANGES = 1024 /* of one transaction: each wrote a page of 4 kB, more or less, that LMDB has kept */
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

/* From `from` on, at most `len` bytes of the map of that environment. */
static void give_back(const struct store *store, int which, size_t from, size_t len)
{
    union {
        uintptr_t number;
        void *at;
    } start = {.number = store->mapped.start[which] + from};
    size_t size = store->mapped.end[which] - store->mapped.start[which];
    if (store->env[which] && store->mapped.start[which] && from < size) /* shared and of a file: nothing is lost */
        (void)madvise(start.at, len < size - from ? len : size - from, MADV_DONTNEED);
}

void store_rest(struct store *store)
{
    for (int i = 0; i < ENVIRONMENTS; i++)
        give_back(store, i, 0, SIZE_MAX);
}

/* Bytes of pages that this process has: all, and those of files, which are the text and what was looked at. */
struct resident {
    size_t all, files;
};

static struct resident resident_now(const struct store *store)
{
    char text[128], *at = text;
    struct resident now = {0, 0};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    ssize_t len = store->mapped.statm_fd < 0 ? -1 : pread(store->mapped.statm_fd, text, sizeof text - 1, 0);
    if (len <= 0)
        return now;
    text[len] = '\0';
    (void)strtoul(at, &at, 10); /* of address space */
    now.all = strtoul(at, &at, 10) * page;
    now.files = strtoul(at, &at, 10) * page;
    return now;
}

/* The next part of the files, round and round: what is needed again and again is mostly left alone. */
static void give_part_back(struct store *store)
{
    struct mapped *m = &store->mapped;
    MDB_envinfo info;
    MDB_stat stat;
    size_t size = 0;
    if (store->env[m->hand_env] && mdb_env_info(store->env[m->hand_env], &info) == 0 &&
        mdb_env_stat(store->env[m->hand_env], &stat) == 0)
        size = (info.me_last_pgno + 1) * stat.ms_psize;
    size_t part = size / PARTS / PART_MIN * PART_MIN + PART_MIN;
    give_back(store, m->hand_env, m->hand, part);
    m->hand += part;
    if (m->hand >= size) {
        m->hand = 0;
        m->hand_env = (m->hand_env + 1) % ENVIRONMENTS;
    }
}

/* What other processes have too, the text of libraries mostly, is not ours.  Dear to count. */
static size_t shared_now(void)
{
    char line[128];
    size_t sum = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "Shared_Clean:", 13) == 0 || strncmp(line, "Shared_Dirty:", 13) == 0)
            sum += strtoul(line + 13, NULL, 10) * 1024;
    if (file)
        fclose(file);
    return sum;
}

static size_t files_may_have(const struct store *store, const struct resident *now)
{
    size_t anonymous = now->all - now->files, least = store->mapped.others + STORE_MAPPED_MIN;
    size_t all = STORE_PRIVATE_MAX + store->mapped.shared, most = anonymous < all ? all - anonymous : 0;
    return most > least ? most : least;
}

/* What a look maps: as since the last count, with some room, or not much less than before. */
static void learn_look(struct mapped *m, size_t files)
{
    unsigned looks = m->given - m->left;
    size_t grew = files > m->files ? files - m->files : 0, each = looks ? grew / looks * 5 / 4 : LOOK_MOST, slowly = m->a_look / 4 * 3;
    m->a_look = each > slowly ? each : slowly;
    if (m->a_look > LOOK_MOST)
        m->a_look = LOOK_MOST;
    if (m->a_look < LOOK_LEAST)
        m->a_look = LOOK_LEAST;
}

void mapped_count(struct store *store)
{
    struct resident now = resident_now(store);
    learn_look(&store->mapped, now.files);
    size_t may = files_may_have(store, &now);
    if (now.files > may) {
        for (int i = 0; i < ENVIRONMENTS * (PARTS + PARTS_AT_ONCE) && now.files > may - may / SLACK; i++) {
            give_part_back(store);
            if (i % PARTS_AT_ONCE == PARTS_AT_ONCE - 1)
                now = resident_now(store);
        }
        if (now.files > may - may / SLACK) /* no page of ours is mapped any more */
            store->mapped.others = now.files;
    }
    size_t looks = now.files < may ? (may - now.files) / 2 / store->mapped.a_look : 0; /* half: they may map more from now on */
    size_t least = now.files > store->mapped.files ? LOOKS_MIN : LOOKS_STILL;
    store->mapped.files = now.files;
    store->mapped.counted += store->mapped.given;
    store->mapped.given = store->mapped.left = looks > least ? (unsigned)looks : (unsigned)least;
}

void store_rest_above(struct store *store)
{
    struct mapped *m = &store->mapped;
    int64_t now = monotonic_ms();
    uint64_t looks = m->counted + m->given - m->left;
    bool rests = looks - m->looks_seen < LOOKS_BUSY;
    m->looks_seen = looks;
    if (rests && resident_now(store).files > m->others + STORE_MAPPED_REST) {
        store_rest(store);
        m->others = m->files = resident_now(store).files;
    }
    if (now - m->shared_ms >= SHARED_EVERY_MS) {
        m->shared = shared_now();
        m->shared_ms = now;
    }
    mapped_count(store);
}

bool store_trim(struct store *store)
{
    bool gave = false;
    for (int i = TABLE_MAIN; i < ENVIRONMENTS && !store->scans && !store->copying && !store->spool.on; i++) {
        struct store_problem unread;
        if (store->most_changes[i] < TRIM_CHANGES || (i == TABLE_DERIVED && store_derived_commit(store) != MUSTER_OK))
            continue;
        store->most_changes[i] = 0;
        /* If it cannot be opened now, whoever needs it next tries again. */
        enum muster_error error = environment_again(store, (enum table_environment)i, &unread);
        (void)error;
        gave = true;
    }
    return gave;
}
