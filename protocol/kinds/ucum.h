/* ucum.h — is a text a unit of the Unified Code for Units of Measure (case-sensitive)?
 *
 * Syntax in full (prefixes, exponents, products, quotients, parentheses, factors, annotations in braces),
 * symbols as far as coordination needs them: SI, the units used with it, counts, and the customary units of
 * relief work.  "kg", "m3", "kW.h", "L/min", "{bed}", "{tent}/d", "[degF]", "10*6.m3". */
#ifndef MUSTER_PROTOCOL_KINDS_UCUM_H
#define MUSTER_PROTOCOL_KINDS_UCUM_H

#include "base/error.h"

#include <stddef.h>

enum { UCUM_CHARS_MAX = 64, UCUM_DEPTH_MAX = 8 };

/* OK; ETOOBIG (longer or deeper than above), EBADVALUE (no unit); *why, if not NULL, says it in a phrase. */
MUST_USE enum muster_error ucum_check(const char *text, size_t len, const char **why);

#endif
