/* alarm_look.h — going through what the node holds, in rounds, and asking the rules of decide/alarm.h about it.
 *
 * A round looks at every object, member, log and certificate, at most ALARM_SLICE objects a tick.  It begins when something
 * was folded, at least every ALARM_EVERY_MS (time alone raises alarms), and rests ALARM_REST_TIMES as long as it worked, so
 * that a large node spends no more than a twentieth of its time on it.  What changed last is looked at first. */
#ifndef MUSTER_NODE_ALARM_LOOK_H
#define MUSTER_NODE_ALARM_LOOK_H

#include "node/alarms.h"

enum {
    ALARM_SLICE = 256,
    ALARM_NEWEST = 32,          /* of each kind, at the beginning of a round */
    ALARM_EVERY_MS = 20 * 1000,
    ALARM_REST_MS = 500,
    ALARM_REST_TIMES = 20,
    ALARM_SOURCES_MAX = 256     /* objects that are looked at because they name one that has changed */
};

struct alarm_look {
    struct alarms alarms;
    struct hooks hooks;
    bool on, in_round;          /* on: alarms_look_start was called */
    size_t space;               /* of the round: its place among the spaces */
    struct object_id after;     /* the object looked at last */
    uint64_t folded, worked_us, began_mono_ms, ended_mono_ms, ended_ms;
    uint64_t rounds;            /* that were gone through */
};

struct node;
/* What was raised before is read back; the first round begins with the next tick. */
void alarms_look_start(struct node *node);
/* A slice of a round, if one is due; children of the hook are looked after. */
void alarms_look_tick(struct node *node, uint64_t mono_ms);
/* The hook's children are ended, what has changed is kept. */
void alarms_look_stop(struct node *node);
/* For journal and audit, which outlast an erasure: of an alarm about an object its short id, nothing that a record says. */
const char *alarm_line(const struct alarm *alarm, char out[ALARM_TEXT_BYTES]);
/* The next tick begins a round, whatever has changed. */
void alarms_look_soon(struct node *node);

/* What the assignee of a task says of it in open proposals (SPEC 7.3): the newest state, "" when nobody says anything. */
enum { TASK_WORD_BYTES = 16 };
struct task_word {
    char status[TASK_WORD_BYTES];
    struct agency_id by;
    uint64_t hlc;
};
struct object_stored;
struct space_view;
/* Does the body give the task to an agency or an operator that is known here, or to nobody?  Else name is whom it does. */
bool task_assignee_known(const struct node *node, struct bytes body, char name[NAME_BYTES_MAX + 1]);
/* May this agency say it?  When the task is given or passed on to it, or to somebody who is no agency by name. */
bool task_may_speak(const struct node *node, const struct object_stored *state);
bool task_word(struct node *node, const struct space_view *space, const struct object_id *object, const struct object_stored *state,
               struct task_word *out);

#endif
