#include "node/alarm_subject.h"

#include "base/pack.h"
#include "lang/lang.h"
#include "node/json.h"
#include "node/lookup.h"
#include "node/node.h"
#include "protocol/kinds/decimal.h"
#include "protocol/kinds/kinds.h"
#include "protocol/kinds/link.h"
#include "protocol/kinds/time3339.h"
#include "protocol/object/links.h"
#include "protocol/object/look.h"
#include "protocol/object/quantity.h"

#include <stdio.h>
#include <strings.h>

/* Fields by number, from the tables of protocol/kinds/: a number never means anything else. */
enum {
    FIELD_STATUS = 3,
    RESOURCE_QUANTITY = 7, RESOURCE_UNIT = 8, RESOURCE_MINIMUM = 10, RESOURCE_EXPIRES = 12,
    MANDATE_EXPIRES = 21,
    AGREEMENT_VALID_TO = 10,
    REQUEST_NEEDED_BY = 10,
    TASK_ASSIGNEE = 6, TASK_DEADLINE = 10, TASK_ACKNOWLEDGE_BY = 11, TASK_ESCALATE_TO = 13
};
enum { TITLE_BYTES = 129, WHEN_BYTES = 32, NUMBER_BYTES = 2 * DECIMAL_TEXT_BYTES + 40, SOURCE_SUBJECT_BYTES = 2 * OBJECT_ID_BYTES };

/* --- values of a view -------------------------------------------------------------------------------------------------- */

static int64_t time_in(struct bytes view, int64_t field)
{
    struct bytes run;
    struct time3339 time;
    if (!pack_get_run(view, field, &run) || time3339_parse(&time, (const char *)run.at, run.len, NULL) != MUSTER_OK)
        return ALARM_NEVER;
    return time.ms == ALARM_NEVER ? 1 : time.ms;
}

static bool decimal_in(struct bytes view, int64_t field, struct decimal *out)
{
    struct bytes run;
    return pack_get_run(view, field, &run) && decimal_parse(out, (const char *)run.at, run.len, NULL) == MUSTER_OK;
}

static void text_in(char *out, size_t size, struct bytes view, int64_t field)
{
    struct bytes run;
    if (!pack_get_run(view, field, &run))
        run.len = 0;
    snprintf(out, size, "%.*s", (int)(run.len < size ? run.len : size - 1), run.len ? (const char *)run.at : "");
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found |= strcmp(word, words[i]) == 0;
    return found;
}

static const char *when_text(char out[WHEN_BYTES], int64_t ms)
{
    char text[TIME_FORMAT_BYTES];
    if (ms == ALARM_NEVER || time3339_format(text, ms) < 16)
        return "";
    snprintf(out, WHEN_BYTES, "%.10s %.5sZ", text, text + 11);
    return out;
}

static void title_of(char out[TITLE_BYTES], uint16_t kind_number, struct bytes view)
{
    const struct kind *kind = kind_by_number(kind_number);
    const struct field *titled = kind ? field_flagged(kind, FIELD_TITLE) : NULL;
    struct pack_value value;
    out[0] = '\0';
    if (titled && pack_get(view, titled->number, &value))
        (void)field_text(titled, &value, out, TITLE_BYTES);
    if (!out[0])
        snprintf(out, TITLE_BYTES, "%s", kind ? kind->name : "an object");
}

/* --- from facts to alarms ------------------------------------------------------------------------------------------------ */

struct subject {
    struct alarm alarm; /* what is the same for all its alarms */
    struct alarm_words words;
    const void *id;
    size_t id_len;
};

static struct subject subject_in(const struct space_view *space)
{
    struct subject s = {.alarm = {.in_space = space != NULL}};
    if (space) {
        s.alarm.space = space->id;
        s.alarm.exercise = space->exercise;
        snprintf(s.alarm.space_name, sizeof(s.alarm.space_name), "%.*s", ALARM_NAME_BYTES - 1, space->name);
    }
    return s;
}

