/* find_test.c — what lists are filtered by beside tokens and words: places, codes, what an object names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/core.h"
#include "protocol/kinds/area_code.h"
#include "protocol/object/find.h"
#include "protocol/object/op.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

enum { ENTRIES_MAX = 4096, OBJECTS = 240, QUESTIONS = 120, TICKS_MS = 3000 };

struct fixture {
    struct world *w;
    struct space_id space;
};

static void begin(struct fixture *f)
{
    f->w = world_new(11);
    assert_int_equal(world_node(f->w, "Yibin"), 0);
    assert_int_equal(world_space(f->w, 0, "flood", false, &f->space), MUSTER_OK);
}

/* What an incident says of where it is; NULL: nothing. */
struct saying {
    const char *point, *area, *code, *severity;
    const struct object_id *part_of;
};

static uint8_t number_of(const char *field)
{
    return field_by_name(kind_by_number(KIND_INCIDENT), field)->number;
}

static void put_list(struct writer *w, uint64_t *mask, const char *field, const char *text)
{
    pack_uint(w, number_of(field));
    *mask |= UINT64_C(1) << number_of(field);
    pack_array(w, 1);
    pack_text(w, text, strlen(text));
}

static void say(struct fixture *f, uint8_t operation, struct object_id *object, const char *name, const struct saying *said)
{
    uint8_t body[2048];
    struct writer w = writer_over(body, sizeof(body));
    uint64_t mask = 1;
    pack_map(&w, 1u + (said->part_of != NULL) + (said->area != NULL) + (said->code != NULL) + (said->point != NULL) +
                     (said->severity != NULL));
    pack_uint(&w, 0);
    pack_text(&w, name, strlen(name));
    if (said->part_of) {
        pack_uint(&w, number_of("links"));
        mask |= UINT64_C(1) << number_of("links");
        pack_array(&w, 1);
        pack_array(&w, 2);
        pack_text(&w, "part-of", 7);
        pack_bytes(&w, said->part_of->b, OBJECT_ID_BYTES);
    }
    if (said->severity) {
        pack_uint(&w, number_of("severity"));
        mask |= UINT64_C(1) << number_of("severity");
        pack_text(&w, said->severity, strlen(said->severity));
    }
    if (said->area)
        put_list(&w, &mask, "area", said->area);
    if (said->code)
        put_list(&w, &mask, "geocode", said->code);
    if (said->point) {
        pack_uint(&w, number_of("location"));
        mask |= UINT64_C(1) << number_of("location");
        pack_text(&w, said->point, strlen(said->point));
    }
    struct write_item item = {.operation = operation, .kind = KIND_INCIDENT, .schema = 1, .object = *object, .mask = mask,
                              .body = {body, writer_len(&w)}};
    struct write_result result = {.error = MUSTER_EINTERNAL};
    assert_int_equal(world_write(f->w, 0, &f->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    *object = result.object;
}

struct entries {
    const struct find_query *query;
    struct token_bits tokens; /* that are wanted */
    struct object_id at[ENTRIES_MAX];
    uint64_t changed[ENTRIES_MAX];
    size_t count;
};

static bool take_entry(void *user, struct bytes key, struct bytes value)
{
    struct entries *e = user;
    if (key.len != INDEX_TOKEN_KEY || !find_box_touches(e->query, value) || !find_tokens_fit(&e->tokens, value))
        return true;
    memcpy(e->at[e->count].b, key.at + INDEX_TOKEN_PREFIX + 8, OBJECT_ID_BYTES);
    e->changed[e->count++] = get_be64(key.at + INDEX_TOKEN_PREFIX);
    assert_true(e->count < ENTRIES_MAX);
    return true;
}

static void ask(struct fixture *f, const struct find_query *query, struct entries *out)
{
    const struct storage *storage = memory_store_storage(world_store(f->w, 0));
    *out = (struct entries){.query = query, .tokens = out->tokens};
    while (!core_words_catch_up(world_core(f->w, 0), 256))
        ;
    for (size_t i = 0; i < query->count; i++) {
        uint8_t prefix[INDEX_TOKEN_PREFIX] = {0, 0, 0, 0, 0, KIND_INCIDENT, INDEX_FIND};
        memcpy(prefix + 7, query->at[i].b, TERM_BYTES);
        struct bytes p = {prefix, sizeof(prefix)};
        assert_int_equal(storage->scan(storage->self, T_INDEX, p, p, false, take_entry, out), MUSTER_OK);
    }
}

static bool has(const struct entries *e, const struct object_id *object)
{
    for (size_t i = 0; i < e->count; i++)
        if (object_id_eq(&e->at[i], object))
            return true;
    return false;
}

static bool found_in(struct fixture *f, const char *area, const struct object_id *object)
{
    static struct entries entries;
    struct find_query query;
    core_find_place(world_core(f->w, 0), &query, area, strlen(area));
    ask(f, &query, &entries);
    return !query.count || has(&entries, object);
}

#define LARGE "POLYGON 20,100 30,100 30,110 20,110 20,100"
#define LARGEST "POLYGON -60,-120 60,-120 60,120 -60,120 -60,-120"

static const struct {
    const char *says;
    struct saying said;
    const char *in;
    bool found;
} places[] = {
    {"a point near by",                              {.point = "28.77,104.62"}, "CIRCLE 28.84,104.98 45", true},
    {"no point of another province",                 {.point = "28.77,104.62"}, "CIRCLE 31.2,121.4 45", false},
    {"no point of a neighbouring cell's box",        {.point = "28.77,104.62"}, "CIRCLE 28.80,104.70 2", false},
    {"a point on the border of a cell",              {.point = "28,104"}, "POLYGON 27.9,103.9 28,103.9 28,104 27.9,104 27.9,103.9", true},
    {"a point across the date line",                 {.point = "10,179.99"}, "CIRCLE 10,-179.99 20", true},
    {"a point on the date line, seen from the west", {.point = "10,180"}, "CIRCLE 10,-179.99 20", true},
    {"a circle across the date line",                {.area = "CIRCLE 10,179.95 30"}, "CIRCLE 10,-179.9 5", true},
    {"a point across the pole",                      {.point = "89.99,10"}, "CIRCLE 89.99,-170 50", true},
    {"a point near the south pole",                  {.point = "-89.5,120"}, "CIRCLE -89.4,115 60", true},
    {"a small area that reaches there",              {.area = "CIRCLE 28.84,104.98 30"}, "CIRCLE 28.77,104.62 10", true},
    {"a large area that contains the question",      {.area = LARGE}, "CIRCLE 25,105 1", true},
    {"a large area that the question touches",       {.area = LARGE}, "CIRCLE 25,99.9 20", true},
    {"no large area of elsewhere",                   {.area = LARGE}, "CIRCLE 40,105 1", false},
    {"an area as large as continents",               {.area = LARGEST}, "CIRCLE 28.77,104.62 1", true},
    {"a point, by a question as large as a country", {.point = "28.77,104.62"}, LARGE, true},
    {"a point, by a question as large as all",       {.point = "28.77,104.62"}, "CIRCLE 0,0 20038", true},
    {"the area of two places that lies there",       {.point = "50,50", .area = "CIRCLE 28.84,104.98 5"}, "CIRCLE 28.84,104.98 1", true},
    {"a polygon that crosses itself",                {.area = "POLYGON 1,1 2,2 1,2 2,1 1,1"}, "CIRCLE 1.2,1.25 5", true},
};

static void test_what_lies_there_is_found(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct object_id object = {{0}};
        print_message("finds %s\n", places[i].says);
        say(&f, OP_CREATE, &object, places[i].says, &places[i].said);
        assert_int_equal(found_in(&f, places[i].in, &object), places[i].found);
        say(&f, OP_UPDATE, &object, "moved", &(struct saying){.point = "-20,-50", .area = "CIRCLE -20,-50 1"});
        assert_false(found_in(&f, "CIRCLE 28.77,104.62 45", &object));
        assert_true(found_in(&f, "CIRCLE -20,-50 1", &object));
    }
    world_free(f.w);
}

static const struct {
    const char *says, *code, *wanted;
    bool found;
} codes[] = {
    {"the code itself",                    "GB2260=511503", "GB2260=511503", true},
    {"a district by its city",             "GB2260=511503", "5115", true},
    {"a district by its province's zeros", "GB2260=511503", "510000", true},
    {"a village by its county",            "511503102208", "511503", true},
    {"no county by its village",           "511503", "511503102208", false},
    {"no other city",                      "GB2260=511503", "5116", false},
    {"a code of letters as it is",         "P=HT0114-01", "HT0114-01", true},
    {"no part of a code of letters",       "P=HT0114-01", "HT0114", false},
    {"a code of an odd length as it is",   "FIPS=006", "006", true},
    {"no part of a code of an odd length", "FIPS=0061", "006", false},
    {"a code of too many digits",          "511503102208777", "5115", true},
};

static void test_what_has_the_code_is_found(void **state)
{
    (void)state;
    static struct entries entries;
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct object_id object = {{0}};
        struct find_query query;
        struct bytes wanted = {(const uint8_t *)codes[i].wanted, strlen(codes[i].wanted)};
        print_message("finds %s\n", codes[i].says);
        say(&f, OP_CREATE, &object, codes[i].says, &(struct saying){.code = codes[i].code});
        core_find_code(world_core(f.w, 0), &query, wanted);
        ask(&f, &query, &entries);
        assert_int_equal(has(&entries, &object), codes[i].found);
        assert_int_equal(area_code_contains(wanted, (struct bytes){(const uint8_t *)codes[i].code, strlen(codes[i].code)}),
                         codes[i].found);
        say(&f, OP_UPDATE, &object, "elsewhere", &(struct saying){.code = "X=1"});
        ask(&f, &query, &entries);
        assert_false(has(&entries, &object));
    }
    world_free(f.w);
}

