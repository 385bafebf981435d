/* api_holders.c — the ledger of an object: which member has which version, and who has not been told that it was withdrawn.
 *
 * Whoever is no member any more stands in it too, if it was removed, left, or said that it holds something: what it has it keeps,
 * and nothing reaches it through the space.
 *
 * What counts is what a member itself said it holds, in a session or in a bundle (core_held_by): that something was sent says
 * nothing. */
#include "base/hlc.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/record_json.h"
#include "protocol/trust/control.h"

#include <stdlib.h>

enum { PAST_MEMBERS_MAX = 4096 }; /* that are looked at */

struct ledger {
    struct node *node;
    struct space_view space;
    struct object_look look;
    uint32_t *versions; /* content that counts, by time: version n stands at n - 1 */
    size_t count;
    uint32_t withdrawal; /* the newest record that withdraws the object, or OBJECT_NONE */
};

static bool holds(const struct ledger *l, const struct agency_id *who, uint32_t record)
{
    return core_held_by(l->node->core, who, &l->look.records[record].log) >= l->look.held[record].position;
}

/* A retraction or supersession that stands, or an erasure: what every holder should know of. */
static uint32_t find_withdrawal(const struct object_look *look, const uint32_t *order)
{
    uint32_t found = OBJECT_NONE;
    for (size_t i = 0; i < look->count; i++) {
        const struct object_record *record = &look->records[order[i]];
        bool head = false;
        for (uint32_t h = 0; h < look->state.heads.count; h++)
            head = head || look->state.heads.at[h] == order[i];
        if ((head && (record->op == OP_RETRACT || record->op == OP_SUPERSEDE)) ||
            (record->op == OP_ERASE && look->state.erased.count))
            found = order[i];
    }
    return found;
}

static enum muster_error ledger_open(struct ledger *l, const struct object_id *object)
{
    enum muster_error error = core_object_look(l->node->core, l->space.number, object, &l->look);
    if (error)
        return error;
    uint32_t *order = records_by_time(&l->look);
    if (!order)
        return MUSTER_EBUSY;
    l->versions = order;
    l->withdrawal = find_withdrawal(&l->look, order);
    for (size_t i = 0; i < l->look.count; i++) /* in place: never behind itself */
        if (l->look.state.exists && object_op_is_content(l->look.records[order[i]].op) && l->look.state.counts[order[i]])
            l->versions[l->count++] = order[i];
    return MUSTER_OK;
}

static json_t *version_json(const struct ledger *l, uint32_t record)
{
    return json_pack("{s:o, s:s, s:o, s:o}", "record", json_hex(l->look.records[record].id.b, HASH_BYTES), "op",
                     op_name(l->look.records[record].op), "time", json_time(hlc_ms(l->look.records[record].hlc)), "agency",
                     json_agency(l->node, &l->look.records[record].by));
}

/* Since when nobody of that agency is here; null when somebody is, or when none of its nodes is known. */
static json_t *silent_json(const struct node *node, const struct agency_id *who, bool *known)
{
    uint64_t since = 0;
    *known = agency_id_eq(who, &node->own.identity.agency);
    for (size_t i = 0; i < node->peers.count; i++) {
        const struct peer *peer = &node->peers.at[i];
        if (!agency_id_eq(&peer->agency, who))
            continue;
        *known = true;
        if (peer->up)
            return json_null();
        if (peer->since_ms > since)
            since = peer->since_ms;
    }
    return json_time(since);
}

static json_t *holder_json(struct ledger *l, const struct control_member *member, bool past)
{
    size_t held = 0, newest = 0;
    bool known, own = agency_id_eq(&member->who, &l->node->own.identity.agency);
    for (size_t v = 0; v < l->count; v++)
        if (own || holds(l, &member->who, l->versions[v])) {
            held++;
            newest = v + 1;
        }
    json_t *silent = silent_json(l->node, &member->who, &known);
    json_t *told = l->withdrawal == OBJECT_NONE ? json_null()
                                                : json_boolean(own || holds(l, &member->who, l->withdrawal));
    return json_pack("{s:o, s:s, s:b, s:b, s:b, s:b, s:I, s:I, s:o, s:s, s:o, s:b, s:o}", "agency",
                     json_agency(l->node, &member->who), "right", right_name(member->right), "past", (int)past, "reads", (int)(member->right >= RIGHT_READ), "suspended",
                     (int)member->suspended, "here", (int)own, "version", (json_int_t)newest, "missing",
                     (json_int_t)(l->count - held), "newest", newest ? version_json(l, l->versions[newest - 1]) : json_null(),
                     "state", held == l->count ? "current" : held ? "behind" : "none", "told", told, "known", (int)known,
                     "silent_since", silent);
}

