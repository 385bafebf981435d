#include "node/knocks.h"

#include <stdio.h>
#include <stdlib.h>

static const uint8_t name[] = {'k', 'n', 'o', 'c', 'k', 's'}; /* in T_META */

enum { KNOCKS_VERSION = 1 };

void knocks_add(struct knocks *knocks, const struct curve_public *key, const char *address, enum muster_error why,
                uint64_t now_ms)
{
    struct knock *oldest = &knocks->at[0], *knock = NULL;
    for (size_t i = 0; i < knocks->count && !knock; i++) {
        if (memcmp(knocks->at[i].key.b, key->b, sizeof(key->b)) == 0)
            knock = &knocks->at[i];
        if (knocks->at[i].time_ms < oldest->time_ms)
            oldest = &knocks->at[i];
    }
    if (!knock) {
        knock = knocks->count < KNOCKS_MAX ? &knocks->at[knocks->count++] : oldest;
        *knock = (struct knock){.key = *key};
    }
    knock->time_ms = now_ms;
    knock->why = why;
    knock->count++;
    snprintf(knock->address, sizeof(knock->address), "%s", address ? address : "");
    knocks->changed = true;
}

void knocks_forget(struct knocks *knocks, size_t i)
{
    knocks->at[i] = knocks->at[--knocks->count];
    knocks->changed = true;
}

size_t knocks_write(const struct knocks *knocks, uint8_t *out)
{
    struct writer w = writer_over(out, KNOCKS_VALUE_MAX);
    writer_u16(&w, KNOCKS_VERSION);
    writer_u16(&w, (uint16_t)knocks->count);
    for (size_t i = 0; i < knocks->count; i++) {
        const struct knock *knock = &knocks->at[i];
        size_t len = strlen(knock->address);
        writer_put(&w, knock->key.b, sizeof(knock->key.b));
        writer_u64(&w, knock->time_ms);
        writer_u64(&w, knock->count);
        writer_u16(&w, (uint16_t)knock->why);
        writer_u16(&w, (uint16_t)len);
        writer_put(&w, knock->address, len);
    }
    return writer_len(&w);
}

enum muster_error knocks_read(struct knocks *knocks, struct bytes value)
{
    struct cursor c = cursor_over(value.at, value.len);
    *knocks = (struct knocks){.count = 0};
    uint16_t version = cursor_u16(&c), count = cursor_u16(&c);
    enum muster_error error = !c.failed && version != KNOCKS_VERSION ? MUSTER_EVERSION
                              : count > KNOCKS_MAX                   ? MUSTER_EBADVALUE
                                                                     : MUSTER_OK;
    for (size_t i = 0; i < count && !error; i++) {
        struct knock *knock = &knocks->at[i];
        cursor_copy(&c, knock->key.b, sizeof(knock->key.b));
        knock->time_ms = cursor_u64(&c);
        knock->count = cursor_u64(&c);
        knock->why = cursor_u16(&c) == MUSTER_ENOTMEMBER ? MUSTER_ENOTMEMBER : MUSTER_EUNKNOWN_NODE;
        uint16_t len = cursor_u16(&c);
        if (len >= sizeof(knock->address))
            error = MUSTER_EBADVALUE;
        else
            cursor_copy(&c, knock->address, len);
    }
    if (!error)
        error = cursor_end(&c);
    if (error)
        *knocks = (struct knocks){.count = 0};
    else
        knocks->count = count;
    return error;
}

void knocks_load(struct knocks *knocks, struct store *store)
{
    const struct storage *storage = store_storage(store);
    struct bytes value;
    if (storage->get(storage->self, T_META, (struct bytes){name, sizeof(name)}, &value) != MUSTER_OK ||
        knocks_read(knocks, value) != MUSTER_OK)
        *knocks = (struct knocks){.count = 0};
}

void knocks_keep(struct knocks *knocks, struct store *store, uint64_t mono_ms, bool now)
{
    if (!knocks->changed || (!now && mono_ms - knocks->kept_mono_ms < KNOCKS_KEEP_MS))
        return;
    uint8_t *value = malloc(KNOCKS_VALUE_MAX);
    knocks->kept_mono_ms = mono_ms; /* a commit that fails is not tried again at once either */
    if (!value)
        return;
    const struct change change = {T_META, {name, sizeof(name)}, {value, knocks_write(knocks, value)}};
    knocks->changed = store_commit(store, &change, 1, true) != MUSTER_OK;
    free(value);
}
