/* invite.h — what a newcomer gets: the space, the inviter's card, sealed to its node (SPEC 6.2.6).
 *
 *   invite = "INVITE" armour of: "MUSTER1I" || node key of the invitee 32 || sealed to its box key (
 *            msgpack {1: space, 2: card of the inviter, 3: right, 4: space name, 5: agency invited, 6: issued ms}
 *            || signature 64 by the inviter's node key, domain "muster/1/invite") */
#ifndef MUSTER_NODE_INVITE_H
#define MUSTER_NODE_INVITE_H

#include "node/own.h"
#include "protocol/trust/operation.h"

enum {
    INVITE_PLAIN_MAX = CARD_BYTES_MAX + 1024,
    INVITE_BYTES_MAX = INVITE_PLAIN_MAX + 128,
    ARMOUR_TEXT_MAX = 64 * 1024
};

struct invite {
    struct space_id space;
    char space_name[NAME_BYTES_MAX + 1];
    struct agency_id agency;
    char agency_name[NAME_BYTES_MAX + 1];
    struct node_keys keys; /* of the node that signed the card */
    enum right right;
    uint8_t card[CARD_BYTES_MAX];
};

/* Seals it; out holds INVITE_BYTES_MAX + 128.  Returns the length; 0: the keys on the card cannot be sealed to. */
size_t invite_write(const struct own *own, const struct invite *invite, uint64_t now_ms, uint8_t *out);

struct joining {
    struct space_id space;
    char space_name[NAME_BYTES_MAX + 1], agency_name[NAME_BYTES_MAX + 1];
    struct agency_id agency;
    struct node_keys keys;
    uint8_t bytes[INVITE_BYTES_MAX], plain[INVITE_BYTES_MAX];
};

/* Opens and verifies the invite in j->bytes.  *inviter is its card, borrowed from j->plain.  Errors: SPEC 6.2.6. */
MUST_USE enum muster_error invite_read(const struct own *own, struct joining *j, size_t len, struct card *card,
                                       struct bytes *inviter);

#endif
