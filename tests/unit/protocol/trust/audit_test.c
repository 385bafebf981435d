/* Audit entries and exports: what is written reads back; every changed byte, gap and swap is found. */
#include "member.h"
#include "crypto/crypto.h"
#include "protocol/trust/audit_entry.h"
#include "protocol/trust/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 5, FILE_MAX = 64 * 1024 };

struct stage {
    struct node_keys keys;
    struct sign_secret sign;
    uint8_t card[CARD_BYTES_MAX];
    size_t card_len;
    uint8_t entries[ENTRIES][AUDIT_ENTRY_MAX];
    size_t lens[ENTRIES];
    uint8_t file[FILE_MAX];
    size_t file_len;
};

static void make_entries(struct stage *s)
{
    struct hash prev = {{0}};
    for (size_t i = 0; i < ENTRIES; i++) {
        struct audit_entry entry = {.number = i + 1, .time_ms = 1000 + i, .node = s->keys.sign, .prev = prev, .times = i == 2 ? 9 : 1,
                                    .refused = i == 2, .event = "space.invited", .detail = "flood", .by = "user 0"};
        entry.agency.b[0] = (uint8_t)i;
        entry.key.b[3] = i == 2;
        s->lens[i] = audit_entry_write(s->entries[i], &entry, &s->sign);
        prev = audit_entry_hash(s->entries[i], s->lens[i]);
    }
}

/* The file of the entries first..last but one; those numbered `without` and `swapped` as they say. */
static void make_file(struct stage *s, size_t first, size_t count, size_t without)
{
    struct writer w = writer_over(s->file, FILE_MAX);
    audit_file_begin(&w, (struct bytes){s->card, s->card_len}, (uint32_t)(without < count ? count - 1 : count));
    for (size_t i = first; i < first + count; i++)
        if (i != without)
            audit_file_entry(&w, (struct bytes){s->entries[i], s->lens[i]});
    s->file_len = audit_file_end(&w, 77, &s->sign);
    assert_true(s->file_len > 0);
}

static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    if (!s || crypto_start() != MUSTER_OK)
        return -1;
    s->card_len = member_make(&s->keys, &s->sign, s->card, NULL);
    make_entries(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void test_an_entry_reads_back(void **state)
{
    struct stage *s = *state;
    struct audit_entry entry;
    assert_int_equal(audit_entry_read(&entry, s->entries[2], s->lens[2]), MUSTER_OK);
    assert_int_equal(entry.number, 3);
    assert_int_equal(entry.time_ms, 1002);
    assert_int_equal(entry.times, 9);
    assert_true(entry.refused);
    assert_int_equal(entry.agency.b[0], 2);
    assert_int_equal(entry.key.b[3], 1);
    assert_string_equal(entry.event, "space.invited");
    assert_string_equal(entry.detail, "flood");
    assert_string_equal(entry.by, "user 0");
    assert_int_equal(audit_entry_read(&entry, s->entries[0], s->lens[0]), MUSTER_OK);
    assert_int_equal(entry.times, 1);
    assert_false(entry.refused);
}

static void test_hostile_text_is_tamed_and_cut(void **state)
{
    struct stage *s = *state;
    uint8_t bytes[AUDIT_ENTRY_MAX];
    struct audit_entry entry = {.number = 1, .node = s->keys.sign, .times = 1, .event = "peer.refused"}, got;
    for (size_t i = 0; i + 3 < sizeof(entry.detail); i += 3)
        memcpy(entry.detail + i, "\xe6\xb4\xaa", 3);
    entry.detail[0] = '\x1b';
    entry.detail[1] = '\n';
    entry.detail[2] = '\xff';
    size_t len = audit_entry_write(bytes, &entry, &s->sign);
    assert_int_equal(audit_entry_read(&got, bytes, len), MUSTER_OK);
    assert_null(strchr(got.detail, '\x1b'));
    assert_null(strchr(got.detail, '\n'));
    assert_true(strlen(got.detail) <= AUDIT_DETAIL_MAX);
}

static void test_every_changed_byte_of_an_entry_is_found(void **state)
{
    struct stage *s = *state;
    struct audit_entry entry;
    for (size_t i = 0; i < s->lens[1]; i++) {
        s->entries[1][i] ^= 0x10;
        assert_int_not_equal(audit_entry_read(&entry, s->entries[1], s->lens[1]), MUSTER_OK);
        s->entries[1][i] ^= 0x10;
    }
    for (size_t len = 0; len < s->lens[1]; len++)
        assert_int_equal(audit_entry_read(&entry, s->entries[1], len), MUSTER_ETRUNCATED);
    assert_int_equal(audit_entry_read(&entry, s->entries[1], s->lens[1]), MUSTER_OK);
}

static const struct {
    const char *says;
    size_t order[4], count;
    enum muster_error want; /* of the last one */
} chains[] = {
    {"takes entries in their order", {0, 1, 2, 3}, 4, MUSTER_OK},
    {"takes a run that begins later", {2, 3, 4}, 3, MUSTER_OK},
    {"finds an entry that is missing", {0, 1, 3}, 3, MUSTER_ECHAIN},
    {"finds two that were swapped", {0, 2}, 2, MUSTER_ECHAIN},
    {"finds one that stands twice", {0, 1, 1}, 3, MUSTER_ECHAIN},
};

static void test_chain(void **state)
{
    struct stage *s = *state;
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        struct audit_chain chain = {.count = 0};
        struct audit_entry entry;
        enum muster_error error = MUSTER_OK;
        print_message("audit_chain_take %s\n", chains[i].says);
        for (size_t e = 0; e < chains[i].count; e++) {
            assert_int_equal(error, MUSTER_OK);
            error = audit_chain_take(&chain, s->entries[chains[i].order[e]], s->lens[chains[i].order[e]], &entry);
        }
        assert_int_equal(error, chains[i].want);
        assert_int_equal(chain.count, chains[i].count);
    }
}

