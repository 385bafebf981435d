#include "node/circles.h"

#include "base/pack.h"
#include "lang/lang.h"
#include "node/lookup.h"
#include "protocol/kinds/link.h"
#include "protocol/object/look.h"
#include "protocol/object/op.h"

#include <stdio.h>
#include <string.h>

enum { NAMED_MAX = 6, COMMAND_BYTES = 300 };

/* The short id of an object, or its id where it is not held. */
static void name_of(char out[2 * OBJECT_ID_BYTES + 1], struct node *node, const struct space_view *space,
                    const struct object_id *object)
{
    struct object_stored state;
    char name[SHORT_ID_BYTES];
    if (lookup_state(node, space->number, object, &state) == MUSTER_OK) {
        short_id(name, state.kind, object, space->objects);
        snprintf(out, 2 * OBJECT_ID_BYTES + 1, "%.32s", name);
    } else {
        hex_from(out, object->b, OBJECT_ID_BYTES);
    }
}

/* "inc-a > inc-b > inc-a"; of many the first. */
static const char *names_of(char out[NAMES_BYTES], struct node *node, const struct space_view *space, const struct circle *circle,
                            bool made)
{
    size_t used = 0, shown = circle->count < NAMED_MAX ? circle->count : NAMED_MAX;
    out[0] = '\0';
    for (size_t i = 0; i <= shown && used < NAMES_BYTES; i++) {
        char name[2 * OBJECT_ID_BYTES + 1];
        size_t at = i == shown ? 0 : i;
        const char *one = name;
        if (!at && !made)
            one = _("the new one");
        else if (circle_object_is_new(&circle->at[at]))
            one = _("another new one");
        else
            name_of(name, node, space, &circle->at[at]);
        if (i == shown && shown < circle->count)
            used += (size_t)snprintf(out + used, NAMES_BYTES - used, " > ... (%zu)", circle->count - shown);
        if (used < NAMES_BYTES)
            used += (size_t)snprintf(out + used, NAMES_BYTES - used, "%s%s", i ? " > " : "", one);
    }
    return out;
}

enum muster_error circle_refuse(struct node *node, const struct space_view *space, const struct object_id *object,
                                const struct kind *kind, struct bytes body, const struct circle_beside *beside,
                                struct kind_problem *problem)
{
    struct circle circle;
    char names[NAMES_BYTES];
    const struct field *field = field_by_name(kind, "links");
    if (!field || !core_circle_find(node->core, space->number, object, kind->number, body, beside, &circle))
        return MUSTER_OK;
    return problem_set(problem, MUSTER_ECIRCLE, field, NULL, "%s: %s would lead back to where it began: %s", field->name,
                       link_chain_role(circle.chain), names_of(names, node, space, &circle, object != NULL));
}

/* --- what opens it --------------------------------------------------------------------------------------------------- */

/* The links of an object without those of the chain to that other one, as words of a command; false: it has none such. */
static bool others_of(char out[COMMAND_BYTES], struct node *node, const struct space_view *space, const struct object_stored *state,
                      uint8_t chain, bool reversed, const struct object_id *other)
{
    const struct kind *kind = kind_by_number(state->kind);
    const struct field *field = kind ? field_by_name(kind, "links") : NULL;
    struct pack_value value;
    struct link_walk walk;
    struct bytes role, named;
    size_t used = 0;
    bool has = false;
    out[0] = '\0';
    if (!field || !pack_get(state->view, field->number, &value))
        return false;
    link_walk_start(&walk, field, &value);
    while (link_walk_next(&walk, &role, &named)) {
        struct object_id to;
        char name[2 * OBJECT_ID_BYTES + 1];
        bool back;
        memcpy(to.b, named.at, OBJECT_ID_BYTES);
        if (link_chain_of(role, &back) == chain && back == reversed && object_id_eq(&to, other)) {
            has = true;
            continue;
        }
        name_of(name, node, space, &to);
        if (used < COMMAND_BYTES) /* a role that this node does not know is not taken into a command */
            used += (size_t)snprintf(out + used, COMMAND_BYTES - used, " links=%.*s:%s", (int)role.len, (const char *)role.at, name);
        if (token_index(field->tokens, role.at, role.len) < 0)
            used = COMMAND_BYTES;
    }
    if (used >= COMMAND_BYTES)
        out[0] = '\0';
    else if (!used)
        snprintf(out, COMMAND_BYTES, " links=");
    return has;
}

