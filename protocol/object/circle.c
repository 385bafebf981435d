#include "protocol/object/circle.h"

#include "protocol/kinds/kinds.h"
#include "protocol/kinds/link.h"
#include "protocol/object/apply.h"
#include "protocol/object/circle_inner.h"
#include "protocol/object/indexed.h"
#include "protocol/object/links.h"
#include "protocol/object/succession.h"
#include "protocol/object/view.h"

#include <stdlib.h>
#include <string.h>

enum { NOTE_KEY = 1 + OBJECT_KEY, SOURCES_BATCH = 64 };

struct stop { /* an object that the walk has come by */
    struct object_id object;
    uint32_t from; /* the stop before it */
};

struct round { /* one walk along one chain */
    struct core *core;
    const struct space *space;
    const struct object_id *self; /* NULL: not made yet */
    uint16_t kind;
    struct bytes body; /* its links */
    const struct circle_beside *beside;
    uint8_t chain;
    bool found;
    uint32_t last; /* the stop that leads back */
    size_t count, looks;
    struct stop at[CIRCLE_WALK_MAX]; /* [0] is where it begins */
};

/* --- the links of a body that belong to a chain --------------------------------------------------------------- */

bool circle_chained(uint16_t kind_number, struct bytes body, circle_each_link *take, void *user)
{
    const struct kind *kind = kind_by_number(kind_number);
    bool goes_on = true;
    for (size_t i = 0; kind && i < kind->count && goes_on; i++) {
        struct pack_value value;
        struct link_walk walk;
        struct bytes role, named;
        if (kind->fields[i].type != FIELD_LINKS || !pack_get(body, kind->fields[i].number, &value))
            continue;
        link_walk_start(&walk, &kind->fields[i], &value);
        while (goes_on && link_walk_next(&walk, &role, &named)) {
            struct object_id other;
            bool reversed;
            uint8_t chain = link_chain_of(role, &reversed);
            memcpy(other.b, named.at, OBJECT_ID_BYTES);
            goes_on = chain == LINK_NO_CHAIN || take(user, chain, reversed, &other);
        }
    }
    return goes_on;
}

static bool take_chain(void *user, uint8_t chain, bool reversed, const struct object_id *other)
{
    uint32_t *chains = user;
    *chains |= UINT32_C(1) << chain;
    return true;
}

static uint32_t chains_of(uint16_t kind, struct bytes body)
{
    uint32_t chains = 0;
    (void)circle_chained(kind, body, take_chain, &chains);
    return chains;
}

/* --- walking ----------------------------------------------------------------------------------------------------- */

static void come_to(struct round *r, uint32_t from, const struct object_id *object)
{
    if (r->self && object_id_eq(object, r->self)) {
        r->found = true;
        r->last = from;
        return;
    }
    for (size_t i = 1; i < r->count; i++)
        if (object_id_eq(&r->at[i].object, object))
            return;
    if (r->count < CIRCLE_WALK_MAX)
        r->at[r->count++] = (struct stop){*object, from};
}

struct leaving {
    struct round *round;
    uint32_t from;
    const struct object_id *only; /* reversed links that name it, alone; NULL: links that lead on */
    bool is;
};

static bool take_onward(void *user, uint8_t chain, bool reversed, const struct object_id *other)
{
    struct leaving *l = user;
    if (chain != l->round->chain)
        return true;
    if (!l->only && !reversed)
        come_to(l->round, l->from, other);
    l->is |= l->only && reversed && object_id_eq(other, l->only);
    return !l->round->found && !l->is;
}

/* The state of an object whose links count; it is borrowed. */
static bool state_now(const struct core *core, const struct space *space, const struct object_id *object, struct object_stored *out)
{
    return object_state(core, space, object, out) == MUSTER_OK && !(out->flags & (OBJECT_ORPHAN | OBJECT_RETRACTED));
}

/* The links of an object, as it is stored and as it is about to be. */
static void links_of(struct round *r, const struct object_id *object, circle_each_link *take, void *user)
{
    struct object_stored state;
    bool goes_on, replaced = circle_beside_links(r->beside, object, take, user, &goes_on);
    if (goes_on && !replaced && state_now(r->core, r->space, object, &state))
        (void)circle_chained(state.kind, state.view, take, user);
}

/* Does the source say that it comes from the object?  Then it is a stop behind it. */
static void come_back_to(struct round *r, uint32_t from, const struct object_id *object, const struct object_id *source)
{
    struct leaving l = {r, from, object, false};
    if ((r->self && object_id_eq(source, r->self)) || r->looks++ >= CIRCLE_LOOKS_MAX)
        return; /* what the object itself says is looked at by itself */
    links_of(r, source, take_onward, &l);
    if (l.is)
        come_to(r, from, source);
}

struct sources {
    uint8_t last[LINK_KEY_BYTES];
    bool goes_on;
    struct object_id at[SOURCES_BATCH];
    size_t count;
};

