#include "trace.h"

#include "base/bytes.h"
#include "protocol/trust/epochs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refuse(const char *what, const char *text)
{
    fprintf(stderr, "trace: %s: %s\n", what, text == NULL ? "(none)" : text);
    exit(2);
}

struct names names_new(void)
{
    return (struct names){json_object(), json_array()};
}

void names_free(struct names *names)
{
    json_decref(names->of);
    json_decref(names->fields);
}

static void remember(struct names *names, const uint8_t id[HASH_BYTES], const char *text)
{
    char hex[2 * HASH_BYTES + 1];

    json_object_set_new(names->of, hex_from(hex, id, HASH_BYTES), json_string(text));
}

const char *trace_text(const struct names *names, const void *id)
{
    char hex[2 * HASH_BYTES + 1];
    const char *text = json_string_value(json_object_get(names->of, hex_from(hex, id, HASH_BYTES)));

    if (text == NULL)
        refuse("an id that the trace does not name", hex);
    return text;
}

/* Hex, then zeroes, then a last byte 1, so that an id of zeroes is told from none; "" is none. */
struct record_id trace_id(struct names *names, const char *text)
{
    struct record_id id = {0};
    size_t digits = text == NULL ? 0 : strlen(text);

    if (digits == 0)
        return id;
    if (digits > 60 || !hex_to(id.b, digits / 2, text))
        refuse("no hex", text);
    id.b[HASH_BYTES - 1] = 1;
    remember(names, id.b, text);
    return id;
}

struct agency_id trace_agency(struct names *names, const char *text)
{
    struct agency_id id = {0};

    if (text == NULL || strlen(text) >= sizeof id.b)
        refuse("no name", text);
    memcpy(id.b, text, strlen(text));
    remember(names, id.b, text);
    return id;
}

/* A head is a record's id (hex) or the name of a segment. */
static void read_head(struct names *names, const char *text, uint8_t out[HASH_BYTES])
{
    uint8_t bytes[HASH_BYTES];
    size_t digits = strlen(text);

    if (digits > 0 && digits < 60 && digits % 2 == 0 && hex_to(bytes, digits / 2, text))
        memcpy(out, trace_id(names, text).b, HASH_BYTES);
    else
        memcpy(out, trace_agency(names, text).b, HASH_BYTES);
}

static const char *member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static size_t find(const char *const *table, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (text != NULL && strcmp(table[i], text) == 0)
            return i;
    refuse("no such word", text);
    return 0;
}

static enum control_verb verb_of(const char *text)
{
    static const char *const words[] = {"genesis", "add",     "set", "remove", "suspend", "lift",
                                        "policy",  "approve", "ack", "epoch",  "cut",     "reassign"};

    return (enum control_verb)find(words, ARRAY_LEN(words), text);
}

static enum right right_of(const char *text)
{
    static const char *const words[] = {"none", "relay", "read", "write", "admin"};

    return text == NULL ? RIGHT_NONE : (enum right)find(words, ARRAY_LEN(words), text);
}

static size_t read_ids(struct names *names, const json_t *list, struct record_id *out)
{
    size_t count = json_array_size(list);

    if (count > TRACE_LIST_MAX)
        refuse("a list is too long", NULL);
    for (size_t i = 0; i < count; i++)
        out[i] = trace_id(names, json_string_value(json_array_get(list, i)));
    return count;
}

static size_t read_agencies(struct names *names, const json_t *list, struct agency_id *out)
{
    size_t count = json_array_size(list);

    if (count > TRACE_LIST_MAX)
        refuse("a list is too long", NULL);
    for (size_t i = 0; i < count; i++)
        out[i] = trace_agency(names, json_string_value(json_array_get(list, i)));
    return count;
}

static uint32_t field_number(struct names *names, const char *text)
{
    size_t i = 0;

    while (i < json_array_size(names->fields) && strcmp(text, json_string_value(json_array_get(names->fields, i))) != 0)
        i++;
    if (i == json_array_size(names->fields))
        json_array_append_new(names->fields, json_string(text));
    return (uint32_t)i;
}

