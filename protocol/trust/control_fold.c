/* control_fold.c — which operations count in a view: granted, contested, effective (RULES C5-C11). */
#include "protocol/trust/control_inner.h"

/* The root is the pinned genesis, else the smallest. */
struct view view_of(struct control *c, const uint64_t *set, uint32_t words)
{
    struct view v = {.c = c, .set = set, .words = words, .root = NOWHERE};

    for (uint32_t k = 0; k < c->geneses.count; k++) {
        const struct node *n = &c->nodes[c->geneses.at[k]];
        if (!view_has(&v, n) || (c->pinned && !record_id_eq(&n->id, &c->pin)))
            continue;
        if (v.root == NOWHERE || record_id_cmp(&n->id, &c->nodes[v.root].id) < 0)
            v.root = c->geneses.at[k];
    }
    return v;
}

struct view view_past(struct control *c, const struct node *n)
{
    return view_of(c, n->past, words_for(n->place));
}

struct view view_all(struct control *c)
{
    return view_of(c, c->all.at, c->all.words);
}

/* Taking back one's own brake needs no majority (C4).  Whose brake it is shows only when it is held. */
static bool lifts_own(const struct view *v, const struct node *n)
{
    return n->verb == CONTROL_LIFT && view_has(v, &v->c->nodes[n->target]) && v->c->nodes[n->target].by == n->by;
}

bool view_majority(const struct view *v, const struct node *n)
{
    return n->majority && !lifts_own(v, n);
}

uint32_t view_threshold(const struct view *v, const struct node *n)
{
    if (n->verb == CONTROL_GENESIS)
        return v->root != NOWHERE && &v->c->nodes[v->root] == n;
    return n->threshold == 0 || view_majority(v, n) ? n->threshold : 1;
}

/* -- C2, C11: forks of a line ------------------------------------------------------------------------- */
bool view_line_forks(const struct view *v, const struct agent *a)
{
    const struct node *last = NULL;

    for (uint32_t k = 0; a->forks && k < a->line.count; k++) {
        const struct node *n = &v->c->nodes[a->line.at[k]];
        if (!view_has(v, n))
            continue;
        if (last != NULL && !in_past(last, n))
            return true;
        last = n;
    }
    return false;
}

/* Is it concurrent with another operation of its agency in the view? */
static bool in_fork(const struct view *v, const struct node *s)
{
    const struct list *line = &v->c->agents[s->by].line;

    for (uint32_t k = 0; s->forks && k < line->count; k++) {
        const struct node *n = &v->c->nodes[line->at[k]];
        if (n != s && view_has(v, n) && !(n->place < s->place ? in_past(n, s) : in_past(s, n)))
            return true;
    }
    return false;
}

bool view_line_cut(const struct view *v, const struct agent *a)
{
    for (uint32_t k = 0; k < a->cuts.count; k++)
        if (view_effective(v, &v->c->nodes[a->cuts.at[k]]))
            return true;
    return false;
}

/* In a fork, and no cut has settled it in its favour. */
static bool disputed(const struct view *v, const struct node *s)
{
    const struct list *cuts = &v->c->agents[s->by].cuts;
    bool settled = false;

    if (!in_fork(v, s))
        return false;
    for (uint32_t k = 0; k < cuts->count; k++) {
        const struct node *cut = &v->c->nodes[cuts->at[k]], *h;
        struct record_id head;
        uint32_t found;
        if (!view_effective(v, cut))
            continue;
        memcpy(head.b, cut->extra->cut_head.b, sizeof head.b);
        found = ctl_node(v->c, &head);
        h = found == NOWHERE ? NULL : &v->c->nodes[found];
        if (h == NULL || (h != s && !(view_has(v, h) && in_past(s, h))))
            return true;
        settled = true;
    }
    return !settled;
}

/* An admin of another agency that has seen s; what is left to the view is whether it is in a fork. */
static bool may_witness(const struct node *w, const struct node *s)
{
    return w->by_admin && w->by != s->by && in_past(s, w);
}

/* The first place that may be a witness of s, in all that is held, or NOWHERE.  Remembered: a liar writes
 * thousands of branches that nobody builds on, and each later operation asks for all of them. */
static uint32_t witness_first(struct control *c, const struct node *asked)
{
    struct node *s = &c->nodes[c->places.at[asked->place]];

    if (s->witness_end <= s->place)
        s->witness_end = s->place + 1;
    for (; s->witness == NOWHERE && s->witness_end < c->judged; s->witness_end++)
        if (may_witness(&c->nodes[c->places.at[s->witness_end]], s))
            s->witness = s->witness_end;
    return s->witness;
}

/* Has an admin of another agency, itself in no fork, built on it? */
static bool witnessed(const struct view *v, const struct node *s)
{
    uint32_t end = v->words * 64 < v->c->places.count ? v->words * 64 : v->c->places.count;

    for (uint32_t place = witness_first(v->c, s); place < end; place++) {
        const struct node *w = &v->c->nodes[v->c->places.at[place]];
        if (view_has(v, w) && may_witness(w, s) && !in_fork(v, w))
            return true;
    }
    return false;
}

/* -- C8: signatures ----------------------------------------------------------------------------------- */
/* Had a removal, or an approval that counts for it in the view, seen s? */
static bool outs_saw(const struct view *v, const struct node *r, const struct node *s)
{
    if (r == s || in_past(s, r))
        return true;
    for (uint32_t k = 0; k < r->approvals.count; k++) {
        const struct node *a = &v->c->nodes[r->approvals.at[k]];
        if (view_has(v, a) && (a == s || in_past(s, a)))
            return true;
    }
    return false;
}

static bool contested(const struct view *v, const struct node *s)
{
    const struct agent *by = &v->c->agents[s->by];

    for (uint32_t k = 0; k < by->outs.count; k++) {
        const struct node *r = &v->c->nodes[by->outs.at[k]];
        struct view then;
        if (!view_effective(v, r) || outs_saw(v, r, s))
            continue;
        then = view_past(v->c, s);
        if (!view_effective(&then, r))
            return true;
    }
    return s->forks && disputed(v, s) && !witnessed(v, s);
}

/* The number of agencies with a signature in the view that counts.  Approvals are sorted by agent. */
uint32_t view_signatures(const struct view *v, const struct node *n, bool contested_too)
{
    bool own = contested_too || !contested(v, n);
    uint32_t count = own, k = 0;

    while (view_majority(v, n) && k < n->approvals.count) {
        uint32_t agent = v->c->nodes[n->approvals.at[k]].by;
        bool good = false;
        for (; k < n->approvals.count && v->c->nodes[n->approvals.at[k]].by == agent; k++) {
            const struct node *a = &v->c->nodes[n->approvals.at[k]];
            good = good || (view_has(v, a) && (contested_too || !contested(v, a)));
        }
        count += good && (agent != n->by || !own);
    }
    return count;
}

/* C6-C8.  What is firm asks no contested(), so this never calls itself deeper than twice. */
bool view_effective(const struct view *v, const struct node *n)
{
    uint32_t threshold;

    if (v->root == NOWHERE || !view_has(v, n))
        return false;
    if (n->verb == CONTROL_GENESIS)
        return &v->c->nodes[v->root] == n;
    threshold = view_threshold(v, n);
    if (threshold == 0 || view_signatures(v, n, true) < threshold)
        return false;
    return n->firm || view_signatures(v, n, false) >= threshold;
}
