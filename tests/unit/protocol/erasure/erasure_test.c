/* erasure_test.c — what is erased goes from every holder, byte by byte, and nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "canary.h"

#include "protocol/log/proof.h"
#include "protocol/object/index.h"
#include "protocol/object/words.h"
#include "protocol/trust/operation.h"

#include <stdlib.h>

static const enum right rights[] = {RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE, RIGHT_READ, RIGHT_RELAY};
static const enum right admins[] = {RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE};

static void assert_gone(struct party *p, size_t node, const struct canary *c)
{
    if (canary_lies_at(p, node, c))
        fail_msg("bytes of what was erased lie at node %zu", node);
    assert_false(canary_is_shown(p, node, c));
    struct check_counts counts;
    assert_int_equal(core_check(world_core(p->w, node), &counts, NULL, NULL), MUSTER_OK);
    assert_int_equal(counts.damaged, 0);
    assert_true(counts.segments > 0);
    struct check_walk walk; /* one position at a time it is the same */
    core_check_start(world_core(p->w, node), &walk);
    while (core_check_some(world_core(p->w, node), &walk, 1, NULL, NULL)) {
    }
    assert_memory_equal(&walk.counts, &counts, sizeof(counts));
}

struct words_of {
    struct party *p;
    const struct canary *c;
    size_t node, words, lie;
};

static bool look_up(void *user, struct bytes word)
{
    struct words_of *of = user;
    const struct storage *storage = memory_store_storage(world_store(of->p->w, of->node));
    struct term term = core_term_word(world_core(of->p->w, of->node), word);
    uint8_t key[WORD_KEY] = {0};
    struct bytes value;
    memcpy(key + 4, term.b, TERM_BYTES);
    memcpy(key + WORD_PREFIX, of->c->object.b, OBJECT_ID_BYTES);
    of->words++;
    of->lie += storage->get(storage->self, T_WORD, (struct bytes){key, sizeof(key)}, &value) == MUSTER_OK;
    return true;
}

/* Is the object found by every word of it (true), or by none (false)? */
static bool words_lie_at(struct party *p, size_t node, const struct canary *c)
{
    struct words_of of = {p, c, node, 0, 0};
    assert_true(core_words_catch_up(world_core(p->w, node), 10000));
    words_walk((struct bytes){(const uint8_t *)CANARY, strlen(CANARY)}, false, look_up, &of);
    assert_true(of.words > 0 && (of.lie == 0 || of.lie == of.words));
    return of.lie > 0;
}

