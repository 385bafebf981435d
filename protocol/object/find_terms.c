#include "protocol/object/find_terms.h"

#include "protocol/kinds/area_code.h"
#include "protocol/object/view.h"

#include <string.h>

/* Instead of a field's number, beside those of index.h. */
enum {
    TERM_CODE = 0xfc,
    TERM_CODE_MANY = 0xfb,
    TERM_FINE = 0xfa,
    TERM_COARSE = 0xf9,   /* whatever has cells at all */
    TERM_LARGE = 0xf8,    /* coarse cells of what has no fine ones */
    TERM_LARGEST = 0xf7,
    TERM_VALUE_MANY = 0xf6
};

enum {
    ITEMS_MAX = 1024,      /* of a list that are looked at, as where.c does */
    CELLS_OF_AREA_MAX = 9, /* of one area or point */
    CELLS_OF_QUERY_MAX = 81, /* some 50 km around */
    LARGE_OF_QUERY_MAX = 8
};
_Static_assert(CELLS_OF_QUERY_MAX + LARGE_OF_QUERY_MAX + 1 <= FIND_TERMS_MAX, "a question about a place fits");

static bool is_place(const struct field *field)
{
    return field->type == FIELD_POINT || field->type == FIELD_AREA || field->form == FORM_LATITUDE || field->form == FORM_LONGITUDE;
}

bool find_has(const struct field *field)
{
    return field->type == FIELD_OBJECT || field->type == FIELD_LINKS ||
           ((field->type == FIELD_TOKEN || field->type == FIELD_TOKENS) && !index_has(field));
}

bool find_field(const struct field *field)
{
    return is_place(field) || find_has(field) || area_code_field(field);
}

static bool kind_has(const struct kind *kind, bool (*asks)(const struct field *field))
{
    for (size_t i = 0; kind && i < kind->count; i++)
        if (asks(&kind->fields[i]))
            return true;
    return false;
}

bool find_kind_has_place(const struct kind *kind)
{
    return kind_has(kind, is_place);
}

bool find_kind_has_code(const struct kind *kind)
{
    return kind_has(kind, area_code_field);
}

/* --- what an object is found by ---------------------------------------------------------------------------------------- */

static struct term cell_term(const struct core *core, uint8_t what, uint32_t cell)
{
    uint8_t value[4];
    put_be32(value, cell);
    return core_term_value(core, what, (struct bytes){value, sizeof(value)});
}

static void add(struct own_terms *t, struct term term, bool placed, size_t *of, size_t max, bool *many)
{
    for (size_t i = 0; i < t->count; i++)
        if (memcmp(t->at[i].b, term.b, TERM_BYTES) == 0)
            return;
    if (*of == max || *many) {
        *many = true;
        return;
    }
    t->at[t->count] = term;
    t->placed[t->count++] = placed;
    ++*of;
}

static void add_cells(struct own_terms *t, const struct geo_box *box)
{
    uint32_t fine[CELLS_OF_AREA_MAX], coarse[CELLS_OF_AREA_MAX];
    size_t few = geo_cells_of(fine, CELLS_OF_AREA_MAX, GEO_CELLS_FINE, box);
    size_t large = geo_cells_of(coarse, CELLS_OF_AREA_MAX, GEO_CELLS_COARSE, box);
    if (large > CELLS_OF_AREA_MAX) {
        t->many_cells = true;
        return;
    }
    for (size_t i = 0; few <= CELLS_OF_AREA_MAX && i < few; i++)
        add(t, cell_term(t->core, TERM_FINE, fine[i]), true, &t->cells, CELLS_OF_OBJECT_MAX, &t->many_cells);
    for (size_t i = 0; i < large; i++) {
        add(t, cell_term(t->core, TERM_COARSE, coarse[i]), true, &t->cells, CELLS_OF_OBJECT_MAX, &t->many_cells);
        if (few > CELLS_OF_AREA_MAX)
            add(t, cell_term(t->core, TERM_LARGE, coarse[i]), true, &t->cells, CELLS_OF_OBJECT_MAX, &t->many_cells);
    }
}

static void add_box(struct own_terms *t, const struct geo_box *box)
{
    if (!t->boxed)
        t->box = *box;
    t->boxed = true;
    t->box.south = box->south < t->box.south ? box->south : t->box.south;
    t->box.north = box->north > t->box.north ? box->north : t->box.north;
    t->box.west = box->west < t->box.west ? box->west : t->box.west;
    t->box.east = box->east > t->box.east ? box->east : t->box.east;
    add_cells(t, box);
}

static void add_point(struct own_terms *t, struct geo_point p)
{
    add_box(t, &(struct geo_box){p.lat, p.lon, p.lat, p.lon});
}

