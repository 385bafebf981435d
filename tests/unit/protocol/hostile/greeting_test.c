/* greeting_test.c — HELLO and AUTH by a peer that is not what it says, or says it badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"
#include "protocol/trust/statement.h"

#include <stdlib.h>

static uint8_t frame[MESSAGE_BYTES_MAX], other[MESSAGE_BYTES_MAX];

static void greet(struct evil *e)
{
    evil_send(e, frame, evil_hello(e, frame));
}

/* --- what is wrong, one function each; all but the last frame are as they should be ---------------------------- */

static void auth_first(struct evil *e)
{
    evil_send(e, frame, evil_auth(e, frame, e->config->card, &e->config->sign_secret));
}

static void hello_twice(struct evil *e)
{
    greet(e);
    greet(e);
}

static void spaces_before_auth(struct evil *e)
{
    greet(e);
    evil_send(e, frame, evil_spaces(e, frame));
}

static void later_version(struct evil *e)
{
    size_t len = evil_hello(e, frame);
    frame[FRAME_HEADER_BYTES] = frame[FRAME_HEADER_BYTES + 1] = FORMAT_VERSION + 1;
    evil_send(e, frame, len);
}

static void critical_feature(struct evil *e)
{
    size_t len = evil_hello(e, frame);
    frame[FRAME_HEADER_BYTES + 2 + 8] = 1;
    evil_send(e, frame, len);
}

static void wrong_signature(struct evil *e)
{
    greet(e);
    size_t len = evil_auth(e, frame, e->config->card, &e->config->sign_secret);
    frame[len - 1] ^= 1;
    evil_send(e, frame, len);
}

static void old_signature(struct evil *e)
{
    greet(e);
    size_t len = evil_auth(e, frame, e->config->card, &e->config->sign_secret);
    evil_connect(e); /* a new nonce: what was signed for the connection before is worth nothing */
    evil_send(e, other, evil_hello(e, other));
    evil_send(e, frame, len);
}

static void anothers_card(struct evil *e)
{
    greet(e);
    evil_send(e, frame, evil_auth(e, frame, world_card(e->w, BOB), &e->config->sign_secret));
}

static void victims_card(struct evil *e)
{
    greet(e);
    evil_send(e, frame, evil_auth(e, frame, world_card(e->w, ALICE), &e->config->sign_secret));
}

/* A card of an agency made up for the occasion, with Mallory's transport key on it. */
static void made_up_agency(struct evil *e)
{
    static uint8_t statements[2][STATEMENT_BYTES_MAX], card[CARD_BYTES_MAX];
    struct identity identity = {.statements = 0};
    struct sign_public root, next;
    struct sign_secret root_secret, unused, node_secret;
    struct node_keys keys = e->config->keys;
    uint8_t seed[32];
    evil_random(e, seed, 32);
    sign_keys_from_seed(&root, &root_secret, seed);
    evil_random(e, seed, 32);
    sign_keys_from_seed(&next, &unused, seed);
    evil_random(e, seed, 32);
    sign_keys_from_seed(&keys.sign, &node_secret, seed);
    struct hash committed = next_root_of(&next);
    struct bytes list[2];
    list[0] = (struct bytes){statements[0], statement_inception(statements[0], &identity, &root, &root_secret, &committed,
                                                                "Nobody", "CN", 1)};
    list[1] = (struct bytes){statements[1], statement_node(statements[1], &identity, &root_secret, &keys, "n", 0, 1)};
    size_t len = card_make(card, &identity, list, 2, &keys.sign, &node_secret, NULL, 0, "", 1, 1);
    greet(e);
    evil_send(e, frame, evil_auth(e, frame, (struct bytes){card, len}, &node_secret));
}

static const struct {
    const char *says;
    void (*act)(struct evil *e);
    enum muster_error bye;
} rows[] = {
    {"AUTH before HELLO is out of turn",                   auth_first,         MUSTER_EUNEXPECTED  },
    {"HELLO a second time is out of turn",                 hello_twice,        MUSTER_EUNEXPECTED  },
    {"SPACES before AUTH is out of turn",                  spaces_before_auth, MUSTER_EUNEXPECTED  },
    {"a later version alone is not spoken",                later_version,      MUSTER_EVERSION     },
    {"an unknown critical feature is not spoken",          critical_feature,   MUSTER_EVERSION     },
    {"a signature with one bit changed proves nothing",    wrong_signature,    MUSTER_ESIGNATURE   },
    {"the signature of another connection proves nothing", old_signature,      MUSTER_ESIGNATURE   },
    {"another agency's card is for another transport key", anothers_card,      MUSTER_EUNKNOWN_NODE},
    {"the victim's own card is so as well",                victims_card,       MUSTER_EUNKNOWN_NODE},
    {"a known key does not move to an agency made up",     made_up_agency,     MUSTER_EUNKNOWN_NODE},
};

