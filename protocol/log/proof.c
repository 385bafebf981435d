#include "protocol/log/proof.h"

#include <stdarg.h>
#include <stdio.h>

static const uint8_t magic[8] = "MUSTER1P";

/* --- making ----------------------------------------------------------------------------------------- */

static void write_run(struct writer *w, struct bytes run)
{
    if (run.len > UINT16_MAX)
        w->failed = true;
    writer_u16(w, (uint16_t)run.len);
    writer_put(w, run.at, run.len);
}

static void write_part(struct writer *w, const struct proof_source *source)
{
    write_run(w, source->header);
    writer_u8(w, (uint8_t)source->path_count);
    for (size_t i = 0; i < source->path_count; i++)
        writer_put(w, source->path[i].b, HASH_BYTES);
    writer_put(w, source->segment, SEGMENT_HEADER_BYTES);
    writer_u8(w, (uint8_t)source->following_count);
    for (size_t i = 0; i < source->following_count; i++)
        writer_put(w, source->following[i], SEGMENT_HEADER_BYTES);
    write_run(w, source->genesis);
    writer_u8(w, (uint8_t)source->statement_count);
    for (size_t i = 0; i < source->statement_count; i++)
        write_run(w, source->statements[i]);
}

static bool source_fits(const struct proof_source *source)
{
    return source->path_count <= MERKLE_PATH_MAX && source->following_count <= PROOF_FOLLOWING_MAX &&
           source->statement_count <= CARD_STATEMENTS_MAX;
}

enum muster_error proof_make(uint8_t *out, size_t size, size_t *len, bool exercise, const struct proof_source *record,
                             const struct proof_source *witnesses, size_t witness_count,
                             const struct proof_opening *opening)
{
    struct writer w = writer_over(out, size);
    bool fits = source_fits(record) && witness_count <= PROOF_WITNESSES_MAX;
    writer_put(&w, magic, sizeof(magic));
    writer_u8(&w, FORMAT_VERSION);
    writer_u8(&w, PROOF_RECORD);
    writer_u16(&w, (uint16_t)((exercise ? PROOF_EXERCISE : 0) | (opening ? PROOF_CONTENT : 0)));
    uint8_t *length = writer_skip(&w, 4);
    if (fits)
        write_part(&w, record);
    writer_u8(&w, (uint8_t)witness_count);
    for (size_t i = 0; i < witness_count && fits; i++) {
        fits = source_fits(&witnesses[i]);
        if (fits)
            write_part(&w, &witnesses[i]);
    }
    if (opening) {
        if (!opening->clear)
            writer_put(&w, opening->key, sizeof(opening->key));
        writer_put(&w, opening->payload.at, opening->payload.len);
    }
    uint8_t *end = writer_skip(&w, HASH_BYTES);
    if (!fits || w.failed || writer_len(&w) > PROOF_BYTES_MAX)
        return MUSTER_ETOOBIG;
    put_le32(length, (uint32_t)writer_len(&w));
    struct hash hash = crypto_hash1("muster/1/proof", out, (size_t)(end - out));
    memcpy(end, hash.b, HASH_BYTES);
    *len = writer_len(&w);
    return MUSTER_OK;
}

enum muster_error proof_certify(struct proof_source *source, const struct card *card, const struct sign_public *node)
{
    struct identity identity = {.statements = 0};
    source->statement_count = 0;
    for (size_t i = 0; i < card->statement_count; i++) {
        enum muster_error error = identity_take(&identity, card->statements[i].at, card->statements[i].len);
        if (error)
            return error;
        source->statements[source->statement_count++] = card->statements[i];
        if (identity_node(&identity, node))
            return MUSTER_OK;
    }
    return MUSTER_EUNKNOWN_NODE;
}

/* --- reading ---------------------------------------------------------------------------------------- */

