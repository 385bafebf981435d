/* fold_test.c — what the traces of the model do not show: ties, circles, bounds, size. */
#include "unit/protocol/object/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Folds a sample in a block of exactly the promised size, and prints the state. */
static enum muster_error fold_text(char *out, const struct sample *sample)
{
    size_t size = object_fold_bytes(&sample->input);
    struct object_arena arena = {.at = malloc(size ? size : 1), .size = size};
    struct object_state state;
    assert_non_null(arena.at);
    enum muster_error error = object_fold(&state, &sample->input, &arena);
    if (error == MUSTER_OK)
        sample_print(out, sample, &state);
    free(arena.at);
    return error;
}

/* Another order of arrival: the records rotated by `by`, or also turned round. */
static void reorder(struct sample *out, const struct sample *in, size_t by, bool back)
{
    size_t count = in->input.count;
    *out = *in;
    for (size_t i = 0; i < count; i++) {
        size_t from = (i + by) % count;
        out->records[i] = in->records[back ? count - 1 - from : from];
    }
    out->input.records = out->records;
}

/* clang-format off */
static const struct {
    const char *says, *records, *assigned, *want;
} cases[] = {
    {"knows nothing of no records", "", NULL, "nothing"},
    {"shows a create", "create 01 O.1/1 set=ab", NULL, "O 01 heads 01 a=01 b=01"},
    {"shows nothing of a create with another's id", "create 01 O.1/1 set=a foreign", NULL, "nothing"},
    {"lists erasures even without a create", "update 02 O.1/2 term=01 set=a; erase 03 O.1/3 target=02", NULL,
     "nothing erased 02"},
    {"takes the create of the earlier hour if a mended fork left two",
     "create 01 O.1/1 set=a hlc=9; create 02 O.1/1 set=a hlc=8", NULL, "O 02 heads 02 a=02"},
    {"takes the create of the smaller hash in the same hour",
     "create 02 O.1/1 set=a hlc=8; create 01 O.1/1 set=a hlc=8", NULL, "O 01 heads 01 a=01"},

    {"keeps branches of two nodes of the owner",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 set=a hlc=5; update 03 O.2/1 term=01 dep=01 set=a hlc=6",
     NULL, "O 01 conflict heads 02,03 a=02,03*"},
    {"prefers the greater hash in the same hour",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 set=a hlc=5; update 03 O.2/1 term=01 dep=01 set=a hlc=5",
     NULL, "O 01 conflict heads 02,03 a=02,03*"},
    {"settles branches by a resolve that refers to both",
     "create 01 O.1/1 set=ab; update 02 O.1/2 term=01 set=a; update 03 O.2/1 term=01 dep=01 set=ab; "
     "resolve 04 O.1/3 term=01 dep=02,03 set=a", NULL, "O 01 heads 04 a=04 b=03"},
    {"lets a supersede set fields like an update", "create 01 O.1/1 set=ab; supersede 02 O.1/2 term=01 set=b",
     NULL, "O 01 heads 02 a=01 b=02"},
    {"ignores what an unknown operation sets and follows its references",
     "create 01 O.1/1 set=a; update 02 O.2/1 term=01 dep=01 set=a; unknown 03 P.1/1 dep=02 set=a; "
     "update 04 O.1/2 term=01 dep=03 set=a", NULL, "O 01 heads 04 a=04"},
    {"reaches a proposal's past through the proposal alone",
     "create 01 O.1/1 set=a; update 02 O.2/1 term=01 dep=01 set=a; propose 03 P.1/1 dep=02 set=a; "
     "accept 04 O.1/2 term=01 proposal=03 set=a", NULL, "O 01 heads 04 03 accepted a=04"},

    {"gives rival takes of two logs to the smallest offer",
     "create 01 O.1/1 set=a; offer 09 O.1/2 term=01 to=P; offer 08 O.2/1 term=01 to=Q; take 02 P.1/1 "
     "offer=09; "
     "take 03 Q.1/1 offer=08", NULL, "Q 03 heads 01 a=01"},
    {"gives rival takes of one offer to the smallest take",
     "create 01 O.1/1 set=a; offer 09 O.1/2 term=01 to=P; take 03 P.1/1 offer=09; take 02 P.2/1 offer=09",
     NULL, "P 02 heads 01 a=01"},
    {"lets both branches of a fork offer, and the smaller offer win",
     "create 01 O.1/1 set=a; offer 08 O.1/2 term=01 to=P place=disputed; "
     "offer 09 O.1/2 term=01 to=Q place=disputed; take 02 P.1/1 offer=08; take 03 Q.1/1 offer=09", NULL,
     "P 02 heads 01 a=01"},
    {"lets a refused offer make way for the next",
     "create 01 O.1/1 set=a; offer 08 O.1/2 term=01 to=P; refuse 09 P.1/1 offer=08; offer 0a O.1/3 term=01 "
     "to=Q; "
     "take 02 Q.1/1 offer=0a", NULL, "Q 02 heads 01 a=01"},
    {"lets nobody but the one named refuse",
     "create 01 O.1/1 set=a; offer 08 O.1/2 term=01 to=P; refuse 09 O.1/3 offer=08; offer 0a O.1/4 term=01 "
     "to=Q; "
     "take 02 Q.1/1 offer=0a", NULL, "O 01 heads 01 a=01"},
    {"prefers the majority's reassign to a take",
     "create 01 O.1/1 set=a; offer 08 O.1/2 term=01 to=P; take 02 P.1/1 offer=08; "
     "update 03 Q.1/1 term=f0 dep=01 set=a", "01 Q f0", "Q f0 heads 03 a=03"},
    {"counts what the reassign had seen and lists as late what it had not",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 set=b; update 03 O.2/1 term=01 dep=02 set=c; decline 05 O.2/2 term=01; "
     "update 04 O.2/3 term=01 set=a",
     "01 Q f0 05", "Q f0 heads 03 late 04 a=01 b=02 c=03"},
    {"counts nothing of a former owner's for a reassign that had seen nothing, or what is not here",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 set=b", "01 Q f0 77", "Q f0 heads 01 late 02 a=01"},
    {"takes the smallest of two reassigns", "create 01 O.1/1 set=a", "01 Q f1; 01 P f0",
     "P f0 heads 01 a=01"},
    {"counts what the take had seen and lists as late what it had not",
     "create 01 O.1/1 set=a; offer 08 O.1/2 term=01 to=P; take 09 P.1/1 offer=08 dep=02; "
     "update 02 O.2/1 term=01 dep=01 set=a; update 03 O.2/2 term=01 set=a", NULL, "P 09 heads 02 late 03 a=02"},
    {"comes back to a former owner in a term of its own",
     "create 01 O.1/1 set=a; offer 08 O.1/2 term=01 to=P; take 09 P.1/1 offer=08; offer 0a P.1/2 term=09 "
     "to=O; "
     "take 0b O.1/3 offer=0a; update 02 O.1/4 term=0b set=a; update 03 O.2/1 term=01 dep=01 set=b; "
     "update 04 P.1/3 term=09 set=c", NULL, "O 0b heads 02 late 03,04 a=02"},

    {"lists the owner's forked records beside the object, and no stranger's",
     "create 01 O.1/1 set=a; update 02 O.2/3 term=01 set=a place=disputed; "
     "update 03 Q.1/3 term=01 set=a place=disputed", NULL, "O 01 heads 01 disputed 02 a=01"},
    {"gives a joint object to every writer",
     "create 01 O.1/1 set=a joint; update 02 P.1/1 dep=01 set=a; update 03 Q.1/1 dep=02 set=b; decline 04 "
     "P.1/2", NULL, "O 01 joint heads 03 a=02 b=03"},
    {"keeps a retracted object retracted until a later change",
     "create 01 O.1/1 set=a; retract 02 O.1/2 term=01; update 03 O.1/3 term=01 set=b", NULL,
     "O 01 heads 03 a=01 b=03"},

    {"erases for a majority or by retention", "create 01 O.1/1 set=a gone", NULL,
     "O 01 heads 01 erased 01 a=01!"},
    {"cannot erase what a fold needs, even for a majority",
     "create 01 O.1/1 set=a; offer 02 O.1/2 term=01 to=P gone; erase 03 O.1/3 target=02", NULL,
     "O 01 heads 01 a=01"},
    {"holds bytes for a majority", "create 01 O.1/1 set=a kept", NULL, "O 01 heads 01 held 01 a=01"},
    {"ends a hold by the controller alone",
     "create 01 O.1/1 set=a; hold 02 C.1/1 target=01; unhold 03 O.1/2 hold=02; hold 04 O.1/3 target=01", NULL,
     "O 01 heads 01 held 01 a=01"},
    {"ends a hold by the controller",
     "create 01 O.1/1 set=a; hold 02 C.1/1 target=01; unhold 03 C.1/2 hold=02", NULL, "O 01 heads 01 a=01"},
    {"erases from a forked stretch, not from beyond a cut",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 set=b; erase 03 O.1/3 target=01 place=disputed; "
     "erase 04 O.1/4 target=02 place=cut", NULL, "O 01 heads 02 erased 01 a=01! b=02"},
    {"prefers an erased value's hour as any other's",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 set=a hlc=5; update 03 O.2/1 term=01 dep=01 set=a hlc=6 "
     "gone", NULL, "O 01 conflict heads 02,03 erased 03 a=02,03!*"},

    {"stands a record that names itself", "create 01 O.1/1 set=a dep=01", NULL, "O 01 heads 01 a=01"},
    {"stands a log that names its own later record",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 dep=03 set=a; update 03 O.1/3 term=01 set=a", NULL,
     "O 01 heads 03 a=03"},
    {"stands two logs that close a circle: their own orders are left",
     "create 01 O.1/1 set=a; update 02 O.1/2 term=01 dep=05 set=a hlc=1; update 03 O.1/3 term=01 set=a "
     "hlc=2; "
     "update 04 O.2/1 term=01 dep=03 set=b; update 05 O.2/2 term=01 dep=01 set=a hlc=1", NULL,
     "O 01 conflict heads 03,05 a=03*,05 b=04"},
    {"keeps the order of a log within a circle, wherever the circle is met",
     "create 01 O.1/1; update 03 O.1/2 term=01 dep=06 set=a; update 02 O.1/3 term=01; "
     "update 04 O.1/4 term=01 set=a; update 05 O.2/1 term=01 dep=04; update 06 O.2/2 term=01",
     NULL, "O 01 conflict heads 04,06 a=04"},
    {"sees a circle as a whole from above",
     "create 01 O.1/1 set=a; update 02 O.2/1 term=01 dep=03 set=a; update 03 O.3/1 term=01 dep=02 set=a; "
     "update 04 O.1/2 term=01 dep=02,03 set=a", NULL, "O 01 heads 04 a=04"},
};
/* clang-format on */

static void test_object_fold_gives_one_state_in_every_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sample sample, other;
        char text[SAMPLE_TEXT_MAX];
        print_message("object_fold %s\n", cases[i].says);
        sample_read(&sample, cases[i].records, cases[i].assigned);
        assert_int_equal(fold_text(text, &sample), MUSTER_OK);
        assert_string_equal(text, cases[i].want);
        for (size_t n = 0; n < 2 * sample.input.count; n++) {
            reorder(&other, &sample, n / 2, n % 2);
            assert_int_equal(fold_text(text, &other), MUSTER_OK);
            assert_string_equal(text, cases[i].want);
        }
    }
}

