#include "node/onward.h"

#include "protocol/object/state.h"

/* The terms under which it stands in its space: of those that bind this agency there the one that is strictest about going on. */
static const struct held_agreement *terms_of(const struct agreements *agreements, const struct space_view *from)
{
    const struct held_agreement *strictest = NULL;
    for (size_t i = 0; i < agreements->count; i++) {
        const struct held_agreement *held = &agreements->at[i];
        if (memcmp(held->agreement.space.b, from->id.b, HASH_BYTES) == 0 &&
            (!strictest || held->agreement.onward < strictest->agreement.onward))
            strictest = held;
    }
    return strictest;
}

enum onward_rule onward_of(struct node *node, const struct space_view *from, const struct space_view *to, const struct object_id *object,
                           const struct object_stored *state, char title[HELD_TITLE_BYTES])
{
    struct agreements agreements;
    char text[HELD_TITLE_BYTES];
    agreements_load(&agreements, node, true);
    const struct held_agreement *held = terms_of(&agreements, from);
    struct onward_question question = {.own = agency_id_eq(&state->owner, &node->own.identity.agency),
                                       .tlp = agreement_tlp(state->view), .term = held ? &held->agreement : NULL};
    struct object_stored copy = *state;
    question.readers_have_it = agreements_readers_have_it(from, to);
    question.consent = agreements_consent(node, from, object, &copy);
    enum onward_rule rule = onward_judge(&question);
    snprintf(title, HELD_TITLE_BYTES, "%s", held ? held_title(held, text) : "");
    agreements_free(&agreements);
    return rule;
}
