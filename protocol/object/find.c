#include "protocol/object/find_terms.h"

#include "protocol/object/apply.h"
#include "protocol/object/indexed.h"
#include "protocol/object/view.h"

#include <stdlib.h>

/* --- when a state changes --------------------------------------------------------------------------------------------- */

static void find_key(uint8_t out[INDEX_TOKEN_KEY], uint32_t space, uint16_t kind, const struct term *term, uint64_t changed,
                     const struct object_id *object)
{
    put_be32(out, space);
    out[4] = (uint8_t)(kind >> 8);
    out[5] = (uint8_t)kind;
    out[6] = INDEX_FIND;
    memcpy(out + 7, term->b, TERM_BYTES);
    put_be64(out + INDEX_TOKEN_PREFIX, changed);
    memcpy(out + INDEX_TOKEN_PREFIX + 8, object->b, OBJECT_ID_BYTES);
}

static bool found_by_nothing(const struct object_stored *state)
{
    struct view_walk walk = view_walk_of(state->kind, state->view);
    struct pack_value value;
    for (const struct field *field; (field = view_walk_next(&walk, &value)) != NULL;)
        if (find_field(field))
            return false;
    return true;
}

static void forget(struct core *core, uint32_t space, const struct object_id *object, const struct object_stored *state,
                   uint64_t changed)
{
    uint8_t key[INDEX_TOKEN_KEY];
    struct own_terms terms;
    own_terms_of(&terms, core, state->kind, state->view);
    for (size_t i = 0; i < terms.count; i++) {
        find_key(key, space, state->kind, &terms.at[i], changed, object);
        (void)underive(core, T_INDEX, key, sizeof(key));
    }
}

void find_change(struct core *core, const struct space *space, const struct object_id *object, const struct object_stored *before,
                 const struct object_stored *after)
{
    uint8_t due[WORD_DUE_KEY], old[8];
    struct bytes known;
    if (!before || (found_by_nothing(before) && (!after || found_by_nothing(after))))
        return; /* a new object waits for its words, and for this with them */
    index_due_key(due, FIND_DUE, space->number, object);
    bool waits = core->storage.get(core->storage.self, T_WORD, (struct bytes){due, sizeof(due)}, &known) == MUSTER_OK;
    uint64_t stands = waits && known.len == 8 ? get_be64(known.at) : 0;
    if (after && after->kind == before->kind && view_same(before, after, find_field)) {
        if (waits || (after->changed == before->changed && index_tokens_same(before, after)))
            return; /* it waits already, and is found at its old place, or at the same */
        put_be64(old, before->changed);
        if (derive(core, T_WORD, due, sizeof(due), old, sizeof(old)) == MUSTER_OK)
            core->indexing.words_due = true;
        return;
    }
    forget(core, space->number, object, before, before->changed);
    if (stands && stands != before->changed)
        forget(core, space->number, object, before, stands);
    if (after) {
        (void)derive(core, T_WORD, due, sizeof(due), NULL, 0);
        core->indexing.words_due = true;
    } else if (waits) {
        (void)underive(core, T_WORD, due, sizeof(due));
    }
}

/* --- what was put off ---------------------------------------------------------------------------------------------------- */

static void batch_add(struct find_batch *batch, const uint8_t *key, const struct own_terms *terms,
                      const struct token_bits *tokens, bool placed, bool gone)
{
    if (batch->count == batch->size) {
        size_t size = batch->size ? 2 * batch->size : 256;
        struct find_entry *bigger = realloc(batch->at, size * sizeof(*bigger));
        if (!bigger) {
            batch->failed = true;
            return;
        }
        batch->at = bigger;
        batch->size = size;
    }
    struct find_entry *entry = &batch->at[batch->count++];
    memcpy(entry->key, key, INDEX_TOKEN_KEY);
    entry->len = placed ? FIND_VALUE_MAX : FIND_TOKENS_BYTES;
    entry->gone = gone;
    if (placed)
        find_box_write(entry->value, &terms->box);
    put_be64(entry->value + entry->len - FIND_TOKENS_BYTES, tokens->half[0]);
    put_be64(entry->value + entry->len - FIND_TOKENS_BYTES + 8, tokens->half[1]);
}

