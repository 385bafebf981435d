/* mend.c — a segment is held whose contents are not: they were deleted for an erase that counts no more, came without
 * them under somebody's excuse, or were damaged on the disk.  Its place in the log stands; the contents are asked for
 * again, of one peer after the other, and take the place of what lies here when they come.
 *
 *   T_APPLIED: 'm' || log 4 || position 8 -> nothing */
#include "protocol/log/mend.h"
#include "protocol/core_inner.h"
#include "protocol/object/apply.h"

#include <stdlib.h>

enum { MEND_KEY = 13, MEND_EVERY_MS = 10000, MEND_TRIES = 12, MEND_SLOWER = 6 };

static void mend_key(uint8_t out[MEND_KEY], const struct log *log, uint64_t position)
{
    out[0] = 'm';
    put_be32(out + 1, log->number);
    put_be64(out + 5, position);
}

static struct mend *mend_of(struct core *core, const struct log *log, uint64_t position)
{
    for (size_t i = 0; i < core->mend_count; i++)
        if (core->mends[i].log == log_index(core, log) && core->mends[i].position == position)
            return &core->mends[i];
    return NULL;
}

static struct mend *listed(struct core *core, const struct log *log, uint64_t position)
{
    if (core->mend_count == MENDS_MAX)
        return NULL; /* wished for again when it is looked at again */
    core->mends[core->mend_count] = (struct mend){.log = log_index(core, log), .position = position};
    return &core->mends[core->mend_count++];
}

void mend_wish(struct core *core, const struct log *log, uint64_t position)
{
    uint8_t key[MEND_KEY];
    if (log->genesis.role != LOG_DATA || !log_holds(log, position) || mend_of(core, log, position) ||
        !listed(core, log, position))
        return;
    mend_key(key, log, position);
    (void)derive(core, T_APPLIED, key, sizeof(key), "", 0);
}

static void forget(struct core *core, struct mend *mend)
{
    uint8_t key[MEND_KEY];
    mend_key(key, core->logs[mend->log], mend->position);
    (void)underive(core, T_APPLIED, key, sizeof(key));
    *mend = core->mends[--core->mend_count];
}

/* What takes its place in the log leaves the views, and comes in again with what it holds now. */
static void mended(struct core *core, struct mend *mend)
{
    struct log *log = core->logs[mend->log];
    if (!log->withdraw || mend->position < log->withdraw)
        log->withdraw = mend->position;
    core->refold = core->spaces[log->space]->dirty = true;
    forget(core, mend);
}

/* Is all of it here, as it was taken in? */
static bool is_whole(struct core *core, const struct log *log, uint64_t position)
{
    struct bytes item;
    struct segment_header header;
    struct segment_record record;
    struct cursor c;
    if (log_stored_at(core, log, position, &item) != MUSTER_OK || segment_item_check(item.at, item.len, NULL) != MUSTER_OK ||
        segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return false;
    struct segment_id id = segment_id_of(item.at);
    if (!mend_fits(core, log, position, &id))
        return false; /* damaged where its signature is */
    for (uint32_t i = 0; i < header.count; i++)
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK || !record.payload.at ||
            ((record.header.flags & RECORD_PERSONAL) && !record.wrap.at))
            return false;
    return true;
}

static bool load_one(void *user, struct bytes key, struct bytes value)
{
    struct core *core = user;
    (void)value;
    uint32_t number = key.len == MEND_KEY ? get_be32(key.at + 1) : 0;
    if (number && number <= core->log_count && mend_of(core, core->logs[number - 1], get_be64(key.at + 5)))
        return true; /* known */
    return !number || number > core->log_count || listed(core, core->logs[number - 1], get_be64(key.at + 5));
}

void mend_load(struct core *core)
{
    uint8_t first[MEND_KEY] = {'m'};
    (void)core->storage.scan(core->storage.self, T_APPLIED, (struct bytes){first, 1}, (struct bytes){first, sizeof(first)}, false,
                             load_one, core);
    /* The tables may be of a moment before the contents came: then they do not know of them. */
    for (size_t i = core->mend_count; i > 0; i--)
        if (is_whole(core, core->logs[core->mends[i - 1].log], core->mends[i - 1].position))
            mended(core, &core->mends[i - 1]);
}

