/* moment.h — moments as people write them: 2h, 3d (ago), a date, RFC 3339. */
#ifndef MUSTER_TOOLS_MOMENT_H
#define MUSTER_TOOLS_MOMENT_H

#include "protocol/kinds/time3339.h"
#include "tools/arguments.h"
#include "tools/tool.h"

/* "30m", "2h", "3d", "2w" ago; a date (its beginning, or with end_of_day its end); RFC 3339.  False if it is none of them. */
bool moment_read(char out[TIME_FORMAT_BYTES], const char *text, bool end_of_day);
/* The option as a query of that name, if it is given; "until" means the end of a date.  0, or the exit code after the fault was
 * printed. */
int moment_option(struct tool *tool, const struct arguments *args, const char *name, struct url *url);

#endif
