#include "formats/read/cap_parse.h"

#include "formats/read/cap_rules.h"
#include "formats/read/markup.h"
#include "lang/lang.h"

#include <libxml/xmlreader.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_NAMESPACE "http://www.w3.org/2000/09/xmldsig#"

enum { GROUPS_DEEP_MAX = 6 }; /* alert, info, area, geocode and room to see a mistake */

struct frame {
    const struct cap_row *row;
    json_t *object;
    size_t line, order, last_line;
    size_t count[CAP_ROWS_MAX], first_line[CAP_ROWS_MAX];
};

struct reader {
    xmlTextReaderPtr xml;
    const char *name;
    enum cap_version version;
    const struct cap_row *rows;
    size_t row_count;
    struct frame frames[GROUPS_DEEP_MAX];
    size_t deep;                /* frames in use */
    const struct cap_row *leaf; /* the value element that is open, or NULL */
    size_t leaf_line, line;
    int skip_depth; /* inside an element that is passed over: its depth; else -1 */
    char *text;     /* as long as the file: no value can be longer, for nothing expands */
    size_t text_len, text_size, parts;
    json_t *alert;
    bool stop, no_memory;
    enum muster_error markup_code;
    size_t markup_line;
    int markup_number;
    struct format_problem *problem;
    size_t noted;
};

/* ---- problems: the first by line is kept, the others are counted ---- */

__attribute__((format(printf, 5, 6))) static void note(struct reader *r, enum muster_error code, size_t line,
                                                       const char *field, const char *format, ...)
{
    char sentence[PROBLEM_SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, lang_text(format), arguments);
    va_end(arguments);
    if (r->noted++ == 0 || line < r->problem->line)
        format_problem_set(r->problem, code, r->name, line, field, "%s", sentence);
    r->problem->more = r->noted - 1;
}

static void remember(struct reader *r, int failed)
{
    if (failed)
        r->no_memory = r->stop = true;
}

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_ptr;
#else
typedef xmlErrorPtr error_ptr;
#endif

static void on_error(void *context, error_ptr error)
{
    struct reader *r = context;
    if (error->level != XML_ERR_FATAL || r->markup_code)
        return;
    r->markup_code = MUSTER_EMARKUP;
    r->markup_line = error->line > 0 ? (size_t)error->line : 0;
    r->markup_number = error->code;
}

static const struct {
    int number;
    const char *says;
} markup_words[] = {
    {XML_ERR_TAG_NAME_MISMATCH, N_("an element is closed by the name of another")},
    {XML_ERR_TAG_NOT_FINISHED, N_("it ends before all its elements are closed, so a part of it is missing")},
    {XML_ERR_DOCUMENT_END, N_("it ends too early, or something stands behind its end")},
    {XML_ERR_DOCUMENT_EMPTY, N_("it does not begin with an element")},
    {XML_ERR_GT_REQUIRED, N_("a tag is not finished")},
    {XML_ERR_LT_REQUIRED, N_("a tag does not begin with <")},
    {XML_ERR_LTSLASH_REQUIRED, N_("a closing tag is not finished")},
    {XML_ERR_NAME_REQUIRED, N_("a < or & stands where text should be; it is written &lt; or &amp;")},
    {XML_ERR_ENTITYREF_SEMICOL_MISSING, N_("an & stands in a text; it is written &amp;")},
    {XML_ERR_UNDECLARED_ENTITY, N_("it uses an &entity; that XML does not know")},
    {XML_WAR_UNDECLARED_ENTITY, N_("it uses an &entity; that XML does not know")},
    {XML_ERR_INVALID_CHAR, N_("it holds a control character that XML does not allow")},
    {XML_ERR_INVALID_CHARREF, N_("it names a character that XML does not allow")},
    {XML_ERR_ATTRIBUTE_REDEFINED, N_("an attribute stands twice in one tag")},
    {XML_ERR_ATTRIBUTE_NOT_STARTED, N_("an attribute's value is not in quotes")},
    {XML_ERR_ATTRIBUTE_NOT_FINISHED, N_("an attribute's value is not closed")},
    {XML_ERR_COMMENT_NOT_FINISHED, N_("a comment is not closed")},
    {XML_ERR_CDATA_NOT_FINISHED, N_("a CDATA section is not closed")},
    {XML_ERR_PI_NOT_FINISHED, N_("an instruction <? is not closed")},
    {XML_ERR_XMLDECL_NOT_FINISHED, N_("its first line <?xml is not closed")},
    {XML_ERR_RESERVED_XML_NAME, "<?xml stands in another place than the very beginning"},
};

