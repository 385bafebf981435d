/* lies_test.c — nothing of a proof can be changed, left out or put together from others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "sample.h"

#include <stdio.h>

static uint8_t bytes[PROOF_BYTES_MAX], lie[PROOF_BYTES_MAX];
static struct payload_codec *codec;
static struct sample yibin, zhaotong;
static struct sample_record record, witness;

/* A proof with one of everything: references, heads, a run, a witness, content. */
static size_t make_full(void)
{
    size_t len = 0;
    struct record_id ctl[1] = {{{1}}};
    struct sample_wish wish = sample_plain();
    struct hash names;
    sample_agency(&yibin, 1, "Yibin", 3, false, ctl, 1);
    sample_agency(&zhaotong, 2, "Zhaotong", 3, false, NULL, 0);
    sample_write(&zhaotong, &witness, codec, (struct sample_wish){.count = 1, .text = 3});
    memcpy(names.b, witness.id.b, HASH_BYTES);
    wish.refs = &names;
    wish.ref_count = 1;
    sample_write(&yibin, &record, codec, wish);
    sample_run(&yibin, &record, 1);
    struct proof_opening opening = sample_opening(&yibin, &record);
    assert_int_equal(proof_make(bytes, sizeof(bytes), &len, false, &record.source, &witness.source, 1, &opening),
                     MUSTER_OK);
    return len;
}

/* Read, opened, and trusted by the id of Yibin: the whole way that a reader goes. */
static enum muster_error judge(const uint8_t *at, size_t len)
{
    static struct proof proof;
    struct proof_problem problem = {.error = MUSTER_OK};
    struct bytes body;
    enum muster_error error = proof_read(&proof, at, len, &problem);
    if (!error && proof.disclosed)
        error = proof_open(&proof, codec, &body, &problem);
    if (!error)
        error = proof_trust_id(&proof, &yibin.identity.agency, &problem);
    if (!error && proof.len != len)
        error = MUSTER_ETRAILING;
    if (error && proof.len == len) /* every refusal says why */
        assert_true(problem.sentence[0] && problem.error == error);
    return error;
}

static void test_one_changed_bit_anywhere_is_refused(void **state)
{
    (void)state;
    size_t len = make_full();
    assert_int_equal(judge(bytes, len), MUSTER_OK);
    for (size_t i = 0; i < len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] ^= (uint8_t)(1U << bit);
            enum muster_error error = judge(bytes, len);
            bytes[i] ^= (uint8_t)(1U << bit);
            if (!error)
                fail_msg("bit %u of byte %zu may be changed", bit, i);
        }
    assert_int_equal(judge(bytes, len), MUSTER_OK);
}

/* The hash at the end is no secret: what it covers must hold by itself. */
static void test_one_changed_bit_is_refused_with_a_new_hash_too(void **state)
{
    (void)state;
    size_t len = make_full();
    for (size_t i = 0; i < len - HASH_BYTES; i++) {
        memcpy(lie, bytes, len);
        lie[i] ^= (uint8_t)(1U << i % 8);
        sample_rehash(lie, len);
        if (judge(lie, len) == MUSTER_OK)
            fail_msg("byte %zu may be changed by who makes the hash anew", i);
    }
}

static void test_a_proof_cut_anywhere_is_refused(void **state)
{
    (void)state;
    size_t len = make_full();
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_not_equal(judge(bytes, cut), MUSTER_OK);
        if (cut < PROOF_HEAD_BYTES + HASH_BYTES)
            continue;
        memcpy(lie, bytes, cut);
        put_le32(lie + 12, (uint32_t)cut);
        sample_rehash(lie, cut);
        if (judge(lie, cut) == MUSTER_OK)
            fail_msg("a proof cut to %zu bytes passes with a new hash", cut);
    }
}

static void test_a_proof_with_more_behind_it_is_refused(void **state)
{
    static struct proof proof;
    struct proof_problem problem;
    (void)state;
    size_t len = make_full();
    bytes[len] = 0;
    assert_int_equal(judge(bytes, len + 1), MUSTER_ETRAILING);
    memcpy(lie, bytes, len);
    put_le32(lie + 12, (uint32_t)len + 1);
    sample_rehash(lie, len + 1);
    assert_int_equal(proof_read(&proof, lie, len + 1, &problem), MUSTER_ETRAILING);
}

/* --- parts of others ------------------------------------------------------------------------------------ */

