/* muster maintenance: the round of care that a node wants now and then, in its order, in one command.
 *
 * Each step is the verb of its name, and works while partners come and go: no node is taken out of the traffic for it. */
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/arguments.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_WORDS_MAX = 6 };

struct step {
    const struct command *command;
    const char *words[STEP_WORDS_MAX]; /* behind the verb */
    const char *skipped;               /* why it is left out; NULL: it is done */
};

/* Does doctor advise to compact the data file? */
static bool compact_advised(struct tool *tool, int *code)
{
    json_t *doctor = NULL;
    bool advised = false;
    *code = tool_get(tool, "/v1/doctor", &doctor);
    const json_t *items = json_object_get(doctor, "items");
    for (size_t i = 0; !*code && i < json_array_size(items); i++)
        advised |= strcmp(value_text_at(json_array_get(items, i), "check"), "space") == 0 &&
                   strcmp(value_text_at(json_array_get(items, i), "state"), "ok") != 0;
    json_decref(doctor);
    return advised;
}

/* Its screen goes where all goes; its JSON into *answer. */
static int step_run(struct tool *tool, const struct step *step, json_t **answer)
{
    char *argv[STEP_WORDS_MAX + 3] = {(char *)(uintptr_t) "muster", (char *)(uintptr_t)step->command->name}, *text = NULL;
    struct parsed parsed;
    struct fault fault;
    size_t len = 0;
    int argc = 2;
    for (size_t i = 0; i < STEP_WORDS_MAX && step->words[i]; i++)
        argv[argc++] = (char *)(uintptr_t)step->words[i]; /* getopt_long changes their order, not them */
    if (arguments_read(&parsed, argc, argv, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    FILE *out = tool->out, *memory = tool->set.output == OUTPUT_TABLE ? NULL : open_memstream(&text, &len);
    enum output form = tool->set.output;
    const struct command *command = tool->command;
    if (memory) {
        tool->out = memory;
        tool->set.output = OUTPUT_JSON; /* whatever is printed in the end is made of it */
    }
    tool->command = parsed.command;
    int code = parsed.command->run(tool, &parsed.arguments);
    tool->command = command;
    tool->set.output = form;
    tool->out = out;
    if (memory)
        fclose(memory);
    *answer = text && len ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(text);
    return code;
}

static int maintenance_run(struct tool *tool, const struct arguments *args)
{
    const char *to = option_get(args, "to"), *place = args->count ? args->words[0] : NULL;
    int first = 0;
    if (place && !to)
        return tool_usage(tool, "muster maintenance --to FILE.pub FOLDER", "a backup is sealed to a key, and --to does not name one");
    tool_cells_english(tool);
    bool compact = compact_advised(tool, &first);
    if (first)
        return first;
    const struct step steps[] = {
        {&command_check, {NULL}, NULL},
        {&command_compact, {NULL}, compact ? NULL : N_("the data file has little free room in it")},
        {&command_backup, {"--to", to, place, NULL}, to ? NULL : N_("no key was named: --to FILE.pub")},
    };
    json_t *items = json_array();
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        json_t *answer = NULL;
        if (tool->set.output == OUTPUT_TABLE)
            screen_title(tool, steps[i].command->name);
        int code = steps[i].skipped ? 0 : step_run(tool, &steps[i], &answer);
        if (steps[i].skipped && tool->set.output == OUTPUT_TABLE)
            screen_field(tool, _("left out"), 9, _(steps[i].skipped));
        json_array_append_new(items, json_pack("{s:s, s:b, s:i, s:s, s:o}", "step", steps[i].command->name, "done", steps[i].skipped == NULL, "exit",
                                               code, "why", steps[i].skipped ? _(steps[i].skipped) : "", "answer",
                                               answer ? answer : json_null()));
        if (!first)
            first = code;
    }
    json_t *whole = json_pack("{s:b, s:o}", "ok", first == 0, "items", items);
    if (!tool_print_data(tool, whole))
        screen_line(tool, "%s", first ? _("not all went well: the first that did not is the one to begin with") : _("all of it went well"));
    json_decref(whole);
    return first;
}

static const struct option_row maintenance_options[] = {
    {"to", 0, "FILE.pub", "make a backup too, sealed to this key"},
    {NULL, 0, NULL,       NULL                                   },
};

const struct command command_maintenance = {
    .name = "maintenance",
    .args = "[FOLDER]",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 1,
    .options = maintenance_options,
    .run = maintenance_run,
    .help = "check the data, compact them if it is worth it, make a backup",
    .detail = "In this order, each as the verb of its name does it; the node goes on working, and partners notice nothing. All steps are "
              "tried, and it ends with the code of the first that did not go well.",
    .example = "muster maintenance\nmuster maintenance --to backup.key.pub /media/disk",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) |
             EXIT_BIT(EXIT_STORAGE),
    .keys = "muster ok items",
    .rows = "items: step done exit why",
};