static enum muster_error refuse(struct proof_problem *problem, enum muster_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum muster_error refuse(struct proof_problem *problem, enum muster_error error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem->error = error;
    vsnprintf(problem->sentence, sizeof(problem->sentence), format, args);
    va_end(args);
    va_start(args, format);
    said_set(&problem->said, format, args);
    va_end(args);
    return error;
}

static enum muster_error short_of(struct proof_problem *problem, const char *what)
{
    return refuse(problem, MUSTER_ETRUNCATED, "the file ends within %s", what);
}

/* Record header, Merkle path and segment header: is the record in the segment? */
static enum muster_error read_place(struct cursor *c, struct proof_part *part, const uint8_t **segment,
                                    struct proof_problem *problem)
{
    struct hash path[MERKLE_PATH_MAX], leaf;
    uint16_t len = cursor_u16(c);
    struct bytes header = {cursor_take(c, len), len};
    size_t count = cursor_u8(c);
    if (c->failed)
        return short_of(problem, "the record header");
    enum muster_error error = record_header_read(&part->header, header.at, header.len);
    if (error)
        return refuse(problem, error, "the record header cannot be read: %s", error_what(error));
    if (count > MERKLE_PATH_MAX)
        return refuse(problem, MUSTER_ETOOBIG, "the path from the record to its segment has more than %d steps",
                      MERKLE_PATH_MAX);
    for (size_t i = 0; i < count; i++)
        cursor_copy(c, path[i].b, HASH_BYTES);
    *segment = cursor_take(c, SEGMENT_HEADER_BYTES);
    if (!*segment)
        return short_of(problem, "the segment header");
    error = segment_header_read(&part->segment, *segment);
    if (error)
        return refuse(problem, error, "the segment header cannot be read: %s", error_what(error));
    const struct segment_header *s = &part->segment;
    if (part->header.sequence < s->first_sequence || part->header.sequence - s->first_sequence >= s->count)
        return refuse(problem, MUSTER_EBADVALUE, "the record's number in the log is not one of its segment's");
    part->index = (uint32_t)(part->header.sequence - s->first_sequence);
    part->segment_id = segment_id_of(*segment);
    part->log = s->log;
    part->id = record_id_of(&part->log, header.at, header.len);
    memcpy(leaf.b, part->id.b, HASH_BYTES);
    error = merkle_verify(&s->root, &leaf, s->count, part->index, path, count);
    return error ? refuse(problem, error,
                          "the record is not in its segment: the hashes do not lead from one to the other")
                 : MUSTER_OK;
}

/* The headers behind the segment, as its descendants; *last is the one whose own signature has to fit. */
static enum muster_error read_following(struct cursor *c, struct proof_part *part, const uint8_t **last,
                                        struct proof_problem *problem)
{
    struct segment_header before = part->segment, next;
    struct segment_id id = part->segment_id;
    part->following = cursor_u8(c);
    if (c->failed)
        return short_of(problem, "the segment headers");
    if (part->following > PROOF_FOLLOWING_MAX)
        return refuse(problem, MUSTER_ETOOBIG, "more than %d headers follow the segment", PROOF_FOLLOWING_MAX);
    for (uint32_t i = 0; i < part->following; i++) {
        const uint8_t *bytes = cursor_take(c, SEGMENT_HEADER_BYTES);
        if (!bytes)
            return short_of(problem, "the segment headers");
        enum muster_error error = segment_header_read(&next, bytes);
        if (error)
            return refuse(problem, error, "following header %u cannot be read: %s", i + 1, error_what(error));
        if (!log_id_eq(&next.log, &before.log) || !space_id_eq(&next.space, &before.space) ||
            next.position != before.position + 1 || next.first_sequence != before.first_sequence + before.count ||
            !segment_id_eq(&next.prev, &id))
            return refuse(problem, MUSTER_ECHAIN, "following header %u does not descend from the one before", i + 1);
        before = next;
        id = segment_id_of(bytes);
        *last = bytes;
    }
    return MUSTER_OK;
}

/* Whose log it is: genesis and segment, under the key that the genesis names. */
static enum muster_error read_log(struct cursor *c, struct proof_part *part, bool exercise,
                                  const uint8_t *signed_header, struct proof_problem *problem)
{
    uint16_t len = cursor_u16(c);
    struct bytes genesis = {cursor_take(c, len), len};
    if (c->failed)
        return short_of(problem, "the log genesis");
    enum muster_error error = log_genesis_read(&part->genesis, genesis.at, genesis.len);
    if (error)
        return refuse(problem, error, "the log genesis cannot be read: %s", error_what(error));
    const struct segment_header *s = &part->segment;
    struct log_id log = log_id_of(genesis.at, genesis.len);
    if (!log_id_eq(&log, &s->log))
        return refuse(problem, MUSTER_EHASH, "the log genesis is not that of the segment's log");
    if (!space_id_eq(&part->genesis.space, &s->space))
        return refuse(problem, MUSTER_ECHAIN, "segment and log are not of one space");
    if (s->position == 1 && (memcmp(s->prev.b, log.b, HASH_BYTES) != 0 || s->first_sequence != 1))
        return refuse(problem, MUSTER_ECHAIN, "the segment does not begin its log");
    if (log_genesis_verify(genesis.at, genesis.len, exercise) != MUSTER_OK)
        return refuse(problem, MUSTER_ESIGNATURE,
                      "the log genesis is not signed by the node that it names, for %s space",
                      exercise ? "an exercise" : "an actual");
    if (segment_verify(signed_header, exercise, &part->genesis.incarnation) != MUSTER_OK)
        return refuse(problem, MUSTER_ESIGNATURE, "the segment is not signed by the log's key, for %s space",
                      exercise ? "an exercise" : "an actual");
    return MUSTER_OK;
}

/* Whose node it is: the agency's chain, which ends with the statement that certifies the node. */
static enum muster_error read_agency(struct cursor *c, struct proof_part *part, struct proof_problem *problem)
{
    struct identity identity = {.statements = 0};
    const struct certified_node *node = NULL;
    part->statement_count = cursor_u8(c);
    part->statements.at = c->at;
    if (part->statement_count > CARD_STATEMENTS_MAX)
        return refuse(problem, MUSTER_ETOOBIG, "the agency has more than %d statements", CARD_STATEMENTS_MAX);
    for (uint32_t i = 0; i < part->statement_count; i++) {
        uint16_t len = cursor_u16(c);
        const uint8_t *bytes = cursor_take(c, len);
        if (c->failed)
            return short_of(problem, "the agency's statements");
        if (node)
            return refuse(problem, MUSTER_EBADVALUE, "the agency's statements go on behind the node's certificate");
        enum muster_error error = identity_take(&identity, bytes, len);
        if (error)
            return refuse(problem, error, "statement %u of the agency does not hold: %s", i + 1, error_what(error));
        node = identity_node(&identity, &part->genesis.node);
    }
    if (c->failed)
        return short_of(problem, "the agency's statements");
    part->statements.len = (size_t)(c->at - part->statements.at);
    if (!node)
        return refuse(problem, MUSTER_EUNKNOWN_NODE,
                      "the agency's statements do not certify the node that wrote the log");
    if (!agency_id_eq(&identity.agency, &part->genesis.agency))
        return refuse(problem, MUSTER_ECHAIN, "the statements are of another agency than the log");
    memcpy(part->agency_name, identity.name, sizeof(part->agency_name));
    memcpy(part->country, identity.country, sizeof(part->country));
    memcpy(part->node_name, node->name, sizeof(part->node_name));
    part->node_expires_ms = node->expires_ms;
    return MUSTER_OK;
}

static enum muster_error read_part(struct cursor *c, struct proof_part *part, bool exercise,
                                   struct proof_problem *problem)
{
    const uint8_t *header = NULL;
    enum muster_error error = read_place(c, part, &header, problem);
    if (!error)
        error = read_following(c, part, &header, problem);
    if (!error)
        error = read_log(c, part, exercise, header, problem);
    return error ? error : read_agency(c, part, problem);
}

/* Does a name b?  In a reference, among the control heads its log began with, or as its segment's epoch. */
static bool part_names(const struct proof_part *a, const struct proof_part *b)
{
    for (size_t i = 0; i < a->header.ref_count; i++)
        if (memcmp(a->header.refs[i].hash.b, b->id.b, HASH_BYTES) == 0)
            return true;
    for (size_t i = 0; i < a->genesis.ctl_count; i++)
        if (record_id_eq(&a->genesis.ctl[i], &b->id))
            return true;
    return memcmp(a->segment.epoch.b, b->id.b, HASH_BYTES) == 0;
}

static enum muster_error read_witnesses(struct cursor *c, struct proof *proof, struct proof_problem *problem)
{
    proof->witness_count = cursor_u8(c);
    if (proof->witness_count > PROOF_WITNESSES_MAX)
        return refuse(problem, MUSTER_ETOOBIG, "the proof has more than %d witnesses", PROOF_WITNESSES_MAX);
    for (size_t i = 0; i < proof->witness_count; i++) {
        struct proof_part *part = &proof->witnesses[i].part;
        struct proof_problem inner;
        if (read_part(c, part, proof->exercise, &inner) != MUSTER_OK)
            return refuse(problem, inner.error, "witness %zu: %.200s", i + 1, inner.sentence);
        if (!space_id_eq(&part->segment.space, &proof->record.segment.space))
            return refuse(problem, MUSTER_EBADVALUE, "witness %zu is of another space", i + 1);
        if (agency_id_eq(&part->genesis.agency, &proof->record.genesis.agency))
            return refuse(problem, MUSTER_EBADVALUE,
                          "witness %zu is of the same agency: nobody is a witness of himself", i + 1);
        if (part_names(part, &proof->record))
            proof->witnesses[i].relation = PROOF_NAMES_IT;
        else if (part_names(&proof->record, part))
            proof->witnesses[i].relation = PROOF_NAMED;
        else
            return refuse(problem, MUSTER_EBADVALUE, "witness %zu has nothing to do with the record", i + 1);
    }
    return c->failed ? short_of(problem, "the witnesses") : MUSTER_OK;
}

static enum muster_error read_content(struct cursor *c, struct proof *proof, struct proof_problem *problem)
{
    const struct record_header *header = &proof->record.header;
    if (!proof->disclosed)
        return MUSTER_OK;
    if (!(header->flags & RECORD_CLEAR))
        proof->key = cursor_take(c, PROOF_KEY_BYTES);
    proof->payload = (struct bytes){cursor_take(c, header->payload_len), header->payload_len};
    if (c->failed)
        return short_of(problem, "the content");
    struct hash hash = payload_hash_of(proof->payload.at, proof->payload.len);
    return hash_eq(&hash, &header->payload_hash)
               ? MUSTER_OK
               : refuse(problem, MUSTER_EHASH, "the content is not the one that the record's header names");
}

/* The frame around the parts: *inside is what lies between head and hash, flags what the head says. */
static enum muster_error read_frame(struct cursor *inside, uint16_t *flags, size_t *whole, const void *bytes,
                                    size_t len, struct proof_problem *problem)
{
    struct cursor c = cursor_over(bytes, len);
    const uint8_t *begins = cursor_take(&c, sizeof(magic));
    if (!begins || memcmp(begins, magic, sizeof(magic)) != 0)
        return refuse(problem, begins ? MUSTER_EVERSION : MUSTER_ETRUNCATED, "the file is not a proof of muster");
    uint8_t version = cursor_u8(&c), statement = cursor_u8(&c);
    *flags = cursor_u16(&c);
    *whole = cursor_u32(&c);
    if (c.failed)
        return short_of(problem, "its head");
    if (version != FORMAT_VERSION || statement != PROOF_RECORD)
        return refuse(problem, MUSTER_EVERSION, "the proof is of a later version than this program knows");
    if (*flags & ~(PROOF_EXERCISE | PROOF_CONTENT))
        return refuse(problem, MUSTER_EVERSION, "the proof has a property that this program does not know");
    if (*whole > PROOF_BYTES_MAX)
        return refuse(problem, MUSTER_ETOOBIG, "the proof is longer than %d bytes", PROOF_BYTES_MAX);
    if (*whole > len)
        return refuse(problem, MUSTER_ETRUNCATED, "the file has %zu bytes of the proof's %zu", len, *whole);
    if (*whole < PROOF_HEAD_BYTES + HASH_BYTES)
        return refuse(problem, MUSTER_ETRUNCATED, "the proof is shorter than its head and its hash");
    size_t covered = *whole - HASH_BYTES;
    struct hash hash = crypto_hash1("muster/1/proof", bytes, covered);
    if (memcmp(hash.b, (const uint8_t *)bytes + covered, HASH_BYTES) != 0)
        return refuse(problem, MUSTER_EHASH, "the proof has been changed or damaged since it was made");
    *inside = cursor_over(c.at, covered - PROOF_HEAD_BYTES);
    return MUSTER_OK;
}

enum muster_error proof_read(struct proof *out, const void *bytes, size_t len, struct proof_problem *problem)
{
    struct cursor c = {.failed = true};
    uint16_t flags = 0;
    memset(out, 0, sizeof(*out));
    memset(problem, 0, sizeof(*problem));
    enum muster_error error = read_frame(&c, &flags, &out->len, bytes, len, problem);
    if (error)
        return error;
    out->exercise = flags & PROOF_EXERCISE;
    out->disclosed = flags & PROOF_CONTENT;
    error = read_part(&c, &out->record, out->exercise, problem);
    if (!error)
        error = read_witnesses(&c, out, problem);
    if (!error)
        error = read_content(&c, out, problem);
    if (!error && cursor_end(&c) != MUSTER_OK)
        error = refuse(problem, MUSTER_ETRAILING, "there are bytes behind the last part of the proof");
    return error;
}
