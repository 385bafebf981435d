/* muster config check, show, get: the settings of the node and of this command line, and where each is from.
 *
 * The node's are read by musterd itself (musterd.h); what a running node has in force is asked of it. */
#include "tools/config.h"

#include "tools/musterd.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

#define CLI_PREFIX "cli."

json_t *config_item(const json_t *settings, const char *name)
{
    json_t *items = json_object_get(settings, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        if (strcmp(value_text_at(json_array_get(items, i), "name"), name) == 0)
            return json_array_get(items, i);
    return NULL;
}

int config_unknown(struct tool *tool, const json_t *settings, const char *name)
{
    struct fault fault;
    char names[FAULT_TEXT_BYTES] = "";
    const json_t *items = json_object_get(settings, "items");
    size_t len = 0;
    for (size_t i = 0; i < json_array_size(items) && len < sizeof names; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i ? ", " : "", value_text_at(json_array_get(items, i), "name"));
    fault_set(&fault, MUSTER_ENOTFOUND, "there is no setting \"%.100s\"", name);
    fault_why(&fault, "the settings are %s; those of this command line begin with cli.", names);
    fault_step(&fault, "muster config show");
    return tool_fail(tool, &fault);
}

json_t *config_running(struct tool *tool)
{
    struct fault unread;
    struct url url;
    json_t *answer = NULL;
    url_start(&url, "/v1/settings");
    return client_call(&tool->client, "GET", &url, NULL, &answer, &unread) == MUSTER_OK ? answer : NULL;
}

void config_compare(json_t *item, const json_t *running)
{
    const json_t *other = running ? config_item(running, value_text_at(item, "name")) : NULL;
    if (other && !json_equal(json_object_get(other, "value"), json_object_get(item, "value")))
        json_object_set(item, "running", json_object_get(other, "value"));
}

const char *config_other_file(const char *file, const json_t *running)
{
    const char *theirs = running ? value_text_at(running, "file") : "";
    return theirs[0] == '/' && strcmp(theirs, file) != 0 ? theirs : NULL;
}

static json_t *cli_items(const struct tool *tool)
{
    json_t *items = json_array();
    for (size_t i = 0; settings_name(i); i++) {
        char name[64];
        snprintf(name, sizeof name, CLI_PREFIX "%s", settings_name(i));
        json_array_append_new(items, json_pack("{s:s, s:s, s:s}", "name", name, "value", tool->set.value[i], "from", tool->set.from[i]));
    }
    return items;
}

static int settings_get(struct tool *tool, const struct arguments *args, json_t **out)
{
    struct fault fault;
    return musterd_settings(option_get(args, "file"), NULL, false, out, &fault) == MUSTER_OK ? 0 : tool_fail(tool, &fault);
}

/* --- check ------------------------------------------------------------------------------------------------------------ */

static int check_run(struct tool *tool, const struct arguments *args)
{
    json_t *settings = NULL;
    int code = settings_get(tool, args, &settings);
    if (!code && !tool_print_data(tool, settings))
        screen_line(tool, "%s: fine, %lld files read", value_text_at(settings, "file"),
                    value_int_at(settings, "files"));
    json_decref(settings);
    return code;
}

/* --- show ------------------------------------------------------------------------------------------------------------- */

static void item_print(struct tool *tool, const json_t *item)
{
    const char *value = value_text_at(item, "value"), *change = value_text_at(item, "change"), *running = value_text_at(item, "running");
    screen_line(tool, "  %s = %s", value_text_at(item, "name"),
                value[0] ? value : change[0] ? _("(as given to muster init)") : "-");
    screen_line(tool, "      from %s%s", _(value_text_at(item, "from")),
                strcmp(change, "restart") == 0 ? _("; a change wants a restart") : "");
    if (json_object_get(item, "running"))
        screen_line(tool, "      the running node has %s: %s",
                    running[0] ? running : "-", strcmp(change, "restart") == 0 ? "systemctl restart musterd" : "systemctl reload musterd");
}

static void items_print(struct tool *tool, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++)
        item_print(tool, json_array_get(items, i));
}

