/* api_audit.c — the audit: filtered, verified again, as a file. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/json.h"
#include "protocol/kinds/time3339.h"

#include <stdlib.h>

enum { AUDIT_DEFAULT = 100, AUDIT_MAX = 10000, WRONG_MAX = 1000 };

/* A parameter that is a time, RFC 3339; 0 without it.  Refuses and gives false. */
static bool take_time(struct request *request, const char *name, uint64_t *out)
{
    const char *text = request_query(request, name), *why = "";
    struct time3339 time;
    *out = 0;
    if (!text || !text[0])
        return true;
    if (time3339_parse(&time, text, strlen(text), &why) != MUSTER_OK || time.ms < 0) {
        request_refuse(request, MUSTER_EUSAGE, "\"%s\" is no time as RFC 3339 writes it (%s)", name, why);
        return false;
    }
    *out = (uint64_t)time.ms;
    return true;
}

struct audit_answer {
    struct node *node;
    json_t *items;
};

static void audit_one(void *user, const struct audit_row *row)
{
    static const struct curve_public no_key;
    struct audit_answer *answer = user;
    const struct audit_entry *e = &row->entry;
    bool key = memcmp(e->key.b, no_key.b, sizeof(no_key.b)) != 0;
    json_array_append_new(
        answer->items,
        json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:b, s:o, s:b}", "number",
                  row->stored ? json_integer((json_int_t)e->number) : json_null(), "time", json_time(e->time_ms), "event",
                  e->event, "agency", agency_id_none(&e->agency) ? json_null() : json_agency(answer->node, &e->agency),
                  "by", e->by[0] ? json_text(e->by, strlen(e->by)) : json_null(), "detail",
                  json_text(e->detail, strlen(e->detail)), "times", (json_int_t)e->times, "refused", (int)e->refused, "key",
                  key ? json_hex(e->key.b, sizeof(e->key.b)) : json_null(), "signed", (int)row->stored));
}

/* "who": an agency by name or id, else whoever asked ("user 1000"). */
static bool take_who(struct request *request, struct audit_filter *filter, struct agency_id *agency)
{
    const char *who = request_query(request, "who");
    if (!who || !who[0])
        return true;
    const struct own *own = &request->node->own;
    const struct peer *peer = peer_named(&request->node->peers, who);
    bool self = request->node->core && strcmp(own->identity.name, who) == 0;
    if (!peer && !self && strncmp(who, "user ", 5) != 0 && !hex_to(agency->b, HASH_BYTES, who)) {
        request_refuse(request, MUSTER_EUNKNOWN_AGENCY, "no agency is called \"%.100s\" here", who);
        return false;
    }
    if (strncmp(who, "user ", 5) == 0 && !peer) {
        filter->by = who;
        return true;
    }
    if (peer || self)
        *agency = peer ? peer->agency : own->identity.agency;
    filter->agency = agency;
    return true;
}

void api_audit(struct request *request)
{
    const char *limit = request_query(request, "limit"), *what = request_query(request, "what"),
               *refused = request_query(request, "refused");
    struct agency_id agency;
    struct audit_filter filter = {.limit = limit ? strtoul(limit, NULL, 10) : AUDIT_DEFAULT, .what = what && what[0] ? what : NULL,
                                  .refused = refused && strcmp(refused, "1") == 0};
    struct audit_answer answer = {request->node, NULL};
    if (filter.limit > AUDIT_MAX)
        filter.limit = AUDIT_MAX;
    if (!take_time(request, "since", &filter.since_ms) || !take_time(request, "until", &filter.until_ms) ||
        !take_who(request, &filter, &agency))
        return;
    answer.items = json_array();
    audit_read(&request->node->audit, request->node->store, &filter, audit_one, &answer);
    request_answer(request, json_pack("{s:o}", "items", answer.items));
}

void api_audit_export(struct request *request)
{
    struct node *node = request->node;
    uint64_t since, until;
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (!take_time(request, "since", &since) || !take_time(request, "until", &until))
        return;
    node_keep_audit(node, true); /* what has happened until now is in the file */
    struct bytes card = {node->own.card, node->own.card_len};
    enum muster_error error =
        audit_export(node->store, card, &node->own.sign, since, until, node_wall_ms(), &bytes, &len);
    if (!error)
        request_bytes(request, "application/octet-stream", bytes, len);
    else if (error == MUSTER_ETOOBIG)
        request_refuse(request, error, "the audit is longer than one file holds; ask for a part of it by time");
    else
        request_refuse(request, error, "the audit was not exported: %s",
                       error == MUSTER_ENOTFOUND ? _("it has no entry of that time") : error_what(error));
    free(bytes);
}

static void wrong_one(void *user, uint64_t number, enum muster_error why)
{
    json_t *list = user;
    if (json_array_size(list) < WRONG_MAX)
        json_array_append_new(list, json_pack("{s:I, s:s, s:s}", "number", (json_int_t)number, "code", error_name(why), "why",
                                              number ? _(error_what(why)) : _("the end of the audit is missing")));
}

void api_audit_verify(struct request *request)
{
    struct node *node = request->node;
    json_t *wrong = json_array();
    node_keep_audit(node, false);
    uint64_t entries = audit_verify(node->store, &node->own.identity, wrong_one, wrong);
    request_answer(request, json_pack("{s:I, s:b, s:o}", "entries", (json_int_t)entries, "ok",
                                      (int)(json_array_size(wrong) == 0), "wrong", wrong));
}
