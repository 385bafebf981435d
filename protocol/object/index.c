#include "protocol/object/index.h"

#include "protocol/object/apply.h"
#include "protocol/object/circle_inner.h"
#include "protocol/object/find.h"
#include "protocol/object/indexed.h"
#include "protocol/object/sound.h"
#include "protocol/object/view.h"
#include "protocol/object/words.h"

#include <stdlib.h>

bool index_has(const struct field *field)
{
    return (field->type == FIELD_TOKEN || field->type == FIELD_TOKENS) && field->flags & (FIELD_LIST | FIELD_STATE);
}

/* Tokens and owners are few, and a hash is dear: the terms of values seen lately are kept. */
enum { TERM_ROWS = 512, TERM_ROW_BYTES = 33 };

struct term_row {
    bool is;
    uint8_t what, len, value[TERM_ROW_BYTES];
    struct term term;
};

/* The key of all terms is the node's own: nobody who has the files alone can try words. */
void index_start(struct core *core)
{
    core->indexing.words_due = true; /* what an earlier life has left */
    core->indexing.steps_due = core->indexing.circles_due = true;
    struct hash key = crypto_hash1("muster/1/term-key", core->config.sign_secret.b, sizeof(core->config.sign_secret.b));
    memcpy(core->indexing.term_key, key.b, sizeof(core->indexing.term_key));
    crypto_wipe(&key, sizeof(key));
    core->indexing.term_rows = calloc(TERM_ROWS, sizeof(*core->indexing.term_rows));
}

static struct term term_make(const struct core *core, uint8_t what, struct bytes value)
{
    struct bytes parts[] = {{core->indexing.term_key, sizeof(core->indexing.term_key)}, {&what, 1}, value};
    struct hash hash = crypto_hash_parts("muster/1/term", parts, ARRAY_LEN(parts));
    struct term term;
    memcpy(term.b, hash.b, TERM_BYTES);
    return term;
}

static struct term term_of(const struct core *core, uint8_t what, struct bytes value)
{
    if (!core->indexing.term_rows || value.len > TERM_ROW_BYTES)
        return term_make(core, what, value);
    struct term_row *row = &core->indexing.term_rows[bytes_place(what, value.at, value.len) % TERM_ROWS];
    if (row->is && row->what == what && row->len == value.len && (!value.len || memcmp(row->value, value.at, value.len) == 0))
        return row->term;
    *row = (struct term_row){.is = true, .what = what, .len = (uint8_t)value.len, .term = term_make(core, what, value)};
    if (value.len)
        memcpy(row->value, value.at, value.len);
    return row->term;
}

struct term core_term_value(const struct core *core, uint8_t field, struct bytes value)
{
    return term_of(core, field, value);
}

struct term core_term_flag(const struct core *core, uint16_t flag)
{
    uint8_t value[2];
    put_le16(value, flag);
    return term_of(core, INDEX_FLAG, (struct bytes){value, sizeof(value)});
}

enum { TERM_WORD = 0xfe }; /* 0xf6 to 0xfc: find.c */

struct term core_term_word(const struct core *core, struct bytes word)
{
    return term_of(core, TERM_WORD, word);
}

static bool is_searched(const struct field *field)
{
    return field->flags & (FIELD_SEARCH | FIELD_TITLE);
}

/* --- tokens ------------------------------------------------------------------------------------------------- */

typedef void token_take(void *user, uint8_t field, struct bytes value);

struct token_note {
    struct core *core;
    const struct space *space;
    const struct object_id *object;
    const struct object_stored *state;
    bool forget;
};

static void note_token(void *user, uint8_t field, struct bytes value)
{
    const struct token_note *n = user;
    uint8_t key[INDEX_TOKEN_KEY];
    struct term term = core_term_value(n->core, field, value);
    put_be32(key, n->space->number);
    key[4] = (uint8_t)(n->state->kind >> 8);
    key[5] = (uint8_t)n->state->kind;
    key[6] = INDEX_TOKEN;
    memcpy(key + 7, term.b, TERM_BYTES);
    put_be64(key + INDEX_TOKEN_PREFIX, n->state->changed);
    memcpy(key + INDEX_TOKEN_PREFIX + 8, n->object->b, OBJECT_ID_BYTES);
    if (n->forget)
        (void)underive(n->core, T_INDEX, key, sizeof(key));
    else
        (void)derive(n->core, T_INDEX, key, sizeof(key), NULL, 0);
}

