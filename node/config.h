/* config.h — the settings of musterd: option > MUSTER_* > file > built in.
 *
 * The file is read by libconfuse against the table in config.c; whatever it does not know is an error that
 * names file and line. */
#ifndef MUSTER_NODE_CONFIG_H
#define MUSTER_NODE_CONFIG_H

#include "base/limits.h"
#include "node/journal.h"
#include "node/trouble.h"

#include <stddef.h>

#define CONFIG_FILE_DEFAULT "/etc/muster/muster.conf"
enum { CONFIG_PATH_MAX = 512, CONFIG_LISTEN_MAX = 4, CONFIG_SOCKET_MAX = 108, CONFIG_METRICS_MAX = 64 };

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
    char metrics[CONFIG_METRICS_MAX]; /* ADDRESS:PORT of this machine for monitoring; "": none */
    enum journal_level log_level;
    bool foreground, check_only, help, version;
};

/* Reads options, environment and file, in this order of precedence.  EUSAGE, ECONFIG, EENDPOINT, EIO with a sentence. */
MUST_USE enum muster_error config_read(struct config *out, int argc, char **argv, struct trouble *trouble);
void config_help(void); /* to stdout */

#endif
