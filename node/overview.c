#include "node/overview.h"

#include "base/pack.h"
#include "node/json.h"
#include "node/lookup.h"
#include "protocol/kinds/decimal.h"
#include "protocol/kinds/time3339.h"
#include "protocol/object/links.h"

#include <stdlib.h>

enum { NAMERS_BATCH = 64 };

static bool shown(const struct object_stored *state)
{
    return !(state->flags & (OBJECT_ORPHAN | OBJECT_RETRACTED));
}

/* What was looked at stays mapped, and counts as this process's memory, until it is given back. */
static void count_look(struct overview *o)
{
    if (++o->looks % OVERVIEW_REST_LOOKS == 0)
        store_rest(o->node->store);
}

void overview_each(struct overview *o, uint16_t kind, const struct term *terms, size_t count, overview_take *take, void *user)
{
    size_t work = 0;
    struct stream *stream = malloc(sizeof(*stream));
    const uint8_t *place;
    if (!stream)
        return;
    stream_new(stream, o->node, o->space.number, kind, false, &work);
    for (size_t i = 0; i < count; i++)
        (void)stream_narrow(stream, terms[i]);
    stream_start(stream, NULL);
    while ((place = stream_head(stream)) != NULL) {
        struct object_id id;
        struct object_stored state;
        if (o->looks >= OVERVIEW_LOOKS_MAX || work >= STREAM_WORK_MAX) {
            o->partial = true;
            break;
        }
        count_look(o);
        memcpy(id.b, place + 8, OBJECT_ID_BYTES);
        stream_step(stream);
        if (lookup_state(o->node, o->space.number, &id, &state) == MUSTER_OK && shown(&state) && !take(user, &id, &state))
            break;
    }
    free(stream);
}

void overview_where(struct overview *o, uint16_t kind_number, const char *field_name, const char *token, bool own,
                    overview_take *take, void *user)
{
    const struct kind *kind = kind_by_number(kind_number);
    const struct field *field = kind ? field_by_name(kind, field_name) : NULL;
    struct term terms[2];
    size_t count = 0;
    if (!field || !index_has(field))
        return;
    terms[count++] = core_term_value(o->node->core, field->number, (struct bytes){(const uint8_t *)token, strlen(token)});
    if (own)
        terms[count++] = core_term_value(o->node->core, INDEX_OWNER, (struct bytes){o->node->own.identity.agency.b, HASH_BYTES});
    overview_each(o, kind_number, terms, count, take, user);
}

struct namers {
    struct object_id at[NAMERS_BATCH];
    size_t count;
};

static bool take_namer(void *user, struct bytes key, struct bytes value)
{
    struct namers *n = user;
    (void)value;
    if (key.len == LINK_KEY_BYTES)
        memcpy(n->at[n->count++].b, key.at + LINK_SOURCE_AT, OBJECT_ID_BYTES);
    return n->count < NAMERS_BATCH;
}

void overview_naming(struct overview *o, const struct object_id *named, uint16_t kind, overview_take *take, void *user)
{
    const struct storage *storage = store_storage(o->node->store);
    struct namers n;
    uint8_t key[LINK_KEY_BYTES];
    size_t from = 0;
    put_be32(key, o->space.number);
    memcpy(key + LINK_TARGET_AT, named->b, OBJECT_ID_BYTES);
    do {
        n.count = 0;
        if (storage->scan(storage->self, T_LINK, (struct bytes){key, LINK_SOURCE_AT}, (struct bytes){key, from}, false, take_namer,
                          &n) != MUSTER_OK)
            return;
        for (size_t i = 0; i < n.count; i++) {
            struct object_stored state;
            if (from && i == 0 && memcmp(n.at[0].b, key + LINK_SOURCE_AT, OBJECT_ID_BYTES) == 0)
                continue; /* the last of the batch before */
            if (o->looks >= OVERVIEW_LOOKS_MAX) {
                o->partial = true;
                return;
            }
            count_look(o);
            if (lookup_state(o->node, o->space.number, &n.at[i], &state) == MUSTER_OK && (!kind || state.kind == kind) &&
                shown(&state) && !take(user, &n.at[i], &state))
                return;
        }
        if (n.count)
            memcpy(key + LINK_SOURCE_AT, n.at[n.count - 1].b, OBJECT_ID_BYTES);
        from = LINK_KEY_BYTES;
    } while (n.count == NAMERS_BATCH);
}

bool overview_own(const struct overview *o, const struct object_stored *state)
{
    return agency_id_eq(&state->owner, &o->node->own.identity.agency);
}

static const struct field *field_of(const struct object_stored *state, const char *name, struct pack_value *value)
{
    const struct kind *kind = kind_by_number(state->kind);
    const struct field *field = kind ? field_by_name(kind, name) : NULL;
    return field && pack_get(state->view, field->number, value) ? field : NULL;
}

const char *overview_text(const struct object_stored *state, const char *name, char *out, size_t size)
{
    struct pack_value value;
    const struct field *field = field_of(state, name, &value);
    out[0] = '\0';
    if (field)
        (void)field_text(field, &value, out, size);
    return out;
}

uint64_t overview_time(const struct object_stored *state, const char *name)
{
    struct pack_value value;
    struct time3339 time;
    bool there = field_of(state, name, &value) && value.type == PACK_TEXT &&
                 time3339_parse(&time, (const char *)value.u.run.at, value.u.run.len, NULL) == MUSTER_OK && time.ms > 0;
    return there ? (uint64_t)time.ms : 0;
}

bool overview_object(const struct object_stored *state, const char *name, struct object_id *out)
{
    struct pack_value value;
    if (!field_of(state, name, &value) || value.type != PACK_BYTES || value.u.run.len != OBJECT_ID_BYTES)
        return false;
    memcpy(out->b, value.u.run.at, OBJECT_ID_BYTES);
    return true;
}

bool overview_decimal(const struct object_stored *state, const char *name, int64_t *millionths)
{
    struct pack_value value;
    const struct field *field = field_of(state, name, &value);
    return field && field_number_value(field, &value, millionths);
}

const char *overview_title(const struct object_stored *state, char out[OVERVIEW_TITLE_BYTES])
{
    const struct kind *kind = kind_by_number(state->kind);
    const struct field *field = kind ? field_flagged(kind, FIELD_TITLE) : NULL;
    out[0] = '\0';
    if (field)
        (void)overview_text(state, field->name, out, OVERVIEW_TITLE_BYTES);
    return out;
}

json_t *overview_json(const struct overview *o, const struct object_id *id, const struct object_stored *state)
{
    char name[SHORT_ID_BYTES], title[OVERVIEW_TITLE_BYTES], number[16];
    short_id(name, state->kind, id, o->space.objects);
    overview_title(state, title);
    snprintf(number, sizeof(number), "#%u", state->kind);
    return json_pack("{s:o, s:s, s:s, s:o, s:o}", "id", json_hex(id->b, OBJECT_ID_BYTES), "short", name, "kind",
                     kind_name(state->kind) ? kind_name(state->kind) : number, "title", json_text(title, strlen(title)), "owner",
                     json_agency(o->node, &state->owner));
}
