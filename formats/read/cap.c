#include "formats/read/cap.h"

#include "crypto/crypto.h"
#include "formats/base64.h"
#include "formats/read/cap_parse.h"
#include "formats/read/cap_rules.h"
#include "lang/lang.h"
#include "protocol/kinds/areas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the fields of an incident hold.  Longer values are cut, with a notice: the original has all of it. */
enum {
    KEY_BYTES_MAX = 200,
    LINE_BYTES = 256,
    LINES_BYTES = 1024,
    DESC_BYTES = 4096,
    TEXT_BYTES = 16 * 1024,
    AREA_BYTES = 64 * 1024,
    ITEMS_MAX = 64,
    PARAMETERS_MAX = 128,
    AREAS_MAX = 256,
    GEOCODES_MAX = 512,
    NOTICE_BYTES = 300
};

struct build {
    json_t *fields;
    json_t *alert, *info;
    char cut[NOTICE_BYTES]; /* names of the fields that were shortened */
    struct kind_problem flaw; /* of the first area whose outline crosses itself; no error: none */
    size_t size;            /* of the fields without the original */
    bool no_memory, no_original;
};

static void mark_cut(struct build *b, const char *field)
{
    size_t n = strlen(b->cut);
    if (!strstr(b->cut, field))
        snprintf(b->cut + n, sizeof b->cut - n, "%s%s", n ? ", " : "", field);
}

/* At most max bytes of the text, cut at a whole character with "..." behind. */
static json_t *text_cut(struct build *b, const char *field, const char *text, size_t max)
{
    size_t len = strlen(text), room = max - 3;
    if (len <= max)
        return json_stringn(text, len);
    mark_cut(b, field);
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    return json_sprintf("%.*s...", (int)room, text);
}

static void put(struct build *b, const char *field, json_t *value)
{
    if (json_object_set_new(b->fields, field, value) != 0)
        b->no_memory = true;
}

/* White space of pretty-printed XML inside a line becomes one space. */
static void line_tidy(char *text)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        bool space = *in == ' ' || *in == '\t' || *in == '\n' || *in == '\r';
        if (!space)
            *out++ = *in;
        else if (out > text && out[-1] != ' ')
            *out++ = ' ';
    }
    *out = '\0';
}

static void put_text(struct build *b, const char *field, const char *text, size_t max)
{
    if (!text || !*text)
        return;
    char *copy = strdup(text);
    if (!copy) {
        b->no_memory = true;
        return;
    }
    if (max < TEXT_BYTES)
        line_tidy(copy);
    put(b, field, text_cut(b, field, copy, max));
    free(copy);
}

/* ---- single values ---- */

static const struct {
    const char *element, *field;
    size_t max;
} alert_values[] = {
    {"status", "cap_status", LINE_BYTES},
    {"msgType", "msg_type", LINE_BYTES},
    {"scope", "scope", LINE_BYTES},
    {"identifier", "identifier", 512},
    {"sender", "sender", LINE_BYTES},
    {"sent", "sent", LINE_BYTES},
    {"source", "source", LINES_BYTES},
    {"restriction", "restriction", LINES_BYTES},
    {"addresses", "addresses", DESC_BYTES},
    {"note", "note", DESC_BYTES},
}, info_values[] = {
    {"event", "event", LINE_BYTES},
    {"urgency", "urgency", LINE_BYTES},
    {"severity", "severity", LINE_BYTES},
    {"certainty", "certainty", LINE_BYTES},
    {"audience", "audience", LINES_BYTES},
    {"effective", "effective", LINE_BYTES},
    {"onset", "onset", LINE_BYTES},
    {"expires", "expires", LINE_BYTES},
    {"senderName", "sender_name", LINES_BYTES},
    {"headline", "headline", LINES_BYTES},
    {"description", "description", TEXT_BYTES},
    {"instruction", "instruction", TEXT_BYTES},
    {"web", "web", 2 * LINES_BYTES},
    {"contact", "contact", LINES_BYTES},
};

static const char *value_of(json_t *object, const char *element)
{
    return json_string_value(json_object_get(object, element));
}

