#include "formats/read/made.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "lang/lang.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMENT_BYTES_MAX = FIELD_TEXT_BYTES };

void made_start(struct made *made, const struct kind *kind, struct made_tally *tally)
{
    *made = (struct made){.kind = kind, .fields = json_object(), .tally = tally};
    made->no_memory = !made->fields;
}

void made_drop(struct made *made)
{
    json_decref(made->fields);
    out_clear(&made->comments);
    made->fields = NULL;
}

bool made_has(const struct made *made, const char *field)
{
    return json_object_get(made->fields, field) != NULL;
}

static void put(struct made *made, const struct field *field, json_t *value)
{
    if (json_object_set_new(made->fields, field->name, value) != 0)
        made->no_memory = true;
}

json_t *made_line(const char *text)
{
    static const char breaks[] = "\n\r\t";
    if (!strpbrk(text, breaks))
        return json_string(text);
    char *line = strdup(text), *to = line;
    if (!line)
        return NULL;
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, breaks), gap = strspn(at + n, breaks);
        memmove(to, at, n);
        to += n;
        at += n + gap;
        if (gap && *at && to > line && to[-1] != ' ' && *at != ' ')
            *to++ = ' ';
    }
    *to = '\0';
    json_t *json = json_string(line);
    free(line);
    return json;
}

/* --- from text ----------------------------------------------------------------------------------------------------- */

static json_t *whole(const char *text)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return *text && !*end && errno == 0 ? json_integer(number) : json_string(text);
}

static json_t *flag(const char *text)
{
    static const struct {
        const char *says;
        bool is;
    } words[] = {{"yes", true}, {"true", true}, {"1", true}, {"是", true}, {"no", false}, {"false", false}, {"0", false},
                 {"否", false}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].says, text) == 0)
            return json_boolean(words[i].is);
    return json_string(text);
}

/* "role:HEX;role:HEX" */
static json_t *links(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        size_t len = strcspn(text, ";"), role = strcspn(text, ":;");
        if (role < len)
            json_array_append_new(list, json_pack("{s:s%, s:s%}", "role", text, role, "object", text + role + 1, len - role - 1));
        else
            json_array_append_new(list, json_stringn(text, len)); /* the node says what is wrong */
        text += len;
        text += *text == ';';
    }
    return list;
}

void made_text(struct made *made, const struct field *field, const char *text)
{
    if (!*text)
        return;
    switch (field->type) {
    case FIELD_INT:
        put(made, field, whole(text));
        break;
    case FIELD_FLAG:
        put(made, field, flag(text));
        break;
    case FIELD_LINKS:
        made->tally->linked++;
        put(made, field, links(text));
        break;
    case FIELD_EVIDENCE:
        made->tally->files++;
        break;
    case FIELD_OBJECT:
        made->tally->linked++;
        put(made, field, json_string(text));
        break;
    default:
        put(made, field, field_is_line(field) ? made_line(text) : json_string(text));
    }
}

bool made_text_named(struct made *made, const char *name, const char *text)
{
    const struct field *field = field_by_name(made->kind, name);
    if (!field)
        return false;
    made_text(made, field, text);
    return true;
}

void made_json(struct made *made, const struct field *field, json_t *value)
{
    if (json_is_null(value))
        return;
    if (field->type == FIELD_EVIDENCE || strcmp(field->name, "attachments") == 0) {
        made->tally->files++;
        return;
    }
    made->tally->linked += field->type == FIELD_LINKS || field->type == FIELD_OBJECT;
    put(made, field, json_incref(value));
}

/* --- what has no field --------------------------------------------------------------------------------------------- */

void made_comment(struct made *made, const char *heading, const char *text)
{
    if (!*text)
        return;
    if (made->comments.len)
        out_text(&made->comments, "; ");
    if (heading && *heading) {
        out_text(&made->comments, heading);
        out_text(&made->comments, ": ");
    }
    out_text(&made->comments, text);
}

static const struct field *comments_field(const struct kind *kind)
{
    static const char *const names[] = {"comments", "description", "summary", "note"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct field *field = field_by_name(kind, names[i]);
        if (field && field->type == FIELD_TEXT)
            return field;
    }
    return NULL;
}

