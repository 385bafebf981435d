/* story_test.c — a delivery that everybody writes into, and nodes that do not keep to their side: which steps count (S7.1.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "party.h"
#include "protocol/object/index.h"
#include "protocol/object/state.h"
#include "protocol/object/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 0, STATUS = 3, REQUEST = 5 };

static const enum right writers[] = {RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE};

/* One record as a core takes it: whether its side may is what a node asks before, and nobody here does. */
static void put(struct party *p, size_t by, uint16_t kind, struct object_id *object, const char *status, const struct object_id *request)
{
    uint8_t body[256];
    struct writer w = writer_over(body, sizeof(body));
    bool creates = object->b[OBJECT_ID_BYTES - 1] == 0 && object->b[0] == 0;
    struct write_item item = {.operation = creates ? OP_CREATE : OP_UPDATE, .kind = kind, .schema = 1, .object = *object};
    struct write_result result;
    uint32_t pairs = (creates ? 1 : 0) + (status ? 1 : 0) + (request ? 1 : 0);
    pack_map(&w, pairs);
    if (creates) {
        pack_uint(&w, NAME);
        pack_text(&w, "Boats", 5);
        item.mask |= 1 << NAME;
        item.joint = kind == KIND_DEPLOYMENT;
    }
    if (status) {
        pack_uint(&w, STATUS);
        pack_text(&w, status, strlen(status));
        item.mask |= 1 << STATUS;
    }
    if (request) {
        pack_uint(&w, REQUEST);
        pack_bytes(&w, request->b, OBJECT_ID_BYTES);
        item.mask |= 1 << REQUEST;
    }
    item.body = (struct bytes){body, writer_len(&w)};
    assert_int_equal(world_write(p->w, by, &p->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    if (creates)
        *object = result.object;
}

struct told {
    size_t by;
    const char *to;
    enum story_word word;
};

enum { TOLD_MAX = 6 };

/* Anna brings, Boris asked, Chen is neither. */
static const struct story_case {
    const char *says;
    bool asked_for; /* the delivery names Boris's request */
    struct told told[TOLD_MAX];
    const char *status; /* that counts in the end */
} cases[] = {
    {"each side signs its own steps", true,
     {{ANNA, "offered", STORY_COUNTS}, {BORIS, "committed", STORY_COUNTS}, {ANNA, "dispatched", STORY_COUNTS},
      {BORIS, "arrived", STORY_COUNTS}}, "arrived"},
    {"who brings cannot say that it was accepted", true,
     {{ANNA, "offered", STORY_COUNTS}, {ANNA, "committed", STORY_WRONG_SIDE}}, "offered"},
    {"who asked cannot send it", true,
     {{ANNA, "committed", STORY_COUNTS}, {BORIS, "dispatched", STORY_WRONG_SIDE}}, "committed"},
    {"a third one says that it arrived, and who asked says so later", true,
     {{ANNA, "committed", STORY_COUNTS}, {ANNA, "dispatched", STORY_COUNTS}, {CHEN, "arrived", STORY_WRONG_SIDE},
      {BORIS, "arrived", STORY_COUNTS}}, "arrived"},
    {"a third one ends it, and it goes on all the same", true,
     {{ANNA, "committed", STORY_COUNTS}, {CHEN, "consumed", STORY_WRONG_STEP}, {ANNA, "dispatched", STORY_COUNTS}}, "dispatched"},
    {"no step leads there", true,
     {{ANNA, "offered", STORY_COUNTS}, {ANNA, "returned", STORY_WRONG_STEP}}, "offered"},
    {"a delivery does not begin in the middle", true, {{ANNA, "arrived", STORY_WRONG_STEP}}, NULL},
    {"nobody asked: whoever does not bring it takes it", false,
     {{ANNA, "offered", STORY_COUNTS}, {CHEN, "committed", STORY_COUNTS}, {ANNA, "dispatched", STORY_COUNTS}}, "dispatched"},
    {"two wrong ones in a row change nothing", true,
     {{ANNA, "offered", STORY_COUNTS}, {CHEN, "committed", STORY_WRONG_SIDE}, {CHEN, "refused", STORY_WRONG_SIDE}}, "offered"},
};

static struct story judged(struct party *p, size_t node, const struct object_id *object, struct object_look *look)
{
    struct space_view view;
    struct story story;
    assert_true(core_space_by_id(world_core(p->w, node), &p->space, &view));
    assert_int_equal(core_object_look(world_core(p->w, node), view.number, object, look), MUSTER_OK);
    assert_int_equal(core_object_story(world_core(p->w, node), view.number, look, &story), MUSTER_OK);
    assert_ptr_equal(story.kind, &kind_deployment);
    return story;
}

/* The records that set the state, by their time, against the row. */
static void assert_told(const struct story_case *c, size_t node, const struct object_look *look, const struct story *story)
{
    bool used[TOLD_MAX * 2] = {false};
    assert_true(look->count <= ARRAY_LEN(used));
    size_t wrong = 0;
    for (size_t n = 0; n < TOLD_MAX && c->told[n].to; n++) {
        size_t first = look->count;
        for (size_t i = 0; i < look->count; i++)
            if (!used[i] && (look->records[i].mask >> STATUS & 1) &&
                (first == look->count || look->records[i].hlc < look->records[first].hlc))
                first = i;
        assert_true(first < look->count);
        used[first] = true;
        if (story->records[first].word != c->told[n].word)
            fail_msg("%s: node %zu judges step %zu (%s) as %d, not %d", c->says, node, n, c->told[n].to, story->records[first].word,
                     c->told[n].word);
        wrong += c->told[n].word == STORY_WRONG_SIDE || c->told[n].word == STORY_WRONG_STEP;
    }
    assert_int_equal(story->wrong, wrong);
    if (c->status)
        assert_string_equal(story->status, c->status);
    else
        assert_null(story->status);
}

/* --- what is stored: lists, filters and sums go by it ------------------------------------------------------------- */

static bool count_key(void *user, struct bytes key, struct bytes value)
{
    size_t *count = user;
    (void)value;
    *count += key.len == INDEX_TOKEN_KEY;
    return true;
}

/* Deliveries that the index finds under that state. */
static size_t listed(struct party *p, size_t node, const char *status)
{
    struct space_view view;
    uint8_t prefix[INDEX_TOKEN_PREFIX] = {0, 0, 0, 0, 0, KIND_DEPLOYMENT, INDEX_TOKEN};
    struct core *core = world_core(p->w, node);
    const struct storage *storage = memory_store_storage(world_store(p->w, node));
    struct term term = core_term_value(core, STATUS, (struct bytes){(const uint8_t *)status, strlen(status)});
    size_t count = 0;
    assert_true(core_space_by_id(core, &p->space, &view));
    put_be32(prefix, view.number);
    memcpy(prefix + 7, term.b, TERM_BYTES);
    struct bytes under = {prefix, sizeof(prefix)};
    assert_int_equal(storage->scan(storage->self, T_INDEX, under, under, false, count_key, &count), MUSTER_OK);
    return count;
}

static bool says(struct bytes view, const char *status)
{
    struct pack_value value;
    bool there = pack_get(view, STATUS, &value) && value.type == PACK_TEXT;
    return status ? there && value.u.run.len == strlen(status) && memcmp(value.u.run.at, status, value.u.run.len) == 0 : !there;
}

/* The stored state says what counts, the index finds it under that alone, and beside it stands what was written last. */
static void assert_stored(struct party *p, size_t node, const struct object_id *object, const char *counts, const char *written)
{
    static const char *const all[] = {"offered", "committed", "dispatched", "arrived", "consumed", "returned", "refused"};
    struct space_view view;
    struct object_stored state;
    struct bytes value;
    uint8_t key[4 + OBJECT_ID_BYTES];
    const struct storage *storage = memory_store_storage(world_store(p->w, node));
    assert_true(core_space_by_id(world_core(p->w, node), &p->space, &view));
    put_be32(key, view.number);
    memcpy(key + 4, object->b, OBJECT_ID_BYTES);
    assert_int_equal(storage->get(storage->self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value), MUSTER_OK);
    assert_int_equal(object_stored_read(&state, value), MUSTER_OK);
    assert_true(says(state.view, counts));
    bool unsound = !counts || strcmp(counts, written) != 0;
    assert_int_equal(object_stored_unsound(&state), unsound);
    if (unsound)
        assert_true(says(state.written, written));
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(listed(p, node, all[i]), counts && strcmp(all[i], counts) == 0);
}

static void test_every_node_judges_the_steps_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct party p;
        struct object_id request = {{0}}, object = {{0}};
        party_open(&p, 40 + i, writers, ARRAY_LEN(writers));
        put(&p, BORIS, KIND_REQUEST, &request, "open", NULL);
        party_settle(&p);
        for (size_t n = 0; n < TOLD_MAX && cases[i].told[n].to; n++) {
            put(&p, cases[i].told[n].by, KIND_DEPLOYMENT, &object, cases[i].told[n].to, !n && cases[i].asked_for ? &request : NULL);
            party_settle(&p);
        }
        for (size_t node = 0; node < ARRAY_LEN(writers); node++) {
            struct object_look look;
            struct story story = judged(&p, node, &object, &look);
            assert_told(&cases[i], node, &look, &story);
            story_free(&story);
            object_look_free(&look);
            size_t last = 0;
            while (last + 1 < TOLD_MAX && cases[i].told[last + 1].to)
                last++;
            assert_stored(&p, node, &object, cases[i].status, cases[i].told[last].to);
        }
        party_close(&p);
    }
}

