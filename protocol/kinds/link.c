#include "protocol/kinds/link.h"

#include "base/ids.h"

#include <string.h>

bool link_field(const struct field *field)
{
    return field->type == FIELD_OBJECT || field->type == FIELD_LINKS;
}

void link_walk_start(struct link_walk *walk, const struct field *field, const struct pack_value *value)
{
    struct pack_value list;
    *walk = (struct link_walk){.left = 0};
    if (field->type == FIELD_OBJECT && value->type == PACK_BYTES && value->u.run.len == OBJECT_ID_BYTES)
        walk->one = value->u.run;
    if (field->type != FIELD_LINKS || value->type != PACK_ARRAY)
        return;
    walk->at = cursor_over(value->whole.at, value->whole.len);
    if (pack_next(&walk->at, &list, true))
        walk->left = list.u.count < FIELD_ITEMS ? list.u.count : FIELD_ITEMS;
}

bool link_walk_next(struct link_walk *walk, struct bytes *role, struct bytes *target)
{
    *role = (struct bytes){NULL, 0};
    *target = walk->one;
    walk->one = (struct bytes){NULL, 0};
    while (!target->len && walk->left) {
        struct pack_value pair, name, object;
        walk->left--;
        if (!pack_next(&walk->at, &pair, false))
            return false;
        struct cursor inside = cursor_over(pair.whole.at, pair.whole.len);
        if (pair.type != PACK_ARRAY || pair.u.count != 2 || !pack_next(&inside, &pair, true) ||
            !pack_next(&inside, &name, false) || !pack_next(&inside, &object, false) || name.type != PACK_TEXT ||
            object.type != PACK_BYTES || object.u.run.len != OBJECT_ID_BYTES)
            continue;
        *role = name.u.run;
        *target = object.u.run;
    }
    return target->len > 0;
}

static const struct chain_role {
    const char *role;
    enum link_chain chain;
    bool reversed;
} chain_roles[] = {
    {"part-of", LINK_WHOLE, false},       {"causes", LINK_CAUSE, false},     {"secondary-to", LINK_CAUSE, true},
    {"duplicates", LINK_COPY, false},     {"replaces", LINK_SUCCESSOR, false}, {"continues", LINK_SERIES, false},
    {"after", LINK_ORDER, false},         {"reports-to", LINK_COMMAND, false}, {"annex-to", LINK_ANNEX, false},
    {"corrects", LINK_CORRECTION, false},
};

enum link_chain link_chain_of(struct bytes role, bool *reversed)
{
    *reversed = false;
    for (size_t i = 0; i < ARRAY_LEN(chain_roles); i++)
        if (strlen(chain_roles[i].role) == role.len && memcmp(chain_roles[i].role, role.at, role.len) == 0) {
            *reversed = chain_roles[i].reversed;
            return chain_roles[i].chain;
        }
    return LINK_NO_CHAIN;
}

bool link_chain_has_reversed(uint8_t chain)
{
    for (size_t i = 0; i < ARRAY_LEN(chain_roles); i++)
        if (chain_roles[i].chain == chain && chain_roles[i].reversed)
            return true;
    return false;
}

const char *link_chain_role(uint8_t chain)
{
    for (size_t i = 0; i < ARRAY_LEN(chain_roles); i++)
        if (chain_roles[i].chain == chain && !chain_roles[i].reversed)
            return chain_roles[i].role;
    return "";
}
