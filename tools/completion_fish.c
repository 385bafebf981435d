/* Completion for fish: a line for each verb and option, with its help in the language of who asked for the script. */
#include "lang/lang.h"
#include "protocol/kinds/kinds.h"
#include "tools/arguments.h"
#include "tools/completion.h"

#include <string.h>

static void quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void word(FILE *out, const char *condition, const char *text, int len, const char *help)
{
    fprintf(out, "complete -c muster -f -n %s -a '%.*s' -d ", condition, len, text);
    quoted(out, help);
    fputc('\n', out);
}

static void options(FILE *out, const char *condition, const struct option_row *rows)
{
    for (; rows && rows->name; rows++) {
        fprintf(out, "complete -c muster -l '%s'", rows->name);
        if (rows->letter)
            fprintf(out, " -s %c", rows->letter);
        if (condition)
            fprintf(out, " -n %s", condition);
        fprintf(out, "%s -d ", rows->value ? " -r" : "");
        quoted(out, _(rows->help));
        fputc('\n', out);
    }
}

static void verbs(FILE *out)
{
    char last[64] = "", condition[128];
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        size_t len = strcspn(row->name, " ");
        if (strlen(last) != len || strncmp(last, row->name, len) != 0)
            word(out, "__muster_no_verb", row->name, (int)len, _(row->help));
        snprintf(last, sizeof last, "%.*s", (int)len, row->name);
        if (row->alias)
            word(out, "__muster_no_verb", row->alias, (int)strlen(row->alias), _(row->help));
        if (row->name[len]) {
            snprintf(condition, sizeof condition, "'__muster_verb %.*s'", (int)len, row->name);
            word(out, condition, row->name + len + 1, (int)strlen(row->name + len + 1), _(row->help));
        }
        snprintf(condition, sizeof condition, "'__muster_in \"%s\" \"%s\"'", row->name, row->alias ? row->alias : row->name);
        options(out, condition, row->options);
    }
}

static void kinds(FILE *out)
{
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        fprintf(out, "complete -c muster -f -n '__muster_verb list ls new' -a '%s'\n", kind->name);
        fprintf(out, "complete -c muster -f -n '__muster_kind %s %s' -a '", kind->name, kind->prefix);
        for (size_t f = 0; f < kind->count; f++)
            fprintf(out, "%s%s=", f ? " " : "", kind->fields[f].name);
        fputs("'\n", out);
    }
}

void completion_fish(FILE *out)
{
    fputs("# completion of muster for fish: muster completion fish | source\n"
          "function __muster_words\n"
          "    string match -v -- '-*' (commandline -opc)[2..-1]\n"
          "end\n"
          "function __muster_no_verb\n"
          "    test (count (__muster_words)) -eq 0\n"
          "end\n"
          "function __muster_verb\n"
          "    set -l words (__muster_words)\n"
          "    test (count $words) -eq 1; and contains -- $words[1] $argv\n"
          "end\n"
          "function __muster_kind\n"
          "    set -l words (__muster_words)\n"
          "    test (count $words) -ge 2; and contains -- $words[1] list ls new; and contains -- $words[2] $argv\n"
          "end\n"
          "function __muster_in\n"
          "    set -l words (__muster_words)\n"
          "    test (count $words) -ge 1; or return 1\n"
          "    contains -- $words[1] $argv; and return 0\n"
          "    test (count $words) -ge 2; and contains -- \"$words[1] $words[2]\" $argv\n"
          "end\n",
          out);
    verbs(out);
    kinds(out);
    options(out, NULL, global_options);
}