static enum muster_error refuse_markup(struct reader *r)
{
    const char *says = N_("a piece of it is no XML");
    for (size_t i = 0; i < ARRAY_LEN(markup_words); i++)
        if (markup_words[i].number == r->markup_number)
            says = markup_words[i].says;
    size_t line = r->markup_line ? r->markup_line : r->line ? r->line : 1;
    return format_problem_set(r->problem, MUSTER_EMARKUP, r->name, line, NULL,
                       "the file is not well-formed XML: %s; nothing of it was taken; fetch it again, or ask the sender "
                       "for a correct one",
                       _(says));
}

/* ---- values ---- */

static struct frame *top(struct reader *r)
{
    return &r->frames[r->deep - 1];
}

static void keep(struct reader *r, json_t *object, const struct cap_row *row, json_t *value)
{
    if (++r->parts > CAP_PARTS_MAX && !r->stop) {
        note(r, MUSTER_ETOOBIG, r->line, row->name,
             "the alert has more than %d values, which is more than a record holds; ask the sender to split it by area",
             CAP_PARTS_MAX);
        r->stop = true;
    }
    if (row->max == 1) {
        remember(r, json_object_set_new(object, row->name, value));
        return;
    }
    json_t *list = json_object_get(object, row->name);
    if (!list) {
        list = json_array();
        remember(r, json_object_set_new(object, row->name, list));
    }
    remember(r, json_array_append_new(list, value));
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void value_close(struct reader *r)
{
    const struct cap_row *row = r->leaf;
    char *text = r->text, reason[CAP_REASON_MAX], quoted[PROBLEM_QUOTE_BYTES];
    size_t len = r->text_len;
    r->leaf = NULL;
    if (row->type == CAP_BLOB)
        return;
    if (row->type != CAP_TOKEN && row->type != CAP_ID) {
        while (len > 0 && is_space(text[len - 1]))
            len--;
        while (len > 0 && is_space(*text))
            text++, len--;
    }
    text[len] = '\0';
    if (len == 0 && row->type != CAP_VALUE) {
        if (row->min > 0)
            note(r, MUSTER_ESCHEMA, r->leaf_line, row->name,
                 "<%s> is empty, but CAP demands a value; ask the sender to correct the alert", row->name);
        else if (!cap_type_may_be_empty(row->type))
            note(r, MUSTER_ESCHEMA, r->leaf_line, row->name,
                 "<%s> is empty, but CAP wants a value there or no <%s> at all; ask the sender to correct the alert",
                 row->name, row->name);
        return;
    }
    if (len > CAP_TEXT_BYTES_MAX) {
        note(r, MUSTER_ETOOBIG, r->leaf_line, row->name,
             "<%s> is longer than %d bytes, which is more than a record holds; ask the sender for a shorter one",
             row->name, CAP_TEXT_BYTES_MAX);
        return;
    }
    if (!cap_value_fits(row, r->version, text, len, reason)) {
        note(r, MUSTER_ESCHEMA, r->leaf_line, row->name,
             "<%s> is \"%s\", but %s; ask the sender to correct the alert", row->name, format_problem_quote(quoted, text, len),
             reason);
        return;
    }
    if (row->type == CAP_POLYGON || row->type == CAP_CIRCLE) {
        cap_shape_tidy(text, text, len); /* only ever shortens */
        len = strlen(text);
    }
    keep(r, top(r)->object, row, json_stringn(text, len));
}

/* ---- groups ---- */

static void check_missing(struct reader *r, const struct frame *f)
{
    for (size_t i = 0; i < r->row_count; i++) {
        const struct cap_row *row = &r->rows[i];
        if (row->min == 0 || f->count[i] > 0 || r->version < row->from || r->version > row->to ||
            strcmp(row->parent, f->row->name) != 0)
            continue;
        size_t line = f->last_line;
        for (size_t k = r->row_count; k-- > i + 1;)
            if (f->count[k] > 0 && f->first_line[k] < line)
                line = f->first_line[k];
        note(r, MUSTER_ESCHEMA, line, row->name,
             "<%s> is missing in <%s>, but CAP %d.%d demands it; ask the sender to correct the alert", row->name,
             f->row->name, r->version / 10, r->version % 10);
    }
}

static const struct {
    const char *when, *is, *needs, *why;
} needs[] = {
    {"scope", "Restricted", "restriction", N_("says who may see it")},
    {"scope", "Private", "addresses", N_("says who may see it")},
    {"msgType", "Update", "references", N_("names the messages that it replaces")},
    {"msgType", "Cancel", "references", N_("names the messages that it takes back")},
    {"msgType", "Ack", "references", N_("names the messages that it confirms")},
    {"msgType", "Error", "references", N_("names the messages that it refuses")},
};

static size_t first_line(const struct reader *r, const struct frame *f, const char *name)
{
    const struct cap_row *row = cap_row_find(f->row->name, name, r->version);
    size_t line = row ? f->first_line[row - r->rows] : 0;
    return line ? line : f->line;
}

/* Rules that no single value breaks: what demands what, and that every message has an identifier of its own. */
static void check_alert(struct reader *r, const struct frame *f)
{
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        const char *is = json_string_value(json_object_get(f->object, needs[i].when));
        if (!is || strcmp(is, needs[i].is) != 0 || json_object_get(f->object, needs[i].needs) ||
            (strcmp(needs[i].needs, "references") == 0 && r->noted > 0))
            continue;
        note(r, MUSTER_ESCHEMA, first_line(r, f, needs[i].when), needs[i].needs,
             "<%s> is %s, but <%s>, which %s, is missing or empty; ask the sender to correct the alert", needs[i].when,
             needs[i].is, needs[i].needs, _(needs[i].why));
    }
    const char *at = json_string_value(json_object_get(f->object, "references"));
    const char *own = json_string_value(json_object_get(f->object, "identifier"));
    const char *sender = json_string_value(json_object_get(f->object, "sender"));
    struct cap_reference reference;
    bool triple;
    while (at && own && sender && cap_reference_next(&at, &reference, &triple))
        if (triple && reference.identifier_len == strlen(own) && reference.sender_len == strlen(sender) &&
            memcmp(reference.identifier, own, reference.identifier_len) == 0 &&
            memcmp(reference.sender, sender, reference.sender_len) == 0) {
            note(r, MUSTER_ESCHEMA, first_line(r, f, "references"), "references",
                 "the alert refers to itself, but an Update or Cancel has a new <identifier> and names the old one; "
                 "ask the sender to correct the alert");
            break;
        }
}

