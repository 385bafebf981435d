/* nearest.h — what did the person mean?  The closest of a few short words. */
#ifndef MUSTER_PROTOCOL_KINDS_NEAREST_H
#define MUSTER_PROTOCOL_KINDS_NEAREST_H

#include <stddef.h>

enum { NEAREST_BYTES_MAX = 40 }; /* longer words are never suggested nor looked for */

struct nearest {
    char word[NEAREST_BYTES_MAX]; /* folded: lower case, without white space, dashes and underscores */
    size_t len;
    unsigned distance;
    const char *answer; /* the best so far, or NULL */
};

/* Starts the search for what was typed. */
struct nearest nearest_to(const void *text, size_t len);
/* Offers a candidate; `answer` is kept if the candidate is nearer than all before it and near enough:
 * one changed letter in words of up to 4, two in longer ones. */
void nearest_try(struct nearest *n, const char *candidate, const char *answer);

#endif
