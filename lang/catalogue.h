/* catalogue.h — reading a .mo file of gettext, as it lies in memory.
 *
 * Every offset is checked where it is used, so that a damaged file gives English sentences and nothing worse. */
#ifndef MUSTER_LANG_CATALOGUE_H
#define MUSTER_LANG_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalogue {
    const uint8_t *at; /* borrowed */
    size_t len, count; /* bytes; sentences */
    size_t ids, texts; /* offsets of the two tables */
};

/* Looks at the header of len bytes (little-endian, format revision 0).  False if it is none. */
bool catalogue_read(struct catalogue *out, const void *bytes, size_t len);
/* The translation, inside the bytes, or NULL.  An empty msgid, which has the file's own header, gives NULL. */
const char *catalogue_find(const struct catalogue *catalogue, const char *msgid);

#endif
