/* agreement_test.c — what sharing terms decide about a record, and about an object that is to go on. */
#include "base/pack.h"
#include "protocol/trust/agreement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define SQUARE "POLYGON 28,104 28,105 29,105 29,104 28,104"

enum { PAIRS_MAX = 16, NOON_MS = 12 * 3600 * 1000 }; /* of the first of January 1970 */

/* "name=Flood|kinds=incident;resource" as the body of a kind. */
static struct bytes body_of(const struct kind *kind, const char *text, uint8_t *out, size_t size)
{
    char copy[1024], *rest = copy, *word, *words[PAIRS_MAX];
    size_t count = 0;
    snprintf(copy, sizeof(copy), "%s", text);
    while ((word = strsep(&rest, "|")))
        if (*word && count < PAIRS_MAX)
            words[count++] = word;
    struct writer w = writer_over(out, size);
    pack_map(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        char *value = strchr(words[i], '=');
        assert_non_null(value);
        *value++ = '\0';
        const struct field *f = field_by_name(kind, words[i]);
        if (!f)
            fail_msg("%s has no field %s", kind->name, words[i]);
        pack_uint(&w, f->number);
        assert_int_equal(field_pack(f, value, strlen(value), &w, NULL), MUSTER_OK);
    }
    assert_false(w.failed);
    return (struct bytes){out, writer_len(&w)};
}

#define TERMS "name=T|standing=offered|parties=" A64 ";" B64 "|purpose=p|tlp_max=TLP:AMBER|onward=none|space=" C64

