/* cards.c — the cards this node has accepted: each agency's chain, its nodes, where they are called. */
#include "protocol/core_inner.h"

#include <stdlib.h>

/* T_CARD value: flags 1 || last met 8 || card. */
enum { CARD_VALUE_FIXED = 9 };

struct agency *agency_find(struct core *core, const struct agency_id *id)
{
    for (size_t i = 0; i < core->agency_count; i++)
        if (agency_id_eq(&core->agencies[i]->id, id))
            return core->agencies[i];
    return NULL;
}

const struct agency_node *agency_node(const struct agency *agency, const struct sign_public *sign)
{
    for (size_t i = 0; i < agency->node_count; i++)
        if (memcmp(agency->nodes[i].keys.sign.b, sign->b, sizeof(sign->b)) == 0)
            return &agency->nodes[i];
    return NULL;
}

static struct agency *agency_new(struct core *core, const struct agency_id *id)
{
    if (core->agency_count == core->agency_size) {
        size_t size = core->agency_size ? core->agency_size * 2 : 16;
        struct agency **bigger = realloc(core->agencies, size * sizeof(*bigger));
        if (!bigger)
            return NULL;
        core->agencies = bigger;
        core->agency_size = size;
    }
    struct agency *agency = calloc(1, sizeof(*agency));
    if (!agency)
        return NULL;
    agency->id = *id;
    core->agencies[core->agency_count++] = agency;
    return agency;
}

void agency_free(struct agency *agency)
{
    for (size_t i = 0; i < agency->node_count; i++)
        free(agency->nodes[i].reach);
    for (size_t i = 0; i < agency->branch_count; i++)
        free(agency->branches[i].card);
    free(agency->card);
    free(agency->nodes);
    free(agency->operators);
    free(agency->cuts);
    free(agency);
}

static bool is_self(const struct core *core, const struct agency *agency)
{
    return agency_id_eq(&agency->id, &core->self);
}

/* --- stored: agency -> flags, last met, card; agency || 1 || place -> card of another history of its chain;
 *     agency || node -> number and body of that node's own card --- */

enum { BRANCH_KEY = HASH_BYTES + 2, REACH_KEY = HASH_BYTES + 32, REACH_FIXED = 8 };

enum muster_error agency_save(struct core *core, const struct agency *agency)
{
    uint8_t value[CARD_VALUE_FIXED + CARD_BYTES_MAX];
    if (is_self(core, agency))
        return MUSTER_OK; /* its card is this node's own description */
    value[0] = agency->flags;
    put_be64(value + 1, agency->last_met_ms);
    memcpy(value + CARD_VALUE_FIXED, agency->card, agency->card_len);
    return stage_put(core, T_CARD, agency->id.b, HASH_BYTES, value, CARD_VALUE_FIXED + agency->card_len);
}

enum { MET_SAVE_MS = 10 * 60 * 1000, MET_ENDED_MS = 1000 };

void agency_met(struct core *core, const struct agency_id *id, bool ended)
{
    struct agency *agency = agency_find(core, id);
    if (!agency)
        return;
    if (!ended)
        agency->last_met_ms = core->wall_ms;
    if (agency->last_met_ms >= agency->met_saved_ms + (ended ? MET_ENDED_MS : MET_SAVE_MS) &&
        agency_save(core, agency) == MUSTER_OK)
        agency->met_saved_ms = agency->last_met_ms;
}

static void branch_key(uint8_t key[BRANCH_KEY], const struct agency *agency, size_t i)
{
    memcpy(key, agency->id.b, HASH_BYTES);
    key[HASH_BYTES] = 1;
    key[HASH_BYTES + 1] = (uint8_t)i;
}

static enum muster_error save_branch(struct core *core, const struct agency *agency, size_t i)
{
    uint8_t key[BRANCH_KEY];
    branch_key(key, agency, i);
    return stage_put(core, T_CARD, key, sizeof(key), agency->branches[i].card, agency->branches[i].len);
}