static void add_text(struct own_terms *t, const struct field *field, struct bytes text)
{
    struct geo_point point;
    struct geo_box boxes[GEO_BOXES_MAX];
    struct bytes codes[AREA_CODE_LEVELS_MAX + 1];
    if (field->type == FIELD_POINT && geo_point_parse(&point, (const char *)text.at, text.len, NULL) == MUSTER_OK)
        add_point(t, point);
    if (field->type == FIELD_AREA) {
        size_t count = geo_area_boxes(boxes, (const char *)text.at, text.len);
        for (size_t i = 0; i < count; i++)
            add_box(t, &boxes[i]);
    }
    if (area_code_field(field)) {
        size_t count = area_code_found_by(codes, text);
        t->many_codes |= count == 0;
        for (size_t i = 0; i < count; i++)
            add(t, core_term_value(t->core, TERM_CODE, codes[i]), false, &t->codes, CODES_OF_OBJECT_MAX, &t->many_codes);
    }
    if (find_has(field))
        add(t, core_term_value(t->core, field->number, text), false, &t->values, VALUES_OF_OBJECT_MAX, &t->many_values);
}

/* One of two fields that make a point, read as where.c does: as a part of "LAT,LON". */
static void add_side(struct own_terms *t, bool lat, const struct pack_value *value)
{
    char text[GEO_POINT_CHARS_MAX];
    struct geo_point point;
    if (value->type != PACK_TEXT && value->type != PACK_BYTES)
        return;
    size_t len = value->u.run.len, at = lat ? 0 : 2;
    if (len + 2 > sizeof(text)) { /* no number that people write: it is looked at whatever is asked */
        add_box(t, &(struct geo_box){-90, -180, 90, 180});
        return;
    }
    memcpy(text, "0,", at);
    if (len)
        memcpy(text + at, value->u.run.at, len);
    memcpy(text + at + len, ",0", 2 - at);
    if (geo_point_parse(&point, text, len + 2, NULL) != MUSTER_OK)
        return;
    *(lat ? &t->pair.lat : &t->pair.lon) = lat ? point.lat : point.lon;
    *(lat ? &t->has_lat : &t->has_lon) = true;
}

/* Is the value of the type that the field has, as far as terms are made of it?  What others wrote may be anything, and is then
 * looked at whatever is asked. */
static bool as_written(const struct field *field, const struct pack_value *value)
{
    switch (field->type) {
    case FIELD_TOKEN:
        return value->type == PACK_TEXT || value->type == PACK_NIL;
    case FIELD_OBJECT:
        return (value->type == PACK_BYTES && value->u.run.len == OBJECT_ID_BYTES) || value->type == PACK_NIL;
    default:
        return value->type == PACK_ARRAY || value->type == PACK_NIL;
    }
}

/* [role, object] of a list of links. */
static void add_link(struct own_terms *t, const struct field *field, const struct pack_value *link)
{
    struct cursor c = cursor_over(link->whole.at, link->whole.len);
    struct pack_value pair, role, object;
    if (pack_next(&c, &pair, true) && pair.type == PACK_ARRAY && pack_next(&c, &role, false) && pack_next(&c, &object, false) &&
        object.type == PACK_BYTES)
        add_text(t, field, object.u.run);
    else
        t->many_values = true;
}

static void add_value(struct own_terms *t, const struct field *field, const struct pack_value *value)
{
    struct pack_value each;
    if (field->form == FORM_LATITUDE || field->form == FORM_LONGITUDE) {
        add_side(t, field->form == FORM_LATITUDE, value);
        return;
    }
    t->many_values |= find_has(field) && !as_written(field, value);
    if (value->type == PACK_TEXT || value->type == PACK_BYTES)
        add_text(t, field, value->u.run);
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    size_t items = 0;
    if (value->type != PACK_ARRAY || !pack_next(&c, &each, true))
        return;
    while (items++ < ITEMS_MAX && pack_next(&c, &each, false)) {
        if (each.type == PACK_TEXT)
            add_text(t, field, each.u.run);
        if (field->type == FIELD_LINKS)
            add_link(t, field, &each);
    }
    t->many_values |= find_has(field) && items > ITEMS_MAX;
}

static void drop(struct own_terms *t, bool (*asks)(const struct own_terms *t, size_t i))
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++)
        if (!asks(t, i)) {
            t->at[kept] = t->at[i];
            t->placed[kept++] = t->placed[i];
        }
    t->count = kept;
}

static bool asks_placed(const struct own_terms *t, size_t i)
{
    return t->placed[i];
}

static void add_many(struct own_terms *t, uint8_t what, bool placed)
{
    t->at[t->count] = core_term_value(t->core, what, (struct bytes){NULL, 0});
    t->placed[t->count++] = placed;
}