static void put_values(struct build *b)
{
    for (size_t i = 0; i < ARRAY_LEN(alert_values); i++)
        put_text(b, alert_values[i].field, value_of(b->alert, alert_values[i].element), alert_values[i].max);
    if (!b->info)
        return;
    for (size_t i = 0; i < ARRAY_LEN(info_values); i++)
        put_text(b, info_values[i].field, value_of(b->info, info_values[i].element), info_values[i].max);
    const char *certainty = value_of(b->info, "certainty");
    if (certainty && strcmp(certainty, "Very Likely") == 0) /* CAP 1.1, 3.2.2: read it as Likely */
        put(b, "certainty", json_string("Likely"));
    const char *language = value_of(b->info, "language");
    put(b, "language", json_string(language ? language : "en-US")); /* the standard's default */
}

/* ---- lists ---- */

static void list_add(struct build *b, json_t *list, const char *field, const char *prefix, const char *text, size_t max,
                     size_t items)
{
    size_t i;
    json_t *seen, *value;
    char *whole = NULL;
    if (asprintf(&whole, "%s%s", prefix, text) < 0) {
        b->no_memory = true;
        return;
    }
    for (char *at = whole; max <= LINES_BYTES && *at; at++) /* an item of one line; the original keeps it as it was */
        if (*at == '\n' || *at == '\r' || *at == '\t')
            *at = ' ';
    if (strlen(whole) > max && *prefix) { /* half a polygon would be another area */
        mark_cut(b, field);
        free(whole);
        return;
    }
    value = text_cut(b, field, whole, max);
    free(whole);
    json_array_foreach(list, i, seen)
        if (json_equal(seen, value)) {
            json_decref(value);
            return;
        }
    if (json_array_size(list) >= items) {
        mark_cut(b, field);
        json_decref(value);
    } else if (json_array_append_new(list, value) != 0) {
        b->no_memory = true;
    }
}

static void list_add_all(struct build *b, json_t *list, json_t *holder, const char *element, const char *field,
                         const char *prefix, size_t max, size_t items)
{
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(holder, element), i, value)
        list_add(b, list, field, prefix, json_string_value(value), max, items);
}

static void put_list(struct build *b, const char *field, json_t *list)
{
    if (json_array_size(list) > 0)
        put(b, field, list);
    else
        json_decref(list);
}

static const struct {
    const char *element, *field;
    size_t max, items;
} info_lists[] = {
    {"category", "category", LINE_BYTES, ITEMS_MAX},
    {"responseType", "response_type", LINE_BYTES, ITEMS_MAX},
    {"eventCode", "event_code", LINES_BYTES, ITEMS_MAX},
    {"parameter", "parameter", DESC_BYTES, PARAMETERS_MAX},
};

static void put_lists(struct build *b)
{
    for (size_t i = 0; b->info && i < ARRAY_LEN(info_lists); i++) {
        json_t *list = json_array();
        list_add_all(b, list, b->info, info_lists[i].element, info_lists[i].field, "", info_lists[i].max,
                     info_lists[i].items);
        put_list(b, info_lists[i].field, list);
    }
    if (!json_object_get(b->fields, "category")) /* optional in 1.0, and absent without info; an incident has one */
        put(b, "category", json_pack("[s]", "Other"));
}

/* The areaDesc of the chosen info's areas, one behind the other; NULL if there is none. */
static char *area_words(struct build *b)
{
    json_t *areas = json_object_get(b->info, "area"), *place;
    size_t i, room = 1, n = 0;
    json_array_foreach(areas, i, place)
        room += json_string_length(json_object_get(place, "areaDesc")) + 2;
    char *words = malloc(room);
    if (!words) {
        b->no_memory = true;
        return NULL;
    }
    words[0] = '\0';
    json_array_foreach(areas, i, place) {
        const char *text = value_of(place, "areaDesc");
        n += (size_t)snprintf(words + n, room - n, "%s%s", n ? "; " : "", text ? text : "");
    }
    line_tidy(words);
    return words;
}

