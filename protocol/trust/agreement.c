#include "protocol/trust/agreement.h"

#include "base/pack.h"
#include "protocol/kinds/geo.h"
#include "protocol/kinds/time3339.h"

#include <string.h>

enum { F_NAME = 0, F_TLP = 2, F_STANDING = 3, F_PARTIES = 5, F_KINDS = 6, F_AREA = 7, F_GEOCODE = 8, F_FROM = 9, F_TO = 10,
       F_TLP_MAX = 12, F_ONWARD = 13, F_SPACE = 15, AREA_PLACES_MAX = 512 };

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

static bool texts_of(struct bytes view, int64_t number, struct cursor *c, uint32_t *count)
{
    struct pack_value list;
    if (!pack_get(view, number, &list) || list.type != PACK_ARRAY)
        return false;
    *c = cursor_over(list.whole.at, list.whole.len);
    if (!pack_next(c, &list, true))
        return false;
    *count = list.u.count;
    return *count > 0;
}

static bool text_next(struct cursor *c, uint32_t *left, struct bytes *out)
{
    struct pack_value item;
    while (*left) {
        (*left)--;
        if (!pack_next(c, &item, false))
            return false;
        if (item.type == PACK_TEXT) {
            *out = item.u.run;
            return true;
        }
    }
    return false;
}

static bool id_of(uint8_t out[HASH_BYTES], struct bytes text)
{
    char hex[2 * HASH_BYTES + 1];
    if (text.len != 2 * HASH_BYTES)
        return false;
    memcpy(hex, text.at, text.len);
    hex[text.len] = '\0';
    return hex_to(out, HASH_BYTES, hex);
}

/* The rank of a token field; -1 without one, or for a token that is not known. */
static int rank_of(struct bytes view, int64_t number, const char *const *tokens, const signed char *ranks)
{
    struct bytes text;
    int i = pack_get_run(view, number, &text) ? token_index(tokens, text.at, text.len) : -1;
    return i < 0 ? -1 : ranks[i];
}

static bool time_of(struct bytes view, int64_t number, int64_t *out)
{
    struct pack_value value;
    struct time3339 time;
    if (!pack_get(view, number, &value) || value.type == PACK_NIL)
        return true;
    if (value.type != PACK_TEXT || time3339_parse(&time, (const char *)value.u.run.at, value.u.run.len, NULL))
        return false;
    *out = time.ms;
    return true;
}

static enum muster_error parties_of(struct agreement *out, struct kind_problem *problem)
{
    struct cursor c;
    uint32_t left = 0;
    struct bytes text;
    if (!texts_of(out->view, F_PARTIES, &c, &left))
        return problem_set(problem, MUSTER_EMISSING, NULL, NULL, "the agreement names no parties");
    while (text_next(&c, &left, &text)) {
        struct agency_id id;
        char quoted[QUOTE_BYTES];
        if (out->party_count == AGREEMENT_PARTIES_MAX)
            return problem_set(problem, MUSTER_ETOOBIG, NULL, NULL, "an agreement has at most %d parties", AGREEMENT_PARTIES_MAX);
        if (!id_of(id.b, text))
            return problem_set(problem, MUSTER_EBADVALUE, NULL, NULL, "the party %s is no agency's id of 64 hex digits",
                               problem_quote(quoted, text.at, text.len));
        if (agreement_is_party(out, &id))
            return problem_set(problem, MUSTER_EBADVALUE, NULL, NULL, "the agreement names one party twice");
        out->parties[out->party_count++] = id;
    }
    if (out->party_count < 2)
        return problem_set(problem, MUSTER_EMISSING, NULL, NULL, "an agreement has two parties at least");
    return MUSTER_OK;
}

static enum muster_error kinds_known(struct bytes view, struct kind_problem *problem)
{
    struct cursor c;
    uint32_t left = 0;
    struct bytes text;
    for (bool any = texts_of(view, F_KINDS, &c, &left); any && text_next(&c, &left, &text);) {
        char quoted[QUOTE_BYTES];
        bool known = false;
        for (uint16_t n = 1; kind_name(n) && !known; n++)
            known = strlen(kind_name(n)) == text.len && memcmp(kind_name(n), text.at, text.len) == 0;
        if (!known)
            return problem_set(problem, MUSTER_EKIND, NULL, NULL, "the agreement names the kind %s, which there is not",
                               problem_quote(quoted, text.at, text.len));
    }
    return MUSTER_OK;
}

