/* own.h — this node's own description: its keys in files, its chain, card and settings in the store.
 *
 *   DATA/secrets/agency-root.key   signs the agency's statements; belongs into a safe
 *   DATA/secrets/agency-next.key   the root key after it (pre-committed)
 *   DATA/secrets/node.key          signing 64 || box 32 || CURVE 32 secret
 *   T_META own.statements, own.card, own.settings
 *
 * Nothing that exists is ever made again by itself: a missing or damaged key file is a sentence and an end. */
#ifndef MUSTER_NODE_OWN_H
#define MUSTER_NODE_OWN_H

#include "node/config.h"
#include "node/trouble.h"
#include "protocol/trust/identity.h"
#include "store/store.h"

enum { OWN_STATEMENTS_BYTES = 2 * (STATEMENT_BYTES_MAX + 2), OWN_CONTACT_MAX = 256, OWN_SETTINGS_BYTES = 8192 };
#define OWN_LISTEN_DEFAULT "tcp://0.0.0.0:7117"

struct own {
    struct identity identity;
    struct node_keys keys;
    struct sign_secret sign;
    struct box_secret box;
    struct curve_secret curve;
    char node_name[NAME_BYTES_MAX + 1];
    uint8_t statements[CARD_STATEMENTS_MAX][STATEMENT_BYTES_MAX];
    size_t statement_lens[CARD_STATEMENTS_MAX], statement_count;
    uint8_t card[CARD_BYTES_MAX];
    size_t card_len;
    uint64_t card_number;
    struct endpoint_list listen, advertise; /* as given at init */
    char contact[OWN_CONTACT_MAX + 1];
};

/* What is asked for at init. */
struct own_request {
    const char *agency, *country, *node, *contact; /* country and contact may be "" */
    struct endpoint_list listen, advertise;
};

struct own_roots { /* in memory only until they are files */
    struct sign_public root, next;
    struct sign_secret root_secret, next_secret;
};

/* Makes keys and statements in memory.  EBADVALUE with a sentence for a name, ETOOBIG. */
MUST_USE enum muster_error own_make(struct own *own, struct own_roots *roots, const struct own_request *request,
                                    uint64_t now_ms, struct trouble *trouble);
/* Writes the three key files; EDUPLICATE when there is one already, EFULL, EIO. */
MUST_USE enum muster_error own_write_secrets(const struct own *own, const struct own_roots *roots, const char *data,
                                             struct trouble *trouble);
/* The keys of a node that waits for its certificate: those of the key file, or new ones, which are written to it.  EKEYFILE,
 * EMODE, EIO, EFULL with a sentence. */
MUST_USE enum muster_error own_enrol(struct own *own, const char *data, const char *name, struct trouble *trouble);
/* Takes over an agency's chain that certifies this node's keys (own_enrol).  EUNKNOWN_NODE when it does not, EREVOKED; what
 * identity_take says, with the number of the statement; ETOOBIG. */
MUST_USE enum muster_error own_adopt(struct own *own, const struct bytes *statements, size_t count, struct trouble *trouble);
/* More statements behind the own chain, all or none.  The same errors. */
MUST_USE enum muster_error own_append(struct own *own, const struct bytes *statements, size_t count, struct trouble *trouble);
/* Is that key file in DATA/secrets?  Its path, or "". */
enum own_root { OWN_ROOT, OWN_NEXT_ROOT };
void own_root_path(char out[CONFIG_PATH_MAX + 40], const char *data, enum own_root which);
/* Makes the card anew if the endpoints or statements on it are not these.  True if it did. */
bool own_renew_card(struct own *own, const struct endpoint_list *endpoints, uint64_t now_ms);
/* Durable: statements, card, settings in one commit. */
MUST_USE enum muster_error own_store(const struct own *own, struct store *store);
/* ENOTFOUND: never initialised.  Else every error of the files and of the store, with a sentence. */
MUST_USE enum muster_error own_load(struct own *own, struct store *store, const char *data, struct trouble *trouble);
/* Has the administrator said that the key of this data directory's node is lost for good (DATA/secrets/certify-anew)? */
bool own_anew_wanted(const char *data);
void own_anew_done(const char *data);
void own_clear(struct own *own);
void own_roots_clear(struct own_roots *roots);

#endif
