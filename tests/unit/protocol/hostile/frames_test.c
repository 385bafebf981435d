/* frames_test.c — every frame of a member that proved itself: cut short, lengthened, repeated, with counts beyond limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"

#include <stdlib.h>

static uint8_t frame[MESSAGE_BYTES_MAX], changed[MESSAGE_BYTES_MAX];
static struct evil_log mine;
static struct evil_segment segment;

/* --- one honest frame of each type ----------------------------------------------------------------------------- */

static size_t ctlheads(struct evil *e, uint8_t *out)
{
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    ctlheads_write(&w, e->tag, e->ctl, e->ctl_count);
    return writer_len(&w);
}

static size_t heads(struct evil *e, uint8_t *out)
{
    return evil_heads(e, out, &mine.id, 1, &segment.id, 0);
}

static size_t want(struct evil *e, uint8_t *out)
{
    return evil_want(e, out, &mine.id, 1, 4);
}

static size_t seg(struct evil *e, uint8_t *out)
{
    const struct evil_segment *list[] = {&segment};
    return evil_seg(e, out, &mine, list, 1);
}

static size_t frag(struct evil *e, uint8_t *out)
{
    size_t len = seg(e, changed);
    struct frag f = {.lane = LANE_CATCHUP, .total = (uint32_t)len, .piece = {changed, 40}};
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    frag_write(&w, &f);
    return writer_len(&w);
}

static size_t keyreq(struct evil *e, uint8_t *out)
{
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    keyreq_write(&w, e->tag, &e->epoch, 1);
    return writer_len(&w);
}

static size_t key(struct evil *e, uint8_t *out)
{
    struct key_frame k = {.epoch = e->epoch};
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    memcpy(k.tag, e->tag, sizeof(k.tag));
    key_write(&w, &k);
    return writer_len(&w);
}

static size_t plain(uint8_t *out, enum frame_type type, const void *body, size_t len)
{
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, type, 0);
    writer_put(&w, body, len);
    frame_end(&w, begin);
    return writer_len(&w);
}

static size_t credit(struct evil *e, uint8_t *out)
{
    (void)e;
    return plain(out, FRAME_CREDIT, "\xff\xff\xff\xff", 4);
}

static size_t ping(struct evil *e, uint8_t *out)
{
    (void)e;
    return plain(out, FRAME_PING, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
}

static size_t pong(struct evil *e, uint8_t *out)
{
    (void)e;
    return plain(out, FRAME_PONG, "\1\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
}

static size_t card(struct evil *e, uint8_t *out)
{
    return plain(out, FRAME_CARD, e->config->card.at, e->config->card.len);
}

static size_t bobs_card(struct evil *e, uint8_t *out)
{
    return plain(out, FRAME_CARD, world_card(e->w, BOB).at, world_card(e->w, BOB).len);
}

static size_t err(struct evil *e, uint8_t *out)
{
    uint8_t body[64];
    struct writer w = writer_over(body, sizeof(body));
    struct hash item = {{0}};
    memcpy(item.b, mine.id.b, HASH_BYTES);
    (void)e;
    err_write(&w, MUSTER_ECLONED, &item, "no");
    return plain(out, FRAME_ERR, body, writer_len(&w));
}

static size_t bye(struct evil *e, uint8_t *out)
{
    size_t len = err(e, out);
    out[0] = FRAME_BYE;
    return len;
}

static size_t unknown(struct evil *e, uint8_t *out)
{
    (void)e;
    return plain(out, (enum frame_type)200, "of a later version", 18);
}

static size_t nothing(struct evil *e, uint8_t *out)
{
    (void)e, (void)out;
    return 0;
}

static const struct {
    const char *says;
    size_t (*make)(struct evil *e, uint8_t *out);
} frames[] = {
    {"SPACES",             evil_spaces},
    {"CTLHEADS",           ctlheads   },
    {"HEADS",              heads      },
    {"WANT",               want       },
    {"SEG",                seg        },
    {"FRAG",               frag       },
    {"KEYREQ",             keyreq     },
    {"KEY",                key        },
    {"CREDIT",             credit     },
    {"PING",               ping       },
    {"PONG",               pong       },
    {"its own CARD",       card       },
    {"another's CARD",     bobs_card  },
    {"ERR",                err        },
    {"BYE",                bye        },
    {"a type of later",    unknown    },
    {"an empty message",   nothing    },
};

static void be_up(struct evil *e)
{
    if (!evil_is_up(e))
        evil_connect(e);
    assert_true(evil_is_up(e));
}

static void begin(struct scene *s, uint64_t seed)
{
    scene_open(s, seed, RIGHT_WRITE);
    evil_log_open(s->evil, &mine, false);
    evil_segment_make(s->evil, &segment, &mine, NULL, "from Mallory");
}

static void test_every_frame_cut_at_every_byte_harms_nobody(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, 21);
    for (size_t f = 0; f < ARRAY_LEN(frames); f++) {
        print_message("%s\n", frames[f].says);
        be_up(s.evil);
        size_t len = frames[f].make(s.evil, frame);
        for (size_t cut = 0; cut < len; cut++) {
            be_up(s.evil);
            /* Once with the length of the whole, once with its own. */
            evil_send(s.evil, frame, cut);
            world_run(s.w, TICK_MS);
            if (cut >= FRAME_HEADER_BYTES) {
                be_up(s.evil);
                memcpy(changed, frame, cut);
                put_le32(changed + 2, (uint32_t)(cut - FRAME_HEADER_BYTES));
                evil_send(s.evil, changed, cut);
                world_run(s.w, TICK_MS);
            }
        }
    }
    scene_goes_on(&s);
    scene_close(&s);
}

static void test_every_frame_may_come_twice_longer_and_in_any_order(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, 22);
    for (size_t a = 0; a < ARRAY_LEN(frames); a++)
        for (size_t b = 0; b < ARRAY_LEN(frames); b++) {
            be_up(s.evil);
            size_t len = frames[a].make(s.evil, frame);
            for (int n = 0; n < 3; n++)
                evil_send(s.evil, frame, len);
            if (len) {
                frame[len] = 0;
                put_le32(frame + 2, (uint32_t)(len + 1 - FRAME_HEADER_BYTES));
                evil_send(s.evil, frame, len + 1);
            }
            evil_send(s.evil, frame, frames[b].make(s.evil, frame));
            world_run(s.w, TICK_MS);
        }
    scene_agrees(&s);
    scene_close(&s);
}

