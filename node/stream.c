#include "node/stream.h"

#include "node/lookup.h"

#include <stdlib.h>

void stream_new(struct stream *stream, struct node *node, uint32_t space, uint16_t kind, bool ascending, size_t *work)
{
    *stream = (struct stream){.node = node, .table = T_INDEX, .space = space, .place_len = PLACE_BYTES, .parts = 1,
                              .ascending = ascending, .work = work};
    stream->part[0].run_count = 1;
    index_prefix(stream->part[0].one.prefix, space, kind);
    stream->part[0].one.prefix_len = INDEX_KIND_BYTES;
}

/* The next part; an index of a term lists no more than that of all, which it takes the place of. */
static struct stream_part *part_new(struct stream *stream)
{
    bool all = stream->part[0].one.prefix_len == INDEX_KIND_BYTES && !stream->part[0].runs;
    if (!all && stream->parts == STREAM_PARTS_MAX)
        return NULL;
    struct stream_part *part = &stream->part[all ? 0 : stream->parts++];
    memcpy(part->one.prefix, stream->part[0].one.prefix, INDEX_KIND_BYTES);
    part->run_count = 1;
    return part;
}

static void run_term(struct stream_run *run, const uint8_t kind[INDEX_KIND_BYTES], uint8_t index, const struct term *term)
{
    memcpy(run->prefix, kind, INDEX_KIND_BYTES);
    run->prefix[INDEX_KIND_BYTES - 1] = index;
    memcpy(run->prefix + INDEX_KIND_BYTES, term->b, TERM_BYTES);
    run->prefix_len = INDEX_TOKEN_PREFIX;
}

bool stream_narrow(struct stream *stream, struct term term)
{
    struct stream_part *part = part_new(stream);
    if (part)
        run_term(&part->one, part->one.prefix, INDEX_TOKEN, &term);
    return part != NULL;
}

bool stream_token(struct stream *stream, struct term term)
{
    bool narrowed = stream_narrow(stream, term);
    token_bits_add(&stream->tokens, term);
    if (narrowed)
        stream->part[stream->parts - 1].is_token = true;
    return narrowed;
}

bool stream_find(struct stream *stream, const struct find_query *query)
{
    struct stream_run *runs = query->count ? calloc(query->count, sizeof(*runs)) : NULL;
    struct stream_part *part = runs ? part_new(stream) : NULL;
    if (!part) {
        free(runs);
        return false;
    }
    for (size_t i = 0; i < query->count; i++)
        run_term(&runs[i], part->one.prefix, INDEX_FIND, &query->at[i]);
    part->runs = runs;
    part->run_count = query->count;
    part->boxes = *query;
    return true;
}

void stream_new_words(struct stream *stream, struct node *node, uint32_t space, bool ascending, size_t *work)
{
    *stream = (struct stream){.node = node, .table = T_WORD, .space = space, .place_len = OBJECT_ID_BYTES,
                              .ascending = ascending, .work = work};
}

bool stream_word(struct stream *stream, struct term term)
{
    if (stream->parts == STREAM_PARTS_MAX)
        return false;
    struct stream_part *part = &stream->part[stream->parts++];
    part->run_count = 1;
    put_be32(part->one.prefix, stream->space);
    memcpy(part->one.prefix + 4, term.b, TERM_BYTES);
    part->one.prefix_len = WORD_PREFIX;
    return true;
}

/* --- reading a run ---------------------------------------------------------------------------------------------------- */

struct filling {
    const struct stream_part *part;
    struct stream_run *run;
    const struct token_bits *tokens;
    size_t place_len, visits, passed;
    bool alone; /* no other index would jump */
};

static bool take_place(void *user, struct bytes key, struct bytes value)
{
    struct filling *filling = user;
    struct stream_run *run = filling->run;
    if (key.len != run->prefix_len + filling->place_len)
        return true;
    memcpy(run->seen, key.at + run->prefix_len, filling->place_len);
    bool fits = !value.len || (find_box_touches(&filling->part->boxes, value) && find_tokens_fit(filling->tokens, value));
    filling->passed = fits ? 0 : filling->passed + 1;
    size_t most = STREAM_PASS * run->want < STREAM_VISITS_MAX ? STREAM_PASS * run->want : STREAM_VISITS_MAX;
    bool given = !filling->alone && filling->passed % most == 0; /* the others may be far ahead */
    if (fits || given) {
        run->sure[run->count] = fits && value.len >= FIND_TOKENS_BYTES;
        memcpy(run->places[run->count++], run->seen, filling->place_len);
    }
    return ++filling->visits < STREAM_VISITS_MAX && run->count < run->want;
}

/* From that place on, itself included. */
static void fill(struct stream *stream, const struct stream_part *part, struct stream_run *run, const uint8_t *from)
{
    const struct storage *storage = store_storage(stream->node->store);
    struct filling filling = {part, run, &stream->tokens, stream->place_len, 0, 0, stream->parts == 1};
    uint8_t key[INDEX_TOKEN_PREFIX + PLACE_BYTES];
    memcpy(key, run->prefix, run->prefix_len);
    if (from)
        memcpy(key + run->prefix_len, from, stream->place_len);
    run->count = run->next = run->stops = 0;
    bool read = storage->scan(storage->self, stream->table, (struct bytes){key, run->prefix_len},
                              (struct bytes){key, from ? run->prefix_len + stream->place_len : 0}, !stream->ascending, take_place,
                              &filling) == MUSTER_OK;
    if (!read)
        run->count = 0;
    run->ended = !read || (run->count < run->want && filling.visits < STREAM_VISITS_MAX);
    *stream->work += STREAM_FILL_WORK + filling.visits;
}

