#include "formats/write/cap.h"

#include "formats/write/cap_spoken.h"
#include "formats/write/cap_value.h"
#include "formats/write/cap_whole.h"
#include "formats/write/rows.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 640, NOTE_WITH_MORE = 500 };

struct alert { /* one that is being written */
    struct export *e;
    const json_t *item, *fields;
    bool spoken;                       /* its fields have other names: cap_spoken.h */
    const struct cap_message *message; /* never NULL */
    char missing[64];                  /* the required element that has no value */
    char reason[CAP_REASON_MAX];
};

/* --- names and times --------------------------------------------------------------------------------------- */

void cap_write_identifier(char out[CAP_WRITE_ID_BYTES], const char *object_id, long long revision)
{
    snprintf(out, CAP_WRITE_ID_BYTES, "muster.%.64s.%lld", object_id, revision);
}

void cap_write_sender(char out[CAP_WRITE_ID_BYTES], const char *name, const char *id)
{
    size_t n = 0;
    for (const char *at = name; *at && n + 1 < CAP_WRITE_ID_BYTES; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
                     strchr("-._@", *at);
        if (plain)
            out[n++] = *at;
        else if (*at == ' ')
            out[n++] = '_';
        else
            n = CAP_WRITE_ID_BYTES; /* half a name would be another's */
    }
    if (n > 0 && n < CAP_WRITE_ID_BYTES)
        out[n] = '\0';
    else
        snprintf(out, CAP_WRITE_ID_BYTES, "%.64s", id);
}

bool cap_write_time(char out[CAP_WRITE_ID_BYTES], const char *time)
{
    static const size_t seconds_end = sizeof "2026-03-01T14:05:09" - 1;
    size_t len = strlen(time);
    if (len <= seconds_end || len >= CAP_WRITE_ID_BYTES)
        return false;
    const char *zone = time + seconds_end;
    if (*zone == '.')
        zone += 1 + strspn(zone + 1, "0123456789");
    snprintf(out, CAP_WRITE_ID_BYTES, "%.*s%s", (int)seconds_end, time, strcmp(zone, "Z") == 0 ? "-00:00" : zone);
    return true;
}

/* --- where an element's value comes from ---------------------------------------------------------------------- */

typedef const char *source_fn(const struct alert *a, char text[TEXT_BYTES]);

static const json_t *value_of(const struct alert *a, const char *name)
{
    return json_object_get(a->fields, cap_spoken_field(item_text(a->item, "kind"), name));
}

static const char *field(const struct alert *a, const char *name)
{
    const char *text = json_string_value(value_of(a, name));
    return text && *text ? text : NULL;
}

static const char *identifier_of(const struct alert *a, char text[TEXT_BYTES])
{
    (void)text;
    return a->message->identifier ? a->message->identifier : field(a, "identifier");
}

static const char *sender_of(const struct alert *a, char text[TEXT_BYTES])
{
    (void)text;
    return a->message->sender ? a->message->sender : field(a, "sender");
}

static const char *sent_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *sent = a->message->sent ? a->message->sent : field(a, "sent");
    return sent && cap_write_time(text, sent) ? text : sent;
}

static const char *status_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *status = field(a, "cap_status");
    (void)text;
    if (a->e->head.exercise && (!status || strcmp(status, "Actual") == 0))
        return "Exercise";
    return status ? status : "Actual";
}

static const char *msg_type_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *type = a->message->msg_type ? a->message->msg_type : field(a, "msg_type");
    (void)text;
    return type ? type : "Alert";
}

static const char *scope_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *scope = field(a, "scope"), *tlp = field(a, "tlp");
    (void)text;
    if (!scope && a->spoken && tlp && strcmp(tlp, "TLP:CLEAR") == 0)
        return "Public";
    return scope ? scope : "Restricted";
}

static const char *restriction_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *given = field(a, "restriction"), *tlp = field(a, "tlp");
    if (given || strcmp(scope_of(a, text), "Restricted") != 0)
        return given;
    return tlp ? tlp : CAP_WRITE_MEMBERS;
}

static const char *code_of(const struct alert *a, char text[TEXT_BYTES])
{
    (void)text;
    return field(a, "tlp");
}

static const char *note_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *note = field(a, "note"), *more = a->message->note;
    if (!note && a->e->head.exercise)
        snprintf(text, TEXT_BYTES, "EXERCISE %.200s%s%.100s", a->e->head.space, more ? "; " : "", more ? more : "");
    else if (note && more && strlen(note) <= NOTE_WITH_MORE)
        snprintf(text, TEXT_BYTES, "%.500s; %.100s", note, more);
    else
        return more ? more : note;
    return text;
}

static const char *references_of(const struct alert *a, char text[TEXT_BYTES])
{
    (void)text;
    return a->message->references; /* NULL: the list of the fields */
}