static void test_what_names_an_object_is_found(void **state)
{
    (void)state;
    static struct entries entries;
    struct fixture f;
    struct object_id whole = {{0}}, part = {{0}}, other = {{0}};
    struct find_query query;
    begin(&f);
    say(&f, OP_CREATE, &whole, "flood", &(struct saying){.point = NULL});
    say(&f, OP_CREATE, &part, "dike", &(struct saying){.part_of = &whole});
    say(&f, OP_CREATE, &other, "bridge", &(struct saying){.part_of = &part});
    core_find_value(world_core(f.w, 0), &query, field_by_name(kind_by_number(KIND_INCIDENT), "links"),
                    (struct bytes){whole.b, OBJECT_ID_BYTES});
    ask(&f, &query, &entries);
    assert_true(has(&entries, &part));
    assert_int_equal(entries.count, 1);
    world_free(f.w);
}

static struct token_bits token(struct fixture *f, const char *severity, struct token_bits beside)
{
    token_bits_add(&beside, core_term_value(world_core(f->w, 0), number_of("severity"),
                                            (struct bytes){(const uint8_t *)severity, strlen(severity)}));
    return beside;
}

static void test_an_entry_says_which_tokens_its_object_has(void **state)
{
    (void)state;
    static struct entries entries;
    struct fixture f;
    struct object_id object = {{0}};
    struct find_query query;
    begin(&f);
    const struct token_bits minor = token(&f, "Minor", (struct token_bits){{0, 0}}),
                            extreme = token(&f, "Extreme", (struct token_bits){{0, 0}});
    assert_memory_not_equal(&minor, &extreme, sizeof(minor)); /* by the node's key, which this world always has */
    say(&f, OP_CREATE, &object, "dike", &(struct saying){.point = "28.77,104.62", .code = "GB2260=511503", .severity = "Minor"});
    for (int round = 0; round < 2; round++) {
        for (int by = 0; by < 2; by++) {
            if (by == 0)
                core_find_place(world_core(f.w, 0), &query, "CIRCLE 28.84,104.98 45", 22);
            else
                core_find_code(world_core(f.w, 0), &query, (struct bytes){(const uint8_t *)"5115", 4});
            entries.tokens = round ? extreme : minor;
            ask(&f, &query, &entries);
            assert_true(has(&entries, &object));
            entries.tokens = round ? minor : extreme;
            ask(&f, &query, &entries);
            assert_false(has(&entries, &object));
            entries.tokens = token(&f, "Minor", extreme);
            ask(&f, &query, &entries);
            assert_false(has(&entries, &object));
        }
        say(&f, OP_UPDATE, &object, "dike", &(struct saying){.severity = "Extreme"});
    }
    world_free(f.w);
}