/* The kind's order: the smaller the id the more severe, on field a only. */
static int rank_by_id(void *context, unsigned field, uint32_t record)
{
    const struct sample *sample = context;
    assert_false(sample->records[record].majority_erased);
    return field == 0 ? 256 - sample->records[record].id.b[0] : 0;
}

static void test_object_fold_asks_the_kind_which_value_is_severe(void **state)
{
    /* clang-format off */
    static const struct {
        const char *says, *records, *want;
    } rows[] = {
        {"shows the more severe value, older or not",
         "create 01 O.1/1; update 02 O.2/1 term=01 set=a hlc=1; update 03 O.3/1 term=01 set=a hlc=9",
         "O 01 conflict heads 01,02,03 a=02*,03"},
        {"shows the newer value of a field without severity",
         "create 01 O.1/1; update 02 O.2/1 term=01 set=b hlc=1; update 03 O.3/1 term=01 set=b hlc=9",
         "O 01 conflict heads 01,02,03 b=02,03*"},
        {"gives an erased value no weight",
         "create 01 O.1/1; update 02 O.2/1 term=01 set=a hlc=1 gone; update 03 O.3/1 term=01 set=a hlc=0",
         "O 01 conflict heads 01,02,03 erased 02 a=02!,03*"},
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample sample;
        char text[SAMPLE_TEXT_MAX];
        print_message("object_fold %s\n", rows[i].says);
        sample_read(&sample, rows[i].records, NULL);
        sample.input.rank = rank_by_id;
        sample.input.rank_context = &sample;
        assert_int_equal(fold_text(text, &sample), MUSTER_OK);
        assert_string_equal(text, rows[i].want);
    }
}

