#include "formats/read/cap_table.h"

#include <stdio.h>
#include <string.h>

#define EVER CAP_1_0, CAP_1_2
#define OLD CAP_1_0, CAP_1_0
#define SINCE_1_1 CAP_1_1, CAP_1_2
#define SINCE_1_2 CAP_1_2, CAP_1_2
#define UNTIL_1_1 CAP_1_0, CAP_1_1

static const struct cap_token status[] = {
    {"Actual", EVER}, {"Exercise", EVER}, {"System", EVER}, {"Test", EVER}, {"Draft", SINCE_1_1}, {0}};
static const struct cap_token msg_type[] = {{"Alert", EVER}, {"Update", EVER}, {"Cancel", EVER},
                                            {"Ack", EVER},   {"Error", EVER},  {0}};
static const struct cap_token scope[] = {{"Public", EVER}, {"Restricted", EVER}, {"Private", EVER}, {0}};
static const struct cap_token category[] = {
    {"Geo", EVER},  {"Met", EVER},    {"Safety", EVER}, {"Security", EVER},  {"Rescue", EVER},     {"Fire", EVER},
    {"Health", EVER}, {"Env", EVER}, {"Transport", EVER}, {"Infra", EVER}, {"CBRNE", SINCE_1_1}, {"Other", EVER},
    {0}};
static const struct cap_token response_type[] = {
    {"Shelter", SINCE_1_1}, {"Evacuate", SINCE_1_1}, {"Prepare", SINCE_1_1}, {"Execute", SINCE_1_1},
    {"Avoid", SINCE_1_2},   {"Monitor", SINCE_1_1},  {"Assess", SINCE_1_1},  {"AllClear", SINCE_1_2},
    {"None", SINCE_1_1},    {0}};
static const struct cap_token urgency[] = {{"Immediate", EVER}, {"Expected", EVER}, {"Future", EVER},
                                           {"Past", EVER},      {"Unknown", EVER},  {0}};
static const struct cap_token severity[] = {{"Extreme", EVER}, {"Severe", EVER},  {"Moderate", EVER},
                                            {"Minor", EVER},   {"Unknown", EVER}, {0}};
static const struct cap_token certainty[] = {{"Observed", SINCE_1_1}, {"Very Likely", OLD}, {"Likely", EVER},
                                             {"Possible", EVER},      {"Unlikely", EVER},   {"Unknown", EVER},
                                             {0}};

