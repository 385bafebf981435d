/* past.h — what lies in the past of what (RULES G4, own-log-order), for the records of one object.
 *
 * Edges lead from a record to its log's record of the object before it (between live records) and
 * to the held records that its dep, offer and proposal references name.  A reference to a record
 * of another object, or to one that is not held, leads nowhere.
 *
 * Authors who act together can name each other's future records by hash and so close a circle.
 * References within a circle count as none, whoever looks and in whatever order; the order of a
 * log always counts. */
#ifndef MUSTER_PROTOCOL_OBJECT_PAST_H
#define MUSTER_PROTOCOL_OBJECT_PAST_H

#include "protocol/object/arena.h"
#include "protocol/object/record.h"

struct past {
    const struct object_record *records;
    uint32_t count;
    uint32_t *by_id;  /* records sorted by id */
    uint32_t *before; /* the same log's record before this one, or OBJECT_NONE */
    uint32_t *first;  /* count + 1: where the references of a record start in `named` */
    uint32_t *named;  /* held records that references name; circles are left out (OBJECT_NONE) */
    uint32_t *order;  /* all records, each behind everything in its past */
};

/* Builds it.  MUSTER_ETOOBIG if the arena is full, MUSTER_EDUPLICATE if two records have one id. */
MUST_USE enum muster_error past_build(struct past *out, const struct object_record *records, uint32_t count,
                                      struct object_arena *arena);
/* Bytes of arena that past_build needs at most for so many records with so many references in all. */
size_t past_bytes(size_t count, size_t refs);

/* The record with that id, or OBJECT_NONE. */
uint32_t past_find(const struct past *past, const struct hash *id);

/* For every record x, into[x] becomes the union of from[y] over all y with x in their past. */
void past_spread(const struct past *past, const uint64_t *from, uint64_t *into);

/* Sorts numbers by cmp, with scratch of the same length; equal ones keep their order. */
void index_sort(uint32_t *at, uint32_t *scratch, uint32_t count,
                int (*cmp)(const void *context, uint32_t x, uint32_t y), const void *context);

#endif
