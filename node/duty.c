#include "node/duty.h"

#include "lang/lang.h"
#include "node/lookup.h"
#include "node/object_json.h"

#include <stdlib.h>
#include <string.h>

enum { DUTY_RECORDS_MAX = 4096 }; /* looked at; of more the first ones, which hold the create */

struct listed {
    uint64_t arrival[DUTY_RECORDS_MAX];
    uint16_t index[DUTY_RECORDS_MAX];
    size_t count;
};

static bool list_record(void *user, struct bytes key, struct bytes value)
{
    struct listed *l = user;
    (void)value;
    if (key.len != 4 + OBJECT_ID_BYTES + 8 + 2)
        return true;
    l->arrival[l->count] = get_be64(key.at + 4 + OBJECT_ID_BYTES);
    l->index[l->count++] = (uint16_t)(key.at[key.len - 2] << 8 | key.at[key.len - 1]);
    return l->count < DUTY_RECORDS_MAX;
}

/* Has that operator signed a record of the object? */
static bool wrote(struct node *node, const struct sign_public *key, uint32_t space, const struct object_id *object)
{
    const struct storage *storage = store_storage(node->store);
    struct listed *l = calloc(1, sizeof(*l));
    uint8_t prefix[4 + OBJECT_ID_BYTES];
    bool found = !l; /* without memory nobody can say that it has not */
    put_be32(prefix, space);
    memcpy(prefix + 4, object->b, OBJECT_ID_BYTES);
    if (l && storage->scan(storage->self, T_RECORD, (struct bytes){prefix, sizeof(prefix)}, (struct bytes){NULL, 0}, false,
                           list_record, l) != MUSTER_OK)
        found = true;
    for (size_t i = 0; l && i < l->count && !found; i++) {
        struct segment_header segment;
        struct record_header header;
        struct record_id id;
        struct bytes body;
        struct operator_view view;
        found = core_record_open(node->core, l->arrival[i], l->index[i], &segment, &header, &id, &body) == MUSTER_OK &&
                core_record_operator(node->core, &segment, &header, body, &view) && view.state != OPERATOR_FALSE &&
                memcmp(view.key.b, key->b, sizeof(key->b)) == 0;
    }
    free(l);
    return found;
}

static bool has_operators(const struct identity *identity)
{
    for (size_t i = 0; i < identity->operator_count; i++)
        if (!identity->operators[i].revoked)
            return true;
    return false;
}

enum muster_error duty_check(struct node *node, const struct node_operator *operator, const struct kind *kind,
                             const struct kind_step *step, uint32_t space, const struct object_id *object,
                             struct kind_problem *problem)
{
    const struct identity *identity = &node->own.identity;
    const struct certified_operator *who = operator ? identity_operator(identity, &operator->keys.key) : NULL;
    bool approves = step && step->who == PARTY_APPROVER && (kind->flags & KIND_SEPARATE);
    if (!has_operators(identity))
        return MUSTER_OK;
    if (!approves)
        return !who || (who->roles & ROLE_COORDINATOR)
                   ? MUSTER_OK
                   : problem_set(problem, MUSTER_EROLE, NULL, NULL, _("the operator \"%s\" approves, and writes nothing else: a coordinator does"),
                                 who->name);
    if (!who)
        return problem_set(problem, MUSTER_EDUTY, NULL, NULL,
                           _("an approval of a %s wants an operator with the role approver, and this user is none"), kind->name);
    if (!(who->roles & ROLE_APPROVER))
        return problem_set(problem, MUSTER_EROLE, NULL, NULL, _("the operator \"%s\" has not the role approver"), who->name);
    if (!object || wrote(node, &operator->keys.key, space, object))
        return problem_set(problem, MUSTER_EDUTY, NULL, NULL, _("the operator \"%s\" wrote this %s and may not approve it too"),
                           who->name, kind->name);
    return MUSTER_OK;
}
