#include "node/stale.h"
#include "lang/lang.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000, STALE_TEXT_BYTES = 320 };

static void warn(json_t *list, const char *message)
{
    json_array_append_new(list, json_pack("{s:s, s:o, s:[s]}", "code", error_name(MUSTER_EEXPIRED), "message",
                                          json_text(message, strlen(message)), "do",
                                          _("meet them over a line, or exchange bundles: muster bundle export --for AGENCY")));
}

/* When somebody of the agency was last met; the node's own agency: now. */
static uint64_t met(struct node *node, const struct agency_id *agency)
{
    struct peer_view view;
    uint64_t last = agency_id_eq(agency, &node->own.identity.agency) ? node_wall_ms() : 0;
    for (size_t i = 0; core_peer_at(node->core, i, &view); i++)
        if (agency_id_eq(&view.agency, agency) && view.last_met_ms > last)
            last = view.last_met_ms;
    return last;
}

static const char *day_of(uint64_t ms, char out[24])
{
    json_t *time = json_time(ms);
    snprintf(out, 24, "%.10s", json_string_value(time) ? json_string_value(time) : _("never"));
    json_decref(time);
    return out;
}

static void look_at(struct node *node, const struct space_view *space, json_t *list)
{
    const struct control_state *state = control_state(space->control);
    uint64_t now = node_wall_ms(), admins = 0;
    char text[STALE_TEXT_BYTES], day[24], buffer[17];
    for (size_t i = 0; i < state->member_count; i++) {
        uint64_t last = state->members[i].admin ? met(node, &state->members[i].who) : 0;
        admins = last > admins ? last : admins;
    }
    if (admins + (uint64_t)STALE_DAYS * DAY_MS < now) {
        snprintf(text, sizeof(text), _("members, rights and policy of %.60s are as of %s: no admin was heard since, and who was removed "
                                     "or revoked since is not known here"),
                 space->name, day_of(admins, day));
        warn(list, text);
    }
    for (size_t i = 0; i < state->member_count; i++) {
        const struct agency_id *who = &state->members[i].who;
        uint64_t last = met(node, who);
        if (!last || last + (uint64_t)STALE_DAYS * DAY_MS >= now)
            continue; /* who was never met is named as that */
        snprintf(text, sizeof(text), _("the card and certificates of %.60s are as of %s: its newer keys and revocations are not known here"),
                 agency_name(node, who, buffer), day_of(last, day));
        warn(list, text);
    }
}

void stale_warnings(struct node *node, json_t *list)
{
    struct space_view space;
    for (size_t i = 0; core_space_at(node->core, i, &space); i++)
        if (space.joined && control_state(space.control))
            look_at(node, &space, list);
}