struct mending {
    struct object_id object; /* whose change opens the circle */
    struct object_stored state;
    char command[COMMAND_BYTES + 64];
};

/* A change of an object that this agency may make, or of any if `whose` is NULL. */
static bool mend(struct mending *out, struct node *node, const struct space_view *space, const struct circle *circle,
                 const struct agency_id *whose)
{
    for (size_t i = 0; i < circle->count; i++) {
        const struct object_id *from = &circle->at[i], *to = &circle->at[(i + 1) % circle->count];
        for (int reversed = 0; reversed < 2; reversed++) {
            const struct object_id *says = reversed ? to : from, *other = reversed ? from : to;
            char links[COMMAND_BYTES], name[2 * OBJECT_ID_BYTES + 1];
            if (lookup_state(node, space->number, says, &out->state) != MUSTER_OK ||
                (whose && !agency_id_eq(&out->state.owner, whose) && !(out->state.flags & OBJECT_JOINT)) ||
                !others_of(links, node, space, &out->state, circle->chain, reversed, other) ||
                lookup_state(node, space->number, says, &out->state) != MUSTER_OK)
                continue;
            out->object = *says;
            name_of(name, node, space, says);
            snprintf(out->command, sizeof(out->command), links[0] ? "muster update %s%s" : "muster show %s%s", name, links);
            return true;
        }
    }
    return false;
}

static json_t *circle_objects(struct node *node, const struct space_view *space, const struct circle *circle)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < circle->count; i++) {
        char name[2 * OBJECT_ID_BYTES + 1];
        name_of(name, node, space, &circle->at[i]);
        json_array_append_new(objects, json_pack("{s:o, s:s}", "id", json_hex(circle->at[i].b, OBJECT_ID_BYTES), "short", name));
    }
    return objects;
}

/* --- successors ------------------------------------------------------------------------------------------------------ */

size_t succession_of(struct node *node, const struct space_view *space, const struct object_id *object,
                     struct object_id out[OBJECT_HEADS_MAX])
{
    struct object_stored state;
    struct object_look look;
    size_t count = 0;
    if (lookup_state(node, space->number, object, &state) != MUSTER_OK || !(state.flags & OBJECT_SUPERSEDED) ||
        core_object_look(node->core, space->number, object, &look) != MUSTER_OK)
        return 0;
    for (uint32_t h = 0; h < look.state.heads.count && count < OBJECT_HEADS_MAX; h++) {
        uint32_t at = look.state.heads.at[h];
        struct segment_header segment;
        struct record_header header;
        struct record_id id;
        struct bytes body;
        count += look.records[at].op == OP_SUPERSEDE &&
                 core_record_open(node->core, look.held[at].arrival, look.held[at].index, &segment, &header, &id, &body) == MUSTER_OK &&
                 pack_get_fixed(body, BODY_SUCCESSOR, out[count].b, OBJECT_ID_BYTES);
    }
    object_look_free(&look);
    return count;
}

/* Do successors lead from `by` to the object?  Then *out is the circle that the object is on if `by` takes its place. */
static bool succession_leads(struct node *node, const struct space_view *space, const struct object_id *by,
                             const struct object_id *object, struct circle *out)
{
    struct object_id at[SUCCESSION_MAX] = {*by};
    size_t before[SUCCESSION_MAX] = {0}, count = 1, end = SUCCESSION_MAX;
    for (size_t i = 0; i < count && end == SUCCESSION_MAX; i++) {
        struct object_id next[OBJECT_HEADS_MAX];
        size_t n = succession_of(node, space, &at[i], next);
        for (size_t k = 0; k < n && end == SUCCESSION_MAX; k++) {
            bool known = false;
            for (size_t j = 0; j < count; j++)
                known |= object_id_eq(&at[j], &next[k]);
            if (object_id_eq(&next[k], object)) {
                end = i;
            } else if (!known && count < SUCCESSION_MAX - 1) { /* with the object itself they fit into a circle */
                before[count] = i;
                at[count++] = next[k];
            }
        }
    }
    if (end == SUCCESSION_MAX)
        return false;
    out->count = 2;
    for (size_t i = end; i; i = before[i])
        out->count++;
    out->chain = LINK_NO_CHAIN;
    out->at[0] = *object;
    for (size_t i = end, place = out->count - 1; place; i = before[i], place--)
        out->at[place] = at[i];
    return true;
}

