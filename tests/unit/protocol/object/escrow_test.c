/* escrow_test.c — what the traces of the model do not show: lies about names, circles, bounds, size.
 *
 * Records are a line of text: operation, id (two hex digits), log/sequence, and keys: units,
 * from=RIGHT:UNITS,..., to (a log), about (a record), obj (a letter, else p), stranger and unknown
 * (of a mint).  Logs: "NAME PREFIX [fork=N] [cut=N]; ...", by name.  The state is printed by id:
 * each record's word or status, and behind "=" what is left of the right it made: firm, soft, lost. */
#include "protocol/object/escrow.h"
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RECORDS_MAX = 32, LOGS_MAX = 8, TEXT_MAX = 1024 };

struct stock {
    struct escrow_record records[RECORDS_MAX];
    struct escrow_units from[RECORDS_MAX][REFS_MAX];
    struct escrow_log logs[LOGS_MAX];
    struct escrow_object objects[2]; /* p and q */
    struct escrow_input input;
};

static const struct {
    const char *name;
    uint8_t op;
} ops[] = {
    {"mint",    OP_MINT   },
    {"grant",   OP_GRANT  },
    {"commit",  OP_COMMIT },
    {"cover",   OP_COVER  },
    {"return",  OP_RETURN },
    {"release", OP_RELEASE},
    {"reclaim", OP_RECLAIM},
    {"update",  OP_UPDATE },
};

static void read_id(uint8_t out[32], const char *text)
{
    memset(out, 0, 32);
    assert_true(hex_to(out, 1, text));
}

