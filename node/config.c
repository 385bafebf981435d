#include "node/config.h"

#include "base/text.h"
#include "lang/lang.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS_MAX = 16, GIVEN_MAX = 32 };

/* Options that are no settings. */
static const struct {
    char letter;
    const char *name, *value, *help;
} others[] = {
    {'c', "config", "FILE", N_("settings; default ") CONFIG_FILE_DEFAULT N_(", if it is there")},
    {'C', "check-config", NULL, N_("read the settings, say where each is from or what is wrong")},
    {'j', "json", NULL, N_("with --check-config: as one JSON object")},
    {'D', "draft", "FILE", N_("with --check-config: conf.d/.NAME.conf.new as if it were NAME.conf")},
    {'P', "print-config", NULL, N_("print a file with all settings and what they mean")},
    {'f', "foreground", NULL, N_("stay in the foreground, as always (for old habits)")},
    {'V', "version", NULL, N_("print the version and end")},
    {'h', "help", NULL, N_("print this and end")},
};

static void help_row(char letter, const char *name, const char *value, const char *help)
{
    printf("  -%c, --%-13s %-9s %s\n", letter, name, value ? value : "", help);
}

void config_help(void)
{
    const struct config_row *row;
    printf(
        _("usage: musterd [OPTIONS]\n\nThe node of an agency: keeps its records and exchanges them with partners.\n\n"));
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++)
        if (row->option)
            help_row(row->letter, row->option, row->value, _(row->help));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        help_row(others[i].letter, others[i].name, others[i].value, _(others[i].help));
    printf(_("\nA setting is what is built in, then what the file says, then conf.d/NAME.conf beside\n"
           "it, then a variable (MUSTER_DATA, MUSTER_LOG_LEVEL...), then an option: the last counts.\n"
           "MUSTER_CONFIG names the file as --config does.\n"
           "SIGHUP reads them again, applies what it can without dropping a peer, and tells the rest.\n"
           "Exit codes: 0 stopped, 2 usage or settings, 10 storage or port in use, 78 data that a\n"
           "restart cannot mend.\n"));
}

void config_show(const struct config *config)
{
    const struct config_row *row;
    char text[CONFIG_TEXT_MAX], safe[2 * CONFIG_TEXT_MAX];
    if (config->file_count)
        printf(_("%s: fine, with %zu drop-in%s\n"), config->file, config->file_count - 1, config->file_count == 2 ? "" : "s");
    else
        printf(_("no file: fine\n"));
    int width = 0;
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++)
        width = (int)strlen(row->name) > width ? (int)strlen(row->name) : width;
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++) {
        row->show(config, text);
        text_for_terminal(safe, sizeof(safe), text, strlen(text));
        printf("  %-*s %s\n", width, row->name, text[0] ? safe : _("as given to init"));
        text_for_terminal(safe, sizeof(safe), _(config->origin[i]), strlen(_(config->origin[i])));
        printf(_("  %*s   from: %s%s\n"), width, "", safe, row->change == CONFIG_AT_START ? _("; a change wants a restart") : "");
    }
}

void config_print(void)
{
    const struct config_row *row;
    printf("# Settings of musterd(8).  All are optional; what stands here behind a # is the built-in\n"
           "# value or an example.  Better than to change this file: write what differs into a file of\n"
           "# your own, conf.d/10-site.conf beside it.  Later files replace earlier ones, += adds to a list.\n"
           "#\n"
           "# musterd --check-config says where each setting is from; systemctl reload musterd applies\n"
           "# what needs no restart.  No secret belongs here: keys are files of their own, in\n"
           "# /var/lib/muster/secrets.\n");
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++) {
        const char *text = row->standard ? row->standard : row->example;
        printf("\n# %s\n# (%s; a change is applied by a %s)\n", row->help,
               row->standard ? "the built-in value" : "an example; else what was given to muster init",
               row->change == CONFIG_AT_ONCE ? "reload" : "restart");
        if (row->standard && strcmp(row->standard, row->example) != 0)
            printf("#   another one: \"%s\"\n", row->example);
        printf(row->list ? "#%s = {\"%s\"}\n" : "#%s = \"%s\"\n", row->name, text);
    }
}

/* --- options and environment ---------------------------------------------------------------------------- */

struct given { /* settings among the options, kept until everything else is read */
    size_t row[GIVEN_MAX];
    const char *value[GIVEN_MAX];
    size_t count;
    bool file;
};

/* by: the option or variable that names it. */
static enum muster_error take_file(struct config *out, struct given *given, const char *by, const char *path, struct trouble *trouble)
{
    if (!path[0] || strlen(path) >= sizeof(out->file))
        return trouble_set(trouble, MUSTER_ECONFIG, "%s must be a path of 1 to %zu bytes", by, sizeof(out->file) - 1);
    given->file = true;
    snprintf(out->file, sizeof(out->file), "%s", path);
    return MUSTER_OK;
}

