/* mutant.h — places where the simulator's invariants are tried out: a broken form beside the right one.
 *
 * In every build but that of `make sim-mutants` MUTANT is its right form and nothing else. */
#ifndef MUSTER_PROTOCOL_MUTANT_H
#define MUSTER_PROTOCOL_MUTANT_H

#ifdef MUSTER_MUTANTS
extern int muster_mutant; /* the simulator's: which one is broken */
#define MUTANT(number, broken, right) (muster_mutant == (number) ? (broken) : (right))
#else
#define MUTANT(number, broken, right) (right)
#endif

#endif
