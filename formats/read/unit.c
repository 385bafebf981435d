#include "formats/read/unit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Compared without regard to case; a unit whose case carries meaning is not here in two meanings. */
static const struct {
    const char *word, *unit;
} units[] = {
    {"kg", "kg"},         {"kgs", "kg"},          {"kilo", "kg"},         {"kilos", "kg"},
    {"kilogram", "kg"},   {"kilograms", "kg"},    {"g", "g"},             {"gm", "g"},
    {"gram", "g"},        {"grams", "g"},         {"mg", "mg"},           {"t", "t"},
    {"tonne", "t"},       {"tonnes", "t"},        {"mt", "t"},            {"l", "L"},
    {"lt", "L"},          {"ltr", "L"},           {"ltrs", "L"},          {"liter", "L"},
    {"liters", "L"},      {"litre", "L"},         {"litres", "L"},        {"ml", "mL"},
    {"m", "m"},           {"meter", "m"},         {"meters", "m"},        {"metre", "m"},
    {"metres", "m"},      {"km", "km"},           {"m2", "m2"},           {"m3", "m3"},
    {"cbm", "m3"},        {"kw", "kW"},           {"kwh", "kW.h"},        {"hour", "h"},
    {"hours", "h"},       {"day", "d"},           {"days", "d"},          {"pc", "{pcs}"},
    {"pcs", "{pcs}"},     {"piece", "{pcs}"},     {"pieces", "{pcs}"},    {"unit", "{unit}"},
    {"units", "{unit}"},  {"box", "{box}"},       {"boxes", "{box}"},     {"bx", "{box}"},
    {"bag", "{bag}"},     {"bags", "{bag}"},      {"sack", "{sack}"},     {"sacks", "{sack}"},
    {"cs", "{case}"},     {"case", "{case}"},     {"cases", "{case}"},    {"ctn", "{carton}"},
    {"carton", "{carton}"}, {"cartons", "{carton}"}, {"pck", "{pack}"},   {"pack", "{pack}"},
    {"packs", "{pack}"},  {"pkt", "{pack}"},      {"set", "{set}"},       {"sets", "{set}"},
    {"kit", "{kit}"},     {"kits", "{kit}"},      {"tin", "{tin}"},       {"tins", "{tin}"},
    {"can", "{can}"},     {"cans", "{can}"},      {"bottle", "{bottle}"}, {"bottles", "{bottle}"},
    {"barrel", "{barrel}"}, {"barrels", "{barrel}"}, {"roll", "{roll}"},  {"rolls", "{roll}"},
    {"pair", "{pair}"},   {"pairs", "{pair}"},    {"pr", "{pair}"},       {"dozen", "{dozen}"},
    {"doz", "{dozen}"},   {"bed", "{bed}"},       {"beds", "{bed}"},      {"tent", "{tent}"},
    {"tents", "{tent}"},  {"person", "{person}"}, {"persons", "{person}"}, {"people", "{person}"},
    {"dose", "{dose}"},   {"doses", "{dose}"},    {"sheet", "{sheet}"},   {"sheets", "{sheet}"},
};

bool unit_from_text(char out[UNIT_BYTES], const char *text)
{
    size_t len = strlen(text);
    out[0] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcasecmp(units[i].word, text) == 0) {
            snprintf(out, UNIT_BYTES, "%s", units[i].unit);
            return true;
        }
    if (len == 0 || len > UNIT_BYTES - 4)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    snprintf(out, UNIT_BYTES, "{%s}", text);
    return true;
}
