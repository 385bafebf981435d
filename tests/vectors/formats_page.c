/* formats_page — the tables of docs/FORMATS.md, printed from those that readers and writers go by.
 *
 *   formats_page check docs/FORMATS.md    compares what stands between the two marks (ctest)
 *   formats_page write docs/FORMATS.md    replaces it (by hand, when a row is added) */
#include "formats/edxl_have.h"
#include "formats/edxl_rm.h"
#include "formats/hxl.h"
#include "formats/read/cap.h"
#include "formats/read/cap_table.h"
#include "formats/read/edxl.h"
#include "formats/read/profile.h"
#include "formats/write/cap.h"
#include "formats/write/cap_spoken.h"
#include "protocol/kinds/kinds.h"
#include "vectors/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN_MARK "<!-- printed by tests/vectors/formats_page.c; begin -->\n"
#define END_MARK "<!-- printed: end -->\n"

/* --- CAP --------------------------------------------------------------------------------------------------------- */

/* The field of that kind behind an element; a dash where it has none. */
static void field_print(FILE *out, const char *kind, const char *field)
{
    const char *name = field ? cap_spoken_field(kind, field) : NULL;
    if (name && field_by_name(kind_by_name(kind), name))
        fprintf(out, " | `%s`", name);
    else
        fputs(" | –", out);
}

/* alert/identifier, info/area/polygon; groups with a name and a value are one line. */
static const struct cap_row *row_printed(const struct cap_row *row)
{
    bool pair = cap_row_find(row->name, "valueName", CAP_1_2) != NULL;
    bool inside = strcmp(row->name, "valueName") == 0 || strcmp(row->name, "value") == 0 || strcmp(row->parent, "resource") == 0;
    return row->from <= CAP_1_2 && row->to >= CAP_1_2 && !inside && (row->type != CAP_GROUP || pair) ? row : NULL;
}

static void cap_print(FILE *out)
{
    size_t count;
    const struct cap_row *rows = cap_rows(&count);
    fputs("### CAP 1.2\n\nWhat has no field goes out only with a message that came in and is unchanged; – in a column: made as said above, or "
          "left out.\n\n| element | how often | incident | warning | release |\n|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < count; i++) {
        const struct cap_row *row = row_printed(&rows[i]);
        if (!row)
            continue;
        const char *field = cap_write_knows(row->parent, row->name) ? cap_field_of(row->name) : NULL;
        fprintf(out, "| %s/%s | %s%s", row->parent, row->name, row->min ? "1" : "0", row->max == CAP_MANY ? "…" : row->min ? "" : "–1");
        field_print(out, "incident", field);
        field_print(out, "warning", field);
        field_print(out, "release", field);
        fputs(" |\n", out);
    }
}

/* --- EDXL ----------------------------------------------------------------------------------------------------------- */

static const char *mark(const char *text)
{
    return text ? "`" : "";
}

static void rm_print(FILE *out)
{
    static const char *const may[] = {"never", "may", "must"};
    fputs("\n### EDXL-RM 1.0\n\n| element | request | deployment | resource |\n|---|---|---|---|\n", out);
    for (size_t i = 0; edxl_rm_row_at(i); i++) {
        const struct edxl_rm_row *row = edxl_rm_row_at(i);
        fprintf(out, "| %s", row->path);
        for (size_t k = 0; k < EDXL_RM_KINDS; k++)
            fprintf(out, " | %s%s%s", mark(row->field[k]), row->field[k] ? row->field[k] : "comments", mark(row->field[k]));
        fputs(" |\n", out);
    }
    fputs("\n| time of | field | with the place | ScheduleType |\n|---|---|---|---|\n", out);
    for (size_t i = 0; rm_schedule_at(i); i++) {
        const struct rm_schedule_row *row = rm_schedule_at(i);
        fprintf(out, "| %s | `%s` | %s%s%s | %s |\n", row->kind, row->time, mark(row->place), row->place ? row->place : "–",
                mark(row->place), row->type);
    }
    fputs("\n| message | names what it answers | ResponseInformation | Quantity | time | Funding |\n|---|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < RM_MESSAGES; i++) {
        const struct rm_message *m = &rm_messages[i];
        fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", m->name, may[m->preceding], may[m->response], may[m->quantity], may[m->time],
                may[m->funding]);
    }
}

