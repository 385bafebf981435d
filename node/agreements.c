#include "node/agreements.h"

#include "base/pack.h"
#include "lang/lang.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "protocol/object/look.h"
#include "protocol/object/op.h"
#include "protocol/trust/epochs.h"

#include <stdlib.h>

const char *held_status_name(enum held_status status)
{
    static const char *const names[] = {[HELD_IN_FORCE] = "in-force", [HELD_WAITS] = "waits-for-signatures",
                                        [HELD_BRANCHES] = "branches", [HELD_ENDED] = "ended", [HELD_UNREADABLE] = "unreadable"};
    return (size_t)status < ARRAY_LEN(names) ? names[status] : "unknown";
}

/* --- one ---------------------------------------------------------------------------------------------------------------------- */

static bool names(const struct record_header *header, enum ref_role role, const void *hash)
{
    for (size_t i = 0; i < header->ref_count; i++)
        if (header->refs[i].role == role && memcmp(header->refs[i].hash.b, hash, HASH_BYTES) == 0)
            return true;
    return false;
}

static void add_signer(struct held_agreement *term, const struct agency_id *who)
{
    for (size_t i = 0; i < term->signed_count; i++)
        if (agency_id_eq(&term->signed_by[i], who))
            return;
    if (agreement_is_party(&term->agreement, who) && term->signed_count < AGREEMENT_PARTIES_MAX)
        term->signed_by[term->signed_count++] = *who;
}

/* Who has signed exactly this content: whose log holds it, and whose signature names it.  What a fork or a limit has put aside
 * counts for nobody. */
static void find_signers(struct node *node, struct held_agreement *term)
{
    struct object_look look;
    if (core_object_look(node->core, term->kept, &term->object, &look) != MUSTER_OK)
        return;
    for (size_t i = 0; i < look.count; i++) {
        const struct object_record *r = &look.records[i];
        if (r->place == PLACE_LIVE && (record_id_eq(&r->id, &term->head) ||
                                       (r->op == OP_SIGN && names(&look.held[i].header, REF_DEP, term->head.b))))
            add_signer(term, &r->by);
    }
    object_look_free(&look);
}

enum muster_error held_read(struct node *node, const struct space_view *kept, const struct object_id *object, struct held_agreement *out)
{
    struct object_stored state;
    *out = (struct held_agreement){.kept = kept->number, .object = *object, .status = HELD_UNREADABLE};
    enum muster_error error = lookup_state(node, kept->number, object, &state);
    if (error)
        return error;
    if (state.kind != KIND_AGREEMENT)
        return MUSTER_EKIND;
    out->view = malloc(state.view.len + 1);
    if (!out->view)
        return MUSTER_EBUSY;
    memcpy(out->view, state.view.at, state.view.len);
    out->owner = state.owner;
    short_id(out->short_id, KIND_AGREEMENT, object, kept->objects);
    bool retracted = state.flags & OBJECT_RETRACTED, one_head = state.head_count == 1;
    if (one_head)
        out->head = state.heads[0];
    bool readable = agreement_read(&out->agreement, (struct bytes){out->view, state.view.len}, NULL) == MUSTER_OK;
    snprintf(out->name, sizeof(out->name), "%.*s", (int)(out->agreement.name.len < 80 ? out->agreement.name.len : 80),
             out->agreement.name.at ? (const char *)out->agreement.name.at : "");
    if (!readable)
        return MUSTER_OK;
    if (one_head)
        find_signers(node, out);
    out->status = retracted || out->agreement.ended ? HELD_ENDED : !one_head ? HELD_BRANCHES
                  : out->signed_count < out->agreement.party_count           ? HELD_WAITS
                                                                             : HELD_IN_FORCE;
    return MUSTER_OK;
}

void held_clear(struct held_agreement *term)
{
    free(term->view);
    *term = (struct held_agreement){.view = NULL};
}

/* --- all ----------------------------------------------------------------------------------------------------------------------- */

struct found {
    struct object_id at[AGREEMENTS_MAX];
    size_t count;
};

static bool take_object(void *user, struct bytes key, struct bytes value)
{
    struct found *f = user;
    (void)value;
    if (key.len == INDEX_KEY_BYTES)
        memcpy(f->at[f->count++].b, key.at + INDEX_OBJECT_AT, OBJECT_ID_BYTES);
    return f->count < AGREEMENTS_MAX;
}

