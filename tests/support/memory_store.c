/* memory_store.c — each table is a sorted array of pointers to pairs. */
#include "support/memory_store.h"

#include <stdlib.h>
#include <string.h>

struct pair {
    size_t key_len, value_len;
    uint8_t bytes[]; /* key, then value */
};

struct pairs {
    struct pair **at;
    size_t count, room;
};

struct memory_store {
    struct pairs tables[TABLE_COUNT];
    unsigned scans;
    enum muster_error fail_next;
    struct storage storage;
    bool gathers;
    struct memory_store *kept; /* its derived tables: what was committed of them; NULL: nothing is to fail */
    bool failing, lost;
    size_t left; /* changes until it fails */
};

enum { VALUE_MAX = 16 * 1024 * 1024 };

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static struct bytes pair_key(const struct pair *pair)
{
    return (struct bytes){pair->bytes, pair->key_len};
}

static struct bytes pair_value(const struct pair *pair)
{
    return (struct bytes){pair->bytes + pair->key_len, pair->value_len};
}

static struct pair *pair_new(struct bytes key, struct bytes value)
{
    struct pair *pair = must(malloc(sizeof *pair + key.len + value.len + 1));
    pair->key_len = key.len;
    pair->value_len = value.len;
    memcpy(pair->bytes, key.at, key.len);
    if (value.len)
        memcpy(pair->bytes + key.len, value.at, value.len);
    return pair;
}

