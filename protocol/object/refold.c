/* refold.c — the state of an object from the whole fold of its records. */
#include "protocol/log/mend.h"
#include "protocol/object/apply.h"
#include "protocol/object/erasure.h"
#include "protocol/object/indexed.h"
#include "protocol/object/links.h"
#include "protocol/object/sound.h"
#include "protocol/object/sum.h"

#include "base/pack.h"

#include <stdlib.h>

enum muster_error stored_item(struct core *core, uint64_t arrival, struct log **log, struct bytes *item)
{
    uint8_t key[8];
    struct bytes value;
    put_be64(key, arrival);
    enum muster_error error = core->storage.get(core->storage.self, T_SEGMENT, (struct bytes){key, 8}, &value);
    if (error)
        return error;
    if (value.len < 4 + SEGMENT_HEADER_BYTES || get_be32(value.at) == 0 || get_be32(value.at) > core->log_count)
        return MUSTER_EDAMAGED;
    *log = core->logs[get_be32(value.at) - 1];
    *item = (struct bytes){value.at + 4, value.len - 4};
    return MUSTER_OK;
}

enum muster_error open_body(struct core *core, struct log *log, const struct segment_header *segment,
                                   const struct segment_record *record, struct bytes *body)
{
    struct seal_key key;
    struct record_id epoch;
    if (!record->payload.at)
        return MUSTER_EERASED;
    if (record->header.flags & RECORD_CLEAR)
        return payload_open(core->codec, body, record->payload, &log->id, &record->header, NULL);
    memcpy(epoch.b, segment->epoch.b, HASH_BYTES);
    if (!space_key(core->spaces[log->space], &epoch, &key))
        return MUSTER_ENOKEY;
    enum muster_error error = MUSTER_OK;
    if (record->header.flags & RECORD_PERSONAL) {
        struct seal_key own = {{0}};
        error = record->wrap.at ? payload_unwrap(&own, record->wrap, &log->id, &record->header, &key) : MUSTER_ENOKEY;
        key = own;
        crypto_wipe(&own, sizeof(own));
    }
    if (!error)
        error = payload_open(core->codec, body, record->payload, &log->id, &record->header, &key);
    crypto_wipe(&key, sizeof(key));
    return error;
}

enum muster_error core_record_open(struct core *core, uint64_t arrival, uint16_t index, struct segment_header *segment,
                                   struct record_header *header, struct record_id *id, struct bytes *body)
{
    struct log *log;
    struct bytes item;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    enum muster_error error = stored_item(core, arrival, &log, &item);
    if (!error)
        error = segment_item_record(item.at, item.len, index, segment, &record);
    if (error)
        return error;
    *header = record.header;
    *id = record_id_of(&log->id, bytes, record_header_write(bytes, header));
    if (erasure_hides(core, log, header, id))
        return MUSTER_EERASED; /* bytes or no bytes (RULES E1, E4) */
    if (!record.payload.at) /* no erase of it counts: it was lost, or deleted for one that does not any more */
        mend_wish(core, log, segment->position);
    return open_body(core, log, segment, &record, body);
}

/* --- the view ----------------------------------------------------------------------------------------------- */

/* The fields whose value comes from this record; those of which nothing is shown go into the erased mask. */
static uint64_t shown_mask(const struct object_state *folded, size_t record, uint64_t *erased)
{
    uint64_t mask = 0;
    for (unsigned f = 0; f < OBJECT_FIELDS; f++) {
        if (!(folded->set >> f & 1) || folded->fields[f].provisional.record != record)
            continue;
        if (folded->fields[f].provisional.erased)
            *erased |= UINT64_C(1) << f;
        else
            mask |= UINT64_C(1) << f;
    }
    return mask;
}

struct filling {
    struct core *core;
    struct space *space;
    const struct object_id *object;
    const struct object_look *look;
    bool past; /* how it was: nothing is noted of it */
    size_t value_max, len;
    uint8_t *next;
    uint64_t erased;
};

/* Lays the values of one record over the view; false when they do not fit. */
static bool fill_one(struct filling *f, size_t r, const struct bytes *opened)
{
    uint64_t mask = shown_mask(&f->look->state, r, &f->erased);
    const struct object_held *held = &f->look->held[r];
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body;
    if (!mask)
        return true;
    if (opened)
        body = *opened;
    else if (core_record_open(f->core, held->arrival, held->index, &segment, &header, &id, &body) != MUSTER_OK) {
        f->erased |= mask;
        return true;
    }
    uint8_t *view = f->core->state_scratch;
    if (!f->past) {
        note_aliases(f->core, f->space, held->header.kind, body, f->object);
        note_links(f->core, f->space, held->header.kind, body, f->object);
    }
    f->len = object_view_merge_tight(f->next, OBJECT_SCRATCH - 8192, (struct bytes){view, f->len}, body, mask, f->value_max);
    memcpy(view, f->next, f->len);
    return f->len > 0;
}

/* The values of the fields, each from the record that the fold chose; nothing if they do not fit.  Whether they fit does
 * not depend on the order of the records: each field comes from one of them, so the sum only grows.  The body that is open
 * already goes first: opening another one ends it. */
