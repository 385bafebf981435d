/* index_test.c — what the derived tables find an object by: its tokens and words as they are now, and nothing of before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/core.h"
#include "protocol/object/index.h"
#include "protocol/object/op.h"
#include "support/world.h"

#include <string.h>

struct fixture {
    struct world *w;
    struct space_id space;
};

static void begin(struct fixture *f)
{
    f->w = world_new(7);
    assert_int_equal(world_node(f->w, "Yibin"), 0);
    assert_int_equal(world_space(f->w, 0, "flood", false, &f->space), MUSTER_OK);
}

static const struct storage *storage_of(struct fixture *f)
{
    return memory_store_storage(world_store(f->w, 0));
}

struct counting {
    size_t len, count;
};

static bool count_key(void *user, struct bytes key, struct bytes value)
{
    struct counting *c = user;
    (void)value;
    c->count += key.len == c->len;
    return true;
}

static size_t count_under(struct fixture *f, enum table table, const uint8_t *prefix, size_t len, size_t key_len)
{
    struct counting c = {key_len, 0};
    struct bytes p = {prefix, len};
    assert_int_equal(storage_of(f)->scan(storage_of(f)->self, table, p, p, false, count_key, &c), MUSTER_OK);
    return c.count;
}

/* Objects that the word finds. */
static size_t found(struct fixture *f, const char *word)
{
    uint8_t prefix[WORD_PREFIX] = {0};
    struct term term = core_term_word(world_core(f->w, 0), (struct bytes){(const uint8_t *)word, strlen(word)});
    memcpy(prefix + 4, term.b, TERM_BYTES);
    assert_true(core_words_catch_up(world_core(f->w, 0), 1000));
    return count_under(f, T_WORD, prefix, sizeof(prefix), WORD_KEY);
}

/* Incidents that the token of the field finds. */
static size_t listed(struct fixture *f, const char *name, const char *token)
{
    const struct kind *kind = kind_by_number(KIND_INCIDENT);
    uint8_t prefix[INDEX_TOKEN_PREFIX] = {0, 0, 0, 0, 0, KIND_INCIDENT, INDEX_TOKEN};
    struct term term = core_term_value(world_core(f->w, 0), field_by_name(kind, name)->number,
                                       (struct bytes){(const uint8_t *)token, strlen(token)});
    memcpy(prefix + 7, term.b, TERM_BYTES);
    return count_under(f, T_INDEX, prefix, sizeof(prefix), INDEX_TOKEN_KEY);
}