static void reach_key(uint8_t key[REACH_KEY], const struct agency *agency, const struct agency_node *node)
{
    memcpy(key, agency->id.b, HASH_BYTES);
    memcpy(key + HASH_BYTES, node->keys.sign.b, 32);
}

static enum muster_error save_reach(struct core *core, const struct agency *agency, const struct agency_node *node)
{
    uint8_t key[REACH_KEY], value[REACH_FIXED + CARD_BODY_MAX];
    reach_key(key, agency, node);
    put_be64(value, node->card_number);
    memcpy(value + REACH_FIXED, node->reach, node->reach_len);
    return stage_put(core, T_CARD, key, sizeof(key), value, REACH_FIXED + node->reach_len);
}

/* --- what the cards of an agency say --- */

static bool keep_bytes(uint8_t **at, size_t *len, struct bytes bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    if (!copy)
        return false;
    memcpy(copy, bytes.at, bytes.len);
    free(*at);
    *at = copy;
    *len = bytes.len;
    return true;
}

/* The node's own card tells where it is called; of two the one of the greater number. */
static bool take_reach(struct agency *agency, const struct sign_public *sign, uint64_t number, struct bytes body)
{
    for (size_t i = 0; i < agency->node_count; i++) {
        struct agency_node *node = &agency->nodes[i];
        if (memcmp(node->keys.sign.b, sign->b, sizeof(sign->b)) != 0)
            continue;
        if ((node->reach && number <= node->card_number) || body.len > CARD_BODY_MAX ||
            !keep_bytes(&node->reach, &node->reach_len, body))
            return false;
        node->card_number = number;
        return true;
    }
    return false;
}

/* Who is revoked now and was not: its epochs end, its logs are judged anew. */
static void note_revoked(struct core *core, struct agency *agency, const struct agency_node *before, size_t count)
{
    for (size_t i = 0; i < agency->node_count; i++) {
        bool was = false;
        for (size_t b = 0; b < count; b++)
            was |= before[b].revoked && memcmp(before[b].keys.sign.b, agency->nodes[i].keys.sign.b, 32) == 0;
        if (!agency->nodes[i].revoked || was || !count)
            continue;
        agency->keys_due = true;
        core_event(core, "node.revoked", &agency->id, "its agency has revoked one of its nodes");
    }
}

/* Takes over what the branches say; the first of them is that of agency->card. */
static enum muster_error take_identity(struct core *core, struct agency *agency, const struct card *const *branches,
                                       size_t count)
{
    struct identity *identity = malloc(sizeof(*identity));
    struct agency_cut *cuts = NULL;
    size_t cut_count = 0, old_count = agency->node_count;
    enum muster_error error = identity ? chain_identity(identity, branches, count) : MUSTER_EBUSY;
    if (!error)
        error = chain_cuts(&cuts, &cut_count, branches, count);
    struct agency_node *nodes = error ? NULL : calloc(identity->node_count + 1, sizeof(*nodes)), *old = agency->nodes;
    struct certified_operator *operators = error ? NULL : calloc(identity->operator_count + 1, sizeof(*operators));
    if (!nodes || !operators) {
        free(nodes);
        free(operators);
        free(cuts);
        free(identity);
        return error ? error : MUSTER_EBUSY;
    }
    for (size_t i = 0; i < identity->node_count; i++) {
        nodes[i] = (struct agency_node){.keys = identity->nodes[i].keys, .revoked = identity->nodes[i].revoked,
                                        .expires_ms = identity->nodes[i].expires_ms};
        for (size_t o = 0; o < old_count; o++)
            if (memcmp(old[o].keys.sign.b, nodes[i].keys.sign.b, 32) == 0) {
                nodes[i].card_number = old[o].card_number;
                nodes[i].reach = old[o].reach;
                nodes[i].reach_len = old[o].reach_len;
                old[o].reach = NULL;
            }
    }
    memcpy(operators, identity->operators, identity->operator_count * sizeof(*operators));
    agency->nodes = nodes;
    agency->node_count = identity->node_count;
    free(agency->operators);
    agency->operators = operators;
    agency->operator_count = identity->operator_count;
    free(agency->cuts);
    agency->cuts = cuts;
    agency->cut_count = cut_count;
    note_revoked(core, agency, old, old_count);
    for (size_t o = 0; o < old_count; o++)
        free(old[o].reach);
    free(old);
    if (is_self(core, agency))
        core->config.identity = *identity;
    for (size_t i = 0; i < core->space_count; i++)
        core->spaces[i]->dirty = true; /* D4: its logs are judged anew */
    free(identity);
    return MUSTER_OK;
}

