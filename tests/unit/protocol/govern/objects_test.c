/* objects_test.c — what a node writes about objects: the right party, the right term, the heads it saw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "party.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/look.h"
#include "protocol/object/state.h"

#include <stdio.h>

enum { NAME_FIELD = 0, EVENT_FIELD = 6 };

static const enum right writers[] = {RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE};

/* One record about the object: `field` set to the text, or no field (text NULL). */
static enum muster_error act(struct party *p, size_t by, uint8_t op, struct object_id *object, unsigned field,
                             const char *text, const struct write_item *more, struct record_id *record)
{
    uint8_t body[512];
    struct writer w = writer_over(body, sizeof(body));
    struct write_item item = {0};
    struct write_result result;
    if (more)
        item = *more;
    item.operation = op;
    item.kind = KIND_INCIDENT;
    item.schema = 1;
    item.object = *object;
    pack_map(&w, text ? 1 : 0);
    if (text) {
        pack_uint(&w, field);
        pack_text(&w, text, strlen(text));
        item.mask = UINT64_C(1) << field;
    }
    item.body = (struct bytes){body, writer_len(&w)};
    enum muster_error error = world_write(p->w, by, &p->space, &item, &result, 1);
    if (!error)
        error = result.error;
    if (!error && op == OP_CREATE)
        *object = result.object;
    if (!error && record)
        *record = result.record;
    return error;
}

static struct record_ref ref(enum ref_role role, const void *id)
{
    struct record_ref out = {.role = (uint8_t)role};
    memcpy(out.hash.b, id, HASH_BYTES);
    return out;
}

static struct object_look look_at_node(struct party *p, size_t node, const struct object_id *object)
{
    struct space_view view;
    struct object_look look;
    assert_true(core_space_by_id(world_core(p->w, node), &p->space, &view));
    assert_int_equal(core_object_look(world_core(p->w, node), view.number, object, &look), MUSTER_OK);
    return look;
}

static void assert_heads(struct party *p, size_t node, const struct object_id *object, size_t heads, size_t late)
{
    struct object_look look = look_at_node(p, node, object);
    assert_int_equal(look.state.heads.count, heads);
    assert_int_equal(look.state.late.count, late);
    object_look_free(&look);
}

static void assert_owner(struct party *p, size_t node, const struct object_id *object, size_t owner)
{
    struct object_look look = look_at_node(p, node, object);
    struct agency_id want = world_agency(p->w, owner);
    assert_memory_equal(look.state.owner.b, want.b, HASH_BYTES);
    object_look_free(&look);
}

static const size_t all[] = {ANNA, BORIS, CHEN};

static void test_a_proposal_is_answered_by_the_owner_alone(void **state)
{
    struct party p;
    struct object_id object = {{0}};
    struct record_id first, second;
    (void)state;
    party_open(&p, 1, writers, 3);
    assert_int_equal(act(&p, ANNA, OP_CREATE, &object, NAME_FIELD, "dike", NULL, NULL), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(act(&p, BORIS, OP_UPDATE, &object, NAME_FIELD, "breach", NULL, NULL), MUSTER_ENOTOWNER);
    assert_int_equal(act(&p, BORIS, OP_PROPOSE, &object, NAME_FIELD, "breach", NULL, &first), MUSTER_OK);
    assert_int_equal(act(&p, CHEN, OP_PROPOSE, &object, EVENT_FIELD, "flood", NULL, &second), MUSTER_OK);
    party_settle(&p);
    struct record_ref answers[] = {ref(REF_PROPOSAL, first.b), ref(REF_PROPOSAL, second.b)};
    struct write_item of_first = {.refs = &answers[0], .ref_count = 1}, of_second = {.refs = &answers[1], .ref_count = 1};
    assert_int_equal(act(&p, BORIS, OP_ACCEPT, &object, NAME_FIELD, "breach", &of_first, NULL), MUSTER_ENOTOWNER);
    assert_int_equal(act(&p, ANNA, OP_ACCEPT, &object, NAME_FIELD, "breach", NULL, NULL), MUSTER_ESTEP);
    assert_int_equal(act(&p, ANNA, OP_ACCEPT, &object, NAME_FIELD, "breach", &of_first, NULL), MUSTER_OK);
    assert_int_equal(act(&p, ANNA, OP_DECLINE, &object, 0, NULL, &of_second, NULL), MUSTER_OK);
    assert_int_equal(act(&p, ANNA, OP_DECLINE, &object, 0, NULL, &of_first, NULL), MUSTER_ESTEP);
    party_settle(&p);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct object_look look = look_at_node(&p, all[i], &object);
        assert_int_equal(look.state.proposals_count, 2);
        for (size_t k = 0; k < 2; k++) {
            bool is_first = record_id_eq(&look.records[look.state.proposals[k].record].id, &first);
            assert_int_equal(look.state.proposals[k].answer, is_first ? ANSWER_ACCEPTED : ANSWER_DECLINED);
        }
        assert_int_equal(look.state.heads.count, 1);
        assert_int_equal(look.records[look.state.heads.at[0]].op, OP_ACCEPT);
        object_look_free(&look);
    }
    assert_same_state(&p, all, 3);
    party_close(&p);
}

