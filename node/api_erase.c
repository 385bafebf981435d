/* api_erase.c — erasing, legal holds, retention; and who is known to hold what was said about it. */
#include "base/hlc.h"
#include "base/pack.h"
#include "lang/lang.h"
#include "node/agreements.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/lookup.h"
#include "protocol/object/op.h"
#include "protocol/trust/policy.h"

#include <stdlib.h>

enum { RECORDS_MAX = 4096, SAID_MAX = 256, TARGETS_EACH = 12, ITEMS_MAX = RECORDS_MAX / TARGETS_EACH + 1, PREFIX_MIN = 8 };

/* One request: what is on the object, and what is written because of it. */
struct erasing {
    struct space_view space;
    struct object_id object;
    char what[160]; /* "erase inc-7k2q9" */
    uint16_t kind;
    struct erasure_record records[RECORDS_MAX];
    size_t count;
    struct record_id targets[RECORDS_MAX];
    size_t target_count, others; /* others: records that only somebody else may erase */
    struct erasure_said said[SAID_MAX];
    size_t said_count;
    struct record_ref refs[RECORDS_MAX];
    struct write_item items[ITEMS_MAX];
    struct write_result results[ITEMS_MAX];
    size_t item_count;
    uint8_t body[64];
    struct command command;
};

/* --- what is asked for --------------------------------------------------------------------------------------------------- */

static struct erasing *begin(struct request *request, const char *what)
{
    struct erasing *e = calloc(1, sizeof(*e));
    request->state = e;
    request->state_free = free;
    if (!e) {
        request_refuse(request, MUSTER_EBUSY, "there is no memory for this at the moment");
        return NULL;
    }
    if (!request_object(request, &e->space, &e->object))
        return NULL;
    snprintf(e->what, sizeof(e->what), "%s %.60s", what, request->argument[0]);
    e->count = core_erasure_records(request->node->core, e->space.number, &e->object, e->records, RECORDS_MAX);
    e->said_count = core_erasures(request->node->core, e->space.number, &e->object, e->said, SAID_MAX);
    return e;
}

/* A word of the vocabulary, or NULL after a refusal that names all. */
static const char *take_ground(struct request *request)
{
    bool bad = false;
    const char *given = request_text(request, "ground", GROUND_BYTES_MAX, &bad), *ground;
    char all[160] = "";
    for (size_t i = 0; !bad && (ground = erase_ground(i)) != NULL; i++) {
        if (given && strcmp(given, ground) == 0)
            return ground;
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", ground);
    }
    if (!bad)
        request_refuse(request, MUSTER_EUSAGE, "\"ground\" is one of %s; nothing else is written, so that it names nobody", all);
    return NULL;
}

static bool is_controller(const struct request *request, const struct erasing *e)
{
    return agency_id_eq(&e->space.controller, &request->node->own.identity.agency);
}

/* The records that are meant: the one that "record" names, or all.  False after a refusal. */
static bool choose(struct request *request, struct erasing *e, bool all_agencies, bool (*wanted)(const struct erasure_record *))
{
    bool bad = false, named = false;
    const char *record = request_text(request, "record", 2 * HASH_BYTES, &bad);
    char id[2 * HASH_BYTES + 1];
    if (bad)
        return false;
    if (record && strlen(record) < PREFIX_MIN) {
        request_refuse(request, MUSTER_EUSAGE, "\"record\" is at least %d digits of the id that muster history shows", PREFIX_MIN);
        return false;
    }
    for (size_t i = 0; i < e->count; i++) {
        const struct erasure_record *r = &e->records[i];
        if (record && strncmp(hex_from(id, r->id.b, HASH_BYTES), record, strlen(record)) != 0)
            continue;
        named = true;
        if (!r->erasable || !wanted(r))
            continue;
        if (!all_agencies && !agency_id_eq(&r->by, &request->node->own.identity.agency))
            e->others++;
        else
            e->targets[e->target_count++] = r->id;
    }
    if (record && !named) {
        request_refuse(request, MUSTER_ENOTFOUND, "%.60s has no record \"%.64s\"", request->argument[0], record);
        return false;
    }
    if (!e->target_count && e->others) {
        request_refuse(request, MUSTER_ENORIGHT,
                       "%s: what is there was written by other agencies; each erases its own, the controller of the space or a "
                       "majority of its admins (--majority) anything",
                       e->what);
        return false;
    }
    if (!e->target_count) {
        request_refuse(request, MUSTER_EDUPLICATE, "%s: there is nothing left of it to do", e->what);
        return false;
    }
    return true;
}

