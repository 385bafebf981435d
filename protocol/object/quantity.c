/* quantity.c — records of quantities as they are noted, and what their sums are for people. */
#include "protocol/object/quantity_inner.h"

#include "base/pack.h"
#include "protocol/object/apply.h"
#include "protocol/object/note.h"

/* --- noting --------------------------------------------------------------------------------------------- */

static const struct hash *ref_of(const struct record_header *header, enum ref_role role)
{
    for (size_t i = 0; i < header->ref_count; i++)
        if (header->refs[i].role == role)
            return &header->refs[i].hash;
    return NULL;
}

/* Units from the body: one number, or one for each right that is named.  False: it is no quantity's body. */
static bool units_read(struct quantity_note *note, const struct record_header *header, struct bytes body)
{
    struct pack_value parts, each;
    size_t rights = 0;
    for (size_t i = 0; i < header->ref_count; i++)
        if (header->refs[i].role == REF_RIGHT)
            memcpy(note->from[rights++].right.b, header->refs[i].hash.b, HASH_BYTES);
    (void)pack_get_fixed(body, QUANTITY_FOR, note->for_what.b, OBJECT_ID_BYTES);
    note->from_count = (uint8_t)rights;
    if (header->operation == OP_RELEASE)
        return rights == 0;
    if (!rights)
        return pack_get_uint(body, QUANTITY_UNITS, &note->units);
    if (!pack_get(body, QUANTITY_PARTS, &parts) || parts.type != PACK_ARRAY || parts.u.count != rights)
        return false;
    struct cursor c = cursor_over(parts.whole.at, parts.whole.len);
    if (!pack_next(&c, &each, true))
        return false;
    for (size_t i = 0; i < rights; i++) {
        if (!pack_next(&c, &each, false) || each.type != PACK_UINT)
            return false;
        note->from[i].units = each.u.uint;
    }
    return true;
}

static size_t note_write(uint8_t out[NOTE_BYTES_MAX], const struct quantity_note *note)
{
    struct writer w = writer_over(out, NOTE_BYTES_MAX);
    writer_u8(&w, note->op);
    writer_u8(&w, note->reading);
    writer_u32(&w, note->log);
    writer_u64(&w, note->position);
    writer_u64(&w, note->hlc);
    writer_put(&w, note->id.b, HASH_BYTES);
    writer_u64(&w, note->units);
    writer_put(&w, note->about.b, HASH_BYTES);
    writer_put(&w, note->to.b, HASH_BYTES);
    writer_put(&w, note->term.b, HASH_BYTES);
    writer_put(&w, note->for_what.b, OBJECT_ID_BYTES);
    writer_u8(&w, note->from_count);
    for (size_t i = 0; i < note->from_count; i++) {
        writer_put(&w, note->from[i].right.b, HASH_BYTES);
        writer_u64(&w, note->from[i].units);
    }
    return writer_len(&w);
}

bool quantity_note_read(struct quantity_note *out, struct bytes key, struct bytes value)
{
    if (key.len != RECORD_KEY)
        return false;
    struct cursor c = cursor_over(value.at, value.len);
    *out = (struct quantity_note){.arrival = get_be64(key.at + OBJECT_KEY),
                                  .index = (uint16_t)(key.at[OBJECT_KEY + 8] << 8 | key.at[OBJECT_KEY + 9])};
    out->op = cursor_u8(&c);
    out->reading = cursor_u8(&c);
    out->log = cursor_u32(&c);
    out->position = cursor_u64(&c);
    out->hlc = cursor_u64(&c);
    cursor_copy(&c, out->id.b, HASH_BYTES);
    out->units = cursor_u64(&c);
    cursor_copy(&c, out->about.b, HASH_BYTES);
    cursor_copy(&c, out->to.b, HASH_BYTES);
    cursor_copy(&c, out->term.b, HASH_BYTES);
    cursor_copy(&c, out->for_what.b, OBJECT_ID_BYTES);
    out->from_count = cursor_u8(&c);
    if (out->from_count > REFS_MAX)
        return false;
    for (size_t i = 0; i < out->from_count; i++) {
        cursor_copy(&c, out->from[i].right.b, HASH_BYTES);
        out->from[i].units = cursor_u64(&c);
    }
    return cursor_end(&c) == MUSTER_OK;
}

