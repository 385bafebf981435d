/* bytecheck.c — the walk over a data file's pages; page.c judges what lies inside one page. */
#include "store/page.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FREE_CHUNK = 512 }; /* page numbers of a free list read at once */

struct walk {
    int fd;
    const char *name;
    struct store_problem *problem;
    uint64_t size, file_pages; /* whole pages in the file */
    uint32_t page_bytes;
    enum bytecheck_commit commit;
    struct page_meta meta;
    uint8_t *seen;   /* a bit for each page of the file: reached or free */
    uint8_t *levels; /* one page for each level of the walk */
    struct page_tree trees[BYTECHECK_TREES_MAX];
    size_t tree_count;
    uint64_t free_beyond; /* free pages that were never written: they may lie behind the end of the file */
    bytecheck_stale stale;
    void *user;
};

struct counted {
    uint64_t branches, leaves, overflows, entries;
};

static enum muster_error damaged(struct walk *w, uint64_t page, const char *what)
{
    snprintf(w->problem->sentence, sizeof w->problem->sentence,
             "%s is damaged: page %" PRIu64
             " %s. Restore the directory from a backup, or move it away and let the "
             "node join its spaces anew, so that its partners send everything again.",
             w->name, page, what);
    return MUSTER_EDAMAGED;
}

static enum muster_error unreadable(struct walk *w, uint64_t page)
{
    if (errno == 0)
        return damaged(w, page, "lies behind the end of the file, which has been cut");
    snprintf(w->problem->sentence, sizeof w->problem->sentence,
             "%s cannot be read at page %" PRIu64
             ": %s. Look at the disk (dmesg, smartctl) before anything else.",
             w->name, page, strerror(errno));
    return MUSTER_EIO;
}

/* All of len bytes; on false errno tells why, 0 at the end of the file. */
static bool read_at(int fd, void *out, size_t len, uint64_t offset)
{
    uint8_t *at = out;
    while (len) {
        ssize_t got = pread(fd, at, len, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return false;
        }
        at += got;
        offset += (uint64_t)got;
        len -= (size_t)got;
    }
    return true;
}

/* Takes a page that the newest commit uses: inside the file, and used only once. */
static const char *page_take(struct walk *w, uint64_t page)
{
    if (page < PAGE_METAS || page > w->meta.last_page)
        return "is referred to, but no such page was ever in use";
    if (page >= w->file_pages)
        return "lies behind the end of the file, which has been cut";
    uint8_t bit = (uint8_t)(1u << (page & 7));
    if (w->seen[page >> 3] & bit)
        return "is in use in two places";
    w->seen[page >> 3] |= bit;
    return NULL;
}

static enum muster_error stale_run(struct walk *w, uint64_t offset, uint64_t len)
{
    return !w->stale || len == 0 || w->stale(w->user, offset, len) ? MUSTER_OK : MUSTER_ESTORE;
}

static enum muster_error overflow_check(struct walk *w, const struct page_node *node, struct counted *counted)
{
    uint8_t head[PAGE_HEADER_BYTES];
    uint64_t first = node->overflow_page;
    const char *bad = page_take(w, first);
    if (bad)
        return damaged(w, first, bad);
    if (!read_at(w->fd, head, sizeof head, first * w->page_bytes))
        return unreadable(w, first);
    uint64_t pages, needed = ((uint64_t)node->data_len + PAGE_HEADER_BYTES - 1) / w->page_bytes + 1;
    bad = page_overflow(head, first, &pages);
    if (!bad && (pages < needed || pages > w->meta.last_page))
        bad = "begins a run of another length than its value";
    if (bad)
        return damaged(w, first, bad);
    for (uint64_t i = 1; i < pages; i++)
        if ((bad = page_take(w, first + i)) != NULL)
            return damaged(w, first + i, bad);
    counted->overflows += pages;
    uint64_t used = PAGE_HEADER_BYTES + (uint64_t)node->data_len;
    return stale_run(w, first * w->page_bytes + used, pages * w->page_bytes - used);
}

/* A page of the free list, or one that it names. */
static enum muster_error free_take(struct walk *w, uint64_t holder, uint64_t page, bool old)
{
    if (page < PAGE_METAS || page > w->meta.last_page)
        return damaged(w, holder, "lists a free page that was never in use");
    if (page >= w->file_pages) {
        w->free_beyond++;
        return MUSTER_OK;
    }
    uint8_t bit = (uint8_t)(1u << (page & 7));
    if (w->seen[page >> 3] & bit)
        return damaged(w, page, "is listed as free, but in use");
    w->seen[page >> 3] |= bit;
    return old ? stale_run(w, page * w->page_bytes, w->page_bytes) : MUSTER_OK;
}

