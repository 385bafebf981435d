#include "sim/tape.h"

static uint8_t next(struct tape *tape)
{
    return tape->pos < tape->len ? tape->bytes[tape->pos++] : 0;
}

uint32_t tape_below(struct tape *tape, uint32_t n)
{
    uint32_t drawn = next(tape);
    if (n > 256)
        drawn |= (uint32_t)next(tape) << 8;
    if (n > 65536)
        drawn |= (uint32_t)next(tape) << 16 | (uint32_t)next(tape) << 24;
    return n ? drawn % n : 0;
}

bool tape_one_in(struct tape *tape, uint32_t n)
{
    return tape_below(tape, n < 2 ? 2 : n) == 1 || (n < 2 && tape->pos < tape->len);
}

uint64_t tape_while(struct tape *tape)
{
    static const uint32_t classes[] = {200, 1000, 5000, 15000, 60000, 300000, 1800000, 10800000};
    uint64_t most = classes[tape_below(tape, 256) % 31 % 8];
    return 200 + most * (1 + tape_below(tape, 8)) / 8;
}

uint64_t sequence_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void tape_of_seed(uint8_t *bytes, size_t len, uint64_t seed)
{
    uint64_t state = seed * 0xd1342543de82ef95u + 1;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = sequence_next(&state);
        for (size_t b = 0; b < 8 && i + b < len; b++)
            bytes[i + b] = (uint8_t)(word >> 8 * b);
    }
}
