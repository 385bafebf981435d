#include "node/reload.h"

#include "node/node.h"

#include <stdlib.h>
#include <string.h>

static enum muster_error level_changed(struct node *node, struct trouble *trouble)
{
    (void)trouble;
    node->journal.level = node->config.log_level;
    return MUSTER_OK;
}

/* What has to be done beside keeping the new value.  A row that is not here is read where it is used. */
static const struct {
    const char *name;
    enum muster_error (*changed)(struct node *node, struct trouble *trouble);
} effects[] = {
    {"advertise", node_readvertise},
    {"log_level", level_changed},
};

static enum muster_error apply(struct node *node, const struct config_row *row, const struct config *fresh,
                               struct trouble *trouble)
{
    enum muster_error error = MUSTER_OK;
    char *kept = malloc(row->size), *field = (char *)&node->config + row->offset;
    if (!kept)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory for the settings");
    memcpy(kept, field, row->size);
    memcpy(field, (const char *)fresh + row->offset, row->size);
    for (size_t i = 0; i < ARRAY_LEN(effects) && !error; i++)
        if (strcmp(effects[i].name, row->name) == 0)
            error = effects[i].changed(node, trouble);
    if (error)
        memcpy(field, kept, row->size);
    free(kept);
    return error;
}

/* A line names the setting first, so that it can be searched for. */
static void look_at(struct node *node, size_t index, const struct config *fresh, size_t *changes)
{
    const struct config_row *row = config_row_at(index);
    struct trouble trouble = {.error = MUSTER_OK};
    char value[CONFIG_TEXT_MAX];
    if (memcmp((const char *)&node->config + row->offset, (const char *)fresh + row->offset, row->size) == 0)
        return;
    (*changes)++;
    row->show(fresh, value);
    if (row->change == CONFIG_AT_START) {
        journal_format(&node->journal, EVENT_NAME_SETTING_WAITS, NULL,
                       "%s: %.200s (%s) waits for a restart: systemctl restart musterd", row->name, value, fresh->origin[index]);
        return;
    }
    if (apply(node, row, fresh, &trouble) != MUSTER_OK) {
        journal_format(&node->journal, EVENT_NAME_SETTING_REFUSED, NULL, "%s: %s", row->name, trouble.what);
        return;
    }
    memcpy(node->config.origin[index], fresh->origin[index], CONFIG_ORIGIN_MAX);
    journal_format(&node->journal, EVENT_NAME_SETTING_APPLIED, NULL, "%s: %.200s (%s)", row->name,
                   value[0] ? value : "as given to init", fresh->origin[index]);
}

void reload(struct node *node, int argc, char **argv)
{
    struct config *fresh = malloc(sizeof(*fresh));
    struct trouble trouble = {.error = MUSTER_EBUSY};
    size_t changes = 0;
    if (!fresh || config_read(fresh, argc, argv, &trouble) != MUSTER_OK) {
        journal_format(&node->journal, EVENT_NAME_SETTING_REFUSED, NULL, "the settings stay as they are: %s",
                       fresh ? trouble.what : "there is no memory");
        free(fresh);
        return;
    }
    for (size_t i = 0; config_row_at(i); i++)
        look_at(node, i, fresh, &changes);
    journal_format(&node->journal, EVENT_NAME_RELOAD, NULL, "read again: %zu setting%s changed", changes, changes == 1 ? "" : "s");
    free(fresh);
}
