/* room_test.c — the room that each agency has for the quantities of one object, whatever order records come in (S7.4.13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/object/quantity_room.h"

#include <stdlib.h>

enum { AGENCIES = 6, ALL_MAX = 6 * ESCROW_RECORDS_MAX, R = QUANTITY_ROOM };

static struct agency_id agencies[AGENCIES];
static struct log_id logs[AGENCIES][2];

static size_t put(struct quantity_entry *at, uint32_t agency, size_t count)
{
    for (size_t i = 0; i < count; i++)
        at[i] = (struct quantity_entry){&agencies[agency], &logs[agency][i % 2], agency * 2 + (uint32_t)(i % 2) + 1, i / 2 * 3 + 256};
    return count;
}

static void shuffle(struct quantity_entry *at, size_t count, uint64_t seed)
{
    for (size_t i = count; i > 1; i--) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t k = (size_t)(seed >> 33) % i;
        struct quantity_entry swap = at[i - 1];
        at[i - 1] = at[k];
        at[k] = swap;
    }
}

static const struct room_case {
    const char *says;
    size_t have[AGENCIES];
    size_t room[AGENCIES]; /* of them */
    bool full;
} cases[] = {
    {"what fits has no limit", {R, R, 3}, {R, R, 3}, false},
    {"a flood takes nobody's room", {100, 5 * ESCROW_RECORDS_MAX}, {100, R}, false},
    {"four floods are not too many", {2 * R, 2 * R, 2 * R, 2 * R}, {R, R, R, R}, false},
    {"five are, and everybody says so", {2 * R, 2 * R, 2 * R, 2 * R, 2 * R}, {0}, true},
};

static void test_room(void **state)
{
    (void)state;
    struct quantity_entry *all = calloc(ALL_MAX, sizeof(*all));
    for (size_t c = 0; c < ARRAY_LEN(cases); c++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct quantity_room room = {.count = 0};
            size_t count = 0;
            for (uint32_t a = 0; a < AGENCIES; a++)
                count += put(all + count, a, cases[c].have[a]);
            if (seed)
                shuffle(all, count, seed);
            for (size_t i = 0; i < count; i++)
                quantity_room_add(&room, &all[i]);
            quantity_room_close(&room);
            assert_false(room.failed);
            if (room.full != cases[c].full)
                fail_msg("%s: order %d: full %d", cases[c].says, (int)seed, room.full);
            for (uint32_t a = 0; a < AGENCIES && !room.full; a++) {
                uint64_t first = quantity_room_limit(&room, a * 2 + 1), second = quantity_room_limit(&room, a * 2 + 2);
                assert_int_equal(quantity_room_of(&room, &agencies[a]), cases[c].room[a]);
                /* Two logs in turn: the first that has no room stands at the same place in both. */
                assert_true(first == (cases[c].have[a] > R ? R / 2 * 3 + 256 : UINT64_MAX));
                assert_true(second == first);
            }
            quantity_room_free(&room);
        }
    free(all);
}

int main(void)
{
    for (uint8_t a = 0; a < AGENCIES; a++) {
        agencies[a].b[0] = (uint8_t)(200 - a);
        logs[a][0].b[0] = (uint8_t)(2 * a + 1);
        logs[a][1].b[0] = (uint8_t)(2 * a);
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