static bool take_source(void *user, struct bytes key, struct bytes value)
{
    struct sources *s = user;
    (void)value;
    if (key.len != LINK_KEY_BYTES || (s->goes_on && memcmp(key.at, s->last, LINK_KEY_BYTES) == 0))
        return true;
    memcpy(s->at[s->count++].b, key.at + LINK_SOURCE_AT, OBJECT_ID_BYTES);
    memcpy(s->last, key.at, LINK_KEY_BYTES);
    return s->count < SOURCES_BATCH;
}

/* Those that say of themselves what others say of what they lead to: secondary to it, which causes them. */
static void come_back_from(struct round *r, uint32_t from, const struct object_id *object)
{
    struct sources s = {.goes_on = false};
    const struct object_id *source;
    uint32_t cursor = 0;
    uint8_t key[LINK_SOURCE_AT];
    while (!r->found && (source = circle_beside_naming(r->beside, object, &cursor)) != NULL)
        come_back_to(r, from, object, source);
    put_be32(key, r->space->number);
    memcpy(key + LINK_TARGET_AT, object->b, OBJECT_ID_BYTES);
    struct bytes under = {key, sizeof(key)};
    do {
        s.count = 0;
        struct bytes start = s.goes_on ? (struct bytes){s.last, sizeof(s.last)} : under;
        if (r->core->storage.scan(r->core->storage.self, T_LINK, under, start, false, take_source, &s) != MUSTER_OK)
            return;
        s.goes_on = true;
        for (size_t i = 0; i < s.count && !r->found; i++)
            come_back_to(r, from, object, &s.at[i]);
    } while (s.count == SOURCES_BATCH && r->looks < CIRCLE_LOOKS_MAX && !r->found);
}

static void leave(struct round *r, uint32_t from)
{
    struct leaving on = {r, from, NULL, false}, back = {r, from, &r->at[from].object, false};
    if (!from) {
        (void)circle_chained(r->kind, r->body, take_onward, &on);
    } else {
        if (r->looks++ < CIRCLE_LOOKS_MAX)
            links_of(r, &r->at[from].object, take_onward, &on);
        if (!r->found)
            (void)circle_chained(r->kind, r->body, take_onward, &back);
        if (back.is) { /* the object says that it comes from there */
            r->found = true;
            r->last = from;
        }
    }
    if (!r->found && link_chain_has_reversed(r->chain) && (from || r->self))
        come_back_from(r, from, from ? &r->at[from].object : r->self);
}

static bool walk(struct round *r, struct circle *out)
{
    for (uint32_t i = 0; i < r->count && !r->found; i++)
        leave(r, i);
    if (!r->found)
        return false;
    size_t length = 1;
    for (uint32_t at = r->last; at; at = r->at[at].from)
        length++;
    if (length > CIRCLE_OBJECTS_MAX)
        return false;
    out->chain = r->chain;
    out->count = length;
    for (uint32_t at = r->last; at; at = r->at[at].from)
        out->at[--length] = r->at[at].object;
    out->at[0] = r->self ? *r->self : (struct object_id){{0}};
    return true;
}

/* As core_circle_find; *looks grows by the objects that were looked at. */
static bool find(struct core *core, const struct space *space, const struct object_id *object, uint16_t kind, struct bytes body,
                 const struct circle_beside *beside, struct circle *out, size_t *looks)
{
    uint32_t chains = chains_of(kind, body);
    struct round *r = chains ? malloc(sizeof(*r)) : NULL;
    bool found = false;
    for (uint8_t chain = 1; r && chain < LINK_CHAINS && !found; chain++) {
        if (!(chains >> chain & 1))
            continue;
        r->core = core;
        r->space = space;
        r->self = object;
        r->kind = kind;
        r->body = body;
        r->beside = beside;
        r->chain = chain;
        r->found = false;
        r->looks = 0;
        r->count = 1;
        r->at[0] = (struct stop){object ? *object : (struct object_id){{0}}, 0};
        found = walk(r, out);
        *looks += r->looks + r->count;
    }
    free(r);
    return found;
}

bool core_circle_find(struct core *core, uint32_t space, const struct object_id *object, uint16_t kind, struct bytes body,
                      const struct circle_beside *beside, struct circle *out)
{
    size_t looks = 0;
    return space < core->space_count && find(core, core->spaces[space], object, kind, body, beside, out, &looks);
}

/* --- notes of them ------------------------------------------------------------------------------------------------- */

static bool is_links(const struct field *field)
{
    return field->type == FIELD_LINKS;
}

static void note_key(uint8_t out[NOTE_KEY], const struct space *space, const struct object_id *object)
{
    out[0] = 'c';
    object_key(out + 1, space, object);
}

/* Has another one taken its place, or given it back? */
static bool succession_changed(const struct object_stored *before, const struct object_stored *after)
{
    bool was = before && before->flags & OBJECT_SUPERSEDED, is = after && after->flags & OBJECT_SUPERSEDED;
    return was != is || (is && (before->head_count != after->head_count ||
                                memcmp(before->heads, after->heads, after->head_count * sizeof(after->heads[0])) != 0));
}

