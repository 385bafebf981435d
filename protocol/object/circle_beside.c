/* circle_beside.c — the links of what is about to be written, found by the object that has them and by those that they name. */
#include "protocol/object/circle.h"

#include "protocol/object/circle_inner.h"
#include "protocol/object/op.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, FIRST_SIZE = 64, NEW_MARK = 0xff, NEW_NUMBER_AT = OBJECT_ID_BYTES - 4 };

struct beside_item {
    struct object_id object;
    uint16_t kind;
    struct bytes body; /* borrowed */
    bool sure;         /* it is written, and what the object links to now counts no more */
    uint32_t older;    /* the item of that bucket before it + 1 */
};

struct beside_end { /* a link that leads from what it names */
    struct object_id target;
    uint32_t item;
    uint32_t older;
};

struct circle_beside {
    struct beside_item *items;
    size_t count, size;
    struct beside_end *ends;
    size_t end_count, end_size;
    uint32_t by_object[BUCKETS], by_target[BUCKETS]; /* the newest + 1; 0: none */
    bool failed;
};

static size_t bucket(const struct object_id *object)
{
    uint32_t sum = 0; /* ids are made by hashing, but one may choose them: a long bucket is a slow one, no more */
    for (size_t i = 0; i < OBJECT_ID_BYTES; i += 4)
        sum = sum * 31 + get_be32(object->b + i);
    return (sum ^ sum >> 10 ^ sum >> 20) % BUCKETS;
}

struct circle_beside *circle_beside_new(void)
{
    return calloc(1, sizeof(struct circle_beside));
}

void circle_beside_free(struct circle_beside *beside)
{
    if (!beside)
        return;
    free(beside->items);
    free(beside->ends);
    free(beside);
}

bool circle_object_is_new(const struct object_id *object)
{
    for (size_t i = 0; i < NEW_NUMBER_AT; i++)
        if (object->b[i] != NEW_MARK)
            return false;
    return true;
}

/* Room for one more of `each` bytes; false without memory. */
static bool room(void *array, size_t count, size_t *size, size_t each)
{
    void **at = array, *bigger;
    if (count < *size)
        return true;
    size_t larger = *size ? *size * 2 : FIRST_SIZE;
    bigger = realloc(*at, larger * each);
    if (!bigger)
        return false;
    *at = bigger;
    *size = larger;
    return true;
}

static bool take_end(void *user, uint8_t chain, bool reversed, const struct object_id *other)
{
    struct circle_beside *b = user;
    (void)chain;
    if (!reversed)
        return true;
    if (!room(&b->ends, b->end_count, &b->end_size, sizeof(*b->ends))) {
        b->failed = true;
        return false;
    }
    uint32_t *newest = &b->by_target[bucket(other)];
    b->ends[b->end_count] = (struct beside_end){*other, (uint32_t)b->count, *newest};
    *newest = (uint32_t)++b->end_count;
    return true;
}

bool circle_beside_add(struct circle_beside *beside, const struct write_item *item, bool sure)
{
    const struct kind *kind = kind_by_number(item->kind);
    bool says = false; /* anything of its links? */
    for (size_t i = 0; kind && i < kind->count; i++)
        says |= kind->fields[i].type == FIELD_LINKS && item->mask >> kind->fields[i].number & 1;
    if (!says)
        return true;
    if (!room(&beside->items, beside->count, &beside->size, sizeof(*beside->items)))
        return false;
    struct beside_item *one = &beside->items[beside->count];
    *one = (struct beside_item){.object = item->object, .kind = item->kind, .body = item->body, .sure = sure};
    if (item->operation == OP_CREATE) { /* nobody can name it: what makes a number of it is its place here */
        memset(one->object.b, NEW_MARK, NEW_NUMBER_AT);
        put_be32(one->object.b + NEW_NUMBER_AT, (uint32_t)beside->count);
    }
    (void)circle_chained(item->kind, item->body, take_end, beside);
    if (beside->failed)
        return false;
    uint32_t *newest = &beside->by_object[bucket(&one->object)];
    one->older = *newest;
    *newest = (uint32_t)++beside->count;
    return true;
}

bool circle_beside_links(const struct circle_beside *beside, const struct object_id *object, circle_each_link *take, void *user,
                         bool *goes_on)
{
    *goes_on = true;
    for (uint32_t at = beside ? beside->by_object[bucket(object)] : 0; at && *goes_on; at = beside->items[at - 1].older) {
        const struct beside_item *one = &beside->items[at - 1];
        if (!object_id_eq(&one->object, object))
            continue;
        *goes_on = circle_chained(one->kind, one->body, take, user);
        if (one->sure)
            return true;
    }
    return false;
}

const struct object_id *circle_beside_naming(const struct circle_beside *beside, const struct object_id *target, uint32_t *cursor)
{
    uint32_t at = !beside ? 0 : *cursor ? beside->ends[*cursor - 1].older : beside->by_target[bucket(target)];
    while (at && !object_id_eq(&beside->ends[at - 1].target, target))
        at = beside->ends[at - 1].older;
    *cursor = at;
    return at ? &beside->items[beside->ends[at - 1].item].object : NULL;
}
