/* settings.h — what the options, the environment and the user's file say, in this order of precedence.
 *
 * The user's file (XDG_CONFIG_HOME or ~/.config, muster/cli.conf) has lines `name = value` with the names
 * of the options; the environment has MUSTER_SPACE, MUSTER_OUTPUT, MUSTER_LANG, MUSTER_COLOR,
 * MUSTER_SOCKET and MUSTER_TIMEOUT. */
#ifndef MUSTER_TOOLS_SETTINGS_H
#define MUSTER_TOOLS_SETTINGS_H

#include "client/client.h"
#include "protocol/kinds/vocab.h"
#include "tools/arguments.h"

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_NDJSON, OUTPUT_CSV, OUTPUT_TSV, OUTPUT_ID, OUTPUT_FORM /* of muster export alone */ };
enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };
enum { SETTING_SPACE = 0, SETTING_OUTPUT = 2, SETTINGS_COUNT = 6 }; /* of value and from: as settings_name counts them */
enum { SETTING_BYTES = 256, SETTINGS_FILE_MAX = 16 * 1024, SETTINGS_PATH_BYTES = 512 };

struct settings {
    char space[SETTING_BYTES]; /* empty: the node's only one */
    char socket[SETTING_BYTES];
    enum output output;
    const char *form; /* the word of output; NULL: none was given */
    enum lang lang;
    enum when color;
    int timeout_ms;
    bool output_here; /* the form is of this call's own -o or --json */
    bool space_here; /* the space is of this call's own --space, not of the environment or a file */
    bool quiet, verbose, no_pager, strict, yes, dry_run, excel;
    char value[SETTINGS_COUNT][SETTING_BYTES], from[SETTINGS_COUNT][SETTINGS_PATH_BYTES + 16]; /* see settings_name */
    const char *yes_to; /* of --yes=NAME; NULL without a name */
};

/* Fills *out.  EUSAGE or ECONFIG with a fault that names where the wrong value stands. */
MUST_USE enum muster_error settings_load(struct settings *out, const struct arguments *globals,
                                         struct fault *fault);
/* The settings with a value, one by one: "space"; NULL behind the last.  value: its text; from: "FILE:LINE",
 * "MUSTER_SPACE", "--space", "built in". */
const char *settings_name(size_t i);
/* Where the user's file is; false if there is neither HOME nor XDG_CONFIG_HOME. */
bool settings_path(char out[SETTINGS_PATH_BYTES]);
/* Sets one line of the user's file and keeps the others; value NULL removes it.  EIO, ECONFIG. */
MUST_USE enum muster_error settings_write(const char *name, const char *value, struct fault *fault);
/* "30", "30s", "2m", "500ms": 1 ms to CLIENT_TIMEOUT_MS_MAX; 0 for anything else. */
int timeout_parse(const char *text);

/* One line on err for each variable of the environment that begins with MUSTER_, that nobody knows and that looks like one
 * that is known: json as {"muster":1,"warning":TEXT}.  It changes nothing else: scripts go on. */
void settings_variables_warn(char *const *environment, bool json, FILE *err);

#endif