/* --- against looking at each ------------------------------------------------------------------------------------------- */

static uint64_t next(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % below;
}

/* Somewhere: crowded in one province, near the date line, near a pole. */
static void somewhere(uint64_t *seed, char *out, size_t size)
{
    static const struct {
        double lat, lon, high, wide;
    } crowds[] = {{27, 103, 4, 4}, {-2, 179, 4, 1}, {-2, -180, 4, 1}, {88, -180, 2, 360}, {-60, -180, 120, 360}};
    uint64_t c = next(seed, ARRAY_LEN(crowds));
    snprintf(out, size, "%.5f,%.5f", crowds[c].lat + crowds[c].high * (double)next(seed, 10001) / 10000,
             crowds[c].lon + crowds[c].wide * (double)next(seed, 10001) / 10000);
}

static void some_area(uint64_t *seed, char *out, size_t size)
{
    static const unsigned radii[] = {1, 20, 150, 900, 4000};
    char place[64];
    double lat, lon;
    somewhere(seed, place, sizeof(place));
    if (next(seed, 3)) {
        snprintf(out, size, "CIRCLE %s %u", place, radii[next(seed, ARRAY_LEN(radii))]);
        return;
    }
    assert_int_equal(sscanf(place, "%lf,%lf", &lat, &lon), 2);
    double high = (double)(1 + next(seed, 300)) / 100, top = lat + high > 90 ? 90 : lat + high, right = lon + high > 180 ? 180 : lon + high;
    snprintf(out, size, "POLYGON %.5f,%.5f %.5f,%.5f %.5f,%.5f %.5f,%.5f", lat, lon, top, lon, top, right, lat, lon);
}

