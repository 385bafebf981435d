/* peers.h — whom this node calls, and who is there.
 *
 * One row a node on an accepted card.  A peer is called at one endpoint of its card at a time, unless it is
 * connected; when both sides called at once, the one with the greater key hangs up. */
#ifndef MUSTER_NODE_PEERS_H
#define MUSTER_NODE_PEERS_H

#include "node/config.h"
#include "node/link.h"
#include "protocol/core.h"

enum { PEERS_MAX = 1024, PEER_TURN_FAILURES = 2 };

struct peer {
    struct agency_id agency;
    struct sign_public node;
    struct curve_public curve;
    char agency_name[NAME_BYTES_MAX + 1], node_name[NAME_BYTES_MAX + 1], country[3];
    bool confirmed, seen; /* seen: in this round of looking */
    bool revoked, own;     /* own: another node of this agency */
    uint64_t expires_ms;   /* of its certificate; 0: never */
    uint32_t shared_spaces;
    struct endpoint_list endpoints;
    size_t endpoint; /* the one that is called */
    struct link_dial dial;
    bool up;
    enum muster_error said; /* why the other side ended the last session; OK: it did not, or there was one since */
    uint64_t since_ms; /* of being up, or of silence */
    uint64_t written, written_now; /* records of its agency that are held: more of them are a sign of it, whoever brought them */
    bool written_known;
};

struct peers {
    struct peer *at;
    size_t count, size;
    bool looked; /* at the core, once at least */
    uint64_t dialled_mono_ms; /* the last round of calls */
};

struct node;
/* Looks at the core again: rows, calls, who must be cut.  After NOTIFY_MEMBERS and at start. */
void peers_look(struct node *node);
/* Keeps the calls right: after a connection came or went, and every few seconds. */
void peers_dial(struct node *node);
void peers_free(struct peers *peers);
/* A connection with that key came or went. */
void peers_changed(struct node *node, const struct curve_public *key);
struct peer *peer_by_curve(const struct peers *peers, const struct curve_public *key);
struct peer *peer_by_node(const struct peers *peers, const struct sign_public *node);
/* The first row of that agency, or NULL. */
struct peer *peer_of_agency(const struct peers *peers, const struct agency_id *agency);
/* By name, id in hex or at least 4 digits of it; NULL when there is none or it is not the only one. */
struct peer *peer_named(const struct peers *peers, const char *name);
/* Why it is not there, as its last call ended; "" if nothing is known.  *refused: the other side does not admit us. */
const char *peer_reason(const struct node *node, const struct peer *peer, bool *refused);
/* Was it a partner and is none any more?  Not connected, met before or refusing, and in no space of this node: nobody needs to call it. */
bool peer_is_past(const struct node *node, const struct peer *peer);

#endif
