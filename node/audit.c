#include "node/audit.h"

#include "base/pack.h"
#include "node/journal.h"

#include <stdio.h>
#include <stdlib.h>

enum { AUDIT_KEY_BYTES = 8, AUDIT_HEAD_BYTES = AUDIT_KEY_BYTES + HASH_BYTES, FLUSH_ROWS = 64, LOADED_ROWS = 128 };
/* The classes of journal_durable. */
enum { CLASS_NONE = 0, CLASS_DECISION = 1, CLASS_LOCAL = 2, CLASS_PEER = 3, CLASS_STRANGER = 4 };
static const uint8_t head_name[] = {'a', 'u', 'd', 'i', 't', '.', 'h', 'e', 'a', 'd'}; /* in T_META: number u64 BE || hash of the last entry */

/* --- adding -------------------------------------------------------------------------------------------- */

static struct audit_row *row_push(struct audit *audit, const struct audit_entry *entry, bool durable)
{
    struct audit_row *row = &audit->rows[audit->next];
    if (audit->count == AUDIT_ROWS && row->durable && !row->stored) {
        audit->lost += durable; /* what waits to be stored is kept; something less weighty never drives it out */
        return NULL;
    }
    *row = (struct audit_row){.entry = *entry, .durable = durable};
    audit->next = (audit->next + 1) % AUDIT_ROWS;
    if (audit->count < AUDIT_ROWS)
        audit->count++;
    audit->waiting |= durable;
    return row;
}

static bool like(const struct audit_gather *g, const struct audit_entry *entry)
{
    return strcmp(g->entry.event, entry->event) == 0 && agency_id_eq(&g->entry.agency, &entry->agency) &&
           memcmp(g->entry.key.b, entry->key.b, sizeof(entry->key.b)) == 0 &&
           (g->class != CLASS_LOCAL || strcmp(g->entry.detail, entry->detail) == 0);
}

/* True if it is the first of its kind in this hour, and so an entry. */
static bool gather(struct audit *audit, unsigned class, const struct audit_entry *entry)
{
    static const size_t kinds[AUDIT_CLASSES] = {
        [CLASS_LOCAL] = AUDIT_KINDS_LOCAL, [CLASS_PEER] = AUDIT_KINDS_PEER, [CLASS_STRANGER] = AUDIT_KINDS_STRANGER};
    struct audit_gather *free_row = NULL;
    size_t used = 0;
    for (size_t i = 0; i < AUDIT_KINDS; i++) {
        struct audit_gather *g = &audit->gathered[i];
        if (g->class == class && like(g, entry)) {
            g->more++;
            return false;
        }
        used += g->class == class;
        if (!g->class && !free_row)
            free_row = g;
    }
    if (!free_row || used >= kinds[class]) {
        if (!audit->others[class]++)
            audit->others_from_ms[class] = entry->time_ms;
        return false;
    }
    *free_row = (struct audit_gather){.class = class, .from_ms = entry->time_ms, .entry = *entry};
    return true;
}

void audit_add_key(struct audit *audit, uint64_t time_ms, const char *event, const struct agency_id *agency,
                   const struct curve_public *key, const char *text)
{
    unsigned class = journal_durable(event);
    struct audit_entry entry = {.time_ms = time_ms, .times = 1, .refused = class >= CLASS_LOCAL};
    snprintf(entry.event, sizeof(entry.event), "%s", event);
    snprintf(entry.detail, sizeof(entry.detail), "%s", text);
    snprintf(entry.by, sizeof(entry.by), "%s", audit->by);
    if (agency)
        entry.agency = *agency;
    if (key)
        entry.key = *key;
    if (class < CLASS_LOCAL || gather(audit, class, &entry))
        row_push(audit, &entry, class != CLASS_NONE);
}

void audit_add(struct audit *audit, uint64_t time_ms, const char *event, const struct agency_id *agency,
               const char *text)
{
    audit_add_key(audit, time_ms, event, agency, NULL, text);
}

/* --- storing ------------------------------------------------------------------------------------------- */