enum lie {
    NO_LIE,
    EXERCISE_CLAIMED,
    FOREIGN_STATEMENTS,
    FOREIGN_GENESIS,
    FOREIGN_SEGMENT,
    FOREIGN_RECORD,
    RESIGNED,
    ANOTHER_LEAF,
    PATH_TOO_SHORT,
    STATEMENT_TOO_MANY,
    NO_CERTIFICATE,
    RUN_OF_ANOTHER,
    OTHER_CONTENT
};

static void test_parts_of_others_do_not_fit(void **state)
{
    static const struct {
        const char *says;
        enum lie lie;
        enum muster_error want;
    } cases[] = {
        {"holds as it is", NO_LIE, MUSTER_OK},
        {"of an actual space is none of an exercise", EXERCISE_CLAIMED, MUSTER_ESIGNATURE},
        {"needs statements that certify the node", FOREIGN_STATEMENTS, MUSTER_EUNKNOWN_NODE},
        {"needs the genesis of its log", FOREIGN_GENESIS, MUSTER_EHASH},
        {"needs the segment of its record", FOREIGN_SEGMENT, MUSTER_EHASH},
        {"needs the record of its segment", FOREIGN_RECORD, MUSTER_EHASH},
        {"signed again by another is refused", RESIGNED, MUSTER_ESIGNATURE},
        {"has one place in its segment", ANOTHER_LEAF, MUSTER_EHASH},
        {"needs its whole path", PATH_TOO_SHORT, MUSTER_EBADVALUE},
        {"ends with the node's certificate", STATEMENT_TOO_MANY, MUSTER_EBADVALUE},
        {"needs the node's certificate", NO_CERTIFICATE, MUSTER_EUNKNOWN_NODE},
        {"needs a run of its own log", RUN_OF_ANOTHER, MUSTER_ECHAIN},
        {"discloses its own content", OTHER_CONTENT, MUSTER_EHASH},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static struct sample_record other;
        static struct proof proof;
        struct proof_problem problem;
        size_t len = 0;
        print_message("a proof %s\n", cases[i].says);
        sample_agency(&yibin, 1, "Yibin", 3, false, NULL, 0);
        sample_agency(&zhaotong, 2, "Zhaotong", 3, false, NULL, 0);
        sample_write(&zhaotong, &other, codec, sample_plain());
        sample_write(&yibin, &record, codec, sample_plain());
        struct proof_source source = record.source;
        struct proof_opening opening = sample_opening(&yibin, &record);
        switch (cases[i].lie) {
        case FOREIGN_STATEMENTS:
            memcpy(source.statements, other.source.statements, sizeof(source.statements));
            break;
        case FOREIGN_GENESIS:
            source.genesis = other.source.genesis;
            break;
        case FOREIGN_SEGMENT:
            source.segment = other.segment;
            break;
        case FOREIGN_RECORD:
            source.header = other.source.header;
            break;
        case RESIGNED:
            segment_sign(record.segment, false, &zhaotong.incarnation_secret);
            break;
        case ANOTHER_LEAF: {
            struct record_header moved = record.header;
            moved.sequence++;
            source.header.len = record_header_write(record.header_bytes, &moved);
            break;
        }
        case PATH_TOO_SHORT:
            source.path_count--;
            break;
        case STATEMENT_TOO_MANY:
            sample_revoke(&yibin, 0, NULL);
            source.statements[source.statement_count++] = (struct bytes){yibin.statements[2], yibin.statement_len[2]};
            break;
        case NO_CERTIFICATE:
            source.statement_count--;
            break;
        case RUN_OF_ANOTHER:
            sample_run(&zhaotong, &other, 1);
            source.following[0] = other.following[0];
            source.following_count = 1;
            break;
        case OTHER_CONTENT:
            opening.payload = (struct bytes){other.payload, other.payload_len};
            break;
        case NO_LIE:
        case EXERCISE_CLAIMED:
            break;
        }
        assert_int_equal(
            proof_make(bytes, sizeof(bytes), &len, cases[i].lie == EXERCISE_CLAIMED, &source, NULL, 0, &opening),
            MUSTER_OK);
        assert_int_equal(proof_read(&proof, bytes, len, &problem), cases[i].want);
        assert_true(!cases[i].want || problem.sentence[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_changed_bit_anywhere_is_refused),
        cmocka_unit_test(test_one_changed_bit_is_refused_with_a_new_hash_too),
        cmocka_unit_test(test_a_proof_cut_anywhere_is_refused),
        cmocka_unit_test(test_a_proof_with_more_behind_it_is_refused),
        cmocka_unit_test(test_parts_of_others_do_not_fit),
    };
    if (crypto_start() != MUSTER_OK || !(codec = payload_codec_new()))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    payload_codec_free(codec);
    return failed;
}
