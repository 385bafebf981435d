/* The bytes of dict/NAME.zdict as C: dict/NAME.inc is written beside it by dict/train.py, and a test
 * compares both with the hashes that they must have for ever. */
#include "protocol/kinds/kinds.h"

static const uint8_t incident[] = {
#include "protocol/kinds/dict/incident.inc"
};
static const uint8_t resource[] = {
#include "protocol/kinds/dict/resource.inc"
};
static const uint8_t evaluation[] = {
#include "protocol/kinds/dict/evaluation.inc"
};

bool kind_dictionary(uint8_t dictionary_id, struct bytes *out)
{
    static const struct bytes rows[] = {
        {NULL, 0},
        {incident, sizeof(incident)},
        {resource, sizeof(resource)},
        {evaluation, sizeof(evaluation)},
    };
    if (dictionary_id >= ARRAY_LEN(rows))
        return false;
    *out = rows[dictionary_id];
    return true;
}

uint8_t kind_dictionary_id(uint16_t kind_number)
{
    switch (kind_number) {
    case KIND_INCIDENT:
        return 1;
    case KIND_RESOURCE:
        return 2;
    case KIND_EVALUATION:
        return 3;
    default:
        return 0;
    }
}
