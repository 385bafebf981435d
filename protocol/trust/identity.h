/* identity.h — who an agency is: its chain of statements, its nodes, and the card that carries them.
 *
 *   statement = version 1 || algorithm 1 || type 1 || reserved 1 || agency 32 || number 4 || prev 32 ||
 *               issued 8 (ms) || body length 2 || body (msgpack map, integer keys) || signature 64
 *
 * The first statement of a chain is an inception; the agency's id is its hash and never changes.  All
 * statements of a chain are one line: number n + 1 names n's hash.  Each is signed by the agency's root
 * key of its time; a rotation is signed by the next root key, whose hash the statement before it
 * committed to, so that a thief of the current key cannot rotate (SPEC 6.1).
 *
 *   card = "MUSTER1C" || agency 32 || node 32 || number 8 || issued 8 || statement count 1 ||
 *          (length 2 || statement)... || body length 2 || body || signature 64 by that node's key
 *
 * Text form: base64 between BEGIN and END lines, with a hash over the bytes, so that mail and chat
 * cannot change it unnoticed (SPEC 6.2). */
#ifndef MUSTER_PROTOCOL_TRUST_IDENTITY_H
#define MUSTER_PROTOCOL_TRUST_IDENTITY_H

#include "base/bytes.h"
#include "base/ids.h"
#include "base/limits.h"
#include "crypto/crypto.h"

enum statement_type {
    STATEMENT_INCEPTION = 1,       /* body: 1 root key, 2 hash of the next root key, 3 name, 4 country */
    STATEMENT_ROTATION = 2,        /* body: 1 new root key, 2 hash of the key after it */
    STATEMENT_NODE = 3,            /* body: 5 signing key, 6 box key, 7 curve key, 3 name, 8 expires (ms) */
    STATEMENT_REVOKE = 4,          /* body: 5 signing key of the node, 9 cuts: [[log, position, segment]…] */
    STATEMENT_OPERATOR = 5,        /* body: 5 signing key, 3 name (a role, not a person), 10 roles (bits), 8 expires */
    STATEMENT_REVOKE_OPERATOR = 6, /* body: 5 signing key */
    STATEMENT_RENAME = 7           /* body: 3 name, 4 country */
};

enum statement_key {
    SK_ROOT = 1, SK_NEXT = 2, SK_NAME = 3, SK_COUNTRY = 4, SK_SIGN = 5, SK_BOX = 6, SK_CURVE = 7, SK_EXPIRES = 8,
    SK_CUTS = 9, SK_ROLES = 10
};
enum { CARD_BODY_MAX = CARD_ENDPOINTS_MAX * (ENDPOINT_BYTES_MAX + 3) + 600 }; /* as long as this node makes it */
enum card_key { CK_ENDPOINTS = 1, CK_CONTACT = 2, CK_SOFTWARE = 3 };
enum { AGENCY_NODES_MAX = 64, AGENCY_OPERATORS_MAX = 64, STATEMENT_FIXED_BYTES = 82, STATEMENT_SIGNATURE_BYTES = 64 };
/* What a statement of an operator grants; bits that are not known are kept and grant nothing. */
enum operator_role { ROLE_VIEWER = 1, ROLE_COORDINATOR = 2, ROLE_APPROVER = 4, ROLE_ADMIN = 8 };

struct node_keys {
    struct sign_public sign;
    struct box_public box;
    struct curve_public curve;
};

struct certified_node {
    struct node_keys keys;
    char name[NAME_BYTES_MAX + 1];
    uint64_t expires_ms; /* 0: never */
    bool revoked;
};

struct certified_operator {
    struct sign_public key;
    char name[NAME_BYTES_MAX + 1];
    uint64_t roles;      /* enum operator_role */
    uint64_t expires_ms; /* 0: never */
    bool revoked;
};

/* What a verified chain says. */
struct identity {
    struct agency_id agency;
    struct sign_public root;
    struct hash next_root; /* H("muster/1/next-root", key) */
    char name[NAME_BYTES_MAX + 1];
    char country[3];
    uint32_t statements; /* number of the newest one + 1 */
    struct hash newest;  /* its hash */
    struct certified_node nodes[AGENCY_NODES_MAX];
    size_t node_count;
    struct certified_operator operators[AGENCY_OPERATORS_MAX];
    size_t operator_count;
};

/* What a statement says of the agency's next root key without showing it. */
struct hash next_root_of(const struct sign_public *key);

/* Verifies one statement against the chain so far and takes it in.  ESIGNATURE, ECHAIN, EVERSION, EBADVALUE, ETOOBIG… on error
 * identity is unchanged.  A statement of an unknown type is taken into the chain and says nothing. */
MUST_USE enum muster_error identity_take(struct identity *identity, const void *statement, size_t len);
/* What counts of a chain that forked (SPEC S6.5.17): of one branch's statement behind the fork only what revokes is taken.
 * The statement was verified with its own branch. */
void identity_take_revocation(struct identity *identity, const void *statement, size_t len);

/* How far a revoked node's logs count: up to that segment of that log. */
struct statement_cut {
    struct log_id log;
    uint64_t position;
    struct segment_id head;
};
/* Is it a revocation of a node?  Then *node is the node's key and *cuts the list for statement_cut_next.  The statement was
 * verified. */
bool statement_revokes(struct bytes statement, struct sign_public *node, struct cursor *cuts);
/* The next cut of the list; false at its end.  What is no cut is passed over. */
bool statement_cut_next(struct cursor *cuts, struct statement_cut *out);
/* The body of a statement whose layout was checked. */
struct bytes statement_body(struct bytes statement);

struct card {
    struct agency_id agency;
    struct sign_public node; /* who signed the card */
    uint64_t number;         /* a card replaces those of the same node with lower numbers */
    uint64_t issued_ms;
    struct bytes statements[CARD_STATEMENTS_MAX]; /* borrowed from the card's bytes */
    size_t statement_count;
    struct bytes endpoints[CARD_ENDPOINTS_MAX];
    size_t endpoint_count;
    struct bytes contact;
    struct bytes body;        /* borrowed too: endpoints, contact */
    struct identity identity; /* what the statements say */
};

/* Makes a card.  out holds CARD_BYTES_MAX; returns the length, 0 when it does not fit. */
size_t card_make(uint8_t *out, const struct identity *identity, const struct bytes *statements, size_t statement_count,
                 const struct sign_public *node, const struct sign_secret *node_secret, const char *const *endpoints,
                 size_t endpoint_count, const char *contact, uint64_t number, uint64_t now_ms);
/* Reads and verifies everything: chain, that the signing node is certified and not revoked, the signature.  The endpoints
 * are text that passed UTF-8; whoever dials them parses them strictly. */
MUST_USE enum muster_error card_read(struct card *out, const void *bytes, size_t len);
/* The endpoints in the body of a card that was verified; their number, at most CARD_ENDPOINTS_MAX. */
size_t card_body_endpoints(struct bytes body, struct bytes out[CARD_ENDPOINTS_MAX]);
/* The operator with that key, or NULL. */
const struct certified_operator *identity_operator(const struct identity *identity, const struct sign_public *key);
/* The node of an identity with that signing or curve key, or NULL. */
const struct certified_node *identity_node(const struct identity *identity, const struct sign_public *sign);
const struct certified_node *identity_node_by_curve(const struct identity *identity, const struct curve_public *curve);

/* 99 bits for the telephone: H("muster/1/pair", both (agency || node keys) in sorted order). */
struct hash pair_hash(const struct agency_id *a, const struct node_keys *a_node, const struct agency_id *b,
                      const struct node_keys *b_node);

#endif
