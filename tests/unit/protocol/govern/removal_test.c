/* removal_test.c — a member is removed: what it still learns, what it does not, and what becomes of what it wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "party.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"
#include "protocol/trust/epochs.h"
#include "protocol/trust/operation.h"

static const enum right three_admins[] = {RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE};
static const enum right four_admins[] = {RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_WRITE};

/* Proposed by the first, approved by the second, who have to be linked. */
static void removed_by(struct party *p, size_t first, size_t second, size_t who)
{
    struct command_outcome outcome;
    assert_int_equal(party_govern(p, first, COMMAND_REMOVE, who, RIGHT_NONE, &outcome), MUSTER_OK);
    world_run(p->w, 2000);
    if (outcome.judged.verdict == CONTROL_EFFECTIVE)
        return;
    assert_int_equal(party_approve(p, second, &outcome.operation, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_EFFECTIVE);
    world_run(p->w, 2000);
}

static const struct curve_public *curve_of(struct party *p, size_t node)
{
    return &world_config(p->w, node)->keys.curve;
}

static bool holds_operation(struct party *p, size_t node, const struct record_id *id)
{
    return control_judge(party_control(p, node), id).verdict != CONTROL_UNKNOWN;
}

static void test_it_is_shown_its_removal_and_nothing_after(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome later;
    party_open(&p, 900, three_admins, 5);
    assert_int_equal(world_incident(p.w, ANNA, &p.space, "before", NULL), MUSTER_OK);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "by Dora", NULL), MUSTER_OK);
    party_settle(&p);
    removed_by(&p, ANNA, BORIS, DORA);
    for (size_t i = 0; i < 5; i++) /* each notes until when data may have gone to her */
        assert_int_equal(world_events(p.w, i, "member.gone"), i == DORA ? 0 : 1);
    /* What was seen of her counts; what is written from now on and what is decided do not reach her. */
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, ERIK, RIGHT_READ, &later), MUSTER_OK);
    assert_int_equal(world_incident(p.w, CHEN, &p.space, "after", NULL), MUSTER_OK);
    party_settle(&p);
    assert_null(party_member(&p, DORA, DORA));
    assert_false(holds_operation(&p, DORA, &later.operation));
    assert_int_equal(party_member(&p, DORA, ERIK)->right, RIGHT_WRITE);
    assert_int_equal(party_objects(&p, DORA), 2);
    for (size_t i = 0; i < 5; i++)
        if (i != DORA)
            assert_int_equal(party_objects(&p, i), 3);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "not any more", NULL), MUSTER_ENOTMEMBER);
    /* Then the links end, and stay down. */
    size_t admit = 0;
    world_run(p.w, 12000);
    for (size_t i = 0; i < 5; i++) {
        if (i == DORA)
            continue;
        assert_false(world_linked(p.w, DORA, i));
        admit += core_admits(world_core(p.w, i), curve_of(&p, DORA));
        assert_false(core_admits(world_core(p.w, DORA), curve_of(&p, i)));
    }
    assert_true(admit <= 1); /* on one link she hung up first, and her goodbye is lost in this world: it would tell her again */
    party_close(&p);
}

static void test_who_was_away_hears_of_its_removal_and_goes(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome later;
    party_open(&p, 910, three_admins, 5);
    assert_int_equal(world_incident(p.w, ANNA, &p.space, "before", NULL), MUSTER_OK);
    party_settle(&p);
    party_part(&p, DORA);
    removed_by(&p, ANNA, BORIS, DORA);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, ERIK, RIGHT_READ, &later), MUSTER_OK);
    assert_int_equal(world_incident(p.w, CHEN, &p.space, "after", NULL), MUSTER_OK);
    party_settle(&p);
    assert_non_null(party_member(&p, DORA, DORA));
    assert_true(core_admits(world_core(p.w, ERIK), curve_of(&p, DORA))); /* once more, to be told */
    world_connect(p.w, DORA, ERIK);
    world_run(p.w, 12000);
    assert_null(party_member(&p, DORA, DORA));
    assert_false(holds_operation(&p, DORA, &later.operation));
    assert_int_equal(party_objects(&p, DORA), 1);
    assert_false(world_linked(p.w, DORA, ERIK));
    assert_false(core_admits(world_core(p.w, DORA), curve_of(&p, ERIK)));
    party_close(&p);
}

