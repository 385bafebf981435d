/* progress.h — how far a long piece of work is: a line that is overwritten for a person, lines of JSON for a program.
 *
 * On a terminal: "label [####....]  42 %  12.0 of 28.6 MB  96.0 MB/s  1 s left", never wider than it is.  With --json or
 * ndjson and no terminal: {"muster":1,"progress":WORD,"done":N,"of":N} once a second, on stderr.  Else, and with --quiet:
 * nothing. */
#ifndef MUSTER_TOOLS_PROGRESS_H
#define MUSTER_TOOLS_PROGRESS_H

#include "tools/tool.h"

#include <stdint.h>

struct progress {
    struct tool *tool;
    const char *word, *label; /* of programs, of people */
    uint64_t of;              /* 0: not known */
    bool bytes;               /* else things are counted */
    uint64_t began_ms, shown_ms;
    bool drawn, ended;
};

/* A clock that only goes on: the one of began_ms. */
uint64_t progress_now_ms(void);
/* word, label: borrowed; of 0: how much there is is not known. */
void progress_start(struct progress *progress, struct tool *tool, const char *word, const char *label, uint64_t of, bool bytes);
/* Shows it if it is time to. */
void progress_at(struct progress *progress, uint64_t done);
/* The line goes; a second time it does nothing. */
void progress_end(struct progress *progress, uint64_t done);
/* The same when it did not come to its end: a program is told nothing. */
void progress_drop(struct progress *progress);

#endif
