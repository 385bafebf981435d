/* todo.h — what needs this agency: each source of such things is a row.
 *
 * A source looks at one space (or, with `once`, at the node) and adds items; it decides nothing and writes nothing.  To add one:
 * a function, and a row in todo.c. */
#ifndef MUSTER_NODE_TODO_H
#define MUSTER_NODE_TODO_H

#include "node/json.h"
#include "node/overview.h"

enum { TODO_ITEMS_MAX = 1000, TODO_TEXT_BYTES = 400 };

enum todo_urgency { TODO_NOW, TODO_SOON, TODO_LATER }; /* something is lost or late; it will be; it can wait */

struct todo {
    struct overview o; /* of the space that is looked at */
    const struct todo_source *source;
    json_t *items;
};

struct todo_source {
    const char *name, *help;
    void (*run)(struct todo *todo);
    bool once; /* of the node, not of each space */
};
extern const struct todo_source todo_sources[];
extern const size_t todo_sources_count;

/* One thing to do.
 * object    may be NULL; else what it is about
 * due_ms    0: at no moment in particular
 * command   to paste; its %s is the object's short id (nothing else is filled in: names of others are quoted by the shell's
 *           rules or left out); may be NULL
 * format    the sentence; escaped by whoever shows it */
void todo_add(struct todo *todo, enum todo_urgency urgency, const struct object_id *object, const struct object_stored *state,
              uint64_t due_ms, const char *command, const char *format, ...) __attribute__((format(printf, 7, 8)));

/* todo_work.c: requests, deliveries, tasks, stock. */
void todo_approvals_of_requests(struct todo *todo), todo_requests_of_others(struct todo *todo), todo_offers(struct todo *todo),
    todo_deliveries(struct todo *todo), todo_tasks(struct todo *todo), todo_own_tasks(struct todo *todo),
    todo_stock(struct todo *todo), todo_sent(struct todo *todo);

#endif
