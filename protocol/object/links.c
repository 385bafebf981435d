#include "protocol/object/links.h"

#include "protocol/kinds/kinds.h"
#include "protocol/kinds/link.h"
#include "protocol/object/apply.h"
#include "protocol/object/erasure.h"

#include <string.h>

/* The links of a body, field after field. */
struct body_links {
    const struct kind *kind;
    struct bytes body;
    size_t next; /* field */
    struct link_walk walk;
};

static struct body_links links_of(uint16_t kind_number, struct bytes body)
{
    return (struct body_links){.kind = kind_by_number(kind_number), .body = body};
}

/* The next field that may name objects. */
static const struct field *next_naming(struct body_links *links)
{
    while (links->kind && links->next < links->kind->count) {
        const struct field *field = &links->kind->fields[links->next++];
        if (link_field(field))
            return field;
    }
    return NULL;
}

static bool next_target(struct body_links *links, struct bytes *target)
{
    struct bytes role;
    struct pack_value value;
    while (!link_walk_next(&links->walk, &role, target)) {
        const struct field *field = next_naming(links); /* looking for each of the others costs most */
        if (!field)
            return false;
        if (pack_get(links->body, field->number, &value))
            link_walk_start(&links->walk, field, &value);
    }
    return true;
}

static void link_key(uint8_t key[LINK_KEY_BYTES], const struct space *space, struct bytes target,
                     const struct object_id *source)
{
    put_be32(key, space->number);
    memcpy(key + LINK_TARGET_AT, target.at, OBJECT_ID_BYTES);
    memcpy(key + LINK_SOURCE_AT, source->b, OBJECT_ID_BYTES);
}

void note_links(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                const struct object_id *object)
{
    uint8_t key[LINK_KEY_BYTES];
    struct bytes target;
    for (struct body_links links = links_of(kind_number, body); next_target(&links, &target);) {
        link_key(key, space, target, object);
        (void)derive(core, T_LINK, key, sizeof(key), NULL, 0);
    }
}

bool body_names(uint16_t kind_number, struct bytes body)
{
    struct erasure_blobs blobs = {.count = 0};
    struct body_links links = links_of(kind_number, body);
    struct pack_value value;
    struct bytes target;
    for (size_t i = 0; links.kind && i < links.kind->count; i++)
        if ((links.kind->fields[i].flags & FIELD_ALIAS) && pack_get(body, links.kind->fields[i].number, &value))
            return true;
    erasure_blobs_of(body, &blobs);
    return blobs.count || next_target(&links, &target);
}

/* Does the object's state name it?  Read anew each time: what the storage gives ends with its next change. */
static bool still_names(struct core *core, const struct space *space, uint16_t kind_number, struct bytes wanted,
                        const struct object_id *object)
{
    struct object_stored state;
    struct bytes target;
    if (object_state(core, space, object, &state) != MUSTER_OK)
        return false;
    for (struct body_links links = links_of(kind_number, state.view); next_target(&links, &target);)
        if (memcmp(target.at, wanted.at, OBJECT_ID_BYTES) == 0)
            return true;
    return false;
}

void forget_links(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                  const struct object_id *object)
{
    uint8_t key[LINK_KEY_BYTES];
    struct bytes target;
    for (struct body_links links = links_of(kind_number, body); next_target(&links, &target);) {
        if (still_names(core, space, kind_number, target, object))
            continue;
        link_key(key, space, target, object);
        (void)underive(core, T_LINK, key, sizeof(key));
    }
}
