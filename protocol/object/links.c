#include "protocol/object/links.h"

#include "protocol/kinds/kinds.h"
#include "protocol/kinds/link.h"
#include "protocol/object/apply.h"

#include <string.h>

static void note_link(struct core *core, const struct space *space, struct bytes target, const struct object_id *source)
{
    uint8_t key[LINK_KEY_BYTES];
    put_be32(key, space->number);
    memcpy(key + LINK_TARGET_AT, target.at, OBJECT_ID_BYTES);
    memcpy(key + LINK_SOURCE_AT, source->b, OBJECT_ID_BYTES);
    (void)derive(core, T_LINK, key, sizeof(key), NULL, 0);
}

void note_links(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                const struct object_id *object)
{
    const struct kind *kind = kind_by_number(kind_number);
    for (size_t i = 0; kind && i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        struct pack_value value;
        struct bytes role, target;
        struct link_walk walk;
        if ((field->type != FIELD_OBJECT && field->type != FIELD_LINKS) || !pack_get(body, field->number, &value))
            continue;
        for (link_walk_start(&walk, field, &value); link_walk_next(&walk, &role, &target);)
            note_link(core, space, target, object);
    }
}