static void take(struct node *node, struct subject *s, const struct alarm_facts *facts)
{
    uint32_t held = alarm_judge(facts, (int64_t)node_wall_ms());
    char number[24];
    s->words.space = s->alarm.space_name;
    for (size_t r = 0; held && r < ALARM_RULES; r++) {
        if (!(held >> r & 1))
            continue;
        s->alarm.rule = (enum alarm_rule)r;
        s->alarm.number = r == ALARM_PROMISE_VOID ? facts->voids : r == ALARM_PROMISE_LOST ? facts->lost
                          : r == ALARM_PROMISE_AT_RISK ? facts->at_risk : r == ALARM_SOURCE_CHANGED ? (uint64_t)facts->source : 1;
        if (facts->subject == ALARM_OF_PROMISES) {
            snprintf(number, sizeof(number), "%llu", (unsigned long long)s->alarm.number);
            s->words.number = number;
        }
        alarm_id(s->alarm.id, s->alarm.rule, &s->alarm.space, s->id, s->id_len);
        alarm_words_keep(&s->alarm, &s->words);
        alarm_sentence(&s->alarm, false, s->alarm.text, sizeof(s->alarm.text));
        alarm_sentence(&s->alarm, true, s->alarm.remedy, sizeof(s->alarm.remedy));
        alarm_take(node, &s->alarm);
    }
}

/* --- tasks ------------------------------------------------------------------------------------------------------------------ */

/* The agency of that name; false: none is known here, it is an office in somebody's house. */
static bool agency_called(const struct node *node, const char *name, struct agency_id *out)
{
    const struct peer *peer = NULL;
    if (!name[0])
        return false;
    if (strcasecmp(name, node->own.identity.name) == 0) {
        *out = node->own.identity.agency;
        return true;
    }
    for (size_t i = 0; i < node->peers.count && !peer; i++)
        if (strcasecmp(name, node->peers.at[i].agency_name) == 0)
            peer = &node->peers.at[i];
    if (peer)
        *out = peer->agency;
    return peer != NULL;
}

/* The word of an agency counts when the task is given or passed on to it; of an office that is no agency by name, anybody's but
 * the owner's, who would write it down. */
static bool may_speak(const struct node *node, struct bytes view, const struct agency_id *owner, const struct agency_id *who)
{
    static const int64_t fields[] = {TASK_ASSIGNEE, TASK_ESCALATE_TO};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        char name[NAME_BYTES_MAX + 1];
        struct agency_id agency;
        text_in(name, sizeof(name), view, fields[i]);
        if (agency_called(node, name, &agency) ? agency_id_eq(&agency, who) : name[0] && !agency_id_eq(owner, who))
            return true;
    }
    return false;
}

bool task_assignee_known(const struct node *node, struct bytes body, char name[NAME_BYTES_MAX + 1])
{
    const struct identity *self = &node->own.identity;
    struct agency_id agency;
    text_in(name, NAME_BYTES_MAX + 1, body, TASK_ASSIGNEE);
    bool known = !name[0] || agency_called(node, name, &agency);
    for (size_t i = 0; i < self->operator_count && !known; i++)
        known = !self->operators[i].revoked && strcasecmp(self->operators[i].name, name) == 0;
    return known;
}

bool task_may_speak(const struct node *node, const struct object_stored *state)
{
    return may_speak(node, state->view, &state->owner, &node->own.identity.agency);
}

bool task_word(struct node *node, const struct space_view *space, const struct object_id *object, const struct object_stored *state,
               struct task_word *out)
{
    static const char *const words[] = {"acknowledged", "started", "done", "declined"};
    struct object_look look;
    *out = (struct task_word){.hlc = 0};
    if (!(state->flags & OBJECT_PROPOSALS) || core_object_look(node->core, space->number, object, &look) != MUSTER_OK)
        return false;
    for (uint32_t i = 0; i < look.state.proposals_count; i++) {
        const struct object_proposal *proposal = &look.state.proposals[i];
        const struct object_record *record = &look.records[proposal->record];
        struct segment_header segment;
        struct record_header header;
        struct record_id id;
        struct bytes body;
        char said[TASK_WORD_BYTES];
        if (proposal->answer != ANSWER_OPEN || record->hlc < out->hlc || !may_speak(node, state->view, &state->owner, &record->by) ||
            core_record_open(node->core, look.held[proposal->record].arrival, look.held[proposal->record].index, &segment, &header, &id,
                             &body) != MUSTER_OK)
            continue;
        text_in(said, sizeof(said), body, FIELD_STATUS);
        if (!is_one_of(said, words, ARRAY_LEN(words)))
            continue;
        memcpy(out->status, said, sizeof(out->status));
        out->by = record->by;
        out->hlc = record->hlc;
    }
    object_look_free(&look);
    return out->status[0] != '\0';
}

