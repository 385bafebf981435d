/* api_objects.c — lists of objects: by page, filtered, sorted.
 *
 * By time, the kinds' indexes are merged; a page costs what it shows.  Tokens and the owner narrow what is read
 * (stream.h); other filters look at each object in turn, at most SCAN_MAX a request: the answer may then be short and
 * `next` goes on.  By name everything is collected.  An earlier moment is folded object by object. */
#include "base/hlc.h"
#include "base/pack.h"
#include "node/api_handlers.h"
#include "node/filter.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "node/stream.h"
#include "protocol/kinds/geo.h"
#include "protocol/kinds/time3339.h"

#include <stdlib.h>
#include <strings.h>

enum {
    LIMIT_DEFAULT = 50,
    LIMIT_MAX = 500,
    SCAN_MAX = 10000,
    NAMES_MAX = 50000,
    LIST_KINDS_MAX = 64,
    NAME_SORT_BYTES = 96,
    PAST_BATCH = 64,
    PAST_MAX = 2000
};

struct listing {
    struct node *node;
    struct space_view space;
    uint16_t kinds[LIST_KINDS_MAX];
    size_t kind_count;
    enum { SORT_CHANGED, SORT_NAME, SORT_KIND } sort;
    bool ascending, has_cursor;
    unsigned long limit;
    uint64_t at; /* HLC; 0: as it is now */
    uint8_t cursor[INDEX_KEY_BYTES];
    struct filters filters;
    json_t *items;
    uint8_t last[INDEX_KEY_BYTES]; /* of the item looked at last */
    size_t scanned, work; /* objects looked at; places of the index read */
    bool more;
};

