#include "protocol/kinds/ucum.h"

#include <stdbool.h>
#include <string.h>

/* Symbols that take a prefix (k, m, ...) and symbols that do not. */
static const char *const metric[] = {
    "m",  "s",  "g",   "rad", "K",  "C",    "cd",  "mol", "sr",  "Hz",    "N",       "Pa",        "J",         "W",
    "A",  "V",  "F",   "Ohm", "S",  "Wb",   "Cel", "T",   "H",   "lm",    "lx",      "Bq",        "Gy",        "Sv",
    "L",  "l",  "ar",  "t",   "bar", "u",   "eV",  "pc",  "kat", "Ci",    "R",       "RAD",       "REM",       "cal",
    "dyn", "erg", "P",  "St",  "Bd", "By",   "bit", "B",   "Np",  "U",     "[iU]",    "[IU]",      "eq",        "osm",
    "m[H2O]", "m[Hg]", "B[V]", "B[W]", "B[SPL]", "mho", "g%", "st", NULL,
};
static const char *const plain[] = {
    "min",     "h",       "d",        "wk",       "mo",       "a",        "mo_j",     "a_j",      "mo_s",
    "a_t",     "a_g",     "mo_g",     "deg",      "'",        "''",       "gon",      "%",        "[ppth]",
    "[ppm]",   "[ppb]",   "[pptr]",   "10*",      "10^",      "[pi]",     "[c]",      "[g]",      "atm",
    "AU",      "[in_i]",  "[ft_i]",   "[yd_i]",   "[mi_i]",   "[fth_i]",  "[nmi_i]",  "[kn_i]",   "[sin_i]",
    "[sft_i]", "[syd_i]", "[cin_i]",  "[cft_i]",  "[cyd_i]",  "[acr_us]", "[smi_us]", "[ft_us]",  "[mi_us]",
    "[gal_us]", "[bbl_us]", "[qt_us]", "[pt_us]",  "[foz_us]", "[cup_us]", "[tbs_us]", "[tsp_us]", "[bu_us]",
    "[gal_br]", "[pt_br]", "[gr]",     "[lb_av]",  "[oz_av]",  "[ston_av]", "[lton_av]", "[stone_av]", "[lbf_av]",
    "[psi]",   "[degF]",  "[degR]",   "[degRe]",  "[Btu]",    "[Btu_IT]", "[HP]",     "[pH]",     "[Cal]",
    "[car_m]", "[drp]",   "bit_s",    "[in_i'H2O]", "[in_i'Hg]", "[hnsf'U]", "[CFU]",  "[PFU]",    "[arb'U]",
    NULL,
};
static const char *const prefixes[] = {"Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m",
                                       "u", "n", "p", "f", "a", "z", "y", "Ki", "Mi", "Gi", "Ti", NULL};

struct unit {
    const char *at, *end;
    const char *why;
    unsigned depth;
};

static bool refuse(struct unit *u, const char *why)
{
    if (!u->why)
        u->why = why;
    return false;
}

static bool listed(const char *const *list, const char *text, size_t len)
{
    for (; *list; list++)
        if (strlen(*list) == len && memcmp(*list, text, len) == 0)
            return true;
    return false;
}

static bool is_symbol(const char *text, size_t len)
{
    if (len == 0)
        return false;
    if (listed(plain, text, len) || listed(metric, text, len))
        return true;
    for (const char *const *p = prefixes; *p; p++) {
        size_t n = strlen(*p);
        if (n < len && memcmp(text, *p, n) == 0 && listed(metric, text + n, len - n))
            return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool at_digit(const struct unit *u)
{
    return u->at < u->end && is_digit(*u->at);
}

/* Behind the symbol: everything but operators, braces and a trailing exponent; brackets keep their own. */
static const char *symbol_end(const struct unit *u)
{
    const char *p = u->at;
    if (u->end - p >= 3 && p[0] == '1' && p[1] == '0' && (p[2] == '*' || p[2] == '^'))
        return p + 3;
    bool bracket = false;
    for (; p < u->end; p++) {
        if (*p == '[' || *p == ']')
            bracket = *p == '[';
        else if (!bracket && (strchr("./(){}+-", *p) || is_digit(*p)))
            break;
    }
    return p;
}

static bool annotation(struct unit *u)
{
    const char *start = ++u->at;
    while (u->at < u->end && *u->at != '}' && *u->at != '{' && *u->at > ' ' && *u->at < 127)
        u->at++;
    if (u->at == u->end || *u->at != '}')
        return refuse(u, "the braces of a unit hold plain Latin letters without spaces, like {bed}");
    if (u->at++ == start)
        return refuse(u, "the braces of a unit are empty; say what is counted, like {bed}");
    return true;
}

static bool exponent(struct unit *u)
{
    bool sign = u->at < u->end && (*u->at == '+' || *u->at == '-');
    if (sign)
        u->at++;
    if (!at_digit(u))
        return sign ? refuse(u, "an exponent needs digits behind its sign") : true;
    size_t digits = 0;
    for (; at_digit(u); u->at++)
        digits++;
    return digits <= 2 || refuse(u, "an exponent has at most two digits");
}

static bool term(struct unit *u);

static bool component(struct unit *u)
{
    if (u->at == u->end)
        return refuse(u, "a unit is missing behind the last operator");
    if (*u->at == '(') {
        if (++u->depth > UCUM_DEPTH_MAX)
            return refuse(u, "the unit's parentheses are too deep");
        u->at++;
        if (!term(u))
            return false;
        if (u->at == u->end || *u->at != ')')
            return refuse(u, "a parenthesis of the unit is not closed");
        u->at++;
        u->depth--;
        return true;
    }
    if (*u->at == '{')
        return annotation(u);
    const char *end = symbol_end(u);
    if (at_digit(u) && end == u->at) { /* a factor */
        size_t digits = 0;
        for (; at_digit(u); u->at++)
            digits++;
        return digits <= 9 || refuse(u, "a factor has at most nine digits");
    }
    if (!is_symbol(u->at, (size_t)(end - u->at)))
        return refuse(u, "it is not a UCUM unit; write what is counted in braces, like {bed}, or use unit_text");
    u->at = end;
    if (!exponent(u))
        return false;
    return u->at == u->end || *u->at != '{' || annotation(u);
}

static bool term(struct unit *u)
{
    if (u->at < u->end && *u->at == '/')
        u->at++;
    if (!component(u))
        return false;
    while (u->at < u->end && (*u->at == '.' || *u->at == '/')) {
        u->at++;
        if (!component(u))
            return false;
    }
    return true;
}

enum muster_error ucum_check(const char *text, size_t len, const char **why)
{
    struct unit u = {.at = text, .end = text + len};
    enum muster_error error = MUSTER_OK;
    if (len > UCUM_CHARS_MAX) {
        u.why = "a unit has at most 64 characters";
        error = MUSTER_ETOOBIG;
    } else if (len == 0) {
        u.why = "the unit is empty";
        error = MUSTER_EBADVALUE;
    } else if (!term(&u)) {
        error = u.depth > UCUM_DEPTH_MAX ? MUSTER_ETOOBIG : MUSTER_EBADVALUE;
    } else if (u.at != u.end) {
        u.why = "something stands behind the end of the unit";
        error = MUSTER_EBADVALUE;
    }
    if (error && why)
        *why = u.why;
    return error;
}
