#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "party.h"

void party_open(struct party *p, uint64_t seed, const enum right *rights, size_t count)
{
    static const char *const names[] = {"Anna", "Boris", "Chen", "Dora", "Erik"};
    *p = (struct party){.w = world_new(seed), .count = count};
    for (size_t i = 0; i < count; i++)
        world_node(p->w, names[i]);
    assert_int_equal(world_space(p->w, ANNA, "flood", false, &p->space), MUSTER_OK);
    /* Writers first: with a second admin a majority would have to approve each further one. */
    for (size_t i = 1; i < count; i++)
        if (rights[i] != RIGHT_ADMIN)
            assert_int_equal(world_invite(p->w, ANNA, &p->space, i, rights[i]), MUSTER_OK);
    for (size_t i = 1; i < count; i++) {
        struct command_outcome outcome = {.judged.verdict = CONTROL_UNKNOWN};
        if (rights[i] != RIGHT_ADMIN)
            continue;
        struct command add = {.kind = COMMAND_ADD_MEMBER, .space_id = p->space, .card = world_card(p->w, i),
                              .right = RIGHT_ADMIN};
        assert_int_equal(world_govern(p->w, ANNA, &add, &outcome), MUSTER_OK);
        assert_int_equal(world_join(p->w, i, &p->space, ANNA), MUSTER_OK);
        for (size_t b = 1; b < i && outcome.judged.verdict != CONTROL_EFFECTIVE; b++) {
            if (rights[b] != RIGHT_ADMIN)
                continue;
            world_connect(p->w, b, ANNA);
            party_settle(p);
            assert_int_equal(party_approve(p, b, &outcome.operation, &outcome), MUSTER_OK);
            party_settle(p);
        }
    }
    for (size_t i = 0; i < count; i++)
        party_meet(p, i);
    party_settle(p);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            const struct control_member *member = party_member(p, i, k);
            assert_non_null(member);
            assert_int_equal(member->right, rights[k]);
        }
}

void party_close(struct party *p)
{
    world_free(p->w);
}

void party_part(struct party *p, size_t who)
{
    for (size_t i = 0; i < p->count; i++)
        if (i != who)
            world_cut(p->w, who, i);
}

void party_meet(struct party *p, size_t who)
{
    for (size_t i = 0; i < p->count; i++)
        if (i != who)
            world_connect(p->w, who, i);
}

void party_settle(struct party *p)
{
    assert_true(world_settle(p->w, 120000));
}

enum muster_error party_govern(struct party *p, size_t by, enum command_kind kind, size_t who, enum right right,
                               struct command_outcome *outcome)
{
    struct command command = {.kind = kind, .space_id = p->space, .agency = world_agency(p->w, who), .right = right};
    return world_govern(p->w, by, &command, outcome);
}

enum muster_error party_approve(struct party *p, size_t by, const struct record_id *operation, struct command_outcome *outcome)
{
    struct command command = {.kind = COMMAND_APPROVE, .space_id = p->space, .operation = *operation};
    return world_govern(p->w, by, &command, outcome);
}

struct control *party_control(struct party *p, size_t node)
{
    struct space_view view;
    assert_true(core_space_by_id(world_core(p->w, node), &p->space, &view));
    return view.control;
}

const struct control_member *party_member(struct party *p, size_t node, size_t who)
{
    struct agency_id id = world_agency(p->w, who);
    return control_member(party_control(p, node), &id);
}

uint64_t party_objects(struct party *p, size_t node)
{
    uint64_t objects;
    (void)world_digest(p->w, node, &p->space, &objects);
    return objects;
}

void assert_same_state(struct party *p, const size_t *nodes, size_t count)
{
    const struct control_state *first = control_state(party_control(p, nodes[0]));
    struct hash digest = world_digest(p->w, nodes[0], &p->space, NULL);
    for (size_t i = 1; i < count; i++) {
        const struct control_state *state = control_state(party_control(p, nodes[i]));
        struct hash other = world_digest(p->w, nodes[i], &p->space, NULL);
        assert_memory_equal(digest.b, other.b, HASH_BYTES);
        assert_int_equal(state->member_count, first->member_count);
        for (size_t m = 0; m < state->member_count; m++) {
            assert_memory_equal(state->members[m].who.b, first->members[m].who.b, HASH_BYTES);
            assert_int_equal(state->members[m].right, first->members[m].right);
            assert_int_equal(state->members[m].admin, first->members[m].admin);
            assert_int_equal(state->members[m].suspended, first->members[m].suspended);
        }
    }
}