void circle_change(struct core *core, const struct space *space, const struct object_id *object,
                   const struct object_stored *before, const struct object_stored *after)
{
    uint8_t key[WORD_DUE_KEY];
    bool was = before && !(before->flags & OBJECT_RETRACTED) && chains_of(before->kind, before->view);
    bool is = after && !(after->flags & OBJECT_RETRACTED) && chains_of(after->kind, after->view);
    bool links = (was || is) && !(was && is && before->kind == after->kind && view_same(before, after, is_links));
    if (!links && !succession_changed(before, after))
        return;
    index_due_key(key, CIRCLE_DUE, space->number, object);
    if (derive(core, T_WORD, key, sizeof(key), NULL, 0) == MUSTER_OK)
        core->indexing.circles_due = true;
}

struct due {
    uint8_t at[CIRCLE_ROUND][WORD_DUE_KEY];
    size_t count;
};

static bool take_due(void *user, struct bytes key, struct bytes value)
{
    struct due *d = user;
    (void)value;
    if (key.len == WORD_DUE_KEY)
        memcpy(d->at[d->count++], key.at, WORD_DUE_KEY);
    return d->count < CIRCLE_ROUND;
}

/* The objects looked at. */
static size_t walk_from(struct core *core, const uint8_t due[WORD_DUE_KEY])
{
    uint32_t number = get_be32(due + 4);
    struct object_id object;
    struct object_stored state;
    struct circle circle;
    uint8_t key[NOTE_KEY];
    size_t looks = 1;
    if (number >= core->space_count)
        return looks;
    memcpy(object.b, due + 8, OBJECT_ID_BYTES);
    note_key(key, core->spaces[number], &object);
    bool is = state_now(core, core->spaces[number], &object, &state) &&
              find(core, core->spaces[number], &object, state.kind, state.view, NULL, &circle, &looks);
    if (object_state(core, core->spaces[number], &object, &state) == MUSTER_OK && state.flags & OBJECT_SUPERSEDED) {
        looks += SUCCESSION_MAX;
        succession_note(core, number, &object);
        is |= core_succession_circle(core, number, &object, &circle);
    }
    if (is)
        (void)derive(core, T_APPLIED, key, sizeof(key), NULL, 0);
    else
        (void)underive(core, T_APPLIED, key, sizeof(key));
    return looks;
}

void circle_catch_up(struct core *core)
{
    struct due d = {.count = 0};
    uint8_t first[4];
    size_t looks = 0;
    if (!core->indexing.circles_due)
        return;
    put_be32(first, CIRCLE_DUE);
    struct bytes all = {first, sizeof(first)};
    enum muster_error error = core->storage.scan(core->storage.self, T_WORD, all, all, false, take_due, &d);
    core->indexing.circles_due = error || d.count;
    for (size_t i = 0; i < d.count && looks < CIRCLE_LOOKS_MAX; i++) {
        looks += walk_from(core, d.at[i]);
        (void)underive(core, T_WORD, d.at[i], WORD_DUE_KEY);
    }
}

struct notes {
    struct object_id at[CIRCLE_NOTES_MAX];
    size_t count;
};

static bool take_note(void *user, struct bytes key, struct bytes value)
{
    struct notes *n = user;
    (void)value;
    if (key.len == NOTE_KEY)
        memcpy(n->at[n->count++].b, key.at + 1 + 4, OBJECT_ID_BYTES);
    return n->count < CIRCLE_NOTES_MAX;
}

/* Is it one of those that were told already?  Its objects are the same, from wherever it was walked. */
static bool is_told(const struct circle *told, size_t count, const struct circle *circle)
{
    for (size_t i = 0; i < count; i++) {
        bool same = told[i].chain == circle->chain && told[i].count == circle->count;
        for (size_t k = 0; same && k < circle->count; k++) {
            size_t m = 0;
            while (m < circle->count && !object_id_eq(&told[i].at[m], &circle->at[k]))
                m++;
            same = m < circle->count;
        }
        if (same)
            return true;
    }
    return false;
}

void core_circles(struct core *core, uint32_t space, circle_take *take, void *user)
{
    uint8_t prefix[5] = {'c'};
    struct notes *notes = space < core->space_count ? calloc(1, sizeof(*notes)) : NULL;
    struct circle *told = notes ? malloc(CIRCLES_MAX * sizeof(*told)) : NULL;
    size_t count = 0;
    put_be32(prefix + 1, space);
    struct bytes under = {prefix, sizeof(prefix)};
    if (told && core->storage.scan(core->storage.self, T_APPLIED, under, under, false, take_note, notes) == MUSTER_OK)
        for (size_t i = 0; i < 2 * notes->count && count < CIRCLES_MAX; i++) {
            const struct object_id *object = &notes->at[i / 2];
            struct object_stored state;
            bool is = i % 2 ? core_succession_circle(core, space, object, &told[count])
                            : state_now(core, core->spaces[space], object, &state) &&
                                  core_circle_find(core, space, object, state.kind, state.view, NULL, &told[count]);
            if (is && !is_told(told, count, &told[count]) && !take(user, &told[count++]))
                break;
        }
    free(told);
    free(notes);
}
