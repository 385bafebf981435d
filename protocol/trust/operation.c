#include "protocol/trust/operation.h"

#include "base/pack.h"
#include "base/text.h"
#include "protocol/object/op.h"

size_t space_genesis_write(uint8_t *out, const struct space_genesis *g)
{
    struct writer w = writer_over(out, GENESIS_BYTES_MAX);
    pack_map(&w, 12);
    pack_uint(&w, GK_RULES);
    pack_uint(&w, g->rules);
    pack_uint(&w, GK_NAME);
    pack_text(&w, g->name, strlen(g->name));
    pack_uint(&w, GK_PURPOSE);
    pack_text(&w, g->purpose, strlen(g->purpose));
    pack_uint(&w, GK_CREATOR);
    pack_bytes(&w, g->creator.b, HASH_BYTES);
    pack_uint(&w, GK_ADMINS);
    pack_array(&w, (uint32_t)g->admin_count);
    for (size_t i = 0; i < g->admin_count; i++)
        pack_bytes(&w, g->admins[i].b, HASH_BYTES);
    pack_uint(&w, GK_CONTROLLER);
    pack_bytes(&w, g->controller.b, HASH_BYTES);
    pack_uint(&w, GK_RETENTION_DAYS);
    pack_uint(&w, g->retention_days);
    pack_uint(&w, GK_HISTORY);
    pack_uint(&w, g->history);
    pack_uint(&w, GK_EXERCISE);
    pack_bool(&w, g->exercise);
    pack_uint(&w, GK_SALT);
    pack_bytes(&w, g->salt, sizeof(g->salt));
    pack_uint(&w, GK_CARDS);
    pack_array(&w, (uint32_t)g->card_count);
    for (size_t i = 0; i < g->card_count; i++)
        pack_bytes(&w, g->cards[i].at, g->cards[i].len);
    pack_uint(&w, GK_CREATED);
    pack_uint(&w, g->created_ms);
    return writer_len(&w);
}

/* Copies a text field; false if it is missing, too long or of another type. */
static bool text_field(char *out, size_t size, struct bytes map, int64_t key)
{
    struct pack_value v;
    if (!pack_get(map, key, &v) || v.type != PACK_TEXT || v.u.run.len >= size)
        return false;
    memcpy(out, v.u.run.at, v.u.run.len);
    out[v.u.run.len] = '\0';
    return true;
}

/* Reads an array of 32-byte values into out; the count, or -1. */
static long hash_list(void *out, size_t max, struct bytes map, int64_t key)
{
    struct pack_value list, each;
    if (!pack_get(map, key, &list))
        return 0;
    struct cursor c = cursor_over(list.whole.at, list.whole.len);
    if (list.type != PACK_ARRAY || list.u.count > max || !pack_next(&c, &each, true))
        return -1;
    uint8_t *to = out;
    for (uint32_t i = 0; i < list.u.count; i++) {
        if (!pack_next(&c, &each, false) || each.type != PACK_BYTES || each.u.run.len != HASH_BYTES)
            return -1;
        memcpy(to + HASH_BYTES * (size_t)i, each.u.run.at, HASH_BYTES);
    }
    return (long)list.u.count;
}

