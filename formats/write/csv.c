/* csv.c — a table of one kind: a row an object, a column a field; with HXL tags under the names when wanted.
 *
 * Columns: id, the kind's fields in their order, owner, times, marks, and the space with its exercise mark.  The
 * tag row comes from formats/hxl.h. */
#include "formats/column.h"
#include "formats/hxl.h"
#include "formats/write/rows.h"

#include <string.h>

static void cell(struct export *e, bool first, const char *text)
{
    out_text(&e->out, first ? "" : ",");
    out_cell(&e->out, text);
}

static bool is_column(const struct field *field)
{
    return field->type != FIELD_EVIDENCE && strcmp(field->name, "attachments") != 0;
}

static void csv_begin(struct export *e)
{
    char name[COLUMN_NAME_BYTES];
    if (e->mark)
        out_text(&e->out, "\xef\xbb\xbf");
    cell(e, true, "id");
    for (size_t i = 0; i < e->kind->count; i++)
        if (is_column(&e->kind->fields[i]))
            cell(e, false, column_name(name, e->kind->fields[i].name));
    for (size_t i = 0; hxl_behind_at(i); i++)
        cell(e, false, hxl_behind_at(i)->name);
    out_text(&e->out, ",space,exercise\r\n");
}

static void hxl_begin(struct export *e)
{
    char tag[HXL_TAG_BYTES];
    csv_begin(e);
    cell(e, true, "#meta+id");
    for (size_t i = 0; i < e->kind->count; i++)
        if (is_column(&e->kind->fields[i]))
            cell(e, false, hxl_tag(tag, e->kind->name, e->kind->fields[i].name));
    for (size_t i = 0; hxl_behind_at(i); i++)
        cell(e, false, hxl_behind_at(i)->tag);
    out_text(&e->out, ",#meta+space,#meta+exercise\r\n");
}

static void value_cell(struct export *e, const json_t *value)
{
    struct out text = {0};
    item_value(&text, value);
    out_bytes(&text, "", 1); /* its end */
    cell(e, false, text.failed ? "" : text.at);
    e->out.failed |= text.failed;
    out_clear(&text);
}

static enum muster_error csv_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    const json_t *fields = item_fields(item), *owner = json_object_get(item, "owner");
    (void)problem;
    cell(e, true, item_text(item, "id"));
    for (size_t i = 0; i < e->kind->count; i++)
        if (is_column(&e->kind->fields[i]))
            value_cell(e, json_object_get(fields, e->kind->fields[i].name));
    for (size_t i = 0; hxl_behind_at(i); i++)
        value_cell(e, json_object_get(strncmp(hxl_behind_at(i)->name, "owner", 5) == 0 ? owner : item,
                                      hxl_behind_at(i)->member));
    cell(e, false, e->head.space);
    out_text(&e->out, e->head.exercise ? ",EXERCISE\r\n" : ",no\r\n");
    return MUSTER_OK;
}

const struct export_format export_csv = {
    .name = "csv",
    .media_type = "text/csv",
    .suffix = "csv",
    .help = "a table of one kind",
    .flags = EXPORT_ONE_KIND,
    .begin = csv_begin,
    .item = csv_item,
};

const struct export_format export_hxl = {
    .name = "hxl",
    .media_type = "text/csv",
    .suffix = "csv",
    .help = "the same with a row of HXL tags",
    .flags = EXPORT_ONE_KIND,
    .begin = hxl_begin,
    .item = csv_item,
};
