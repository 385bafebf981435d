/* frame_test.c — every frame: written and read again, cut at every byte, lengthened, with counts at and beyond its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/wire/frame.h"

#include <stdlib.h>

static uint8_t out[MESSAGE_BYTES_MAX];

static struct bytes body_of(const struct writer *w)
{
    return (struct bytes){w->start + FRAME_HEADER_BYTES, writer_len(w) - FRAME_HEADER_BYTES};
}

/* --- each frame as a row: it is written, and read from a body of any length ---------------------------------------- */

static size_t write_hello(void)
{
    struct hello h = {.version_min = 1, .version_max = 3, .features = 0x123456789abcdef0, .critical = 5, .item_max = 77,
                      .credit = UINT32_MAX, .clock_ms = UINT64_MAX, .nonce = {1, 2}, .boot = {3},
                      .software = {(const uint8_t *)"muster 1.2", 10}};
    struct writer w = writer_over(out, sizeof(out));
    hello_write(&w, &h);
    return writer_len(&w);
}

static enum muster_error read_hello(struct bytes body, bool whole)
{
    struct hello h;
    enum muster_error error = hello_read(&h, body);
    if (whole) {
        assert_int_equal(h.version_max, 3);
        assert_true(h.features == 0x123456789abcdef0 && h.critical == 5 && h.item_max == 77 && h.credit == UINT32_MAX);
        assert_true(h.clock_ms == UINT64_MAX && h.nonce[1] == 2 && h.boot[0] == 3);
        assert_memory_equal(h.software.at, "muster 1.2", 10);
    }
    return error;
}

static size_t write_auth(void)
{
    struct auth a = {.card = {(const uint8_t *)"a card", 6}, .signature = {{9}}};
    struct writer w = writer_over(out, sizeof(out));
    auth_write(&w, &a);
    return writer_len(&w);
}

static enum muster_error read_auth(struct bytes body, bool whole)
{
    struct auth a;
    enum muster_error error = auth_read(&a, body);
    if (whole) {
        assert_int_equal(a.card.len, 6);
        assert_memory_equal(a.card.at, "a card", 6);
        assert_int_equal(a.signature.b[0], 9);
    }
    return error;
}

static const uint8_t tag[16] = {1, 2, 3};

static size_t write_ctlheads(void)
{
    struct record_id ids[64] = {{{7}}};
    struct writer w = writer_over(out, sizeof(out));
    ids[63].b[31] = 8;
    ctlheads_write(&w, tag, ids, 64);
    return writer_len(&w);
}

static enum muster_error read_ctlheads(struct bytes body, bool whole)
{
    struct record_id ids[64];
    uint8_t got[16];
    size_t count;
    enum muster_error error = ctlheads_read(got, ids, &count, body);
    if (whole) {
        assert_int_equal(count, 64);
        assert_memory_equal(got, tag, 16);
        assert_int_equal(ids[63].b[31], 8);
    }
    return error;
}

static size_t write_heads(void)
{
    static struct heads_entry e = {.log = {.index = 200, .first = true, .id = {{5}}}, .prefix = 300, .hash = {1}, .fork_at = 7,
                                   .interval_count = 2,
                                   .intervals = {{302, 302, {2}}, {1000000, UINT64_MAX / 8, {3}}}};
    static struct heads_entry empty = {.log = {.index = 3}};
    struct writer w = writer_over(out, sizeof(out));
    uint8_t *begin = frame_begin(&w, FRAME_HEADS, HEADS_FULL);
    heads_begin(&w, tag);
    heads_entry_write(&w, &e);
    heads_entry_write(&w, &empty);
    frame_end(&w, begin);
    return writer_len(&w);
}

static enum muster_error read_heads(struct bytes body, bool whole)
{
    static struct heads_entry e;
    struct cursor c;
    uint8_t got[16];
    enum muster_error error = heads_open(got, &c, body);
    if (!error && heads_next(&c, &e, &error) && whole) {
        assert_true(e.log.index == 200 && e.log.first && e.log.id.b[0] == 5 && e.prefix == 300 && e.fork_at == 7);
        assert_int_equal(e.interval_count, 2);
        assert_true(e.intervals[0].first == 302 && e.intervals[0].last == 302 && e.intervals[0].hash[0] == 2);
        assert_true(e.intervals[1].first == 1000000 && e.intervals[1].last == UINT64_MAX / 8);
    }
    while (!error && heads_next(&c, &e, &error))
        if (whole)
            assert_true(e.log.index == 3 && !e.log.first && !e.prefix && !e.fork_at && !e.interval_count);
    return error;
}