void quantity_note(struct core *core, const struct space *space, const struct log *log, uint64_t position, uint16_t index,
                   uint64_t arrival, const struct record_header *header, const struct record_id *id,
                   const struct bytes *body)
{
    static const enum ref_role about[] = {REF_COVER, REF_PROMISE, REF_RECLAIM};
    uint8_t key[RECORD_KEY], value[NOTE_BYTES_MAX];
    struct quantity_note note = {.op = header->operation, .reading = NOTE_READ, .log = log->number, .position = position,
                                 .hlc = header->hlc, .id = *id};
    if (!object_op_is_quantity(header->operation))
        return;
    for (size_t i = 0; i < ARRAY_LEN(about) && hash_none(&note.about); i++)
        if (ref_of(header, about[i]))
            note.about = *ref_of(header, about[i]);
    if (ref_of(header, REF_TO_LOG))
        memcpy(note.to.b, ref_of(header, REF_TO_LOG)->b, HASH_BYTES);
    if (ref_of(header, REF_TERM))
        note.term = *ref_of(header, REF_TERM);
    if (!body)
        note.reading = NOTE_WAITS;
    else if (!units_read(&note, header, *body))
        note.reading = NOTE_BROKEN;
    object_key(key, space, &header->object);
    put_be64(key + OBJECT_KEY, arrival);
    key[OBJECT_KEY + 8] = (uint8_t)(index >> 8);
    key[OBJECT_KEY + 9] = (uint8_t)index;
    (void)derive(core, T_QUANTITY, key, sizeof(key), value, note_write(value, &note));
}

void quantity_note_waiting(struct core *core, struct log *log, uint64_t arrival, struct bytes item)
{
    struct segment_header header;
    struct cursor records;
    uint8_t bytes[RECORD_HEADER_MAX];
    if (segment_item_open(&header, &records, item.at, item.len) != MUSTER_OK)
        return;
    for (uint32_t i = 0; i < header.count; i++) {
        struct segment_record record;
        struct bytes body;
        if (segment_record_read(&records, header.first_sequence + i, &record) != MUSTER_OK)
            return;
        if (!object_op_is_quantity(record.header.operation))
            continue;
        enum muster_error opened = open_body(core, log, &header, &record, &body);
        struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
        bool later = opened == MUSTER_ENOKEY || opened == MUSTER_EERASED;
        if (opened)
            body = (struct bytes){NULL, 0}; /* what cannot be opened with its key is no body: void */
        quantity_note(core, core->spaces[log->space], log, header.position, (uint16_t)i, arrival, &record.header, &id,
                      later ? NULL : &body);
    }
}

/* --- for people -------------------------------------------------------------------------------------------- */

const char *quantity_word(const struct escrow_record *record, const struct escrow_judgement *judged)
{
    static const char *const words[] = {
        [ESCROW_WAITING] = "waiting",   [ESCROW_VALID] = "valid",       [ESCROW_VOID] = "void",
        [ESCROW_UNBACKED] = "at-risk",  [ESCROW_RELEASED] = "released", [ESCROW_DISPUTED] = "disputed",
        [ESCROW_CUT_OFF] = "cut-off"};
    if ((record->op == OP_COMMIT || record->op == OP_COVER) && judged->word != WORD_NONE)
        return escrow_word_text((enum escrow_word)judged->word);
    return judged->status < ARRAY_LEN(words) ? words[judged->status] : "";
}

struct search {
    struct object_id *object;
    bool found;
};

static bool first_object(void *user, struct bytes key, struct bytes value)
{
    struct search *s = user;
    (void)value;
    if (key.len != RECORD_KEY)
        return true;
    memcpy(s->object->b, key.at + 4, OBJECT_ID_BYTES);
    s->found = true;
    return false;
}

bool core_quantity_next(struct core *core, uint32_t space, struct object_id *object)
{
    uint8_t from[RECORD_KEY];
    struct search s = {.object = object};
    bool first = object_id_none(object);
    put_be32(from, space);
    memcpy(from + 4, object->b, OBJECT_ID_BYTES);
    memset(from + OBJECT_KEY, first ? 0 : 0xff, RECORD_KEY - OBJECT_KEY); /* behind all records of the one before */
    return core->storage.scan(core->storage.self, T_QUANTITY, (struct bytes){from, 4}, (struct bytes){from, sizeof(from)},
                              false, first_object, &s) == MUSTER_OK && s.found;
}