static void have_print(FILE *out)
{
    fputs("\n### EDXL-HAVE 1.0\n\n| element of a hospital | field of a resource |\n|---|---|\n", out);
    for (size_t i = 0; have_row_at(i); i++) {
        const struct have_row *row = have_row_at(i);
        fprintf(out, "| %s/%s%s%s | `%s` |\n", row->group, row->inner ? row->inner : "", row->inner ? "/" : "", row->element, row->field);
    }
}

/* --- tables --------------------------------------------------------------------------------------------------------------- */

static void hxl_print(FILE *out)
{
    fputs("\n### HXL tags\n\nEvery other field is `#meta+FIELD`.\n\n| kind | field: tag |\n|---|---|\n", out);
    for (size_t i = 0; hxl_row_at(i); i++) {
        const struct hxl_row *row = hxl_row_at(i), *before = i ? hxl_row_at(i - 1) : NULL;
        bool same = before && (row->kind == before->kind || (row->kind && before->kind && strcmp(row->kind, before->kind) == 0));
        if (!same)
            fprintf(out, "%s| %s | ", before ? " |\n" : "", row->kind ? row->kind : "any");
        fprintf(out, "%s`%s`: `%s`", same ? ", " : "", row->field, row->tag);
    }
    fputs(" |\n| behind the fields | ", out);
    for (size_t i = 0; hxl_behind_at(i); i++)
        fprintf(out, "%s`%s`: `%s`", i ? ", " : "", hxl_behind_at(i)->name, hxl_behind_at(i)->tag);
    fputs(" |\n", out);
}

static void words_print(FILE *out, const char *const *words, size_t most, const char *quote)
{
    for (size_t i = 0; i < most && words[i]; i++)
        fprintf(out, "%s%s%s%s", i ? ", " : "", quote, words[i], quote);
    fputs(words[0] ? "" : "–", out);
}

static void profile_print(FILE *out, const struct profile *profile)
{
    fprintf(out, "\n### %s\n\n| field | heading | HXL tag | column |\n|---|---|---|---|\n", profile->name);
    for (size_t i = 0; i < profile->count; i++) {
        const struct profile_column *c = &profile->columns[i];
        fprintf(out, "| `%s` | ", c->field);
        words_print(out, c->headings, COLUMN_HEADINGS, "");
        fputs(" | ", out);
        words_print(out, c->tags, COLUMN_TAGS, "`");
        fprintf(out, " | %s |\n", c->filled ? "required, never empty" : c->required ? "required" : "may be there");
    }
}

/* --- the page ----------------------------------------------------------------------------------------------------------------- */

static char *file_read(const char *path)
{
    enum { PAGE_BYTES = 1 << 20 };
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, PAGE_BYTES);
    if (f && text && fread(text, 1, PAGE_BYTES - 1, f) == 0)
        text[0] = '\0';
    if (f)
        fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    char *held = argc == 3 ? file_read(argv[2]) : NULL, *text = NULL;
    char *begin = held ? strstr(held, BEGIN_MARK) : NULL, *end = begin ? strstr(begin, END_MARK) : NULL;
    size_t len = 0;
    FILE *out = end ? open_memstream(&text, &len) : NULL;
    if (!out) {
        fputs("usage: formats_page check|write docs/FORMATS.md (a file with both marks)\n", stderr);
        free(held);
        return 2;
    }
    fwrite(held, 1, (size_t)(begin - held) + strlen(BEGIN_MARK), out);
    cap_print(out);
    rm_print(out);
    have_print(out);
    hxl_print(out);
    profile_print(out, &profile_stock);
    profile_print(out, &profile_org_resource);
    profile_print(out, &profile_hospital);
    fputs(end, out);
    fclose(out);
    int status = page_main(argc, argv, "formats_page", "docs/FORMATS.md", text, len);
    free(text);
    free(held);
    return status;
}