static void cards_free(struct card **cards, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(cards[i]);
}

/* All histories held, read again; beside agency->card in cards[0].  Their number, 0 on an error. */
static size_t read_branches(const struct agency *agency, struct card *cards[1 + CHAIN_BRANCHES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i <= agency->branch_count; i++) {
        const uint8_t *at = i ? agency->branches[i - 1].card : agency->card;
        size_t len = i ? agency->branches[i - 1].len : agency->card_len;
        cards[count] = malloc(sizeof(**cards));
        if (!cards[count] || card_read(cards[count], at, len) != MUSTER_OK) {
            cards_free(cards, count + 1);
            return 0;
        }
        count++;
    }
    return count;
}

static enum muster_error judge_branches(struct core *core, struct agency *agency)
{
    struct card *cards[1 + CHAIN_BRANCHES_MAX];
    const struct card *list[1 + CHAIN_BRANCHES_MAX];
    size_t count = read_branches(agency, cards);
    for (size_t i = 0; i < count; i++)
        list[i] = cards[i];
    enum muster_error error = count ? take_identity(core, agency, list, count) : MUSTER_EBUSY;
    cards_free(cards, count);
    return error;
}

static enum muster_error hold_card(struct core *core, struct agency *agency, const struct card *card, struct bytes bytes)
{
    if (!keep_bytes(&agency->card, &agency->card_len, bytes))
        return MUSTER_EBUSY;
    agency->card_number = card->number;
    agency->statement_count = card->statement_count;
    return agency->branch_count ? judge_branches(core, agency) : take_identity(core, agency, &card, 1);
}

/* A second history: it is kept as evidence, and what it revokes counts. */
static enum muster_error hold_branch(struct core *core, struct agency *agency, const struct card *card, struct bytes bytes,
                                     bool *changed)
{
    struct card *cards[1 + CHAIN_BRANCHES_MAX];
    size_t count = read_branches(agency, cards), place = agency->branch_count;
    bool known = count == 0;
    for (size_t i = 1; i < count; i++) {
        enum chain_relation relation = chain_compare(cards[i], card);
        known |= relation == CHAIN_SAME || relation == CHAIN_OLDER;
        if (relation == CHAIN_LONGER)
            place = i - 1;
    }
    cards_free(cards, count);
    if (known || place == CHAIN_BRANCHES_MAX)
        return MUSTER_OK;
    if (!keep_bytes(&agency->branches[place].card, &agency->branches[place].len, bytes))
        return MUSTER_EBUSY;
    if (place == agency->branch_count)
        agency->branch_count++;
    *changed = true;
    core_event(core, "identity.fork", &agency->id, "two cards of one agency contradict each other");
    enum muster_error error = judge_branches(core, agency);
    return error ? error : save_branch(core, agency, place);
}

/* A chain can only grow: the newer card's statements begin with the older one's. */
static enum chain_relation relation_to(const struct agency *agency, const struct card *card)
{
    struct card *old = malloc(sizeof(*old));
    enum chain_relation relation = CHAIN_OLDER;
    if (old && card_read(old, agency->card, agency->card_len) == MUSTER_OK)
        relation = chain_compare(old, card);
    free(old);
    return relation;
}

enum { STRANGERS_MAX = 256 }; /* agencies that showed a card and that neither a person nor a space knows */

static size_t strangers(struct core *core)
{
    size_t count = 0;
    for (size_t i = 0; i < core->agency_count; i++)
        count += !core->agencies[i]->flags && !agency_shares(core, &core->agencies[i]->id);
    return count;
}