/* What was gathered in hours that are over becomes entries. */
static void close_hours(struct audit *audit, uint64_t now_ms, bool all)
{
    for (size_t i = 0; i < AUDIT_KINDS; i++) {
        struct audit_gather *g = &audit->gathered[i];
        bool over = all || now_ms - g->from_ms >= AUDIT_HOUR_MS; /* a clock set back ends the hour too */
        if (!g->class || !over)
            continue;
        g->entry.time_ms = now_ms;
        g->entry.times = g->more;
        if (g->more)
            row_push(audit, &g->entry, true);
        g->class = CLASS_NONE;
    }
    for (unsigned class = CLASS_LOCAL; class < AUDIT_CLASSES; class++) {
        static const char *const says[AUDIT_CLASSES] = {[CLASS_LOCAL] = "other refused requests in this hour",
                                                        [CLASS_PEER] = "other alarms about partners in this hour",
                                                        [CLASS_STRANGER] = "other strangers in this hour"};
        static const char *const events[AUDIT_CLASSES] = {[CLASS_LOCAL] = EVENT_NAME_REQUEST_REFUSED,
                                                          [CLASS_PEER] = EVENT_NAME_IDENTITY_FORK,
                                                          [CLASS_STRANGER] = EVENT_NAME_PEER_REFUSED};
        if (!audit->others[class] || (!all && now_ms - audit->others_from_ms[class] < AUDIT_HOUR_MS))
            continue;
        struct audit_entry entry = {.time_ms = now_ms, .times = audit->others[class], .refused = true};
        snprintf(entry.event, sizeof(entry.event), "%s", events[class]);
        snprintf(entry.detail, sizeof(entry.detail), "%s", says[class]);
        row_push(audit, &entry, true);
        audit->others[class] = 0;
    }
    if (audit->lost) {
        struct audit_entry entry = {.time_ms = now_ms, .times = audit->lost};
        snprintf(entry.event, sizeof(entry.event), "%s", EVENT_NAME_AUDIT_LOST);
        snprintf(entry.detail, sizeof(entry.detail), "entries that could not be stored in time");
        if (row_push(audit, &entry, true))
            audit->lost = 0;
    }
}

struct batch {
    uint8_t keys[FLUSH_ROWS][AUDIT_KEY_BYTES], values[FLUSH_ROWS][AUDIT_ENTRY_MAX], head[AUDIT_HEAD_BYTES];
    struct change changes[FLUSH_ROWS + 1];
    struct audit_row *rows[FLUSH_ROWS];
};

/* At most FLUSH_ROWS entries in one commit.  False when nothing is left, or it failed. */
static bool flush_some(struct audit *audit, struct batch *batch, struct store *store, const struct sign_public *node,
                       const struct sign_secret *secret)
{
    uint64_t number = audit->number;
    struct hash prev = audit->prev;
    size_t n = 0;
    for (size_t i = 0; i < audit->count && n < FLUSH_ROWS; i++) {
        struct audit_row *row = &audit->rows[(audit->next + AUDIT_ROWS - audit->count + i) % AUDIT_ROWS];
        if (!row->durable || row->stored)
            continue;
        row->entry.number = ++number;
        row->entry.node = *node;
        row->entry.prev = prev;
        size_t len = audit_entry_write(batch->values[n], &row->entry, secret);
        prev = audit_entry_hash(batch->values[n], len);
        put_be64(batch->keys[n], number);
        batch->changes[n] = (struct change){T_AUDIT, {batch->keys[n], AUDIT_KEY_BYTES}, {batch->values[n], len}};
        batch->rows[n++] = row;
    }
    audit->waiting = n > 0;
    if (!n)
        return false;
    put_be64(batch->head, number);
    memcpy(batch->head + AUDIT_KEY_BYTES, prev.b, HASH_BYTES);
    batch->changes[n] = (struct change){T_META, {head_name, sizeof(head_name)}, {batch->head, AUDIT_HEAD_BYTES}};
    if (store_commit(store, batch->changes, n + 1, true) != MUSTER_OK)
        return false;
    for (size_t i = 0; i < n; i++)
        batch->rows[i]->stored = true;
    audit->number = number;
    audit->prev = prev;
    return true;
}

void audit_flush(struct audit *audit, struct store *store, uint64_t now_ms, const struct sign_public *node,
                 const struct sign_secret *secret, bool all)
{
    close_hours(audit, now_ms, all);
    if (!audit->waiting)
        return;
    if (!audit->loaded)
        audit_load(audit, store);
    struct batch *batch = audit->loaded ? malloc(sizeof(*batch)) : NULL;
    while (batch && flush_some(audit, batch, store, node, secret))
        ;
    free(batch);
}

/* --- reading ------------------------------------------------------------------------------------------- */

struct loading {
    struct audit *audit;
    struct audit_row rows[LOADED_ROWS];
    size_t count;
};