static void test_nothing_that_lies_there_is_missed_and_nothing_stands_where_it_was(void **state)
{
    (void)state;
    static struct entries entries;
    static struct {
        struct object_id id;
        char point[64], area[256];
    } made[OBJECTS];
    struct fixture f;
    uint64_t seed = 5;
    size_t there = 0, candidates = 0;
    begin(&f);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < OBJECTS; i++) {
            bool moves = round == 0 || i % 3 == 0;
            if (moves) {
                somewhere(&seed, made[i].point, sizeof(made[i].point));
                some_area(&seed, made[i].area, sizeof(made[i].area));
            }
            struct saying said = {.point = moves ? made[i].point : NULL, .area = moves && i % 2 ? made[i].area : NULL};
            say(&f, round ? OP_UPDATE : OP_CREATE, &made[i].id, round ? "later" : "first", &said);
            if (i % 50 == 0)
                (void)core_words_catch_up(world_core(f.w, 0), 256); /* some wait, some do not */
        }
    for (size_t q = 0; q < QUESTIONS; q++) {
        char area[256];
        struct find_query query;
        some_area(&seed, area, sizeof(area));
        core_find_place(world_core(f.w, 0), &query, area, strlen(area));
        ask(&f, &query, &entries);
        if (!query.count)
            continue; /* whoever lists looks at all */
        for (size_t i = 0; i < OBJECTS; i++) {
            struct geo_point point;
            assert_int_equal(geo_point_parse(&point, made[i].point, strlen(made[i].point), NULL), MUSTER_OK);
            bool lies = geo_area_contains(area, strlen(area), point) ||
                        (i % 2 && geo_areas_meet(area, strlen(area), made[i].area, strlen(made[i].area)));
            bool found = has(&entries, &made[i].id);
            if (lies && !found)
                fail_msg("question %zu, %s: object %zu at %s, %s is missed", q, area, i, made[i].point, i % 2 ? made[i].area : "-");
            there += lies;
            candidates += found;
        }
        for (size_t i = 0; i < entries.count; i++)
            for (size_t k = 0; k < i; k++)
                if (object_id_eq(&entries.at[i], &entries.at[k]))
                    assert_int_equal(entries.changed[i], entries.changed[k]); /* it stands at one time only */
    }
    print_message("%zu lay there, %zu were looked at, %d in all\n", there, candidates, QUESTIONS * OBJECTS);
    assert_true(there > 100);
    assert_true(candidates < 6 * there);
    world_free(f.w);
}

