#include "node/config.h"

#include "node/endpoint.h"
#include "node/metrics.h"

#include <confuse.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    char letter;
    const char *name, *value, *help;
} rows[] = {
    {'c', "config", "FILE", "settings; default " CONFIG_FILE_DEFAULT ", if it is there"},
    {'d', "data", "DIR", "where everything is kept; default /var/lib/muster"},
    {'s', "socket", "PATH", "the local API; default /run/muster/api.sock"},
    {'l', "listen", "ENDPOINT", "tcp://ADDRESS:PORT for other nodes; may be given four times"},
    {'m', "metrics", "HOST:PORT", "metrics and health, for this machine only; default none"},
    {'C', "check-config", NULL, "read the settings, say what is wrong with them, and end"},
    {'f', "foreground", NULL, "stay in the foreground, as always (for old habits)"},
    {'V', "version", NULL, "print the version and end"},
    {'h', "help", NULL, "print this and end"},
};

void config_help(void)
{
    printf(
        "usage: musterd [OPTIONS]\n\nThe node of an agency: keeps its records and exchanges them with partners.\n\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        printf("  -%c, --%-13s %-9s %s\n", rows[i].letter, rows[i].name, rows[i].value ? rows[i].value : "",
               rows[i].help);
    printf(
        "\nVariables MUSTER_DATA, MUSTER_SOCKET, MUSTER_LISTEN and MUSTER_METRICS come after options and before the file.\n"
        "Exit codes: 0 stopped, 2 usage or settings, 10 storage or port in use, 78 data that a restart cannot mend.\n");
}

enum muster_error endpoint_list_add(struct endpoint_list *list, size_t max, const char *text, bool listen,
                                    struct trouble *trouble)
{
    struct endpoint endpoint;
    enum muster_error error = listen ? endpoint_parse_listen(&endpoint, text) : endpoint_parse(&endpoint, text);
    if (error) {
        trouble_set(trouble, error, "\"%.120s\" is no endpoint to %s", text, listen ? "listen on" : "advertise");
        trouble_do(trouble,
                   listen ? "write it with an address, as tcp://0.0.0.0:7117" : "write it as tcp://host.example:7117");
        return error;
    }
    if (list->count == max)
        return trouble_set(trouble, MUSTER_ETOOBIG, "there are more than %zu endpoints", max);
    endpoint_text(list->at[list->count++], &endpoint);
    return MUSTER_OK;
}

static bool copy(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len >= size)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

static enum muster_error set_path(char *out, size_t size, const char *name, const char *text, struct trouble *trouble)
{
    if (copy(out, size, text))
        return MUSTER_OK;
    return trouble_set(trouble, MUSTER_ECONFIG, "%s must be a path of 1 to %zu bytes", name, size - 1);
}

static enum muster_error set_metrics(struct config *out, const char *text, struct trouble *trouble)
{
    bool none = strcmp(text, "none") == 0; /* kept: it overrules what comes later */
    if ((none || metrics_address_check(text) == MUSTER_OK) && copy(out->metrics, sizeof(out->metrics), text))
        return MUSTER_OK;
    trouble_set(trouble, MUSTER_EENDPOINT, "metrics is \"%.60s\", which is no address of this machine with a port", text);
    trouble_do(trouble, "write it as 127.0.0.1:7118; a proxy with passwords may show it to others");
    return MUSTER_EENDPOINT;
}

/* --- the file ------------------------------------------------------------------------------------------ */

struct told { /* libconfuse reports by callback, with the place only there */
    char sentence[400];
};

/* libconfuse gives its error function no argument of ours: where to tell, NULL but while a file is read. */
static struct told *telling;

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format, va_list list)
{
    char text[256];
    struct told *told = telling;
    vsnprintf(text, sizeof(text), format, list);
    if (told && !told->sentence[0])
        snprintf(told->sentence, sizeof(told->sentence), "%s:%d: %s", cfg->filename ? cfg->filename : "?", cfg->line,
                 text);
}

static enum muster_error take_file(struct config *out, cfg_t *cfg, const struct config *given, struct trouble *trouble)
{
    enum muster_error error = MUSTER_OK;
    const char *data = cfg_getstr(cfg, "data"), *socket = cfg_getstr(cfg, "socket");
    if (data && !given->data[0])
        error = set_path(out->data, sizeof(out->data), "data", data, trouble);
    if (!error && socket && !given->socket[0])
        error = set_path(out->socket, sizeof(out->socket), "socket", socket, trouble);
    for (unsigned i = 0; i < cfg_size(cfg, "listen") && !error && !given->listen.count; i++)
        error = endpoint_list_add(&out->listen, CONFIG_LISTEN_MAX, cfg_getnstr(cfg, "listen", i), true, trouble);
    for (unsigned i = 0; i < cfg_size(cfg, "advertise") && !error; i++)
        error =
            endpoint_list_add(&out->advertise, CARD_ENDPOINTS_MAX, cfg_getnstr(cfg, "advertise", i), false, trouble);
    const char *level = cfg_getstr(cfg, "log_level");
    if (!error && level && !journal_level_named(level, &out->log_level))
        error = trouble_set(trouble, MUSTER_ECONFIG,
                            "log_level is \"%.40s\", not error, warning, notice, info or debug", level);
    const char *metrics = cfg_getstr(cfg, "metrics");
    if (!error && metrics && !given->metrics[0])
        error = set_metrics(out, metrics, trouble);
    if (error)
        trouble_why(trouble, "the setting is in %s", out->file);
    return error;
}

