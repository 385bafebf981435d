/* api_alarm.c — what somebody has to be told, who has taken note, and the word of whoever a task is given to. */
#include "base/pack.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/fields_json.h"
#include "node/json.h"
#include "node/lookup.h"
#include "node/record_json.h"
#include "node/trouble.h"
#include "protocol/kinds/kinds.h"
#include "protocol/kinds/time3339.h"
#include "protocol/object/look.h"
#include "protocol/object/op.h"

#include <stdlib.h>

/* --- alarms ------------------------------------------------------------------------------------------------------------ */

static json_t *alarm_json(const struct node *node, const struct alarm *alarm)
{
    const struct alarm_row *row = alarm_row(alarm->rule);
    char text[ALARM_TEXT_BYTES], remedy[ALARM_REMEDY_BYTES];
    alarm_sentence(alarm, false, text, sizeof(text));
    alarm_sentence(alarm, true, remedy, sizeof(remedy));
    json_t *space = json_null(), *object = json_null(), *acked = json_null();
    if (alarm->in_space)
        space = json_pack("{s:o, s:o, s:b}", "id", json_hex(alarm->space.b, HASH_BYTES), "name",
                          json_text(alarm->space_name, strlen(alarm->space_name)), "exercise", (int)alarm->exercise);
    if (alarm->has_object)
        object = json_pack("{s:o, s:s, s:s}", "id", json_hex(alarm->object.b, OBJECT_ID_BYTES), "short", alarm->short_id, "kind",
                           kind_name(alarm->kind) ? kind_name(alarm->kind) : "unknown");
    if (alarm->acked_ms)
        acked = json_pack("{s:o, s:I}", "time", json_time(alarm->acked_ms), "user", (json_int_t)alarm->acked_by);
    return json_pack("{s:o, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:I, s:o, s:s, s:o, s:o}", "id", json_hex(alarm->id, ALARM_ID_BYTES), "alarm",
                     row->name, "severity", alarm_severity_name(row->severity), "state", alarm->acked_ms ? "acknowledged" : "open",
                     "exercise", (int)alarm->exercise, "space", space, "object", object, "agency", json_agency(node, &alarm->agency),
                     "number", (json_int_t)alarm->number, "text", json_text(text, strlen(text)), "do", remedy,
                     "since", json_time(alarm->raised_ms), "acknowledged", acked);
}

json_t *json_alarm_counts(const struct node *node)
{
    struct alarm_counts counts;
    alarms_count(&node->alarm_look.alarms, &counts);
    counts.hooks = node->alarm_look.hooks.counts;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I}}", "critical", (json_int_t)counts.open[ALARM_CRITICAL], "warning",
                     (json_int_t)counts.open[ALARM_WARNING], "notice", (json_int_t)counts.open[ALARM_NOTICE], "acknowledged",
                     (json_int_t)counts.acknowledged, "no_room", (json_int_t)counts.no_room, "raised", (json_int_t)counts.raised, "cleared",
                     (json_int_t)counts.cleared, "hook", "run", (json_int_t)counts.hooks.run, "failed", (json_int_t)counts.hooks.failed,
                     "dropped", (json_int_t)counts.hooks.dropped);
}

/* Those that somebody is to be shown, most severe first; space: of that one alone (and the node's own), NULL of all. */
static json_t *alarms_json(struct node *node, const struct space_id *space, enum alarm_severity least, bool open, size_t limit)
{
    const struct alarms *alarms = &node->alarm_look.alarms;
    const struct alarm **list = calloc(alarms->count + 1, sizeof(*list));
    json_t *items = json_array();
    size_t count = 0;
    for (size_t i = 0; list && i < alarms->count; i++) {
        const struct alarm *alarm = &alarms->at[i];
        if (alarm->round && alarm_row(alarm->rule)->severity >= least && !(open && alarm->acked_ms) &&
            (!space || !alarm->in_space || space_id_eq(space, &alarm->space)))
            list[count++] = alarm;
    }
    if (list)
        alarms_sort(list, count);
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, alarm_json(node, list[i]));
    free(list);
    return items;
}

