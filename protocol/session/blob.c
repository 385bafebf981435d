/* blob.c — BLOBWANT and BLOB: attachments, asked for by whom somebody wished for them, in lane 4 (SPEC 5.5).
 *
 * A node stores chunks without being able to read them; each is checked against the blob's id before it is kept.  Nothing
 * is pushed: a local wish asks the peers of the space one after the other, and a peer that lacks it may ask on for it, so
 * many hops far.  What lies in storage is what may be sent (RULES I1). */
#include "protocol/core_inner.h"

#include <stdlib.h>

enum {
    ASK_CHUNKS = 8,                     /* asked for at once: 256 KiB */
    ANSWER_MS = 10000,                  /* without a chunk for so long: another peer */
    AGAIN_MS = 500,                     /* after a peer that does not have it */
    WISH_MS = 120000,                   /* a wish that nobody repeats ends */
    KEY_BYTES = 4 + HASH_BYTES + 2, PREFIX_BYTES = 4 + HASH_BYTES,
    VALUE_HEAD = 3,                     /* chunks in all 2, path length 1 */
    VALUE_MAX = VALUE_HEAD + MERKLE_PATH_MAX * HASH_BYTES + BLOB_SEALED_MAX
};
#define BLOBS_BYTES_MAX (UINT64_C(1) << 30) /* all attachments that a node keeps */

static void key_of(uint8_t key[KEY_BYTES], uint32_t space, const struct hash *blob, uint32_t number)
{
    put_be32(key, space);
    memcpy(key + 4, blob->b, HASH_BYTES);
    key[PREFIX_BYTES] = (uint8_t)(number >> 8);
    key[PREFIX_BYTES + 1] = (uint8_t)number;
}

/* Takes a stored value apart.  False when it is none. */
static bool value_read(struct bytes value, struct blob_frame *out)
{
    struct cursor c = cursor_over(value.at, value.len);
    out->total = cursor_u16(&c);
    out->path_len = cursor_u8(&c);
    if (c.failed || out->path_len > MERKLE_PATH_MAX)
        return false;
    for (size_t i = 0; i < out->path_len; i++)
        cursor_copy(&c, out->path[i].b, HASH_BYTES);
    out->sealed = (struct bytes){c.at, cursor_left(&c)};
    return !c.failed && out->sealed.len > BLOB_CHUNK_EXTRA && out->sealed.len <= BLOB_SEALED_MAX;
}

static bool chunk_get(struct core *core, uint32_t space, const struct hash *blob, uint32_t number, struct blob_frame *out)
{
    uint8_t key[KEY_BYTES];
    struct bytes value;
    key_of(key, space, blob, number);
    return core->storage.get(core->storage.self, T_BLOB, (struct bytes){key, sizeof(key)}, &value) == MUSTER_OK &&
           value_read(value, out);
}

static enum muster_error chunk_put(struct core *core, uint32_t space, const struct blob_frame *f)
{
    uint8_t key[KEY_BYTES], count[8];
    uint8_t *value = core->blob_bytes + f->sealed.len > BLOBS_BYTES_MAX ? NULL : malloc(VALUE_MAX);
    if (!value)
        return MUSTER_EFULL;
    struct writer w = writer_over(value, VALUE_MAX);
    writer_u16(&w, (uint16_t)f->total);
    writer_u8(&w, (uint8_t)f->path_len);
    writer_put(&w, f->path, f->path_len * HASH_BYTES);
    writer_put(&w, f->sealed.at, f->sealed.len);
    key_of(key, space, &f->blob, f->number);
    enum muster_error error = w.failed ? MUSTER_EINTERNAL
                                       : stage_put(core, T_BLOB, key, sizeof(key), value, writer_len(&w));
    free(value);
    put_be64(count, core->blob_bytes + f->sealed.len);
    if (!error)
        error = stage_put(core, T_META, "blobs", 5, count, sizeof(count));
    if (!error)
        core->blob_bytes += f->sealed.len;
    return error;
}

enum muster_error blob_load(struct core *core)
{
    struct bytes value;
    enum muster_error error =
        core->storage.get(core->storage.self, T_META, (struct bytes){(const uint8_t *)"blobs", 5}, &value);
    core->blob_bytes = !error && value.len == 8 ? get_be64(value.at) : 0;
    return error == MUSTER_ENOTFOUND ? MUSTER_OK : error;
}