static bool load_row(void *user, struct bytes key, struct bytes value)
{
    struct loading *l = user;
    struct audit_row row = {.durable = true, .stored = true};
    if (key.len != AUDIT_KEY_BYTES)
        return true;
    if (!l->audit->number) { /* the newest: whatever it is, the next one names its hash */
        l->audit->number = get_be64(key.at);
        l->audit->prev = audit_entry_hash(value.at, value.len);
    }
    if (audit_entry_read(&row.entry, value.at, value.len) == MUSTER_OK)
        l->rows[l->count++] = row;
    return l->count < LOADED_ROWS;
}

void audit_load(struct audit *audit, struct store *store)
{
    const struct storage *storage = store_storage(store);
    struct loading *l = calloc(1, sizeof(*l));
    struct bytes none = {NULL, 0};
    if (l && !audit->loaded) {
        l->audit = audit;
        audit->loaded = storage->scan(storage->self, T_AUDIT, none, none, true, load_row, l) == MUSTER_OK;
        if (!audit->loaded)
            audit->number = 0;
        bool fresh = audit->count == 0; /* what is newer is there already: then these stay on the disk alone */
        for (size_t i = l->count; audit->loaded && fresh && i > 0; i--) {
            struct audit_row *row = row_push(audit, &l->rows[i - 1].entry, false);
            if (row)
                row->durable = row->stored = true;
        }
    }
    free(l);
}

static bool fits(const struct audit_filter *f, const struct audit_entry *e)
{
    size_t what = f->what ? strlen(f->what) : 0;
    return e->time_ms >= f->since_ms && (!f->until_ms || e->time_ms <= f->until_ms) && (!f->refused || e->refused) &&
           (!f->agency || agency_id_eq(f->agency, &e->agency)) && (!f->by || strcmp(f->by, e->by) == 0) &&
           (!what || (strncmp(e->event, f->what, what) == 0 && (!e->event[what] || e->event[what] == '.')));
}

struct reading {
    const struct audit_filter *filter;
    struct audit_row *rows;
    size_t count;
};

static bool read_row(void *user, struct bytes key, struct bytes value)
{
    struct reading *r = user;
    struct audit_row row = {.stored = true, .durable = true};
    if (key.len == AUDIT_KEY_BYTES && audit_entry_read(&row.entry, value.at, value.len) == MUSTER_OK &&
        fits(r->filter, &row.entry))
        r->rows[r->count++] = row;
    return r->count < r->filter->limit;
}

static int newest_first(const void *a, const void *b)
{
    const struct audit_entry *x = &((const struct audit_row *)a)->entry, *y = &((const struct audit_row *)b)->entry;
    if (x->time_ms != y->time_ms)
        return x->time_ms < y->time_ms ? 1 : -1;
    return x->number < y->number ? 1 : x->number > y->number ? -1 : 0;
}

void audit_read(const struct audit *audit, struct store *store, const struct audit_filter *filter,
                void (*visit)(void *user, const struct audit_row *row), void *user)
{
    struct reading r = {filter, malloc((filter->limit + AUDIT_ROWS) * sizeof(*r.rows)), 0};
    const struct storage *storage = store_storage(store);
    struct bytes none = {NULL, 0};
    if (!r.rows)
        return;
    if (filter->limit && storage->scan(storage->self, T_AUDIT, none, none, true, read_row, &r) != MUSTER_OK)
        r.count = 0;
    for (size_t i = 0; i < audit->count; i++)
        if (!audit->rows[i].stored && fits(filter, &audit->rows[i].entry))
            r.rows[r.count++] = audit->rows[i];
    qsort(r.rows, r.count, sizeof(*r.rows), newest_first);
    for (size_t i = 0; i < r.count && i < filter->limit; i++)
        visit(user, &r.rows[i]);
    free(r.rows);
}

/* --- verifying and exporting --------------------------------------------------------------------------- */

struct verifying {
    const struct identity *identity;
    void (*wrong)(void *user, uint64_t number, enum muster_error why);
    void *user;
    struct audit_walk *walk;
    uint64_t left;
    bool more;
};

static bool verify_row(void *user, struct bytes key, struct bytes value)
{
    struct verifying *v = user;
    struct audit_entry entry;
    if (key.len != AUDIT_KEY_BYTES)
        return true;
    if (!v->left) {
        v->more = true;
        return false;
    }
    v->left--;
    if (!v->walk->chain.count)
        v->walk->chain.next = 1; /* the chain on the disk begins at its beginning */
    enum muster_error error = audit_chain_take(&v->walk->chain, value.at, value.len, &entry);
    v->walk->from = get_be64(key.at) + 1;
    if (!error && entry.number != get_be64(key.at))
        error = MUSTER_ECHAIN;
    if (!error && !identity_node(v->identity, &entry.node))
        error = MUSTER_EUNKNOWN_NODE;
    if (error)
        v->wrong(v->user, get_be64(key.at), error);
    return true;
}

