/* muster(1) for scdoc, from the rows of the commands. */
#include "tools/arguments.h"
#include "tools/manual.h"

#include <string.h>

/* Text in scdoc's language: what it would read as markup is escaped. */
static void page_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("_*\\[]<>#", *text))
            fputc('\\', out);
        if (*text == '`')
            continue; /* literal in help; plain here */
        fputc(*text, out);
    }
}

static void page_literal(FILE *out, const char *text)
{
    fputs("```\n", out);
    fprintf(out, "%s\n", text);
    fputs("```\n\n", out);
}

static void page_options(FILE *out, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        fputc('*', out);
        if (rows->letter)
            fprintf(out, "-%c*, *", rows->letter);
        fprintf(out, "--%s*", rows->name);
        if (rows->value) {
            fputs(" ", out);
            page_text(out, rows->value);
        }
        fputs("\n\t", out);
        page_text(out, rows->help);
        fputs("\n\n", out);
    }
}

static void page_command(FILE *out, const struct command *row)
{
    fprintf(out, "*muster %s*", row->name);
    if (row->args[0]) {
        fputc(' ', out);
        page_text(out, row->args);
    }
    fputs("\n\t", out);
    page_text(out, row->help);
    fputs(".", out);
    if (row->alias)
        fprintf(out, _(" Also *muster %s*."), row->alias);
    fputs("\n\n", out);
    if (row->detail) {
        fputs("\t", out);
        page_text(out, row->detail);
        fputs("\n\n", out);
    }
    for (const struct option_row *option = row->options; option && option->name; option++) {
        fputs("\t*", out);
        if (option->letter)
            fprintf(out, "-%c*, *", option->letter);
        fprintf(out, "--%s*", option->name);
        if (option->value) {
            fputs(" ", out);
            page_text(out, option->value);
        }
        fputs(": ", out);
        page_text(out, option->help);
        fputs("\n\n", out);
    }
}

static void page_exits(FILE *out)
{
    for (int code = 0; code < EXIT_CODES; code++) {
        fprintf(out, "*%d*\n\t", code);
        page_text(out, exit_meaning(code));
        fputs("\n\n", out);
    }
    fputs("*128+n*\n\tended by signal n\n\n", out);
}

void manual_page(FILE *out)
{
    fputs("muster(1)\n\n# NAME\n\nmuster - shared records for agencies that answer a crisis together\n\n# "
          "SYNOPSIS\n\n"
          "*muster* \\[OPTIONS\\] VERB \\[ARGUMENTS\\] \\[OPTIONS\\]\n\n# DESCRIPTION\n\n"
          "muster speaks to the node on this machine, musterd, over its unix socket. Data goes to standard "
          "output, "
          "everything else to standard error. The first line of a screen names the space, whether it is "
          "ACTUAL or an "
          "EXERCISE, the node and the time; lists end with how complete they are.\n\n",
          out);
    for (int group = 0; group < GROUP_COUNT; group++) {
        fputs("# VERBS: ", out);
        for (const char *at = command_group_title((enum command_group)group); *at; at++)
            fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at, out);
        fputs("\n\n", out);
        for (size_t i = 0; i < command_count(); i++)
            if (command_at(i)->group == (enum command_group)group)
                page_command(out, command_at(i));
    }
    fputs("# OPTIONS\n\nThey may stand before or behind the verb.\n\n", out);
    page_options(out, global_options);
    fputs("# EXIT STATUS\n\n", out);
    page_exits(out);
    fputs("# ENVIRONMENT\n\n*MUSTER\\_SPACE*, *MUSTER\\_OUTPUT*, *MUSTER\\_LANG*, *MUSTER\\_COLOR*, "
          "*MUSTER\\_SOCKET*, "
          "*MUSTER\\_TIMEOUT*\n\tas the options of the same names, which come first\n\n"
          "*NO\\_COLOR*, *MUSTER\\_PAGER*, *PAGER*\n\tas usual\n\n# FILES\n\n~/.config/muster/cli.conf\n\t"
          "lines NAME = VALUE with the names space, output, lang, color, socket and timeout; the environment "
          "comes first\n\n"
          "# EXAMPLES\n\nTwo agencies meet:\n\n",
          out);
    page_literal(
        out,
        "B$ muster init \"Red Cross\" --advertise tcp://redcross.example:7117\n"
        "B$ muster card -O redcross.muster-card\n"
        "A$ muster invite redcross.muster-card --space flood-2026 --right write -O redcross.muster-invite\n"
        "B$ muster join redcross.muster-invite\n"
        "A$ muster confirm \"Red Cross\"");
    fputs("# SEE ALSO\n\n*musterd*(8)\n", out);
}