enum muster_error space_genesis_read(struct space_genesis *out, const void *bytes, size_t len)
{
    if (len > GENESIS_BYTES_MAX)
        return MUSTER_ETOOBIG;
    enum muster_error error = pack_check(bytes, len);
    if (error)
        return error;
    struct bytes map = {bytes, len};
    struct space_genesis g = {.rules = 0};
    struct pack_value v, each;
    uint64_t history = 0;
    if (!pack_get_uint(map, GK_RULES, &g.rules))
        return MUSTER_EBADVALUE;
    if (g.rules != RULES_VERSION)
        return MUSTER_EVERSION;
    long admins = hash_list(g.admins, ARRAY_LEN(g.admins), map, GK_ADMINS);
    if (!text_field(g.name, sizeof(g.name), map, GK_NAME) || !text_field(g.purpose, sizeof(g.purpose), map, GK_PURPOSE) ||
        !pack_get_fixed(map, GK_CREATOR, g.creator.b, HASH_BYTES) ||
        !pack_get_fixed(map, GK_CONTROLLER, g.controller.b, HASH_BYTES) || admins < 1 || !g.name[0] ||
        !pack_get_uint(map, GK_HISTORY, &history) || history > HISTORY_JOIN ||
        !pack_get_fixed(map, GK_SALT, g.salt, sizeof(g.salt)) || !pack_get(map, GK_EXERCISE, &v) || v.type != PACK_BOOL)
        return MUSTER_EBADVALUE;
    g.admin_count = (size_t)admins;
    g.history = (enum control_history)history;
    g.exercise = v.u.boolean;
    pack_get_uint(map, GK_RETENTION_DAYS, &g.retention_days);
    pack_get_uint(map, GK_CREATED, &g.created_ms);
    if (pack_get(map, GK_CARDS, &v)) {
        struct cursor c = cursor_over(v.whole.at, v.whole.len);
        if (v.type != PACK_ARRAY || v.u.count > ARRAY_LEN(g.cards) || !pack_next(&c, &each, true))
            return MUSTER_EBADVALUE;
        while (pack_next(&c, &each, false)) {
            if (each.type != PACK_BYTES)
                return MUSTER_EBADVALUE;
            g.cards[g.card_count++] = each.u.run;
        }
    }
    *out = g;
    return MUSTER_OK;
}

struct space_id space_id_of(const void *genesis, size_t len)
{
    struct hash h = crypto_hash1("muster/1/space", genesis, len);
    struct space_id id;
    memcpy(id.b, h.b, HASH_BYTES);
    return id;
}

size_t operation_add(uint8_t *out, size_t size, const struct agency_id *who, enum right right, struct bytes card)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, card.len ? 3 : 2);
    pack_uint(&w, OK_WHO);
    pack_bytes(&w, who->b, HASH_BYTES);
    pack_uint(&w, OK_RIGHT);
    pack_uint(&w, right);
    if (card.len) {
        pack_uint(&w, OK_CARD);
        pack_bytes(&w, card.at, card.len);
    }
    return writer_len(&w);
}

size_t operation_card(uint8_t *out, size_t size, struct bytes card)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 1);
    pack_uint(&w, OK_CARD);
    pack_bytes(&w, card.at, card.len);
    return writer_len(&w);
}

size_t operation_member(uint8_t *out, size_t size, const struct agency_id *who, const enum right *right,
                        const struct control_cut *cuts, size_t cut_count)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 1 + (right != NULL) + (cut_count > 0));
    pack_uint(&w, OK_WHO);
    pack_bytes(&w, who->b, HASH_BYTES);
    if (right) {
        pack_uint(&w, OK_RIGHT);
        pack_uint(&w, *right);
    }
    if (cut_count) {
        pack_uint(&w, OK_CUTS);
        pack_array(&w, (uint32_t)cut_count);
    }
    for (size_t i = 0; i < cut_count; i++) {
        pack_array(&w, 3);
        pack_bytes(&w, cuts[i].log.b, HASH_BYTES);
        pack_uint(&w, cuts[i].position);
        pack_bytes(&w, cuts[i].head.b, HASH_BYTES);
    }
    return writer_len(&w);
}

size_t operation_target(uint8_t *out, size_t size, const struct record_id *target)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 1);
    pack_uint(&w, OK_TARGET);
    pack_bytes(&w, target->b, HASH_BYTES);
    return writer_len(&w);
}

size_t operation_policy(uint8_t *out, size_t size, const struct control_policy *policy, size_t count)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 1);
    pack_uint(&w, OK_POLICY);
    pack_map(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        pack_uint(&w, policy[i].field);
        writer_put(&w, policy[i].value.at, policy[i].value.len);
    }
    return writer_len(&w);
}

size_t operation_cut(uint8_t *out, size_t size, const struct hash *of, uint64_t position, const struct hash *head)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 3);
    pack_uint(&w, OK_POSITION);
    pack_uint(&w, position);
    pack_uint(&w, OK_HEAD);
    pack_bytes(&w, head->b, HASH_BYTES);
    pack_uint(&w, OK_OF);
    pack_bytes(&w, of->b, HASH_BYTES);
    return writer_len(&w);
}

