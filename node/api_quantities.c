/* api_quantities.c — rights and promises of an object: what there is, and writing more of it (RULES Q). */
#include "base/hlc.h"
#include "base/pack.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/delivery.h"
#include "node/lookup.h"
#include "node/overview.h"
#include "node/quantity_json.h"
#include "protocol/kinds/kinds.h"
#include "protocol/log/genesis.h"

#include <stdlib.h>
#include <strings.h>

enum { ITEMS_MAX = 64, LISTED_MAX = 1000, SAY_BYTES = 400, PREFIX_MIN = 6 };

struct deal { /* one request to write */
    struct space_view space;
    struct object_id object;
    char name[SHORT_ID_BYTES], unit[48];
    const char *op;
    uint64_t units;
    struct write_item items[ITEMS_MAX];
    struct write_result results[ITEMS_MAX];
    size_t count;
};

static const struct {
    const char *name;
    uint8_t op;
} ops[] = {
    {"mint", OP_MINT},     {"grant", OP_GRANT},     {"commit", OP_COMMIT},   {"cover", OP_COVER},
    {"return", OP_RETURN}, {"release", OP_RELEASE}, {"reclaim", OP_RECLAIM},
};

static uint8_t op_of(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(ops); i++)
        if (strcmp(ops[i].name, name) == 0)
            return ops[i].op;
    return 0;
}

static struct write_item *deal_add(struct deal *d, uint8_t op, uint64_t units)
{
    static const uint8_t empty[] = {0x80};
    if (d->count == ITEMS_MAX)
        return NULL;
    struct write_item *item = &d->items[d->count++];
    *item = (struct write_item){.operation = op, .schema = 1, .object = d->object, .body = {empty, sizeof(empty)},
                                .quantity = {.units = units}};
    return item;
}

/* --- whom and what it is about ------------------------------------------------------------------------------------------ */

static bool is_called(const struct node *node, const struct log_view *log, const char *name)
{
    char id[2 * HASH_BYTES + 1], buffer[17], holder[HOLDER_BYTES];
    hex_from(id, log->agency.b, HASH_BYTES);
    return strcasecmp(agency_name(node, &log->agency, buffer), name) == 0 ||
           (strlen(name) >= PREFIX_MIN && strncmp(id, name, strlen(name)) == 0) ||
           strcasecmp(quantity_holder(node, log, holder), name) == 0;
}

/* Is that the name of a member, whether it has written anything or not? */
static bool is_member(const struct node *node, const struct space_view *space, const char *name)
{
    const struct control_state *state = space->joined ? control_state(space->control) : NULL;
    for (size_t i = 0; state && i < state->member_count; i++) {
        char buffer[17];
        if (strcasecmp(agency_name(node, &state->members[i].who, buffer), name) == 0)
            return true;
    }
    return false;
}

/* Rights are held by a log, and there is none that could. */
static void refuse_without_log(struct request *request, const struct deal *d, const char *name, bool closed)
{
    struct trouble trouble = {.error = MUSTER_OK};
    (void)trouble_set(&trouble, MUSTER_EWAITS, closed ? "%.80s has no log in %.60s that still counts, so nothing can be granted to it"
                                                      : "%.80s has written nothing in %.60s yet, so nothing can be granted to it",
                      name, d->space.name);
    trouble_why(&trouble, "rights are held by the log of a node, and it has one from its first record on");
    trouble_do(&trouble, "ask %.80s to write any record in %.60s (muster new), and grant again", name, d->space.name);
    request_refuse_trouble(request, &trouble);
}

/* The log of that agency, or of that node, that wrote last and still counts. */
static bool take_log(struct request *request, const struct deal *d, const char *name, struct log_view *out)
{
    struct log_view log = {.last_hlc = 0};
    bool known = false, found = false;
    for (size_t i = 0; name && core_log_at(request->node->core, d->space.number, i, &log); i++) {
        if (!is_called(request->node, &log, name))
            continue;
        known = true;
        bool open = log.role == LOG_DATA && log.counts && !log.fork_at && !log.closed && log.limit == UINT64_MAX;
        if (open && (!found || log.last_hlc > out->last_hlc)) {
            *out = log;
            found = true;
        }
    }
    if (!name)
        request_refuse(request, MUSTER_EUSAGE, "\"to\" is missing: the agency, or its node");
    else if (!found && (known || is_member(request->node, &d->space, name)))
        refuse_without_log(request, d, name, known);
    else if (!found)
        request_refuse(request, MUSTER_EUNKNOWN_AGENCY, "no member of %.60s is called \"%.80s\"", d->space.name, name);
    return found;
}

