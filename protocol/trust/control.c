/* control.c — the operations of a space: taking them in, their pasts, the branch that was held first. */
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

struct control *control_new(void)
{
    return calloc(1, sizeof(struct control));
}

void control_free(struct control *c)
{
    if (c == NULL)
        return;
    ctl_state_forget(c);
    ctl_epochs_forget(c);
    for (uint32_t i = 0; i < c->node_count; i++) {
        struct node *n = &c->nodes[i];
        free(n->parents.at);
        free(n->children.at);
        free(n->approvals.at);
        free(n->answers.at);
        if (n->extra != NULL) {
            free(n->extra->admins.at);
            free(n->extra->to.at);
        }
    }
    for (uint32_t i = 0; i < c->agent_count; i++) {
        struct agent *a = &c->agents[i];
        free(a->line.at);
        free(a->grants.at);
        free(a->outs.at);
        free(a->suspends.at);
        free(a->cuts.at);
    }
    for (uint32_t i = 0; i < c->set_count; i++)
        free(c->sets[i].agents.at);
    struct list *lists[] = {&c->places,   &c->geneses,    &c->epochs,        &c->cuts, &c->reassigns,
                            &c->policies, &c->candidates, &c->heads_scratch, &c->queue, &c->sorted};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        free(lists[i]->at);
    while (c->arena != NULL) {
        struct chunk *next = c->arena->next;
        free(c->arena);
        c->arena = next;
    }
    free(c->nodes);
    free(c->agents);
    free(c->sets);
    free(c->all.at);
    free(c->trusted.at);
    free(c->by_id.slot);
    free(c->by_agency.slot);
    free(c);
}

void control_pin(struct control *c, const struct record_id *genesis)
{
    c->pinned = true;
    c->pin = *genesis;
    c->fresh = c->epochs_fresh = c->draft_fresh = false;
}

void control_order(struct control *c, control_stricter *stricter, void *arg)
{
    c->stricter = stricter;
    c->stricter_arg = arg;
    c->fresh = false;
}

/* -- nodes and agents ------------------------------------------------------------------------------- */
/* The node of that id, made if there is none; NOWHERE without memory. */
static uint32_t node_take(struct control *c, const struct record_id *id)
{
    uint32_t found = ctl_node(c, id);
    void *at = c->nodes;

    if (found != NOWHERE)
        return found;
    if (!ctl_grow(c, &at, &c->node_room, c->node_count + 1, sizeof *c->nodes))
        return NOWHERE;
    c->nodes = at;
    c->nodes[c->node_count] = (struct node){
        .id = *id, .place = NOWHERE, .by = NOWHERE, .who = NOWHERE, .target = NOWHERE, .witness = NOWHERE};
    if (!ctl_table_add(c, &c->by_id, c->node_count))
        return NOWHERE;
    return c->node_count++;
}

static uint32_t agent_take(struct control *c, const struct agency_id *id)
{
    uint32_t found = ctl_agent(c, id);
    void *at = c->agents;

    if (found != NOWHERE)
        return found;
    if (!ctl_grow(c, &at, &c->agent_room, c->agent_count + 1, sizeof *c->agents))
        return NOWHERE;
    c->agents = at;
    c->agents[c->agent_count] = (struct agent){.id = *id};
    if (!ctl_table_add(c, &c->by_agency, c->agent_count))
        return NOWHERE;
    return c->agent_count++;
}

/* -- an operation becomes complete --------------------------------------------------------------------- */
static bool past_build(struct control *c, struct node *n)
{
    uint32_t words = words_for(n->place);

    n->past = ctl_take(c, (words + 1) * sizeof *n->past);
    if (n->past == NULL)
        return false;
    for (uint32_t k = 0; k < n->parents.count; k++) {
        const struct node *p = &c->nodes[n->parents.at[k]];
        for (uint32_t w = 0; w < words_for(p->place); w++)
            n->past[w] |= p->past[w];
        bit_set(n->past, p->place);
    }
    for (uint32_t w = 0; w < words; w++)
        n->past_count += (uint32_t)__builtin_popcountll(n->past[w]);
    return true;
}

/* C2, C3: put it on its agency's line, mark what it is concurrent with, and see whether it is trusted. */
static bool line_join(struct control *c, uint32_t index)
{
    struct node *n = &c->nodes[index];
    struct agent *a = &c->agents[n->by];

    n->trusted = true;
    for (uint32_t k = 0; k < n->parents.count; k++)
        n->trusted &= c->nodes[n->parents.at[k]].trusted;
    for (uint32_t k = a->line.count; k-- > 0;) {
        struct node *other = &c->nodes[a->line.at[k]];
        if (in_past(other, n)) {
            if (!a->forks)
                break; /* the rest of an unforked line is in the past of its newest */
            continue;
        }
        other->forks = n->forks = true;
        n->trusted &= !other->trusted;
    }
    a->forks |= n->forks;
    c->any_fork |= n->forks;
    if (n->trusted) {
        if (!ctl_bits_reserve(c, &c->trusted, words_for(n->place + 1)))
            return false;
        bit_set(c->trusted.at, n->place);
    }
    return ctl_push(c, &a->line, index);
}

