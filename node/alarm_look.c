#include "node/alarm_look.h"

#include "node/alarm_subject.h"
#include "node/json.h"
#include "node/lookup.h"
#include "node/node.h"
#include "protocol/kinds/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- raising, clearing ------------------------------------------------------------------------------------------- */

static void call_hook(struct node *node, const struct alarm *alarm, const char *state)
{
    struct hook_call call = {.len = 0};
    const struct alarm_row *row = alarm_row(alarm->rule);
    char id[2 * OBJECT_ID_BYTES + 1] = "", text[ALARM_TEXT_BYTES + 32];
    snprintf(call.title, sizeof(call.title), "%s %s", row->name, alarm->short_id);
    snprintf(text, sizeof(text), "%s%s", alarm->exercise ? "EXERCISE: " : "", alarm->text);
    if (alarm->has_object)
        hex_from(id, alarm->object.b, OBJECT_ID_BYTES);
    char alarm_hex[2 * ALARM_ID_BYTES + 1];
    hook_call_add(&call, "MUSTER_ALARM", row->name);
    hook_call_add(&call, "MUSTER_ID", hex_from(alarm_hex, alarm->id, ALARM_ID_BYTES));
    hook_call_add(&call, "MUSTER_STATE", state);
    hook_call_add(&call, "MUSTER_SEVERITY", alarm_severity_name(row->severity));
    hook_call_add(&call, "MUSTER_SPACE", alarm->space_name);
    hook_call_add(&call, "MUSTER_EXERCISE", alarm->exercise ? "yes" : "no");
    hook_call_add(&call, "MUSTER_OBJECT", id);
    hook_call_add(&call, "MUSTER_SHORT", alarm->short_id);
    hook_call_add(&call, "MUSTER_TEXT", text);
    hook_call_add(&call, "MUSTER_DO", alarm->remedy);
    hooks_give(&node->alarm_look.hooks, &call);
}

const char *alarm_line(const struct alarm *alarm, char out[ALARM_TEXT_BYTES])
{
    snprintf(out, ALARM_TEXT_BYTES, "%s%s %.250s", alarm->exercise ? "EXERCISE " : "", alarm_row(alarm->rule)->name,
             alarm->has_object ? alarm->short_id : alarm->text);
    return out;
}

static void tell(struct node *node, const char *event, const struct alarm *alarm)
{
    char line[ALARM_TEXT_BYTES];
    journal_write(&node->journal, event, &alarm->agency, alarm_line(alarm, line));
}

static void cleared(void *user, const struct alarm *alarm)
{
    struct node *node = user;
    tell(node, EVENT_NAME_ALARM_CLEARED, alarm);
    call_hook(node, alarm, "cleared");
}

void alarm_take(struct node *node, const struct alarm *found)
{
    struct alarm *row;
    enum alarm_found what = alarms_found(&node->alarm_look.alarms, found, node_wall_ms(), &row);
    if (what != ALARM_FOUND_NEW && what != ALARM_FOUND_WORSE)
        return;
    tell(node, EVENT_NAME_ALARM_RAISED, row);
    call_hook(node, row, "raised");
}

/* --- a round ---------------------------------------------------------------------------------------------------------- */

struct slice {
    struct object_id at[ALARM_SLICE];
    size_t count;
    const struct object_id *after; /* not itself */
};

static bool take_object(void *user, struct bytes key, struct bytes value)
{
    struct slice *s = user;
    (void)value;
    if (key.len != 4 + OBJECT_ID_BYTES || (s->after && memcmp(key.at + 4, s->after->b, OBJECT_ID_BYTES) == 0))
        return true;
    memcpy(s->at[s->count++].b, key.at + 4, OBJECT_ID_BYTES);
    return s->count < ALARM_SLICE;
}

static bool take_newest(void *user, struct bytes key, struct bytes value)
{
    struct slice *s = user;
    (void)value;
    if (key.len == INDEX_KEY_BYTES)
        memcpy(s->at[s->count++].b, key.at + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    return s->count % ALARM_NEWEST != 0;
}

/* In a space of more than one slice: what changed last, of the kinds that rules are about. */
static void look_at_newest(struct node *node, const struct space_view *space, struct slice *s)
{
    static const uint16_t kinds[] = {KIND_RESOURCE, KIND_REQUEST, KIND_TASK, KIND_MANDATE, KIND_AGREEMENT};
    const struct storage *storage = store_storage(node->store);
    _Static_assert(ARRAY_LEN(kinds) * ALARM_NEWEST <= ALARM_SLICE, "they fit a slice");
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        uint8_t prefix[INDEX_KIND_BYTES];
        index_prefix(prefix, space->number, kinds[k]);
        s->count = 0;
        if (storage->scan(storage->self, T_INDEX, (struct bytes){prefix, sizeof(prefix)}, (struct bytes){NULL, 0}, true, take_newest,
                          s) != MUSTER_OK)
            continue;
        for (size_t i = 0; i < s->count; i++)
            alarm_look_object(node, space, &s->at[i]);
    }
}

