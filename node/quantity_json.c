#include "node/quantity_json.h"

#include "base/hlc.h"
#include "base/pack.h"
#include "lang/lang.h"
#include "node/lookup.h"
#include "node/peers.h"
#include "protocol/log/genesis.h"

enum { DO_BYTES = 200 };

json_t *quantity_sums_json(const struct quantity_sums *s)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:i}", "minted", (json_int_t)s->minted, "free",
                     (json_int_t)s->free_here, "elsewhere", (json_int_t)s->free_elsewhere, "stuck", (json_int_t)s->stuck,
                     "soft", (json_int_t)s->soft, "safe", (json_int_t)s->safe, "at_risk", (json_int_t)s->at_risk, "lost",
                     (json_int_t)s->lost, "promises", (int)s->promises, "risky", (int)s->risky, "void", (int)s->voids,
                     "waiting", (int)s->waiting);
}

json_t *quantity_sums_of(const struct node *node, const struct space_view *space, const struct object_id *object)
{
    struct quantity_view view;
    enum muster_error error = core_quantity(node->core, space->number, object, &view);
    if (error == MUSTER_ENOTFOUND)
        return NULL;
    if (error)
        return json_pack("{s:s}", "error", _(error_what(error)));
    json_t *json = quantity_sums_json(&view.sums);
    quantity_view_free(&view);
    return json;
}

json_t *quantity_body_json(struct bytes body)
{
    struct pack_value parts, each;
    struct object_id what;
    uint64_t units = 0;
    json_t *json = json_object();
    if (!pack_get_uint(body, QUANTITY_UNITS, &units) && pack_get(body, QUANTITY_PARTS, &parts) && parts.type == PACK_ARRAY) {
        struct cursor c = cursor_over(parts.whole.at, parts.whole.len);
        if (pack_next(&c, &each, true))
            while (pack_next(&c, &each, false)) /* each at most ESCROW_UNITS_MAX, or the record is void */
                units += each.type == PACK_UINT && each.u.uint <= ESCROW_UNITS_MAX ? each.u.uint : 0;
    }
    if (units)
        json_object_set_new(json, "units", json_integer((json_int_t)(units > INT64_MAX ? INT64_MAX : units)));
    if (pack_get_fixed(body, QUANTITY_FOR, what.b, OBJECT_ID_BYTES))
        json_object_set_new(json, "for", json_hex(what.b, OBJECT_ID_BYTES));
    return json;
}

uint64_t quantity_units(const struct escrow_record *record)
{
    uint64_t units = record->from_count ? 0 : record->units;
    for (size_t i = 0; i < record->from_count; i++)
        units += record->from[i].units;
    return units > ESCROW_UNITS_MAX ? ESCROW_UNITS_MAX : units;
}

bool quantity_log(const struct node *node, uint32_t space, const struct log_id *id, struct log_view *out)
{
    for (size_t i = 0; core_log_at(node->core, space, i, out); i++)
        if (log_id_eq(&out->id, id))
            return true;
    return false;
}

const char *quantity_holder(const struct node *node, const struct log_view *log, char out[HOLDER_BYTES])
{
    const struct peer *peer = peer_by_node(&node->peers, &log->node);
    char hex[17];
    hex_from(hex, log->id.b, 4);
    snprintf(out, HOLDER_BYTES, "%s", log->own ? node->own.node_name : peer ? peer->node_name : hex);
    return out;
}

static json_t *holder_json(struct node *node, uint32_t space, const struct log_id *id)
{
    struct log_view log;
    char name[HOLDER_BYTES];
    if (!quantity_log(node, space, id, &log))
        return json_pack("{s:n, s:s, s:b, s:b, s:o}", "agency", "node", "", "own", 0, "closed", 0, "log",
                         json_hex(id->b, HASH_BYTES));
    quantity_holder(node, &log, name);
    return json_pack("{s:o, s:o, s:b, s:b, s:o}", "agency", json_agency(node, &log.agency), "node",
                     json_text(name, strlen(name)), "own", log.own, "closed", log.closed || !log.counts, "log",
                     json_hex(id->b, HASH_BYTES));
}

