/* work.h — a long piece of work for one request, done in slices between everything else that the loop has to do.
 *
 *   request --work_begin--> slices, a few ms each --> the answer, once
 *                              |  the client goes away --> it ends, the journal says so
 *
 * With ?progress=1 the answer is lines of JSON: {"progress":WORD,"done":N,"of":N} from time to time and whenever WORD
 * changes, then {"answer":{...}} or {"error":{...}}.  Without it, the answer or the error alone. */
#ifndef MUSTER_NODE_WORK_H
#define MUSTER_NODE_WORK_H

#include "node/request.h"

enum {
    WORKS_MAX = 8,
    WORK_SLICE_US = 4000, /* how long others wait for a slice */
    WORK_PAUSE_MS = 1,
    WORK_TELL_MS = 200,
    WORK_LOOK_MS = 100 /* is the client still there? */
};

struct work;
enum work_state {
    WORK_MORE, /* go on as soon as the loop has looked around */
    WORK_WAIT, /* a thread is at it: look again after a while */
    WORK_DONE  /* work->answer or work->trouble is set */
};
struct work_kind {
    const char *name; /* for the journal, "check" */
    /* One small step: well below a millisecond, or a wait. */
    enum work_state (*step)(struct work *work);
    /* Frees work->state; called once, also when the client has gone or the node stops.  NULL: it is only freed. */
    void (*end)(struct work *work);
    bool several; /* may run at the same time, as for another space */
};

struct work {
    const struct work_kind *kind;
    struct node *node;
    void *state;
    /* how far it is, set by the steps */
    const char *word; /* "values": a word of the API */
    uint64_t done, of;
    /* the result */
    json_t *answer;
    struct trouble trouble; /* when answer is NULL */
    /* of work.c */
    struct work *next;
    struct request *request; /* NULL: told as a stream */
    struct MHD_Connection *connection;
    int fd; /* of the client */
    const char *language; /* in which it wants sentences; NULL: English */
    bool ended, suspended, waits;
    const char *told_word;
    uint64_t told_ms, looked_ms;
    char *text; /* what is to be sent */
    size_t len, sent;
};

/* Takes over `state` and answers the request later; EBUSY when one of its kind runs already (unless `several`) or
 * WORKS_MAX do: then the state is ended. */
void work_begin(struct request *request, const struct work_kind *kind, void *state);
/* Is one of this kind being done? */
bool work_runs(const struct node *node, const struct work_kind *kind);
/* All end; before the API stops. */
void works_end(struct node *node);

#endif