void find_batch_note(struct find_batch *batch, struct core *core, uint32_t space, const struct object_id *object,
                     const struct object_stored *state, uint64_t stands)
{
    uint8_t key[INDEX_TOKEN_KEY];
    struct own_terms terms;
    own_terms_of(&terms, core, state->kind, state->view);
    struct token_bits tokens = {{0, 0}};
    if (terms.count)
        tokens = index_tokens(core, state);
    for (size_t i = 0; i < terms.count; i++) {
        if (stands && stands != state->changed) {
            find_key(key, space, state->kind, &terms.at[i], stands, object);
            batch_add(batch, key, &terms, &tokens, false, true);
        }
        find_key(key, space, state->kind, &terms.at[i], state->changed, object);
        batch_add(batch, key, &terms, &tokens, terms.placed[i] && terms.boxed, false);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct find_entry *x = a, *y = b;
    int order = memcmp(x->key, y->key, INDEX_TOKEN_KEY);
    return order ? order : (int)y->gone - (int)x->gone; /* what is there in the end comes last */
}

void find_batch_write(struct find_batch *batch, struct core *core)
{
    if (batch->count)
        qsort(batch->at, batch->count, sizeof(*batch->at), by_key);
    for (size_t i = 0; i < batch->count; i++) {
        const struct find_entry *entry = &batch->at[i];
        if (entry->gone)
            (void)underive(core, T_INDEX, entry->key, sizeof(entry->key));
        else
            (void)derive(core, T_INDEX, entry->key, sizeof(entry->key), entry->value, entry->len);
    }
    free(batch->at);
    *batch = (struct find_batch){.count = 0};
}

/* --- an index for objects of before -------------------------------------------------------------------------------------- */

enum { FIND_VERSION = 3, FIND_MARK = 1 + OBJECT_KEY }; /* another version: it is made anew, beside the old entries */

static void mark(struct core *core)
{
    uint8_t value[FIND_MARK] = {FIND_VERSION};
    memcpy(value + 1, core->indexing.find_at, OBJECT_KEY);
    (void)derive(core, T_APPLIED, "find", 4, value, core->indexing.find_building ? sizeof(value) : 1);
}

void find_load(struct core *core, bool anew)
{
    struct bytes value;
    memset(core->indexing.find_at, 0, sizeof(core->indexing.find_at));
    core->indexing.find_building = false;
    if (!anew) {
        bool known = core->storage.get(core->storage.self, T_APPLIED, (struct bytes){(const uint8_t *)"find", 4}, &value) ==
                         MUSTER_OK && (value.len == 1 || value.len == FIND_MARK) && value.at[0] == FIND_VERSION;
        core->indexing.find_building = !known || value.len == FIND_MARK;
        if (known && value.len == FIND_MARK)
            memcpy(core->indexing.find_at, value.at + 1, OBJECT_KEY);
        return;
    }
    mark(core);
}

struct slice {
    uint8_t at[FIND_SLICE][OBJECT_KEY];
    size_t count;
    const uint8_t *behind;
};

static bool take_object(void *user, struct bytes key, struct bytes value)
{
    struct slice *s = user;
    (void)value;
    if (key.len == OBJECT_KEY && memcmp(key.at, s->behind, OBJECT_KEY) != 0)
        memcpy(s->at[s->count++], key.at, OBJECT_KEY);
    return s->count < FIND_SLICE;
}

void find_build(struct core *core)
{
    struct slice *s = core->indexing.find_building ? malloc(sizeof(*s)) : NULL;
    struct find_batch batch = {.count = 0};
    if (!s)
        return;
    s->count = 0;
    s->behind = core->indexing.find_at;
    if (core->storage.scan(core->storage.self, T_OBJECT, (struct bytes){NULL, 0}, (struct bytes){core->indexing.find_at, OBJECT_KEY}, false,
                           take_object, s) == MUSTER_OK) {
        for (size_t i = 0; i < s->count; i++) {
            struct bytes value;
            struct object_stored state;
            struct object_id object;
            memcpy(object.b, s->at[i] + 4, OBJECT_ID_BYTES);
            if (core->storage.get(core->storage.self, T_OBJECT, (struct bytes){s->at[i], OBJECT_KEY}, &value) == MUSTER_OK &&
                object_stored_read(&state, value) == MUSTER_OK && !(state.flags & OBJECT_ORPHAN))
                find_batch_note(&batch, core, get_be32(s->at[i]), &object, &state, 0);
        }
        if (!batch.failed) {
            if (s->count)
                memcpy(core->indexing.find_at, s->at[s->count - 1], OBJECT_KEY);
            core->indexing.find_building = s->count == FIND_SLICE;
            mark(core);
            core->counters.objects_indexed += s->count;
        }
    }
    find_batch_write(&batch, core);
    free(s);
}

bool core_finds_ready(const struct core *core)
{
    return !core->indexing.find_building && !core->indexing.words_due;
}
