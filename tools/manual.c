#include "tools/manual.h"

#include "tools/arguments.h"
#include "tools/screen.h"

#include <string.h>

enum { HELP_WIDTH = 78, NAME_WIDTH = 16, OPTION_WIDTH = 26, KIND_WIDTH = 20, FIELD_WIDTH = 22, TYPE_WIDTH = 10 };

/* Words of a text, wrapped at HELP_WIDTH, each line behind `indent` spaces; the first one goes on at `column`. */
static void text_wrap_at(FILE *out, const char *text, int indent, int column)
{
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, " ");
        int width = (int)len;
        if (column == 0)
            column = fprintf(out, "%*s", indent, "");
        else if (column > indent && column + 1 + width > HELP_WIDTH) {
            fputc('\n', out);
            column = fprintf(out, "%*s", indent, "");
        } else if (column > indent)
            column += fprintf(out, " ");
        fprintf(out, "%.*s", (int)len, at);
        column += width;
        at += len + strspn(at + len, " ");
    }
    fputc('\n', out);
}

static void text_wrap(FILE *out, const char *text, int indent)
{
    text_wrap_at(out, text, indent, 0);
}

/* Padded by what a terminal shows, not by bytes: "…" is three of them. */
static void padded(FILE *out, const char *text, size_t width)
{
    size_t own = screen_width(text);
    fprintf(out, "%s%*s", text, (int)(own < width ? width - own : 1), "");
}

static void options_print(FILE *out, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        char name[96];
        if (rows->letter)
            snprintf(name, sizeof name, "  -%c, --%s%s%s", rows->letter, rows->name, rows->value ? " " : "",
                     rows->value ? rows->value : "");
        else
            snprintf(name, sizeof name, "      --%s%s%s", rows->name, rows->value ? " " : "",
                     rows->value ? rows->value : "");
        padded(out, name, OPTION_WIDTH);
        fprintf(out, "%s\n", rows->help);
    }
}

void manual_overview(FILE *out)
{
    fputs("muster — shared records for agencies that answer a crisis together\n\n"
          "usage: muster [OPTIONS] VERB [ARGUMENTS] [OPTIONS]\n",
          out);
    for (int group = 0; group < GROUP_COUNT; group++) {
        fprintf(out, "\n%s\n", command_group_title((enum command_group)group));
        for (size_t i = 0; i < command_count(); i++) {
            const struct command *row = command_at(i);
            if (row->group != (enum command_group)group)
                continue;
            fputs("  ", out);
            padded(out, row->name, NAME_WIDTH);
            fprintf(out, "%s\n", row->help);
        }
    }
    fputs("\noptions, before or behind the verb\n", out);
    options_print(out, global_options);
    fputs("\nmore: muster help VERB, KIND or CODE; muster help kinds; muster help errors\n", out);
}

static void exits_print(FILE *out, const struct command *row)
{
    unsigned exits = row->exits | EXIT_BIT(0) | EXIT_BIT(1) | EXIT_BIT(2);
    for (int code = 0; code < EXIT_CODES; code++)
        if (exits & EXIT_BIT(code))
            fprintf(out, "  %-4d %s\n", code, exit_meaning(code));
}

static void examples_print(FILE *out, const char *example, const char *before)
{
    for (const char *at = example; *at;) {
        size_t len = strcspn(at, "\n");
        fprintf(out, "%s%.*s\n", before, (int)len, at);
        at += len + (at[len] == '\n');
    }
}

void manual_command(FILE *out, const struct command *row)
{
    fprintf(out, "usage: muster %s%s%s%s\n\n", row->name, row->args[0] ? " " : "", row->args,
            row->options ? " [OPTIONS]" : "");
    text_wrap(out, row->help, 2);
    if (row->alias)
        fprintf(out, "  also: muster %s\n", row->alias);
    if (row->detail) {
        fputc('\n', out);
        text_wrap(out, row->detail, 2);
    }
    if (row->options) {
        fputs("\noptions (and those of `muster help`)\n", out);
        options_print(out, row->options);
    }
    fputs("\nexamples\n", out);
    examples_print(out, row->example, "  ");
    fputs("\nends with\n", out);
    exits_print(out, row);
}

