#include "node/alarms.h"

#include "crypto/crypto.h"

#include <stdlib.h>

#define DOMAIN_ALARM "muster/1/alarm" /* of this node only: never on the wire */
static const uint8_t prefix[] = {'a', 'l', 'a', 'r', 'm', '.'};

enum {
    ALARM_VERSION = 1,
    ALARM_KEY_BYTES = sizeof(prefix) + ALARM_ID_BYTES,
    ALARM_VALUE_BYTES = 2 + 8 + 8 + 8 + 4,
    ALARM_DIGITS_MIN = 4
};

void alarm_id(uint8_t out[ALARM_ID_BYTES], enum alarm_rule rule, const struct space_id *space, const void *subject,
              size_t subject_len)
{
    const char *name = alarm_row(rule)->name;
    const struct bytes parts[] = {
        {(const uint8_t *)name, strlen(name) + 1}, {space->b, sizeof(space->b)}, {subject, subject_len}};
    struct hash hash = crypto_hash_parts(DOMAIN_ALARM, parts, ARRAY_LEN(parts));
    memcpy(out, hash.b, ALARM_ID_BYTES);
}

static struct alarm *row_of(struct alarms *alarms, const uint8_t id[ALARM_ID_BYTES])
{
    for (size_t i = 0; i < alarms->count; i++)
        if (memcmp(alarms->at[i].id, id, ALARM_ID_BYTES) == 0)
            return &alarms->at[i];
    return NULL;
}

/* True when there is a place for one more. */
static bool grow(struct alarms *alarms)
{
    if (alarms->count < alarms->size)
        return true;
    size_t size = alarms->size ? 2 * alarms->size : 16;
    struct alarm *bigger = size <= ALARMS_MAX ? realloc(alarms->at, size * sizeof(*bigger)) : NULL;
    if (!bigger)
        return false;
    alarms->at = bigger;
    alarms->size = size;
    return true;
}

static bool has_room(struct alarms *alarms, const struct alarm *found)
{
    size_t theirs = 0;
    for (size_t i = 0; found->theirs && i < alarms->count; i++)
        theirs += alarms->at[i].theirs && agency_id_eq(&alarms->at[i].agency, &found->agency);
    return theirs < ALARMS_AGENCY_MAX && grow(alarms);
}

/* --- rounds ------------------------------------------------------------------------------------------------------ */

void alarms_begin(struct alarms *alarms)
{
    alarms->round++;
    alarms->no_room_before = alarms->no_room;
    alarms->no_room = 0;
}

enum alarm_found alarms_found(struct alarms *alarms, const struct alarm *found, uint64_t now_ms, struct alarm **out)
{
    struct alarm *row = row_of(alarms, found->id);
    bool fresh = !row;
    if (fresh && !has_room(alarms, found)) {
        alarms->no_room++;
        return ALARM_FOUND_NO_ROOM;
    }
    struct alarm before = fresh ? (struct alarm){.raised_ms = now_ms, .unkept = true} : *row;
    if (fresh) {
        row = &alarms->at[alarms->count++];
        alarms->raised++;
    }
    *row = *found;
    row->raised_ms = before.raised_ms;
    row->acked_ms = before.acked_ms;
    row->acked_number = before.acked_number;
    row->acked_by = before.acked_by;
    row->unkept = before.unkept;
    row->round = alarms->round;
    if (out)
        *out = row;
    if (fresh)
        return ALARM_FOUND_NEW;
    if (row->acked_ms && row->number > row->acked_number) {
        row->acked_ms = 0;
        row->unkept = true;
        return ALARM_FOUND_WORSE;
    }
    return ALARM_FOUND_KNOWN;
}

static void note_gone(struct alarms *alarms, const uint8_t id[ALARM_ID_BYTES])
{
    if (alarms->gone_count == alarms->gone_size) {
        size_t size = alarms->gone_size ? 2 * alarms->gone_size : 16;
        void *bigger = size <= 2 * ALARMS_MAX ? realloc(alarms->gone, size * sizeof(*alarms->gone)) : NULL;
        if (!bigger)
            return; /* its row stays on the disk, and goes with the first round after the next start */
        alarms->gone = bigger;
        alarms->gone_size = size;
    }
    memcpy(alarms->gone[alarms->gone_count++], id, ALARM_ID_BYTES);
}

void alarms_end(struct alarms *alarms, void (*cleared)(void *user, const struct alarm *alarm), void *user)
{
    for (size_t i = 0; i < alarms->count;) {
        struct alarm *row = &alarms->at[i];
        if (row->round == alarms->round) {
            i++;
            continue;
        }
        if (row->round) {
            alarms->cleared++;
            cleared(user, row);
        }
        note_gone(alarms, row->id);
        *row = alarms->at[--alarms->count];
    }
}

/* --- one ------------------------------------------------------------------------------------------------------------ */

struct alarm *alarms_named(struct alarms *alarms, const char *digits, bool *several)
{
    struct alarm *found = NULL;
    size_t len = strlen(digits);
    *several = false;
    for (size_t i = 0; len >= ALARM_DIGITS_MIN && i < alarms->count; i++) {
        char id[2 * ALARM_ID_BYTES + 1];
        if (!alarms->at[i].round || strncmp(hex_from(id, alarms->at[i].id, ALARM_ID_BYTES), digits, len) != 0)
            continue;
        *several |= found != NULL;
        found = &alarms->at[i];
    }
    return *several ? NULL : found;
}

