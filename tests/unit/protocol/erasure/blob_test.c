/* blob_test.c — attachments go with the last record that names them, and not before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "canary.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"

static const enum right rights[] = {RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE};
static const uint8_t photo[3 * BLOB_CHUNK_BYTES] = "a photograph of Mrs. Canary";

/* A create, or a change, of an incident that names the attachment. */
static struct canary attach(struct party *p, size_t by, const struct blob_ref *ref, const struct object_id *object)
{
    const struct kind *kind = kind_by_number(KIND_INCIDENT);
    uint8_t body[1024];
    char text[BLOB_TEXT_MAX];
    struct canary c = {.len = 0};
    struct write_result result;
    struct writer w = writer_over(body, sizeof(body));
    unsigned number = field_by_name(kind, "attachments")->number;
    blob_text(text, ref);
    pack_map(&w, 1);
    pack_uint(&w, number);
    pack_array(&w, 1);
    pack_text(&w, text, strlen(text));
    struct write_item item = {.operation = object ? OP_UPDATE : OP_CREATE, .kind = KIND_INCIDENT, .schema = 1,
                              .mask = UINT64_C(1) << number, .body = {body, writer_len(&w)}};
    if (object)
        item.object = *object;
    assert_int_equal(world_write(p->w, by, &p->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    c.object = result.object;
    c.record = result.record;
    return c;
}

static void test_chunks_go_with_the_last_that_names_them(void **state)
{
    (void)state;
    static const struct { const char *says; bool other_record, other_object, gone; } rows[] = {
        {"one record names it: it goes", false, false, true},
        {"another record of the object names it too: it stays", true, false, false},
        {"another object names it too: it stays", false, true, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct party p;
        struct blob_ref ref = {.name = "photo.jpg", .type = "image/jpeg"};
        party_open(&p, 4200 + i, rights, 3);
        assert_int_equal(world_blob_put(p.w, BORIS, &p.space, photo, sizeof(photo), &ref), MUSTER_OK);
        struct canary c = attach(&p, BORIS, &ref, NULL), other = {.len = 0};
        if (rows[i].other_record)
            other = attach(&p, BORIS, &ref, &c.object);
        if (rows[i].other_object)
            other = attach(&p, BORIS, &ref, NULL);
        party_settle(&p);
        world_blob_want(p.w, ANNA, &p.space, &ref);
        party_settle(&p);
        for (size_t n = 0; n < 2; n++)
            assert_int_equal(memory_store_count(world_store(p.w, n), T_BLOB), 3);
        assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &c, &c.record, NULL), MUSTER_OK);
        party_settle(&p);
        for (size_t n = 0; n < 2; n++)
            if (memory_store_count(world_store(p.w, n), T_BLOB) != (rows[i].gone ? 0 : 3))
                fail_msg("%s, at node %zu: %zu chunks", rows[i].says, n, memory_store_count(world_store(p.w, n), T_BLOB));
        if (!rows[i].gone) {
            assert_int_equal(canary_say(&p, BORIS, OP_ERASE, &other, &other.record, NULL), MUSTER_OK);
            party_settle(&p);
            for (size_t n = 0; n < 2; n++)
                assert_int_equal(memory_store_count(world_store(p.w, n), T_BLOB), 0);
        }
        uint8_t out[sizeof(photo)];
        uint32_t held, total;
        assert_int_equal(core_blob_open(world_core(p.w, ANNA), 0, &ref, out, &held, &total), MUSTER_EWAITS);
        assert_int_equal(held, 0);
        party_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_go_with_the_last_that_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
