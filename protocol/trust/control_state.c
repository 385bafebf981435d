/* control_state.c — the state of a space as others read it: sorted lists, built when asked for. */
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

const char *control_verdict_name(enum control_verdict verdict)
{
    static const char *const names[] = {
        [CONTROL_UNKNOWN] = "unknown",
        [CONTROL_WAITING] = "waiting",
        [CONTROL_EFFECTIVE] = "effective",
        [CONTROL_NOT_ALLOWED] = "not-allowed",
        [CONTROL_WAITS_FOR_APPROVALS] = "waits-for-approvals",
        [CONTROL_CONTESTED] = "contested",
        [CONTROL_NOT_UNDERSTOOD] = "not-understood",
    };
    return (size_t)verdict < ARRAY_LEN(names) ? names[verdict] : "unknown";
}

const char *right_name(enum right right)
{
    static const char *const names[] = {"none", "relay", "read", "write", "admin"};

    return (size_t)right < ARRAY_LEN(names) ? names[right] : "unknown";
}

static enum control_verdict verdict_in(const struct view *v, const struct node *n)
{
    if (view_effective(v, n))
        return CONTROL_EFFECTIVE;
    if (n->verb == CONTROL_OTHER)
        return CONTROL_NOT_UNDERSTOOD;
    if (view_threshold(v, n) == 0)
        return CONTROL_NOT_ALLOWED;
    return view_signatures(v, n, true) < view_threshold(v, n) ? CONTROL_WAITS_FOR_APPROVALS : CONTROL_CONTESTED;
}

/* -- sorting: every id type is a struct of its bytes, first in what is sorted ------------------------------ */
static int id_order(const void *x, const void *y)
{
    return memcmp(x, y, HASH_BYTES);
}

static int field_order(const void *x, const void *y)
{
    const struct control_policy *a = x, *b = y;

    return (a->field > b->field) - (a->field < b->field);
}

static void sort(void *at, size_t count, size_t size, int (*order)(const void *, const void *))
{
    if (count > 1)
        qsort(at, count, size, order);
}

_Static_assert(sizeof(struct record_id) == HASH_BYTES && sizeof(struct agency_id) == HASH_BYTES, "sorted by id");
_Static_assert(offsetof(struct control_member, who) == 0 && offsetof(struct control_void, id) == 0, "sorted by id");

/* -- building ------------------------------------------------------------------------------------------ */
/* The arrays of a control_state, writable, each with room for all there can be. */
struct draft {
    struct control_member *members;
    struct agency_id *admins, *suspended, *removed, *forked;
    struct record_id *effective, *waiting;
    struct control_void *voids;
    struct control_policy *policy;
};

static void *room_for(struct control *c, size_t count, size_t size)
{
    void *at = calloc(count + 1, size);

    c->broken |= at == NULL;
    return at;
}

static void state_agencies(const struct view *v, struct control_state *s, struct draft *d)
{
    uint32_t admins = view_admins(v);

    for (uint32_t i = 0; i < v->c->agent_count && admins != NOWHERE; i++) {
        const struct agent *a = &v->c->agents[i];
        int right = view_right(v, a);
        if (view_line_forks(v, a))
            d->forked[s->forked_count++] = a->id;
        if (view_removed(v, a))
            d->removed[s->removed_count++] = a->id;
        if (right < 0)
            continue;
        d->members[s->member_count] = (struct control_member){
            .who = a->id,
            .right = (enum right)right,
            .admin = admins_have(v->c, admins, i),
            .suspended = view_suspended(v, a),
        };
        if (d->members[s->member_count].admin)
            d->admins[s->admin_count++] = a->id;
        if (d->members[s->member_count].suspended)
            d->suspended[s->suspended_count++] = a->id;
        s->member_count++;
    }
}

