#include "tools/arguments.h"

#include "client/client.h"
#include "lang/lang.h"
#include "protocol/kinds/nearest.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_ROWS_MAX = 48, FIRST_LONG = 256 };

const struct option_row global_options[] = {
    {"space",    's', "SPACE", "the space: its name, or the first digits of its id"    },
    {"output",   'o', "FORM",  "table, json, ndjson, csv, tsv or id"                   },
    {"json",     0,   NULL,    "the same as --output json"                             },
    {"excel",    0,   NULL,    "with csv: a byte order mark in front, for spreadsheets"},
    {"quiet",    'q', NULL,    "no hints on stderr"                                    },
    {"verbose",  'v', NULL,    "say on stderr what is asked of the node"               },
    {"lang",     0,   "zh|en", "language of headings and labels"                       },
    {"color",    0,   "WHEN",  "auto, always or never"                                 },
    {"no-pager", 0,   NULL,    "write long answers straight to the terminal"           },
    {"socket",   0,   "PATH",  "the node's socket, " CLIENT_SOCKET_DEFAULT             },
    {"timeout",  0,   "TIME",  "how long to wait for the node: 30s, 2m, 500ms"         },
    {"strict",   0,   NULL,    "end with 5 when the answer is not complete"            },
    {"yes",      'y', NULL,    "answer yes to questions; =NAME where a name is wanted"  },
    {"dry-run",  'n', NULL,    "say what would be sent and to whom; write nothing"     },
    {"help",     'h', NULL,    "show help"                                             },
    {"version",  0,   NULL,    "show the version"                                      },
    {NULL,       0,   NULL,    NULL                                                    },
};

struct option_set { /* rows as getopt_long wants them */
    const struct option_row *rows[OPTION_ROWS_MAX];
    struct option options[OPTION_ROWS_MAX + 1];
    char letters[3 * OPTION_ROWS_MAX + 3];
    size_t count;
};

/* --yes may name what it says yes to, `--yes=NAME`, where a plain yes is too little (ask_name). */
static bool may_have_value(const struct option_row *row)
{
    return !row->value && row->letter == 'y';
}

static void set_add(struct option_set *set, const struct option_row *rows)
{
    for (; rows && rows->name && set->count < OPTION_ROWS_MAX; rows++) {
        set->rows[set->count] = rows;
        int wants = rows->value ? required_argument : may_have_value(rows) ? optional_argument : no_argument;
        set->options[set->count] = (struct option){rows->name, wants, NULL, FIRST_LONG + (int)set->count};
        set->count++;
        if (rows->letter)
            snprintf(set->letters + strlen(set->letters), 3, "%c%s", rows->letter, rows->value ? ":" : "");
    }
}

static const struct option_row *row_of(const struct option_set *set, int got)
{
    if (got >= FIRST_LONG)
        return set->rows[got - FIRST_LONG];
    for (size_t i = 0; i < set->count; i++)
        if (set->rows[i]->letter == got)
            return set->rows[i];
    return NULL;
}

static bool row_is_global(const struct option_row *row)
{
    for (const struct option_row *g = global_options; g->name; g++)
        if (g == row)
            return true;
    return false;
}

static void help_step(struct fault *fault, const struct command *command)
{
    fault_step(fault, "muster help%s%s", command ? " " : "", command ? command->name : "");
}

/* "-n 5": elsewhere that is a number of lines; here -n is --dry-run, which takes none. */
static enum muster_error limit_meant(const struct parsed *parsed, const char *number, struct fault *fault)
{
    bool limits = false, digits = number[0] != '\0';
    for (const struct option_row *row = parsed->command ? parsed->command->options : NULL; row && row->name; row++)
        limits |= strcmp(row->name, "limit") == 0;
    for (const char *at = number; *at; at++)
        digits &= *at >= '0' && *at <= '9';
    if (!limits || !digits || !option_get(&parsed->globals, "dry-run"))
        return MUSTER_OK;
    fault_set(fault, MUSTER_EUSAGE, "-n is --dry-run and takes no number; how many are shown is --limit %.20s", number);
    fault_step(fault, "muster %s --limit %.20s", parsed->command->name, number);
    return MUSTER_EUSAGE;
}

