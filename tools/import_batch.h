/* import_batch.h — items on their way to the node: many in a request, as the text that the reader wrote. */
#ifndef MUSTER_TOOLS_IMPORT_BATCH_H
#define MUSTER_TOOLS_IMPORT_BATCH_H

#include "tools/tool.h"

/* Large enough that a commit costs little, small enough to be answered in a moment and to fit what the node takes. */
enum { BATCH_ITEMS = 4096, BATCH_BYTES = 512 * 1024, BATCH_ROOM = 3 * 1024 * 1024 };

/* A refusal by the node: of which file and line (0: none). */
typedef void batch_refusal(void *user, const char *file, size_t line, const char *code, const char *message);

struct batch {
    struct tool *tool;
    batch_refusal *refusal;
    void *user;
    long long stored, existing, refused; /* of all batches */
    json_t *preview; /* of a dry run: who would receive it */
    /* private */
    struct batch_half {
        char *text;
        size_t len, count;
        struct {
            const char *file;
            size_t line;
        } origins[BATCH_ITEMS];
    } half[2]; /* one is filled while the node works at the other */
    unsigned filling;
    struct client_post sent; /* of the other, until it is answered */
};

/* refusal is called with user for every item that the node refuses. */
void batch_start(struct batch *batch, struct tool *tool, batch_refusal *refusal, void *user);
/* One item as JSON text, and where it comes from; file must stay until batch_send.  Sends when there is enough, and waits for the
 * answer of the batch before.  0, or the exit code of the failure, which is printed; the item is not kept then. */
int batch_add(struct batch *batch, const char *json, size_t len, const char *file, size_t line);
/* Items that are not answered yet. */
size_t batch_waiting(const struct batch *batch);
/* What is left, and all answers.  As batch_add. */
int batch_send(struct batch *batch);
/* All answers, and what was not sent is forgotten.  As batch_add. */
int batch_settle(struct batch *batch);
void batch_end(struct batch *batch);

#endif
