#include "protocol/kinds/geo.h"

#include "protocol/kinds/decimal.h"

#include <stdint.h>
#include <string.h>

#define RADIANS (3.14159265358979323846 / 180)
#define EARTH_KM 6371.0088

static const char POLYGON[] = "POLYGON ", CIRCLE[] = "CIRCLE ";

static enum muster_error refuse(const char **why, const char *phrase)
{
    if (why)
        *why = phrase;
    return MUSTER_EBADVALUE;
}

/* The number at text[0..len), exact to 10^-9 degrees (0.1 mm); false if it is none.  A plus sign is read:
 * real alerts write +41.12,-117.61. */
static bool number_of(const char *text, size_t len, double *out)
{
    struct decimal d;
    int64_t nano;
    if (len > 1 && text[0] == '+' && text[1] != '-') {
        text++;
        len--;
    }
    if (decimal_parse(&d, text, len, NULL) || !decimal_scaled(&d, 9, &nano))
        return false;
    *out = (double)nano / 1e9;
    return true;
}

static size_t run_until(const char *text, size_t len, char stop)
{
    const char *end = len ? memchr(text, stop, len) : NULL;
    return end ? (size_t)(end - text) : len;
}

enum muster_error geo_point_parse(struct geo_point *out, const char *text, size_t len, const char **why)
{
    struct geo_point p;
    size_t comma = run_until(text, len, ',');
    if (len > GEO_POINT_CHARS_MAX || comma == len || !number_of(text, comma, &p.lat) ||
        !number_of(text + comma + 1, len - comma - 1, &p.lon))
        return refuse(why, "a point is written latitude,longitude in degrees, like 28.77,104.62");
    if (p.lat < -90 || p.lat > 90)
        return refuse(why, "a latitude lies between -90 and 90; latitude comes first");
    if (p.lon < -180 || p.lon > 180)
        return refuse(why, "a longitude lies between -180 and 180");
    *out = p;
    return MUSTER_OK;
}

static bool starts_with(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    return len >= n && memcmp(text, word, n) == 0;
}

bool geo_polygon_next(const char *text, size_t len, size_t *at, struct geo_point *out)
{
    if (*at == 0) {
        if (!starts_with(text, len, POLYGON))
            return false;
        *at = sizeof(POLYGON) - 1;
    }
    if (*at >= len)
        return false;
    size_t run = run_until(text + *at, len - *at, ' ');
    if (geo_point_parse(out, text + *at, run, NULL))
        return false;
    *at += run + (*at + run < len);
    return true;
}

enum muster_error geo_circle_parse(struct geo_circle *out, const char *text, size_t len)
{
    struct geo_circle c;
    size_t n = sizeof(CIRCLE) - 1;
    if (!starts_with(text, len, CIRCLE))
        return MUSTER_EBADVALUE;
    size_t run = run_until(text + n, len - n, ' ');
    if (n + run >= len || geo_point_parse(&c.centre, text + n, run, NULL) ||
        !number_of(text + n + run + 1, len - n - run - 1, &c.radius_km) || c.radius_km < 0 ||
        c.radius_km > GEO_RADIUS_KM_MAX)
        return MUSTER_EBADVALUE;
    *out = c;
    return MUSTER_OK;
}

static enum muster_error polygon_check(const char *text, size_t len, const char **why)
{
    size_t at = 0, pairs = 0;
    struct geo_point first = {0, 0}, last = {0, 0};
    while (geo_polygon_next(text, len, &at, &last))
        if (pairs++ == 0)
            first = last;
    if (at < len || text[len - 1] == ' ') {
        if (at && at < len && geo_point_parse(&last, text + at, run_until(text + at, len - at, ' '), why))
            return MUSTER_EBADVALUE;
        return refuse(why, "the points of a polygon are written lat,lon with one space between them");
    }
    if (pairs < 4)
        return refuse(why, "a polygon has at least four points, the last equal to the first");
    if (first.lat != last.lat || first.lon != last.lon)
        return refuse(why, "a polygon is closed: its last point equals its first");
    return MUSTER_OK;
}

