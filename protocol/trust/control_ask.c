/* control_ask.c — operations as those who govern a space ask for them: who has signed, who is missing. */
#include "protocol/trust/control_inner.h"

const char *control_verb_name(enum control_verb verb)
{
    static const char *const names[] = {
        [CONTROL_GENESIS] = "genesis",   [CONTROL_ADD] = "add",         [CONTROL_SET_RIGHT] = "set-right",
        [CONTROL_REMOVE] = "remove",     [CONTROL_SUSPEND] = "suspend", [CONTROL_LIFT] = "lift",
        [CONTROL_POLICY] = "policy",     [CONTROL_APPROVE] = "approve", [CONTROL_ACK] = "ack",
        [CONTROL_EPOCH] = "rotate-epoch", [CONTROL_CUT] = "cut",        [CONTROL_REASSIGN] = "reassign",
        [CONTROL_ERASE] = "erase",       [CONTROL_HOLD] = "hold",       [CONTROL_UNHOLD] = "unhold",
        [CONTROL_RETAIN] = "retain",     [CONTROL_OTHER] = "other",
    };
    return (size_t)verb < ARRAY_LEN(names) ? names[verb] : "unknown";
}

static const struct node *complete_node(const struct control *c, const struct record_id *id)
{
    uint32_t index = ctl_node(c, id);
    const struct node *n = index == NOWHERE ? NULL : &c->nodes[index];

    return n != NULL && n->held && n->place != NOWHERE && !c->broken ? n : NULL;
}

static void entry_fill(struct control *c, const struct node *n, struct control_entry *out)
{
    const struct extra *x = n->extra;

    *out = (struct control_entry){.id = n->id, .by = c->agents[n->by].id, .verb = (enum control_verb)n->verb,
                                  .right = (enum right)n->right, .about = n->who != NOWHERE,
                                  .answers = n->target != NOWHERE};
    if (out->about && n->verb == CONTROL_CUT)
        memcpy(out->cut_of.b, c->agents[n->who].id.b, HASH_BYTES);
    else if (out->about)
        out->who = c->agents[n->who].id;
    if (out->answers)
        out->target = c->nodes[n->target].id;
    if (x != NULL) {
        out->cut_position = x->cut_position;
        out->cut_head = x->cut_head;
        out->object = x->object;
        out->to_agency = x->to_agency;
        out->policy = x->policy;
        out->policy_count = x->policy_count;
    }
    out->judged = control_judge(c, &n->id);
    if (out->judged.verdict == CONTROL_WAITS_FOR_APPROVALS) {
        struct view now = view_of(c, c->trusted.at, c->trusted.words);
        uint32_t admins = view_admins(&now);
        out->admins_changed = admins != NOWHERE && admins != n->admins;
    }
}

bool control_entry_at(struct control *c, size_t i, struct control_entry *out)
{
    if (c->broken || i >= c->places.count)
        return false;
    entry_fill(c, &c->nodes[c->places.at[i]], out);
    return true;
}

bool control_entry_of(struct control *c, const struct record_id *id, struct control_entry *out)
{
    const struct node *n = complete_node(c, id);

    if (n == NULL)
        return false;
    entry_fill(c, n, out);
    return true;
}

static bool has_signed(const struct control *c, const struct node *n, uint32_t agent)
{
    bool found = n->by == agent;

    for (uint32_t k = 0; k < n->approvals.count && !found; k++)
        found = c->nodes[n->approvals.at[k]].by == agent;
    return found;
}

size_t control_signers(struct control *c, const struct record_id *id, struct agency_id *out, size_t max)
{
    const struct node *n = complete_node(c, id);
    size_t count = 0;

    if (n == NULL || max == 0)
        return 0;
    out[count++] = c->agents[n->by].id;
    for (uint32_t k = 0; k < n->approvals.count && count < max; k++) { /* sorted by agent */
        uint32_t by = c->nodes[n->approvals.at[k]].by;
        if (by != n->by && (k == 0 || c->nodes[n->approvals.at[k - 1]].by != by))
            out[count++] = c->agents[by].id;
    }
    return count;
}

size_t control_missing(struct control *c, const struct record_id *id, struct agency_id *out, size_t max)
{
    const struct node *n = complete_node(c, id);
    size_t count = 0;

    if (n == NULL || !n->majority || n->threshold == 0)
        return 0;
    for (uint32_t k = 0; k < c->sets[n->admins].agents.count && count < max; k++) {
        uint32_t agent = c->sets[n->admins].agents.at[k];
        if (!has_signed(c, n, agent))
            out[count++] = c->agents[agent].id;
    }
    return count;
}

size_t control_suspensions(struct control *c, const struct agency_id *who, struct record_id *out, size_t max)
{
    uint32_t agent = ctl_agent(c, who);
    struct view v = view_all(c);
    size_t count = 0;

    for (uint32_t k = 0; agent != NOWHERE && !c->broken && k < c->agents[agent].suspends.count && count < max; k++) {
        const struct node *s = &c->nodes[c->agents[agent].suspends.at[k]];
        bool lifted = false;
        for (uint32_t a = 0; a < s->answers.count && !lifted; a++) {
            const struct node *lift = &c->nodes[s->answers.at[a]];
            lifted = lift->verb == CONTROL_LIFT && view_effective(&v, lift);
        }
        if (!lifted && view_effective(&v, s))
            out[count++] = s->id;
    }
    return count;
}

bool control_line_head(const struct control *c, const struct agency_id *who, struct record_id *out)
{
    uint32_t agent = ctl_agent(c, who);

    for (uint32_t k = agent == NOWHERE ? 0 : c->agents[agent].line.count; k-- > 0;) {
        const struct node *n = &c->nodes[c->agents[agent].line.at[k]];
        if (n->trusted) {
            *out = n->id;
            return true;
        }
    }
    return false;
}

bool control_lifted(struct control *c, const struct record_id *hold)
{
    const struct node *n = complete_node(c, hold);
    struct view v = view_all(c);
    bool lifted = false;

    for (uint32_t k = 0; n != NULL && k < n->answers.count && !lifted; k++) {
        const struct node *answer = &c->nodes[n->answers.at[k]];
        lifted = answer->verb == CONTROL_UNHOLD && view_effective(&v, answer);
    }
    return lifted;
}