size_t operation_reassign(uint8_t *out, size_t size, const struct agency_id *to, const struct object_id *object,
                          const struct record_id *after, const struct record_id *seen, size_t seen_count)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, seen_count ? 4 : 3);
    pack_uint(&w, OK_WHO);
    pack_bytes(&w, to->b, HASH_BYTES);
    pack_uint(&w, OK_OBJECT);
    pack_bytes(&w, object->b, OBJECT_ID_BYTES);
    pack_uint(&w, OK_AFTER);
    pack_bytes(&w, after->b, HASH_BYTES);
    if (seen_count) {
        pack_uint(&w, OK_RECORDS);
        pack_array(&w, (uint32_t)seen_count);
        for (size_t i = 0; i < seen_count; i++)
            pack_bytes(&w, seen[i].b, HASH_BYTES);
    }
    return writer_len(&w);
}

size_t operation_erase(uint8_t *out, size_t size, const struct object_id *object, const struct record_id *records,
                       size_t count, const char *ground)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, ground ? 3 : 2);
    pack_uint(&w, OK_OBJECT);
    pack_bytes(&w, object->b, OBJECT_ID_BYTES);
    pack_uint(&w, OK_RECORDS);
    pack_array(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        pack_bytes(&w, records[i].b, HASH_BYTES);
    if (ground) {
        pack_uint(&w, OK_GROUND);
        pack_text(&w, ground, strlen(ground));
    }
    return writer_len(&w);
}

const char *erase_ground(size_t i)
{
    static const char *const grounds[] = {"consent-withdrawn", "legal-obligation", "error", "retention", "other"};
    return i < ARRAY_LEN(grounds) ? grounds[i] : NULL;
}

size_t operation_retain(uint8_t *out, size_t size, const struct retain_range *ranges, size_t count, const char *ground)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 2);
    pack_uint(&w, OK_RANGES);
    pack_array(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        pack_array(&w, 2);
        pack_bytes(&w, ranges[i].log.b, HASH_BYTES);
        pack_uint(&w, ranges[i].sequence);
    }
    pack_uint(&w, OK_GROUND);
    pack_text(&w, ground, strlen(ground));
    return writer_len(&w);
}

/* The i-th element of an array; the cursor stands behind its head. */
static bool element_at(struct bytes array, size_t i, struct pack_value *out)
{
    struct cursor c = cursor_over(array.at, array.len);
    struct pack_value v;
    if (!array.at || !pack_next(&c, &v, true) || v.type != PACK_ARRAY || i >= v.u.count)
        return false;
    do {
        if (!pack_next(&c, out, false))
            return false;
    } while (i--);
    return true;
}

bool operation_record_at(struct bytes records, size_t i, struct record_id *out)
{
    struct pack_value v;
    if (!element_at(records, i, &v) || v.type != PACK_BYTES || v.u.run.len != HASH_BYTES)
        return false;
    memcpy(out->b, v.u.run.at, HASH_BYTES);
    return true;
}

bool operation_range_at(struct bytes ranges, size_t i, struct retain_range *out)
{
    struct pack_value v, log, sequence;
    struct cursor c;
    if (!element_at(ranges, i, &v) || v.type != PACK_ARRAY || v.u.count != 2)
        return false;
    c = cursor_over(v.whole.at, v.whole.len);
    if (!pack_next(&c, &v, true) || !pack_next(&c, &log, false) || !pack_next(&c, &sequence, false) ||
        log.type != PACK_BYTES || log.u.run.len != HASH_BYTES || sequence.type != PACK_UINT)
        return false;
    memcpy(out->log.b, log.u.run.at, HASH_BYTES);
    out->sequence = sequence.u.uint;
    return true;
}