static enum muster_error option_unknown(const struct option_set *set, const struct command *command,
                                        const char *typed, struct fault *fault)
{
    struct nearest near = nearest_to(typed, strcspn(typed, "="));
    for (size_t i = 0; i < set->count; i++) {
        char dashed[64];
        snprintf(dashed, sizeof dashed, "--%s", set->rows[i]->name);
        nearest_try(&near, dashed, set->rows[i]->name);
    }
    fault_set(fault, MUSTER_EUSAGE, "there is no option %.*s%s%s", (int)strcspn(typed, "="), typed,
              command ? _(" for muster ") : "", command ? command->name : "");
    if (near.answer)
        fault_step(fault, "did you mean --%s?", near.answer);
    help_step(fault, command);
    return MUSTER_EUSAGE;
}

static enum muster_error value_missing(const struct option_row *row, const struct command *command,
                                       struct fault *fault)
{
    fault_set(fault, MUSTER_EUSAGE, "--%s wants a value: %s", row ? row->name : "?",
              row ? row->value : "VALUE");
    help_step(fault, command);
    return MUSTER_EUSAGE;
}

static enum muster_error option_keep(struct arguments *into, const struct option_row *row,
                                     struct fault *fault)
{
    if (into->options_count == OPTION_VALUES_MAX) {
        fault_set(fault, MUSTER_EUSAGE, "there are more than %d options", OPTION_VALUES_MAX);
        return MUSTER_EUSAGE;
    }
    into->options[into->options_count++] = (struct option_value){row, optarg && (row->value || may_have_value(row)) ? optarg : ""};
    return MUSTER_OK;
}

/* Reads options of argv[from..]; in front of the verb only until the first word.  *at is where the
 * words begin afterwards. */
static enum muster_error options_read(struct parsed *out, struct option_set *set, bool before_verb, int from,
                                      int argc, char **argv, int *at, struct fault *fault)
{
    char letters[sizeof set->letters + 2];
    snprintf(letters, sizeof letters, "%s:%s", before_verb ? "+" : "", set->letters);
    char **part = argv + from - 1; /* getopt never looks at its argv[0] */
    int part_argc = argc - from + 1;
    optind = 0; /* GNU: start afresh */
    opterr = 0;
    for (;;) {
        int index_before = optind ? optind : 1;
        int got = getopt_long(part_argc, part, letters, set->options, NULL);
        if (got == -1)
            break;
        if (got == '?' || got == ':') {
            const char *typed = optind > 0 && optind <= part_argc ? part[optind - 1] : "";
            char letter[3] = {'-', (char)optopt, '\0'};
            if (got == ':')
                return value_missing(row_of(set, optopt), out->command, fault);
            if (optopt > 0 && optopt < FIRST_LONG) /* inside a cluster optind has not moved on */
                typed = letter;
            else if (strncmp(typed, "--", 2) != 0 && index_before < part_argc)
                typed = part[index_before];
            if (optopt >= FIRST_LONG) {
                fault_set(fault, MUSTER_EUSAGE, "--%s takes no value", row_of(set, optopt)->name);
                return MUSTER_EUSAGE;
            }
            if (typed[0] == '-' && limit_meant(out, typed + strspn(typed, "-n"), fault)) /* -n5 */
                return MUSTER_EUSAGE;
            return option_unknown(set, out->command, typed, fault);
        }
        const struct option_row *row = row_of(set, got);
        enum muster_error error =
            option_keep(row_is_global(row) ? &out->globals : &out->arguments, row, fault);
        if (error)
            return error;
    }
    *at = from - 1 + optind;
    return MUSTER_OK;
}

