#include "node/listing.h"

#include "base/pack.h"
#include "node/object_json.h"
#include "protocol/kinds/link.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum { NAME_SORT_BYTES = 96 };

/* One of the kinds' indexes on its way: places from `since` on and before `until` (HLC; 0: whichever). */
struct walk {
    struct listing *l;
    bool narrowed;
    uint64_t since, until;
    bool (*take)(void *user, const uint8_t key[INDEX_KEY_BYTES]); /* false: enough */
    void *user;
};

static uint64_t thread_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool is_spent(struct listing *l)
{
    return l->looks >= LISTING_LOOKS_MAX || l->folds >= LISTING_FOLDS_MAX || (l->looks && l->work >= STREAM_WORK_MAX) ||
           l->filters.where.work >= WHERE_WORK_MAX ||
           (l->looks % LISTING_CLOCK_LOOKS == LISTING_CLOCK_LOOKS - 1 && thread_ms() - l->began_ms > LISTING_MS_MAX);
}

static void count_look(struct listing *l)
{
    if (++l->looks % LISTING_REST_LOOKS == 0)
        store_rest(l->node->store);
}

/* Negative: a comes first.  By changed and object; with sort=kind the kinds stay apart. */
static int in_order(const struct listing *l, const uint8_t *a, uint16_t a_kind, const uint8_t *b, uint16_t b_kind)
{
    int kinds = (int)a_kind - (int)b_kind, places = memcmp(a, b, PLACE_BYTES);
    int order = l->sort == SORT_KIND ? (kinds ? kinds : places) : places ? places : kinds;
    return l->ascending ? order : -order;
}

/* --- what the index knows of --------------------------------------------------------------------------------------- */

/* Narrows by what lies there; false when no object of the kind does. */
static bool narrow_where(struct listing *l, struct stream *stream, const struct kind *kind)
{
    const struct where *where = &l->filters.where;
    struct find_query query;
    if ((where->area[0] && !find_kind_has_place(kind)) || (where->code[0] && !find_kind_has_code(kind)))
        return false;
    if (where->area[0] && !l->unindexed) {
        core_find_place(l->node->core, &query, where->area, strlen(where->area));
        (void)stream_find(stream, &query);
    }
    if (where->code[0] && !l->unindexed) {
        core_find_code(l->node->core, &query, (struct bytes){(const uint8_t *)where->code, strlen(where->code)});
        (void)stream_find(stream, &query);
    }
    return true;
}

/* The same by one field. */
static bool narrow_field(struct listing *l, struct stream *stream, const struct field *field, const char *text)
{
    struct find_query query;
    struct object_id object;
    struct bytes value = {(const uint8_t *)text, strlen(text)};
    if (!field)
        return false;
    if (index_has(field))
        (void)stream_token(stream, core_term_value(l->node->core, field->number, value));
    if (!find_has(field) || l->unindexed)
        return true;
    if (link_field(field)) {
        if (!hex_to(object.b, OBJECT_ID_BYTES, text))
            return true;
        value = (struct bytes){object.b, OBJECT_ID_BYTES};
    }
    core_find_value(l->node->core, &query, field, value);
    (void)stream_find(stream, &query);
    return true;
}

/* What the index knows of narrows the stream; every filter is looked at once more with the object itself. */
static bool narrow(struct listing *l, struct stream *stream, uint16_t kind_number)
{
    const struct kind *kind = kind_by_number(kind_number);
    bool may = narrow_where(l, stream, kind) && (!l->filters.count || kind);
    if (l->filters.has_owner)
        (void)stream_token(stream, core_term_value(l->node->core, INDEX_OWNER,
                                                   (struct bytes){l->filters.owner.b, HASH_BYTES}));
    for (size_t i = 0; may && i < l->filters.count; i++)
        may = narrow_field(l, stream, field_by_name(kind, l->filters.at[i].name), l->filters.at[i].value);
    return may;
}

/* Do the filters need what is noted a little later?  It is caught up with, a little. */
static void make_ready(struct listing *l)
{
    bool needs = l->filters.where.area[0] || l->filters.where.code[0];
    for (size_t k = 0; k < l->kind_count; k++)
        for (size_t i = 0; i < l->filters.count && !needs; i++) {
            const struct kind *kind = kind_by_number(l->kinds[k]);
            const struct field *field = kind ? field_by_name(kind, l->filters.at[i].name) : NULL;
            needs = field && find_has(field);
        }
    if (!needs)
        return;
    (void)core_words_catch_up(l->node->core, LISTING_CATCH_UP);
    l->unindexed = !core_finds_ready(l->node->core);
}

