/* summary_test.c — the short way and the fold give the same bytes; what is stored is read back. */
#include "protocol/object/summary.h"
#include "unit/protocol/object/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HISTORIES = 400, STEPS = 30 };

/* The record's id, so that a wrong locator shows. */
static struct locator locate(const struct object_record *record)
{
    struct locator at;
    memcpy(at.b, record->id.b, sizeof at.b);
    at.b[LOCATOR_BYTES - 1] = 1;
    return at;
}

static void summarize(struct object_summary *out, const struct object_input *input)
{
    size_t size = object_fold_bytes(input);
    struct object_arena arena = {.at = malloc(size ? size : 1), .size = size};
    struct object_state state;
    struct locator locators[SAMPLE_RECORDS_MAX];
    for (size_t i = 0; i < input->count; i++)
        locators[i] = locate(&input->records[i]);
    assert_non_null(arena.at);
    assert_int_equal(object_fold(&state, input, &arena), MUSTER_OK);
    object_summary_make(out, &state, input, locators);
    free(arena.at);
}

static size_t store(uint8_t *out, const struct object_summary *summary)
{
    struct writer w = writer_over(out, SUMMARY_BYTES_MAX);
    object_summary_write(&w, summary);
    assert_false(w.failed);
    return writer_len(&w);
}

static void compare(const struct object_summary *got, const struct object_summary *want)
{
    uint8_t a[SUMMARY_BYTES_MAX], b[SUMMARY_BYTES_MAX];
    size_t len = store(a, got);
    assert_int_equal(len, store(b, want));
    assert_memory_equal(a, b, len);
}

/* -- the short way ------------------------------------------------------------------------- */