json_t *json_alarms_top(struct node *node, const struct space_id *space, size_t limit)
{
    return alarms_json(node, space, ALARM_WARNING, true, limit);
}

void api_alarms(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    const char *named = request_query(request, "space"), *severity = request_query(request, "severity"),
               *open = request_query(request, "open");
    enum alarm_severity least = severity && severity[0] ? alarm_severity_named(severity) : ALARM_NOTICE;
    if (least == ALARM_SEVERITIES) {
        request_refuse(request, MUSTER_EUSAGE, "\"%.40s\" is no severity: notice, warning or critical", severity);
        return;
    }
    if (named && named[0] && !request_space_named(request, named, &space))
        return;
    request_answer(request, json_pack("{s:i, s:o, s:o, s:o, s:b, s:o}", "muster", 1, "items",
                                      alarms_json(node, named && named[0] ? &space.id : NULL, least, open && strcmp(open, "1") == 0, ALARMS_MAX),
                                      "counts", json_alarm_counts(node), "looked", json_time(node->alarm_look.ended_ms), "hook",
                                      hook_is_set(node->config.alarm_hook), "spaces", json_spaces_complete(node, named && named[0] ? &space : NULL)));
}

void api_alarm_acknowledge(struct request *request)
{
    struct node *node = request->node;
    bool several;
    struct alarm *alarm = alarms_named(&node->alarm_look.alarms, request->argument[0], &several);
    char text[ALARM_TEXT_BYTES];
    struct trouble trouble;
    if (!alarm) {
        trouble_set(&trouble, several ? MUSTER_EAMBIGUOUS : MUSTER_ENOTFOUND,
                    several ? "%.40s is the beginning of several alarms" : "there is no alarm %.40s (any more)", request->argument[0]);
        trouble_do(&trouble, "muster alarms");
        request_refuse_trouble(request, &trouble);
        return;
    }
    if (!alarm->acked_ms) {
        alarms_acknowledge(alarm, request->uid, node_wall_ms());
        enum muster_error error = alarms_keep(&node->alarm_look.alarms, node->store);
        if (error) {
            alarm->acked_ms = 0; /* its row is written again with the next round */
            request_refuse(request, error, "that it was acknowledged cannot be stored: %s", _(error_what(error)));
            return;
        }
        (void)alarm_line(alarm, text);
        audit_add(&node->audit, node_wall_ms(), EVENT_NAME_ALARM_ACKNOWLEDGED, &alarm->agency, text);
        journal_write(&node->journal, EVENT_NAME_ALARM_ACKNOWLEDGED, &alarm->agency, text);
    }
    json_t *json = alarm_json(node, alarm);
    json_object_set_new(json, "muster", json_integer(1));
    request_answer(request, json);
}

/* --- the word of whoever a task is given to -------------------------------------------------------------------------------- */

enum { TASK_STATUS = 3, TASK_ACKNOWLEDGED_AT = 12, TASK_STARTED_AT = 15, TASK_COMPLETED_AT = 16, TASK_OUTCOME = 21, TASK_REASON = 22 };
enum { WORD_BODY_BYTES = 4096, WORD_TEXT_MAX = 1024 };

static const struct task_verb {
    const char *verb, *status;
    int time, text; /* fields; text: what the words of the request go into, 0: there are none */
    bool must;
} verbs[] = {
    {"acknowledge", "acknowledged", TASK_ACKNOWLEDGED_AT, 0, false},
    {"start", "started", TASK_STARTED_AT, 0, false},
    {"done", "done", TASK_COMPLETED_AT, TASK_OUTCOME, false},
    {"decline", "declined", 0, TASK_REASON, true},
};

struct saying {
    uint8_t body[WORD_BODY_BYTES];
    char status[TASK_WORD_BYTES];
    bool proposed;
    struct space_view space;
    struct object_id object;
    struct write_item item;
    struct write_result result;
};