static const struct escrow_record *record_of(const struct quantity_view *view, const char *prefix, uint8_t op, size_t *same)
{
    const struct escrow_record *found = NULL;
    size_t len = prefix ? strlen(prefix) : 0;
    *same = 0;
    for (size_t i = 0; len >= PREFIX_MIN && i < view->count; i++) {
        char hex[2 * HASH_BYTES + 1];
        hex_from(hex, view->records[i].id.b, HASH_BYTES);
        if (view->records[i].op != op || strncmp(hex, prefix, len) != 0)
            continue;
        found = &view->records[i];
        ++*same;
    }
    return *same == 1 ? found : NULL;
}

static bool own_log_of(struct request *request, uint32_t space, const struct log_id *id)
{
    struct log_view log;
    return quantity_log(request->node, space, id, &log) && log.own;
}

/* --- return, release, reclaim: which records --------------------------------------------------------------------------------- */

/* A reclaim of that right that waits for more units. */
static bool asked_back(const struct quantity_view *view, const struct record_id *right, struct hash *reclaim, uint64_t *units)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        if (record->op != OP_RECLAIM || view->state.records[i].status != ESCROW_VALID ||
            !record_id_eq(&record->from[0].right, right))
            continue;
        uint64_t open = record->from[0].units;
        for (size_t k = 0; k < view->count; k++)
            if (view->records[k].op == OP_RETURN && view->state.records[k].status == ESCROW_VALID &&
                record_id_eq(&view->records[k].about, &record->id))
                open -= view->records[k].from[0].units < open ? view->records[k].from[0].units : open;
        if (!open)
            continue;
        memcpy(reclaim->b, record->id.b, HASH_BYTES);
        *units = open;
        return true;
    }
    return false;
}

static uint64_t plan_returns(struct deal *d, const struct quantity_view *view)
{
    uint64_t left = d->units;
    for (size_t i = 0; i < view->state.rights_count && left; i++) {
        const struct escrow_right *right = &view->state.rights[i];
        const struct record_id *id = &view->records[right->record].id;
        uint64_t here = right->rest.firm + right->rest.soft, open;
        struct hash reclaim = {{0}};
        if (!log_id_eq(&right->holder, &view->own) || log_id_eq(&right->giver, &view->own))
            continue;
        bool asked = asked_back(view, id, &reclaim, &open);
        for (int part = asked ? 0 : 1; part < 2 && here && left; part++) {
            uint64_t take = here < left ? here : left;
            if (part == 0)
                take = open < take ? open : take;
            struct write_item *item = deal_add(d, OP_RETURN, take);
            if (!item)
                return left;
            memcpy(item->quantity.right.b, id->b, HASH_BYTES);
            if (part == 0)
                item->quantity.about = reclaim;
            here -= take;
            left -= take;
        }
    }
    return left;
}

static uint64_t plan_reclaims(struct request *request, struct deal *d, const struct quantity_view *view, const char *from)
{
    uint64_t left = d->units;
    for (size_t i = 0; i < view->state.rights_count && left; i++) {
        const struct escrow_right *right = &view->state.rights[i];
        struct log_view log;
        uint64_t open = right->rest.firm + right->rest.soft, asked = 0;
        if (!log_id_eq(&right->giver, &view->own) || log_id_eq(&right->holder, &view->own) ||
            !quantity_log(request->node, d->space.number, &right->holder, &log) || !is_called(request->node, &log, from))
            continue;
        struct hash reclaim;
        if (asked_back(view, &view->records[right->record].id, &reclaim, &asked))
            open -= asked < open ? asked : open;
        uint64_t take = open < left ? open : left;
        struct write_item *item = take ? deal_add(d, OP_RECLAIM, take) : NULL;
        if (!item)
            continue;
        memcpy(item->quantity.right.b, view->records[right->record].id.b, HASH_BYTES);
        left -= take;
    }
    return left;
}

/* The standing promises of this node for that object, all of them; *units are theirs together. */
static size_t plan_releases(struct request *request, struct deal *d, const struct quantity_view *view,
                            const struct object_id *what, uint64_t *units)
{
    size_t before = d->count;
    *units = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        if (record->op != OP_COMMIT || view->state.records[i].status != ESCROW_VALID ||
            !object_id_eq(&view->rows[i].for_what, what) || !own_log_of(request, d->space.number, &record->log))
            continue;
        struct write_item *item = deal_add(d, OP_RELEASE, 0);
        if (!item)
            break;
        memcpy(item->quantity.about.b, record->id.b, HASH_BYTES);
        *units += quantity_units(record);
    }
    return d->count - before;
}

