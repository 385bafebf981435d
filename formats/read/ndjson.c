#include "formats/read/json_items.h"

#include "base/ids.h"
#include "formats/read/made.h"

#include <string.h>

static bool is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static bool is_id(const char *text)
{
    uint8_t id[OBJECT_ID_BYTES];
    return text && hex_to(id, sizeof id, text);
}

static json_t *fields_item(const json_t *object, const struct kind *kind, json_t *seen, struct made_tally *tally)
{
    struct made made;
    const char *name, *id = json_string_value(json_object_get(object, "id"));
    json_t *value, *fields = json_object_get(object, "fields");
    size_t unknown = 0;
    made_start(&made, kind, tally);
    json_object_foreach(fields, name, value) {
        const struct field *field = field_by_name(kind, name);
        if (field)
            made_json(&made, field, value);
        else
            unknown++;
    }
    tally->unknown += unknown > 0;
    tally->in_conflict += is_true(object, "conflict");
    json_t *item = made_item(&made, is_id(id) ? json_sprintf("muster:%s", id) : made_key("ndjson", fields, seen));
    if (item && is_id(id))
        json_object_set_new(item, "unless", json_string(id));
    if (item && is_true(object, "exercise"))
        json_object_set_new(item, "exercise", json_true());
    return item;
}

json_t *json_item(const json_t *object, const struct kind *wanted, json_t *seen, struct made_tally *tally,
                  struct format_problem *problem)
{
    const char *op = json_string_value(json_object_get(object, "op")); /* of a line of the change feed */
    *problem = (struct format_problem){.code = MUSTER_OK};
    if (op && (strcmp(op, "begin") == 0 || strcmp(op, "current") == 0))
        return NULL;
    const char *name = json_string_value(json_object_get(object, "kind"));
    const struct kind *kind = name ? kind_by_name(name) : wanted;
    if (is_true(object, "erased") || is_true(object, "retracted") ||
        (op && strcmp(op, "erase") == 0)) {
        tally->gone++;
        return NULL;
    }
    if (!json_is_object(object) || (!name && !wanted) || !json_is_object(json_object_get(object, "fields"))) {
        format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, NULL,
                           "the line is JSON, but no object of muster: it needs a \"kind\" and \"fields\"");
        return NULL;
    }
    if (!kind) {
        char quoted[PROBLEM_QUOTE_BYTES];
        format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, "kind",
                           "\"%s\" is no kind of objects that this version knows (muster help kinds lists them); upgrade "
                           "muster, or take the line out",
                           format_problem_quote(quoted, name, strlen(name)));
        return NULL;
    }
    json_t *item = fields_item(object, kind, seen, tally);
    if (!item)
        format_problem_set(problem, MUSTER_EBUSY, NULL, 0, NULL, "there is no memory left to read it; split the file");
    return item;
}

struct lines {
    const char *name;
    const struct kind *kind;
    struct made_tally tally;
    json_t *seen;
};

static json_t *line_item(struct lines *lines, const char *text, size_t len, struct format_problem *problem)
{
    json_error_t why;
    if (len > NDJSON_LINE_MAX) {
        format_problem_set(problem, MUSTER_ETOOBIG, NULL, 0, NULL, "the line is longer than %d bytes; it is no object",
                           NDJSON_LINE_MAX);
        return NULL;
    }
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (!object) {
        char quoted[PROBLEM_QUOTE_BYTES];
        format_problem_set(problem, MUSTER_EMARKUP, NULL, 0, NULL,
                           "the line is no JSON: %s; was the file cut off, or is it no NDJSON?",
                           format_problem_quote(quoted, why.text, strlen(why.text)));
        return NULL;
    }
    json_t *item = json_item(object, lines->kind, lines->seen, &lines->tally, problem);
    json_decref(object);
    return item;
}

static size_t line_count(const char *text, size_t len)
{
    size_t count = 0;
    for (const char *at = text; (at = memchr(at, '\n', len - (size_t)(at - text))) != NULL; at++)
        count++;
    return count + (len > 0 && text[len - 1] != '\n');
}

static void lines_give(struct lines *lines, const char *text, size_t len, struct reader_output *output)
{
    bool more = true;
    size_t number = 0;
    if (output->total)
        output->total(output->user, line_count(text, len));
    for (size_t at = 0; at < len && more;) {
        struct format_problem problem, scratch, *place;
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - (text + at)) : len - at, said = n;
        number++;
        while (said > 0 && strchr(" \t\r", text[at + said - 1]))
            said--;
        if (said > 0) {
            json_t *item = line_item(lines, text + at, said, &problem);
            if (item) {
                more = reader_give(output, item, number);
            } else if (problem.code) {
                place = reader_refuse(output, &scratch);
                format_problem_set(place, problem.code, lines->name, number, problem.field, "%s", problem.sentence);
            }
        }
        at += n + 1;
    }
    made_tally_say(&lines->tally, lines->name, output);
}

enum muster_error ndjson_run(const struct reader_input *input, struct reader_output *output)
{
    struct lines lines = {.name = input->name, .kind = input->kind, .seen = json_object()};
    char *text = NULL;
    size_t len = 0;
    enum muster_error error =
        decode_text(input->bytes, input->len, TEXT_UTF8, input->name, &text, &len, &output->problems->at[0]);
    if (!error)
        lines_give(&lines, text, len, output);
    json_decref(lines.seen);
    free(text);
    return error;
}
