#include "formats/read/cap_rules.h"

#include "formats/problem.h"
#include "formats/read/decode.h"
#include "lang/lang.h"

#include <stdio.h>
#include <string.h>

#define NANO INT64_C(1000000000)

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool refuse(char reason[CAP_REASON_MAX], const char *why)
{
    snprintf(reason, CAP_REASON_MAX, "%s", why);
    return false;
}

/* The next run without white space; NULL at the end. */
static const char *word_next(const char **at, const char *end, size_t *len)
{
    while (*at < end && is_space(**at))
        (*at)++;
    const char *start = *at;
    while (*at < end && !is_space(**at))
        (*at)++;
    *len = (size_t)(*at - start);
    return *len ? start : NULL;
}

/* ---- times ---- */

static int number2(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool shape_is(const char *text, const char *shape)
{
    for (; *shape; text++, shape++)
        if (*shape == '9' ? !is_digit(*text) : *text != *shape)
            return false;
    return true;
}

static bool date_exists(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = number2(text) * 100 + number2(text + 2), month = number2(text + 5), day = number2(text + 8);
    if (year == 0 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool time_fits(enum cap_version version, const char *text, size_t len, char reason[CAP_REASON_MAX])
{
    enum { SECONDS_END = 19, ZONE_LEN = 6 };
    if (len < SECONDS_END || !shape_is(text, "9999-99-99T99:99:99"))
        return refuse(reason, _("a time is written like 2026-05-12T14:28:01+08:00"));
    if (!date_exists(text) || number2(text + 11) > 23 || number2(text + 14) > 59 || number2(text + 17) > 59)
        return refuse(reason, _("there is no such day or time"));
    size_t at = SECONDS_END;
    if (at < len && text[at] == '.') {
        if (version == CAP_1_2)
            return refuse(reason, _("CAP 1.2 allows no fractions of a second"));
        size_t start = ++at;
        while (at < len && is_digit(text[at]))
            at++;
        if (at == start || at - start > 9)
            return refuse(reason, _("a fraction of a second has one to nine digits"));
    }
    if (at == len)
        return refuse(reason, _("the zone is missing, so the moment is not known; it is written like +08:00 or -00:00"));
    if (len - at == 1 && text[at] == 'Z')
        return version != CAP_1_2 || refuse(reason, _("CAP 1.2 wants the zone as a number and not Z: -00:00 is UTC"));
    if (len - at != ZONE_LEN || (text[at] != '+' && text[at] != '-') || !shape_is(text + at + 1, "99:99") ||
        number2(text + at + 1) > 14 || number2(text + at + 4) > 59)
        return refuse(reason, _("the zone is written like +08:00 or -00:00"));
    return true;
}

/* ---- shapes ---- */

struct place {
    int64_t lat, lon;
};

static bool place_parse(const char *text, size_t len, struct place *out, char reason[CAP_REASON_MAX])
{
    const char *comma = memchr(text, ',', len);
    size_t first = comma ? (size_t)(comma - text) : 0;
    if (!comma || !nano_parse(text, first, &out->lat) ||
        !nano_parse(comma + 1, len - first - 1, &out->lon)) {
        char quoted[PROBLEM_QUOTE_BYTES];
        snprintf(reason, CAP_REASON_MAX, _("\"%s\" is no place: a place is written lat,lon like 29.56,103.73"),
                 format_problem_quote(quoted, text, len));
        return false;
    }
    if (out->lat < -90 * NANO || out->lat > 90 * NANO || out->lon < -180 * NANO || out->lon > 180 * NANO) {
        char quoted[PROBLEM_QUOTE_BYTES];
        snprintf(reason, CAP_REASON_MAX,
                 _("%s is not on the earth: latitude comes first, from -90 to 90, then longitude from -180 to 180"),
                 format_problem_quote(quoted, text, len));
        return false;
    }
    return true;
}

static bool polygon_fits(const char *text, size_t len, char reason[CAP_REASON_MAX])
{
    const char *at = text, *end = text + len, *word;
    size_t n, count = 0;
    struct place first = {0}, last = {0};
    while ((word = word_next(&at, end, &n)) != NULL) {
        if (!place_parse(word, n, &last, reason))
            return false;
        if (count++ == 0)
            first = last;
    }
    if (count < 4) {
        snprintf(reason, CAP_REASON_MAX, _("it has %zu places and a closed line has at least 4"), count);
        return false;
    }
    if (first.lat != last.lat || first.lon != last.lon)
        return refuse(reason, _("it is not closed: the last place must be the first one again"));
    return true;
}

static bool circle_fits(const char *text, size_t len, char reason[CAP_REASON_MAX])
{
    const char *at = text, *end = text + len;
    size_t place_len, radius_len, rest;
    struct place centre;
    int64_t radius;
    const char *place = word_next(&at, end, &place_len);
    const char *number = word_next(&at, end, &radius_len);
    if (!place || !number || word_next(&at, end, &rest))
        return refuse(reason, _("a circle is written lat,lon radius with the radius in kilometres"));
    if (!place_parse(place, place_len, &centre, reason))
        return false;
    if (!nano_parse(number, radius_len, &radius) || radius < 0)
        return refuse(reason, _("the radius must be a number of kilometres that is not negative"));
    if (radius > CAP_RADIUS_KM_MAX * NANO)
        return refuse(reason, _("the radius is in kilometres, and at 20038 the circle covers the whole earth"));
    return true;
}

void cap_shape_tidy(char *out, const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (is_space(text[i])) {
            if (n > 0 && out[n - 1] != ' ')
                out[n++] = ' ';
        } else if (text[i] != '+') {
            out[n++] = text[i];
        }
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

/* ---- names and references ---- */

static bool id_fits(const char *text, size_t len, char reason[CAP_REASON_MAX])
{
    for (size_t i = 0; i < len; i++)
        if (is_space(text[i]) || strchr(",<&", text[i]))
            return refuse(reason, _("it may hold no white space, comma, < or &, because references are cut there"));
    return true;
}

bool cap_reference_next(const char **at, struct cap_reference *out, bool *triple)
{
    size_t len;
    const char *word = word_next(at, *at + strlen(*at), &len);
    if (!word)
        return false;
    *out = (struct cap_reference){.sender = word, .sender_len = len};
    const char *first = memchr(word, ',', len);
    const char *second = first ? memchr(first + 1, ',', (size_t)(word + len - first - 1)) : NULL;
    *triple = second && first > word && second > first + 1 && second + 1 < word + len &&
              !memchr(second + 1, ',', (size_t)(word + len - second - 1));
    if (*triple) {
        out->sender_len = (size_t)(first - word);
        out->identifier = first + 1;
        out->identifier_len = (size_t)(second - first - 1);
        out->sent = second + 1;
        out->sent_len = (size_t)(word + len - second - 1);
    }
    return true;
}

static bool references_fit(enum cap_version version, const char *text, char reason[CAP_REASON_MAX])
{
    struct cap_reference reference;
    bool triple;
    char why[CAP_REASON_MAX], quoted[PROBLEM_QUOTE_BYTES];
    while (cap_reference_next(&text, &reference, &triple)) {
        if (!triple && version == CAP_1_0)
            continue; /* 1.0 names messages as identifier/sender */
        format_problem_quote(quoted, reference.sender, reference.sender_len);
        if (!triple) {
            snprintf(reason, CAP_REASON_MAX, _("\"%s\" names no message: a reference is written sender,identifier,sent"),
                     quoted);
            return false;
        }
        if (!time_fits(version, reference.sent, reference.sent_len, why)) {
            snprintf(reason, CAP_REASON_MAX, _("\"%s\" is no time of sending: %.180s"),
                     format_problem_quote(quoted, reference.sent, reference.sent_len), why);
            return false;
        }
    }
    return true;
}

static bool pair_fits(const char *text, size_t len, char reason[CAP_REASON_MAX])
{
    const char *equals = memchr(text, '=', len);
    return (equals && equals > text) || refuse(reason, _("CAP 1.0 writes it NAME=VALUE"));
}

static bool language_fits(const char *text, size_t len, char reason[CAP_REASON_MAX])
{
    size_t piece = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
        piece = letter ? piece + 1 : 0;
        if ((!letter && (c != '-' || i == 0 || text[i - 1] == '-' || i + 1 == len)) || piece > 8)
            return refuse(reason, _("a language is written like zh-CN or en-US"));
    }
    return true;
}

static bool number_fits(enum cap_type type, const char *text, size_t len, char reason[CAP_REASON_MAX])
{
    int64_t value;
    if (type == CAP_DECIMAL)
        return nano_parse(text, len, &value) || refuse(reason, _("it must be a plain number like 2.5"));
    size_t sign = len > 0 && (text[0] == '-' || text[0] == '+');
    return whole_parse(text + sign, len - sign, &value) || refuse(reason, _("it must be a whole number like 1024"));
}

static bool token_fits(const struct cap_row *row, enum cap_version version, const char *text,
                       char reason[CAP_REASON_MAX])
{
    char list[CAP_REASON_MAX - 40];
    if (cap_token_is(row, text, version))
        return true;
    snprintf(reason, CAP_REASON_MAX, _("it must be, to the letter, one of %s"),
             cap_token_list(list, sizeof list, row, version));
    return false;
}

bool cap_value_fits(const struct cap_row *row, enum cap_version version, const char *text, size_t len,
                    char reason[CAP_REASON_MAX])
{
    switch (row->type) {
    case CAP_TOKEN:
        return token_fits(row, version, text, reason);
    case CAP_ID:
        return id_fits(text, len, reason);
    case CAP_TIME:
        return time_fits(version, text, len, reason);
    case CAP_REFS:
        return references_fit(version, text, reason);
    case CAP_PAIR:
        return pair_fits(text, len, reason);
    case CAP_POLYGON:
        return polygon_fits(text, len, reason);
    case CAP_CIRCLE:
        return circle_fits(text, len, reason);
    case CAP_LANGUAGE:
        return language_fits(text, len, reason);
    case CAP_WHOLE:
    case CAP_DECIMAL:
        return number_fits(row->type, text, len, reason);
    case CAP_GROUP:
    case CAP_TEXT:
    case CAP_VALUE:
    case CAP_BLOB:
        break;
    }
    return true;
}

bool cap_type_may_be_empty(enum cap_type type)
{
    return type == CAP_TEXT || type == CAP_PAIR || type == CAP_POLYGON || type == CAP_CIRCLE || type == CAP_BLOB;
}