void manual_kinds(FILE *out, enum lang lang)
{
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        fputs("  ", out);
        padded(out, kind->name, KIND_WIDTH);
        if (lang == LANG_ZH)
            fprintf(out, "%s\n", kind->label_zh);
        else
            text_wrap_at(out, kind->help, 2 + KIND_WIDTH, 2 + KIND_WIDTH);
    }
    fputs("\nmore: muster help KIND\n", out);
}

static void tokens_print(FILE *out, const struct field *field, enum lang lang)
{
    char line[1024] = "";
    for (const char *const *token = field->tokens; *token; token++) {
        const char *label = field->vocab ? token_label(field->vocab, *token, lang) : NULL;
        bool same = !label || strcasecmp(label, *token) == 0;
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s%s%s%s",
                 token == field->tokens ? "" : " · ", *token, same ? "" : " (", same ? "" : label,
                 same ? "" : ")");
    }
    text_wrap(out, line, 6);
}

/* "offered: committed, refused" for each state that leads on. */
static void steps_print(FILE *out, const struct kind *kind)
{
    for (size_t i = 0; i < kind->step_count;) {
        const char *from = kind->steps[i].from ? kind->steps[i].from : "";
        char line[1024];
        size_t n = (size_t)snprintf(line, sizeof line, "%s:", *from ? from : "a new one");
        fputs(i ? "" : "\nsteps\n", out);
        for (size_t first = i; i < kind->step_count && n < sizeof line; i++) {
            const struct kind_step *step = &kind->steps[i];
            if (strcmp(step->from ? step->from : "", from) != 0)
                break;
            const char *by = step->who == PARTY_APPROVER ? "by another than the author" : "";
            const char *needs = step->needs ? step->needs : "";
            n += (size_t)snprintf(line + n, sizeof line - n, "%s %s%s%s%s%s%s%s", i > first ? "," : "", step->to,
                                  *by || *needs ? " (" : "", by, *by && *needs ? "; " : "", *needs ? "with " : "",
                                  needs, *by || *needs ? ")" : "");
        }
        text_wrap(out, line, 2);
    }
}

void manual_kind(FILE *out, const struct kind *kind, enum lang lang)
{
    fprintf(out, "%s (%s), ids %s-…\n\n", kind->name, lang == LANG_ZH ? kind->label_zh : kind->label_en,
            kind->prefix);
    text_wrap(out, kind->help, 2);
    fputs("\nfields\n", out);
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        fputs("  ", out);
        padded(out, field->name, FIELD_WIDTH);
        padded(out, field_type_name(field->type), TYPE_WIDTH);
        char help[256];
        snprintf(help, sizeof help, "%s%s", field->flags & FIELD_REQUIRED ? "required; " : "",
                 lang == LANG_ZH || !field->help ? lang == LANG_ZH ? field->label_zh : field->label_en : field->help);
        text_wrap_at(out, help, 2 + FIELD_WIDTH + TYPE_WIDTH, 2 + FIELD_WIDTH + TYPE_WIDTH);
        if (field->tokens)
            tokens_print(out, field, lang);
    }
    steps_print(out, kind);
    for (size_t i = 0; kind->examples && kind->examples[i]; i++)
        fprintf(out, "%s  %s\n", i == 0 ? "\nexamples\n" : "", kind->examples[i]);
}

void manual_errors(FILE *out)
{
    for (int i = 1; i < MUSTER_ERROR_COUNT; i++)
        fprintf(out, "  %-16s %2d  %s\n", error_name((enum muster_error)i), error_exit((enum muster_error)i),
                error_what((enum muster_error)i));
    fputs("\nthe number is the exit code; more: muster help CODE\n", out);
}

void manual_error(FILE *out, enum muster_error error)
{
    fprintf(out, "%s\n  what: %s\n  do:   %s\n  exit: %d (%s)\n", error_name(error), error_what(error),
            error_remedy(error), error_exit(error), exit_meaning(error_exit(error)));
}
