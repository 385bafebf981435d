#include "node/partner.h"

#include "node/node.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t prefix[] = {'p', 'a', 'r', 't', 'n', 'e', 'r', '.'}; /* in T_META, then the agency's id */
enum { KEY_BYTES = sizeof(prefix) + HASH_BYTES, VALUE_MAX = 2 + ENDPOINT_BYTES_MAX + 2 + PARTNER_NOTE_MAX };

const struct partner *partner_of(const struct partners *partners, const struct agency_id *agency)
{
    for (size_t i = 0; i < partners->count; i++)
        if (agency_id_eq(&partners->at[i].agency, agency))
            return &partners->at[i];
    return NULL;
}

/* The row of that agency, a new one if there is none; NULL: there is no room. */
static struct partner *row_for(struct partners *partners, const struct agency_id *agency)
{
    const struct partner *known = partner_of(partners, agency);
    if (known)
        return &partners->at[known - partners->at];
    if (partners->count == partners->size) {
        size_t size = partners->size ? partners->size * 2 : 8;
        struct partner *bigger = size <= PARTNERS_MAX ? realloc(partners->at, size * sizeof(*bigger)) : NULL;
        if (!bigger)
            return NULL;
        partners->at = bigger;
        partners->size = size;
    }
    struct partner *row = &partners->at[partners->count++];
    *row = (struct partner){.agency = *agency};
    return row;
}

static bool text_take(struct cursor *c, char *out, size_t max)
{
    uint16_t len = cursor_u16(c);
    const uint8_t *at = cursor_take(c, len);
    if (!at || len > max)
        return len == 0;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

static bool row_load(void *user, struct bytes key, struct bytes value)
{
    struct partner read = {.endpoint = ""};
    struct cursor c = cursor_over(value.at, value.len);
    if (key.len != KEY_BYTES)
        return true;
    memcpy(read.agency.b, key.at + sizeof(prefix), HASH_BYTES);
    bool fits = text_take(&c, read.endpoint, ENDPOINT_BYTES_MAX - 1);
    fits = text_take(&c, read.note, PARTNER_NOTE_MAX) && fits;
    struct partner *row = fits && cursor_end(&c) == MUSTER_OK ? row_for(user, &read.agency) : NULL;
    if (row)
        *row = read;
    return true;
}

void partners_load(struct node *node)
{
    const struct storage *storage = store_storage(node->store);
    struct bytes all = {prefix, sizeof(prefix)}, none = {NULL, 0};
    if (storage->scan(storage->self, T_META, all, none, false, row_load, &node->partners) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "what was said of partners cannot be read");
}

void partners_free(struct partners *partners)
{
    free(partners->at);
    *partners = (struct partners){.at = NULL};
}

enum muster_error partner_set(struct node *node, const struct partner *partner)
{
    uint8_t key[KEY_BYTES], value[VALUE_MAX];
    struct writer w = writer_over(value, sizeof(value));
    size_t endpoint = strlen(partner->endpoint), note = strlen(partner->note);
    bool empty = !endpoint && !note;
    memcpy(key, prefix, sizeof(prefix));
    memcpy(key + sizeof(prefix), partner->agency.b, HASH_BYTES);
    writer_u16(&w, (uint16_t)endpoint);
    writer_put(&w, partner->endpoint, endpoint);
    writer_u16(&w, (uint16_t)note);
    writer_put(&w, partner->note, note);
    if (empty && !partner_of(&node->partners, &partner->agency))
        return MUSTER_OK;
    struct partner *row = row_for(&node->partners, &partner->agency);
    if (!row || w.failed)
        return MUSTER_ETOOBIG;
    const struct change change = {T_META, {key, sizeof(key)}, {empty ? NULL : value, empty ? 0 : writer_len(&w)}};
    enum muster_error error = store_commit(node->store, &change, 1, true);
    if (!error)
        *row = *partner;
    if (!row->endpoint[0] && !row->note[0])
        *row = node->partners.at[--node->partners.count];
    return error;
}

void partner_apply(const struct partners *partners, struct peer *peer)
{
    const struct partner *partner = partner_of(partners, &peer->agency);
    struct endpoint_list *list = &peer->endpoints;
    if (!partner || !partner->endpoint[0])
        return;
    size_t keep = list->count < CARD_ENDPOINTS_MAX ? list->count : CARD_ENDPOINTS_MAX - 1;
    memmove(list->at + 1, list->at, keep * sizeof(list->at[0]));
    snprintf(list->at[0], sizeof(list->at[0]), "%s", partner->endpoint);
    list->count = keep + 1;
}
