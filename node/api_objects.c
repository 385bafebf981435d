/* api_objects.c — lists of objects: what is asked, and the answer (listing.c finds them). */
#include "base/hlc.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/fields_json.h"
#include "node/listing.h"
#include "node/object_json.h"
#include "protocol/kinds/link.h"
#include "protocol/kinds/time3339.h"

#include <stdlib.h>
#include <strings.h>

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500 };

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
        request_refuse(a->request, MUSTER_EFIELD, "%s", problem_text(&problem, MUSTER_EFIELD));
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
    const char *why;
    if (near && near[0] && in && in[0]) {
        request_refuse(request, MUSTER_EUSAGE, "near and in are two ways to say where: give one");
        return false;
    }
    if (near && near[0] && !where_near(where, near)) {
        request_refuse(request, MUSTER_EUSAGE, "near is LAT,LON,KM, as in 28.77,104.62,20, not \"%.60s\"", near);
        return false;
    }
    if (in && in[0] && !where_in(where, in, &why)) {
        request_refuse(request, MUSTER_EUSAGE, "%s", why);
        return false;
    }
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
        request_refuse(request, MUSTER_EUSAGE, "an earlier moment is listed by time; leave sort out");
        return false;
    }
    return true;
}

/* An object may be named in a filter as people name it: inc-7k2q9. */
static bool take_names(struct request *request, struct listing *l, const struct kind *kind)
{
    for (size_t i = 0; kind && i < l->filters.count; i++) {
        struct filter *filter = &l->filters.at[i];
        const struct field *field = field_by_name(kind, filter->name);
        struct object_id object;
        if (!field || !link_field(field) || hex_to(object.b, OBJECT_ID_BYTES, filter->value))
            continue;
        enum muster_error error = lookup_object(l->node, &l->space, filter->value, &object);
        if (error) {
            request_refuse(request, error, "%s: \"%.60s\" names no object, or more than one", filter->name, filter->value);
            return false;
        }
        hex_from(filter->value, object.b, OBJECT_ID_BYTES);
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
            request_refuse(request, MUSTER_EKIND, "%s", problem_text(&problem, MUSTER_EKIND));
            return false;
        }
        l->kinds[0] = asked.kind->number;
        l->kind_count = 1;
    } else {
        l->kind_count = lookup_kinds(l->node, l->space.number, l->kinds, LISTING_KINDS_MAX);
    }
    if (owner && owner[0]) {
        const struct identity *own = &l->node->own.identity;
        const struct peer *peer = peer_named(&l->node->peers, owner);
        char id[2 * HASH_BYTES + 1];
        l->filters.has_owner = true;
        if (strcasecmp(owner, own->name) == 0 || strcmp(owner, hex_from(id, own->agency.b, HASH_BYTES)) == 0)
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
    return !request_answered(request) && take_names(request, l, asked.kind);
}

void api_objects(struct request *request)
{
    struct listing *l = calloc(1, sizeof(*l));
    if (!l)
        return;
    l->node = request->node;
    if (take_listing(request, l)) {
        l->items = json_array();
        if (listing_run(l)) {
            json_t *json = json_head(l->node, &l->space);
            json_object_set_new(json, "items", l->items);
            if (l->at)
                json_object_set_new(json, "at", json_time(hlc_ms(l->at)));
            json_object_set_new(json, "next", l->more ? json_hex(l->last, sizeof(l->last)) : json_null());
            json_object_set_new(json, "index_complete", json_boolean(!l->unindexed));
            request_answer(request, json);
        } else {
            json_decref(l->items);
            request_refuse(request, MUSTER_ETOOBIG, "more than %d objects cannot be sorted by name; narrow the list",
                           LISTING_NAMES_MAX);
        }
    }
    where_free(&l->filters.where);
    free(l);
}
