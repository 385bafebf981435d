/* api_line.c — joining by one line: making lines, who knocked, accepting; and joining by a line that was given. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/invite.h"
#include "node/json.h"
#include "node/known.h"

#include <stdlib.h>

enum { VALID_S_DEFAULT = 24 * 3600, VALID_S_MIN = 1 };

/* --- making ------------------------------------------------------------------------------------------------------ */

void api_line_make(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    struct line_row *row;
    enum right right;
    char text[LINE_TEXT_MAX + 1], hex[65], note[AUDIT_TEXT_BYTES];
    json_t *valid = json_object_get(request->json, "valid_s");
    json_int_t seconds = json_is_integer(valid) ? json_integer_value(valid) : VALID_S_DEFAULT;
    if (!request_right(request, &right) || !request_space(request, &space))
        return;
    if ((valid && !json_is_integer(valid)) || seconds < VALID_S_MIN || seconds > LINE_VALID_S_MAX) {
        request_refuse(request, MUSTER_EUSAGE, "a line is valid for a second to 30 days");
        return;
    }
    if (!space.joined || space.right != RIGHT_ADMIN) {
        request_refuse(request, MUSTER_ENORIGHT, "only an admin of %s can invite", space.name);
        return;
    }
    enum muster_error error = lines_make(node, &space.id, right, (uint64_t)seconds * 1000, &row, text);
    if (error) {
        request_refuse(request, error, "no line was made: %s",
                       error == MUSTER_EBUSY        ? _("64 are waiting already; muster pending shows them")
                       : error == MUSTER_EENDPOINT ? _("this node has no address that a partner could call; set advertise")
                                                    : _(error_what(error)));
        return;
    }
    snprintf(note, sizeof(note), "for %.100s with the right %s, valid %lld s", space.name, right_name(right), (long long)seconds);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_LINE_MADE, NULL, note);
    request_answer(request, json_pack("{s:s, s:s, s:o, s:{s:o, s:s, s:b}, s:s, s:s}", "line", text, "id",
                                      hex_from(hex, row->key.b, 4), "expires", json_time(row->expires_ms), "space", "id",
                                      json_hex(space.id.b, HASH_BYTES), "name", space.name, "exercise",
                                      (int)space.exercise, "right", right_name(right), "endpoint",
                                      node->advertised.count ? node->advertised.at[0] : ""));
    crypto_wipe(text, sizeof(text));
}

/* --- who knocked ------------------------------------------------------------------------------------------------- */

static const char *state_of(const struct line_row *row)
{
    static const char *const names[] = {"open", "waits", "accepted", "refused"};
    return row->state == KNOCK_OPEN && node_wall_ms() > row->expires_ms ? "expired" : names[row->state];
}

json_t *json_lines(struct node *node)
{
    json_t *list = json_array();
    struct space_view space;
    char hex[65];
    for (size_t i = 0; i < LINES_MAX; i++) {
        const struct line_row *row = &node->lines.at[i];
        if (!row->used)
            continue;
        bool known = core_space_by_id(node->core, &row->space, &space);
        json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "id", hex_from(hex, row->key.b, 4), "state", state_of(row),
                                "space", known ? space.name : "", "right", right_name(row->right), "made",
                                json_time(row->made_ms), "expires", json_time(row->expires_ms), "others",
                                (json_int_t)row->others);
        if (row->card) {
            struct hash pair = own_pair(node, &row->agency, &row->keys);
            json_object_set_new(one, "agency", json_pack("{s:o, s:s}", "id", json_hex(row->agency.b, HASH_BYTES), "name",
                                                         row->agency_name));
            json_object_set_new(one, "node", json_text(row->node_name, strlen(row->node_name)));
            json_object_set_new(one, "time", json_time(row->knocked_ms));
            json_object_set_new(one, "pair", json_pair(&pair));
            json_object_set_new(one, "here", json_boolean(row->conn.n != 0));
        }
        json_array_append_new(list, one);
    }
    return list;
}

/* The knock that the path names; refuses and gives NULL. */
static struct line_row *take_row(struct request *request)
{
    size_t found;
    struct line_row *row = lines_named(&request->node->lines, request->argument[0], &found);
    if (!row) {
        struct trouble trouble;
        trouble_set(&trouble, found ? MUSTER_EAMBIGUOUS : MUSTER_ENOTFOUND,
                    found ? "more than one line fits \"%.100s\"; give its id" : "nobody waits who is called \"%.100s\"",
                    request->argument[0]);
        trouble_do(&trouble, "muster pending shows who waits");
        request_refuse_trouble(request, &trouble);
    } else if (row->state == KNOCK_OPEN)
        request_refuse(request, MUSTER_ENOTREADY, "nobody has come with this line yet");
    else
        return row;
    return NULL;
}

