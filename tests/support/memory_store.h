/* memory_store.h — struct storage in memory, for tests of the core and for the simulator.
 *
 * Behaves as store/ does, refusals included (a unit test runs the same rows against both).  Values that get
 * lends are freed when their pair changes, so that the address sanitizer finds who keeps them too long. */
#ifndef MUSTER_TESTS_MEMORY_STORE_H
#define MUSTER_TESTS_MEMORY_STORE_H

#include "protocol/storage.h"

struct memory_store;

/* Ends the process when there is no memory: it serves tests only. */
struct memory_store *memory_store_new(void);
void memory_store_free(struct memory_store *memory);
/* All tables as they are now, durable and derived; a pending failure is not copied. */
struct memory_store *memory_store_clone(const struct memory_store *memory);

const struct storage *memory_store_storage(struct memory_store *memory);
/* All changes or none.  EINTERNAL for derived tables, bad keys, or while a scan runs. */
MUST_USE enum muster_error memory_store_commit(struct memory_store *memory, const struct change *changes,
                                               size_t count);
/* The next commit returns `error` and changes nothing. */
void memory_store_fail_next(struct memory_store *memory, enum muster_error error);
/* What a power cut does: the derived tables are empty. */
void memory_store_derived_reset(struct memory_store *memory);

/* What a failed commit of them does: the derived tables are those of `to` again, a clone of an earlier moment. */
void memory_store_derived_back(struct memory_store *memory, const struct memory_store *to);

/* The derived tables as they are now are what outlasts the process: what a commit of them does. */
void memory_store_derived_keep(struct memory_store *memory);
/* So many more changes of them are taken; the next one (with 0 also this call) takes them back to what was kept, and they refuse
 * every change (ESTORE) until memory_store_derived_again. */
void memory_store_derived_fail(struct memory_store *memory, size_t after);
bool memory_store_derived_lost(const struct memory_store *memory);
/* They take changes again; what was kept stays what they go back to. */
void memory_store_derived_again(struct memory_store *memory);
/* What the end of the process does: what was derived since they were kept is gone, and so is what was to fail. */
void memory_store_derived_end(struct memory_store *memory);
/* Nothing fails any more, and nothing is kept apart. */
void memory_store_derived_mend(struct memory_store *memory);

/* The keys' environment of `memory` becomes a copy of the one of `from`; NULL: empty.  A backup does not hold keys. */
void memory_store_keys_from(struct memory_store *memory, const struct memory_store *from);

/* Was it asked to gather changes, and not yet to end that?  Here none ever wait. */
bool memory_store_gathers(const struct memory_store *memory);

size_t memory_store_count(const struct memory_store *memory, enum table table);
/* Are the tables of both, from `first` to `last`, the same? */
bool memory_store_same(const struct memory_store *a, const struct memory_store *b, enum table first,
                       enum table last);

#endif