struct erased {
    uint8_t keys[BLOB_CHUNKS_MAX][KEY_BYTES];
    size_t count;
    uint64_t bytes;
};

static bool collect_chunk(void *user, struct bytes key, struct bytes value)
{
    struct erased *e = user;
    struct blob_frame f;
    if (key.len != KEY_BYTES || e->count == BLOB_CHUNKS_MAX)
        return false;
    memcpy(e->keys[e->count++], key.at, KEY_BYTES);
    if (value_read(value, &f))
        e->bytes += f.sealed.len;
    return true;
}

void blob_erase(struct core *core, uint32_t space, const struct hash *blob)
{
    struct erased *e = calloc(1, sizeof(*e));
    uint8_t key[KEY_BYTES], count[8];
    key_of(key, space, blob, 0);
    struct bytes prefix = {key, PREFIX_BYTES};
    for (size_t i = 0; i < BLOB_WANTS_MAX; i++)
        if (core->blob_wants[i].used && core->blob_wants[i].space == space && hash_eq(&core->blob_wants[i].blob, blob))
            core->blob_wants[i].used = false; /* and it is not asked for again */
    if (e && core->storage.scan(core->storage.self, T_BLOB, prefix, prefix, false, collect_chunk, e) == MUSTER_OK && e->count) {
        for (size_t i = 0; i < e->count; i++)
            (void)stage_delete(core, T_BLOB, e->keys[i], KEY_BYTES);
        core->blob_bytes -= e->bytes < core->blob_bytes ? e->bytes : core->blob_bytes;
        put_be64(count, core->blob_bytes);
        (void)stage_put(core, T_META, "blobs", 5, count, sizeof(count));
    }
    free(e);
}

/* --- wishes ------------------------------------------------------------------------------------------ */

static bool is_held(const struct blob_want *want, uint32_t number)
{
    return want->held[number / 8] >> number % 8 & 1;
}

static void hold(struct blob_want *want, uint32_t number)
{
    want->held[number / 8] |= (uint8_t)(1 << number % 8);
}

/* The first chunk from `number` on that is missing; total: none. */
static uint32_t missing(const struct blob_want *want, uint32_t number)
{
    while (number < want->total && is_held(want, number))
        number++;
    return number;
}

static void count_stored(struct core *core, struct blob_want *want)
{
    struct blob_frame f;
    memset(want->held, 0, sizeof(want->held));
    for (uint32_t i = 0; i < want->total; i++)
        if (chunk_get(core, want->space, &want->blob, i, &f) && f.total == want->total)
            hold(want, i);
}

static struct blob_want *want_of(struct core *core, uint32_t space, const struct hash *blob)
{
    for (size_t i = 0; i < BLOB_WANTS_MAX; i++)
        if (core->blob_wants[i].used && core->blob_wants[i].space == space &&
            memcmp(core->blob_wants[i].blob.b, blob->b, HASH_BYTES) == 0)
            return &core->blob_wants[i];
    return NULL;
}

/* A wish, new or repeated.  One that comes from farther away than the last does not renew it: two nodes that lack a blob
 * would keep asking each other for ever.  Own wishes take the place of others' when all are taken. */
static void wish(struct core *core, uint32_t space, const struct hash *blob, uint32_t total, uint8_t hops)
{
    struct blob_want *want = want_of(core, space, blob), *foreign = NULL;
    if (want) {
        if (hops >= want->hops) {
            want->hops = hops;
            want->wished_mono = core->mono_ms;
        }
        return;
    }
    for (size_t i = 0; i < BLOB_WANTS_MAX && !want; i++) {
        if (!core->blob_wants[i].used)
            want = &core->blob_wants[i];
        else if (core->blob_wants[i].hops < BLOB_HOPS_MAX)
            foreign = &core->blob_wants[i];
    }
    if (!want && hops == BLOB_HOPS_MAX)
        want = foreign;
    if (!want)
        return; /* it is wished for again */
    *want = (struct blob_want){.used = true, .space = space, .total = total, .blob = *blob, .hops = hops,
                               .wished_mono = core->mono_ms};
    count_stored(core, want);
    want->used = missing(want, 0) < total;
}

