/* api_objects.c — lists of objects: by page, filtered, sorted.
 *
 * By time, the kinds' indexes are merged; a page costs what it shows.  Filters look at each object in turn, at
 * most SCAN_MAX a request: the answer may then be short and `next` goes on.  By name everything is collected. */
#include "base/pack.h"
#include "node/api_handlers.h"
#include "node/filter.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "protocol/kinds/time3339.h"

#include <stdlib.h>
#include <strings.h>

enum {
    LIMIT_DEFAULT = 50,
    LIMIT_MAX = 500,
    SCAN_MAX = 10000,
    NAMES_MAX = 50000,
    LIST_KINDS_MAX = 64,
    NAME_SORT_BYTES = 96
};

struct listing {
    struct node *node;
    struct space_view space;
    uint16_t kinds[LIST_KINDS_MAX];
    size_t kind_count;
    enum { SORT_CHANGED, SORT_NAME, SORT_KIND } sort;
    bool ascending, has_cursor;
    unsigned long limit;
    uint64_t since; /* HLC; 0: ever */
    uint8_t cursor[INDEX_KEY_BYTES];
    struct filters filters;
    json_t *items;
    uint8_t last[INDEX_KEY_BYTES]; /* of the item looked at last */
    size_t scanned;
    bool more;
};

/* --- by time ----------------------------------------------------------------------------------------------------------------- */

enum { BATCH_KEYS = 64 };

struct stream { /* the keys of one kind, in order, a batch at a time */
    uint8_t keys[BATCH_KEYS][INDEX_KEY_BYTES];
    size_t count, next;
    bool ended;
};

static bool take_key(void *user, struct bytes key, struct bytes value)
{
    struct stream *s = user;
    (void)value;
    if (key.len == INDEX_KEY_BYTES)
        memcpy(s->keys[s->count++], key.at, INDEX_KEY_BYTES);
    return s->count < BATCH_KEYS;
}

/* Fills from `after` (not included), or from the start. */
static void refill(const struct listing *l, struct stream *s, uint16_t kind, const uint8_t *after)
{
    const struct storage *storage = store_storage(l->node->store);
    uint8_t prefix[INDEX_KIND_BYTES];
    struct bytes from = {after, after ? INDEX_KEY_BYTES : 0};
    index_prefix(prefix, l->space.number, kind);
    s->count = s->next = 0;
    if (storage->scan(storage->self, T_INDEX, (struct bytes){prefix, sizeof(prefix)}, from, !l->ascending, take_key,
                      s) != MUSTER_OK)
        s->count = 0;
    s->ended = s->count < BATCH_KEYS;
    if (after && s->count && memcmp(s->keys[0], after, INDEX_KEY_BYTES) == 0)
        s->next = 1;
}

static const uint8_t *head(const struct listing *l, struct stream *s, uint16_t kind)
{
    if (s->next == s->count && !s->ended) {
        uint8_t last[INDEX_KEY_BYTES];
        memcpy(last, s->keys[s->count - 1], sizeof(last));
        refill(l, s, kind, last);
    }
    return s->next < s->count ? s->keys[s->next] : NULL;
}

/* Negative: a comes first.  By changed and object; with sort=kind the kinds stay apart. */
static int in_order(const struct listing *l, const uint8_t *a, const uint8_t *b)
{
    if (l->sort == SORT_KIND && memcmp(a + 4, b + 4, 2) != 0)
        return memcmp(a + 4, b + 4, 2);
    int order = memcmp(a + INDEX_KIND_BYTES, b + INDEX_KIND_BYTES, INDEX_KEY_BYTES - INDEX_KIND_BYTES);
    if (order == 0)
        order = memcmp(a + 4, b + 4, 2);
    return l->ascending ? order : -order;
}

static void look_at(struct listing *l, const uint8_t *key)
{
    struct object_stored state;
    struct object_id id;
    memcpy(id.b, key + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    memcpy(l->last, key, INDEX_KEY_BYTES);
    l->scanned++;
    if (lookup_state(l->node, l->space.number, &id, &state) == MUSTER_OK && state.changed >= l->since &&
        filters_pass(&l->filters, &state))
        json_array_append_new(l->items, object_json(l->node, &l->space, &id, &state, true));
}

/* Where a stream starts so that it goes on behind the cursor, which may be of another kind. */
static void start_stream(const struct listing *l, struct stream *s, uint16_t kind)
{
    uint8_t from[INDEX_KEY_BYTES];
    if (!l->has_cursor && l->since && l->ascending) { /* keys below it need not be looked at */
        memset(from, 0, sizeof(from));
        index_prefix(from, l->space.number, kind);
        put_be64(from + INDEX_KIND_BYTES, l->since);
        refill(l, s, kind, from);
        return;
    }
    if (!l->has_cursor) {
        refill(l, s, kind, NULL);
        return;
    }
    uint16_t cursor_kind = (uint16_t)(l->cursor[4] << 8 | l->cursor[5]);
    if (l->sort == SORT_KIND && kind != cursor_kind) {
        if (kind > cursor_kind)
            refill(l, s, kind, NULL);
        else
            s->ended = true;
        return;
    }
    memcpy(from, l->cursor, sizeof(from));
    index_prefix(from, l->space.number, kind);
    refill(l, s, kind, from);
    while (s->next < s->count && in_order(l, s->keys[s->next], l->cursor) <= 0)
        s->next++;
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
            const uint8_t *key = head(l, &streams[k], l->kinds[k]);
            if (key && (!first || in_order(l, key, first) < 0)) {
                first = key;
                best = k;
            }
        }
        if (!first || (l->sort == SORT_CHANGED && !l->ascending && get_be64(first + INDEX_KIND_BYTES) < l->since))
            break;
        if (json_array_size(l->items) >= l->limit || l->scanned >= SCAN_MAX) {
            l->more = true;
            break;
        }
        look_at(l, first);
        streams[best].next++;
    }
    free(streams);
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
    if (lookup_state(n->l->node, n->l->space.number, &id, &state) != MUSTER_OK || state.changed < n->l->since ||
        !filters_pass(&n->l->filters, &state))
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
    static const char *const names[] = {"space", "kind", "sort", "order", "limit", "cursor", "q", "owner", "since"};
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
    const char *since = request_query(request, "since");
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
    if (since && since[0]) {
        struct time3339 time;
        if (time3339_parse(&time, since, strlen(since), NULL) != MUSTER_OK || time.ms < 0) {
            request_refuse(request, MUSTER_EUSAGE, "since is no time with its zone: \"%.40s\"", since);
            return false;
        }
        l->since = (uint64_t)time.ms << 16;
    }
    l->has_cursor = cursor && cursor[0];
    if (l->has_cursor && !hex_to(l->cursor, sizeof(l->cursor), cursor)) {
        request_refuse(request, MUSTER_EUSAGE, "the cursor is not one that this node has given");
        return false;
    }
    return true;
}

static bool take_listing(struct request *request, struct listing *l)
{
    const char *kind = request_query(request, "kind"), *owner = request_query(request, "owner");
    struct kind_problem problem = {.error = MUSTER_OK};
    struct asked asked = {request, l, NULL};
    if (!request_space(request, &l->space) || !take_order(request, l))
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
        if (l->sort == SORT_NAME)
            ok = list_by_name(l);
        else
            list_by_time(l);
        if (ok) {
            json_t *json = json_head(l->node, &l->space);
            json_object_set_new(json, "items", l->items);
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