void alarms_acknowledge(struct alarm *alarm, uint32_t uid, uint64_t now_ms)
{
    alarm->acked_ms = now_ms ? now_ms : 1;
    alarm->acked_by = uid;
    alarm->acked_number = alarm->number;
    alarm->unkept = true;
}

void alarms_count(const struct alarms *alarms, struct alarm_counts *out)
{
    *out = (struct alarm_counts){.no_room = alarms->no_room > alarms->no_room_before ? alarms->no_room : alarms->no_room_before,
                                 .raised = alarms->raised,
                                 .cleared = alarms->cleared};
    for (size_t i = 0; i < alarms->count; i++) {
        const struct alarm *row = &alarms->at[i];
        if (row->round && row->acked_ms)
            out->acknowledged++;
        else if (row->round)
            out->open[alarm_row(row->rule)->severity]++;
    }
}

static int by_need(const void *a, const void *b)
{
    const struct alarm *x = *(const struct alarm *const *)a, *y = *(const struct alarm *const *)b;
    int severity = (int)alarm_row(y->rule)->severity - (int)alarm_row(x->rule)->severity;
    if (!x->acked_ms != !y->acked_ms)
        return x->acked_ms ? 1 : -1;
    if (severity)
        return severity;
    if (x->raised_ms != y->raised_ms)
        return x->raised_ms < y->raised_ms ? -1 : 1;
    return memcmp(x->id, y->id, ALARM_ID_BYTES);
}

void alarms_sort(const struct alarm **list, size_t count)
{
    if (count)
        qsort(list, count, sizeof(*list), by_need);
}

void alarms_free(struct alarms *alarms)
{
    free(alarms->at);
    free(alarms->gone);
    *alarms = (struct alarms){.at = NULL};
}

/* --- the disk --------------------------------------------------------------------------------------------------------- */

static bool load_row(void *user, struct bytes key, struct bytes value)
{
    struct alarms *alarms = user;
    struct cursor c = cursor_over(value.at, value.len);
    struct alarm row = {.round = 0};
    if (key.len != ALARM_KEY_BYTES)
        return true;
    memcpy(row.id, key.at + sizeof(prefix), ALARM_ID_BYTES);
    uint16_t version = cursor_u16(&c);
    row.raised_ms = cursor_u64(&c);
    row.acked_ms = cursor_u64(&c);
    row.acked_number = cursor_u64(&c);
    row.acked_by = cursor_u32(&c);
    if (version != ALARM_VERSION || cursor_end(&c) != MUSTER_OK) {
        note_gone(alarms, row.id);
        return true;
    }
    if (!grow(alarms))
        return false;
    alarms->at[alarms->count++] = row;
    return true;
}

void alarms_load(struct alarms *alarms, struct store *store)
{
    const struct storage *storage = store_storage(store);
    if (storage->scan(storage->self, T_META, (struct bytes){prefix, sizeof(prefix)}, (struct bytes){NULL, 0}, false, load_row,
                      alarms) != MUSTER_OK)
        alarms->count = 0; /* they are raised again */
}

static void key_of(uint8_t out[ALARM_KEY_BYTES], const uint8_t id[ALARM_ID_BYTES])
{
    memcpy(out, prefix, sizeof(prefix));
    memcpy(out + sizeof(prefix), id, ALARM_ID_BYTES);
}

enum muster_error alarms_keep(struct alarms *alarms, struct store *store)
{
    size_t count = alarms->gone_count, n = 0;
    for (size_t i = 0; i < alarms->count; i++)
        count += alarms->at[i].unkept;
    if (!count)
        return MUSTER_OK;
    struct change *changes = calloc(count, sizeof(*changes));
    uint8_t(*rows)[ALARM_KEY_BYTES + ALARM_VALUE_BYTES] = calloc(count, sizeof(*rows));
    enum muster_error error = changes && rows ? MUSTER_OK : MUSTER_EBUSY;
    for (size_t i = 0; i < alarms->gone_count && !error; i++, n++) { /* first: one may have come back since */
        key_of(rows[n], alarms->gone[i]);
        changes[n] = (struct change){T_META, {rows[n], ALARM_KEY_BYTES}, {NULL, 0}};
    }
    for (size_t i = 0; i < alarms->count && !error; i++) {
        const struct alarm *row = &alarms->at[i];
        if (!row->unkept)
            continue;
        key_of(rows[n], row->id);
        struct writer w = writer_over(rows[n] + ALARM_KEY_BYTES, ALARM_VALUE_BYTES);
        writer_u16(&w, ALARM_VERSION);
        writer_u64(&w, row->raised_ms);
        writer_u64(&w, row->acked_ms);
        writer_u64(&w, row->acked_number);
        writer_u32(&w, row->acked_by);
        changes[n] = (struct change){T_META, {rows[n], ALARM_KEY_BYTES}, {rows[n] + ALARM_KEY_BYTES, writer_len(&w)}};
        n++;
    }
    if (!error)
        error = store_commit(store, changes, n, true);
    for (size_t i = 0; i < alarms->count && !error; i++)
        alarms->at[i].unkept = false;
    if (!error)
        alarms->gone_count = 0;
    free(rows);
    free(changes);
    return error;
}
