/* control_judge.c — what an operation may do, judged once on its own past (RULES C4-C7). */
#include "protocol/trust/control_inner.h"

/* Can completing `p` change who is admin in a set in which `p` has seen everything else?  Saying yes too
 * often only costs time. */
static bool touches_admins(const struct control *c, const struct node *p)
{
    const struct node *about = p;

    if (p->verb == CONTROL_APPROVE)
        about = &c->nodes[p->target];
    switch (about->verb) {
    case CONTROL_ACK:
    case CONTROL_EPOCH:
    case CONTROL_SUSPEND:
    case CONTROL_LIFT:
    case CONTROL_POLICY:
    case CONTROL_REASSIGN:
    case CONTROL_ERASE:
    case CONTROL_HOLD:
    case CONTROL_UNHOLD:
    case CONTROL_RETAIN:
    case CONTROL_OTHER:
        return !about->held;
    case CONTROL_ADD:
    case CONTROL_SET_RIGHT:
    case CONTROL_REMOVE:
        return !about->held || c->agents[about->who].candidate;
    default:
        return true;
    }
}

/* C14: the admins as seen.  Nearly always they are those that the newest parent had seen. */
static uint32_t admins_seen(struct control *c, const struct node *n, const struct view *then)
{
    for (uint32_t k = 0; k < n->parents.count && !c->any_fork; k++) {
        const struct node *p = &c->nodes[n->parents.at[k]];
        if (n->past_count == p->past_count + 1 && !touches_admins(c, p))
            return p->admins;
    }
    return view_admins(then);
}

struct need {
    bool allowed, majority;
};

/* The subject is a member, and the space keeps another admin. */
static struct need need_of_change(const struct view *then, const struct node *n)
{
    const struct agent *who = &then->c->agents[n->who];
    int right = view_right(then, who);
    bool last = admins_only(then->c, n->admins, n->who);

    if (n->verb == CONTROL_REMOVE)
        return (struct need){right > RIGHT_NONE && !last, true};
    if (n->verb == CONTROL_SUSPEND)
        return (struct need){right > RIGHT_NONE, admins_have(then->c, n->admins, n->who)};
    return (struct need){
        .allowed = (right > RIGHT_NONE || n->verb == CONTROL_ADD) && !(last && n->right != RIGHT_ADMIN),
        .majority = right == RIGHT_ADMIN || n->right == RIGHT_ADMIN || view_removed(then, who),
    };
}

/* K1, C4: exactly the readers as seen; by an admin, or by a writer who saw no usable epoch.  -1: no memory. */
static int epoch_allowed(const struct view *then, const struct node *n)
{
    struct bits readers = {0};
    int allowed = -1;
    uint32_t most;

    if (view_right(then, &then->c->agents[n->by]) < RIGHT_WRITE)
        return 0;
    if (!view_readers(then, &readers))
        goto out;
    allowed = 1;
    most = readers.words > n->extra->to.words ? readers.words : n->extra->to.words;
    for (uint32_t w = 0; w < most; w++)
        if ((w < readers.words ? readers.at[w] : 0) != (w < n->extra->to.words ? n->extra->to.at[w] : 0))
            allowed = 0;
    if (allowed == 1 && !admins_have(then->c, n->admins, n->by)) {
        int covered = view_covered(then);
        allowed = covered < 0 ? -1 : !covered;
    }
out:
    ctl_bits_free(&readers);
    return allowed;
}

/* The genesis names it, for good. */
static bool is_controller(const struct view *then, const struct node *n)
{
    const struct extra *root = then->root == NOWHERE ? NULL : then->c->nodes[then->root].extra;

    return root != NULL && agency_id_eq(&root->controller, &then->c->agents[n->by].id);
}