static void test_what_it_wrote_apart_is_set_aside_until_a_cut_adopts_it(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome outcome;
    struct space_view view;
    party_open(&p, 920, three_admins, 5);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "seen by all", NULL), MUSTER_OK);
    party_settle(&p);
    /* Dora and Erik are apart, and her clock is an hour behind: what she writes looks older than her removal. */
    for (size_t i = ANNA; i <= CHEN; i++) {
        world_cut(p.w, DORA, i);
        world_cut(p.w, ERIK, i);
    }
    removed_by(&p, ANNA, BORIS, DORA);
    world_set_clock_offset(p.w, DORA, -3600 * 1000);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "back-dated", NULL), MUSTER_OK);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "back-dated too", NULL), MUSTER_OK);
    world_run(p.w, 3000);
    assert_int_equal(party_objects(&p, ERIK), 3);
    world_cut(p.w, DORA, ERIK);
    world_connect(p.w, ERIK, ANNA);
    world_run(p.w, 10000);
    /* Erik has learnt it and folds back; all hold her records, none counts, all list them. */
    static const size_t rest[] = {ANNA, BORIS, CHEN, ERIK};
    uint64_t prefix = 0;
    struct log_id hers = {{0}};
    for (size_t n = 0; n < ARRAY_LEN(rest); n++) {
        struct log_view log;
        uint64_t beyond = 0;
        assert_true(core_space_by_id(world_core(p.w, rest[n]), &p.space, &view));
        for (size_t i = 0; core_log_at(world_core(p.w, rest[n]), view.number, i, &log); i++) {
            struct agency_id dora = world_agency(p.w, DORA);
            if (log.role != 0 || !agency_id_eq(&log.agency, &dora))
                continue;
            beyond += log.beyond;
            prefix = log.prefix;
            hers = log.id;
        }
        assert_int_equal(beyond, 2);
        assert_int_equal(party_objects(&p, rest[n]), 1);
    }
    assert_same_state(&p, rest, ARRAY_LEN(rest));
    /* One of the two is adopted. */
    struct command cut = {.kind = COMMAND_CUT, .space_id = p.space, .log = hers, .position = prefix - 1};
    assert_int_equal(world_govern(p.w, CHEN, &cut, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_WAITS_FOR_APPROVALS);
    world_run(p.w, 2000);
    assert_int_equal(party_approve(&p, ANNA, &outcome.operation, &outcome), MUSTER_OK);
    world_run(p.w, 5000);
    for (size_t n = 0; n < ARRAY_LEN(rest); n++)
        assert_int_equal(party_objects(&p, rest[n]), 2);
    world_restart(p.w, ERIK);
    assert_int_equal(party_objects(&p, ERIK), 2);
    assert_same_state(&p, rest, ARRAY_LEN(rest));
    party_close(&p);
}

/* Dora writes an incident under a key of hers. */
static struct write_result keyed(struct party *p)
{
    uint8_t body[64];
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 1);
    pack_uint(&w, 0);
    pack_text(&w, "pumps", 5);
    struct write_item item = {.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1, .mask = 1,
                              .body = {body, writer_len(&w)}, .once = {{7}}};
    struct write_result result = {.error = MUSTER_EINTERNAL};
    assert_int_equal(world_write(p->w, DORA, &p->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    return result;
}

static void test_a_key_of_what_counts_nowhere_is_as_good_as_new(void **state)
{
    (void)state;
    static const size_t all[] = {ANNA, BORIS, CHEN, DORA, ERIK};
    struct party p;
    struct command_outcome outcome;
    party_open(&p, 930, three_admins, 5);
    party_part(&p, DORA);
    assert_false(keyed(&p).existed);
    assert_true(keyed(&p).existed);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, DORA, RIGHT_READ, &outcome), MUSTER_OK);
    world_run(p.w, 2000);
    if (outcome.judged.verdict != CONTROL_EFFECTIVE)
        assert_int_equal(party_approve(&p, BORIS, &outcome.operation, &outcome), MUSTER_OK);
    party_meet(&p, DORA);
    party_settle(&p);
    assert_int_equal(party_member(&p, DORA, DORA)->right, RIGHT_READ);
    assert_int_equal(party_objects(&p, DORA), 0); /* nobody had it when the right was lowered */
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, DORA, RIGHT_WRITE, &outcome), MUSTER_OK);
    world_run(p.w, 2000);
    if (outcome.judged.verdict != CONTROL_EFFECTIVE)
        assert_int_equal(party_approve(&p, BORIS, &outcome.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_member(&p, DORA, DORA)->right, RIGHT_WRITE);
    struct write_result again = keyed(&p), third = keyed(&p);
    assert_false(again.existed);
    assert_true(third.existed);
    assert_true(object_id_eq(&again.object, &third.object));
    party_settle(&p);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(party_objects(&p, all[i]), 1);
    party_close(&p);
}