static void test_command_is_handed_over_and_what_the_former_owner_wrote_unseen_is_late(void **state)
{
    struct party p;
    struct object_id object = {{0}};
    struct record_id offer, late;
    (void)state;
    party_open(&p, 2, writers, 3);
    assert_int_equal(act(&p, ANNA, OP_CREATE, &object, NAME_FIELD, "dike", NULL, NULL), MUSTER_OK);
    party_settle(&p);
    struct agency_id boris = world_agency(p.w, BORIS);
    struct record_ref to = ref(REF_TO_AGENCY, boris.b);
    struct write_item with_to = {.refs = &to, .ref_count = 1};
    assert_int_equal(act(&p, BORIS, OP_OFFER, &object, 0, NULL, &with_to, NULL), MUSTER_ENOTOWNER);
    assert_int_equal(act(&p, ANNA, OP_OFFER, &object, 0, NULL, &with_to, &offer), MUSTER_OK);
    party_settle(&p);
    struct record_ref of = ref(REF_OFFER, offer.b);
    struct write_item with_offer = {.refs = &of, .ref_count = 1};
    assert_int_equal(act(&p, CHEN, OP_TAKE, &object, 0, NULL, &with_offer, NULL), MUSTER_ESTEP);
    party_part(&p, ANNA);
    assert_int_equal(act(&p, BORIS, OP_TAKE, &object, 0, NULL, &with_offer, NULL), MUSTER_OK);
    assert_int_equal(act(&p, BORIS, OP_UPDATE, &object, EVENT_FIELD, "flood", NULL, NULL), MUSTER_OK);
    /* Anna has not heard of the take: she acts as the owner that she was. */
    assert_int_equal(act(&p, ANNA, OP_UPDATE, &object, NAME_FIELD, "breach", NULL, &late), MUSTER_OK);
    party_meet(&p, ANNA);
    party_settle(&p);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_owner(&p, all[i], &object, BORIS);
        assert_heads(&p, all[i], &object, 1, 1);
    }
    assert_int_equal(act(&p, ANNA, OP_UPDATE, &object, NAME_FIELD, "x", NULL, NULL), MUSTER_ENOTOWNER);
    assert_int_equal(act(&p, ANNA, OP_TAKE, &object, 0, NULL, &with_offer, NULL), MUSTER_ESTEP);
    /* Boris adopts what came late: the change itself, citing the record. */
    struct record_ref cites = ref(REF_PROPOSAL, late.b);
    struct write_item with_late = {.refs = &cites, .ref_count = 1};
    assert_int_equal(act(&p, BORIS, OP_ACCEPT, &object, NAME_FIELD, "breach", &with_late, NULL), MUSTER_OK);
    party_settle(&p);
    assert_heads(&p, CHEN, &object, 1, 1);
    assert_same_state(&p, all, 3);
    party_close(&p);
}

static void test_a_joint_object_is_changed_by_all_and_resolved_by_one(void **state)
{
    struct party p;
    struct object_id object = {{0}};
    struct write_item joint = {.joint = true};
    (void)state;
    party_open(&p, 3, writers, 3);
    assert_int_equal(act(&p, ANNA, OP_CREATE, &object, NAME_FIELD, "dike", &joint, NULL), MUSTER_OK);
    party_settle(&p);
    /* Of another agency, on the create: it is no branch beside it. */
    assert_int_equal(act(&p, BORIS, OP_UPDATE, &object, EVENT_FIELD, "flood", NULL, NULL), MUSTER_OK);
    party_settle(&p);
    assert_heads(&p, ANNA, &object, 1, 0);
    assert_int_equal(act(&p, CHEN, OP_RESOLVE, &object, NAME_FIELD, "dike", NULL, NULL), MUSTER_ESTEP);
    party_part(&p, CHEN);
    assert_int_equal(act(&p, CHEN, OP_UPDATE, &object, NAME_FIELD, "left bank", NULL, NULL), MUSTER_OK);
    assert_int_equal(act(&p, BORIS, OP_UPDATE, &object, NAME_FIELD, "right bank", NULL, NULL), MUSTER_OK);
    party_meet(&p, CHEN);
    party_settle(&p);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_heads(&p, all[i], &object, 2, 0);
    assert_same_state(&p, all, 3);
    assert_int_equal(act(&p, ANNA, OP_RESOLVE, &object, NAME_FIELD, "both banks", NULL, NULL), MUSTER_OK);
    party_settle(&p);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_heads(&p, all[i], &object, 1, 0);
    assert_same_state(&p, all, 3);
    party_close(&p);
}

