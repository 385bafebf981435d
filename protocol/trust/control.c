/* control.c — the operations of a space: taking them in, their pasts, the branch that was held first. */
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

enum { ARENA_CHUNK_BYTES = 64 * 1024, TABLE_SIZE_MIN = 64, LIST_ROOM_MIN = 4 };

/* -- memory ------------------------------------------------------------------------------------------ */
/* Room for `need` entries of `size` bytes, at least doubling; *room changes with *at. */
static bool grow(struct control *c, void **at, uint32_t *room, uint32_t need, size_t size)
{
    uint32_t more = *room < LIST_ROOM_MIN ? LIST_ROOM_MIN : *room;
    void *moved;

    if (need <= *room)
        return true;
    while (more < need)
        more *= 2;
    moved = realloc(*at, (size_t)more * size);
    if (moved == NULL) {
        c->broken = true;
        return false;
    }
    *at = moved;
    *room = more;
    return true;
}

bool list_reserve(struct control *c, struct list *list, uint32_t room)
{
    void *at = list->at;
    bool done = grow(c, &at, &list->room, room, sizeof *list->at);

    list->at = at;
    return done;
}

bool list_push(struct control *c, struct list *list, uint32_t value)
{
    if (!list_reserve(c, list, list->count + 1))
        return false;
    list->at[list->count++] = value;
    return true;
}

bool bits_reserve(struct control *c, struct bits *bits, uint32_t words)
{
    uint32_t room = bits->words;
    void *at = bits->at;

    if (!grow(c, &at, &room, words, sizeof *bits->at))
        return false;
    bits->at = at;
    memset(bits->at + bits->words, 0, (room - bits->words) * sizeof *bits->at);
    bits->words = room;
    return true;
}

void bits_free(struct bits *bits)
{
    free(bits->at);
    *bits = (struct bits){0};
}

void *arena_take(struct control *c, size_t size)
{
    void *out;

    size = (size + 15) & ~(size_t)15;
    if (size > c->arena_left) {
        size_t room = size > ARENA_CHUNK_BYTES ? size : ARENA_CHUNK_BYTES;
        struct chunk *chunk = calloc(1, 16 + room);

        _Static_assert(sizeof(struct chunk) <= 16, "a chunk's header fits before its bytes");
        if (chunk == NULL) {
            c->broken = true;
            return NULL;
        }
        chunk->next = c->arena;
        c->arena = chunk;
        c->arena_at = (uint8_t *)chunk + 16;
        c->arena_left = room;
    }
    out = c->arena_at;
    c->arena_at += size;
    c->arena_left -= size;
    return out;
}

/* An array copied into the arena; NULL for none, and (broken) without memory. */
static void *copied(struct control *c, const void *from, size_t count, size_t size)
{
    void *out = count == 0 ? NULL : arena_take(c, count * size);

    if (out != NULL)
        memcpy(out, from, count * size);
    return out;
}

struct control *control_new(void)
{
    return calloc(1, sizeof(struct control));
}

