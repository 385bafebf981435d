/* link.h — the objects that a body names. */
#ifndef MUSTER_PROTOCOL_KINDS_LINK_H
#define MUSTER_PROTOCOL_KINDS_LINK_H

#include "protocol/kinds/field.h"

struct link_walk {
    struct cursor at;
    uint32_t left;
    struct bytes one; /* of a field of type object */
};

/* Can a field of this type name objects?  Worth asking before a body is searched for it. */
bool link_field(const struct field *field);
/* The links in one value of a field of type object or links, whoever wrote it; none in a value of another type.
 * Borrowed from the value. */
void link_walk_start(struct link_walk *walk, const struct field *field, const struct pack_value *value);
/* The next one: its role, empty for a field of type object, and the 16 bytes of the object.  What is no link is passed
 * over; false behind the last, or behind FIELD_ITEMS. */
bool link_walk_next(struct link_walk *walk, struct bytes *role, struct bytes *target);

#endif
