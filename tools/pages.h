/* pages.h — lists of the API, page by page. */
#ifndef MUSTER_TOOLS_PAGES_H
#define MUSTER_TOOLS_PAGES_H

#include "tools/tool.h"

enum { PAGE_MAX = 500, ALL_MAX = 100000, SHORT_PAGES_MAX = 256 };

/* Asks for `limit` items (1..PAGE_MAX) from `cursor` on (NULL: the beginning); with `all` for every page, up to ALL_MAX items.
 * A page that ends early, because little of what the node looked at fits the filters, is followed by the next: SHORT_PAGES_MAX
 * of them without `all`; the answer's `next` says whether there is more.  *answer is the first page with the items of all, owned by the caller.  0, or the exit code after a fault was printed,
 * and *answer is NULL. */
int pages_get(struct tool *tool, const struct url *query, long limit, const char *cursor, bool all, json_t **answer);

#endif
