/* page.c — see page.h.  Field offsets:
 *
 *   page   number u64 | pad u16 | flags u16 | lower u16, upper u16 (or: pages u32) | node offsets u16 ...
 *   node   low u16, high u16 | flags u16 | key length u16 | key | value
 *   tree   pad u32 | flags u16 | depth u16 | branch, leaf, overflow pages, entries, root: u64 each
 *   meta   magic u32 | version u32 | address u64 | map size u64 | free tree | names tree | last page u64 |
 *          transaction u64 */
#include "store/page.h"

#include <string.h>

#define META_MAGIC 0xBEEFC0DEu

enum {
    META_VERSION = 1, /* the magic number does not fit an enum */
    FLAG_BRANCH = 0x01,
    FLAG_LEAF = 0x02,
    FLAG_OVERFLOW = 0x04,
    FLAG_META = 0x08,
    NODE_BIG = 0x01,
    NODE_TREE = 0x02,
    TREE_INTEGER_KEY = 0x08,
    START_WORDS = BYTECHECK_PAGE_MAX / 2 / 64
};

static uint16_t load16(const uint8_t *at)
{
    uint16_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static uint32_t load32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static uint64_t load64(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

uint64_t page_key_number(struct bytes key)
{
    return load64(key.at);
}

const char *page_tree_parse(struct page_tree *out, const uint8_t bytes[PAGE_TREE_BYTES],
                            enum page_tree_kind kind)
{
    *out = (struct page_tree){.kind = kind,
                              .depth = load16(bytes + 6),
                              .branches = load64(bytes + 8),
                              .leaves = load64(bytes + 16),
                              .overflows = load64(bytes + 24),
                              .entries = load64(bytes + 32),
                              .root = load64(bytes + 40)};
    if (load16(bytes + 4) != (kind == PAGE_TREE_FREE ? TREE_INTEGER_KEY : 0))
        return "describes a table with flags that muster never sets";
    if (kind != PAGE_TREE_FREE && load32(bytes) != 0)
        return "describes a table with keys of one length, which muster never makes";
    if (out->depth > BYTECHECK_DEPTH_MAX)
        return "describes a table that is deeper than LMDB can walk";
    bool empty = out->root == PAGE_NONE;
    if (empty != (out->depth == 0) ||
        (empty && (out->entries || out->leaves || out->branches || out->overflows)))
        return "describes a table that is empty and is not";
    return NULL;
}

enum page_meta_state page_meta_parse(struct page_meta *out, const uint8_t *bytes, uint64_t number,
                                     const char **bad)
{
    const uint8_t *meta = bytes + PAGE_HEADER_BYTES, *trees = meta + 24;
    *bad = "is not the meta page that must be there";
    if (load64(bytes) != number || load16(bytes + 10) != FLAG_META || load32(meta) != META_MAGIC)
        return PAGE_META_BAD;
    if (load32(meta + 4) != META_VERSION)
        return PAGE_META_NEWER;
    out->page_bytes = load32(trees); /* LMDB keeps it in the free tree's pad */
    out->last_page = load64(trees + (size_t)2 * PAGE_TREE_BYTES);
    out->transaction = load64(trees + (size_t)2 * PAGE_TREE_BYTES + 8);
    if (out->page_bytes < BYTECHECK_PAGE_MIN || out->page_bytes > BYTECHECK_PAGE_MAX ||
        (out->page_bytes & (out->page_bytes - 1)) != 0) {
        *bad = "names a page size that cannot be";
        return PAGE_META_BAD;
    }
    if (out->last_page < PAGE_METAS - 1 || out->last_page > (uint64_t)INT64_MAX / BYTECHECK_PAGE_MAX) {
        *bad = "names a last page that cannot be";
        return PAGE_META_BAD;
    }
    *bad = page_tree_parse(&out->free_list, trees, PAGE_TREE_FREE);
    if (!*bad)
        *bad = page_tree_parse(&out->names, trees + PAGE_TREE_BYTES, PAGE_TREE_NAMES);
    return *bad ? PAGE_META_BAD : PAGE_META_GOOD;
}

/* Commit n goes to page n mod 2, so that the two hold neighbours; a new file has two of number 0. */
const char *page_metas_fit(const struct page_meta *first, const struct page_meta *second)
{
    uint64_t a = first->transaction, b = second->transaction;
    if (first->page_bytes != second->page_bytes)
        return "names another page size than page 0";
    bool fresh = b == 0 && a == 0;
    if (!fresh && (a % 2 != 0 || b % 2 != 1 || (a > b ? a - b : b - a) != 1))
        return "and page 0 are not of two neighbouring commits";
    return NULL;
}

const char *page_overflow(const uint8_t *head, uint64_t number, uint64_t *pages)
{
    *pages = load32(head + 12);
    if (load64(head) != number)
        return "holds another page's bytes";
    if (load16(head + 10) != FLAG_OVERFLOW)
        return "is not the beginning of a long value, as it must be";
    return *pages < 1 ? "begins a run of no pages" : NULL;
}

/* Bytes that the node at `at` takes, 0 if it does not fit in `room`. */
static uint32_t node_size(const struct page *p, const uint8_t *at, uint32_t room)
{
    if (room < PAGE_NODE_BYTES)
        return 0;
    uint64_t size = PAGE_NODE_BYTES + (uint64_t)load16(at + 6);
    if (p->leaf) {
        uint32_t len = load16(at) | (uint32_t)load16(at + 2) << 16;
        size += load16(at + 4) & NODE_BIG ? sizeof(uint64_t) : len;
    }
    size += size & 1;
    return size <= room ? (uint32_t)size : 0;
}

/* The nodes must fill the page from `upper` to its end without gap or overlap, in whatever order. */
static const char *nodes_tile(const struct page *p)
{
    uint64_t starts[START_WORDS];
    memset(starts, 0, p->page_bytes / 2 / 8);
    for (unsigned i = 0; i < p->count; i++) {
        uint32_t at = load16(p->bytes + PAGE_HEADER_BYTES + (size_t)2 * i);
        if (at < p->gap_to || at >= p->page_bytes || at % 2 != 0)
            return "holds an entry outside of its bounds";
        uint64_t bit = UINT64_C(1) << (at / 2 % 64);
        if (starts[at / 2 / 64] & bit)
            return "lists an entry twice";
        starts[at / 2 / 64] |= bit;
    }
    unsigned found = 0;
    for (uint32_t at = p->gap_to; at < p->page_bytes; found++) {
        uint32_t size = node_size(p, p->bytes + at, p->page_bytes - at);
        if (size == 0 || !(starts[at / 2 / 64] >> (at / 2 % 64) & 1))
            return "holds entries that overlap or reach beyond it";
        at += size;
    }
    return found == p->count ? NULL : "lists entries that are not there";
}

static int key_compare(enum page_tree_kind kind, struct bytes a, struct bytes b)
{
    if (kind == PAGE_TREE_FREE) {
        uint64_t x = page_key_number(a), y = page_key_number(b);
        return x < y ? -1 : x > y;
    }
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static const char *node_judge(const struct page *p, unsigned i, struct bytes low, struct bytes high,
                              struct bytes *before)
{
    const uint8_t *at = p->bytes + load16(p->bytes + PAGE_HEADER_BYTES + (size_t)2 * i);
    struct bytes key = {.at = at + PAGE_NODE_BYTES, .len = load16(at + 6)};
    uint16_t flags = load16(at + 4);
    if (!p->leaf && i == 0)
        return NULL; /* its key is never looked at */
    if (key.len == 0 || key.len > PAGE_KEY_MAX || (p->kind == PAGE_TREE_FREE && key.len != sizeof(uint64_t)))
        return "holds a key of no possible length";
    if ((before->at && key_compare(p->kind, *before, key) >= 0) ||
        (low.at && key_compare(p->kind, key, low) < 0) || (high.at && key_compare(p->kind, key, high) >= 0))
        return "holds keys out of order";
    *before = key;
    if (!p->leaf)
        return NULL;
    uint32_t len = load16(at) | (uint32_t)load16(at + 2) << 16;
    if (p->kind == PAGE_TREE_NAMES && (flags != NODE_TREE || len != PAGE_TREE_BYTES))
        return "holds something else than tables among the tables";
    if (p->kind != PAGE_TREE_NAMES && (flags & ~NODE_BIG) != 0)
        return "holds an entry with flags that muster never sets";
    return NULL;
}

const char *page_parse(struct page *out, const uint8_t *bytes, uint32_t page_bytes, uint64_t number,
                       enum page_tree_kind kind, bool leaf, struct bytes low, struct bytes high)
{
    uint32_t lower = load16(bytes + 12), upper = load16(bytes + 14);
    *out = (struct page){.bytes = bytes, .page_bytes = page_bytes, .kind = kind, .leaf = leaf};
    if (load64(bytes) != number)
        return "holds another page's bytes";
    if (load16(bytes + 10) != (leaf ? FLAG_LEAF : FLAG_BRANCH))
        return leaf ? "is not a leaf, as it must be" : "is not a branch, as it must be";
    if (lower < PAGE_HEADER_BYTES || lower % 2 != 0 || lower > upper || upper > page_bytes || upper % 2 != 0)
        return "has bounds that cannot be";
    out->count = (lower - PAGE_HEADER_BYTES) / 2;
    out->gap_from = lower;
    out->gap_to = upper;
    if (out->count < (leaf || kind == PAGE_TREE_FREE ? 1u : 2u))
        return "holds fewer entries than LMDB can walk";
    const char *bad = nodes_tile(out);
    struct bytes before = {NULL, 0};
    for (unsigned i = 0; i < out->count && !bad; i++)
        bad = node_judge(out, i, low, high, &before);
    return bad;
}

void page_node(const struct page *page, unsigned i, struct page_node *out)
{
    const uint8_t *at = page->bytes + load16(page->bytes + PAGE_HEADER_BYTES + (size_t)2 * i);
    uint32_t low = load16(at) | (uint32_t)load16(at + 2) << 16;
    uint16_t flags = load16(at + 4);
    *out = (struct page_node){
        .key = {.at = at + PAGE_NODE_BYTES, .len = load16(at + 6)}
    };
    const uint8_t *data = out->key.at + out->key.len;
    if (!page->leaf) {
        out->child = low | (uint64_t)flags << 32;
        return;
    }
    out->data_len = low;
    if (flags & NODE_BIG)
        out->overflow_page = load64(data);
    else
        out->data = data;
}