/* An array of at most `max` elements that `fits` reads, all of them. */
static bool read_list(struct bytes *out, struct bytes body, int64_t key, size_t max, bool ranges)
{
    struct pack_value list;
    struct record_id record;
    struct retain_range range;
    if (!pack_get(body, key, &list) || list.type != PACK_ARRAY || !list.u.count || list.u.count > max)
        return false;
    for (uint32_t i = 0; i < list.u.count; i++)
        if (!(ranges ? operation_range_at(list.whole, i, &range) : operation_record_at(list.whole, i, &record)))
            return false;
    *out = list.whole;
    return true;
}

/* What a reassign had seen: left out, or a list that fits. */
static bool read_seen(struct operation *out, struct bytes body)
{
    struct pack_value v;
    struct bytes list;
    if (!pack_get(body, OK_RECORDS, &v))
        return true;
    if (!read_list(&list, body, OK_RECORDS, REASSIGN_SEEN_MAX, false))
        return false;
    out->op.seen = out->wraps_inline; /* which only an epoch needs */
    out->op.seen_count = v.u.count;
    for (size_t i = 0; i < out->op.seen_count; i++)
        if (!operation_record_at(list, i, &out->wraps_inline[i]))
            return false;
    return true;
}

/* A word of the small vocabulary, or of a later one: never a sentence, so that nobody writes a name there. */
static bool read_ground(struct bytes body)
{
    struct bytes run;
    if (!pack_get_run(body, OK_GROUND, &run) || !run.len || run.len > GROUND_BYTES_MAX)
        return false;
    for (size_t i = 0; i < run.len; i++)
        if (!((run.at[i] >= 'a' && run.at[i] <= 'z') || (i && run.at[i] == '-')))
            return false;
    return true;
}

size_t operation_epoch(uint8_t *out, size_t size, const struct hash *commitment, const struct agency_id *to,
                       size_t to_count, const struct epoch_copy *copies, size_t copy_count, const struct record_id *wraps,
                       const uint8_t (*wrapped)[24 + 32 + 16], size_t wrap_count)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 4);
    pack_uint(&w, OK_COMMITMENT);
    pack_bytes(&w, commitment->b, HASH_BYTES);
    pack_uint(&w, OK_TO);
    pack_array(&w, (uint32_t)to_count);
    for (size_t i = 0; i < to_count; i++)
        pack_bytes(&w, to[i].b, HASH_BYTES);
    pack_uint(&w, OK_COPIES);
    pack_array(&w, (uint32_t)copy_count);
    for (size_t i = 0; i < copy_count; i++) {
        pack_array(&w, 2);
        pack_bytes(&w, copies[i].node.b, sizeof(copies[i].node.b));
        pack_bytes(&w, copies[i].sealed, sizeof(copies[i].sealed));
    }
    pack_uint(&w, OK_WRAPS);
    pack_array(&w, (uint32_t)wrap_count);
    for (size_t i = 0; i < wrap_count; i++) {
        pack_array(&w, 2);
        pack_bytes(&w, wraps[i].b, HASH_BYTES);
        pack_bytes(&w, wrapped[i], 24 + 32 + 16);
    }
    return writer_len(&w);
}

/* The i-th pair [32 bytes, other bytes] of an array. */
static bool pair_at(struct bytes array, size_t i, struct bytes *first, struct bytes *second)
{
    struct cursor c = cursor_over(array.at, array.len);
    struct pack_value v, a, b;
    if (!pack_next(&c, &v, true) || v.type != PACK_ARRAY || i >= v.u.count)
        return false;
    while (i--)
        if (!pack_next(&c, &v, false))
            return false;
    if (!pack_next(&c, &v, true) || v.type != PACK_ARRAY || v.u.count != 2 || !pack_next(&c, &a, false) ||
        !pack_next(&c, &b, false) || a.type != PACK_BYTES || a.u.run.len != HASH_BYTES || b.type != PACK_BYTES)
        return false;
    *first = a.u.run;
    *second = b.u.run;
    return true;
}

bool operation_copy_for(struct bytes copies, const struct sign_public *node, struct bytes *sealed)
{
    struct bytes who;
    for (size_t i = 0; pair_at(copies, i, &who, sealed); i++)
        if (memcmp(who.at, node->b, HASH_BYTES) == 0)
            return sealed->len == EPOCH_COPY_BYTES;
    return false;
}

