#include "tools/records.h"

#include "tools/fields.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"

#include <string.h>

static void column_add(struct record_view *out, struct column column)
{
    if (out->view.count < VIEW_COLUMNS_MAX)
        out->columns[out->view.count++] = column;
}

static void field_add(struct record_view *out, const struct field *field)
{
    size_t at = out->view.count;
    unsigned flags = field->flags & (FIELD_LIST | FIELD_TITLE) ? 0 : COLUMN_FILE;
    if (at == VIEW_COLUMNS_MAX)
        return;
    if (field->type == FIELD_INT || field->type == FIELD_DECIMAL)
        flags |= COLUMN_RIGHT;
    else if (field->type == FIELD_TIME)
        flags |= COLUMN_TIME;
    else
        flags |= COLUMN_CUT;
    if (field->flags & FIELD_TITLE)
        flags |= COLUMN_TITLE;
    else if (field->flags & FIELD_STATE)
        flags |= COLUMN_IDLE;
    else
        flags |= field->ranks || field->type == FIELD_DECIMAL || field->form == FORM_UCUM ? COLUMN_LOOSE
                                                                                          : COLUMN_SPARE;
    snprintf(out->paths[at], sizeof out->paths[at], "fields.%s", field->name);
    column_add(out, (struct column){out->paths[at], NULL, flags, field});
}

void record_view_fill(struct record_view *out, const struct kind *kind)
{
    memset(out, 0, sizeof *out);
    out->view = (struct view){
        .columns = out->columns, .id_path = "id", .none = N_("nothing here yet")};
    column_add(out, (struct column){"short", N_("ID"), COLUMN_SCREEN, NULL});
    column_add(out, (struct column){"id", N_("ID"), COLUMN_FILE, NULL});
    column_add(out, (struct column){"kind", N_("KIND"), kind ? COLUMN_FILE : 0, NULL});
    if (!kind)
        column_add(out,
                   (struct column){"title", N_("NAME"), COLUMN_SCREEN | COLUMN_CUT | COLUMN_TITLE, NULL});
    for (size_t i = 0; kind && i < kind->count; i++)
        if (kind->fields[i].flags & (FIELD_LIST | FIELD_TITLE))
            field_add(out, &kind->fields[i]);
    if (kind && kind->number == KIND_RESOURCE) { /* what may be promised of it, and what is (muster quantities) */
        column_add(out, (struct column){"quantities.free", N_("FREE"), COLUMN_SCREEN | COLUMN_RIGHT | COLUMN_IDLE, NULL});
        column_add(out, (struct column){"quantities.safe", N_("SAFE"), COLUMN_SCREEN | COLUMN_RIGHT | COLUMN_IDLE, NULL});
        column_add(out, (struct column){"quantities.at_risk", N_("AT RISK"), COLUMN_SCREEN | COLUMN_RIGHT | COLUMN_IDLE, NULL});
    }
    for (size_t i = 0; kind && i < kind->count; i++)
        if (!(kind->fields[i].flags & (FIELD_LIST | FIELD_TITLE)))
            field_add(out, &kind->fields[i]);
    column_add(out, (struct column){"owner.name", N_("OWNER"), COLUMN_CUT, NULL});
    column_add(out, (struct column){"owner.id", N_("OWNER"), COLUMN_FILE, NULL});
    column_add(out, (struct column){"created", N_("CREATED"), COLUMN_FILE, NULL});
    column_add(out, (struct column){"changed", N_("CHANGED"), COLUMN_TIME, NULL});
    column_add(out, (struct column){"revision", N_("REVISION"), COLUMN_FILE, NULL});
    for (size_t i = 0; i < 7; i++) {
        static const char *const marks[] = {"conflict", "provisional", "retracted", "erased", "superseded", "joint", "proposed"};
        column_add(out, (struct column){marks[i], marks[i], COLUMN_FILE, NULL});
    }
    column_add(out, (struct column){"mark", "", COLUMN_SCREEN, NULL});
}

