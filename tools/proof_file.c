/* proof_file.c — a file of proofs judged as a whole: nothing is told of it before all of it holds. */
#include "protocol/trust/armour.h"
#include "lang/lang.h"
#include "tools/proof_say.h"

#include <stdlib.h>

static const char begins[] = "MUSTER1P", card_begins[] = "MUSTER1C";

static bool starts_with(const void *bytes, size_t len, const char *magic)
{
    return len >= strlen(magic) && memcmp(bytes, magic, strlen(magic)) == 0;
}

/* The bytes behind the armour, or a copy of what has none; *out is the caller's. */
static enum muster_error strip(uint8_t **out, size_t *out_len, const void *bytes, size_t len, const char *magic,
                               const char *what)
{
    *out = malloc(len + 1);
    if (!*out)
        return MUSTER_EBUSY;
    if (!starts_with(bytes, len, magic))
        return armour_read(*out, len, out_len, what, bytes, len);
    memcpy(*out, bytes, len);
    *out_len = len;
    return MUSTER_OK;
}

enum muster_error proof_card_read(struct card *card, uint8_t **bytes, const void *text, size_t len)
{
    size_t card_len = 0;
    enum muster_error error = strip(bytes, &card_len, text, len, card_begins, "CARD");
    return error ? error : card_read(card, *bytes, card_len);
}

static enum muster_error refuse(struct proof_problem *problem, enum muster_error error, const char *sentence)
{
    problem->error = error;
    problem->said.format = NULL;
    snprintf(problem->sentence, sizeof(problem->sentence), "%s", sentence);
    return error;
}

static enum muster_error trust(const struct proof *proof, const struct proof_anchor *anchor,
                               struct proof_problem *problem, char steps[PROOF_SENTENCE_BYTES])
{
    bool revoked;
    char hex[2 * HASH_BYTES + 1];
    const struct agency_id *id = &proof->record.genesis.agency;
    enum muster_error error = MUSTER_OK;
    if (anchor->card)
        error = proof_trust_card(proof, anchor->card, &revoked, problem);
    if (!error && anchor->by_id)
        error = proof_trust_id(proof, &anchor->agency, problem);
    if (error || anchor->card || anchor->by_id || anchor->self)
        return error;
    problem->error = MUSTER_EUNKNOWN_AGENCY;
    problem->said.format = NULL;
    snprintf(problem->sentence, sizeof(problem->sentence),
             _("the record is signed by an agency that calls itself \"%.128s\", and you have not told whom to trust"),
             proof->record.agency_name);
    snprintf(steps, PROOF_SENTENCE_BYTES, _("call the agency, and if it says this id: --agency %s"),
             hex_from(hex, id->b, HASH_BYTES));
    return MUSTER_EUNKNOWN_AGENCY;
}

static enum muster_error judge(struct proof_file *file, struct payload_codec *codec, struct proof *proof,
                               struct proof_problem *problem, char steps[PROOF_SENTENCE_BYTES])
{
    enum muster_error error = MUSTER_OK;
    for (size_t at = 0; at < file->len && !error; at += proof->len) {
        struct bytes body;
        if (at && !starts_with(file->bytes + at, file->len - at, begins))
            return refuse(problem, MUSTER_ETRAILING, _("there are bytes behind the end of the proof"));
        if (file->count == PROOFS_IN_FILE_MAX)
            return refuse(problem, MUSTER_ETOOBIG, _("the file holds more proofs than a file may hold"));
        error = proof_read(proof, file->bytes + at, file->len - at, problem);
        if (!error && proof->disclosed)
            error = proof_open(proof, codec, &body, problem);
        if (!error)
            error = trust(proof, &file->anchor, problem, steps);
        if (error)
            lang_said(problem->sentence, sizeof(problem->sentence), &problem->said, NULL);
        file->count++;
    }
    return error;
}

enum muster_error proof_file_read(struct proof_file *out, const void *bytes, size_t len,
                                  const struct proof_anchor *anchor, struct proof_problem *problem,
                                  char steps[PROOF_SENTENCE_BYTES])
{
    struct payload_codec *codec = payload_codec_new();
    struct proof *proof = malloc(sizeof(*proof));
    *out = (struct proof_file){.anchor = *anchor};
    *problem = (struct proof_problem){.error = MUSTER_OK};
    steps[0] = '\0';
    enum muster_error error = MUSTER_EBUSY;
    if (!codec || !proof) {
        (void)refuse(problem, error, _("there is no memory to read the proof"));
        goto end;
    }
    error = strip(&out->bytes, &out->len, bytes, len, begins, "PROOF");
    if (error == MUSTER_EHASH)
        (void)refuse(problem, error, _("the text of the proof has been changed on its way"));
    else if (error || out->len == 0)
        error = refuse(problem, error == MUSTER_ENOTFOUND ? MUSTER_EFOREIGN : error ? error : MUSTER_ETRUNCATED,
                       error && error != MUSTER_ENOTFOUND ? _("the text of the proof is damaged")
                                                          : _("the file is not a proof of muster"));
    else
        error = judge(out, codec, proof, problem, steps);
end:
    free(proof);
    payload_codec_free(codec);
    return error;
}

void proof_file_clear(struct proof_file *file)
{
    if (file->bytes)
        crypto_wipe(file->bytes, file->len);
    free(file->bytes);
    *file = (struct proof_file){.bytes = NULL};
}
