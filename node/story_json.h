/* story_json.h — the steps of joint objects that do not count, as the API shows them (protocol/object/story.h). */
#ifndef MUSTER_NODE_STORY_JSON_H
#define MUSTER_NODE_STORY_JSON_H

#include "node/json.h"
#include "protocol/object/look.h"
#include "protocol/object/state.h"
#include "protocol/object/story.h"

/* Of a joint object's item: "unsound" says what a step that does not count has written as its state; "fields" has the one that
 * counts, or none. */
void unsound_add(const struct object_stored *state, json_t *item);
/* [record_json and "wrong": why the step does not count]: by time. */
json_t *wrong_steps_json(struct node *node, const struct space_view *space, const struct object_look *look);
/* Of a record's item in the history: "wrong", if its step does not count. */
void step_wrong_add(json_t *item, const struct story *story, size_t record);

#endif
