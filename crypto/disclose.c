#include "crypto/disclose.h"

#include <sodium.h>

enum { NONCE_HEAD = 16, NONCE_TAIL = 8 };

_Static_assert(sizeof(struct seal_nonce) == NONCE_HEAD + NONCE_TAIL, "the nonce's first part makes the message's key");
_Static_assert(crypto_core_hchacha20_INPUTBYTES == NONCE_HEAD && crypto_core_hchacha20_OUTPUTBYTES == 32,
               "HChaCha20 is what the message's key is made with");
_Static_assert(crypto_aead_chacha20poly1305_ietf_NPUBBYTES == 4 + NONCE_TAIL, "four zeroes and the nonce's last part");

void message_key_of(struct message_key *out, const struct seal_key *key, const struct seal_nonce *nonce)
{
    crypto_core_hchacha20(out->b, nonce->b, key->b, NULL);
}

enum muster_error message_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct bytes *aad,
                               const struct seal_nonce *nonce, const struct message_key *key)
{
    uint8_t tail[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {0};
    if (len < SEAL_TAG_BYTES)
        return MUSTER_ETRUNCATED;
    memcpy(tail + 4, nonce->b + NONCE_HEAD, NONCE_TAIL);
    int failed = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, len, aad ? aad->at : NULL,
                                                           aad ? aad->len : 0, tail, key->b);
    return failed ? MUSTER_EDECRYPT : MUSTER_OK;
}
