/* bundle_file_test.c — files that are damaged, cut, forged, for somebody else, or of somebody who is no longer a member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crypto/stream.h"
#include "support/world.h"

#include <stdlib.h>

static struct bundle_report report; /* large */

enum { A, B, C, HEAD_FIXED = 93, RECIPIENT = 112 };

struct scene {
    struct world *w;
    struct space_id space;
    struct bundle_made made; /* of A for B, which has not taken anything yet */
    uint8_t *bytes;          /* room for a changed copy */
};

static void scene_open(struct scene *s, uint64_t seed)
{
    *s = (struct scene){.w = world_new(seed)};
    world_node(s->w, "Yibin");
    world_node(s->w, "Zhaotong");
    world_node(s->w, "Chengdu");
    assert_int_equal(world_space(s->w, A, "flood", false, &s->space), MUSTER_OK);
    assert_int_equal(world_invite(s->w, A, &s->space, B, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_invite(s->w, A, &s->space, C, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_incident(s->w, A, &s->space, "Jinsha dike", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(s->w, A, B, NULL, &s->made), MUSTER_OK);
    s->bytes = malloc(s->made.len + 16);
    memcpy(s->bytes, s->made.bytes, s->made.len);
}

static void scene_close(struct scene *s)
{
    free(s->bytes);
    free(s->made.bytes);
    world_free(s->w);
}

/* The file is refused with a sentence, and the node is as it was. */
static enum muster_error refused(struct scene *s, size_t node, const uint8_t *bytes, size_t len,
                                 const struct memory_store *before)
{
    enum muster_error error = world_bundle_in(s->w, node, bytes, len, &report);
    assert_int_not_equal(error, MUSTER_OK);
    assert_int_not_equal(error, MUSTER_ETIMEOUT);
    assert_true(strlen(report.text.sentence) > 20);
    assert_int_equal(report.fresh, 0);
    assert_true(memory_store_same(world_store(s->w, node), before, 0, TABLE_COUNT - 1));
    return error;
}

static void test_one_wrong_bit_and_nothing_of_it_counts(void **state)
{
    (void)state;
    struct scene s;
    size_t by[MUSTER_ERROR_COUNT] = {0};
    scene_open(&s, 1);
    world_run(s.w, 1000);
    struct memory_store *before = memory_store_clone(world_store(s.w, B));
    for (size_t i = 0; i < s.made.len; i++) {
        uint8_t bit = (uint8_t)(1 << i % 8);
        s.bytes[i] ^= bit;
        by[refused(&s, B, s.bytes, s.made.len, before)]++;
        s.bytes[i] ^= bit;
    }
    for (size_t e = 0; e < MUSTER_ERROR_COUNT; e++)
        if (by[e])
            print_message("%s: %zu of %zu bytes\n", error_name((enum muster_error)e), by[e], s.made.len);
    memory_store_free(before);
    /* And the whole one is taken. */
    assert_int_equal(world_bundle_in(s.w, B, s.bytes, s.made.len, &report), MUSTER_OK);
    assert_true(report.fresh > 0);
    scene_close(&s);
}

static void test_a_file_that_was_cut_or_grew_is_refused(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 2);
    world_run(s.w, 1000);
    struct memory_store *before = memory_store_clone(world_store(s.w, B));
    for (size_t len = 0; len < s.made.len; len++)
        assert_int_equal(refused(&s, B, s.bytes, len, before), len < 8 ? MUSTER_EFOREIGN : MUSTER_ETRUNCATED);
    for (size_t more = 1; more <= 16; more++) {
        memset(s.bytes + s.made.len, 0, more);
        assert_int_equal(refused(&s, B, s.bytes, s.made.len + more, before), MUSTER_ETRAILING);
    }
    memory_store_free(before);
    scene_close(&s);
}

static void test_a_file_for_somebody_else_is_told_apart(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 3);
    world_run(s.w, 1000);
    struct memory_store *before = memory_store_clone(world_store(s.w, C));
    assert_int_equal(refused(&s, C, s.bytes, s.made.len, before), MUSTER_EWRONGPEER);
    memory_store_free(before);
    /* Its head may be read: by whom, for whom. */
    struct agency_id a = world_agency(s.w, A), b = world_agency(s.w, B);
    assert_int_equal(core_bundle_show(world_core(s.w, C), (struct bytes){s.bytes, s.made.len}, &report), MUSTER_OK);
    assert_false(report.mine);
    assert_int_equal(report.spaces, 0);
    assert_memory_equal(report.agency.b, a.b, sizeof(a.b));
    assert_int_equal(core_bundle_show(world_core(s.w, A), (struct bytes){s.bytes, s.made.len}, &report), MUSTER_OK);
    assert_memory_equal(report.agency_for.b, b.b, sizeof(b.b));
    assert_int_equal(core_bundle_show(world_core(s.w, B), (struct bytes){s.bytes, s.made.len}, &report), MUSTER_OK);
    assert_true(report.mine);
    assert_int_equal(report.spaces, 1);
    assert_int_equal(report.spaces_known, 1);
    assert_true(report.segments > 0);
    /* The agency that made it cannot take it either. */
    before = memory_store_clone(world_store(s.w, A));
    assert_int_equal(refused(&s, A, s.bytes, s.made.len, before), MUSTER_EWRONGPEER);
    memory_store_free(before);
    scene_close(&s);
}

/* Whoever can open a file knows its key; what it says is still its sender's word alone. */
static void test_a_recipient_cannot_change_what_the_sender_said(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 4);
    world_run(s.w, 1000);
    struct memory_store *before = memory_store_clone(world_store(s.w, B));
    const struct core_config *me = world_config(s.w, B);
    size_t head = HEAD_FIXED + RECIPIENT + 32 + STREAM_HEADER_BYTES, plain_len;
    struct bytes bound = {s.bytes, head};
    struct seal_key key;
    uint8_t *plain = malloc(s.made.len);
    assert_int_equal(box_open(key.b, s.bytes + HEAD_FIXED + 32, 80, &me->keys.box, &me->box_secret), MUSTER_OK);
    assert_int_equal(stream_open(plain, &plain_len, s.bytes + head, s.made.len - head, &bound, s.bytes + head - STREAM_HEADER_BYTES,
                                 &key), MUSTER_OK);
    assert_int_equal(stream_sealed_len(plain_len), s.made.len - head);
    static const struct { const char *says; size_t at_from_end; } rows[] = {
        {"a byte of a segment, somewhere before the end", 400},
        {"the count of segments", 64 + 8},
        {"whether more parts follow", 64 + 13},
        {"the signature itself", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("changed: %s\n", rows[i].says);
        plain[plain_len - rows[i].at_from_end] ^= 1;
        stream_seal(s.bytes + head, plain, plain_len, &bound, s.bytes + head - STREAM_HEADER_BYTES, &key);
        enum muster_error error = refused(&s, B, s.bytes, s.made.len, before);
        assert_true(error == MUSTER_ESIGNATURE);
        plain[plain_len - rows[i].at_from_end] ^= 1;
    }
    /* Sealed again as it was: the signature holds. */
    stream_seal(s.bytes + head, plain, plain_len, &bound, s.bytes + head - STREAM_HEADER_BYTES, &key);
    assert_memory_equal(s.bytes, s.made.bytes, s.made.len);
    /* Passed on to a third agency under the sender's name: the signature covers for whom it was. */
    const struct core_config *third = world_config(s.w, C);
    uint8_t seed[32] = {7};
    struct memory_store *third_before = memory_store_clone(world_store(s.w, C));
    memcpy(s.bytes + HEAD_FIXED, third->keys.sign.b, 32);
    assert_int_equal(box_seal_seeded(s.bytes + HEAD_FIXED + 32, key.b, 32, &third->keys.box, seed), MUSTER_OK);
    stream_seal(s.bytes + head, plain, plain_len, &bound, s.bytes + head - STREAM_HEADER_BYTES, &key);
    assert_int_equal(refused(&s, C, s.bytes, s.made.len, third_before), MUSTER_ESIGNATURE);
    memory_store_free(third_before);
    memory_store_free(before);
    free(plain);
    scene_close(&s);
}

static void test_who_has_no_invite_is_told_to_join_first(void **state)
{
    (void)state;
    struct scene s;
    struct space_id other;
    struct bundle_made made;
    scene_open(&s, 5);
    assert_int_equal(world_space(s.w, C, "landslide", false, &other), MUSTER_OK);
    assert_int_equal(world_add(s.w, C, &other, B, RIGHT_READ), MUSTER_OK);
    assert_int_equal(world_bundle_out(s.w, C, B, NULL, &made), MUSTER_OK);
    world_run(s.w, 1000);
    struct memory_store *before = memory_store_clone(world_store(s.w, B));
    assert_int_equal(refused(&s, B, made.bytes, made.len, before), MUSTER_EUNKNOWN_SPACE);
    memory_store_free(before);
    assert_int_equal(world_join(s.w, B, &other, C), MUSTER_OK);
    assert_int_equal(world_bundle_in(s.w, B, made.bytes, made.len, &report), MUSTER_OK);
    assert_true(report.fresh > 0);
    free(made.bytes);
    scene_close(&s);
}

static void test_only_members_get_and_only_what_is_theirs(void **state)
{
    (void)state;
    struct scene s;
    struct bundle_made made;
    scene_open(&s, 6);
    size_t stranger = world_node(s.w, "Stranger");
    struct space_id other;
    assert_int_equal(world_bundle_out(s.w, A, stranger, NULL, &made), MUSTER_EUNKNOWN_AGENCY);
    assert_null(made.bytes);
    assert_true(strlen(made.text.sentence) > 20);
    /* A second space, in which B has no part: nothing of it is in a file for B. */
    assert_int_equal(world_space(s.w, A, "secret", false, &other), MUSTER_OK);
    assert_int_equal(world_incident(s.w, A, &other, "not for Zhaotong", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(s.w, A, B, NULL, &made), MUSTER_OK);
    assert_int_equal(made.spaces, 1);
    free(made.bytes);
    struct bundle_order order = {.space = other};
    assert_int_equal(world_bundle_out(s.w, A, B, &order, &made), MUSTER_ENOTMEMBER);
    assert_null(made.bytes);
    scene_close(&s);
}

static enum muster_error remove_member(struct scene *s, size_t by, size_t whom)
{
    struct command c = {.kind = COMMAND_REMOVE, .space_id = s->space, .agency = world_agency(s->w, whom)};
    return world_command(s->w, by, &c);
}

static void test_after_a_removal(void **state)
{
    (void)state;
    struct scene s;
    struct bundle_made made, late;
    uint64_t objects;
    scene_open(&s, 7);
    assert_int_equal(world_bundle_in(s.w, B, s.made.bytes, s.made.len, &report), MUSTER_OK);
    assert_int_equal(world_incident(s.w, B, &s.space, "before the removal", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(s.w, B, A, NULL, &made), MUSTER_OK);
    assert_int_equal(world_bundle_in(s.w, A, made.bytes, made.len, &report), MUSTER_OK);
    free(made.bytes);
    /* This one is under way when B is removed: whoever gets it takes what verifies. */
    assert_int_equal(world_incident(s.w, A, &s.space, "still for all", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(s.w, A, B, NULL, &late), MUSTER_OK);
    assert_int_equal(world_incident(s.w, B, &s.space, "written without knowing", NULL), MUSTER_OK);
    assert_int_equal(remove_member(&s, A, B), MUSTER_OK);
    world_run(s.w, 1000);
    assert_int_equal(world_bundle_in(s.w, B, late.bytes, late.len, &report), MUSTER_OK);
    world_digest(s.w, B, &s.space, &objects);
    assert_int_equal(objects, 4);
    free(late.bytes);
    /* A new one is not made for it any more. */
    assert_int_equal(world_bundle_out(s.w, A, B, NULL, &made), MUSTER_ENOTMEMBER);
    /* What it brings is refused where it is known to be out, log by log, and said so. */
    assert_int_equal(world_bundle_out(s.w, B, A, NULL, &made), MUSTER_OK);
    assert_int_equal(world_bundle_in(s.w, A, made.bytes, made.len, &report), MUSTER_OK);
    assert_int_equal(report.fresh, 0);
    assert_true(report.refused > 0);
    bool told = false;
    for (size_t i = 0; i < report.item_count; i++)
        told |= report.items[i].refused > 0 && report.items[i].why == MUSTER_ENOTMEMBER;
    assert_true(told);
    world_digest(s.w, A, &s.space, &objects);
    assert_int_equal(objects, 3);
    free(made.bytes);
    scene_close(&s);
}

static void test_who_is_suspended_gets_control_only(void **state)
{
    (void)state;
    struct scene s;
    struct bundle_made made;
    uint64_t objects;
    scene_open(&s, 8);
    assert_int_equal(world_bundle_in(s.w, B, s.made.bytes, s.made.len, &report), MUSTER_OK);
    struct command c = {.kind = COMMAND_SUSPEND, .space_id = s.space, .agency = world_agency(s.w, B)};
    assert_int_equal(world_command(s.w, A, &c), MUSTER_OK);
    assert_int_equal(world_incident(s.w, A, &s.space, "not for the suspended", NULL), MUSTER_OK);
    world_run(s.w, 1000);
    struct bundle_order all = {.all = true};
    assert_int_equal(world_bundle_out(s.w, A, B, &all, &made), MUSTER_OK);
    assert_int_equal(made.logs, 1); /* control's */
    assert_int_equal(world_bundle_in(s.w, B, made.bytes, made.len, &report), MUSTER_OK);
    assert_true(report.fresh > 0); /* so it learns that it is suspended */
    world_digest(s.w, B, &s.space, &objects);
    assert_int_equal(objects, 1);
    free(made.bytes);
    scene_close(&s);
}

/* A member signs what it likes: every frame is as hostile as one from a connection. */
static void test_a_signed_lie_harms_nobody(void **state)
{
    (void)state;
    enum { LIES = 400, CLOSING = 6 + 77 };
    struct scene s;
    size_t head = HEAD_FIXED + RECIPIENT + 32 + STREAM_HEADER_BYTES, plain_len, taken = 0;
    scene_open(&s, 9);
    const struct core_config *me = world_config(s.w, B), *liar = world_config(s.w, A);
    struct bytes bound = {s.bytes, head};
    struct seal_key key;
    uint8_t *plain = malloc(s.made.len), *lie = malloc(s.made.len), seed[32] = {9};
    assert_int_equal(box_open(key.b, s.bytes + HEAD_FIXED + 32, 80, &me->keys.box, &me->box_secret), MUSTER_OK);
    assert_int_equal(stream_open(plain, &plain_len, s.bytes + head, s.made.len - head, &bound, s.bytes + head - STREAM_HEADER_BYTES,
                                 &key), MUSTER_OK);
    size_t before = plain_len - CLOSING;
    for (size_t i = 0; i < LIES; i++) {
        uint8_t dice[32];
        struct signature signature;
        crypto_expand(dice, sizeof(dice), seed, "test/lie", i);
        memcpy(lie, plain, plain_len);
        for (size_t n = 0; n <= i % 3; n++) /* more of them where the lengths and numbers of frames are */
            lie[get_le32(dice + 8 * n) % (i % 2 ? before : 600)] ^= dice[8 * n + 4];
        struct bytes parts[2] = {bound, {lie, before}};
        struct hash contents = crypto_hash_parts("muster/1/bundle-contents", parts, 2);
        struct bytes covered[2] = {{contents.b, HASH_BYTES}, {lie + before + 6, 13}};
        crypto_sign_parts(&signature, &liar->sign_secret, "muster/1/bundle", covered, 2);
        memcpy(lie + plain_len - 64, signature.b, 64);
        stream_seal(s.bytes + head, lie, plain_len, &bound, s.bytes + head - STREAM_HEADER_BYTES, &key);
        enum muster_error error = world_bundle_in(s.w, B, s.bytes, s.made.len, &report);
        assert_int_not_equal(error, MUSTER_ETIMEOUT);
        assert_true(!error || strlen(report.text.sentence) > 20);
        taken += !error;
    }
    print_message("%zu of %d lies were of a form that could be looked into\n", taken, LIES);
    assert_in_range(taken, 1, LIES - 1);
    /* The truth is taken all the same. */
    assert_int_equal(world_bundle_in(s.w, B, s.made.bytes, s.made.len, &report), MUSTER_OK);
    uint64_t mine, theirs;
    struct hash a = world_digest(s.w, A, &s.space, &theirs), b = world_digest(s.w, B, &s.space, &mine);
    assert_int_equal(mine, theirs);
    assert_memory_equal(a.b, b.b, sizeof(a.b));
    free(lie);
    free(plain);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_wrong_bit_and_nothing_of_it_counts),
        cmocka_unit_test(test_a_file_that_was_cut_or_grew_is_refused),
        cmocka_unit_test(test_a_file_for_somebody_else_is_told_apart),
        cmocka_unit_test(test_a_recipient_cannot_change_what_the_sender_said),
        cmocka_unit_test(test_who_has_no_invite_is_told_to_join_first),
        cmocka_unit_test(test_only_members_get_and_only_what_is_theirs),
        cmocka_unit_test(test_after_a_removal),
        cmocka_unit_test(test_who_is_suspended_gets_control_only),
        cmocka_unit_test(test_a_signed_lie_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