/* The agency whose newest card that is, byte for byte: it was verified when it came, and at a start all of them come again. */
static struct agency *known_by(struct core *core, struct bytes bytes)
{
    struct agency_id id;
    if (bytes.len < 8 + HASH_BYTES)
        return NULL;
    memcpy(id.b, bytes.at + 8, HASH_BYTES);
    struct agency *agency = agency_find(core, &id);
    return agency && agency->card_len == bytes.len && memcmp(agency->card, bytes.at, bytes.len) == 0 ? agency : NULL;
}

enum muster_error agency_take_card(struct core *core, struct bytes bytes, uint8_t flags, struct agency **out)
{
    struct agency *known = known_by(core, bytes);
    if (known && (known->flags | (flags & (uint8_t)~AGENCY_STRANGER)) == known->flags) {
        if (out)
            *out = known;
        return MUSTER_OK;
    }
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? card_read(card, bytes.at, bytes.len) : MUSTER_EBUSY;
    struct agency *agency = error ? NULL : agency_find(core, &card->agency);
    bool changed = false, forked = false, stranger = flags & AGENCY_STRANGER;
    flags &= (uint8_t)~AGENCY_STRANGER;
    if (error)
        goto out;
    if (!agency && stranger && strangers(core) >= STRANGERS_MAX) {
        error = MUSTER_EBUSY;
        goto out;
    }
    enum chain_relation relation = agency ? relation_to(agency, card) : CHAIN_LONGER;
    if (!agency) {
        agency = agency_new(core, &card->agency);
        error = agency ? hold_card(core, agency, card, bytes) : MUSTER_EBUSY;
        changed = true;
    } else if (relation == CHAIN_FORKS) {
        error = hold_branch(core, agency, card, bytes, &changed);
        forked = !error;
    } else if (relation == CHAIN_LONGER || (relation == CHAIN_SAME && card->number > agency->card_number)) {
        /* A longer chain always wins: a node that it revokes cannot bring itself back with an older one. */
        error = hold_card(core, agency, card, bytes);
        changed = true;
    }
    if (!error && take_reach(agency, &card->node, card->number, card->body)) {
        const struct agency_node *node = agency_node(agency, &card->node);
        bool own = is_self(core, agency) && memcmp(card->node.b, core->config.keys.sign.b, sizeof(card->node.b)) == 0;
        error = own ? MUSTER_OK : save_reach(core, agency, node);
        changed = true;
    }
    if (!error && (agency->flags | flags) != agency->flags) {
        agency->flags |= flags;
        changed = true;
    }
    if (!error && changed) {
        core->members_changed = true;
        error = agency_save(core, agency);
    }
    if (!error && out)
        *out = agency;
out:
    free(card);
    return !error && forked ? MUSTER_EFORK : error;
}

void agency_restore(struct core *core)
{
    for (size_t i = 0; i < core->agency_count; i++) {
        const struct agency *agency = core->agencies[i];
        struct bytes stored;
        for (size_t b = 0; b < agency->branch_count; b++)
            (void)save_branch(core, agency, b);
        for (size_t n = 0; n < agency->node_count; n++)
            if (agency->nodes[n].reach)
                (void)save_reach(core, agency, &agency->nodes[n]);
        if (core->storage.get(core->storage.self, T_CARD, (struct bytes){agency->id.b, HASH_BYTES}, &stored) == MUSTER_OK &&
            stored.len == CARD_VALUE_FIXED + agency->card_len && stored.at[0] == agency->flags &&
            memcmp(stored.at + CARD_VALUE_FIXED, agency->card, agency->card_len) == 0)
            continue;
        (void)agency_save(core, agency);
    }
}

struct load {
    struct core *core;
    enum muster_error error;
};

