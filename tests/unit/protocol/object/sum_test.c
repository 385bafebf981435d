/* sum_test.c — the short way and the fold give the same stored state; its flags say what a list shows. */
#include "protocol/object/sum.h"
#include "unit/protocol/object/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HISTORIES = 400, STEPS = 30, BYTES_MAX = 8 * 1024 };

/* As on a node: the log of a simple state is known by its number there. */
static uint32_t number_of(const struct log_id *log)
{
    return 1 + (uint32_t)log->b[0] * 256 + log->b[2];
}

static void sum_up(struct object_stored *out, const struct object_input *input)
{
    size_t size = object_fold_bytes(input);
    struct object_arena arena = {.at = malloc(size ? size : 1), .size = size};
    struct object_state state;
    assert_non_null(arena.at);
    assert_int_equal(object_fold(&state, input, &arena), MUSTER_OK);
    object_stored_sum(out, &state, input->records, input->count);
    if (out->simple)
        out->log = number_of(&input->records[0].log);
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        if ((state.set >> f & 1) && state.fields[f].provisional.erased)
            out->erased_mask |= UINT64_C(1) << f;
    free(arena.at);
}

static void compare(const struct object_stored *got, const struct object_stored *want)
{
    static uint8_t a[BYTES_MAX], b[BYTES_MAX];
    size_t len = object_stored_write(a, sizeof a, got);
    assert_true(len > 0);
    assert_int_equal(len, object_stored_write(b, sizeof b, want));
    assert_memory_equal(a, b, len);
}

/* -- the short way ------------------------------------------------------------------------- */

static void test_object_stored_knows_when_it_goes_on(void **state)
{
#define PLAIN "create 01 O.1/1 set=ab; update 02 O.1/2 term=01 set=b"
    /* clang-format off */
    static const struct {
        const char *says, *records, *assigned, *next;
        bool want;
    } rows[] = {
        {"goes on with an update", PLAIN, NULL, "update 03 O.1/3 term=01 dep=02 set=ac", true},
        {"goes on over a gap", PLAIN, NULL, "update 03 O.1/9 term=01 dep=44 set=a", true},
        {"declines a retract, which changes what the object is", PLAIN, NULL, "retract 03 O.1/3 term=01", false},
        {"declines a supersede", PLAIN, NULL, "supersede 03 O.1/3 term=01", false},
        {"goes on behind a retract", PLAIN "; retract 04 O.1/3 term=01", NULL,
         "update 03 O.1/4 term=01 set=a", true},
        {"goes on with a resolve", PLAIN, NULL, "resolve 03 O.1/3 term=01 set=a", true},
        {"goes on behind a supersede", PLAIN "; supersede 04 O.1/3 term=01", NULL, "update 03 O.1/4 term=01 set=a", true},
        {"declines a joint object", "create 01 O.1/1 set=a joint", NULL, "update 03 O.1/3 term=01 set=a", false},
        {"declines a term named twice", PLAIN, NULL, "update 03 O.1/3 term=01 term=01 set=a", false},
        {"declines an earlier record of the log", PLAIN "; update 04 O.1/5 term=01 set=b", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines another log of the owner", PLAIN, NULL, "update 03 O.2/3 term=01 dep=02 set=a", false},
        {"declines another agency", PLAIN, NULL, "update 03 P.1/3 term=01 dep=02 set=a", false},
        {"declines another term", PLAIN, NULL, "update 03 O.1/3 term=02 set=a", false},
        {"declines a change without a term", PLAIN, NULL, "update 03 O.1/3 set=a", false},
        {"declines an offer", PLAIN, NULL, "offer 03 O.1/3 term=01 to=P", false},
        {"declines an erase", PLAIN, NULL, "erase 03 O.1/3 target=01", false},
        {"declines a second create", PLAIN, NULL, "create 03 O.1/3 term=01 set=a", false},
        {"declines beside a proposal", PLAIN "; propose 04 P.1/1 set=a", NULL,
         "update 03 O.1/3 term=01 set=a", false},
        {"declines beside an offer", PLAIN "; offer 04 O.1/3 term=01 to=P", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines beside an erasure", PLAIN "; erase 04 O.1/3 target=01", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines beside a hold", PLAIN "; hold 04 C.1/1 target=01", NULL, "update 03 O.1/4 term=01 set=a",
         false},
        {"declines beside a branch", PLAIN "; update 04 O.2/1 term=01 set=c", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines beside what does not count", PLAIN "; update 04 P.1/1 term=01 set=c", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines beside the unknown", PLAIN "; unknown 04 O.1/3 term=01", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines a disputed line", PLAIN "; update 04 O.1/5 term=01 set=b place=disputed", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines in a later term", PLAIN, "01 O f0", "update 03 O.1/3 term=f0 set=a", false},
        {"declines without a create", "update 02 O.1/2 term=01 set=b", NULL, "update 03 O.1/3 term=01 set=a",
         false},
    };
    /* clang-format on */
#undef PLAIN
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample sample, next;
        struct object_stored before, after, folded;
        print_message("the short way %s\n", rows[i].says);
        sample_read(&sample, rows[i].records, rows[i].assigned);
        sample_read(&next, rows[i].next, NULL);
        sum_up(&before, &sample.input);
        assert_int_equal(object_stored_goes_on(&before, &next.records[0], number_of(&next.records[0].log)), rows[i].want);
        if (!rows[i].want)
            continue;
        object_stored_next(&after, &before, &next.records[0]);
        sample.records[sample.input.count++] = next.records[0];
        sum_up(&folded, &sample.input);
        compare(&after, &folded);
    }
}

