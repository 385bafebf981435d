/* bulk.c — see bulk.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/bulk.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"

void world_bulk(struct world *w, size_t node, const struct space_id *space, size_t times)
{
    static struct write_item items[WORLD_BULK_ITEMS];
    static struct write_result results[WORLD_BULK_ITEMS];
    const struct field *name = field_by_name(kind_by_number(KIND_INCIDENT), "name");
    uint8_t body[64];
    struct writer b = writer_over(body, sizeof(body));
    pack_map(&b, 1);
    pack_uint(&b, name->number);
    pack_text(&b, "sandbags", 8);
    for (size_t i = 0; i < WORLD_BULK_ITEMS; i++)
        items[i] = (struct write_item){.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1,
                                       .mask = UINT64_C(1) << name->number, .body = {body, writer_len(&b)}};
    for (size_t n = 0; n < times; n++)
        assert_int_equal(world_write(w, node, space, items, results, WORLD_BULK_ITEMS), MUSTER_OK);
}

void world_erase(struct world *w, size_t node, const struct space_id *space, const struct object_id *object)
{
    struct space_view view;
    struct record_id records[8];
    struct record_ref target = {.role = REF_TARGET};
    struct write_result result;
    uint8_t body[16];
    struct writer b = writer_over(body, sizeof(body));
    pack_map(&b, 1);
    pack_uint(&b, 1);
    pack_text(&b, "error", 5);
    assert_true(core_space_by_id(world_core(w, node), space, &view));
    size_t count = core_object_records(world_core(w, node), view.number, object, records, ARRAY_LEN(records));
    assert_true(count > 0);
    memcpy(target.hash.b, records[count - 1].b, HASH_BYTES);
    struct write_item item = {.operation = OP_ERASE, .schema = 1, .object = *object, .refs = &target, .ref_count = 1,
                              .body = {body, writer_len(&b)}};
    assert_int_equal(world_write(w, node, space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
}