static void test_who_may_erase_a_record(void **state)
{
    (void)state;
    /* Anna founded the space: she is its controller. */
    static const struct { const char *says; size_t writer, eraser; bool gone; } rows[] = {
        {"its author may", BORIS, BORIS, true},
        {"the controller may", BORIS, ANNA, true},
        {"another writer may not", BORIS, CHEN, false},
        {"another writer may not erase what the controller wrote", ANNA, CHEN, false},
    };
    struct party p;
    struct canary c;
    party_open(&p, 4100, rights, 5);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        canary_write(&p, rows[i].writer, &c);
        party_settle(&p);
        for (size_t n = 0; n < 5; n++)
            assert_true(canary_lies_at(&p, n, &c));
        for (size_t n = 0; n < 4; n++)
            assert_true(words_lie_at(&p, n, &c));
        assert_int_equal(canary_say(&p, rows[i].eraser, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
        party_settle(&p);
        for (size_t n = 0; n < 5; n++) {
            bool lies = store_holds(&p, n, c.sealed, c.len);
            if (lies == rows[i].gone)
                fail_msg("%s: the bytes %s at node %zu", rows[i].says, lies ? "lie still" : "are gone", n);
            if (n < 4)
                assert_int_equal(words_lie_at(&p, n, &c), !rows[i].gone);
            if (rows[i].gone && n < 4) /* the relay reads nothing, and holds nothing either */
                assert_true(canary_is_erased(&p, n, &c));
            if (!rows[i].gone && n < 4)
                assert_true(canary_is_shown(&p, n, &c));
        }
        for (size_t n = 0; n < 5 && rows[i].gone; n++)
            assert_true(core_scrub_due(world_core(p.w, n)));
    }
    assert_same_state(&p, (size_t[]){ANNA, BORIS, CHEN, DORA}, 4);
    party_close(&p);
}

static void test_what_was_said_stays_proved(void **state)
{
    (void)state;
    struct party p;
    struct canary c;
    size_t len;
    struct record_id record;
    uint8_t *file = malloc(PROOF_BYTES_MAX);
    struct proof *proof = malloc(sizeof(*proof));
    party_open(&p, 4110, rights, 3);
    canary_write(&p, BORIS, &c);
    party_settle(&p);
    struct proof_wish wish = {.object = c.object, .record = c.record, .disclose = true};
    assert_int_equal(core_proof(world_core(p.w, CHEN), &wish, file, PROOF_BYTES_MAX, &len, &record), MUSTER_OK);
    assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
    party_settle(&p);
    for (size_t n = 0; n < 3; n++) {
        wish.disclose = true;
        assert_int_equal(core_proof(world_core(p.w, n), &wish, file, PROOF_BYTES_MAX, &len, &record), MUSTER_EERASED);
        wish.disclose = false;
        assert_int_equal(core_proof(world_core(p.w, n), &wish, file, PROOF_BYTES_MAX, &len, &record), MUSTER_OK);
        assert_memory_equal(record.b, c.record.b, HASH_BYTES);
        struct proof_problem problem;
        assert_int_equal(proof_read(proof, file, len, &problem), MUSTER_OK);
    }
    free(proof);
    free(file);
    party_close(&p);
}

static void test_who_was_away_hears_of_it_first(void **state)
{
    (void)state;
    struct party p;
    struct canary c;
    party_open(&p, 4120, rights, 4);
    canary_write(&p, BORIS, &c);
    party_settle(&p);
    party_part(&p, DORA);
    assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(world_incident(p.w, CHEN, &p.space, "meanwhile", NULL), MUSTER_OK);
    party_settle(&p);
    assert_true(canary_lies_at(&p, DORA, &c));
    party_part(&p, BORIS);
    world_connect(p.w, DORA, CHEN); /* from a third member */
    party_settle(&p);
    assert_gone(&p, DORA, &c);
    assert_true(canary_is_erased(&p, DORA, &c));
    assert_same_state(&p, (size_t[]){CHEN, DORA}, 2);
    party_close(&p);
}

static void test_a_newcomer_gets_all_but_that(void **state)
{
    (void)state;
    struct party p;
    struct canary c[3];
    struct log_view log;
    party_open(&p, 4130, rights, 2);
    for (size_t i = 0; i < 3; i++) {
        canary_write(&p, i ? BORIS : ANNA, &c[i]);
        assert_int_equal(world_incident(p.w, BORIS, &p.space, "between", NULL), MUSTER_OK);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(canary_say(&p, ANNA, OP_ERASE, &c[i], &c[i].record, NULL), MUSTER_OK);
        assert_int_equal(world_incident(p.w, ANNA, &p.space, "after", NULL), MUSTER_OK);
    }
    party_settle(&p);
    size_t chen = world_node(p.w, "Chen");
    p.count = 3;
    assert_int_equal(world_invite(p.w, ANNA, &p.space, chen, RIGHT_WRITE), MUSTER_OK);
    party_meet(&p, chen);
    party_settle(&p);
    for (size_t i = 0; i < 3; i++) {
        assert_gone(&p, chen, &c[i]);
        assert_true(canary_is_erased(&p, chen, &c[i]));
    }
    for (size_t i = 0; core_log_at(world_core(p.w, chen), 0, i, &log); i++) {
        assert_int_equal(log.intervals, 0);
        assert_int_equal(log.prefix, log.highest);
    }
    assert_same_state(&p, (size_t[]){ANNA, BORIS, chen}, 3);
    party_close(&p);
}

static void test_a_hold_keeps_bytes_and_shows_nothing(void **state)
{
    (void)state;
    struct party p;
    struct canary c;
    struct record_id hold;
    party_open(&p, 4140, rights, 3);
    canary_write(&p, BORIS, &c);
    assert_int_equal(canary_say(&p, CHEN, OP_HOLD, &c, &c.record, NULL), MUSTER_OK); /* nobody asked Chen */
    assert_int_equal(canary_say(&p, ANNA, OP_HOLD, &c, &c.record, &hold), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
    party_settle(&p);
    for (size_t n = 0; n < 3; n++) {
        assert_true(store_holds(&p, n, c.sealed, c.len));
        assert_false(store_holds(&p, n, CANARY, strlen(CANARY)));
        assert_true(canary_is_erased(&p, n, &c));
    }
    for (size_t n = 0; n < 3; n++)
        world_restart(p.w, n);
    for (size_t n = 0; n < 3; n++)
        party_meet(&p, n);
    party_settle(&p);
    for (size_t n = 0; n < 3; n++)
        assert_true(store_holds(&p, n, c.sealed, c.len));
    assert_int_equal(canary_say(&p, CHEN, OP_UNHOLD, &c, &hold, NULL), MUSTER_OK);
    party_settle(&p);
    for (size_t n = 0; n < 3; n++)
        assert_true(store_holds(&p, n, c.sealed, c.len));
    assert_int_equal(canary_say(&p, ANNA, OP_UNHOLD, &c, &hold, NULL), MUSTER_OK);
    party_settle(&p);
    for (size_t n = 0; n < 3; n++)
        assert_gone(&p, n, &c);
    party_close(&p);
}

static void test_a_majority_erases_and_holds(void **state)
{
    (void)state;
    struct party p;
    struct canary c;
    struct command_outcome outcome, hold;
    party_open(&p, 4150, admins, 5);
    canary_write(&p, DORA, &c);
    party_settle(&p);
    struct command erase = {.kind = COMMAND_ERASE, .space_id = p.space, .object = c.object, .records = &c.record,
                            .record_count = 1, .ground = "legal-obligation"};
    struct command keep = {.kind = COMMAND_HOLD, .space_id = p.space, .object = c.object, .records = &c.record,
                           .record_count = 1};
    assert_int_equal(world_govern(p.w, DORA, &erase, &outcome), MUSTER_ENORIGHT);
    assert_int_equal(world_govern(p.w, BORIS, &erase, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_WAITS_FOR_APPROVALS);
    party_settle(&p);
    assert_int_equal(world_govern(p.w, CHEN, &erase, &hold), MUSTER_EPROPOSED);
    for (size_t n = 0; n < 5; n++)
        assert_true(canary_is_shown(&p, n, &c));
    assert_int_equal(world_govern(p.w, BORIS, &keep, &hold), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_approve(&p, CHEN, &hold.operation, &hold), MUSTER_OK);
    assert_int_equal(party_approve(&p, CHEN, &outcome.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    for (size_t n = 0; n < 5; n++) {
        assert_true(canary_is_erased(&p, n, &c));
        assert_true(store_holds(&p, n, c.sealed, c.len));
    }
    struct command end = {.kind = COMMAND_UNHOLD, .space_id = p.space, .operation = hold.operation};
    assert_int_equal(world_govern(p.w, CHEN, &end, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_true(store_holds(&p, DORA, c.sealed, c.len));
    assert_int_equal(party_approve(&p, ANNA, &outcome.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    for (size_t n = 0; n < 5; n++)
        assert_gone(&p, n, &c);
    assert_int_equal(world_govern(p.w, CHEN, &end, &outcome), MUSTER_EDUPLICATE);
    assert_same_state(&p, (size_t[]){ANNA, BORIS, CHEN, DORA, ERIK}, 5);
    party_close(&p);
}

static void test_retention_takes_ranges_of_logs(void **state)
{
    (void)state;
    struct party p;
    struct canary old, young;
    struct command_outcome outcome;
    struct log_view log = {.records = 0};
    party_open(&p, 4160, rights, 4);
    canary_write(&p, BORIS, &old);
    party_settle(&p);
    for (size_t i = 0; core_log_at(world_core(p.w, ANNA), 0, i, &log); i++)
        if (log.role == 0 && memcmp(log.agency.b, world_agency(p.w, BORIS).b, HASH_BYTES) == 0)
            break;
    struct retain_range range = {log.id, 1};
    party_part(&p, DORA);
    canary_write(&p, BORIS, &young);
    struct command retain = {.kind = COMMAND_RETAIN, .space_id = p.space, .ranges = &range, .range_count = 1,
                             .ground = "retention"};
    assert_int_equal(world_govern(p.w, BORIS, &retain, &outcome), MUSTER_ENORIGHT);
    assert_int_equal(world_govern(p.w, ANNA, &retain, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_EFFECTIVE);
    party_settle(&p);
    party_meet(&p, DORA);
    party_settle(&p);
    for (size_t n = 0; n < 4; n++) {
        assert_false(store_holds(&p, n, old.sealed, old.len));
        assert_true(canary_is_erased(&p, n, &old));
        assert_true(canary_is_shown(&p, n, &young));
    }
    assert_same_state(&p, (size_t[]){ANNA, BORIS, CHEN, DORA}, 4);
    party_close(&p);
}

static void test_a_failure_in_between_forgets_nothing(void **state)
{
    (void)state;
    static const struct { const char *says; bool dies, fails, scrub_later; } rows[] = {
        {"the process ends as the erase becomes durable", true, false, false},
        {"the commit of the deletion fails", false, true, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct party p;
        struct canary c;
        party_open(&p, 4170 + i, rights, 2);
        canary_write(&p, ANNA, &c);
        party_settle(&p);
        if (rows[i].dies)
            world_die_in_commit(p.w, BORIS);
        assert_int_equal(canary_say(&p, ANNA, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
        if (rows[i].fails)
            world_fail_commits(p.w, BORIS, 2, MUSTER_EFULL);
        world_run(p.w, 2000);
        if (rows[i].dies) {
            assert_true(world_is_dead(p.w, BORIS));
            assert_true(store_holds(&p, BORIS, c.sealed, c.len));
            world_start(p.w, BORIS, false);
        }
        world_run(p.w, 8000);
        party_meet(&p, BORIS);
        party_settle(&p);
        if (store_holds(&p, BORIS, c.sealed, c.len))
            fail_msg("%s: the bytes lie there for ever", rows[i].says);
        assert_gone(&p, BORIS, &c);
        assert_true(core_scrub_due(world_core(p.w, BORIS)));
        world_restart(p.w, BORIS); /* the mark outlives the process */
        assert_true(core_scrub_due(world_core(p.w, BORIS)));
        party_close(&p);
    }
}

static bool any_wish(void *user, struct bytes key, struct bytes value)
{
    (void)key, (void)value;
    *(bool *)user = true;
    return false;
}

/* Do the derived tables of the node say that contents are asked for again? */
static bool wishes(struct party *p, size_t node)
{
    const struct storage *storage = memory_store_storage(world_store(p->w, node));
    struct bytes prefix = {(const uint8_t *)"m", 1};
    bool any = false;
    assert_int_equal(storage->scan(storage->self, T_APPLIED, prefix, prefix, false, any_wish, &any), MUSTER_OK);
    return any;
}

/* Bytes went for an erase; then the agency is removed as of a moment before it, and the erase never counted (RULES E2). */
static void test_what_went_for_an_erase_that_counts_no_more_comes_again(void **state)
{
    (void)state;
    struct party p;
    struct canary c;
    struct command_outcome outcome;
    party_open(&p, 4190, (const enum right[]){RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE, RIGHT_WRITE}, 4);
    canary_write(&p, BORIS, &c);
    party_settle(&p);
    party_part(&p, ANNA);
    assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
    party_settle(&p);
    assert_gone(&p, CHEN, &c);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_REMOVE, BORIS, RIGHT_NONE, &outcome), MUSTER_OK);
    world_restart(p.w, DORA); /* what is wished for outlives the process */
    world_connect(p.w, ANNA, CHEN);
    for (int i = 0; i < 1000 && !wishes(&p, CHEN); i++)
        world_run(p.w, 10);
    assert_true(wishes(&p, CHEN));
    assert_int_equal(world_events(p.w, CHEN, "log.mended"), 0);
    struct memory_store *wishing = memory_store_clone(world_store(p.w, CHEN));
    party_settle(&p);
    world_run(p.w, 30000);
    assert_int_equal(world_events(p.w, CHEN, "log.mended"), 1);
    assert_true(canary_is_shown(&p, CHEN, &c));
    assert_same_state(&p, (size_t[]){ANNA, CHEN}, 2);
    for (int dies = 0; dies < 2; dies++) { /* the views go back to before it came: it is here all the same */
        memory_store_derived_back(world_store(p.w, CHEN), wishing);
        if (dies) {
            world_restart(p.w, CHEN);
        } else {
            core_views_lost(world_core(p.w, CHEN));
            assert_int_equal(core_views_again(world_core(p.w, CHEN)), MUSTER_OK);
        }
        world_run(p.w, 2000);
        assert_true(canary_is_shown(&p, CHEN, &c));
        assert_same_state(&p, (size_t[]){ANNA, CHEN}, 2);
    }
    memory_store_free(wishing);
    world_connect(p.w, DORA, CHEN);
    party_settle(&p);
    world_run(p.w, 1000);
    world_restart(p.w, DORA);
    world_connect(p.w, DORA, CHEN);
    world_run(p.w, 60000);
    assert_true(canary_is_shown(&p, DORA, &c));
    assert_same_state(&p, (size_t[]){CHEN, DORA}, 2);
    party_close(&p);
}

static void test_derived_tables_made_anew_show_the_same(void **state)
{
    (void)state;
    struct party p;
    struct canary c;
    party_open(&p, 4180, rights, 2);
    canary_write(&p, BORIS, &c);
    assert_int_equal(world_rename(p.w, BORIS, &p.space, &c.object, "newer"), MUSTER_OK);
    assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
    party_settle(&p);
    struct hash before = world_digest(p.w, ANNA, &p.space, NULL);
    memory_store_derived_reset(world_store(p.w, ANNA));
    world_restart(p.w, ANNA);
    struct hash after = world_digest(p.w, ANNA, &p.space, NULL);
    assert_memory_equal(before.b, after.b, HASH_BYTES);
    party_meet(&p, ANNA);
    assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
    party_settle(&p);
    assert_gone(&p, ANNA, &c);
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_may_erase_a_record),
        cmocka_unit_test(test_what_was_said_stays_proved),
        cmocka_unit_test(test_who_was_away_hears_of_it_first),
        cmocka_unit_test(test_a_newcomer_gets_all_but_that),
        cmocka_unit_test(test_a_hold_keeps_bytes_and_shows_nothing),
        cmocka_unit_test(test_a_majority_erases_and_holds),
        cmocka_unit_test(test_retention_takes_ranges_of_logs),
        cmocka_unit_test(test_a_failure_in_between_forgets_nothing),
        cmocka_unit_test(test_what_went_for_an_erase_that_counts_no_more_comes_again),
        cmocka_unit_test(test_derived_tables_made_anew_show_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