bool operation_wrap_at(struct bytes wraps, size_t i, struct record_id *epoch, struct bytes *wrapped)
{
    struct bytes who;
    if (!pair_at(wraps, i, &who, wrapped) || wrapped->len != 24 + 32 + 16)
        return false;
    memcpy(epoch->b, who.at, HASH_BYTES);
    return true;
}

static bool read_cuts(struct operation *out, struct bytes body)
{
    struct pack_value list, v;
    if (!pack_get(body, OK_CUTS, &list))
        return true;
    struct cursor c = cursor_over(list.whole.at, list.whole.len);
    if (list.type != PACK_ARRAY || list.u.count > ARRAY_LEN(out->cuts_inline) || !pack_next(&c, &v, true))
        return false;
    for (uint32_t i = 0; i < list.u.count; i++) {
        struct control_cut *cut = &out->cuts_inline[i];
        struct pack_value log, position, head;
        if (!pack_next(&c, &v, true) || v.type != PACK_ARRAY || v.u.count != 3 || !pack_next(&c, &log, false) ||
            !pack_next(&c, &position, false) || !pack_next(&c, &head, false) || log.type != PACK_BYTES ||
            log.u.run.len != HASH_BYTES || position.type != PACK_UINT || head.type != PACK_BYTES ||
            head.u.run.len != HASH_BYTES)
            return false;
        memcpy(cut->log.b, log.u.run.at, HASH_BYTES);
        cut->position = position.u.uint;
        memcpy(cut->head.b, head.u.run.at, HASH_BYTES);
    }
    out->op.cuts = out->cuts_inline;
    out->op.cuts_count = list.u.count;
    return true;
}

static bool read_policy(struct operation *out, struct bytes body)
{
    struct pack_value map, key, value;
    struct cursor c;
    uint32_t pairs;
    if (!pack_get(body, OK_POLICY, &map) || map.type != PACK_MAP || !pack_pairs(map.whole, &c, &pairs) ||
        pairs > CONTROL_POLICY_MAX)
        return false;
    for (uint32_t i = 0; i < pairs; i++) {
        if (!pack_next(&c, &key, false) || key.type != PACK_UINT || key.u.uint > UINT32_MAX ||
            !pack_next(&c, &value, false) || value.whole.len > CONTROL_POLICY_BYTES_MAX)
            return false;
        out->policy_inline[i] = (struct control_policy){(uint32_t)key.u.uint, value.whole};
    }
    out->op.policy = out->policy_inline;
    out->op.policy_count = pairs;
    return true;
}

static bool read_wraps(struct operation *out)
{
    struct bytes wrapped;
    size_t n = 0;
    while (n < ARRAY_LEN(out->wraps_inline) && operation_wrap_at(out->wraps, n, &out->wraps_inline[n], &wrapped))
        n++;
    out->op.wraps = out->wraps_inline;
    out->op.wraps_count = n;
    return true;
}

static enum muster_error read_genesis(struct operation *out, struct bytes body)
{
    struct space_genesis g;
    enum muster_error error = space_genesis_read(&g, body.at, body.len);
    if (error)
        return error;
    memcpy(out->to_inline, g.admins, g.admin_count * sizeof(*g.admins));
    out->op.admins = out->to_inline;
    out->op.admins_count = g.admin_count;
    out->op.history = g.history;
    out->op.controller = g.controller;
    return MUSTER_OK;
}

