#include "protocol/object/terms.h"

/* Offers and takes, while the chain is built. */
struct succession {
    const struct past *past;
    const struct object_record *records;
    uint32_t *offer_of; /* of a take or refuse: the held offer it names, or OBJECT_NONE */
    bool *refused;      /* of an offer */
    bool *stands;       /* of an offer: it may be taken */
    uint32_t *takes;    /* live takes of held offers, by (term, log, sequence, id of offer; id of take) */
    uint32_t takes_count;
};

/* Offers by term, log, sequence, id.  Offers without a term stand nowhere and are left out before. */
static int offer_cmp(const void *context, uint32_t x, uint32_t y)
{
    const struct object_record *a = (const struct object_record *)context + x;
    const struct object_record *b = (const struct object_record *)context + y;
    int c = hash_cmp(object_ref(a, REF_TERM), object_ref(b, REF_TERM));
    if (c == 0)
        c = log_id_cmp(&a->log, &b->log);
    if (c == 0 && a->seq != b->seq)
        c = a->seq < b->seq ? -1 : 1;
    return c ? c : record_id_cmp(&a->id, &b->id);
}

static int take_cmp(const void *context, uint32_t x, uint32_t y)
{
    const struct succession *s = context;
    if (s->offer_of[x] != s->offer_of[y])
        return offer_cmp(s->records, s->offer_of[x], s->offer_of[y]);
    return record_id_cmp(&s->records[x].id, &s->records[y].id);
}

static bool names_agency(const struct object_record *offer, const struct agency_id *agency)
{
    const struct hash *to = object_ref(offer, REF_TO_AGENCY);
    return to && memcmp(to->b, agency->b, HASH_BYTES) == 0;
}

/* O3: in a log and term only the first offer that was not refused may be taken.  A disputed offer
 * counts (O6), and hides later ones; one beyond a cut does neither. */
static void find_standing(struct succession *s, uint32_t *offers, uint32_t count)
{
    uint32_t start = OBJECT_NONE; /* the first offer of this log and term that is not refused */
    for (uint32_t i = 0; i < count; i++) {
        const struct object_record *offer = &s->records[offers[i]];
        if (i && start != OBJECT_NONE) {
            const struct object_record *held = &s->records[start];
            if (!log_id_eq(&held->log, &offer->log) ||
                !hash_eq(object_ref(held, REF_TERM), object_ref(offer, REF_TERM)))
                start = OBJECT_NONE;
        }
        if (offer->place == PLACE_CUT_OFF || s->refused[offers[i]])
            continue;
        if (start == OBJECT_NONE)
            start = offers[i];
        /* Two of one sequence are the branches of a fork: both stand, the chain's order decides. */
        s->stands[offers[i]] = s->records[start].seq == offer->seq;
    }
}

static enum muster_error succession_build(struct succession *s, struct object_arena *arena)
{
    uint32_t count = s->past->count, offers_count = 0;
    s->offer_of = object_arena_take(arena, count, sizeof(uint32_t));
    s->takes = object_arena_take(arena, count, sizeof(uint32_t));
    s->refused = object_arena_take(arena, count, sizeof(bool));
    s->stands = object_arena_take(arena, count, sizeof(bool));
    uint32_t *offers = object_arena_take(arena, count, sizeof(uint32_t));
    uint32_t *scratch = object_arena_take(arena, count, sizeof(uint32_t));
    if (!s->offer_of || !s->takes || !s->refused || !s->stands || !offers || !scratch)
        return MUSTER_ETOOBIG;
    for (uint32_t i = 0; i < count; i++) {
        const struct object_record *record = &s->records[i];
        s->offer_of[i] = OBJECT_NONE;
        if (record->op == OP_OFFER && object_ref(record, REF_TERM))
            offers[offers_count++] = i;
        if (record->place != PLACE_LIVE || (record->op != OP_TAKE && record->op != OP_REFUSE))
            continue;
        const struct hash *named = object_ref(record, REF_OFFER);
        uint32_t offer = named ? past_find(s->past, named) : OBJECT_NONE;
        if (offer == OBJECT_NONE || s->records[offer].op != OP_OFFER ||
            !object_ref(&s->records[offer], REF_TERM) || !names_agency(&s->records[offer], &record->by))
            continue;
        s->offer_of[i] = offer;
        if (record->op == OP_REFUSE)
            s->refused[offer] = true;
        else
            s->takes[s->takes_count++] = i;
    }
    index_sort(offers, scratch, offers_count, offer_cmp, s->records);
    find_standing(s, offers, offers_count);
    index_sort(s->takes, scratch, s->takes_count, take_cmp, s);
    return MUSTER_OK;
}

static const struct hash *take_term(const struct succession *s, uint32_t n)
{
    return object_ref(&s->records[s->offer_of[s->takes[n]]], REF_TERM);
}

