/* sample.c — stock rows and alerts with the words, lengths and numbers of real ones, none like another.
 *
 * The words are this file's own, so that no dictionary of the product has seen the sentences. */
#include "bench/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

uint64_t sample_number(struct sample *sample, uint64_t below)
{
    uint64_t z = (sample->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return below ? z % below : z;
}

void sample_bytes(struct sample *sample, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t z = sample_number(sample, 0);
        memcpy(out + i, &z, len - i < 8 ? len - i : 8);
    }
}

static const char *const things[] = {"family tent",
                                     "tarpaulin 4x6 m",
                                     "fleece blanket",
                                     "water bladder 5 m3",
                                     "hygiene parcel",
                                     "kitchen set",
                                     "jerrycan 20 l",
                                     "diesel generator 12 kVA",
                                     "chainsaw",
                                     "sandbag",
                                     "submersible pump",
                                     "inflatable boat",
                                     "stretcher",
                                     "oxygen concentrator",
                                     "burn dressing",
                                     "rice 25 kg",
                                     "high energy biscuit",
                                     "solar lantern",
                                     "field latrine slab",
                                     "rope 12 mm",
                                     "life jacket",
                                     "satellite terminal",
                                     "portable radio",
                                     "shovel"};
static const char *const towns[] = {"Hejiang", "Naxi",   "Pingshan", "Suijiang",  "Yongshan",  "Leibo",   "Xuzhou",
                                    "Cuiping", "Nanxi",  "Jiang'an", "Changning", "Gongxian",  "Junlian", "Xingwen",
                                    "Gulin",   "Xuyong", "Fuling",   "Wanzhou",   "Zhongxian", "Yunyang"};
static const char *const makers[] = {"Red Cross branch", "county reserve",  "provincial depot",   "army engineers",
                                     "port authority",   "school district", "rural fire service", "health bureau",
                                     "railway works",    "civil air patrol"};
static const char *const clauses[] = {"the river rises %d cm an hour at the old bridge",
                                      "about %d people wait on the roof of the school",
                                      "road %d is open for four-wheel drive only",
                                      "the clinic has fuel for %d hours",
                                      "crates %d and up are stored under the east stairs",
                                      "the last count was made by team %d in the rain",
                                      "a crew of %d can be moved before dark",
                                      "cell tower %d is without power",
                                      "landing is possible for %d more hours",
                                      "the key of gate %d is with the night guard",
                                      "sirens were heard %d times since dawn",
                                      "the dike shows seepage over %d metres",
                                      "cold chain held at %d degrees",
                                      "shelf %d must be used first",
                                      "pallet height is limited to %d cm",
                                      "call sign %d answers on the second channel"};
static const char *const severities[] = {"Minor", "Moderate", "Severe", "Extreme"};
static const char *const phases[] = {"warned", "active", "recovery"};

struct text {
    char *at;
    size_t len;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    text->len += (size_t)vsnprintf(text->at + text->len, SAMPLE_ITEM_MAX - text->len, format, list);
    va_end(list);
    bench_check(text->len < SAMPLE_ITEM_MAX, "a sample is too long");
}

#define PICK(sample, table) ((table)[sample_number(sample, COUNT(table))])

/* Sentences until the text is `until` long: half of each is words, a sixth numbers. */
static void add_prose(struct text *text, struct sample *sample, size_t until)
{
    while (text->len < until) {
        char clause[128];
        const char *form = PICK(sample, clauses);
        const char *hole = strstr(form, "%d");
        snprintf(clause, sizeof(clause), "%.*s%u%s", (int)(hole - form), form, (unsigned)sample_number(sample, 900) + 1,
                 hole + 2);
        add(text, "%s: %s; ", PICK(sample, towns), clause);
    }
}

static void add_stock(struct text *text, struct sample *sample)
{
    add(text, "\"kind\":\"resource\",\"fields\":{\"name\":\"%s\",\"resource_type\":\"%s\",\"quantity\":\"%u\"",
        PICK(sample, things), PICK(sample, things), (unsigned)sample_number(sample, 20000));
    add(text, ",\"unit_text\":\"pcs\",\"lot\":\"L%06u\",\"tracking\":\"%08x-%04x\"",
        (unsigned)sample_number(sample, 1000000), (unsigned)sample_number(sample, UINT32_MAX),
        (unsigned)sample_number(sample, 65536));
    add(text, ",\"owner_org\":\"%s %s\",\"site\":\"%s warehouse %u\"", PICK(sample, towns), PICK(sample, makers),
        PICK(sample, towns), (unsigned)sample_number(sample, 40));
    add(text, ",\"unit_value\":\"%u.%02u\",\"currency\":\"CNY\"", (unsigned)sample_number(sample, 900),
        (unsigned)sample_number(sample, 100));
    add(text, ",\"adm2\":\"%s\",\"lat\":\"%u.%05u\",\"lon\":\"%u.%05u\"", PICK(sample, towns),
        27 + (unsigned)sample_number(sample, 4), (unsigned)sample_number(sample, 100000),
        103 + (unsigned)sample_number(sample, 4), (unsigned)sample_number(sample, 100000));
    add(text, ",\"comments\":\"");
    add_prose(text, sample, 560);
}

static void add_alert(struct text *text, struct sample *sample)
{
    add(text, "\"kind\":\"incident\",\"fields\":{\"name\":\"High water %s, sector %u\",\"phase\":\"%s\"",
        PICK(sample, towns), (unsigned)sample_number(sample, 5000), PICK(sample, phases));
    add(text, ",\"category\":[\"Met\",\"Geo\"],\"event\":\"Flood\",\"severity\":\"%s\",\"urgency\":\"Immediate\"",
        PICK(sample, severities));
    add(text, ",\"certainty\":\"Observed\",\"affected\":%u,\"location\":\"%u.%05u,%u.%05u\"",
        (unsigned)sample_number(sample, 60000), 27 + (unsigned)sample_number(sample, 4),
        (unsigned)sample_number(sample, 100000), 103 + (unsigned)sample_number(sample, 4),
        (unsigned)sample_number(sample, 100000));
    add(text, ",\"area_desc\":\"%s and %s\",\"started\":\"2026-07-%02uT%02u:%02u:00Z\"", PICK(sample, towns),
        PICK(sample, towns), 1 + (unsigned)sample_number(sample, 28), (unsigned)sample_number(sample, 24),
        (unsigned)sample_number(sample, 60));
    add(text, ",\"description\":\"");
    add_prose(text, sample, 590);
}

size_t sample_item(struct sample *sample, char out[SAMPLE_ITEM_MAX], bool flash)
{
    struct text text = {out, 0};
    add(&text, "{\"op\":\"create\",%s", flash ? "\"flash\":true," : "");
    if (flash || sample_number(sample, 2))
        add_alert(&text, sample);
    else
        add_stock(&text, sample);
    add(&text, "\"}}");
    return text.len;
}