static bool read_arguments(struct operation *out, uint8_t operation, struct bytes body)
{
    struct control_op *op = &out->op;
    struct pack_value v;
    uint64_t number = 0;
    bool who = pack_get_fixed(body, OK_WHO, op->who.b, HASH_BYTES);
    pack_get_run(body, OK_CARD, &out->card);
    switch (operation) {
    case CTL_ADD:
    case CTL_SET_RIGHT:
        op->verb = operation == CTL_ADD ? CONTROL_ADD : CONTROL_SET_RIGHT;
        if (!who || !pack_get_uint(body, OK_RIGHT, &number) || number > RIGHT_ADMIN)
            return false;
        op->right = (enum right)number;
        return read_cuts(out, body);
    case CTL_REMOVE:
        op->verb = CONTROL_REMOVE;
        return who && read_cuts(out, body);
    case CTL_SUSPEND:
        op->verb = CONTROL_SUSPEND;
        return who;
    case CTL_LIFT:
    case CTL_APPROVE:
        op->verb = operation == CTL_LIFT ? CONTROL_LIFT : CONTROL_APPROVE;
        return pack_get_fixed(body, OK_TARGET, op->target.b, HASH_BYTES);
    case CTL_POLICY:
        op->verb = CONTROL_POLICY;
        return read_policy(out, body);
    case CTL_ACK:
        op->verb = CONTROL_ACK;
        return true;
    case CTL_EPOCH: {
        op->verb = CONTROL_EPOCH;
        long to = hash_list(out->to_inline, CONTROL_LIST_MAX, body, OK_TO);
        if (to < 0 || !pack_get_fixed(body, OK_COMMITMENT, out->commitment.b, HASH_BYTES))
            return false;
        op->to = out->to_inline;
        op->to_count = (size_t)to;
        if (pack_get(body, OK_COPIES, &v))
            out->copies = v.whole;
        if (pack_get(body, OK_WRAPS, &v))
            out->wraps = v.whole;
        return read_wraps(out);
    }
    case CTL_CUT:
        op->verb = CONTROL_CUT;
        return pack_get_fixed(body, OK_OF, op->cut_of.b, HASH_BYTES) &&
               pack_get_uint(body, OK_POSITION, &op->cut_position) &&
               pack_get_fixed(body, OK_HEAD, op->cut_head.b, HASH_BYTES);
    case CTL_REASSIGN:
        op->verb = CONTROL_REASSIGN;
        op->to_agency = op->who;
        return who && pack_get_fixed(body, OK_OBJECT, op->object.b, OBJECT_ID_BYTES) &&
               pack_get_fixed(body, OK_AFTER, op->after.b, HASH_BYTES) && read_seen(out, body);
    case CTL_ERASE:
    case CTL_HOLD:
        op->verb = operation == CTL_ERASE ? CONTROL_ERASE : CONTROL_HOLD;
        return pack_get_fixed(body, OK_OBJECT, op->object.b, OBJECT_ID_BYTES) &&
               read_list(&out->records, body, OK_RECORDS, ERASE_RECORDS_MAX, false) &&
               (operation == CTL_HOLD || read_ground(body));
    case CTL_UNHOLD:
        op->verb = CONTROL_UNHOLD;
        return pack_get_fixed(body, OK_TARGET, op->target.b, HASH_BYTES);
    case CTL_RETAIN:
        op->verb = CONTROL_RETAIN;
        return read_list(&out->ranges, body, OK_RANGES, RETAIN_RANGES_MAX, true) && read_ground(body);
    default:
        op->verb = CONTROL_OTHER;
        return true;
    }
}

enum muster_error operation_read(struct operation *out, const struct record_header *header, struct bytes body,
                                 const struct record_id *id, const struct agency_id *by, const struct log_id *log,
                                 const struct record_id *prev)
{
    memset(&out->op, 0, sizeof(out->op));
    out->card = out->copies = out->wraps = out->records = out->ranges = (struct bytes){NULL, 0};
    out->op.id = *id;
    out->op.by = *by;
    out->op.log = *log;
    out->op.number = header->sequence;
    out->op.prev = *prev;
    out->op.deps = out->deps;
    for (size_t i = 0; i < header->ref_count; i++)
        if (header->refs[i].role == REF_DEP)
            memcpy(out->deps[out->op.deps_count++].b, header->refs[i].hash.b, HASH_BYTES);
    if (header->operation == CTL_GENESIS) {
        out->op.verb = CONTROL_GENESIS;
        return read_genesis(out, body);
    }
    return read_arguments(out, header->operation, body) ? MUSTER_OK : MUSTER_EBADVALUE;
}
