/* chance.h — the same "random" numbers in every run (xorshift64*). */
#ifndef MUSTER_TESTS_CHANCE_H
#define MUSTER_TESTS_CHANCE_H

#include <stdint.h>

struct chance {
    uint64_t state; /* not 0 */
};

static inline uint64_t chance_u64(struct chance *c)
{
    c->state ^= c->state >> 12;
    c->state ^= c->state << 25;
    c->state ^= c->state >> 27;
    return c->state * 0x2545f4914f6cdd1dull;
}

/* 0..below-1 */
static inline uint64_t chance_below(struct chance *c, uint64_t below)
{
    return (chance_u64(c) >> 16) % below;
}

#endif
