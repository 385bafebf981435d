#include "protocol/kinds/geo.h"
#include "unit/protocol/kinds/unit.h"

static const struct {
    const char *says, *text;
    bool good;
} points[] = {
    {"accepts a point", "28.77,104.62", true},
    {"accepts whole degrees", "0,0", true},
    {"accepts the corners", "-90,180", true},
    {"accepts many places", "7.027941234567,-9.553291234567", true},
    {"accepts a plus sign", "+41.12,-117.61", true},
    {"refuses two signs", "+-41.12,-117.61", false},
    {"refuses a sign alone", "+,-117.61", false},
    {"refuses a latitude beyond the pole", "90.0001,0", false},
    {"refuses a longitude beyond the date line", "0,-180.5", false},
    {"refuses longitude first", "104.62,28.77", false},
    {"refuses a space", "28.77, 104.62", false},
    {"refuses one number", "28.77", false},
    {"refuses three numbers", "28.77,104.62,310", false},
    {"refuses letters", "28.77N,104.62E", false},
    {"refuses an exponent", "2e1,0", false},
    {"refuses nan", "nan,0", false},
    {"refuses nothing", "", false},
    {"refuses a comma alone", ",", false},
};

static void test_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct geo_point p = {7, 7};
        const char *why = NULL;
        print_message("geo_point_parse %s\n", points[i].says);
        assert_int_equal(geo_point_parse(&p, points[i].text, strlen(points[i].text), &why),
                         points[i].good ? MUSTER_OK : MUSTER_EBADVALUE);
        assert_int_equal(why == NULL, points[i].good);
        if (!points[i].good)
            assert_true(p.lat == 7 && p.lon == 7);
    }
}

#define SQUARE "POLYGON 10,20 10,30 20,30 20,20 10,20"

static const struct {
    const char *says, *text;
    bool good;
} areas[] = {
    {"accepts a square", SQUARE, true},
    {"accepts a triangle", "POLYGON 38.47,-120.14 38.34,-119.95 38.52,-119.74 38.47,-120.14", true},
    {"accepts plus signs", "POLYGON +41.12,-117.61 +41.06,-117.47 +41.04,-117.3 +41.12,-117.61", true},
    {"accepts a circle", "CIRCLE 32.9525,-115.5527 20", true},
    {"accepts a circle of no size", "CIRCLE 32.9525,-115.5527 0", true},
    {"refuses a polygon of three points", "POLYGON 10,20 10,30 10,20", false},
    {"refuses an open polygon", "POLYGON 10,20 10,30 20,30 20,20", false},
    {"refuses an empty polygon", "POLYGON ", false},
    {"refuses the word alone", "POLYGON", false},
    {"refuses a space at the end", SQUARE " ", false},
    {"refuses two spaces", "POLYGON 10,20  10,30 20,30 20,20 10,20", false},
    {"refuses a point beyond the pole", "POLYGON 10,20 10,30 99,30 20,20 10,20", false},
    {"refuses a broken point", "POLYGON 10,20 10;30 20,30 20,20 10,20", false},
    {"refuses a newline", "POLYGON 10,20\n10,30 20,30 20,20 10,20", false},
    {"refuses a circle without radius", "CIRCLE 32.9525,-115.5527", false},
    {"refuses a circle with an empty radius", "CIRCLE 32.9525,-115.5527 ", false},
    {"refuses a radius below zero", "CIRCLE 32.9525,-115.5527 -1", false},
    {"refuses a radius round the earth", "CIRCLE 32.9525,-115.5527 20039", false},
    {"refuses a radius with unit", "CIRCLE 32.9525,-115.5527 20km", false},
    {"refuses a bare list of points", "10,20 10,30 20,30 10,20", false},
    {"refuses lower case", "circle 32.9525,-115.5527 20", false},
    {"refuses nothing", "", false},
};

static void test_areas(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(areas); i++) {
        enum geo_shape shape;
        struct geo_box box;
        const char *why = NULL;
        size_t len = strlen(areas[i].text);
        print_message("geo_area_check %s\n", areas[i].says);
        assert_int_equal(geo_area_check(areas[i].text, len, &shape, &why), areas[i].good ? MUSTER_OK : MUSTER_EBADVALUE);
        assert_int_equal(why == NULL, areas[i].good);
        assert_int_equal(geo_area_box(&box, areas[i].text, len), areas[i].good ? MUSTER_OK : MUSTER_EBADVALUE);
        if (areas[i].good)
            assert_true(box.south <= box.north && box.west <= box.east);
    }
}

