/* quantity_test.c — rights and promises written, carried, folded and shown by real cores (RULES Q). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/log/genesis.h"
#include "protocol/object/quantity.h"
#include "support/world.h"

#include <string.h>

struct town { /* three agencies in one space; the first owns the pumps */
    struct world *w;
    struct space_id space;
    struct object_id pumps;
    struct log_id logs[3];
};

static struct log_id data_log(struct town *t, size_t node)
{
    struct space_view view;
    struct log_view log, newest = {.role = LOG_CONTROL};
    assert_true(core_space_by_id(world_core(t->w, node), &t->space, &view));
    for (size_t i = 0; core_log_at(world_core(t->w, node), view.number, i, &log); i++)
        if (log.own && log.role == LOG_DATA && !log.closed)
            newest = log;
    assert_int_equal(newest.role, LOG_DATA);
    return newest.id;
}

static void town_link(struct town *t)
{
    world_connect(t->w, 1, 0);
    world_connect(t->w, 2, 0);
    world_connect(t->w, 2, 1);
    assert_true(world_settle(t->w, 60000));
}

static struct town town_new(uint64_t seed)
{
    struct town t = {.w = world_new(seed)};
    static const char *const names[] = {"Yibin", "Zhaotong", "Red Cross"};
    for (size_t i = 0; i < 3; i++)
        world_node(t.w, names[i]);
    assert_int_equal(world_space(t.w, 0, "flood", false, &t.space), MUSTER_OK);
    assert_int_equal(world_invite(t.w, 0, &t.space, 1, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_invite(t.w, 0, &t.space, 2, RIGHT_WRITE), MUSTER_OK);
    town_link(&t);
    assert_int_equal(world_incident(t.w, 0, &t.space, "pumps", &t.pumps), MUSTER_OK);
    for (size_t i = 1; i < 3; i++) /* a log exists once its owner has written */
        assert_int_equal(world_incident(t.w, i, &t.space, "here", NULL), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    for (size_t i = 0; i < 3; i++)
        t.logs[i] = data_log(&t, i);
    return t;
}

static struct write_item wish(const struct town *t, uint8_t operation, uint64_t units)
{
    return (struct write_item){.operation = operation, .kind = 2, .schema = 1, .object = t->pumps,
                               .body = {(const uint8_t *)"\x80", 1}, .quantity = {.units = units}};
}

static enum muster_error put(struct town *t, size_t node, const struct write_item *item, struct record_id *record)
{
    struct write_result result = {.error = MUSTER_OK};
    enum muster_error error = world_write(t->w, node, &t->space, item, &result, 1);
    if (record)
        *record = result.record;
    return error ? error : result.error;
}

static enum muster_error act(struct town *t, size_t node, uint8_t operation, uint64_t units, struct record_id *record)
{
    struct write_item item = wish(t, operation, units);
    return put(t, node, &item, record);
}

static enum muster_error grant(struct town *t, size_t from, size_t to, uint64_t units, struct record_id *record)
{
    struct write_item item = wish(t, OP_GRANT, units);
    memcpy(item.quantity.about.b, t->logs[to].b, HASH_BYTES);
    return put(t, from, &item, record);
}

static enum muster_error about(struct town *t, size_t node, uint8_t operation, uint64_t units,
                               const struct record_id *what, struct record_id *record)
{
    struct write_item item = wish(t, operation, units);
    memcpy(item.quantity.about.b, what->b, HASH_BYTES);
    memcpy(item.quantity.right.b, what->b, HASH_BYTES);
    if (operation == OP_RETURN)
        memset(item.quantity.about.b, 0, HASH_BYTES);
    return put(t, node, &item, record);
}

static struct quantity_sums sums_at(struct town *t, size_t node)
{
    struct space_view space;
    struct quantity_view view;
    assert_true(core_space_by_id(world_core(t->w, node), &t->space, &space));
    assert_int_equal(core_quantity(world_core(t->w, node), space.number, &t->pumps, &view), MUSTER_OK);
    struct quantity_sums sums = view.sums;
    quantity_view_free(&view);
    assert_true(sums.safe <= sums.minted);
    return sums;
}

static const char *word_at(struct town *t, size_t node, const struct record_id *record)
{
    struct space_view space;
    struct quantity_view view;
    const char *word = "absent";
    assert_true(core_space_by_id(world_core(t->w, node), &t->space, &space));
    assert_int_equal(core_quantity(world_core(t->w, node), space.number, &t->pumps, &view), MUSTER_OK);
    for (size_t i = 0; i < view.count; i++)
        if (record_id_eq(&view.records[i].id, record))
            word = quantity_word(&view.records[i], &view.state.records[i]);
    quantity_view_free(&view);
    return word;
}

static void assert_sums(struct town *t, size_t node, uint64_t minted, uint64_t here, uint64_t elsewhere, uint64_t safe,
                        uint64_t at_risk)
{
    struct quantity_sums sums = sums_at(t, node);
    assert_int_equal(sums.minted, minted);
    assert_int_equal(sums.free_here, here);
    assert_int_equal(sums.free_elsewhere, elsewhere);
    assert_int_equal(sums.safe, safe);
    assert_int_equal(sums.at_risk, at_risk);
}

/* Read in pieces of any size, both digests are those of the whole. */
static void assert_pieces_make_the_whole(struct core *core, uint32_t space)
{
    struct hash objects, quantities;
    uint64_t count, with;
    assert_int_equal(core_digest(core, space, &objects, &count), MUSTER_OK);
    assert_int_equal(core_quantity_digest(core, space, &quantities, &with), MUSTER_OK);
    for (uint64_t max = 1; max <= 3; max++) {
        struct digest_walk walk = {.objects = 0};
        uint64_t pieces = 0;
        for (bool more = true; more; pieces++)
            assert_int_equal(core_digest_some(core, space, &walk, max, &more), MUSTER_OK);
        assert_memory_equal(walk.sum.b, objects.b, HASH_BYTES);
        assert_int_equal(walk.objects, count);
        assert_true(pieces * max >= count);
        walk = (struct digest_walk){.objects = 0};
        for (bool more = true; more;)
            assert_int_equal(core_quantity_digest_some(core, space, &walk, max, &more), MUSTER_OK);
        assert_memory_equal(walk.sum.b, quantities.b, HASH_BYTES);
        assert_int_equal(walk.objects, with);
    }
}

static void assert_equal_everywhere(struct town *t)
{
    struct hash first = {{0}}, other;
    uint64_t objects, count;
    struct space_view space;
    assert_true(world_settle(t->w, 60000));
    for (size_t i = 0; i < 3; i++) {
        assert_true(core_space_by_id(world_core(t->w, i), &t->space, &space));
        assert_int_equal(core_quantity_digest(world_core(t->w, i), space.number, &other, &objects), MUSTER_OK);
        assert_int_equal(objects, 1);
        assert_pieces_make_the_whole(world_core(t->w, i), space.number);
        if (i)
            assert_memory_equal(first.b, other.b, sizeof(first.b));
        first = other;
        struct hash state = world_digest(t->w, i, &t->space, &count), at_first = world_digest(t->w, 0, &t->space, &count);
        assert_memory_equal(state.b, at_first.b, sizeof(state.b));
    }
}

static void test_units_are_minted_granted_promised_and_taken_back(void **state)
{
    (void)state;
    struct town t = town_new(1);
    struct record_id commit, right;
    assert_int_equal(act(&t, 0, OP_COMMIT, 1, NULL), MUSTER_ESHORT);
    assert_int_equal(act(&t, 0, OP_MINT, 40, NULL), MUSTER_OK);
    assert_sums(&t, 0, 40, 40, 0, 0, 0);
    assert_int_equal(act(&t, 0, OP_COMMIT, 41, NULL), MUSTER_ESHORT);
    assert_int_equal(act(&t, 0, OP_COMMIT, 15, &commit), MUSTER_OK);
    assert_string_equal(word_at(&t, 0, &commit), "safe");
    assert_int_equal(grant(&t, 0, 1, 20, &right), MUSTER_OK);
    assert_sums(&t, 0, 40, 5, 20, 15, 0);
    assert_equal_everywhere(&t);
    assert_sums(&t, 1, 40, 20, 5, 15, 0);
    assert_int_equal(act(&t, 1, OP_COMMIT, 21, NULL), MUSTER_ESHORT);
    assert_int_equal(act(&t, 1, OP_COMMIT, 12, NULL), MUSTER_OK);
    assert_int_equal(about(&t, 1, OP_RETURN, 8, &right, NULL), MUSTER_OK);
    assert_int_equal(about(&t, 0, OP_RELEASE, 0, &commit, NULL), MUSTER_OK);
    assert_int_equal(about(&t, 0, OP_RELEASE, 0, &commit, NULL), MUSTER_EVOID);
    assert_equal_everywhere(&t);
    assert_sums(&t, 0, 40, 28, 0, 12, 0);
    assert_string_equal(word_at(&t, 2, &commit), "released");
    world_free(t.w);
}

static void test_what_is_not_ones_own_is_refused(void **state)
{
    (void)state;
    struct town t = town_new(2);
    struct record_id mint, commit;
    assert_int_equal(act(&t, 1, OP_MINT, 5, NULL), MUSTER_ENOTOWNER);
    assert_int_equal(act(&t, 0, OP_MINT, 0, NULL), MUSTER_EBADVALUE);
    assert_int_equal(act(&t, 0, OP_MINT, ESCROW_UNITS_MAX + 1, NULL), MUSTER_EBADVALUE);
    assert_int_equal(act(&t, 0, OP_MINT, 5, &mint), MUSTER_OK);
    assert_int_equal(act(&t, 0, OP_COMMIT, 5, &commit), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    assert_int_equal(grant(&t, 0, 0, 1, NULL), MUSTER_EUSAGE);
    assert_int_equal(about(&t, 1, OP_RELEASE, 0, &commit, NULL), MUSTER_EVOID);
    assert_int_equal(about(&t, 1, OP_RETURN, 1, &mint, NULL), MUSTER_EVOID);
    assert_int_equal(about(&t, 1, OP_RECLAIM, 1, &mint, NULL), MUSTER_EVOID);
    assert_int_equal(about(&t, 1, OP_COVER, 0, &commit, NULL), MUSTER_EVOID);
    assert_sums(&t, 1, 5, 0, 0, 5, 0);
    assert_equal_everywhere(&t);
    world_free(t.w);
}

static void test_two_promises_in_one_go_do_not_share_a_unit(void **state)
{
    (void)state;
    struct town t = town_new(3);
    assert_int_equal(act(&t, 0, OP_MINT, 10, NULL), MUSTER_OK);
    struct write_item items[] = {wish(&t, OP_COMMIT, 6), wish(&t, OP_COMMIT, 6), wish(&t, OP_COMMIT, 4)};
    struct write_result results[3];
    assert_int_equal(world_write(t.w, 0, &t.space, items, results, 3), MUSTER_OK);
    assert_int_equal(results[0].error, MUSTER_OK);
    assert_int_equal(results[1].error, MUSTER_ESHORT);
    assert_int_equal(results[2].error, MUSTER_OK);
    assert_sums(&t, 0, 10, 0, 0, 10, 0);
    assert_int_equal(sums_at(&t, 0).voids, 0);
    world_free(t.w);
}

static void test_both_sides_of_a_cut_promise_no_more_than_there_is(void **state)
{
    (void)state;
    struct town t = town_new(4);
    struct record_id risky;
    assert_int_equal(act(&t, 0, OP_MINT, 10, NULL), MUSTER_OK);
    assert_int_equal(grant(&t, 0, 1, 4, NULL), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    for (size_t i = 0; i < 3; i++)
        for (size_t j = i + 1; j < 3; j++)
            world_cut(t.w, i, j);
    assert_int_equal(act(&t, 0, OP_COMMIT, 6, NULL), MUSTER_OK);
    assert_int_equal(act(&t, 0, OP_COMMIT, 1, NULL), MUSTER_ESHORT);
    assert_int_equal(act(&t, 1, OP_COMMIT, 3, NULL), MUSTER_OK);
    struct write_item item = wish(&t, OP_COMMIT, 5);
    item.quantity.at_risk = true;
    assert_int_equal(put(&t, 2, &item, &risky), MUSTER_OK);
    assert_sums(&t, 2, 10, 0, 10, 0, 5);
    town_link(&t);
    assert_equal_everywhere(&t);
    assert_sums(&t, 2, 10, 0, 1, 9, 5);
    assert_int_equal(sums_at(&t, 0).risky, 1);
    /* More pumps arrive at the owner, who hands them on, and the promise is covered. */
    assert_int_equal(act(&t, 0, OP_MINT, 5, NULL), MUSTER_OK);
    assert_int_equal(grant(&t, 0, 2, 5, NULL), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    assert_int_equal(about(&t, 2, OP_COVER, 0, &risky, NULL), MUSTER_OK);
    assert_equal_everywhere(&t);
    assert_string_equal(word_at(&t, 0, &risky), "covered");
    assert_sums(&t, 0, 15, 0, 1, 14, 0);
    world_free(t.w);
}

static void test_a_reclaimed_right_is_at_risk_until_it_is_answered(void **state)
{
    (void)state;
    struct town t = town_new(5);
    struct record_id right, reclaim;
    assert_int_equal(act(&t, 0, OP_MINT, 10, NULL), MUSTER_OK);
    assert_int_equal(grant(&t, 0, 1, 10, &right), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    assert_int_equal(about(&t, 0, OP_RECLAIM, 7, &right, &reclaim), MUSTER_OK);
    assert_int_equal(sums_at(&t, 0).soft, 7);
    assert_int_equal(act(&t, 0, OP_COMMIT, 7, NULL), MUSTER_ESHORT);
    assert_true(world_settle(t.w, 60000));
    struct write_item item = wish(&t, OP_RETURN, 7);
    memcpy(item.quantity.right.b, right.b, HASH_BYTES);
    memcpy(item.quantity.about.b, reclaim.b, HASH_BYTES);
    assert_int_equal(put(&t, 1, &item, NULL), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    assert_int_equal(sums_at(&t, 0).soft, 0);
    assert_int_equal(act(&t, 0, OP_COMMIT, 7, NULL), MUSTER_OK);
    assert_equal_everywhere(&t);
    assert_sums(&t, 2, 10, 0, 3, 7, 0);
    world_free(t.w);
}

static void test_a_new_log_starts_without_rights(void **state)
{
    (void)state;
    struct town t = town_new(6);
    assert_int_equal(act(&t, 0, OP_MINT, 10, NULL), MUSTER_OK);
    assert_int_equal(act(&t, 0, OP_COMMIT, 3, NULL), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    world_restart(t.w, 0);
    /* Alone after a start the log is not confirmed: a promise waits rather than leave its rights behind (I8). */
    assert_int_equal(act(&t, 0, OP_COMMIT, 1, NULL), MUSTER_EUNCONFIRMED);
    assert_sums(&t, 0, 10, 7, 0, 3, 0);
    /* Who writes something else before that goes on in a new log. */
    assert_int_equal(world_incident(t.w, 0, &t.space, "urgent", NULL), MUSTER_OK);
    assert_sums(&t, 0, 10, 0, 0, 3, 0);
    assert_int_equal(sums_at(&t, 0).stuck, 7);
    assert_int_equal(act(&t, 0, OP_COMMIT, 1, NULL), MUSTER_ESHORT);
    /* What is counted on the shelf is minted again. */
    assert_int_equal(act(&t, 0, OP_MINT, 7, NULL), MUSTER_OK);
    assert_int_equal(act(&t, 0, OP_COMMIT, 7, NULL), MUSTER_OK);
    town_link(&t);
    assert_equal_everywhere(&t);
    assert_int_equal(sums_at(&t, 0).safe, 10);
    world_free(t.w);
}

static void test_a_removed_agencys_promises_beyond_the_cut_do_not_count(void **state)
{
    (void)state;
    struct town t = town_new(7);
    struct record_id right, before, after, reclaim;
    assert_int_equal(act(&t, 0, OP_MINT, 10, NULL), MUSTER_OK);
    assert_int_equal(grant(&t, 0, 1, 10, &right), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    assert_int_equal(act(&t, 1, OP_COMMIT, 2, &before), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    world_cut(t.w, 0, 1);
    struct command c = {.kind = COMMAND_REMOVE, .space_id = t.space, .agency = world_agency(t.w, 1)};
    struct command_outcome outcome;
    assert_int_equal(world_govern(t.w, 0, &c, &outcome), MUSTER_OK);
    world_cut(t.w, 1, 2);
    assert_int_equal(act(&t, 1, OP_COMMIT, 5, &after), MUSTER_OK);
    assert_int_equal(sums_at(&t, 0).stuck, 8);
    /* The removal closes the log at what the remover held of it: the units left are the granter's again, firm. */
    assert_int_equal(about(&t, 0, OP_RECLAIM, 8, &right, &reclaim), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    assert_sums(&t, 0, 10, 8, 0, 2, 0);
    assert_int_equal(sums_at(&t, 0).stuck, 0);
    assert_int_equal(act(&t, 0, OP_COMMIT, 8, NULL), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    assert_string_equal(word_at(&t, 2, &before), "safe");
    assert_int_equal(sums_at(&t, 2).safe, 10);
    world_connect(t.w, 1, 2);
    assert_true(world_settle(t.w, 60000));
    assert_int_equal(sums_at(&t, 2).safe, 10);
    world_free(t.w);
}

static void test_quantities_survive_a_restart_and_folding_everything_again(void **state)
{
    (void)state;
    struct town t = town_new(8);
    assert_int_equal(act(&t, 0, OP_MINT, 10, NULL), MUSTER_OK);
    assert_int_equal(grant(&t, 0, 1, 4, NULL), MUSTER_OK);
    assert_int_equal(act(&t, 0, OP_COMMIT, 6, NULL), MUSTER_OK);
    assert_int_equal(world_rename(t.w, 0, &t.space, &t.pumps, "pumps, 4 inch"), MUSTER_OK);
    assert_true(world_settle(t.w, 60000));
    for (size_t i = 0; i < 3; i++)
        world_restart(t.w, i);
    town_link(&t);
    assert_equal_everywhere(&t);
    assert_sums(&t, 0, 10, 0, 4, 6, 0);
    world_free(t.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_are_minted_granted_promised_and_taken_back),
        cmocka_unit_test(test_what_is_not_ones_own_is_refused),
        cmocka_unit_test(test_two_promises_in_one_go_do_not_share_a_unit),
        cmocka_unit_test(test_both_sides_of_a_cut_promise_no_more_than_there_is),
        cmocka_unit_test(test_a_reclaimed_right_is_at_risk_until_it_is_answered),
        cmocka_unit_test(test_a_new_log_starts_without_rights),
        cmocka_unit_test(test_a_removed_agencys_promises_beyond_the_cut_do_not_count),
        cmocka_unit_test(test_quantities_survive_a_restart_and_folding_everything_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
