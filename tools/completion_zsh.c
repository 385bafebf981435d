/* Completion for zsh: verbs and options with their help beside them, in the language of who asked for the script. */
#include "lang/lang.h"
#include "protocol/kinds/kinds.h"
#include "tools/arguments.h"
#include "tools/completion.h"

#include <string.h>

/* Inside single quotes; a colon separates word and help for _describe. */
static void quoted(FILE *out, const char *text, bool word)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (word && *text == ':')
            fputs("\\:", out);
        else
            fputc(*text, out);
    }
}

static void pair(FILE *out, const char *before, const char *word, int len, const char *help)
{
    fprintf(out, " '%s%.*s:", before, len, word);
    quoted(out, help, false);
    fputc('\'', out);
}

static void options_pairs(FILE *out, const struct option_row *rows)
{
    for (; rows && rows->name; rows++)
        pair(out, "--", rows->name, (int)strlen(rows->name), _(rows->help));
}

static bool family_begins(size_t i, size_t len)
{
    const char *name = command_at(i)->name;
    return name[len] && (i == 0 || strncmp(command_at(i - 1)->name, name, len + 1) != 0);
}

static void verbs(FILE *out)
{
    char last[64] = "";
    fputs("    verbs=(", out);
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        size_t len = strcspn(row->name, " ");
        if (strlen(last) != len || strncmp(last, row->name, len) != 0)
            pair(out, "", row->name, (int)len, _(row->help));
        snprintf(last, sizeof last, "%.*s", (int)len, row->name);
        if (row->alias)
            pair(out, "", row->alias, (int)strlen(row->alias), _(row->help));
    }
    fputs(")\n", out);
}

static void families(FILE *out)
{
    fputs("    case $verb in\n", out);
    for (size_t i = 0; i < command_count(); i++) {
        const char *name = command_at(i)->name;
        size_t len = strcspn(name, " ");
        if (!family_begins(i, len))
            continue;
        fprintf(out, "        %.*s) seconds=(", (int)len, name);
        for (size_t k = i; k < command_count(); k++)
            if (strncmp(command_at(k)->name, name, len + 1) == 0)
                pair(out, "", command_at(k)->name + len + 1, (int)strlen(command_at(k)->name + len + 1), _(command_at(k)->help));
        fputs(") ;;\n", out);
    }
    fputs("        list|ls|new) seconds=(", out);
    for (size_t i = 0; i < kind_count(); i++)
        fprintf(out, " '%s'", kind_at(i)->name);
    fputs(") ;;\n    esac\n", out);
}

static void fields(FILE *out)
{
    fputs("    case $verb in list|ls|new) case $second in\n", out);
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        fprintf(out, "        %s|%s) fields=(", kind->name, kind->prefix);
        for (size_t f = 0; f < kind->count; f++)
            fprintf(out, " '%s='", kind->fields[f].name);
        fputs(") ;;\n", out);
    }
    fputs("    esac ;; esac\n", out);
}

static void options(FILE *out)
{
    for (int whole = 1; whole >= 0; whole--) { /* "peer list" before "peer" */
        fprintf(out, "    %scase \"$verb%s\" in\n", whole ? "" : "(( $#options )) || ", whole ? " $second" : "");
        for (size_t i = 0; i < command_count(); i++) {
            const struct command *row = command_at(i);
            if (!row->options || (strchr(row->name, ' ') != NULL) != whole)
                continue;
            fprintf(out, "        '%s'%s%s%s) options=(", row->name, row->alias ? "|'" : "", row->alias ? row->alias : "",
                    row->alias ? "'" : "");
            options_pairs(out, row->options);
            fputs(") ;;\n", out);
        }
        fputs("    esac\n", out);
    }
}

void completion_zsh(FILE *out)
{
    fputs("#compdef muster\n# completion of muster for zsh: source <(muster completion zsh)\n_muster()\n{\n"
          "    local verb= second= word; local -a verbs seconds fields options\n"
          "    for word in ${words[2,CURRENT-1]}; do\n"
          "        case $word in\n            -*) ;;\n"
          "            *) if [[ -z $verb ]]; then verb=$word; elif [[ -z $second ]]; then second=$word; fi ;;\n"
          "        esac\n    done\n    word=${words[CURRENT]}\n",
          out);
    verbs(out);
    families(out);
    fields(out);
    options(out);
    fputs("    options+=(", out);
    options_pairs(out, global_options);
    fputs(")\n    if [[ $word == -* ]]; then _describe -o option options\n"
          "    elif [[ -z $verb ]]; then _describe verb verbs\n"
          "    elif [[ -z $second ]] && (( $#seconds )); then _describe word seconds\n"
          "    elif (( $#fields )); then compadd -S '' -- $fields\n"
          "    else _files; fi\n}\n"
          "if [[ ${funcstack[1]} == _muster ]]; then _muster \"$@\"; else compdef _muster muster; fi\n",
          out);
}