static void task_facts(struct node *node, const struct space_view *space, const struct object_id *id, const struct object_stored *state,
                       struct alarm_facts *facts)
{
    static const char *const over[] = {"done", "closed", "declined", "cancelled"}, *const known[] = {"acknowledged", "started"};
    char status[32], passed[NAME_BYTES_MAX + 1];
    struct task_word word;
    struct agency_id agency;
    text_in(status, sizeof(status), state->view, FIELD_STATUS);
    text_in(passed, sizeof(passed), state->view, TASK_ESCALATE_TO);
    facts->over = is_one_of(status, over, ARRAY_LEN(over));
    facts->word = is_one_of(status, known, ARRAY_LEN(known));
    facts->escalated = strcmp(status, "escalated") == 0;
    facts->passed_to_us = agency_called(node, passed, &agency) && agency_id_eq(&agency, &node->own.identity.agency);
    facts->until_ms = time_in(state->view, TASK_DEADLINE);
    facts->word_by_ms = time_in(state->view, TASK_ACKNOWLEDGE_BY);
    if (facts->word_by_ms == ALARM_NEVER)
        facts->word_by_ms = facts->until_ms;
    if (!facts->over && task_word(node, space, id, state, &word)) {
        facts->word = true;
        facts->done = strcmp(word.status, "done") == 0;
    }
}

/* --- objects ------------------------------------------------------------------------------------------------------------------ */

static void resource_facts(const struct object_stored *state, struct alarm_facts *facts, char number[NUMBER_BYTES], char least[NUMBER_BYTES])
{
    static const struct decimal zero = {.negative = false};
    struct decimal quantity, minimum;
    char have[DECIMAL_TEXT_BYTES], want[DECIMAL_TEXT_BYTES], unit[16];
    facts->until_ms = time_in(state->view, RESOURCE_EXPIRES);
    if (!decimal_in(state->view, RESOURCE_QUANTITY, &quantity))
        return; /* not counted: missing is not zero */
    facts->empty = decimal_compare(&quantity, &zero) == 0;
    if (!decimal_in(state->view, RESOURCE_MINIMUM, &minimum) || decimal_compare(&quantity, &minimum) >= 0)
        return;
    facts->below = true;
    (void)decimal_text(have, &quantity);
    (void)decimal_text(want, &minimum);
    text_in(unit, sizeof(unit), state->view, RESOURCE_UNIT);
    snprintf(number, NUMBER_BYTES, "%s", have);
    snprintf(least, NUMBER_BYTES, "%s%s%s", want, unit[0] ? " " : "", unit);
}

static bool state_is(const struct object_stored *state, const char *word)
{
    char status[32];
    text_in(status, sizeof(status), state->view, FIELD_STATUS);
    return strcmp(status, word) == 0;
}

/* False: no rule is about that kind. */
static bool object_facts(struct node *node, const struct space_view *space, const struct object_id *id, const struct object_stored *state,
                         struct alarm_facts *facts, char number[NUMBER_BYTES], char least[NUMBER_BYTES])
{
    static const char *const not_asked[] = {"draft", "fulfilled", "closed", "rejected", "cancelled"};
    char status[32];
    switch (state->kind) {
    case KIND_RESOURCE:
        *facts = (struct alarm_facts){.subject = ALARM_OF_RESOURCE};
        resource_facts(state, facts, number, least);
        return true;
    case KIND_MANDATE:
        *facts = (struct alarm_facts){.subject = ALARM_OF_MANDATE};
        facts->over = !state_is(state, "in-force");
        facts->until_ms = time_in(state->view, MANDATE_EXPIRES);
        return true;
    case KIND_AGREEMENT:
        *facts = (struct alarm_facts){.subject = ALARM_OF_AGREEMENT};
        facts->over = state_is(state, "ended");
        facts->until_ms = time_in(state->view, AGREEMENT_VALID_TO);
        return true;
    case KIND_REQUEST:
        *facts = (struct alarm_facts){.subject = ALARM_OF_REQUEST};
        text_in(status, sizeof(status), state->view, FIELD_STATUS);
        facts->over = is_one_of(status, not_asked, ARRAY_LEN(not_asked));
        facts->until_ms = time_in(state->view, REQUEST_NEEDED_BY);
        return true;
    case KIND_TASK:
        *facts = (struct alarm_facts){.subject = ALARM_OF_TASK};
        task_facts(node, space, id, state, facts);
        return true;
    default:
        return false;
    }
}

