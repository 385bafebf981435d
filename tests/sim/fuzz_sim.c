/* fuzz_sim.c — a fuzzer drives the simulator: its input is the tape. */
#include "sim/crypto_fake.h"
#include "sim/sim.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sim_result result;
    struct sim_options options = {.nodes = 4, .hours = 1, .spaces_max = 2};
    if (crypto_start() != MUSTER_OK)
        abort();
    crypto_fake_use(true);
    if (!sim_run(&options, (struct tape){data, size, 0}, &result)) {
        fprintf(stderr, "%s: %s\n", result.invariant, result.text);
        abort();
    }
    return 0;
}
