/* control_rights.c — rights, admins, suspensions and readers in a view (RULES C9, C10, C12, K1). */
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

/* C9: does the grant count, that is, was every effective removal of the agency effective as seen by it? */
static bool after_removals(const struct view *v, const struct node *grant, const struct agent *a)
{
    struct view then = view_past(v->c, grant);

    for (uint32_t k = a->outs.count; k-- > 0;) {
        const struct node *r = &v->c->nodes[a->outs.at[k]];
        if (r->verb == CONTROL_REMOVE && view_effective(v, r) && !view_effective(&then, r))
            return false;
    }
    return true;
}

/* C9: the lowest right among the newest grants, by past; -1 without an add.  From the newest place down, so
 * that whatever supersedes a grant has been seen before it. */
int view_right(const struct view *v, const struct agent *a)
{
    uint32_t *heads = v->c->heads_scratch.at, count = 0;
    int lowest = RIGHT_ADMIN;
    bool added = false;

    for (uint32_t k = a->grants.count; v->root != NOWHERE && k-- > 0;) {
        const struct node *g = &v->c->nodes[a->grants.at[k]];
        bool gives_entry = g->verb != CONTROL_SET_RIGHT, old = false;
        int right = g->verb == CONTROL_GENESIS ? RIGHT_ADMIN : g->right;
        if (!view_has(v, g))
            continue;
        for (uint32_t h = 0; h < count && !old; h++)
            old = in_past(g, &v->c->nodes[heads[h]]);
        if ((old && (added || !gives_entry)) || !view_effective(v, g) || !after_removals(v, g, a))
            continue;
        added |= gives_entry;
        if (old)
            continue;
        heads[count++] = a->grants.at[k];
        if (right < lowest)
            lowest = right;
    }
    return added && count > 0 ? lowest : -1;
}

bool view_removed(const struct view *v, const struct agent *a)
{
    for (uint32_t k = 0; k < a->outs.count; k++) {
        const struct node *r = &v->c->nodes[a->outs.at[k]];
        if (r->verb == CONTROL_REMOVE && view_effective(v, r))
            return true;
    }
    return false;
}

static bool lifted(const struct view *v, const struct node *suspend)
{
    for (uint32_t k = 0; k < suspend->answers.count; k++) {
        const struct node *lift = &v->c->nodes[suspend->answers.at[k]];
        if (lift->verb == CONTROL_LIFT && view_effective(v, lift))
            return true;
    }
    return false;
}

/* C12 */
bool view_suspended(const struct view *v, const struct agent *a)
{
    for (uint32_t k = 0; k < a->suspends.count; k++) {
        const struct node *s = &v->c->nodes[a->suspends.at[k]];
        if (view_effective(v, s) && !lifted(v, s))
            return view_right(v, a) >= 0;
    }
    return false;
}

/* K1 */
bool view_readers(const struct view *v, struct bits *out)
{
    struct control *c = v->c;

    if (!ctl_bits_reserve(c, out, words_for(c->agent_count)))
        return false;
    if (out->words > 0)
        memset(out->at, 0, out->words * sizeof *out->at);
    for (uint32_t i = 0; i < c->agent_count; i++) {
        const struct agent *a = &c->agents[i];
        if (a->grants.count > 0 && view_right(v, a) >= RIGHT_READ && !view_suspended(v, a))
            bit_set(out->at, i);
    }
    return true;
}

/* -- sets of admins, interned: two operations saw the same admins if their numbers are equal (C5) -------- */
static int agent_order(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return (a > b) - (a < b);
}

/* The number of the set with these agents, ascending; takes the list over. */
static uint32_t set_intern(struct control *c, struct list *agents)
{
    uint64_t mark = agents->count;
    struct admin_set *moved;

    for (uint32_t i = 0; i < agents->count; i++)
        mark = (mark ^ agents->at[i]) * 0xff51afd7ed558ccdu + (mark >> 29);
    for (uint32_t s = c->set_count; s-- > 0;) {
        const struct list *have = &c->sets[s].agents;
        if (c->sets[s].mark != mark || have->count != agents->count ||
            (have->count > 0 && memcmp(have->at, agents->at, have->count * sizeof *have->at) != 0))
            continue;
        free(agents->at);
        return s;
    }
    if (c->set_count == c->set_room) {
        c->set_room = c->set_room == 0 ? 16 : 2 * c->set_room;
        moved = realloc(c->sets, c->set_room * sizeof *c->sets);
        if (moved == NULL) {
            free(agents->at);
            c->broken = true;
            return NOWHERE;
        }
        c->sets = moved;
    }
    c->sets[c->set_count] = (struct admin_set){.mark = mark, .agents = *agents};
    return c->set_count++;
}

/* Does some effective operation make it an admin, whatever came later? */
static bool ever_admin(const struct view *v, const struct agent *a)
{
    for (uint32_t k = 0; k < a->grants.count; k++) {
        const struct node *g = &v->c->nodes[a->grants.at[k]];
        if ((g->verb == CONTROL_GENESIS || g->right == RIGHT_ADMIN) && view_effective(v, g))
            return true;
    }
    return false;
}

/* C10: a space that never had a second admin has nobody to settle its fork; there it costs nothing. */
static bool had_second_admin(const struct view *v)
{
    uint32_t ever = 0;

    for (uint32_t k = 0; k < v->c->candidates.count && ever < 2; k++)
        ever += ever_admin(v, &v->c->agents[v->c->candidates.at[k]]);
    return ever > 1;
}

uint32_t view_admins(const struct view *v)
{
    struct control *c = v->c;
    struct list found = {0};

    for (uint32_t k = 0; k < c->candidates.count; k++) {
        const struct agent *a = &c->agents[c->candidates.at[k]];
        if (view_right(v, a) != RIGHT_ADMIN)
            continue;
        if (view_line_forks(v, a) && !view_line_cut(v, a) && had_second_admin(v))
            continue;
        if (!ctl_push(c, &found, c->candidates.at[k])) {
            free(found.at);
            return NOWHERE;
        }
    }
    if (found.count > 1)
        qsort(found.at, found.count, sizeof *found.at, agent_order);
    return set_intern(c, &found);
}

bool admins_have(const struct control *c, uint32_t set, uint32_t agent)
{
    const struct list *agents = &c->sets[set].agents;

    return agents->count > 0 && bsearch(&agent, agents->at, agents->count, sizeof agent, agent_order) != NULL;
}

bool admins_only(const struct control *c, uint32_t set, uint32_t agent)
{
    const struct list *agents = &c->sets[set].agents;

    return agents->count == 1 && agents->at[0] == agent;
}