static void test_two_removals_at_one_time_both_stand(void **state)
{
    (void)state;
    struct party p;
    static const size_t rest[] = {CHEN, DORA, ERIK};
    struct command_outcome of_anna, of_boris, outcome;
    party_open(&p, 930, four_admins, 5);
    /* Anna's half wants Boris out, Boris' half wants Anna out: each needs three of four. */
    assert_int_equal(party_govern(&p, ANNA, COMMAND_REMOVE, BORIS, RIGHT_NONE, &of_boris), MUSTER_OK);
    assert_int_equal(party_govern(&p, BORIS, COMMAND_REMOVE, ANNA, RIGHT_NONE, &of_anna), MUSTER_OK);
    assert_int_equal(of_anna.judged.needed, 3);
    party_settle(&p);
    for (size_t i = CHEN; i <= DORA; i++) /* each alone, and without having seen what the other approves */
        party_part(&p, i);
    assert_int_equal(party_approve(&p, CHEN, &of_boris.operation, &outcome), MUSTER_OK);
    assert_int_equal(party_approve(&p, CHEN, &of_anna.operation, &outcome), MUSTER_OK);
    assert_int_equal(party_approve(&p, DORA, &of_anna.operation, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_WAITS_FOR_APPROVALS);
    assert_int_equal(party_approve(&p, DORA, &of_boris.operation, &outcome), MUSTER_OK);
    world_connect(p.w, CHEN, DORA);
    world_connect(p.w, CHEN, ERIK);
    world_run(p.w, 10000);
    for (size_t n = 0; n < ARRAY_LEN(rest); n++) {
        assert_null(party_member(&p, rest[n], ANNA));
        assert_null(party_member(&p, rest[n], BORIS));
    }
    assert_same_state(&p, rest, ARRAY_LEN(rest));
    assert_int_equal(world_incident(p.w, DORA, &p.space, "goes on", NULL), MUSTER_OK);
    world_run(p.w, 3000);
    assert_int_equal(party_objects(&p, ERIK), 1);
    party_close(&p);
}

static void test_after_a_removal_the_next_writer_opens_an_epoch_without_it(void **state)
{
    (void)state;
    struct party p;
    party_open(&p, 940, three_admins, 5);
    assert_int_equal(world_incident(p.w, ERIK, &p.space, "before", NULL), MUSTER_OK);
    party_settle(&p);
    size_t before = epochs_of(party_control(&p, ERIK))->count;
    removed_by(&p, ANNA, BORIS, DORA);
    assert_int_equal(world_incident(p.w, ERIK, &p.space, "after", NULL), MUSTER_OK);
    world_run(p.w, 3000);
    const struct epochs *epochs = epochs_of(party_control(&p, ERIK));
    assert_int_equal(epochs->count, before + 1);
    const struct epoch *current = epoch_current(party_control(&p, ERIK), NULL, NULL);
    struct agency_id dora = world_agency(p.w, DORA);
    assert_non_null(current);
    for (size_t i = 0; i < current->to_count; i++)
        assert_false(agency_id_eq(&current->to[i], &dora));
    assert_true(core_epoch_held(world_core(p.w, CHEN), &current->id));
    /* Somebody hands her all that the others hold, the new epoch's operation included: her keys open none of it. */
    struct record_id id = current->id;
    struct memory_store *copy = memory_store_clone(world_store(p.w, CHEN));
    memory_store_keys_from(copy, world_store(p.w, DORA)); /* what she held, and nothing else */
    memory_store_derived_reset(copy);
    world_restore(p.w, DORA, copy);
    assert_true(holds_operation(&p, DORA, &id));
    assert_false(core_epoch_held(world_core(p.w, DORA), &id));
    assert_int_equal(party_objects(&p, DORA), 1);
    party_close(&p);
}

static void test_coming_back_needs_a_majority_and_a_new_log(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome outcome;
    party_open(&p, 950, three_admins, 5);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "before", NULL), MUSTER_OK);
    party_settle(&p);
    removed_by(&p, ANNA, BORIS, DORA);
    world_run(p.w, 12000);
    struct command add = {.kind = COMMAND_ADD_MEMBER, .space_id = p.space, .card = world_card(p.w, DORA), .right = RIGHT_WRITE};
    assert_int_equal(world_govern(p.w, ANNA, &add, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_WAITS_FOR_APPROVALS);
    party_settle(&p);
    assert_null(party_member(&p, BORIS, DORA));
    assert_int_equal(party_approve(&p, CHEN, &outcome.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_true(core_admits(world_core(p.w, ANNA), curve_of(&p, DORA)));
    assert_int_equal(world_join(p.w, DORA, &p.space, ANNA), MUSTER_OK);
    assert_true(core_admits(world_core(p.w, DORA), curve_of(&p, ANNA)));
    party_meet(&p, DORA);
    party_settle(&p);
    assert_int_equal(party_member(&p, DORA, DORA)->right, RIGHT_WRITE);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "again", NULL), MUSTER_OK);
    party_settle(&p);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(party_objects(&p, i), 2);
    static const size_t all[] = {ANNA, BORIS, CHEN, DORA, ERIK};
    assert_same_state(&p, all, ARRAY_LEN(all));
    assert_int_equal(world_events(p.w, DORA, "log.incarnation"), 1);
    party_close(&p);
}

