/* failure.h — an error as people and programs see it.
 *
 *   muster: WHAT
 *     why:  WHY
 *     do:   A COMMAND TO PASTE
 *     code: ENOTFOUND
 */
#ifndef MUSTER_TOOLS_FAILURE_H
#define MUSTER_TOOLS_FAILURE_H

#include "client/fault.h"

#include <stdio.h>

/* as_json: one JSON object on one line.  Everything is escaped for a terminal. */
void failure_print(FILE *err, const struct fault *fault, bool as_json);

#endif