static size_t write_want(void)
{
    struct want_range ranges[] = {{1, 1}, {5, UINT64_MAX / 8}};
    struct log_name name = {.index = UINT32_MAX, .first = true, .id = {{4}}};
    struct writer w = writer_over(out, sizeof(out));
    uint8_t *begin = frame_begin(&w, FRAME_WANT, 0);
    writer_put(&w, tag, 16);
    want_write(&w, &name, ranges, 2);
    frame_end(&w, begin);
    return writer_len(&w);
}

static enum muster_error read_want(struct bytes body, bool whole)
{
    static struct want_range ranges[WANT_RANGES_MAX];
    struct cursor c = cursor_over(body.at, body.len);
    struct log_name name;
    uint8_t got[16];
    size_t count, entries = 0;
    enum muster_error error = MUSTER_OK;
    cursor_copy(&c, got, 16);
    while (want_next(&c, &name, ranges, &count, &error)) {
        entries++;
        if (whole) {
            assert_true(name.index == UINT32_MAX && name.first && name.id.b[0] == 4);
            assert_int_equal(count, 2);
            assert_true(ranges[1].first == 5 && ranges[1].last == UINT64_MAX / 8);
        }
    }
    if (whole)
        assert_int_equal(entries, 1);
    return error;
}

static size_t write_seg(void)
{
    struct seg s = {.lane = 4, .log = {{6}}, .genesis = {(const uint8_t *)"genesis", 7}};
    memcpy(s.tag, tag, 16);
    struct writer w = writer_over(out, sizeof(out));
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &s);
    frame_end(&w, begin);
    return writer_len(&w);
}

static enum muster_error read_seg(struct bytes body, bool whole)
{
    struct seg s;
    enum muster_error error = seg_read(&s, body);
    if (whole) {
        assert_true(s.lane == 4 && s.log.b[0] == 6 && s.genesis.len == 7 && s.segments.len == 0);
        assert_memory_equal(s.genesis.at, "genesis", 7);
    }
    return error;
}

static size_t write_frag(void)
{
    struct frag f = {.lane = 3, .total = FRAME_BODY_MAX, .offset = 100, .piece = {(const uint8_t *)"p", 1}};
    struct writer w = writer_over(out, sizeof(out));
    frag_write(&w, &f);
    return writer_len(&w);
}

static enum muster_error read_frag(struct bytes body, bool whole)
{
    struct frag f;
    enum muster_error error = frag_read(&f, body);
    if (whole)
        assert_true(f.lane == 3 && f.total == FRAME_BODY_MAX && f.offset == 100 && f.piece.len == 1);
    return error;
}

static size_t write_key(void)
{
    struct key_frame k = {.epoch = {{2}}, .sealed = {3}};
    struct writer w = writer_over(out, sizeof(out));
    key_write(&w, &k);
    return writer_len(&w);
}

static enum muster_error read_key(struct bytes body, bool whole)
{
    struct key_frame k;
    enum muster_error error = key_read(&k, body);
    if (whole)
        assert_true(k.epoch.b[0] == 2 && k.sealed[0] == 3);
    return error;
}

static size_t write_err(void)
{
    struct hash item = {{1}};
    struct writer w = writer_over(out, sizeof(out));
    uint8_t *begin = frame_begin(&w, FRAME_ERR, 0);
    err_write(&w, MUSTER_EHASH, &item, "what it is about");
    frame_end(&w, begin);
    return writer_len(&w);
}

static enum muster_error read_err(struct bytes body, bool whole)
{
    struct err_frame e;
    enum muster_error error = err_read(&e, body);
    if (whole) {
        assert_true(e.error == MUSTER_EHASH && e.item.b[0] == 1 && e.text.len == 16);
        assert_memory_equal(e.text.at, "what it is about", 16);
    }
    return error;
}

enum tail { STRICT, OPEN, MORE }; /* a byte behind the end: refused; of a later version, passed over; belongs to it */

