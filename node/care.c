#include "node/care.h"

#include "node/node.h"

static const uint8_t name[] = {'c', 'a', 'r', 'e'}; /* in T_META */

void care_load(struct node *node)
{
    const struct storage *storage = store_storage(node->store);
    struct bytes value;
    if (storage->get(storage->self, T_META, (struct bytes){name, sizeof(name)}, &value) != MUSTER_OK ||
        value.len != sizeof(node->care_ms))
        return;
    for (int i = 0; i < CARE_COUNT; i++)
        node->care_ms[i] = get_be64(value.at + 8 * i);
}

void care_note(struct node *node, enum care what)
{
    uint8_t value[sizeof(node->care_ms)];
    node->care_ms[what] = node_wall_ms();
    for (int i = 0; i < CARE_COUNT; i++)
        put_be64(value + 8 * i, node->care_ms[i]);
    const struct change change = {T_META, {name, sizeof(name)}, {value, sizeof(value)}};
    if (store_commit(node->store, &change, 1, true) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "when this node was last cared for could not be kept");
}
