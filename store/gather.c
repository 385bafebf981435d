/* gather.c — changes of derived tables that wait to be put in the order of their keys.
 *
 * While views are made anew thousands of keys come that nearly are in order: put one by one they split pages in their middles,
 * and each looks for its place.  Gathered and sorted they fill one page after the other.  Whoever reads sees them: of objects by
 * looking here, of the other tables after they were put. */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

enum { GATHER_ENTRIES = 8192, GATHER_BYTES = 1024 * 1024, GATHER_PLACES = 4096, GATHER_NONE = UINT16_MAX };

struct entry {
    uint32_t at, value_len;  /* key, then value */
    uint16_t key_len, next; /* next: of objects, the one before at the same place */
    uint8_t table;
    bool gone;
};

/* The first 20 bytes of a key as numbers; what they leave open the keys themselves say. */
struct order {
    uint64_t high, low;
    uint32_t first;
    uint16_t entry;
};

struct gather {
    enum muster_error failed; /* the first error that a flush had; told by derived_gather and derived_keep */
    size_t count, used;
    unsigned waits[TABLE_COUNT - TABLE_DERIVED_FIRST]; /* entries of each table */
    uint16_t places[GATHER_PLACES];                    /* of objects: the newest entry there */
    struct entry entries[GATHER_ENTRIES];
    struct order order[2][GATHER_ENTRIES];
    uint8_t bytes[GATHER_BYTES];
};

_Static_assert((int)GATHER_ENTRIES < (int)GATHER_NONE, "entries are counted in 16 bits");

static bool takes(enum table table)
{
    return table == T_OBJECT || table == T_RECORD || table == T_INDEX || table == T_FEED || table == T_WORD;
}

static size_t place_of(struct bytes key)
{
    size_t len = key.len < 8 ? key.len : 8; /* the end of an object's id is a hash */
    return bytes_place(0, key.at + key.len - len, len) % GATHER_PLACES;
}

static struct bytes key_of(const struct gather *g, const struct entry *e)
{
    return (struct bytes){g->bytes + e->at, e->key_len};
}

static void gather_empty(struct gather *g)
{
    g->count = g->used = 0;
    memset(g->waits, 0, sizeof g->waits);
    memset(g->places, 0xff, sizeof g->places);
}

static uint64_t number_of(struct bytes key, size_t from)
{
    uint8_t part[8] = {0};
    if (key.len > from)
        memcpy(part, key.at + from, key.len - from < 8 ? key.len - from : 8);
    return get_be64(part);
}

/* Is y before x?  Equal keys stay as they came. */
static bool is_before(const struct gather *g, const struct order *y, const struct order *x)
{
    if (y->first != x->first)
        return y->first < x->first;
    if (y->high != x->high)
        return y->high < x->high;
    if (y->low != x->low)
        return y->low < x->low;
    struct bytes a = key_of(g, &g->entries[y->entry]), b = key_of(g, &g->entries[x->entry]);
    int way = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return way ? way < 0 : a.len < b.len;
}

/* The table's entries in the order of their keys; in one of the two arrays. */
static const struct order *sorted(struct gather *g, enum table table, size_t *count)
{
    struct order *from = g->order[0], *into = g->order[1];
    size_t n = 0;
    bool is = true;
    for (size_t i = 0; i < g->count; i++)
        if (g->entries[i].table == table) {
            struct bytes key = key_of(g, &g->entries[i]);
            from[n] = (struct order){number_of(key, 4), number_of(key, 12), (uint32_t)(number_of(key, 0) >> 32), (uint16_t)i};
            is = is && (n == 0 || !is_before(g, &from[n], &from[n - 1]));
            n++;
        }
    for (size_t width = 1; width < n && !is; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = start + width < n ? start + width : n, end = start + 2 * width < n ? start + 2 * width : n;
            for (size_t x = start, y = middle, to = start; to < end; to++)
                into[to] = x < middle && (y == end || !is_before(g, &from[y], &from[x])) ? from[x++] : from[y++];
        }
        struct order *other = from;
        from = into;
        into = other;
    }
    *count = n;
    return from;
}