static void read_from(struct stock *s, size_t at, char *list)
{
    char *rest = NULL;
    struct escrow_record *record = &s->records[at];
    record->from = s->from[at];
    for (char *one = strtok_r(list, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
        assert_true(record->from_count < REFS_MAX);
        struct escrow_units *units = &s->from[at][record->from_count++];
        char *number = strchr(one, ':');
        *number++ = '\0';
        read_id(units->right.b, one);
        units->units = strtoull(number, NULL, 10);
    }
}

static void read_key(struct stock *s, size_t at, char *key)
{
    struct escrow_record *record = &s->records[at];
    char *value = strchr(key, '=');
    if (value)
        *value++ = '\0';
    if (strcmp(key, "units") == 0)
        record->units = strtoull(value, NULL, 10);
    else if (strcmp(key, "from") == 0)
        read_from(s, at, value);
    else if (strcmp(key, "to") == 0)
        memcpy(record->to.b, value, strlen(value));
    else if (strcmp(key, "about") == 0)
        read_id(record->about.b, value);
    else if (strcmp(key, "obj") == 0)
        record->object.b[0] = (uint8_t)value[0];
    else if (strcmp(key, "stranger") == 0)
        record->mint = MINT_BY_STRANGER;
    else if (strcmp(key, "unknown") == 0)
        record->mint = MINT_WAITS;
    else
        fail_msg("%s is no key", key);
}

static void read_record(struct stock *s, size_t at, char *text)
{
    struct escrow_record *record = &s->records[at];
    char *rest = NULL, *op = strtok_r(text, " ", &rest), *id = strtok_r(NULL, " ", &rest);
    char *log = strtok_r(NULL, " ", &rest), *seq = strchr(log, '/');
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (strcmp(ops[i].name, op) == 0)
            record->op = ops[i].op;
    assert_int_not_equal(record->op, 0);
    read_id(record->id.b, id);
    memcpy(record->log.b, log, (size_t)(seq - log));
    record->seq = strtoull(seq + 1, NULL, 10);
    record->mint = MINT_BY_OWNER;
    record->object.b[0] = 'p';
    for (char *key = strtok_r(NULL, " ", &rest); key; key = strtok_r(NULL, " ", &rest))
        read_key(s, at, key);
}

static void read_log(struct escrow_log *log, char *text)
{
    char *rest = NULL, *name = strtok_r(text, " ", &rest);
    memcpy(log->id.b, name, strlen(name));
    log->prefix = strtoull(strtok_r(NULL, " ", &rest), NULL, 10);
    log->fork_at = log->cut = ESCROW_NEVER;
    for (char *key = strtok_r(NULL, " ", &rest); key; key = strtok_r(NULL, " ", &rest))
        *(key[0] == 'f' ? &log->fork_at : &log->cut) = strtoull(strchr(key, '=') + 1, NULL, 10);
}

static void read_stock(struct stock *s, const char *records, const char *logs)
{
    char text[2048], *rest = NULL;
    memset(s, 0, sizeof *s);
    s->objects[0] = (struct escrow_object){.id.b = {'p'}, .owner_is_member = true};
    s->objects[1] = (struct escrow_object){.id.b = {'q'}, .owner_is_member = true};
    s->input = (struct escrow_input){
        .records = s->records, .logs = s->logs, .objects = s->objects, .objects_count = 2};
    assert_true(strlen(records) < sizeof text);
    snprintf(text, sizeof text, "%s", records);
    for (char *one = strtok_r(text, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
        assert_true(s->input.count < RECORDS_MAX);
        read_record(s, s->input.count++, one);
    }
    snprintf(text, sizeof text, "%s", logs ? logs : "L.1 9; M.1 9; O.1 9");
    for (char *one = strtok_r(text, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
        assert_true(s->input.logs_count < LOGS_MAX);
        read_log(&s->logs[s->input.logs_count++], one);
    }
}

/* -- printing ------------------------------------------------------------------------------ */

static const struct escrow_right *right_of(const struct escrow_state *state, uint32_t record)
{
    for (uint32_t i = 0; i < state->rights_count; i++)
        if (state->rights[i].record == record)
            return &state->rights[i];
    return NULL;
}

static void print_record(char *out, const struct escrow_state *state, uint32_t record, uint8_t id)
{
    static const char *const statuses[] = {"waits",    "counts",   "void",   "unbacked",
                                           "released", "disputed", "cut-off"};
    const struct escrow_judgement *judged = &state->records[record];
    const struct escrow_right *right = right_of(state, record);
    size_t used = strlen(out);
    used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s%02x %s", used ? "; " : "", id,
                             judged->word ? escrow_word_text((enum escrow_word)judged->word)
                                          : statuses[judged->status]);
    if (right) {
        assert_int_equal(right->left, right->rest.firm + right->rest.soft + right->rest.lost);
        used += (size_t)snprintf(out + used, TEXT_MAX - used, "=%llu,%llu,%llu",
                                 (unsigned long long)right->rest.firm, (unsigned long long)right->rest.soft,
                                 (unsigned long long)right->rest.lost);
    }
    assert_true(used < TEXT_MAX);
}

static enum muster_error fold_text(char *out, const struct stock *stock)
{
    size_t size = escrow_fold_bytes(&stock->input);
    struct object_arena arena = {.at = malloc(size), .size = size};
    struct escrow_state state;
    assert_non_null(arena.at);
    enum muster_error error = escrow_fold(&state, &stock->input, &arena);
    out[0] = '\0';
    for (unsigned id = 0; error == MUSTER_OK && id < 256; id++)
        for (uint32_t i = 0; i < stock->input.count; i++)
            if (stock->records[i].id.b[0] == id)
                print_record(out, &state, i, (uint8_t)id);
    for (size_t i = 0; error == MUSTER_OK && i < stock->input.objects_count; i++)
        assert_true(state.objects[i].safe <= state.objects[i].capacity);
    free(arena.at);
    return error;
}

/* clang-format off */
static const struct {
    const char *says, *records, *logs, *want;
} cases[] = {
    {"promises firm units safely",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 from=01:3", NULL,
     "01 counts=2,0,0; 02 safe"},
    {"voids a promise of more than is left, and nothing else",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 from=01:3; commit 03 O.1/3 from=01:3; commit 04 O.1/4 from=01:2", NULL,
     "01 counts=0,0,0; 02 safe; 03 void; 04 safe"},
    {"sums the entries for one right",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 from=01:3,01:3; commit 03 O.1/3 from=01:3,01:2", NULL,
     "01 counts=0,0,0; 02 void; 03 safe"},
    {"voids a spend of nothing",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 from=01:0; mint 03 O.1/3; grant 04 O.1/4 to=L.1; reclaim 05 O.1/5 from=01:0",
     NULL, "01 counts=5,0,0; 02 void; 03 void; 04 void; 05 void"},
    {"voids a stranger's mint", "mint 01 M.1/1 units=5 stranger; commit 02 M.1/2 from=01:1", NULL, "01 void; 02 void"},
    {"waits for an object that is not known yet",
     "mint 01 O.1/1 units=5 unknown; commit 02 O.1/2 from=01:1; mint 03 O.1/3 units=1 obj=z", NULL,
     "01 waits; 02 waiting; 03 waits"},
    {"voids more units than a record may name",
     "mint 01 O.1/1 units=1000000000000; mint 02 O.1/2 units=1000000000001; commit 03 O.1/3 units=18446744073709551615; "
     "commit 04 O.1/4 from=01:18446744073709551615,01:1", NULL,
     "01 counts=1000000000000,0,0; 02 void; 03 void; 04 void"},
    {"voids a record with too many or too few rights for its kind",
     "mint 01 O.1/1 units=5; return 02 O.1/2 from=01:1,01:1; reclaim 03 O.1/3; mint 04 O.1/4 units=1 from=01:1; "
     "release 05 O.1/5 about=01 from=01:1", NULL,
     "01 counts=5,0,0; 02 void; 03 void; 04 void; 05 void"},
    {"passes over what is no quantity", "update 01 O.1/1 units=5; commit 02 O.1/2 from=01:1", NULL, "01 void; 02 void"},

    {"voids a spend of another object's right",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 from=01:1 obj=q; grant 03 O.1/3 from=01:1 to=L.1 obj=q", NULL,
     "01 counts=5,0,0; 02 void; 03 void"},
    {"voids a spend of rights of two objects",
     "mint 01 O.1/1 units=5; mint 02 O.1/2 units=5 obj=q; commit 03 O.1/3 from=01:1,02:1", NULL,
     "01 counts=5,0,0; 02 counts=5,0,0; 03 void"},
    {"voids a spend of another log's right at once, so that it makes nothing wait",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:2 to=L.1; commit 03 O.1/3 from=02:1,77:1; commit 04 L.1/1 from=02:1",
     NULL, "01 counts=3,0,0; 02 counts=1,0,0; 03 void; 04 safe"},
    {"lets later spends of a right wait behind one that waits, and no others",
     "mint 01 O.1/1 units=5; mint 02 O.1/2 units=5; commit 03 O.1/3 from=01:1,77:1; commit 04 O.1/4 from=01:1; "
     "commit 05 O.1/5 from=02:1", NULL,
     "01 counts=5,0,0; 02 counts=4,0,0; 03 waiting; 04 waiting; 05 safe"},
    {"lets them wait on, one behind the other",
     "mint 01 O.1/1 units=5; mint 02 O.1/2 units=5; commit 03 O.1/3 from=01:1,77:1; commit 04 O.1/4 from=01:1,02:1; "
     "commit 05 O.1/5 from=02:1", NULL,
     "01 counts=5,0,0; 02 counts=5,0,0; 03 waiting; 04 waiting; 05 waiting"},
    {"waits behind a hole", "mint 01 O.1/1 units=5; commit 02 O.1/3 from=01:1", "O.1 1", "01 counts=5,0,0; 02 waiting"},
    {"waits for a log that is not known", "mint 01 O.1/1 units=5", "L.1 9", "01 waits"},

    {"takes a promise back once, by its own log, afterwards",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 from=01:5; release 03 O.1/3 about=02; release 04 O.1/4 about=02; "
     "commit 05 O.1/5 from=01:5; release 06 L.1/1 about=05; release 07 O.1/6 about=08; commit 08 O.1/7 from=01:1", NULL,
     "01 counts=0,0,0; 02 released; 03 counts; 04 void; 05 safe; 06 void; 07 void; 08 void"},
    {"takes back no cover and no bare promise",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 units=2; cover 03 O.1/3 about=02 from=01:2; release 04 O.1/4 about=03; "
     "release 05 O.1/5 about=02", NULL,
     "01 counts=3,0,0; 02 covered; 03 safe; 04 void; 05 void"},
    {"covers a promise with one cover that is enough",
     "mint 01 O.1/1 units=9; commit 02 O.1/2 units=3; cover 03 O.1/3 about=02 from=01:2; cover 04 O.1/4 about=02 from=01:1",
     NULL, "01 counts=6,0,0; 02 at-risk; 03 safe; 04 safe"},
    {"covers no promise of another object",
     "mint 01 O.1/1 units=9; commit 02 O.1/2 units=3 obj=q; cover 03 O.1/3 about=02 from=01:3", NULL,
     "01 counts=6,0,0; 02 at-risk; 03 safe"},
    {"covers nothing that has rights or is not there",
     "mint 01 O.1/1 units=9; commit 02 O.1/2 from=01:20; cover 03 O.1/3 about=02 from=01:3; cover 04 O.1/4 about=77 from=01:3",
     NULL, "01 counts=3,0,0; 02 void; 03 safe; 04 safe"},

    {"gives returned units to the log that granted them",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:4 to=L.1; return 03 L.1/1 from=02:3; commit 04 O.1/3 from=03:3", NULL,
     "01 counts=1,0,0; 02 counts=1,0,0; 03 counts=0,0,0; 04 safe"},
    {"makes a reclaim firm by the return that answers it",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; reclaim 03 O.1/3 from=02:3; return 04 L.1/1 from=02:2 about=03; "
     "commit 05 O.1/4 from=03:2; commit 06 O.1/5 from=03:1", NULL,
     "01 counts=0,0,0; 02 counts=3,0,0; 03 counts=0,0,0; 04 counts; 05 safe; 06 at-risk"},
    {"loses what the holder has spent",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; commit 03 L.1/1 from=02:5; reclaim 04 O.1/3 from=02:3; "
     "commit 05 O.1/4 from=04:3", NULL,
     "01 counts=0,0,0; 02 counts=0,0,0; 03 safe; 04 counts=0,0,0; 05 lost"},
    {"serves the earlier reclaim first",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; reclaim 04 O.1/3 from=02:3; reclaim 03 O.1/4 from=02:3",
     "L.1 0 cut=0; O.1 9",
     "01 counts=0,0,0; 02 counts=5,0,0; 03 counts=2,0,1; 04 counts=3,0,0"},
    {"makes a reclaim firm when the holder's log is closed",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; commit 03 L.1/1 from=02:2; reclaim 04 O.1/3 from=02:5",
     "L.1 1 cut=1; O.1 9", "01 counts=0,0,0; 02 counts=3,0,0; 03 safe; 04 counts=3,0,2"},
    {"makes it firm though the log forked beyond the cut",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; reclaim 04 O.1/3 from=02:5", "L.1 1 fork=2 cut=1; O.1 9",
     "01 counts=0,0,0; 02 counts=5,0,0; 04 counts=5,0,0"},
    {"keeps it at risk while a record below the cut is missing",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; reclaim 04 O.1/3 from=02:5", "L.1 0 cut=1; O.1 9",
     "01 counts=0,0,0; 02 counts=5,0,0; 04 counts=0,5,0"},
    {"keeps it at risk while a fork lies at the cut",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; reclaim 04 O.1/3 from=02:5", "L.1 1 fork=1 cut=1; O.1 9",
     "01 counts=0,0,0; 02 counts=5,0,0; 04 counts=0,5,0"},
    {"voids a reclaim by another than the one who granted",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; reclaim 04 M.1/1 from=02:5", NULL,
     "01 counts=0,0,0; 02 counts=5,0,0; 04 void"},

    {"keeps what forked spends grant, at risk",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; commit 03 L.1/1 from=02:5; commit 04 O.1/2 from=01:5",
     "L.1 9; O.1 9 fork=2", "01 counts=5,0,0; 02 disputed=0,0,0; 03 at-risk; 04 at-risk"},

    {"lets a return be valid whatever it says it answers, before that is known",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; return 03 L.1/1 from=02:3 about=06; commit 04 L.1/2 from=02:4; "
     "commit 05 L.1/3 from=02:2", NULL,
     "01 counts=0,0,0; 02 counts=0,0,0; 03 counts; 04 void; 05 safe"},
    {"and after: what was safe stays safe, what was void stays void",
     "mint 01 O.1/1 units=5; grant 02 O.1/2 from=01:5 to=L.1; return 03 L.1/1 from=02:3 about=06; commit 04 L.1/2 from=02:4; "
     "commit 05 L.1/3 from=02:2; reclaim 06 O.1/3 from=01:1", NULL,
     "01 counts=0,0,0; 02 counts=0,0,0; 03 counts; 04 void; 05 safe; 06 counts=0,0,1"},

    {"lets a log wait that spends what it will only get later",
     "mint 01 O.1/1 units=5; commit 02 O.1/2 from=03:1; grant 03 O.1/3 from=01:5 to=O.1; commit 04 O.1/4 from=03:5", NULL,
     "01 counts=0,0,0; 02 waiting; 03 counts=5,0,0; 04 waiting"},
    {"lets nobody draw from a circle of grants",
     "grant 01 L.1/1 from=02:5 to=M.1; grant 02 M.1/1 from=01:5 to=L.1; commit 03 L.1/2 from=02:5", NULL,
     "01 waits; 02 waits; 03 waiting"},
};
/* clang-format on */

static void reorder(struct stock *out, const struct stock *in, size_t by, bool back)
{
    size_t count = in->input.count;
    *out = *in;
    for (size_t i = 0; i < count; i++) {
        size_t from = (i + by) % count;
        out->records[i] = in->records[back ? count - 1 - from : from];
    }
    out->input.records = out->records;
}

static void test_escrow_fold_gives_one_state_in_every_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stock stock, other;
        char text[TEXT_MAX];
        print_message("escrow_fold %s\n", cases[i].says);
        read_stock(&stock, cases[i].records, cases[i].logs);
        assert_int_equal(fold_text(text, &stock), MUSTER_OK);
        assert_string_equal(text, cases[i].want);
        for (size_t n = 0; n < 2 * stock.input.count; n++) {
            reorder(&other, &stock, n / 2, n % 2);
            assert_int_equal(fold_text(text, &other), MUSTER_OK);
            assert_string_equal(text, cases[i].want);
        }
    }
}

