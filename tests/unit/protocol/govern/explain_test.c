/* explain_test.c — why a peer has a record or not: the answer follows what is really sent. */
#include "party.h"

#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"
#include "protocol/session/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const enum right rights[] = {RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_WRITE, RIGHT_RELAY};

static struct explanation of_agency(struct party *p, size_t by, const struct agency_id *whom, const struct object_id *object)
{
    struct explanation e;
    struct space_view view;
    struct record_id newest = {{0}};
    assert_true(core_space_by_id(world_core(p->w, by), &p->space, &view));
    assert_int_equal(core_explain(world_core(p->w, by), view.number, whom, object, &newest, &e), MUSTER_OK);
    assert_true(*explain_rule_says(e.rule));
    return e;
}

static struct explanation of(struct party *p, size_t by, size_t whom, const struct object_id *object)
{
    struct agency_id agency = world_agency(p->w, whom);
    return of_agency(p, by, &agency, object);
}

static struct object_id incident(struct party *p, size_t by, const char *name)
{
    struct object_id object;
    assert_int_equal(world_incident(p->w, by, &p->space, name, &object), MUSTER_OK);
    return object;
}

static void test_members(void **state)
{
    struct party p;
    struct agency_id stranger = {{7}};
    (void)state;
    party_open(&p, 1, rights, ARRAY_LEN(rights));
    struct object_id object = incident(&p, ANNA, "x");
    party_settle(&p);
    struct explanation boris = of(&p, ANNA, BORIS, &object), dora = of(&p, ANNA, DORA, &object);
    assert_int_equal(boris.rule, EXPLAIN_HOLDS);
    assert_true(boris.forward.allowed && boris.prefix >= boris.position);
    assert_int_equal(boris.reading, READING_YES);
    assert_int_equal(dora.rule, EXPLAIN_HOLDS);
    assert_int_equal(dora.reading, READING_RELAY);
    struct explanation nobody = of_agency(&p, ANNA, &stranger, &object);
    assert_int_equal(nobody.rule, EXPLAIN_NOT_A_MEMBER);
    assert_false(nobody.forward.allowed);
    assert_int_equal(nobody.reading, READING_NO_READER);
    party_close(&p);
}

/* Who is away has what it acknowledged, and not what was written since; who comes back has it. */
static void test_the_connection(void **state)
{
    struct party p;
    (void)state;
    party_open(&p, 2, rights, ARRAY_LEN(rights));
    struct object_id before = incident(&p, ANNA, "before");
    party_settle(&p);
    party_part(&p, CHEN);
    struct object_id after = incident(&p, ANNA, "after");
    party_settle(&p);
    assert_int_equal(of(&p, ANNA, CHEN, &before).rule, EXPLAIN_HOLDS);
    struct explanation e = of(&p, ANNA, CHEN, &after);
    assert_int_equal(e.rule, EXPLAIN_DOWN);
    assert_true(e.forward.allowed && e.since_ms && e.prefix < e.position);
    party_meet(&p, CHEN);
    party_settle(&p);
    assert_int_equal(of(&p, ANNA, CHEN, &after).rule, EXPLAIN_HOLDS);
    party_close(&p);
}

static bool mute(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len)
{
    (void)user;
    (void)to;
    (void)bytes;
    (void)len;
    return from != BORIS;
}

static void test_what_is_on_its_way(void **state)
{
    struct party p;
    (void)state;
    party_open(&p, 3, rights, 2);
    world_set_filter(p.w, mute, NULL); /* Boris's acknowledgements are lost */
    struct object_id object = incident(&p, ANNA, "x");
    world_run(p.w, 500);
    struct explanation e = of(&p, ANNA, BORIS, &object);
    assert_int_equal(e.rule, EXPLAIN_ON_ITS_WAY);
    assert_true(e.prefix < e.position);
    party_close(&p);
}

