#include "protocol/object/succession.h"

#include "base/pack.h"
#include "protocol/core_inner.h"
#include "protocol/kinds/link.h"
#include "protocol/object/apply.h"
#include "protocol/object/circle.h"
#include "protocol/object/circle_inner.h"
#include "protocol/object/indexed.h"
#include "protocol/object/look.h"
#include "protocol/object/op.h"

#include <string.h>

enum { SUCCESSOR_AT = 1 + 4, FORMER_AT = SUCCESSOR_AT + OBJECT_ID_BYTES, NOTE_KEY = FORMER_AT + OBJECT_ID_BYTES };

size_t core_succession_of(struct core *core, uint32_t space, const struct object_id *object, struct object_id out[OBJECT_HEADS_MAX])
{
    struct object_stored state;
    struct object_look look;
    size_t count = 0;
    if (space >= core->space_count || object_state(core, core->spaces[space], object, &state) != MUSTER_OK ||
        !(state.flags & OBJECT_SUPERSEDED) || core_object_look(core, space, object, &look) != MUSTER_OK)
        return 0;
    for (uint32_t h = 0; h < look.state.heads.count && count < OBJECT_HEADS_MAX; h++) {
        uint32_t at = look.state.heads.at[h];
        struct segment_header segment;
        struct record_header header;
        struct record_id id;
        struct bytes body;
        count += look.records[at].op == OP_SUPERSEDE &&
                 core_record_open(core, look.held[at].arrival, look.held[at].index, &segment, &header, &id, &body) == MUSTER_OK &&
                 pack_get_fixed(body, BODY_SUCCESSOR, out[count].b, OBJECT_ID_BYTES);
    }
    object_look_free(&look);
    return count;
}

bool core_succession_leads(struct core *core, uint32_t space, const struct object_id *by, const struct object_id *object,
                           struct circle *out)
{
    struct object_id at[SUCCESSION_MAX] = {*by};
    size_t before[SUCCESSION_MAX] = {0}, count = 1, end = SUCCESSION_MAX;
    for (size_t i = 0; i < count && end == SUCCESSION_MAX; i++) {
        struct object_id next[OBJECT_HEADS_MAX];
        size_t n = core_succession_of(core, space, &at[i], next);
        for (size_t k = 0; k < n && end == SUCCESSION_MAX; k++) {
            bool known = false;
            for (size_t j = 0; j < count; j++)
                known |= object_id_eq(&at[j], &next[k]);
            if (object_id_eq(&next[k], object)) {
                end = i;
            } else if (!known && count < SUCCESSION_MAX - 1) { /* with the object itself they fit into a circle */
                before[count] = i;
                at[count++] = next[k];
            }
        }
    }
    if (end == SUCCESSION_MAX)
        return false;
    out->count = 2;
    for (size_t i = end; i; i = before[i])
        out->count++;
    out->chain = LINK_NO_CHAIN;
    out->at[0] = *object;
    for (size_t i = end, place = out->count - 1; place; i = before[i], place--)
        out->at[place] = at[i];
    return true;
}

bool core_succession_circle(struct core *core, uint32_t space, const struct object_id *object, struct circle *out)
{
    struct object_id next[OBJECT_HEADS_MAX];
    size_t count = core_succession_of(core, space, object, next);
    for (size_t i = 0; i < count; i++)
        if (core_succession_leads(core, space, &next[i], object, out))
            return true;
    return false;
}

/* --- the way back -------------------------------------------------------------------------------------------------------- */

static void note(struct core *core, uint32_t space, const struct object_id *object, const struct object_id *successor)
{
    uint8_t key[NOTE_KEY] = {'s'};
    put_be32(key + 1, space);
    memcpy(key + SUCCESSOR_AT, successor->b, OBJECT_ID_BYTES);
    memcpy(key + FORMER_AT, object->b, OBJECT_ID_BYTES);
    (void)derive(core, T_APPLIED, key, sizeof(key), NULL, 0);
}

void succession_note_body(struct core *core, uint32_t space, const struct object_id *object, struct bytes body)
{
    struct object_id successor;
    if (pack_get_fixed(body, BODY_SUCCESSOR, successor.b, OBJECT_ID_BYTES))
        note(core, space, object, &successor);
}

void succession_note(struct core *core, uint32_t space, const struct object_id *object)
{
    struct object_id next[OBJECT_HEADS_MAX];
    size_t count = core_succession_of(core, space, object, next);
    for (size_t i = 0; i < count; i++)
        note(core, space, object, &next[i]);
}

struct former {
    struct object_id at[SUCCESSION_NOTES_MAX];
    size_t count;
};

static bool take_former(void *user, struct bytes key, struct bytes value)
{
    struct former *f = user;
    (void)value;
    if (key.len == NOTE_KEY)
        memcpy(f->at[f->count++].b, key.at + FORMER_AT, OBJECT_ID_BYTES);
    return f->count < SUCCESSION_NOTES_MAX;
}

size_t core_succession_to(struct core *core, uint32_t space, const struct object_id *successor, struct object_id out[SUCCESSION_MAX])
{
    struct former former = {.count = 0};
    uint8_t key[FORMER_AT] = {'s'};
    size_t count = 0;
    put_be32(key + 1, space);
    memcpy(key + SUCCESSOR_AT, successor->b, OBJECT_ID_BYTES);
    struct bytes under = {key, sizeof(key)};
    if (core->storage.scan(core->storage.self, T_APPLIED, under, under, false, take_former, &former) != MUSTER_OK)
        return 0;
    for (size_t i = 0; i < former.count && count < SUCCESSION_MAX; i++) {
        struct object_id next[OBJECT_HEADS_MAX];
        size_t n = core_succession_of(core, space, &former.at[i], next);
        for (size_t k = 0; k < n; k++)
            if (object_id_eq(&next[k], successor)) {
                out[count++] = former.at[i];
                break;
            }
    }
    return count;
}
