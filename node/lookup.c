#include "node/lookup.h"

#include "protocol/kinds/kinds.h"
#include "protocol/object/look.h"

#include <ctype.h>

enum { TAIL_CHARACTERS = 16, TAIL_AT = 6, SHORT_TEXT_MAX = 64, NEWER_KINDS_MAX = 64 };

enum muster_error lookup_state(struct node *node, uint32_t space, const struct object_id *object,
                               struct object_stored *out)
{
    uint8_t key[4 + OBJECT_ID_BYTES];
    struct bytes value;
    const struct storage *storage = store_storage(node->store);
    put_be32(key, space);
    memcpy(key + 4, object->b, OBJECT_ID_BYTES);
    enum muster_error error = storage->get(storage->self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value);
    return error ? error : object_stored_read(out, value);
}

enum muster_error lookup_alias(struct node *node, uint32_t space, const char *text, size_t len, struct object_id *out)
{
    uint8_t key[4 + 16];
    struct bytes value;
    const struct storage *storage = store_storage(node->store);
    struct hash hash = crypto_hash1("muster/1/alias", text, len);
    put_be32(key, space);
    memcpy(key + 4, hash.b, 16);
    enum muster_error error = storage->get(storage->self, T_ALIAS, (struct bytes){key, sizeof(key)}, &value);
    if (!error && value.len != OBJECT_ID_BYTES)
        error = MUSTER_EDAMAGED;
    if (!error)
        memcpy(out->b, value.at, OBJECT_ID_BYTES);
    return error;
}

void index_prefix(uint8_t out[INDEX_KIND_BYTES], uint32_t space, uint16_t kind)
{
    put_be32(out, space);
    out[4] = (uint8_t)(kind >> 8);
    out[5] = (uint8_t)kind;
    out[6] = 'c';
}

static bool first_kind(void *user, struct bytes key, struct bytes value)
{
    uint32_t *kind = user;
    (void)value;
    if (key.len == INDEX_KEY_BYTES)
        *kind = (uint32_t)key.at[4] << 8 | key.at[5];
    return key.len != INDEX_KEY_BYTES;
}

size_t lookup_kinds(struct node *node, uint32_t space, uint16_t *out, size_t max)
{
    const struct storage *storage = store_storage(node->store);
    size_t count = 0;
    uint32_t next = 0;
    while (count < max && next <= UINT16_MAX) {
        uint8_t from[INDEX_KIND_BYTES];
        uint32_t kind = UINT32_MAX;
        index_prefix(from, space, (uint16_t)next);
        if (storage->scan(storage->self, T_INDEX, (struct bytes){from, 4}, (struct bytes){from, 6}, false, first_kind,
                          &kind) != MUSTER_OK ||
            kind == UINT32_MAX)
            break;
        out[count++] = (uint16_t)kind;
        next = kind + 1;
    }
    return count;
}

/* --- short ids -------------------------------------------------------------------------------------------------------- */

struct search {
    char tail[TAIL_CHARACTERS + 1];
    size_t len;
    struct object_id found;
    size_t count;
};

static bool fits(void *user, struct bytes key, struct bytes value)
{
    struct search *s = user;
    char tail[TAIL_CHARACTERS + 1];
    (void)value;
    if (key.len != INDEX_KEY_BYTES)
        return true;
    base32_from(tail, key.at + INDEX_OBJECT_AT + TAIL_AT, OBJECT_ID_BYTES - TAIL_AT);
    if (memcmp(tail, s->tail, s->len) != 0)
        return true;
    memcpy(s->found.b, key.at + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    return ++s->count < 2;
}

/* The prefix of a kind without a table is known too; "obj" stands for kinds of a newer version. */
static bool kind_of_prefix(const char *prefix, uint16_t *out)
{
    const struct kind *kind = kind_by_prefix(prefix);
    if (kind) {
        *out = kind->number;
        return true;
    }
    for (uint16_t number = 1; number < 256; number++)
        if (kind_prefix(number) && strcmp(kind_prefix(number), prefix) == 0) {
            *out = number;
            return true;
        }
    return false;
}

static enum muster_error search_kind(struct node *node, uint32_t space, uint16_t kind, struct search *s)
{
    uint8_t key[INDEX_KIND_BYTES];
    const struct storage *storage = store_storage(node->store);
    index_prefix(key, space, kind);
    return storage->scan(storage->self, T_INDEX, (struct bytes){key, sizeof(key)}, (struct bytes){NULL, 0}, false, fits, s);
}

/* "obj-...": in all kinds of the space that have no prefix here. */
static enum muster_error search_newer(struct node *node, uint32_t space, struct search *s)
{
    uint16_t kinds[NEWER_KINDS_MAX];
    size_t count = lookup_kinds(node, space, kinds, NEWER_KINDS_MAX);
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; i < count && !error; i++)
        if (!kind_prefix(kinds[i]))
            error = search_kind(node, space, kinds[i], s);
    return error;
}

enum muster_error lookup_object(struct node *node, const struct space_view *space, const char *text,
                                struct object_id *out)
{
    struct object_stored state;
    struct search s = {.len = 0};
    char prefix[16];
    uint16_t kind = KIND_NONE;
    const char *dash = strchr(text, '-');
    if (hex_to(out->b, OBJECT_ID_BYTES, text))
        return lookup_state(node, space->number, out, &state);
    if (!dash || (size_t)(dash - text) >= sizeof(prefix) || strlen(dash + 1) < 1 || strlen(dash + 1) > TAIL_CHARACTERS)
        return MUSTER_EUSAGE;
    memcpy(prefix, text, (size_t)(dash - text));
    prefix[dash - text] = '\0';
    bool newer = strcmp(prefix, "obj") == 0;
    if (!newer && !kind_of_prefix(prefix, &kind))
        return MUSTER_ENOTFOUND;
    for (const char *at = dash + 1; *at; at++) {
        char c = (char)tolower((unsigned char)*at);
        s.tail[s.len++] = c == 'i' || c == 'l' ? '1' : c == 'o' ? '0' : c; /* as people read them */
    }
    enum muster_error error = newer ? search_newer(node, space->number, &s) : search_kind(node, space->number, kind, &s);
    if (error)
        return error;
    *out = s.found;
    return s.count == 1 ? MUSTER_OK : s.count ? MUSTER_EAMBIGUOUS : MUSTER_ENOTFOUND;
}

size_t lookup_waiting_for_key(struct node *node, const struct space_view *space)
{
    size_t waits[WAITING_KEY + 1];
    (void)core_space_waiting(node->core, space->number, waits);
    size_t others = waits[WAITING_DISPUTE] + waits[WAITING_LIMIT];
    return space->waiting_segments > others ? space->waiting_segments - others : 0;
}