static const struct {
    const char *says;
    size_t (*write)(void);
    enum muster_error (*read)(struct bytes body, bool whole);
    enum tail tail;
    size_t shortest; /* a body of so many bytes is whole already: what follows is further entries */
} frames[] = {
    {"HELLO",    write_hello,    read_hello,    OPEN,   0 },
    {"AUTH",     write_auth,     read_auth,     STRICT, 0 },
    {"CTLHEADS", write_ctlheads, read_ctlheads, STRICT, 0 },
    {"HEADS",    write_heads,    read_heads,    STRICT, 16},
    {"WANT",     write_want,     read_want,     STRICT, 16},
    {"SEG",      write_seg,      read_seg,      MORE,   0 },
    {"FRAG",     write_frag,     read_frag,     MORE,   0 },
    {"KEY",      write_key,      read_key,      STRICT, 0 },
    {"ERR",      write_err,      read_err,      OPEN,   0 },
};

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        struct frame f;
        size_t len = frames[i].write();
        struct cursor message = cursor_over(out, len);
        print_message("%s\n", frames[i].says);
        assert_int_equal(frame_next(&message, &f), MUSTER_OK);
        assert_string_equal(frame_name(f.type), frames[i].says);
        assert_int_equal(frames[i].read(f.body, true), MUSTER_OK);
        assert_int_equal(frame_next(&message, &f), MUSTER_OK);
        assert_int_equal(f.type, 0);
    }
}

static void test_a_body_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        size_t len = frames[i].write() - FRAME_HEADER_BYTES;
        size_t wholes = 0;
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1); /* so that reading on is seen */
            memcpy(exact, out + FRAME_HEADER_BYTES, cut);
            enum muster_error error = frames[i].read((struct bytes){exact, cut}, false);
            bool between = frames[i].shortest && cut >= frames[i].shortest && error == MUSTER_OK;
            wholes += between;
            if (!between)
                assert_int_not_equal(error, MUSTER_OK);
            free(exact);
        }
        assert_true(wholes <= 2); /* only where an entry ends */
        out[FRAME_HEADER_BYTES + len] = 0x81;
        enum muster_error error = frames[i].read((struct bytes){out + FRAME_HEADER_BYTES, len + 1}, false);
        if (frames[i].tail == STRICT)
            assert_int_not_equal(error, MUSTER_OK);
        else
            assert_int_equal(error, MUSTER_OK);
    }
}

/* --- the frame's own header ------------------------------------------------------------------------------------------ */

static const struct {
    const char *says;
    uint8_t bytes[8];
    size_t len;
    enum muster_error want;
    uint8_t type;
} headers[] = {
    {"nothing is the end of a message",     {0},                         0, MUSTER_OK,         0  },
    {"a header alone is an empty frame",    {200, 1, 0, 0, 0, 0},        6, MUSTER_OK,         200},
    {"a header of five bytes is none",      {1, 0, 0, 0, 0},             5, MUSTER_ETRUNCATED, 1  },
    {"a body may not be shorter than said", {1, 0, 3, 0, 0, 0, 9, 9},    8, MUSTER_ETRUNCATED, 1  },
    {"type 0 is none",                      {0, 0, 0, 0, 0, 0},          6, MUSTER_EBADVALUE,  0  },
    {"four gigabytes are too many",         {1, 0, 255, 255, 255, 255},  6, MUSTER_ETOOBIG,    1  },
};

static void test_a_frame_keeps_to_its_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        struct cursor c = cursor_over(headers[i].bytes, headers[i].len);
        struct frame f;
        print_message("%s\n", headers[i].says);
        assert_int_equal(frame_next(&c, &f), headers[i].want);
        assert_int_equal(f.type, headers[i].type);
    }
    assert_string_equal(frame_name(0), "unknown");
    assert_string_equal(frame_name(255), "unknown");
}

/* --- limits ------------------------------------------------------------------------------------------------------------ */

