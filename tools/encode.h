/* encode.h — base64, and media types by file name: how evidence travels to the node. */
#ifndef MUSTER_TOOLS_ENCODE_H
#define MUSTER_TOOLS_ENCODE_H

#include <stddef.h>

/* RFC 4648 with padding; owned by the caller. */
char *base64_text(const void *bytes, size_t len);
/* By the ending of the name; "application/octet-stream" when it is not known. */
const char *media_type_of(const char *path);

#endif
