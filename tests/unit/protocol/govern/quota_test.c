/* quota_test.c — an agency writes more than the policy's megabytes a day (RULES D5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include "party.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/fold.h"
#include "protocol/trust/policy.h"

#include "base/pack.h"

enum { HEAVY = 16, HEAVY_BYTES = 150000 };

/* An incident with evidence that does not compress. */
static void write_heavy(struct party *p, size_t by, uint32_t number)
{
    uint8_t *body = malloc(HEAVY_BYTES + 512), *noise = malloc(HEAVY_BYTES);
    uint64_t x = 0x9e3779b97f4a7c15 * (number + 1);
    struct writer w = writer_over(body, HEAVY_BYTES + 512);
    struct write_item item = {.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1};
    struct write_result result;
    for (size_t i = 0; i < HEAVY_BYTES; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        noise[i] = (uint8_t)x;
    }
    const struct kind *kind = kind_by_number(KIND_INCIDENT);
    pack_map(&w, 2);
    pack_uint(&w, field_by_name(kind, "name")->number);
    pack_text(&w, "heavy", 5);
    pack_uint(&w, field_by_name(kind, "original")->number);
    pack_map(&w, 2);
    pack_uint(&w, 1);
    pack_text(&w, "application/octet-stream", 24);
    pack_uint(&w, 2);
    pack_bytes(&w, noise, HEAVY_BYTES);
    item.mask = 1ull << field_by_name(kind, "name")->number | 1ull << field_by_name(kind, "original")->number;
    item.body = (struct bytes){body, writer_len(&w)};
    assert_int_equal(world_write(p->w, by, &p->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    free(noise);
    free(body);
}

static void set_quota(struct party *p, uint8_t megabytes)
{
    struct control_policy policy = {.field = POLICY_QUOTA_MB, .value = {&megabytes, 1}};
    struct command command = {.kind = COMMAND_POLICY, .space_id = p->space, .policy = &policy, .policy_count = 1};
    assert_int_equal(world_govern(p->w, ANNA, &command, NULL), MUSTER_OK);
}

static void test_beyond_its_quota_an_agency_is_asked_for_no_more_that_day(void **state)
{
    static const enum right rights[] = {RIGHT_ADMIN, RIGHT_WRITE, RIGHT_WRITE};
    struct party p;
    (void)state;
    party_open(&p, 811, rights, 3);
    set_quota(&p, 1);
    write_heavy(&p, BORIS, HEAVY); /* its log is known: what is there when a log is met first is history */
    party_settle(&p);
    assert_int_equal(party_objects(&p, CHEN), 1);
    party_part(&p, CHEN);
    for (uint32_t i = 0; i < HEAVY; i++)
        write_heavy(&p, BORIS, i);
    assert_int_equal(world_incident(p.w, ANNA, &p.space, "of another agency", NULL), MUSTER_OK);
    party_settle(&p);
    party_meet(&p, CHEN);
    world_run(p.w, 120000);
    uint64_t there = party_objects(&p, CHEN);
    print_message("%llu of %d objects on the first day\n", (unsigned long long)there, HEAVY + 2);
    assert_true(there >= 7 && there <= 9); /* a megabyte of them, and the other agency's */
    assert_int_equal(world_events(p.w, CHEN, "quota.spent"), 1);
    assert_int_equal(party_objects(&p, BORIS), HEAVY + 2);
    /* Each day brings another megabyte, nothing is lost by waiting. */
    for (int day = 1; day <= 3; day++) {
        world_set_clock_offset(p.w, CHEN, day * 86400000ll);
        world_run(p.w, 120000);
    }
    assert_int_equal(party_objects(&p, CHEN), HEAVY + 2);
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beyond_its_quota_an_agency_is_asked_for_no_more_that_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
