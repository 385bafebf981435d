/* The settings, one row each. */
#include "node/config.h"

#include "lang/lang.h"
#include "node/endpoint.h"
#include "node/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum muster_error endpoint_list_add(struct endpoint_list *list, size_t max, const char *text, bool listen,
                                    struct trouble *trouble)
{
    struct endpoint endpoint;
    enum muster_error error = listen ? endpoint_parse_listen(&endpoint, text) : endpoint_parse(&endpoint, text);
    if (error) {
        trouble_set(trouble, error, "\"%.120s\" is no endpoint to %s", text, listen ? _("listen on") : "advertise");
        trouble_do(trouble,
                   listen ? "write it with an address, as tcp://0.0.0.0:7117" : "write it as tcp://host.example:7117");
        return error;
    }
    if (list->count == max)
        return trouble_set(trouble, MUSTER_ETOOBIG, "there are more than %zu endpoints", max);
    endpoint_text(list->at[list->count++], &endpoint);
    return MUSTER_OK;
}

/* --- texts --------------------------------------------------------------------------------------------- */

static enum muster_error take_path(char *out, size_t size, const char *name, const char *text, struct trouble *trouble)
{
    size_t len = strlen(text);
    if (len == 0 || len >= size)
        return trouble_set(trouble, MUSTER_ECONFIG, "%s must be a path of 1 to %zu bytes", name, size - 1);
    memcpy(out, text, len + 1);
    return MUSTER_OK;
}

static enum muster_error take_data(struct config *out, const char *value, struct trouble *trouble)
{
    return take_path(out->data, sizeof(out->data), "data", value, trouble);
}

static void show_data(const struct config *config, char *out)
{
    snprintf(out, CONFIG_TEXT_MAX, "%s", config->data);
}

static enum muster_error take_socket(struct config *out, const char *value, struct trouble *trouble)
{
    return take_path(out->socket, sizeof(out->socket), "socket", value, trouble);
}

static void show_socket(const struct config *config, char *out)
{
    snprintf(out, CONFIG_TEXT_MAX, "%s", config->socket);
}

static enum muster_error take_level(struct config *out, const char *value, struct trouble *trouble)
{
    if (journal_level_named(value, &out->log_level))
        return MUSTER_OK;
    return trouble_set(trouble, MUSTER_ECONFIG, "log_level is \"%.40s\", not error, warning, notice, info or debug", value);
}

static void show_level(const struct config *config, char *out)
{
    snprintf(out, CONFIG_TEXT_MAX, "%s", journal_level_name(config->log_level));
}

static enum muster_error take_metrics(struct config *out, const char *value, struct trouble *trouble)
{
    bool none = strcmp(value, "none") == 0;
    if ((none || metrics_address_check(value) == MUSTER_OK) && strlen(value) < sizeof(out->metrics)) {
        snprintf(out->metrics, sizeof(out->metrics), "%s", value);
        return MUSTER_OK;
    }
    trouble_set(trouble, MUSTER_EENDPOINT, "metrics is \"%.60s\", which is no address of this machine with a port", value);
    trouble_do(trouble, "write it as 127.0.0.1:7118; a proxy with passwords may show it to others");
    return MUSTER_EENDPOINT;
}

static void show_metrics(const struct config *config, char *out)
{
    snprintf(out, CONFIG_TEXT_MAX, "%s", config->metrics);
}

static enum muster_error take_hook(struct config *out, const char *value, struct trouble *trouble)
{
    bool none = strcmp(value, "none") == 0;
    if (!none && (value[0] != '/' || access(value, X_OK) != 0)) {
        trouble_set(trouble, MUSTER_ECONFIG, "alarm_hook is \"%.200s\", not the whole path of a file that can be run", value);
        trouble_do(trouble, "write it from the first / on, and chmod +x it; arguments go into a script");
        return MUSTER_ECONFIG;
    }
    return take_path(out->alarm_hook, sizeof(out->alarm_hook), "alarm_hook", none ? "none" : value, trouble);
}

static void show_hook(const struct config *config, char *out)
{
    snprintf(out, CONFIG_TEXT_MAX, "%s", config->alarm_hook);
}

static enum muster_error take_silent(struct config *out, const char *value, struct trouble *trouble)
{
    char *end;
    unsigned long minutes = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || minutes < 1 || minutes > CONFIG_SILENT_MINUTES_MAX)
        return trouble_set(trouble, MUSTER_ECONFIG, "alarm_silent_minutes is \"%.40s\", not a number from 1 to %d", value,
                           CONFIG_SILENT_MINUTES_MAX);
    out->alarm_silent_minutes = (unsigned)minutes;
    return MUSTER_OK;
}

