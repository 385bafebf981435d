/* muster config set: one setting into a drop-in of its own, which is in force only after musterd has read it whole. */
#include "tools/config.h"

#include "tools/files.h"
#include "tools/memory.h"
#include "tools/musterd.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DROP_IN      "90-set.conf"
#define FILE_DEFAULT "/etc/muster/muster.conf"
#define FILE_HEAD    "# Written by muster config set: one setting a line.\n"

enum { DROP_IN_MAX = 64 * 1024 };

struct setting_change {
    struct tool *tool;
    const char *file; /* muster.conf as it was named; NULL: the one that musterd reads by itself */
    const char *name;
    char drop_in[PATH_MAX], draft[PATH_MAX]; /* conf.d/90-set.conf, conf.d/.90-set.conf.new */
    char *text;                              /* of the new drop-in */
    size_t text_len;
};

/* In the quotes that the settings' language has; between " a $ would begin a variable. */
static void quoted(FILE *out, const char *value)
{
    char quote = strchr(value, '$') ? '\'' : '"';
    fputc(quote, out);
    for (; *value; value++) {
        if (*value == quote || *value == '\\')
            fputc('\\', out);
        fputc(*value, out);
    }
    fputc(quote, out);
}

static void line_write(FILE *out, const char *name, bool list, char **values, size_t count)
{
    fprintf(out, "%s = %s", name, list ? "{" : "");
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", out);
        quoted(out, values[i]);
    }
    fputs(list ? "}\n" : "\n", out);
}

/* Is it a line that sets that name? */
static bool sets(const char *line, const char *name)
{
    size_t len = strlen(name);
    line += strspn(line, " \t");
    return strncmp(line, name, len) == 0 && strchr(" \t=+", line[len]) && line[len];
}

/* The drop-in as it will be: what stood in it without that setting, and its new line. */
static bool text_make(struct setting_change *c, bool list, char **values, size_t count)
{
    struct fault unread;
    char *old = NULL, *rest, *line;
    size_t len = 0;
    FILE *out = memory_stream(&c->text, &c->text_len);
    if (access(c->drop_in, F_OK) == 0) {
        if (file_load_text(c->drop_in, DROP_IN_MAX, &old, &len, &unread) != MUSTER_OK) {
            memory_stream_end(out);
            tool_fail(c->tool, &unread);
            return false;
        }
        for (rest = old; (line = strsep(&rest, "\n"));)
            if ((line[0] || rest) && !sets(line, c->name))
                fprintf(out, "%s\n", line);
        free(old);
    } else {
        fputs(FILE_HEAD, out);
    }
    if (count)
        line_write(out, c->name, list, values, count);
    memory_stream_end(out);
    return true;
}

static int values_check(struct tool *tool, const json_t *item, char **values, size_t count, bool unset)
{
    bool list = value_true_at(item, "list");
    const char *name = value_text_at(item, "name");
    if (unset && count)
        return tool_usage(tool, "give one of the two", "--unset takes no value");
    if (!unset && (!count || (!list && count > 1)))
        return tool_usage(tool, "muster help config set", "%s takes %s", name, list ? _("one value or more") : _("one value"));
    for (size_t i = 0; i < count; i++)
        for (const char *at = values[i]; *at; at++)
            if (iscntrl((unsigned char)*at))
                return tool_usage(tool, "write it on one line", "a value of %s holds a control character", name);
    return 0;
}

/* The draft is read by musterd in the place that it will have; what comes behind it must not say otherwise. */
static int draft_check(struct setting_change *c, bool unset, json_t **after)
{
    struct fault fault;
    if (musterd_settings(c->file, c->draft, true, after, &fault) != MUSTER_OK) {
        fault.steps_count = 0; /* the line that is wrong is in no file */
        fault_step(&fault, "give another value, or mend the file that is named; nothing was changed");
        return tool_fail(c->tool, &fault);
    }
    const char *from = value_text_at(config_item(*after, c->name), "from");
    size_t len = strlen(c->draft);
    const char *tail = len < 100 ? c->draft : c->draft + len - 100; /* a long path keeps its end */
    if (unset || strstr(from, tail))
        return 0;
    fault_set(&fault, MUSTER_ECONFIG, "%s would have no effect there", c->name);
    fault_why(&fault, "%s comes later, and counts", from);
    fault_step(&fault, "change it there, or remove the line; nothing was changed");
    return tool_fail(c->tool, &fault);
}