/* Whoever points the delivery at its own request has not asked for it: what the create names counts. */
static void test_a_request_put_in_its_place_gives_no_side(void **state)
{
    struct party p;
    struct object_id request = {{0}}, other = {{0}}, object = {{0}};
    struct object_look look;
    (void)state;
    party_open(&p, 60, writers, ARRAY_LEN(writers));
    put(&p, BORIS, KIND_REQUEST, &request, "open", NULL);
    put(&p, CHEN, KIND_REQUEST, &other, "open", NULL);
    party_settle(&p);
    put(&p, ANNA, KIND_DEPLOYMENT, &object, "committed", &request);
    party_settle(&p);
    put(&p, CHEN, KIND_DEPLOYMENT, &object, NULL, &other);
    put(&p, CHEN, KIND_DEPLOYMENT, &object, "arrived", NULL);
    party_settle(&p);
    struct story story = judged(&p, ANNA, &object, &look);
    struct agency_id boris = world_agency(p.w, BORIS), chen = world_agency(p.w, CHEN);
    assert_int_equal(story.wrong, 1);
    assert_string_equal(story.status, "committed");
    assert_true(story.differs);
    assert_true(story_side(&story, &look, &boris, PARTY_PARTNER));
    assert_false(story_side(&story, &look, &chen, PARTY_PARTNER));
    assert_false(story_side(&story, &look, &boris, PARTY_OWNER));
    story_free(&story);
    object_look_free(&look);
    party_close(&p);
}