/* NAME=VALUE; an = or \ in the name has a \ in front, so that the first bare = is the one between them. */
static json_t *pair_of(const char *name, const char *value)
{
    char *text = malloc(2 * strlen(name) + strlen(value) + 2);
    size_t n = 0;
    for (; text && *name; name++) {
        if (*name == '=' || *name == '\\')
            text[n++] = '\\';
        text[n++] = *name;
    }
    if (!text)
        return NULL;
    text[n++] = '=';
    memcpy(text + n, value, strlen(value) + 1);
    json_t *pair = json_string(text);
    free(text);
    return pair;
}

static void group_close(struct reader *r)
{
    struct frame *f = top(r);
    check_missing(r, f);
    r->deep--;
    if (r->deep == 0) {
        check_alert(r, f);
        r->alert = f->object;
        f->object = NULL;
        return;
    }
    struct frame *parent = top(r);
    parent->last_line = f->last_line;
    const char *name = json_string_value(json_object_get(f->object, "valueName"));
    const char *value = json_string_value(json_object_get(f->object, "value"));
    if (name && value) {
        keep(r, parent->object, f->row, pair_of(name, value));
        json_decref(f->object);
    } else if (!cap_row_find(f->row->name, "valueName", r->version)) {
        keep(r, parent->object, f->row, f->object);
    } else {
        json_decref(f->object);
    }
    f->object = NULL;
}

static void element_close(struct reader *r)
{
    if (r->leaf)
        value_close(r);
    else if (r->deep > 0)
        group_close(r);
}

/* ---- elements ---- */

static void skip(struct reader *r, bool empty)
{
    if (!empty)
        r->skip_depth = xmlTextReaderDepth(r->xml);
}

static void check_attributes(struct reader *r, const char *element)
{
    if (xmlTextReaderHasAttributes(r->xml) != 1)
        return;
    while (xmlTextReaderMoveToNextAttribute(r->xml) == 1) {
        char quoted[PROBLEM_QUOTE_BYTES];
        const char *name = (const char *)xmlTextReaderConstLocalName(r->xml);
        if (xmlTextReaderConstNamespaceUri(r->xml) || !name)
            continue;
        note(r, MUSTER_ESCHEMA, r->line, element,
             "<%s> has the attribute %s, but CAP has no attributes; ask the sender to correct the alert", element,
             format_problem_quote(quoted, name, strlen(name)));
    }
    xmlTextReaderMoveToElement(r->xml);
}

