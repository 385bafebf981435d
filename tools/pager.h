/* pager.h — long answers for a person: MUSTER_PAGER, PAGER or less. */
#ifndef MUSTER_TOOLS_PAGER_H
#define MUSTER_TOOLS_PAGER_H

#include <stdio.h>
#include <sys/types.h>

/* Starts it and points *out at its input; 0 (and *out as it was) if there is none or it is "cat" or empty. */
pid_t pager_start(FILE **out);
void pager_wait(pid_t pid);

#endif
