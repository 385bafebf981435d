#include "tools/fields.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/text.h"
#include "lang/lang.h"
#include "protocol/kinds/time3339.h"
#include "tools/encode.h"
#include "tools/files.h"
#include "tools/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct given { /* all values of one field, in the order typed */
    const struct field *field;
    char *texts[FIELD_ITEMS];
    size_t count;
    const char *path; /* the file of evidence */
    size_t path_len;  /* bytes read from it */
};

int fault_from_problem(struct fault *fault, const struct kind_problem *problem, const struct kind *kind)
{
    char sentence[FIELD_SENTENCE_BYTES];
    snprintf(sentence, sizeof sentence, "%s", problem->sentence);
    lang_said(sentence, sizeof sentence, &problem->said, problem->suggestion);
    fault_set(fault, problem->error, "%s", sentence);
    if (problem->suggestion && !strstr(problem->sentence, problem->suggestion))
        fault_step(fault, "did you mean %s?", problem->suggestion);
    if (kind)
        fault_step(fault, "muster help %s", kind->name);
    else
        fault_step(fault, "muster help kinds");
    return fault->exit;
}

/* The bytes that a value stands for; *out is the caller's. */
static enum muster_error value_load(struct given *given, const char *value, char **out, struct fault *fault)
{
    size_t max = given->field->type == FIELD_EVIDENCE ? FIELD_EVIDENCE_BYTES : FIELD_AREA_BYTES, len = 0;
    enum muster_error error = MUSTER_OK;
    if (strcmp(value, "-") == 0) {
        error = stdin_load(max, out, &len, fault);
    } else if (value[0] == '@' && value[1] == '@') {
        *out = memory_copy(value + 1);
        len = strlen(*out);
    } else if (value[0] == '@') {
        error = file_load_text(value + 1, max, out, &len, fault);
        given->path = value + 1;
    } else {
        *out = memory_copy(value);
        len = strlen(*out);
    }
    given->path_len = len;
    if (error || given->field->type == FIELD_EVIDENCE)
        return error;
    if (!text_is_utf8(*out, len)) {
        free(*out);
        fault_set(fault, MUSTER_EUTF8, "the value of %s is not UTF-8 text", given->field->name);
        fault_step(fault, "iconv -f LATIN1 -t UTF-8 FILE");
        return MUSTER_EUTF8;
    }
    if ((value[0] == '@' || value[0] == '-') && len > 0 && (*out)[len - 1] == '\n')
        (*out)[len - 1] = '\0'; /* an editor's last line end is not part of the text */
    return MUSTER_OK;
}

