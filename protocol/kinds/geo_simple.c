#include "protocol/kinds/geo_simple.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NANO 1e9

__extension__ typedef __int128 wide; /* products of two differences of 10^-9 degrees */

struct corner {
    int64_t lat, lon;
    uint32_t at, len; /* where it stands in the text */
    uint32_t number;  /* of the edge that begins there */
};

struct span { /* of an edge along the axis of the sweep */
    int64_t low, high;
    uint32_t edge;
};

struct ring {
    const char *text;
    struct corner *at; /* without the closing one, and none twice in a row */
    size_t count;
};

static int64_t nano_of(double degrees)
{
    return (int64_t)(degrees * NANO + (degrees < 0 ? -0.5 : 0.5));
}

static bool same(const struct corner *a, const struct corner *b)
{
    return a->lat == b->lat && a->lon == b->lon;
}

static wide cross(const struct corner *a, const struct corner *b, const struct corner *c)
{
    return (wide)(b->lon - a->lon) * (c->lat - a->lat) - (wide)(b->lat - a->lat) * (c->lon - a->lon);
}

/* 1: c lies to the left of a -> b; -1: to the right; 0: on the line. */
static int turn(const struct corner *a, const struct corner *b, const struct corner *c)
{
    wide w = cross(a, b, c);
    return w > 0 ? 1 : w < 0 ? -1 : 0;
}

/* Of three on a line: do a and c lie on the same side of b? */
static bool same_way(const struct corner *a, const struct corner *b, const struct corner *c)
{
    return (wide)(a->lat - b->lat) * (c->lat - b->lat) + (wide)(a->lon - b->lon) * (c->lon - b->lon) > 0;
}

/* Of three on a line: does p lie inside a -> b, and at neither end? */
static bool inside(const struct corner *a, const struct corner *b, const struct corner *p)
{
    return same_way(b, a, p) && same_way(a, b, p);
}

/* On which side of the way a -> v -> e does q lie, seen from v?  0: on the way, or the way comes back along itself. */
static int side_of(const struct corner *a, const struct corner *v, const struct corner *e, const struct corner *q)
{
    int bend = turn(a, v, e), first = turn(a, v, q), second = turn(v, e, q);
    if ((first == 0 && same_way(a, v, q)) || (second == 0 && same_way(e, v, q)) || (bend == 0 && same_way(a, v, e)))
        return 0;
    if (bend == 0)
        return first;
    return first == bend && second == bend ? bend : -bend;
}

static const struct corner *corner(const struct ring *r, size_t n)
{
    return &r->at[n % r->count];
}

/* Does the outline go from one side of itself to the other where these two edges meet? */
static bool edges_cross(const struct ring *r, size_t i, size_t k)
{
    const struct corner *a = corner(r, i), *b = corner(r, i + 1), *after_b = corner(r, i + 2);
    const struct corner *c = corner(r, k), *d = corner(r, k + 1), *after_d = corner(r, k + 2);
    int ab_c = turn(a, b, c), ab_d = turn(a, b, d), cd_a = turn(c, d, a), cd_b = turn(c, d, b);
    if (ab_c * ab_d < 0 && cd_a * cd_b < 0)
        return true;
    if (same(b, d))
        return side_of(a, b, after_b, c) * side_of(a, b, after_b, after_d) < 0;
    if (cd_b == 0 && inside(c, d, b))
        return cd_a * turn(c, d, after_b) < 0;
    return ab_d == 0 && inside(a, b, d) && ab_c * turn(a, b, after_d) < 0;
}

/* Do the boxes around both touch?  Along the other axis they do already. */
static bool boxes_touch(const struct ring *r, size_t i, size_t k)
{
    const struct corner *a = corner(r, i), *b = corner(r, i + 1), *c = corner(r, k), *d = corner(r, k + 1);
    return (a->lat >= c->lat || a->lat >= d->lat || b->lat >= c->lat || b->lat >= d->lat) &&
           (a->lat <= c->lat || a->lat <= d->lat || b->lat <= c->lat || b->lat <= d->lat) &&
           (a->lon >= c->lon || a->lon >= d->lon || b->lon >= c->lon || b->lon >= d->lon) &&
           (a->lon <= c->lon || a->lon <= d->lon || b->lon <= c->lon || b->lon <= d->lon);
}

static int by_low(const void *x, const void *y)
{
    const struct span *a = x, *b = y;
    return a->low != b->low ? (a->low < b->low ? -1 : 1) : a->edge < b->edge ? -1 : 1;
}