static const struct {
    const char *says, *terms; /* beside TERMS */
    uint16_t kind;
    const char *record;
    int64_t now_ms;
    enum agreement_rule want;
} judged[] = {
    {"terms without limits let an unlabelled record in", "", KIND_INCIDENT, "name=x", NOON_MS, AGREEMENT_ALLOWS},
    {"a kind that is listed is let in", "kinds=incident;resource", KIND_RESOURCE, "name=x", NOON_MS, AGREEMENT_ALLOWS},
    {"a kind that is not listed is not", "kinds=incident", KIND_RESOURCE, "name=x", NOON_MS, AGREEMENT_KIND},
    {"a kind that this node does not know is not", "kinds=incident", 200, "name=x", NOON_MS, AGREEMENT_KIND},
    {"before the period nothing is let in", "valid_from=1970-01-01T13:00:00Z", KIND_INCIDENT, "name=x", NOON_MS, AGREEMENT_PERIOD},
    {"from its first moment on it is", "valid_from=1970-01-01T12:00:00Z", KIND_INCIDENT, "name=x", NOON_MS, AGREEMENT_ALLOWS},
    {"at its end nothing is let in any more", "valid_to=1970-01-01T12:00:00Z", KIND_INCIDENT, "name=x", NOON_MS, AGREEMENT_PERIOD},
    {"zones are understood", "valid_to=1970-01-01T20:30:00+08:00", KIND_INCIDENT, "name=x", NOON_MS, AGREEMENT_ALLOWS},
    {"a point inside is let in", "area=" SQUARE, KIND_INCIDENT, "name=x|location=28.5,104.5", NOON_MS, AGREEMENT_ALLOWS},
    {"a point outside is not", "area=" SQUARE, KIND_INCIDENT, "name=x|location=29.5,104.5", NOON_MS, AGREEMENT_AREA},
    {"a record without a place is not", "area=" SQUARE, KIND_INCIDENT, "name=x", NOON_MS, AGREEMENT_NO_PLACE},
    {"the area itself is let in, borders and all", "area=" SQUARE, KIND_INCIDENT, "name=x|area=" SQUARE, NOON_MS, AGREEMENT_ALLOWS},
    {"an area that reaches out is not", "area=" SQUARE, KIND_INCIDENT,
     "name=x|area=POLYGON 28.5,104.5 28.5,105.5 28.9,105.5 28.9,104.5 28.5,104.5", NOON_MS, AGREEMENT_AREA},
    {"a small circle in the area is let in", "area=" SQUARE, KIND_INCIDENT, "name=x|area=CIRCLE 28.5,104.5 10", NOON_MS,
     AGREEMENT_ALLOWS},
    {"a circle over its border is not", "area=" SQUARE, KIND_INCIDENT, "name=x|area=CIRCLE 28.95,104.5 10", NOON_MS, AGREEMENT_AREA},
    {"one of two places outside is one too many", "area=" SQUARE, KIND_INCIDENT,
     "name=x|location=28.5,104.5|area=CIRCLE 40,100 5", NOON_MS, AGREEMENT_AREA},
    {"a second agreed area is looked at too", "area=" SQUARE ";CIRCLE 40,100 50", KIND_INCIDENT, "name=x|area=CIRCLE 40,100 5",
     NOON_MS, AGREEMENT_ALLOWS},
    {"latitude and longitude of a resource are its place", "area=" SQUARE, KIND_RESOURCE, "name=x|lat=28.5|lon=104.5", NOON_MS,
     AGREEMENT_ALLOWS},
    {"and may lie outside", "area=" SQUARE, KIND_RESOURCE, "name=x|lat=10|lon=104.5", NOON_MS, AGREEMENT_AREA},
    {"a code that is agreed is let in", "geocode=GB2260=511502", KIND_INCIDENT, "name=x|geocode=GB2260=511502", NOON_MS,
     AGREEMENT_ALLOWS},
    {"a district of an agreed city is", "geocode=GB2260=511500", KIND_INCIDENT, "name=x|geocode=GB2260=511502", NOON_MS,
     AGREEMENT_ALLOWS},
    {"a city of an agreed province is", "geocode=GB2260=510000", KIND_INCIDENT, "name=x|geocode=GB2260=511500", NOON_MS,
     AGREEMENT_ALLOWS},
    {"the province of an agreed city is not", "geocode=GB2260=511500", KIND_INCIDENT, "name=x|geocode=GB2260=510000", NOON_MS,
     AGREEMENT_AREA},
    {"a county of an agreed state is", "geocode=SAME=006000", KIND_INCIDENT, "name=x|geocode=SAME=006109", NOON_MS,
     AGREEMENT_ALLOWS},
    {"the same digits of another scheme are not", "geocode=SAME=006109", KIND_INCIDENT, "name=x|geocode=FIPS=006109", NOON_MS,
     AGREEMENT_AREA},
    {"zeroes of other schemes mean nothing", "geocode=X=5100", KIND_INCIDENT, "name=x|geocode=X=5101", NOON_MS, AGREEMENT_AREA},
    {"one of two codes outside is one too many", "geocode=SAME=006000", KIND_INCIDENT, "name=x|geocode=SAME=006109;SAME=007001",
     NOON_MS, AGREEMENT_AREA},
    {"the class that is agreed is let in", "", KIND_INCIDENT, "name=x|tlp=TLP:AMBER", NOON_MS, AGREEMENT_ALLOWS},
    {"one above it is not", "", KIND_INCIDENT, "name=x|tlp=TLP:AMBER+STRICT", NOON_MS, AGREEMENT_TLP},
    {"RED is not", "", KIND_INCIDENT, "name=x|tlp=TLP:RED", NOON_MS, AGREEMENT_TLP},
    {"the kind is told before the class", "kinds=resource", KIND_INCIDENT, "name=x|tlp=TLP:RED", NOON_MS, AGREEMENT_KIND},
};

static void test_terms_decide_at_writing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
        uint8_t terms[2048], record[2048];
        char text[1024];
        struct agreement agreement;
        const struct kind *kind = kind_by_number(judged[i].kind);
        snprintf(text, sizeof(text), TERMS "|%s", judged[i].terms);
        print_message("%s\n", judged[i].says);
        assert_int_equal(agreement_read(&agreement, body_of(&kind_agreement, text, terms, sizeof(terms)), NULL), MUSTER_OK);
        struct agreement_subject subject = {
            judged[i].kind, body_of(kind ? kind : &kind_incident, judged[i].record, record, sizeof(record)), judged[i].now_ms};
        assert_int_equal(agreement_judge(&agreement, &subject), judged[i].want);
    }
}

