#include "tools/value.h"

#include "base/text.h"
#include "lang/lang.h"
#include "protocol/kinds/time3339.h"
#include "tools/memory.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATH_PART_BYTES = 64 };

const json_t *value_at(const json_t *json, const char *path)
{
    while (json && *path) {
        char part[PATH_PART_BYTES];
        size_t len = strcspn(path, ".");
        if (len >= sizeof part)
            return NULL;
        memcpy(part, path, len);
        part[len] = '\0';
        json = json_object_get(json, part);
        path += len + (path[len] == '.');
    }
    return json;
}

const char *value_text_at(const json_t *json, const char *path)
{
    const char *text = json_string_value(value_at(json, path));
    return text ? text : "";
}

long long value_int_at(const json_t *json, const char *path)
{
    return json_integer_value(value_at(json, path));
}

bool value_true_at(const json_t *json, const char *path)
{
    return json_is_true(value_at(json, path));
}

static bool object_text(FILE *stream, const json_t *value)
{
    const char *role = value_text_at(value, "role"), *object = value_text_at(value, "object");
    const char *name = value_text_at(value, "name"), *media = value_text_at(value, "media_type");
    if (role[0] && object[0])
        fprintf(stream, "%s:%s", role, object);
    else if (media[0])
        fprintf(stream, "%s, %lld bytes", media, value_int_at(value, "bytes"));
    else if (name[0])
        fputs(name, stream);
    else
        return false;
    return true;
}

static void raw_write(FILE *stream, const json_t *value, bool inside)
{
    if (json_is_string(value)) {
        fputs(json_string_value(value), stream);
    } else if (json_is_array(value) && !inside) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i)
                fputc(';', stream);
            raw_write(stream, json_array_get(value, i), true);
        }
    } else if (value && !json_is_null(value) && !object_text(stream, value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        fputs(text ? text : "", stream);
        free(text);
    }
}

char *value_raw(const json_t *value)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    raw_write(stream, value, false);
    memory_stream_end(stream);
    return text;
}

json_t *value_named(const json_t *value, const json_t *names)
{
    const char *text = json_string_value(value), *key;
    json_t *copy = json_deep_copy(value), *each, *named = text ? json_object_get(names, text) : NULL;
    size_t i;
    if (named) {
        json_decref(copy);
        return json_incref(named);
    }
    if (json_is_array(copy))
        json_array_foreach(copy, i, each) json_array_set_new(copy, i, value_named(each, names));
    if (json_is_object(copy))
        json_object_foreach(copy, key, each) json_object_set_new(copy, key, value_named(each, names));
    return copy;
}

static void token_write(FILE *stream, const json_t *token, const struct field *field, enum lang lang)
{
    const char *text = json_string_value(token);
    const char *label = text && lang == LANG_ZH ? token_label(field->vocab, text, lang) : NULL;
    if (label)
        fputs(label, stream);
    else
        raw_write(stream, token, true);
}

char *value_label(const json_t *value, const struct field *field, enum lang lang)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    bool tokens = field && field->vocab && (field->type == FIELD_TOKEN || field->type == FIELD_TOKENS);
    char shorter[VALUE_TIME_BYTES];
    if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? _("yes") : _("no"), stream);
    } else if (tokens && json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            fputs(i ? ";" : "", stream);
            token_write(stream, json_array_get(value, i), field, lang);
        }
    } else if (tokens) {
        token_write(stream, value, field, lang);
    } else if (field && field->type == FIELD_TIME && json_is_string(value)) {
        time_short(shorter, json_string_value(value));
        fputs(shorter, stream);
    } else {
        raw_write(stream, value, false);
    }
    memory_stream_end(stream);
    return text;
}

char *terminal_text(const char *text)
{
    size_t len = strlen(text), wanted = text_for_terminal(NULL, 0, text, len);
    char *out = memory_get(wanted + 1);
    text_for_terminal(out, wanted + 1, text, len);
    return out;
}

void time_short(char out[VALUE_TIME_BYTES], const char *text)
{
    struct time3339 time;
    size_t len = strlen(text);
    if (time3339_parse(&time, text, len, NULL) != MUSTER_OK)
        snprintf(out, VALUE_TIME_BYTES, "%s", text);
    else if (time.zone_minutes == 0)
        snprintf(out, VALUE_TIME_BYTES, "%.10s %.5sZ", text, text + 11);
    else
        snprintf(out, VALUE_TIME_BYTES, "%.10s %.5s%s", text, text + 11, text + len - 6);
}

void time_now(char out[VALUE_TIME_BYTES])
{
    struct timespec now;
    char text[TIME_FORMAT_BYTES];
    clock_gettime(CLOCK_REALTIME, &now);
    time3339_format(text, (int64_t)now.tv_sec * 1000);
    time_short(out, text);
}

void time_shorter(char out[VALUE_TIME_BYTES], const char *text)
{
    enum { YEAR = 5 }; /* "2026-" */
    char now[VALUE_TIME_BYTES];
    time_now(now);
    time_short(out, text);
    if (strlen(out) > YEAR && strncmp(out, now, YEAR) == 0)
        memmove(out, out + YEAR, strlen(out + YEAR) + 1);
}

/* Would the character move, hide or reorder what a terminal shows? */
static bool steers(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {
        {0x7F,    0x9F   },
        {0x61C,   0x61C  },
        {0x200B,  0x200F },
        {0x2028,  0x202E },
        {0x2060,  0x206F },
        {0xFEFF,  0xFEFF },
        {0xFFF9,  0xFFFB },
        {0xE0000, 0xE007F}
    };
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

char *json_text(const json_t *json, bool indented)
{
    char *plain = json_dumps(json, JSON_ENCODE_ANY | (indented ? JSON_INDENT(2) : JSON_COMPACT));
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    const uint8_t *at = (const uint8_t *)plain, *end = at ? at + strlen(plain) : at;
    while (at < end) {
        const uint8_t *start = at;
        uint32_t c = text_next(&at, end);
        if (!steers(c))
            fwrite(start, 1, (size_t)(at - start), stream);
        else if (c < 0x10000)
            fprintf(stream, "\\u%04x", (unsigned)c);
        else
            fprintf(stream, "\\u%04x\\u%04x", (unsigned)(0xD800 + ((c - 0x10000) >> 10)),
                    (unsigned)(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
    memory_stream_end(stream);
    free(plain);
    return text;
}

const char *word_said(const char *word)
{
    static const char *const words[] = {
        N_("create"), N_("update"), N_("retract"), N_("supersede"), N_("propose"), N_("accept"), N_("decline"),
        N_("offer"), N_("take"), N_("refuse"), N_("resolve"), N_("reassign"), N_("erase"), N_("hold"), N_("unhold"),
        N_("mint"), N_("grant"), N_("commit"), N_("cover"), N_("return"), N_("release"), N_("reclaim"),
        N_("counts"), N_("open"), N_("accepted"), N_("declined"), N_("taken"), N_("refused"), N_("lapsed"), N_("late"),
        N_("disputed"), N_("quarantined"), N_("erased"), N_("waits"), N_("void"), N_("wrong step"),
        N_("safe"), N_("at-risk"), N_("covered"), N_("lost"), N_("waiting"), N_("released"), N_("cut-off"), N_("valid"),
        N_("holds"),
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0)
            return _(words[i]);
    return word;
}
