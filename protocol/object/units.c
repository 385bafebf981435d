/* units.c — pass 2 of the fold of quantities: of what every unit is (RULES Q5, Q6). */
#include "protocol/object/escrow_inner.h"

enum what { DRAW, BACK, RECLAIM };

struct event { /* something that happens to a right, in the order of the log that does it */
    uint8_t what;
    uint32_t record, entry; /* whose, and through which of its entries */
    uint32_t next;
};

struct ledger {
    struct event *events;
    uint32_t *head, *tail;     /* of each right: its events */
    struct escrow_parts *back; /* of each reclaim: what returns answered it with */
    uint32_t count;
};

static void ledger_add(struct ledger *l, uint32_t right, enum what what, uint32_t record, uint32_t entry)
{
    uint32_t at = l->count++;
    l->events[at] =
        (struct event){.what = (uint8_t)what, .record = record, .entry = entry, .next = OBJECT_NONE};
    if (l->head[right] == OBJECT_NONE)
        l->head[right] = at;
    else
        l->events[l->tail[right]].next = at;
    l->tail[right] = at;
}

static uint32_t find(const struct escrow *e, const struct record_id *id)
{
    struct hash hash;
    memcpy(hash.b, id->b, HASH_BYTES);
    return past_find(&e->past, &hash);
}

/* Every entry of a counting spend is drawn once and comes back at most once. */
static void ledger_note(struct ledger *l, const struct escrow *e, uint32_t x)
{
    uint8_t status = e->judged[x].status, op = e->records[x].op;
    uint32_t source = op == OP_RELEASE ? find(e, &e->records[x].about) : x;
    if (status != ESCROW_VALID && status != ESCROW_RELEASED)
        return;
    enum what what = op == OP_RELEASE ? BACK : op == OP_RECLAIM ? RECLAIM : DRAW;
    for (size_t i = 0; i < e->records[source].from_count; i++) {
        uint32_t entry = e->first[source] + (uint32_t)i;
        ledger_add(l, e->named[entry], what, x, entry);
    }
}

static void parts_add(struct escrow_parts *to, const struct escrow_parts *more)
{
    to->firm += more->firm;
    to->soft += more->soft;
    to->lost += more->lost;
}

static uint64_t least(uint64_t x, uint64_t y)
{
    return x < y ? x : y;
}

/* Q5: firm before soft before lost. */
static struct escrow_parts parts_take(struct escrow_parts *rest, uint64_t units)
{
    struct escrow_parts taken = {.firm = least(units, rest->firm)};
    taken.soft = least(units - taken.firm, rest->soft);
    taken.lost = least(units - taken.firm - taken.soft, rest->lost);
    rest->firm -= taken.firm;
    rest->soft -= taken.soft;
    rest->lost -= taken.lost;
    return taken;
}