static void test_object_fold_refuses_what_does_not_fit(void **state)
{
    struct sample sample;
    char text[SAMPLE_TEXT_MAX];
    (void)state;
    sample_read(&sample, "create 01 O.1/1 set=a; update 01 O.1/2 term=01", NULL);
    assert_int_equal(fold_text(text, &sample), MUSTER_EDUPLICATE);

    sample_read(&sample, "create 01 O.1/1 set=a", NULL);
    sample.records[0].refs_count = REFS_MAX + 1; /* the references themselves are never looked at */
    struct object_arena none = {.at = NULL};
    struct object_state out = {.terms_count = 7};
    assert_int_equal(object_fold(&out, &sample.input, &none), MUSTER_ETOOBIG);
    sample.records[0].refs_count = 0;
    sample.input.count = OBJECT_INPUT_MAX + 1;
    assert_int_equal(object_fold(&out, &sample.input, &none), MUSTER_ETOOBIG);
    sample.input.count = 1;
    sample.input.assigned_count = OBJECT_ASSIGNED_MAX + 1;
    assert_int_equal(object_fold(&out, &sample.input, &none), MUSTER_ETOOBIG);
    sample.input.assigned_count = 0;
    sample.input.controllers_count = OBJECT_CONTROLLERS_MAX + 1;
    assert_int_equal(object_fold(&out, &sample.input, &none), MUSTER_ETOOBIG);
    assert_int_equal(out.terms_count, 7);
}

