/* terms.h — who owned an object, from its create on: the chain of terms (RULES O1 to O3, O6).
 *
 * A term is the id of the create or take that started an ownership, or of the majority's
 * reassign.  The chain only grows at its end, except where a reassign or a cut arrives. */
#ifndef MUSTER_PROTOCOL_OBJECT_TERMS_H
#define MUSTER_PROTOCOL_OBJECT_TERMS_H

#include "protocol/object/past.h"

/* A majority's `reassign` of the object (RULES O3). */
struct object_assigned {
    struct hash term; /* the term it ends */
    struct agency_id agency;
    struct hash id; /* of the control operation; names the next term */
    const struct record_id *seen; /* newest records that its author had: these and their past are not late (RULES O4); borrowed */
    size_t seen_count;
};

struct object_term {
    struct hash id;
    struct agency_id owner;
    uint32_t record; /* the create or take, or OBJECT_NONE: an assignment, or its record is not here */
    const struct object_assigned *assigned; /* the assignment that began it, or NULL */
};

struct terms {
    struct object_term *chain; /* from the create on; empty without one */
    uint32_t count;
    uint32_t *sorted; /* numbers of the chain, by id */
    /* One for each record: */
    const uint32_t *offer_of; /* of a live take or refuse by whom an offer names: that offer; else OBJECT_NONE */
    const bool *refused;      /* of an offer: by whom it names */
    const bool *stands;       /* of an offer: the first of its log and term that is not refused */
};

/* Builds the chain.  MUSTER_ETOOBIG if the arena is full. */
MUST_USE enum muster_error terms_build(struct terms *out, const struct past *past,
                                       const struct object_assigned *assigned, size_t assigned_count,
                                       struct object_arena *arena);
/* Bytes of arena that terms_build needs at most. */
size_t terms_bytes(size_t count, size_t assigned_count);

/* The place of a term in the chain, or OBJECT_NONE. */
uint32_t terms_find(const struct terms *terms, const struct hash *id);

#endif
