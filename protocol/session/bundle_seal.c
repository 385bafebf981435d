/* bundle_seal.c — what a bundle gathers, and the file that is made of it: head, sealed body, signature. */
#include "protocol/session/bundle_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum muster_error bundle_say(struct bundle_text *text, enum muster_error error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(text->sentence, sizeof(text->sentence), format, list);
    va_end(list);
    va_start(list, format);
    said_set(&text->said, format, list);
    va_end(list);
    return error;
}

/* --- the sink ---------------------------------------------------------------------------------------------------- */

static uint8_t *sink_room(struct bundle_sink *sink, size_t len)
{
    if (sink->full || sink->len + len > BUNDLE_BYTES_MAX) {
        sink->full = true;
        return NULL;
    }
    if (sink->len + len > sink->size) {
        size_t size = sink->size ? sink->size * 2 : 256 * 1024;
        while (size < sink->len + len)
            size *= 2;
        uint8_t *bigger = realloc(sink->at, size);
        if (!bigger) {
            sink->full = true;
            return NULL;
        }
        sink->at = bigger;
        sink->size = size;
    }
    sink->len += len;
    return sink->at + sink->len - len;
}

void bundle_collect(struct session *session, const struct writer *w)
{
    struct bundle_sink *sink = session->sink;
    if (!sink)
        return; /* a bundle that is being taken in: nobody is there to be answered */
    uint8_t *to = w->failed ? NULL : sink_room(sink, writer_len(w));
    if (!to) {
        sink->full = true;
        return;
    }
    memcpy(to, w->start, writer_len(w));
    sink->frames++;
}

/* --- the file ------------------------------------------------------------------------------------------------------ */

static size_t write_head(struct core *core, uint8_t *head, size_t size, const struct node_keys *nodes, size_t node_count,
                         const struct seal_key *key, const uint8_t header[STREAM_HEADER_BYTES], size_t body)
{
    struct writer w = writer_over(head, size);
    writer_put(&w, BUNDLE_MAGIC, BUNDLE_MAGIC_BYTES);
    writer_u8(&w, FORMAT_VERSION);
    writer_u8(&w, ALGORITHM_1);
    writer_u16(&w, 0);
    writer_put(&w, core->self.b, HASH_BYTES);
    writer_put(&w, core->config.keys.sign.b, 32);
    writer_u64(&w, core->wall_ms);
    writer_u64(&w, body);
    writer_u8(&w, (uint8_t)node_count);
    for (size_t i = 0; i < node_count; i++) {
        uint8_t seed[32], sealed[32 + BOX_SEAL_BYTES] = {0};
        core_draw(core, seed, sizeof(seed));
        if (box_seal_seeded(sealed, key->b, sizeof(key->b), &nodes[i].box, seed) != MUSTER_OK)
            memset(sealed, 0, sizeof(sealed)); /* a key that nobody can have: that node cannot open it */
        writer_put(&w, nodes[i].sign.b, 32);
        writer_put(&w, sealed, sizeof(sealed));
        crypto_wipe(seed, sizeof(seed));
    }
    struct hash commitment = seal_commitment(key);
    writer_put(&w, commitment.b, HASH_BYTES);
    writer_put(&w, header, STREAM_HEADER_BYTES);
    return writer_len(&w);
}

enum muster_error bundle_seal(struct core *core, struct session *session, const struct node_keys *nodes, size_t node_count,
                              struct bundle_made *made)
{
    struct bundle_sink *sink = session->sink;
    uint8_t head[BUNDLE_HEAD_FIXED + BUNDLE_RECIPIENTS_MAX * BUNDLE_RECIPIENT_BYTES + BUNDLE_KEY_BYTES];
    uint8_t header[STREAM_HEADER_BYTES], closing[BUNDLE_CLOSING_BYTES - 64];
    struct seal_key key;
    core_draw(core, key.b, sizeof(key.b));
    core_draw(core, header, sizeof(header));
    size_t before = sink->len, body = stream_sealed_len(before + FRAME_HEADER_BYTES + BUNDLE_CLOSING_BYTES);
    size_t head_len = write_head(core, head, sizeof(head), nodes, node_count, &key, header, body);
    struct bytes parts[2] = {{head, head_len}, {sink->at, before}};
    struct hash contents = crypto_hash_parts("muster/1/bundle-contents", parts, 2);
    closing[0] = made->more ? BUNDLE_MORE : 0;
    put_le32(closing + 1, sink->frames);
    put_le64(closing + 5, made->segments);
    struct bytes covered[2] = {{contents.b, HASH_BYTES}, {closing, sizeof(closing)}};
    struct signature signature;
    crypto_sign_parts(&signature, &core->config.sign_secret, "muster/1/bundle", covered, 2);
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, (enum frame_type)BUNDLE_CLOSING, 0);
    writer_put(&w, closing, sizeof(closing));
    writer_put(&w, signature.b, sizeof(signature.b));
    frame_end(&w, begin);
    bundle_collect(session, &w);
    enum muster_error error = MUSTER_OK;
    if (sink->full)
        error = bundle_say(&made->text, MUSTER_ETOOBIG, "the bundle would be larger than %d MB", BUNDLE_BYTES_MAX >> 20);
    if (!error && !(made->bytes = malloc(head_len + body)))
        error = bundle_say(&made->text, MUSTER_EBUSY, "there is no memory for the bundle");
    if (!error) {
        struct bytes bound = {head, head_len};
        memcpy(made->bytes, head, head_len);
        stream_seal(made->bytes + head_len, sink->at, sink->len, &bound, header, &key);
        made->len = head_len + body;
    }
    crypto_wipe(&key, sizeof(key));
    return error;
}