/* One record of the free list: the number of pages, then the pages in falling order. */
static enum muster_error free_record(struct walk *w, uint64_t holder, const struct page_node *node)
{
    uint64_t count, chunk[FREE_CHUNK], before = UINT64_MAX;
    uint64_t room = node->data_len / sizeof count;
    uint64_t offset = node->data ? 0 : node->overflow_page * w->page_bytes + PAGE_HEADER_BYTES;
    if (room < 1 || node->data_len % sizeof count != 0)
        return damaged(w, holder, "holds a free list of no possible length");
    if (node->data)
        memcpy(&count, node->data, sizeof count);
    else if (!read_at(w->fd, &count, sizeof count, offset))
        return unreadable(w, node->overflow_page);
    if (count > room - 1)
        return damaged(w, holder, "holds a free list that is longer than its place");
    /* Pages freed by the newest commit are what the one before still uses. */
    bool old = w->commit == BYTECHECK_NEWEST && page_key_number(node->key) < w->meta.transaction;
    for (uint64_t done = 0; done < count;) {
        size_t n = count - done < FREE_CHUNK ? (size_t)(count - done) : (size_t)FREE_CHUNK;
        if (node->data)
            memcpy(chunk, node->data + (done + 1) * sizeof count, n * sizeof count);
        else if (!read_at(w->fd, chunk, n * sizeof count, offset + (done + 1) * sizeof count))
            return unreadable(w, node->overflow_page);
        for (size_t i = 0; i < n; i++) {
            if (chunk[i] >= before)
                return damaged(w, holder, "holds a free list out of order");
            before = chunk[i];
            enum muster_error error = free_take(w, holder, chunk[i], old);
            if (error)
                return error;
        }
        done += n;
    }
    return MUSTER_OK;
}

static enum muster_error leaf_node(struct walk *w, const struct page_tree *tree, uint64_t page,
                                   const struct page_node *node, struct counted *counted)
{
    enum muster_error error = node->data ? MUSTER_OK : overflow_check(w, node, counted);
    counted->entries++;
    if (error || tree->kind == PAGE_TREE_TABLE)
        return error;
    if (tree->kind == PAGE_TREE_FREE)
        return free_record(w, page, node);
    /* The unnamed tree holds the roots of the named ones and nothing else. */
    if (w->tree_count == BYTECHECK_TREES_MAX)
        return damaged(w, page, "names more tables than there can be");
    const char *bad = page_tree_parse(&w->trees[w->tree_count++], node->data, PAGE_TREE_TABLE);
    return bad ? damaged(w, page, bad) : MUSTER_OK;
}

static enum muster_error walk_page(struct walk *w, const struct page_tree *tree, uint64_t page,
                                   unsigned level, struct bytes low, struct bytes high,
                                   struct counted *counted)
{
    uint8_t *bytes = w->levels + (size_t)level * w->page_bytes;
    const char *bad = page_take(w, page);
    if (bad)
        return damaged(w, page, bad);
    if (!read_at(w->fd, bytes, w->page_bytes, page * w->page_bytes))
        return unreadable(w, page);
    struct page p;
    bool leaf = level + 1 == tree->depth;
    bad = page_parse(&p, bytes, w->page_bytes, page, tree->kind, leaf, low, high);
    if (bad)
        return damaged(w, page, bad);
    if (leaf)
        counted->leaves++;
    else
        counted->branches++;
    enum muster_error error = stale_run(w, page * w->page_bytes + p.gap_from, p.gap_to - p.gap_from);
    struct page_node node, next;
    for (unsigned i = 0; i < p.count && !error; i++) {
        page_node(&p, i, &node);
        if (leaf) {
            error = leaf_node(w, tree, page, &node, counted);
            continue;
        }
        struct bytes until = high;
        if (i + 1 < p.count) {
            page_node(&p, i + 1, &next);
            until = next.key;
        }
        error = walk_page(w, tree, node.child, level + 1, i == 0 ? low : node.key, until, counted);
    }
    return error;
}

static enum muster_error walk_tree(struct walk *w, const struct page_tree *tree)
{
    static const struct bytes open_end = {NULL, 0};
    struct counted counted = {0};
    if (tree->root == PAGE_NONE)
        return MUSTER_OK; /* page_tree_parse saw that everything else is 0 then */
    enum muster_error error = walk_page(w, tree, tree->root, 0, open_end, open_end, &counted);
    if (!error && (counted.entries != tree->entries || counted.branches != tree->branches ||
                   counted.leaves != tree->leaves || counted.overflows != tree->overflows))
        error = damaged(w, tree->root, "is the root of a table whose pages or entries are not all there");
    return error;
}

