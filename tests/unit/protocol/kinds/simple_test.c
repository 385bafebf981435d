/* simple_test.c — which outlines are simple polygons, which edges cross, and what is said of them (SPEC S7.6.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/kinds/areas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *says, *text;
    enum geo_fault fault;
    size_t one, two; /* the edges that cross */
} areas[] = {
    {"a triangle", "POLYGON 0,0 0,9 9,0 0,0", GEO_SIMPLE, 0, 0},
    {"a triangle the other way round", "POLYGON 0,0 9,0 0,9 0,0", GEO_SIMPLE, 0, 0},
    {"a horseshoe", "POLYGON 0,0 0,9 9,9 9,6 3,6 3,3 9,3 9,0 0,0", GEO_SIMPLE, 0, 0},
    {"a place written twice in a row", "POLYGON 0,0 0,9 0,9 9,9 9,0 0,0", GEO_SIMPLE, 0, 0},
    {"an outline that closes twice", "POLYGON 0,0 0,9 9,9 9,0 0,0 0,0", GEO_SIMPLE, 0, 0},
    {"a corner in the middle of a side", "POLYGON 0,0 0,4 0,9 9,9 9,0 0,0", GEO_SIMPLE, 0, 0},
    {"two triangles that touch at a corner", "POLYGON 0,0 4,4 0,8 8,8 4,4 8,0 0,0", GEO_SIMPLE, 0, 0},
    {"a corner that touches a far side", "POLYGON 0,0 0,9 9,9 9,6 0,5 9,4 9,0 0,0", GEO_SIMPLE, 0, 0},
    {"a hole that is reached by a cut", "POLYGON 0,0 0,9 9,9 9,0 0,0 3,3 6,3 6,6 3,6 3,3 0,0", GEO_SIMPLE, 0, 0},
    {"a spike on a square", "POLYGON 0,0 0,9 9,9 15,9 9,9 9,0 0,0", GEO_SIMPLE, 0, 0},
    {"a circle", "CIRCLE 28,104 5", GEO_SIMPLE, 0, 0},
    {"a circle of no radius, which is a place", "CIRCLE 28,104 0", GEO_SIMPLE, 0, 0},
    {"a bow tie", "POLYGON 0,0 2,2 2,0 0,2 0,0", GEO_CROSSES, 1, 3},
    {"a star of five points", "POLYGON 0,0 9,3 0,6 6,0 6,6 0,0", GEO_CROSSES, 1, 3},
    {"one corner dragged over the other side", "POLYGON 0,0 0,9 9,9 9,0 4,12 0,0", GEO_CROSSES, 2, 5},
    {"a crossing by the breadth of a hair", "POLYGON 0,0 0,1 0.000000001,0.4 -0.000000001,0.5 1,1 1,0 0,0", GEO_CROSSES, 1, 3},
    {"and one that stays short of it", "POLYGON 0,0 0,1 0.000000002,0.5 0.000000001,0.4 1,1 1,0 0,0", GEO_SIMPLE, 0, 0},
    {"a crossing at a corner that both ways have", "POLYGON 0,0 4,4 8,8 8,0 4,4 0,8 0,0", GEO_CROSSES, 1, 4},
    {"a crossing at a corner on a side", "POLYGON 0,0 0,9 9,9 9,4 0,4 -9,4 -9,0 0,0", GEO_CROSSES, 1, 4},
    {"a crossing counted behind a repeated place", "POLYGON 0,0 0,0 2,2 2,0 0,2 0,0", GEO_CROSSES, 2, 4},
    {"a line there and back", "POLYGON 0,0 5,5 9,9 0,0", GEO_NO_AREA, 0, 0},
    {"a fork of lines there and back", "POLYGON 0,0 5,5 9,0 5,5 9,9 5,5 0,0", GEO_NO_AREA, 0, 0},
    {"one place four times", "POLYGON 1,1 1,1 1,1 1,1", GEO_NO_AREA, 0, 0},
    {"two places", "POLYGON 1,1 2,2 1,1 1,1", GEO_NO_AREA, 0, 0},
    {"an outline that is not closed", "POLYGON 0,0 0,9 9,9 9,0", GEO_MALFORMED, 0, 0},
    {"three points", "POLYGON 0,0 0,9 0,0", GEO_MALFORMED, 0, 0},
    {"a place off the earth", "POLYGON 0,0 0,9 99,9 0,0", GEO_MALFORMED, 0, 0},
    {"words", "the whole valley", GEO_MALFORMED, 0, 0},
};