static void test_object_append_knows_when_it_may(void **state)
{
#define PLAIN "create 01 O.1/1 set=ab; update 02 O.1/2 term=01 set=b"
    /* clang-format off */
    static const struct {
        const char *says, *records, *assigned, *next;
        bool want;
    } rows[] = {
        {"goes on with an update", PLAIN, NULL, "update 03 O.1/3 term=01 dep=02 set=ac", true},
        {"goes on over a gap", PLAIN, NULL, "update 03 O.1/9 term=01 dep=44 set=a", true},
        {"goes on with a retract", PLAIN, NULL, "retract 03 O.1/3 term=01", true},
        {"goes on behind a retract", PLAIN "; retract 04 O.1/3 term=01", NULL,
         "update 03 O.1/4 term=01 set=a", true},
        {"goes on with a resolve", PLAIN, NULL, "resolve 03 O.1/3 term=01 set=a", true},
        {"goes on in a joint object", "create 01 O.1/1 set=a joint", NULL, "update 03 O.1/3 term=01 set=a",
         true},
        {"declines an earlier record of the log", PLAIN "; update 04 O.1/5 term=01 set=b", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines another log of the owner", PLAIN, NULL, "update 03 O.2/3 term=01 dep=02 set=a", false},
        {"declines another agency", PLAIN, NULL, "update 03 P.1/3 term=01 dep=02 set=a", false},
        {"declines another term", PLAIN, NULL, "update 03 O.1/3 term=02 set=a", false},
        {"declines a change without a term", PLAIN, NULL, "update 03 O.1/3 set=a", false},
        {"declines what is not live", PLAIN, NULL, "update 03 O.1/3 term=01 set=a place=disputed", false},
        {"declines what is erased already", PLAIN, NULL, "update 03 O.1/3 term=01 set=a gone", false},
        {"declines what is held already", PLAIN, NULL, "update 03 O.1/3 term=01 set=a kept", false},
        {"declines an offer", PLAIN, NULL, "offer 03 O.1/3 term=01 to=P", false},
        {"declines an erase", PLAIN, NULL, "erase 03 O.1/3 target=01", false},
        {"declines a second create", PLAIN, NULL, "create 03 O.1/3 term=01 set=a", false},
        {"declines beside a proposal", PLAIN "; propose 04 P.1/1 set=a", NULL,
         "update 03 O.1/3 term=01 set=a", false},
        {"declines beside an offer", PLAIN "; offer 04 O.1/3 term=01 to=P", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines beside an erasure", PLAIN "; erase 04 O.1/3 target=01", NULL,
         "update 03 O.1/4 term=01 set=a", false},
        {"declines beside an erasure that came before its target", PLAIN "; erase 04 O.1/4 target=03", NULL,
         "update 03 O.1/5 term=01 set=a", false},
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
        struct object_summary summary, before, folded;
        print_message("object_append %s\n", rows[i].says);
        sample_read(&sample, rows[i].records, rows[i].assigned);
        sample_read(&next, rows[i].next, NULL);
        summarize(&summary, &sample.input);
        before = summary;
        struct locator at = locate(&next.records[0]);
        assert_int_equal(object_append(&summary, &next.records[0], &at), rows[i].want);
        if (!rows[i].want) {
            assert_memory_equal(&summary, &before, sizeof summary);
            continue;
        }
        sample.records[sample.input.count++] = next.records[0];
        summarize(&folded, &sample.input);
        compare(&summary, &folded);
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

static void test_object_append_equals_the_fold_in_random_histories(void **state)
{
    size_t taken = 0, declined = 0;
    (void)state;
    for (uint64_t n = 0; n < HISTORIES; n++) {
        static struct sample sample;
        struct object_summary summary, folded;
        uint64_t seed = n;
        memset(&sample, 0, sizeof sample);
        sample.controllers[0].b[0] = 'C';
        sample.input = (struct object_input){
            .records = sample.records, .controllers = sample.controllers, .controllers_count = 1};
        random_record(&sample, &seed, true);
        summarize(&summary, &sample.input);
        for (size_t step = 1; step < STEPS; step++) {
            random_record(&sample, &seed, n % 2);
            const struct object_record *next = &sample.records[step];
            struct locator at = locate(next);
            summarize(&folded, &sample.input);
            if (object_append(&summary, next, &at)) {
                compare(&summary, &folded);
                taken++;
            } else {
                summary = folded;
                declined++;
            }
        }
    }
    print_message("object_append took %zu records and declined %zu\n", taken, declined);
    assert_true(taken > HISTORIES * STEPS / 4);
    assert_true(declined > HISTORIES);
}

/* -- bytes --------------------------------------------------------------------------------- */

static void summary_of(struct object_summary *out, const char *records)
{
    struct sample sample;
    sample_read(&sample, records, NULL);
    summarize(out, &sample.input);
}

static void test_object_summary_says_what_a_list_shows(void **state)
{
    /* clang-format off */
    static const struct {
        const char *says, *records;
        unsigned flags;
        uint64_t set, erased, several;
        unsigned heads;
    } rows[] = {
        {"an object that is not there", "", 0, 0, 0, 0, 0},
        {"a plain one", "create 01 O.1/1 set=ac", SUMMARY_EXISTS | SUMMARY_PLAIN, 5, 0, 0, 1},
        {"a joint one", "create 01 O.1/1 joint", SUMMARY_EXISTS | SUMMARY_JOINT | SUMMARY_PLAIN, 0, 0, 0, 1},
        {"a retracted one", "create 01 O.1/1; retract 02 O.1/2 term=01",
         SUMMARY_EXISTS | SUMMARY_RETRACTED | SUMMARY_PLAIN, 0, 0, 0, 1},
        {"branches", "create 01 O.1/1 set=a; update 02 O.2/1 term=01 set=ab",
         SUMMARY_EXISTS | SUMMARY_CONFLICT, 3, 0, 1, 2},
        {"an erasure", "create 01 O.1/1 set=ab gone", SUMMARY_EXISTS, 3, 3, 0, 1},
        {"a hold", "create 01 O.1/1 set=ab kept", SUMMARY_EXISTS | SUMMARY_HELD, 3, 0, 0, 1},
        {"a proposal that waits", "create 01 O.1/1; propose 02 P.1/1", SUMMARY_EXISTS | SUMMARY_OPEN, 0, 0, 0, 1},
        {"a proposal that was answered",
         "create 01 O.1/1; propose 02 P.1/1; decline 03 O.1/2 term=01 proposal=02",
         SUMMARY_EXISTS, 0, 0, 0, 1},
        {"late records",
         "create 01 O.1/1; offer 02 O.1/2 term=01 to=P; take 03 P.1/1 offer=02; update 04 O.1/3 term=01",
         SUMMARY_EXISTS | SUMMARY_LATE, 0, 0, 0, 1},
        {"disputed records", "create 01 O.1/1; update 02 O.1/2 term=01 place=disputed",
         SUMMARY_EXISTS | SUMMARY_DISPUTED, 0, 0, 0, 1},
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct object_summary got, read;
        uint8_t bytes[SUMMARY_BYTES_MAX];
        print_message("object_summary shows %s\n", rows[i].says);
        summary_of(&got, rows[i].records);
        assert_int_equal(got.flags, rows[i].flags);
        assert_int_equal(got.set, rows[i].set);
        assert_int_equal(got.erased, rows[i].erased);
        assert_int_equal(got.several, rows[i].several);
        assert_int_equal(got.heads_count, rows[i].heads);
        assert_int_equal(object_summary_read(&read, bytes, store(bytes, &got)), MUSTER_OK);
        compare(&read, &got);
    }
}

static void test_object_summary_lists_sixteen_heads(void **state)
{
    char text[2048] = "create f0 O.1/1";
    struct object_summary got, read;
    uint8_t bytes[SUMMARY_BYTES_MAX];
    (void)state;
    for (unsigned i = 1; i <= SUMMARY_HEADS_MAX; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "; update %02x O.%c/1 term=f0", i, 'a' + (char)i);
        summary_of(&got, text); /* the create is a head too: i + 1 in all */
        assert_int_equal(!!(got.flags & SUMMARY_HEADS_MANY), i == SUMMARY_HEADS_MAX);
        assert_int_equal(got.heads_count, i < SUMMARY_HEADS_MAX ? i + 1 : SUMMARY_HEADS_MAX);
        assert_int_equal(got.heads[0].b[0], 1);
        assert_int_equal(object_summary_read(&read, bytes, store(bytes, &got)), MUSTER_OK);
        compare(&read, &got);
    }
}

static void test_object_summary_read_refuses_other_bytes(void **state)
{
    enum {
        FLAGS = 1,
        LOG = 3 + 64,
        SEQ = 3 + 96,
        HEADS = SEQ + 8,
        ERASED = HEADS + 1 + 32 + 8,
        SEVERAL = ERASED + 8
    };
    /* clang-format off */
    static const struct {
        const char *says;
        size_t at;
        uint8_t flip;
        enum muster_error want;
    } rows[] = {
        {"a newer version", 0, 2, MUSTER_EVERSION},
        {"an unknown flag", FLAGS + 1, 128, MUSTER_EBADVALUE},
        {"a conflict of one head", FLAGS, SUMMARY_CONFLICT, MUSTER_EBADVALUE},
        {"many heads of which one is listed", FLAGS, SUMMARY_HEADS_MANY, MUSTER_EBADVALUE},
        {"an object that does not exist and has heads", FLAGS, SUMMARY_EXISTS, MUSTER_EBADVALUE},
        {"a line of an object that is not plain", FLAGS, SUMMARY_PLAIN, MUSTER_EBADVALUE},
        {"an erased field that was never set", ERASED, 4, MUSTER_EBADVALUE},
        {"an erased field of a plain object", ERASED, 1, MUSTER_EBADVALUE},
        {"two setters in a plain object", SEVERAL, 1, MUSTER_EBADVALUE},
        {"more heads than the limit", HEADS, 32, MUSTER_EBADVALUE},
        {"fewer heads than follow", HEADS, 1, MUSTER_ETRAILING},
    };
    /* clang-format on */
    struct object_summary summary, read = {.flags = 777};
    uint8_t bytes[SUMMARY_BYTES_MAX + 1];
    (void)state;
    summary_of(&summary, "create 01 O.1/1 set=ab");
    size_t len = store(bytes, &summary);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("object_summary_read refuses %s\n", rows[i].says);
        bytes[rows[i].at] ^= rows[i].flip;
        enum muster_error error = object_summary_read(&read, bytes, len);
        bytes[rows[i].at] ^= rows[i].flip;
        if (rows[i].want == MUSTER_ETRAILING) /* the fields that follow are then other bytes */
            assert_int_not_equal(error, MUSTER_OK);
        else
            assert_int_equal(error, rows[i].want);
        assert_int_equal(read.flags, 777);
    }
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(object_summary_read(&read, bytes, cut), MUSTER_ETRUNCATED);
    bytes[len] = 0;
    assert_int_equal(object_summary_read(&read, bytes, len + 1), MUSTER_ETRAILING);
    assert_int_equal(read.flags, 777);
    assert_int_equal(object_summary_read(&read, bytes, len), MUSTER_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_object_append_knows_when_it_may),
        cmocka_unit_test(test_object_append_equals_the_fold_in_random_histories),
        cmocka_unit_test(test_object_summary_says_what_a_list_shows),
        cmocka_unit_test(test_object_summary_lists_sixteen_heads),
        cmocka_unit_test(test_object_summary_read_refuses_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
