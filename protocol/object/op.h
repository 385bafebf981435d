/* op.h — what a record of an object does, and what its references mean.
 *
 * Both numbers are bytes of the record header: append, never renumber (SPEC 4).  A number that is
 * not listed here is kept, relayed and shown as opaque; a fold follows its references and gives it
 * no effect. */
#ifndef MUSTER_PROTOCOL_OBJECT_OP_H
#define MUSTER_PROTOCOL_OBJECT_OP_H

#include <stdbool.h>
#include <stdint.h>

/* 1..31 are for objects and their erasure (RULES O, E), 32..63 for quantities (RULES Q). */
enum object_op {
    OP_CREATE = 1,     /* starts the object and its first term */
    OP_UPDATE = 2,     /* term; sets fields */
    OP_RETRACT = 3,    /* term; the object is withdrawn as long as this is a head */
    OP_OFFER = 4,      /* term, to-agency */
    OP_TAKE = 5,       /* offer; starts the next term */
    OP_REFUSE = 6,     /* offer */
    OP_PROPOSE = 7,    /* sets fields, if the owner accepts */
    OP_ACCEPT = 8,     /* term, proposal; carries the accepted change itself */
    OP_DECLINE = 9,    /* term, proposal */
    OP_ERASE = 10,     /* target */
    OP_HOLD = 11,      /* target */
    OP_UNHOLD = 12,    /* hold */
    OP_RESOLVE = 13,   /* term; an update that refers to all heads */
    OP_SUPERSEDE = 14, /* term; an update that replaces the object by what its payload names */
    OP_SIGN = 15,      /* dep: exactly the content that is signed; to-agency: who is allowed to share that onward */

    OP_MINT = 32,
    OP_GRANT = 33,
    OP_COMMIT = 34,
    OP_COVER = 35,
    OP_RETURN = 36,
    OP_RELEASE = 37,
    OP_RECLAIM = 38
};

/* The role of a typed reference.  Dep, offer and proposal lead into a record's past (RULES G4). */
enum ref_role {
    REF_DEP = 1,       /* a head that the author had seen */
    REF_TERM = 2,      /* the create, take or reassign under which the author owns */
    REF_TARGET = 3,    /* what is erased or held */
    REF_RIGHT = 4,     /* a right that is spent */
    REF_OFFER = 5,     /* what is taken or refused */
    REF_PROPOSAL = 6,  /* what is answered */
    REF_COVER = 7,     /* the promise that is covered */
    REF_HOLD = 8,      /* the hold that ends */
    REF_TO_AGENCY = 9, /* whom an offer names: an agency id, not a record */
    REF_TO_LOG = 10,   /* who gets rights: a log id, not a record */
    REF_PROMISE = 11,  /* the commit that is released */
    REF_RECLAIM = 12,  /* the reclaim that a return answers */
    REF_WRAP = 13      /* of a personal record: hash of its wrapped key, which no payload hash covers */
};

/* What a body holds beside fields, which end at 63: outside the mask and every view (SPEC S7.1.5). */
enum body_number {
    BODY_REASON = 64,   /* text: why, in the author's words */
    BODY_SUCCESSOR = 65 /* 16 bytes, of a supersede: the object that takes this one's place */
};
enum { BODY_REASON_BYTES = 1024 };

/* Content: what can be a head of an object and set its fields (RULES O5). */
static inline bool object_op_is_content(uint8_t op)
{
    return op == OP_CREATE || op == OP_UPDATE || op == OP_RETRACT || op == OP_ACCEPT || op == OP_RESOLVE ||
           op == OP_SUPERSEDE;
}

/* Records of quantities: they change nothing of what the object is (S7.4.9). */
static inline bool object_op_is_quantity(uint8_t op)
{
    return op >= OP_MINT && op <= OP_RECLAIM;
}

/* Erasable: whatever no fold needs but for its fields (RULES Q9). */
static inline bool object_op_is_erasable(uint8_t op)
{
    return object_op_is_content(op) || op == OP_PROPOSE;
}

#endif
