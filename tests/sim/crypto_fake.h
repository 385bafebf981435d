/* crypto_fake.h — signatures and boxes that cost a hash, for long campaigns.
 *
 * The linker puts these in the way (--wrap) of the real ones; crypto_fake_use says which are meant.  A fake signature is a
 * hash of the public key and the bytes: whoever has them could make it, so the simulation's liars take real secrets, and
 * whatever was changed on the way still fails.  Sizes are the real ones. */
#ifndef MUSTER_TESTS_CRYPTO_FAKE_H
#define MUSTER_TESTS_CRYPTO_FAKE_H

#include <stdbool.h>

/* Before the first run, and not again. */
void crypto_fake_use(bool fake);

#endif