static void test_without_history_a_newcomer_opens_nothing_older(void **state)
{
    (void)state;
    struct party p = {.w = world_new(970), .count = 3};
    struct command create = {.kind = COMMAND_SPACE_CREATE, .space = {.name = "no history", .history = HISTORY_JOIN}};
    struct space_view view;
    for (size_t i = 0; i < p.count; i++)
        world_node(p.w, i == 0 ? "Anna" : i == 1 ? "Boris" : "Chen");
    assert_int_equal(world_govern(p.w, ANNA, &create, NULL), MUSTER_OK);
    assert_true(core_space_at(world_core(p.w, ANNA), 0, &view));
    p.space = view.id;
    assert_int_equal(world_invite(p.w, ANNA, &p.space, BORIS, RIGHT_WRITE), MUSTER_OK);
    world_connect(p.w, ANNA, BORIS);
    party_settle(&p);
    assert_int_equal(world_incident(p.w, BORIS, &p.space, "older", NULL), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(world_invite(p.w, ANNA, &p.space, CHEN, RIGHT_WRITE), MUSTER_OK);
    party_meet(&p, CHEN);
    party_settle(&p);
    assert_int_equal(party_objects(&p, ANNA), 1);
    assert_int_equal(party_objects(&p, CHEN), 0); /* it carries it, sealed */
    assert_int_equal(world_incident(p.w, BORIS, &p.space, "newer", NULL), MUSTER_OK);
    world_run(p.w, 15000);
    assert_int_equal(party_objects(&p, ANNA), 2);
    assert_int_equal(party_objects(&p, CHEN), 1);
    const struct epochs *epochs = epochs_of(party_control(&p, CHEN));
    assert_int_equal(epochs->count, 2);
    assert_int_equal(core_epoch_held(world_core(p.w, CHEN), &epochs->list[0].id) +
                         core_epoch_held(world_core(p.w, CHEN), &epochs->list[1].id), 1);
    party_close(&p);
}

static void test_who_leaves_is_heard_and_gone(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome outcome;
    party_open(&p, 960, three_admins, 5);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "stays with the others", NULL), MUSTER_OK);
    assert_int_equal(party_govern(&p, DORA, COMMAND_REMOVE, DORA, RIGHT_NONE, &outcome), MUSTER_OK);
    world_run(p.w, 15000);
    for (size_t i = 0; i < 5; i++) {
        assert_null(party_member(&p, i, DORA));
        assert_int_equal(party_objects(&p, i), 1);
        if (i != DORA)
            assert_false(world_linked(p.w, DORA, i));
    }
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_shown_its_removal_and_nothing_after),
        cmocka_unit_test(test_who_was_away_hears_of_its_removal_and_goes),
        cmocka_unit_test(test_what_it_wrote_apart_is_set_aside_until_a_cut_adopts_it),
        cmocka_unit_test(test_a_key_of_what_counts_nowhere_is_as_good_as_new),
        cmocka_unit_test(test_two_removals_at_one_time_both_stand),
        cmocka_unit_test(test_after_a_removal_the_next_writer_opens_an_epoch_without_it),
        cmocka_unit_test(test_coming_back_needs_a_majority_and_a_new_log),
        cmocka_unit_test(test_without_history_a_newcomer_opens_nothing_older),
        cmocka_unit_test(test_who_leaves_is_heard_and_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