static const char *event_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *event = field(a, "event");
    (void)text;
    return event ? event : item_title(a->item);
}

static const char *unknown(const struct alert *a, char text[TEXT_BYTES])
{
    (void)a;
    (void)text;
    return "Unknown";
}

static const char *severity_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *severity = a->spoken ? cap_spoken_severity(field(a, "level")) : NULL;
    return severity ? severity : unknown(a, text);
}

static const char *headline_of(const struct alert *a, char text[TEXT_BYTES])
{
    (void)text;
    return a->spoken ? item_title(a->item) : NULL;
}

static const char *level_of(const struct alert *a, char text[TEXT_BYTES])
{
    const char *level = a->spoken ? field(a, "level") : NULL;
    if (!level)
        return NULL;
    snprintf(text, TEXT_BYTES, "level=%.64s", level);
    return text;
}

static const char *category_of(const struct alert *a, char text[TEXT_BYTES])
{
    (void)a;
    (void)text;
    return "Other";
}

static const char *area_words(const struct alert *a, char text[TEXT_BYTES])
{
    (void)text;
    return item_title(a->item);
}

/* A place alone is a circle without radius. */
static const char *place_circle(const struct alert *a, char text[TEXT_BYTES])
{
    const char *place = field(a, "location");
    if (!place || json_array_size(json_object_get(a->fields, "area")))
        return NULL;
    snprintf(text, TEXT_BYTES, "CIRCLE %.64s 0", place);
    return text;
}

/* Element by element of the table; what stands nowhere here is never written. */
static const struct {
    const char *parent, *name;
    const char *field;      /* text or list of the item; NULL: only `source` */
    source_fn *source;      /* first (field NULL), or when the field is absent */
} sources[] = {
    {"alert", "identifier", NULL, identifier_of},
    {"alert", "sender", NULL, sender_of},
    {"alert", "sent", NULL, sent_of},
    {"alert", "status", NULL, status_of},
    {"alert", "msgType", NULL, msg_type_of},
    {"alert", "source", "source", NULL},
    {"alert", "scope", NULL, scope_of},
    {"alert", "restriction", NULL, restriction_of},
    {"alert", "addresses", "addresses", NULL},
    {"alert", "code", NULL, code_of},
    {"alert", "note", NULL, note_of},
    {"alert", "references", "references", references_of},
    {"info", "language", "language", NULL},
    {"info", "category", "category", category_of},
    {"info", "event", NULL, event_of},
    {"info", "responseType", "response_type", NULL},
    {"info", "urgency", "urgency", unknown},
    {"info", "severity", "severity", severity_of},
    {"info", "certainty", "certainty", unknown},
    {"info", "audience", "audience", NULL},
    {"info", "eventCode", "event_code", NULL},
    {"info", "effective", "effective", NULL},
    {"info", "onset", "onset", NULL},
    {"info", "expires", "expires", NULL},
    {"info", "senderName", "sender_name", NULL},
    {"info", "headline", "headline", headline_of},
    {"info", "description", "description", NULL},
    {"info", "instruction", "instruction", NULL},
    {"info", "web", "web", NULL},
    {"info", "contact", "contact", NULL},
    {"info", "parameter", "parameter", level_of},
    {"area", "areaDesc", "area_desc", area_words},
    {"area", "polygon", "area", NULL},
    {"area", "circle", "area", place_circle},
    {"area", "geocode", "geocode", NULL},
};

bool cap_write_knows(const char *parent, const char *element)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        if (strcmp(sources[i].parent, parent) == 0 && strcmp(sources[i].name, element) == 0)
            return true;
    return false;
}

/* --- one value -------------------------------------------------------------------------------------------------- */

/* One value, if the row allows it. */
static bool value_write(struct alert *a, const struct cap_row *row, const char *text)
{
    if (row->type == CAP_POLYGON || row->type == CAP_CIRCLE) {
        const char *word = row->type == CAP_POLYGON ? "POLYGON " : "CIRCLE ";
        if (strncmp(text, word, strlen(word)) != 0)
            return false;
        text += strlen(word);
    }
    return cap_value_write(&a->e->out, row, text, a->reason);
}

/* The list as one text, where CAP has one: <references>, <audience>. */
static size_t words_write(struct alert *a, const struct cap_row *row, const json_t *list, const char *between)
{
    struct out words = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        out_text(&words, i ? between : "");
        out_text(&words, word ? word : "");
    }
    out_bytes(&words, "", 1);
    size_t wrote = !words.failed && value_write(a, row, words.at);
    a->e->out.failed |= words.failed;
    out_clear(&words);
    return wrote;
}