/* Every arena that is too small is refused, and none is overrun (the sanitizer looks on). */
static void test_object_fold_stays_within_its_arena(void **state)
{
    struct sample sample;
    size_t refused = 0, taken = 0;
    (void)state;
    sample_read(&sample, cases[ARRAY_LEN(cases) - 2].records, NULL);
    for (size_t size = 0; size <= object_fold_bytes(&sample.input); size += ARENA_ALIGN) {
        struct object_arena arena = {.at = malloc(size ? size : 1), .size = size};
        struct object_state out = {.terms_count = 7};
        enum muster_error error = object_fold(&out, &sample.input, &arena);
        assert_true(arena.used <= size);
        if (error == MUSTER_OK) {
            taken++;
        } else {
            assert_int_equal(error, MUSTER_ETOOBIG);
            assert_int_equal(taken, 0); /* more memory never fails where less was enough */
            assert_int_equal(out.terms_count, 7);
            refused++;
        }
        free(arena.at);
    }
    assert_true(refused > 0 && taken > 0);
}

/* -- size ---------------------------------------------------------------------------------- */

struct crowd {
    struct object_record *records;
    struct record_ref (*refs)[2];
    struct object_input input;
};

static void crowd_make(struct crowd *c, uint32_t count)
{
    *c = (struct crowd){.records = calloc(count, sizeof *c->records), .refs = calloc(count, sizeof *c->refs)};
    assert_non_null(c->records);
    assert_non_null(c->refs);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t mix = (i + 1) * UINT64_C(0x9e3779b97f4a7c15); /* ids in no order */
        memcpy(c->records[i].id.b, &mix, sizeof mix);
        c->records[i].seq = i + 1;
        c->records[i].refs = c->refs[i];
    }
    c->input = (struct object_input){.records = c->records, .count = count};
}

static void crowd_ref(struct crowd *c, uint32_t at, enum ref_role role, const uint8_t id[32])
{
    struct record_ref *ref = &c->refs[at][c->records[at].refs_count++];
    ref->role = (uint8_t)role;
    memcpy(ref->hash.b, id, HASH_BYTES);
}

static void crowd_fold(const struct crowd *c, struct object_state *out, struct object_arena *arena)
{
    size_t size = object_fold_bytes(&c->input);
    *arena = (struct object_arena){.at = malloc(size), .size = size};
    assert_non_null(arena->at);
    assert_int_equal(object_fold(out, &c->input, arena), MUSTER_OK);
}