/* --- sentences ----------------------------------------------------------------------------------------------------------------- */

/* Who holds the most of what is not here, and since when. */
static void say_who(struct request *request, const struct deal *d, const struct quantity_view *view, char out[SAY_BYTES])
{
    const struct escrow_right *most = NULL;
    for (size_t i = 0; i < view->state.rights_count; i++) {
        const struct escrow_right *right = &view->state.rights[i];
        if (!(view->own_opened && log_id_eq(&right->holder, &view->own)) && (!most || right->left > most->left))
            most = right;
    }
    struct log_view log;
    char holder[HOLDER_BYTES], name[17], when[TIME_TEXT_BYTES] = "";
    if (!most || !most->left || !quantity_log(request->node, d->space.number, &most->holder, &log)) {
        snprintf(out, SAY_BYTES, _("%llu were minted, %llu of them are promised"), (unsigned long long)view->sums.minted,
                 (unsigned long long)view->sums.safe);
        return;
    }
    json_t *time = json_time(hlc_ms(view->rows[most->record].hlc));
    snprintf(when, sizeof(when), "%s", json_is_string(time) ? json_string_value(time) : "");
    json_decref(time);
    if (log.own)
        snprintf(out, SAY_BYTES, _("%llu stand in a former log of this node, which nobody writes any more: what is still on the shelf "
                 "is minted again"),
                 (unsigned long long)most->left);
    else
        snprintf(out, SAY_BYTES, _("%llu were given to node %.60s of %.60s at %s, and it has not returned them"),
                 (unsigned long long)most->left, quantity_holder(request->node, &log, holder),
                 agency_name(request->node, &log.agency, name), when);
}

static void refuse_short(struct request *request, const struct deal *d, const struct quantity_view *view, uint64_t there)
{
    struct trouble trouble = {.error = MUSTER_OK};
    char who[SAY_BYTES];
    say_who(request, d, view, who);
    trouble_set(&trouble, MUSTER_ESHORT, "cannot %s %llu%s%.40s from %s: %llu are yours to %s", d->op,
                (unsigned long long)d->units, d->unit[0] ? " " : "", d->unit, d->name, (unsigned long long)there,
                strcmp(d->op, "commit") == 0 || strcmp(d->op, "cover") == 0 ? "promise" : d->op);
    trouble_why(&trouble, "%s", who);
    if (strcmp(d->op, "commit") == 0 && there)
        trouble_do(&trouble, "muster commit %s %llu; --at-risk promises the rest knowingly", d->name, (unsigned long long)there);
    else if (strcmp(d->op, "commit") == 0)
        trouble_do(&trouble, "muster commit %s %llu --at-risk promises knowingly; muster quantities %s shows who has them",
                   d->name, (unsigned long long)d->units, d->name);
    else
        trouble_do(&trouble, "muster quantities %s", d->name);
    request_refuse_trouble(request, &trouble);
}

/* An expired lot is on nobody's way, promised knowingly or not. */
static void refuse_expired(struct request *request, const struct deal *d, uint64_t expires)
{
    struct trouble trouble = {.error = MUSTER_OK};
    json_t *time = json_time(expires);
    trouble_set(&trouble, MUSTER_EEXPIRED, "%s expired at %s: nothing of it is promised", d->name, json_string_value(time));
    trouble_why(&trouble, "whoever relies on it would get what may not be used any more");
    trouble_do(&trouble, "promise another lot; or muster update %s expires=TIME, if it was written down wrongly", d->name);
    json_decref(time);
    request_refuse_trouble(request, &trouble);
}

/* Units for what is over would be missing where somebody still waits. */
static bool refuse_over(struct request *request, const struct deal *d, const struct object_id *what)
{
    struct trouble trouble = {.error = MUSTER_OK};
    struct object_stored state;
    char name[SHORT_ID_BYTES];
    const char *over = lookup_state(request->node, d->space.number, what, &state) ? NULL : delivery_over(&state);
    if (!over)
        return false;
    short_id(name, state.kind, what, d->space.objects);
    trouble_set(&trouble, MUSTER_ESTEP, "%s is %s: nothing is promised for it any more", name, over);
    trouble_do(&trouble, "muster show %s", name);
    request_refuse_trouble(request, &trouble);
    return true;
}