static void look_at(struct listing *l, const uint8_t *key)
{
    struct object_stored state;
    struct object_id id;
    memcpy(id.b, key + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    memcpy(l->last, key, INDEX_KEY_BYTES);
    l->scanned++;
    if (lookup_state(l->node, l->space.number, &id, &state) == MUSTER_OK && filters_pass(&l->filters, &state))
        json_array_append_new(l->items, object_json(l->node, &l->space, &id, &state, true));
}

/* --- by time ----------------------------------------------------------------------------------------------------------------- */

/* Negative: a comes first.  By changed and object; with sort=kind the kinds stay apart. */
static int in_order(const struct listing *l, const uint8_t *a, uint16_t a_kind, const uint8_t *b, uint16_t b_kind)
{
    int kinds = (int)a_kind - (int)b_kind, places = memcmp(a, b, PLACE_BYTES);
    int order = l->sort == SORT_KIND ? (kinds ? kinds : places) : places ? places : kinds;
    return l->ascending ? order : -order;
}

/* What the index knows of narrows the stream; every filter is looked at once more with the object itself. */
static void narrow(const struct listing *l, struct stream *stream, uint16_t kind_number)
{
    const struct kind *kind = kind_by_number(kind_number);
    if (l->filters.has_owner)
        (void)stream_narrow(stream, core_term_value(l->node->core, INDEX_OWNER,
                                                    (struct bytes){l->filters.owner.b, HASH_BYTES}));
    for (size_t i = 0; kind && i < l->filters.count; i++) {
        const struct field *field = field_by_name(kind, l->filters.at[i].name);
        const char *value = l->filters.at[i].value;
        if (field && index_has(field))
            (void)stream_narrow(stream, core_term_value(l->node->core, field->number,
                                                        (struct bytes){(const uint8_t *)value, strlen(value)}));
    }
}

/* Where a stream starts so that it goes on behind the cursor, which may be of another kind. */
static void start_stream(struct listing *l, struct stream *stream, uint16_t kind)
{
    uint8_t from[PLACE_BYTES] = {0};
    uint16_t cursor_kind = (uint16_t)(l->cursor[4] << 8 | l->cursor[5]);
    stream_new(stream, l->node, l->space.number, kind, l->ascending, &l->work);
    narrow(l, stream, kind);
    bool apart = l->has_cursor && l->sort == SORT_KIND && kind != cursor_kind;
    if (apart && (l->ascending ? kind < cursor_kind : kind > cursor_kind)) {
        for (size_t i = 0; i < stream->parts; i++)
            stream->part[i].ended = true;
        return;
    }
    uint64_t bound = l->ascending ? l->filters.since : l->filters.until; /* nothing on the other side of it is wanted */
    put_be64(from, bound);
    if (l->has_cursor && !apart)
        memcpy(from, l->cursor + INDEX_KIND_BYTES, PLACE_BYTES);
    stream_start(stream, bound || (l->has_cursor && !apart) ? from : NULL);
    while (l->has_cursor && !apart) {
        const uint8_t *place = stream_head(stream);
        if (!place || in_order(l, place, kind, l->cursor + INDEX_KIND_BYTES, cursor_kind) > 0)
            break;
        stream_step(stream);
    }
}

/* Is everything from there on outside of the time that is wanted? */
static bool is_over(const struct listing *l, const uint8_t *place)
{
    uint64_t changed = get_be64(place);
    return l->sort == SORT_CHANGED &&
           (l->ascending ? l->filters.until && changed >= l->filters.until : changed < l->filters.since);
}

static void list_by_time(struct listing *l)
{
    struct stream *streams = calloc(l->kind_count + 1, sizeof(*streams));
    for (size_t k = 0; streams && k < l->kind_count; k++)
        start_stream(l, &streams[k], l->kinds[k]);
    while (streams) {
        size_t best = l->kind_count;
        const uint8_t *first = NULL;
        for (size_t k = 0; k < l->kind_count; k++) {
            const uint8_t *place = stream_head(&streams[k]);
            if (place && (!first || in_order(l, place, l->kinds[k], first, l->kinds[best]) < 0)) {
                first = place;
                best = k;
            }
        }
        if (!first || is_over(l, first))
            break;
        if (json_array_size(l->items) >= l->limit || l->scanned >= SCAN_MAX || (l->scanned && l->work >= STREAM_WORK_MAX)) {
            l->more = true;
            break;
        }
        uint8_t key[INDEX_KEY_BYTES];
        index_prefix(key, l->space.number, l->kinds[best]);
        memcpy(key + INDEX_KIND_BYTES, first, PLACE_BYTES);
        look_at(l, key);
        stream_step(&streams[best]);
    }
    free(streams);
}

/* --- as it was ---------------------------------------------------------------------------------------------------------------- */

struct ids {
    struct object_id at[PAST_BATCH];
    size_t count;
};

static bool take_id(void *user, struct bytes key, struct bytes value)
{
    struct ids *ids = user;
    (void)value;
    if (key.len == 4 + OBJECT_ID_BYTES)
        memcpy(ids->at[ids->count++].b, key.at + 4, OBJECT_ID_BYTES);
    return ids->count < PAST_BATCH;
}

/* The object as it was before the moment: as it is stored if nothing came later, else folded from the records before it. */
static bool state_before(struct listing *l, const struct object_id *id, struct object_stored *state)
{
    if (lookup_state(l->node, l->space.number, id, state) != MUSTER_OK || state->flags & OBJECT_ORPHAN ||
        (l->kind_count == 1 && state->kind != l->kinds[0]))
        return false;
    return state->changed < l->at || core_object_before(l->node->core, l->space.number, id, l->at, state) == MUSTER_OK;
}

/* By creation (object ids grow with time); each object that has changed since is folded again. */
static void list_before(struct listing *l)
{
    const struct storage *storage = store_storage(l->node->store);
    uint8_t key[4 + OBJECT_ID_BYTES];
    struct ids ids;
    bool from = l->has_cursor;
    put_be32(key, l->space.number);
    memcpy(key + 4, l->cursor + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    do {
        ids.count = 0;
        if (storage->scan(storage->self, T_OBJECT, (struct bytes){key, 4}, (struct bytes){key, from ? sizeof(key) : 0},
                          !l->ascending, take_id, &ids) != MUSTER_OK)
            return;
        for (size_t i = 0; i < ids.count; i++) {
            struct object_stored state;
            if (from && i == 0 && memcmp(ids.at[0].b, key + 4, OBJECT_ID_BYTES) == 0)
                continue;
            if (json_array_size(l->items) >= l->limit || l->scanned >= PAST_MAX) {
                l->more = true;
                return;
            }
            l->scanned++;
            memcpy(l->last + INDEX_OBJECT_AT, ids.at[i].b, OBJECT_ID_BYTES);
            if (state_before(l, &ids.at[i], &state) && filters_pass(&l->filters, &state))
                json_array_append_new(l->items, object_json(l->node, &l->space, &ids.at[i], &state, true));
        }
        if (ids.count)
            memcpy(key + 4, ids.at[ids.count - 1].b, OBJECT_ID_BYTES);
        from = true;
    } while (ids.count == PAST_BATCH);
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

static bool take_name(void *user, struct bytes key, struct bytes value)
{
    struct names *n = user;
    struct object_stored state;
    struct object_id id;
    struct pack_value title;
    (void)value;
    if (key.len != INDEX_KEY_BYTES)
        return true;
    memcpy(id.b, key.at + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    if (lookup_state(n->l->node, n->l->space.number, &id, &state) != MUSTER_OK || !filters_pass(&n->l->filters, &state))
        return true;
    if (n->count == NAMES_MAX)
        return false;
    struct named *named = &n->at[n->count++];
    const struct kind *kind = kind_by_number(state.kind);
    const struct field *field = kind ? field_flagged(kind, FIELD_TITLE) : NULL;
    named->name[0] = '\0';
    if (field && pack_get(state.view, field->number, &title))
        field_text(field, &title, named->name, sizeof(named->name));
    memcpy(named->key, key.at, INDEX_KEY_BYTES);
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcasecmp(x->name, y->name);
    return order ? order : memcmp(x->key + INDEX_OBJECT_AT, y->key + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
}

static bool list_by_name(struct listing *l)
{
    const struct storage *storage = store_storage(l->node->store);
    struct names n = {l, malloc(NAMES_MAX * sizeof(*n.at)), 0};
    size_t at = 0;
    for (size_t k = 0; n.at && k < l->kind_count; k++) {
        uint8_t prefix[INDEX_KIND_BYTES];
        index_prefix(prefix, l->space.number, l->kinds[k]);
        if (storage->scan(storage->self, T_INDEX, (struct bytes){prefix, sizeof(prefix)}, (struct bytes){NULL, 0},
                          false, take_name, &n) != MUSTER_OK)
            break;
    }
    bool ok = n.at && n.count < NAMES_MAX;
    if (ok)
        qsort(n.at, n.count, sizeof(*n.at), by_name);
    if (ok && l->has_cursor) { /* the place of the cursor's object, wherever it is now */
        size_t i = 0;
        while (i < n.count && memcmp((l->ascending ? n.at[i] : n.at[n.count - 1 - i]).key + INDEX_OBJECT_AT,
                                     l->cursor + INDEX_OBJECT_AT, OBJECT_ID_BYTES) != 0)
            i++;
        at = i < n.count ? i + 1 : n.count;
    }
    for (; ok && at < n.count && json_array_size(l->items) < l->limit; at++)
        look_at(l, (l->ascending ? n.at[at] : n.at[n.count - 1 - at]).key);
    l->more = ok && at < n.count;
    free(n.at);
    return ok;
}

/* --- what was asked --------------------------------------------------------------------------------------------------------------- */

static bool is_parameter(const char *name)
{
    static const char *const names[] = {"space", "kind", "sort", "order", "limit", "cursor", "q", "owner", "since",
                                        "until", "at", "near", "in", "code"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

struct asked {
    struct request *request;
    struct listing *l;
    const struct kind *kind;
};

static enum MHD_Result take_filter(void *user, enum MHD_ValueKind where, const char *name, const char *value)
{
    struct asked *a = user;
    (void)where;
    if (is_parameter(name) || request_answered(a->request))
        return MHD_YES;
    if (a->l->filters.count == FILTERS_MAX || strlen(name) >= FILTER_NAME_BYTES || !value ||
        strlen(value) >= FILTER_BYTES) {
        request_refuse(a->request, MUSTER_EUSAGE, "the filter on %.60s is too long, or one too many", name);
        return MHD_NO;
    }
    struct kind_problem problem = {.error = MUSTER_OK};
    if (a->kind && !field_find(a->kind, name, strlen(name), &problem)) {
        request_refuse(a->request, MUSTER_EFIELD, "%s", problem.sentence);
        return MHD_NO;
    }
    struct filter *filter = &a->l->filters.at[a->l->filters.count++];
    memcpy(filter->name, name, strlen(name) + 1);
    memcpy(filter->value, value, strlen(value) + 1);
    return MHD_YES;
}

static bool take_order(struct request *request, struct listing *l)
{
    const char *sort = request_query(request, "sort"), *order = request_query(request, "order");
    const char *limit = request_query(request, "limit"), *cursor = request_query(request, "cursor");
    char *end = NULL;
    l->sort = !sort || strcmp(sort, "changed") == 0 ? SORT_CHANGED : strcmp(sort, "name") == 0 ? SORT_NAME : SORT_KIND;
    if (l->sort == SORT_KIND && strcmp(sort, "kind") != 0) {
        request_refuse(request, MUSTER_EUSAGE, "lists are sorted by changed, name or kind, not by \"%.40s\"", sort);
        return false;
    }
    if (order && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0) {
        request_refuse(request, MUSTER_EUSAGE, "the order \"%.20s\" is neither asc nor desc", order);
        return false;
    }
    l->ascending = order ? strcmp(order, "asc") == 0 : l->sort == SORT_NAME;
    l->limit = limit ? strtoul(limit, &end, 10) : LIMIT_DEFAULT;
    if ((limit && *end) || l->limit < 1 || l->limit > LIMIT_MAX) {
        request_refuse(request, MUSTER_EUSAGE, "the limit \"%.20s\" is not 1 to %d", limit ? limit : "", LIMIT_MAX);
        return false;
    }
    l->has_cursor = cursor && cursor[0];
    if (l->has_cursor && !hex_to(l->cursor, sizeof(l->cursor), cursor)) {
        request_refuse(request, MUSTER_EUSAGE, "the cursor is not one that this node has given");
        return false;
    }
    return true;
}

/* A moment of the query as an HLC; 0 when it is not there.  Refuses and gives false when it is no time. */
static bool take_moment(struct request *request, const char *name, uint64_t *out)
{
    const char *text = request_query(request, name);
    struct time3339 time;
    *out = 0;
    if (!text || !text[0])
        return true;
    if (time3339_parse(&time, text, strlen(text), NULL) != MUSTER_OK || time.ms < 0) {
        request_refuse(request, MUSTER_EUSAGE, "%s is no time with its zone: \"%.40s\"", name, text);
        return false;
    }
    *out = (uint64_t)time.ms << 16;
    return true;
}

static bool take_where(struct request *request, struct where *where)
{
    const char *near = request_query(request, "near"), *in = request_query(request, "in"), *code = request_query(request, "code");
    const char *why = "it is longer than 8 kB";
    enum geo_shape shape;
    if (near && near[0] && in && in[0]) {
        request_refuse(request, MUSTER_EUSAGE, "near and in are two ways to say where: give one");
        return false;
    }
    if (near && near[0] && !where_near(where, near)) {
        request_refuse(request, MUSTER_EUSAGE, "near is LAT,LON,KM, as in 28.77,104.62,20, not \"%.60s\"", near);
        return false;
    }
    if (in && in[0] && (strlen(in) >= WHERE_BYTES || geo_area_check(in, strlen(in), &shape, &why) != MUSTER_OK)) {
        request_refuse(request, MUSTER_EUSAGE, "the area is none: %s", why);
        return false;
    }
    if (in && in[0])
        memcpy(where->area, in, strlen(in) + 1);
    if (code && strlen(code) >= WHERE_CODE_BYTES) {
        request_refuse(request, MUSTER_EUSAGE, "a code of an area has at most %d bytes", WHERE_CODE_BYTES - 1);
        return false;
    }
    if (code)
        memcpy(where->code, code, strlen(code) + 1);
    return true;
}

/* When and where. */
static bool take_bounds(struct request *request, struct listing *l)
{
    const char *sort = request_query(request, "sort");
    if (!take_moment(request, "since", &l->filters.since) || !take_moment(request, "until", &l->filters.until) ||
        !take_moment(request, "at", &l->at) || !take_where(request, &l->filters.where))
        return false;
    if (l->at && sort && strcmp(sort, "changed") != 0) {
        request_refuse(request, MUSTER_EUSAGE, "an earlier moment is listed in the order of creation; leave sort out");
        return false;
    }
    return true;
}

static bool take_listing(struct request *request, struct listing *l)
{
    const char *kind = request_query(request, "kind"), *owner = request_query(request, "owner");
    struct kind_problem problem = {.error = MUSTER_OK};
    struct asked asked = {request, l, NULL};
    if (!request_space(request, &l->space) || !take_order(request, l) || !take_bounds(request, l))
        return false;
    if (kind && kind[0]) {
        asked.kind = kind_find(kind, &problem);
        if (!asked.kind) {
            request_refuse(request, MUSTER_EKIND, "%s", problem.sentence);
            return false;
        }
        l->kinds[0] = asked.kind->number;
        l->kind_count = 1;
    } else {
        l->kind_count = lookup_kinds(l->node, l->space.number, l->kinds, LIST_KINDS_MAX);
    }
    if (owner && owner[0]) {
        const struct identity *own = &l->node->own.identity;
        const struct peer *peer = peer_named(&l->node->peers, owner);
        char id[2 * HASH_BYTES + 1];
        l->filters.has_owner = true;
        if (strcmp(owner, own->name) == 0 || strcmp(owner, hex_from(id, own->agency.b, HASH_BYTES)) == 0)
            l->filters.owner = own->agency;
        else if (peer)
            l->filters.owner = peer->agency;
        else if (!hex_to(l->filters.owner.b, HASH_BYTES, owner)) {
            request_refuse(request, MUSTER_EUNKNOWN_AGENCY, "no agency, or more than one, is called \"%.100s\" here",
                           owner);
            return false;
        }
    }
    l->filters.q = request_query(request, "q");
    if (l->filters.q && !l->filters.q[0])
        l->filters.q = NULL;
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, take_filter, &asked);
    return !request_answered(request);
}

void api_objects(struct request *request)
{
    struct listing *l = calloc(1, sizeof(*l));
    if (!l)
        return;
    l->node = request->node;
    if (take_listing(request, l)) {
        l->items = json_array();
        bool ok = true;
        if (l->at)
            list_before(l);
        else if (l->sort == SORT_NAME)
            ok = list_by_name(l);
        else
            list_by_time(l);
        if (ok) {
            json_t *json = json_head(l->node, &l->space);
            json_object_set_new(json, "items", l->items);
            if (l->at)
                json_object_set_new(json, "at", json_time(hlc_ms(l->at)));
            json_object_set_new(json, "next", l->more ? json_hex(l->last, sizeof(l->last)) : json_null());
            request_answer(request, json);
        } else {
            json_decref(l->items);
            request_refuse(request, MUSTER_ETOOBIG, "more than %d objects cannot be sorted by name; narrow the list",
                           NAMES_MAX);
        }
    }
    free(l);
}