void blob_failed(struct core *core)
{
    (void)blob_load(core);
    for (size_t i = 0; i < BLOB_WANTS_MAX; i++)
        if (core->blob_wants[i].used) {
            count_stored(core, &core->blob_wants[i]);
            core->blob_wants[i].asked_of = 0;
        }
}

void blob_wish(struct core *core, const struct event *event)
{
    const struct space *space = space_find(core, &event->u.blob_want.space);
    const struct blob_ref *ref = event->u.blob_want.ref;
    if (space && space->joined && blob_chunks(ref->bytes))
        wish(core, space->number, &ref->id, blob_chunks(ref->bytes), BLOB_HOPS_MAX);
    blob_ask(core);
}

/* May attachments of the space go to, and come from, this peer?  As data (RULES F1, F3). */
static bool shares(struct core *core, struct session *session, uint32_t space)
{
    return session && session->stage == SESSION_SYNCING && space < core->space_count && core->spaces[space]->joined &&
           session_space_of(session, space) &&
           forward_decide(core->spaces[space]->control, &session->agency, NULL).allowed;
}

static void send_want(struct core *core, struct session *session, struct blob_want *want)
{
    struct blobwant ask = {.blob = want->blob, .hops = want->hops, .total = want->total, .first = missing(want, 0)};
    while (ask.first + ask.count < want->total && ask.count < ASK_CHUNKS && !is_held(want, ask.first + ask.count))
        ask.count++;
    memcpy(ask.tag, session_space_of(session, want->space)->tag, sizeof(ask.tag));
    want->asked_of = session_index(core, session) + 1;
    want->first = ask.first;
    want->end = ask.first + ask.count;
    want->deadline_mono = core->mono_ms + ANSWER_MS;
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    blobwant_write(&w, &ask);
    session_send(core, session, &w);
}

static void ask_one(struct core *core, struct blob_want *want)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[want->turn++ % SESSIONS_MAX];
        if (session && shares(core, session, want->space)) {
            send_want(core, session, want);
            return;
        }
    }
    want->asked_of = 0;
    want->deadline_mono = core->mono_ms + AGAIN_MS;
}

void blob_ask(struct core *core)
{
    for (size_t i = 0; i < BLOB_WANTS_MAX && core_room(core); i++) {
        struct blob_want *want = &core->blob_wants[i];
        if (!want->used)
            continue;
        if (missing(want, 0) >= want->total || core->mono_ms - want->wished_mono > WISH_MS) {
            want->used = false;
            continue;
        }
        bool gone = want->asked_of && !shares(core, core->sessions[want->asked_of - 1], want->space);
        if (core->mono_ms >= core->stalled_until_mono && (gone || core->mono_ms >= want->deadline_mono))
            ask_one(core, want);
    }
}

bool blob_refused(struct core *core, const struct session *session, const struct hash *blob)
{
    bool asked = false;
    for (size_t i = 0; i < BLOB_WANTS_MAX; i++) {
        struct blob_want *want = &core->blob_wants[i];
        if (want->used && want->asked_of == session_index(core, session) + 1 &&
            memcmp(want->blob.b, blob->b, HASH_BYTES) == 0) {
            want->asked_of = 0;
            want->deadline_mono = core->mono_ms + AGAIN_MS;
            asked = true;
        }
    }
    return asked;
}

/* --- giving ------------------------------------------------------------------------------------------ */

static void say_missing(struct core *core, struct session *session, const struct hash *blob)
{
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_ERR, 0);
    err_write(&w, MUSTER_ENOTFOUND, blob, "the attachment is not here");
    frame_end(&w, begin);
    session_send(core, session, &w);
}

