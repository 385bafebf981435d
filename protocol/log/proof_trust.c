/* proof_trust.c — a proof and what its reader knows already: an agency's id or card; and its content. */
#include "protocol/log/proof.h"


#include <stdio.h>

static enum muster_error refuse(struct proof_problem *problem, enum muster_error error, const char *sentence)
{
    problem->error = error;
    snprintf(problem->sentence, sizeof(problem->sentence), "%s", sentence);
    problem->said = (struct said){.format = sentence};
    return error;
}

enum muster_error proof_trust_id(const struct proof *proof, const struct agency_id *agency,
                                 struct proof_problem *problem)
{
    return agency_id_eq(&proof->record.genesis.agency, agency)
               ? MUSTER_OK
               : refuse(problem, MUSTER_EKEYCHANGED, "the record is of another agency than the one that you trust");
}

/* One chain has no branches: where both lists have a statement it is the same one. */
static bool same_chain(const struct proof_part *part, const struct card *card)
{
    struct cursor c = cursor_over(part->statements.at, part->statements.len);
    for (uint32_t i = 0; i < part->statement_count && i < card->statement_count; i++) {
        uint16_t len = cursor_u16(&c);
        const uint8_t *bytes = cursor_take(&c, len);
        if (!bytes || len != card->statements[i].len || memcmp(bytes, card->statements[i].at, len) != 0)
            return false;
    }
    return true;
}

/* Does one of the revocation's cuts speak of the segment's log, and let the segment stand? */
static void cuts_ask(struct cursor *cuts, const struct proof_part *part, bool *listed, bool *allowed)
{
    struct statement_cut cut;
    while (statement_cut_next(cuts, &cut)) {
        if (!log_id_eq(&cut.log, &part->log))
            continue;
        *listed = true;
        /* An ancestor, unless the log is forked: said in "not proved". */
        if (part->segment.position > cut.position ||
            (part->segment.position == cut.position && !segment_id_eq(&cut.head, &part->segment_id)))
            *allowed = false;
    }
}

/* Statements were verified with the card: only their type and body matter here.  Several revocations of one node list its
 * logs together; each that lists this one must let the segment stand. */
static enum muster_error judge_revocation(const struct proof_part *part, const struct card *card, bool *revoked,
                                          struct proof_problem *problem)
{
    bool listed = false, allowed = true;
    for (size_t i = 0; i < card->statement_count; i++) {
        struct sign_public node;
        struct cursor cuts;
        if (!statement_revokes(card->statements[i], &node, &cuts) ||
            memcmp(node.b, part->genesis.node.b, sizeof(node.b)) != 0)
            continue;
        *revoked = true;
        cuts_ask(&cuts, part, &listed, &allowed);
    }
    if (*revoked && !(listed && allowed))
        return refuse(problem, MUSTER_EREVOKED,
                      "the agency has revoked the node that wrote the record, and does not let this record stand");
    return MUSTER_OK;
}

enum muster_error proof_trust_card(const struct proof *proof, const struct card *card, bool *revoked,
                                   struct proof_problem *problem)
{
    *revoked = false;
    enum muster_error error = proof_trust_id(proof, &card->agency, problem);
    if (!error && !same_chain(&proof->record, card))
        error = refuse(problem, MUSTER_ECHAIN,
                       "the agency's statements in the proof are not those on its card: call the agency");
    if (!error)
        error = judge_revocation(&proof->record, card, revoked, problem);
    return error;
}

enum muster_error proof_open(const struct proof *proof, struct payload_codec *codec, struct bytes *body,
                             struct proof_problem *problem)
{
    const struct proof_part *part = &proof->record;
    enum muster_error error;
    if (!proof->disclosed)
        return refuse(problem, MUSTER_ENOTFOUND, "the proof does not disclose the content");
    if (part->header.flags & RECORD_CLEAR) {
        error = payload_open(codec, body, proof->payload, &part->log, &part->header, NULL);
    } else if (part->header.flags & RECORD_PERSONAL) {
        struct seal_key own;
        memcpy(own.b, proof->key, sizeof(own.b));
        error = payload_open(codec, body, proof->payload, &part->log, &part->header, &own);
        crypto_wipe(&own, sizeof(own));
    } else {
        struct message_key own;
        memcpy(own.b, proof->key, sizeof(own.b));
        error = payload_open_disclosed(codec, body, proof->payload, &part->log, &part->header, &own);
        crypto_wipe(&own, sizeof(own));
    }
    if (error)
        (void)refuse(problem, error, "the content does not open");
    problem->error = error;
    return error;
}