/* The table of C4.  false without memory. */
static bool need_of(const struct view *then, const struct node *n, struct need *need)
{
    int allowed;

    *need = (struct need){false, false};
    if (n->verb == CONTROL_EPOCH) {
        allowed = epoch_allowed(then, n);
        need->allowed = allowed == 1;
        return allowed >= 0;
    }
    if (n->verb == CONTROL_REMOVE && n->who == n->by) {
        need->allowed =
            view_right(then, &then->c->agents[n->by]) > RIGHT_NONE && !admins_only(then->c, n->admins, n->by);
        return true;
    }
    if (n->verb == CONTROL_RETAIN && is_controller(then, n)) {
        need->allowed = view_right(then, &then->c->agents[n->by]) > RIGHT_NONE; /* E6: an admin or not */
        return true;
    }
    if (!n->by_admin)
        return true;
    switch ((enum control_verb)n->verb) {
    case CONTROL_ERASE:
    case CONTROL_HOLD:
    case CONTROL_UNHOLD:
    case CONTROL_RETAIN:
    case CONTROL_LIFT:
    case CONTROL_POLICY:
    case CONTROL_CUT:
    case CONTROL_REASSIGN:
        *need = (struct need){true, true};
        break;
    case CONTROL_REMOVE:
    case CONTROL_ADD:
    case CONTROL_SET_RIGHT:
    case CONTROL_SUSPEND:
        *need = need_of_change(then, n);
        break;
    case CONTROL_APPROVE:
    case CONTROL_ACK:
        need->allowed = true;
        break;
    case CONTROL_EPOCH:
    case CONTROL_GENESIS: /* only the root of a view is: view_threshold */
    case CONTROL_OTHER:
        break;
    }
    return true;
}

/* C7: it stands for ever once enough have signed. */
static bool is_firm(const struct view *then, const struct node *n)
{
    if (n->verb == CONTROL_SET_RIGHT)
        return n->majority && (int)n->right < view_right(then, &then->c->agents[n->who]);
    return n->verb == CONTROL_REMOVE || n->verb == CONTROL_CUT || n->verb == CONTROL_ERASE || n->verb == CONTROL_RETAIN;
}

/* C5: the approval counts if its author is an admin as seen by the operation, and both saw the same admins. */
static bool approve(struct control *c, uint32_t approval, uint32_t index)
{
    struct node *n = &c->nodes[index];
    const struct node *a = &c->nodes[approval];
    uint32_t k;

    if (a->verb != CONTROL_APPROVE || !n->majority || n->threshold == 0 || a->admins != n->admins ||
        !admins_have(c, n->admins, a->by))
        return true;
    if (!ctl_push(c, &n->approvals, approval))
        return false;
    for (k = n->approvals.count - 1; k > 0 && c->nodes[n->approvals.at[k - 1]].by > a->by; k--)
        n->approvals.at[k] = n->approvals.at[k - 1];
    n->approvals.at[k] = approval;
    return true;
}

static bool genesis_enter(struct control *c, uint32_t index)
{
    const struct list *admins = &c->nodes[index].extra->admins;

    for (uint32_t k = 0; k < admins->count; k++) {
        struct agent *a = &c->agents[admins->at[k]];
        bool twice = a->grants.count > 0 && a->grants.at[a->grants.count - 1] == index;
        if (!twice && !(ctl_push(c, &a->grants, index) && ctl_reserve(c, &c->heads_scratch, a->grants.count)))
            return false;
        if (!a->candidate && !ctl_push(c, &c->candidates, admins->at[k]))
            return false;
        a->candidate = true;
    }
    return ctl_push(c, &c->geneses, index) && ctl_push(c, &c->policies, index);
}