void records_mark(struct tool *tool, json_t *items)
{
    static const struct {
        const char *member, *en;
    } marks[] = {
        {"erased",      N_("erased")},
        {"retracted",   N_("retracted")},
        {"superseded",  N_("superseded")},
        {"conflict",    N_("branches")},
        {"provisional", N_("provisional")   },
        {"proposed",    N_("proposed")}
    };
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        const struct kind *kind = kind_by_name(value_text_at(item, "kind"));
        const struct field *title = kind ? field_flagged(kind, FIELD_TITLE) : NULL;
        json_t *value = title ? json_object_get(json_object_get(item, "fields"), title->name) : NULL;
        if (value)
            json_object_set(item, "title", value);
        for (size_t k = 0; k < ARRAY_LEN(marks); k++)
            if (value_true_at(item, marks[k].member)) {
                json_object_set_new(item, "mark", json_string(_(marks[k].en)));
                break;
            }
    }
}

const struct kind *record_kind(struct tool *tool, const char *name, int *code)
{
    struct kind_problem problem;
    struct fault fault;
    const struct kind *kind = kind_find(name, &problem);
    if (!kind) {
        fault_from_problem(&fault, &problem, NULL);
        *code = tool_fail(tool, &fault);
    }
    return kind;
}

int record_refused(struct tool *tool, const json_t *error)
{
    struct fault fault;
    if (!fault_from_json(&fault, error))
        fault_set(&fault, MUSTER_EINTERNAL, "the node refused it without a reason");
    return tool_fail(tool, &fault);
}

int record_post(struct tool *tool, json_t *item, json_t **got)
{
    struct url url;
    json_t *answer = NULL, *body = tool_body(tool);
    json_object_set_new(body, "items", json_pack("[o]", item));
    url_start(&url, "/v1/records");
    int code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    json_t *one = json_array_get(json_object_get(answer, "items"), 0);
    const json_t *error = json_object_get(one, "error");
    if (json_is_object(error))
        code = record_refused(tool, error);
    *got = code ? NULL : json_incref(one);
    json_decref(answer);
    return code;
}

static void record_said(struct tool *tool, const json_t *answer, const json_t *got, const struct kind *kind)
{
    const char *id = value_text_at(got, "short"), *state = value_text_at(got, "state");
    if (!id[0])
        id = value_text_at(got, "object");
    screen_head(tool, NULL);
    const char *words = strcmp(state, "existing") == 0 ? _("was here already")
                        : strcmp(state, "superseded") == 0
                            ? _("stored; a newer one supersedes it")
                            : _("stored");
    screen_line(tool, "%s %s: %s", screen_label(tool, kind->name, kind->label_zh), id, words);
    if (json_is_object(json_object_get(answer, "agreement")))
        screen_line(tool, "%s %s, %s %s (%s)", _("into"), value_text_at(answer, "space.name"),
                    _("by the agreement"), value_text_at(answer, "agreement.name"),
                    value_text_at(answer, "agreement.short"));
    tool_hint(tool, "muster show %s", id);
}

int record_send(struct tool *tool, json_t *item, const struct kind *kind)
{
    struct url url;
    json_t *answer = NULL, *body = tool_body(tool);
    int code;
    json_object_set_new(body, "items", json_pack("[O]", item));
    json_object_set_new(body, "wait", json_true());
    url_start(&url, "/v1/records");
    code = tool_call(tool, "POST", &url, body, &answer);
    if (code)
        goto out;
    const json_t *got = json_array_get(json_object_get(answer, "items"), 0);
    const json_t *error = json_object_get(got, "error");
    if (json_is_object(error))
        code = record_refused(tool, error);
    else if (!tool_print_data(tool, answer))
        record_said(tool, answer, got, kind);
    if (!code && value_text_at(got, "note")[0])
        tool_say(tool, "%s", value_text_at(got, "note"));
out:
    json_decref(answer);
    json_decref(body);
    json_decref(item);
    return code;
}

int record_change(struct tool *tool, const json_t *object, json_t *fields)
{
    const char *name = value_text_at(object, "kind");
    int code = 0;
    const struct kind *kind = record_kind(tool, name, &code);
    if (!kind) {
        json_decref(fields);
        return code;
    }
    return record_send(tool, json_pack("{s:s, s:s, s:s, s:o, s:O}", "op", "update", "kind", name, "object", value_text_at(object, "id"), "fields",
                                       fields, "seen", json_object_get(object, "heads")), kind);
}