/* --- stores of before ------------------------------------------------------------------------------------------------------ */

struct keys {
    uint8_t at[ENTRIES_MAX][INDEX_TOKEN_KEY];
    size_t count;
};

static bool take_find(void *user, struct bytes key, struct bytes value)
{
    struct keys *k = user;
    (void)value;
    if (key.len == INDEX_TOKEN_KEY && key.at[6] == INDEX_FIND)
        memcpy(k->at[k->count++], key.at, key.len);
    return k->count < ENTRIES_MAX;
}

static void test_a_store_of_before_gets_its_index_in_slices(void **state)
{
    (void)state;
    static struct keys keys;
    struct fixture f;
    struct object_id object;
    begin(&f);
    for (size_t i = 0; i < FIND_SLICE + 10; i++) {
        char point[32];
        snprintf(point, sizeof(point), "28.%03zu,104.5", i);
        object = (struct object_id){{0}};
        say(&f, OP_CREATE, &object, "dike", &(struct saying){.point = point, .code = "GB2260=511503"});
    }
    assert_true(found_in(&f, "CIRCLE 28.2,104.5 30", &object));
    assert_true(core_finds_ready(world_core(f.w, 0)));
    struct memory_store *before = memory_store_clone(world_store(f.w, 0));

    world_stop(f.w, 0); /* what the version before has left */
    const struct storage *storage = memory_store_storage(world_store(f.w, 0));
    assert_int_equal(storage->scan(storage->self, T_INDEX, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, false, take_find, &keys),
                     MUSTER_OK);
    assert_true(keys.count > FIND_SLICE && keys.count < ENTRIES_MAX);
    for (size_t i = 0; i < keys.count; i++) {
        struct change gone = {T_INDEX, {keys.at[i], INDEX_TOKEN_KEY}, {NULL, 0}};
        assert_int_equal(storage->derive(storage->self, &gone, 1), MUSTER_OK);
    }
    struct change unmarked = {T_APPLIED, {(const uint8_t *)"find", 4}, {NULL, 0}};
    assert_int_equal(storage->derive(storage->self, &unmarked, 1), MUSTER_OK);
    assert_false(memory_store_same(world_store(f.w, 0), before, T_INDEX, T_INDEX)); /* the canary */

    world_start(f.w, 0, false);
    assert_true(core_words_catch_up(world_core(f.w, 0), 256));
    assert_false(core_finds_ready(world_core(f.w, 0)));
    for (size_t ms = 0; ms < TICKS_MS && !core_finds_ready(world_core(f.w, 0)); ms += TICK_MS)
        world_run(f.w, TICK_MS);
    assert_true(core_finds_ready(world_core(f.w, 0)));
    assert_true(memory_store_same(world_store(f.w, 0), before, T_INDEX, T_INDEX));
    world_restart(f.w, 0);
    assert_true(core_words_catch_up(world_core(f.w, 0), 256));
    assert_true(core_finds_ready(world_core(f.w, 0))); /* it is not made a second time */
    memory_store_free(before);
    world_free(f.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_lies_there_is_found),
        cmocka_unit_test(test_what_has_the_code_is_found),
        cmocka_unit_test(test_what_names_an_object_is_found),
        cmocka_unit_test(test_an_entry_says_which_tokens_its_object_has),
        cmocka_unit_test(test_nothing_that_lies_there_is_missed_and_nothing_stands_where_it_was),
        cmocka_unit_test(test_a_store_of_before_gets_its_index_in_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