/* Puts what waits of the table.  A failed transaction is good for nothing: all that waits goes with it. */
static enum muster_error table_flush(struct store *store, enum table table)
{
    struct gather *g = store->gather;
    size_t count;
    if (!g->waits[table - TABLE_DERIVED_FIRST])
        return MUSTER_OK;
    const struct order *order = sorted(g, table, &count);
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; i < count && !error; i++) {
        const struct entry *e = &g->entries[order[i].entry];
        error = derived_put_now(store, table, key_of(g, e),
                                (struct bytes){e->gone ? NULL : g->bytes + e->at + e->key_len, e->value_len});
    }
    for (size_t i = 0; i < g->count; i++)
        if (g->entries[i].table == table)
            g->entries[i].table = TABLE_COUNT; /* is put */
    g->waits[table - TABLE_DERIVED_FIRST] = 0;
    if (table == T_OBJECT)
        memset(g->places, 0xff, sizeof g->places);
    if (error && !g->failed)
        g->failed = error;
    return error;
}

enum muster_error gather_flush(struct store *store)
{
    enum muster_error error = MUSTER_OK;
    for (int table = TABLE_DERIVED_FIRST; store->gather && table < TABLE_COUNT && !error; table++)
        error = table_flush(store, (enum table)table);
    if (store->gather) {
        gather_empty(store->gather);
        error = error ? error : store->gather->failed;
    }
    return error;
}

enum muster_error gather_before_read(struct store *store, enum table table)
{
    return store->gather && (unsigned)table >= TABLE_DERIVED_FIRST ? table_flush(store, table) : MUSTER_OK;
}

bool gather_get(struct store *store, enum table table, struct bytes key, enum muster_error *error, struct bytes *value)
{
    struct gather *g = store->gather;
    if (!g || table != T_OBJECT) {
        *error = gather_before_read(store, table);
        return *error != MUSTER_OK;
    }
    for (uint16_t i = g->places[place_of(key)]; i != GATHER_NONE; i = g->entries[i].next) {
        const struct entry *e = &g->entries[i];
        if (e->key_len != key.len || memcmp(g->bytes + e->at, key.at, key.len) != 0)
            continue;
        *error = e->gone ? MUSTER_ENOTFOUND : MUSTER_OK;
        *value = (struct bytes){g->bytes + e->at + e->key_len, e->value_len};
        return true;
    }
    return false;
}

bool gather_put(struct store *store, const struct change *change, enum muster_error *error)
{
    struct gather *g = store->gather;
    size_t len = change->key.len + change->value.len;
    if (!g || !takes(change->table))
        return false;
    if (g->count == GATHER_ENTRIES || len > GATHER_BYTES - g->used) {
        *error = gather_flush(store);
        if (*error)
            return true;
    }
    if (len > GATHER_BYTES)
        return false;
    struct entry *e = &g->entries[g->count];
    *e = (struct entry){.at = (uint32_t)g->used, .value_len = (uint32_t)change->value.len, .key_len = (uint16_t)change->key.len,
                        .next = GATHER_NONE, .table = (uint8_t)change->table, .gone = !change->value.at};
    memcpy(g->bytes + g->used, change->key.at, change->key.len);
    if (change->value.len)
        memcpy(g->bytes + g->used + change->key.len, change->value.at, change->value.len);
    if (change->table == T_OBJECT) {
        size_t place = place_of(change->key);
        e->next = g->places[place];
        g->places[place] = (uint16_t)g->count;
    }
    g->count++;
    g->used += len;
    g->waits[change->table - TABLE_DERIVED_FIRST]++;
    *error = MUSTER_OK;
    return true;
}

void gather_drop(struct store *store)
{
    if (store->gather)
        gather_empty(store->gather);
}

enum muster_error derived_gather(void *self, bool on)
{
    struct store *store = self;
    if (store->scans)
        return MUSTER_EINTERNAL;
    enum muster_error error = gather_flush(store);
    free(store->gather);
    store->gather = on ? malloc(sizeof *store->gather) : NULL; /* without memory each is put at once */
    if (store->gather) {
        store->gather->failed = MUSTER_OK;
        gather_empty(store->gather);
    }
    return error;
}
