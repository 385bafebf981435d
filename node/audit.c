#include "node/audit.h"

#include "base/pack.h"
#include "node/journal.h"

#include <stdio.h>
#include <stdlib.h>

enum audit_key { AK_EVENT = 1, AK_AGENCY = 2, AK_TEXT = 3 };
enum {
    AUDIT_KEY_BYTES = 12,
    AUDIT_VALUE_BYTES = AUDIT_EVENT_BYTES + AUDIT_TEXT_BYTES + HASH_BYTES + 32,
    FLUSH_ROWS = 64
};

void audit_add(struct audit *audit, uint64_t time_ms, const char *event, const struct agency_id *agency,
               const char *text)
{
    struct audit_row *row = &audit->rows[audit->next];
    *row = (struct audit_row){.time_ms = time_ms, .durable = journal_is_durable(event)};
    snprintf(row->event, sizeof(row->event), "%s", event);
    snprintf(row->text, sizeof(row->text), "%s", text);
    if (agency)
        row->agency = *agency;
    audit->next = (audit->next + 1) % AUDIT_ROWS;
    if (audit->count < AUDIT_ROWS)
        audit->count++;
    audit->waiting |= row->durable;
}

void audit_flush(struct audit *audit, struct store *store)
{
    uint8_t keys[FLUSH_ROWS][AUDIT_KEY_BYTES], values[FLUSH_ROWS][AUDIT_VALUE_BYTES];
    struct change changes[FLUSH_ROWS];
    struct audit_row *rows[FLUSH_ROWS];
    size_t n = 0;
    if (!audit->waiting)
        return;
    for (size_t i = 0; i < audit->count && n < FLUSH_ROWS; i++) {
        struct audit_row *row = &audit->rows[(audit->next + AUDIT_ROWS - audit->count + i) % AUDIT_ROWS];
        if (!row->durable || row->stored)
            continue;
        put_be64(keys[n], row->time_ms);
        put_be32(keys[n] + 8, audit->counter++);
        struct writer w = writer_over(values[n], AUDIT_VALUE_BYTES);
        pack_map(&w, 3);
        pack_uint(&w, AK_EVENT);
        pack_text(&w, row->event, strlen(row->event));
        pack_uint(&w, AK_AGENCY);
        pack_bytes(&w, row->agency.b, HASH_BYTES);
        pack_uint(&w, AK_TEXT);
        pack_bytes(&w, row->text, strlen(row->text)); /* bytes: it may be cut inside a character */
        changes[n] = (struct change){T_AUDIT, {keys[n], AUDIT_KEY_BYTES}, {values[n], writer_len(&w)}};
        rows[n++] = row;
    }
    if (n && store_commit(store, changes, n, true) != MUSTER_OK)
        return;
    for (size_t i = 0; i < n; i++)
        rows[i]->stored = true;
    audit->waiting = n == FLUSH_ROWS;
}

struct reading {
    struct audit_row *rows;
    size_t count, size;
};

static bool read_row(void *user, struct bytes key, struct bytes value)
{
    struct reading *r = user;
    struct bytes event, text;
    struct audit_row row = {.stored = true, .durable = true};
    if (key.len != AUDIT_KEY_BYTES || pack_check(value.at, value.len) != MUSTER_OK ||
        !pack_get_run(value, AK_EVENT, &event) || !pack_get_run(value, AK_TEXT, &text) ||
        !pack_get_fixed(value, AK_AGENCY, row.agency.b, HASH_BYTES))
        return true;
    row.time_ms = get_be64(key.at);
    snprintf(row.event, sizeof(row.event), "%.*s", (int)event.len, (const char *)event.at);
    snprintf(row.text, sizeof(row.text), "%.*s", (int)text.len, (const char *)text.at);
    r->rows[r->count++] = row;
    return r->count < r->size;
}

static int newest_first(const void *a, const void *b)
{
    const struct audit_row *x = a, *y = b;
    return x->time_ms < y->time_ms ? 1 : x->time_ms > y->time_ms ? -1 : 0;
}

void audit_read(const struct audit *audit, struct store *store, size_t limit,
                void (*visit)(void *user, const struct audit_row *row), void *user)
{
    struct reading r = {malloc((limit + AUDIT_ROWS) * sizeof(*r.rows)), 0, limit};
    const struct storage *storage = store_storage(store);
    if (!r.rows)
        return;
    if (limit && storage->scan(storage->self, T_AUDIT, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, true, read_row,
                               &r) != MUSTER_OK)
        r.count = 0;
    for (size_t i = 0; i < audit->count; i++)
        if (!audit->rows[i].stored)
            r.rows[r.count++] = audit->rows[i];
    qsort(r.rows, r.count, sizeof(*r.rows), newest_first);
    for (size_t i = 0; i < r.count && i < limit; i++)
        visit(user, &r.rows[i]);
    free(r.rows);
}