/* Values are numbers of which the smallest is the strictest: big-endian, their bytewise order. */
static void read_policy(struct names *names, const json_t *fields, struct trace_op *t)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)fields, key, value)
    {
        size_t i = t->op.policy_count++;
        put_be64(t->values[i], (uint64_t)json_integer_value(value));
        t->policy[i] = (struct control_policy){field_number(names, key), {t->values[i], sizeof t->values[i]}};
    }
    t->op.policy = t->policy;
}

static void read_cuts(struct names *names, const json_t *cuts, struct trace_op *t)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)cuts, key, value)
    {
        struct control_cut *cut = &t->cuts[t->op.cuts_count++];
        memcpy(cut->log.b, trace_agency(names, key).b, sizeof cut->log.b);
        cut->position = (uint64_t)json_integer_value(json_array_get(value, 0));
        read_head(names, json_string_value(json_array_get(value, 1)), cut->head.b);
    }
    t->op.cuts = t->cuts;
}

static void read_op(struct names *names, const json_t *op, struct trace_op *t)
{
    memset(t, 0, sizeof *t);
    t->op.id = trace_id(names, member(op, "id"));
    t->op.by = trace_agency(names, member(op, "by"));
    memcpy(t->op.log.b, trace_agency(names, member(op, "log")).b, sizeof t->op.log.b);
    t->op.number = (uint64_t)json_integer_value(json_object_get(op, "no"));
    t->op.prev = trace_id(names, member(op, "prev"));
    t->op.deps = t->deps;
    t->op.deps_count = read_ids(names, json_object_get(op, "deps"), t->deps);
    t->op.verb = verb_of(member(op, "op"));
    if (member(op, "who") != NULL)
        t->op.who = trace_agency(names, member(op, "who"));
    t->op.right = right_of(member(op, "right"));
    t->op.target = trace_id(names, member(op, "target"));
    read_policy(names, json_object_get(op, t->op.verb == CONTROL_GENESIS ? "policy" : "set"), t);
    t->op.admins = t->admins;
    t->op.admins_count = read_agencies(names, json_object_get(op, "admins"), t->admins);
    t->op.history =
        member(op, "history") != NULL && strcmp(member(op, "history"), "join") == 0 ? HISTORY_JOIN : HISTORY_ALL;
    if (t->op.verb == CONTROL_EPOCH) { /* "to" of a reassign is another thing */
        t->op.to = t->to;
        t->op.to_count = read_agencies(names, json_object_get(op, "to"), t->to);
        t->op.wraps = t->wraps;
        t->op.wraps_count = read_ids(names, json_object_get(op, "wraps"), t->wraps);
    }
    read_cuts(names, json_object_get(op, "cuts"), t);
    if (t->op.verb == CONTROL_CUT) {
        memcpy(t->op.cut_of.b, trace_agency(names, member(op, "target_log")).b, sizeof t->op.cut_of.b);
        t->op.cut_position = (uint64_t)json_integer_value(json_object_get(op, "no_at"));
        read_head(names, member(op, "head"), t->op.cut_head.b);
    }
}

size_t trace_ops(struct names *names, const json_t *ops, struct trace_op *out, size_t max)
{
    size_t count = json_array_size(ops);

    if (count > max)
        refuse("too many operations", NULL);
    for (size_t i = 0; i < count; i++)
        read_op(names, json_array_get(ops, i), &out[i]);
    return count;
}

/* -- the state ------------------------------------------------------------------------------------------ */
static json_t *texts(const struct names *names, const void *ids, size_t count)
{
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, json_string(trace_text(names, (const uint8_t *)ids + i * HASH_BYTES)));
    return out;
}

