#include "support/evil.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"
#include "protocol/trust/epochs.h"

#include <malloc.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

size_t evil_heap(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

void evil_random(struct evil *e, void *out, size_t len)
{
    uint8_t seed[32] = {0};
    put_le64(seed, e->dice++);
    crypto_expand(out, len, seed, "test/evil", 0);
}

uint64_t evil_number(struct evil *e, uint64_t below)
{
    uint64_t v;
    evil_random(e, &v, sizeof(v));
    return v % below;
}

static void answer(struct evil *e, const struct frame *f)
{
    uint8_t *out = malloc(MESSAGE_BYTES_MAX);
    struct hello hello;
    struct err_frame err;
    if (f->type == FRAME_HELLO && hello_read(&hello, f->body) == MUSTER_OK) {
        memcpy(e->their_nonce, hello.nonce, 32);
        session_key_of(e->key, e->nonce, e->their_nonce);
        space_tag_of(e->tag, e->key, &e->space);
        if (!e->silent) {
            evil_send(e, out, evil_hello(e, out));
            evil_send(e, out, evil_auth(e, out, e->config->card, &e->config->sign_secret));
        }
    } else if (f->type == FRAME_AUTH && !e->silent) {
        e->greeted = true;
        evil_send(e, out, evil_spaces(e, out));
    } else if (f->type == FRAME_ERR && err_read(&err, f->body) == MUSTER_OK) {
        e->said = err.error;
    }
    free(out);
}

static bool hear(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len)
{
    struct evil *e = user;
    if (to != e->node || from != e->victim)
        return true;
    struct cursor message = cursor_over(bytes, *len);
    struct frame f;
    while (frame_next(&message, &f) == MUSTER_OK && f.type) {
        e->got[f.type % EVIL_FRAMES]++;
        answer(e, &f);
    }
    return false;
}

/* The key of the newest epoch, from what the node's core had stored. */
static void take_keys(struct evil *e, struct space_view *view)
{
    const struct epoch *current = epoch_current(view->control, NULL, NULL);
    const struct storage *storage = memory_store_storage(world_store(e->w, e->node));
    struct bytes value;
    e->exercise = view->exercise;
    e->ctl_count = control_heads(view->control, e->ctl, CTL_HEADS_MAX);
    if (!current)
        return;
    e->epoch = current->id;
    if (storage->get(storage->self, T_KEY, (struct bytes){e->epoch.b, HASH_BYTES}, &value) == MUSTER_OK)
        memcpy(e->epoch_key.b, value.at, sizeof(e->epoch_key.b));
}

struct evil *evil_new(struct world *w, size_t node, size_t victim, const struct space_id *space)
{
    struct evil *e = calloc(1, sizeof(*e));
    struct space_view view;
    *e = (struct evil){.w = w, .node = node, .victim = victim, .config = world_config(w, node), .dice = 1,
                       .codec = payload_codec_new()};
    if (space) {
        e->space = *space;
        if (core_space_by_id(world_core(w, node), space, &view) && view.joined)
            take_keys(e, &view);
    }
    world_mute(w, node);
    world_set_filter(w, hear, e);
    return e;
}

void evil_free(struct evil *e)
{
    payload_codec_free(e->codec);
    free(e);
}

void evil_connect(struct evil *e)
{
    world_cut(e->w, e->node, e->victim);
    memset(e->got, 0, sizeof(e->got));
    e->greeted = false;
    e->said = MUSTER_OK;
    e->names = 0;
    evil_random(e, e->nonce, sizeof(e->nonce));
    world_connect(e->w, e->node, e->victim);
    world_run(e->w, 4 * TICK_MS);
}

bool evil_is_up(const struct evil *e)
{
    return world_linked(e->w, e->node, e->victim);
}

enum muster_error evil_closed(const struct evil *e)
{
    return evil_is_up(e) ? MUSTER_OK : world_closed_with(e->w, e->victim);
}

void evil_send(struct evil *e, const void *bytes, size_t len)
{
    world_send(e->w, e->node, e->victim, bytes, len);
}

size_t evil_hello(struct evil *e, uint8_t *out)
{
    struct hello hello = {.version_min = FORMAT_VERSION, .version_max = FORMAT_VERSION, .item_max = FRAME_BODY_MAX,
                          .credit = CREDIT_BYTES, .clock_ms = 1760000000000};
    memcpy(hello.nonce, e->nonce, sizeof(hello.nonce));
    hello.software = (struct bytes){(const uint8_t *)"evil", 4};
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    hello_write(&w, &hello);
    return writer_len(&w);
}

size_t evil_auth(struct evil *e, uint8_t *out, struct bytes card, const struct sign_secret *secret)
{
    struct hash binding = auth_binding(e->nonce, e->their_nonce, &e->config->keys.curve,
                                       &world_config(e->w, e->victim)->keys.curve);
    struct auth auth = {.card = card};
    struct bytes covered = {binding.b, sizeof(binding.b)};
    crypto_sign_parts(&auth.signature, secret, "muster/1/auth-signature", &covered, 1);
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    auth_write(&w, &auth);
    return writer_len(&w);
}

size_t evil_spaces(struct evil *e, uint8_t *out)
{
    struct space_entry entry;
    evil_random(e, &entry, sizeof(entry));
    memcpy(entry.tag, e->tag, sizeof(entry.tag));
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SPACES, 0);
    writer_put(&w, entry.tag, 16);
    writer_put(&w, entry.control, 16);
    writer_put(&w, entry.data, 16);
    frame_end(&w, begin);
    return writer_len(&w);
}

