/* bundle_read.c — looking at a bundle: whose it is, for whom, and whether every byte is as its sender made it. */
#include "protocol/session/bundle_inner.h"

#include <stdlib.h>

struct head {
    struct bytes all;
    uint64_t body;
    size_t count;
    const uint8_t *recipients, *commitment, *stream;
};

static enum muster_error read_head(struct head *head, struct bytes file, struct bundle_file *out, struct bundle_report *report)
{
    struct cursor c = cursor_over(file.at, file.len);
    const uint8_t *magic = cursor_take(&c, BUNDLE_MAGIC_BYTES);
    if (!magic || memcmp(magic, BUNDLE_MAGIC, BUNDLE_MAGIC_BYTES) != 0)
        return bundle_say(&report->text, MUSTER_EFOREIGN, "this is no bundle of muster");
    uint8_t version = cursor_u8(&c), algorithm = cursor_u8(&c);
    uint16_t reserved = cursor_u16(&c);
    if (!c.failed && (version != FORMAT_VERSION || reserved))
        return bundle_say(&report->text, MUSTER_EVERSION, "the bundle is of version %u, which this node does not know", version);
    if (!c.failed && algorithm != ALGORITHM_1)
        return bundle_say(&report->text, MUSTER_EALGORITHM, "the bundle is sealed in a way that this node does not know");
    cursor_copy(&c, out->agency.b, HASH_BYTES);
    cursor_copy(&c, out->node.b, sizeof(out->node.b));
    out->made_ms = cursor_u64(&c);
    head->body = cursor_u64(&c);
    head->count = cursor_u8(&c);
    head->recipients = cursor_take(&c, head->count * BUNDLE_RECIPIENT_BYTES);
    head->commitment = cursor_take(&c, HASH_BYTES);
    head->stream = cursor_take(&c, STREAM_HEADER_BYTES);
    report->agency = out->agency;
    report->node = out->node;
    report->made_ms = out->made_ms;
    report->recipients = (uint32_t)head->count;
    report->bytes = file.len;
    if (c.failed)
        return bundle_say(&report->text, MUSTER_ETRUNCATED, "the bundle is cut off: not even its head is whole; copy it again");
    if (head->count < 1 || head->count > BUNDLE_RECIPIENTS_MAX)
        return bundle_say(&report->text, MUSTER_EBADVALUE, "the bundle is for %zu nodes, which cannot be", head->count);
    head->all = (struct bytes){file.at, (size_t)(c.at - file.at)};
    uint64_t there = cursor_left(&c);
    if (head->body > BUNDLE_BYTES_MAX + (uint64_t)BUNDLE_BYTES_MAX / 1024)
        return bundle_say(&report->text, MUSTER_ETOOBIG, "the bundle is larger than %d MB", BUNDLE_BYTES_MAX >> 20);
    if (there < head->body)
        return bundle_say(&report->text, MUSTER_ETRUNCATED, "the bundle is cut off: %llu of %llu bytes are missing; copy it again",
                          (unsigned long long)(head->body - there), (unsigned long long)head->body);
    if (there > head->body)
        return bundle_say(&report->text, MUSTER_ETRAILING, "%llu bytes stand behind the end of the bundle; copy it again",
                          (unsigned long long)(there - head->body));
    return MUSTER_OK;
}

static void find_recipient(struct core *core, const struct head *head, struct bundle_report *report)
{
    for (size_t i = 0; i < head->count && agency_id_none(&report->agency_for); i++) {
        struct sign_public node;
        memcpy(node.b, head->recipients + i * BUNDLE_RECIPIENT_BYTES, sizeof(node.b));
        if (identity_node(&core->config.identity, &node))
            report->agency_for = core->self;
        for (size_t a = 0; a < core->agency_count && agency_id_none(&report->agency_for); a++)
            if (agency_node(core->agencies[a], &node))
                report->agency_for = core->agencies[a]->id;
    }
}

