#include "node/stream.h"

#include "node/lookup.h"

void stream_new(struct stream *stream, struct node *node, uint32_t space, uint16_t kind, bool ascending, size_t *work)
{
    *stream = (struct stream){.node = node, .table = T_INDEX, .space = space, .place_len = PLACE_BYTES, .parts = 1,
                              .ascending = ascending, .work = work};
    index_prefix(stream->part[0].prefix, space, kind);
    stream->part[0].prefix_len = INDEX_KIND_BYTES;
}

bool stream_narrow(struct stream *stream, struct term term)
{
    bool all = stream->part[0].prefix_len == INDEX_KIND_BYTES; /* an index of a term lists no more than that of all */
    if (!all && stream->parts == STREAM_PARTS_MAX)
        return false;
    struct stream_part *part = &stream->part[all ? 0 : stream->parts++];
    memcpy(part->prefix, stream->part[0].prefix, INDEX_KIND_BYTES);
    part->prefix[INDEX_KIND_BYTES - 1] = INDEX_TOKEN;
    memcpy(part->prefix + INDEX_KIND_BYTES, term.b, TERM_BYTES);
    part->prefix_len = INDEX_TOKEN_PREFIX;
    return true;
}


void stream_new_words(struct stream *stream, struct node *node, uint32_t space, bool ascending, size_t *work)
{
    *stream = (struct stream){.node = node, .table = T_WORD, .space = space, .place_len = OBJECT_ID_BYTES,
                              .ascending = ascending, .work = work};
}

bool stream_word(struct stream *stream, struct term term)
{
    if (stream->parts == STREAM_PARTS_MAX)
        return false;
    struct stream_part *part = &stream->part[stream->parts++];
    put_be32(part->prefix, stream->space);
    memcpy(part->prefix + 4, term.b, TERM_BYTES);
    part->prefix_len = WORD_PREFIX;
    return true;
}

struct filling {
    struct stream_part *part;
    size_t place_len;
};

static bool take_place(void *user, struct bytes key, struct bytes value)
{
    const struct filling *filling = user;
    struct stream_part *part = filling->part;
    (void)value;
    if (key.len == part->prefix_len + filling->place_len)
        memcpy(part->places[part->count++], key.at + part->prefix_len, filling->place_len);
    return part->count < part->want;
}

/* From that place on, itself included. */
static void fill(struct stream *stream, struct stream_part *part, const uint8_t *from)
{
    const struct storage *storage = store_storage(stream->node->store);
    struct filling filling = {part, stream->place_len};
    uint8_t key[INDEX_TOKEN_PREFIX + PLACE_BYTES];
    memcpy(key, part->prefix, part->prefix_len);
    if (from)
        memcpy(key + part->prefix_len, from, stream->place_len);
    part->count = part->next = 0;
    if (storage->scan(storage->self, stream->table, (struct bytes){key, part->prefix_len},
                      (struct bytes){key, from ? part->prefix_len + stream->place_len : 0}, !stream->ascending, take_place, &filling) !=
        MUSTER_OK)
        part->count = 0;
    part->ended = part->count < part->want;
    *stream->work += part->count;
}

static int in_order(const struct stream *stream, const uint8_t *a, const uint8_t *b)
{
    int order = memcmp(a, b, stream->place_len);
    return stream->ascending ? order : -order;
}

static const uint8_t *part_head(struct stream *stream, struct stream_part *part)
{
    if (part->next == part->count && !part->ended) {
        uint8_t last[PLACE_BYTES];
        memcpy(last, part->places[part->count - 1], stream->place_len);
        part->want = part->want * 2 < STREAM_BATCH ? part->want * 2 : STREAM_BATCH;
        fill(stream, part, last);
        part->next = part->count && memcmp(part->places[0], last, stream->place_len) == 0 ? 1 : 0;
    }
    return part->next < part->count ? part->places[part->next] : NULL;
}

/* Forward to the first place at or behind that one; by steps inside what was read, else by a jump. */
static const uint8_t *part_seek(struct stream *stream, struct stream_part *part, const uint8_t *place)
{
    while (part->next < part->count && in_order(stream, part->places[part->next], place) < 0)
        part->next++;
    if (part->next == part->count && !part->ended) {
        part->want = STREAM_JUMP;
        fill(stream, part, place);
    }
    return part->next < part->count ? part->places[part->next] : NULL;
}

void stream_start(struct stream *stream, const uint8_t from[PLACE_BYTES])
{
    for (size_t i = 0; i < stream->parts; i++) {
        stream->part[i].want = STREAM_BATCH;
        fill(stream, &stream->part[i], from);
    }
}

const uint8_t *stream_head(struct stream *stream)
{
    const uint8_t *first = part_head(stream, &stream->part[0]);
    for (size_t i = 1; i < stream->parts && first && *stream->work < STREAM_WORK_MAX;) {
        uint8_t wanted[PLACE_BYTES];
        memcpy(wanted, first, stream->place_len);
        const uint8_t *other = part_seek(stream, &stream->part[i], wanted);
        if (!other)
            return NULL;
        if (memcmp(other, wanted, stream->place_len) == 0) {
            i++;
            continue;
        }
        memcpy(wanted, other, stream->place_len);
        first = part_seek(stream, &stream->part[0], wanted);
        i = 1;
    }
    return first;
}

void stream_step(struct stream *stream)
{
    if (stream->part[0].next < stream->part[0].count)
        stream->part[0].next++;
}
