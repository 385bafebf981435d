/* shrink.c — delta debugging of a tape: cut pieces out, then turn pieces into quiet zeroes, as long as it still fails the
 * same way. */
#include "sim/sim.h"

#include <stdlib.h>

static bool still(const struct sim_options *options, const uint8_t *tape, size_t len, const char *invariant, struct sim_result *result)
{
    return !sim_run(options, (struct tape){tape, len, 0}, result) && strcmp(result->invariant, invariant) == 0;
}

static bool pass(const struct sim_options *options, uint8_t *tape, size_t *len, size_t piece, bool zero, const char *invariant,
                 struct sim_result *result, uint8_t *trial)
{
    bool better = false;
    for (size_t at = 0; at < *len;) {
        size_t n = *len - at < piece ? *len - at : piece, trial_len = *len;
        memcpy(trial, tape, *len);
        bool news = false;
        for (size_t i = 0; i < n; i++)
            news = news || tape[at + i];
        if (zero)
            memset(trial + at, 0, n);
        else {
            memmove(trial + at, trial + at + n, *len - at - n);
            trial_len -= n;
        }
        if ((!zero || news) && still(options, trial, trial_len, invariant, result)) {
            memcpy(tape, trial, trial_len);
            *len = trial_len;
            better = true;
            if (zero)
                at += n;
        } else {
            at += n;
        }
    }
    return better;
}

size_t sim_shrink(const struct sim_options *options, uint8_t *tape, size_t len, const char *invariant)
{
    struct sim_options quick = *options;
    struct sim_result *result = malloc(sizeof(*result));
    uint8_t *trial = malloc(len + 1);
    quick.says = quick.loud = false;
    if (!result || !trial)
        abort();
    /* The end first: what is behind the failure is never read. */
    for (size_t keep = len / 2; keep > 16 && still(options, tape, keep, invariant, result); keep /= 2)
        len = keep;
    for (size_t piece = len / 2; piece >= 1; piece /= 2) {
        fprintf(stderr, "shrinking: %zu bytes, pieces of %zu\n", len, piece);
        (void)pass(&quick, tape, &len, piece, false, invariant, result, trial);
        (void)pass(&quick, tape, &len, piece, true, invariant, result, trial);
    }
    while (len && !tape[len - 1])
        len--;
    free(trial);
    free(result);
    return len;
}