static void test_a_new_log_of_the_owner_goes_on_from_what_it_saw(void **state)
{
    struct party p;
    struct object_id object = {{0}};
    (void)state;
    party_open(&p, 4, writers, 3);
    assert_int_equal(act(&p, ANNA, OP_CREATE, &object, NAME_FIELD, "dike", NULL, NULL), MUSTER_OK);
    party_settle(&p);
    world_restart(p.w, ANNA); /* unconfirmed: what is written now stands in another log (RULES I6) */
    assert_int_equal(act(&p, ANNA, OP_UPDATE, &object, NAME_FIELD, "breach", NULL, NULL), MUSTER_OK);
    struct object_look look = look_at_node(&p, ANNA, &object);
    assert_int_equal(look.count, 2);
    assert_false(log_id_eq(&look.records[0].log, &look.records[1].log));
    assert_int_equal(look.state.heads.count, 1);
    object_look_free(&look);
    party_close(&p);
}

static void test_who_saw_other_heads_is_told(void **state)
{
    struct party p;
    struct object_id object = {{0}};
    struct record_id first, second;
    (void)state;
    party_open(&p, 5, writers, 3);
    assert_int_equal(act(&p, ANNA, OP_CREATE, &object, NAME_FIELD, "dike", NULL, &first), MUSTER_OK);
    struct write_item saw_first = {.seen = &first, .seen_count = 1};
    assert_int_equal(act(&p, ANNA, OP_UPDATE, &object, NAME_FIELD, "breach", &saw_first, &second), MUSTER_OK);
    assert_int_equal(act(&p, ANNA, OP_UPDATE, &object, NAME_FIELD, "dry", &saw_first, NULL), MUSTER_ECHANGED);
    struct write_item saw_second = {.seen = &second, .seen_count = 1};
    assert_int_equal(act(&p, ANNA, OP_RETRACT, &object, 0, NULL, &saw_second, NULL), MUSTER_OK);
    party_settle(&p);
    struct object_look look = look_at_node(&p, CHEN, &object);
    assert_true(look.state.retracted);
    object_look_free(&look);
    party_close(&p);
}

static void test_two_answers_in_one_segment_are_one_too_many(void **state)
{
    struct party p;
    struct object_id object = {{0}};
    struct record_id proposal;
    uint8_t body[8];
    struct writer w = writer_over(body, sizeof(body));
    (void)state;
    party_open(&p, 6, writers, 3);
    assert_int_equal(act(&p, ANNA, OP_CREATE, &object, NAME_FIELD, "dike", NULL, NULL), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(act(&p, BORIS, OP_PROPOSE, &object, NAME_FIELD, "breach", NULL, &proposal), MUSTER_OK);
    party_settle(&p);
    struct record_ref of = ref(REF_PROPOSAL, proposal.b);
    pack_map(&w, 0);
    struct write_item items[2];
    struct write_result results[2];
    for (size_t i = 0; i < 2; i++)
        items[i] = (struct write_item){.operation = i ? OP_DECLINE : OP_ACCEPT, .kind = KIND_INCIDENT, .schema = 1,
                                       .object = object, .refs = &of, .ref_count = 1, .body = {body, writer_len(&w)}};
    assert_int_equal(world_write(p.w, ANNA, &p.space, items, results, 2), MUSTER_OK);
    assert_int_equal(results[0].error, MUSTER_OK);
    assert_int_equal(results[1].error, MUSTER_ECHANGED);
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_proposal_is_answered_by_the_owner_alone),
        cmocka_unit_test(test_command_is_handed_over_and_what_the_former_owner_wrote_unseen_is_late),
        cmocka_unit_test(test_a_joint_object_is_changed_by_all_and_resolved_by_one),
        cmocka_unit_test(test_a_new_log_of_the_owner_goes_on_from_what_it_saw),
        cmocka_unit_test(test_who_saw_other_heads_is_told),
        cmocka_unit_test(test_two_answers_in_one_segment_are_one_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
