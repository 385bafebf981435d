#include "tools/manual.h"

#include "tools/arguments.h"
#include "tools/screen.h"

#include <stdlib.h>
#include <string.h>

enum { HELP_WIDTH = 78, NARROW_ROOM = 30, NARROW_INDENT = 6, NAME_WIDTH = 16, OPTION_WIDTH = 26, KIND_WIDTH = 20, FIELD_WIDTH = 22, TYPE_WIDTH = 10 };

static size_t width_of(const struct sheet *on)
{
    return on->columns < HELP_WIDTH + 2 ? on->columns : HELP_WIDTH;
}

/* A text wrapped where the sheet ends, each line behind `indent` spaces; the first one goes on at `column`.  Where that leaves
 * hardly any room it goes below instead. */
static void text_wrap_at(const struct sheet *on, const char *text, int indent, int column)
{
    if (width_of(on) < (size_t)indent + NARROW_ROOM) {
        if (column)
            fputc('\n', on->out);
        indent = NARROW_INDENT;
        column = 0;
    }
    if (column < indent)
        column = fprintf(on->out, "%*s", indent, "");
    screen_fold(on->out, text, (size_t)column, (size_t)indent, width_of(on));
}

/* Paragraphs: a new line in the text begins one. */
static void text_wrap(const struct sheet *on, const char *text, int indent)
{
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");
        char *one = strndup(at, len);
        text_wrap_at(on, one ? one : "", indent, 0);
        free(one);
        at += len + (at[len] == '\n');
    }
}

/* Paragraphs, one a line of the text. */
static void paragraphs(const struct sheet *on, const char *text, int indent)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        char *one = strndup(text, len);
        text_wrap(on, one ? one : text, indent);
        free(one);
        text += len + (text[len] == '\n');
    }
}

/* Padded by what a terminal shows, not by bytes: "…" is three of them.  A name that is too long stands alone on its line, and what
 * follows begins in the same column below it. */
static void padded(const struct sheet *on, const char *before, const char *text, size_t width)
{
    size_t start = strlen(before), own = screen_width(text);
    bool narrow = width_of(on) < start + width + NARROW_ROOM; /* then it goes below anyhow */
    if (own + 1 < width)
        fprintf(on->out, "%s%s%*s", before, text, (int)(width - own), "");
    else
        fprintf(on->out, "%s%s%s%*s", before, text, narrow ? " " : "\n", narrow ? 0 : (int)(start + width), "");
}

static void options_print(const struct sheet *on, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        char name[96];
        if (rows->letter)
            snprintf(name, sizeof name, "  -%c, --%s%s%s", rows->letter, rows->name, rows->value ? " " : "",
                     rows->value ? rows->value : "");
        else
            snprintf(name, sizeof name, "      --%s%s%s", rows->name, rows->value ? " " : "",
                     rows->value ? rows->value : "");
        padded(on, "", name, OPTION_WIDTH);
        text_wrap_at(on, _(rows->help), OPTION_WIDTH, OPTION_WIDTH);
    }
}

void manual_overview(const struct sheet *on)
{
    fprintf(on->out, "muster — %s\n\n%s\n", _("shared records for agencies that answer a crisis together"),
            _("usage: muster [OPTIONS] VERB [ARGUMENTS] [OPTIONS]"));
    for (int group = 0; group < GROUP_COUNT; group++) {
        fprintf(on->out, "\n%s\n", _(command_group_title((enum command_group)group)));
        for (size_t i = 0; i < command_count(); i++) {
            const struct command *row = command_at(i);
            if (row->group != (enum command_group)group)
                continue;
            padded(on, "  ", row->name, NAME_WIDTH);
            text_wrap_at(on, _(row->help), 2 + NAME_WIDTH, 2 + NAME_WIDTH);
        }
    }
    fprintf(on->out, "\n%s\n", _("options, before or behind the verb"));
    options_print(on, global_options);
    fprintf(on->out, "\n%s\n", _("more: muster help VERB, KIND or CODE; muster help kinds; muster help errors"));
}

static void exits_print(const struct sheet *on, const struct command *row)
{
    unsigned exits = row->exits | EXIT_BIT(0) | EXIT_BIT(1) | EXIT_BIT(2);
    for (int code = 0; code < EXIT_CODES; code++)
        if (exits & EXIT_BIT(code))
            text_wrap_at(on, _(exit_meaning(code)), 7, fprintf(on->out, "  %-4d ", code));
}

static void examples_print(const struct sheet *on, const char *example, const char *before)
{
    for (const char *at = example; *at;) {
        size_t len = strcspn(at, "\n");
        fprintf(on->out, "%s%.*s\n", before, (int)len, at);
        at += len + (at[len] == '\n');
    }
}