enum muster_error agreement_read(struct agreement *out, struct bytes view, struct kind_problem *problem)
{
    struct bytes space = {NULL, 0};
    *out = (struct agreement){.view = view, .from_ms = INT64_MIN, .to_ms = INT64_MAX};
    (void)pack_get_run(view, F_NAME, &out->name);
    enum muster_error error = parties_of(out, problem);
    if (!error)
        error = kinds_known(view, problem);
    if (error)
        return error;
    if (!pack_get_run(view, F_SPACE, &space) || !id_of(out->space.b, space))
        return problem_set(problem, MUSTER_EBADVALUE, NULL, NULL, "the agreement names no space by its id of 64 hex digits");
    out->tlp_max = rank_of(view, F_TLP_MAX, tlp_tokens, tlp_ranks);
    int onward = rank_of(view, F_ONWARD, agreement_onward_tokens, agreement_onward_ranks);
    if (out->tlp_max < 0 || onward < 0)
        return problem_set(problem, MUSTER_ETOKEN, NULL, NULL, "the agreement does not say the highest TLP, or nothing of sharing onward");
    out->onward = (enum agreement_onward)onward;
    out->ended = rank_of(view, F_STANDING, agreement_standing_tokens, agreement_standing_ranks) != 1;
    if (!time_of(view, F_FROM, &out->from_ms) || !time_of(view, F_TO, &out->to_ms) || out->from_ms >= out->to_ms)
        return problem_set(problem, MUSTER_EBADVALUE, NULL, NULL, "the agreement's period ends before it begins");
    return MUSTER_OK;
}

bool agreement_is_party(const struct agreement *agreement, const struct agency_id *who)
{
    for (size_t i = 0; i < agreement->party_count; i++)
        if (agency_id_eq(&agreement->parties[i], who))
            return true;
    return false;
}

size_t agreement_missing(const struct agreement *agreement, const struct agency_id *signed_by, size_t count,
                         struct agency_id *out, size_t max)
{
    size_t missing = 0;
    for (size_t i = 0; i < agreement->party_count; i++) {
        bool has = false;
        for (size_t k = 0; k < count; k++)
            has |= agency_id_eq(&agreement->parties[i], &signed_by[k]);
        if (!has && missing < max)
            out[missing] = agreement->parties[i];
        missing += !has;
    }
    return missing;
}

/* --- places --------------------------------------------------------------------------------------------------------------------- */

static bool areas_cover(struct bytes terms, struct bytes area)
{
    struct cursor c;
    uint32_t left = 0;
    struct bytes outer;
    for (bool any = texts_of(terms, F_AREA, &c, &left); any && text_next(&c, &left, &outer);)
        if (geo_area_covers((const char *)outer.at, outer.len, (const char *)area.at, area.len))
            return true;
    return false;
}

static bool areas_contain(struct bytes terms, struct geo_point point)
{
    struct cursor c;
    uint32_t left = 0;
    struct bytes outer;
    for (bool any = texts_of(terms, F_AREA, &c, &left); any && text_next(&c, &left, &outer);)
        if (geo_area_contains((const char *)outer.at, outer.len, point))
            return true;
    return false;
}

/* Digits that stand for "all of it" at the end of a code: pairs of zeroes (GB/T 2260), the last three (SAME). */
static size_t code_prefix(struct bytes scheme, struct bytes code)
{
    size_t len = code.len;
    if (scheme.len == 6 && memcmp(scheme.at, "GB2260", 6) == 0)
        while (len >= 4 && code.at[len - 1] == '0' && code.at[len - 2] == '0')
            len -= 2;
    else if (scheme.len == 4 && memcmp(scheme.at, "SAME", 4) == 0 && len == 6 && memcmp(code.at + 3, "000", 3) == 0)
        len = 3;
    return len;
}

static bool split(struct bytes text, struct bytes *scheme, struct bytes *code)
{
    const uint8_t *equals = text.len ? memchr(text.at, '=', text.len) : NULL;
    if (!equals)
        return false;
    *scheme = (struct bytes){text.at, (size_t)(equals - text.at)};
    *code = (struct bytes){equals + 1, text.len - scheme->len - 1};
    return true;
}

static bool codes_cover(struct bytes terms, struct bytes text)
{
    struct cursor c;
    uint32_t left = 0;
    struct bytes outer, scheme, code, agreed_scheme, agreed;
    if (!split(text, &scheme, &code))
        return false;
    for (bool any = texts_of(terms, F_GEOCODE, &c, &left); any && text_next(&c, &left, &outer);) {
        if (!split(outer, &agreed_scheme, &agreed) || agreed_scheme.len != scheme.len ||
            memcmp(agreed_scheme.at, scheme.at, scheme.len) != 0 || !agreed.len)
            continue;
        size_t prefix = code_prefix(agreed_scheme, agreed);
        bool whole = prefix == agreed.len;
        if ((whole ? code.len == agreed.len : code.len >= prefix) && memcmp(code.at, agreed.at, prefix) == 0)
            return true;
    }
    return false;
}

struct places {
    size_t shapes, shapes_in, codes, codes_in;
};

