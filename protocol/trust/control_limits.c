/* control_limits.c — how far a data log counts under the control state (RULES D1-D3). */
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

/* D1: some grant to write is effective now and in the past of the log's genesis. */
static bool granted(const struct view *now, const struct view *opened, const struct agent *by)
{
    for (uint32_t k = 0; k < by->grants.count; k++) {
        const struct node *g = &now->c->nodes[by->grants.at[k]];
        bool writes = g->verb == CONTROL_GENESIS || g->right >= RIGHT_WRITE;
        if (writes && view_has(opened, g) && view_effective(now, g))
            return true;
    }
    return false;
}

static bool limit_add(struct control_limits *out, uint64_t position, const uint8_t *head, bool settles)
{
    struct control_limit *at = &out->at[out->count];

    if (out->count == CONTROL_LIMITS_MAX)
        return false;
    at->position = position;
    at->settles = settles;
    memcpy(at->head.b, head, sizeof at->head.b);
    out->count++;
    return true;
}

static int limit_order(const void *x, const void *y)
{
    const struct control_limit *a = x, *b = y;

    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    return segment_id_cmp(&a->head, &b->head);
}

/* C11: effective, and no effective cut of the log has it in its past. */
static bool newest_cut(const struct view *now, const struct agent *log, const struct node *cut)
{
    if (!view_effective(now, cut))
        return false;
    for (uint32_t k = 0; k < log->cuts.count; k++) {
        const struct node *later = &now->c->nodes[log->cuts.at[k]];
        if (in_past(cut, later) && view_effective(now, later))
            return false;
    }
    return true;
}

/* D2: has an effective cut of the log seen the operation? */
static bool superseded(const struct view *now, const struct agent *log, const struct node *end)
{
    for (uint32_t k = 0; log != NULL && k < log->cuts.count; k++) {
        const struct node *cut = &now->c->nodes[log->cuts.at[k]];
        if (in_past(end, cut) && newest_cut(now, log, cut))
            return true;
    }
    return false;
}

/* An operation that ends the agency's writing: what it lists for the log, or nothing. */
static bool ends_add(const struct node *end, const struct log_id *log, struct control_limits *out)
{
    for (uint32_t k = 0; end->extra != NULL && k < end->extra->cuts_count; k++)
        if (log_id_eq(&end->extra->cuts[k].log, log))
            return limit_add(out, end->extra->cuts[k].position, end->extra->cuts[k].head.b, false);
    return limit_add(out, 0, log->b, false);
}

/* D2 over one list of operations that name the agency. */
static bool ends_collect(const struct view *now, const struct view *opened, const struct list *list,
                         enum control_verb verb, const struct agent *cuts, const struct log_id *log, bool ever,
                         struct control_limits *out)
{
    for (uint32_t k = 0; k < list->count; k++) {
        const struct node *n = &now->c->nodes[list->at[k]];
        if (n->verb != verb || (verb == CONTROL_SET_RIGHT && n->right >= RIGHT_WRITE))
            continue;
        if (!view_effective(now, n) || (!ever && superseded(now, cuts, n)) || view_effective(opened, n))
            continue;
        if (!ends_add(n, log, out))
            return false;
    }
    return true;
}

static enum muster_error nothing(struct control_limits *out, enum control_log_status status, const struct log_id *log,
                                 enum muster_error error)
{
    out->status = status;
    out->count = 0;
    (void)limit_add(out, 0, log->b, false);
    return error;
}

/* The past of the control heads and they themselves.  EWAITS if one is not complete. */
static enum muster_error opened_under(struct control *c, const struct record_id *ctl, size_t count, struct bits *out)
{
    if (!ctl_bits_reserve(c, out, words_for(c->places.count)))
        return MUSTER_EBUSY;
    for (size_t i = 0; i < count; i++) {
        uint32_t index = ctl_node(c, &ctl[i]);
        const struct node *n = index == NOWHERE ? NULL : &c->nodes[index];
        if (n == NULL || n->place == NOWHERE)
            return MUSTER_EWAITS;
        for (uint32_t w = 0; w < words_for(n->place); w++)
            out->at[w] |= n->past[w];
        bit_set(out->at, n->place);
    }
    return MUSTER_OK;
}

/* ever: what a later cut has superseded is listed, too (Q10). */
static enum muster_error limits_list(struct control *c, const struct log_id *log, const struct agency_id *by,
                                     const struct record_id *ctl, size_t ctl_count, bool ever, struct control_limits *out)
{
    struct agency_id log_name;
    struct bits set = {0};
    struct view now, opened;
    uint32_t agent = ctl_agent(c, by), cut;
    const struct agent *cuts;
    enum muster_error error;
    bool whole;

    out->status = CONTROL_LOG_WAITING;
    out->count = 0;
    error = c->broken ? MUSTER_EBUSY : opened_under(c, ctl, ctl_count, &set);
    if (error != MUSTER_OK) {
        ctl_bits_free(&set);
        return error == MUSTER_EWAITS ? MUSTER_OK : error;
    }
    now = view_all(c);
    opened = view_of(c, set.at, set.words);
    if (agent == NOWHERE || view_right(&opened, &c->agents[agent]) < RIGHT_WRITE ||
        !granted(&now, &opened, &c->agents[agent])) {
        ctl_bits_free(&set);
        return nothing(out, CONTROL_LOG_NO_RIGHT, log, MUSTER_OK);
    }
    memcpy(log_name.b, log->b, sizeof log_name.b);
    cut = ctl_agent(c, &log_name);
    cuts = cut == NOWHERE ? NULL : &c->agents[cut];
    whole = ends_collect(&now, &opened, &c->agents[agent].outs, CONTROL_REMOVE, cuts, log, ever, out) &&
            ends_collect(&now, &opened, &c->agents[agent].grants, CONTROL_SET_RIGHT, cuts, log, ever, out);
    for (uint32_t k = 0; cuts != NULL && k < cuts->cuts.count && whole; k++) {
        const struct node *n = &c->nodes[cuts->cuts.at[k]];
        if (ever ? view_effective(&now, n) : newest_cut(&now, cuts, n))
            whole = limit_add(out, n->extra->cut_position, n->extra->cut_head.b, true);
    }
    ctl_bits_free(&set);
    if (!whole)
        return nothing(out, CONTROL_LOG_LIMITED, log, MUSTER_ETOOBIG);
    out->status = out->count > 0 ? CONTROL_LOG_LIMITED : CONTROL_LOG_OPEN;
    if (out->count > 1)
        qsort(out->at, out->count, sizeof *out->at, limit_order);
    return MUSTER_OK;
}

enum muster_error control_log_limit(struct control *c, const struct log_id *log, const struct agency_id *by,
                                    const struct record_id *ctl, size_t ctl_count, struct control_limits *out)
{
    return limits_list(c, log, by, ctl, ctl_count, false, out);
}

enum muster_error control_log_limit_ever(struct control *c, const struct log_id *log, const struct agency_id *by,
                                         const struct record_id *ctl, size_t ctl_count, struct control_limits *out)
{
    return limits_list(c, log, by, ctl, ctl_count, true, out);
}
