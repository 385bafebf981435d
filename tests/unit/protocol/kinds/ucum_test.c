#include "protocol/kinds/ucum.h"
#include "unit/protocol/kinds/unit.h"

static const char *const good[] = {
    "kg", "g", "t", "L", "l", "mL", "m3", "m2", "km", "cm", "mm", "h", "min", "s", "d", "wk", "mo", "a", "kW", "kW.h", "MW", "V",
    "A", "kPa", "Pa", "bar", "Cel", "K", "%", "{person}", "{bed}", "{tent}", "[degF]", "[lb_av]", "[gal_us]", "[ft_i]",
    "[mi_i]", "[acr_us]", "L/min", "m3/s", "kg/{person}", "{bed}/d", "/min", "m/s2", "m.s-2", "kg.m2.s-2", "10*6.m3", "10*-3", "10^3",
    "L{water}", "1", "24.h", "100.kg", "(kg.m)/s", "((m))", "MiB", "kbit/s", "mg/dL", "ug/m3", "uSv/h", "mSv", "Bq/m2", "km2",
    "[in_i'Hg]", "mm[Hg]", "[iU]", "dB[SPL]", "har", "ar", "dam", "deg", "'", "''", "[ppm]", "{#}/a", "[nmi_i]", "[kn_i]",
};

static const struct {
    const char *says, *text;
    enum muster_error want;
} bad[] = {
    {"refuses a plain word", "pcs", MUSTER_EBADVALUE},
    {"refuses a word that starts with a unit", "kgs", MUSTER_EBADVALUE},
    {"refuses the wrong case", "KG", MUSTER_EBADVALUE},
    {"refuses the wrong case of minutes", "Min", MUSTER_EBADVALUE},
    {"refuses a prefix alone", "k", MUSTER_EBADVALUE},
    {"refuses a prefix before a unit that takes none", "kmin", MUSTER_EBADVALUE},
    {"refuses two prefixes", "kkg", MUSTER_EBADVALUE},
    {"refuses a space", "kg m", MUSTER_EBADVALUE},
    {"refuses nothing", "", MUSTER_EBADVALUE},
    {"refuses a product without end", "kg.", MUSTER_EBADVALUE},
    {"refuses a quotient without end", "kg/", MUSTER_EBADVALUE},
    {"refuses two operators", "kg//m", MUSTER_EBADVALUE},
    {"refuses an open brace", "{bed", MUSTER_EBADVALUE},
    {"refuses a closed brace alone", "bed}", MUSTER_EBADVALUE},
    {"refuses empty braces", "{}", MUSTER_EBADVALUE},
    {"refuses a space in braces", "{field bed}", MUSTER_EBADVALUE},
    {"refuses braces in braces", "{{bed}}", MUSTER_EBADVALUE},
    {"refuses other letters in braces", "{顶}", MUSTER_EBADVALUE},
    {"refuses other letters", "顶", MUSTER_EBADVALUE},
    {"refuses an open parenthesis", "(kg", MUSTER_EBADVALUE},
    {"refuses a closed parenthesis alone", "kg)", MUSTER_EBADVALUE},
    {"refuses empty parentheses", "()", MUSTER_EBADVALUE},
    {"refuses a sign without digits", "m-", MUSTER_EBADVALUE},
    {"refuses an exponent of three digits", "m100", MUSTER_EBADVALUE},
    {"refuses a number before a unit", "5kg", MUSTER_EBADVALUE},
    {"refuses an unknown bracket", "[foo]", MUSTER_EBADVALUE},
    {"refuses an open bracket", "[degF", MUSTER_EBADVALUE},
    {"refuses a unit behind braces", "{bed}kg", MUSTER_EBADVALUE},
    {"refuses superscripts", "m³", MUSTER_EBADVALUE},
    {"refuses more than 64 characters", "kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg.kg", MUSTER_ETOOBIG},
    {"refuses nine parentheses deep", "(((((((((m)))))))))", MUSTER_ETOOBIG},
};

static void test_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        print_message("ucum_check accepts %s\n", good[i]);
        assert_int_equal(ucum_check(good[i], strlen(good[i]), NULL), MUSTER_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *why = NULL;
        print_message("ucum_check %s\n", bad[i].says);
        assert_int_equal(ucum_check(bad[i].text, strlen(bad[i].text), &why), bad[i].want);
        assert_non_null(why);
    }
}

static void test_length_is_obeyed(void **state)
{
    (void)state;
    assert_int_equal(ucum_check("kgx", 2, NULL), MUSTER_OK);
    assert_int_equal(ucum_check("m2\0", 3, NULL), MUSTER_EBADVALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_units), cmocka_unit_test(test_length_is_obeyed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