static void each_token(const struct object_stored *state, token_take *take, void *user)
{
    take(user, INDEX_OWNER, (struct bytes){state->owner.b, HASH_BYTES});
    struct view_walk walk = view_walk_of(state->kind, state->view);
    struct pack_value value, each;
    for (const struct field *field; (field = view_walk_next(&walk, &value)) != NULL;) {
        if (!index_has(field))
            continue;
        if (value.type == PACK_TEXT)
            take(user, field->number, value.u.run);
        struct cursor c = cursor_over(value.whole.at, value.whole.len);
        size_t items = 0;
        if (value.type == PACK_ARRAY && pack_next(&c, &each, true))
            while (items++ < FIELD_ITEMS && pack_next(&c, &each, false)) /* what others wrote may be longer */
                if (each.type == PACK_TEXT)
                    take(user, field->number, each.u.run);
    }
}

static void note_tokens(struct token_note *n)
{
    each_token(n->state, note_token, n);
    for (uint16_t flag = 1; flag && flag <= INDEX_FLAGS; flag = (uint16_t)(flag << 1)) {
        uint8_t value[2];
        put_le16(value, flag);
        if (flag & INDEX_FLAGS & n->state->flags)
            note_token(n, INDEX_FLAG, (struct bytes){value, sizeof(value)});
    }
}

struct token_gather {
    struct core *core;
    struct token_bits bits;
};

static void add_bits(void *user, uint8_t field, struct bytes value)
{
    struct token_gather *g = user;
    token_bits_add(&g->bits, core_term_value(g->core, field, value));
}

struct token_bits index_tokens(struct core *core, const struct object_stored *state)
{
    struct token_gather g = {core, {{0, 0}}};
    each_token(state, add_bits, &g);
    return g.bits;
}

bool index_tokens_same(const struct object_stored *a, const struct object_stored *b)
{
    return a->kind == b->kind && agency_id_eq(&a->owner, &b->owner) && view_same(a, b, index_has);
}

/* Do both states stand at the same places of the index? */
static bool same_tokens(const struct object_stored *a, const struct object_stored *b)
{
    return a->changed == b->changed && !((a->flags ^ b->flags) & INDEX_FLAGS) && index_tokens_same(a, b);
}

/* --- words -------------------------------------------------------------------------------------------------------- */

void index_texts(uint16_t kind_number, struct bytes view, index_text *take, void *user)
{
    struct view_walk walk = view_walk_of(kind_number, view);
    struct pack_value value, each;
    for (const struct field *field; (field = view_walk_next(&walk, &value)) != NULL;) {
        if (!is_searched(field))
            continue;
        if (value.type == PACK_TEXT)
            take(user, field, value.u.run);
        struct cursor c = cursor_over(value.whole.at, value.whole.len);
        size_t items = 0;
        if (value.type == PACK_ARRAY && pack_next(&c, &each, true))
            while (items++ < FIELD_ITEMS && pack_next(&c, &each, false))
                if (each.type == PACK_TEXT)
                    take(user, field, each.u.run);
    }
}

static bool same_texts(const struct object_stored *a, const struct object_stored *b)
{
    return a->kind == b->kind && view_same(a, b, is_searched);
}

/* What words are gathered into: keys of T_WORD, to be noted or forgotten in their order. */
struct word_keys {
    const struct core *core;
    const struct space *space;
    const struct object_id *object;
    uint8_t (*at)[WORD_KEY];
    size_t count, size;
    size_t of_object; /* of this one so far */
};

enum { WORDS_OF_OBJECT_MAX = 16384 }; /* more than the searched texts of one object have, unless somebody means harm */

static bool take_word(void *user, struct bytes word)
{
    struct word_keys *k = user;
    if (k->count == k->size) {
        size_t size = k->size ? k->size * 2 : 256;
        uint8_t(*bigger)[WORD_KEY] = realloc(k->at, size * sizeof(*bigger));
        if (!bigger)
            return false;
        k->at = bigger;
        k->size = size;
    }
    struct term term = core_term_word(k->core, word);
    put_be32(k->at[k->count], k->space->number);
    memcpy(k->at[k->count] + 4, term.b, TERM_BYTES);
    memcpy(k->at[k->count] + WORD_PREFIX, k->object->b, OBJECT_ID_BYTES);
    k->count++;
    return ++k->of_object < WORDS_OF_OBJECT_MAX;
}

static void take_text(void *user, const struct field *field, struct bytes text)
{
    (void)field;
    struct word_keys *k = user;
    if (k->of_object < WORDS_OF_OBJECT_MAX)
        words_walk(text, false, take_word, k);
}

void index_due_key(uint8_t out[WORD_DUE_KEY], uint32_t what, uint32_t space, const struct object_id *object)
{
    put_be32(out, what);
    put_be32(out + 4, space);
    memcpy(out + 8, object->b, OBJECT_ID_BYTES);
}

