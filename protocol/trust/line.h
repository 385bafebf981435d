/* line.h — joining by one line that fits a QR code, a text message or the telephone (SPEC 6.2.7 to 6.2.10).
 *
 *   MUSTER1:BASE32/HOST:PORT          upper case, at most LINE_TEXT_MAX characters
 *
 *   base32 (Crockford) of: transport key of the inviting node 32 || first 16 of H("muster/1/line-node", agency 32 ||
 *   signing key 32) || token 16 || expires, minutes since 1970 u32 || first 4 of H("muster/1/line", all before || the text
 *   behind the slash)
 *
 * Whoever has the line calls the node with a transport key made of the token.  The node admits that key and no stranger's:
 * without a token nobody gets past the handshake.  Over that connection goes one knock (the caller's card), and an answer. */
#ifndef MUSTER_PROTOCOL_TRUST_LINE_H
#define MUSTER_PROTOCOL_TRUST_LINE_H

#include "protocol/trust/identity.h"

enum {
    LINE_TEXT_MAX = 195, /* what a screen of 80 x 24 shows as a QR code */
    LINE_TOKEN_BYTES = 16,
    LINE_NODE_BYTES = 16,
    LINE_RAW_BYTES = 32 + LINE_NODE_BYTES + LINE_TOKEN_BYTES + 4 + 4,
    LINE_BASE32_CHARS = (LINE_RAW_BYTES * 8 + 4) / 5,
    LINE_PREFIX_CHARS = 8,
    LINE_PLACE_MAX = LINE_TEXT_MAX - LINE_PREFIX_CHARS - LINE_BASE32_CHARS - 1,
    KNOCK_BYTES_MAX = 8 + 2 + CARD_BYTES_MAX + 64,
    KNOCK_INVITE_MAX = CARD_BYTES_MAX + 2048,
    KNOCK_ANSWER_MAX = 8 + 1 + 2 + 2 + CARD_BYTES_MAX + 4 + KNOCK_INVITE_MAX
};

struct line {
    struct curve_public node;      /* whom to call */
    uint8_t is[LINE_NODE_BYTES];   /* and who that must be */
    uint8_t token[LINE_TOKEN_BYTES];
    uint32_t expires_minutes;      /* since 1970 */
    char endpoint[LINE_PLACE_MAX + 8]; /* tcp://HOST:PORT */
};

/* Which node an agency's line means. */
void line_node_hash(uint8_t out[LINE_NODE_BYTES], const struct agency_id *agency, const struct sign_public *node);
/* The text, NUL-terminated; out holds LINE_TEXT_MAX + 1.  Returns its length; 0: the endpoint does not fit into a line (longer
 * than LINE_PLACE_MAX without its scheme, or of characters that a QR code's short form has not). */
size_t line_write(char *out, const struct line *line);
/* Reads what a person pasted or typed: any case, white space anywhere, O for 0 and I or L for 1.  ENOTFOUND: no line begins
 * here; EVERSION: one of another version; ETRUNCATED, ETOOBIG, EBADVALUE: a character that no line has; EHASH: mistyped. */
MUST_USE enum muster_error line_read(struct line *out, const char *text, size_t len);
/* The transport keys that the token makes. */
void line_keys(struct curve_public *public_key, struct curve_secret *secret_key, const uint8_t token[LINE_TOKEN_BYTES]);

/* knock = "MUSTER1K" || card length u16 || card || signature 64 by the card's node over called key 32 || line's public key 32
 *         || card, domain "muster/1/line-knock" */
size_t knock_write(uint8_t out[KNOCK_BYTES_MAX], const struct curve_public *called, const struct curve_public *line,
                   struct bytes card, const struct sign_secret *node);
/* ETRUNCATED, EVERSION, ETRAILING, those of card_read, ESIGNATURE.  *bytes: the card's, borrowed. */
MUST_USE enum muster_error knock_read(struct card *card, struct bytes *bytes, const struct curve_public *called,
                                      const struct curve_public *line, const void *message, size_t len);

/* The caller speaks first: hello.  The node answers OPEN with its card, by which the caller knows it before it shows its own;
 * then comes the knock. */
extern const uint8_t knock_hello[8];
enum knock_state { KNOCK_OPEN = 0, KNOCK_WAITS = 1, KNOCK_ACCEPTED = 2, KNOCK_REFUSED = 3 };
/* answer = "MUSTER1A" || state u8 || error u16 || card length u16 || card of the answering node || invite length u32 ||
 *          invite (6.2.6; only when accepted) */
struct knock_answer {
    enum knock_state state;
    uint16_t error;      /* why it was refused: a number of the error table */
    struct bytes card, invite;
};
size_t knock_answer_write(uint8_t out[KNOCK_ANSWER_MAX], const struct knock_answer *answer);
/* ETRUNCATED, EVERSION, ETOOBIG, ETRAILING, EBADVALUE, those of card_read; EWRONGPEER: not the node of the line. */
MUST_USE enum muster_error knock_answer_read(struct knock_answer *out, struct card *card, const struct line *line,
                                             const void *message, size_t len);

#endif
