/* cap_spoken.h — what is said to the public, a warning or a release, in the words of an alert: what cap.c asks when its item
 * is one. */
#ifndef MUSTER_FORMATS_WRITE_CAP_SPOKEN_H
#define MUSTER_FORMATS_WRITE_CAP_SPOKEN_H

#include "formats/write/export.h"

/* Is that kind said to the public, step by step? */
bool cap_spoken_is(const char *kind);
/* What that kind calls the field that an incident calls `name`; most have the same name. */
const char *cap_spoken_field(const char *kind, const char *name);
/* The severity of a level, of which 一级 is the highest; NULL if there is none of that name. */
const char *cap_spoken_severity(const char *level);
/* The state in which it is said for the first time: drafts before it are no messages.  NULL: of no such kind. */
const char *cap_spoken_first(const char *kind);
/* The state that takes back what was said: a message then is a Cancel.  NULL: of no such kind. */
const char *cap_spoken_last(const char *kind);
/* The field that names the object whose place it takes, of the same kind; NULL: of no such kind. */
const char *cap_spoken_former(const char *kind);
/* Was it ever said, and may it be said by `now`?  Else ESCHEMA with a sentence.  taken_back: it is the message that takes back
 * what was said before. */
MUST_USE enum muster_error cap_spoken_check(const json_t *item, const char *now, bool taken_back,
                                            struct format_problem *problem);

#endif
