/* link.h — the objects that a body names. */
#ifndef MUSTER_PROTOCOL_KINDS_LINK_H
#define MUSTER_PROTOCOL_KINDS_LINK_H

#include "protocol/kinds/field.h"

/* Roles that order objects: who follows them must not come back to where it began. */
enum link_chain {
    LINK_NO_CHAIN,
    LINK_WHOLE,     /* part-of */
    LINK_CAUSE,     /* causes, and the same from the other end: secondary-to */
    LINK_COPY,      /* duplicates */
    LINK_SUCCESSOR, /* replaces */
    LINK_SERIES,    /* continues */
    LINK_ORDER,     /* after */
    LINK_COMMAND,   /* reports-to */
    LINK_ANNEX,     /* annex-to */
    LINK_CORRECTION, /* corrects */
    LINK_CHAINS
};

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
/* The chain that links of the role belong to; *reversed: the link leads from the object that is named to the one that names. */
enum link_chain link_chain_of(struct bytes role, bool *reversed);
/* Has the chain such a role? */
bool link_chain_has_reversed(uint8_t chain);
/* The role that leads on: "part-of". */
const char *link_chain_role(uint8_t chain);

#endif
