/* armour.h — bytes as text that survives mail and chat.
 *
 *   -----BEGIN MUSTER CARD-----
 *   base64, 64 characters a line
 *   =CHECK (first 6 bytes of H("muster/1/armour", bytes), base64)
 *   -----END MUSTER CARD-----
 *
 * Reading skips whatever stands before and after, quote marks ("> "), white space and carriage returns. */
#ifndef MUSTER_PROTOCOL_TRUST_ARMOUR_H
#define MUSTER_PROTOCOL_TRUST_ARMOUR_H

#include "base/bytes.h"

/* what: "CARD", "INVITE".  Returns the length without NUL that it needed; cut if size is too small. */
size_t armour_write(char *out, size_t size, const char *what, const void *bytes, size_t len);
/* ENOTFOUND (no such block), ETRUNCATED, EBADVALUE (a character that is no base64), EHASH, ETOOBIG. */
MUST_USE enum muster_error armour_read(uint8_t *out, size_t size, size_t *len, const char *what, const char *text,
                                       size_t text_len);

#endif
