/* sample.h — histories of a space in few words, for the tests of the control fold. */
#ifndef MUSTER_TESTS_TRUST_SAMPLE_H
#define MUSTER_TESTS_TRUST_SAMPLE_H

#include "protocol/trust/control.h"

/* The n-th operation's id; order of n is order of ids. */
struct record_id sample_id(uint32_t n);
/* The agency of that letter or number. */
struct agency_id sample_agency(uint32_t n);

/* An operation by `by` built on up to two others (0: none), the first of which is also `prev` if own. */
struct sample_op {
    uint32_t id;
    uint32_t by;
    uint32_t after[3];
    enum control_verb verb;
    uint32_t who; /* or the target's id, of approve and lift */
    enum right right;
};

/* A control with the genesis 1 by agency 'A' and that many admins 'A', 'B', ... */
struct control *sample_space(uint32_t admins, enum control_history history);
/* Adds it; fails the test if the control does not take it. */
void sample_add(struct control *control, const struct sample_op *op);
void sample_add_all(struct control *control, const struct sample_op *ops, size_t count);
enum control_verdict sample_verdict(struct control *control, uint32_t id);
/* -1: no member. */
int sample_right(struct control *control, uint32_t who);

#endif