size_t evil_heads(struct evil *e, uint8_t *out, const struct log_id *log, uint64_t prefix, const struct segment_id *head,
                  uint64_t fork_at)
{
    static struct heads_entry entry;
    memset(&entry, 0, sizeof(entry));
    entry.log = (struct log_name){.index = e->names++, .first = true, .id = *log};
    entry.prefix = prefix;
    entry.fork_at = fork_at;
    if (head)
        head_short(entry.hash, e->key, head);
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_HEADS, 0);
    heads_begin(&w, e->tag);
    heads_entry_write(&w, &entry);
    frame_end(&w, begin);
    return writer_len(&w);
}

size_t evil_want(struct evil *e, uint8_t *out, const struct log_id *log, uint64_t first, uint64_t last)
{
    struct log_name name = {.index = e->names++, .first = true, .id = *log};
    struct want_range range = {first, last};
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_WANT, 0);
    writer_put(&w, e->tag, 16);
    want_write(&w, &name, &range, 1);
    frame_end(&w, begin);
    return writer_len(&w);
}

/* With all that may be left out, and whatever stands in the header. */
static void put_segment(struct writer *w, const struct evil_segment *s)
{
    const struct segment_header *h = &s->header;
    writer_u8(w, h->version);
    writer_u8(w, h->algorithm);
    writer_u8(w, WIRE_PREV | WIRE_EPOCH | WIRE_PLACE);
    writer_u16(w, h->flags);
    writer_varint(w, h->count);
    writer_varint(w, h->position);
    writer_varint(w, h->first_sequence);
    writer_put(w, h->prev.b, HASH_BYTES);
    writer_put(w, h->epoch.b, HASH_BYTES);
    writer_put(w, s->item + SEGMENT_HEADER_BYTES - 64, 64); /* the signature as it stands in the item */
    writer_put(w, s->item + SEGMENT_HEADER_BYTES, s->len - SEGMENT_HEADER_BYTES);
}

size_t evil_seg(struct evil *e, uint8_t *out, const struct evil_log *log, const struct evil_segment *const *segments,
                size_t count)
{
    struct seg seg = {.lane = LANE_FLASH, .log = log->id, .genesis = {log->genesis, log->genesis_len}};
    memcpy(seg.tag, e->tag, 16);
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &seg);
    for (size_t i = 0; i < count; i++)
        put_segment(&w, segments[i]);
    frame_end(&w, begin);
    return writer_len(&w);
}

void evil_give(struct evil *e, const struct evil_log *log, const struct evil_segment *segment)
{
    uint8_t *out = malloc(MESSAGE_BYTES_MAX);
    evil_send(e, out, evil_seg(e, out, log, &segment, 1));
    free(out);
}

void evil_log_open(struct evil *e, struct evil_log *log, bool control)
{
    struct log_genesis g = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .role = control ? LOG_CONTROL : LOG_DATA,
                            .space = e->space, .agency = e->config->identity.agency, .node = e->config->keys.sign,
                            .ctl_count = (uint8_t)e->ctl_count};
    uint8_t seed[32];
    evil_random(e, seed, sizeof(seed));
    sign_keys_from_seed(&g.incarnation, &log->secret, seed);
    memcpy(g.ctl, e->ctl, e->ctl_count * sizeof(*g.ctl));
    log->genesis_len = log_genesis_make(log->genesis, &g, e->exercise, &e->config->sign_secret, &log->secret);
    log->id = log_id_of(log->genesis, log->genesis_len);
    log->control = control;
}

void evil_segment_seal(struct evil *e, struct evil_segment *segment, const struct sign_secret *secret)
{
    segment_header_write(segment->item, &segment->header);
    segment_sign(segment->item, e->exercise, secret);
    segment->id = segment_id_of(segment->item);
}

static void begin_header(struct evil *e, struct evil_segment *out, const struct evil_log *log,
                         const struct evil_segment *before, uint16_t flags)
{
    struct segment_header *h = &out->header;
    *h = (struct segment_header){.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = flags, .count = 1,
                                 .space = e->space, .log = log->id, .position = 1, .first_sequence = 1};
    memcpy(h->prev.b, log->id.b, HASH_BYTES);
    if (before) {
        h->position = before->header.position + 1;
        h->first_sequence = before->header.first_sequence + before->header.count;
        h->prev = before->id;
    }
    if (!log->control)
        memcpy(h->epoch.b, e->epoch.b, HASH_BYTES);
}

