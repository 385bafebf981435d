/* config.h — the settings of musterd: built in < file < conf.d/NAME.conf in order < MUSTER_NAME < option.
 *
 * config_rows.c has one row a setting; the files, the environment, the options, the help, musterd --check-config and the
 * reload are driven by these rows.  What comes later replaces what came before, lists as a whole (`+=` adds to them).
 * Drop-ins are the files conf.d/NAME.conf beside the file, in the order of their names' bytes.  Whatever a file says that
 * is no setting is an error that names file and line.  No setting is a secret: those are in files of their own
 * (own.h), which no setting file may replace. */
#ifndef MUSTER_NODE_CONFIG_H
#define MUSTER_NODE_CONFIG_H

#include "base/limits.h"
#include "node/journal.h"
#include "node/trouble.h"

#include <stddef.h>

#define CONFIG_FILE_DEFAULT "/etc/muster/muster.conf"
enum {
    CONFIG_PATH_MAX = 512,
    CONFIG_LISTEN_MAX = 4,
    CONFIG_SOCKET_MAX = 108,
    CONFIG_METRICS_MAX = 64,
    CONFIG_ROWS_MAX = 16,
    CONFIG_SILENT_MINUTES_MAX = 60 * 24 * 365,
    CONFIG_FILES_MAX = 64, /* the file and its drop-ins */
    CONFIG_ORIGIN_MAX = 160,
    CONFIG_TEXT_MAX = 2048 /* a setting's value as text */
};

struct endpoint_list {
    char at[CARD_ENDPOINTS_MAX][ENDPOINT_BYTES_MAX];
    size_t count;
};
/* Parses and adds; EENDPOINT with a sentence, ETOOBIG beyond `max`. */
MUST_USE enum muster_error endpoint_list_add(struct endpoint_list *list, size_t max, const char *text, bool listen,
                                             struct trouble *trouble);

struct config {
    char file[CONFIG_PATH_MAX];
    char data[CONFIG_PATH_MAX];
    char socket[CONFIG_SOCKET_MAX];
    struct endpoint_list listen;    /* none: as at init, else the built-in one */
    struct endpoint_list advertise; /* none: as at init, else what is listened on */
    char metrics[CONFIG_METRICS_MAX]; /* ADDRESS:PORT of this machine for monitoring; "" or "none": none */
    enum journal_level log_level;
    char alarm_hook[CONFIG_PATH_MAX]; /* run for each alarm (hook.h); "" or "none": none */
    unsigned alarm_silent_minutes;    /* how long a silence of a member is told of */
    bool foreground, check_only, json, print, help, version;
    char draft[CONFIG_PATH_MAX]; /* a drop-in that is not in force yet, for --check-config; "": none */
    size_t file_count;                                    /* files that were read */
    char origin[CONFIG_ROWS_MAX][CONFIG_ORIGIN_MAX];      /* by row: "FILE:LINE", "MUSTER_NAME", "--name", "built in" */
};

enum config_change {
    CONFIG_AT_ONCE, /* a reload applies it, and no peer is dropped */
    CONFIG_AT_START /* only a restart does */
};

struct config_row {
    const char *name;     /* in files; the variable is MUSTER_NAME in capitals */
    const char *option;   /* --option; NULL: files and environment only */
    char letter;
    bool list;
    enum config_change change;
    const char *value;    /* "DIR", for help */
    const char *standard; /* built in; NULL: see help */
    const char *help, *example;
    size_t offset, size;  /* of its field in struct config: all zero bytes before the first value of a source */
    /* One value as text; a list's are added.  ECONFIG, EENDPOINT, ETOOBIG with a sentence. */
    enum muster_error (*take)(struct config *out, const char *value, struct trouble *trouble);
    /* The value as text, "" for an empty list; out holds CONFIG_TEXT_MAX. */
    void (*show)(const struct config *config, char *out);
};
/* The rows in their order; NULL behind the last. */
const struct config_row *config_row_at(size_t index);
/* The row of that name in files; NULL.  *index is its place. */
const struct config_row *config_row_named(const char *name, size_t *index);
/* A value from a source: the first of a source replaces what an earlier source said.  The errors of take. */
MUST_USE enum muster_error config_take(struct config *out, size_t row, bool first, const char *value, const char *origin,
                                       struct trouble *trouble);

/* Reads out->file (must: it has to be there) and its drop-ins into out.  ECONFIG, EENDPOINT with FILE:LINE. */
MUST_USE enum muster_error config_read_files(struct config *out, bool must, struct trouble *trouble);

/* Reads built-in values, files, environment and options.  EUSAGE, ECONFIG, EENDPOINT with a sentence. */
MUST_USE enum muster_error config_read(struct config *out, int argc, char **argv, struct trouble *trouble);
void config_help(void); /* to stdout */
/* What --check-config says: each setting, its value and where it is from; to stdout. */
void config_show(const struct config *config);
/* The same as JSON (config_json.c), one line. */
void config_show_json(const struct config *config);
/* What is wrong with the settings, as {"error":…} to stdout; the exit code of trouble_print. */
int config_trouble_json(const struct trouble *trouble);
/* What --print-config says: the commented file with nothing set; to stdout. */
void config_print(void);

#endif
