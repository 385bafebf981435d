#include "node/story_json.h"

#include "base/pack.h"
#include "lang/lang.h"
#include "node/fields_json.h"
#include "node/record_json.h"

#include <stdlib.h>

void unsound_add(const struct object_stored *state, json_t *item)
{
    const struct kind *kind = object_stored_unsound(state) ? kind_by_number(state->kind) : NULL;
    const struct field *field = kind ? field_flagged(kind, FIELD_STATE) : NULL;
    struct pack_value value;
    if (field && pack_get(state->written, field->number, &value))
        json_object_set_new(item, "unsound", field_to_json(field, &value, true));
}

void step_wrong_add(json_t *item, const struct story *story, size_t record)
{
    const struct story_record *told = story->records ? &story->records[record] : NULL;
    char why[160];
    if (!item || !told || (told->word != STORY_WRONG_SIDE && told->word != STORY_WRONG_STEP))
        return;
    const char *from = told->from ? told->from : _("nothing"), *to = told->to ? told->to : "";
    if (told->word == STORY_WRONG_SIDE)
        snprintf(why, sizeof(why), _("from %s to %s is a step of %s: it does not count"), from, to, story_side_name(told->who));
    else
        snprintf(why, sizeof(why), _("%s does not lead to %s: it does not count"), from, to);
    json_object_set_new(item, "wrong", json_string(why));
}

json_t *wrong_steps_json(struct node *node, const struct space_view *space, const struct object_look *look)
{
    struct story story;
    json_t *list = json_array();
    if (core_object_story(node->core, space->number, look, &story) != MUSTER_OK)
        return list;
    uint32_t *order = story.wrong ? records_by_time(look) : NULL;
    for (size_t i = 0; order && i < look->count; i++) {
        enum story_word word = story.records[order[i]].word;
        json_t *one = word == STORY_WRONG_SIDE || word == STORY_WRONG_STEP ? record_json(node, space, look, order[i]) : NULL;
        step_wrong_add(one, &story, order[i]);
        if (one)
            json_array_append_new(list, one);
    }
    free(order);
    story_free(&story);
    return list;
}