static void refuse_one(struct request *request, const struct deal *d, enum muster_error error)
{
    struct quantity_view view;
    if (error == MUSTER_ESHORT && core_quantity(request->node->core, d->space.number, &d->object, &view) == MUSTER_OK) {
        refuse_short(request, d, &view, view.sums.free_here);
        quantity_view_free(&view);
    } else if (error == MUSTER_ESHORT) {
        struct trouble trouble = {.error = MUSTER_OK};
        trouble_set(&trouble, error, "cannot %s from %s: nothing of it was minted yet", d->op, d->name);
        trouble_why(&trouble, "only its owner says how many units there are to promise");
        trouble_do(&trouble, "at its owner: muster mint %s", d->name);
        request_refuse_trouble(request, &trouble);
    } else if (error == MUSTER_ENOTOWNER) {
        request_refuse(request, error, "only the owner of %s mints units of it", d->name);
    } else if (error == MUSTER_EBADVALUE) {
        request_refuse(request, error, "units are a whole number from 1 to %llu", (unsigned long long)ESCROW_UNITS_MAX);
    } else if (error == MUSTER_EUNCONFIRMED) {
        request_refuse(request, error, "this node was restarted, and its rights wait until partners have confirmed its log");
    } else {
        request_refuse(request, error, "%s of %s was not written: %s", d->op, d->name, _(error_what(error)));
    }
}

/* --- the answer ---------------------------------------------------------------------------------------------------------------- */

static void dealt(struct request *request)
{
    struct deal *d = request->state;
    json_t *records = json_array();
    enum muster_error error = request->error;
    for (size_t i = 0; i < d->count; i++) {
        if (!error && d->results[i].error)
            error = d->results[i].error;
        if (!request->error && !d->results[i].error)
            json_array_append_new(records, json_hex(d->results[i].record.b, HASH_BYTES));
    }
    if (error) {
        json_decref(records);
        refuse_one(request, d, error);
        return;
    }
    json_t *sums = quantity_sums_of(request->node, &d->space, &d->object), *json = json_head(request->node, &d->space);
    json_object_set_new(json, "object", json_hex(d->object.b, OBJECT_ID_BYTES));
    json_object_set_new(json, "short", json_string(d->name));
    json_object_set_new(json, "op", json_string(d->op));
    json_object_set_new(json, "units", json_integer((json_int_t)d->units));
    json_object_set_new(json, "records", records);
    json_object_set_new(json, "quantities", sums ? sums : json_null());
    request_answer(request, json);
}

static uint64_t units_asked(struct request *request)
{
    const json_t *units = json_object_get(request->json, "units");
    return json_is_integer(units) && json_integer_value(units) > 0 ? (uint64_t)json_integer_value(units) : 0;
}

/* Minting without a number: what the field quantity says, less what is minted and still to be had. */
static uint64_t units_counted(const struct object_stored *state, const struct quantity_view *view)
{
    struct pack_value value;
    char text[48];
    const struct kind *kind = kind_by_number(state->kind);
    const struct field *field = kind ? field_by_name(kind, "quantity") : NULL;
    uint64_t have = view ? view->sums.minted - (view->sums.stuck < view->sums.minted ? view->sums.stuck : view->sums.minted) : 0;
    if (!field || !pack_get(state->view, field->number, &value) || value.type != PACK_TEXT || value.u.run.len >= sizeof(text))
        return 0;
    memcpy(text, value.u.run.at, value.u.run.len);
    text[value.u.run.len] = '\0';
    char *end;
    unsigned long long counted = strtoull(text, &end, 10); /* a half pump cannot be promised */
    return counted > have ? counted - have : 0;
}

