/* muster help: of a verb, a kind, an error code; the manual page. */
#include "protocol/kinds/nearest.h"
#include "tools/help_json.h"
#include "tools/manual.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <string.h>

static int help_unknown(struct tool *tool, const char *word)
{
    struct fault fault;
    struct nearest near = nearest_to(word, strlen(word));
    for (size_t i = 0; i < command_count(); i++)
        nearest_try(&near, command_at(i)->name, command_at(i)->name);
    for (size_t i = 0; i < kind_count(); i++)
        nearest_try(&near, kind_at(i)->name, kind_at(i)->name);
    for (int i = 1; i < MUSTER_ERROR_COUNT; i++)
        nearest_try(&near, error_name((enum muster_error)i), error_name((enum muster_error)i));
    fault_set(&fault, MUSTER_EUSAGE, "there is no verb, kind or code \"%s\"", word);
    if (near.answer)
        fault_step(&fault, "did you mean muster help %s?", near.answer);
    fault_step(&fault, "muster help");
    return tool_fail(tool, &fault);
}

static bool of_family(const char *word, const char *name)
{
    size_t len = strlen(word);
    return command_is_family(word) && strncmp(name, word, len) == 0 && (name[len] == ' ' || name[len] == '\0');
}

/* The same that is shown to a person, as data; false: a person is to be shown it. */
static bool help_data(struct tool *tool, const char *word, const struct command *row, const struct kind *kind, enum muster_error error)
{
    if (!word)
        return help_json_verbs(tool, NULL);
    json_t *items = json_array();
    for (size_t i = 0; i < kind_count(); i++)
        if (kind_at(i) == kind || strcmp(word, "kinds") == 0)
            help_json_kind(items, kind_at(i));
    for (size_t i = 0; i < command_count(); i++)
        if (command_at(i) == row || (!kind && of_family(word, command_at(i)->name)))
            help_json_verb(items, command_at(i));
    for (int i = 1; i < MUSTER_ERROR_COUNT; i++)
        if (strcmp(word, "errors") == 0 || ((int)error == i && strcmp(word, error_name(error)) == 0))
            help_json_error(items, (enum muster_error)i);
    bool printed = json_array_size(items) && help_json_print(tool, items, NULL);
    json_decref(items);
    return printed;
}

/* "peer" alone: all its verbs. */
static bool family_help(struct tool *tool, const char *word)
{
    const struct sheet sheet = {tool->out, tool->width};
    if (!command_is_family(word))
        return false;
    for (size_t i = 0, shown = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        if (!of_family(word, row->name))
            continue;
        if (shown++)
            fputs("\n————\n\n", tool->out);
        manual_command(&sheet, row);
    }
    return true;
}

static int help_run(struct tool *tool, const struct arguments *args)
{
    size_t used;
    const char *word = args->count ? args->words[0] : NULL;
    if (option_get(args, "man")) {
        manual_page(tool->out);
        return 0;
    }
    const struct command *row = word ? command_find(args->words, args->count, &used) : NULL;
    const struct kind *kind = word ? kind_by_name(word) : NULL;
    enum muster_error error = word ? error_by_name(word) : MUSTER_OK;
    if (row && used < args->count) /* "peer frob": the second word means nothing */
        return help_unknown(tool, args->words[used]);
    if (help_data(tool, word, row, kind, error))
        return 0;
    tool_page(tool);
    const struct sheet sheet = {tool->out, tool->width};
    if (!word)
        manual_overview(&sheet);
    else if (row && !(args->count == 1 && command_is_family(word))) {
        if (kind && args->count == 1) { /* request, release: a kind and a verb */
            manual_kind(&sheet, kind, tool->set.lang);
            fputs("\n————\n\n", tool->out);
        }
        manual_command(&sheet, row);
    }
    else if (args->count == 1 && family_help(tool, word))
        return 0;
    else if (strcmp(word, "kinds") == 0)
        manual_kinds(&sheet, tool->set.lang);
    else if (kind)
        manual_kind(&sheet, kind, tool->set.lang);
    else if (strcmp(word, "errors") == 0)
        manual_errors(&sheet);
    else if (strcmp(error_name(error), word) == 0)
        manual_error(&sheet, error);
    else
        return help_unknown(tool, args->count > 1 && command_is_family(word) ? args->words[1] : word);
    return 0;
}

static const struct option_row help_options[] = {
    {"man", 0, NULL, "the manual page, for scdoc"},
    {NULL,  0, NULL, NULL                        },
};

const struct command command_help = {
    .name = "help",
    .args = "[VERB|KIND|CODE|kinds|errors]",
    .group = GROUP_RUN,
    .flags = PAGES | OWN_ROWS,
    .words_min = 0,
    .words_max = 2,
    .options = help_options,
    .run = help_run,
    .help = "of a verb, of a kind's fields, of an error code",
    .detail = "With --json the same for programs: of each verb its usage, options, examples, exit codes, the forms in which it answers, and "
              "the members or columns of these.",
    .keys = "muster items",
    .example = "muster help invite\nmuster help incident\nmuster help EPAIRCODE",
};