/* An id of 32 digits, or a short one (inc-7k2q9): the node knows whether it exists. */
static bool id_plausible(const char *text, size_t len)
{
    size_t digits = 0;
    while (digits < len && isxdigit((unsigned char)text[digits]))
        digits++;
    if (digits == 32 && len == 32)
        return true;
    if (len < 9 || len > 40 || text[3] != '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (i != 3 && !islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]))
            return false;
    return true;
}

static enum muster_error id_refused(const struct field *field, const char *text, struct fault *fault)
{
    fault_set(fault, MUSTER_EBADVALUE, "%s: \"%s\" is no id", field->name, text);
    fault_why(fault, "an id is inc-7k2q9, or 32 hexadecimal digits");
    fault_step(fault, "muster list   (shows ids)");
    fault->exit = 2;
    return MUSTER_EBADVALUE;
}

static enum muster_error links_json(const struct given *given, json_t **out, struct fault *fault)
{
    *out = json_array();
    for (size_t i = 0; i < given->count; i++) {
        char *rest = given->texts[i], *one;
        while ((one = strsep(&rest, ";"))) {
            char *colon = strchr(one, ':');
            size_t role_len = colon ? (size_t)(colon - one) : strlen(one);
            if (!colon || token_index(given->field->tokens, one, role_len) < 0) {
                const char *meant = token_suggest(given->field->tokens, given->field->vocab, one, role_len);
                fault_set(fault, MUSTER_ETOKEN, "%s: \"%s\" is not ROLE:ID", given->field->name, one);
                if (meant)
                    fault_step(fault, "did you mean %s:ID?", meant);
                fault_step(fault, "%s=%s:inc-7k2q9", given->field->name, given->field->tokens[0]);
                return MUSTER_ETOKEN;
            }
            if (!id_plausible(colon + 1, strlen(colon + 1)))
                return id_refused(given->field, colon + 1, fault);
            json_array_append_new(*out, json_pack("{s:s%, s:s}", "role", one, role_len, "object", colon + 1));
        }
    }
    return MUSTER_OK;
}

static enum muster_error evidence_json(const struct given *given, json_t **out, struct fault *fault)
{
    if (!given->path || given->count != 1) {
        fault_set(fault, MUSTER_EUSAGE, "%s takes one file", given->field->name);
        fault_step(fault, "%s=@FILE", given->field->name);
        return MUSTER_EUSAGE;
    }
    char *base64 = base64_text(given->texts[0], given->path_len);
    *out = json_pack("{s:s, s:s}", "media_type", media_type_of(given->path), "base64", base64);
    free(base64);
    return MUSTER_OK;
}

/* One part of a packed value: text, number or flag. */
static json_t *part_json(const struct pack_value *value)
{
    switch (value->type) {
    case PACK_TEXT:
        return json_stringn((const char *)value->u.run.at, value->u.run.len);
    case PACK_UINT:
        return json_integer((json_int_t)value->u.uint);
    case PACK_INT:
        return json_integer((json_int_t)value->u.sint);
    case PACK_BOOL:
        return json_boolean(value->u.boolean);
    default:
        return json_null();
    }
}

/* What the kind's table made of the texts, as JSON. */
static enum muster_error packed_json(const struct given *given, const struct kind *kind, json_t **out,
                                     struct fault *fault)
{
    struct bytes texts[FIELD_ITEMS];
    struct kind_problem problem;
    char *buffer = memory_get(BODY_BYTES_MAX);
    struct writer w = writer_over(buffer, BODY_BYTES_MAX);
    for (size_t i = 0; i < given->count; i++)
        texts[i] = (struct bytes){(const uint8_t *)given->texts[i], strlen(given->texts[i])};
    enum muster_error error = field_pack_many(given->field, texts, given->count, &w, &problem);
    if (error) {
        fault_from_problem(fault, &problem, kind);
        if (fault->exit == 1)
            fault->exit = 2; /* the words on the command line are wrong, not a file */
    } else {
        struct cursor c = cursor_over(buffer, writer_len(&w));
        struct pack_value value;
        if (pack_next(&c, &value, true) && value.type == PACK_ARRAY) {
            *out = json_array();
            for (uint32_t i = value.u.count; i > 0 && pack_next(&c, &value, false); i--)
                json_array_append_new(*out, part_json(&value));
        } else {
            *out = part_json(&value);
        }
    }
    free(buffer);
    return error;
}

static enum muster_error given_json(const struct given *given, const struct kind *kind, bool may_clear,
                                    json_t **out, struct fault *fault)
{
    *out = NULL;
    if (given->count == 1 && !given->texts[0][0] && !given->path) {
        if (may_clear) {
            *out = json_null();
            return MUSTER_OK;
        }
        fault_set(fault, MUSTER_EUSAGE, "%s has no value", given->field->name);
        fault_step(fault, "leave %s= out, or give it a value", given->field->name);
        return MUSTER_EUSAGE;
    }
    if (given->field->type == FIELD_LINKS)
        return links_json(given, out, fault);
    if (given->field->type == FIELD_EVIDENCE)
        return evidence_json(given, out, fault);
    if (given->field->type == FIELD_OBJECT && given->count == 1) {
        if (!id_plausible(given->texts[0], strlen(given->texts[0])))
            return id_refused(given->field, given->texts[0], fault);
        *out = json_string(given->texts[0]);
        return MUSTER_OK;
    }
    return packed_json(given, kind, out, fault);
}

static enum muster_error word_read(struct given *all, size_t *count, const struct kind *kind,
                                   const char *word, bool *stdin_used, struct fault *fault)
{
    const char *equals = strchr(word, '=');
    struct kind_problem problem;
    if (!equals) {
        fault_set(fault, MUSTER_EUSAGE, "\"%s\" is not FIELD=VALUE", word);
        fault_step(fault, "muster help %s", kind->name);
        return MUSTER_EUSAGE;
    }
    const struct field *field = field_find(kind, word, (size_t)(equals - word), &problem);
    if (!field) {
        fault_from_problem(fault, &problem, kind);
        return problem.error;
    }
    size_t at = 0;
    while (at < *count && all[at].field != field)
        at++;
    if (at == *count)
        all[(*count)++] = (struct given){.field = field};
    struct given *given = &all[at];
    if (given->count == FIELD_ITEMS || (strcmp(equals + 1, "-") == 0 && *stdin_used)) {
        fault_set(fault, MUSTER_EUSAGE,
                  given->count == FIELD_ITEMS ? "%s has too many values"
                                              : "%s: only one field reads standard input",
                  field->name);
        return MUSTER_EUSAGE;
    }
    *stdin_used |= strcmp(equals + 1, "-") == 0;
    enum muster_error error = value_load(given, equals + 1, &given->texts[given->count], fault);
    if (error)
        return error;
    char **text = &given->texts[given->count++];
    if (field->type == FIELD_TIME && strcmp(*text, "now") == 0) {
        free(*text);
        *text = memory_get(TIME_FORMAT_BYTES);
        time3339_format(*text, (int64_t)time(NULL) * 1000);
    }
    return MUSTER_OK;
}

enum muster_error fields_read(json_t **fields, const struct kind *kind, char *const *words, size_t count,
                              bool may_clear, struct fault *fault)
{
    struct given *all = memory_get((count + 1) * sizeof *all);
    size_t used = 0;
    bool stdin_used = false;
    enum muster_error error = MUSTER_OK;
    *fields = json_object();
    for (size_t i = 0; i < count && !error; i++)
        error = word_read(all, &used, kind, words[i], &stdin_used, fault);
    for (size_t i = 0; i < used && !error; i++) {
        json_t *value;
        error = given_json(&all[i], kind, may_clear, &value, fault);
        if (!error)
            json_object_set_new(*fields, all[i].field->name, value);
        else
            json_decref(value);
    }
    for (size_t i = 0; i < used; i++)
        for (size_t k = 0; k < all[i].count; k++)
            free(all[i].texts[k]);
    free(all);
    if (error) {
        json_decref(*fields);
        *fields = NULL;
    }
    return error;
}

enum muster_error fields_complete(const struct kind *kind, const json_t *fields, struct fault *fault)
{
    char names[FAULT_TEXT_BYTES] = "", example[FAULT_TEXT_BYTES] = "";
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        if (!(field->flags & FIELD_REQUIRED) || json_object_get(fields, field->name))
            continue;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] ? ", " : "",
                 field->name);
        snprintf(example + strlen(example), sizeof example - strlen(example), " %s=%s", field->name,
                 field->tokens ? field->tokens[0] : "…");
    }
    if (!names[0])
        return MUSTER_OK;
    fault_set(fault, MUSTER_EMISSING, "the %s lacks %s", kind->name, names);
    fault_step(fault, "muster new %s%s", kind->name, example);
    fault_step(fault, "muster help %s", kind->name);
    return MUSTER_EMISSING;
}