/* --- by time ----------------------------------------------------------------------------------------------------------------- */

/* Where a stream starts so that it goes on behind the cursor, which may be of another kind. */
static void start_stream(const struct walk *w, struct stream *stream, uint16_t kind)
{
    struct listing *l = w->l;
    uint8_t from[PLACE_BYTES] = {0};
    uint16_t cursor_kind = (uint16_t)(l->cursor[4] << 8 | l->cursor[5]);
    stream_new(stream, l->node, l->space.number, kind, l->ascending, &l->work);
    bool may = !w->narrowed || narrow(l, stream, kind), apart = l->has_cursor && l->sort == SORT_KIND && kind != cursor_kind;
    if (!may || (apart && (l->ascending ? kind < cursor_kind : kind > cursor_kind))) {
        stream_end(stream);
        return;
    }
    uint64_t bound = l->ascending ? w->since : w->until; /* nothing on the other side of it is wanted */
    put_be64(from, bound);
    bool behind = l->has_cursor && !apart &&
                  (!bound || (l->ascending ? memcmp(l->cursor + INDEX_KIND_BYTES, from, PLACE_BYTES) > 0
                                           : memcmp(l->cursor + INDEX_KIND_BYTES, from, PLACE_BYTES) < 0));
    if (behind)
        memcpy(from, l->cursor + INDEX_KIND_BYTES, PLACE_BYTES);
    stream_start(stream, bound || behind ? from : NULL);
    while (l->has_cursor && !apart) {
        const uint8_t *place = stream_head(stream);
        if (!place || in_order(l, place, kind, l->cursor + INDEX_KIND_BYTES, cursor_kind) > 0)
            break;
        stream_step(stream);
    }
}

/* The stream's place, as long as it lies in the time that is wanted. */
static const uint8_t *head_in_time(const struct walk *w, struct stream *stream)
{
    const uint8_t *place = stream_head(stream);
    uint64_t changed = place ? get_be64(place) : 0;
    if (place && (w->l->ascending ? w->until && changed >= w->until : changed < w->since)) {
        stream_end(stream);
        return NULL;
    }
    return place;
}

/* Gives each place that the filters may mean.  False when it was ended before the last. */
static bool walk(struct walk *w)
{
    struct listing *l = w->l;
    struct stream *streams = calloc(l->kind_count + 1, sizeof(*streams));
    bool over = streams != NULL;
    for (size_t k = 0; streams && k < l->kind_count; k++)
        start_stream(w, &streams[k], l->kinds[k]);
    while (streams) {
        size_t best = l->kind_count;
        const uint8_t *first = NULL;
        for (size_t k = 0; k < l->kind_count; k++) {
            const uint8_t *place = head_in_time(w, &streams[k]);
            if (place && (!first || in_order(l, place, l->kinds[k], first, l->kinds[best]) < 0)) {
                first = place;
                best = k;
            }
        }
        if (!first)
            break;
        uint8_t key[INDEX_KEY_BYTES];
        index_prefix(key, l->space.number, l->kinds[best]);
        memcpy(key + INDEX_KIND_BYTES, first, PLACE_BYTES);
        over = w->take(w->user, key);
        if (!over)
            break;
        stream_step(&streams[best]);
    }
    for (size_t k = 0; streams && k < l->kind_count; k++)
        stream_free(&streams[k]);
    free(streams);
    return over;
}

/* The object as it was before the moment: as it is stored if nothing came later, else folded from the records before it. */
static bool state_of(struct listing *l, const struct object_id *id, uint64_t changed, struct object_stored *state)
{
    if (lookup_state(l->node, l->space.number, id, state) != MUSTER_OK || state->changed != changed)
        return false;
    if (!l->at || state->changed < l->at)
        return true;
    if (state->created >= l->at)
        return false;
    l->folds++;
    return core_object_before(l->node->core, l->space.number, id, l->at, state) == MUSTER_OK;
}