/* An official alert is kept as its sender drew it; what is wrong with its areas is said. */
static void look_at_areas(struct build *b, json_t *areas)
{
    size_t i;
    json_t *text;
    const struct field *field = field_by_name(kind_by_name("incident"), "area");
    json_array_foreach(areas, i, text) {
        struct geo_flaw flaw;
        if (b->flaw.error || !field ||
            geo_simple_check(json_string_value(text), json_string_length(text), &flaw) != MUSTER_EBADVALUE)
            continue;
        (void)area_refuse(&b->flaw, field, i + 1, &flaw);
        lang_said(b->flaw.sentence, sizeof b->flaw.sentence, &b->flaw.said, b->flaw.suggestion);
    }
}

static void put_areas(struct build *b)
{
    json_t *area = json_array(), *geocode = json_array(), *info, *place;
    size_t i, k;
    json_array_foreach(json_object_get(b->alert, "info"), i, info)
        json_array_foreach(json_object_get(info, "area"), k, place) {
            list_add_all(b, area, place, "polygon", "area", "POLYGON ", AREA_BYTES, AREAS_MAX);
            list_add_all(b, area, place, "circle", "area", "CIRCLE ", AREA_BYTES, AREAS_MAX);
            list_add_all(b, geocode, place, "geocode", "geocode", "", LINE_BYTES, GEOCODES_MAX);
        }
    look_at_areas(b, area);
    put_list(b, "area", area);
    put_list(b, "geocode", geocode);
    char *words = area_words(b);
    put_text(b, "area_desc", words, DESC_BYTES);
    free(words);
}

/* ---- what is decided ---- */

static bool alert_is(const struct build *b, const char *element, const char *token)
{
    const char *value = value_of(b->alert, element);
    return value && strcmp(value, token) == 0;
}

static const char *phase_of(const struct build *b)
{
    static const struct {
        const char *urgency, *phase;
    } phases[] = {{"Immediate", "active"}, {"Past", "active"}, {"Expected", "warned"}, {"Future", "warned"}};
    json_t *responses = json_object_get(b->info, "responseType");
    const char *first = json_string_value(json_array_get(responses, 0));
    if (alert_is(b, "msgType", "Cancel") ||
        (json_array_size(responses) == 1 && first && strcmp(first, "AllClear") == 0))
        return "closed";
    const char *urgency = value_of(b->info, "urgency"), *certainty = value_of(b->info, "certainty");
    for (size_t i = 0; urgency && i < ARRAY_LEN(phases); i++)
        if (strcmp(urgency, phases[i].urgency) == 0)
            return phases[i].phase;
    return certainty && strcmp(certainty, "Observed") == 0 ? "active" : "warned";
}

/* The info in English (or without language, which means en-US), else the first, else NULL. */
static json_t *info_choose(json_t *alert)
{
    json_t *infos = json_object_get(alert, "info"), *info;
    size_t i;
    json_array_foreach(infos, i, info) {
        const char *language = value_of(info, "language");
        if (!language ||
            (strncasecmp(language, "en", 2) == 0 && (language[2] == '\0' || language[2] == '-')))
            return info;
    }
    return json_array_get(infos, 0);
}

static void put_name(struct build *b)
{
    const char *headline = value_of(b->info, "headline"), *event = value_of(b->info, "event");
    const char *place = json_string_value(json_object_get(b->fields, "area_desc"));
    char *name = NULL;
    int wrote;
    if (headline)
        wrote = asprintf(&name, "%s", headline);
    else if (event)
        wrote = asprintf(&name, "%s%s%s", event, place ? ", " : "", place ? place : "");
    else
        wrote = asprintf(&name, "%s %s", value_of(b->alert, "msgType"), value_of(b->alert, "identifier"));
    if (wrote < 0) {
        b->no_memory = true;
        return;
    }
    put_text(b, "name", name, LINE_BYTES);
    free(name);
}

/* ---- keys ---- */

/* "cap:sender,identifier,sent", or a hash of it when that is too long for a key. */
static json_t *key_of(const char *triple, size_t len)
{
    if (len + 4 <= KEY_BYTES_MAX)
        return json_sprintf("cap:%.*s", (int)len, triple);
    char hex[2 * sizeof(struct hash) + 1];
    struct hash hash = crypto_hash1("muster/1/cap-key", triple, len);
    return json_sprintf("cap:%s", hex_from(hex, hash.b, sizeof hash.b));
}