static void test_every_cut_of_a_polygon_is_safe(void **state)
{
    (void)state;
    static const char text[] = SQUARE;
    enum geo_shape shape;
    for (size_t len = 0; len < strlen(text); len++)
        assert_int_equal(geo_area_check(text, len, &shape, NULL), MUSTER_EBADVALUE);
}

#define HORSESHOE "POLYGON 0,0 0,9 9,9 9,6 3,6 3,3 9,3 9,0 0,0"

static const struct {
    const char *says, *area;
    double lat, lon;
    bool inside;
} contained[] = {
    {"finds the middle of a square", SQUARE, 15, 25, true},
    {"leaves out the north", SQUARE, 21, 25, false},
    {"leaves out the south", SQUARE, 9, 25, false},
    {"leaves out the west", SQUARE, 15, 19.9, false},
    {"leaves out the east", SQUARE, 15, 30.1, false},
    {"does not mix latitude and longitude", SQUARE, 25, 15, false},
    {"finds the left arm of a horseshoe", HORSESHOE, 6, 1, true},
    {"finds the right arm of a horseshoe", HORSESHOE, 6, 8, true},
    {"leaves out the gap of a horseshoe", HORSESHOE, 6, 4.5, false},
    {"finds the base of a horseshoe", HORSESHOE, 1, 4.5, true},
    {"finds the centre of a circle", "CIRCLE 30,104 20", 30, 104, true},
    {"finds 19.9 km north", "CIRCLE 30,104 20", 30.1789, 104, true},
    {"leaves out 20.1 km north", "CIRCLE 30,104 20", 30.1808, 104, false},
    {"shrinks longitude with latitude: 19.9 km east", "CIRCLE 60,104 20", 60, 104.3579, true},
    {"shrinks longitude with latitude: 20.1 km east", "CIRCLE 60,104 20", 60, 104.3616, false},
    {"crosses the date line", "CIRCLE 0,179.95 20", 0, -179.95, true},
    {"crosses the pole", "CIRCLE 89.95,0 20", 89.95, 180, true},
    {"holds the earth", "CIRCLE 0,0 20038", 0, 180, true},
    {"holds nothing when malformed", "CIRCLE 0,0", 0, 0, false},
};

static void test_contains(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(contained); i++) {
        struct geo_point p = {contained[i].lat, contained[i].lon};
        struct geo_box box;
        size_t len = strlen(contained[i].area);
        print_message("geo_area_contains %s\n", contained[i].says);
        assert_int_equal(geo_area_contains(contained[i].area, len, p), contained[i].inside);
        if (contained[i].inside) { /* the box never leaves out what the area holds */
            assert_int_equal(geo_area_box(&box, contained[i].area, len), MUSTER_OK);
            assert_true(p.lat >= box.south && p.lat <= box.north && p.lon >= box.west && p.lon <= box.east);
        }
    }
}

static const struct {
    const char *says, *outer, *inner;
    bool covers;
} covered[] = {
    {"a square covers itself", SQUARE, SQUARE, true},
    {"a square covers a smaller one", SQUARE, "POLYGON 12,22 12,28 18,28 18,22 12,22", true},
    {"one that shares a border is covered", SQUARE, "POLYGON 10,22 10,28 18,28 18,22 10,22", true},
    {"the smaller covers nothing larger", "POLYGON 12,22 12,28 18,28 18,22 12,22", SQUARE, false},
    {"one that reaches out is not covered", SQUARE, "POLYGON 12,22 12,31 18,31 18,22 12,22", false},
    {"one beside it is not", SQUARE, "POLYGON 40,22 40,28 48,28 48,22 40,22", false},
    {"corners inside do not suffice over a gap", HORSESHOE, "POLYGON 5,1 6,1 6,8 5,8 5,1", false},
    {"an arm of a horseshoe covers what is in it", HORSESHOE, "POLYGON 5,0.5 6,0.5 6,1 5,1 5,0.5", true},
    {"a square covers a circle in it", SQUARE, "CIRCLE 15,25 100", true},
    {"a square does not cover a circle over its border", SQUARE, "CIRCLE 19.9,25 100", false},
    {"a circle covers a square in it", "CIRCLE 15,25 1000", SQUARE, true},
    {"a circle does not cover a square with a corner out", "CIRCLE 15,25 700", SQUARE, false},
    {"a circle covers itself", "CIRCLE 15,25 10", "CIRCLE 15,25 10", true},
    {"a circle covers one inside", "CIRCLE 15,25 10", "CIRCLE 15.05,25 4", true},
    {"a circle does not cover one that reaches out", "CIRCLE 15,25 10", "CIRCLE 15.05,25 5", false},
    {"malformed text covers nothing", "CIRCLE 15,25", SQUARE, false},
    {"malformed text is covered by nothing", SQUARE, "POLYGON 1,1 2,2", false},
};