static bool take_item(void *user, const uint8_t key[INDEX_KEY_BYTES])
{
    struct listing *l = user;
    struct object_stored state;
    struct object_id id;
    if (json_array_size(l->items) >= l->limit || is_spent(l)) {
        l->more = true;
        return false;
    }
    memcpy(id.b, key + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    memcpy(l->last, key, INDEX_KEY_BYTES);
    count_look(l);
    if (state_of(l, &id, get_be64(key + INDEX_KIND_BYTES), &state) && filters_pass(&l->filters, &state))
        json_array_append_new(l->items, object_json(l->node, &l->space, &id, &state, true));
    return true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return !a || (b && b < a) ? b : a;
}

static void list_by_time(struct listing *l)
{
    struct walk now = {l, true, l->filters.since, l->filters.until, take_item, l}, since = now;
    if (!l->at) {
        (void)walk(&now);
        return;
    }
    /* What has changed since may have been anything; the rest is as it was.  Each has its stretch of the order. */
    now.until = earlier(l->filters.until, l->at);
    since.since = l->at;
    since.until = 0;
    since.narrowed = false;
    if (walk(l->ascending ? &now : &since))
        (void)walk(l->ascending ? &since : &now);
}

/* --- by name ------------------------------------------------------------------------------------------------------------------ */

struct named {
    char name[NAME_SORT_BYTES];
    uint8_t key[INDEX_KEY_BYTES];
};

struct names {
    struct listing *l;
    struct named *at;
    size_t count;
};

static bool take_name(void *user, const uint8_t key[INDEX_KEY_BYTES])
{
    struct names *n = user;
    struct listing *l = n->l;
    struct object_stored state;
    struct object_id id;
    struct pack_value title;
    count_look(l);
    if (l->looks > LISTING_NAMES_MAX || l->filters.where.work >= WHERE_WORK_MAX)
        return false;
    memcpy(id.b, key + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    if (lookup_state(l->node, l->space.number, &id, &state) != MUSTER_OK || !filters_pass(&l->filters, &state))
        return true;
    struct named *named = &n->at[n->count++];
    const struct kind *kind = kind_by_number(state.kind);
    const struct field *field = kind ? field_flagged(kind, FIELD_TITLE) : NULL;
    named->name[0] = '\0';
    if (field && pack_get(state.view, field->number, &title))
        field_text(field, &title, named->name, sizeof(named->name));
    memcpy(named->key, key, INDEX_KEY_BYTES);
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcasecmp(x->name, y->name);
    return order ? order : memcmp(x->key + INDEX_OBJECT_AT, y->key + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
}

/* Puts items of sorted names on the page, behind the cursor's object, wherever that is now. */
static void page_of_names(struct listing *l, const struct names *n)
{
    size_t at = 0;
    if (l->has_cursor) {
        while (at < n->count && memcmp((l->ascending ? n->at[at] : n->at[n->count - 1 - at]).key + INDEX_OBJECT_AT,
                                       l->cursor + INDEX_OBJECT_AT, OBJECT_ID_BYTES) != 0)
            at++;
        at += at < n->count;
    }
    for (; at < n->count && json_array_size(l->items) < l->limit; at++) {
        const uint8_t *key = (l->ascending ? n->at[at] : n->at[n->count - 1 - at]).key;
        struct object_stored state;
        struct object_id id;
        memcpy(id.b, key + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
        memcpy(l->last, key, INDEX_KEY_BYTES);
        if (lookup_state(l->node, l->space.number, &id, &state) == MUSTER_OK)
            json_array_append_new(l->items, object_json(l->node, &l->space, &id, &state, true));
    }
    l->more = at < n->count;
}

static bool list_by_name(struct listing *l)
{
    struct names n = {l, malloc(LISTING_NAMES_MAX * sizeof(*n.at)), 0};
    struct walk all = {l, true, l->filters.since, l->filters.until, take_name, &n};
    bool has_cursor = l->has_cursor;
    l->has_cursor = false; /* every page sorts them all */
    bool ok = n.at && walk(&all) && l->work < STREAM_WORK_MAX;
    l->has_cursor = has_cursor;
    if (ok && n.count)
        qsort(n.at, n.count, sizeof(*n.at), by_name);
    if (ok)
        page_of_names(l, &n);
    free(n.at);
    return ok;
}

bool listing_run(struct listing *l)
{
    l->began_ms = thread_ms();
    make_ready(l);
    if (l->sort == SORT_NAME)
        return list_by_name(l);
    list_by_time(l);
    l->more |= l->looks && l->work >= STREAM_WORK_MAX; /* no index was read to its end */
    return true;
}