static void test_who_may_not(void **state)
{
    struct party p;
    struct command_outcome outcome;
    (void)state;
    party_open(&p, 4, rights, ARRAY_LEN(rights));
    struct object_id object = incident(&p, ANNA, "x");
    party_settle(&p);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SUSPEND, CHEN, 0, &outcome), MUSTER_OK);
    struct explanation e = of(&p, ANNA, CHEN, &object);
    assert_int_equal(e.rule, EXPLAIN_SUSPENDED);
    assert_int_equal(e.forward.rule, FORWARD_SUSPENDED);
    assert_int_equal(e.reading, READING_NO_READER);
    party_settle(&p);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_REMOVE, DORA, 0, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(of(&p, ANNA, DORA, &object).rule, EXPLAIN_HOLDS); /* proposed is not removed */
    assert_int_equal(party_approve(&p, BORIS, &outcome.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    e = of(&p, ANNA, DORA, &object);
    assert_int_equal(e.rule, EXPLAIN_REMOVED);
    assert_false(e.forward.allowed);
    party_close(&p);
}

/* Chen writes while Anna, who does not see it, takes its right to write: at Boris, who held it, it is set aside. */
static void test_what_lies_beyond_a_limit(void **state)
{
    struct party p;
    struct command_outcome outcome;
    (void)state;
    party_open(&p, 5, rights, 3);
    struct object_id seen = incident(&p, CHEN, "seen");
    party_settle(&p);
    party_part(&p, ANNA);
    struct object_id unseen = incident(&p, CHEN, "unseen");
    party_settle(&p);
    assert_int_equal(of(&p, BORIS, CHEN, &unseen).rule, EXPLAIN_AUTHOR);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, CHEN, RIGHT_READ, &outcome), MUSTER_OK);
    party_meet(&p, ANNA);
    party_settle(&p);
    assert_int_equal(of(&p, BORIS, CHEN, &unseen).rule, EXPLAIN_QUARANTINED);
    assert_int_equal(of(&p, BORIS, ANNA, &unseen).rule, EXPLAIN_QUARANTINED);
    assert_int_equal(of(&p, BORIS, ANNA, &seen).rule, EXPLAIN_HOLDS);
    party_close(&p);
}

/* A member that was added by its card and never came. */
static void test_who_was_never_met(void **state)
{
    struct party p;
    (void)state;
    party_open(&p, 7, rights, 2);
    size_t fay = world_node(p.w, "Fay");
    enum muster_error added = world_add(p.w, ANNA, &p.space, fay, RIGHT_WRITE);
    assert_int_equal(added, MUSTER_OK);
    struct object_id object = incident(&p, ANNA, "x");
    party_settle(&p);
    struct explanation e = of(&p, ANNA, fay, &object);
    assert_int_equal(e.rule, EXPLAIN_NEVER_MET);
    assert_true(e.forward.allowed && !e.since_ms && !e.prefix);
    assert_non_null(strstr(explain_rule_change(e.rule), "invite"));
    party_close(&p);
}

/* What is erased is sent to nobody, also where a hold keeps its bytes here (E4, E5). */
static void test_what_is_erased(void **state)
{
    static const uint8_t ground[] = "\x81\x01\xa5" "error", empty[] = "\x80";
    struct party p;
    struct record_id record;
    struct write_result result;
    (void)state;
    for (int held = 0; held < 2; held++) {
        party_open(&p, 8 + (uint64_t)held, rights, 2);
        struct object_id object = incident(&p, ANNA, "of a person");
        party_settle(&p);
        assert_int_equal(core_object_records(world_core(p.w, ANNA), 0, &object, &record, 1), 1);
        struct record_ref target = {.role = REF_TARGET};
        memcpy(target.hash.b, record.b, HASH_BYTES);
        struct write_item hold = {.operation = OP_HOLD, .kind = KIND_INCIDENT, .schema = 1, .object = object, .body = {empty, 1},
                                  .refs = &target, .ref_count = 1};
        struct write_item erase = hold;
        erase.operation = OP_ERASE;
        erase.body = (struct bytes){ground, sizeof(ground) - 1};
        if (held) /* Anna is the controller */
            assert_int_equal(world_write(p.w, ANNA, &p.space, &hold, &result, 1), MUSTER_OK);
        assert_int_equal(world_write(p.w, ANNA, &p.space, &erase, &result, 1), MUSTER_OK);
        assert_int_equal(result.error, MUSTER_OK);
        party_settle(&p);
        for (size_t node = ANNA; node <= BORIS; node++) {
            struct explanation e = of(&p, node, node == ANNA ? BORIS : ANNA, &object);
            assert_int_equal(e.rule, EXPLAIN_ERASED);
            assert_true(e.forward.allowed); /* it is a member all the same */
        }
        party_close(&p);
    }
}

static void test_what_is_not_there(void **state)
{
    struct party p;
    struct explanation e;
    struct record_id none = {{0}}, other = {{9}};
    struct object_id nothing = {{1}};
    (void)state;
    party_open(&p, 6, rights, 2);
    struct object_id object = incident(&p, ANNA, "x");
    struct agency_id boris = world_agency(p.w, BORIS);
    party_settle(&p);
    assert_int_equal(core_explain(world_core(p.w, ANNA), 0, &boris, &nothing, &none, &e), MUSTER_ENOTFOUND);
    assert_int_equal(core_explain(world_core(p.w, ANNA), 0, &boris, &object, &other, &e), MUSTER_ENOTFOUND);
    assert_int_equal(core_explain(world_core(p.w, ANNA), 99, &boris, &object, &none, &e), MUSTER_EUNKNOWN_SPACE);
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),     cmocka_unit_test(test_the_connection),          cmocka_unit_test(test_what_is_on_its_way),
        cmocka_unit_test(test_who_may_not), cmocka_unit_test(test_what_lies_beyond_a_limit), cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_who_was_never_met), cmocka_unit_test(test_what_is_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
