/* config.h — what the verbs of `muster config` share. */
#ifndef MUSTER_TOOLS_CONFIG_H
#define MUSTER_TOOLS_CONFIG_H

#include "tools/arguments.h"
#include "tools/tool.h"

/* The item of that name among those that musterd says; NULL. */
json_t *config_item(const json_t *settings, const char *name);
/* ENOTFOUND with the names that there are; returns its exit code. */
int config_unknown(struct tool *tool, const json_t *settings, const char *name);
/* What the running node has in force, or NULL when none answers (nothing is said then). */
json_t *config_running(struct tool *tool);
/* The absolute path of the setting file that the running node (or NULL) reads, when it is another one than this; else NULL. */
const char *config_other_file(const char *file, const json_t *running);
/* Adds "running" to an item when the node has another value in force. */
void config_compare(json_t *item, const json_t *running);

#endif
