#include "node/side.h"

#include "base/pack.h"
#include "lang/lang.h"
#include "node/lookup.h"
#include "protocol/object/state.h"
#include "protocol/object/story.h"

#include <stdlib.h>

enum { LEGAL_BYTES = 160, TOKEN_BYTES = 64 };

/* The view of the object with the state that counts; in `out` of OBJECT_STATE_MAX bytes if it differs. */
static struct bytes sound_view(const struct story *story, struct bytes view, uint8_t *out)
{
    uint8_t body[TOKEN_BYTES + 16];
    struct writer w = writer_over(body, sizeof(body));
    const struct field *state = story->differs ? field_flagged(story->kind, FIELD_STATE) : NULL;
    if (!state)
        return view;
    pack_map(&w, story->status ? 1 : 0);
    if (story->status) {
        pack_uint(&w, state->number);
        pack_text(&w, story->status, strlen(story->status));
    }
    struct bytes over = {body, writer_len(&w)};
    return (struct bytes){out, object_view_merge(out, OBJECT_STATE_MAX, view, over, UINT64_C(1) << state->number)};
}

static enum muster_error other_side(const struct story *story, const struct object_look *look, const struct agency_id *self,
                                    const struct kind_step *step, struct kind_problem *problem)
{
    char legal[LEGAL_BYTES] = "";
    size_t at = 0;
    for (size_t i = 0; i < story->kind->step_count; i++) {
        const struct kind_step *each = &story->kind->steps[i];
        if (each->from && strcmp(each->from, step->from) == 0 && story_side(story, look, self, each->who) && at < sizeof(legal))
            at += (size_t)snprintf(legal + at, sizeof(legal) - at, "%s%s", at ? ", " : "", each->to);
    }
    return problem_set(problem, MUSTER_ESTEP, NULL, NULL, _("from %s to %s is a step of %s; this agency can make it: %s"), step->from,
                       step->to, story_side_name(step->who), legal[0] ? legal : _("nothing now"));
}

static enum muster_error judge(struct node *node, uint32_t space, const struct object_id *object, const struct kind *kind,
                               struct bytes body, const struct object_look *look, const struct story *story,
                               const struct kind_step **step, struct kind_problem *problem)
{
    struct object_stored state;
    const struct agency_id *self = &node->own.identity.agency;
    uint8_t *scratch = malloc(OBJECT_STATE_MAX);
    enum muster_error error = scratch ? lookup_state(node, space, object, &state) : MUSTER_EBUSY;
    if (!error)
        error = kind_step_check(kind, sound_view(story, object_stored_unsound(&state) ? state.written : state.view, scratch), body, step, problem);
    if (!error && *step && (*step)->from && story->kind && !story_side(story, look, self, (*step)->who))
        error = other_side(story, look, self, *step, problem);
    free(scratch);
    return error;
}

enum muster_error side_check(struct node *node, uint32_t space, const struct object_id *object, const struct kind *kind,
                             struct bytes body, const struct kind_step **step, struct kind_problem *problem)
{
    struct object_look look;
    struct story story;
    enum muster_error error = core_object_look(node->core, space, object, &look);
    *step = NULL;
    if (error)
        return error == MUSTER_EBUSY ? error : MUSTER_OK; /* the core says what is wrong with it */
    error = core_object_story(node->core, space, &look, &story);
    if (!error) {
        error = judge(node, space, object, kind, body, &look, &story, step, problem);
        story_free(&story);
    }
    object_look_free(&look);
    return error;
}
