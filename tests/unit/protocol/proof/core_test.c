/* core_test.c — proofs of what a node holds: its own records and those of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/log/proof.h"
#include "support/world.h"

static uint8_t bytes[PROOF_BYTES_MAX];

struct scene {
    struct world *w;
    size_t a, b;
    struct space_id space;
    struct object_id object;
};

static struct scene scene_new(bool exercise)
{
    struct scene s = {.w = world_new(7)};
    s.a = world_node(s.w, "Yibin");
    s.b = world_node(s.w, "Zhaotong");
    assert_int_equal(world_space(s.w, s.a, "flood", exercise, &s.space), MUSTER_OK);
    assert_int_equal(world_invite(s.w, s.a, &s.space, s.b, RIGHT_WRITE), MUSTER_OK);
    world_connect(s.w, s.b, s.a);
    assert_true(world_settle(s.w, 60000));
    assert_int_equal(world_incident(s.w, s.a, &s.space, "opens the epoch", NULL), MUSTER_OK);
    assert_true(world_settle(s.w, 60000));
    assert_int_equal(world_incident(s.w, s.b, &s.space, "Road G247", &s.object), MUSTER_OK);
    assert_int_equal(world_rename(s.w, s.b, &s.space, &s.object, "Road G247 closed"), MUSTER_OK);
    assert_true(world_settle(s.w, 60000));
    return s;
}

static enum muster_error prove(const struct scene *s, size_t node, struct proof_wish wish, struct proof *proof,
                               size_t *len)
{
    struct proof_problem problem;
    struct record_id record;
    struct space_view view;
    assert_true(core_space_by_id(world_core(s->w, node), &s->space, &view));
    wish.space = view.number;
    wish.object = s->object;
    enum muster_error error = core_proof(world_core(s->w, node), &wish, bytes, sizeof(bytes), len, &record);
    if (error)
        return error;
    assert_int_equal(proof_read(proof, bytes, *len, &problem), MUSTER_OK);
    assert_memory_equal(record.b, proof->record.id.b, HASH_BYTES);
    return MUSTER_OK;
}

static void test_a_node_proves_what_another_agency_said(void **state)
{
    static struct proof proof;
    (void)state;
    for (int exercise = 0; exercise < 2; exercise++) {
        struct scene s = scene_new(exercise);
        struct agency_id author = world_agency(s.w, s.b);
        size_t len = 0;
        assert_int_equal(prove(&s, s.a, (struct proof_wish){.disclose = false}, &proof, &len), MUSTER_OK);
        assert_true(len <= 2048);
        assert_int_equal(proof.exercise, exercise);
        assert_false(proof.disclosed);
        assert_string_equal(proof.record.agency_name, "Zhaotong");
        assert_memory_equal(proof.record.genesis.agency.b, author.b, HASH_BYTES);
        assert_memory_equal(proof.record.segment.space.b, s.space.b, HASH_BYTES);
        assert_memory_equal(proof.record.header.object.b, s.object.b, OBJECT_ID_BYTES);
        world_free(s.w);
    }
}

static void test_a_disclosed_record_is_read_by_a_stranger(void **state)
{
    static struct proof proof;
    struct scene s = scene_new(false);
    struct payload_codec *codec = payload_codec_new();
    struct proof_problem problem;
    struct record_id records[4];
    struct space_view view;
    struct bytes body, name;
    size_t len = 0;
    (void)state;
    assert_int_equal(prove(&s, s.a, (struct proof_wish){.disclose = true}, &proof, &len), MUSTER_OK);
    assert_int_equal(proof_open(&proof, codec, &body, &problem), MUSTER_OK);
    assert_true(pack_get_run(body, 0, &name));
    assert_int_equal(name.len, strlen("Road G247 closed"));
    assert_memory_equal(name.at, "Road G247 closed", name.len);
    /* The older record by its name, and a record that there is not. */
    assert_true(core_space_by_id(world_core(s.w, s.a), &s.space, &view));
    assert_int_equal(core_object_records(world_core(s.w, s.a), view.number, &s.object, records, 4), 2);
    struct proof_wish wish = {.record = records[0], .disclose = true};
    assert_int_equal(prove(&s, s.a, wish, &proof, &len), MUSTER_OK);
    assert_int_equal(proof_open(&proof, codec, &body, &problem), MUSTER_OK);
    assert_true(pack_get_run(body, 0, &name));
    assert_int_equal(name.len, strlen("Road G247"));
    wish.record.b[0] ^= 1;
    assert_int_equal(prove(&s, s.a, wish, &proof, &len), MUSTER_ENOTFOUND);
    payload_codec_free(codec);
    world_free(s.w);
}

/* The key of the epoch lies in the KEY table: none of its values is in the file. */
struct secrets {
    const uint8_t *file;
    size_t len, seen;
};

static bool look_for(void *user, struct bytes key, struct bytes value)
{
    struct secrets *s = user;
    (void)key;
    if (value.len < 32)
        return true;
    assert_null(
        memmem(s->file, s->len, value.at, 32)); /* of a signing key: the seed; its public half is in the genesis */
    s->seen++;
    return true;
}

static void test_no_secret_of_the_node_is_in_the_file(void **state)
{
    static struct proof proof;
    struct scene s = scene_new(false);
    size_t len = 0;
    (void)state;
    assert_int_equal(prove(&s, s.b, (struct proof_wish){.disclose = true, .witnesses = true}, &proof, &len), MUSTER_OK);
    struct secrets secrets = {bytes, len, 0};
    const struct storage *storage = memory_store_storage(world_store(s.w, s.b));
    assert_int_equal(storage->scan(storage->self, T_KEY, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, false,
                                   look_for, &secrets),
                     MUSTER_OK);
    assert_true(secrets.seen > 0);
    world_free(s.w);
}

static void test_the_epoch_of_another_agency_is_a_witness(void **state)
{
    static struct proof proof;
    struct scene s = scene_new(false);
    size_t len = 0;
    (void)state;
    assert_int_equal(prove(&s, s.b, (struct proof_wish){.witnesses = true}, &proof, &len), MUSTER_OK);
    for (size_t i = 0; i < proof.witness_count; i++) {
        assert_string_equal(proof.witnesses[i].part.agency_name, "Yibin");
        assert_int_equal(proof.witnesses[i].relation, PROOF_NAMED);
    }
    assert_true(proof.witness_count > 0);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_node_proves_what_another_agency_said),
        cmocka_unit_test(test_a_disclosed_record_is_read_by_a_stranger),
        cmocka_unit_test(test_no_secret_of_the_node_is_in_the_file),
        cmocka_unit_test(test_the_epoch_of_another_agency_is_a_witness),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