static void test_a_bad_greeting_ends_the_session_with_its_reason(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 11, RIGHT_WRITE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", rows[i].says);
        s.evil->silent = true;
        evil_connect(s.evil);
        rows[i].act(s.evil);
        world_run(s.w, 2 * TICK_MS);
        assert_int_equal(evil_closed(s.evil), rows[i].bye);
        assert_int_equal(s.evil->got[FRAME_SPACES] + s.evil->got[FRAME_HEADS] + s.evil->got[FRAME_SEG], 0);
    }
    scene_goes_on(&s);
    scene_close(&s);
}

/* HELLO and AUTH, cut at every byte and lengthened by one: none crashes, none is let in. */
static void test_a_greeting_cut_short_lets_nobody_in(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 12, RIGHT_WRITE);
    s.evil->silent = true;
    evil_connect(s.evil);
    size_t whole = evil_auth(s.evil, frame, s.evil->config->card, &s.evil->config->sign_secret);
    for (size_t cut = 0; cut <= whole + 1; cut += cut == whole - 1 ? 2 : 1) {
        evil_connect(s.evil);
        size_t len = evil_hello(s.evil, frame);
        if (cut < len) {
            evil_send(s.evil, frame, cut);
            put_le32(frame + 2, (uint32_t)(cut > FRAME_HEADER_BYTES ? cut - FRAME_HEADER_BYTES : 0));
            evil_send(s.evil, frame, cut); /* with a length that fits, so that the body itself is short */
        }
        if (!evil_is_up(s.evil))
            evil_connect(s.evil);
        greet(s.evil);
        len = evil_auth(s.evil, frame, s.evil->config->card, &s.evil->config->sign_secret);
        frame[len] = 0;
        put_le32(frame + 2, (uint32_t)(cut > FRAME_HEADER_BYTES ? cut - FRAME_HEADER_BYTES : 0));
        evil_send(s.evil, frame, cut);
        world_run(s.w, TICK_MS);
        assert_int_equal(s.evil->got[FRAME_SPACES], 0);
    }
    scene_goes_on(&s);
    scene_close(&s);
}

static void test_who_says_nothing_is_not_waited_for(void **state)
{
    (void)state;
    struct scene s;
    struct core_counters counters;
    scene_open(&s, 13, RIGHT_WRITE);
    s.evil->silent = true;
    evil_connect(s.evil);
    world_run(s.w, 11000);
    assert_false(evil_is_up(s.evil));
    assert_int_equal(evil_closed(s.evil), MUSTER_ETIMEOUT);
    /* The same when it falls silent later: it is pinged, and does not answer. */
    s.evil->silent = false;
    evil_connect(s.evil);
    assert_true(evil_is_up(s.evil) && s.evil->greeted);
    world_run(s.w, 130000);
    assert_false(evil_is_up(s.evil));
    core_counters(world_core(s.w, ALICE), &counters);
    assert_int_equal(counters.sessions, 1); /* Bob's, which has gone on all the time */
    scene_goes_on(&s);
    scene_close(&s);
}

/* A peer that proves itself but is in no space: it sees tags of none, heads of none, segments of none. */
static void test_a_stranger_learns_the_greeting_and_nothing_else(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 14, RIGHT_NONE);
    evil_connect(s.evil); /* it knows the space's id, from wherever, and shows the tag */
    assert_true(s.evil->greeted);
    struct log_view log;
    for (size_t i = 0; core_log_at(world_core(s.w, ALICE), 0, i, &log); i++)
        evil_send(s.evil, frame, evil_want(s.evil, frame, &log.id, 1, UINT64_MAX / 8));
    struct record_id none[1] = {{{0}}};
    struct writer w = writer_over(frame, sizeof(frame));
    ctlheads_write(&w, s.evil->tag, none, 0);
    evil_send(s.evil, frame, writer_len(&w));
    w = writer_over(frame, sizeof(frame));
    keyreq_write(&w, s.evil->tag, &s.evil->epoch, 1);
    evil_send(s.evil, frame, writer_len(&w));
    scene_goes_on(&s);
    assert_int_equal(s.evil->got[FRAME_SEG] + s.evil->got[FRAME_FRAG] + s.evil->got[FRAME_HEADS] + s.evil->got[FRAME_KEY], 0);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_greeting_ends_the_session_with_its_reason),
        cmocka_unit_test(test_a_greeting_cut_short_lets_nobody_in),
        cmocka_unit_test(test_who_says_nothing_is_not_waited_for),
        cmocka_unit_test(test_a_stranger_learns_the_greeting_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