static size_t field_write(struct alert *a, const struct cap_row *row, const char *name)
{
    const json_t *value = value_of(a, name);
    size_t wrote = 0;
    if (json_is_string(value))
        return value_write(a, row, json_string_value(value));
    if (row->type == CAP_REFS || (row->type == CAP_TEXT && row->max == 1))
        return json_array_size(value) ? words_write(a, row, value, row->type == CAP_REFS ? " " : "; ") : 0;
    for (size_t i = 0; i < json_array_size(value) && (row->max == CAP_MANY || wrote < row->max); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        wrote += text && value_write(a, row, text);
    }
    return wrote;
}

/* All of one element; false if the row demands more than there is. */
static bool row_write(struct alert *a, const struct cap_row *row)
{
    size_t wrote = 0;
    a->reason[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(sources) && !wrote; i++) {
        char text[TEXT_BYTES];
        if (strcmp(sources[i].name, row->name) != 0 || strcmp(sources[i].parent, row->parent) != 0)
            continue;
        const char *first = sources[i].source == references_of ? references_of(a, text) : NULL;
        if (first)
            wrote = value_write(a, row, first);
        else if (sources[i].field)
            wrote = field_write(a, row, sources[i].field);
        const char *other = !wrote && !first && sources[i].source ? sources[i].source(a, text) : NULL;
        if (other)
            wrote = value_write(a, row, other);
    }
    if (wrote < row->min && !a->missing[0])
        snprintf(a->missing, sizeof a->missing, "%s", row->name);
    return wrote >= row->min;
}

/* --- groups -------------------------------------------------------------------------------------------------------- */

static bool has_area(const struct alert *a)
{
    static const char *const names[] = {"area", "area_desc", "geocode", "location"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_object_get(a->fields, names[i]) && !json_is_null(json_object_get(a->fields, names[i])))
            return true;
    return false;
}

/* A message that came without <info> goes without: `info_count` says so. */
static bool has_info(const struct alert *a)
{
    const json_t *count = json_object_get(a->fields, "info_count");
    return !json_is_integer(count) || json_integer_value(count) > 0;
}

static bool group_write(struct alert *a, const char *parent);

static bool group_open(struct alert *a, const struct cap_row *row)
{
    out_format(&a->e->out, "<%s>\n", row->name);
    bool ok = group_write(a, row->name);
    out_format(&a->e->out, "</%s>\n", row->name);
    return ok;
}

static bool group_write(struct alert *a, const char *parent)
{
    size_t count;
    const struct cap_row *rows = cap_rows(&count);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        if (strcmp(rows[i].parent, parent) != 0 || rows[i].from > CAP_1_2 || rows[i].to < CAP_1_2)
            continue;
        if (strcmp(rows[i].name, "info") == 0)
            ok = !has_info(a) || group_open(a, &rows[i]);
        else if (strcmp(rows[i].name, "area") == 0)
            ok = !has_area(a) || group_open(a, &rows[i]);
        else
            ok = row_write(a, &rows[i]);
    }
    return ok;
}

enum muster_error cap_alert_write(struct export *e, const json_t *item, struct format_problem *problem)
{
    static const struct cap_message as_it_came;
    struct alert a = {.e = e, .item = item, .fields = item_fields(item),
                      .message = e->message ? e->message : &as_it_came,
                      .spoken = cap_spoken_is(item_text(item, "kind"))};
    bool cancel = a.message->msg_type && strcmp(a.message->msg_type, "Cancel") == 0;
    enum muster_error error = cap_spoken_check(item, e->head.now, cancel, problem);
    if (error)
        return error;
    if (a.message->whole && cap_whole_write(&e->out, a.message->whole, e->head.exercise, field(&a, "tlp")))
        return MUSTER_OK;
    size_t start = e->out.len;
    out_format(&e->out, "<alert xmlns=\"%s\">\n", CAP_1_2_NAMESPACE);
    bool ok = group_write(&a, "alert");
    out_text(&e->out, "</alert>\n");
    if (ok)
        return MUSTER_OK;
    if (e->out.len > start)
        e->out.len = start;
    return format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, a.missing,
                              "%.40s is no alert: CAP demands <%s> and it has none that is allowed%s%s; add it to the "
                              "object",
                              item_text(item, "short"), a.missing, a.reason[0] ? ": " : "", a.reason);
}

static enum muster_error cap_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    size_t start = e->out.len;
    out_text(&e->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    enum muster_error error = cap_alert_write(e, item, problem);
    if (error)
        e->out.len = start;
    return error;
}

const struct export_format export_cap = {
    .name = "cap",
    .media_type = "application/cap+xml",
    .suffix = "cap.xml",
    .help = "CAP 1.2: an incident, warning or release is an alert",
    .flags = EXPORT_ONE_ITEM | EXPORT_CANCELS,
    .kinds = "incident warning release",
    .item = cap_item,
};