/* Operations that decide something, or may for somebody newer: nobody builds on the others. */
static bool counts(const struct node *n)
{
    return n->trusted && (n->threshold > 0 || n->verb == CONTROL_GENESIS || n->verb == CONTROL_OTHER);
}

static bool node_complete(struct control *c, uint32_t index)
{
    struct node *n = &c->nodes[index];

    n->place = c->places.count;
    if (!ctl_push(c, &c->places, index) || !ctl_bits_reserve(c, &c->all, words_for(n->place + 1)))
        return false;
    bit_set(c->all.at, n->place);
    if (!past_build(c, n) || !line_join(c, index) || !ctl_judge(c, index))
        return false;
    for (uint32_t k = 0; counts(n) && k < n->parents.count; k++)
        c->nodes[n->parents.at[k]].built_on = true;
    c->judged = n->place + 1;
    return true;
}

/* Complete `index` and whatever waited for it alone, in the order of arrival. */
static bool complete_all(struct control *c, uint32_t index)
{
    c->queue.count = 0;
    if (!ctl_push(c, &c->queue, index))
        return false;
    for (uint32_t next = 0; next < c->queue.count; next++) {
        struct node *n = &c->nodes[c->queue.at[next]];
        if (!node_complete(c, c->queue.at[next]))
            return false;
        for (uint32_t k = 0; k < n->children.count; k++)
            if (--c->nodes[n->children.at[k]].missing == 0 && !ctl_push(c, &c->queue, n->children.at[k]))
                return false;
        free(n->children.at);
        n->children = (struct list){0};
    }
    return true;
}

/* -- taking one in ----------------------------------------------------------------------------------- */
static enum muster_error op_check(const struct control_op *op)
{
    if (op->verb > CONTROL_OTHER || op->right > RIGHT_ADMIN || op->history > HISTORY_JOIN)
        return MUSTER_EBADVALUE;
    if (op->deps_count > CONTROL_DEPS_MAX || op->admins_count > CONTROL_LIST_MAX || op->to_count > CONTROL_LIST_MAX ||
        op->wraps_count > CONTROL_LIST_MAX || op->cuts_count > CONTROL_LIST_MAX ||
        op->policy_count > CONTROL_POLICY_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < op->policy_count; i++)
        if (op->policy[i].value.len > CONTROL_POLICY_BYTES_MAX)
            return MUSTER_ETOOBIG;
    return MUSTER_OK;
}

/* An array copied into the arena; NULL for none, and (broken) without memory. */
static void *copied(struct control *c, const void *from, size_t count, size_t size)
{
    void *out = count == 0 ? NULL : ctl_take(c, count * size);

    if (out != NULL)
        memcpy(out, from, count * size);
    return out;
}

static bool extra_agents(struct control *c, struct extra *x, const struct control_op *op)
{
    for (size_t i = 0; op->verb == CONTROL_GENESIS && i < op->admins_count; i++) {
        uint32_t a = agent_take(c, &op->admins[i]);
        if (a == NOWHERE || !ctl_push(c, &x->admins, a))
            return false;
    }
    for (size_t i = 0; op->verb == CONTROL_EPOCH && i < op->to_count; i++) {
        uint32_t a = agent_take(c, &op->to[i]);
        if (a == NOWHERE || !ctl_bits_reserve(c, &x->to, words_for(a + 1)))
            return false;
        bit_set(x->to.at, a);
    }
    return true;
}

static struct extra *extra_copy(struct control *c, const struct control_op *op)
{
    struct extra *x = ctl_take(c, sizeof *x);

    if (x == NULL)
        return NULL;
    x->history = op->history;
    x->controller = op->controller;
    x->cut_head = op->cut_head;
    x->cut_position = op->cut_position;
    x->object = op->object;
    x->to_agency = op->to_agency;
    x->after = op->after;
    x->seen = copied(c, op->seen, op->seen_count, sizeof *x->seen);
    x->seen_count = x->seen == NULL ? 0 : (uint32_t)op->seen_count;
    x->policy = copied(c, op->policy, op->policy_count, sizeof *x->policy);
    x->policy_count = x->policy == NULL ? 0 : (uint32_t)op->policy_count;
    for (uint32_t i = 0; i < x->policy_count; i++)
        x->policy[i].value.at = copied(c, op->policy[i].value.at, op->policy[i].value.len, 1);
    x->wraps = copied(c, op->wraps, op->wraps_count, sizeof *x->wraps);
    x->wraps_count = (uint32_t)op->wraps_count;
    x->cuts = copied(c, op->cuts, op->cuts_count, sizeof *x->cuts);
    x->cuts_count = (uint32_t)op->cuts_count;
    return c->broken ? NULL : x;
}

