/* blob_test.c — attachments: their chunks, their references as text, their frames, and their way between nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"
#include "support/world.h"

#include <stdlib.h>

/* --- chunks ------------------------------------------------------------------------------------------ */

static const uint8_t prefix[BLOB_PREFIX_BYTES] = {9, 8, 7};
static const struct seal_key key = {{1, 2, 3}};

static void test_a_chunk_opens_only_as_what_it_is(void **state)
{
    (void)state;
    static const struct { const char *says; uint32_t number, total; enum muster_error want; } rows[] = {
        {"opens at its place", 2, 5, MUSTER_OK},
        {"refuses another place", 3, 5, MUSTER_EDECRYPT},
        {"refuses another number of chunks", 2, 6, MUSTER_EDECRYPT},
        {"refuses to be the last one", 2, 3, MUSTER_EDECRYPT},
    };
    uint8_t sealed[40 + BLOB_CHUNK_EXTRA], plain[40] = "the dike at Jinsha, photographed", out[40];
    assert_int_equal(crypto_start(), MUSTER_OK);
    assert_int_equal(blob_chunk_seal(sealed, plain, sizeof(plain), 2, 5, prefix, &key), sizeof(sealed));
    struct bytes whole = {sealed, sizeof(sealed)};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum muster_error got = blob_chunk_open(out, whole, rows[i].number, rows[i].total, &key);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].says, error_name(got));
    }
    assert_int_equal(blob_chunk_open(out, whole, 2, 5, &key), MUSTER_OK);
    assert_memory_equal(out, plain, sizeof(plain));
    assert_int_equal(blob_chunk_open(out, whole, 2, 5, &(struct seal_key){{1}}), MUSTER_EDECRYPT);
    assert_int_equal(blob_chunk_open(out, (struct bytes){sealed, BLOB_CHUNK_EXTRA}, 2, 5, &key), MUSTER_ETRUNCATED);
    struct hash leaf = blob_leaf(whole);
    for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct hash other = blob_leaf(whole);
        assert_int_equal(blob_chunk_open(out, whole, 2, 5, &key), MUSTER_EDECRYPT);
        assert_memory_not_equal(leaf.b, other.b, HASH_BYTES);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_chunks_are_counted(void **state)
{
    (void)state;
    static const struct { uint32_t bytes, chunks; } rows[] = {
        {0, 0}, {1, 1}, {BLOB_CHUNK_BYTES, 1}, {BLOB_CHUNK_BYTES + 1, 2}, {BLOB_BYTES_MAX, BLOB_CHUNKS_MAX},
        {BLOB_BYTES_MAX + 1, 0}, {UINT32_MAX, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(blob_chunks(rows[i].bytes), rows[i].chunks);
}

/* --- the reference as text --------------------------------------------------------------------------- */

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_a_reference_is_read_as_it_is_written(void **state)
{
    (void)state;
    static const struct { const char *says, *text; enum muster_error want; } rows[] = {
        {"takes a photo", "blob:" HEX64 ":12:" HEX64 ":image/jpeg:breach.jpg", MUSTER_OK},
        {"takes a name in Chinese", "blob:" HEX64 ":8388608:" HEX64 "::决口.jpg", MUSTER_OK},
        {"refuses too many bytes", "blob:" HEX64 ":8388609:" HEX64 ":a/b:c", MUSTER_EBADVALUE},
        {"refuses no bytes", "blob:" HEX64 ":0:" HEX64 ":a/b:c", MUSTER_EBADVALUE},
        {"refuses a leading zero", "blob:" HEX64 ":012:" HEX64 ":a/b:c", MUSTER_EBADVALUE},
        {"refuses a short id", "blob:0011:12:" HEX64 ":a/b:c", MUSTER_EBADVALUE},
        {"refuses a short key", "blob:" HEX64 ":12:00:a/b:c", MUSTER_EBADVALUE},
        {"refuses a missing name", "blob:" HEX64 ":12:" HEX64 ":a/b", MUSTER_EBADVALUE},
        {"refuses a colon in the name", "blob:" HEX64 ":12:" HEX64 ":a/b:c:d", MUSTER_EBADVALUE},
        {"refuses a path as the name", "blob:" HEX64 ":12:" HEX64 ":a/b:../c", MUSTER_EBADVALUE},
        {"refuses a control character", "blob:" HEX64 ":12:" HEX64 ":a/b:c\n", MUSTER_EBADVALUE},
        {"refuses another scheme", "http:" HEX64 ":12:" HEX64 ":a/b:c", MUSTER_EBADVALUE},
        {"refuses nothing", "", MUSTER_EBADVALUE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct blob_ref ref;
        char text[BLOB_TEXT_MAX];
        enum muster_error got = blob_text_read(&ref, rows[i].text, strlen(rows[i].text));
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].says, error_name(got));
        if (!got) {
            blob_text(text, &ref);
            assert_string_equal(text, rows[i].text);
        }
    }
    struct blob_ref odd = {.bytes = 3, .type = "text/plain", .name = "../a:b\n"}, back;
    char text[BLOB_TEXT_MAX];
    blob_text(text, &odd);
    assert_int_equal(blob_text_read(&back, text, strlen(text)), MUSTER_OK);
    assert_string_equal(back.name, ".._a_b_");
    memset(odd.name, 'n', BLOB_NAME_MAX);
    memset(odd.type, 't', BLOB_TYPE_MAX);
    odd.bytes = BLOB_BYTES_MAX;
    blob_text(text, &odd);
    assert_int_equal(blob_text_read(&back, text, strlen(text)), MUSTER_OK);
}

/* --- frames ------------------------------------------------------------------------------------------ */

static void test_a_question_keeps_its_bounds(void **state)
{
    (void)state;
    static const struct { const char *says; uint32_t total, first, count; uint8_t hops; enum muster_error want; } rows[] = {
        {"asks for one of one", 1, 0, 1, 0, MUSTER_OK},
        {"asks for all", BLOB_CHUNKS_MAX, 0, BLOB_CHUNKS_MAX, BLOB_HOPS_MAX, MUSTER_OK},
        {"asks for the last", BLOB_CHUNKS_MAX, BLOB_CHUNKS_MAX - 1, 1, 1, MUSTER_OK},
        {"refuses none in all", 0, 0, 1, 0, MUSTER_EBADVALUE},
        {"refuses too many in all", BLOB_CHUNKS_MAX + 1, 0, 1, 0, MUSTER_EBADVALUE},
        {"refuses none", 4, 0, 0, 0, MUSTER_EBADVALUE},
        {"refuses one beyond the end", 4, 3, 2, 0, MUSTER_EBADVALUE},
        {"refuses to begin at the end", 4, 4, 1, 0, MUSTER_EBADVALUE},
        {"refuses a count that wraps", 4, 1, UINT32_MAX, 0, MUSTER_EBADVALUE},
        {"refuses too many hops", 4, 0, 1, BLOB_HOPS_MAX + 1, MUSTER_EBADVALUE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t out[256];
        struct writer w = writer_over(out, sizeof(out));
        struct blobwant ask = {.tag = {5}, .blob = {{6}}, .hops = rows[i].hops, .total = rows[i].total,
                               .first = rows[i].first, .count = rows[i].count}, got;
        blobwant_write(&w, &ask);
        struct bytes body = {out + FRAME_HEADER_BYTES, writer_len(&w) - FRAME_HEADER_BYTES};
        enum muster_error error = blobwant_read(&got, body);
        if (error != rows[i].want)
            fail_msg("%s: %s", rows[i].says, error_name(error));
        for (size_t cut = 0; cut < body.len; cut++)
            assert_int_not_equal(blobwant_read(&got, (struct bytes){body.at, cut}), MUSTER_OK);
        if (!error) {
            assert_int_equal(blobwant_read(&got, (struct bytes){body.at, body.len + 1}), MUSTER_ETRAILING);
            assert_true(got.total == ask.total && got.first == ask.first && got.count == ask.count && got.hops == ask.hops);
        }
    }
}

/* A frame with a bit flipped is refused, or belongs to another space or blob, or says another number of chunks. */
static void test_no_bit_of_a_chunk_on_its_way_can_change(void **state)
{
    (void)state;
    enum { TOTAL = 3, LEN = 20 };
    uint8_t sealed[TOTAL][LEN + BLOB_CHUNK_EXTRA], out[512], plain[LEN] = "water";
    struct hash leaves[TOTAL];
    for (uint32_t i = 0; i < TOTAL; i++) {
        blob_chunk_seal(sealed[i], plain, LEN, i, TOTAL, prefix, &key);
        leaves[i] = blob_leaf((struct bytes){sealed[i], sizeof(sealed[i])});
    }
    struct blob_frame f = {.tag = {4}, .blob = merkle_root(leaves, TOTAL), .total = TOTAL, .number = 1, .sealed = {sealed[1], sizeof(sealed[1])}};
    f.path_len = merkle_path(f.path, leaves, TOTAL, 1);
    struct writer w = writer_over(out, sizeof(out));
    blob_frame_write(&w, &f);
    struct bytes body = {out + FRAME_HEADER_BYTES, writer_len(&w) - FRAME_HEADER_BYTES};
    size_t taken = 0;
    for (size_t bit = 0; bit <= 8 * body.len; bit++) {
        struct blob_frame got;
        bool flipped = bit < 8 * body.len;
        if (flipped)
            out[FRAME_HEADER_BYTES + bit / 8] ^= (uint8_t)(1 << bit % 8);
        bool good = blob_frame_read(&got, body) == MUSTER_OK && memcmp(got.tag, f.tag, 16) == 0 &&
                    memcmp(got.blob.b, f.blob.b, HASH_BYTES) == 0 && got.total == TOTAL;
        struct hash leaf = good ? blob_leaf(got.sealed) : (struct hash){{0}};
        good = good && merkle_verify(&got.blob, &leaf, got.total, got.number, got.path, got.path_len) == MUSTER_OK;
        taken += good;
        assert_int_equal(good, !flipped);
        if (flipped)
            out[FRAME_HEADER_BYTES + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(taken, 1);
}

/* --- between nodes ----------------------------------------------------------------------------------- */

enum { PHOTO = 10 * BLOB_CHUNK_BYTES + 777, PHOTO_CHUNKS = 11 };

struct scene {
    struct world *w;
    size_t a, b, c;
    struct space_id space;
    uint8_t *photo, *out;
    struct blob_ref ref;
    /* the filter */
    size_t from;          /* whose messages are looked at */
    unsigned flips;       /* of so many messages with parts of chunks the last byte is changed */
    unsigned parts, most; /* seen; beyond `most` they, and credit for them, are lost */
    bool choke;           /* no credit comes back */
};

static bool on_the_way(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len)
{
    struct scene *s = user;
    (void)to;
    bool part = bytes[0] == FRAME_BLOB || (bytes[0] == FRAME_FRAG && bytes[FRAME_HEADER_BYTES] == 4);
    if (s->choke && bytes[0] == FRAME_CREDIT)
        return false;
    if (from != s->from || !part)
        return true;
    s->parts++;
    if (s->flips) {
        s->flips--;
        bytes[*len - 1] ^= 1;
    }
    return s->parts <= s->most;
}

static struct scene *scene_new(uint64_t seed, enum right middle)
{
    struct scene *s = calloc(1, sizeof(*s));
    s->w = world_new(seed);
    s->a = world_node(s->w, "A");
    s->b = world_node(s->w, "B");
    s->c = world_node(s->w, "C");
    s->photo = malloc(PHOTO);
    s->out = malloc(PHOTO);
    s->from = s->a;
    s->most = UINT32_MAX;
    for (size_t i = 0; i < PHOTO; i++)
        s->photo[i] = (uint8_t)(i * 31 + i / 251);
    assert_int_equal(world_space(s->w, s->a, "flood", false, &s->space), MUSTER_OK);
    assert_int_equal(world_invite(s->w, s->a, &s->space, s->b, middle), MUSTER_OK);
    assert_int_equal(world_invite(s->w, s->a, &s->space, s->c, RIGHT_READ), MUSTER_OK);
    world_connect(s->w, s->b, s->a);
    world_connect(s->w, s->c, s->a);
    assert_true(world_settle(s->w, 60000));
    world_cut(s->w, s->c, s->a); /* from here on C meets only B */
    world_connect(s->w, s->c, s->b);
    assert_true(world_settle(s->w, 60000));
    assert_int_equal(world_blob_put(s->w, s->a, &s->space, s->photo, PHOTO, &s->ref), MUSTER_OK);
    world_set_filter(s->w, on_the_way, s);
    return s;
}

static void scene_free(struct scene *s)
{
    world_free(s->w);
    free(s->photo);
    free(s->out);
    free(s);
}

static uint32_t held(struct scene *s, size_t node, enum muster_error want)
{
    uint32_t have, total;
    memset(s->out, 0, PHOTO);
    assert_int_equal(core_blob_open(world_core(s->w, node), 0, &s->ref, s->out, &have, &total), want);
    assert_int_equal(total, PHOTO_CHUNKS);
    return have;
}

static void assert_arrived(struct scene *s, size_t node)
{
    assert_int_equal(held(s, node, MUSTER_OK), PHOTO_CHUNKS);
    assert_memory_equal(s->out, s->photo, PHOTO);
}

static void test_an_attachment_comes_when_somebody_wishes_for_it(void **state)
{
    (void)state;
    struct scene *s = scene_new(41, RIGHT_WRITE);
    assert_arrived(s, s->a);
    world_run(s->w, 5000);
    assert_int_equal(held(s, s->b, MUSTER_EWAITS), 0); /* nothing is pushed */
    assert_int_equal(s->parts, 0);
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    assert_true(world_settle(s->w, 60000));
    assert_arrived(s, s->b);
    assert_int_equal(held(s, s->c, MUSTER_EWAITS), 0);
    world_restart(s->w, s->b);
    assert_arrived(s, s->b);
    scene_free(s);
}

static void test_a_relay_passes_on_what_it_cannot_read(void **state)
{
    (void)state;
    struct scene *s = scene_new(42, RIGHT_RELAY);
    world_blob_want(s->w, s->c, &s->space, &s->ref);
    world_run(s->w, 30000);
    assert_arrived(s, s->c);
    /* The relay keeps every chunk; without the key of the record it opens none of them. */
    struct seal_key good = s->ref.key;
    memset(&s->ref.key, 0, sizeof(s->ref.key));
    held(s, s->b, MUSTER_EDECRYPT);
    s->ref.key = good;
    assert_arrived(s, s->b);
    assert_false(world_seen_on_wire(s->w, s->photo + 5 * BLOB_CHUNK_BYTES, 64));
    scene_free(s);
}

static void test_a_wrong_chunk_is_refused_and_asked_for_again(void **state)
{
    (void)state;
    struct scene *s = scene_new(43, RIGHT_WRITE);
    s->flips = 30;
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    world_run(s->w, 60000);
    assert_int_equal(s->flips, 0);
    assert_true(world_events(s->w, s->b, "blob.refused") > 0);
    assert_arrived(s, s->b);
    assert_true(world_linked(s->w, s->a, s->b)); /* a bad chunk ends no session */
    scene_free(s);
}

static void test_what_was_interrupted_goes_on_where_it_was(void **state)
{
    (void)state;
    struct scene *s = scene_new(44, RIGHT_WRITE);
    s->most = 12;
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    world_run(s->w, 2000);
    uint32_t before = held(s, s->b, MUSTER_EWAITS);
    assert_in_range(before, 1, PHOTO_CHUNKS - 1);
    world_cut(s->w, s->b, s->a);
    world_restart(s->w, s->b);
    assert_int_equal(held(s, s->b, MUSTER_EWAITS), before);
    s->most = UINT32_MAX;
    world_connect(s->w, s->b, s->a);
    world_connect(s->w, s->c, s->b);
    assert_true(world_settle(s->w, 60000));
    uint64_t bytes = world_bytes(s->w);
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    assert_true(world_settle(s->w, 60000));
    assert_arrived(s, s->b);
    /* Only what was missing has come, with a twentieth for its frames and for talk beside it. */
    assert_in_range(world_bytes(s->w) - bytes, 1, (PHOTO_CHUNKS - before) * (BLOB_CHUNK_BYTES + BLOB_CHUNK_BYTES / 20));
    scene_free(s);
}

static void flash(struct scene *s)
{
    uint8_t body[64];
    struct write_result result;
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 3);
    pack_uint(&w, 0);
    pack_text(&w, "breach", 6);
    pack_uint(&w, 3);
    pack_text(&w, "active", 6);
    pack_uint(&w, 5);
    pack_array(&w, 1);
    pack_text(&w, "Met", 3);
    struct write_item item = {.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1, .flash = true,
                              .mask = 1 | 1 << 3 | 1 << 5, .body = {body, writer_len(&w)}};
    assert_int_equal(world_write(s->w, s->a, &s->space, &item, &result, 1), MUSTER_OK);
}

static void test_a_flash_does_not_wait_behind_an_attachment(void **state)
{
    (void)state;
    struct scene *s = scene_new(45, RIGHT_WRITE);
    uint64_t objects;
    s->choke = true; /* the link is as full as it can be */
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    world_run(s->w, 1000);
    unsigned parts = s->parts;
    assert_in_range(parts, 1, PHOTO_CHUNKS * 8);
    flash(s);
    world_run(s->w, 1000);
    world_digest(s->w, s->b, &s->space, &objects);
    assert_int_equal(objects, 1);
    assert_true(held(s, s->b, MUSTER_EWAITS) < PHOTO_CHUNKS);
    assert_int_equal(s->parts, parts); /* nothing of it moved, the flash did */
    scene_free(s);
}

static void test_a_wish_that_nobody_can_fulfil_ends(void **state)
{
    (void)state;
    struct scene *s = scene_new(46, RIGHT_WRITE);
    world_connect(s->w, s->c, s->a);
    s->ref.id.b[0] ^= 1;
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    world_run(s->w, 30000);
    uint64_t asking = world_messages(s->w);
    world_run(s->w, 10000);
    asking = world_messages(s->w) - asking;
    world_run(s->w, 600000);
    uint64_t quiet = world_messages(s->w);
    world_run(s->w, 10000);
    quiet = world_messages(s->w) - quiet;
    assert_true(asking > quiet + 10); /* first they ask, at last only pings are left */
    assert_in_range(quiet, 0, 16);
    scene_free(s);
}

static void test_a_suspended_member_gets_no_attachment(void **state)
{
    (void)state;
    struct scene *s = scene_new(48, RIGHT_WRITE);
    struct command suspend = {.kind = COMMAND_SUSPEND, .space_id = s->space, .agency = world_agency(s->w, s->b)};
    struct command lift = {.kind = COMMAND_LIFT, .space_id = s->space, .agency = world_agency(s->w, s->b)};
    assert_int_equal(world_govern(s->w, s->a, &suspend, NULL), MUSTER_OK);
    assert_true(world_settle(s->w, 60000));
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    world_run(s->w, 30000);
    assert_int_equal(held(s, s->b, MUSTER_EWAITS), 0);
    assert_int_equal(s->parts, 0);
    assert_int_equal(world_govern(s->w, s->a, &lift, NULL), MUSTER_OK);
    world_run(s->w, 60000);
    assert_arrived(s, s->b);
    scene_free(s);
}

/* Chunks that nobody here wished for: shown again what went over the link before, after it was forgotten. */
struct tape {
    struct scene *s;
    uint8_t *kept[256];
    size_t lens[256], count;
};

static bool record(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len)
{
    struct tape *tape = user;
    (void)to;
    if (from == tape->s->a && (bytes[0] == FRAME_BLOB || bytes[0] == FRAME_FRAG) && tape->count < ARRAY_LEN(tape->kept)) {
        tape->kept[tape->count] = malloc(*len);
        memcpy(tape->kept[tape->count], bytes, *len);
        tape->lens[tape->count++] = *len;
        return false; /* B never sees it, and then gives up its wish */
    }
    return true;
}

static void test_a_chunk_that_nobody_wished_for_is_not_kept(void **state)
{
    (void)state;
    struct scene *s = scene_new(49, RIGHT_WRITE);
    struct tape tape = {.s = s};
    world_cut(s->w, s->c, s->b); /* it would ask on, and so wish for it too */
    world_set_filter(s->w, record, &tape);
    world_blob_want(s->w, s->b, &s->space, &s->ref);
    world_run(s->w, 200000);
    assert_true(tape.count > 0);
    world_set_filter(s->w, on_the_way, s);
    for (size_t i = 0; i < tape.count; i++) {
        world_send(s->w, s->a, s->b, tape.kept[i], tape.lens[i]);
        free(tape.kept[i]);
    }
    world_run(s->w, 5000);
    assert_true(s->parts > 8); /* with the credit for these A sends all that it once promised */
    assert_int_equal(held(s, s->b, MUSTER_EWAITS), 0);
    scene_free(s);
}

static void test_bytes_that_are_no_attachment_are_refused(void **state)
{
    (void)state;
    struct scene *s = scene_new(47, RIGHT_WRITE);
    struct blob_ref ref = {.bytes = 0};
    uint8_t *much = calloc(1, BLOB_BYTES_MAX + 1);
    assert_int_equal(world_blob_put(s->w, s->a, &s->space, much, 0, &ref), MUSTER_EBADVALUE);
    assert_int_equal(world_blob_put(s->w, s->a, &s->space, much, BLOB_BYTES_MAX + 1, &ref), MUSTER_ETOOBIG);
    assert_int_equal(world_blob_put(s->w, s->a, &(struct space_id){{1}}, much, 1, &ref), MUSTER_EUNKNOWN_SPACE);
    assert_int_equal(world_blob_put(s->w, s->a, &s->space, much, BLOB_BYTES_MAX, &ref), MUSTER_OK);
    world_fail_commits(s->w, s->a, 1, MUSTER_EFULL);
    assert_int_equal(world_blob_put(s->w, s->a, &s->space, much, 5, &ref), MUSTER_EFULL);
    free(much);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chunk_opens_only_as_what_it_is),
        cmocka_unit_test(test_chunks_are_counted),
        cmocka_unit_test(test_a_reference_is_read_as_it_is_written),
        cmocka_unit_test(test_a_question_keeps_its_bounds),
        cmocka_unit_test(test_no_bit_of_a_chunk_on_its_way_can_change),
        cmocka_unit_test(test_an_attachment_comes_when_somebody_wishes_for_it),
        cmocka_unit_test(test_a_relay_passes_on_what_it_cannot_read),
        cmocka_unit_test(test_a_wrong_chunk_is_refused_and_asked_for_again),
        cmocka_unit_test(test_what_was_interrupted_goes_on_where_it_was),
        cmocka_unit_test(test_a_flash_does_not_wait_behind_an_attachment),
        cmocka_unit_test(test_a_wish_that_nobody_can_fulfil_ends),
        cmocka_unit_test(test_a_suspended_member_gets_no_attachment),
        cmocka_unit_test(test_a_chunk_that_nobody_wished_for_is_not_kept),
        cmocka_unit_test(test_bytes_that_are_no_attachment_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
