/* proof_say.h — judging a file of proofs and telling it in sentences; for `muster verify` and muster-verify.
 *
 * Needs no node, no network and nothing but base, crypto and protocol, so that an auditor's program stays small.
 * Everything that comes from the file is escaped for where it goes. */
#ifndef MUSTER_TOOLS_PROOF_SAY_H
#define MUSTER_TOOLS_PROOF_SAY_H

#include "protocol/log/proof.h"

#include <stdio.h>

enum { PROOFS_FILE_MAX = 24 * 1024 * 1024, PROOFS_IN_FILE_MAX = 256 };

/* Whom the reader trusts.  Without any of the three a proof proves only that somebody signed it. */
struct proof_anchor {
    bool self;  /* whoever the file says: the reader has asked for it */
    bool by_id; /* agency counts */
    struct agency_id agency;
    const struct card *card; /* NULL for none; borrowed */
};

/* A file with all its proofs verified, opened and trusted. */
struct proof_file {
    uint8_t *bytes; /* of the proofs, without armour */
    size_t len, count;
    struct proof_anchor anchor;
};

/* Takes the bytes of a file (with or without armour) and judges every proof in it: hashes, signatures, content, anchor.
 * On an error problem has the first reason, and steps what to do (may be empty).  proof_file_clear is due in any case. */
MUST_USE enum muster_error proof_file_read(struct proof_file *out, const void *bytes, size_t len,
                                           const struct proof_anchor *anchor, struct proof_problem *problem,
                                           char steps[PROOF_SENTENCE_BYTES]);
void proof_file_clear(struct proof_file *file);
/* A card as a file: armoured or not.  card borrows from *bytes, which the caller frees. */
MUST_USE enum muster_error proof_card_read(struct card *card, uint8_t **bytes, const void *text, size_t len);

/* What is proved and what is not, for a person. */
void proof_file_say(FILE *out, const struct proof_file *file, size_t columns);
/* {"muster":1,"ok":true,"trusted_by":…,"proofs":[…]} on one line. */
void proof_file_json(FILE *out, const struct proof_file *file);

#endif