void own_terms_of(struct own_terms *t, const struct core *core, uint16_t kind, struct bytes view)
{
    struct view_walk walk = view_walk_of(kind, view);
    struct pack_value value;
    t->core = core;
    t->count = t->cells = t->codes = t->values = 0;
    t->many_cells = t->many_codes = t->many_values = t->boxed = t->has_lat = t->has_lon = false;
    for (const struct field *field; (field = view_walk_next(&walk, &value)) != NULL;)
        if (find_field(field))
            add_value(t, field, &value);
    if (t->has_lat && t->has_lon)
        add_point(t, t->pair);
    if (t->many_cells) { /* the rest of its cells would find it a second time */
        drop(t, asks_placed);
        add_many(t, TERM_LARGEST, true);
    }
    if (t->many_codes)
        add_many(t, TERM_CODE_MANY, false);
    if (t->many_values)
        add_many(t, TERM_VALUE_MANY, false);
}

/* --- questions ------------------------------------------------------------------------------------------------------------ */

static void ask(struct find_query *q, struct term term)
{
    q->at[q->count++] = term;
}

void core_find_value(const struct core *core, struct find_query *out, const struct field *field, struct bytes value)
{
    *out = (struct find_query){.count = 0};
    ask(out, core_term_value(core, field->number, value));
    ask(out, core_term_value(core, TERM_VALUE_MANY, (struct bytes){NULL, 0}));
}

void core_find_code(const struct core *core, struct find_query *out, struct bytes code)
{
    *out = (struct find_query){.count = 0};
    ask(out, core_term_value(core, TERM_CODE, area_code_wanted(code)));
    ask(out, core_term_value(core, TERM_CODE_MANY, (struct bytes){NULL, 0}));
}

/* The cells of all boxes of the question; false when they are more than max. */
static bool ask_cells(const struct core *core, struct find_query *q, enum geo_cells size, uint8_t what, size_t max)
{
    uint32_t cells[CELLS_OF_QUERY_MAX];
    size_t before = q->count;
    for (size_t i = 0; i < q->box_count; i++) {
        size_t left = max - (q->count - before), count = geo_cells_of(cells, left, size, &q->boxes[i]);
        if (count > left) {
            q->count = before;
            return false;
        }
        for (size_t k = 0; k < count; k++) {
            struct term term = cell_term(core, what, cells[k]);
            bool again = false;
            for (size_t m = before; m < q->count; m++) /* two boxes may share one at a pole */
                again |= memcmp(q->at[m].b, term.b, TERM_BYTES) == 0;
            if (!again)
                ask(q, term);
        }
    }
    return true;
}

void core_find_place(const struct core *core, struct find_query *out, const char *area, size_t len)
{
    *out = (struct find_query){.count = 0};
    out->box_count = geo_area_boxes(out->boxes, area, len);
    bool fine = ask_cells(core, out, GEO_CELLS_FINE, TERM_FINE, CELLS_OF_QUERY_MAX) &&
                ask_cells(core, out, GEO_CELLS_COARSE, TERM_LARGE, LARGE_OF_QUERY_MAX);
    if (!fine)
        out->count = 0;
    if (!fine && !ask_cells(core, out, GEO_CELLS_COARSE, TERM_COARSE, CELLS_OF_QUERY_MAX))
        return; /* a part of the earth so large that whoever lists looks at all */
    ask(out, core_term_value(core, TERM_LARGEST, (struct bytes){NULL, 0}));
}

enum { PER_DEGREE = 10000000 };

void find_box_write(uint8_t out[FIND_BOX_BYTES], const struct geo_box *box)
{
    const double sides[] = {box->south, box->west, box->north, box->east};
    for (size_t i = 0; i < ARRAY_LEN(sides); i++) /* a step outwards: rounding takes nothing away */
        put_be32(out + 4 * i, (uint32_t)((int32_t)(sides[i] * PER_DEGREE) + (i < 2 ? -1 : 1)));
}

bool find_box_touches(const struct find_query *query, struct bytes value)
{
    double side[4];
    if (value.len != FIND_VALUE_MAX || !query->box_count)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(side); i++)
        side[i] = (double)(int32_t)get_be32(value.at + 4 * i) / PER_DEGREE;
    for (size_t i = 0; i < query->box_count; i++) {
        const struct geo_box *b = &query->boxes[i];
        if (side[0] <= b->north && b->south <= side[2] && side[1] <= b->east && b->west <= side[3])
            return true;
    }
    return false;
}

bool find_tokens_fit(const struct token_bits *wanted, struct bytes value)
{
    if (value.len < FIND_TOKENS_BYTES)
        return true;
    const uint8_t *has = value.at + value.len - FIND_TOKENS_BYTES;
    return !(wanted->half[0] & ~get_be64(has)) && !(wanted->half[1] & ~get_be64(has + 8));
}