static enum muster_error take_option(struct config *out, struct given *given, int letter, const char *value,
                                     struct trouble *trouble)
{
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++)
        if (row->option && row->letter == letter) {
            if (given->count == GIVEN_MAX)
                return trouble_set(trouble, MUSTER_EUSAGE, "there are more than %d options", GIVEN_MAX);
            given->row[given->count] = i;
            given->value[given->count++] = value;
            return MUSTER_OK;
        }
    switch (letter) {
    case 'c':
        return take_file(out, given, "--config", value, trouble);
    case 'C':
        out->check_only = true;
        return MUSTER_OK;
    case 'j':
        out->json = true;
        return MUSTER_OK;
    case 'D':
        if (!value[0] || strlen(value) >= sizeof(out->draft))
            return trouble_set(trouble, MUSTER_ECONFIG, "--draft must be a path of 1 to %zu bytes", sizeof(out->draft) - 1);
        snprintf(out->draft, sizeof(out->draft), "%s", value);
        return MUSTER_OK;
    case 'P':
        out->print = true;
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

static void add_option(struct option *options, char *letters, size_t *len, size_t *count, const char *name, char letter,
                       bool value)
{
    options[(*count)++] = (struct option){name, value ? required_argument : no_argument, NULL, letter};
    letters[(*len)++] = letter;
    if (value)
        letters[(*len)++] = ':';
}

static enum muster_error read_options(struct config *out, struct given *given, int argc, char **argv,
                                      struct trouble *trouble)
{
    struct option options[CONFIG_ROWS_MAX + ARRAY_LEN(others) + 1] = {{0}};
    char letters[2 * (CONFIG_ROWS_MAX + ARRAY_LEN(others)) + 2] = ":";
    const struct config_row *row;
    size_t len = 1, count = 0;
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++)
        if (row->option)
            add_option(options, letters, &len, &count, row->option, row->letter, true);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        add_option(options, letters, &len, &count, others[i].name, others[i].letter, others[i].value != NULL);
    opterr = 0;
    optind = 0; /* from the start again: a reload reads the options a second time */
    for (int c; (c = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
        enum muster_error error = take_option(out, given, c, optarg, trouble);
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

static enum muster_error take_environment(struct config *out, struct trouble *trouble)
{
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++) {
        char name[40];
        size_t len = (size_t)snprintf(name, sizeof(name), "MUSTER_%s", row->name);
        for (size_t c = 0; c < len; c++)
            name[c] = (char)toupper((unsigned char)name[c]);
        const char *value = getenv(name), *space;
        bool first = true;
        enum muster_error error = MUSTER_OK;
        if (!value)
            continue;
        for (; row->list && (space = strchr(value, ' ')) != NULL && !error; value = space + 1, first = false) {
            char part[ENDPOINT_BYTES_MAX + 1];
            snprintf(part, sizeof(part), "%.*s", (int)(space - value), value);
            error = config_take(out, i, first, part, name, trouble);
        }
        if (!error)
            error = config_take(out, i, first, value, name, trouble);
        if (error) {
            trouble_why(trouble, "the variable %s says so", name);
            return error;
        }
    }
    return MUSTER_OK;
}

static enum muster_error take_given(struct config *out, const struct given *given, struct trouble *trouble)
{
    bool seen[CONFIG_ROWS_MAX] = {false};
    for (size_t i = 0; i < given->count; i++) {
        char origin[40];
        size_t row = given->row[i];
        snprintf(origin, sizeof(origin), "--%s", config_row_at(row)->option);
        enum muster_error error = config_take(out, row, !seen[row], given->value[i], origin, trouble);
        if (error) {
            trouble_why(trouble, "the option %s says so", origin);
            return error;
        }
        seen[row] = true;
    }
    return MUSTER_OK;
}

enum muster_error config_read(struct config *out, int argc, char **argv, struct trouble *trouble)
{
    struct given given = {.count = 0};
    const struct config_row *row;
    *out = (struct config){.file_count = 0};
    enum muster_error error = read_options(out, &given, argc, argv, trouble);
    if (!error && out->draft[0] && !out->check_only) {
        trouble_do(trouble, "musterd --check-config --draft FILE");
        error = trouble_set(trouble, MUSTER_EUSAGE, "--draft is for --check-config alone");
    }
    if (error || out->help || out->version || out->print)
        return error;
    for (size_t i = 0; (row = config_row_at(i)) != NULL && !error; i++) {
        snprintf(out->origin[i], CONFIG_ORIGIN_MAX, "built in");
        if (row->standard)
            error = config_take(out, i, true, row->standard, "built in", trouble);
    }
    const char *named = getenv("MUSTER_CONFIG");
    if (!given.file && named && !error)
        error = take_file(out, &given, "MUSTER_CONFIG", named, trouble);
    if (!given.file)
        snprintf(out->file, sizeof(out->file), "%s", CONFIG_FILE_DEFAULT);
    if (!error)
        error = config_read_files(out, given.file, trouble);
    if (!error)
        error = take_environment(out, trouble);
    return error ? error : take_given(out, &given, trouble);
}