bool audit_verify_some(struct store *store, const struct identity *identity, struct audit_walk *walk, uint64_t max,
                       void (*wrong)(void *user, uint64_t number, enum muster_error why), void *user)
{
    struct verifying v = {.identity = identity, .wrong = wrong, .user = user, .walk = walk, .left = max};
    const struct storage *storage = store_storage(store);
    struct bytes none = {NULL, 0}, head;
    uint8_t from[AUDIT_KEY_BYTES];
    put_be64(from, walk->from);
    enum muster_error error =
        storage->scan(storage->self, T_AUDIT, none, (struct bytes){from, sizeof(from)}, false, verify_row, &v);
    if (v.more)
        return true;
    if (error)
        wrong(user, walk->chain.next, error);
    error = storage->get(storage->self, T_META, (struct bytes){head_name, sizeof(head_name)}, &head);
    bool there = error == MUSTER_OK && head.len == AUDIT_HEAD_BYTES;
    if ((there || walk->chain.count) && (!there || get_be64(head.at) + 1 != walk->chain.next ||
                                         memcmp(head.at + AUDIT_KEY_BYTES, walk->chain.prev.b, HASH_BYTES) != 0))
        wrong(user, 0, MUSTER_ECHAIN);
    return false;
}

uint64_t audit_verify(struct store *store, const struct identity *identity,
                      void (*wrong)(void *user, uint64_t number, enum muster_error why), void *user)
{
    struct audit_walk walk = {.from = 0};
    while (audit_verify_some(store, identity, &walk, UINT64_MAX, wrong, user)) {
    }
    return walk.chain.count;
}

struct exporting {
    uint64_t since_ms, until_ms, first, last; /* numbers; 0: none yet */
    size_t bytes, count;
    struct writer writer;
};

static bool export_find(void *user, struct bytes key, struct bytes value)
{
    struct exporting *x = user;
    struct audit_entry entry;
    if (key.len != AUDIT_KEY_BYTES)
        return true;
    /* One that does not hold is part of the run: an export must show it. */
    if (audit_entry_read(&entry, value.at, value.len) == MUSTER_OK &&
        (entry.time_ms < x->since_ms || (x->until_ms && entry.time_ms > x->until_ms)))
        return true;
    if (!x->first)
        x->first = get_be64(key.at);
    x->last = get_be64(key.at);
    return true;
}

static bool export_each(void *user, struct bytes key, struct bytes value)
{
    struct exporting *x = user;
    if (key.len != AUDIT_KEY_BYTES || get_be64(key.at) > x->last)
        return false;
    if (x->writer.start)
        audit_file_entry(&x->writer, value);
    x->bytes += 2 + value.len;
    x->count++;
    return x->bytes <= AUDIT_EXPORT_MAX;
}

enum muster_error audit_export(struct store *store, struct bytes card, const struct sign_secret *secret,
                               uint64_t since_ms, uint64_t until_ms, uint64_t now_ms, uint8_t **out, size_t *len)
{
    struct exporting x = {.since_ms = since_ms, .until_ms = until_ms};
    const struct storage *storage = store_storage(store);
    struct bytes none = {NULL, 0};
    uint8_t from[AUDIT_KEY_BYTES];
    *out = NULL;
    enum muster_error error = storage->scan(storage->self, T_AUDIT, none, none, false, export_find, &x);
    if (error || !x.first)
        return error ? error : MUSTER_ENOTFOUND;
    put_be64(from, x.first);
    struct bytes start = {from, sizeof(from)};
    error = storage->scan(storage->self, T_AUDIT, none, start, false, export_each, &x);
    size_t size = x.bytes + card.len + 128, count = x.count;
    if (!error && size > AUDIT_EXPORT_MAX)
        error = MUSTER_ETOOBIG;
    *out = error ? NULL : malloc(size);
    if (!*out)
        return error ? error : MUSTER_EBUSY;
    x.writer = writer_over(*out, size);
    audit_file_begin(&x.writer, card, (uint32_t)count);
    error = storage->scan(storage->self, T_AUDIT, none, start, false, export_each, &x);
    *len = error ? 0 : audit_file_end(&x.writer, now_ms, secret);
    return error ? error : *len ? MUSTER_OK : MUSTER_EINTERNAL;
}