/* Opens the body with this node's copy of the file key; *place is its place among the recipients. */
static enum muster_error open_body(struct core *core, const struct head *head, struct bundle_file *out, size_t *place,
                                   struct bundle_text *text)
{
    const uint8_t *entry = NULL;
    struct seal_key key;
    for (size_t i = 0; i < head->count && !entry; i++)
        if (memcmp(head->recipients + i * BUNDLE_RECIPIENT_BYTES, core->config.keys.sign.b, 32) == 0) {
            entry = head->recipients + i * BUNDLE_RECIPIENT_BYTES;
            *place = i;
        }
    if (!entry)
        return bundle_say(text, MUSTER_EWRONGPEER, "the bundle is for another node than this one");
    if (box_open(key.b, entry + 32, 32 + BOX_SEAL_BYTES, &core->config.keys.box, &core->config.box_secret) != MUSTER_OK)
        return bundle_say(text, MUSTER_EDECRYPT, "the bundle is damaged: its key for this node cannot be opened; copy it again");
    struct hash is = seal_commitment(&key);
    enum muster_error error = MUSTER_OK;
    if (!crypto_same(is.b, head->commitment, HASH_BYTES))
        error = bundle_say(text, MUSTER_ECOMMITMENT, "the bundle is damaged: its key is not the one it names; copy it again");
    if (!error && !(out->plain = malloc((size_t)head->body)))
        error = bundle_say(text, MUSTER_EBUSY, "there is no memory for the bundle");
    if (!error && stream_open(out->plain, &out->len, head->all.at + head->all.len, (size_t)head->body, &head->all, head->stream,
                              &key) != MUSTER_OK)
        error = bundle_say(text, MUSTER_EDECRYPT, "the bundle is damaged: it does not open as a whole; copy it again");
    crypto_wipe(&key, sizeof(key));
    return error;
}

/* The sender's card is in the file, so that nobody needs to be asked who it is; what is known here of the agency counts. */
static enum muster_error judge_sender(struct core *core, const struct bundle_file *out, struct bundle_text *text)
{
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? card_read(card, out->card.at, out->card.len) : MUSTER_EBUSY;
    const struct certified_node *node = NULL;
    if (!error && !agency_id_eq(&card->agency, &out->agency))
        error = MUSTER_EUNKNOWN_AGENCY;
    if (!error && !(node = identity_node(&card->identity, &out->node)))
        error = MUSTER_EUNKNOWN_NODE;
    const struct agency *agency = agency_find(core, &out->agency);
    const struct agency_node *known = agency ? agency_node(agency, &out->node) : NULL;
    const struct certified_node *own = identity_node(&core->config.identity, &out->node);
    if (!error && (node->revoked || (known && known->revoked) || (own && own->revoked)))
        error = MUSTER_EREVOKED;
    if (!error && agency_id_eq(&out->agency, &core->self) && !own)
        error = MUSTER_EUNKNOWN_NODE;
    free(card);
    return error ? bundle_say(text, error, "who made the bundle cannot be trusted: %s", error_what(error)) : MUSTER_OK;
}

static enum muster_error check_heads(struct bytes body)
{
    uint8_t tag[16];
    struct cursor entries;
    struct heads_entry *e = malloc(sizeof(*e));
    enum muster_error error = e ? heads_open(tag, &entries, body) : MUSTER_EBUSY;
    while (!error && heads_next(&entries, e, &error))
        ;
    free(e);
    return error;
}

/* One frame between OPENING and CLOSING, in its form.  A frame of a later version is left alone. */
static enum muster_error check_frame(const struct frame *frame)
{
    struct seg seg;
    struct key_frame key;
    struct bytes entries;
    size_t count;
    switch (frame->type) {
    case FRAME_SEG:
        return seg_read(&seg, frame->body);
    case FRAME_KEY:
        return key_read(&key, frame->body);
    case FRAME_HEADS:
        return check_heads(frame->body);
    case FRAME_SPACES:
        return spaces_read(&entries, &count, frame->body);
    case FRAME_CARD:
    case BUNDLE_MEMBER:
        return frame->body.len && frame->body.len <= CARD_BYTES_MAX ? MUSTER_OK : MUSTER_ETOOBIG;
    case BUNDLE_OPENING:
        return MUSTER_EUNEXPECTED;
    default:
        return strcmp(frame_name(frame->type), "unknown") == 0 ? MUSTER_OK : MUSTER_EUNEXPECTED;
    }
}

static enum muster_error read_opening(struct bundle_file *out, struct cursor *c, const struct head *head, size_t place)
{
    struct frame frame;
    enum muster_error error = frame_next(c, &frame);
    if (error)
        return error;
    struct cursor body = cursor_over(frame.body.at, frame.body.len);
    cursor_copy(&body, out->nonce, sizeof(out->nonce));
    cursor_copy(&body, out->boot, sizeof(out->boot));
    for (size_t i = 0; i < head->count; i++) {
        uint8_t boot[16];
        cursor_copy(&body, boot, sizeof(boot));
        if (i == place)
            memcpy(out->answers, boot, sizeof(boot));
    }
    error = frame.type == BUNDLE_OPENING ? cursor_end(&body) : MUSTER_EUNEXPECTED;
    if (!error)
        error = frame_next(c, &frame);
    if (!error && frame.type != FRAME_CARD)
        error = MUSTER_EUNEXPECTED;
    out->card = frame.body;
    if (!error)
        error = frame_next(c, &frame);
    if (!error && frame.type != FRAME_SPACES)
        error = MUSTER_EUNEXPECTED;
    return error ? error : spaces_read(&out->spaces, &out->space_count, frame.body);
}