/* The axis along which fewer edges lie side by side: 0 latitude, 1 longitude. */
static int axis_of(const struct ring *r)
{
    double sum[2] = {0, 0}, low[2] = {0, 0}, high[2] = {0, 0};
    for (size_t i = 0; i < r->count; i++) {
        double at[2] = {(double)corner(r, i)->lat, (double)corner(r, i)->lon};
        double to[2] = {(double)corner(r, i + 1)->lat, (double)corner(r, i + 1)->lon};
        for (int x = 0; x < 2; x++) {
            sum[x] += at[x] < to[x] ? to[x] - at[x] : at[x] - to[x];
            low[x] = !i || at[x] < low[x] ? at[x] : low[x];
            high[x] = !i || at[x] > high[x] ? at[x] : high[x];
        }
    }
    return sum[0] * (high[1] - low[1]) > sum[1] * (high[0] - low[0]);
}

static struct geo_edge edge_of(const struct ring *r, size_t i)
{
    const struct corner *a = corner(r, i), *b = corner(r, i + 1);
    return (struct geo_edge){a->number, r->text + a->at, r->text + b->at, a->len, b->len};
}

static enum geo_fault look(const struct ring *r, struct span *spans, struct geo_flaw *flaw)
{
    size_t pairs = 0;
    int axis = axis_of(r);
    for (size_t i = 0; i < r->count; i++) {
        int64_t a = axis ? corner(r, i)->lon : corner(r, i)->lat, b = axis ? corner(r, i + 1)->lon : corner(r, i + 1)->lat;
        spans[i] = (struct span){a < b ? a : b, a < b ? b : a, (uint32_t)i};
    }
    qsort(spans, r->count, sizeof(*spans), by_low);
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = i + 1; k < r->count && spans[k].low <= spans[i].high; k++) {
            if (pairs++ == GEO_SIMPLE_PAIRS_MAX)
                return GEO_INTRICATE;
            if (!boxes_touch(r, spans[i].edge, spans[k].edge) || !edges_cross(r, spans[i].edge, spans[k].edge))
                continue;
            bool order = spans[i].edge < spans[k].edge;
            flaw->one = edge_of(r, order ? spans[i].edge : spans[k].edge);
            flaw->two = edge_of(r, order ? spans[k].edge : spans[i].edge);
            return GEO_CROSSES;
        }
    wide area = 0;
    for (size_t i = 1; i + 1 < r->count; i++)
        area += cross(&r->at[0], &r->at[i], &r->at[i + 1]);
    return area == 0 ? GEO_NO_AREA : GEO_SIMPLE; /* without a crossing its pieces have one sign */
}

/* The corners; the one that closes it is the first again. */
static void corners_read(struct ring *r, const char *text, size_t len)
{
    struct geo_point point;
    uint32_t number = 1;
    size_t at = 0, before = 0;
    r->text = text;
    for (; geo_polygon_next(text, len, &at, &point); before = at, number++) {
        size_t from = before ? before : sizeof("POLYGON ") - 1;
        struct corner c = {nano_of(point.lat), nano_of(point.lon), (uint32_t)from, (uint32_t)(at - from - (at < len)), number};
        if (r->count && same(&c, &r->at[r->count - 1]))
            r->at[r->count - 1].number = number; /* an edge of no length says nothing */
        else
            r->at[r->count++] = c;
    }
    while (r->count > 1 && same(&r->at[0], &r->at[r->count - 1]))
        r->count--;
}

enum muster_error geo_simple_check(const char *text, size_t len, struct geo_flaw *flaw)
{
    enum geo_shape shape;
    struct ring ring = {.text = text};
    size_t spaces = 0;
    *flaw = (struct geo_flaw){.fault = GEO_MALFORMED, .why = ""};
    if (geo_area_check(text, len, &shape, &flaw->why))
        return MUSTER_EBADVALUE;
    flaw->fault = GEO_SIMPLE;
    if (shape == GEO_CIRCLE)
        return MUSTER_OK;
    for (size_t i = 0; i < len; i++)
        spaces += text[i] == ' ';
    ring.at = malloc(spaces * sizeof(*ring.at)); /* each point stands behind one */
    struct span *spans = malloc(spaces * sizeof(*spans));
    if (ring.at && spans) {
        corners_read(&ring, text, len);
        flaw->fault = ring.count < 3 ? GEO_NO_AREA : look(&ring, spans, flaw);
    }
    bool memory = ring.at && spans;
    free(ring.at);
    free(spans);
    return !memory ? MUSTER_EBUSY : flaw->fault == GEO_SIMPLE ? MUSTER_OK : MUSTER_EBADVALUE;
}
