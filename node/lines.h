/* lines.h — the lines by which this node lets newcomers knock (SPEC 6.2.7), and who knocked with each.
 *
 *   open --knock with its token--> waits --a person--> accepted | refused
 *
 * The node keeps the transport key that a line's token makes, never the token.  That key passes the handshake, nothing else
 * does; whoever comes with it may say hello and show a card, and gets an answer.  The first card binds the line.  A line that
 * ended is kept for LINE_KEPT_MS, so that whoever still comes with it hears why.  Durable in T_META "line." || key. */
#ifndef MUSTER_NODE_LINES_H
#define MUSTER_NODE_LINES_H

#include "node/link.h"
#include "protocol/trust/line.h"
#include "protocol/trust/operation.h"
#include "store/store.h"

enum {
    LINES_MAX = 64,
    LINE_VALID_S_MAX = 30 * 24 * 3600,
    LINE_KEPT_MS = 7 * 24 * 3600 * 1000,
    LINE_WORDS_MAX = 16 /* messages on one connection of a line */
};

struct line_row {
    bool used;
    enum knock_state state;
    struct curve_public key;
    struct space_id space;
    enum right right;
    uint64_t made_ms, expires_ms, knocked_ms;
    uint64_t others; /* knocks by other nodes than the one that it is bound to */
    /* who knocked */
    struct agency_id agency;
    struct node_keys keys;
    char agency_name[NAME_BYTES_MAX + 1], node_name[NAME_BYTES_MAX + 1];
    uint8_t *card, *invite; /* NULL before */
    size_t card_len, invite_len;
    /* the connection at this moment */
    struct link_conn conn;
    unsigned words;
    uint64_t conn_mono_ms;
};

struct lines {
    struct line_row at[LINES_MAX];
};

struct node;
/* Reads what is stored. */
void lines_load(struct node *node);
void lines_free(struct lines *lines);
/* May this key pass the handshake? */
bool lines_admit(struct lines *lines, const struct curve_public *key);
/* A connection with that key began: true if it is a line's, and then its messages come here. */
bool lines_up(struct node *node, struct link_conn conn, const struct curve_public *key);
bool lines_message(struct node *node, struct link_conn conn, const uint8_t *bytes, size_t len);
bool lines_down(struct node *node, struct link_conn conn);
/* Forgets lines that ended long ago. */
void lines_tick(struct node *node);

/* A new line for a space; text holds LINE_TEXT_MAX + 1.  EBUSY: LINES_MAX are open; EENDPOINT: no address of this node fits
 * into a line; EFULL, EIO… of the store. */
MUST_USE enum muster_error lines_make(struct node *node, const struct space_id *space, enum right right, uint64_t valid_ms,
                                      struct line_row **row, char *text);
/* By the first digits of its key, or the name or id of who knocked; NULL when there is none or more than one. */
struct line_row *lines_named(struct lines *lines, const char *name, size_t *found);
/* The answer to who knocked: the invite (copied), or a refusal.  Durable, then told over the connection if it is there. */
MUST_USE enum muster_error lines_accept(struct node *node, struct line_row *row, const void *invite, size_t len);
MUST_USE enum muster_error lines_refuse(struct node *node, struct line_row *row);

#endif
