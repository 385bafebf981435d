#include "tools/run.h"

#include "tools/arguments.h"
#include "tools/failure.h"
#include "tools/help_json.h"
#include "tools/manual.h"
#include "tools/tool.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tables need to know how wide a character is; in the C locale nothing but ASCII has a width. */
static void locale_start(void)
{
    if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_NUMERIC, "C");
}

/* Before the settings are known: does the person want errors as JSON? */
static bool json_wanted(int argc, char **argv)
{
    const char *variable = getenv("MUSTER_OUTPUT");
    bool json = variable && (strcmp(variable, "json") == 0 || strcmp(variable, "ndjson") == 0);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        json |= strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "-ojson") == 0 ||
                strcmp(argv[i], "--output=json") == 0 ||
                (i > 1 && strcmp(argv[i], "json") == 0 &&
                 (strcmp(argv[i - 1], "-o") == 0 || strcmp(argv[i - 1], "--output") == 0));
    return json;
}

/* The language that was asked for, before the settings are known: their own faults are said in it. */
static const char *lang_wanted(int argc, char **argv)
{
    const char *name = lang_of_environment();
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], "--lang=", 7) == 0)
            name = argv[i] + 7;
        else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            name = argv[i + 1];
    return name;
}

static int form_refuse(struct tool *tool)
{
    const struct command *command = tool->command;
    char step[128];
    if (command->flags & NO_FORMS)
        return tool_usage(tool, "leave -o out", "muster %s prints what it makes as it is: there is no -o %s of it", command->name,
                          tool->set.form);
    snprintf(step, sizeof step, "muster %s --json", command->name);
    if (command->flags & NO_ID)
        return tool_usage(tool, step, "what muster %s answers has no name or id: there is no -o id of it", command->name);
    return tool_usage(tool, step, "what muster %s answers is no table: there is no -o %s of it", command->name, tool->set.form);
}

static int form_of_export(struct tool *tool)
{
    struct fault fault;
    fault_set(&fault, MUSTER_EUSAGE, "%s is a form of muster export, not of muster %s", tool->set.form, tool->command->name);
    if (!tool->set.output_here)
        fault_why(&fault, "no form was named here; \"%s\" is said by %s", tool->set.form, tool->set.from[SETTING_OUTPUT]);
    fault_step(&fault, tool->set.output_here ? "muster export -o gpkg -O FILE" : N_("correct or remove that line or variable, or give -o table"));
    return tool_fail(tool, &fault);
}

static int run_parsed(const struct parsed *parsed, const struct settings *settings)
{
    const struct command *command = parsed->command;
    struct tool tool;
    int code = 0;
    tool_start(&tool, settings, command);
    if (option_get(&parsed->globals, "version")) {
        fputs("muster " MUSTER_VERSION "\n", tool.out);
    } else if (option_get(&parsed->globals, "help")) {
        if (help_json_verbs(&tool, command))
            return tool_end(&tool, code);
        tool_page(&tool);
        if (command)
            manual_command(&(struct sheet){tool.out, tool.width}, command);
        else
            manual_overview(&(struct sheet){tool.out, tool.width});
    } else if (!command) {
        manual_overview(&(struct sheet){tool.err, tool.width});
        code = 2;
    } else if (settings->output == OUTPUT_FORM && strcmp(command->name, "export") != 0) {
        code = form_of_export(&tool);
    } else if (tool_form_lacks(command, settings->output)) {
        code = form_refuse(&tool);
    } else {
        code = command->run(&tool, &parsed->arguments);
        if (code == TOOL_DONE)
            code = 0;
    }
    return tool_end(&tool, code);
}

int muster_run(int argc, char **argv)
{
    struct parsed parsed;
    struct settings settings;
    struct fault fault;
    locale_start();
    bool json = json_wanted(argc, argv);
    lang_start();
    lang_use(json ? NULL : lang_wanted(argc, argv));
    if (arguments_read(&parsed, argc, argv, &fault) != MUSTER_OK ||
        settings_load(&settings, &parsed.globals, &fault) != MUSTER_OK) {
        failure_print(stderr, &fault, json);
        return fault.exit;
    }
    if (parsed.command && !settings.output_here && tool_form_lacks(parsed.command, settings.output))
        settings.output = OUTPUT_TABLE; /* a habit of the environment or a file is meant for the verbs that have the form */
    json = settings.output == OUTPUT_JSON || settings.output == OUTPUT_NDJSON;
    lang_use(json || settings.lang == LANG_EN ? NULL : "zh"); /* what programs read is the same in both */
    if (!settings.quiet)
        settings_variables_warn(environ, json, stderr);
    return run_parsed(&parsed, &settings);
}
