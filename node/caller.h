/* caller.h — this node joins by a line that a partner gave (SPEC 6.2.7): calls, knocks, waits, joins.
 *
 *   CALLING --hello, OPEN--> KNOCKING --WAITS--> WAITING --ACCEPTED--> JOINING --core--> JOINED
 *      any --REFUSED, not the line's node, a person--> ENDED
 *
 * One line at a time; it lasts over restarts (T_META "line.out") until it has joined or ended. */
#ifndef MUSTER_NODE_CALLER_H
#define MUSTER_NODE_CALLER_H

#include "node/link.h"
#include "protocol/trust/line.h"

enum caller_state { CALLER_NONE, CALLER_CALLING, CALLER_KNOCKING, CALLER_WAITING, CALLER_JOINING, CALLER_JOINED, CALLER_ENDED };
#define CALLER_REQUEST UINT64_MAX /* the number of its command to the core */

struct caller {
    enum caller_state state;
    enum muster_error error; /* why it ended */
    bool decided;            /* the core has answered; error is its answer */
    struct line line;
    struct curve_public key;
    struct curve_secret secret;
    struct link_dial dial;
    struct link_conn conn;
    uint64_t since_ms;
    /* the inviting node, once it has shown its card; for the pair code */
    bool known;
    struct agency_id agency;
    struct node_keys keys;
    char agency_name[NAME_BYTES_MAX + 1];
    /* once it was accepted */
    struct space_id space;
    char space_name[NAME_BYTES_MAX + 1];
};

struct node;
/* Begins to call; what was begun before ends.  Durable.  EBUSY; EEXPIRED never: the other side's clock decides. */
MUST_USE enum muster_error caller_begin(struct node *node, const char *line, size_t len);
/* Goes on after a start. */
void caller_load(struct node *node);
/* Ends it, for a person. */
void caller_end(struct node *node);
void caller_clear(struct caller *caller);
const char *caller_state_name(enum caller_state state);
/* How the call stands: NONE while nothing failed. */
enum link_reason caller_reason(const struct node *node);

/* What the link tells: may that key be spoken to; a connection came, spoke, went.  True if it is this call's. */
bool caller_admit(const struct caller *caller, const struct curve_public *key);
bool caller_up(struct node *node, struct link_conn conn, const struct curve_public *key, bool dialled);
bool caller_message(struct node *node, struct link_conn conn, const uint8_t *bytes, size_t len);
bool caller_down(struct node *node, struct link_conn conn);
/* What became of its command; caller_settle draws the consequence, outside of a step of the core. */
void caller_joined(struct node *node, enum muster_error error);
void caller_settle(struct node *node);

#endif
