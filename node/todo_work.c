/* todo_work.c — what needs this agency of requests, deliveries, tasks and stock. */
#include "node/lookup.h"
#include "protocol/object/quantity.h"
#include "lang/lang.h"
#include "node/todo.h"

#include <stdio.h>
#include <strings.h>

enum { DAY_MS = 24 * 3600 * 1000, EXPIRY_SOON_DAYS = 30, AMOUNT_BYTES = 96 };

/* "20 {pump}", or nothing. */
static const char *amount(const struct object_stored *state, char out[AMOUNT_BYTES])
{
    char number[48], unit[40];
    overview_text(state, "quantity", number, sizeof(number));
    overview_text(state, "unit", unit, sizeof(unit));
    snprintf(out, AMOUNT_BYTES, "%s%s%s", number, number[0] && unit[0] ? " " : "", number[0] ? unit : "");
    return out;
}

/* --- requests ------------------------------------------------------------------------------------------------------- */

static bool take_unapproved(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], text[AMOUNT_BYTES];
    todo_add(todo, TODO_SOON, id, state, overview_time(state, "needed_by"), "muster update %s status=approved",
             _("the request \"%.100s\" (%s) waits for approval, by another operator than who wrote it"), overview_title(state, title),
             amount(state, text));
    return true;
}

void todo_approvals_of_requests(struct todo *todo)
{
    overview_where(&todo->o, KIND_REQUEST, "status", "submitted", true, take_unapproved, todo);
}

struct answered {
    struct todo *todo;
    bool mine;
};

static bool take_answer(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct answered *a = user;
    (void)id;
    a->mine |= overview_own(&a->todo->o, state);
    return !a->mine;
}

static bool take_request(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct answered a = {user, false};
    char title[OVERVIEW_TITLE_BYTES], text[AMOUNT_BYTES], buffer[17], priority[24];
    if (overview_own(&a.todo->o, state))
        return true;
    overview_naming(&a.todo->o, id, KIND_DEPLOYMENT, take_answer, &a);
    uint64_t due = overview_time(state, "needed_by");
    bool urgent = strcmp(overview_text(state, "priority", priority, sizeof(priority)), "Urgent") == 0;
    if (!a.mine)
        todo_add(a.todo, urgent || (due && due < a.todo->o.now_ms) ? TODO_NOW : TODO_SOON, id, state, due,
                 "muster offer %s QUANTITY --from RESOURCE", _("%.60s needs \"%.100s\" (%s): offer, or leave it"),
                 agency_name(a.todo->o.node, &state->owner, buffer), overview_title(state, title), amount(state, text));
    return true;
}

void todo_requests_of_others(struct todo *todo)
{
    static const char *const open[] = {"submitted", "approved", "sourcing"};
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        overview_where(&todo->o, KIND_REQUEST, "status", open[i], false, take_request, todo);
}

/* --- deliveries -------------------------------------------------------------------------------------------------------- */

/* Is it in answer to a request of this agency? */
static bool for_us(struct todo *todo, const struct object_stored *state)
{
    struct object_id request;
    struct object_stored named;
    return overview_object(state, "request", &request) &&
           lookup_state(todo->o.node, todo->o.space.number, &request, &named) == MUSTER_OK && overview_own(&todo->o, &named);
}

static bool take_offer(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], text[AMOUNT_BYTES], buffer[17];
    if (for_us(todo, state))
        todo_add(todo, TODO_SOON, id, state, overview_time(state, "available_until"), "muster commit %s",
                 _("%.60s offers \"%.100s\" (%s): take it, or muster refuse it"),
                 agency_name(todo->o.node, &state->owner, buffer), overview_title(state, title), amount(state, text));
    return true;
}

void todo_offers(struct todo *todo)
{
    overview_where(&todo->o, KIND_DEPLOYMENT, "status", "offered", false, take_offer, todo);
}

static bool take_delivery(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], text[AMOUNT_BYTES], buffer[17];
    uint64_t eta = overview_time(state, "eta");
    if (for_us(todo, state) && eta && eta < todo->o.now_ms)
        todo_add(todo, TODO_NOW, id, state, eta, "muster arrive %s", _("\"%.100s\" (%s) of %.60s should be here: has it arrived?"),
                 overview_title(state, title), amount(state, text), agency_name(todo->o.node, &state->owner, buffer));
    return true;
}

void todo_deliveries(struct todo *todo)
{
    overview_where(&todo->o, KIND_DEPLOYMENT, "status", "dispatched", false, take_delivery, todo);
}

static bool take_promised(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], text[AMOUNT_BYTES];
    uint64_t eta = overview_time(state, "eta");
    todo_add(todo, eta && eta < todo->o.now_ms ? TODO_NOW : TODO_SOON, id, state, eta, "muster dispatch %s",
             _("\"%.100s\" (%s) is promised and not sent"), overview_title(state, title), amount(state, text));
    return true;
}

