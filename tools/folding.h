/* folding.h — sentences that are composed line by line, folded where the screen ends; for programs without a struct tool. */
#ifndef MUSTER_TOOLS_FOLDING_H
#define MUSTER_TOOLS_FOLDING_H

#include <stdio.h>

struct folding {
    FILE *stream; /* to write the lines to; NULL in folding_end's hands only */
    char *text;
    size_t len;
};

/* Ends the program when there is no memory for a stream.  The struct stays where it is until folding_end. */
void folding_begin(struct folding *folding);
/* What was written, already escaped, to out: a line of more than `columns` goes on below itself, behind its label or its dash.
 * Words stay whole, so that an id of 64 digits can be copied: it gets a line of its own. */
void folding_end(struct folding *folding, FILE *out, size_t columns);

#endif