static enum muster_error read_heads_of(uint64_t prefix, uint64_t fork_at, uint64_t count, uint64_t gap, uint64_t length)
{
    struct writer w = writer_over(out, sizeof(out));
    writer_skip(&w, FRAME_HEADER_BYTES);
    writer_put(&w, tag, 16);
    writer_varint(&w, 0);
    writer_varint(&w, prefix);
    if (prefix)
        writer_u64(&w, 0);
    writer_varint(&w, fork_at);
    writer_varint(&w, count);
    for (uint64_t i = 0; i < count && i <= INTERVALS_MAX; i++) {
        writer_varint(&w, gap);
        writer_varint(&w, length);
        writer_u64(&w, 0);
    }
    return read_heads(body_of(&w), false);
}

static enum muster_error read_want_of(uint64_t first, uint64_t length, uint64_t count)
{
    struct writer w = writer_over(out, sizeof(out));
    writer_skip(&w, FRAME_HEADER_BYTES);
    writer_put(&w, tag, 16);
    writer_varint(&w, 0);
    writer_varint(&w, count);
    for (uint64_t i = 0; i < count && i <= WANT_RANGES_MAX; i++) {
        writer_varint(&w, first);
        writer_varint(&w, length);
    }
    return read_want(body_of(&w), false);
}

static enum muster_error read_frag_of(uint32_t total, uint32_t offset, size_t len, uint8_t lane)
{
    struct writer w = writer_over(out, sizeof(out));
    writer_skip(&w, FRAME_HEADER_BYTES);
    writer_u8(&w, lane);
    writer_u32(&w, total);
    writer_u32(&w, offset);
    writer_skip(&w, len);
    return read_frag(body_of(&w), false);
}

static enum muster_error read_lists_of(uint8_t count)
{
    struct record_id ids[64];
    uint8_t got[16];
    size_t n;
    memset(out, 0, 17 + 32 * 256);
    out[16] = count;
    struct bytes body = {out, 17 + 32 * (size_t)count};
    enum muster_error error = keyreq_read(got, ids, &n, body);
    assert_int_equal(ctlheads_read(got, ids, &n, body), error);
    return error;
}

static enum muster_error read_spaces_of(size_t count)
{
    struct bytes entries;
    size_t n;
    memset(out, 0, 48 * (count + 1));
    return spaces_read(&entries, &n, (struct bytes){out, 48 * count});
}

static enum muster_error read_seg_of(uint8_t lane, uint16_t genesis)
{
    struct seg s;
    struct writer w = writer_over(out, sizeof(out));
    writer_put(&w, tag, 16);
    writer_u8(&w, lane);
    writer_skip(&w, HASH_BYTES);
    writer_u16(&w, genesis);
    writer_skip(&w, genesis);
    return seg_read(&s, (struct bytes){out, writer_len(&w)});
}

static enum muster_error read_hello_of(uint8_t software, const char *text)
{
    size_t len = write_hello();
    struct hello h;
    out[len - 11] = software;
    memset(out + len - 10, 'x', 255);
    memcpy(out + len - 10, text, strlen(text));
    return hello_read(&h, (struct bytes){out + FRAME_HEADER_BYTES, len - FRAME_HEADER_BYTES - 10 + software});
}

