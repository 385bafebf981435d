/* sample.h — records of one object written as a line of text, and its state printed as one.
 *
 * "create 01 O.1/1 set=ab; update 02 O.1/2 term=01 dep=01 set=a hlc=7; hold 03 C.1/1 target=02"
 * Operation, id (two hex digits), log/sequence; the log's first letter is the agency.  Keys: set
 * (fields a..z), hlc, place=disputed|cut, joint, foreign (a create whose id does not fit), gone
 * and kept (erased, held by a majority), and references: dep term target offer proposal hold to. */
#ifndef MUSTER_TESTS_OBJECT_SAMPLE_H
#define MUSTER_TESTS_OBJECT_SAMPLE_H

#include "protocol/object/fold.h"

enum { SAMPLE_RECORDS_MAX = 64, SAMPLE_TEXT_MAX = 1024 };

struct sample {
    struct object_record records[SAMPLE_RECORDS_MAX];
    struct record_ref refs[SAMPLE_RECORDS_MAX][REFS_MAX];
    struct object_assigned assigned[4];
    struct record_id seen[4]; /* one of each of them, where it is named */
    struct agency_id controllers[1]; /* C */
    struct object_input input;
};

/* Reads records; `assigned` (may be NULL) is "TERM AGENCY ID [SEEN]; ...".  Fails the test on a mistake. */
void sample_read(struct sample *out, const char *records, const char *assigned);
/* Adds a reference to a record of the sample. */
void sample_ref(struct sample *sample, size_t record, enum ref_role role, const uint8_t id[32]);

/* "P 03 heads 04 late 05 erased 02 a=04 b=02*,03": owner, term, flags, lists that are not empty,
 * fields with their setters ("!": erased, "*": provisional, if several).  "nothing" if it does not
 * exist.  out holds SAMPLE_TEXT_MAX bytes. */
void sample_print(char *out, const struct sample *sample, const struct object_state *state);

/* A generator for random histories: the same numbers for the same seed everywhere. */
uint32_t sample_random(uint64_t *seed, uint32_t below);

#endif