static bool is_shown(const struct erasure_record *r)
{
    return !r->erased;
}

static bool is_free(const struct erasure_record *r)
{
    return !r->held && r->bytes;
}

/* --- records ------------------------------------------------------------------------------------------------------------- */

static void add_items(struct erasing *e, uint8_t operation, uint8_t role, const char *ground)
{
    struct writer w = writer_over(e->body, sizeof(e->body));
    pack_map(&w, ground ? 1 : 0);
    if (ground) {
        pack_uint(&w, 1);
        pack_text(&w, ground, strlen(ground));
    }
    for (size_t i = 0; i < e->target_count; i++) {
        e->refs[i].role = role;
        memcpy(e->refs[i].hash.b, e->targets[i].b, HASH_BYTES);
        if (i % TARGETS_EACH == 0)
            e->items[e->item_count++] = (struct write_item){.operation = operation, .schema = 1, .object = e->object,
                                                            .refs = &e->refs[i], .body = {e->body, writer_len(&w)}};
        e->items[e->item_count - 1].ref_count++;
    }
}

static void wrote(struct request *request)
{
    const struct erasing *e = request->state;
    json_t *ids = json_array();
    char sentence[320];
    enum muster_error error = request->error;
    for (size_t i = 0; i < e->item_count && !error; i++) {
        error = e->results[i].error;
        json_array_append_new(ids, json_hex(e->results[i].record.b, HASH_BYTES));
    }
    if (error) {
        json_decref(ids);
        request_refuse(request, error, "%s: %s", e->what, _(error_what(error)));
        return;
    }
    snprintf(sentence, sizeof(sentence), _("%s: %zu record%s, told to every member before anything else%s"), e->what,
             e->target_count, e->target_count == 1 ? "" : "s",
             e->others ? _("; records of other agencies stay") : "");
    json_t *json = json_head(request->node, &e->space);
    json_object_set_new(json, "object", json_hex(e->object.b, OBJECT_ID_BYTES));
    json_object_set_new(json, "targets", json_integer((json_int_t)e->target_count));
    json_object_set_new(json, "others", json_integer((json_int_t)e->others));
    json_object_set_new(json, "records", ids);
    json_object_set_new(json, "message", json_text(sentence, strlen(sentence)));
    request_answer(request, json);
}

/* --- operations of control ------------------------------------------------------------------------------------------------- */

static void proposed(struct request *request)
{
    const struct erasing *e = request->state;
    const struct record_id *id = &request->outcome.operation;
    struct space_view space;
    char sentence[320];
    if (request->error || !core_space_by_id(request->node->core, &request->space, &space)) {
        request_refuse(request, request->error ? request->error : MUSTER_EUNKNOWN_SPACE, "%s: %s", e->what,
                       _(error_what(request->error ? request->error : MUSTER_EUNKNOWN_SPACE)));
        return;
    }
    struct control_judgement judged = control_judge(space.control, id);
    uint32_t still = judged.verdict == CONTROL_WAITS_FOR_APPROVALS ? judged.needed - judged.signed_by : 0;
    if (still)
        snprintf(sentence, sizeof(sentence), _("%s: proposed, waits for %u more approval%s"), e->what, still, still == 1 ? "" : "s");
    else
        snprintf(sentence, sizeof(sentence), "%s: %s", e->what,
                 judged.verdict == CONTROL_EFFECTIVE ? _("in force") : control_verdict_name(judged.verdict));
    json_t *json = json_head(request->node, &space);
    json_object_set_new(json, "operation", json_hex(id->b, HASH_BYTES));
    json_object_set_new(json, "verdict", json_string(control_verdict_name(judged.verdict)));
    json_object_set_new(json, "needed", json_integer(judged.needed));
    json_object_set_new(json, "still", json_integer(still));
    json_object_set_new(json, "targets", json_integer((json_int_t)e->target_count));
    json_object_set_new(json, "message", json_text(sentence, strlen(sentence)));
    request_answer(request, json);
}

