/* scene.h — two honest agencies in one space, and a third one that is not. */
#ifndef MUSTER_TESTS_SCENE_H
#define MUSTER_TESTS_SCENE_H

#include "support/evil.h"

enum { ALICE, BOB, MALLORY };

struct scene {
    struct world *w;
    struct evil *evil;
    struct space_id space;
    uint64_t objects; /* that Alice and Bob must both show */
};

/* Mallory is a member with that right (RIGHT_NONE: a stranger whose card nobody was given), and speaks with Alice. */
void scene_open(struct scene *s, uint64_t seed, enum right right);
void scene_close(struct scene *s);
/* Alice and Bob each write a record more; both must show all of theirs, and the same state. */
void scene_goes_on(struct scene *s);
/* The same, when records of Mallory are shown as well: only equality is asked for. */
void scene_agrees(struct scene *s);

#endif