enum muster_error succession_check(struct node *node, const struct space_view *space, const struct object_id *object,
                                   const struct object_id *by, char out[NAMES_BYTES])
{
    struct object_id now[OBJECT_HEADS_MAX];
    struct circle circle;
    size_t count = succession_of(node, space, object, now);
    out[0] = '\0';
    if (count == 1 && object_id_eq(&now[0], by)) /* of several heads that say so it makes one */
        return MUSTER_EDUPLICATE;
    if (!succession_leads(node, space, by, object, &circle))
        return MUSTER_OK;
    (void)names_of(out, node, space, &circle, true);
    return MUSTER_ECIRCLE;
}

/* What two wrote apart: each has taken the place of the other. */
static void succession_add(struct node *node, const struct space_view *space, const struct object_id *id, json_t *item)
{
    struct object_id next[OBJECT_HEADS_MAX];
    struct circle circle;
    size_t count = succession_of(node, space, id, next);
    for (size_t i = 0; i < count; i++) {
        char names[NAMES_BYTES], text[NAMES_BYTES + 120], name[2 * OBJECT_ID_BYTES + 1], command[80];
        if (!succession_leads(node, space, &next[i], id, &circle))
            continue;
        snprintf(text, sizeof(text), _("each is superseded by the next, and none of them counts: %s"),
                 names_of(names, node, space, &circle, true));
        name_of(name, node, space, id);
        snprintf(command, sizeof(command), "muster update %.32s FIELD=VALUE --again", name);
        json_object_set_new(item, "circle", json_pack("{s:s, s:o, s:s, s:[s]}", "role", "superseded-by", "objects",
                                                      circle_objects(node, space, &circle), "message", text, "do", command));
        return;
    }
}

void circle_add(struct node *node, const struct space_view *space, const struct object_id *id, const struct object_stored *state,
                json_t *item)
{
    struct circle circle;
    struct mending mending;
    char names[NAMES_BYTES], text[NAMES_BYTES + 80];
    if (state->flags & OBJECT_SUPERSEDED)
        succession_add(node, space, id, item);
    if (json_object_get(item, "circle") || state->flags & (OBJECT_RETRACTED | OBJECT_ORPHAN) ||
        !core_circle_find(node->core, space->number, id, state->kind, state->view, NULL, &circle))
        return;
    json_t *objects = circle_objects(node, space, &circle), *commands = json_array();
    snprintf(text, sizeof(text), _("%s leads back to where it began: %s"), link_chain_role(circle.chain),
             names_of(names, node, space, &circle, true));
    if (mend(&mending, node, space, &circle, &node->own.identity.agency) || mend(&mending, node, space, &circle, NULL))
        json_array_append_new(commands, json_string(mending.command));
    json_object_set_new(item, "circle", json_pack("{s:s, s:o, s:s, s:o}", "role", link_chain_role(circle.chain), "objects", objects,
                                                  "message", text, "do", commands));
}

static bool take_circle(void *user, const struct circle *circle)
{
    struct todo *todo = user;
    struct mending mending;
    char names[NAMES_BYTES], title[OVERVIEW_TITLE_BYTES];
    if (mend(&mending, todo->o.node, &todo->o.space, circle, &todo->o.node->own.identity.agency))
        todo_add(todo, TODO_SOON, &mending.object, &mending.state, 0, mending.command,
                 _("\"%.60s\": %s leads back to where it began: %s"), overview_title(&mending.state, title),
                 link_chain_role(circle->chain), names_of(names, todo->o.node, &todo->o.space, circle, true));
    return true;
}

void todo_circles(struct todo *todo)
{
    core_circles(todo->o.node->core, todo->o.space.number, take_circle, todo);
}