static void propose(struct request *request, struct erasing *e, enum command_kind kind, const char *ground)
{
    if (e->target_count > ERASE_RECORDS_MAX) {
        request_refuse(request, MUSTER_ETOOBIG, "%s: %zu records are more than the %d of one operation; name a record", e->what,
                       e->target_count, ERASE_RECORDS_MAX);
        return;
    }
    e->command.kind = kind;
    e->command.space_id = e->space.id;
    e->command.object = e->object;
    e->command.records = e->targets;
    e->command.record_count = e->target_count;
    e->command.ground = ground;
    request_command(request, &e->command, proposed);
}

/* --- the requests ------------------------------------------------------------------------------------------------------------ */

void api_erase(struct request *request)
{
    struct erasing *e = begin(request, "erase");
    bool majority = json_is_true(json_object_get(request->json, "majority"));
    const char *ground = e ? take_ground(request) : NULL;
    if (!ground || !choose(request, e, majority || is_controller(request, e), is_shown))
        return;
    if (majority) {
        propose(request, e, COMMAND_ERASE, ground);
        return;
    }
    add_items(e, OP_ERASE, REF_TARGET, ground);
    request_write(request, &e->space.id, e->items, e->item_count, e->results, wrote);
}

void api_hold(struct request *request)
{
    struct erasing *e = begin(request, "hold");
    bool majority = json_is_true(json_object_get(request->json, "majority"));
    if (!e)
        return;
    if (!majority && !is_controller(request, e)) {
        request_refuse(request, MUSTER_ENORIGHT,
                       "%s: only the controller of %.100s holds alone; with --majority it is proposed to the admins", e->what,
                       e->space.name);
        return;
    }
    if (!choose(request, e, true, is_free))
        return;
    if (majority) {
        propose(request, e, COMMAND_HOLD, NULL);
        return;
    }
    add_items(e, OP_HOLD, REF_TARGET, NULL);
    request_write(request, &e->space.id, e->items, e->item_count, e->results, wrote);
}

void api_unhold(struct request *request)
{
    struct erasing *e = begin(request, _("end the hold of"));
    bool majority = json_is_true(json_object_get(request->json, "majority"));
    if (!e)
        return;
    for (size_t i = 0; i < e->said_count; i++) {
        const struct erasure_said *said = &e->said[i];
        bool theirs = said->operation == CTL_HOLD && said->counts && !said->lifted;
        bool own = said->operation == OP_HOLD && !said->lifted && agency_id_eq(&said->by, &e->space.controller);
        if (majority ? !theirs : !own)
            continue;
        e->targets[e->target_count++] = said->id;
    }
    if (!e->target_count) {
        request_refuse(request, MUSTER_ENOTFOUND, "%s: no hold of %s is in force", e->what,
                       majority ? _("a majority") : _("the controller alone (one of a majority ends with --majority)"));
        return;
    }
    if (majority) {
        e->command.kind = COMMAND_UNHOLD;
        e->command.space_id = e->space.id;
        e->command.operation = e->targets[0];
        e->target_count = 1;
        request_command(request, &e->command, proposed);
        return;
    }
    if (!is_controller(request, e)) {
        request_refuse(request, MUSTER_ENORIGHT, "%s: it was made by the controller of %.100s, who alone ends it", e->what,
                       e->space.name);
        return;
    }
    add_items(e, OP_UNHOLD, REF_HOLD, NULL);
    request_write(request, &e->space.id, e->items, e->item_count, e->results, wrote);
}

/* --- how far it is --------------------------------------------------------------------------------------------------------- */