static void test_object_stored_first_equals_the_fold_of_a_create(void **state)
{
    static const char *const creates[] = {"create 01 O.1/1", "create 01 O.1/7 set=abz hlc=9", "create 01 O.1/3 set=a joint"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(creates); i++) {
        struct sample sample;
        struct object_stored first, folded;
        print_message("the state after %s\n", creates[i]);
        sample_read(&sample, creates[i], NULL);
        sum_up(&folded, &sample.input);
        object_stored_first(&first, &sample.records[0], folded.log);
        compare(&first, &folded);
        assert_int_equal(first.simple, !sample.records[0].joint);
    }
}

/* The next record of a random history: mostly an update of one line, sometimes anything. */
static void random_record(struct sample *sample, uint64_t *seed, bool calm)
{
    static const uint8_t ops[] = {OP_UPDATE,  OP_UPDATE, OP_RETRACT, OP_OFFER,    OP_TAKE,
                                  OP_PROPOSE, OP_ACCEPT, OP_ERASE,   OP_RESOLVE,  OP_CREATE,
                                  OP_HOLD,    255,       OP_DECLINE, OP_SUPERSEDE};
    static const char *const logs[] = {"O.1", "O.2", "P.1", "C.1"};
    size_t at = sample->input.count++;
    struct object_record *record = &sample->records[at];
    bool odd = !calm && sample_random(seed, 12) == 0;
    const char *log = odd ? logs[sample_random(seed, ARRAY_LEN(logs))] : logs[0];
    uint64_t id = UINT64_C(0x9e3779b97f4a7c15) * (at + 1) ^ *seed;
    memset(record, 0, sizeof *record);
    memcpy(record->id.b, &id, sizeof id);
    memcpy(record->log.b, log, strlen(log));
    record->by.b[0] = (uint8_t)log[0];
    /* Seldom out of sequence: below what is held. */
    record->seq = sample_random(seed, 15) ? 10 * (at + 1)
                                          : 1 + sample_random(seed, (uint32_t)(10 * at + 1)) * 10 + at % 9;
    record->op = at == 0 ? OP_CREATE
                 : odd   ? ops[sample_random(seed, ARRAY_LEN(ops))]
                         : ops[sample_random(seed, 3)];
    record->root_id_fits = at == 0;
    record->joint = sample_random(seed, 4) == 0;
    record->hlc = sample_random(seed, 5);
    record->mask = (uint64_t)sample_random(seed, 256) << sample_random(seed, 57);
    if (odd && sample_random(seed, 4) == 0)
        record->place = (uint8_t)sample_random(seed, 3);
    if (at == 0)
        return;
    static const enum ref_role roles[] = {REF_DEP, REF_TARGET, REF_OFFER, REF_PROPOSAL};
    sample_ref(sample, at, REF_TERM, sample->records[odd ? sample_random(seed, (uint32_t)at) : 0].id.b);
    for (size_t r = 0; r < ARRAY_LEN(roles); r++)
        if (sample_random(seed, 2))
            sample_ref(sample, at, roles[r], sample->records[sample_random(seed, (uint32_t)at)].id.b);
    const uint8_t to[32] = {'P'};
    sample_ref(sample, at, REF_TO_AGENCY, to);
}

static void test_object_stored_goes_on_as_the_fold_in_random_histories(void **state)
{
    size_t taken = 0, declined = 0;
    (void)state;
    for (uint64_t n = 0; n < HISTORIES; n++) {
        static struct sample sample;
        struct object_stored stored, folded;
        uint64_t seed = n;
        memset(&sample, 0, sizeof sample);
        sample.controllers[0].b[0] = 'C';
        sample.input = (struct object_input){
            .records = sample.records, .controllers = sample.controllers, .controllers_count = 1};
        random_record(&sample, &seed, true);
        sum_up(&stored, &sample.input);
        for (size_t step = 1; step < STEPS; step++) {
            random_record(&sample, &seed, n % 2);
            const struct object_record *next = &sample.records[step];
            sum_up(&folded, &sample.input);
            /* A node asks of records that are live alone: others stand in no view. */
            if (next->place == PLACE_LIVE && object_stored_goes_on(&stored, next, number_of(&next->log))) {
                struct object_stored before = stored;
                object_stored_next(&stored, &before, next);
                compare(&stored, &folded);
                taken++;
            } else {
                stored = folded;
                declined++;
            }
        }
    }
    print_message("the short way took %zu records and declined %zu\n", taken, declined);
    assert_true(taken > HISTORIES * STEPS / 8);
    assert_true(declined > HISTORIES);
}