static void look_at_area(struct places *p, struct bytes terms, const struct pack_value *value)
{
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    struct pack_value list;
    struct bytes area;
    if (value->type != PACK_ARRAY || !pack_next(&c, &list, true))
        return;
    for (uint32_t left = list.u.count; text_next(&c, &left, &area) && p->shapes < AREA_PLACES_MAX;) {
        p->shapes++;
        p->shapes_in += areas_cover(terms, area);
    }
}

static void look_at_codes(struct places *p, struct bytes terms, const struct pack_value *value)
{
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    struct pack_value list;
    struct bytes code;
    if (value->type != PACK_ARRAY || !pack_next(&c, &list, true))
        return;
    for (uint32_t left = list.u.count; text_next(&c, &left, &code);) {
        p->codes++;
        p->codes_in += codes_cover(terms, code);
    }
}

static bool degrees_of(const struct pack_value *value, char *out, size_t size)
{
    if (value->type != PACK_TEXT || !value->u.run.len || value->u.run.len >= size)
        return false;
    memcpy(out, value->u.run.at, value->u.run.len);
    out[value->u.run.len] = '\0';
    return true;
}

/* All places that the record names, by the types and forms of its kind's fields. */
static struct places places_of(struct bytes terms, const struct agreement_subject *subject)
{
    struct places p = {0, 0, 0, 0};
    const struct kind *kind = kind_by_number(subject->kind);
    char lat[32] = "", lon[32] = "", both[80];
    struct geo_point point;
    for (size_t i = 0; kind && i < kind->count; i++) {
        const struct field *f = &kind->fields[i];
        struct pack_value value;
        if (!pack_get(subject->view, f->number, &value) || value.type == PACK_NIL)
            continue;
        if (f->type == FIELD_AREA)
            look_at_area(&p, terms, &value);
        else if (f->type == FIELD_TEXTS && strcmp(f->name, "geocode") == 0)
            look_at_codes(&p, terms, &value);
        else if (f->type == FIELD_POINT && value.type == PACK_TEXT &&
                 geo_point_parse(&point, (const char *)value.u.run.at, value.u.run.len, NULL) == MUSTER_OK) {
            p.shapes++;
            p.shapes_in += areas_contain(terms, point);
        } else if (f->form == FORM_LATITUDE)
            (void)degrees_of(&value, lat, sizeof(lat));
        else if (f->form == FORM_LONGITUDE)
            (void)degrees_of(&value, lon, sizeof(lon));
    }
    if (lat[0] && lon[0]) {
        size_t a = strlen(lat), b = strlen(lon);
        memcpy(both, lat, a);
        both[a] = ',';
        memcpy(both + a + 1, lon, b + 1);
        if (geo_point_parse(&point, both, a + 1 + b, NULL) == MUSTER_OK) {
            p.shapes++;
            p.shapes_in += areas_contain(terms, point);
        }
    }
    return p;
}

/* --- judging ---------------------------------------------------------------------------------------------------------------------- */

static bool kind_agreed(const struct agreement *agreement, uint16_t kind)
{
    struct cursor c;
    uint32_t left = 0;
    struct bytes text;
    const char *name = kind_name(kind);
    if (!texts_of(agreement->view, F_KINDS, &c, &left))
        return true;
    while (text_next(&c, &left, &text))
        if (name && strlen(name) == text.len && memcmp(name, text.at, text.len) == 0)
            return true;
    return false;
}

static enum agreement_rule place_agreed(const struct agreement *agreement, const struct agreement_subject *subject)
{
    struct cursor c;
    uint32_t left;
    if (!texts_of(agreement->view, F_AREA, &c, &left) && !texts_of(agreement->view, F_GEOCODE, &c, &left))
        return AGREEMENT_ALLOWS;
    struct places p = places_of(agreement->view, subject);
    if (!p.shapes && !p.codes)
        return AGREEMENT_NO_PLACE;
    /* One way of saying where it is is enough; but of that way nothing may lie outside. */
    if ((p.shapes && p.shapes_in == p.shapes) || (p.codes && p.codes_in == p.codes))
        return AGREEMENT_ALLOWS;
    return AGREEMENT_AREA;
}

int agreement_tlp(struct bytes view)
{
    struct pack_value value;
    if (!pack_get(view, F_TLP, &value) || value.type == PACK_NIL)
        return TLP_UNLABELLED;
    int rank = rank_of(view, F_TLP, tlp_tokens, tlp_ranks);
    return rank < 0 ? TLP_RED : rank;
}

const char *agreement_tlp_name(int tlp)
{
    for (size_t i = 0; tlp_tokens[i]; i++)
        if (tlp_ranks[i] == tlp)
            return tlp_tokens[i];
    return "?";
}