/* Who has not been told comes first, then who is behind or has left with it, then by name. */
static int place_of(const json_t *item)
{
    const char *state = json_string_value(json_object_get(item, "state"));
    if (json_is_true(json_object_get(item, "past")))
        return strcmp(state, "none") == 0 ? 3 : 1;
    if (json_is_false(json_object_get(item, "told")) && strcmp(state, "none") != 0)
        return 0;
    return strcmp(state, "behind") == 0 ? 1 : strcmp(state, "none") == 0 ? 2 : 3;
}

static int in_order(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    const char *name_x = json_string_value(json_object_get(json_object_get(x, "agency"), "name"));
    const char *name_y = json_string_value(json_object_get(json_object_get(y, "agency"), "name"));
    int order = place_of(x) - place_of(y);
    return order ? order : strcmp(name_x ? name_x : "", name_y ? name_y : "");
}

/* --- who is no member any more --------------------------------------------------------------------------------------- */

struct past_members {
    struct agency_id *at; /* each once */
    size_t count, size;
};

static void past_add(struct past_members *past, struct control *control, const struct agency_id *who)
{
    if (control_member(control, who))
        return;
    for (size_t i = 0; i < past->count; i++)
        if (agency_id_eq(&past->at[i], who))
            return;
    if (past->count == past->size) {
        size_t size = past->size ? past->size * 2 : 16;
        struct agency_id *bigger = realloc(past->at, size * sizeof(*bigger));
        if (!bigger)
            return;
        past->at = bigger;
        past->size = size;
    }
    past->at[past->count++] = *who;
}

/* Agencies with a removal in force, and those that an add has named and that are no members now. */
static struct past_members past_members(struct control *control)
{
    struct past_members past = {.count = 0};
    const struct control_state *state = control_state(control);
    struct control_entry entry;
    for (size_t i = 0; state && i < state->removed_count && past.count < PAST_MEMBERS_MAX; i++)
        past_add(&past, control, &state->removed[i]);
    for (size_t i = 0; past.count < PAST_MEMBERS_MAX && control_entry_at(control, i, &entry); i++)
        if (entry.verb == CONTROL_ADD && entry.about && entry.judged.verdict != CONTROL_NOT_ALLOWED)
            past_add(&past, control, &entry.who);
    return past;
}

static json_t *holders_json(struct ledger *l)
{
    const struct control_state *state = l->space.joined ? control_state(l->space.control) : NULL;
    struct past_members past = state ? past_members(l->space.control) : (struct past_members){.count = 0};
    size_t count = 0, members = state ? state->member_count : 0;
    json_t **rows = calloc(members + past.count + 1, sizeof(json_t *)), *list = json_array();
    for (size_t i = 0; rows && i < members; i++)
        rows[count++] = holder_json(l, &state->members[i], false);
    for (size_t i = 0; rows && i < past.count; i++) {
        struct control_member gone = {.who = past.at[i], .right = RIGHT_NONE};
        json_t *row = holder_json(l, &gone, true);
        if (control_is_removed(l->space.control, &gone.who) || json_integer_value(json_object_get(row, "version")))
            rows[count++] = row;
        else
            json_decref(row);
    }
    if (rows)
        qsort(rows, count, sizeof(json_t *), in_order);
    for (size_t i = 0; rows && i < count; i++)
        json_array_append_new(list, rows[i]);
    free(past.at);
    free(rows);
    return list;
}

void api_holders(struct request *request)
{
    struct ledger l = {.node = request->node};
    struct object_id id;
    if (!request_object(request, &l.space, &id))
        return;
    enum muster_error error = ledger_open(&l, &id);
    if (error) {
        request_refuse(request, error, "%.60s: %s", request->argument[0], _(error_what(error)));
    } else {
        json_t *json = json_head(request->node, &l.space), *named = object_named_json(request->node, &l.space, &id);
        json_object_update_missing(json, named);
        json_decref(named);
        json_object_set_new(json, "versions", json_integer((json_int_t)l.count));
        json_object_set_new(json, "withdrawal", l.withdrawal == OBJECT_NONE ? json_null() : version_json(&l, l.withdrawal));
        json_object_set_new(json, "items", holders_json(&l));
        request_answer(request, json);
    }
    free(l.versions);
    object_look_free(&l.look);
}