static void test_escrow_fold_refuses_what_does_not_fit(void **state)
{
    struct stock stock;
    char text[TEXT_MAX];
    struct object_arena none = {.at = NULL};
    struct escrow_state out = {.rights_count = 7};
    (void)state;
    read_stock(&stock, "mint 01 O.1/1 units=5; mint 01 O.1/2 units=5", NULL);
    assert_int_equal(fold_text(text, &stock), MUSTER_EDUPLICATE);
    stock.records[0].from_count = REFS_MAX + 1;
    assert_int_equal(escrow_fold(&out, &stock.input, &none), MUSTER_ETOOBIG);
    stock.records[0].from_count = 0;
    stock.input.count = ESCROW_RECORDS_MAX + 1;
    assert_int_equal(escrow_fold(&out, &stock.input, &none), MUSTER_ETOOBIG);
    stock.input.count = 1;
    stock.input.logs_count = ESCROW_LOGS_MAX + 1;
    assert_int_equal(escrow_fold(&out, &stock.input, &none), MUSTER_ETOOBIG);
    stock.input.logs_count = 1;
    stock.input.objects_count = ESCROW_OBJECTS_MAX + 1;
    assert_int_equal(escrow_fold(&out, &stock.input, &none), MUSTER_ETOOBIG);
    assert_int_equal(out.rights_count, 7);
}