void mend_again(struct core *core)
{
    mend_load(core);
    for (size_t i = 0; i < core->mend_count; i++) {
        uint8_t key[MEND_KEY];
        mend_key(key, core->logs[core->mends[i].log], core->mends[i].position);
        (void)derive(core, T_APPLIED, key, sizeof(key), "", 0);
    }
}

bool mend_fits(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id)
{
    uint64_t arrival;
    struct segment_id was;
    return log_place_stored(core, log->number, position, &arrival, &was) == MUSTER_OK && segment_id_eq(&was, id);
}

/* How long the stored value of a position is, and its key; 0: nothing can be read there.  False: it is not durable here. */
static bool stored_length(struct core *core, const struct log *log, uint64_t position, uint8_t key[8], size_t *len)
{
    uint64_t arrival;
    struct segment_id id;
    struct bytes value;
    if (log_place_stored(core, log->number, position, &arrival, &id) != MUSTER_OK)
        return false;
    put_be64(key, arrival);
    *len = core->storage.get(core->storage.self, T_SEGMENT, (struct bytes){key, 8}, &value) == MUSTER_OK ? value.len : 0;
    return true;
}

void mend_take(struct core *core, const struct log *log, uint64_t position, const uint8_t *item, size_t len)
{
    struct mend *mend = mend_of(core, log, position);
    uint8_t key[8];
    size_t held;
    if (!mend || mend->len || !stored_length(core, log, position, key, &held) || held >= 4 + len)
        return;
    uint8_t *value = malloc(4 + len);
    if (!value)
        return;
    put_be32(value, log->number);
    memcpy(value + 4, item, len);
    if (stage_put(core, T_SEGMENT, key, sizeof(key), value, 4 + len) == MUSTER_OK)
        mend->len = 4 + len;
    free(value);
}

void mend_committed(struct core *core)
{
    for (size_t i = core->mend_count; i > 0; i--) {
        struct mend *mend = &core->mends[i - 1];
        struct log *log = core->logs[mend->log];
        uint8_t key[8];
        size_t held;
        if (!mend->len || !stored_length(core, log, mend->position, key, &held) || held != mend->len)
            continue; /* in a later commit */
        core_event(core, "log.mended", &log->genesis.agency, "the contents of position %llu are here again",
                   (unsigned long long)mend->position);
        mended(core, mend);
    }
}

void mend_failed(struct core *core)
{
    size_t kept = 0;
    for (size_t i = 0; i < core->mend_count; i++)
        if (core->mends[i].log < core->log_count) {
            core->mends[kept] = core->mends[i];
            core->mends[kept++].len = 0;
        }
    core->mend_count = kept;
}

/* The next peer in turn with which the space is shared: what it does not hold is left out of its answer. */
static struct session *whom_to_ask(struct core *core, const struct mend *mend)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[(mend->asked + 1 + i) % SESSIONS_MAX];
        if (session && session->stage == SESSION_SYNCING && session_space_of(session, core->logs[mend->log]->space))
            return session;
    }
    return NULL;
}

void mend_ask(struct core *core)
{
    for (size_t i = core->mend_count; i > 0 && core_room(core) > 64; i--) {
        struct mend *mend = &core->mends[i - 1];
        if (mend->len || core->mono_ms < mend->next_mono || core->mono_ms < core->stalled_until_mono)
            continue;
        struct session *session = whom_to_ask(core, mend);
        if (session && mend->tries == MEND_TRIES) {
            forget(core, mend); /* nobody has it any more */
            continue;
        }
        mend->next_mono = core->mono_ms + ((uint64_t)MEND_EVERY_MS << (mend->tries < MEND_SLOWER ? mend->tries : MEND_SLOWER));
        if (!session)
            continue;
        mend->tries++;
        mend->asked = session_index(core, session);
        want_one(core, session, core->logs[mend->log], mend->position);
    }
}