void on_blobwant(struct core *core, struct session *session, struct bytes body)
{
    struct blobwant want;
    enum muster_error error = blobwant_read(&want, body);
    if (error) {
        core->counters.frames_refused++;
        session_close(core, session, error, "BLOBWANT is malformed");
        return;
    }
    struct session_space *open = session_space_by_tag(session, want.tag);
    struct blob_frame f;
    if (!open || !shares(core, session, open->space) || !core_room(core))
        return;
    if (!chunk_get(core, open->space, &want.blob, want.first, &f)) {
        if (want.hops)
            wish(core, open->space, &want.blob, want.total, (uint8_t)(want.hops - 1));
        say_missing(core, session, &want.blob);
        return;
    }
    for (size_t i = 0; i < BLOB_SERVES_MAX; i++) {
        struct blob_serve *serve = &session->blobs[i];
        bool same = memcmp(serve->blob.b, want.blob.b, HASH_BYTES) == 0 && serve->space == open->space;
        if (serve->next < serve->end && !same)
            continue;
        *serve = (struct blob_serve){open->space, want.first, want.first + want.count, want.blob};
        return;
    }
}

/* The next chunk of a promise: a frame, or the first of the pieces that seg_pump sends on. */
static void serve_one(struct core *core, struct session *session, struct blob_serve *serve)
{
    struct blob_frame f = {.blob = serve->blob, .number = serve->next};
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    struct partial *p = &session->leaving[LANE_ATTACHMENT];
    bool may = shares(core, session, serve->space);
    if (!may || !chunk_get(core, serve->space, &serve->blob, serve->next, &f)) {
        serve->next = serve->end;
        if (may)
            say_missing(core, session, &serve->blob); /* it need not wait for the rest */
        return;
    }
    memcpy(f.tag, session_space_of(session, serve->space)->tag, sizeof(f.tag));
    serve->next++;
    blob_frame_write(&w, &f);
    size_t len = writer_len(&w);
    if (len > 2 * pace_frame_bytes(session) && (p->bytes = malloc(len - FRAME_HEADER_BYTES))) {
        p->total = (uint32_t)(len - FRAME_HEADER_BYTES);
        p->done = 0;
        memcpy(p->bytes, core->message + FRAME_HEADER_BYTES, p->total);
        seg_pump(core, session);
        return;
    }
    pace_sent(core, session, len);
    session_send(core, session, &w);
}

void blob_pump(struct core *core, struct session *session)
{
    if (session->stage != SESSION_SYNCING)
        return;
    for (size_t i = 0; i < BLOB_SERVES_MAX; i++) {
        struct blob_serve *serve = &session->blobs[i];
        while (serve->next < serve->end) {
            for (size_t lane = 0; lane < LANES; lane++)
                if (session->leaving[lane].bytes)
                    return;
            if (session->serve_count || !core_room(core) || !pace_may_send(session))
                return;
            serve_one(core, session, serve);
        }
    }
}

/* --- taking ------------------------------------------------------------------------------------------ */

void on_blob(struct core *core, struct session *session, struct bytes body)
{
    blob_take(core, session, body, body.len + FRAME_HEADER_BYTES);
}

void blob_take(struct core *core, struct session *session, struct bytes body, size_t owed)
{
    struct blob_frame f;
    enum muster_error error = blob_frame_read(&f, body);
    if (error) {
        core->counters.frames_refused++;
        session_close(core, session, error, "BLOB is malformed");
        return;
    }
    credit_return(core, session, owed);
    struct session_space *open = session_space_by_tag(session, f.tag);
    struct blob_want *want = open && shares(core, session, open->space) ? want_of(core, open->space, &f.blob) : NULL;
    if (!want || want->asked_of != session_index(core, session) + 1 || f.total != want->total || is_held(want, f.number))
        return; /* not asked for */
    struct hash leaf = blob_leaf(f.sealed);
    if (merkle_verify(&f.blob, &leaf, f.total, f.number, f.path, f.path_len) != MUSTER_OK) {
        if (session_words(core, session))
            core_event(core, "blob.refused", &session->agency, "a chunk of an attachment is not what its id says");
        want->asked_of = 0; /* another peer, or this one again a little later */
        want->deadline_mono = core->mono_ms + AGAIN_MS;
        return;
    }
    if (chunk_put(core, open->space, &f) != MUSTER_OK) {
        want->used = false; /* no room: whoever wishes for it hears how much is here */
        return;
    }
    hold(want, f.number);
    want->deadline_mono = core->mono_ms + ANSWER_MS;
    if (missing(want, 0) >= want->total)
        want->used = false;
    else if (missing(want, want->first) >= want->end)
        send_want(core, session, want);
}

/* --- of this node ------------------------------------------------------------------------------------ */