static void test_escrow_fold_stays_within_its_arena(void **state)
{
    struct stock stock;
    size_t refused = 0, taken = 0;
    (void)state;
    read_stock(&stock, cases[ARRAY_LEN(cases) - 2].records, NULL);
    for (size_t size = 0; size <= escrow_fold_bytes(&stock.input); size += ARENA_ALIGN) {
        struct object_arena arena = {.at = malloc(size ? size : 1), .size = size};
        struct escrow_state out = {.rights_count = 7};
        enum muster_error error = escrow_fold(&out, &stock.input, &arena);
        if (error == MUSTER_OK) {
            taken++;
        } else {
            assert_int_equal(error, MUSTER_ETOOBIG);
            assert_int_equal(taken, 0);
            assert_int_equal(out.rights_count, 7);
            refused++;
        }
        free(arena.at);
    }
    assert_true(refused > 0 && taken > 0);
}

/* A right handed on through as many logs as a fold may hold: no recursion, near linear. */
static void test_escrow_fold_takes_the_longest_chain(void **state)
{
    enum { COUNT = ESCROW_RECORDS_MAX };
    struct escrow_record *records = calloc(COUNT, sizeof *records);
    struct escrow_units *from = calloc(COUNT, sizeof *from);
    struct escrow_log *logs = calloc(COUNT, sizeof *logs);
    struct escrow_object object = {.id.b = {'p'}, .owner_is_member = true};
    struct escrow_input input = {.records = records,
                                 .count = COUNT,
                                 .logs = logs,
                                 .logs_count = COUNT,
                                 .objects = &object,
                                 .objects_count = 1};
    (void)state;
    assert_true(records && from && logs);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t mix = (i * UINT32_C(2654435761)) ^ UINT32_C(0x5bd1e995); /* ids in no order */
        logs[i] = (struct escrow_log){.prefix = 1, .fork_at = ESCROW_NEVER, .cut = ESCROW_NEVER};
        put_be32(logs[i].id.b, i + 1);
        records[i].log = logs[i].id;
        put_be32(records[i].id.b, mix);
        records[i].seq = 1;
        records[i].object = object.id;
        records[i].mint = MINT_BY_OWNER;
        records[i].op = i == 0 ? OP_MINT : i + 1 < COUNT ? OP_GRANT : OP_COMMIT;
        records[i].units = i == 0 ? 7 : 0;
        if (i == 0)
            continue;
        put_be32(records[i - 1].to.b, i + 1);
        from[i] = (struct escrow_units){.right = records[i - 1].id, .units = 7};
        records[i].from = &from[i];
        records[i].from_count = 1;
    }
    /* The mint is in log 1 and spent there: record 1 moves it on. */
    records[1].log = records[0].log;
    records[1].seq = 2;
    logs[0].prefix = 2;
    size_t size = escrow_fold_bytes(&input);
    struct object_arena arena = {.at = malloc(size), .size = size};
    struct escrow_state out;
    assert_non_null(arena.at);
    assert_int_equal(escrow_fold(&out, &input, &arena), MUSTER_OK);
    assert_int_equal(out.records[COUNT - 1].word, WORD_SAFE);
    assert_int_equal(out.objects[0].safe, 7);
    assert_int_equal(out.objects[0].capacity, 7);
    assert_int_equal(out.rights_count, COUNT - 1);
    free(arena.at);
    free(records);
    free(from);
    free(logs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escrow_fold_gives_one_state_in_every_order),
        cmocka_unit_test(test_escrow_fold_refuses_what_does_not_fit),
        cmocka_unit_test(test_escrow_fold_stays_within_its_arena),
        cmocka_unit_test(test_escrow_fold_takes_the_longest_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
