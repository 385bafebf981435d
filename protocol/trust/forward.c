/* forward.c — to whom a node forwards what (RULES F1-F3). */
#include "protocol/trust/forward.h"
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

const char *forward_rule_name(enum forward_rule rule)
{
    static const char *const names[] = {
        [FORWARD_MEMBER] = "member",   [FORWARD_REMOVAL_NOTICE] = "removal-notice", [FORWARD_SUSPENDED] = "suspended",
        [FORWARD_REMOVED] = "removed", [FORWARD_NOT_A_MEMBER] = "not-a-member",
    };
    return (size_t)rule < ARRAY_LEN(names) ? names[rule] : "unknown";
}

/* Is it the removal, an approval of it, or in the past of one of them? */
static bool shows_removal(const struct control *c, const struct node *removal, const struct node *n)
{
    if (n == removal || in_past(n, removal))
        return true;
    for (uint32_t k = 0; k < removal->answers.count; k++) {
        const struct node *a = &c->nodes[removal->answers.at[k]];
        if (a->verb == CONTROL_APPROVE && (n == a || in_past(n, a)))
            return true;
    }
    return false;
}

/* Is the operation part of the notice to this agency? */
static bool in_notice(const struct view *v, const struct agent *a, const struct node *n)
{
    for (uint32_t k = 0; k < a->outs.count && n->place != NOWHERE; k++) {
        const struct node *r = &v->c->nodes[a->outs.at[k]];
        if (r->verb == CONTROL_REMOVE && view_effective(v, r) && shows_removal(v->c, r, n))
            return true;
    }
    return false;
}

static struct forward_decision decision(enum forward_rule rule)
{
    return (struct forward_decision){rule == FORWARD_MEMBER || rule == FORWARD_REMOVAL_NOTICE, rule};
}

struct forward_decision forward_decide(struct control *c, const struct agency_id *peer,
                                       const struct record_id *operation)
{
    const struct control_member *m = control_member(c, peer);
    bool removed = control_is_removed(c, peer);
    uint32_t index = operation == NULL ? NOWHERE : ctl_node(c, operation);

    if (m != NULL && m->right > RIGHT_NONE)
        return decision(operation == NULL && m->suspended ? FORWARD_SUSPENDED : FORWARD_MEMBER);
    if (operation == NULL)
        return decision(removed ? FORWARD_REMOVED : FORWARD_NOT_A_MEMBER);
    if (removed && index != NOWHERE) {
        struct view v = view_all(c);
        if (in_notice(&v, &c->agents[ctl_agent(c, peer)], &c->nodes[index]))
            return decision(FORWARD_REMOVAL_NOTICE);
    }
    return decision(FORWARD_NOT_A_MEMBER);
}

bool forward_takes(struct control *c, const struct agency_id *peer, bool data)
{
    return !data || forward_shows_tag(c, peer);
}

bool forward_shows_tag(struct control *c, const struct agency_id *peer)
{
    const struct control_member *m = control_member(c, peer);

    return m != NULL && m->right > RIGHT_NONE;
}

static int id_order(const void *x, const void *y)
{
    return memcmp(x, y, HASH_BYTES);
}

size_t forward_notice(struct control *c, const struct agency_id *who, struct record_id *out, size_t max)
{
    uint32_t agent = ctl_agent(c, who);
    struct view v = view_all(c);
    size_t count = 0;

    for (uint32_t place = 0; agent != NOWHERE && place < c->places.count && count < max && !c->broken; place++) {
        const struct node *n = &c->nodes[c->places.at[place]];
        if (in_notice(&v, &c->agents[agent], n))
            out[count++] = n->id;
    }
    if (count > 1)
        qsort(out, count, sizeof *out, id_order);
    return count;
}