static void show_silent(const struct config *config, char *out)
{
    snprintf(out, CONFIG_TEXT_MAX, "%u", config->alarm_silent_minutes);
}

/* --- lists --------------------------------------------------------------------------------------------- */

static void show_list(const struct endpoint_list *list, char *out)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->count && len < CONFIG_TEXT_MAX; i++)
        len += (size_t)snprintf(out + len, CONFIG_TEXT_MAX - len, "%s%s", i ? " " : "", list->at[i]);
}

static enum muster_error take_listen(struct config *out, const char *value, struct trouble *trouble)
{
    return endpoint_list_add(&out->listen, CONFIG_LISTEN_MAX, value, true, trouble);
}

static void show_listen(const struct config *config, char *out)
{
    show_list(&config->listen, out);
}

static enum muster_error take_advertise(struct config *out, const char *value, struct trouble *trouble)
{
    return endpoint_list_add(&out->advertise, CARD_ENDPOINTS_MAX, value, false, trouble);
}

static void show_advertise(const struct config *config, char *out)
{
    show_list(&config->advertise, out);
}

#define FIELD(field) offsetof(struct config, field), sizeof(((struct config *)NULL)->field)
/* clang-format off */
static const struct config_row rows[] = {
    {"data", "data", 'd', false, CONFIG_AT_START, "DIR", "/var/lib/muster",
     N_("where everything is kept"), "/var/lib/muster",
     FIELD(data), take_data, show_data},
    {"socket", "socket", 's', false, CONFIG_AT_START, "PATH", "/run/muster/api.sock",
     N_("the local API"), "/run/muster/api.sock",
     FIELD(socket), take_socket, show_socket},
    {"listen", "listen", 'l', true, CONFIG_AT_START, "ENDPOINT", NULL,
     N_("for other nodes: tcp://ADDRESS:PORT, up to four"), "tcp://0.0.0.0:7117",
     FIELD(listen), take_listen, show_listen},
    {"advertise", NULL, 0, true, CONFIG_AT_ONCE, "ENDPOINT", NULL,
     N_("where others reach this node: tcp://HOST:PORT"), "tcp://node.example:7117",
     FIELD(advertise), take_advertise, show_advertise},
    {"metrics", "metrics", 'm', false, CONFIG_AT_START, "HOST:PORT", "none",
     N_("metrics and health, on an address of this machine only"), "127.0.0.1:7118",
     FIELD(metrics), take_metrics, show_metrics},
    {"log_level", NULL, 0, false, CONFIG_AT_ONCE, "LEVEL", "info",
     N_("the least important lines shown: error, warning, notice, info or debug"), "notice",
     FIELD(log_level), take_level, show_level},
    {"alarm_hook", NULL, 0, false, CONFIG_AT_ONCE, "FILE", "none",
     N_("a program that is run for each alarm, without arguments: MUSTER_ALARM, MUSTER_STATE, ... say which"), "/usr/local/bin/muster-alarm",
     FIELD(alarm_hook), take_hook, show_hook},
    {"alarm_silent_minutes", NULL, 0, false, CONFIG_AT_ONCE, "MINUTES", "60",
     N_("after how long a silence of a member there is an alarm"), "1440",
     FIELD(alarm_silent_minutes), take_silent, show_silent},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(rows) <= CONFIG_ROWS_MAX, "a setting has a place for where it is from");

const struct config_row *config_row_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

const struct config_row *config_row_named(const char *name, size_t *index)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0) {
            *index = i;
            return &rows[i];
        }
    return NULL;
}

enum muster_error config_take(struct config *out, size_t row, bool first, const char *value, const char *origin,
                              struct trouble *trouble)
{
    const struct config_row *r = &rows[row];
    if (first || !r->list)
        memset((char *)out + r->offset, 0, r->size);
    enum muster_error error = r->take(out, value, trouble);
    if (error)
        return error;
    /* A long path keeps its end: that is where file and line are. */
    size_t len = strlen(origin), over = len < CONFIG_ORIGIN_MAX ? 0 : len - (CONFIG_ORIGIN_MAX - 1);
    memcpy(out->origin[row], origin + over, len - over + 1);
    return MUSTER_OK;
}
