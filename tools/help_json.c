#include "tools/help_json.h"

#include "tools/arguments.h"
#include "tools/memory.h"
#include "tools/value.h"
#include "tools/view.h"

#include <string.h>

/* The parts of a text between separators; [] of NULL. */
static json_t *parts(const char *text, char separator)
{
    json_t *list = json_array();
    while (text && *text) {
        const char *end = strchr(text, separator);
        size_t len = end ? (size_t)(end - text) : strlen(text);
        if (len)
            json_array_append_new(list, json_stringn(text, len));
        text += len + (end != NULL);
    }
    return list;
}

/* Each a line to paste; one that goes on below behind a backslash is joined. */
static json_t *examples_of(const char *text)
{
    char *copy = memory_copy(text), *to = copy;
    for (const char *at = text; *at; at++) {
        if (at[0] == '\\' && at[1] == '\n')
            at += 1 + strspn(at + 2, " ");
        else
            *to++ = *at;
    }
    *to = '\0';
    json_t *list = parts(copy, '\n');
    free(copy);
    return list;
}

json_t *help_json_options(const struct option_row *rows)
{
    json_t *list = json_array();
    for (; rows && rows->name; rows++) {
        char letter[2] = {rows->letter, '\0'};
        json_array_append_new(list, json_pack("{s:s, s:s?, s:s?, s:s}", "name", rows->name, "letter", rows->letter ? letter : NULL, "value",
                                              rows->value, "help", rows->help));
    }
    return list;
}

static json_t *exits_of(const struct command *row)
{
    unsigned exits = row->exits | EXIT_BIT(0) | EXIT_BIT(1) | EXIT_BIT(2);
    json_t *list = json_array();
    for (int code = 0; code < EXIT_CODES; code++)
        if (exits & EXIT_BIT(code))
            json_array_append_new(list, json_pack("{s:i, s:s}", "code", code, "means", exit_meaning(code)));
    return list;
}

static json_t *forms_of(const struct command *row)
{
    static const struct {
        const char *name;
        enum output form;
    } forms[] = {{"table", OUTPUT_TABLE}, {"json", OUTPUT_JSON}, {"ndjson", OUTPUT_NDJSON}, {"csv", OUTPUT_CSV}, {"tsv", OUTPUT_TSV}, {"id", OUTPUT_ID}};
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (!tool_form_lacks(row, forms[i].form))
            json_array_append_new(list, json_string(forms[i].name));
    return list;
}

/* The columns that the row names; a verb with a view of its own has those of the kind or moment. */
static json_t *columns_of(const struct command *row)
{
    const char *text = row->rows, *colon = text ? strstr(text, ": ") : NULL;
    text = colon ? colon + 2 : text;
    return parts(text && strncmp(text, "- ", 2) == 0 ? text + 2 : text, ' ');
}

void help_json_verb(json_t *items, const struct command *row)
{
    json_array_append_new(
        items, json_pack("{s:s, s:s, s:s?, s:o, s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o}", "about", "verb", "name", row->name, "alias",
                         row->alias, "usage",
                         json_sprintf("muster %s%s%s%s", row->name, row->args[0] ? " " : "", row->args, row->options ? " [OPTIONS]" : ""),
                         "group", command_group_title(row->group), "summary", row->help, "detail", row->detail, "options",
                         help_json_options(row->options), "examples", examples_of(row->example), "exits", exits_of(row), "forms",
                         forms_of(row), "keys", parts(row->keys, ' '), "columns", columns_of(row)));
}

static json_t *fields_of(const struct kind *kind)
{
    json_t *list = json_array();
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        json_t *tokens = json_array();
        for (const char *const *token = field->tokens; token && *token; token++)
            json_array_append_new(tokens, json_string(*token));
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:s?, s:o}", "name", field->name, "type", field_type_name(field->type),
                                              "required", (int)((field->flags & FIELD_REQUIRED) != 0), "label", field->label_en, "help",
                                              field->help, "tokens", tokens));
    }
    return list;
}

void help_json_kind(json_t *items, const struct kind *kind)
{
    json_t *steps = json_array(), *examples = json_array();
    for (size_t i = 0; i < kind->step_count; i++)
        json_array_append_new(steps, json_pack("{s:s?, s:s}", "from", kind->steps[i].from, "to", kind->steps[i].to));
    for (const char *const *line = kind->examples; line && *line; line++)
        json_array_append_new(examples, json_string(*line));
    json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "about", "kind", "name", kind->name, "prefix", kind->prefix,
                                           "label", kind->label_en, "help", kind->help, "fields", fields_of(kind), "steps", steps, "examples",
                                           examples));
}

void help_json_error(json_t *items, enum muster_error error)
{
    json_array_append_new(items, json_pack("{s:s, s:s, s:i, s:s, s:s}", "about", "error", "name", error_name(error), "exit", error_exit(error),
                                           "means", error_what(error), "do", error_remedy(error)));
}

bool help_json_print(struct tool *tool, const json_t *items, const json_t *options)
{
    const json_t *first = json_array_get(items, 0);
    const char *about = value_text_at(first, "about");
    if (!tool->set.output_here) /* a habit of the environment or a file is meant for answers, not for help */
        return false;
    bool mixed = strcmp(value_text_at(json_array_get(items, json_array_size(items) - 1), "about"), about) != 0; /* release is both */
    bool one_kind = json_array_size(items) == 1 && strcmp(about, "kind") == 0;
    json_t *answer = json_pack("{s:O*, s:O, s:O*}", "options", options, "items", items, "fields", one_kind ? json_object_get(first, "fields") : NULL);
    const char *rows = one_kind                       ? "fields: name type required label help tokens"
                       : mixed                       ? "items: name about summary help"
                       : strcmp(about, "kind") == 0  ? "items: name prefix label help"
                       : strcmp(about, "error") == 0 ? "items: name exit means do"
                                                      : "items: name usage group summary";
    if (tool->set.output == OUTPUT_JSON || tool->set.output == OUTPUT_NDJSON)
        json_object_del(answer, "fields"); /* they are in the item */
    bool printed = view_rows(tool, answer, rows);
    json_decref(answer);
    return printed;
}

bool help_json_verbs(struct tool *tool, const struct command *only)
{
    json_t *items = json_array(), *options = only ? NULL : help_json_options(global_options);
    for (size_t i = 0; i < command_count(); i++)
        if (!only || command_at(i) == only)
            help_json_verb(items, command_at(i));
    bool printed = help_json_print(tool, items, options);
    json_decref(items);
    json_decref(options);
    return printed;
}