static void name_object(struct node *node, const struct space_view *space, struct subject *s, const struct object_id *id,
                        const struct object_stored *state)
{
    s->alarm.has_object = true;
    s->alarm.object = *id;
    s->alarm.kind = state->kind;
    s->alarm.agency = state->owner;
    s->alarm.theirs = !agency_id_eq(&state->owner, &node->own.identity.agency);
    short_id(s->alarm.short_id, state->kind, id, space->objects);
    s->words.id = s->alarm.short_id;
}

static void look_at_promises(struct node *node, const struct space_view *space, struct subject *s, const struct object_id *id)
{
    struct alarm_facts facts = {.subject = ALARM_OF_PROMISES};
    struct quantity_view view;
    if (core_quantity(node->core, space->number, id, &view) != MUSTER_OK)
        return;
    facts.voids = view.sums.voids;
    facts.lost = view.sums.lost;
    facts.at_risk = view.sums.at_risk;
    quantity_view_free(&view);
    take(node, s, &facts);
}

/* --- sources that have changed --------------------------------------------------------------------------------------------------- */

static enum alarm_source what_became(const struct object_stored *state)
{
    return state->erased_mask                  ? ALARM_SOURCE_ERASED
           : state->flags & OBJECT_RETRACTED  ? ALARM_SOURCE_RETRACTED
           : state->flags & OBJECT_SUPERSEDED ? ALARM_SOURCE_SUPERSEDED
                                              : ALARM_SOURCE_STANDS;
}

/* Does the view name that object, other than as what it takes the place of? */
static bool rests_on(const struct object_stored *state, const struct object_id *target)
{
    static const char *const after[] = {"replaces", "revokes", "duplicates"};
    const struct kind *kind = kind_by_number(state->kind);
    for (size_t i = 0; kind && i < kind->count; i++) {
        struct pack_value value;
        struct link_walk walk;
        struct bytes role, named;
        if (!pack_get(state->view, kind->fields[i].number, &value))
            continue;
        link_walk_start(&walk, &kind->fields[i], &value);
        while (link_walk_next(&walk, &role, &named)) {
            char word[24];
            snprintf(word, sizeof(word), "%.*s", (int)(role.len < 23 ? role.len : 23), role.len ? (const char *)role.at : "");
            if (memcmp(named.at, target->b, OBJECT_ID_BYTES) == 0 && !is_one_of(word, after, ARRAY_LEN(after)))
                return true;
        }
    }
    return false;
}

struct sources {
    struct object_id at[ALARM_SOURCES_MAX];
    size_t count;
};

static bool take_source(void *user, struct bytes key, struct bytes value)
{
    struct sources *s = user;
    (void)value;
    if (key.len != LINK_KEY_BYTES)
        return true;
    memcpy(s->at[s->count++].b, key.at + LINK_SOURCE_AT, OBJECT_ID_BYTES);
    return s->count < ALARM_SOURCES_MAX;
}