/* The take that ends this term, or OBJECT_NONE: of each log its first, of those the smallest offer. */
static uint32_t next_take(const struct succession *s, const struct object_term *term)
{
    uint32_t low = 0, high = s->takes_count, best = OBJECT_NONE, log_of = OBJECT_NONE;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (hash_cmp(take_term(s, middle), &term->id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t n = low; n < s->takes_count && hash_eq(take_term(s, n), &term->id); n++) {
        uint32_t take = s->takes[n], offer = s->offer_of[take];
        if (!s->stands[offer] || !agency_id_eq(&s->records[offer].by, &term->owner))
            continue;
        if (log_of != OBJECT_NONE && log_id_eq(&s->records[log_of].log, &s->records[offer].log))
            continue; /* the log's first is known */
        log_of = offer;
        if (best == OBJECT_NONE ||
            record_id_cmp(&s->records[offer].id, &s->records[s->offer_of[best]].id) < 0)
            best = take;
    }
    return best;
}

static const struct object_assigned *next_assigned(const struct object_assigned *assigned, size_t count,
                                                   const struct hash *term)
{
    const struct object_assigned *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (hash_eq(&assigned[i].term, term) && (!best || hash_cmp(&assigned[i].id, &best->id) < 0))
            best = &assigned[i];
    return best;
}

/* O1: of live creates with the object's own id; one alone, unless its log forked and was mended. */
static uint32_t find_root(const struct past *past)
{
    uint32_t best = OBJECT_NONE;
    for (uint32_t n = 0; n < past->count; n++) {
        const struct object_record *record = &past->records[past->by_id[n]];
        if (record->op == OP_CREATE && record->place == PLACE_LIVE && record->root_id_fits &&
            (best == OBJECT_NONE || record->hlc < past->records[best].hlc))
            best = past->by_id[n];
    }
    return best;
}

static int chain_cmp(const void *context, uint32_t x, uint32_t y)
{
    const struct object_term *chain = context;
    int c = hash_cmp(&chain[x].id, &chain[y].id);
    return c ? c : x < y ? -1 : x > y;
}

uint32_t terms_find(const struct terms *terms, const struct hash *id)
{
    uint32_t low = 0, high = terms->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (hash_cmp(&terms->chain[terms->sorted[middle]].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < terms->count && hash_eq(&terms->chain[terms->sorted[low]].id, id))
        return terms->sorted[low];
    return OBJECT_NONE;
}

enum muster_error terms_build(struct terms *out, const struct past *past,
                              const struct object_assigned *assigned, size_t assigned_count,
                              struct object_arena *arena)
{
    struct succession s = {.past = past, .records = past->records};
    size_t room = past->count + assigned_count;
    struct terms terms = {.chain = object_arena_take(arena, room, sizeof(struct object_term)),
                          .sorted = object_arena_take(arena, room, sizeof(uint32_t))};
    uint32_t *scratch = object_arena_take(arena, room, sizeof(uint32_t));
    if (!terms.chain || !terms.sorted || !scratch)
        return MUSTER_ETOOBIG;
    enum muster_error error = succession_build(&s, arena);
    if (error != MUSTER_OK)
        return error;

    uint32_t root = find_root(past);
    if (root != OBJECT_NONE) {
        struct object_term *first = &terms.chain[terms.count++];
        first->owner = past->records[root].by;
        first->record = root;
        first->assigned = NULL;
        memcpy(first->id.b, past->records[root].id.b, HASH_BYTES);
    }
    /* Ids are hashes, so a chain cannot come back to a term; `room` holds whatever they are. */
    while (terms.count && terms.count < room) {
        const struct object_term *last = &terms.chain[terms.count - 1];
        struct object_term *next = &terms.chain[terms.count];
        const struct object_assigned *by_majority = next_assigned(assigned, assigned_count, &last->id);
        uint32_t take = by_majority ? OBJECT_NONE : next_take(&s, last);
        if (!by_majority && take == OBJECT_NONE)
            break;
        next->owner = by_majority ? by_majority->agency : past->records[take].by;
        next->record = take;
        next->assigned = by_majority;
        memcpy(next->id.b, by_majority ? by_majority->id.b : past->records[take].id.b, HASH_BYTES);
        terms.count++;
    }
    for (uint32_t i = 0; i < terms.count; i++)
        terms.sorted[i] = i;
    index_sort(terms.sorted, scratch, terms.count, chain_cmp, terms.chain);
    terms.offer_of = s.offer_of;
    terms.refused = s.refused;
    terms.stands = s.stands;
    *out = terms;
    return MUSTER_OK;
}

size_t terms_bytes(size_t count, size_t assigned_count)
{
    size_t room = count + assigned_count;
    return object_arena_need(room, sizeof(struct object_term)) +
           2 * object_arena_need(room, sizeof(uint32_t)) + 4 * object_arena_need(count, sizeof(uint32_t)) +
           2 * object_arena_need(count, sizeof(bool));
}