/* Without the request whoever does not bring may take it; when the request comes, that was not theirs to take after all. */
static void test_a_request_that_comes_later_is_judged_by(void **state)
{
    struct party p;
    struct object_id request = {{0}}, object = {{0}};
    (void)state;
    party_open(&p, 63, writers, ARRAY_LEN(writers));
    party_part(&p, BORIS);
    put(&p, BORIS, KIND_REQUEST, &request, "open", NULL);
    put(&p, ANNA, KIND_DEPLOYMENT, &object, "offered", &request);
    party_settle(&p);
    put(&p, CHEN, KIND_DEPLOYMENT, &object, "committed", NULL);
    party_settle(&p);
    assert_stored(&p, ANNA, &object, "committed", "committed");
    assert_stored(&p, CHEN, &object, "committed", "committed");
    party_meet(&p, BORIS);
    party_settle(&p);
    world_run(p.w, 2000); /* they are judged again in the steps that follow */
    for (size_t node = 0; node < ARRAY_LEN(writers); node++)
        assert_stored(&p, node, &object, "offered", "committed");
    world_restart(p.w, CHEN);
    world_run(p.w, 2000);
    assert_stored(&p, CHEN, &object, "offered", "committed");
    party_close(&p);
}

/* Over a cut one side withdraws while the other says that it arrived: both may, so it is a conflict and nobody is wrong. */
static void test_steps_of_both_sides_at_once_are_a_conflict(void **state)
{
    struct party p;
    struct object_id request = {{0}}, object = {{0}};
    struct object_look look;
    (void)state;
    party_open(&p, 61, writers, ARRAY_LEN(writers));
    put(&p, BORIS, KIND_REQUEST, &request, "open", NULL);
    party_settle(&p);
    put(&p, ANNA, KIND_DEPLOYMENT, &object, "committed", &request);
    party_settle(&p);
    party_part(&p, ANNA);
    put(&p, ANNA, KIND_DEPLOYMENT, &object, "withdrawn", NULL);
    put(&p, BORIS, KIND_DEPLOYMENT, &object, "arrived", NULL);
    party_meet(&p, ANNA);
    party_settle(&p);
    for (size_t node = 0; node < ARRAY_LEN(writers); node++) {
        struct story story = judged(&p, node, &object, &look);
        assert_true(look.state.conflict);
        assert_int_equal(story.wrong, 0);
        assert_false(story.differs);
        story_free(&story);
        object_look_free(&look);
    }
    party_close(&p);
}

