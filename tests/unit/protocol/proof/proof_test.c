/* proof_test.c — what a proof says, how long it is, whom it leads to, and its golden form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/trust/armour.h"
#include "protocol/trust/statement.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t bytes[PROOF_BYTES_MAX];
static struct payload_codec *codec;

static size_t make(const struct sample *s, const struct sample_record *record)
{
    size_t len = 0;
    assert_int_equal(proof_make(bytes, sizeof(bytes), &len, s->exercise, &record->source, NULL, 0, NULL), MUSTER_OK);
    return len;
}

static void test_a_proof_says_who_said_what_where(void **state)
{
    static struct sample s;
    static struct sample_record record;
    static struct proof proof;
    struct proof_problem problem;
    (void)state;
    sample_agency(&s, 1, "Yibin Flood Control", 3, false, NULL, 0);
    sample_write(&s, &record, codec, sample_plain());
    sample_write(&s, &record, codec, (struct sample_wish){.count = 5, .index = 4, .text = 3});
    size_t len = make(&s, &record);
    assert_int_equal(proof_read(&proof, bytes, len, &problem), MUSTER_OK);
    const struct proof_part *part = &proof.record;
    assert_string_equal(part->agency_name, "Yibin Flood Control");
    assert_string_equal(part->country, "CN");
    assert_string_equal(part->node_name, "desk-1");
    assert_memory_equal(part->genesis.agency.b, s.identity.agency.b, HASH_BYTES);
    assert_memory_equal(part->segment.space.b, s.space.b, HASH_BYTES);
    assert_memory_equal(part->log.b, s.log.b, HASH_BYTES);
    assert_memory_equal(part->id.b, record.id.b, HASH_BYTES);
    assert_int_equal(part->segment.position, 2);
    assert_int_equal(part->header.sequence, 256 + 5);
    assert_int_equal(part->index, 4);
    assert_int_equal(part->following, 0);
    assert_int_equal(part->header.mask, 1);
    assert_false(proof.exercise);
    assert_false(proof.disclosed);
    assert_int_equal(proof.witness_count, 0);
    assert_int_equal(proof.len, len);
}

static void test_without_content_a_proof_has_at_most_2_kb(void **state)
{
    static struct sample s;
    static struct sample_record record;
    static struct proof proof;
    struct proof_problem problem;
    struct record_id ctl[2] = {{{1}}, {{2}}};
    struct hash refs[2] = {{{3}}, {{4}}};
    (void)state;
    sample_agency(&s, 2, "Sichuan Provincial Emergency Management Department", 3, false, ctl, 2);
    struct sample_wish wish = sample_plain();
    wish.refs = refs;
    wish.ref_count = 2;
    sample_write(&s, &record, codec, wish);
    size_t len = make(&s, &record);
    print_message("%zu bytes\n", len);
    assert_true(len <= 2048);
    assert_int_equal(proof_read(&proof, bytes, len, &problem), MUSTER_OK);
    assert_null(memmem(bytes, len, record.payload, 16));
}

static void test_a_segment_is_proved_by_a_later_signature(void **state)
{
    static const struct {
        const char *says;
        size_t following;
        enum muster_error made, want;
    } cases[] = {
        {"refuses a segment whose signature is broken", 0, MUSTER_OK, MUSTER_ESIGNATURE},
        {"takes it when the next one is signed", 1, MUSTER_OK, MUSTER_OK},
        {"takes a signature 63 positions later", 63, MUSTER_OK, MUSTER_OK},
        {"does not make a longer run", 64, MUSTER_ETOOBIG, MUSTER_OK},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static struct sample s;
        static struct sample_record record;
        static struct proof proof;
        struct proof_problem problem;
        size_t len = 0;
        print_message("proof_read %s\n", cases[i].says);
        sample_agency(&s, 1, "Yibin", 3, false, NULL, 0);
        sample_write(&s, &record, codec, sample_plain());
        sample_run(&s, &record, cases[i].following);
        assert_int_equal(proof_make(bytes, sizeof(bytes), &len, false, &record.source, NULL, 0, NULL), cases[i].made);
        if (cases[i].made)
            continue;
        assert_int_equal(proof_read(&proof, bytes, len, &problem), cases[i].want);
        if (!cases[i].want)
            assert_int_equal(proof.record.following, cases[i].following);
    }
}

static void test_witnesses_bound_the_time(void **state)
{
    static struct sample yibin, zhaotong, elsewhere;
    static struct sample_record record, later, earlier, own, unrelated, other;
    static struct proof proof;
    (void)state;
    sample_agency(&yibin, 1, "Yibin", 3, false, NULL, 0);
    sample_agency(&zhaotong, 2, "Zhaotong", 3, false, NULL, 0);
    sample_agency(&elsewhere, 4, "Elsewhere", 9, false, NULL, 0);
    struct sample_wish wish = sample_plain();
    sample_write(&zhaotong, &earlier, codec, wish);
    sample_write(&zhaotong, &unrelated, codec, wish);
    struct hash names_earlier, names_record;
    memcpy(names_earlier.b, earlier.id.b, HASH_BYTES);
    wish.refs = &names_earlier;
    wish.ref_count = 1;
    sample_write(&yibin, &record, codec, wish);
    memcpy(names_record.b, record.id.b, HASH_BYTES);
    wish.refs = &names_record;
    sample_write(&zhaotong, &later, codec, wish);
    sample_write(&yibin, &own, codec, wish);
    sample_write(&elsewhere, &other, codec, wish);
    const struct {
        const char *says;
        const struct sample_record *witness;
        enum muster_error want;
        enum proof_relation relation;
    } cases[] = {
        {"a later record of another agency that names it", &later, MUSTER_OK, PROOF_NAMES_IT},
        {"an earlier one that it names", &earlier, MUSTER_OK, PROOF_NAMED},
        {"no record of the same agency", &own, MUSTER_EBADVALUE, 0},
        {"no record that has nothing to do with it", &unrelated, MUSTER_EBADVALUE, 0},
        {"no record of another space", &other, MUSTER_EBADVALUE, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct proof_problem problem;
        size_t len = 0;
        print_message("a witness is %s\n", cases[i].says);
        assert_int_equal(
            proof_make(bytes, sizeof(bytes), &len, false, &record.source, &cases[i].witness->source, 1, NULL),
            MUSTER_OK);
        assert_int_equal(proof_read(&proof, bytes, len, &problem), cases[i].want);
        if (!cases[i].want) {
            assert_int_equal(proof.witness_count, 1);
            assert_int_equal(proof.witnesses[0].relation, cases[i].relation);
            assert_string_equal(proof.witnesses[0].part.agency_name, "Zhaotong");
        }
    }
}

/* Which card is given beside the proof of segment 1, and what comes of it. */
static void test_a_card_is_the_anchor(void **state)
{
    enum shown { OWN, FOREIGN, OTHER_CHAIN, REVOKED, CUT_AT_IT, CUT_AT_ANOTHER, CUT_LATER };
    static const struct {
        const char *says;
        enum shown card;
        enum muster_error want;
        bool revoked;
    } cases[] = {
        {"is proved by its agency's card", OWN, MUSTER_OK, false},
        {"is not proved by another agency's card", FOREIGN, MUSTER_EKEYCHANGED, false},
        {"is refused when the card tells another story of the agency", OTHER_CHAIN, MUSTER_ECHAIN, false},
        {"is refused when its node is revoked without a word for it", REVOKED, MUSTER_EREVOKED, true},
        {"stands when the revocation ends at its segment", CUT_AT_IT, MUSTER_OK, true},
        {"is refused when the revocation ends at another segment there", CUT_AT_ANOTHER, MUSTER_EREVOKED, true},
        {"stands when the revocation ends behind it", CUT_LATER, MUSTER_OK, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static struct sample s, other;
        static struct sample_record record;
        static struct proof proof;
        static struct card card;
        static uint8_t card_bytes[CARD_BYTES_MAX];
        struct proof_problem problem;
        bool revoked = false;
        struct segment_id wrong = {{9}};
        print_message("a record %s\n", cases[i].says);
        sample_agency(&s, 1, "Yibin", 3, false, NULL, 0);
        sample_write(&s, &record, codec, sample_plain());
        size_t len = make(&s, &record);
        assert_int_equal(proof_read(&proof, bytes, len, &problem), MUSTER_OK);
        struct segment_id id = proof.record.segment_id;
        other = s;
        if (cases[i].card == FOREIGN)
            sample_agency(&other, 2, "Zhaotong", 3, false, NULL, 0);
        if (cases[i].card == OTHER_CHAIN) { /* the root signs a second line from the inception on */
            memset(&other.identity, 0, sizeof(other.identity));
            assert_int_equal(identity_take(&other.identity, other.statements[0], other.statement_len[0]), MUSTER_OK);
            other.statement_len[1] = statement_node(other.statements[1], &other.identity, &other.root_secret,
                                                    &other.node, "desk-1", 0, 1777000099000);
        }
        if (cases[i].card >= REVOKED)
            sample_revoke(&other,
                          cases[i].card == REVOKED     ? 0
                          : cases[i].card == CUT_LATER ? 2
                                                       : 1,
                          cases[i].card == CUT_AT_IT ? &id : &wrong);
        size_t card_len = sample_card(&other, card_bytes, cases[i].card >= REVOKED);
        assert_int_equal(card_read(&card, card_bytes, card_len), MUSTER_OK);
        assert_int_equal(proof_trust_card(&proof, &card, &revoked, &problem), cases[i].want);
        assert_int_equal(revoked, cases[i].revoked);
        assert_int_equal(proof_trust_id(&proof, &card.agency, &problem),
                         cases[i].card == FOREIGN ? MUSTER_EKEYCHANGED : MUSTER_OK);
    }
}

static void test_certify_takes_no_statement_too_many(void **state)
{
    static struct sample s;
    static struct card card;
    static struct proof_source source;
    static uint8_t card_bytes[CARD_BYTES_MAX];
    struct sign_public stranger = {{5}};
    (void)state;
    sample_agency(&s, 1, "Yibin", 3, false, NULL, 0);
    sample_revoke(&s, 0, NULL);
    assert_int_equal(card_read(&card, card_bytes, sample_card(&s, card_bytes, true)), MUSTER_OK);
    assert_int_equal(card.statement_count, 4);
    assert_int_equal(proof_certify(&source, &card, &s.node.sign), MUSTER_OK);
    assert_int_equal(source.statement_count, 2);
    assert_int_equal(proof_certify(&source, &card, &stranger), MUSTER_EUNKNOWN_NODE);
}

/* The bytes of format 1: MUSTER_WRITE_GOLDEN=1 writes them anew, by hand only. */
static void test_the_golden_proof_is_made_and_read(void **state)
{
    static struct sample s;
    static struct sample_record record;
    static struct proof proof;
    static char text[8192], kept[8192];
    static uint8_t read[4096];
    struct proof_problem problem;
    static const char path[] = MUSTER_SOURCE_DIR "/tests/unit/protocol/proof/golden.proof";
    size_t len = 0, read_len = 0;
    (void)state;
    sample_agency(&s, 1, "Yibin", 3, true, NULL, 0);
    sample_write(&s, &record, codec, (struct sample_wish){.count = 3, .index = 1, .text = 20});
    struct proof_opening opening = sample_opening(&s, &record);
    assert_int_equal(proof_make(bytes, sizeof(bytes), &len, true, &record.source, NULL, 0, &opening), MUSTER_OK);
    assert_true(armour_write(text, sizeof(text), "PROOF", bytes, len) < sizeof(text));
    if (getenv("MUSTER_WRITE_GOLDEN")) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(text, out);
        assert_int_equal(fclose(out), 0);
    }
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    kept[fread(kept, 1, sizeof(kept) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, kept);
    assert_int_equal(armour_read(read, sizeof(read), &read_len, "PROOF", kept, strlen(kept)), MUSTER_OK);
    assert_int_equal(proof_read(&proof, read, read_len, &problem), MUSTER_OK);
    assert_true(proof.exercise && proof.disclosed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_proof_says_who_said_what_where),
        cmocka_unit_test(test_without_content_a_proof_has_at_most_2_kb),
        cmocka_unit_test(test_a_segment_is_proved_by_a_later_signature),
        cmocka_unit_test(test_witnesses_bound_the_time),
        cmocka_unit_test(test_a_card_is_the_anchor),
        cmocka_unit_test(test_certify_takes_no_statement_too_many),
        cmocka_unit_test(test_the_golden_proof_is_made_and_read),
    };
    if (crypto_start() != MUSTER_OK || !(codec = payload_codec_new()))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    payload_codec_free(codec);
    return failed;
}