static bool plan(struct request *request, struct deal *d, const struct quantity_view *view, uint8_t op, const char *to,
                 const char *record)
{
    bool at_risk = json_is_true(json_object_get(request->json, "at_risk"));
    const char *for_text = json_string_value(json_object_get(request->json, "for"));
    struct object_id what = {{0}};
    struct log_view log = {.last_hlc = 0};
    size_t same = 0;
    uint64_t standing = 0, again = 0;
    if (for_text && lookup_object(request->node, &d->space, for_text, &what)) {
        request_refuse(request, MUSTER_ENOTFOUND, "%.60s, for which it would be, is not found", for_text);
        return false;
    }
    if (op == OP_COMMIT && for_text && refuse_over(request, d, &what))
        return false;
    const struct escrow_record *about = view ? record_of(view, record, OP_COMMIT, &same) : NULL;
    if ((op == OP_COVER || (op == OP_RELEASE && !for_text)) && !about) {
        request_refuse(request, same ? MUSTER_EAMBIGUOUS : MUSTER_ENOTFOUND,
                       "no promise of %s begins with \"%.64s\": muster quantities %s lists them", d->name, record ? record : "",
                       d->name);
        return false;
    }
    if ((op == OP_RETURN || op == OP_RECLAIM) && (!view || (op == OP_RECLAIM && !to))) {
        request_refuse(request, view ? MUSTER_EUSAGE : MUSTER_ESHORT,
                       view ? "\"to\" is missing: from which agency it is taken back" : "nothing of %s was minted yet", d->name);
        return false;
    }
    if (op == OP_RELEASE && for_text) {
        again = d->units;
        if (!view || !plan_releases(request, d, view, &what, &standing) || again > standing) {
            request_refuse(request, MUSTER_ENOTFOUND, "this node has no standing promise of so many units of %s for it", d->name);
            return false;
        }
        struct write_item *kept = again ? deal_add(d, OP_COMMIT, again) : NULL; /* what stays promised of it */
        if (kept)
            kept->quantity.for_what = what;
        d->units = standing - again;
        return true;
    }
    if (op == OP_RETURN || op == OP_RECLAIM) {
        uint64_t missing = op == OP_RETURN ? plan_returns(d, view) : plan_reclaims(request, d, view, to);
        if (!missing && d->count)
            return true;
        refuse_short(request, d, view, d->units - missing);
        return false;
    }
    if (op == OP_COMMIT && !at_risk && view && view->sums.free_here < d->units) {
        refuse_short(request, d, view, view->sums.free_here);
        return false;
    }
    if (op == OP_GRANT && !take_log(request, d, to, &log))
        return false;
    if (op == OP_GRANT && view && view->own_opened && log_id_eq(&log.id, &view->own)) {
        request_refuse(request, MUSTER_EUSAGE, "%.80s is this node: what it may promise of %s needs no grant", to, d->name);
        return false;
    }
    struct write_item *item = deal_add(d, op, d->units);
    item->quantity.at_risk = at_risk;
    item->quantity.for_what = what;
    if (op == OP_GRANT)
        memcpy(item->quantity.about.b, log.id.b, HASH_BYTES);
    else if (about)
        memcpy(item->quantity.about.b, about->id.b, HASH_BYTES);
    if (about)
        d->units = quantity_units(about);
    return true;
}

static void unit_of(char out[48], const struct object_stored *state)
{
    const struct kind *kind = kind_by_number(state->kind);
    const struct field *field = kind ? field_by_name(kind, "unit") : NULL;
    struct pack_value value;
    out[0] = '\0';
    if (field && pack_get(state->view, field->number, &value) && value.type == PACK_TEXT && value.u.run.len < 48) {
        memcpy(out, value.u.run.at, value.u.run.len);
        out[value.u.run.len] = '\0';
    }
}

