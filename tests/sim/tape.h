/* tape.h — the only source of chance of a simulation: bytes.
 *
 * A seed expands to a tape; a fuzzer or a file gives one too.  Behind the last byte come zeroes, and zero always means the
 * quiet choice, so that a shorter tape is a calmer run. */
#ifndef MUSTER_TESTS_SIM_TAPE_H
#define MUSTER_TESTS_SIM_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tape {
    const uint8_t *bytes;
    size_t len, pos;
};

/* A number in 0..n-1 from one byte (n up to 256), two or four.  0 when the tape has ended or n is 0. */
uint32_t tape_below(struct tape *tape, uint32_t n);
/* True once in n times; never when the tape has ended. */
bool tape_one_in(struct tape *tape, uint32_t n);
/* Milliseconds between nothing and three hours, short ones more often; at least 200. */
uint64_t tape_while(struct tape *tape);

/* The next of an endless deterministic sequence; *state is any number. */
uint64_t sequence_next(uint64_t *state);
/* Fills a tape of len bytes from a seed. */
void tape_of_seed(uint8_t *bytes, size_t len, uint64_t seed);

#endif
