/* cap_warning.h — a warning in the words of an alert: what cap.c asks when its item is one. */
#ifndef MUSTER_FORMATS_WRITE_CAP_WARNING_H
#define MUSTER_FORMATS_WRITE_CAP_WARNING_H

#include "formats/write/export.h"

/* What a warning calls the field that an incident calls `name`; most have the same name. */
const char *cap_warning_field(const char *name);
/* The severity of a level, of which 一级 is the highest; NULL if there is none of that name. */
const char *cap_warning_severity(const char *level);
/* Was it ever said to the public?  Else ESCHEMA with a sentence: a draft is no message. */
MUST_USE enum muster_error cap_warning_check(const json_t *item, struct format_problem *problem);

#endif