static json_t *epoch_json(const struct names *names, const struct epochs *epochs)
{
    json_t *out = json_object();

    for (size_t i = 0; i < epochs->count; i++) {
        const struct epoch *e = &epochs->list[i];
        json_t *one = json_object();
        json_object_set_new(one, "gen", json_integer(e->generation));
        json_object_set_new(one, "to", texts(names, e->to, e->to_count));
        json_object_set_new(one, "wraps", texts(names, e->wraps, e->wraps_count));
        json_object_set_new(one, "usable", json_boolean(e->usable));
        json_object_set_new(out, trace_text(names, e->id.b), one);
    }
    return out;
}

static json_t *log_json(struct names *names, struct control *control, const json_t *log)
{
    static const char *const words[] = {"open", "limited", "waiting", "no-right"};
    struct record_id ctl[TRACE_LIST_MAX];
    size_t count = read_ids(names, json_object_get(log, "ctl"), ctl);
    struct agency_id by = trace_agency(names, member(log, "by")), name = trace_agency(names, member(log, "id"));
    struct control_limits limits;
    struct log_id id;
    json_t *out = json_object(), *list = json_array();

    memcpy(id.b, name.b, sizeof id.b);
    if (control_log_limit(control, &id, &by, ctl, count, &limits) != MUSTER_OK)
        refuse("too many limits", member(log, "id"));
    for (size_t i = 0; i < limits.count; i++)
        json_array_append_new(
            list, json_pack("[Is]", (json_int_t)limits.at[i].position, trace_text(names, limits.at[i].head.b)));
    json_object_set_new(out, "status", json_string(words[limits.status]));
    json_object_set_new(out, "limits", list);
    return out;
}

static void state_json(struct names *names, const struct control_state *s, json_t *out)
{
    json_t *members = json_object(), *voids = json_object(), *policy = json_object();

    for (size_t i = 0; i < s->member_count; i++)
        json_object_set_new(members, trace_text(names, s->members[i].who.b),
                            json_string(right_name(s->members[i].right)));
    for (size_t i = 0; i < s->void_count; i++)
        json_object_set_new(voids, trace_text(names, s->voids[i].id.b),
                            json_string(control_verdict_name(s->voids[i].why)));
    for (size_t i = 0; i < s->policy_count; i++)
        json_object_set_new(policy, json_string_value(json_array_get(names->fields, s->policy[i].field)),
                            json_integer((json_int_t)get_be64(s->policy[i].value.at)));
    json_object_set_new(out, "members", members);
    json_object_set_new(out, "void", voids);
    json_object_set_new(out, "policy", policy);
    json_object_set_new(out, "admins", texts(names, s->admins, s->admin_count));
    json_object_set_new(out, "suspended", texts(names, s->suspended, s->suspended_count));
    json_object_set_new(out, "removed", texts(names, s->removed, s->removed_count));
    json_object_set_new(out, "forked", texts(names, s->forked, s->forked_count));
    json_object_set_new(out, "effective", texts(names, s->effective, s->effective_count));
    json_object_set_new(out, "waiting", texts(names, s->waiting, s->waiting_count));
}

json_t *trace_state(struct names *names, struct control *control, const json_t *logs)
{
    const struct epoch *current = epoch_current(control, NULL, NULL);
    struct record_id wraps[TRACE_OPS_MAX];
    size_t wraps_count = epoch_next_wraps(control, NULL, NULL, wraps, ARRAY_LEN(wraps));
    json_t *out = json_object(), *limits = json_object();

    state_json(names, control_state(control), out);
    json_object_set_new(out, "epochs", epoch_json(names, epochs_of(control)));
    json_object_set_new(out, "current", current == NULL ? json_null() : json_string(trace_text(names, current->id.b)));
    json_object_set_new(out, "rotate", json_boolean(epoch_wanted(control, NULL, NULL)));
    json_object_set_new(out, "next_wraps", texts(names, wraps, wraps_count));
    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *log = json_array_get(logs, i);
        json_object_set_new(limits, member(log, "id"), log_json(names, control, log));
    }
    json_object_set_new(out, "logs", limits);
    return out;
}