void control_free(struct control *c)
{
    if (c == NULL)
        return;
    state_forget(c);
    epochs_forget(c);
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
    struct list *lists[] = {&c->places, &c->geneses,    &c->epochs,        &c->cuts, &c->reassigns,
                            &c->policies, &c->candidates, &c->heads_scratch, &c->queue};
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

/* -- lookups ----------------------------------------------------------------------------------------- */
/* Ids are hashes, but nodes and agencies of the tests are names: mix all bytes. */
static uint32_t id_mark(const uint8_t *id)
{
    uint64_t mark = 0x9e3779b97f4a7c15u;

    for (int i = 0; i < 4; i++)
        mark = (mark ^ get_le64(id + 8 * i)) * 0xff51afd7ed558ccdu, mark ^= mark >> 32;
    return (uint32_t)mark;
}

/* The id of entry i of the array that the table indexes. */
static const uint8_t *entry_id(const struct control *c, const struct table *t, uint32_t i)
{
    return t == &c->by_id ? c->nodes[i].id.b : c->agents[i].id.b;
}

static uint32_t table_find(const struct control *c, const struct table *t, const uint8_t *id)
{
    if (t->size == 0)
        return NOWHERE;
    for (uint32_t at = id_mark(id) & (t->size - 1); t->slot[at] != 0; at = (at + 1) & (t->size - 1))
        if (memcmp(entry_id(c, t, t->slot[at] - 1), id, HASH_BYTES) == 0)
            return t->slot[at] - 1;
    return NOWHERE;
}

static void table_put(const struct control *c, struct table *t, uint32_t index)
{
    uint32_t at = id_mark(entry_id(c, t, index)) & (t->size - 1);

    while (t->slot[at] != 0)
        at = (at + 1) & (t->size - 1);
    t->slot[at] = index + 1;
}

/* Enter the newest entry of the array, `index`; the table is at most half full. */
static bool table_add(struct control *c, struct table *t, uint32_t index)
{
    if (2 * (index + 1) > t->size) {
        uint32_t size = t->size == 0 ? TABLE_SIZE_MIN : 2 * t->size;
        uint32_t *slot = calloc(size, sizeof *slot);
        if (slot == NULL) {
            c->broken = true;
            return false;
        }
        free(t->slot);
        t->slot = slot;
        t->size = size;
        for (uint32_t i = 0; i < index; i++)
            table_put(c, t, i);
    }
    table_put(c, t, index);
    return true;
}

uint32_t node_find(const struct control *c, const struct record_id *id)
{
    return table_find(c, &c->by_id, id->b);
}

uint32_t agent_find(const struct control *c, const struct agency_id *id)
{
    return table_find(c, &c->by_agency, id->b);
}

/* The node of that id, made if there is none; NOWHERE without memory. */
static uint32_t node_take(struct control *c, const struct record_id *id)
{
    uint32_t found = node_find(c, id);
    void *at = c->nodes;

    if (found != NOWHERE)
        return found;
    if (!grow(c, &at, &c->node_room, c->node_count + 1, sizeof *c->nodes))
        return NOWHERE;
    c->nodes = at;
    c->nodes[c->node_count] =
        (struct node){.id = *id, .place = NOWHERE, .by = NOWHERE, .who = NOWHERE, .target = NOWHERE};
    if (!table_add(c, &c->by_id, c->node_count))
        return NOWHERE;
    return c->node_count++;
}

static uint32_t agent_take(struct control *c, const struct agency_id *id)
{
    uint32_t found = agent_find(c, id);
    void *at = c->agents;

    if (found != NOWHERE)
        return found;
    if (!grow(c, &at, &c->agent_room, c->agent_count + 1, sizeof *c->agents))
        return NOWHERE;
    c->agents = at;
    c->agents[c->agent_count] = (struct agent){.id = *id};
    if (!table_add(c, &c->by_agency, c->agent_count))
        return NOWHERE;
    return c->agent_count++;
}

/* -- an operation becomes complete --------------------------------------------------------------------- */
static bool past_build(struct control *c, struct node *n)
{
    uint32_t words = words_for(n->place);

    n->past = arena_take(c, (words + 1) * sizeof *n->past);
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
        if (!bits_reserve(c, &c->trusted, words_for(n->place + 1)))
            return false;
        bit_set(c->trusted.at, n->place);
        for (uint32_t k = 0; k < n->parents.count; k++)
            c->nodes[n->parents.at[k]].built_on = true;
    }
    return list_push(c, &a->line, index);
}

static bool node_complete(struct control *c, uint32_t index)
{
    struct node *n = &c->nodes[index];

    n->place = c->places.count;
    if (!list_push(c, &c->places, index) || !bits_reserve(c, &c->all, words_for(n->place + 1)))
        return false;
    bit_set(c->all.at, n->place);
    return past_build(c, n) && line_join(c, index) && node_judge(c, index);
}