static enum muster_error verb_unknown(char **words, size_t count, struct fault *fault)
{
    const char *meant = command_suggest(words, count);
    if (command_is_family(words[0]) && count == 1)
        fault_set(fault, MUSTER_EUSAGE, "muster %s wants a second word", words[0]);
    else
        fault_set(fault, MUSTER_EUSAGE, "there is no verb \"%s%s%s\"", words[0],
                  command_is_family(words[0]) ? " " : "", command_is_family(words[0]) ? words[1] : "");
    if (command_is_family(words[0])) {
        char list[FAULT_TEXT_BYTES] = "";
        for (size_t i = 0; i < command_count(); i++) {
            const char *name = command_at(i)->name;
            size_t len = strlen(words[0]);
            if (strncmp(name, words[0], len) == 0 && name[len] == ' ')
                snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", list[0] ? ", " : "",
                         name + len + 1);
        }
        fault_why(fault, "muster %s knows: %s", words[0], list);
    }
    if (meant && !(command_is_family(words[0]) && count == 1))
        fault_step(fault, "did you mean muster %s?", meant);
    fault_step(fault, "muster help%s%s", command_is_family(words[0]) ? " " : "",
               command_is_family(words[0]) ? words[0] : "");
    return MUSTER_EUSAGE;
}

static enum muster_error words_check(const struct command *command, size_t count, char **words,
                                     struct fault *fault)
{
    for (size_t i = 0; i < count; i++)
        if (!words[i][0]) {
            fault_set(fault, MUSTER_EUSAGE, "word %zu behind muster %s is empty", i + 1, command->name);
            fault_why(fault, "often a variable of a script that has no value");
            help_step(fault, command);
            return MUSTER_EUSAGE;
        }
    if (count >= command->words_min && count <= command->words_max)
        return MUSTER_OK;
    if (count < command->words_min)
        fault_set(fault, MUSTER_EUSAGE, "muster %s wants more: %s", command->name, command->args);
    else
        fault_set(fault, MUSTER_EUSAGE, "muster %s does not know what to do with \"%s\"", command->name,
                  words[command->words_max]);
    fault_why(fault, "usage: muster %s%s%s", command->name, command->args[0] ? " " : "", command->args);
    fault_step(fault, "muster help %s", command->name);
    return MUSTER_EUSAGE;
}

enum muster_error arguments_read(struct parsed *out, int argc, char **argv, struct fault *fault)
{
    struct option_set set = {.count = 0};
    int at = 1;
    memset(out, 0, sizeof *out);
    set_add(&set, global_options);
    enum muster_error error = options_read(out, &set, true, 1, argc, argv, &at, fault);
    if (error || at >= argc)
        return error;
    int verb_at = at;
    char *words[2] = {argv[at], NULL};
    size_t found = 1, used = 0;
    if (command_find(words, 1, &used)) { /* a verb of its own, perhaps with a second form: "card show" */
        if (at + 1 < argc)
            words[found++] = argv[at + 1];
    } else if (command_is_family(argv[at])) { /* "peer -s X list": options may stand between the two words */
        error = options_read(out, &set, true, at + 1, argc, argv, &at, fault);
        if (error)
            return error;
        if (at < argc)
            words[found++] = argv[at];
    }
    out->command = command_find(words, found, &used);
    if (!out->command && option_get(&out->globals, "help"))
        return MUSTER_OK;
    if (!out->command)
        return verb_unknown(words, found, fault);
    at = used == 2 && at > verb_at ? at + 1 : verb_at + (int)used;
    set_add(&set, out->command->options);
    error = options_read(out, &set, false, at, argc, argv, &at, fault);
    if (error)
        return error;
    out->arguments.words = argv + at;
    out->arguments.count = (size_t)(argc - at);
    if (option_get(&out->globals, "help"))
        return MUSTER_OK;
    for (size_t i = 0; i < out->arguments.count && !error; i++)
        error = limit_meant(out, out->arguments.words[i], fault);
    return error ? error : words_check(out->command, out->arguments.count, out->arguments.words, fault);
}

const char *option_nth(const struct arguments *arguments, const char *name, size_t i)
{
    for (size_t k = 0; k < arguments->options_count; k++)
        if (strcmp(arguments->options[k].row->name, name) == 0 && i-- == 0)
            return arguments->options[k].value;
    return NULL;
}

const char *option_get(const struct arguments *arguments, const char *name)
{
    const char *value = NULL;
    for (size_t k = 0; k < arguments->options_count; k++)
        if (strcmp(arguments->options[k].row->name, name) == 0)
            value = arguments->options[k].value;
    return value;
}
