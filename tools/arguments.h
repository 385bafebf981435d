/* arguments.h — from argv to a verb, its words and its options. */
#ifndef MUSTER_TOOLS_ARGUMENTS_H
#define MUSTER_TOOLS_ARGUMENTS_H

#include "client/fault.h"
#include "tools/command.h"

/* The options that stand before or behind any verb; ended by a row without name. */
extern const struct option_row global_options[];

/* What argv says.  Global options, wherever they stand, are in `globals`; the verb's own in
 * arguments->options.  arguments->words points into argv, whose order getopt_long changes.
 *   command NULL and OK: no verb was given (only options).
 * EUSAGE with a fault that names the word, why, and what was probably meant. */
struct parsed {
    const struct command *command;
    struct arguments globals, arguments;
};
MUST_USE enum muster_error arguments_read(struct parsed *out, int argc, char **argv, struct fault *fault);

/* The last value of the option, "" for a switch that is set, NULL if it was not given. */
const char *option_get(const struct arguments *arguments, const char *name);
/* The i-th value of an option that may be given several times, or NULL. */
const char *option_nth(const struct arguments *arguments, const char *name, size_t i);

#endif
