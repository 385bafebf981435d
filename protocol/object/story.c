#include "protocol/object/story.h"

#include "base/pack.h"
#include "protocol/object/apply.h"
#include "protocol/object/past.h"

#include <stdlib.h>

enum { WORD_BITS = 64, STORY_WORDS = STORY_STEPS_MAX / WORD_BITS };

const char *story_side_name(enum kind_party who)
{
    return who == PARTY_PARTNER ? "who asked for it" : "who brings it";
}

bool story_side(const struct story *story, const struct object_look *look, const struct agency_id *agency, enum kind_party who)
{
    bool brings = false;
    for (uint32_t t = 0; t < look->state.terms_count && !brings; t++)
        brings = agency_id_eq(&look->state.terms[t].owner, agency);
    if (who != PARTY_PARTNER)
        return brings;
    for (size_t i = 0; i < story->asked_count; i++)
        if (agency_id_eq(&story->asked[i], agency))
            return true;
    return !story->asked_count && !brings;
}

/* --- what the records say ------------------------------------------------------------------------------------------ */

struct telling {
    struct core *core;
    uint32_t space;
    const struct object_look *look;
    const struct field *state;
    struct story *story;
    struct past past;
    uint32_t *steps;    /* records that set the state and count, ancestors first */
    uint32_t *number;   /* of a record in `steps`, or OBJECT_NONE */
    size_t count;
    uint64_t *behind;   /* STORY_WORDS a record: the steps in its past */
    uint64_t counts[STORY_WORDS];
};

/* The token that a record sets; NULL: none that can be read here. */
static const char *token_set(struct telling *t, uint32_t record)
{
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body;
    struct pack_value value;
    const struct object_held *held = &t->look->held[record];
    if (core_record_open(t->core, held->arrival, held->index, &segment, &header, &id, &body) != MUSTER_OK ||
        !pack_get(body, t->state->number, &value) || value.type != PACK_TEXT)
        return NULL;
    int at = token_index(t->state->tokens, value.u.run.at, value.u.run.len);
    return at < 0 ? NULL : t->state->tokens[at];
}

/* All owners of the request, one after the other: one is known at once, if one log has written all of it. */
static void owners_of(struct telling *t, const struct object_id *request)
{
    struct object_stored state;
    struct object_look asked;
    if (object_state(t->core, t->core->spaces[t->space], request, &state) != MUSTER_OK || state.flags & OBJECT_ORPHAN || state.kind != KIND_REQUEST)
        return;
    if (state.simple) {
        t->story->asked[t->story->asked_count++] = state.owner;
        return;
    }
    if (core_object_look(t->core, t->space, request, &asked) != MUSTER_OK)
        return;
    for (uint32_t i = 0; i < asked.state.terms_count && i < STORY_OWNERS_MAX; i++)
        t->story->asked[t->story->asked_count++] = asked.state.terms[i].owner;
    object_look_free(&asked);
}

/* Who asked: the owners of the request that the create names.  False: the create cannot be read here. */
static bool find_asked(struct telling *t, uint32_t create)
{
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct object_id request;
    struct bytes body;
    const struct object_held *held = &t->look->held[create];
    const struct field *field = field_by_name(t->story->kind, "request");
    if (core_record_open(t->core, held->arrival, held->index, &segment, &header, &id, &body) != MUSTER_OK)
        return false;
    if (field && pack_get_fixed(body, field->number, request.b, OBJECT_ID_BYTES))
        owners_of(t, &request);
    return true;
}

/* --- what lies behind what ----------------------------------------------------------------------------------------- */

static uint64_t *behind(struct telling *t, uint32_t record)
{
    return t->behind + (size_t)record * STORY_WORDS;
}

static void take_from(struct telling *t, uint32_t record, uint32_t earlier)
{
    uint64_t *into = behind(t, record), *from = earlier == OBJECT_NONE ? NULL : behind(t, earlier);
    for (size_t w = 0; from && w < STORY_WORDS; w++)
        into[w] |= from[w];
    uint32_t step = from ? t->number[earlier] : OBJECT_NONE;
    if (step != OBJECT_NONE)
        into[step / WORD_BITS] |= UINT64_C(1) << step % WORD_BITS;
}

static bool has(const uint64_t *bits, size_t step)
{
    return bits[step / WORD_BITS] >> step % WORD_BITS & 1;
}