static json_t *receipts_json(struct request *request, const struct erasing *e, const struct erasure_said *said, size_t *lacking)
{
    static const char *const names[] = {[RECEIPT_NONE] = "silent", [RECEIPT_TOLD] = "told", [RECEIPT_HOLDS] = "holds"};
    const struct control_state *state = control_state(e->space.control);
    json_t *list = json_array();
    for (size_t i = 0; state && i < state->member_count; i++) {
        enum erasure_receipt receipt = core_erasure_receipt(request->node->core, said, &state->members[i].who);
        const struct peer *peer = peer_of_agency(&request->node->peers, &state->members[i].who);
        struct peer_view view = {.last_met_ms = 0};
        for (size_t p = 0; peer && core_peer_at(request->node->core, p, &view); p++)
            if (agency_id_eq(&view.agency, &state->members[i].who))
                break;
        *lacking += receipt != RECEIPT_HOLDS;
        json_array_append_new(list, json_pack("{s:o, s:s, s:o}", "agency", json_agency(request->node, &state->members[i].who),
                                              "state", names[receipt], "since",
                                              json_time(receipt == RECEIPT_HOLDS || !peer ? 0 : view.last_met_ms)));
    }
    return list;
}

static const char *said_name(uint8_t operation)
{
    return operation == OP_HOLD || operation == CTL_HOLD ? "hold" : operation == OP_UNHOLD ? "unhold"
                                                                : operation == CTL_RETAIN  ? "retain"
                                                                                           : "erase";
}

void api_erasure(struct request *request)
{
    struct erasing *e = begin(request, "erase");
    if (!e)
        return;
    json_t *records = json_array(), *said = json_array();
    size_t erased = 0, lies = 0, lacking = 0;
    for (size_t i = 0; i < e->count; i++) {
        const struct erasure_record *r = &e->records[i];
        if (!r->erasable)
            continue;
        erased += r->erased;
        lies += r->erased && r->bytes;
        json_array_append_new(records, json_pack("{s:o, s:o, s:o, s:s, s:b, s:b}", "record", json_hex(r->id.b, HASH_BYTES),
                                                 "agency", json_agency(request->node, &r->by), "time",
                                                 json_time(hlc_ms(r->hlc)), "state",
                                                 !r->erased ? "shown" : r->held ? "held" : r->bytes ? "due" : "gone", "erased",
                                                 (int)r->erased, "held", (int)r->held));
    }
    for (size_t i = 0; i < e->said_count; i++) {
        const struct erasure_said *s = &e->said[i];
        json_t *receipts = receipts_json(request, e, s, &lacking);
        json_array_append_new(said, json_pack("{s:s, s:o, s:o, s:s, s:b, s:b, s:b, s:o}", "op", said_name(s->operation), "id",
                                              json_hex(s->id.b, HASH_BYTES), "by", json_agency(request->node, &s->by), "ground",
                                              s->ground, "majority", s->operation >= CTL_GENESIS, "counts", (int)s->counts,
                                              "lifted", (int)s->lifted, "receipts", receipts));
    }
    json_t *json = json_head(request->node, &e->space);
    json_object_set_new(json, "object", json_hex(e->object.b, OBJECT_ID_BYTES));
    json_object_set_new(json, "erased", json_integer((json_int_t)erased));
    json_object_set_new(json, "records", records);
    json_object_set_new(json, "said", said);
    json_object_set_new(json, "bytes_here", json_integer((json_int_t)lies));
    json_object_set_new(json, "overwritten", json_boolean(!core_scrub_due(request->node->core)));
    json_object_set_new(json, "unconfirmed", json_integer((json_int_t)lacking));
    request_answer(request, json);
}

/* --- retention -------------------------------------------------------------------------------------------------------------- */

struct retaining {
    struct erasing erasing; /* first: `proposed` speaks of it */
    struct retention_due due[RETAIN_RANGES_MAX];
    struct retain_range ranges[RETAIN_RANGES_MAX];
    size_t count;
};

