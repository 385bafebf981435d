/* base64.h — bytes as RFC 4648 base64 with padding, the form of evidence in JSON. */
#ifndef MUSTER_FORMATS_BASE64_H
#define MUSTER_FORMATS_BASE64_H

#include <stddef.h>

/* The characters that len bytes take, without NUL. */
size_t base64_len(size_t len);
/* NUL-terminated; out holds base64_len(len) + 1 bytes.  Returns out. */
char *base64_from(char *out, const void *bytes, size_t len);

#endif
