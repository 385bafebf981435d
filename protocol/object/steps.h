/* steps.h — who may do what with an object now (RULES O2, O3, O7, O9).
 *
 * A fold takes whatever was signed and says what it is worth; this says beforehand what would be worth something, so that a
 * node writes nothing else.  The same code serves the write and the sentence that a person reads. */
#ifndef MUSTER_PROTOCOL_OBJECT_STEPS_H
#define MUSTER_PROTOCOL_OBJECT_STEPS_H

#include "protocol/object/look.h"

struct object_step {
    uint8_t op;              /* enum object_op */
    struct agency_id by;     /* who wants it */
    struct record_id about;  /* the offer or proposal (for OP_ACCEPT also a late record); none: the only one there is */
    struct agency_id to;     /* OP_OFFER */
};

enum step_why {
    STEP_LEGAL,
    STEP_NO_OBJECT,     /* its create is not here */
    STEP_ERASED,        /* nothing of it is left to change */
    STEP_NOT_OWNER,     /* `who` owns it */
    STEP_TO_SELF,       /* an offer to the owner itself */
    STEP_OFFERED,       /* `about` is open already, to `who` */
    STEP_NO_OFFER,      /* nothing is offered to that agency */
    STEP_NO_PROPOSAL,   /* no open one */
    STEP_SEVERAL,       /* which of them? */
    STEP_OTHER_THING,   /* `about` is no offer, proposal or late record of this object */
    STEP_ANSWERED,      /* `about` has its answer, or its term is over */
    STEP_NOT_NAMED,     /* `about` is an offer to `who` */
    STEP_ONE_BRANCH,    /* nothing to resolve */
    STEP_UNKNOWN,
    STEP_NO_VALUES      /* `about` is late and sets no field: an accept would take over nothing */
};

struct object_verdict {
    enum muster_error error; /* OK, ENOTFOUND, EERASED, ENOTOWNER, ESTEP */
    enum step_why why;
    struct agency_id who;    /* who may, if somebody may */
    struct record_id about;  /* what it answers: the record that was named or the only one there is */
    uint32_t record;         /* its place in the look, or OBJECT_NONE */
    uint32_t legal;          /* bit op: what `by` may do now */
};

/* Judges one step.  MUSTER_OK in verdict->error: legal. */
void object_step_judge(struct object_verdict *verdict, const struct object_look *look, const struct object_step *step);

#endif