/* The stricter of the space's genesis and its policy; 0: no bound. */
static uint64_t days_in_force(const struct space_view *space)
{
    uint64_t policy = policy_in_force(space->control, POLICY_RETENTION_DAYS, 0), genesis = space->retention_days;
    return !policy ? genesis : !genesis || policy < genesis ? policy : genesis;
}

static bool look_due(struct request *request, struct space_view *space, struct retaining *r, uint64_t *days)
{
    if (!request_space_named(request, request->argument[0], space))
        return false;
    *days = days_in_force(space);
    uint64_t span = *days * 24 * 3600 * 1000, now = node_wall_ms();
    if (*days && span < now)
        r->count = core_retention_due(request->node->core, space->number, now - span, r->due, RETAIN_RANGES_MAX);
    return true;
}

/* [{agreement, days, shorter}]: what agreements in force in the space promise of keeping.  Retention takes whole ranges of logs and
 * knows no kinds, so it is the space's own days that have to be set by the shortest of these. */
static json_t *agreed_json(struct node *node, const struct space_view *space, uint64_t days)
{
    struct agreements agreements;
    char title[HELD_TITLE_BYTES];
    const struct field *field = field_by_name(&kind_agreement, "retention_days");
    json_t *list = json_array();
    agreements_load(&agreements, node, true);
    for (size_t i = 0; field && i < agreements.count; i++) {
        const struct held_agreement *held = &agreements.at[i];
        uint64_t kept;
        if (memcmp(held->agreement.space.b, space->id.b, HASH_BYTES) != 0 ||
            !pack_get_uint(held->agreement.view, field->number, &kept) || !kept || kept > INT32_MAX)
            continue;
        held_title(held, title);
        json_array_append_new(list, json_pack("{s:o, s:I, s:b}", "agreement", json_text(title, strlen(title)), "days",
                                              (json_int_t)kept, "shorter", (int)(!days || kept < days)));
    }
    agreements_free(&agreements);
    return list;
}

void api_retention(struct request *request)
{
    struct space_view space;
    struct retaining *r = calloc(1, sizeof(*r));
    uint64_t days, total = 0;
    request->state = r;
    request->state_free = free;
    if (!r || !look_due(request, &space, r, &days))
        return;
    json_t *json = json_head(request->node, &space), *due = json_array();
    for (size_t i = 0; i < r->count; i++) {
        total += r->due[i].records;
        json_array_append_new(due, json_pack("{s:o, s:o, s:I, s:I}", "log", json_hex(r->due[i].log.b, HASH_BYTES), "agency",
                                             json_agency(request->node, &r->due[i].by), "sequence",
                                             (json_int_t)r->due[i].sequence, "records", (json_int_t)r->due[i].records));
    }
    json_object_set_new(json, "days", json_integer((json_int_t)days));
    json_object_set_new(json, "controller", json_agency(request->node, &space.controller));
    json_object_set_new(json, "due", due);
    json_object_set_new(json, "agreed", agreed_json(request->node, &space, days));
    json_object_set_new(json, "records", json_integer((json_int_t)total));
    request_answer(request, json);
}

void api_retain(struct request *request)
{
    struct space_view space;
    struct retaining *r = calloc(1, sizeof(*r));
    uint64_t days;
    request->state = r;
    request->state_free = free;
    if (!r || !look_due(request, &space, r, &days))
        return;
    if (!r->count) {
        request_refuse(request, MUSTER_ENOTFOUND, "retention in %.100s: %s", space.name,
                       days ? _("nothing is older than its days allow") : _("no days are set; muster space policy retention-days=N"));
        return;
    }
    struct erasing *e = &r->erasing;
    snprintf(e->what, sizeof(e->what), _("retention of %llu days in %.80s"), (unsigned long long)days, space.name);
    for (size_t i = 0; i < r->count; i++) {
        r->ranges[i] = (struct retain_range){r->due[i].log, r->due[i].sequence};
        e->target_count += r->due[i].records;
    }
    e->command = (struct command){.kind = COMMAND_RETAIN, .space_id = space.id, .ranges = r->ranges, .range_count = r->count,
                                  .ground = "retention"};
    request_command(request, &e->command, proposed);
}