static enum muster_error load_whole(struct core *core, struct bytes value)
{
    struct bytes bytes = {value.at + CARD_VALUE_FIXED, value.len - CARD_VALUE_FIXED};
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? card_read(card, bytes.at, bytes.len) : MUSTER_EBUSY;
    struct agency *agency = error ? NULL : agency_new(core, &card->agency);
    if (!error && !agency)
        error = MUSTER_EBUSY;
    if (!error) {
        agency->flags = value.at[0];
        agency->last_met_ms = agency->met_saved_ms = get_be64(value.at + 1);
        error = hold_card(core, agency, card, bytes);
        (void)take_reach(agency, &card->node, card->number, card->body);
    }
    free(card);
    return error;
}

/* The row of the agency itself comes first: its key is a prefix of theirs. */
static bool load_card(void *user, struct bytes key, struct bytes value)
{
    struct load *load = user;
    struct agency_id id;
    load->error = MUSTER_EDAMAGED;
    if (key.len < HASH_BYTES)
        return false;
    memcpy(id.b, key.at, HASH_BYTES);
    struct agency *agency = agency_find(load->core, &id);
    if (key.len == HASH_BYTES && value.len > CARD_VALUE_FIXED) {
        load->error = load_whole(load->core, value);
    } else if (key.len == BRANCH_KEY && value.len <= CARD_BYTES_MAX) {
        load->error = MUSTER_OK;
        if (agency && agency->branch_count < CHAIN_BRANCHES_MAX) {
            struct agency_branch *branch = &agency->branches[agency->branch_count];
            load->error = keep_bytes(&branch->card, &branch->len, value) ? MUSTER_OK : MUSTER_EBUSY;
            agency->branch_count += !load->error;
            if (!load->error)
                load->error = judge_branches(load->core, agency);
        }
    } else if (key.len == REACH_KEY && value.len >= REACH_FIXED) {
        struct sign_public node;
        memcpy(node.b, key.at + HASH_BYTES, sizeof(node.b));
        if (agency)
            (void)take_reach(agency, &node, get_be64(value.at), (struct bytes){value.at + REACH_FIXED, value.len - REACH_FIXED});
        load->error = MUSTER_OK;
    }
    return load->error == MUSTER_OK;
}

enum muster_error agency_own(struct core *core, struct bytes bytes)
{
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? card_read(card, bytes.at, bytes.len) : MUSTER_EBUSY;
    struct agency *agency = error ? NULL : agency_find(core, &card->agency);
    if (!error && !agency_id_eq(&card->agency, &core->self))
        error = MUSTER_EWRONGPEER;
    if (!error && !agency)
        agency = agency_new(core, &card->agency);
    if (!error && !agency)
        error = MUSTER_EBUSY;
    if (!error && agency->card && relation_to(agency, card) == CHAIN_FORKS)
        error = MUSTER_EFORK;
    if (!error && (!agency->card || card->statement_count >= agency->statement_count))
        error = hold_card(core, agency, card, bytes);
    if (!error) {
        agency->flags = AGENCY_TRUSTED | AGENCY_CONFIRMED;
        (void)take_reach(agency, &card->node, card->number, card->body);
        core->members_changed = true;
    }
    free(card);
    return error;
}

enum muster_error agency_load_all(struct core *core)
{
    struct load load = {core, MUSTER_OK};
    struct bytes none = {NULL, 0};
    enum muster_error error = core->storage.scan(core->storage.self, T_CARD, none, none, false, load_card, &load);
    return error ? error : load.error;
}

enum muster_error agency_delete(struct core *core, const struct agency *agency)
{
    uint8_t key[REACH_KEY];
    enum muster_error error = stage_delete(core, T_CARD, agency->id.b, HASH_BYTES);
    for (size_t i = 0; i < agency->branch_count && !error; i++) {
        branch_key(key, agency, i);
        error = stage_delete(core, T_CARD, key, BRANCH_KEY);
    }
    for (size_t i = 0; i < agency->node_count && !error; i++)
        if (agency->nodes[i].reach) {
            reach_key(key, agency, &agency->nodes[i]);
            error = stage_delete(core, T_CARD, key, REACH_KEY);
        }
    return error;
}