static void test_one_that_was_signed_again_does_not_fit_its_successor(void **state)
{
    struct stage *s = *state;
    struct audit_chain chain = {.count = 0};
    struct audit_entry entry;
    assert_int_equal(audit_entry_read(&entry, s->entries[1], s->lens[1]), MUSTER_OK);
    snprintf(entry.detail, sizeof(entry.detail), "another space");
    s->lens[1] = audit_entry_write(s->entries[1], &entry, &s->sign);
    assert_int_equal(audit_chain_take(&chain, s->entries[0], s->lens[0], &entry), MUSTER_OK);
    assert_int_equal(audit_chain_take(&chain, s->entries[1], s->lens[1], &entry), MUSTER_OK);
    assert_int_equal(audit_chain_take(&chain, s->entries[2], s->lens[2], &entry), MUSTER_ECHAIN);
    assert_int_equal(audit_chain_take(&chain, s->entries[3], s->lens[3], &entry), MUSTER_OK); /* told once */
}

static void test_a_file_reads_back(void **state)
{
    struct stage *s = *state;
    struct audit_file *file = calloc(1, sizeof(*file));
    struct audit_entry entry;
    uint64_t number, expected = 2;
    size_t at = 0;
    assert_non_null(file);
    make_file(s, 1, 3, SIZE_MAX);
    assert_true(audit_file_is(s->file, s->file_len));
    assert_int_equal(audit_file_read(file, s->file, s->file_len, &number), MUSTER_OK);
    assert_int_equal(file->count, 3);
    assert_int_equal(file->made_ms, 77);
    assert_string_equal(file->card.identity.name, "Yibin");
    while (audit_file_next(file, &at, &entry))
        assert_int_equal(entry.number, expected++);
    assert_int_equal(expected, 5);
    make_file(s, 0, 4, 2); /* the node itself leaves one out */
    assert_int_equal(audit_file_read(file, s->file, s->file_len, &number), MUSTER_ECHAIN);
    assert_int_equal(number, 3);
    free(file);
}

static void test_every_changed_bit_and_cut_of_a_file_is_found(void **state)
{
    struct stage *s = *state;
    struct audit_file *file = calloc(1, sizeof(*file));
    uint64_t number;
    assert_non_null(file);
    make_file(s, 0, 3, SIZE_MAX);
    for (size_t i = 0; i < s->file_len; i++) {
        s->file[i] ^= (uint8_t)(1u << (i % 8));
        assert_int_not_equal(audit_file_read(file, s->file, s->file_len, &number), MUSTER_OK);
        s->file[i] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t len = 0; len < s->file_len; len++)
        assert_int_not_equal(audit_file_read(file, s->file, len, &number), MUSTER_OK);
    size_t second = 8 + 2 + s->card_len + 4 + 2 + s->lens[0] + 2;
    s->file[second + 90] ^= 1; /* inside the body of the second entry: it is the one that is named */
    assert_int_equal(audit_file_read(file, s->file, s->file_len, &number), MUSTER_ESIGNATURE);
    assert_int_equal(number, 2);
    free(file);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        T(test_an_entry_reads_back),
        T(test_hostile_text_is_tamed_and_cut),
        T(test_every_changed_byte_of_an_entry_is_found),
        T(test_chain),
        T(test_one_that_was_signed_again_does_not_fit_its_successor),
        T(test_a_file_reads_back),
        T(test_every_changed_bit_and_cut_of_a_file_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
