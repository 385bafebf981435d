/* init_parts.h — the ways of init that have to do with keys elsewhere. */
#ifndef MUSTER_TOOLS_INIT_PARTS_H
#define MUSTER_TOOLS_INIT_PARTS_H

#include "tools/arguments.h"
#include "tools/tool.h"

/* Do name and options go together?  0 or the exit code after the fault was printed. */
int init_check(struct tool *tool, const struct arguments *args);
/* The request of a node that waits for its agency, into --output-file or to stdout. */
int init_request(struct tool *tool, const struct arguments *args);
/* Adds to the body what --root or --certificate say. */
int init_prepare(struct tool *tool, const struct arguments *args, json_t *body);

#endif