static void test_covers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(covered); i++) {
        print_message("geo_area_covers: %s\n", covered[i].says);
        assert_int_equal(geo_area_covers(covered[i].outer, strlen(covered[i].outer), covered[i].inner, strlen(covered[i].inner)),
                         covered[i].covers);
    }
}

static const struct {
    const char *says, *one, *two;
    bool meet;
} meeting[] = {
    {"two squares that overlap", SQUARE, "POLYGON 15,25 15,35 25,35 25,25 15,25", true},
    {"two squares apart", SQUARE, "POLYGON 40,22 40,28 48,28 48,22 40,22", false},
    {"a square in another", SQUARE, "POLYGON 12,22 12,28 18,28 18,22 12,22", true},
    {"a cross, no corner in the other", "POLYGON 14,10 16,10 16,40 14,40 14,10", "POLYGON 5,24 25,24 25,26 5,26 5,24", true},
    {"boxes that overlap with areas that do not", "POLYGON 0,0 10,0 0,10 0,0", "POLYGON 9,9 9.5,9 9.5,9.5 9,9", false},
    {"a circle in a square", SQUARE, "CIRCLE 15,25 10", true},
    {"a square in a circle", "CIRCLE 15,25 2000", SQUARE, true},
    {"a circle that reaches an edge between corners", SQUARE, "CIRCLE 15,30.5 60", true},
    {"a circle that ends before the edge", SQUARE, "CIRCLE 15,30.5 50", false},
    {"a circle far north that reaches an edge", "POLYGON 60,10 62,10 62,11 60,11 60,10", "CIRCLE 61,11.5 28", true},
    {"and one that does not", "POLYGON 60,10 62,10 62,11 60,11 60,10", "CIRCLE 61,11.5 26", false},
    {"two circles that overlap", "CIRCLE 15,25 60", "CIRCLE 16,25 60", true},
    {"two circles apart", "CIRCLE 15,25 50", "CIRCLE 16,25 50", false},
    {"malformed text meets nothing", "CIRCLE 15,25", SQUARE, false},
};

static void test_meeting(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(meeting); i++) {
        const char *a = meeting[i].one, *b = meeting[i].two;
        print_message("geo_areas_meet: %s\n", meeting[i].says);
        assert_int_equal(geo_areas_meet(a, strlen(a), b, strlen(b)), meeting[i].meet);
        assert_int_equal(geo_areas_meet(b, strlen(b), a, strlen(a)), meeting[i].meet);
    }
}

static bool near(double a, double b)
{
    return a - b < 1e-3 && b - a < 1e-3;
}

static void test_boxes(void **state)
{
    (void)state;
    struct geo_box box;
    assert_int_equal(geo_area_box(&box, SQUARE, strlen(SQUARE)), MUSTER_OK);
    assert_true(box.south == 10 && box.west == 20 && box.north == 20 && box.east == 30);

    static const char circle[] = "CIRCLE 60,104 111.195"; /* one degree of latitude */
    assert_int_equal(geo_area_box(&box, circle, strlen(circle)), MUSTER_OK);
    assert_true(near(box.south, 59) && near(box.north, 61));
    assert_true(near(box.west, 104 - 2.0003) && near(box.east, 104 + 2.0003));

    static const char pole[] = "CIRCLE 89.5,10 200";
    assert_int_equal(geo_area_box(&box, pole, strlen(pole)), MUSTER_OK);
    assert_true(box.north == 90 && box.west == -180 && box.east == 180);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points),   cmocka_unit_test(test_areas), cmocka_unit_test(test_every_cut_of_a_polygon_is_safe),
        cmocka_unit_test(test_contains), cmocka_unit_test(test_boxes),  cmocka_unit_test(test_covers),
        cmocka_unit_test(test_meeting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