static void test_counts_at_and_beyond_their_limits(void **state)
{
    (void)state;
    const struct {
        const char *says;
        enum muster_error got, want;
    } rows[] = {
        {"1,024 intervals are read",              read_heads_of(1, 0, INTERVALS_MAX, 2, 0),       MUSTER_OK        },
        {"1,025 are not",                         read_heads_of(1, 0, INTERVALS_MAX + 1, 2, 0),   MUSTER_ETOOBIG   },
        {"a count beyond counting is not",        read_heads_of(1, 0, UINT64_MAX, 2, 0),          MUSTER_ETOOBIG   },
        {"the highest prefix is read",            read_heads_of(UINT64_MAX / 4, 0, 0, 0, 0),      MUSTER_OK        },
        {"one more is not",                       read_heads_of(UINT64_MAX / 4 + 1, 0, 0, 0, 0),  MUSTER_ETOOBIG   },
        {"nor a fork there",                      read_heads_of(1, UINT64_MAX, 0, 0, 0),          MUSTER_ETOOBIG   },
        {"intervals never run over",              read_heads_of(1, 0, 64, UINT64_MAX / 8, 0),     MUSTER_EBADVALUE },
        {"an interval of endless length is none", read_heads_of(1, 0, 1, 1, UINT64_MAX),          MUSTER_EBADVALUE },
        {"an interval touches nothing",           read_heads_of(1, 0, 1, 0, 1),                   MUSTER_EBADVALUE },
        {"1,024 ranges are read",                 read_want_of(1, 0, WANT_RANGES_MAX),            MUSTER_OK        },
        {"1,025 are not",                         read_want_of(1, 0, WANT_RANGES_MAX + 1),        MUSTER_ETOOBIG   },
        {"position 0 is none",                    read_want_of(0, 0, 1),                          MUSTER_EBADVALUE },
        {"a range never runs over",               read_want_of(UINT64_MAX / 4, UINT64_MAX, 1),    MUSTER_EBADVALUE },
        {"a piece fits what it is a piece of",    read_frag_of(10, 9, 1, 0),                      MUSTER_OK        },
        {"one byte further it does not",          read_frag_of(10, 10, 1, 0),                     MUSTER_ETOOBIG   },
        {"an offset beyond counting neither",     read_frag_of(10, UINT32_MAX, 1, 0),             MUSTER_ETOOBIG   },
        {"a whole is no longer than a frame",     read_frag_of(FRAME_BODY_MAX + 1, 0, 1, 0),      MUSTER_ETOOBIG   },
        {"an empty piece is none",                read_frag_of(10, 0, 0, 0),                      MUSTER_EBADVALUE },
        {"there is no lane 5",                    read_frag_of(10, 0, 1, 5),                      MUSTER_EBADVALUE },
        {"64 ids are read",                       read_lists_of(64),                              MUSTER_OK        },
        {"65 are not",                            read_lists_of(65),                              MUSTER_ETOOBIG   },
        {"1,024 spaces are read",                 read_spaces_of(SPACES_MAX),                     MUSTER_OK        },
        {"1,025 are not",                         read_spaces_of(SPACES_MAX + 1),                 MUSTER_ETOOBIG   },
        {"a genesis of the longest is read",      read_seg_of(0, LOG_GENESIS_MAX),                MUSTER_OK        },
        {"a longer one is not",                   read_seg_of(0, LOG_GENESIS_MAX + 1),            MUSTER_ETOOBIG   },
        {"nor a lane that does not exist",        read_seg_of(5, 0),                              MUSTER_EBADVALUE },
        {"64 bytes name a software",              read_hello_of(64, ""),                          MUSTER_OK        },
        {"65 do not",                             read_hello_of(65, ""),                          MUSTER_ETOOBIG   },
        {"it is text",                            read_hello_of(4, "\xff\xfe"),                   MUSTER_EUTF8     },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", rows[i].says);
        assert_int_equal(rows[i].got, rows[i].want);
    }
}

/* --- what both sides compute from the nonces ------------------------------------------------------------------------- */

static void test_keyed_names_are_of_one_session_only(void **state)
{
    (void)state;
    uint8_t one[32] = {1}, two[32] = {2}, three[32] = {3}, a[32], b[32], c[32], x[16], y[16], s[8], t[8];
    struct space_id space = {{5}};
    struct segment_id head = {{6}};
    session_key_of(a, one, two);
    session_key_of(b, two, one);
    session_key_of(c, one, three);
    assert_memory_equal(a, b, 32);
    assert_memory_not_equal(a, c, 32);
    space_tag_of(x, a, &space);
    space_tag_of(y, c, &space);
    assert_memory_not_equal(x, y, 16);
    assert_memory_not_equal(x, space.b, 16);
    head_short(s, a, &head);
    head_short(t, c, &head);
    assert_memory_not_equal(s, t, 8);
    assert_memory_not_equal(s, head.b, 8);
    struct curve_public p = {{1}}, q = {{2}};
    struct hash mine = auth_binding(one, two, &p, &q), theirs = auth_binding(two, one, &q, &p);
    assert_memory_not_equal(mine.b, theirs.b, 32); /* what one side signed cannot be sent back to it */
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == MUSTER_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_a_body_cut_anywhere_is_refused),
        cmocka_unit_test(test_a_frame_keeps_to_its_message),
        cmocka_unit_test(test_counts_at_and_beyond_their_limits),
        cmocka_unit_test(test_keyed_names_are_of_one_session_only),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