static enum muster_error seal_all(struct core *core, uint32_t space, struct bytes bytes, struct blob_ref *ref)
{
    uint32_t total = bytes.len > BLOB_BYTES_MAX ? 0 : blob_chunks((uint32_t)bytes.len);
    uint8_t prefix[BLOB_PREFIX_BYTES], *sealed = total ? malloc((size_t)total * BLOB_SEALED_MAX) : NULL;
    struct hash leaves[BLOB_CHUNKS_MAX];
    enum muster_error error = MUSTER_OK;
    if (!sealed)
        return total ? MUSTER_EBUSY : bytes.len ? MUSTER_ETOOBIG : MUSTER_EBADVALUE;
    core_draw(core, prefix, sizeof(prefix));
    core_draw(core, ref->key.b, sizeof(ref->key.b));
    ref->bytes = (uint32_t)bytes.len;
    for (uint32_t i = 0; i < total; i++) {
        size_t at = (size_t)i * BLOB_CHUNK_BYTES, len = bytes.len - at < BLOB_CHUNK_BYTES ? bytes.len - at : BLOB_CHUNK_BYTES;
        len = blob_chunk_seal(sealed + (size_t)i * BLOB_SEALED_MAX, bytes.at + at, len, i, total, prefix, &ref->key);
        leaves[i] = blob_leaf((struct bytes){sealed + (size_t)i * BLOB_SEALED_MAX, len});
    }
    ref->id = merkle_root(leaves, total);
    if (core->blob_bytes + (uint64_t)total * BLOB_SEALED_MAX > BLOBS_BYTES_MAX)
        error = MUSTER_EFULL;
    for (uint32_t i = 0; i < total && !error; i++) {
        struct blob_frame f = {.blob = ref->id, .total = total, .number = i};
        size_t at = (size_t)i * BLOB_CHUNK_BYTES, len = bytes.len - at < BLOB_CHUNK_BYTES ? bytes.len - at : BLOB_CHUNK_BYTES;
        f.path_len = merkle_path(f.path, leaves, total, i);
        f.sealed = (struct bytes){sealed + (size_t)i * BLOB_SEALED_MAX, len + BLOB_CHUNK_EXTRA};
        error = chunk_put(core, space, &f);
    }
    free(sealed);
    return error;
}

void blob_put(struct core *core, const struct event *event)
{
    struct space *space = space_find(core, &event->u.blob_put.space);
    enum muster_error error = !space || !space->joined ? MUSTER_EUNKNOWN_SPACE
                              : forward_decide(space->control, &core->self, NULL).allowed ? MUSTER_OK : MUSTER_ENOTMEMBER;
    if (!error)
        error = seal_all(core, space->number, event->u.blob_put.bytes, event->u.blob_put.ref);
    if (!error && !stage_reply(core, event->u.blob_put.request, true, &event->u.blob_put.space, NULL))
        error = MUSTER_EBUSY;
    struct action *action = error ? core_act(core, ACTION_NOTIFY) : NULL;
    if (action) {
        action->notify = NOTIFY_COMMAND;
        action->request = event->u.blob_put.request;
        action->error = error;
    }
}

enum muster_error core_blob_open(struct core *core, uint32_t space, const struct blob_ref *ref, uint8_t *out,
                                 uint32_t *held, uint32_t *total)
{
    enum muster_error error = space < core->space_count ? MUSTER_OK : MUSTER_EUNKNOWN_SPACE;
    *held = 0;
    *total = blob_chunks(ref->bytes);
    for (uint32_t i = 0; i < *total && !error; i++) {
        struct blob_frame f;
        size_t at = (size_t)i * BLOB_CHUNK_BYTES;
        size_t len = ref->bytes - at < BLOB_CHUNK_BYTES ? ref->bytes - at : BLOB_CHUNK_BYTES;
        if (!chunk_get(core, space, &ref->id, i, &f) || f.total != *total)
            continue;
        ++*held;
        error = f.sealed.len == len + BLOB_CHUNK_EXTRA ? blob_chunk_open(out + at, f.sealed, i, *total, &ref->key)
                                                       : MUSTER_EDECRYPT;
    }
    return error ? error : *held < *total ? MUSTER_EWAITS : MUSTER_OK;
}