void manual_command(const struct sheet *on, const struct command *row)
{
    fprintf(on->out, "%s muster %s%s%s%s\n\n", _("usage:"), row->name, row->args[0] ? " " : "", row->args,
            row->options ? " [OPTIONS]" : "");
    text_wrap(on, _(row->help), 2);
    if (row->alias)
        fprintf(on->out, _("  also: muster %s\n"), row->alias);
    if (row->detail) {
        fputc('\n', on->out);
        paragraphs(on, _(row->detail), 2);
    }
    if (row->options) {
        fprintf(on->out, "\n%s\n", _("options (and those of `muster help`)"));
        options_print(on, row->options);
    }
    fprintf(on->out, "\n%s\n", _("examples"));
    examples_print(on, row->example, "  ");
    fprintf(on->out, "\n%s\n", _("ends with"));
    exits_print(on, row);
}

void manual_kinds(const struct sheet *on, enum lang lang)
{
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        padded(on, "  ", kind->name, KIND_WIDTH);
        if (lang == LANG_ZH)
            fprintf(on->out, "%s\n", kind->label_zh);
        else
            text_wrap_at(on, kind->help, 2 + KIND_WIDTH, 2 + KIND_WIDTH);
    }
    fprintf(on->out, "\n%s\n", _("more: muster help KIND"));
}

static void tokens_print(const struct sheet *on, const struct field *field, enum lang lang)
{
    char line[1024] = "";
    for (const char *const *token = field->tokens; *token; token++) {
        const char *label = field->vocab ? token_label(field->vocab, *token, lang) : NULL;
        bool same = !label || strcasecmp(label, *token) == 0;
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s%s%s%s",
                 token == field->tokens ? "" : " · ", *token, same ? "" : " (", same ? "" : label,
                 same ? "" : ")");
    }
    text_wrap(on, line, 6);
}

/* "offered: committed, refused" for each state that leads on. */
static void steps_print(const struct sheet *on, const struct kind *kind)
{
    for (size_t i = 0; i < kind->step_count;) {
        const char *from = kind->steps[i].from ? kind->steps[i].from : "";
        char line[1024];
        size_t n = (size_t)snprintf(line, sizeof line, "%s:", *from ? from : _("a new one"));
        if (i == 0)
            fprintf(on->out, "\n%s\n", _("steps"));
        for (size_t first = i; i < kind->step_count && n < sizeof line; i++) {
            const struct kind_step *step = &kind->steps[i];
            if (strcmp(step->from ? step->from : "", from) != 0)
                break;
            const char *by = step->who == PARTY_APPROVER ? _("by another than the author") : "";
            const char *needs = step->needs ? step->needs : "";
            n += (size_t)snprintf(line + n, sizeof line - n, "%s %s%s%s%s%s%s%s", i > first ? "," : "", step->to,
                                  *by || *needs ? " (" : "", by, *by && *needs ? "; " : "", *needs ? _("with ") : "",
                                  needs, *by || *needs ? ")" : "");
        }
        text_wrap(on, line, 2);
    }
}

void manual_kind(const struct sheet *on, const struct kind *kind, enum lang lang)
{
    fprintf(on->out, _("%s (%s), ids %s-…\n\n"), kind->name, lang == LANG_ZH ? kind->label_zh : kind->label_en,
            kind->prefix);
    text_wrap(on, _(kind->help), 2);
    fprintf(on->out, "\n%s\n", _("fields"));
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        fputs("  ", on->out);
        padded(on, "", field->name, FIELD_WIDTH);
        padded(on, "", field_type_name(field->type), TYPE_WIDTH);
        char help[256];
        snprintf(help, sizeof help, "%s%s%s%s", field->flags & FIELD_REQUIRED ? _("required; ") : "",
                 lang == LANG_ZH ? field->label_zh : field->help ? "" : field->label_en,
                 lang == LANG_ZH && field->help ? "\uff1a" : "", field->help ? _(field->help) : "");
        text_wrap_at(on, help, 2 + FIELD_WIDTH + TYPE_WIDTH, 2 + FIELD_WIDTH + TYPE_WIDTH);
        if (field->tokens)
            tokens_print(on, field, lang);
    }
    steps_print(on, kind);
    for (size_t i = 0; kind->examples && kind->examples[i]; i++)
        fprintf(on->out, "%s%s%s  %s\n", i == 0 ? "\n" : "", i == 0 ? _("examples") : "", i == 0 ? "\n" : "", kind->examples[i]);
}

void manual_errors(const struct sheet *on)
{
    for (int i = 1; i < MUSTER_ERROR_COUNT; i++)
        text_wrap_at(on, _(error_what((enum muster_error)i)), 23,
                     fprintf(on->out, "  %-16s %2d  ", error_name((enum muster_error)i), error_exit((enum muster_error)i)));
    fprintf(on->out, "\n%s\n", _("the number is the exit code; more: muster help CODE"));
}

void manual_error(const struct sheet *on, enum muster_error error)
{
    const char *const rows[][2] = {{_("  what: "), _(error_what(error))}, {_("  do:   "), _(error_remedy(error))}};
    fprintf(on->out, "%s\n", error_name(error));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fputs(rows[i][0], on->out);
        screen_fold(on->out, rows[i][1], screen_width(rows[i][0]), screen_width(rows[i][0]), width_of(on));
    }
    fprintf(on->out, _("  exit: %d (%s)\n"), error_exit(error), _(exit_meaning(error_exit(error))));
}