static void look_at_citing(struct node *node, const struct space_view *space, const struct object_id *target,
                           const struct object_stored *changed)
{
    static const char *const became[] = {"", "retracted", "superseded", "erased"};
    const struct storage *storage = store_storage(node->store);
    struct sources sources = {.count = 0};
    struct object_stored state;
    uint8_t key[LINK_SOURCE_AT];
    char short_target[SHORT_ID_BYTES];
    struct alarm_facts facts = {.subject = ALARM_OF_LINK};
    facts.source = what_became(changed);
    short_id(short_target, changed->kind, target, space->objects);
    put_be32(key, space->number);
    memcpy(key + LINK_TARGET_AT, target->b, OBJECT_ID_BYTES);
    if (storage->scan(storage->self, T_LINK, (struct bytes){key, sizeof(key)}, (struct bytes){NULL, 0}, false, take_source, &sources) !=
        MUSTER_OK)
        return;
    for (size_t i = 0; i < sources.count; i++) {
        uint8_t pair[SOURCE_SUBJECT_BYTES];
        char title[TITLE_BYTES];
        struct subject s = subject_in(space);
        if (lookup_state(node, space->number, &sources.at[i], &state) != MUSTER_OK ||
            state.flags & (OBJECT_ORPHAN | OBJECT_RETRACTED | OBJECT_SUPERSEDED) || !rests_on(&state, target))
            continue;
        name_object(node, space, &s, &sources.at[i], &state);
        title_of(title, state.kind, state.view);
        memcpy(pair, sources.at[i].b, OBJECT_ID_BYTES);
        memcpy(pair + OBJECT_ID_BYTES, target->b, OBJECT_ID_BYTES);
        s.id = pair;
        s.id_len = sizeof(pair);
        s.words.what = title;
        s.words.other = short_target;
        s.words.number = became[facts.source];
        take(node, &s, &facts);
    }
}

void alarm_look_object(struct node *node, const struct space_view *space, const struct object_id *id)
{
    struct object_stored state;
    struct alarm_facts facts;
    struct subject s = subject_in(space);
    char title[TITLE_BYTES], other[NAME_BYTES_MAX + 1] = "", when[WHEN_BYTES], number[NUMBER_BYTES] = "", least[NUMBER_BYTES] = "", agency[17];
    if (lookup_state(node, space->number, id, &state) != MUSTER_OK || state.flags & OBJECT_ORPHAN)
        return;
    if (what_became(&state) != ALARM_SOURCE_STANDS)
        look_at_citing(node, space, id, &state);
    if (state.flags & (OBJECT_RETRACTED | OBJECT_SUPERSEDED))
        return;
    if (!object_facts(node, space, id, &state, &facts, number, least))
        return;
    name_object(node, space, &s, id, &state);
    title_of(title, state.kind, state.view);
    s.id = id->b;
    s.id_len = OBJECT_ID_BYTES;
    s.words.what = title;
    s.words.number = number;
    s.words.least = least;
    s.words.when = when_text(when, facts.until_ms);
    if (state.kind == KIND_TASK) {
        text_in(other, sizeof(other), state.view, TASK_ASSIGNEE);
        if (!facts.word)
            s.words.when = when_text(when, facts.word_by_ms);
    }
    s.words.other = other[0] ? other : agency_name(node, &state.owner, agency);
    facts.own = !s.alarm.theirs;
    take(node, &s, &facts);
    if (state.kind == KIND_RESOURCE)
        look_at_promises(node, space, &s, id);
}

/* --- members and logs ---------------------------------------------------------------------------------------------------------------- */

void alarm_look_writing(struct node *node)
{
    struct log_view log;
    uint32_t space;
    for (size_t i = 0; i < node->peers.count; i++)
        node->peers.at[i].written_now = 0;
    for (size_t l = 0; core_log_any(node->core, l, &space, &log); l++) {
        struct peer *peer = log.own ? NULL : peer_of_agency(&node->peers, &log.agency);
        if (peer)
            peer->written_now += log.prefix;
    }
    for (size_t i = 0; i < node->peers.count; i++) {
        struct peer *peer = &node->peers.at[i];
        if (peer->written_known && peer->written_now > peer->written && !peer->up)
            peer->since_ms = node_wall_ms();
        peer->written = peer->written_now;
        peer->written_known = true;
    }
}

