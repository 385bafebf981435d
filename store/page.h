/* page.h — one page of an LMDB 0.9 data file, judged before anything in it is believed.
 *
 * Written from the format as liblmdb 0.9.24 lays it out on a 64-bit little-endian machine.  Functions that
 * judge return NULL, or what is wrong as the end of a sentence that begins with "page N". */
#ifndef MUSTER_STORE_PAGE_H
#define MUSTER_STORE_PAGE_H

#include "store/bytecheck.h"

#define PAGE_NONE UINT64_MAX /* the root of an empty tree */

enum {
    PAGE_METAS = 2,
    PAGE_HEADER_BYTES = 16,
    PAGE_NODE_BYTES = 8, /* header of a node, before its key */
    PAGE_TREE_BYTES = 48,
    PAGE_META_END = PAGE_HEADER_BYTES + 24 + 2 * PAGE_TREE_BYTES + 16,
    PAGE_KEY_MAX = 511
};

enum page_tree_kind {
    PAGE_TREE_FREE,  /* transaction -> pages that it freed */
    PAGE_TREE_NAMES, /* name -> root of a table */
    PAGE_TREE_TABLE
};

struct page_tree {
    enum page_tree_kind kind;
    uint16_t depth;
    uint64_t branches, leaves, overflows, entries, root;
};

struct page_meta {
    uint32_t page_bytes;
    uint64_t last_page, transaction;
    struct page_tree free_list, names;
};

enum page_meta_state { PAGE_META_GOOD, PAGE_META_BAD, PAGE_META_NEWER };

/* bytes: PAGE_META_END of them, the beginning of page `number` (0 or 1). */
enum page_meta_state page_meta_parse(struct page_meta *out, const uint8_t *bytes, uint64_t number,
                                     const char **bad);
const char *page_metas_fit(const struct page_meta *first, const struct page_meta *second);
const char *page_tree_parse(struct page_tree *out, const uint8_t bytes[PAGE_TREE_BYTES],
                            enum page_tree_kind kind);
/* head: PAGE_HEADER_BYTES of the first page of an overflow run. */
const char *page_overflow(const uint8_t *head, uint64_t number, uint64_t *pages);

struct page { /* borrowed bytes that page_parse has judged */
    const uint8_t *bytes;
    uint32_t page_bytes;
    enum page_tree_kind kind;
    bool leaf;
    unsigned count;
    uint32_t gap_from, gap_to;
};

struct page_node {
    struct bytes key;
    uint64_t child;      /* of a branch */
    const uint8_t *data; /* of a leaf; NULL if the value lies in an overflow run */
    uint32_t data_len;
    uint64_t overflow_page; /* where data is NULL */
};

/* Judges the page: kind, number, bounds, every node's place, keys rising and low <= key < high (an end with
 * at NULL is open; the first key of a branch is not looked at, LMDB does neither). */
const char *page_parse(struct page *out, const uint8_t *bytes, uint32_t page_bytes, uint64_t number,
                       enum page_tree_kind kind, bool leaf, struct bytes low, struct bytes high);
/* Node i < count of a judged page. */
void page_node(const struct page *page, unsigned i, struct page_node *out);
/* The number in a key of the free list. */
uint64_t page_key_number(struct bytes key);

#endif
