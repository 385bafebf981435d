/* known.h — what this node makes of a card: a new one, a newer one, or an alarm.
 *
 * The id of an agency binds its chain of keys, so a card can never move an agency to another key.  What it can do is come
 * under a name that is known with another id, or with a chain that contradicts the one that is known: both are alarms. */
#ifndef MUSTER_NODE_KNOWN_H
#define MUSTER_NODE_KNOWN_H

#include "node/request.h"

enum card_known {
    CARD_NEW,     /* no agency of that id or name is known */
    CARD_SAME,
    CARD_NEWER,   /* it replaces the one that is known */
    CARD_OLDER,   /* the one that is known stays */
    CARD_CHANGED, /* that name is known under another agency key */
    CARD_FORKED   /* its chain of keys contradicts the one that is known */
};

/* The card (verified) and its bytes, against what this node knows. */
enum card_known card_known(struct node *node, const struct card *card, struct bytes bytes);
/* "no", "same", "newer", "older", "changed", "forked" */
const char *card_known_name(enum card_known known);
/* True if the card is an alarm: then audited, and the request refused with EKEYCHANGED.  A body with "another_agency": true
 * says that a person has found out that two agencies have the same name: CARD_CHANGED is then none. */
bool request_refuses_card(struct request *request, const struct card *card, struct bytes bytes);
/* Looks through the agencies for one that has come under another's name, and raises the alarm once for each. */
void known_look(struct node *node, const struct peer *fresh);

#endif