static void test_any_bit_of_any_frame_may_be_another(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, 23);
    for (size_t f = 0; f < ARRAY_LEN(frames); f++) {
        size_t len = frames[f].make(s.evil, frame);
        for (size_t bit = 0; bit < 8 * len && bit < 8 * 400; bit += 3) {
            be_up(s.evil);
            len = frames[f].make(s.evil, frame);
            frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
            evil_send(s.evil, frame, len);
            if (bit % 60 == 0)
                world_run(s.w, TICK_MS);
        }
    }
    scene_agrees(&s);
    scene_close(&s);
}

/* --- counts beyond limits -------------------------------------------------------------------------------------- */

static size_t many_ctlheads(struct evil *e, uint8_t *out)
{
    memset(out, 0, 65 * 32 + 64);
    memcpy(out + FRAME_HEADER_BYTES, e->tag, 16);
    out[FRAME_HEADER_BYTES + 16] = 65;
    return 17 + 65 * 32;
}

static size_t many_spaces(struct evil *e, uint8_t *out)
{
    (void)e;
    memset(out, 7, 64 * 1024);
    return 48 * (SPACES_MAX + 1);
}

static size_t odd_spaces(struct evil *e, uint8_t *out)
{
    (void)e, (void)out;
    return 47;
}

static size_t many_ranges(struct evil *e, uint8_t *out)
{
    static struct want_range ranges[WANT_RANGES_MAX + 1];
    struct log_name name = {.index = e->names++, .first = true, .id = mine.id};
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        ranges[i] = (struct want_range){i + 1, i + 1};
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    writer_skip(&w, FRAME_HEADER_BYTES);
    writer_put(&w, e->tag, 16);
    want_write(&w, &name, ranges, ARRAY_LEN(ranges));
    return writer_len(&w) - FRAME_HEADER_BYTES;
}

static size_t heads_with(struct evil *e, uint8_t *out, uint64_t index, uint64_t prefix, uint64_t intervals, uint64_t gap)
{
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    writer_skip(&w, FRAME_HEADER_BYTES);
    writer_put(&w, e->tag, 16);
    writer_varint(&w, index * 2 + 1);
    writer_put(&w, mine.id.b, HASH_BYTES);
    writer_varint(&w, prefix);
    if (prefix)
        writer_u64(&w, 0);
    writer_varint(&w, 0);
    writer_varint(&w, intervals);
    for (uint64_t i = 0; i < intervals && i < 2048; i++) {
        writer_varint(&w, gap);
        writer_varint(&w, 1);
        writer_u64(&w, 0);
    }
    return writer_len(&w) - FRAME_HEADER_BYTES;
}