/* Put it on the lists by which the folds find it; what is not allowed is on none. */
static bool index_enter(struct control *c, uint32_t index)
{
    struct node *n = &c->nodes[index];
    struct agent *who = n->who == NOWHERE ? NULL : &c->agents[n->who];
    bool done = true;

    if (n->verb == CONTROL_GENESIS)
        return genesis_enter(c, index);
    if (n->threshold == 0)
        return true;
    if (n->firm && (n->verb == CONTROL_REMOVE || n->verb == CONTROL_SET_RIGHT))
        done = ctl_push(c, &who->outs, index);
    switch ((enum control_verb)n->verb) {
    case CONTROL_ADD:
    case CONTROL_SET_RIGHT:
        if (n->right == RIGHT_ADMIN && !who->candidate) {
            done = done && ctl_push(c, &c->candidates, n->who);
            who->candidate = true;
        }
        return done && ctl_push(c, &who->grants, index) && ctl_reserve(c, &c->heads_scratch, who->grants.count);
    case CONTROL_SUSPEND:
        return ctl_push(c, &who->suspends, index);
    case CONTROL_CUT:
        return ctl_push(c, &who->cuts, index);
    case CONTROL_EPOCH:
        return ctl_push(c, &c->epochs, index);
    case CONTROL_REASSIGN:
        return ctl_push(c, &c->reassigns, index);
    case CONTROL_POLICY:
        return ctl_push(c, &c->policies, index);
    default:
        return done;
    }
}

bool ctl_judge(struct control *c, uint32_t index)
{
    struct node *n = &c->nodes[index];
    struct view then = view_past(c, n);
    struct need need;

    n->admins = admins_seen(c, n, &then);
    if (n->admins == NOWHERE)
        return false;
    n->by_admin = admins_have(c, n->admins, n->by);
    if (!need_of(&then, n, &need))
        return false;
    n->majority = need.majority;
    n->threshold = !need.allowed ? 0 : need.majority ? c->sets[n->admins].agents.count / 2 + 1 : 1;
    n->firm = is_firm(&then, n);
    if (!index_enter(c, index))
        return false;
    for (uint32_t k = 0; k < n->answers.count; k++)
        if (!approve(c, n->answers.at[k], index))
            return false;
    if (n->target == NOWHERE)
        return true;
    if (!ctl_push(c, &c->nodes[n->target].answers, index))
        return false;
    return c->nodes[n->target].place == NOWHERE || approve(c, index, n->target);
}

/* -- asking before writing ------------------------------------------------------------------------------ */
static bool has_subject(enum control_verb verb)
{
    return verb == CONTROL_ADD || verb == CONTROL_SET_RIGHT || verb == CONTROL_REMOVE || verb == CONTROL_SUSPEND;
}

/* An agency that no operation has named is no member: it can be added, and nothing else. */
static struct need need_of_stranger(const struct node *n)
{
    return (struct need){n->verb == CONTROL_ADD && n->by_admin, n->right == RIGHT_ADMIN};
}

struct control_judgement control_preview(struct control *c, const struct control_op *op)
{
    struct control_judgement out = {.verdict = CONTROL_NOT_ALLOWED};
    struct view then = view_of(c, c->trusted.at, c->trusted.words);
    struct node n = {.place = c->places.count, .by = ctl_agent(c, &op->by), .who = NOWHERE, .target = NOWHERE,
                     .verb = (uint8_t)op->verb, .right = (uint8_t)op->right};
    struct need need = {false, false};
    uint32_t target;

    if (c->broken || then.root == NOWHERE || n.by == NOWHERE || op->verb == CONTROL_EPOCH)
        return out;
    n.admins = view_admins(&then);
    if (n.admins == NOWHERE)
        return out;
    n.by_admin = admins_have(c, n.admins, n.by);
    if (has_subject(op->verb))
        n.who = ctl_agent(c, &op->who);
    if (has_subject(op->verb) && n.who == NOWHERE)
        need = need_of_stranger(&n);
    else if (!need_of(&then, &n, &need))
        return out;
    target = op->verb == CONTROL_LIFT ? ctl_node(c, &op->target) : NOWHERE;
    if (target != NOWHERE && c->nodes[target].by == n.by)
        need.majority = false; /* its own brake (C4) */
    if (!need.allowed)
        return out;
    out.majority = need.majority;
    out.needed = need.majority ? c->sets[n.admins].agents.count / 2 + 1 : 1;
    out.signed_by = 1;
    out.verdict = out.needed > 1 ? CONTROL_WAITS_FOR_APPROVALS : CONTROL_EFFECTIVE;
    return out;
}