enum agreement_rule agreement_judge(const struct agreement *agreement, const struct agreement_subject *subject)
{
    if (agreement->ended)
        return AGREEMENT_ENDED;
    if (subject->now_ms < agreement->from_ms || subject->now_ms >= agreement->to_ms)
        return AGREEMENT_PERIOD;
    if (!kind_agreed(agreement, subject->kind))
        return AGREEMENT_KIND;
    enum agreement_rule place = place_agreed(agreement, subject);
    if (place != AGREEMENT_ALLOWS)
        return place;
    return agreement_tlp(subject->view) > agreement->tlp_max ? AGREEMENT_TLP : AGREEMENT_ALLOWS;
}

static const struct {
    const char *says, *remedy;
} rules[] = {
    [AGREEMENT_ENDED] = {"the agreement has ended", "its owner may offer it anew"},
    [AGREEMENT_PERIOD] = {"now is outside the agreed period", "its owner may change the period, and all sign it again"},
    [AGREEMENT_KIND] = {"this kind is not agreed", "its owner may add the kind, and all sign it again"},
    [AGREEMENT_NO_PLACE] = {"it is limited to an area, and the record names no place", "add a location, area or geocode"},
    [AGREEMENT_AREA] = {"the record's place is not inside the agreed area", "check the place, or agree on a wider area"},
    [AGREEMENT_TLP] = {"the record's TLP class is above the agreed one", "lower the class if you may, or use another space"},
    [AGREEMENT_ALLOWS] = {"it allows it", ""},
};

const char *agreement_rule_says(enum agreement_rule rule)
{
    return (size_t)rule < ARRAY_LEN(rules) ? rules[rule].says : "unknown";
}

const char *agreement_rule_remedy(enum agreement_rule rule)
{
    return (size_t)rule < ARRAY_LEN(rules) ? rules[rule].remedy : "";
}

/* --- onward ------------------------------------------------------------------------------------------------------------------------- */

enum onward_rule onward_judge(const struct onward_question *q)
{
    if (q->tlp >= TLP_RED)
        return ONWARD_RED;
    if (q->own)
        return ONWARD_BY_OWNER;
    if (q->tlp >= TLP_AMBER_STRICT)
        return ONWARD_STRICT;
    if (!q->term)
        return q->readers_have_it        ? ONWARD_BY_READERS
               : q->tlp <= TLP_GREEN     ? ONWARD_BY_TLP
               : q->consent              ? ONWARD_BY_CONSENT
                                         : ONWARD_NO_TERM;
    switch (q->term->onward) {
    case ONWARD_NONE:
        return ONWARD_TERM_NONE;
    case ONWARD_MEMBERS:
        return q->readers_have_it ? ONWARD_BY_READERS : ONWARD_TERM_MEMBERS;
    case ONWARD_CONSENT:
        return q->consent ? ONWARD_BY_CONSENT : ONWARD_TERM_CONSENT;
    case ONWARD_FREE:
        return ONWARD_BY_TERM;
    }
    return ONWARD_TERM_NONE;
}

static const struct {
    const char *says, *remedy;
} onwards[] = {
    [ONWARD_BY_OWNER] = {"this agency owns it", ""},
    [ONWARD_BY_READERS] = {"everybody who reads there reads it already", ""},
    [ONWARD_BY_CONSENT] = {"its owner has consented", ""},
    [ONWARD_BY_TERM] = {"the agreement lets it go on freely", ""},
    [ONWARD_BY_TLP] = {"its TLP class lets it go on", ""},
    [ONWARD_RED] = {"it is TLP:RED, for those named only", "its owner writes another record, of a lower class, for that space"},
    [ONWARD_STRICT] = {"it is TLP:AMBER+STRICT, for its agency only", "ask its owner to share it there"},
    [ONWARD_TERM_NONE] = {"the agreement lets nobody but the owner share it onward", "ask its owner to share it there"},
    [ONWARD_TERM_MEMBERS] = {"the agreement lets it go only to those who have it, and others read there",
                             "ask its owner to share it there"},
    [ONWARD_TERM_CONSENT] = {"the agreement asks for the owner's consent to what it says now, and there is none",
                             "ask its owner for: muster agreement consent OBJECT --to AGENCY"},
    [ONWARD_NO_TERM] = {"it is TLP:AMBER or has no label, and no agreement lets it go on",
                        "ask its owner for: muster agreement consent OBJECT --to AGENCY"},
};

bool onward_allows(enum onward_rule rule)
{
    return rule <= ONWARD_BY_TLP;
}

const char *onward_rule_says(enum onward_rule rule)
{
    return (size_t)rule < ARRAY_LEN(onwards) ? onwards[rule].says : "unknown";
}

const char *onward_rule_remedy(enum onward_rule rule)
{
    return (size_t)rule < ARRAY_LEN(onwards) ? onwards[rule].remedy : "";
}
