/* beforenm.c — a hostile server's WELCOME must not end the node that dialled it.
 *
 * libzmq asserts that crypto_box_beforenm succeeds.  A server that sends a short-term key of small
 * order makes it fail, and with it the process of whoever dialled.  The dynamic linker prefers a
 * definition in the executable, so libzmq calls this one: on failure the shared key is random, the
 * handshake then fails like any other with a wrong key, and the node goes on.
 *
 * The executable must export the symbol: link it with -rdynamic, or with
 * -Wl,--export-dynamic-symbol=crypto_box_beforenm, and never link libzmq statically.  beforenm_ready
 * tells whether that was done; link_start refuses to start when it was not. */
#include "node/link_inner.h"

#include <dlfcn.h>

int crypto_box_beforenm(unsigned char *k, const unsigned char *pk, const unsigned char *sk);

int crypto_box_beforenm(unsigned char *k, const unsigned char *pk, const unsigned char *sk)
{
    if (crypto_curve_beforenm(k, pk, sk) != 0)
        crypto_random(k, 32);
    return 0;
}

bool beforenm_ready(void)
{
    union { /* ISO C has no conversion from an object pointer to a function pointer */
        void *object;
        int (*function)(unsigned char *, const unsigned char *, const unsigned char *);
    } found = {.object = dlsym(RTLD_DEFAULT, "crypto_box_beforenm")};
    return found.function == crypto_box_beforenm;
}