static json_t *own_key(struct build *b)
{
    char *triple = NULL;
    if (asprintf(&triple, "%s,%s,%s", value_of(b->alert, "sender"), value_of(b->alert, "identifier"),
                 value_of(b->alert, "sent")) < 0)
        return NULL;
    json_t *key = key_of(triple, strlen(triple));
    free(triple);
    return key;
}

static void put_references(struct build *b, json_t *item)
{
    const char *at = value_of(b->alert, "references");
    json_t *words = json_array(), *keys = json_array();
    bool replaces = alert_is(b, "msgType", "Update") || alert_is(b, "msgType", "Cancel"), triple;
    struct cap_reference reference;
    while (at && cap_reference_next(&at, &reference, &triple)) {
        size_t len = triple ? (size_t)(reference.sent + reference.sent_len - reference.sender) : reference.sender_len;
        if (json_array_size(words) >= ITEMS_MAX) {
            mark_cut(b, "references");
            break;
        }
        json_t *word = json_stringn(reference.sender, len);
        if (len > LINES_BYTES) { /* such a name is no longer one */
            json_decref(word);
            mark_cut(b, "references");
            continue;
        }
        b->no_memory |= json_array_append_new(words, word) != 0;
        if (triple && replaces)
            b->no_memory |= json_array_append_new(keys, key_of(reference.sender, len)) != 0;
    }
    put_list(b, "references", words);
    if (replaces)
        b->no_memory |= json_object_set_new(item, "supersedes", keys) != 0;
    else
        json_decref(keys);
}

/* ---- the item ---- */

/* Bytes of all texts in a value: what the fields take in a record, or a little less. */
static size_t text_bytes(json_t *value)
{
    size_t sum = 0, i;
    const char *key;
    json_t *part;
    if (json_is_string(value))
        return json_string_length(value) + 3;
    json_array_foreach(value, i, part)
        sum += text_bytes(part);
    json_object_foreach(value, key, part)
        sum += text_bytes(part);
    return sum;
}

static void put_original(struct build *b, const void *bytes, size_t len)
{
    char *text = malloc(base64_len(len) + 1);
    if (!text) {
        b->no_memory = true;
        return;
    }
    put(b, "original",
        json_pack("{s:s, s:s}", "media_type", "application/cap+xml", "base64", base64_from(text, bytes, len)));
    free(text);
}

static json_t *item_build(struct build *b, const void *bytes, size_t len)
{
    json_t *item = json_pack("{s:s, s:s, s:o, s:b}", "op", "create", "kind", "incident", "key", own_key(b), "flash", 0);
    if (!item || !b->fields) {
        b->no_memory = true;
        return item;
    }
    if (alert_is(b, "status", "Exercise") || alert_is(b, "status", "Test") || alert_is(b, "status", "Draft"))
        b->no_memory |= json_object_set_new(item, "exercise", json_true()) != 0;
    put_values(b);
    put_lists(b);
    put_areas(b);
    put_name(b);
    put(b, "phase", json_string(phase_of(b)));
    put(b, "info_count", json_integer((json_int_t)json_array_size(json_object_get(b->alert, "info"))));
    put_references(b, item);
    b->no_memory |= json_object_set_new(item, "as_given", json_true()) != 0;
    if (!b->info) /* a message without info says nothing of these: they serve a new incident only */
        b->no_memory |= json_object_set_new(item, "invented", json_pack("[s, s]", "name", "category")) != 0;
    b->size = text_bytes(b->fields);
    b->no_original = len > CAP_ORIGINAL_BYTES_MAX || b->size + len > CAP_RECORD_BYTES_MAX;
    if (!b->no_original)
        put_original(b, bytes, len);
    b->no_memory |= json_object_set(item, "fields", b->fields) != 0;
    return item;
}

