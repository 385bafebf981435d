/* kinds_page.c — prints docs/KINDS.md, the kinds for people who write records, from the rows.
 *
 *   kinds_page check|write docs/KINDS.md
 */
#include "vectors/page.h"

#include "protocol/kinds/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char intro[] =
    "# The kinds of records\n\n"
    "Printed from the tables in protocol/kinds/ (`build/dev/bin/kinds_page write docs/KINDS.md`); a test compares them.\n"
    "`muster help kinds` and `muster help KIND` say the same on a terminal, and SPEC.md has numbers and limits.\n\n"
    "- A record has the fields that you give; leave out what nobody knows. Missing is not zero.\n"
    "- **Bold** fields are required. Tokens are written exactly as they stand here; a label in either language is suggested\n"
    "  back to its token. Labels are never stored.\n"
    "- Lists: `a;b`, or the field again: `alias=a alias=b`. A semicolon inside an item is `\\;`.\n"
    "- time: `2026-07-14T18:00:00+08:00`, with its zone. decimal: `12.50`. point: `28.77,104.62`. flag: `yes`, `no`.\n"
    "- object: the id of a record, `inc-7k2q9`. links: `ROLE:ID`.\n"
    "- area: `POLYGON lat,lon lat,lon ...`, first and last the same, or `CIRCLE lat,lon radius` in km.\n"
    "- pair: `NAME=VALUE` in each item. ratio: `A/B=3`, from 1 to 9. share: 0 to 1. ucum: `kg`, `m3`, `{tent}`.\n"
    "- Steps: what the state may become here. What others wrote is shown whatever it skips. \"Approver\" is another operator\n"
    "  than the author; \"partner\" is the other side, whose word the owner writes down. \"With\" names fields that must be\n"
    "  set by then.\n"
    "- A kind or field that this node does not know is carried, and shown by its number.\n";

static void tokens(FILE *out, const struct field *f)
{
    for (const char *const *token = f->tokens; *token; token++) {
        const char *zh = token_label(f->vocab, *token, LANG_ZH);
        bool same = !zh || strcmp(zh, *token) == 0;
        fprintf(out, "%s`%s`%s%s", token == f->tokens ? "" : ", ", *token, same ? "" : " ", same ? "" : zh);
    }
}

static void field_row(FILE *out, const struct field *f)
{
    const char *mark = f->flags & FIELD_REQUIRED ? "**" : "", *form = field_form_name(f->form);
    fprintf(out, "| %s%s%s | %s | %s%s%s | %s%s", mark, f->name, mark, f->label_zh, field_type_name(f->type), form ? ", " : "",
            form ? form : "", f->help ? f->help : f->label_en, f->tokens ? ": " : "");
    if (f->tokens)
        tokens(out, f);
    fputs(" |\n", out);
}

static void steps(FILE *out, const struct kind *kind)
{
    for (size_t i = 0; i < kind->step_count; i++) {
        const struct kind_step *s = &kind->steps[i];
        bool goes_on = i && s->from && kind->steps[i - 1].from && strcmp(s->from, kind->steps[i - 1].from) == 0;
        if (!s->from && i)
            goes_on = true;
        if (goes_on)
            fputs(", ", out);
        else
            fprintf(out, "%s- %s%s%s → ", i ? "\n" : "\nSteps:\n\n", s->from ? "`" : "", s->from ? s->from : "new",
                    s->from ? "`" : "");
        fprintf(out, "`%s`", s->to);
        if (s->who != PARTY_OWNER || s->needs)
            fprintf(out, " (%s%s%s%s)", s->who != PARTY_OWNER ? kind_party_name(s->who) : "",
                    s->who != PARTY_OWNER && s->needs ? ", " : "", s->needs ? "with " : "", s->needs ? s->needs : "");
    }
    fputs(kind->step_count ? "\n" : "", out);
}

static void kind_part(FILE *out, const struct kind *kind)
{
    fprintf(out, "\n## %s %s\n\n%c%s. Ids begin with `%s-`.\n\n", kind->name, kind->label_zh, kind->help[0] & ~0x20,
            kind->help + 1, kind->prefix);
    fputs("| field | 字段 | type | meaning |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < kind->count; i++)
        field_row(out, &kind->fields[i]);
    steps(out, kind);
    for (size_t i = 0; kind->examples[i]; i++)
        fprintf(out, "%s%s\n", i ? "" : "\n```sh\n", kind->examples[i]);
    fputs("```\n", out);
}

static char *page(size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (!out)
        return NULL;
    fputs(intro, out);
    fputs("\n| kind | 类别 | number | what it is |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < kind_count(); i++)
        fprintf(out, "| [%s](#%s-%s) | %s | %u | %s |\n", kind_at(i)->name, kind_at(i)->name, kind_at(i)->label_zh,
                kind_at(i)->label_zh, kind_at(i)->number, kind_at(i)->help);
    for (size_t i = 0; i < kind_count(); i++)
        kind_part(out, kind_at(i));
    return fclose(out) == 0 ? text : NULL;
}

int main(int argc, char **argv)
{
    size_t len = 0;
    char *text = page(&len);
    int status = page_main(argc, argv, "kinds_page", "docs/KINDS.md", text, len);
    free(text);
    return status;
}
