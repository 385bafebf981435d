#include "node/circles.h"

#include "base/pack.h"
#include "lang/lang.h"
#include "node/lookup.h"
#include "protocol/kinds/link.h"

#include <stdio.h>
#include <string.h>

enum { NAMED_MAX = 6, COMMAND_BYTES = 300, AGAIN_BYTES = 80 };

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

enum muster_error succession_check(struct node *node, const struct space_view *space, const struct object_id *object,
                                   const struct object_id *by, char out[NAMES_BYTES])
{
    struct object_id now[OBJECT_HEADS_MAX];
    struct circle circle;
    size_t count = core_succession_of(node->core, space->number, object, now);
    out[0] = '\0';
    if (count == 1 && object_id_eq(&now[0], by)) /* of several heads that say so it makes one */
        return MUSTER_EDUPLICATE;
    if (!core_succession_leads(node->core, space->number, by, object, &circle))
        return MUSTER_OK;
    (void)names_of(out, node, space, &circle, true);
    return MUSTER_ECIRCLE;
}

json_t *succession_json(struct node *node, const struct space_view *space, const struct object_id *successor)
{
    struct object_id former[SUCCESSION_MAX];
    json_t *list = json_array();
    size_t count = core_succession_to(node->core, space->number, successor, former);
    for (size_t i = 0; i < count; i++) {
        char name[2 * OBJECT_ID_BYTES + 1];
        name_of(name, node, space, &former[i]);
        json_array_append_new(list, json_pack("{s:o, s:s}", "id", json_hex(former[i].b, OBJECT_ID_BYTES), "short", name));
    }
    return list;
}

/* What makes an object count again whose place another one took. */
static void again_command(char out[AGAIN_BYTES], struct node *node, const struct space_view *space, const struct object_id *object)
{
    char name[2 * OBJECT_ID_BYTES + 1];
    name_of(name, node, space, object);
    snprintf(out, AGAIN_BYTES, "muster update %.32s FIELD=VALUE --again", name);
}

#define NONE_COUNTS _("each is superseded by the next, and none of them counts: %s")

/* What two wrote apart: each has taken the place of the other. */
static void succession_add(struct node *node, const struct space_view *space, const struct object_id *id, json_t *item)
{
    struct circle circle;
    char names[NAMES_BYTES], text[NAMES_BYTES + 120], command[AGAIN_BYTES];
    if (!core_succession_circle(node->core, space->number, id, &circle))
        return;
    snprintf(text, sizeof(text), NONE_COUNTS, names_of(names, node, space, &circle, true));
    again_command(command, node, space, id);
    json_object_set_new(item, "circle", json_pack("{s:s, s:o, s:s, s:[s]}", "role", "superseded-by", "objects",
                                                  circle_objects(node, space, &circle), "message", text, "do", command));
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

/* Of a circle of successors: the first that this agency can make count again, in the order of ids, so that it is the same one
 * wherever the circle was found. */
static void take_succession(struct todo *todo, const struct circle *circle)
{
    struct object_stored state;
    const struct object_id *own = NULL;
    char names[NAMES_BYTES], title[OVERVIEW_TITLE_BYTES], command[AGAIN_BYTES], text[NAMES_BYTES + 120];
    for (size_t i = 0; i < circle->count; i++)
        if ((!own || memcmp(circle->at[i].b, own->b, OBJECT_ID_BYTES) < 0) &&
            lookup_state(todo->o.node, todo->o.space.number, &circle->at[i], &state) == MUSTER_OK &&
            (state.flags & OBJECT_JOINT || agency_id_eq(&state.owner, &todo->o.node->own.identity.agency)))
            own = &circle->at[i];
    if (!own)
        return;
    snprintf(text, sizeof(text), NONE_COUNTS, names_of(names, todo->o.node, &todo->o.space, circle, true));
    again_command(command, todo->o.node, &todo->o.space, own);
    if (lookup_state(todo->o.node, todo->o.space.number, own, &state) == MUSTER_OK)
        todo_add(todo, TODO_SOON, own, &state, 0, command, "\"%.60s\": %s", overview_title(&state, title), text);
}

static bool take_circle(void *user, const struct circle *circle)
{
    struct todo *todo = user;
    struct mending mending;
    char names[NAMES_BYTES], title[OVERVIEW_TITLE_BYTES];
    if (circle->chain == LINK_NO_CHAIN)
        take_succession(todo, circle);
    else if (mend(&mending, todo->o.node, &todo->o.space, circle, &todo->o.node->own.identity.agency))
        todo_add(todo, TODO_SOON, &mending.object, &mending.state, 0, mending.command,
                 _("\"%.60s\": %s leads back to where it began: %s"), overview_title(&mending.state, title),
                 link_chain_role(circle->chain), names_of(names, todo->o.node, &todo->o.space, circle, true));
    return true;
}

void todo_circles(struct todo *todo)
{
    core_circles(todo->o.node->core, todo->o.space.number, take_circle, todo);
}
