/* member.h — an agency with one node, drawn at random: its keys and its card. */
#ifndef MUSTER_TESTS_TRUST_MEMBER_H
#define MUSTER_TESTS_TRUST_MEMBER_H

#include "protocol/trust/identity.h"

/* Fills in the node's keys, its signing secret and its card; *agency may be NULL.  Returns the card's length. */
size_t member_make(struct node_keys *keys, struct sign_secret *sign, uint8_t card[CARD_BYTES_MAX], struct agency_id *agency);

#endif