static void said(struct request *request)
{
    struct saying *s = request->state;
    char name[SHORT_ID_BYTES];
    enum muster_error error = request->error ? request->error : s->result.error;
    short_id(name, KIND_TASK, &s->object, s->space.objects);
    if (error) {
        request_refuse(request, error, "%s: %s", name, _(error_what(error)));
        return;
    }
    alarms_look_soon(request->node);
    json_t *json = json_head(request->node, &s->space);
    json_object_set_new(json, "object", json_hex(s->object.b, OBJECT_ID_BYTES));
    json_object_set_new(json, "short", json_string(name));
    json_object_set_new(json, "record", json_hex(s->result.record.b, HASH_BYTES));
    json_object_set_new(json, "status", json_string(s->status));
    json_object_set_new(json, "state", json_string(s->proposed ? "said" : "written"));
    request_answer(request, json);
}

/* The body of the word, its mask, and whether it is a change of the owner's or a proposal to it. */
static bool make_word(struct request *request, struct saying *s, const struct task_verb *verb, const char *text)
{
    char now[TIME_FORMAT_BYTES];
    size_t len = time3339_format(now, (int64_t)node_wall_ms() / 1000 * 1000);
    struct writer w = writer_over(s->body, sizeof(s->body));
    pack_map(&w, 1 + (verb->time != 0) + (text != NULL));
    pack_uint(&w, TASK_STATUS);
    pack_text(&w, verb->status, strlen(verb->status));
    s->item.mask = UINT64_C(1) << TASK_STATUS;
    if (verb->time) {
        pack_uint(&w, (uint64_t)verb->time);
        pack_text(&w, now, len);
        s->item.mask |= UINT64_C(1) << verb->time;
    }
    if (text) {
        pack_uint(&w, (uint64_t)verb->text);
        pack_text(&w, text, strlen(text));
        s->item.mask |= UINT64_C(1) << verb->text;
    }
    struct kind_problem problem = {.error = MUSTER_OK};
    uint64_t mask;
    s->item.body = (struct bytes){s->body, writer_len(&w)};
    enum muster_error error = kind_check(kind_by_number(KIND_TASK), s->item.body, false, &mask, &problem);
    if (error)
        request_refuse(request, error, "%s", problem_text(&problem, error));
    return !error;
}

/* The status under which the task stands: what its owner set, and what this agency has said since and waits for an answer.
 * view: copied into one of the two buffers of OBJECT_STATE_MAX bytes; *waits: the newest word is such a one. */
static struct bytes view_as_said(struct node *node, const struct space_view *space, const struct object_id *object, struct bytes view,
                                 uint8_t *buffers[2], bool *waits)
{
    struct object_look look;
    unsigned at = 0;
    uint64_t since = 0;
    memcpy(buffers[0], view.at, view.len);
    view.at = buffers[0];
    *waits = false;
    if (core_object_look(node->core, space->number, object, &look) != MUSTER_OK)
        return view;
    const struct object_field *status = &look.state.fields[TASK_STATUS];
    if (status->count) { /* what was accepted counts from when it was said */
        const struct object_record *set = &look.records[status->provisional.record];
        const struct hash *of = set->op == OP_ACCEPT ? object_ref(set, REF_PROPOSAL) : NULL;
        since = set->hlc;
        for (size_t i = 0; of && i < look.count; i++)
            if (memcmp(look.records[i].id.b, of->b, HASH_BYTES) == 0)
                since = look.records[i].hlc;
    }
    uint32_t *order = records_by_time(&look);
    for (size_t i = 0; order && i < look.count; i++) {
        const struct object_record *record = &look.records[order[i]];
        const struct object_held *held = &look.held[order[i]];
        struct segment_header segment;
        struct record_header header;
        struct record_id id;
        struct bytes body;
        bool open = false;
        for (uint32_t k = 0; record->op == OP_PROPOSE && k < look.state.proposals_count; k++)
            open |= look.state.proposals[k].record == order[i] && look.state.proposals[k].answer == ANSWER_OPEN;
        if (!open || record->hlc <= since || !(record->mask >> TASK_STATUS & 1) ||
            !agency_id_eq(&record->by, &node->own.identity.agency) ||
            core_record_open(node->core, held->arrival, held->index, &segment, &header, &id, &body) != MUSTER_OK)
            continue;
        size_t len = object_view_merge(buffers[!at], OBJECT_STATE_MAX, view, body, record->mask);
        if (len) {
            at = !at;
            view = (struct bytes){buffers[at], len};
            *waits = true;
        }
    }
    free(order);
    object_look_free(&look);
    return view;
}

