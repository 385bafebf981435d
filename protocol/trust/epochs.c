/* epochs.c — epochs of a view: recipients, generations, which are usable (RULES K1-K5). */
#include "protocol/trust/epochs.h"
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

/* K2: every recipient is a reader; without history for newcomers every reader a recipient too. */
bool view_epoch_usable(const struct view *v, const struct node *epoch, const struct bits *readers)
{
    const struct bits *to = &epoch->extra->to;
    bool exact = v->root != NOWHERE && v->c->nodes[v->root].extra->history == HISTORY_JOIN;
    uint32_t most = to->words > readers->words ? to->words : readers->words;

    for (uint32_t w = 0; w < most; w++) {
        uint64_t named = w < to->words ? to->at[w] : 0, read = w < readers->words ? readers->at[w] : 0;
        if ((named & ~read) != 0 || (exact && named != read))
            return false;
    }
    return true;
}

int view_covered(const struct view *v)
{
    struct bits readers = {0};
    int covered = 0;

    if (!view_readers(v, &readers))
        return -1;
    for (uint32_t k = v->c->epochs.count; k-- > 0 && !covered;) {
        const struct node *n = &v->c->nodes[v->c->epochs.at[k]];
        covered = view_has(v, n) && view_epoch_usable(v, n, &readers) && view_effective(v, n);
    }
    ctl_bits_free(&readers);
    return covered;
}

/* -- the list ------------------------------------------------------------------------------------------ */
static int id_order(const void *x, const void *y)
{
    return memcmp(x, y, HASH_BYTES);
}

_Static_assert(offsetof(struct epoch, id) == 0, "sorted by id");

static void *writable(const void *at) /* these arrays are ours: epochs_of made them */
{
    return (void *)(uintptr_t)at;
}

static void draft_forget(struct control *c)
{
    free(writable(c->draft.to));
    c->draft = (struct epoch_draft){0};
    c->draft_fresh = false;
}

void ctl_epochs_forget(struct control *c)
{
    for (size_t i = 0; i < c->epoch_list.count; i++) {
        free(writable(c->epoch_list.list[i].to));
        free(writable(c->epoch_list.list[i].wraps));
    }
    free(writable(c->epoch_list.list));
    c->epoch_list = (struct epochs){0};
    c->epochs_fresh = false;
    draft_forget(c);
}

/* The agencies of a set, sorted by id, or NULL without memory. */
static struct agency_id *agencies_of(struct control *c, const struct bits *set, size_t *count)
{
    struct agency_id *out;

    *count = 0;
    for (uint32_t w = 0; w < set->words; w++)
        *count += (size_t)__builtin_popcountll(set->at[w]);
    out = calloc(*count + 1, sizeof *out);
    if (out == NULL) {
        c->broken = true;
        return NULL;
    }
    *count = 0;
    for (uint32_t i = 0; i < c->agent_count; i++)
        if (bit_get(set->at, set->words, i))
            out[(*count)++] = c->agents[i].id;
    if (*count > 1)
        qsort(out, *count, sizeof *out, id_order);
    return out;
}

/* 1 + the highest generation among those of list[0..count) in its past; places ascend. */
static uint32_t generation(const struct control *c, const struct node *n, const struct epoch *list, size_t count,
                           const uint32_t *nodes)
{
    uint32_t highest = 0;

    for (size_t i = 0; i < count; i++)
        if (list[i].generation > highest && in_past(&c->nodes[nodes[i]], n))
            highest = list[i].generation;
    return highest + 1;
}

static bool epoch_fill(struct control *c, const struct node *n, struct epoch *out)
{
    struct record_id *wraps = calloc(n->extra->wraps_count + 1, sizeof *wraps);

    out->id = n->id;
    out->wraps = wraps;
    out->wraps_count = n->extra->wraps_count;
    out->to = agencies_of(c, &n->extra->to, &out->to_count);
    if (wraps == NULL || out->to == NULL) {
        c->broken = true;
        return false;
    }
    if (out->wraps_count > 0)
        memcpy(wraps, n->extra->wraps, out->wraps_count * sizeof *wraps);
    if (out->wraps_count > 1)
        qsort(wraps, out->wraps_count, sizeof *wraps, id_order);
    return true;
}

static bool epochs_build(struct control *c)
{
    struct view v = view_all(c);
    struct bits readers = {0};
    struct epoch *list = calloc(c->epochs.count + 1, sizeof *list);
    uint32_t *nodes = calloc(c->epochs.count + 1, sizeof *nodes);
    bool done = list != NULL && nodes != NULL && view_readers(&v, &readers);

    c->epoch_list.list = list;
    for (uint32_t k = 0; done && k < c->epochs.count; k++) {
        const struct node *n = &c->nodes[c->epochs.at[k]];
        struct epoch *e = &list[c->epoch_list.count];
        if (!view_effective(&v, n))
            continue;
        e->generation = generation(c, n, list, c->epoch_list.count, nodes);
        e->usable = view_epoch_usable(&v, n, &readers);
        nodes[c->epoch_list.count++] = c->epochs.at[k];
        done = epoch_fill(c, n, e);
    }
    if (done && c->epoch_list.count > 1)
        qsort(list, c->epoch_list.count, sizeof *list, id_order);
    free(nodes);
    ctl_bits_free(&readers);
    c->broken |= !done;
    return done;
}