static struct bytes fill_view(struct filling *f, const struct opened_body *opened)
{
    size_t first = f->look->count;
    bool fits = true;
    f->len = 0;
    f->erased = 0;
    for (size_t r = 0; opened && r < f->look->count && first == f->look->count; r++)
        if (f->look->held[r].arrival == opened->arrival && f->look->held[r].index == opened->index)
            first = r;
    if (first < f->look->count)
        fits = fill_one(f, first, &opened->body);
    for (size_t r = 0; r < f->look->count && fits; r++)
        fits = r == first || fill_one(f, r, NULL);
    if (!fits)
        return (struct bytes){NULL, 0};
    if (!f->len) {
        struct writer w = writer_over(f->core->state_scratch, OBJECT_SCRATCH);
        pack_map(&w, 0);
        f->len = writer_len(&w);
    }
    return (struct bytes){f->core->state_scratch, f->len};
}

static struct bytes make_view(struct core *core, struct space *space, const struct object_id *object,
                              const struct object_look *look, const struct opened_body *opened, bool past,
                              struct object_stored *out)
{
    struct filling f = {.core = core, .space = space, .object = object, .look = look, .past = past, .value_max = SIZE_MAX,
                        .next = malloc(OBJECT_SCRATCH)};
    struct bytes view = {NULL, 0};
    if (f.next)
        view = fill_view(&f, look->opened ? NULL : opened);
    if (f.next && !view.len) {
        out->simple = false; /* long values are named by their size: a change may make room for them again */
        f.value_max = OBJECT_TIGHT_VALUE_MAX;
        view = fill_view(&f, NULL); /* what was open may have been closed by now */
    }
    out->erased_mask = f.erased;
    free(f.next);
    return view;
}

/* No record of it counts any more. */
static enum muster_error no_object(struct core *core, struct space *space, const struct object_id *object)
{
    uint8_t key[OBJECT_KEY], place[INDEX_KEY];
    struct bytes value;
    struct object_stored before;
    object_key(key, space, object);
    if (core->storage.get(core->storage.self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value) != MUSTER_OK)
        return MUSTER_OK;
    uint8_t *kept = malloc(value.len); /* borrowed until the next change */
    if (!kept)
        return MUSTER_EBUSY;
    memcpy(kept, value.at, value.len);
    if (object_stored_read(&before, (struct bytes){kept, value.len}) == MUSTER_OK && !(before.flags & OBJECT_ORPHAN)) {
        index_change(core, space, object, &before, NULL);
        index_key(place, space, before.kind, before.changed, object);
        (void)underive(core, T_INDEX, place, sizeof(place));
        space->objects--;
        feed_gone(core, space, object, &before);
    }
    free(kept);
    return underive(core, T_OBJECT, key, sizeof(key));
}

enum muster_error fold_again(struct core *core, struct space *space, const struct object_id *object,
                             const struct opened_body *opened)
{
    uint8_t key[OBJECT_KEY], *kept = NULL;
    struct object_look look;
    struct bytes value;
    enum muster_error error = look_at(core, space, object, &look);
    if (error == MUSTER_ENOTFOUND)
        return no_object(core, space, object);
    if (error)
        return error;
    struct object_stored state, before;
    struct object_stored *old = NULL;
    uint8_t *room = look.state.joint ? malloc(SOUND_VIEW_MAX) : NULL;
    if (look.state.joint && !room) {
        object_look_free(&look);
        return MUSTER_EBUSY;
    }
    object_stored_sum(&state, &look.state, look.records, look.count);
    if (state.simple) {
        struct log *log = log_find(core, &look.records[0].log);
        state.log = log ? log->number : 0;
    }
    state.erased_records = (uint32_t)look.state.erased.count;
    state.view = make_view(core, space, object, &look, opened, false, &state);
    sound_view(core, space, &look, &state, room);
    object_key(key, space, object);
    if (core->storage.get(core->storage.self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value) == MUSTER_OK &&
        (kept = malloc(value.len))) {
        memcpy(kept, value.at, value.len);
        if (object_stored_read(&before, (struct bytes){kept, value.len}) == MUSTER_OK)
            old = &before;
    }
    error = store_state(core, space, object, &state, old);
    free(room);
    free(kept);
    object_look_free(&look);
    return error;
}

enum muster_error core_object_before(struct core *core, uint32_t space, const struct object_id *object, uint64_t until,
                                     struct object_stored *out)
{
    struct object_look look;
    if (space >= core->space_count)
        return MUSTER_EUNKNOWN_SPACE;
    enum muster_error error = look_before(core, core->spaces[space], object, until, &look);
    if (error)
        return error;
    object_stored_sum(out, &look.state, look.records, look.count);
    out->view = make_view(core, core->spaces[space], object, &look, NULL, true, out);
    sound_view(core, core->spaces[space], &look, out, core->state_scratch + OBJECT_SCRATCH);
    object_look_free(&look);
    return out->flags & OBJECT_ORPHAN ? MUSTER_ENOTFOUND : MUSTER_OK;
}