struct accepting {
    struct invite invite;
    struct curve_public line;
};

static void accepted(struct request *request)
{
    struct node *node = request->node;
    const struct accepting *a = request->state;
    const struct invite *invite = &a->invite;
    uint8_t bytes[INVITE_BYTES_MAX + 128];
    char hex[65], note[AUDIT_TEXT_BYTES];
    size_t found;
    if (request->error) {
        request_refuse(request, request->error, "%s was not added to %s: %s", invite->agency_name, invite->space_name,
                       _(error_what(request->error)));
        return;
    }
    struct line_row *row = lines_named(&node->lines, hex_from(hex, a->line.b, sizeof(a->line.b)), &found);
    size_t len = row ? invite_write(&node->own, invite, node_wall_ms(), bytes) : 0;
    enum muster_error error = !row ? MUSTER_ENOTFOUND : !len ? MUSTER_EBADVALUE : lines_accept(node, row, bytes, len);
    if (error) {
        request_refuse(request, error, "%s is added to %s, but its invite could not be kept: %s; make a file with muster invite",
                       invite->agency_name, invite->space_name, _(error_what(error)));
        return;
    }
    snprintf(note, sizeof(note), "to %.100s with the right %s", invite->space_name, right_name(invite->right));
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_LINE_ACCEPTED, &invite->agency, note);
    struct hash pair = own_pair(node, &invite->agency, &invite->keys);
    const struct control_judgement *judged = &request->outcome.judged;
    int still = judged->verdict == CONTROL_WAITS_FOR_APPROVALS ? (int)(judged->needed - judged->signed_by) : 0;
    request_answer(request, json_pack("{s:{s:o, s:s}, s:s, s:s, s:i, s:o, s:b}", "agency", "id",
                                      json_hex(invite->agency.b, HASH_BYTES), "name", invite->agency_name, "space",
                                      invite->space_name, "right", right_name(invite->right), "still", still, "pair",
                                      json_pair(&pair), "told", (int)(row->conn.n != 0)));
}

void api_pending_accept(struct request *request)
{
    struct line_row *row = take_row(request);
    struct space_view space;
    struct card *card = row ? malloc(sizeof(*card)) : NULL;
    struct accepting *a = row ? calloc(1, sizeof(*a)) : NULL;
    request->state = a;
    request->state_free = free;
    if (!row || !card || !a) {
        free(card);
        return;
    }
    enum right right = row->right;
    bool named = json_object_get(request->json, "right") != NULL;
    struct bytes bytes = {row->card, row->card_len};
    enum muster_error error = card_read(card, bytes.at, bytes.len);
    if (error) {
        request_refuse(request, error, "the card that came with the line cannot be used: %s", _(error_what(error)));
    } else if (!core_space_by_id(request->node->core, &row->space, &space)) {
        request_refuse(request, MUSTER_EUNKNOWN_SPACE, "the space of the line is not known any more");
    } else if ((!named || request_right(request, &right)) && !request_refuses_card(request, card, bytes)) {
        a->line = row->key;
        a->invite.space = row->space;
        a->invite.agency = row->agency;
        a->invite.keys = row->keys;
        a->invite.right = right;
        snprintf(a->invite.space_name, sizeof(a->invite.space_name), "%s", space.name);
        snprintf(a->invite.agency_name, sizeof(a->invite.agency_name), "%s", row->agency_name);
        memcpy(a->invite.card, bytes.at, bytes.len);
        struct command command = {
            .kind = COMMAND_ADD_MEMBER, .space_id = row->space, .card = {a->invite.card, bytes.len}, .right = right};
        request_command(request, &command, accepted);
    }
    free(card);
}

void api_pending_refuse(struct request *request)
{
    struct line_row *row = take_row(request);
    if (!row)
        return;
    enum muster_error error = row->state == KNOCK_ACCEPTED ? MUSTER_EDUPLICATE : lines_refuse(request->node, row);
    if (error) {
        request_refuse(request, error, "%s was not refused: %s", row->agency_name,
                       error == MUSTER_EDUPLICATE ? _("it is accepted already; muster space remove") : _(error_what(error)));
        return;
    }
    audit_add(&request->node->audit, node_wall_ms(), EVENT_NAME_LINE_DENIED, &row->agency, "it came with a line and was refused here");
    request_answer(request, json_pack("{s:{s:o, s:s}, s:b}", "agency", "id", json_hex(row->agency.b, HASH_BYTES), "name",
                                      row->agency_name, "refused", 1));
}

/* --- joining by one ---------------------------------------------------------------------------------------------- */

