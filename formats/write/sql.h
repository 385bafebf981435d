/* sql.h — the change feed as a script for psql: COPY into an inbox, then one call that applies it.
 *
 * Text of records never becomes SQL: it is data of COPY ... FROM STDIN, escaped for its text format.  A batch is one
 * transaction: COPY of its lines, `SELECT muster.apply();` (packaging/sql/muster.sql), which also stores the position
 * and empties the inbox.  A batch ends where the feed says that it is current, or after SQL_BATCH_LINES. */
#ifndef MUSTER_FORMATS_WRITE_SQL_H
#define MUSTER_FORMATS_WRITE_SQL_H

#include "formats/write/out.h"

#include "base/error.h"

enum { SQL_BATCH_LINES = 2000 };

struct sql_feed { /* all zero to begin with */
    struct out out;
    size_t lines; /* of the open transaction; 0: none is open */
};

/* One line of the feed, without its end; it must be a JSON object.  Appends to feed->out, which the caller drains.
 * ETOOBIG when memory is short. */
MUST_USE enum muster_error sql_feed_line(struct sql_feed *feed, const char *line, size_t len);
/* Ends the open transaction, if there is one. */
void sql_feed_end(struct sql_feed *feed);
/* Gives its memory back. */
void sql_feed_clear(struct sql_feed *feed);

#endif
