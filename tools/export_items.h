/* export_items.h — the objects that an export is about, one after the other, each once.
 *
 * By page from the node, oldest change first: what changes meanwhile comes again at the end and is left out there,
 * so that a file holds every object once, as it was when it was read. */
#ifndef MUSTER_TOOLS_EXPORT_ITEMS_H
#define MUSTER_TOOLS_EXPORT_ITEMS_H

#include "protocol/kinds/kinds.h"
#include "tools/tool.h"

enum { EXPORT_PAGE = 500, EXPORT_SEEN_MAX = 16 * 1024 * 1024 };

struct export_items {
    struct tool *tool;
    struct url query;
    const struct kind *kind; /* NULL: of any */
    json_t *page;            /* the answer last read: space, node and complete are in it */
    size_t next;
    bool one; /* a single object was named */
    char (*seen)[16]; /* ids, a hash table with open addresses */
    size_t seen_count, seen_size;
};

/* Reads the first page of what KIND FIELD=VALUE… or ID and the options say; kind is what to take when no kind is
 * said, or NULL.  0, or the exit code after a fault was printed. */
int export_items_open(struct export_items *items, struct tool *tool, const struct arguments *args, const char *kind);
/* The next item, borrowed until the call after; *item is NULL behind the last.  0 or the exit code. */
int export_items_next(struct export_items *items, json_t **item);
void export_items_close(struct export_items *items);
/* "2026-03-01T14:05:00Z" or an age such as 90s, 30m, 2h, 7d, as RFC 3339; false for anything else. */
bool export_since(char out[64], const char *text, long long now_ms);
/* Is it an object's id (32 hex digits, or PREFIX-TAIL)? */
bool export_is_id(const char *word);

#endif
