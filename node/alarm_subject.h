/* alarm_subject.h — the facts of one subject, out of what the node holds (alarm_subject.c); between the files of the round. */
#ifndef MUSTER_NODE_ALARM_SUBJECT_H
#define MUSTER_NODE_ALARM_SUBJECT_H

#include "node/alarm_look.h"
#include "protocol/core.h"

/* One object, with what names it if it has changed, and its promises. */
void alarm_look_object(struct node *node, const struct space_view *space, const struct object_id *id);
/* Before the members: whose logs have grown has been heard of, through others or by a stick. */
void alarm_look_writing(struct node *node);
/* Members and logs of a space. */
void alarm_look_space(struct node *node, const struct space_view *space);
/* Certificates of this agency's nodes and operators, and of partners' nodes. */
void alarm_look_certificates(struct node *node);
/* An alarm that holds now (alarm_look.c): raised, or seen again. */
void alarm_take(struct node *node, const struct alarm *found);

#endif