const struct epochs *epochs_of(struct control *c)
{
    if (c->broken)
        return NULL;
    if (!c->epochs_fresh) {
        ctl_epochs_forget(c);
        if (!epochs_build(c))
            return NULL;
        c->epochs_fresh = true;
    }
    return &c->epoch_list;
}

const struct epoch *epoch_current(struct control *c, epoch_held *held, void *arg)
{
    const struct epochs *epochs = epochs_of(c);
    const struct epoch *best = NULL;

    for (size_t i = 0; epochs != NULL && i < epochs->count; i++) {
        const struct epoch *e = &epochs->list[i];
        if (e->usable && (best == NULL || e->generation >= best->generation) && (held == NULL || held(arg, &e->id)))
            best = e;
    }
    return best;
}

/* Is there an operation in force in the list that takes reading away, and that the epoch had not seen? */
static bool unseen(const struct view *v, const struct list *list, const struct node *epoch)
{
    for (uint32_t k = 0; k < list->count; k++) {
        const struct node *n = &v->c->nodes[list->at[k]];
        bool ends = n->verb == CONTROL_REMOVE || n->verb == CONTROL_SUSPEND ||
                    (n->verb == CONTROL_SET_RIGHT && n->right < RIGHT_READ);
        if (ends && !in_past(n, epoch) && view_effective(v, n))
            return true;
    }
    return false;
}

bool epoch_exposed(struct control *c, const struct record_id *epoch)
{
    uint32_t index = ctl_node(c, epoch);
    const struct node *n = index == NOWHERE ? NULL : &c->nodes[index];
    struct view v = view_all(c);

    if (n == NULL || n->place == NOWHERE || c->broken || control_state(c) == NULL || c->state.history != HISTORY_ALL)
        return false;
    for (uint32_t i = 0; i < c->agent_count; i++) {
        const struct agent *a = &c->agents[i];
        if (unseen(&v, &a->outs, n) || unseen(&v, &a->suspends, n) || unseen(&v, &a->grants, n))
            return true;
    }
    return false;
}

bool epoch_wanted(struct control *c, epoch_held *held, void *arg)
{
    const struct control_state *s = control_state(c);

    return s != NULL && s->member_count > 0 && epoch_current(c, held, arg) == NULL;
}

size_t epoch_next_wraps(struct control *c, epoch_held *held, void *arg, struct record_id *out, size_t max)
{
    const struct control_state *s = control_state(c);
    const struct epochs *epochs = epochs_of(c);
    size_t count = 0;

    if (s == NULL || epochs == NULL || s->history != HISTORY_ALL)
        return 0;
    for (size_t i = 0; i < epochs->count && count < max; i++) {
        const struct record_id *id = &epochs->list[i].id;
        bool newest = held == NULL || held(arg, id);
        for (size_t k = 0; newest && k < epochs->count; k++)
            newest = !control_saw(c, &epochs->list[k].id, id) || (held != NULL && !held(arg, &epochs->list[k].id));
        if (newest)
            out[count++] = *id;
    }
    return count;
}

bool epoch_reader(struct control *c, const struct agency_id *who)
{
    const struct control_member *m = control_member(c, who);

    return m != NULL && m->right >= RIGHT_READ && !m->suspended;
}

bool epoch_may_deliver(struct control *c, const struct record_id *epoch, const struct agency_id *to)
{
    uint32_t index = ctl_node(c, epoch), agent = ctl_agent(c, to);
    const struct node *n = index == NOWHERE ? NULL : &c->nodes[index];

    if (n == NULL || n->place == NOWHERE || n->verb != CONTROL_EPOCH || !epoch_reader(c, to))
        return false;
    return c->state.history == HISTORY_ALL || bit_get(n->extra->to.at, n->extra->to.words, agent);
}

const struct epoch_draft *epoch_draft(struct control *c)
{
    struct view v = view_of(c, c->trusted.at, c->trusted.words);
    struct bits readers = {0};
    int covered;

    if (c->broken)
        return NULL;
    if (epochs_of(c) == NULL) /* first, since making the list anew takes the draft away */
        return NULL;
    if (c->draft_fresh)
        return &c->draft;
    draft_forget(c);
    covered = view_covered(&v);
    if (covered < 0 || !view_readers(&v, &readers))
        return NULL;
    c->draft.to = agencies_of(c, &readers, &c->draft.to_count);
    c->draft.allowed_to_writers = !covered;
    c->draft_fresh = c->draft.to != NULL;
    ctl_bits_free(&readers);
    return c->draft_fresh ? &c->draft : NULL;
}