enum muster_error geo_area_check(const char *text, size_t len, enum geo_shape *shape, const char **why)
{
    if (starts_with(text, len, POLYGON)) {
        *shape = GEO_POLYGON;
        return polygon_check(text, len, why);
    }
    if (starts_with(text, len, CIRCLE)) {
        struct geo_circle circle;
        *shape = GEO_CIRCLE;
        return geo_circle_parse(&circle, text, len) == MUSTER_OK
                   ? MUSTER_OK
                   : refuse(why, "a circle is written CIRCLE lat,lon radius, with the radius in km");
    }
    return refuse(why, "an area is written POLYGON lat,lon lat,lon ... or CIRCLE lat,lon radius");
}

/* Sine for |x| <= pi by its series: the core links no libm, and 1e-12 is far below any radius. */
static double sine(double x)
{
    double term = x, sum = x;
    for (int n = 1; n <= 14; n++) {
        term *= -x * x / ((2.0 * n) * (2.0 * n + 1));
        sum += term;
    }
    return sum;
}

static double cosine(double x)
{
    double s = sine(x / 2);
    return 1 - 2 * s * s;
}

bool geo_is_within(struct geo_point a, struct geo_point b, double km)
{
    /* haversine: hav(angle) <= hav(radius); no inverse function is needed. */
    double half_lat = sine((b.lat - a.lat) * RADIANS / 2), half_lon = sine((b.lon - a.lon) * RADIANS / 2);
    double hav = half_lat * half_lat + cosine(a.lat * RADIANS) * cosine(b.lat * RADIANS) * half_lon * half_lon;
    double half_radius = km / EARTH_KM / 2;
    if (half_radius >= 90 * RADIANS)
        return true;
    double limit = sine(half_radius);
    return hav <= limit * limit;
}

void geo_circle_box(struct geo_box *box, const struct geo_circle *c)
{
    double degrees = c->radius_km / EARTH_KM / RADIANS;
    *box = (struct geo_box){c->centre.lat - degrees, -180, c->centre.lat + degrees, 180};
    bool over_pole = box->south <= -90 || box->north >= 90;
    box->south = box->south < -90 ? -90 : box->south;
    box->north = box->north > 90 ? 90 : box->north;
    if (over_pole)
        return;
    /* sin(dlon) = sin(r) / cos(lat): bounded from above, without an arc sine, by halving. */
    double target = sine(degrees * RADIANS) / cosine(c->centre.lat * RADIANS), low = 0, high = 90;
    for (int i = 0; i < 50; i++) {
        double middle = (low + high) / 2;
        if (sine(middle * RADIANS) < target)
            low = middle;
        else
            high = middle;
    }
    if (c->centre.lon - high < -180 || c->centre.lon + high > 180)
        return;
    box->west = c->centre.lon - high;
    box->east = c->centre.lon + high;
}

enum muster_error geo_area_box(struct geo_box *out, const char *text, size_t len)
{
    enum geo_shape shape;
    struct geo_circle circle;
    struct geo_point p;
    size_t at = 0;
    if (geo_area_check(text, len, &shape, NULL))
        return MUSTER_EBADVALUE;
    if (shape == GEO_CIRCLE) {
        if (geo_circle_parse(&circle, text, len))
            return MUSTER_EBADVALUE;
        geo_circle_box(out, &circle);
        return MUSTER_OK;
    }
    *out = (struct geo_box){90, 180, -90, -180};
    while (geo_polygon_next(text, len, &at, &p)) {
        out->south = p.lat < out->south ? p.lat : out->south;
        out->north = p.lat > out->north ? p.lat : out->north;
        out->west = p.lon < out->west ? p.lon : out->west;
        out->east = p.lon > out->east ? p.lon : out->east;
    }
    return MUSTER_OK;
}

bool geo_area_contains(const char *text, size_t len, struct geo_point point)
{
    enum geo_shape shape;
    struct geo_circle circle;
    if (geo_area_check(text, len, &shape, NULL))
        return false;
    if (shape == GEO_CIRCLE)
        return geo_circle_parse(&circle, text, len) == MUSTER_OK && geo_is_within(circle.centre, point, circle.radius_km);
    struct geo_point a, b;
    size_t at = 0;
    bool inside = false;
    if (!geo_polygon_next(text, len, &at, &a))
        return false;
    for (; geo_polygon_next(text, len, &at, &b); a = b) /* a ray to the east crosses each edge once at most */
        if ((a.lat > point.lat) != (b.lat > point.lat) &&
            point.lon < a.lon + (point.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon))
            inside = !inside;
    return inside;
}