static bool says(struct bytes view, int field, const char *text)
{
    struct pack_value value;
    return pack_get(view, (uint64_t)field, &value) && value.type == PACK_TEXT && value.u.run.len == strlen(text) &&
           memcmp(value.u.run.at, text, value.u.run.len) == 0;
}

/* Does the word lead on from what stands there and what this agency has said?  Else it is refused: what is said twice, or out of
 * order, its owner could not write down. */
static bool word_fits(struct request *request, struct saying *s, const struct task_verb *verb, const char *text, struct bytes view)
{
    uint8_t *buffers[2] = {malloc(OBJECT_STATE_MAX), malloc(OBJECT_STATE_MAX)};
    struct kind_problem problem = {.error = MUSTER_OK};
    struct trouble trouble;
    char name[SHORT_ID_BYTES];
    bool waits = false, room = buffers[0] && buffers[1] && view.len <= OBJECT_STATE_MAX;
    enum muster_error error = room ? MUSTER_OK : MUSTER_EBUSY;
    short_id(name, KIND_TASK, &s->object, s->space.objects);
    if (room)
        view = view_as_said(request->node, &s->space, &s->object, view, buffers, &waits);
    if (room && says(view, TASK_STATUS, verb->status) && (!text || says(view, verb->text, text))) {
        (void)trouble_set(&trouble, MUSTER_EDUPLICATE,
                          waits ? _("%s: you have said already that it is %s; its owner has not answered yet") : _("%s: it is %s already"),
                          name, verb->status);
        trouble_do(&trouble, "muster history %.30s", name);
        request_refuse_trouble(request, &trouble);
    } else if (room) {
        error = kind_step_check(kind_by_number(KIND_TASK), view, s->item.body, NULL, &problem);
    }
    if (error)
        request_refuse(request, error, "%s", problem_text(&problem, error));
    free(buffers[0]);
    free(buffers[1]);
    return !request_answered(request);
}

void api_task_say(struct request *request)
{
    struct node *node = request->node;
    struct object_stored state;
    struct object_id object;
    struct space_view space;
    const struct task_verb *verb = NULL;
    bool bad = false;
    const char *word = request_text(request, "word", TASK_WORD_BYTES, &bad);
    const char *text = bad ? NULL : request_text(request, "text", WORD_TEXT_MAX, &bad);
    if (bad || !request_object(request, &space, &object))
        return;
    for (size_t i = 0; word && i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].verb, word) == 0)
            verb = &verbs[i];
    if (!verb) {
        request_refuse(request, MUSTER_EUSAGE, "\"word\" must be acknowledge, start, done or decline");
        return;
    }
    if (verb->must && (!text || !text[0])) {
        request_refuse(request, MUSTER_EMISSING, "\"text\" is missing: why it is declined");
        return;
    }
    if (lookup_state(node, space.number, &object, &state) != MUSTER_OK || state.kind != KIND_TASK) {
        request_refuse(request, MUSTER_EKIND, "%.60s is no task", request->argument[0]);
        return;
    }
    struct saying *s = calloc(1, sizeof(*s));
    request->state = s;
    request->state_free = free;
    if (!s)
        return;
    bool owner = agency_id_eq(&state.owner, &node->own.identity.agency);
    s->space = space;
    s->object = object;
    s->proposed = !owner && !(state.flags & OBJECT_JOINT);
    snprintf(s->status, sizeof(s->status), "%s", verb->status);
    s->item = (struct write_item){.operation = s->proposed ? OP_PROPOSE : OP_UPDATE, .kind = KIND_TASK, .schema = 1, .object = object};
    const char *words = verb->text && text && text[0] ? text : NULL;
    if (!make_word(request, s, verb, words))
        return;
    if (s->proposed && !task_may_speak(node, &state)) {
        request_refuse(request, MUSTER_ENOTOWNER, "the task is given to another agency");
        return;
    }
    if (word_fits(request, s, verb, words, state.view))
        request_write(request, &space.id, &s->item, 1, &s->result, said);
}