static void refuse_root(struct reader *r, const char *local, const char *uri)
{
    static const char cap[] = "urn:oasis:names:tc:emergency:cap:";
    char quoted[PROBLEM_QUOTE_BYTES];
    r->stop = true;
    if (strcmp(local, "alert") == 0 && uri && strncmp(uri, cap, sizeof cap - 1) == 0)
        note(r, MUSTER_EVERSION, r->line, "alert",
             "the alert is written in %s, but this muster reads CAP 1.0, 1.1 and 1.2; ask the sender for one of these, or "
             "upgrade muster",
             format_problem_quote(quoted, uri, strlen(uri)));
    else if (strcmp(local, "alert") == 0)
        note(r, MUSTER_ESCHEMA, r->line, "alert",
             "<alert> is not in a namespace of CAP (%s), so it is no CAP alert; it says "
             "xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"; ask the sender to correct it",
             uri ? format_problem_quote(quoted, uri, strlen(uri)) : _("none"));
    else if (strcmp(local, "feed") == 0 || strcmp(local, "rss") == 0)
        note(r, MUSTER_ESCHEMA, r->line, NULL,
             "this is a feed, a list of alerts and not an alert; fetch the alerts that it links to and import those");
    else
        note(r, MUSTER_ESCHEMA, r->line, NULL,
             "the file's outermost element is <%s>, but an alert's is <alert>; check that it is the file you meant",
             format_problem_quote(quoted, local, strlen(local)));
}

static void refuse_element(struct reader *r, const struct frame *f, const char *local, const char *uri)
{
    char quoted[PROBLEM_QUOTE_BYTES];
    format_problem_quote(quoted, local, strlen(local));
    if (cap_namespace_version(uri) != (int)r->version) {
        note(r, MUSTER_ESCHEMA, r->line, local,
             "<%s> is not in the namespace of the alert, so CAP does not know it; ask the sender to correct the alert",
             quoted);
        return;
    }
    for (int version = CAP_1_0; version <= CAP_1_2; version++)
        if (cap_row_find(f->row->name, local, (enum cap_version)version)) {
            note(r, MUSTER_ESCHEMA, r->line, local,
                 "<%s> is not known in CAP %d.%d, though it is in %d.%d; ask the sender to correct the alert or its "
                 "namespace",
                 quoted, r->version / 10, r->version % 10, version / 10, version % 10);
            return;
        }
    note(r, MUSTER_ESCHEMA, r->line, local, "CAP knows no <%s> in <%s>; ask the sender to correct the alert", quoted,
         f->row->name);
}

static void check_place(struct reader *r, struct frame *f, const struct cap_row *row)
{
    size_t index = (size_t)(row - r->rows);
    if (index < f->order)
        note(r, MUSTER_ESCHEMA, r->line, row->name,
             "<%s> stands behind <%s>, but CAP demands it before; ask the sender to correct the alert", row->name,
             r->rows[f->order].name);
    else
        f->order = index;
    if (f->count[index]++ == 0)
        f->first_line[index] = r->line;
    else if (row->max != CAP_MANY && f->count[index] == (size_t)row->max + 1)
        note(r, MUSTER_ESCHEMA, r->line, row->name,
             "<%s> stands more than once in <%s>; ask the sender to correct the alert", row->name, f->row->name);
}

static void group_open(struct reader *r, const struct cap_row *row)
{
    struct frame *f = &r->frames[r->deep++];
    memset(f, 0, sizeof *f);
    f->row = row;
    f->line = f->last_line = r->line;
    f->object = json_object();
    remember(r, f->object == NULL);
}

static void element_open(struct reader *r)
{
    const char *local = (const char *)xmlTextReaderConstLocalName(r->xml);
    const char *uri = (const char *)xmlTextReaderConstNamespaceUri(r->xml);
    bool empty = xmlTextReaderIsEmptyElement(r->xml) == 1;
    const struct cap_row *row;
    if (!local)
        return;
    if (r->deep == 0) {
        int version = cap_namespace_version(uri);
        if (version == 0 || strcmp(local, "alert") != 0) {
            refuse_root(r, local, uri);
            return;
        }
        r->version = (enum cap_version)version;
        row = cap_row_find("", "alert", r->version);
    } else {
        struct frame *f = top(r);
        f->last_line = r->line;
        if (r->leaf) {
            note(r, MUSTER_ESCHEMA, r->line, r->leaf->name,
                 "<%s> holds another element, but CAP allows only text there; ask the sender to correct the alert",
                 r->leaf->name);
            skip(r, empty);
            return;
        }
        if (r->deep == 1 && uri && strcmp(uri, SIGNATURE_NAMESPACE) == 0 && strcmp(local, "Signature") == 0) {
            skip(r, empty);
            return;
        }
        row = cap_namespace_version(uri) == (int)r->version ? cap_row_find(f->row->name, local, r->version) : NULL;
        if (!row || r->deep == GROUPS_DEEP_MAX) {
            refuse_element(r, f, local, uri);
            skip(r, empty);
            return;
        }
        check_place(r, f, row);
    }
    check_attributes(r, row->name);
    if (row->type == CAP_GROUP) {
        group_open(r, row);
    } else {
        r->leaf = row;
        r->leaf_line = r->line;
        r->text_len = 0;
    }
    if (empty)
        element_close(r);
}

