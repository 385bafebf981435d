/* help_json.h — what muster help says, for programs.
 *
 * {"muster":1,"items":[…]}, each item one of
 *   about "verb":  name, alias, usage, group, summary, detail, options, examples, exits, forms, keys, columns
 *   about "kind":  name, prefix, label, help, fields, steps, examples
 *   about "error": name, exit, means, do
 * with option {name, letter, value, help}, exit {code, means}, field {name, type, required, label, help, tokens}, step {from, to}.
 * Every member is there in every item, null or [] where there is nothing; members may be added, none is renamed.  The overview has
 * "options" beside the items: those that every verb takes.  Texts are English. */
#ifndef MUSTER_TOOLS_HELP_JSON_H
#define MUSTER_TOOLS_HELP_JSON_H

#include "protocol/kinds/kinds.h"
#include "tools/tool.h"

/* Each appends one item. */
void help_json_verb(json_t *items, const struct command *row);
void help_json_kind(json_t *items, const struct kind *kind);
void help_json_error(json_t *items, enum muster_error error);
json_t *help_json_options(const struct option_row *rows);
/* The answer in the form that was asked for: csv and tsv have a line for each item, of one kind alone for each of its fields.
 * False: a person wants the text; also where the form is a habit, of the environment or a file. */
bool help_json_print(struct tool *tool, const json_t *items, const json_t *options);
/* One verb, or with NULL all of them and the options of all. */
bool help_json_verbs(struct tool *tool, const struct command *only);

#endif
