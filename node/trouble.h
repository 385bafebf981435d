/* trouble.h — why musterd could not do something, for the person who asked: what, why, what to do. */
#ifndef MUSTER_NODE_TROUBLE_H
#define MUSTER_NODE_TROUBLE_H

#include "base/error.h"

struct trouble {
    enum muster_error error;
    char what[512], why[512], remedy[256]; /* sentences; empty: those of the error's row */
};

/* The formats are translated here (lang/lang.h).  Fills it; returns the error, so that a caller can `return trouble_set(...)`.  trouble may be NULL. */
enum muster_error trouble_set(struct trouble *trouble, enum muster_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void trouble_why(struct trouble *trouble, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trouble_do(struct trouble *trouble, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum { EXIT_DAMAGED = 78 };

/* To stderr, in the shape of all muster's errors.  Returns the exit code: that of the error's row; 78 for what
 * starting again cannot mend (damaged data, a newer format, a key file), so that a supervisor does not loop. */
int trouble_print(const struct trouble *trouble);

#endif