static enum muster_error read_file(struct config *out, bool must, const struct config *given, struct trouble *trouble)
{
    if (access(out->file, F_OK) != 0 && !must)
        return MUSTER_OK;
    struct told told = {""};
    cfg_opt_t options[] = {
        CFG_STR("data", NULL, CFGF_NONE),        CFG_STR("socket", NULL, CFGF_NONE),
        CFG_STR_LIST("listen", NULL, CFGF_NONE), CFG_STR_LIST("advertise", NULL, CFGF_NONE),
        CFG_STR("log_level", NULL, CFGF_NONE),   CFG_STR("metrics", NULL, CFGF_NONE),
        CFG_END(),
    };
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    if (!cfg)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory for %s", out->file);
    cfg_set_error_function(cfg, on_error);
    telling = &told;
    int got = cfg_parse(cfg, out->file);
    telling = NULL;
    enum muster_error error = MUSTER_OK;
    if (got == CFG_FILE_ERROR) {
        error = trouble_set(trouble, MUSTER_ECONFIG, "%s cannot be read", out->file);
        trouble_why(trouble, "%s", strerror(errno));
        trouble_do(trouble, "check its path and rights");
    } else if (got != CFG_SUCCESS) {
        error =
            trouble_set(trouble, MUSTER_ECONFIG, "%s", told.sentence[0] ? told.sentence : "the file is not understood");
        trouble_why(trouble, "the settings are data, socket, listen, advertise, metrics and log_level");
        trouble_do(trouble, "correct the line, then musterd --check-config");
    } else {
        error = take_file(out, cfg, given, trouble);
    }
    cfg_free(cfg);
    return error;
}

/* --- options and environment ---------------------------------------------------------------------------- */

static enum muster_error take_option(struct config *out, int letter, const char *value, bool *file,
                                     struct trouble *trouble)
{
    switch (letter) {
    case 'c':
        *file = true;
        return set_path(out->file, sizeof(out->file), "--config", value, trouble);
    case 'd':
        return set_path(out->data, sizeof(out->data), "--data", value, trouble);
    case 's':
        return set_path(out->socket, sizeof(out->socket), "--socket", value, trouble);
    case 'l':
        return endpoint_list_add(&out->listen, CONFIG_LISTEN_MAX, value, true, trouble);
    case 'm':
        return set_metrics(out, value, trouble);
    case 'C':
        out->check_only = true;
        return MUSTER_OK;
    case 'f':
        out->foreground = true;
        return MUSTER_OK;
    case 'V':
        out->version = true;
        return MUSTER_OK;
    case 'h':
        out->help = true;
        return MUSTER_OK;
    default:
        trouble_set(trouble, MUSTER_EUSAGE, "musterd does not know an option that it was given");
        trouble_do(trouble, "musterd --help");
        return MUSTER_EUSAGE;
    }
}

static enum muster_error read_options(struct config *out, int argc, char **argv, bool *file, struct trouble *trouble)
{
    struct option options[ARRAY_LEN(rows) + 1] = {{0}};
    char letters[2 * ARRAY_LEN(rows) + 2] = ":";
    size_t len = 1;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        options[i] =
            (struct option){rows[i].name, rows[i].value ? required_argument : no_argument, NULL, rows[i].letter};
        letters[len++] = rows[i].letter;
        if (rows[i].value)
            letters[len++] = ':';
    }
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
        enum muster_error error = take_option(out, c, optarg, file, trouble);
        if (error) {
            if (error == MUSTER_EUSAGE)
                trouble_why(trouble, "the option is %.100s", argv[optind - 1]);
            return error;
        }
    }
    if (optind < argc) {
        trouble_set(trouble, MUSTER_EUSAGE, "musterd takes no argument \"%.100s\"", argv[optind]);
        trouble_do(trouble, "musterd --help");
        return MUSTER_EUSAGE;
    }
    return MUSTER_OK;
}

enum muster_error config_read(struct config *out, int argc, char **argv, struct trouble *trouble)
{
    bool file = false;
    *out = (struct config){.log_level = JOURNAL_INFO};
    enum muster_error error = read_options(out, argc, argv, &file, trouble);
    const char *data = getenv("MUSTER_DATA"), *socket = getenv("MUSTER_SOCKET"), *listen = getenv("MUSTER_LISTEN");
    if (error || out->help || out->version)
        return error;
    if (data && !out->data[0])
        error = set_path(out->data, sizeof(out->data), "MUSTER_DATA", data, trouble);
    if (!error && socket && !out->socket[0])
        error = set_path(out->socket, sizeof(out->socket), "MUSTER_SOCKET", socket, trouble);
    if (!error && listen && !out->listen.count)
        error = endpoint_list_add(&out->listen, CONFIG_LISTEN_MAX, listen, true, trouble);
    const char *metrics = getenv("MUSTER_METRICS");
    if (!error && metrics && !out->metrics[0])
        error = set_metrics(out, metrics, trouble);
    if (!file)
        (void)copy(out->file, sizeof(out->file), CONFIG_FILE_DEFAULT);
    struct config given = *out;
    if (!error)
        error = read_file(out, file, &given, trouble);
    if (!out->data[0])
        (void)copy(out->data, sizeof(out->data), "/var/lib/muster");
    if (!out->socket[0])
        (void)copy(out->socket, sizeof(out->socket), "/run/muster/api.sock");
    return error;
}