/* Walks over all frames up to CLOSING, which must be the last, and verifies it. */
static enum muster_error read_frames(struct bundle_file *out, struct cursor *c, const struct head *head,
                                     struct bundle_report *report)
{
    bool in_control = true;
    uint32_t frames = 3; /* OPENING, CARD, SPACES */
    out->control_begin = out->control_end = (size_t)(c->at - out->plain);
    for (;;) {
        struct frame frame;
        size_t at = (size_t)(c->at - out->plain);
        enum muster_error error = frame_next(c, &frame);
        if (!error && !frame.type)
            error = MUSTER_ETRUNCATED;
        if (!error && frame.type != BUNDLE_CLOSING)
            error = check_frame(&frame);
        if (error)
            return error;
        if (in_control && frame.type != FRAME_SEG) {
            in_control = false;
            out->control_end = at;
        }
        if (frame.type != BUNDLE_CLOSING) {
            frames++;
            continue;
        }
        struct cursor body = cursor_over(frame.body.at, frame.body.len);
        struct signature signature;
        report->more = cursor_u8(&body) & BUNDLE_MORE;
        report->frames = cursor_u32(&body);
        report->segments = cursor_u64(&body);
        cursor_copy(&body, signature.b, sizeof(signature.b));
        error = cursor_end(&body);
        if (!error && (cursor_left(c) || report->frames != frames))
            error = MUSTER_ETRAILING;
        if (error)
            return error;
        struct bytes parts[2] = {head->all, {out->plain, at}};
        struct hash contents = crypto_hash_parts("muster/1/bundle-contents", parts, 2);
        struct bytes covered[2] = {{contents.b, HASH_BYTES}, {frame.body.at, BUNDLE_CLOSING_BYTES - 64}};
        out->end = at;
        return crypto_verify_parts(&signature, &out->node, "muster/1/bundle", covered, 2);
    }
}

enum muster_error bundle_look(struct core *core, struct bytes file, struct bundle_file *out, struct bundle_report *report)
{
    struct head head;
    size_t place = 0;
    *out = (struct bundle_file){.plain = NULL};
    *report = (struct bundle_report){.item_count = 0};
    enum muster_error error = read_head(&head, file, out, report);
    if (error)
        return error;
    find_recipient(core, &head, report);
    error = open_body(core, &head, out, &place, &report->text);
    report->mine = error != MUSTER_EWRONGPEER;
    if (!error) {
        struct cursor c = cursor_over(out->plain, out->len);
        error = read_opening(out, &c, &head, place);
        if (!error)
            error = read_frames(out, &c, &head, report);
        if (error == MUSTER_ESIGNATURE)
            (void)bundle_say(&report->text, error, "the bundle is not signed by the node that it names");
        else if (error)
            (void)bundle_say(&report->text, error, "the bundle is malformed: %s", error_what(error));
    }
    if (!error)
        error = judge_sender(core, out, &report->text);
    if (error) {
        free(out->plain);
        out->plain = NULL;
        return error;
    }
    report->echo = memcmp(out->answers, core->config.boot, sizeof(out->answers)) == 0;
    report->spaces = (uint32_t)out->space_count;
    uint8_t key[32], tag[16];
    session_key_of(key, out->nonce, out->nonce);
    for (size_t i = 0; i < out->space_count; i++)
        for (size_t s = 0; s < core->space_count; s++) {
            space_tag_of(tag, key, &core->spaces[s]->id);
            if (memcmp(tag, space_entry_at(out->spaces, i).tag, 16) == 0)
                report->spaces_known++;
        }
    return MUSTER_OK;
}

enum muster_error core_bundle_show(struct core *core, struct bytes file, struct bundle_report *report)
{
    struct bundle_file looked;
    enum muster_error error = bundle_look(core, file, &looked, report);
    free(looked.plain);
    if (error != MUSTER_EWRONGPEER)
        return error;
    report->text.sentence[0] = '\0';
    return MUSTER_OK;
}