static json_t *step(const char *name, bool ok, const char *message, const char *remedy)
{
    return json_pack("{s:s, s:b, s:s, s:s}", "step", name, "ok", (int)ok, "message", message, "do", ok ? "" : remedy);
}

/* How far the call came: name, tcp, curve, line. */
static json_t *call_steps(const struct node *node)
{
    const struct caller *c = &node->caller;
    json_t *steps = json_array();
    enum link_reason reason = caller_reason(node);
    bool up = c->conn.n || c->known || reason == LINK_GONE || reason == LINK_CLOSED_HERE;
    bool name = up || reason != LINK_NO_NAME;
    bool tcp = up || (name && reason != LINK_REFUSED && reason != LINK_NO_ROUTE && reason != LINK_TIMEOUT);
    const char *text = _(link_reason_text(reason));
    if (!up && reason == LINK_NONE)
        return steps; /* nothing is known yet */
    json_array_append_new(steps, step("name", name, name ? _("the address in the line is known") : text,
                                      _("ask the sender for a line with an address that this network knows")));
    if (name)
        json_array_append_new(steps, step("tcp", tcp, tcp ? _("its port answers") : text,
                                          _("ask the sender whether musterd runs and the firewall lets its port through")));
    if (name && tcp)
        json_array_append_new(steps, step("curve", up, up                              ? _("the line opens the door")
                                                       : reason == LINK_NOT_KNOWN_THERE ? _("the other node does not know this line")
                                                                                        : text,
                                          _("the line was taken back, ended long ago, or is of another node: ask for a new one")));
    if (up && c->state == CALLER_ENDED && c->error)
        json_array_append_new(steps, step("line", false,
                                          c->error == MUSTER_EEXPIRED      ? _("the line has expired")
                                          : c->error == MUSTER_EWRONGPEER ? _("the line was used by another node")
                                          : c->error == MUSTER_EPERMISSION ? _("the other side has refused this node")
                                                                           : _(error_what(c->error)),
                                          c->error == MUSTER_EWRONGPEER
                                              ? _("ask for a new line, and tell the sender: somebody else had this one")
                                              : _("call the sender, and ask for a new line")));
    return steps;
}

static void answer_state(struct request *request)
{
    struct node *node = request->node;
    const struct caller *c = &node->caller;
    json_t *json = json_pack("{s:s, s:s, s:o, s:o}", "state", caller_state_name(c->state), "endpoint", c->line.endpoint, "since",
                             json_time(c->since_ms), "steps", call_steps(node));
    if (c->state == CALLER_ENDED && c->error)
        json_object_set_new(json, "error", json_string(error_name(c->error)));
    if (c->known) {
        struct hash pair = own_pair(node, &c->agency, &c->keys);
        json_object_set_new(json, "agency", json_pack("{s:o, s:o}", "id", json_hex(c->agency.b, HASH_BYTES), "name",
                                                      json_text(c->agency_name, strlen(c->agency_name))));
        json_object_set_new(json, "pair", json_pair(&pair));
    }
    if (c->state >= CALLER_JOINING && c->space_name[0])
        json_object_set_new(json, "space", json_pack("{s:o, s:o}", "id", json_hex(c->space.b, HASH_BYTES), "name",
                                                     json_text(c->space_name, strlen(c->space_name))));
    request_answer(request, json);
}

void api_join_line(struct request *request, const char *line)
{
    enum muster_error error = caller_begin(request->node, line, strlen(line));
    if (error) {
        struct trouble trouble = {.error = MUSTER_OK};
        trouble_set(&trouble, error == MUSTER_ENOTFOUND ? MUSTER_EUSAGE : error, "the line cannot be used: %s",
                    error == MUSTER_ENOTFOUND    ? _("it does not begin with MUSTER1:")
                    : error == MUSTER_EHASH      ? _("a character of it is wrong")
                    : error == MUSTER_ETRUNCATED ? _("a part of it is missing")
                    : error == MUSTER_EWRONGPEER ? _("it is this node's own")
                                                 : _(error_what(error)));
        if (error == MUSTER_EHASH || error == MUSTER_ETRUNCATED)
            trouble_do(&trouble, "copy the whole line once more; or let them make another: muster invite --once");
        request_refuse_trouble(request, &trouble);
    } else {
        answer_state(request);
    }
}

void api_join_state(struct request *request)
{
    if (request->node->caller.state == CALLER_NONE)
        request_refuse(request, MUSTER_ENOTFOUND, "this node is not joining by a line");
    else
        answer_state(request);
}

void api_join_end(struct request *request)
{
    caller_end(request->node);
    request_answer(request, json_pack("{s:b}", "ended", 1));
}