/* Behind what the field says already. */
static void comments_put(struct made *made)
{
    const struct field *field = comments_field(made->kind);
    if (!made->comments.len)
        return;
    if (!field) {
        made->tally->unknown++;
        return;
    }
    struct out text = {0};
    const char *own = json_string_value(json_object_get(made->fields, field->name));
    if (own) {
        out_text(&text, own);
        out_text(&text, "; ");
    }
    out_bytes(&text, made->comments.at, made->comments.len);
    size_t most = field->max_bytes < COMMENT_BYTES_MAX ? field->max_bytes : COMMENT_BYTES_MAX;
    if (text.len > most) {
        made->tally->cut++;
        text.len = most - 3;
        while (text.len > 0 && ((unsigned char)text.at[text.len] & 0xc0) == 0x80)
            text.len--;
        out_text(&text, "...");
    }
    made->no_memory |= text.failed;
    if (!text.failed)
        put(made, field, json_stringn(text.at, text.len));
    out_clear(&text);
}

/* --- the item -------------------------------------------------------------------------------------------------------- */

/* Every object begins where its kind's workflow begins: what it went through elsewhere nobody here has signed. */
static void state_begin(struct made *made)
{
    const struct field *field = field_flagged(made->kind, FIELD_STATE);
    const char *state = field ? json_string_value(json_object_get(made->fields, field->name)) : NULL;
    if (!state || !made->kind->steps || kind_step_find(made->kind, NULL, state))
        return;
    bool known = false;
    for (size_t i = 0; field->tokens && field->tokens[i]; i++)
        known |= strcmp(field->tokens[i], state) == 0;
    for (size_t i = 0; known && i < made->kind->step_count; i++)
        if (!made->kind->steps[i].from) {
            made_comment(made, field->name, state);
            put(made, field, json_string(made->kind->steps[i].to));
            made->tally->restated++;
            return;
        }
}

json_t *made_item(struct made *made, json_t *key)
{
    state_begin(made);
    comments_put(made);
    json_t *item = made->no_memory || made->comments.failed || !key
                       ? NULL
                       : json_pack("{s:s, s:s, s:O, s:O}", "op", "create", "kind", made->kind->name, "key", key, "fields",
                                   made->fields);
    json_decref(key);
    made_drop(made);
    return item;
}

json_t *made_key(const char *prefix, const json_t *contents, json_t *seen)
{
    char hex[2 * sizeof(struct hash) + 1];
    char *text = json_dumps(contents, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        return NULL;
    struct hash hash = crypto_hash1("muster/1/import-item", text, strlen(text));
    free(text);
    hex_from(hex, hash.b, sizeof hash.b);
    json_int_t times = json_integer_value(json_object_get(seen, hex)) + 1;
    if (seen && json_object_set_new(seen, hex, json_integer(times)) != 0)
        return NULL;
    return times == 1 ? json_sprintf("%s:%s", prefix, hex) : json_sprintf("%s:%s-%lld", prefix, hex, (long long)times);
}

void made_tally_say(const struct made_tally *tally, const char *name, struct reader_output *output)
{
    const struct {
        size_t count;
        const char *says;
    } rows[] = {
        {tally->gone, N_("objects that were erased or retracted where they come from, and are not taken")},
        {tally->restated, N_("objects in a state that only steps of a workflow reach; they begin anew, and the state is in "
                             "their comments")},
        {tally->in_conflict, N_("objects that had several values at once; what was shown is taken, the others are not in "
                                "the file")},
        {tally->linked, N_("names of other objects, by the ids that those have where they come from; they lead somewhere "
                           "only if such an object is here under that id")},
        {tally->files, N_("files beside or inside objects, of which the file has only the names; they stay where they come "
                          "from")},
        {tally->unknown, N_("objects that say something for which their kind has no field in this version; it is left out")},
        {tally->holes, N_("areas with holes, which a record cannot say; they are filled")},
        {tally->cut, N_("objects with more comments than a record holds; these end with ...")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct format_problem scratch;
        if (rows[i].count)
            format_problem_set(reader_notice(output, &scratch), MUSTER_OK, name, 0, NULL, "%s: %zu", _(rows[i].says),
                               rows[i].count);
    }
}
