#include "protocol/object/sound.h"

#include "base/pack.h"
#include "protocol/object/apply.h"
#include "protocol/object/indexed.h"
#include "protocol/object/links.h"
#include "protocol/object/story.h"

#include <string.h>

enum { SOUND_TIGHT_VALUE = 1024, STATE_BODY_BYTES = 96 };

static const struct field *state_field(uint16_t kind_number)
{
    const struct kind *kind = kind_by_number(kind_number);
    return kind && kind->flags & KIND_TWO_SIDES ? field_flagged(kind, FIELD_STATE) : NULL;
}

void sound_view(struct core *core, const struct space *space, const struct object_look *look, struct object_stored *state,
                uint8_t *room)
{
    const struct field *field = state->flags & OBJECT_JOINT && state->view.len ? state_field(state->kind) : NULL;
    struct story story;
    uint8_t body[STATE_BODY_BYTES];
    struct writer w = writer_over(body, sizeof(body));
    if (!field || core_object_story(core, space->number, look, &story) != MUSTER_OK)
        return;
    if (story.differs) {
        uint64_t mask = UINT64_C(1) << field->number;
        pack_map(&w, story.status ? 1 : 0);
        if (story.status) {
            pack_uint(&w, field->number);
            pack_text(&w, story.status, strlen(story.status));
        }
        struct bytes over = {body, writer_len(&w)};
        size_t len = object_view_merge(room, SOUND_VIEW_MAX, state->view, over, mask);
        if (!len)
            len = object_view_merge_tight(room, SOUND_VIEW_MAX, state->view, over, mask, SOUND_TIGHT_VALUE);
        state->written = state->view;
        state->view = (struct bytes){room, len};
    }
    story_free(&story);
}

bool sound_begins(uint16_t kind_number, bool joint, struct bytes body)
{
    const struct field *field = joint ? state_field(kind_number) : NULL;
    struct pack_value value;
    if (!field || !pack_get(body, field->number, &value) || value.type != PACK_TEXT)
        return true;
    int at = token_index(field->tokens, value.u.run.at, value.u.run.len);
    const struct kind_step *step = at < 0 ? NULL : kind_step_find(kind_by_number(kind_number), NULL, field->tokens[at]);
    return at < 0 || (step && step->who != PARTY_PARTNER);
}

/* --- when a request changes --------------------------------------------------------------------------------------- */

static bool take_any(void *user, struct bytes key, struct bytes value)
{
    bool *any = user;
    (void)value;
    *any = key.len == LINK_KEY_BYTES;
    return false;
}

void sound_change(struct core *core, const struct space *space, const struct object_id *object,
                  const struct object_stored *before, const struct object_stored *after)
{
    uint8_t key[WORD_DUE_KEY];
    bool any = false;
    if ((after ? after : before)->kind != KIND_REQUEST ||
        (before && after && agency_id_eq(&before->owner, &after->owner) && hash_eq(&before->term, &after->term)))
        return;
    index_due_key(key, STEPS_DUE, space->number, object);
    struct bytes named = {key + 4, OBJECT_KEY};
    (void)core->storage.scan(core->storage.self, T_LINK, named, named, false, take_any, &any);
    if (any && derive(core, T_WORD, key, sizeof(key), NULL, 0) == MUSTER_OK)
        core->indexing.steps_due = true;
}

struct due {
    bool is;
    uint8_t key[WORD_DUE_KEY], from[LINK_KEY_BYTES];
    bool goes_on; /* behind `from` */
    struct object_id at[SOUND_ROUND];
    size_t count;
};

static bool take_due(void *user, struct bytes key, struct bytes value)
{
    struct due *d = user;
    if (key.len != WORD_DUE_KEY)
        return true;
    d->is = true;
    memcpy(d->key, key.at, WORD_DUE_KEY);
    memcpy(d->from, key.at + 4, OBJECT_KEY);
    d->goes_on = value.len == OBJECT_ID_BYTES;
    if (d->goes_on)
        memcpy(d->from + LINK_SOURCE_AT, value.at, OBJECT_ID_BYTES);
    return false;
}

static bool take_source(void *user, struct bytes key, struct bytes value)
{
    struct due *d = user;
    (void)value;
    if (key.len == LINK_KEY_BYTES && !(d->goes_on && memcmp(key.at, d->from, LINK_KEY_BYTES) == 0))
        memcpy(d->at[d->count++].b, key.at + LINK_SOURCE_AT, OBJECT_ID_BYTES);
    return d->count < SOUND_ROUND;
}

/* Is the state that is stored the one that counts now? */
static bool still_sound(struct core *core, struct space *space, const struct object_id *object, const struct object_stored *state)
{
    struct object_look look;
    struct story story;
    struct pack_value value;
    const struct field *field = state_field(state->kind);
    bool sound = true, has = pack_get(state->view, field->number, &value) && value.type == PACK_TEXT;
    bool unsound = object_stored_unsound(state);
    char token[STATE_BODY_BYTES] = "";
    if (has && value.u.run.len < sizeof(token)) /* the look ends what is borrowed */
        memcpy(token, value.u.run.at, value.u.run.len);
    if (core_object_look(core, space->number, object, &look) != MUSTER_OK)
        return true;
    if (core_object_story(core, space->number, &look, &story) == MUSTER_OK) {
        sound = story.differs == unsound && (!unsound || strcmp(story.status ? story.status : "", token) == 0);
        story_free(&story);
    }
    object_look_free(&look);
    return sound;
}

/* Its records, to be counted; 0 when it is no delivery that this is about. */
static size_t judge_again(struct core *core, struct space *space, const struct object_id *object)
{
    struct object_stored state;
    if (object_state(core, space, object, &state) != MUSTER_OK || !(state.flags & OBJECT_JOINT) || !state_field(state.kind))
        return 0;
    size_t records = state.revision;
    if (!still_sound(core, space, object, &state))
        apply_again(core, space, object);
    return records;
}

void sound_catch_up(struct core *core)
{
    struct due d = {.is = false};
    uint8_t first[4];
    size_t done = 0, records = 0;
    if (!core->indexing.steps_due)
        return;
    put_be32(first, STEPS_DUE);
    struct bytes all = {first, sizeof(first)};
    enum muster_error error = core->storage.scan(core->storage.self, T_WORD, all, all, false, take_due, &d);
    core->indexing.steps_due = error || d.is;
    uint32_t number = d.is ? get_be32(d.key + 4) : UINT32_MAX;
    struct bytes named = {d.from, OBJECT_KEY}, from = {d.from, d.goes_on ? LINK_KEY_BYTES : OBJECT_KEY};
    if (number < core->space_count)
        error = core->storage.scan(core->storage.self, T_LINK, named, from, false, take_source, &d);
    if (error || !d.is)
        return;
    while (done < d.count && records < SOUND_RECORDS)
        records += judge_again(core, core->spaces[number], &d.at[done++]);
    if (done < d.count || d.count == SOUND_ROUND)
        (void)derive(core, T_WORD, d.key, sizeof(d.key), d.at[done - 1].b, OBJECT_ID_BYTES);
    else
        (void)underive(core, T_WORD, d.key, sizeof(d.key));
}
