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
        fputs(*text == '\n' ? "\n\n\t" : (char[]){*text, '\0'}, out); /* a paragraph, indented as the one before */
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
        page_text(out, _(rows->help));
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
    page_text(out, _(row->help));
    fputs(_("."), out);
    if (row->alias)
        fprintf(out, _(" Also *muster %s*."), row->alias);
    fputs("\n\n", out);
    if (row->detail) {
        fputs("\t", out);
        page_text(out, _(row->detail));
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
        page_text(out, _(option->help));
        fputs("\n\n", out);
    }
}

static void page_exits(FILE *out)
{
    for (int code = 0; code < EXIT_CODES; code++) {
        fprintf(out, "*%d*\n\t", code);
        page_text(out, _(exit_meaning(code)));
        fputs("\n\n", out);
    }
    fprintf(out, "*128+n*\n\t%s\n\n", _("ended by signal n"));
}

void manual_page(FILE *out)
{
    fprintf(out, "muster(1)\n\n# %s\n\nmuster - %s\n\n# %s\n\n*muster* \\[OPTIONS\\] VERB \\[ARGUMENTS\\] \\[OPTIONS\\]\n\n# %s\n\n%s\n\n",
            _("NAME"), _("shared records for agencies that answer a crisis together"), _("SYNOPSIS"), _("DESCRIPTION"),
            _("muster speaks to the node on this machine, musterd, over its unix socket. Data goes to standard output, "
              "everything else to standard error. The first line of a screen names the space, whether it is ACTUAL or an "
              "EXERCISE, the node and the time; lists end with how complete they are."));
    for (int group = 0; group < GROUP_COUNT; group++) {
        fprintf(out, "# %s", _("VERBS: "));
        for (const char *at = _(command_group_title((enum command_group)group)); *at; at++)
            fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at, out);
        fputs("\n\n", out);
        for (size_t i = 0; i < command_count(); i++)
            if (command_at(i)->group == (enum command_group)group)
                page_command(out, command_at(i));
    }
    fprintf(out, "# %s\n\n%s\n\n", _("OPTIONS"), _("They may stand before or behind the verb."));
    page_options(out, global_options);
    fprintf(out, "# %s\n\n", _("EXIT STATUS"));
    page_exits(out);
    fprintf(out, "# %s\n\n*MUSTER\\_SPACE*, *MUSTER\\_OUTPUT*, *MUSTER\\_LANG*, *MUSTER\\_COLOR*, *MUSTER\\_SOCKET*, *MUSTER\\_TIMEOUT*\n\t%s\n\n",
            _("ENVIRONMENT"), _("as the options of the same names, which come first"));
    fprintf(out, "*NO\\_COLOR*, *MUSTER\\_PAGER*, *PAGER*\n\t%s\n\n# %s\n\n~/.config/muster/cli.conf\n\t%s\n\n# %s\n\n%s\n\n", _("as usual"),
            _("FILES"),
            _("lines NAME = VALUE with the names space, output, lang, color, socket and timeout; the environment comes first"),
            _("EXAMPLES"), _("Two agencies meet:"));
    page_literal(
        out,
        "B$ muster init \"Red Cross\" --advertise tcp://redcross.example:7117\n"
        "B$ muster card -O redcross.muster-card\n"
        "A$ muster invite redcross.muster-card --space flood-2026 --right write -O redcross.muster-invite\n"
        "B$ muster join redcross.muster-invite\n"
        "A$ muster confirm \"Red Cross\"");
    fprintf(out, "# %s\n\n*musterd*(8)\n", _("SEE ALSO"));
}
