/* bytecheck.h — looks at an LMDB 0.9 data file as plain bytes, before LMDB maps it.
 *
 * LMDB trusts every page number and offset in its file: a cut file ends in SIGBUS, a page of noise in
 * SIGSEGV or in silence.  The check walks all that the newest meta page reaches (tables, overflow runs,
 * free list) with pread, so that not even a bad disk can end the process, and follows nothing that
 * it has not judged.  It does not look into values: those carry hashes (stored.c). */
#ifndef MUSTER_STORE_BYTECHECK_H
#define MUSTER_STORE_BYTECHECK_H

#include "store/store.h"

enum {
    BYTECHECK_DEPTH_MAX = 32, /* LMDB's own cursor stack */
    BYTECHECK_TREES_MAX = 64, /* named tables of one environment */
    BYTECHECK_PAGE_MIN = 512,
    BYTECHECK_PAGE_MAX = 32768
};

enum bytecheck_commit { BYTECHECK_NEWEST, BYTECHECK_PREVIOUS };

/* Runs of bytes that no reader of the newest commit or the one before looks at: gaps of the commit's pages
 * and ends of its overflow runs; of the newest also pages that were free before it, and what lies behind the
 * last page.  Return false to stop (the check then ends with ESTORE). */
typedef bool (*bytecheck_stale)(void *user, uint64_t offset, uint64_t len);

/* Only the two meta pages and the size of the file: cheap, done at every start.
 * path          the data file; absent: *present is false and OK
 * name          as the person knows it, "main/data.mdb"
 * OK, EDAMAGED (with a sentence naming the page and the remedy), EFORMAT, EIO. */
MUST_USE enum muster_error bytecheck_metas(const char *path, const char *name, bool *present,
                                           struct store_problem *problem);

/* Everything that a commit reaches: the newest, or the one before, which lies beside it until the next
 * begins. stale may be NULL.  Memory: one bit a page of the file and 33 pages. OK, EDAMAGED, EFORMAT, EIO,
 * ESTORE (no memory, or stale gave false). */
MUST_USE enum muster_error bytecheck_file(const char *path, const char *name, enum bytecheck_commit commit,
                                          bytecheck_stale stale, void *user, struct store_problem *problem);

#endif