/* GREEN is agreed: what has no label is taken as AMBER, and a label of tomorrow as RED. */
static void test_labels(void **state)
{
    uint8_t bytes[256];
    (void)state;
    assert_int_equal(agreement_tlp(body_of(&kind_incident, "name=x", bytes, sizeof(bytes))), TLP_AMBER);
    assert_int_equal(agreement_tlp(body_of(&kind_incident, "tlp=TLP:CLEAR", bytes, sizeof(bytes))), TLP_CLEAR);
    struct writer w = writer_over(bytes, sizeof(bytes));
    pack_map(&w, 1);
    pack_uint(&w, 2);
    pack_text(&w, "TLP:PURPLE", 10);
    assert_int_equal(agreement_tlp((struct bytes){bytes, writer_len(&w)}), TLP_RED);
    assert_string_equal(agreement_tlp_name(TLP_AMBER_STRICT), "TLP:AMBER+STRICT");
}

static const struct {
    const char *says, *terms;
    enum muster_error want;
} read_rows[] = {
    {"terms are read", TERMS, MUSTER_OK},
    {"one party makes no agreement", "parties=" A64 "|tlp_max=TLP:RED|onward=free|space=" C64, MUSTER_EMISSING},
    {"a party twice makes none", "parties=" A64 ";" A64 "|tlp_max=TLP:RED|onward=free|space=" C64, MUSTER_EBADVALUE},
    {"a party is an id", "parties=" A64 ";Red Cross|tlp_max=TLP:RED|onward=free|space=" C64, MUSTER_EBADVALUE},
    {"the space is an id", "parties=" A64 ";" B64 "|tlp_max=TLP:RED|onward=free|space=flood", MUSTER_EBADVALUE},
    {"without parties there are none", "tlp_max=TLP:RED|onward=free|space=" C64, MUSTER_EMISSING},
    {"without a class it says nothing", "parties=" A64 ";" B64 "|onward=free|space=" C64, MUSTER_ETOKEN},
    {"a kind that there is not is told", TERMS "|kinds=incidnet", MUSTER_EKIND},
    {"a period has a length", TERMS "|valid_from=2026-01-01T00:00:00Z|valid_to=2026-01-01T00:00:00Z", MUSTER_EBADVALUE},
};

static void test_terms_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(read_rows); i++) {
        uint8_t bytes[2048];
        struct agreement agreement;
        struct kind_problem problem = {.error = MUSTER_OK};
        print_message("%s\n", read_rows[i].says);
        assert_int_equal(agreement_read(&agreement, body_of(&kind_agreement, read_rows[i].terms, bytes, sizeof(bytes)), &problem),
                         read_rows[i].want);
        assert_int_equal(problem.error, read_rows[i].want);
        assert_int_equal(problem.sentence[0] != 0, read_rows[i].want != MUSTER_OK);
    }
}