void agreements_load(struct agreements *out, struct node *node, bool binding)
{
    const struct storage *storage = store_storage(node->store);
    struct space_view space;
    *out = (struct agreements){NULL, 0};
    struct found *f = malloc(sizeof(*f));
    for (size_t s = 0; f && core_space_at(node->core, s, &space); s++) {
        uint8_t key[INDEX_KIND_BYTES];
        f->count = 0;
        index_prefix(key, space.number, KIND_AGREEMENT);
        if (storage->scan(storage->self, T_INDEX, (struct bytes){key, sizeof(key)}, (struct bytes){NULL, 0}, false, take_object,
                          f) != MUSTER_OK)
            continue;
        if (f->count && !out->at && !(out->at = calloc(AGREEMENTS_MAX, sizeof(*out->at))))
            break;
        for (size_t i = 0; i < f->count && out->count < AGREEMENTS_MAX; i++) {
            struct held_agreement *term = &out->at[out->count];
            if (held_read(node, &space, &f->at[i], term) == MUSTER_OK &&
                (!binding || (term->status == HELD_IN_FORCE &&
                              agreement_is_party(&term->agreement, &node->own.identity.agency))))
                out->count++;
            else
                held_clear(term);
        }
    }
    free(f);
}

void agreements_free(struct agreements *terms)
{
    for (size_t i = 0; i < terms->count; i++)
        held_clear(&terms->at[i]);
    free(terms->at);
    *terms = (struct agreements){NULL, 0};
}

/* --- judging --------------------------------------------------------------------------------------------------------------------- */

const char *held_title(const struct held_agreement *term, char out[HELD_TITLE_BYTES])
{
    snprintf(out, HELD_TITLE_BYTES, "%s (%s)", term->name, term->short_id);
    return out;
}

enum muster_error agreements_judge(const struct agreements *terms, const struct space_view *space, const struct agreement_subject *subject,
                              const struct held_agreement **by, struct kind_problem *problem)
{
    enum agreement_rule best = AGREEMENT_ENDED;
    *by = NULL;
    for (size_t i = 0; i < terms->count && subject->kind != KIND_AGREEMENT; i++) {
        const struct held_agreement *term = &terms->at[i];
        if (memcmp(term->agreement.space.b, space->id.b, HASH_BYTES) != 0)
            continue;
        enum agreement_rule rule = agreement_judge(&term->agreement, subject);
        if (!*by || rule > best) {
            *by = term;
            best = rule;
        }
    }
    if (!*by || best == AGREEMENT_ALLOWS)
        return MUSTER_OK;
    char title[HELD_TITLE_BYTES];
    return problem_set(problem, MUSTER_EAGREEMENT, NULL, NULL, _("the agreement %s does not let it into %.100s: %s; %s"),
                       held_title(*by, title), space->name, _(agreement_rule_says(best)), _(agreement_rule_remedy(best)));
}

enum muster_error agreements_judge_item(const struct agreements *terms, struct node *node, const struct space_view *space,
                                   const struct write_item *item, const struct held_agreement **by, struct kind_problem *problem)
{
    struct agreement_subject subject = {.kind = item->kind, .view = item->body, .now_ms = (int64_t)node_wall_ms()};
    struct object_stored state;
    uint8_t *merged = NULL;
    *by = NULL;
    bool content = object_op_is_content(item->operation) || item->operation == OP_PROPOSE;
    bool agreement = item->kind == KIND_AGREEMENT && item->mask && content;
    if (!content || !item->mask || (!terms->count && !agreement))
        return MUSTER_OK;
    if (item->operation != OP_CREATE && lookup_state(node, space->number, &item->object, &state) == MUSTER_OK) {
        merged = malloc(OBJECT_STATE_MAX);
        subject.view.at = merged;
        subject.view.len = merged ? object_view_merge(merged, OBJECT_STATE_MAX, state.view, item->body, item->mask) : 0;
        if (!subject.view.len) {
            free(merged);
            return problem_set(problem, MUSTER_ETOOBIG, NULL, NULL, _("the object is too large to be judged by the agreements"));
        }
    }
    struct agreement read;
    enum muster_error error = agreement ? agreement_read(&read, subject.view, problem) : MUSTER_OK;
    if (!error && agreement && !agreement_is_party(&read, &node->own.identity.agency))
        error = problem_set(problem, MUSTER_EBADVALUE, NULL, NULL, _("this agency is no party of the agreement"));
    if (!error)
        error = agreements_judge(terms, space, &subject, by, problem);
    free(merged);
    return error;
}

enum muster_error agreements_route(const struct agreements *terms, struct node *node, const struct agreement_subject *subject,
                              struct space_view *out, const struct held_agreement **by, struct kind_problem *problem)
{
    struct space_view space;
    const struct held_agreement *term;
    struct kind_problem refused = {.error = MUSTER_OK};
    size_t count = 0;
    char first[NAME_BYTES_MAX + 1] = "";
    *by = NULL;
    for (size_t i = 0; core_space_at(node->core, i, &space); i++) {
        if (!space.joined || space.right < RIGHT_WRITE)
            continue;
        struct kind_problem why = {.error = MUSTER_OK};
        enum muster_error error = agreements_judge(terms, &space, subject, &term, &why);
        if (error && (!refused.error || !count))
            refused = why;
        if (error || !term)
            continue;
        if (count++ == 0) {
            snprintf(first, sizeof(first), "%s", space.name);
            *out = space;
            *by = term;
        } else {
            return problem_set(problem, MUSTER_EUSAGE, NULL, NULL,
                               _("agreements let it into %.100s and into %.100s; say which one: --space"), first, space.name);
        }
    }
    if (count == 1)
        return MUSTER_OK;
    return problem_set(problem, MUSTER_EUSAGE, NULL, NULL, _("this node has %zu spaces and no agreement says which one; %s%s"),
                       core_spaces(node->core), refused.error ? problem_text(&refused, refused.error) : _("say it: --space NAME"), "");
}