/* Complete `index` and whatever waited for it alone, in the order of arrival. */
static bool complete_all(struct control *c, uint32_t index)
{
    c->queue.count = 0;
    if (!list_push(c, &c->queue, index))
        return false;
    for (uint32_t next = 0; next < c->queue.count; next++) {
        struct node *n = &c->nodes[c->queue.at[next]];
        if (!node_complete(c, c->queue.at[next]))
            return false;
        for (uint32_t k = 0; k < n->children.count; k++)
            if (--c->nodes[n->children.at[k]].missing == 0 && !list_push(c, &c->queue, n->children.at[k]))
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

static bool extra_agents(struct control *c, struct extra *x, const struct control_op *op)
{
    for (size_t i = 0; op->verb == CONTROL_GENESIS && i < op->admins_count; i++) {
        uint32_t a = agent_take(c, &op->admins[i]);
        if (a == NOWHERE || !list_push(c, &x->admins, a))
            return false;
    }
    for (size_t i = 0; op->verb == CONTROL_EPOCH && i < op->to_count; i++) {
        uint32_t a = agent_take(c, &op->to[i]);
        if (a == NOWHERE || !bits_reserve(c, &x->to, words_for(a + 1)))
            return false;
        bit_set(x->to.at, a);
    }
    return true;
}

static struct extra *extra_copy(struct control *c, const struct control_op *op)
{
    struct extra *x = arena_take(c, sizeof *x);

    if (x == NULL)
        return NULL;
    x->history = op->history;
    x->cut_head = op->cut_head;
    x->cut_position = op->cut_position;
    x->object = op->object;
    x->to_agency = op->to_agency;
    x->after = op->after;
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
    if (op->verb == CONTROL_APPROVE || op->verb == CONTROL_LIFT) {
        target = node_take(c, &op->target);
        if (target == NOWHERE)
            return false;
    }
    for (size_t i = 0; i <= op->deps_count; i++) {
        const struct record_id *id = i == 0 ? &op->prev : &op->deps[i - 1];
        uint32_t parent = record_id_none(id) ? NOWHERE : node_take(c, id);
        if (record_id_none(id))
            continue;
        if (parent == NOWHERE || !list_push(c, &c->nodes[index].parents, parent))
            return false;
        if (c->nodes[parent].place == NOWHERE) {
            if (!list_push(c, &c->nodes[parent].children, index))
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

enum muster_error control_add(struct control *c, const struct control_op *op)
{
    enum muster_error error = op_check(op);
    uint32_t index;

    if (c->broken)
        return MUSTER_EBUSY;
    if (error != MUSTER_OK)
        return error;
    index = node_find(c, &op->id);
    if (index != NOWHERE && c->nodes[index].held)
        return MUSTER_OK;
    if (c->held_count >= CONTROL_OPS_MAX ||
        c->agent_count + op->admins_count + op->to_count + 2 > CONTROL_AGENCIES_MAX)
        return MUSTER_ETOOBIG;
    if (index == NOWHERE)
        index = node_take(c, &op->id);
    if (index == NOWHERE || !node_fill(c, index, op))
        return MUSTER_EBUSY;
    c->held_count++;
    c->fresh = c->epochs_fresh = c->draft_fresh = false;
    if (c->nodes[index].missing == 0 && !complete_all(c, index))
        return MUSTER_EBUSY;
    return MUSTER_OK;
}

bool control_saw(const struct control *c, const struct record_id *id, const struct record_id *ancestor)
{
    uint32_t a = node_find(c, ancestor), n = node_find(c, id);

    return a != NOWHERE && n != NOWHERE && c->nodes[a].place != NOWHERE && c->nodes[n].place != NOWHERE &&
           in_past(&c->nodes[a], &c->nodes[n]);
}

size_t control_heads(const struct control *c, struct record_id *out, size_t max)
{
    size_t count = 0;

    for (uint32_t place = c->places.count; place-- > 0 && count < max;) {
        const struct node *n = &c->nodes[c->places.at[place]];
        if (n->trusted && !n->built_on)
            out[count++] = n->id;
    }
    return count;
}