static void write_incident(struct fixture *f, uint8_t operation, struct object_id *object, const char *name, const char *severity)
{
    const struct kind *kind = kind_by_number(KIND_INCIDENT);
    uint8_t body[512];
    struct writer w = writer_over(body, sizeof(body));
    uint8_t number = field_by_name(kind, "severity")->number;
    pack_map(&w, 2);
    pack_uint(&w, 0);
    pack_text(&w, name, strlen(name));
    pack_uint(&w, number);
    pack_text(&w, severity, strlen(severity));
    struct write_item item = {.operation = operation, .kind = KIND_INCIDENT, .schema = 1, .object = *object,
                              .mask = UINT64_C(1) | UINT64_C(1) << number, .body = {body, writer_len(&w)}};
    struct write_result result = {.error = MUSTER_EINTERNAL};
    assert_int_equal(world_write(f->w, 0, &f->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    *object = result.object;
}

static void test_an_object_is_found_by_what_it_says_now(void **state)
{
    (void)state;
    struct fixture f;
    struct object_id object = {{0}};
    begin(&f);
    write_incident(&f, OP_CREATE, &object, "Dike breach 宜宾决口", "Severe");
    assert_int_equal(found(&f, "dike"), 1);
    assert_int_equal(found(&f, "宜宾"), 1);
    assert_int_equal(found(&f, "决"), 1);
    assert_int_equal(found(&f, "bridge"), 0);
    assert_int_equal(listed(&f, "severity", "Severe"), 1);
    assert_int_equal(listed(&f, "severity", "Extreme"), 0);
    write_incident(&f, OP_UPDATE, &object, "Bridge lost 大桥", "Extreme");
    assert_int_equal(found(&f, "dike"), 0);
    assert_int_equal(found(&f, "宜宾"), 0);
    assert_int_equal(found(&f, "bridge"), 1);
    assert_int_equal(listed(&f, "severity", "Severe"), 0);
    assert_int_equal(listed(&f, "severity", "Extreme"), 1);
    world_free(f.w);
}

static void test_one_more_word_leaves_the_others(void **state)
{
    (void)state;
    struct fixture f;
    struct object_id object = {{0}}, other = {{0}};
    begin(&f);
    write_incident(&f, OP_CREATE, &object, "dike", "Minor");
    write_incident(&f, OP_CREATE, &other, "dike again", "Minor");
    assert_int_equal(found(&f, "dike"), 2);
    write_incident(&f, OP_UPDATE, &object, "dike of the north", "Minor");
    assert_int_equal(found(&f, "dike"), 2);
    assert_int_equal(listed(&f, "severity", "Minor"), 2);
    world_free(f.w);
}

static void test_the_index_made_anew_is_the_same(void **state)
{
    (void)state;
    struct fixture f;
    struct object_id object = {{0}};
    begin(&f);
    for (int i = 0; i < 5; i++) {
        write_incident(&f, i ? OP_UPDATE : OP_CREATE, &object, i % 2 ? "pump station" : "水泵 station", i % 2 ? "Severe" : "Minor");
        assert_int_equal(found(&f, "station"), 1);
    }
    struct memory_store *before = memory_store_clone(world_store(f.w, 0));
    world_stop(f.w, 0);
    memory_store_derived_reset(world_store(f.w, 0));
    world_start(f.w, 0, false);
    assert_int_equal(found(&f, "station"), 1);
    assert_true(memory_store_same(world_store(f.w, 0), before, T_INDEX, T_INDEX));
    assert_true(memory_store_same(world_store(f.w, 0), before, T_WORD, T_WORD));
    memory_store_free(before);
    world_free(f.w);
}

struct plain {
    const char *word;
    bool seen;
};

static bool look_for(void *user, struct bytes key, struct bytes value)
{
    struct plain *p = user;
    p->seen |= memmem(key.at, key.len, p->word, strlen(p->word)) != NULL || value.len != 0;
    return true;
}

static void test_no_plain_word_stands_in_the_index(void **state)
{
    (void)state;
    struct fixture f;
    struct object_id object = {{0}};
    struct plain p = {"dike", false}, hit = {"", false};
    begin(&f);
    write_incident(&f, OP_CREATE, &object, "dike", "Minor");
    assert_int_equal(found(&f, "dike"), 1);
    for (enum table t = T_INDEX; t <= T_WORD; t += T_WORD - T_INDEX)
        assert_int_equal(storage_of(&f)->scan(storage_of(&f)->self, t, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, false,
                                              look_for, &p),
                         MUSTER_OK);
    assert_false(p.seen);
    assert_int_equal(storage_of(&f)->scan(storage_of(&f)->self, T_OBJECT, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, false,
                                          look_for, &hit),
                     MUSTER_OK);
    assert_true(hit.seen); /* the canary: this way of looking finds something where there is something */
    world_free(f.w);
}

static void test_an_earlier_moment_is_what_was_written_before_it(void **state)
{
    (void)state;
    struct fixture f;
    struct object_id object = {{0}};
    struct object_stored now, then;
    struct bytes value, title;
    uint8_t key[4 + OBJECT_ID_BYTES] = {0};
    begin(&f);
    write_incident(&f, OP_CREATE, &object, "first", "Minor");
    memcpy(key + 4, object.b, OBJECT_ID_BYTES);
    assert_int_equal(storage_of(&f)->get(storage_of(&f)->self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value), MUSTER_OK);
    assert_int_equal(object_stored_read(&now, value), MUSTER_OK);
    uint64_t created = now.created;
    world_run(f.w, 5000);
    write_incident(&f, OP_UPDATE, &object, "second", "Extreme");
    assert_int_equal(core_object_before(world_core(f.w, 0), 0, &object, created, &then), MUSTER_ENOTFOUND);
    assert_int_equal(core_object_before(world_core(f.w, 0), 0, &object, created + 1, &then), MUSTER_OK);
    assert_true(pack_get_run(then.view, 0, &title));
    assert_int_equal(title.len, 5);
    assert_memory_equal(title.at, "first", 5);
    assert_int_equal(then.changed, created);
    assert_int_equal(core_object_before(world_core(f.w, 0), 0, &object, UINT64_MAX, &then), MUSTER_OK);
    assert_true(pack_get_run(then.view, 0, &title));
    assert_memory_equal(title.at, "second", 6);
    world_free(f.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_object_is_found_by_what_it_says_now),
        cmocka_unit_test(test_one_more_word_leaves_the_others),
        cmocka_unit_test(test_the_index_made_anew_is_the_same),
        cmocka_unit_test(test_no_plain_word_stands_in_the_index),
        cmocka_unit_test(test_an_earlier_moment_is_what_was_written_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
