/* find_terms.h — the terms that an object is found by (find.h); for find.c alone. */
#ifndef MUSTER_PROTOCOL_OBJECT_FIND_TERMS_H
#define MUSTER_PROTOCOL_OBJECT_FIND_TERMS_H

#include "protocol/object/find.h"

enum {
    CELLS_OF_OBJECT_MAX = 40,
    CODES_OF_OBJECT_MAX = 48,
    VALUES_OF_OBJECT_MAX = 40,
    OWN_TERMS_MAX = CELLS_OF_OBJECT_MAX + CODES_OF_OBJECT_MAX + VALUES_OF_OBJECT_MAX + 3
};

struct own_terms {
    const struct core *core;
    struct term at[OWN_TERMS_MAX];
    bool placed[OWN_TERMS_MAX]; /* its entry carries the box */
    size_t count, cells, codes, values;
    bool many_cells, many_codes, many_values, boxed;
    struct geo_box box; /* around all of it */
    struct geo_point pair; /* of two fields */
    bool has_lat, has_lon;
};

/* Is an object found by a value of the field? */
bool find_field(const struct field *field);
void own_terms_of(struct own_terms *out, const struct core *core, uint16_t kind, struct bytes view);
/* A box as it stands in entries, a little wider than it is. */
void find_box_write(uint8_t out[FIND_BOX_BYTES], const struct geo_box *box);

#endif