static int bytes_compare(struct bytes a, struct bytes b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

/* The first index whose key is >= key; the table's count if there is none. */
static size_t place_of(const struct pairs *table, struct bytes key)
{
    size_t low = 0, high = table->count;
    if (high && bytes_compare(pair_key(table->at[high - 1]), key) < 0)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(pair_key(table->at[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool holds_at(const struct pairs *table, size_t place, struct bytes key)
{
    return place < table->count && bytes_compare(pair_key(table->at[place]), key) == 0;
}

static void change_apply(struct memory_store *memory, const struct change *change)
{
    struct pairs *table = &memory->tables[change->table];
    size_t place = place_of(table, change->key);
    bool held = holds_at(table, place, change->key);
    struct pair *fresh = change->value.at ? pair_new(change->key, change->value) : NULL;
    if (held)
        free(table->at[place]);
    if (held && fresh)
        table->at[place] = fresh;
    else if (held) {
        table->count--;
        memmove(table->at + place, table->at + place + 1, (table->count - place) * sizeof *table->at);
    } else if (fresh) {
        if (table->count == table->room) {
            table->room = table->room ? 2 * table->room : 16;
            table->at = must(realloc(table->at, table->room * sizeof *table->at));
        }
        memmove(table->at + place + 1, table->at + place, (table->count - place) * sizeof *table->at);
        table->at[place] = fresh;
        table->count++;
    }
}

static bool key_is_legal(struct bytes key)
{
    return key.at && key.len >= 1 && key.len <= STORAGE_KEY_MAX;
}

static bool changes_are_legal(const struct change *changes, size_t count, unsigned first, unsigned end)
{
    for (size_t i = 0; i < count; i++)
        if ((unsigned)changes[i].table < first || (unsigned)changes[i].table >= end ||
            !key_is_legal(changes[i].key) || changes[i].value.len > VALUE_MAX)
            return false;
    return true;
}

static enum muster_error memory_get(void *self, enum table table, struct bytes key, struct bytes *value)
{
    const struct memory_store *memory = self;
    if ((unsigned)table >= TABLE_COUNT || !key_is_legal(key))
        return MUSTER_EINTERNAL;
    size_t place = place_of(&memory->tables[table], key);
    if (!holds_at(&memory->tables[table], place, key))
        return MUSTER_ENOTFOUND;
    *value = pair_value(memory->tables[table].at[place]);
    return MUSTER_OK;
}

static bool starts_with(struct bytes key, struct bytes prefix)
{
    return key.len >= prefix.len && (prefix.len == 0 || memcmp(key.at, prefix.at, prefix.len) == 0);
}

/* One behind the last pair that starts with prefix. */
static size_t prefix_end(const struct pairs *table, struct bytes prefix)
{
    size_t low = place_of(table, prefix), high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (starts_with(pair_key(table->at[middle]), prefix))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum muster_error memory_scan(void *self, enum table table, struct bytes prefix, struct bytes from,
                                     bool backwards, storage_visit visit, void *user)
{
    struct memory_store *memory = self;
    if ((unsigned)table >= TABLE_COUNT || prefix.len > STORAGE_KEY_MAX || from.len > STORAGE_KEY_MAX)
        return MUSTER_EINTERNAL;
    const struct pairs *pairs = &memory->tables[table];
    size_t first = place_of(pairs, prefix), end = prefix_end(pairs, prefix);
    size_t place = from.len ? place_of(pairs, from) : 0;
    if (from.len && !backwards && place > first)
        first = place;
    if (from.len && backwards) {
        place += holds_at(pairs, place, from);
        end = place < end ? place : end;
    }
    memory->scans++;
    for (size_t i = first; i < end; i++) {
        const struct pair *pair = pairs->at[backwards ? first + end - 1 - i : i];
        if (!visit(user, pair_key(pair), pair_value(pair)))
            break;
    }
    memory->scans--;
    return MUSTER_OK;
}

static void derived_lose(struct memory_store *memory)
{
    memory_store_derived_back(memory, memory->kept);
    memory->failing = false;
    memory->lost = true;
}

static enum muster_error memory_derive(void *self, const struct change *changes, size_t count)
{
    struct memory_store *memory = self;
    if (memory->scans || !changes_are_legal(changes, count, TABLE_DERIVED_FIRST, TABLE_COUNT))
        return MUSTER_EINTERNAL;
    if (memory->failing && memory->left < count)
        derived_lose(memory);
    if (memory->lost)
        return MUSTER_ESTORE;
    memory->left -= memory->failing ? count : 0;
    for (size_t i = 0; i < count; i++)
        change_apply(memory, &changes[i]);
    return MUSTER_OK;
}

static enum muster_error memory_gather(void *self, bool on)
{
    struct memory_store *memory = self;
    memory->gathers = on;
    return memory->scans ? MUSTER_EINTERNAL : MUSTER_OK;
}

bool memory_store_gathers(const struct memory_store *memory)
{
    return memory->gathers;
}

enum muster_error memory_store_commit(struct memory_store *memory, const struct change *changes, size_t count)
{
    enum muster_error error = memory->fail_next;
    if (memory->scans || !changes_are_legal(changes, count, 0, TABLE_DERIVED_FIRST))
        return MUSTER_EINTERNAL;
    memory->fail_next = MUSTER_OK;
    for (size_t i = 0; i < count && !error; i++)
        change_apply(memory, &changes[i]);
    return error;
}

void memory_store_fail_next(struct memory_store *memory, enum muster_error error)
{
    memory->fail_next = error;
}

struct memory_store *memory_store_new(void)
{
    struct memory_store *memory = must(calloc(1, sizeof *memory));
    memory->storage = (struct storage){memory, memory_get, memory_scan, memory_derive, NULL, memory_gather};
    return memory;
}

static void table_clear(struct pairs *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->at[i]);
    free(table->at);
    *table = (struct pairs){0};
}

void memory_store_free(struct memory_store *memory)
{
    if (memory)
        memory_store_free(memory->kept);
    for (int i = 0; memory && i < TABLE_COUNT; i++)
        table_clear(&memory->tables[i]);
    free(memory);
}

void memory_store_derived_reset(struct memory_store *memory)
{
    for (int i = TABLE_DERIVED_FIRST; i < TABLE_COUNT; i++)
        table_clear(&memory->tables[i]);
}

static void table_copy(struct pairs *to, const struct pairs *from)
{
    to->count = to->room = from->count;
    to->at = from->count ? must(malloc(from->count * sizeof *to->at)) : NULL;
    for (size_t j = 0; j < from->count; j++)
        to->at[j] = pair_new(pair_key(from->at[j]), pair_value(from->at[j]));
}

void memory_store_derived_back(struct memory_store *memory, const struct memory_store *to)
{
    for (int i = TABLE_DERIVED_FIRST; i < TABLE_COUNT; i++) {
        table_clear(&memory->tables[i]);
        table_copy(&memory->tables[i], &to->tables[i]);
    }
}

void memory_store_derived_keep(struct memory_store *memory)
{
    if (!memory->kept)
        memory->kept = memory_store_new();
    memory_store_derived_back(memory->kept, memory);
}

void memory_store_derived_fail(struct memory_store *memory, size_t after)
{
    if (!memory->kept)
        memory_store_derived_keep(memory);
    memory->failing = true;
    memory->left = after;
    if (!after)
        derived_lose(memory);
}

bool memory_store_derived_lost(const struct memory_store *memory)
{
    return memory->lost;
}

void memory_store_derived_again(struct memory_store *memory)
{
    memory->lost = false;
}

void memory_store_derived_end(struct memory_store *memory)
{
    if (memory->kept)
        memory_store_derived_back(memory, memory->kept);
    memory_store_derived_mend(memory);
}

void memory_store_derived_mend(struct memory_store *memory)
{
    memory_store_free(memory->kept);
    memory->kept = NULL;
    memory->failing = memory->lost = false;
}

struct memory_store *memory_store_clone(const struct memory_store *memory)
{
    struct memory_store *clone = memory_store_new();
    for (int i = 0; i < TABLE_COUNT; i++)
        table_copy(&clone->tables[i], &memory->tables[i]);
    return clone;
}

void memory_store_keys_from(struct memory_store *memory, const struct memory_store *from)
{
    table_clear(&memory->tables[T_KEY]);
    if (from)
        table_copy(&memory->tables[T_KEY], &from->tables[T_KEY]);
}

const struct storage *memory_store_storage(struct memory_store *memory)
{
    return &memory->storage;
}

size_t memory_store_count(const struct memory_store *memory, enum table table)
{
    return memory->tables[table].count;
}

bool memory_store_same(const struct memory_store *a, const struct memory_store *b, enum table first,
                       enum table last)
{
    for (unsigned t = first; t <= (unsigned)last; t++) {
        if (a->tables[t].count != b->tables[t].count)
            return false;
        for (size_t i = 0; i < a->tables[t].count; i++) {
            const struct pair *x = a->tables[t].at[i], *y = b->tables[t].at[i];
            if (bytes_compare(pair_key(x), pair_key(y)) != 0 ||
                bytes_compare(pair_value(x), pair_value(y)) != 0)
                return false;
        }
    }
    return true;
}
