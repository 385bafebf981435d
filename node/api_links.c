/* api_links.c — what an object names, and which objects name it. */
#include "base/pack.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "protocol/kinds/link.h"
#include "protocol/object/links.h"

#include <string.h>

enum { LINKS_SHOWN_MAX = 64, LINKS_LOOKED_MAX = 256, TITLE_BYTES = 257 };

/* {field, role, object, short, kind, title} of one link; `other` is the object at its far end, not held: without the last
 * three.  role is null for a field of type object. */
static json_t *link_json(struct node *node, const struct space_view *space, const struct field *field, struct bytes role,
                         const struct object_id *other)
{
    struct object_stored state;
    json_t *json = json_pack("{s:s, s:o, s:o}", "field", field->name, "role",
                             role.len ? json_text(role.at, role.len) : json_null(), "object",
                             json_hex(other->b, OBJECT_ID_BYTES));
    if (lookup_state(node, space->number, other, &state) != MUSTER_OK)
        return json;
    char name[SHORT_ID_BYTES], number[16], title[TITLE_BYTES] = "";
    const struct kind *kind = kind_by_number(state.kind);
    const struct field *titled = kind ? field_flagged(kind, FIELD_TITLE) : NULL;
    struct pack_value value;
    snprintf(number, sizeof(number), "#%u", state.kind);
    short_id(name, state.kind, other, space->objects);
    if (titled && pack_get(state.view, titled->number, &value))
        (void)field_text(titled, &value, title, sizeof(title));
    json_object_set_new(json, "short", json_string(name));
    json_object_set_new(json, "kind", json_string(kind_name(state.kind) ? kind_name(state.kind) : number));
    json_object_set_new(json, "title", json_text((const uint8_t *)title, strlen(title)));
    return json;
}

/* The links of `source` as it stands, to `target` or (NULL) to anything; the far end shown is the other one. */
static void links_add(json_t *list, struct node *node, const struct space_view *space, const struct object_id *source,
                      const struct object_stored *state, const struct object_id *target)
{
    const struct kind *kind = kind_by_number(state->kind);
    for (size_t i = 0; kind && i < kind->count; i++) {
        struct pack_value value;
        struct link_walk walk;
        struct bytes role, named;
        if (!link_field(&kind->fields[i]) || !pack_get(state->view, kind->fields[i].number, &value))
            continue;
        link_walk_start(&walk, &kind->fields[i], &value);
        while (json_array_size(list) < LINKS_SHOWN_MAX && link_walk_next(&walk, &role, &named)) {
            struct object_id other;
            memcpy(other.b, named.at, OBJECT_ID_BYTES);
            if (!target)
                json_array_append_new(list, link_json(node, space, &kind->fields[i], role, &other));
            else if (memcmp(target->b, other.b, OBJECT_ID_BYTES) == 0)
                json_array_append_new(list, link_json(node, space, &kind->fields[i], role, source));
        }
    }
}

struct sources {
    struct object_id at[LINKS_LOOKED_MAX];
    size_t count;
};

static bool take_source(void *user, struct bytes key, struct bytes value)
{
    struct sources *s = user;
    (void)value;
    if (key.len != LINK_KEY_BYTES)
        return true;
    memcpy(s->at[s->count++].b, key.at + LINK_SOURCE_AT, OBJECT_ID_BYTES);
    return s->count < LINKS_LOOKED_MAX;
}

json_t *links_json(struct node *node, const struct space_view *space, const struct object_id *id,
                   const struct object_stored *state)
{
    json_t *to = json_array(), *from = json_array();
    struct sources sources = {.count = 0};
    uint8_t key[LINK_SOURCE_AT];
    const struct storage *storage = store_storage(node->store);
    links_add(to, node, space, id, state, NULL);
    put_be32(key, space->number);
    memcpy(key + LINK_TARGET_AT, id->b, OBJECT_ID_BYTES);
    (void)storage->scan(storage->self, T_LINK, (struct bytes){key, sizeof(key)}, (struct bytes){NULL, 0}, false, take_source,
                        &sources);
    for (size_t i = 0; i < sources.count && json_array_size(from) < LINKS_SHOWN_MAX; i++) {
        struct object_stored source;
        if (lookup_state(node, space->number, &sources.at[i], &source) == MUSTER_OK && !(source.flags & OBJECT_ORPHAN))
            links_add(from, node, space, &sources.at[i], &source, id);
    }
    return json_pack("{s:o, s:o}", "to", to, "from", from);
}