static int in_order(const struct stream *stream, const uint8_t *a, const uint8_t *b)
{
    int order = memcmp(a, b, stream->place_len);
    return stream->ascending ? order : -order;
}

/* Reads on where it stands. */
static void run_more(struct stream *stream, const struct stream_part *part, struct stream_run *run)
{
    uint8_t last[PLACE_BYTES];
    memcpy(last, run->seen, stream->place_len);
    if (*stream->work >= STREAM_WORK_MAX) { /* that far it is known: the page ends there, and the next one goes on */
        memcpy(run->places[0], last, stream->place_len);
        run->count = 1;
        run->next = 0;
        run->sure[0] = false;
        run->ended = true;
        return;
    }
    run->want = run->want * 2 < STREAM_BATCH ? run->want * 2 : STREAM_BATCH;
    fill(stream, part, run, last);
    run->next = run->count && memcmp(run->places[0], last, stream->place_len) == 0 ? 1 : 0;
}

static size_t jump_want(const struct stream_part *part)
{
    return part->run_count > STREAM_RUNS_FEW ? 1 : STREAM_JUMP;
}

/* Forward to that place; by steps inside what was read, else by a jump. */
static void run_seek(struct stream *stream, const struct stream_part *part, struct stream_run *run, const uint8_t *place)
{
    while (run->next < run->count && in_order(stream, run->places[run->next], place) < 0)
        run->next++;
    run->stops += run->next < run->count;
    if (run->next < run->count || run->ended || in_order(stream, run->seen, place) >= 0)
        return;
    size_t more = run->want * 2 < STREAM_BATCH ? run->want * 2 : STREAM_BATCH;
    run->want = run->stops > 1 ? more : jump_want(part);
    fill(stream, part, run, place);
}

/* --- a part, and all of them ------------------------------------------------------------------------------------------ */

static struct stream_run *run_at(struct stream_part *part, size_t i)
{
    return part->runs ? &part->runs[i] : &part->one;
}

/* The first place of its runs.  A run of which no place is known yet lies behind what was seen of it: it is read on only when
 * that is before all the others, so that a cell which the question hardly touches costs no more than the page has of it. */
static const uint8_t *part_head(struct stream *stream, struct stream_part *part)
{
    for (;;) {
        const uint8_t *first = NULL;
        struct stream_run *open = NULL;
        for (size_t i = 0; i < part->run_count; i++) {
            struct stream_run *run = run_at(part, i);
            if (run->next < run->count) {
                if (!first || in_order(stream, run->places[run->next], first) < 0) {
                    first = run->places[run->next];
                    part->sure = run->sure[run->next];
                }
            } else if (!run->ended && (!open || in_order(stream, run->seen, open->seen) < 0)) {
                open = run;
            }
        }
        if (!open || (first && in_order(stream, first, open->seen) <= 0))
            return first;
        run_more(stream, part, open);
    }
}

/* The first of its runs that is not before the place. */
static const uint8_t *part_seek(struct stream *stream, struct stream_part *part, const uint8_t *place)
{
    for (size_t i = 0; i < part->run_count; i++)
        run_seek(stream, part, run_at(part, i), place);
    return part_head(stream, part);
}

void stream_start(struct stream *stream, const uint8_t from[PLACE_BYTES])
{
    for (size_t i = 0; i < stream->parts; i++)
        for (size_t k = 0; k < stream->part[i].run_count; k++) {
            struct stream_run *run = run_at(&stream->part[i], k);
            run->want = stream->part[i].runs ? jump_want(&stream->part[i]) : STREAM_BATCH;
            fill(stream, &stream->part[i], run, from);
        }
}

void stream_end(struct stream *stream)
{
    for (size_t k = 0; k < stream->part[0].run_count; k++) {
        struct stream_run *run = run_at(&stream->part[0], k);
        run->ended = true;
        run->count = run->next = 0;
    }
}

const uint8_t *stream_head(struct stream *stream)
{
    const uint8_t *first = part_head(stream, &stream->part[0]);
    for (size_t i = 1; i < stream->parts && first && *stream->work < STREAM_WORK_MAX;) {
        uint8_t wanted[PLACE_BYTES];
        if (stream->part[0].sure && stream->part[i].is_token) {
            i++; /* its entry says that it most likely stands there: a look at the object costs less than one there */
            continue;
        }
        memcpy(wanted, first, stream->place_len);
        const uint8_t *other = part_seek(stream, &stream->part[i], wanted);
        if (!other)
            return NULL;
        if (memcmp(other, wanted, stream->place_len) == 0) {
            i++;
            continue;
        }
        memcpy(wanted, other, stream->place_len);
        first = part_seek(stream, &stream->part[0], wanted);
        i = 1;
    }
    return first;
}

void stream_step(struct stream *stream)
{
    struct stream_part *part = &stream->part[0];
    const uint8_t *head = part_head(stream, part);
    uint8_t place[PLACE_BYTES];
    if (!head)
        return;
    memcpy(place, head, stream->place_len);
    for (size_t i = 0; i < part->run_count; i++) { /* it may stand in several cells */
        struct stream_run *run = run_at(part, i);
        if (run->next < run->count && memcmp(run->places[run->next], place, stream->place_len) == 0)
            run->next++;
    }
}

void stream_free(struct stream *stream)
{
    for (size_t i = 0; i < stream->parts; i++) {
        free(stream->part[i].runs);
        stream->part[i].runs = NULL;
    }
}