static void test_every_party_signs(void **state)
{
    uint8_t bytes[2048];
    struct agreement agreement;
    struct agency_id a, b, stranger, missing[2];
    (void)state;
    memset(a.b, 0xaa, sizeof(a.b));
    memset(b.b, 0xbb, sizeof(b.b));
    memset(stranger.b, 0xdd, sizeof(stranger.b));
    assert_int_equal(agreement_read(&agreement, body_of(&kind_agreement, TERMS, bytes, sizeof(bytes)), NULL), MUSTER_OK);
    assert_true(agreement_is_party(&agreement, &a) && agreement_is_party(&agreement, &b));
    assert_false(agreement_is_party(&agreement, &stranger));
    assert_int_equal(agreement_missing(&agreement, NULL, 0, missing, 2), 2);
    assert_int_equal(agreement_missing(&agreement, &stranger, 1, missing, 2), 2); /* a stranger's signature is none */
    assert_int_equal(agreement_missing(&agreement, &a, 1, missing, 2), 1);
    assert_true(agency_id_eq(&missing[0], &b));
    const struct agency_id both[] = {b, a};
    assert_int_equal(agreement_missing(&agreement, both, 2, missing, 2), 0);
    struct agreement_subject subject = {KIND_INCIDENT, body_of(&kind_incident, "name=x", bytes + 1024, 1024), NOON_MS};
    assert_int_equal(agreement_judge(&agreement, &subject), AGREEMENT_ALLOWS);
    agreement.ended = true;
    assert_int_equal(agreement_judge(&agreement, &subject), AGREEMENT_ENDED);
}

enum { NO_TERM = -1 };

static const struct {
    const char *says;
    bool own, readers, consent;
    int tlp, term; /* enum agreement_onward */
    enum onward_rule want;
    bool allowed;
} onward[] = {
    {"the owner shares its own", true, false, false, TLP_AMBER, ONWARD_NONE, ONWARD_BY_OWNER, true},
    {"the owner shares what is STRICT", true, false, false, TLP_AMBER_STRICT, NO_TERM, ONWARD_BY_OWNER, true},
    {"even the owner does not share RED", true, true, true, TLP_RED, ONWARD_FREE, ONWARD_RED, false},
    {"nobody else shares STRICT, whatever is agreed", false, true, true, TLP_AMBER_STRICT, ONWARD_FREE, ONWARD_STRICT, false},
    {"terms may say none", false, true, true, TLP_CLEAR, ONWARD_NONE, ONWARD_TERM_NONE, false},
    {"terms may say members, and all have it", false, true, false, TLP_AMBER, ONWARD_MEMBERS, ONWARD_BY_READERS, true},
    {"terms may say members, and one is new", false, false, true, TLP_GREEN, ONWARD_MEMBERS, ONWARD_TERM_MEMBERS, false},
    {"consent is asked for", false, true, false, TLP_AMBER, ONWARD_CONSENT, ONWARD_TERM_CONSENT, false},
    {"consent is given", false, false, true, TLP_AMBER, ONWARD_CONSENT, ONWARD_BY_CONSENT, true},
    {"terms may say free", false, false, false, TLP_AMBER, ONWARD_FREE, ONWARD_BY_TERM, true},
    {"without terms GREEN goes on", false, false, false, TLP_GREEN, NO_TERM, ONWARD_BY_TLP, true},
    {"without terms AMBER does not", false, false, false, TLP_AMBER, NO_TERM, ONWARD_NO_TERM, false},
    {"without terms AMBER goes with consent", false, false, true, TLP_AMBER, NO_TERM, ONWARD_BY_CONSENT, true},
    {"without terms AMBER goes to those who have it", false, true, false, TLP_AMBER, NO_TERM, ONWARD_BY_READERS, true},
};

static void test_what_may_go_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(onward); i++) {
        struct agreement term = {.onward = (enum agreement_onward)(onward[i].term < 0 ? 0 : onward[i].term)};
        struct onward_question question = {onward[i].own, onward[i].readers, onward[i].consent, onward[i].tlp,
                                           onward[i].term < 0 ? NULL : &term};
        print_message("%s\n", onward[i].says);
        assert_int_equal(onward_judge(&question), onward[i].want);
        assert_int_equal(onward_allows(onward[i].want), onward[i].allowed);
        assert_true(*onward_rule_says(onward[i].want));
        assert_int_equal(*onward_rule_remedy(onward[i].want) == 0, onward[i].allowed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms_decide_at_writing), cmocka_unit_test(test_labels), cmocka_unit_test(test_terms_are_read),
        cmocka_unit_test(test_every_party_signs),       cmocka_unit_test(test_what_may_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