/* Are units still promised for the delivery, of the resource that it is taken from? */
static bool units_bound(struct todo *todo, const struct object_id *id, const struct object_stored *state)
{
    struct object_id resource;
    struct quantity_view view;
    bool bound = false;
    if (!overview_object(state, "resource", &resource) ||
        core_quantity(todo->o.node->core, todo->o.space.number, &resource, &view) != MUSTER_OK)
        return false;
    for (size_t i = 0; i < view.count && !bound; i++) {
        uint8_t word = view.state.records[i].word;
        bound = view.records[i].op == OP_COMMIT && object_id_eq(&view.rows[i].for_what, id) &&
                (word == WORD_SAFE || word == WORD_AT_RISK || word == WORD_COVERED || word == WORD_LOST);
    }
    quantity_view_free(&view);
    return bound;
}

static bool take_given_up(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], text[AMOUNT_BYTES];
    if (units_bound(todo, id, state))
        todo_add(todo, TODO_SOON, id, state, 0, "muster release %s",
                 _("\"%.100s\" (%s) is not wanted, and its units are still promised: have them back"), overview_title(state, title),
                 amount(state, text));
    return true;
}

void todo_sent(struct todo *todo)
{
    overview_where(&todo->o, KIND_DEPLOYMENT, "status", "committed", true, take_promised, todo);
    overview_where(&todo->o, KIND_DEPLOYMENT, "status", "refused", true, take_given_up, todo);
    overview_where(&todo->o, KIND_DEPLOYMENT, "status", "withdrawn", true, take_given_up, todo);
}

/* --- tasks ------------------------------------------------------------------------------------------------------------- */

static bool take_task(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], assignee[264], buffer[17];
    overview_text(state, "assignee", assignee, sizeof(assignee));
    uint64_t by = overview_time(state, "acknowledge_by"), due = by ? by : overview_time(state, "deadline");
    struct task_word word;
    if (task_word(todo->o.node, &todo->o.space, id, state, &word))
        return true; /* said already; its owner has only to write it down */
    if (strcasecmp(assignee, todo->o.node->own.identity.name) == 0)
        todo_add(todo, due && due < todo->o.now_ms ? TODO_NOW : TODO_SOON, id, state, due, "muster task ack %s",
                 _("%.60s gives this agency the task \"%.100s\": acknowledge it"), agency_name(todo->o.node, &state->owner, buffer),
                 overview_title(state, title));
    return true;
}

void todo_tasks(struct todo *todo)
{
    overview_where(&todo->o, KIND_TASK, "status", "assigned", false, take_task, todo);
    overview_where(&todo->o, KIND_TASK, "status", "escalated", false, take_task, todo);
}

static bool take_own_task(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], assignee[264], status[32];
    uint64_t by = overview_time(state, "acknowledge_by"), deadline = overview_time(state, "deadline");
    bool unheard = strcmp(overview_text(state, "status", status, sizeof(status)), "assigned") == 0 && by && by < todo->o.now_ms;
    struct task_word word;
    if (task_word(todo->o.node, &todo->o.space, id, state, &word)) {
        unheard = false;
        deadline = strcmp(word.status, "done") == 0 ? 0 : deadline; /* among the proposals it waits for the owner */
    }
    overview_text(state, "assignee", assignee, sizeof(assignee));
    if (unheard)
        todo_add(todo, TODO_NOW, id, state, by, "muster update %s status=escalated",
                 _("%.60s has not acknowledged the task \"%.100s\": pass it on"), assignee[0] ? assignee : _("nobody"),
                 overview_title(state, title));
    else if (deadline && deadline < todo->o.now_ms)
        todo_add(todo, TODO_NOW, id, state, deadline, "muster show %s", _("the task \"%.100s\" of %.60s is late"),
                 overview_title(state, title), assignee[0] ? assignee : _("nobody"));
    return true;
}

void todo_own_tasks(struct todo *todo)
{
    static const char *const open[] = {"assigned", "escalated", "acknowledged", "started"};
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        overview_where(&todo->o, KIND_TASK, "status", open[i], true, take_own_task, todo);
}

/* --- stock -------------------------------------------------------------------------------------------------------------- */

static bool take_stock(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], text[AMOUNT_BYTES], least[48];
    uint64_t expires = overview_time(state, "expires"), now = todo->o.now_ms;
    int64_t have, minimum;
    if (expires && expires < now + (uint64_t)EXPIRY_SOON_DAYS * DAY_MS)
        todo_add(todo, expires < now ? TODO_NOW : TODO_LATER, id, state, expires, "muster show %s", "\"%.100s\" (%s) %s",
                 overview_title(state, title), amount(state, text), expires < now ? _("has expired") : _("expires soon"));
    if (overview_decimal(state, "quantity", &have) && overview_decimal(state, "minimum", &minimum) && have < minimum)
        todo_add(todo, TODO_SOON, id, state, 0, "muster show %s", _("\"%.100s\" is below its minimum: %s of %s"),
                 overview_title(state, title), amount(state, text), overview_text(state, "minimum", least, sizeof(least)));
    return true;
}

void todo_stock(struct todo *todo)
{
    struct term own = core_term_value(todo->o.node->core, INDEX_OWNER,
                                      (struct bytes){todo->o.node->own.identity.agency.b, HASH_BYTES});
    overview_each(&todo->o, KIND_RESOURCE, &own, 1, take_stock, todo);
}