static size_t many_intervals(struct evil *e, uint8_t *out)
{
    return heads_with(e, out, e->names, 1, INTERVALS_MAX + 1, 2);
}

static size_t endless_intervals(struct evil *e, uint8_t *out)
{
    return heads_with(e, out, e->names, 1, UINT64_MAX, 2);
}

static size_t huge_prefix(struct evil *e, uint8_t *out)
{
    return heads_with(e, out, e->names, UINT64_MAX, 0, 0);
}

static size_t huge_gap(struct evil *e, uint8_t *out)
{
    return heads_with(e, out, e->names, UINT64_MAX / 8, 8, UINT64_MAX / 16);
}

static size_t empty_gap(struct evil *e, uint8_t *out)
{
    return heads_with(e, out, e->names, 1, 1, 0);
}

static size_t name_out_of_order(struct evil *e, uint8_t *out)
{
    return heads_with(e, out, e->names + 5, 1, 0, 0);
}

static size_t huge_frag(struct evil *e, uint8_t *out)
{
    (void)e;
    memset(out + FRAME_HEADER_BYTES, 0xff, 32);
    out[FRAME_HEADER_BYTES] = LANE_CATCHUP;
    return 32;
}

static size_t frag_from_the_middle(struct evil *e, uint8_t *out)
{
    (void)e;
    memset(out + FRAME_HEADER_BYTES, 0, 32);
    out[FRAME_HEADER_BYTES + 1] = 200; /* total */
    out[FRAME_HEADER_BYTES + 5] = 100; /* offset */
    return 32;
}

static const struct {
    const char *says;
    enum frame_type type;
    size_t (*make)(struct evil *e, uint8_t *out); /* fills the body; its length */
    enum muster_error closed;
} limits[] = {
    {"65 control heads are too many",                FRAME_CTLHEADS, many_ctlheads,        MUSTER_ETOOBIG   },
    {"65 epochs are too many",                       FRAME_KEYREQ,   many_ctlheads,        MUSTER_ETOOBIG   },
    {"1,025 spaces are too many",                    FRAME_SPACES,   many_spaces,          MUSTER_ETOOBIG   },
    {"a space of 47 bytes is none",                  FRAME_SPACES,   odd_spaces,           MUSTER_ETRUNCATED},
    {"1,025 ranges are too many",                    FRAME_WANT,     many_ranges,          MUSTER_ETOOBIG   },
    {"1,025 intervals are too many",                 FRAME_HEADS,    many_intervals,       MUSTER_ETOOBIG   },
    {"so are endless ones",                          FRAME_HEADS,    endless_intervals,    MUSTER_ETOOBIG   },
    {"a prefix beyond counting is too big",          FRAME_HEADS,    huge_prefix,          MUSTER_ETOOBIG   },
    {"intervals do not run beyond counting",         FRAME_HEADS,    huge_gap,             MUSTER_EBADVALUE },
    {"an interval without a gap belongs before it",  FRAME_HEADS,    empty_gap,            MUSTER_EBADVALUE },
    {"a name that skips indices is refused",         FRAME_HEADS,    name_out_of_order,    MUSTER_EBADVALUE },
    {"a SEG in pieces is no longer than a whole",    FRAME_FRAG,     huge_frag,            MUSTER_ETOOBIG   },
    {"pieces begin at the beginning",                FRAME_FRAG,     frag_from_the_middle, MUSTER_EBADVALUE },
};

static void test_counts_beyond_limits_end_the_session(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, 24);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        print_message("%s\n", limits[i].says);
        evil_connect(s.evil);
        size_t len = limits[i].make(s.evil, frame);
        frame[0] = (uint8_t)limits[i].type;
        frame[1] = 0;
        put_le32(frame + 2, (uint32_t)len);
        evil_send(s.evil, frame, FRAME_HEADER_BYTES + len);
        world_run(s.w, 2 * TICK_MS);
        assert_int_equal(evil_closed(s.evil), limits[i].closed);
    }
    /* A frame's length is believed up to the limit, and the message's end counts. */
    evil_connect(s.evil);
    put_le32(frame + 2, FRAME_BODY_MAX + 1);
    evil_send(s.evil, frame, sizeof(frame));
    world_run(s.w, 2 * TICK_MS);
    assert_int_equal(evil_closed(s.evil), MUSTER_ETOOBIG);
    scene_goes_on(&s);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_frame_cut_at_every_byte_harms_nobody),
        cmocka_unit_test(test_every_frame_may_come_twice_longer_and_in_any_order),
        cmocka_unit_test(test_any_bit_of_any_frame_may_be_another),
        cmocka_unit_test(test_counts_beyond_limits_end_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