/* --- requests ---------------------------------------------------------------------------------------------- */

void request_agreement(struct request *request, const struct held_agreement *by)
{
    if (by && !request->agreement)
        request->agreement = json_pack("{s:o, s:s, s:o}", "id", json_hex(by->object.b, OBJECT_ID_BYTES), "short", by->short_id,
                                       "name", json_text(by->name, strlen(by->name)));
}

bool request_agreed(struct request *request, const struct space_id *space_id, const struct write_item *items, size_t count)
{
    struct kind_problem problem = {.error = MUSTER_OK};
    const struct held_agreement *by;
    struct agreements agreements;
    struct space_view space;
    enum muster_error error = MUSTER_OK;
    if (!core_space_by_id(request->node->core, space_id, &space))
        return true; /* the core says so */
    agreements_load(&agreements, request->node, true);
    for (size_t i = 0; i < count && !error; i++) {
        error = agreements_judge_item(&agreements, request->node, &space, &items[i], &by, &problem);
        if (!error)
            request_agreement(request, by);
    }
    agreements_free(&agreements);
    if (error)
        request_refuse(request, error, "%s", problem_text(&problem, error));
    return !error;
}

/* --- onward ------------------------------------------------------------------------------------------------------------------------ */

bool agreements_consent(struct node *node, const struct space_view *space, const struct object_id *object,
                   const struct object_stored *state)
{
    struct object_look look;
    struct record_id head = state->heads[0];
    struct agency_id owner = state->owner;
    bool found = false;
    if (state->head_count != 1 || core_object_look(node->core, space->number, object, &look) != MUSTER_OK)
        return false;
    for (size_t i = 0; i < look.count && !found; i++) {
        const struct record_header *header = &look.held[i].header;
        found = look.records[i].op == OP_SIGN && look.records[i].place == PLACE_LIVE &&
                agency_id_eq(&look.records[i].by, &owner) && names(header, REF_DEP, head.b) &&
                names(header, REF_TO_AGENCY, node->own.identity.agency.b);
    }
    object_look_free(&look);
    return found;
}

bool agreements_readers_have_it(const struct space_view *from, const struct space_view *to)
{
    const struct control_state *state = control_state(to->control);
    size_t count = state ? state->member_count : 0;
    struct agency_id *who = calloc(count + 1, sizeof(*who));
    bool all = who && count;
    for (size_t i = 0; all && i < count; i++)
        who[i] = state->members[i].who; /* copied: the next question may fold control again */
    for (size_t i = 0; all && i < count; i++)
        all = !epoch_reader(to->control, &who[i]) || epoch_reader(from->control, &who[i]);
    free(who);
    return all;
}

/* --- for people --------------------------------------------------------------------------------------------------------------------- */

json_t *held_json(struct node *node, const struct held_agreement *term)
{
    struct space_view space, kept;
    struct agency_id missing[AGREEMENT_PARTIES_MAX];
    const struct agreement *a = &term->agreement;
    json_t *parties = json_array(), *signed_by = json_array(), *lacking = json_array();
    bool known = core_space_by_id(node->core, &a->space, &space) && space.joined;
    bool held = core_space_at(node->core, term->kept, &kept);
    size_t count = agreement_missing(a, term->signed_by, term->signed_count, missing, AGREEMENT_PARTIES_MAX);
    for (size_t i = 0; i < a->party_count; i++)
        json_array_append_new(parties, json_agency(node, &a->parties[i]));
    for (size_t i = 0; i < term->signed_count; i++)
        json_array_append_new(signed_by, json_agency(node, &term->signed_by[i]));
    for (size_t i = 0; i < count && i < AGREEMENT_PARTIES_MAX; i++)
        json_array_append_new(lacking, json_agency(node, &missing[i]));
    return json_pack("{s:o, s:s, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:o}", "id",
                     json_hex(term->object.b, OBJECT_ID_BYTES), "short", term->short_id, "name",
                     json_text(term->name, strlen(term->name)), "kept", held ? json_text(kept.name, strlen(kept.name)) : json_null(),
                     "space", "id", json_hex(a->space.b, HASH_BYTES), "name",
                     known ? json_text(space.name, strlen(space.name)) : json_null(), "owner", json_agency(node, &term->owner),
                     "parties", parties, "signed", signed_by, "missing", lacking, "status", held_status_name(term->status),
                     "in_force", term->status == HELD_IN_FORCE, "head", json_hex(term->head.b, HASH_BYTES), "fields",
                     fields_to_json(kind_by_number(KIND_AGREEMENT), a->view, false));
}
