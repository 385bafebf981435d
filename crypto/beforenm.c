/* beforenm.c — the shared key of two CURVE keys, with the failure reported instead of asserted.
 *
 * Named by its curve so that the process may define crypto_box_beforenm itself (node/beforenm.c)
 * without calling itself. */
#include "crypto/crypto.h"

#include <sodium.h>

int crypto_curve_beforenm(unsigned char k[32], const unsigned char pk[32], const unsigned char sk[32])
{
    return crypto_box_curve25519xsalsa20poly1305_beforenm(k, pk, sk);
}