static void begin(struct node *node, struct slice *s, uint64_t mono_ms)
{
    struct alarm_look *look = &node->alarm_look;
    struct core_counters counters;
    struct space_view space;
    core_counters(node->core, &counters);
    look->folded = counters.records_folded;
    look->began_mono_ms = mono_ms;
    look->worked_us = 0;
    look->in_round = true;
    look->space = 0;
    look->after = (struct object_id){{0}};
    alarms_begin(&look->alarms);
    alarm_look_writing(node);
    for (size_t i = 0; core_space_at(node->core, i, &space); i++)
        if (space.objects > ALARM_SLICE)
            look_at_newest(node, &space, s);
}

static void keep(struct node *node)
{
    enum muster_error error = alarms_keep(&node->alarm_look.alarms, node->store);
    if (error && error != MUSTER_EFULL) /* a full disk is told of elsewhere, and ends */
        journal_format(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "alarms: %s", error_what(error));
}

static void end(struct node *node)
{
    struct alarm_look *look = &node->alarm_look;
    alarm_look_certificates(node);
    alarms_end(&look->alarms, cleared, node);
    look->in_round = false;
    look->ended_mono_ms = node_mono_ms();
    look->ended_ms = node_wall_ms();
    look->rounds++;
    keep(node);
}

/* One slice.  True while the round goes on. */
static bool go_on(struct node *node, struct slice *s)
{
    struct alarm_look *look = &node->alarm_look;
    const struct storage *storage = store_storage(node->store);
    struct space_view space;
    uint8_t from[4 + OBJECT_ID_BYTES];
    if (!core_space_at(node->core, look->space, &space))
        return false;
    bool first = object_id_none(&look->after);
    s->count = 0;
    s->after = first ? NULL : &look->after;
    put_be32(from, space.number);
    memcpy(from + 4, look->after.b, OBJECT_ID_BYTES);
    if (first)
        alarm_look_space(node, &space);
    if (storage->scan(storage->self, T_OBJECT, (struct bytes){from, 4}, (struct bytes){from, sizeof(from)}, false, take_object, s) !=
        MUSTER_OK)
        s->count = 0;
    for (size_t i = 0; i < s->count; i++)
        alarm_look_object(node, &space, &s->at[i]);
    if (s->count == ALARM_SLICE) {
        look->after = s->at[s->count - 1];
    } else {
        look->after = (struct object_id){{0}};
        look->space++;
    }
    return true;
}

static bool due(struct node *node, uint64_t mono_ms)
{
    const struct alarm_look *look = &node->alarm_look;
    struct core_counters counters;
    uint64_t rest = look->worked_us / 1000 * ALARM_REST_TIMES;
    if (look->rounds && mono_ms - look->ended_mono_ms < (rest > ALARM_REST_MS ? rest : ALARM_REST_MS))
        return false;
    core_counters(node->core, &counters);
    return !look->rounds || counters.records_folded != look->folded || mono_ms - look->began_mono_ms >= ALARM_EVERY_MS;
}

static uint64_t mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void alarms_look_tick(struct node *node, uint64_t mono_ms)
{
    struct alarm_look *look = &node->alarm_look;
    if (!look->on || !node->core)
        return;
    hooks_tick(&look->hooks, mono_ms);
    if (!look->in_round && !due(node, mono_ms))
        return;
    struct slice *s = malloc(sizeof(*s));
    uint64_t from = mono_us();
    if (!s)
        return;
    if (!look->in_round)
        begin(node, s, mono_ms);
    if (!go_on(node, s))
        end(node);
    look->worked_us += mono_us() - from;
    free(s);
}

void alarms_look_soon(struct node *node)
{
    node->alarm_look.folded = UINT64_MAX;
}

/* --- life ---------------------------------------------------------------------------------------------------------------- */

static void hook_told(void *user, const char *text, bool failed)
{
    struct node *node = user;
    journal_write(&node->journal, failed ? EVENT_NAME_ALARM_HOOK_FAILED : EVENT_NAME_ALARM_HOOK, NULL, text);
}

void alarms_look_start(struct node *node)
{
    node->alarm_look = (struct alarm_look){.on = true};
    hooks_start(&node->alarm_look.hooks, node->config.alarm_hook, hook_told, node);
    alarms_load(&node->alarm_look.alarms, node->store);
}

void alarms_look_stop(struct node *node)
{
    if (!node->alarm_look.on)
        return;
    hooks_stop(&node->alarm_look.hooks);
    if (node->store)
        keep(node);
    alarms_free(&node->alarm_look.alarms);
    node->alarm_look.on = false;
}