static void look_at_members(struct node *node, const struct space_view *space)
{
    uint64_t now_ms = node_wall_ms(), silence_ms = (uint64_t)node->config.alarm_silent_minutes * 60000;
    for (size_t i = 0; i < node->peers.count; i++) {
        const struct peer *peer = &node->peers.at[i];
        const struct control_member *member = peer->own ? NULL : control_member(space->control, &peer->agency);
        uint64_t heard_ms = 0;
        bool again = false;
        if (!member || member->suspended)
            continue;
        for (size_t j = 0; j < node->peers.count; j++) { /* of one agency each node counts, and the first stands for all */
            const struct peer *each = &node->peers.at[j];
            uint64_t seen_ms = each->up ? now_ms : each->since_ms;
            if (!agency_id_eq(&each->agency, &peer->agency))
                continue;
            again |= j < i;
            heard_ms = seen_ms > heard_ms ? seen_ms : heard_ms;
        }
        if (again || now_ms - heard_ms < silence_ms)
            continue;
        struct alarm_facts facts = {.subject = ALARM_OF_MEMBER};
        facts.heard_ms = heard_ms ? (int64_t)heard_ms : ALARM_NEVER;
        facts.silence_ms = (int64_t)silence_ms;
        struct subject s = subject_in(space);
        char when[WHEN_BYTES], name[17], digits[17];
        s.alarm.agency = peer->agency;
        s.id = peer->agency.b;
        s.id_len = HASH_BYTES;
        s.words.what = agency_name(node, &peer->agency, name);
        s.words.id = hex_from(digits, peer->agency.b, 8); /* a command is pasted: no name that others have chosen */
        s.words.when = when_text(when, facts.heard_ms);
        take(node, &s, &facts);
    }
}

static void look_at_logs(struct node *node, const struct space_view *space)
{
    struct log_view log;
    uint32_t number;
    for (size_t i = 0; space->forks && core_log_any(node->core, i, &number, &log); i++) {
        if (number != space->number)
            continue;
        struct alarm_facts facts = {.subject = ALARM_OF_LOG};
        struct subject s = subject_in(space);
        char name[17];
        facts.forked = log.fork_at && log.fork_at > log.settled;
        s.alarm.agency = log.agency;
        s.alarm.theirs = !agency_id_eq(&log.agency, &node->own.identity.agency);
        s.id = log.id.b;
        s.id_len = HASH_BYTES;
        s.words.what = agency_name(node, &log.agency, name);
        take(node, &s, &facts);
    }
}

void alarm_look_space(struct node *node, const struct space_view *space)
{
    if (!space->joined || !control_member(space->control, &node->own.identity.agency))
        return; /* not yet, or not any more: it hears nothing there */
    look_at_members(node, space);
    look_at_logs(node, space);
}

/* --- certificates ----------------------------------------------------------------------------------------------------------------------- */

static void look_at_certificate(struct node *node, const struct sign_public *key, uint64_t expires_ms, const struct agency_id *agency,
                                const char *whose, const char *agency_name, const char *name)
{
    struct alarm_facts facts = {.subject = ALARM_OF_CERTIFICATE};
    struct subject s = subject_in(NULL);
    char when[WHEN_BYTES];
    if (!expires_ms)
        return;
    facts.until_ms = (int64_t)expires_ms;
    s.alarm.agency = *agency;
    s.id = key->b;
    s.id_len = sizeof(key->b);
    s.words.what = name;
    s.words.other = whose;
    s.words.number = agency_name;
    s.words.when = when_text(when, facts.until_ms);
    take(node, &s, &facts);
}

void alarm_look_certificates(struct node *node)
{
    const struct identity *own = &node->own.identity;
    for (size_t i = 0; i < own->node_count; i++)
        if (!own->nodes[i].revoked)
            look_at_certificate(node, &own->nodes[i].keys.sign, own->nodes[i].expires_ms, &own->agency, N_("this agency's node"),
                                own->name, own->nodes[i].name);
    for (size_t i = 0; i < own->operator_count; i++)
        if (!own->operators[i].revoked)
            look_at_certificate(node, &own->operators[i].key, own->operators[i].expires_ms, &own->agency, N_("the operator"),
                                own->name, own->operators[i].name);
    for (size_t i = 0; i < node->peers.count; i++) {
        const struct peer *peer = &node->peers.at[i];
        if (peer->own || peer->revoked)
            continue;
        look_at_certificate(node, &peer->node, peer->expires_ms, &peer->agency, N_("{number}'s node"), peer->agency_name, peer->node_name);
    }
}