static const struct cap_row rows[] = {
    /* name, parent, versions, min, max, type, tokens */
    {"alert", "", EVER, 1, 1, CAP_GROUP, NULL},

    {"identifier", "alert", EVER, 1, 1, CAP_ID, NULL},
    {"sender", "alert", EVER, 1, 1, CAP_ID, NULL},
    {"sent", "alert", EVER, 1, 1, CAP_TIME, NULL},
    {"status", "alert", EVER, 1, 1, CAP_TOKEN, status},
    {"msgType", "alert", EVER, 1, 1, CAP_TOKEN, msg_type},
    {"password", "alert", OLD, 0, 1, CAP_TEXT, NULL},
    {"source", "alert", EVER, 0, 1, CAP_TEXT, NULL},
    {"scope", "alert", OLD, 0, 1, CAP_TOKEN, scope},
    {"scope", "alert", SINCE_1_1, 1, 1, CAP_TOKEN, scope},
    {"restriction", "alert", EVER, 0, 1, CAP_TEXT, NULL},
    {"addresses", "alert", EVER, 0, 1, CAP_TEXT, NULL},
    {"code", "alert", EVER, 0, CAP_MANY, CAP_TEXT, NULL},
    {"note", "alert", EVER, 0, 1, CAP_TEXT, NULL},
    {"references", "alert", EVER, 0, 1, CAP_REFS, NULL},
    {"incidents", "alert", EVER, 0, 1, CAP_TEXT, NULL},
    {"info", "alert", EVER, 0, CAP_MANY, CAP_GROUP, NULL},

    {"language", "info", EVER, 0, 1, CAP_LANGUAGE, NULL},
    {"category", "info", OLD, 0, CAP_MANY, CAP_TOKEN, category},
    {"category", "info", SINCE_1_1, 1, CAP_MANY, CAP_TOKEN, category},
    {"event", "info", EVER, 1, 1, CAP_TEXT, NULL},
    {"responseType", "info", SINCE_1_1, 0, CAP_MANY, CAP_TOKEN, response_type},
    {"urgency", "info", EVER, 1, 1, CAP_TOKEN, urgency},
    {"severity", "info", EVER, 1, 1, CAP_TOKEN, severity},
    {"certainty", "info", EVER, 1, 1, CAP_TOKEN, certainty},
    {"audience", "info", EVER, 0, 1, CAP_TEXT, NULL},
    {"eventCode", "info", OLD, 0, CAP_MANY, CAP_PAIR, NULL},
    {"eventCode", "info", SINCE_1_1, 0, CAP_MANY, CAP_GROUP, NULL},
    {"effective", "info", EVER, 0, 1, CAP_TIME, NULL},
    {"onset", "info", EVER, 0, 1, CAP_TIME, NULL},
    {"expires", "info", EVER, 0, 1, CAP_TIME, NULL},
    {"senderName", "info", EVER, 0, 1, CAP_TEXT, NULL},
    {"headline", "info", EVER, 0, 1, CAP_TEXT, NULL},
    {"description", "info", EVER, 0, 1, CAP_TEXT, NULL},
    {"instruction", "info", EVER, 0, 1, CAP_TEXT, NULL},
    {"web", "info", EVER, 0, 1, CAP_TEXT, NULL},
    {"contact", "info", EVER, 0, 1, CAP_TEXT, NULL},
    {"parameter", "info", OLD, 0, CAP_MANY, CAP_PAIR, NULL},
    {"parameter", "info", SINCE_1_1, 0, CAP_MANY, CAP_GROUP, NULL},
    {"resource", "info", EVER, 0, CAP_MANY, CAP_GROUP, NULL},
    {"area", "info", EVER, 0, CAP_MANY, CAP_GROUP, NULL},

    {"valueName", "eventCode", SINCE_1_1, 1, 1, CAP_TEXT, NULL},
    {"value", "eventCode", SINCE_1_1, 1, 1, CAP_VALUE, NULL},
    {"valueName", "parameter", SINCE_1_1, 1, 1, CAP_TEXT, NULL},
    {"value", "parameter", SINCE_1_1, 1, 1, CAP_VALUE, NULL},

    {"resourceDesc", "resource", EVER, 1, 1, CAP_TEXT, NULL},
    {"mimeType", "resource", UNTIL_1_1, 0, 1, CAP_TEXT, NULL},
    {"mimeType", "resource", SINCE_1_2, 1, 1, CAP_TEXT, NULL},
    {"size", "resource", EVER, 0, 1, CAP_WHOLE, NULL},
    {"uri", "resource", EVER, 0, 1, CAP_TEXT, NULL},
    {"derefUri", "resource", SINCE_1_1, 0, 1, CAP_BLOB, NULL},
    {"digest", "resource", EVER, 0, 1, CAP_TEXT, NULL},

    {"areaDesc", "area", EVER, 1, 1, CAP_TEXT, NULL},
    {"polygon", "area", EVER, 0, CAP_MANY, CAP_POLYGON, NULL},
    {"circle", "area", EVER, 0, CAP_MANY, CAP_CIRCLE, NULL},
    {"geocode", "area", OLD, 0, CAP_MANY, CAP_PAIR, NULL},
    {"geocode", "area", SINCE_1_1, 0, CAP_MANY, CAP_GROUP, NULL},
    {"altitude", "area", UNTIL_1_1, 0, 1, CAP_TEXT, NULL},
    {"altitude", "area", SINCE_1_2, 0, 1, CAP_DECIMAL, NULL},
    {"ceiling", "area", UNTIL_1_1, 0, 1, CAP_TEXT, NULL},
    {"ceiling", "area", SINCE_1_2, 0, 1, CAP_DECIMAL, NULL},

    {"valueName", "geocode", SINCE_1_1, 1, 1, CAP_TEXT, NULL},
    {"value", "geocode", SINCE_1_1, 1, 1, CAP_VALUE, NULL},
};
_Static_assert(sizeof rows / sizeof rows[0] <= CAP_ROWS_MAX, "a frame counts every row");

static const struct {
    const char *uri;
    enum cap_version version;
} namespaces[] = {
    {"urn:oasis:names:tc:emergency:cap:1.2", CAP_1_2},
    {"urn:oasis:names:tc:emergency:cap:1.1", CAP_1_1},
    {"http://www.incident.com/cap/1.0", CAP_1_0},
    {"urn:oasis:names:tc:emergency:cap:1.0", CAP_1_0}, /* not in the standard, but in use */
};

const struct cap_row *cap_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

const struct cap_row *cap_row_find(const char *parent, const char *name, enum cap_version version)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].from <= version && version <= rows[i].to && strcmp(rows[i].name, name) == 0 &&
            strcmp(rows[i].parent, parent) == 0)
            return &rows[i];
    return NULL;
}

bool cap_token_is(const struct cap_row *row, const char *token, enum cap_version version)
{
    for (const struct cap_token *t = row->tokens; t && t->token; t++)
        if (t->from <= version && version <= t->to && strcmp(t->token, token) == 0)
            return true;
    return false;
}

const char *cap_token_list(char *out, size_t size, const struct cap_row *row, enum cap_version version)
{
    size_t n = 0;
    out[0] = '\0';
    for (const struct cap_token *t = row->tokens; t && t->token; t++)
        if (t->from <= version && version <= t->to && n < size)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", t->token);
    return out;
}

int cap_namespace_version(const char *uri)
{
    for (size_t i = 0; uri && i < sizeof namespaces / sizeof namespaces[0]; i++)
        if (strcmp(namespaces[i].uri, uri) == 0)
            return (int)namespaces[i].version;
    return 0;
}