static enum muster_error walk_all(struct walk *w)
{
    struct page_tree names = w->meta.names, free_list = w->meta.free_list;
    enum muster_error error = walk_tree(w, &names);
    for (size_t i = 0; i < w->tree_count && !error; i++)
        error = walk_tree(w, &w->trees[i]);
    /* Last, so that a page that is in use and free shows. */
    if (!error)
        error = walk_tree(w, &free_list);
    uint64_t pages = w->meta.last_page + 1;
    if (!error && pages > w->file_pages && w->free_beyond < pages - w->file_pages)
        error = damaged(w, w->file_pages, "and those behind it are missing: the file has been cut");
    /* What lies behind the last page was written by commits that never happened. */
    if (!error && w->commit == BYTECHECK_NEWEST && pages * w->page_bytes < w->size)
        error = stale_run(w, pages * w->page_bytes, w->size - pages * w->page_bytes);
    return error;
}

static enum muster_error metas_read(struct walk *w)
{
    uint8_t bytes[PAGE_METAS][PAGE_META_END];
    struct page_meta metas[PAGE_METAS];
    const char *bad = NULL;
    if (!read_at(w->fd, bytes[0], PAGE_META_END, 0))
        return unreadable(w, 0);
    enum page_meta_state state = page_meta_parse(&metas[0], bytes[0], 0, &bad);
    if (state == PAGE_META_GOOD) {
        if (!read_at(w->fd, bytes[1], PAGE_META_END, metas[0].page_bytes))
            return unreadable(w, 1);
        state = page_meta_parse(&metas[1], bytes[1], 1, &bad);
        if (state == PAGE_META_BAD)
            return damaged(w, 1, bad);
    }
    if (state == PAGE_META_NEWER) {
        snprintf(w->problem->sentence, sizeof w->problem->sentence,
                 "%s was written by a newer LMDB than this musterd uses. Install the version that wrote it.",
                 w->name);
        return MUSTER_EFORMAT;
    }
    if (state == PAGE_META_BAD)
        return damaged(w, 0, bad);
    bad = page_metas_fit(&metas[0], &metas[1]);
    if (bad)
        return damaged(w, 1, bad);
    bool second_is_newest = metas[1].transaction > metas[0].transaction;
    w->meta = metas[second_is_newest == (w->commit == BYTECHECK_NEWEST)];
    w->page_bytes = w->meta.page_bytes;
    w->file_pages = w->size / w->page_bytes;
    if (w->file_pages < PAGE_METAS)
        return damaged(w, 1, "lies behind the end of the file, which has been cut");
    return MUSTER_OK;
}

static enum muster_error walk_begin(struct walk *w, const char *path, bool *present)
{
    struct stat st;
    *present = false;
    w->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (w->fd < 0 && errno == ENOENT)
        return MUSTER_OK;
    if (w->fd < 0 || fstat(w->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(w->problem->sentence, sizeof w->problem->sentence,
                 "%s cannot be opened: %s. Check its owner and that it is a regular file.", w->name,
                 strerror(errno));
        return MUSTER_EIO;
    }
    w->size = (uint64_t)st.st_size;
    *present = w->size > 0; /* LMDB makes an empty file anew */
    return *present ? metas_read(w) : MUSTER_OK;
}

enum muster_error bytecheck_metas(const char *path, const char *name, bool *present,
                                  struct store_problem *problem)
{
    struct walk w = {.name = name, .problem = problem};
    enum muster_error error = walk_begin(&w, path, present);
    if (w.fd >= 0)
        close(w.fd);
    return error;
}

enum muster_error bytecheck_file(const char *path, const char *name, enum bytecheck_commit commit,
                                 bytecheck_stale stale, void *user, struct store_problem *problem)
{
    bool present;
    struct walk w = {.name = name, .problem = problem, .commit = commit, .stale = stale, .user = user};
    enum muster_error error = walk_begin(&w, path, &present);
    if (!error && present) {
        w.seen = calloc(1, (size_t)(w.file_pages / 8 + 1));
        w.levels = malloc((size_t)(BYTECHECK_DEPTH_MAX + 1) * w.page_bytes);
        if (w.seen && w.levels)
            error = walk_all(&w);
        else {
            snprintf(
                problem->sentence, sizeof problem->sentence,
                "There is not enough memory to check %s after an unclean end. Free memory and start again.",
                name);
            error = MUSTER_ESTORE;
        }
    }
    free(w.seen);
    free(w.levels);
    if (w.fd >= 0)
        close(w.fd);
    return error;
}
