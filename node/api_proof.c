/* api_proof.c — a record proved in a file, for somebody who has no node (protocol/log/proof.h). */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "protocol/log/proof.h"

#include <stdlib.h>

enum { PROOFS_MAX = 256, PROOFS_BYTES_MAX = 16 * 1024 * 1024 };

struct proof_answer {
    uint8_t *at;
    size_t len, size;
    uint8_t one[PROOF_BYTES_MAX];
    struct record_id records[PROOFS_MAX];
};

static bool is_set(const struct request *request, const char *name)
{
    const char *text = request_query(request, name);
    return text && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
}

/* Appends the proof of one record. */
static enum muster_error add_proof(struct node *node, struct proof_answer *answer, const struct proof_wish *wish,
                                   struct record_id *record)
{
    size_t len = 0;
    enum muster_error error = core_proof(node->core, wish, answer->one, sizeof(answer->one), &len, record);
    if (error)
        return error;
    if (answer->len + len > PROOFS_BYTES_MAX)
        return MUSTER_ETOOBIG;
    if (answer->len + len > answer->size) {
        uint8_t *bigger = realloc(answer->at, 2 * (answer->len + len));
        if (!bigger)
            return MUSTER_EBUSY;
        answer->at = bigger;
        answer->size = 2 * (answer->len + len);
    }
    memcpy(answer->at + answer->len, answer->one, len);
    answer->len += len;
    return MUSTER_OK;
}

/* Whoever has the file reads the record from then on: that is a decision, and the audit keeps it. */
static void note_disclosure(struct node *node, const struct space_view *space, const struct object_id *object,
                            size_t records)
{
    char text[AUDIT_TEXT_BYTES], hex[2 * OBJECT_ID_BYTES + 1];
    snprintf(text, sizeof(text), _("the content of %zu record%s of object %s in the space %.60s"), records,
             records == 1 ? "" : "s", hex_from(hex, object->b, OBJECT_ID_BYTES), space->name);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_PROOF_DISCLOSED, &node->own.identity.agency, text);
    journal_write(&node->journal, EVENT_NAME_PROOF_DISCLOSED, &node->own.identity.agency, text);
}

static void refuse_proof(struct request *request, enum muster_error error, bool disclose)
{
    if (error == MUSTER_EERASED || error == MUSTER_ENOKEY)
        request_refuse(request, error,
                       "the content cannot be disclosed: %s; without its content the record can be proved",
                       _(error_what(error)));
    else if (error == MUSTER_ETOOBIG)
        request_refuse(request, error, "the proofs of all records are too long for one file; ask for one record%s",
                       disclose ? _(", or without content") : "");
    else
        request_refuse(request, error, "no proof can be made: %s", _(error_what(error)));
}

void api_proof(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    struct proof_wish wish = {.disclose = is_set(request, "disclose"), .witnesses = is_set(request, "witnesses")};
    const char *record = request_query(request, "record");
    bool all = is_set(request, "all");
    size_t count = 1;
    if (!request_object(request, &space, &wish.object))
        return;
    if (record && (all || !hex_to(wish.record.b, HASH_BYTES, record))) {
        request_refuse(request, MUSTER_EUSAGE,
                       all ? "either one record or all" : "\"%.70s\" is no id of a record: 64 hex digits", record);
        return;
    }
    struct proof_answer *answer = calloc(1, sizeof(*answer));
    enum muster_error error = answer ? MUSTER_OK : MUSTER_EBUSY;
    if (!error && record && record_id_none(&wish.record)) /* to the core it would mean "the newest" */
        error = MUSTER_ENOTFOUND;
    wish.space = space.number;
    if (!error && all) {
        count = core_object_records(node->core, space.number, &wish.object, answer->records, PROOFS_MAX);
        error = count > PROOFS_MAX ? MUSTER_ETOOBIG : count ? MUSTER_OK : MUSTER_ENOTFOUND;
    }
    for (size_t i = 0; i < count && !error; i++) {
        struct record_id made;
        if (all)
            wish.record = answer->records[i];
        error = add_proof(node, answer, &wish, &made);
    }
    if (!error && wish.disclose)
        note_disclosure(node, &space, &wish.object, count);
    if (error)
        refuse_proof(request, error, wish.disclose);
    else
        request_bytes(request, "application/octet-stream", answer->at, answer->len);
    if (answer)
        free(answer->at);
    free(answer);
}