/* -- what a list shows ----------------------------------------------------------------------- */

static void test_object_stored_says_what_a_list_shows(void **state)
{
    /* clang-format off */
    static const struct {
        const char *says, *records;
        unsigned flags;
        uint64_t erased, several;
        unsigned heads;
    } rows[] = {
        {"an object that is not there", "", OBJECT_ORPHAN, 0, 0, 0},
        {"a plain one", "create 01 O.1/1 set=ac", 0, 0, 0, 1},
        {"a joint one", "create 01 O.1/1 joint", OBJECT_JOINT, 0, 0, 1},
        {"a retracted one", "create 01 O.1/1; retract 02 O.1/2 term=01", OBJECT_RETRACTED, 0, 0, 1},
        {"a superseded one", "create 01 O.1/1; supersede 02 O.1/2 term=01", OBJECT_SUPERSEDED, 0, 0, 1},
        {"one that goes on after it was superseded",
         "create 01 O.1/1; supersede 02 O.1/2 term=01; update 03 O.1/3 term=01", 0, 0, 0, 1},
        {"branches", "create 01 O.1/1 set=a; update 02 O.2/1 term=01 set=ab", OBJECT_CONFLICT, 0, 1, 2},
        {"an erasure", "create 01 O.1/1 set=ab gone", 0, 3, 0, 1},
        {"a proposal that waits", "create 01 O.1/1; propose 02 P.1/1", OBJECT_PROPOSALS, 0, 0, 1},
        {"a proposal that was answered",
         "create 01 O.1/1; propose 02 P.1/1; decline 03 O.1/2 term=01 proposal=02", 0, 0, 0, 1},
        {"late records",
         "create 01 O.1/1; offer 02 O.1/2 term=01 to=P; take 03 P.1/1 offer=02; update 04 O.1/3 term=01",
         OBJECT_LATE, 0, 0, 1},
        {"disputed records", "create 01 O.1/1; update 02 O.1/2 term=01 place=disputed", OBJECT_DISPUTED, 0, 0, 1},
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample sample;
        struct object_stored got, read;
        static uint8_t bytes[BYTES_MAX];
        print_message("the stored state shows %s\n", rows[i].says);
        sample_read(&sample, rows[i].records, NULL);
        sum_up(&got, &sample.input);
        assert_int_equal(got.flags, rows[i].flags);
        assert_int_equal(got.erased_mask, rows[i].erased);
        assert_int_equal(got.conflict_mask, rows[i].several);
        assert_int_equal(got.head_count, rows[i].heads);
        size_t len = object_stored_write(bytes, sizeof bytes, &got);
        assert_int_equal(object_stored_read(&read, (struct bytes){bytes, len}), MUSTER_OK);
        compare(&read, &got);
        for (size_t cut = 0; cut < len; cut++) /* the value of a store that was damaged */
            assert_int_not_equal(object_stored_read(&read, (struct bytes){bytes, cut}), MUSTER_OK);
    }
}

static void test_object_stored_lists_the_first_64_heads(void **state)
{
    static struct sample sample;
    struct object_stored got;
    (void)state;
    sample_read(&sample, "create ff O.1/1", NULL);
    for (unsigned i = 1; i < SAMPLE_RECORDS_MAX; i++) {
        struct object_record *record = &sample.records[sample.input.count++];
        *record = (struct object_record){.op = OP_UPDATE, .seq = 1, .hlc = i, .log.b = {'O', '/', (uint8_t)i},
                                         .by.b = {'O'}, .id.b = {(uint8_t)i}};
        sample_ref(&sample, i, REF_TERM, sample.records[0].id.b);
        sum_up(&got, &sample.input); /* the create is a head too */
        assert_int_equal(got.head_count, i + 1);
        assert_int_equal(got.heads[0].b[0], 1);
        assert_int_equal(got.heads[i].b[0], 0xff);
        assert_int_equal(got.revision, i + 1);
    }
    assert_int_equal(got.head_count, OBJECT_HEADS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_object_stored_knows_when_it_goes_on),
        cmocka_unit_test(test_object_stored_first_equals_the_fold_of_a_create),
        cmocka_unit_test(test_object_stored_goes_on_as_the_fold_in_random_histories),
        cmocka_unit_test(test_object_stored_says_what_a_list_shows),
        cmocka_unit_test(test_object_stored_lists_the_first_64_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