static bool needs_extra(const struct control_op *op)
{
    switch (op->verb) {
    case CONTROL_GENESIS:
    case CONTROL_POLICY:
    case CONTROL_EPOCH:
    case CONTROL_CUT:
    case CONTROL_REASSIGN:
    case CONTROL_ERASE:
    case CONTROL_HOLD:
        return true;
    case CONTROL_REMOVE:
    case CONTROL_SET_RIGHT:
        return op->cuts_count > 0;
    default:
        return false;
    }
}

/* The agency that an operation is about; a cut's log or line counts as one. */
static bool op_subject(struct control *c, const struct control_op *op, uint32_t *who)
{
    struct agency_id cut;

    switch (op->verb) {
    case CONTROL_ADD:
    case CONTROL_SET_RIGHT:
    case CONTROL_REMOVE:
    case CONTROL_SUSPEND:
        *who = agent_take(c, &op->who);
        return *who != NOWHERE;
    case CONTROL_CUT:
        memcpy(cut.b, op->cut_of.b, sizeof cut.b);
        *who = agent_take(c, &cut);
        return *who != NOWHERE;
    default:
        *who = NOWHERE;
        return true;
    }
}

/* Fill the node; false without memory. */
static bool node_fill(struct control *c, uint32_t index, const struct control_op *op)
{
    uint32_t by = agent_take(c, &op->by), who, target = NOWHERE;
    struct extra *x = NULL;
    struct node *n;

    if (by == NOWHERE || !op_subject(c, op, &who))
        return false;
    if (needs_extra(op)) {
        x = extra_copy(c, op);
        c->nodes[index].extra = x; /* owned from here on, even if what follows fails */
        if (x == NULL || !extra_agents(c, x, op))
            return false;
    }
    if (op->verb == CONTROL_APPROVE || op->verb == CONTROL_LIFT || op->verb == CONTROL_UNHOLD) {
        target = node_take(c, &op->target);
        if (target == NOWHERE)
            return false;
    }
    for (size_t i = 0; i <= op->deps_count; i++) {
        const struct record_id *id = i == 0 ? &op->prev : &op->deps[i - 1];
        uint32_t parent = record_id_none(id) ? NOWHERE : node_take(c, id);
        if (record_id_none(id))
            continue;
        if (parent == NOWHERE || !ctl_push(c, &c->nodes[index].parents, parent))
            return false;
        if (c->nodes[parent].place == NOWHERE) {
            if (!ctl_push(c, &c->nodes[parent].children, index))
                return false;
            c->nodes[index].missing++;
        }
    }
    n = &c->nodes[index];
    n->held = true;
    n->by = by;
    n->who = who;
    n->target = target;
    n->verb = (uint8_t)op->verb;
    n->right = (uint8_t)op->right;
    return true;
}

/* Among those held, at its place by id. */
static bool sorted_insert(struct control *c, uint32_t index)
{
    struct list *list = &c->sorted;
    uint32_t low = 0, high = list->count;
    if (!ctl_push(c, list, index))
        return false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(c->nodes[list->at[middle]].id.b, c->nodes[index].id.b, HASH_BYTES) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(list->at + low + 1, list->at + low, (list->count - 1 - low) * sizeof(*list->at));
    list->at[low] = index;
    return true;
}

enum muster_error control_add(struct control *c, const struct control_op *op)
{
    enum muster_error error = op_check(op);
    uint32_t index;

    if (c->broken)
        return MUSTER_EBUSY;
    if (error != MUSTER_OK)
        return error;
    index = ctl_node(c, &op->id);
    if (index != NOWHERE && c->nodes[index].held)
        return MUSTER_OK;
    if (c->held_count >= CONTROL_OPS_MAX || c->agent_count + op->admins_count + op->to_count + 2 > CONTROL_AGENCIES_MAX)
        return MUSTER_ETOOBIG;
    if (index == NOWHERE)
        index = node_take(c, &op->id);
    if (index == NOWHERE || !node_fill(c, index, op) || !sorted_insert(c, index))
        return MUSTER_EBUSY;
    c->held_count++;
    c->fresh = c->epochs_fresh = c->draft_fresh = false;
    if (c->nodes[index].missing == 0 && !complete_all(c, index))
        return MUSTER_EBUSY;
    return MUSTER_OK;
}

bool control_saw(const struct control *c, const struct record_id *id, const struct record_id *ancestor)
{
    uint32_t a = ctl_node(c, ancestor), n = ctl_node(c, id);

    return !c->broken && a != NOWHERE && n != NOWHERE && c->nodes[a].place != NOWHERE && c->nodes[n].place != NOWHERE &&
           in_past(&c->nodes[a], &c->nodes[n]);
}

size_t control_heads(const struct control *c, struct record_id *out, size_t max)
{
    size_t count = 0;

    for (uint32_t place = c->places.count; place-- > 0 && count < max;) {
        const struct node *n = &c->nodes[c->places.at[place]];
        if (counts(n) && !n->built_on)
            out[count++] = n->id;
    }
    return count;
}

bool control_was_named(const struct control *c, const struct agency_id *who)
{
    uint32_t agent = ctl_agent(c, who);
    return agent != NOWHERE && c->agents[agent].grants.count > 0;
}