static int show_run(struct tool *tool, const struct arguments *args)
{
    json_t *settings = NULL, *running = NULL;
    int code = settings_get(tool, args, &settings);
    if (code)
        return code;
    running = config_running(tool);
    json_t *items = json_object_get(settings, "items");
    const char *other = config_other_file(value_text_at(settings, "file"), running);
    for (size_t i = 0; i < json_array_size(items) && !other; i++)
        config_compare(json_array_get(items, i), running);
    json_object_set_new(settings, "cli", cli_items(tool));
    json_t *all = json_pack("{s:o}", "items", json_copy(items));
    json_array_extend(json_object_get(all, "items"), json_object_get(settings, "cli"));
    if (!tool_print_json(tool, settings) && !tool_print_data(tool, all)) {
        screen_line(tool, "settings of the node: %s", value_text_at(settings, "file"));
        if (other)
            screen_line(tool, "the running node reads another file: muster config show --file %s", other);
        items_print(tool, items);
        screen_title(tool, "of this command line");
        items_print(tool, json_object_get(settings, "cli"));
    }
    json_decref(all);
    json_decref(settings);
    json_decref(running);
    return 0;
}

/* --- get -------------------------------------------------------------------------------------------------------------- */

static int get_run(struct tool *tool, const struct arguments *args)
{
    const char *name = args->words[0];
    json_t *settings = NULL, *running = NULL, *cli = json_pack("{s:o}", "items", cli_items(tool)), *item;
    int code = 0;
    bool own = strncmp(name, CLI_PREFIX, strlen(CLI_PREFIX)) == 0;
    if (!own)
        code = settings_get(tool, args, &settings);
    if (!code) {
        item = config_item(own ? cli : settings, name);
        if (!item) {
            code = config_unknown(tool, own ? cli : settings, name);
        } else {
            if (!own)
                running = config_running(tool);
            config_compare(item, running);
            if (!tool_print_data(tool, item))
                fprintf(tool->out, "%s\n", value_text_at(item, "value"));
        }
    }
    json_decref(settings);
    json_decref(running);
    json_decref(cli);
    return code;
}

static const struct option_row config_options[] = {
    {"file", 0, "FILE", "the node's setting file; else $MUSTER_CONFIG, or /etc/muster/muster.conf"},
    {NULL,   0, NULL,   NULL                                             },
};

const struct command command_config_check = {
    .name = "config check",
    .args = "",
    .group = GROUP_RUN,
    .words_min = 0,
    .words_max = 0,
    .options = config_options,
    .run = check_run,
    .help = "read the node's settings and say what is wrong with them",
    .detail = "Names file and line of what is wrong. It is what musterd does before a reload.",
    .example = "muster config check",
    .keys = "muster file files items",
    .rows = "file files",
};

const struct command command_config_show = {
    .name = "config show",
    .args = "",
    .group = GROUP_RUN,
    .words_min = 0,
    .words_max = 0,
    .options = config_options,
    .run = show_run,
    .help = "show every setting and the file and line that it is from",
    .detail = "An option counts before a variable MUSTER_NAME, that before the user's file (for the settings of the command "
              "line), that before the files of conf.d, those before muster.conf, that before what is built in. Where a "
              "running node has another value in force it says so, and what applies the new one.",
    .example = "muster config show",
    .keys = "muster file files items cli",
    .rows = "items: name value change from running",
};

const struct command command_config_get = {
    .name = "config get",
    .args = "NAME",
    .group = GROUP_RUN,
    .words_min = 1,
    .words_max = 1,
    .options = config_options,
    .run = get_run,
    .help = "print one setting, for scripts",
    .detail = "A list is printed with spaces between. Settings of the command line are called cli.space, cli.lang and so on.",
    .example = "muster config get data",
    .exits = EXIT_BIT(EXIT_NOT_FOUND),
    .keys = "muster name value from",
    .rows = "name value change from running",
};