static enum muster_error notice(struct build *b, const char *name, struct format_problem *problem)
{
    bool dropped = b->no_original;
    *problem = (struct format_problem){.code = MUSTER_OK};
    if (!b->cut[0] && !dropped && !b->flaw.error)
        return MUSTER_OK;
    if (!b->cut[0] && !dropped)
        return format_problem_set(problem, MUSTER_OK, name, 0, "area", "the alert goes in as its sender drew it: %s",
                                  b->flaw.sentence);
    return format_problem_set(problem, MUSTER_OK, name, 0, NULL, "the alert goes in, but %s%s%s%s%s%s%s",
                              b->cut[0] ? _("the record has no room for all of ") : "", b->cut,
                              b->cut[0] && dropped ? _(", and ") : "",
                              dropped ? _("the file is too large to be kept with it") : "",
                              dropped ? _("; keep the file itself as evidence")
                                      : _("; the whole text is in the file that is kept with it"),
                              b->flaw.error ? _("; and as its sender drew it: ") : "", b->flaw.error ? b->flaw.sentence : "");
}

static enum muster_error alert_convert(struct build *b, const void *bytes, size_t len, const char *name, json_t **items,
                                       struct format_problem *problem)
{
    json_t *item = item_build(b, bytes, len);
    json_t *list = json_array();
    if (b->no_memory || json_array_append(list, item) != 0) {
        json_decref(item);
        json_decref(list);
        return format_problem_set(problem, MUSTER_EBUSY, name, 0, NULL,
                                  "there is no memory left to read the alert; close other programs and try again");
    }
    json_decref(item);
    if (b->size > CAP_RECORD_BYTES_MAX) {
        json_decref(list);
        return format_problem_set(problem, MUSTER_ETOOBIG, name, 0, "area",
                                  "the alert's texts and areas take %zu bytes and a record holds %d of them; ask the "
                                  "sender for coarser polygons, or to split the alert by area",
                                  b->size, CAP_RECORD_BYTES_MAX);
    }
    *items = list;
    return notice(b, name, problem);
}

static const char *talk_of(const struct build *b)
{
    if (alert_is(b, "status", "System"))
        return _("it is of the status System, which is talk between warning systems");
    if (alert_is(b, "msgType", "Ack"))
        return _("it is an Ack, which only confirms another message");
    if (alert_is(b, "msgType", "Error"))
        return _("it is an Error, which only refuses another message");
    return NULL;
}

enum muster_error cap_read(const void *bytes, size_t len, const char *name, json_t **items,
                           struct format_problem *problem)
{
    struct build b = {0};
    *items = NULL;
    *problem = (struct format_problem){.code = MUSTER_OK};
    enum muster_error error = cap_parse(bytes, len, name, &b.alert, problem);
    if (error)
        return error;
    const char *talk = talk_of(&b);
    if (talk) {
        *items = json_array();
        format_problem_set(problem, MUSTER_OK, name, 0, NULL,
                           "nothing was taken from this message, because %s and no incident; there is nothing to do",
                           talk);
    } else {
        b.info = info_choose(b.alert);
        b.fields = json_object();
        error = alert_convert(&b, bytes, len, name, items, problem);
        json_decref(b.fields);
    }
    json_decref(b.alert);
    return error;
}

/* --- for the page ------------------------------------------------------------------------------------------------- */

/* What a function above makes of an element, and no table. */
static const struct {
    const char *element, *field;
} more[] = {
    {"references", "references"}, {"language", "language"}, {"areaDesc", "area_desc"},
    {"polygon", "area"},          {"circle", "area"},       {"geocode", "geocode"},
};

const char *cap_field_of(const char *element)
{
    for (size_t i = 0; i < ARRAY_LEN(alert_values); i++)
        if (strcmp(alert_values[i].element, element) == 0)
            return alert_values[i].field;
    for (size_t i = 0; i < ARRAY_LEN(info_values); i++)
        if (strcmp(info_values[i].element, element) == 0)
            return info_values[i].field;
    for (size_t i = 0; i < ARRAY_LEN(info_lists); i++)
        if (strcmp(info_lists[i].element, element) == 0)
            return info_lists[i].field;
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (strcmp(more[i].element, element) == 0)
            return more[i].field;
    return NULL;
}