static void text_node(struct reader *r)
{
    const char *text = (const char *)xmlTextReaderConstValue(r->xml);
    size_t len = text ? strlen(text) : 0;
    if (r->leaf && text) {
        if (len > r->text_size - r->text_len)
            len = r->text_size - r->text_len; /* cannot be: nothing expands */
        memcpy(r->text + r->text_len, text, len);
        r->text_len += len;
        return;
    }
    for (size_t i = 0; r->deep > 0 && i < len; i++)
        if (!is_space(text[i])) {
            note(r, MUSTER_ESCHEMA, r->line, top(r)->row->name,
                 "text stands between the elements of <%s>, where CAP allows none; ask the sender to correct the alert",
                 top(r)->row->name);
            return;
        }
}

static void node(struct reader *r)
{
    int type = xmlTextReaderNodeType(r->xml), depth = xmlTextReaderDepth(r->xml);
    xmlNodePtr at = xmlTextReaderCurrentNode(r->xml);
    if (at && type == XML_READER_TYPE_ELEMENT) {
        long line = xmlGetLineNo(at);
        r->line = line > 0 ? (size_t)line : r->line;
    }
    if (depth > CAP_DEPTH_MAX) {
        r->noted = 0; /* this outweighs what came before */
        note(r, MUSTER_EDEPTH, r->line, NULL,
             "elements are nested more than %d deep, which no alert needs and which looks like an attack; ask the sender "
             "for a correct file",
             CAP_DEPTH_MAX);
        r->stop = true;
        return;
    }
    if (type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY ||
        type == XML_READER_TYPE_ENTITY_REFERENCE) { /* markup_check let none through */
        note(r, MUSTER_ESCHEMA, r->line, NULL, "the file has a DOCTYPE; ask the sender for the alert without it");
        r->stop = true;
        return;
    }
    if (r->skip_depth >= 0) {
        if (type == XML_READER_TYPE_END_ELEMENT && depth == r->skip_depth)
            r->skip_depth = -1;
        return;
    }
    if (type == XML_READER_TYPE_ELEMENT)
        element_open(r);
    else if (type == XML_READER_TYPE_END_ELEMENT)
        element_close(r);
    else if (type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
             type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE)
        text_node(r);
}

static enum muster_error parse_all(struct reader *r)
{
    int more = 1;
    while (!r->stop && (more = xmlTextReaderRead(r->xml)) == 1)
        node(r);
    if (r->no_memory)
        return format_problem_set(r->problem, MUSTER_EBUSY, r->name, 0, NULL,
                           "there is no memory left to read the alert; close other programs and try again");
    if (more < 0 || (r->markup_code && !r->stop))
        return refuse_markup(r);
    if (r->noted > 0)
        return r->problem->code;
    if (!r->alert)
        return refuse_markup(r);
    return MUSTER_OK;
}

enum muster_error cap_parse(const void *bytes, size_t len, const char *name, json_t **alert,
                            struct format_problem *problem)
{
    *alert = NULL;
    enum muster_error error = markup_check(bytes, len, name, problem);
    if (error)
        return error;
    struct reader *r = calloc(1, sizeof *r);
    if (r) {
        r->name = name;
        r->problem = problem;
        r->rows = cap_rows(&r->row_count);
        r->skip_depth = -1;
        r->text_size = len;
        r->text = malloc(len + 1);
        r->xml = xmlReaderForMemory(bytes, (int)len, NULL, "UTF-8",
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    }
    if (!r || !r->text || !r->xml) {
        error = format_problem_set(problem, MUSTER_EBUSY, name, 0, NULL,
                            "there is no memory left to read the alert; close other programs and try again");
    } else {
        xmlTextReaderSetStructuredErrorHandler(r->xml, on_error, r);
        error = parse_all(r);
    }
    if (r) {
        for (size_t i = 0; i < GROUPS_DEEP_MAX; i++)
            json_decref(r->frames[i].object);
        if (error)
            json_decref(r->alert);
        else
            *alert = r->alert;
        if (r->xml)
            xmlFreeTextReader(r->xml);
        free(r->text);
        free(r);
    }
    return error;
}