static void end_segment(struct evil *e, struct evil_segment *out, const struct evil_log *log,
                        const struct segment_record *record)
{
    uint8_t header[RECORD_HEADER_MAX];
    struct writer w = writer_over(out->item, sizeof(out->item));
    writer_skip(&w, SEGMENT_HEADER_BYTES);
    segment_record_write(&w, record);
    out->len = writer_len(&w);
    struct record_id id = record_id_of(&log->id, header, record_header_write(header, &record->header));
    segment_item_finish(out->item, &out->header, &id, e->exercise, &log->secret);
    out->id = segment_id_of(out->item);
}

void evil_control_make(struct evil *e, struct evil_segment *out, const struct evil_log *log,
                       const struct evil_segment *before, uint8_t operation, struct bytes body)
{
    begin_header(e, out, log, before, LANE_CONTROL);
    struct segment_record record = {.header = {.version = FORMAT_VERSION, .operation = operation, .schema = 1,
                                               .flags = RECORD_CLEAR | RECORD_STRUCTURAL,
                                               .sequence = out->header.first_sequence, .hlc = (uint64_t)1760000000000 << 16,
                                               .payload_len = (uint32_t)body.len,
                                               .payload_hash = payload_hash_of(body.at, body.len)},
                                    .payload = body};
    for (size_t i = 0; i < e->ctl_count && i < REFS_MAX; i++) {
        record.header.refs[i].role = REF_DEP;
        memcpy(record.header.refs[i].hash.b, e->ctl[i].b, HASH_BYTES);
        record.header.ref_count++;
    }
    end_segment(e, out, log, &record);
}

void evil_segment_make(struct evil *e, struct evil_segment *out, const struct evil_log *log,
                       const struct evil_segment *before, const char *text)
{
    begin_header(e, out, log, before, LANE_FLASH);
    struct segment_header *h = &out->header;
    uint8_t body[256];
    uint8_t *payload = malloc(PAYLOAD_BYTES_MAX);
    struct writer b = writer_over(body, sizeof(body));
    pack_map(&b, 1);
    pack_uint(&b, 0);
    pack_text(&b, text, strlen(text));
    struct segment_record record = {.header = {.version = FORMAT_VERSION, .operation = OP_CREATE, .kind = KIND_INCIDENT,
                                               .schema = 1, .sequence = h->first_sequence, .mask = 1,
                                               .hlc = (uint64_t)1760000000000 << 16}};
    record.header.object = object_id_of(&log->id, record.header.sequence, record.header.hlc);
    struct seal_nonce nonce;
    evil_random(e, nonce.b, sizeof(nonce.b));
    if (payload_seal(e->codec, payload, &record.payload.len, (struct bytes){body, writer_len(&b)}, &log->id, &record.header,
                     &nonce, &e->epoch_key) != MUSTER_OK)
        abort();
    record.payload.at = payload;
    end_segment(e, out, log, &record);
    free(payload);
}

/* A structural record about an object, with these references. */
static void structural_make(struct evil *e, struct evil_segment *out, const struct evil_log *log, const struct evil_segment *before,
                            uint8_t operation, const struct object_id *object, const struct record_ref *refs, uint8_t ref_count,
                            struct bytes body)
{
    begin_header(e, out, log, before, LANE_CONTROL);
    uint8_t *payload = malloc(PAYLOAD_BYTES_MAX);
    struct segment_record record = {.header = {.version = FORMAT_VERSION, .operation = operation, .schema = 1,
                                               .flags = RECORD_STRUCTURAL, .sequence = out->header.first_sequence,
                                               .object = *object, .hlc = (uint64_t)1760000000000 << 16, .ref_count = ref_count}};
    memcpy(record.header.refs, refs, ref_count * sizeof(*refs));
    struct seal_nonce nonce;
    evil_random(e, nonce.b, sizeof(nonce.b));
    if (payload_seal(e->codec, payload, &record.payload.len, body, &log->id, &record.header,
                     &nonce, &e->epoch_key) != MUSTER_OK)
        abort();
    record.payload.at = payload;
    end_segment(e, out, log, &record);
    free(payload);
}

void evil_erase_make(struct evil *e, struct evil_segment *out, const struct evil_log *log, const struct evil_segment *before,
                     const struct object_id *object, const struct record_id *target)
{
    static const uint8_t body[] = "\x81\x01\xa5" "error";
    struct record_ref ref = {.role = REF_TARGET};
    memcpy(ref.hash.b, target->b, HASH_BYTES);
    structural_make(e, out, log, before, OP_ERASE, object, &ref, 1, (struct bytes){body, sizeof(body) - 1});
}

void evil_offer_make(struct evil *e, struct evil_segment *out, const struct evil_log *log, const struct evil_segment *before,
                     const struct object_id *object, const struct record_id *term, const struct agency_id *to)
{
    static const uint8_t body[] = "\x80";
    struct record_ref refs[2] = {{.role = REF_TERM}, {.role = REF_TO_AGENCY}};
    memcpy(refs[0].hash.b, term->b, HASH_BYTES);
    memcpy(refs[1].hash.b, to->b, HASH_BYTES);
    structural_make(e, out, log, before, OP_OFFER, object, refs, 2, (struct bytes){body, 1});
}