static int set_print(struct setting_change *c, const json_t *item, bool unset)
{
    json_t *running = config_running(c->tool), *out = json_pack("{s:i, s:s, s:O, s:s, s:s, s:b}", "muster", 1, "name", c->name, "value",
                                                                json_object_get(item, "value"), "file", c->drop_in, "change",
                                                                value_text_at(item, "change"), "written", !c->tool->set.dry_run);
    bool restart = strcmp(value_text_at(item, "change"), "restart") == 0;
    const char *other = config_other_file(c->file ? c->file : FILE_DEFAULT, running);
    if (!other)
        config_compare(out, running);
    if (!tool_print_data(c->tool, out)) {
        if (c->tool->set.dry_run)
            screen_line(c->tool, "%s = %s would be fine; nothing was written", c->name,
                        value_text_at(item, "value"));
        else
            screen_line(c->tool, "%s = %s, in %s", c->name, value_text_at(item, "value"),
                        unset ? value_text_at(item, "from") : c->drop_in);
        if (other)
            screen_line(c->tool, "the running node reads another file: muster config set --file %s %s ...", other, c->name);
        else if (!c->tool->set.dry_run && (!running || json_object_get(out, "running")))
            screen_line(c->tool, "%s", restart ? _("a restart applies it: systemctl restart musterd")
                                               : _("a reload applies it: systemctl reload musterd"));
    }
    json_decref(out);
    json_decref(running);
    return 0;
}

/* conf.d and the folder that it is in, for all to read: musterd runs as a user of its own.  What fails here fails again, with a reason,
 * when the file is made. */
static void folders_open(const char *drop_in)
{
    char folder[PATH_MAX], *slash;
    snprintf(folder, sizeof folder, "%s", drop_in);
    if ((slash = strrchr(folder, '/')) == NULL)
        return;
    *slash = '\0';
    if ((slash = strrchr(folder, '/')) != NULL && slash != folder) {
        *slash = '\0';
        mkdir(folder, 0755);
        *slash = '/';
    }
    mkdir(folder, 0755);
}

static int change_make(struct setting_change *c, const json_t *item, char **values, size_t count, bool unset)
{
    struct fault fault;
    json_t *after = NULL;
    if (!text_make(c, value_true_at(item, "list"), values, count))
        return EXIT_STORAGE;
    folders_open(c->drop_in);
    if (file_save(c->draft, c->text, c->text_len, FILE_REPLACE | FILE_FOLDERS, &fault) != MUSTER_OK) {
        fault_step(&fault, "sudo muster config set %s ...", c->name);
        return tool_fail(c->tool, &fault);
    }
    int code = draft_check(c, unset, &after);
    if (!code && !c->tool->set.dry_run && file_save(c->drop_in, c->text, c->text_len, FILE_REPLACE, &fault) != MUSTER_OK)
        code = tool_fail(c->tool, &fault);
    unlink(c->draft);
    if (!code)
        code = set_print(c, config_item(after, c->name), unset);
    json_decref(after);
    return code;
}

static int set_run(struct tool *tool, const struct arguments *args)
{
    struct setting_change c = {.tool = tool, .file = option_get(args, "file"), .name = args->words[0]};
    if (!c.file)
        c.file = getenv("MUSTER_CONFIG");
    struct fault fault;
    json_t *before = NULL;
    bool unset = option_get(args, "unset") != NULL;
    const char *file = c.file ? c.file : FILE_DEFAULT, *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash - file + 1) : 0;
    if (folder > PATH_MAX - 64)
        return tool_usage(tool, "name a shorter path", "the path of the file is too long");
    snprintf(c.drop_in, sizeof c.drop_in, "%.*sconf.d/" DROP_IN, folder, file);
    snprintf(c.draft, sizeof c.draft, "%.*sconf.d/." DROP_IN ".new", folder, file);
    /* Which settings there are, whatever the files say: a wrong file may be what is to be mended. */
    if (musterd_settings("/dev/null", NULL, true, &before, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    const json_t *item = config_item(before, c.name);
    int code = item ? values_check(tool, item, args->words + 1, args->count - 1, unset) : config_unknown(tool, before, c.name);
    if (!code)
        code = change_make(&c, item, args->words + 1, args->count - 1, unset);
    free(c.text);
    json_decref(before);
    return code;
}

static const struct option_row set_options[] = {
    {"file",  0, "FILE", "the node's setting file; else $MUSTER_CONFIG, or /etc/muster/muster.conf"},
    {"unset", 0, NULL,   "take the setting out of the drop-in again"             },
    {NULL,    0, NULL,   NULL                                               },
};

const struct command command_config_set = {
    .name = "config set",
    .args = "NAME [VALUE…]",
    .group = GROUP_RUN,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = set_options,
    .run = set_run,
    .help = "set one setting of the node, checked before it counts",
    .detail = "It is written into conf.d/90-set.conf beside the setting file. musterd reads it first: a value that it refuses, "
              "or that a later file would replace, changes nothing. A list takes several values. It says whether a reload or a "
              "restart applies it; with --dry-run it only checks. A setting of this command line is set in its own file, ~/.config/muster/cli.conf.",
    .example = "muster config set metrics 127.0.0.1:7118\nmuster config set log_level --unset",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster name value file change written",
    .rows = "name value file change written running",
};
