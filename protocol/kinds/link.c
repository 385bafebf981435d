#include "protocol/kinds/link.h"

#include "base/ids.h"

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