static void state_operations(const struct view *v, struct control_state *s, struct draft *d)
{
    for (uint32_t i = 0; i < v->c->sorted.count; i++) {
        const struct node *n = &v->c->nodes[v->c->sorted.at[i]];
        enum control_verdict verdict;
        if (n->place == NOWHERE) {
            d->waiting[s->waiting_count++] = n->id;
            continue;
        }
        if (v->root == NOWHERE)
            continue;
        verdict = verdict_in(v, n);
        if (verdict == CONTROL_EFFECTIVE)
            d->effective[s->effective_count++] = n->id;
        else
            d->voids[s->void_count++] = (struct control_void){.id = n->id, .why = verdict};
    }
}

static int stricter(const struct control *c, uint32_t field, const struct bytes *a, const struct bytes *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = c->stricter == NULL ? 0 : c->stricter(c->stricter_arg, field, a, b);

    if (order == 0 && shorter > 0)
        order = memcmp(a->at, b->at, shorter);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static const struct control_policy *policy_field(const struct node *n, uint32_t field)
{
    for (uint32_t i = 0; i < n->extra->policy_count; i++)
        if (n->extra->policy[i].field == field)
            return &n->extra->policy[i];
    return NULL;
}

/* Has a later effective operation set the field again?  `seen` holds those, newest place first. */
static bool superseded(const struct control *c, const struct node *n, uint32_t field, const struct list *seen)
{
    for (uint32_t k = 0; k < seen->count; k++) {
        const struct node *later = &c->nodes[seen->at[k]];
        if (in_past(n, later) && policy_field(later, field) != NULL)
            return true;
    }
    return false;
}

/* C13, from the newest place down. */
static bool state_policy(const struct view *v, struct control_state *s, struct control_policy **out)
{
    struct control *c = v->c;
    struct list seen = {0};
    size_t room = 0;

    for (uint32_t k = c->policies.count; k-- > 0;) {
        const struct node *n = &c->nodes[c->policies.at[k]];
        if (!view_effective(v, n))
            continue;
        for (uint32_t i = 0; i < n->extra->policy_count; i++) {
            const struct control_policy *given = &n->extra->policy[i];
            size_t at = 0;
            if (superseded(c, n, given->field, &seen))
                continue;
            while (at < s->policy_count && (*out)[at].field != given->field)
                at++;
            if (at == room) {
                struct control_policy *moved = realloc(*out, (room = 2 * room + 8) * sizeof **out);
                if (moved == NULL)
                    goto failed;
                *out = moved;
            }
            if (at == s->policy_count)
                (*out)[s->policy_count++] = *given;
            else if (stricter(c, given->field, &given->value, &(*out)[at].value) < 0)
                (*out)[at] = *given;
        }
        if (!ctl_push(c, &seen, c->policies.at[k]))
            goto failed;
    }
    free(seen.at);
    return true;
failed:
    free(seen.at);
    c->broken = true;
    return false;
}

static void state_sort(struct control_state *s, struct draft *d)
{
    sort(d->members, s->member_count, sizeof *d->members, id_order);
    sort(d->admins, s->admin_count, sizeof *d->admins, id_order);
    sort(d->suspended, s->suspended_count, sizeof *d->suspended, id_order);
    sort(d->removed, s->removed_count, sizeof *d->removed, id_order);
    sort(d->forked, s->forked_count, sizeof *d->forked, id_order);
    sort(d->policy, s->policy_count, sizeof *d->policy, field_order);
}

static void *writable(const void *at) /* these arrays are ours: state_build made them */
{
    return (void *)(uintptr_t)at;
}

void ctl_state_forget(struct control *c)
{
    struct control_state *s = &c->state;
    const void *lists[] = {s->members,   s->admins,  s->suspended, s->removed, s->forked,
                           s->effective, s->waiting, s->voids,     s->policy};

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        free(writable(lists[i]));
    *s = (struct control_state){0};
    c->fresh = false;
}

static void state_build(struct control *c)
{
    struct view v = view_all(c);
    struct draft d = {
        .members = room_for(c, c->agent_count, sizeof *d.members),
        .admins = room_for(c, c->agent_count, sizeof *d.admins),
        .suspended = room_for(c, c->agent_count, sizeof *d.suspended),
        .removed = room_for(c, c->agent_count, sizeof *d.removed),
        .forked = room_for(c, c->agent_count, sizeof *d.forked),
        .effective = room_for(c, c->held_count, sizeof *d.effective),
        .waiting = room_for(c, c->held_count, sizeof *d.waiting),
        .voids = room_for(c, c->held_count, sizeof *d.voids),
    };
    struct control_state *s = &c->state;

    if (!c->broken) {
        s->founded = v.root != NOWHERE;
        s->history = s->founded ? c->nodes[v.root].extra->history : HISTORY_ALL;
        if (s->founded)
            s->genesis = c->nodes[v.root].id;
        state_agencies(&v, s, &d);
        state_operations(&v, s, &d);
        if (state_policy(&v, s, &d.policy))
            state_sort(s, &d);
    }
    s->members = d.members;
    s->admins = d.admins;
    s->suspended = d.suspended;
    s->removed = d.removed;
    s->forked = d.forked;
    s->effective = d.effective;
    s->waiting = d.waiting;
    s->voids = d.voids;
    s->policy = d.policy;
    c->fresh = true;
}

const struct control_state *control_state(struct control *c)
{
    if (!c->fresh && !c->broken) {
        ctl_state_forget(c);
        state_build(c);
    }
    return c->broken ? NULL : &c->state;
}

/* -- questions ----------------------------------------------------------------------------------------- */
const struct control_member *control_member(struct control *c, const struct agency_id *who)
{
    const struct control_state *s = control_state(c);

    return s == NULL || s->member_count == 0 ? NULL
                                             : bsearch(who, s->members, s->member_count, sizeof *s->members, id_order);
}

bool control_is_removed(struct control *c, const struct agency_id *who)
{
    const struct control_state *s = control_state(c);

    return s != NULL && s->removed_count > 0 &&
           bsearch(who, s->removed, s->removed_count, sizeof *s->removed, id_order) != NULL;
}

const struct control_policy *control_policy(struct control *c, uint32_t field)
{
    const struct control_state *s = control_state(c);
    struct control_policy key = {.field = field};

    return s == NULL || s->policy_count == 0
               ? NULL
               : bsearch(&key, s->policy, s->policy_count, sizeof *s->policy, field_order);
}

struct control_judgement control_judge(struct control *c, const struct record_id *id)
{
    uint32_t index = ctl_node(c, id);
    struct control_judgement out = {.verdict = CONTROL_UNKNOWN};
    const struct node *n = index == NOWHERE ? NULL : &c->nodes[index];
    struct view v;

    if (c->broken || n == NULL || !n->held)
        return out;
    out.verdict = CONTROL_WAITING;
    if (n->place == NOWHERE)
        return out;
    v = view_all(c);
    out.verdict = v.root == NOWHERE ? CONTROL_NOT_ALLOWED : verdict_in(&v, n);
    out.majority = view_majority(&v, n);
    out.needed = view_threshold(&v, n);
    out.signed_by = out.needed == 0 ? 0 : view_signatures(&v, n, true);
    return out;
}

size_t control_reassigns(struct control *c, const struct object_id *object, struct control_reassign *out, size_t max)
{
    struct view v = view_all(c);
    size_t count = 0;

    for (uint32_t k = 0; k < c->reassigns.count && max && !c->broken; k++) {
        const struct node *n = &c->nodes[c->reassigns.at[k]];
        size_t at = count;
        if (!object_id_eq(&n->extra->object, object) || !view_effective(&v, n))
            continue;
        if (count == max) { /* the first by id, whichever came first: in the place of the greatest */
            at = 0;
            for (size_t i = 1; i < count; i++)
                at = record_id_cmp(&out[i].id, &out[at].id) > 0 ? i : at;
            if (record_id_cmp(&n->id, &out[at].id) > 0)
                continue;
        }
        out[at] = (struct control_reassign){.id = n->id, .to = n->extra->to_agency, .after = n->extra->after,
                                             .seen = n->extra->seen, .seen_count = n->extra->seen_count};
        count += at == count;
    }
    sort(out, count, sizeof *out, id_order);
    return count;
}
