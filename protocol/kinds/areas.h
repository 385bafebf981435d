/* areas.h — the areas of a body: does each polygon enclose one thing?
 *
 * A node writes no other (SPEC S7.6.5); of what others wrote it says so and keeps it. */
#ifndef MUSTER_PROTOCOL_KINDS_AREAS_H
#define MUSTER_PROTOCOL_KINDS_AREAS_H

#include "protocol/kinds/geo_simple.h"
#include "protocol/kinds/kinds.h"

/* One area that is none, or not simple; item: its place in the field, from 1.  False: no more are wanted. */
typedef bool area_flawed(void *user, const struct field *field, size_t item, const struct geo_flaw *flaw);
/* Each of them in a body or view, whoever wrote it; of a field at most as many items as a node of this version writes. */
void areas_look(const struct kind *kind, struct bytes body, area_flawed *take, void *user);

/* Why an area is refused, with the edges that cross; gives EBADVALUE. */
enum muster_error area_refuse(struct kind_problem *problem, const struct field *field, size_t item, const struct geo_flaw *flaw);
/* OK when every area of the body is simple; else EBADVALUE with the first that is not. */
MUST_USE enum muster_error areas_check(const struct kind *kind, struct bytes body, struct kind_problem *problem);
/* The same of one value; OK for a field of another type. */
MUST_USE enum muster_error area_value_check(const struct field *field, const struct pack_value *value,
                                            struct kind_problem *problem);

#endif
