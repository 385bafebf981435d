/* export_feed.h — the change feed on the command line: lines of JSON, or SQL for PostgreSQL. */
#ifndef MUSTER_TOOLS_EXPORT_FEED_H
#define MUSTER_TOOLS_EXPORT_FEED_H

#include "tools/arguments.h"
#include "tools/tool.h"

/* Runs `muster export` with --follow, --after or -o sql.  The exit code. */
int export_feed(struct tool *tool, const struct arguments *args, bool sql);

#endif