void api_quantities_write(struct request *request)
{
    bool bad = false;
    const char *op = request_text(request, "op", 16, &bad), *object = bad ? NULL : request_text(request, "object", 64, &bad);
    const char *to = bad ? NULL : request_text(request, "to", NAME_BYTES_MAX, &bad);
    const char *record = bad ? NULL : request_text(request, "record", 2 * HASH_BYTES, &bad);
    struct deal *d = bad ? NULL : calloc(1, sizeof(*d));
    struct object_stored state;
    if (bad)
        return;
    if (!d) {
        request_refuse(request, MUSTER_EBUSY, "there is no memory for it");
        return;
    }
    request->state = d;
    request->state_free = free;
    if (!op_of(op)) {
        request_refuse(request, MUSTER_EUSAGE, "\"op\" is mint, grant, commit, cover, return, release or reclaim");
        return;
    }
    if (!request_space(request, &d->space))
        return;
    enum muster_error error = object ? lookup_object(request->node, &d->space, object, &d->object) : MUSTER_EUSAGE;
    if (!error)
        error = lookup_state(request->node, d->space.number, &d->object, &state);
    if (error) {
        request_refuse(request, error, "the resource \"%.60s\": %s", object ? object : "",
                       object ? _(error_what(error)) : _("\"object\" is missing"));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (ops[i].op == op_of(op))
            d->op = ops[i].name;
    short_id(d->name, state.kind, &d->object, d->space.objects);
    unit_of(d->unit, &state);
    uint16_t kind = state.kind;
    uint64_t expires = op_of(op) == OP_COMMIT ? overview_time(&state, "expires") : 0;
    if (expires && expires < node_wall_ms()) {
        refuse_expired(request, d, expires);
        return;
    }
    struct quantity_view view = {.count = 0};
    error = core_quantity(request->node->core, d->space.number, &d->object, &view);
    const struct quantity_view *known = error ? NULL : &view;
    d->units = units_asked(request);
    if (op_of(op) == OP_MINT && !d->units && lookup_state(request->node, d->space.number, &d->object, &state) == MUSTER_OK)
        d->units = units_counted(&state, known);
    if (error && error != MUSTER_ENOTFOUND)
        request_refuse(request, error, "the quantities of %s cannot be told: %s", d->name, _(error_what(error)));
    else if (op_of(op) == OP_MINT && !d->units)
        request_refuse(request, MUSTER_EUSAGE, "how many units? %s says nothing of its quantity, or all of it is minted", d->name);
    else if (plan(request, d, known, op_of(op), to, record)) {
        for (size_t i = 0; i < d->count; i++)
            d->items[i].kind = kind;
        request_write(request, &d->space.id, d->items, d->count, d->results, dealt);
    }
    quantity_view_free(&view);
}

/* --- looking ------------------------------------------------------------------------------------------------------------------- */

void api_quantities_of(struct request *request)
{
    struct space_view space;
    struct object_id id;
    struct object_stored state;
    struct quantity_view view;
    char name[SHORT_ID_BYTES], unit[48] = "";
    if (!request_object(request, &space, &id))
        return;
    uint16_t kind = KIND_NONE;
    if (lookup_state(request->node, space.number, &id, &state) == MUSTER_OK) {
        kind = state.kind;
        unit_of(unit, &state);
    }
    short_id(name, kind, &id, space.objects);
    enum muster_error error = core_quantity(request->node->core, space.number, &id, &view);
    if (error && error != MUSTER_ENOTFOUND) {
        request_refuse(request, error, "the quantities of %s cannot be told: %s", name, _(error_what(error)));
        return;
    }
    if (error)
        memset(&view, 0, sizeof(view));
    json_t *json = json_head(request->node, &space);
    json_object_set_new(json, "object", json_hex(id.b, OBJECT_ID_BYTES));
    json_object_set_new(json, "short", json_string(name));
    json_object_set_new(json, "unit", json_text(unit, strlen(unit)));
    json_object_set_new(json, "quantities", quantity_sums_json(&view.sums));
    json_object_set_new(json, "rights", quantity_rights_json(request->node, &space, &view, false));
    json_object_set_new(json, "promises", quantity_promises_json(request->node, &space, &view, false, name));
    quantity_view_free(&view);
    request_answer(request, json);
}

/* What does not hold, in the whole space: at most LISTED_MAX records. */
void api_quantities(struct request *request)
{
    struct space_view space;
    struct object_id object = {{0}};
    if (!request_space(request, &space))
        return;
    json_t *items = json_array(), *json = json_head(request->node, &space);
    uint64_t objects = 0;
    while (core_quantity_next(request->node->core, space.number, &object)) {
        struct quantity_view view;
        struct object_stored state;
        char name[SHORT_ID_BYTES];
        objects++;
        if (core_quantity(request->node->core, space.number, &object, &view) != MUSTER_OK)
            continue;
        bool known = lookup_state(request->node, space.number, &object, &state) == MUSTER_OK;
        short_id(name, known ? state.kind : KIND_NONE, &object, space.objects);
        json_t *bad = view.sums.risky || view.sums.voids ? quantity_promises_json(request->node, &space, &view, true, name)
                                                         : json_array();
        for (size_t i = 0; i < json_array_size(bad) && json_array_size(items) < LISTED_MAX; i++) {
            json_t *one = json_array_get(bad, i);
            json_object_set_new(one, "object", json_hex(object.b, OBJECT_ID_BYTES));
            json_object_set_new(one, "short", json_string(name));
            json_array_append(items, one);
        }
        json_decref(bad);
        quantity_view_free(&view);
    }
    json_object_set_new(json, "objects", json_integer((json_int_t)objects));
    json_object_set_new(json, "items", items);
    request_answer(request, json);
}
