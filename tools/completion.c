/* muster completion: a script for the shell, made from the rows. */
#include "protocol/kinds/kinds.h"
#include "tools/arguments.h"
#include "tools/completion.h"
#include "tools/tool.h"
#include "tools/verbs.h"

#include <string.h>

static void options_words(FILE *out, const struct option_row *rows)
{
    for (; rows && rows->name; rows++)
        fprintf(out, " --%s", rows->name);
}

/* First words of all verbs, each once: rows of one family stand together. */
static void first_words(FILE *out)
{
    char last[64] = "";
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        size_t len = strcspn(row->name, " ");
        if (strlen(last) != len || strncmp(last, row->name, len) != 0)
            fprintf(out, " %.*s", (int)len, row->name);
        snprintf(last, sizeof last, "%.*s", (int)len, row->name);
        if (row->alias)
            fprintf(out, " %s", row->alias);
    }
}

static void verb_cases(FILE *out)
{
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        if (!row->options)
            continue;
        fprintf(out, "        '%s'%s%s%s) options='", row->name, row->alias ? "|'" : "",
                row->alias ? row->alias : "", row->alias ? "'" : "");
        options_words(out, row->options);
        fputs("' ;;\n", out);
    }
}

static void family_cases(FILE *out)
{
    for (size_t i = 0; i < command_count(); i++) {
        const char *name = command_at(i)->name;
        size_t len = strcspn(name, " ");
        if (!name[len] || (i > 0 && strncmp(command_at(i - 1)->name, name, len + 1) == 0))
            continue;
        fprintf(out, "        '%.*s') words='", (int)len, name);
        for (size_t k = i; k < command_count(); k++)
            if (strncmp(command_at(k)->name, name, len + 1) == 0)
                fprintf(out, " %s", command_at(k)->name + len + 1);
        fputs("' ;;\n", out);
    }
}

static void kind_cases(FILE *out)
{
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        fprintf(out, "        '%s'|'%s') words='", kind->name, kind->prefix);
        for (size_t f = 0; f < kind->count; f++)
            fprintf(out, " %s=", kind->fields[f].name);
        fputs("' ;;\n", out);
    }
}

static void completion_bash(FILE *out)
{
    fputs("# completion of muster for bash: source <(muster completion bash)\n"
          "_muster()\n{\n    local word=${COMP_WORDS[COMP_CWORD]} verb= second= words= options= i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n            -*) ;;\n"
          "            *) if [ -z \"$verb\" ]; then verb=${COMP_WORDS[i]}; elif [ -z \"$second\" ]; then "
          "second=${COMP_WORDS[i]}; fi ;;\n"
          "        esac\n    done\n    case $verb in\n        '') words='",
          out);
    first_words(out);
    fputs("' ;;\n", out);
    family_cases(out);
    fputs("        list|ls|new) words='", out);
    for (size_t i = 0; i < kind_count(); i++)
        fprintf(out, " %s", kind_at(i)->name);
    fputs("' ;;\n        import|join|invite) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n    esac\n"
          "    [ -n \"$second\" ] && case $verb in\n        list|ls|new) case $second in\n",
          out);
    kind_cases(out);
    fputs("        esac ;;\n        *) words= ;;\n    esac\n    case \"$verb${second:+ $second}\" in\n", out);
    verb_cases(out);
    fputs("        *) case $verb in\n", out);
    verb_cases(out);
    fputs("        esac ;;\n    esac\n    case $word in\n        -*) COMPREPLY=($(compgen -W \"$options",
          out);
    options_words(out, global_options);
    fputs("\" -- \"$word\")) ;;\n        *) [ -n \"$words\" ] && COMPREPLY=($(compgen -W \"$words\" -- "
          "\"$word\")) ;;\n    esac\n"
          "    case ${COMPREPLY[0]} in *=) compopt -o nospace ;; esac\n}\ncomplete -o default -F _muster "
          "muster\n",
          out);
}

static int completion_run(struct tool *tool, const struct arguments *args)
{
    static const struct {
        const char *shell;
        void (*print)(FILE *out);
    } shells[] = {
        {"bash", completion_bash},
        {"zsh",  completion_zsh },
        {"fish", completion_fish},
    };
    for (size_t i = 0; i < ARRAY_LEN(shells); i++)
        if (strcmp(args->words[0], shells[i].shell) == 0)
            return shells[i].print(tool->out), 0;
    return tool_usage(tool, "muster completion bash", "there is no completion for \"%s\": bash, zsh and fish have one",
                      args->words[0]);
}

const struct command command_completion = {
    .name = "completion",
    .args = "bash|zsh|fish",
    .group = GROUP_RUN,
    .flags = NO_FORMS,
    .words_min = 1,
    .words_max = 1,
    .run = completion_run,
    .help = "a script: the shell completes verbs, kinds and fields",
    .detail = "Packages install it for all three, in English; this is for a muster that was built by hand, and for descriptions in the "
              "language of the shell: put the line of the example into its own file (.bashrc, .zshrc, config.fish).",
    .example = "source <(muster completion bash)\n"
               "muster completion fish | source",
};
