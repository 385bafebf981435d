/* records.h — what the verbs about objects share: columns from the kind tables, marks, sending. */
#ifndef MUSTER_TOOLS_RECORDS_H
#define MUSTER_TOOLS_RECORDS_H

#include "protocol/kinds/kinds.h"
#include "tools/view.h"

struct record_view {
    struct view view;
    struct column columns[VIEW_COLUMNS_MAX];
    char paths[VIEW_COLUMNS_MAX][64];
};
/* Columns for objects of the kind; of several kinds when it is NULL (id, kind, title, owner, changed). */
void record_view_fill(struct record_view *out, const struct kind *kind);
/* Adds "title" and "mark" to items for the table: what the object is called; "branches", "provisional",
 * "retracted", "erased". */
void records_mark(struct tool *tool, json_t *items);

/* The kind of that name; NULL after a fault was printed (its exit in *code). */
const struct kind *record_kind(struct tool *tool, const char *name, int *code);

/* The query of a list, without limit and cursor: KIND FIELD=VALUE… of `args`, and its options sort, order, search
 * and owner, when the verb has them.  *kind may become NULL.  0, or the exit code after a fault was printed. */
int record_query(struct tool *tool, const struct arguments *args, struct url *url, const struct kind **kind);

/* Sends one item with POST /v1/records and says what became of it; with --dry-run says what would be sent and
 * to whom.  Takes the item. */
int record_send(struct tool *tool, json_t *item, const struct kind *kind);
/* The same for a change of an object as the node gave it: refused if it was changed since.  Takes the fields. */
int record_change(struct tool *tool, const json_t *object, json_t *fields);
/* One item to the node; takes it.  0 and the item's answer, the caller's, in *got; or the exit code after the fault was printed. */
int record_post(struct tool *tool, json_t *item, json_t **got);
/* What a fault inside an item's answer says; prints it. */
int record_refused(struct tool *tool, const json_t *error);

#endif
