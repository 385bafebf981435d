/* forward.h — what one node of a space may send another (RULES F).
 *
 * One function decides for the data path, the preview and `muster explain`: they cannot disagree. */
#ifndef MUSTER_PROTOCOL_TRUST_FORWARD_H
#define MUSTER_PROTOCOL_TRUST_FORWARD_H

#include "protocol/trust/control.h"

enum forward_rule { /* the first rule that decided */
                    FORWARD_MEMBER,
                    FORWARD_REMOVAL_NOTICE, /* F2: a removed agency is shown its removal */
                    FORWARD_SUSPENDED,
                    FORWARD_REMOVED,
                    FORWARD_NOT_A_MEMBER
};

struct forward_decision {
    bool allowed;
    enum forward_rule rule;
};

/* "member", "removal-notice", "suspended", "removed", "not-a-member". */
const char *forward_rule_name(enum forward_rule rule);

/* May `peer` be sent this?  operation NULL: data (F1); else the control operation of that id (F2).  Refuses
 * everything when memory runs out. */
struct forward_decision forward_decide(struct control *control, const struct agency_id *peer,
                                       const struct record_id *operation);

/* May this be taken from `peer`, whose space tag fits (F3)?  Data from members; control from anybody, since a
 * newcomer shows the operations that add it: judge again when they have been taken. */
bool forward_takes(struct control *control, const struct agency_id *peer, bool data);

/* May the space's tag be shown to `peer`?  To members only, so that nobody learns of the space (F3). */
bool forward_shows_tag(struct control *control, const struct agency_id *peer);

/* F2: what a removed agency gets: its effective removals, all approvals of them and their pasts; nothing
 * after.  Sorted by id; at most max are written, their number is returned. */
size_t forward_notice(struct control *control, const struct agency_id *who, struct record_id *out, size_t max);

#endif
