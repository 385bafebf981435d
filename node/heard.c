#include "node/heard.h"

#include "node/node.h"

#include <stdlib.h>

static const uint8_t name[] = {'h', 'e', 'a', 'r', 'd'};

void heard_free(struct heard *heard)
{
    free(heard->at);
    *heard = (struct heard){.at = NULL};
}

void heard_load(struct node *node)
{
    const struct storage *storage = store_storage(node->store);
    struct bytes value;
    heard_free(&node->heard);
    if (storage->get(storage->self, T_META, (struct bytes){name, sizeof(name)}, &value) != MUSTER_OK || value.len % HEARD_ROW_BYTES ||
        value.len / HEARD_ROW_BYTES > PEERS_MAX)
        return;
    struct cursor c = cursor_over(value.at, value.len);
    node->heard.at = calloc(value.len / HEARD_ROW_BYTES + 1, sizeof(*node->heard.at));
    while (node->heard.at && cursor_left(&c)) {
        struct heard_row *row = &node->heard.at[node->heard.count++];
        cursor_copy(&c, row->node.b, sizeof(row->node.b));
        row->last_ms = cursor_u64(&c);
    }
}

uint64_t heard_last(const struct node *node, const struct sign_public *key)
{
    for (size_t i = 0; i < node->heard.count; i++)
        if (memcmp(node->heard.at[i].node.b, key->b, sizeof(key->b)) == 0)
            return node->heard.at[i].last_ms;
    return 0;
}

void heard_keep(struct node *node, uint64_t mono_ms, bool now)
{
    size_t count = node->peers.count, up = 0;
    for (size_t i = 0; i < count; i++)
        up += node->peers.at[i].up;
    if (!count || (!now && (!up || mono_ms - node->heard.kept_mono_ms < HEARD_KEEP_MS)))
        return;
    uint8_t *value = malloc(count * HEARD_ROW_BYTES);
    node->heard.kept_mono_ms = mono_ms;
    if (!value)
        return;
    struct writer w = writer_over(value, count * HEARD_ROW_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct peer *peer = &node->peers.at[i];
        writer_put(&w, peer->node.b, sizeof(peer->node.b));
        writer_u64(&w, peer->up ? node_wall_ms() : peer->since_ms);
    }
    const struct change change = {T_META, {name, sizeof(name)}, {value, writer_len(&w)}};
    if (store_commit(node->store, &change, 1, true) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "when partners were heard of cannot be kept");
    free(value);
}