static void test_which_are_simple(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(areas); i++) {
        struct geo_flaw flaw;
        enum muster_error error = geo_simple_check(areas[i].text, strlen(areas[i].text), &flaw);
        if (flaw.fault != areas[i].fault || error != (areas[i].fault == GEO_SIMPLE ? MUSTER_OK : MUSTER_EBADVALUE))
            fail_msg("%s: fault %d, error %d; edges %zu and %zu", areas[i].says, flaw.fault, error, flaw.one.number, flaw.two.number);
        if (areas[i].two && (flaw.one.number != areas[i].one || flaw.two.number != areas[i].two))
            fail_msg("%s: edges %zu and %zu cross, not %zu and %zu", areas[i].says, flaw.one.number, flaw.two.number, areas[i].one,
                     areas[i].two);
    }
}

enum { TEETH = 4000, TOOTH_BYTES = 64 };

/* A comb: each tooth lies side by side with all others along one axis.  turned: along the other one. */
static char *comb(bool turned, bool bent)
{
    char *text = malloc((size_t)TEETH * TOOTH_BYTES + 256), *at = text;
    assert_non_null(text);
    at += sprintf(at, "POLYGON 0,0");
    for (int i = 0; i < TEETH; i++) {
        double x = i * 0.01, y = x + 0.005;
        at += turned ? sprintf(at, " %.3f,40 %.3f,1", x, y) : sprintf(at, " 40,%.3f 1,%.3f", x, y);
    }
    if (bent) /* the last tooth goes over the one before it */
        at += turned ? sprintf(at, " 39.97,39") : sprintf(at, " 39,39.97");
    at += turned ? sprintf(at, " 40,0 0,0") : sprintf(at, " 0,40 0,0");
    return text;
}

static void test_many_edges_take_no_long_time(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct geo_flaw flaw;
        char *text = comb(i & 1, i & 2);
        enum muster_error error = geo_simple_check(text, strlen(text), &flaw);
        assert_int_equal(flaw.fault, i & 2 ? GEO_CROSSES : GEO_SIMPLE);
        assert_int_equal(error, i & 2 ? MUSTER_EBADVALUE : MUSTER_OK);
        free(text);
    }
}

static void test_what_is_said_names_the_edges(void **state)
{
    uint8_t body[512];
    struct writer w = writer_over(body, sizeof(body));
    const struct kind *kind = kind_by_name("incident");
    struct kind_problem problem = {.error = MUSTER_OK};
    const char *const texts[] = {"POLYGON 0,0 0,9 9,0 0,0", "POLYGON 28.7,104.6 28.8,104.7 28.8,104.6 28.7,104.7 28.7,104.6"};
    (void)state;
    pack_map(&w, 1);
    pack_uint(&w, field_by_name(kind, "area")->number);
    pack_array(&w, 2);
    for (size_t i = 0; i < 2; i++)
        pack_text(&w, texts[i], strlen(texts[i]));
    assert_int_equal(areas_check(kind, (struct bytes){body, writer_len(&w)}, &problem), MUSTER_EBADVALUE);
    assert_string_equal(problem.sentence, "area 2 is no simple polygon: its edge 1 (28.7,104.6 to 28.8,104.7) crosses its edge 3 "
                                          "(28.8,104.6 to 28.7,104.7)");
    assert_int_equal(problem.field, (int)field_by_name(kind, "area")->number);
    assert_int_equal(field_pack(field_by_name(kind, "area"), texts[1], strlen(texts[1]), &w, &problem), MUSTER_EBADVALUE);
    w = writer_over(body, sizeof(body));
    assert_int_equal(field_pack(field_by_name(kind, "area"), texts[0], strlen(texts[0]), &w, &problem), MUSTER_OK);
}

/* What an outline encloses that crosses itself is not certain: it covers nothing and lies in nothing. */
static void test_nothing_is_said_to_lie_in_what_crosses_itself(void **state)
{
    static const char tie[] = "POLYGON 0,0 8,8 8,0 0,8 0,0", small[] = "POLYGON 1,3 1,5 2,4 1,3", all[] = "POLYGON -9,-9 -9,9 9,9 9,-9 -9,-9";
    (void)state;
    assert_true(geo_area_covers(all, strlen(all), small, strlen(small)));
    assert_true(geo_area_contains(tie, strlen(tie), (struct geo_point){1.5, 4}));
    assert_false(geo_area_covers(tie, strlen(tie), small, strlen(small)));
    assert_false(geo_area_covers(all, strlen(all), tie, strlen(tie)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_are_simple),
        cmocka_unit_test(test_many_edges_take_no_long_time),
        cmocka_unit_test(test_what_is_said_names_the_edges),
        cmocka_unit_test(test_nothing_is_said_to_lie_in_what_crosses_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