static bool owner_is_member(const struct escrow *e, const struct object_id *object)
{
    for (size_t low = 0, high = e->input->objects_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int c = object_id_cmp(&e->input->objects[middle].id, object);
        if (c == 0)
            return e->input->objects[middle].owner_is_member;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* What the units of a right are before any is spent.  A reclaim's were set with its source. */
static void find_origin(struct escrow *e, uint32_t x)
{
    struct right *right = &e->rights[x];
    if (e->stands[x] != STAND_FIRM)
        right->origin = (struct escrow_parts){.soft = right->units}; /* Q4 */
    else if (e->records[x].op == OP_MINT)
        right->origin = owner_is_member(e, &e->records[x].object)
                            ? (struct escrow_parts){.firm = right->units}
                            : (struct escrow_parts){.soft = right->units};
    else if (e->records[x].op != OP_RECLAIM)
        right->origin = e->judged[x].drawn;
}

static void draw_all(struct escrow *e, struct ledger *l, uint32_t x)
{
    struct escrow_parts rest = e->rights[x].origin;
    for (uint32_t at = l->head[x]; at != OBJECT_NONE; at = l->events[at].next) {
        const struct event *event = &l->events[at];
        const struct escrow_record *record = &e->records[event->record];
        struct escrow_parts *taken = &e->taken[event->entry];
        if (event->what == BACK)
            parts_add(&rest, taken);
        if (event->what != DRAW)
            continue;
        *taken = parts_take(&rest, record->from[event->entry - e->first[event->record]].units);
        parts_add(&e->judged[event->record].drawn, taken);
        uint32_t reclaim = record->op == OP_RETURN ? find(e, &record->about) : OBJECT_NONE;
        if (reclaim != OBJECT_NONE && e->records[reclaim].op == OP_RECLAIM &&
            e->named[e->first[reclaim]] == x)
            parts_add(&l->back[reclaim], taken);
    }
    e->rights[x].rest = rest;
}

/* Q6: no more of the holder's log can come: no fork at or below the cut, all there is up to it held. */
static bool is_closed(const struct escrow *e, const struct log_id *holder)
{
    const struct escrow_log *log = escrow_log_find(e->input, holder);
    return log && log->cut != ESCROW_NEVER && log->prefix >= log->cut && log->cut < log->fork_at;
}

/* Q6: a reclaimed unit is firm if the holder returned it or can never spend it, soft while the
 * holder may, lost if the holder has spent it.  Earlier reclaims of the right come first. */
static void reclaim_all(struct escrow *e, const struct ledger *l, uint32_t x)
{
    struct escrow_parts rest = e->rights[x].rest;
    bool closed = is_closed(e, e->rights[x].holder);
    for (uint32_t at = l->head[x]; at != OBJECT_NONE; at = l->events[at].next) {
        if (l->events[at].what != RECLAIM)
            continue;
        uint32_t reclaim = l->events[at].record;
        uint64_t units = e->records[reclaim].from[0].units;
        struct escrow_parts got = {.firm = least(units, l->back[reclaim].firm)};
        got.soft = least(units - got.firm, l->back[reclaim].soft);
        struct escrow_parts left = parts_take(&rest, units - got.firm - got.soft);
        got.firm += closed ? left.firm : 0;
        got.soft += closed ? left.soft : left.firm + left.soft;
        got.lost = units - got.firm - got.soft;
        e->rights[reclaim].origin = got;
        e->judged[reclaim].drawn = got;
    }
}

enum muster_error escrow_draw(struct escrow *e)
{
    size_t entries = 0;
    for (uint32_t x = 0; x < e->count; x++)
        entries += e->records[x].from_count;
    struct ledger l = {.events = object_arena_take(e->arena, 2 * entries, sizeof(struct event)),
                       .head = object_arena_take(e->arena, e->count, sizeof(uint32_t)),
                       .tail = object_arena_take(e->arena, e->count, sizeof(uint32_t)),
                       .back = object_arena_take(e->arena, e->count, sizeof(struct escrow_parts))};
    if (!l.events || !l.head || !l.tail || !l.back)
        return MUSTER_ETOOBIG;
    for (uint32_t x = 0; x < e->count; x++)
        l.head[x] = OBJECT_NONE;
    for (uint32_t n = 0; n < e->count; n++)
        ledger_note(&l, e, e->past.order[n]);
    /* A right comes behind those that its units came from, so their draws are known. */
    for (uint32_t n = 0; n < e->count; n++) {
        uint32_t x = e->past.order[n];
        if (!e->rights[x].held)
            continue;
        find_origin(e, x);
        draw_all(e, &l, x);
        reclaim_all(e, &l, x);
    }
    return MUSTER_OK;
}

size_t escrow_draw_bytes(size_t count, size_t entries)
{
    return object_arena_need(2 * entries, sizeof(struct event)) +
           2 * object_arena_need(count, sizeof(uint32_t)) +
           object_arena_need(count, sizeof(struct escrow_parts));
}
