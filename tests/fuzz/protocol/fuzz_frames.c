/* fuzz_frames.c — any bytes as a message: every frame's reader keeps its bounds and its promises. */
#include "protocol/wire/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void heads(struct bytes body)
{
    static struct heads_entry e;
    struct cursor c;
    uint8_t tag[16];
    enum muster_error error = heads_open(tag, &c, body);
    while (!error && heads_next(&c, &e, &error)) {
        uint64_t after = e.prefix;
        must(e.interval_count <= INTERVALS_MAX);
        for (size_t i = 0; i < e.interval_count; i++) {
            must(e.intervals[i].first > after && e.intervals[i].last >= e.intervals[i].first);
            after = e.intervals[i].last;
        }
    }
}

static void want(struct bytes body)
{
    static struct want_range ranges[WANT_RANGES_MAX];
    struct cursor c = cursor_over(body.at, body.len);
    struct log_name name;
    uint8_t tag[16];
    size_t count;
    enum muster_error error = MUSTER_OK;
    cursor_copy(&c, tag, sizeof(tag));
    while (want_next(&c, &name, ranges, &count, &error))
        for (size_t i = 0; i < count; i++)
            must(ranges[i].first > 0 && ranges[i].last >= ranges[i].first);
}

static void one(const struct frame *f)
{
    struct hello hello;
    struct auth auth;
    struct seg seg;
    struct frag frag;
    struct key_frame key;
    struct err_frame err;
    struct record_id ids[64];
    struct bytes entries;
    uint8_t tag[16];
    size_t count;
    if (hello_read(&hello, f->body) == MUSTER_OK)
        must(hello.software.len <= 64);
    if (auth_read(&auth, f->body) == MUSTER_OK)
        must(auth.card.len + 2 + 64 == f->body.len);
    if (spaces_read(&entries, &count, f->body) == MUSTER_OK)
        for (size_t i = 0; i < count; i++)
            (void)space_entry_at(entries, i);
    if (ctlheads_read(tag, ids, &count, f->body) == MUSTER_OK)
        must(count <= 64);
    if (seg_read(&seg, f->body) == MUSTER_OK)
        must(seg.lane < 5 && seg.genesis.len <= LOG_GENESIS_MAX);
    if (frag_read(&frag, f->body) == MUSTER_OK)
        must(frag.lane < 5 && frag.offset + frag.piece.len <= frag.total && frag.total <= FRAME_BODY_MAX);
    if (key_read(&key, f->body) == MUSTER_OK)
        must(f->body.len == sizeof(key.tag) + HASH_BYTES + sizeof(key.sealed));
    if (err_read(&err, f->body) == MUSTER_OK)
        must(error_name(err.error) && error_what(err.error) && err.text.len < 256);
    heads(f->body);
    want(f->body);
    must(frame_name(f->type) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct cursor message = cursor_over(bytes, len);
    struct frame f;
    while (frame_next(&message, &f) == MUSTER_OK && f.type)
        one(&f);
    f = (struct frame){.body = {bytes, len}};
    one(&f);
    return 0;
}