static void crowd_clear(struct crowd *c, struct object_arena *arena)
{
    free(c->records);
    free(c->refs);
    free(arena->at);
}

static void test_object_fold_takes_the_longest_line(void **state)
{
    struct crowd c;
    struct object_state out;
    struct object_arena arena;
    (void)state;
    crowd_make(&c, OBJECT_RECORDS_MAX);
    for (uint32_t i = 0; i < OBJECT_RECORDS_MAX; i++) {
        c.records[i].op = i ? OP_UPDATE : OP_CREATE;
        c.records[i].root_id_fits = true;
        c.records[i].mask = UINT64_C(1) << i % OBJECT_FIELDS;
        if (i)
            crowd_ref(&c, i, REF_TERM, c.records[0].id.b);
        if (i)
            crowd_ref(&c, i, REF_DEP, c.records[i - 1].id.b);
    }
    crowd_fold(&c, &out, &arena);
    assert_int_equal(out.heads.count, 1);
    assert_int_equal(out.heads.at[0], OBJECT_RECORDS_MAX - 1);
    for (uint32_t f = 0; f < OBJECT_FIELDS; f++) {
        assert_int_equal(out.fields[f].count, 1);
        assert_int_equal(out.fields[f].setters[0].record, OBJECT_RECORDS_MAX - OBJECT_FIELDS + f);
    }
    crowd_clear(&c, &arena);
}

/* O and P hand the object to and fro; every owner writes one change that the take sees, save one
 * in seven.  More terms than bits in a word. */
static void test_object_fold_judges_late_records_in_many_terms(void **state)
{
    enum { TERMS = 300, EACH = 3 };
    struct crowd c;
    struct object_state out;
    struct object_arena arena;
    uint32_t late = 0;
    (void)state;
    crowd_make(&c, TERMS * EACH);
    for (uint32_t t = 0; t < TERMS; t++) {
        struct object_record *start = &c.records[t * EACH], *change = start + 1, *offer = start + 2;
        bool seen = t % 7 != 3;
        for (uint32_t i = 0; i < EACH; i++) {
            start[i].by.b[0] = t % 2 ? 'P' : 'O';
            /* A log for each record: nothing is in the past of anything but by reference. */
            memcpy(start[i].log.b, start[i].id.b, HASH_BYTES);
        }
        start->op = t ? OP_TAKE : OP_CREATE;
        start->root_id_fits = true;
        if (t)
            crowd_ref(&c, t * EACH, REF_OFFER, c.records[t * EACH - 1].id.b);
        if (t && (t - 1) % 7 != 3)
            crowd_ref(&c, t * EACH, REF_DEP, c.records[(t - 1) * EACH + 1].id.b);
        change->op = OP_UPDATE;
        crowd_ref(&c, t * EACH + 1, REF_TERM, start->id.b);
        crowd_ref(&c, t * EACH + 1, REF_DEP, start->id.b);
        offer->op = OP_OFFER;
        crowd_ref(&c, t * EACH + 2, REF_TERM, start->id.b);
        uint8_t to[32] = {t % 2 ? 'O' : 'P'};
        crowd_ref(&c, t * EACH + 2, REF_TO_AGENCY, to);
        late += !seen && t + 1 < TERMS;
    }
    crowd_fold(&c, &out, &arena);
    assert_int_equal(out.terms_count, TERMS);
    assert_int_equal(out.owner.b[0], 'P');
    assert_int_equal(out.late.count, late);
    for (uint32_t i = 0; i < out.late.count; i++) {
        assert_int_equal(out.late.at[i] % EACH, 1);
        assert_int_equal(out.late.at[i] / EACH % 7, 3);
    }
    crowd_clear(&c, &arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_object_fold_gives_one_state_in_every_order),
        cmocka_unit_test(test_object_fold_asks_the_kind_which_value_is_severe),
        cmocka_unit_test(test_object_fold_refuses_what_does_not_fit),
        cmocka_unit_test(test_object_fold_stays_within_its_arena),
        cmocka_unit_test(test_object_fold_takes_the_longest_line),
        cmocka_unit_test(test_object_fold_judges_late_records_in_many_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