json_t *quantity_rights_json(struct node *node, const struct space_view *space, const struct quantity_view *view, bool all)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->state.rights_count; i++) {
        const struct escrow_right *right = &view->state.rights[i];
        const struct escrow_record *record = &view->records[right->record];
        struct log_view giver;
        json_t *from = quantity_log(node, space->number, &right->giver, &giver) ? json_agency(node, &giver.agency) : json_null();
        if (!all && !right->left && !right->rest.lost) {
            json_decref(from);
            continue;
        }
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:o}", "right",
                            json_hex(record->id.b, HASH_BYTES), "made_by",
                            record->op == OP_MINT      ? "mint"
                            : record->op == OP_GRANT   ? "grant"
                            : record->op == OP_RECLAIM ? "reclaim"
                                                       : "return",
                            "from", from, "holder", holder_json(node, space->number, &right->holder), "units",
                            (json_int_t)right->units, "left", (json_int_t)right->left, "firm", (json_int_t)right->rest.firm,
                            "soft", (json_int_t)right->rest.soft, "lost", (json_int_t)right->rest.lost, "spendable",
                            view->own_opened && log_id_eq(&right->holder, &view->own), "since",
                            json_time(hlc_ms(view->rows[right->record].hlc))));
    }
    return list;
}

static const char *op_word(uint8_t op)
{
    static const char *const words[] = {"mint", "grant", "commit", "cover", "return", "release", "reclaim"};
    return op >= OP_MINT && op <= OP_RECLAIM ? words[op - OP_MINT] : "unknown";
}

/* What to do about a record that does not hold: by whoever wrote it. */
static void say_do(char out[DO_BYTES], const struct escrow_record *record, const char *state, const char *name, bool own,
                   const char *agency)
{
    char id[17];
    hex_from(id, record->id.b, 6);
    if (strcmp(state, "at-risk") == 0 && own && !record->from_count)
        snprintf(out, DO_BYTES, _("muster cover %s %s, once there are units to promise; or tell whom it was promised to"), name, id);
    else if (strcmp(state, "at-risk") == 0 && own)
        snprintf(out, DO_BYTES, _("wait for what it builds on, or promise other units: muster release %s %s, then commit again"),
                 name, id);
    else if (strcmp(state, "lost") == 0 && own)
        snprintf(out, DO_BYTES, _("these units are promised elsewhere: muster release %s %s, and tell whom it was promised to"),
                 name, id);
    else if (strcmp(state, "disputed") == 0)
        snprintf(out, DO_BYTES, _("the log of %.60s has two branches: do not count on it before a majority has cut the log"), agency);
    else if (strcmp(state, "cut-off") == 0 && !own)
        snprintf(out, DO_BYTES, _("it lies beyond a limit of its log and counts for nothing: ask %.60s whether it stands, have it "
                 "promised anew"), agency);
    else if ((strcmp(state, "void") == 0 || strcmp(state, "cut-off") == 0) && own)
        snprintf(out, DO_BYTES, _("it counts for nothing: promise again from units that are there, or tell whom it was promised to"));
    else
        snprintf(out, DO_BYTES, _("do not count on it before %.60s has covered it or promised anew"), agency);
}

json_t *quantity_promises_json(struct node *node, const struct space_view *space, const struct quantity_view *view, bool bad,
                               const char *short_name)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        const struct escrow_judgement *judged = &view->state.records[i];
        bool promise = record->op == OP_COMMIT || record->op == OP_COVER;
        bool risky = judged->status == ESCROW_VOID ||
                     (record->op == OP_COMMIT && (judged->word == WORD_AT_RISK || judged->word == WORD_LOST ||
                                                  judged->status == ESCROW_DISPUTED || judged->status == ESCROW_CUT_OFF));
        struct log_view log;
        if (bad ? !risky : !promise && judged->status != ESCROW_VOID)
            continue;
        bool known = quantity_log(node, space->number, &record->log, &log);
        char say[DO_BYTES] = "", name[17];
        const char *state = quantity_word(record, judged);
        const char *agency = known ? agency_name(node, &log.agency, name) : _("its agency");
        if (risky)
            say_do(say, record, state, short_name, known && log.own, agency);
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o, s:b, s:I, s:s, s:o, s:o, s:o}", "record", json_hex(record->id.b, HASH_BYTES), "op",
                            op_word(record->op), "agency", known ? json_agency(node, &log.agency) : json_null(), "own",
                            known && log.own, "units", (json_int_t)quantity_units(record), "state", state, "for",
                            object_id_none(&view->rows[i].for_what) ? json_null()
                                                                    : json_hex(view->rows[i].for_what.b, OBJECT_ID_BYTES),
                            "time", json_time(hlc_ms(view->rows[i].hlc)), "do", say[0] ? json_text(say, strlen(say)) : json_null()));
    }
    return list;
}