static void forget_words(struct core *core, const struct space *space, const struct object_id *object,
                         const struct object_stored *state)
{
    struct word_keys keys = {.core = core, .space = space, .object = object};
    index_texts(state->kind, state->view, take_text, &keys);
    for (size_t i = 0; i < keys.count; i++)
        (void)underive(core, T_WORD, keys.at[i], WORD_KEY);
    free(keys.at);
}

/* --- when a state changes ---------------------------------------------------------------------------------------- */

void index_change(struct core *core, const struct space *space, const struct object_id *object,
                  const struct object_stored *before, const struct object_stored *after)
{
    uint8_t due[WORD_DUE_KEY];
    find_change(core, space, object, before, after);
    sound_change(core, space, object, before, after);
    circle_change(core, space, object, before, after);
    if (!before || !after || !same_tokens(before, after)) {
        struct token_note n = {core, space, object, before, true};
        if (before)
            note_tokens(&n);
        n.state = after;
        n.forget = false;
        if (after)
            note_tokens(&n);
    }
    if (before && after && same_texts(before, after))
        return;
    index_due_key(due, WORDS_DUE, space->number, object);
    if (before)
        forget_words(core, space, object, before);
    if (after) {
        (void)derive(core, T_WORD, due, sizeof(due), NULL, 0);
        core->indexing.words_due = true;
    } else {
        (void)underive(core, T_WORD, due, sizeof(due));
    }
}

struct due_objects {
    uint8_t at[INDEX_PUMP_TICK][WORD_DUE_KEY];
    uint64_t stands[INDEX_PUMP_TICK]; /* of those that wait for find.c alone */
    size_t count, most; /* of this round */
};

static bool take_due(void *user, struct bytes key, struct bytes value)
{
    struct due_objects *d = user;
    if (key.len == WORD_DUE_KEY) {
        d->stands[d->count] = value.len == 8 ? get_be64(value.at) : 0;
        memcpy(d->at[d->count++], key.at, WORD_DUE_KEY);
    }
    return d->count < d->most;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, WORD_KEY);
}

/* The state of one that waits; false when there is nothing to note of it. */
static bool due_state(const struct core *core, const uint8_t *due, struct object_stored *out)
{
    struct bytes value; /* behind the first four bytes stands the key of the object */
    return core->storage.get(core->storage.self, T_OBJECT, (struct bytes){due + 4, OBJECT_KEY}, &value) == MUSTER_OK &&
           object_stored_read(out, value) == MUSTER_OK && !(out->flags & OBJECT_ORPHAN);
}

/* One round: the entries of many objects are put in the order of the table, which then is written page by page. */
static size_t pump_round(struct core *core, struct due_objects *d)
{
    uint8_t first[4];
    struct word_keys keys = {.core = core};
    struct find_batch finds = {.count = 0};
    put_be32(first, FIND_DUE); /* and behind it those that wait for words as well */
    d->count = 0;
    if (core->storage.scan(core->storage.self, T_WORD, (struct bytes){first, 3}, (struct bytes){first, 4}, false, take_due, d) !=
        MUSTER_OK)
        return 0;
    for (size_t i = 0; i < d->count; i++) {
        uint32_t number = get_be32(d->at[i] + 4);
        struct object_id object;
        struct object_stored state;
        memcpy(object.b, d->at[i] + 8, OBJECT_ID_BYTES);
        if (number >= core->space_count || !due_state(core, d->at[i], &state))
            continue;
        keys.space = core->spaces[number];
        keys.object = &object;
        keys.of_object = 0;
        if (get_be32(d->at[i]) != FIND_DUE)
            index_texts(state.kind, state.view, take_text, &keys);
        find_batch_note(&finds, core, number, &object, &state, d->stands[i]);
    }
    find_batch_write(&finds, core);
    if (keys.count)
        qsort(keys.at, keys.count, WORD_KEY, by_key);
    for (size_t i = 0; i < keys.count; i++)
        if (i == 0 || memcmp(keys.at[i], keys.at[i - 1], WORD_KEY) != 0)
            (void)derive(core, T_WORD, keys.at[i], WORD_KEY, NULL, 0);
    for (size_t i = 0; i < d->count; i++)
        (void)underive(core, T_WORD, d->at[i], WORD_DUE_KEY);
    free(keys.at);
    core->counters.objects_indexed += d->count;
    return d->count;
}

bool core_words_catch_up(struct core *core, size_t most)
{
    struct due_objects *d = core->indexing.words_due ? malloc(sizeof(*d)) : NULL;
    size_t done = 0;
    while (d && core->indexing.words_due && done < most) {
        d->most = most - done < INDEX_PUMP_TICK ? most - done : INDEX_PUMP_TICK;
        size_t count = pump_round(core, d);
        done += count;
        core->indexing.words_due = count == d->most;
    }
    free(d);
    return !core->indexing.words_due;
}