/* The view that counts has no room for a long text beside the one that was written: it names it by its size. */
static void test_a_long_text_beside_a_step_that_does_not_count(void **state)
{
    enum { LONG = 120 * 1024 };
    struct party p;
    struct object_id request = {{0}}, object = {{0}};
    struct object_stored stored;
    struct bytes value;
    struct pack_value name;
    uint8_t key[4 + OBJECT_ID_BYTES] = {0}, *body = malloc(LONG + 64);
    char *text = malloc(LONG);
    (void)state;
    assert_true(body && text);
    memset(text, 'x', LONG);
    party_open(&p, 64, writers, ARRAY_LEN(writers));
    put(&p, BORIS, KIND_REQUEST, &request, "open", NULL);
    party_settle(&p);
    put(&p, ANNA, KIND_DEPLOYMENT, &object, "offered", &request);
    struct writer w = writer_over(body, LONG + 64);
    pack_map(&w, 2);
    pack_uint(&w, NAME);
    pack_text(&w, text, LONG);
    pack_uint(&w, STATUS);
    pack_text(&w, "committed", 9); /* which is Boris's to say */
    struct write_item item = {.operation = OP_UPDATE, .kind = KIND_DEPLOYMENT, .schema = 1, .object = object,
                              .mask = 1 << NAME | 1 << STATUS, .body = {body, writer_len(&w)}};
    struct write_result result;
    assert_int_equal(world_write(p.w, ANNA, &p.space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    party_settle(&p);
    for (size_t node = 0; node < ARRAY_LEN(writers); node++) {
        const struct storage *storage = memory_store_storage(world_store(p.w, node));
        assert_stored(&p, node, &object, "offered", "committed");
        memcpy(key + 4, object.b, OBJECT_ID_BYTES);
        assert_int_equal(storage->get(storage->self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value), MUSTER_OK);
        assert_int_equal(object_stored_read(&stored, value), MUSTER_OK);
        assert_true(pack_get(stored.written, NAME, &name) && name.type == PACK_TEXT && name.u.run.len == LONG);
        assert_true(pack_get(stored.view, NAME, &name) && name.type == PACK_MAP);
    }
    free(body);
    free(text);
    party_close(&p);
}

/* More steps than are judged: nothing is said of any, and nothing fails. */
static void test_more_steps_than_are_judged(void **state)
{
    struct party p;
    struct object_id request = {{0}}, object = {{0}};
    struct object_look look;
    struct story story;
    struct space_view view;
    (void)state;
    party_open(&p, 62, writers, 2);
    put(&p, BORIS, KIND_REQUEST, &request, "open", NULL);
    party_settle(&p);
    for (size_t n = 0; n <= STORY_STEPS_MAX; n++)
        put(&p, ANNA, KIND_DEPLOYMENT, &object, n % 2 ? "dispatched" : "committed", n ? NULL : &request);
    assert_true(core_space_by_id(world_core(p.w, ANNA), &p.space, &view));
    assert_int_equal(core_object_look(world_core(p.w, ANNA), view.number, &object, &look), MUSTER_OK);
    assert_int_equal(look.count, STORY_STEPS_MAX + 1);
    assert_int_equal(core_object_story(world_core(p.w, ANNA), view.number, &look, &story), MUSTER_OK);
    assert_null(story.kind);
    story_free(&story);
    object_look_free(&look);
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_node_judges_the_steps_alike),
        cmocka_unit_test(test_a_request_put_in_its_place_gives_no_side),
        cmocka_unit_test(test_a_request_that_comes_later_is_judged_by),
        cmocka_unit_test(test_steps_of_both_sides_at_once_are_a_conflict),
        cmocka_unit_test(test_a_long_text_beside_a_step_that_does_not_count),
        cmocka_unit_test(test_more_steps_than_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
