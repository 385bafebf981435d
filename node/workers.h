/* workers.h — threads that verify, so that the loop does not wait for signatures.
 *
 * Two queues: urgent jobs (lanes 0 and 1) and the rest.  One thread takes urgent jobs only; the others take
 * urgent jobs first.  So an alert never waits behind a catch-up.  Results come back in the loop's thread.  Those of the second
 * kind also open the bodies of stored segments, when views are made anew. */
#ifndef MUSTER_NODE_WORKERS_H
#define MUSTER_NODE_WORKERS_H

#include "base/error.h"
#include "protocol/core.h"

struct workers;
/* count: threads for bulk, 1..WORKERS_MAX; one more is for urgent jobs.  EBUSY without threads or memory. */
enum { WORKERS_MAX = 16 };
MUST_USE enum muster_error workers_start(struct workers **out, unsigned count);
/* Ends the threads; frees jobs that nobody took back.  NULL is allowed. */
void workers_stop(struct workers *workers);
/* Readable while results wait. */
int workers_fd(const struct workers *workers);
/* Hands the job over. */
void workers_give(struct workers *workers, struct verify_job *job, bool urgent);
/* Lends the threads for bulk to a core that is being made: what they are given meanwhile comes back through `collect` alone. */
struct core_openers workers_openers(struct workers *workers);
/* True when no job waits or is being run: then a small one is quicker done here than by another thread. */
bool workers_idle(struct workers *workers);
/* The next result, the caller's again, or NULL. */
struct verify_job *workers_take(struct workers *workers);

#endif