/* Of the steps in `bits` that count, those that no other of them has in its past. */
static void newest_of(struct telling *t, const uint64_t *bits, uint64_t out[STORY_WORDS])
{
    for (size_t w = 0; w < STORY_WORDS; w++)
        out[w] = bits[w] & t->counts[w];
    for (size_t s = 0; s < t->count; s++) {
        const uint64_t *past = has(bits, s) && has(t->counts, s) ? behind(t, t->steps[s]) : NULL;
        for (size_t w = 0; past && w < STORY_WORDS; w++)
            out[w] &= ~past[w];
    }
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* One step against each state that its author saw: it counts if one of them leads there by a step of its side. */
static void judge_from(struct telling *t, struct story_record *out, const struct agency_id *by, const char *from)
{
    const struct kind_step *step = kind_step_find(t->story->kind, from, out->to);
    enum story_word word = !step                                              ? STORY_WRONG_STEP
                           : story_side(t->story, t->look, by, step->who) ? STORY_COUNTS
                                                                              : STORY_WRONG_SIDE;
    if (out->word != STORY_NONE && word >= out->word)
        return;
    out->word = word;
    out->from = from;
    out->who = step ? step->who : PARTY_OWNER;
}

static void judge(struct telling *t, size_t s)
{
    uint32_t x = t->steps[s];
    struct story_record *out = &t->story->records[x];
    uint64_t seen[STORY_WORDS];
    bool any = false, free_to = !out->to; /* what cannot be read is nobody's fault */
    newest_of(t, behind(t, x), seen);
    for (size_t p = 0; p < t->count && !free_to; p++) {
        const char *from = has(seen, p) ? t->story->records[t->steps[p]].to : NULL;
        if (!has(seen, p))
            continue;
        any = true;
        free_to = !from || same(from, out->to);
        if (!free_to)
            judge_from(t, out, &t->look->records[x].by, from);
    }
    if (!any && !free_to)
        judge_from(t, out, &t->look->records[x].by, NULL);
    if (free_to)
        *out = (struct story_record){.word = STORY_NONE, .to = out->to};
    if (out->word == STORY_WRONG_SIDE || out->word == STORY_WRONG_STEP)
        t->story->wrong++;
    else
        t->counts[s / WORD_BITS] |= UINT64_C(1) << s % WORD_BITS;
}

/* What the object is in: as shown, unless a step that does not count has said so; then the newest of those that do. */
static void find_status(struct telling *t)
{
    const struct object_field *shown = &t->look->state.fields[t->state->number];
    uint64_t all[STORY_WORDS], newest[STORY_WORDS];
    uint32_t best = OBJECT_NONE, provisional = shown->count ? shown->provisional.record : OBJECT_NONE;
    memset(all, 0xff, sizeof(all));
    newest_of(t, all, newest);
    for (size_t s = 0; s < t->count; s++) {
        uint32_t x = t->steps[s];
        if (!has(newest, s))
            continue;
        if (x == provisional)
            best = x;
        if (best == provisional && best != OBJECT_NONE)
            break;
        const struct object_record *record = &t->look->records[x], *other = best == OBJECT_NONE ? NULL : &t->look->records[best];
        if (!other || record->hlc > other->hlc || (record->hlc == other->hlc && record_id_cmp(&record->id, &other->id) > 0))
            best = x;
    }
    t->story->status = best == OBJECT_NONE ? NULL : t->story->records[best].to;
    t->story->differs = best != provisional && t->story->wrong &&
                        !same(t->story->status, provisional == OBJECT_NONE ? NULL : t->story->records[provisional].to);
}

/* --- all of it --------------------------------------------------------------------------------------------------------- */

static bool sets_state(const struct telling *t, uint32_t x)
{
    const struct object_record *record = &t->look->records[x];
    return object_op_is_content(record->op) && t->look->state.counts[x] && (record->mask >> t->state->number & 1);
}

static enum muster_error tell(struct telling *t, struct object_arena *arena, uint32_t create)
{
    size_t records = t->look->count;
    enum muster_error error = past_build(&t->past, t->look->records, (uint32_t)records, arena);
    if (error)
        return error;
    for (size_t i = 0; i < records; i++) {
        uint32_t x = t->past.order[i];
        t->number[x] = OBJECT_NONE;
        if (!sets_state(t, x))
            continue;
        if (t->count == STORY_STEPS_MAX)
            return MUSTER_ETOOBIG;
        t->number[x] = (uint32_t)t->count;
        t->steps[t->count++] = x;
    }
    if (!find_asked(t, create))
        return MUSTER_ENOKEY;
    for (size_t i = 0; i < records; i++) {
        uint32_t x = t->past.order[i];
        take_from(t, x, t->past.before[x]);
        for (uint32_t n = t->past.first[x]; n < t->past.first[x + 1]; n++)
            take_from(t, x, t->past.named[n]);
    }
    for (size_t s = 0; s < t->count; s++) {
        t->story->records[t->steps[s]].to = token_set(t, t->steps[s]);
        judge(t, s);
    }
    find_status(t);
    return MUSTER_OK;
}

static uint32_t create_of(const struct object_look *look)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->state.terms_count && memcmp(look->records[i].id.b, look->state.terms[0].id.b, HASH_BYTES) == 0)
            return (uint32_t)i;
    return OBJECT_NONE;
}

enum muster_error core_object_story(struct core *core, uint32_t space, const struct object_look *look, struct story *out)
{
    uint32_t create = look->state.exists && look->state.joint ? create_of(look) : OBJECT_NONE;
    const struct kind *kind = create == OBJECT_NONE ? NULL : kind_by_number(look->records[create].kind);
    struct telling t = {.core = core, .space = space, .look = look, .story = out};
    size_t refs = 0;
    *out = (struct story){.kind = NULL};
    t.state = kind && kind->flags & KIND_TWO_SIDES ? field_flagged(kind, FIELD_STATE) : NULL;
    if (!t.state)
        return MUSTER_OK;
    for (size_t i = 0; i < look->count; i++)
        refs += look->records[i].refs_count;
    out->kind = kind;
    out->records = calloc(look->count, sizeof(*out->records));
    t.steps = calloc(STORY_STEPS_MAX, sizeof(*t.steps));
    t.number = calloc(look->count, sizeof(*t.number));
    t.behind = calloc(look->count, STORY_WORDS * sizeof(*t.behind));
    struct object_arena arena = {.size = past_bytes(look->count, refs)};
    arena.at = malloc(arena.size);
    enum muster_error error = out->records && t.steps && t.number && t.behind && arena.at ? MUSTER_OK : MUSTER_EBUSY;
    if (!error)
        error = tell(&t, &arena, create);
    free(arena.at);
    free(t.behind);
    free(t.number);
    free(t.steps);
    if (error)
        story_free(out);
    return error == MUSTER_EBUSY ? error : MUSTER_OK;
}

void story_free(struct story *story)
{
    free(story->records);
    *story = (struct story){.kind = NULL};
}
