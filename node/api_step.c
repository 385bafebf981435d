/* api_step.c — one step of an object: proposed, answered, offered, taken, refused, resolved, retracted, superseded.
 *
 * The step is judged here for the sentence that a person reads, and again by the core when it is written (steps.h). */
#include "base/pack.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/circles.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/record_json.h"
#include "node/side.h"
#include "protocol/kinds/areas.h"
#include "protocol/object/steps.h"

#include <stdarg.h>
#include <stdlib.h>

enum { BODY_SCRATCH = BODY_BYTES_MAX + 64 * 1024, RECORD_DIGITS_MIN = 4, LEGAL_BYTES = 200, ITEMS = 2, REFERENCE_BYTES = 1024 };

/* What a step brings along. */
enum step_flag {
    STEP_FIELDS = 1, /* fields of the client */
    STEP_ABOUT = 2,  /* `record` may name what it answers */
    STEP_TO = 4,     /* `to` */
    STEP_BY = 8      /* `by`, the successor */
};

static const struct step_row {
    const char *name, *verb; /* in the API; what a person types */
    uint8_t op;
    uint8_t role; /* of the reference to what it answers */
    unsigned flags;
} steps[] = {
    {"update", "update", OP_UPDATE, 0, STEP_FIELDS},
    {"propose", "propose", OP_PROPOSE, 0, STEP_FIELDS},
    {"accept", "accept", OP_ACCEPT, REF_PROPOSAL, STEP_ABOUT},
    {"decline", "decline", OP_DECLINE, REF_PROPOSAL, STEP_ABOUT},
    {"offer", "transfer", OP_OFFER, 0, STEP_TO},
    {"take", "take", OP_TAKE, REF_OFFER, STEP_ABOUT},
    {"refuse", "decline", OP_REFUSE, REF_OFFER, STEP_ABOUT},
    {"resolve", "resolve", OP_RESOLVE, 0, STEP_FIELDS},
    {"retract", "retract", OP_RETRACT, 0, 0},
    {"supersede", "supersede", OP_SUPERSEDE, 0, STEP_BY},
};

struct stepping {
    struct request *request;
    struct space_view space;
    struct object_id object;
    char name[SHORT_ID_BYTES];
    struct object_look look;
    const struct step_row *row;
    const struct kind *kind; /* NULL: this node has no table of it */
    struct object_verdict verdict;
    struct write_item items[ITEMS];
    struct write_result results[ITEMS];
    size_t count;
    struct record_ref refs[2];
    struct record_id seen[OBJECT_HEADS_MAX];
    uint8_t *bodies[ITEMS];
    struct object_id successor;
    bool has_successor;
};

static void stepping_free(void *state)
{
    struct stepping *s = state;
    if (!s)
        return;
    object_look_free(&s->look);
    for (size_t i = 0; i < ITEMS; i++)
        free(s->bodies[i]);
    free(s);
}

/* --- what is said of an illegal step ------------------------------------------------------------------------------------------ */

/* "propose, take, refuse": what this agency may do now, as verbs; "nothing". */
static void legal_text(char out[LEGAL_BYTES], uint32_t legal)
{
    size_t len = 0;
    snprintf(out, LEGAL_BYTES, "nothing");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (legal >> steps[i].op & 1)
            len += (size_t)snprintf(out + len, LEGAL_BYTES - len, "%s%s", len ? ", " : "", steps[i].verb);
}

static void __attribute__((format(printf, 4, 5)))
refuse_step(struct stepping *s, enum muster_error error, const char *todo, const char *format, ...)
{
    char legal[LEGAL_BYTES], what[256];
    struct trouble trouble;
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof(what), format, list);
    va_end(list);
    legal_text(legal, s->verdict.legal);
    (void)trouble_set(&trouble, error, "%s", what);
    trouble_why(&trouble, "your agency can now: %s", legal);
    if (todo)
        trouble_do(&trouble, "%s", todo);
    else
        trouble_do(&trouble, "muster show %.30s", s->name);
    request_refuse_trouble(s->request, &trouble);
}

/* A late record that sets no field: what it is, and how whoever agrees says so himself. */
static void refuse_no_values(struct stepping *s)
{
    const struct object_record *late = &s->look.records[s->verdict.record];
    const struct object_held *held = &s->look.held[s->verdict.record];
    char by_id[17], what[2 * HASH_BYTES + 1], to[2 * HASH_BYTES + 1] = "NEW", todo[160];
    const struct hash *answered = object_ref(late, REF_PROPOSAL);
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body;
    struct object_id by;
    hex_from(what, late->id.b, HASH_BYTES);
    what[8] = '\0';
    if (late->op == OP_DECLINE && answered) {
        hex_from(to, answered->b, HASH_BYTES);
        to[8] = '\0';
        snprintf(todo, sizeof(todo), _("if you agree, say it yourself: muster decline %.30s %s --reason TEXT"), s->name, to);
    } else if (late->op == OP_RETRACT) {
        snprintf(todo, sizeof(todo), _("if you agree, say it yourself: muster retract %.30s --reason TEXT"), s->name);
    } else if (late->op == OP_SUPERSEDE) {
        if (core_record_open(s->request->node->core, held->arrival, held->index, &segment, &header, &id, &body) == MUSTER_OK &&
            pack_get_fixed(body, BODY_SUCCESSOR, by.b, OBJECT_ID_BYTES))
            hex_from(to, by.b, OBJECT_ID_BYTES);
        snprintf(todo, sizeof(todo), _("if you agree, say it yourself: muster supersede %.30s --by %s"), s->name, to);
    } else {
        snprintf(todo, sizeof(todo), "muster show %.30s", s->name);
    }
    refuse_step(s, s->verdict.error, todo,
                _("%s of %s is a late %s of %.100s: it sets no field, and values of fields are all that an accept takes over"), what,
                s->name, op_name(late->op), agency_name(s->request->node, &late->by, by_id));
}

static void refuse_verdict(struct stepping *s)
{
    char who_id[17], about[2 * HASH_BYTES + 1], todo[160];
    const char *who = agency_name(s->request->node, &s->verdict.who, who_id), *verb = s->row->verb;
    enum muster_error error = s->verdict.error;
    hex_from(about, s->verdict.about.b, HASH_BYTES);
    about[8] = '\0';
    snprintf(todo, sizeof(todo), _("muster show %.30s lists them: muster %s %.30s RECORD"), s->name, verb, s->name);
    switch (s->verdict.why) {
    case STEP_NOT_OWNER:
        snprintf(todo, sizeof(todo), _("muster propose %.30s FIELD=VALUE sends its owner a proposal"), s->name);
        refuse_step(s, error, todo, _("only %.100s, which owns %s, may %s it"), who, s->name, verb);
        return;
    case STEP_ERASED:
        refuse_step(s, error, NULL, _("%s was erased: there is nothing to %s"), s->name, verb);
        return;
    case STEP_NO_OBJECT:
        refuse_step(s, error, _("wait until it has arrived"), _("the record that begins %s has not arrived yet"), s->name);
        return;
    case STEP_TO_SELF:
        refuse_step(s, error, NULL, _("your agency owns %s already"), s->name);
        return;
    case STEP_OFFERED:
        refuse_step(s, error, NULL, _("%s is offered to %.100s already, which may take or refuse it; an offer is not withdrawn"), s->name,
                    who);
        return;
    case STEP_NO_OFFER:
        refuse_step(s, error, NULL, _("%s is not offered to anybody; its owner %.100s would have to"), s->name, who);
        return;
    case STEP_NOT_NAMED:
        refuse_step(s, error, NULL, _("%s is offered to %.100s, which alone may %s it"), s->name, who, verb);
        return;
    case STEP_NO_PROPOSAL:
        refuse_step(s, error, NULL, _("nothing is proposed for %s that waits for an answer"), s->name);
        return;
    case STEP_SEVERAL:
        refuse_step(s, error, todo, _("several of %s wait for an answer; say which one"), s->name);
        return;
    case STEP_ANSWERED:
        refuse_step(s, error, NULL, _("%s of %s has had its answer, or its term is over"), about, s->name);
        return;
    case STEP_NO_VALUES:
        refuse_no_values(s);
        return;
    case STEP_ONE_BRANCH:
        refuse_step(s, error, NULL, _("%s has one branch, nothing is to be resolved"), s->name);
        return;
    default:
        refuse_step(s, error, todo, _("that record of %s is nothing to %s"), s->name, verb);
    }
}

/* --- what the client names ----------------------------------------------------------------------------------------------------- */

/* A record of the object by its first digits; refuses and gives false. */
static bool record_named(struct stepping *s, const char *text, struct record_id *out)
{
    char id[2 * HASH_BYTES + 1];
    size_t found = 0, len = strlen(text);
    for (size_t i = 0; len >= RECORD_DIGITS_MIN && i < s->look.count; i++)
        if (strncmp(hex_from(id, s->look.records[i].id.b, HASH_BYTES), text, len) == 0) {
            *out = s->look.records[i].id;
            found++;
        }
    if (found != 1)
        request_refuse(s->request, found ? MUSTER_EAMBIGUOUS : MUSTER_ENOTFOUND,
                       found ? "more than one record of %s begins with \"%.64s\"" : "%s has no record \"%.64s\": give its first digits",
                       s->name, text);
    return found == 1;
}

static bool take_seen(struct stepping *s)
{
    const json_t *seen = json_object_get(s->request->json, "seen");
    struct write_item *item = &s->items[0];
    if (!seen || json_is_null(seen))
        return true;
    if (!json_is_array(seen) || !json_array_size(seen) || json_array_size(seen) > OBJECT_HEADS_MAX) {
        request_refuse(s->request, MUSTER_EUSAGE, "\"seen\" must be the list \"heads\" of the object as you saw it");
        return false;
    }
    for (size_t i = 0; i < json_array_size(seen); i++) {
        const char *text = json_string_value(json_array_get(seen, i));
        if (!text || !hex_to(s->seen[i].b, HASH_BYTES, text)) {
            request_refuse(s->request, MUSTER_EUSAGE, "\"seen\" must hold records of 64 hex digits");
            return false;
        }
    }
    item->seen = s->seen;
    item->seen_count = json_array_size(seen);
    return true;
}

static bool find_object(void *user, const char *text, struct object_id *out)
{
    struct stepping *s = user;
    return lookup_object(s->request->node, &s->space, text, out) == MUSTER_OK;
}

/* --- bodies ----------------------------------------------------------------------------------------------------------------------- */

/* The values of a body by field number, copied as they come. */
struct parts {
    struct bytes at[OBJECT_FIELDS]; /* in `room` */
    uint8_t *room;
    size_t used;
};

static bool part_put(struct parts *parts, unsigned field, struct bytes value)
{
    if (field >= OBJECT_FIELDS || value.len > BODY_SCRATCH - parts->used)
        return false;
    memcpy(parts->room + parts->used, value.at, value.len);
    parts->at[field] = (struct bytes){parts->room + parts->used, value.len};
    parts->used += value.len;
    return true;
}

/* The fields of a body that `mask` names, where no value stands yet. */
static bool parts_of(struct parts *parts, struct bytes body, uint64_t mask)
{
    for (unsigned f = 0; f < OBJECT_FIELDS; f++) {
        struct pack_value value;
        if ((mask >> f & 1) && !parts->at[f].at && pack_get(body, f, &value) && !part_put(parts, f, value.whole))
            return false;
    }
    return true;
}

static bool parts_of_record(struct stepping *s, struct parts *parts, uint32_t record, uint64_t mask)
{
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body;
    const struct object_held *held = &s->look.held[record];
    enum muster_error error = core_record_open(s->request->node->core, held->arrival, held->index, &segment, &header, &id, &body);
    if (error)
        request_refuse(s->request, error, "the record that would be taken over cannot be opened: %s", _(error_what(error)));
    else if (!parts_of(parts, body, mask))
        request_refuse(s->request, MUSTER_ETOOBIG, "the values are more than %d bytes together", BODY_BYTES_MAX);
    return !request_answered(s->request);
}

/* The fields that the client gave; refuses and gives false. */
static bool given_parts(struct stepping *s, struct parts *parts, struct writer *w)
{
    const json_t *fields = json_object_get(s->request->json, "fields");
    struct kind_problem problem = {.error = MUSTER_OK};
    if (!(s->row->flags & STEP_FIELDS) || !fields || json_is_null(fields))
        return true;
    if (!json_is_object(fields) || !s->kind) {
        request_refuse(s->request, s->kind ? MUSTER_EUSAGE : MUSTER_EKIND,
                       s->kind ? "\"fields\" must be an object" : "this node has no table of the object's kind");
        return false;
    }
    enum muster_error error = fields_from_json(s->kind, fields, find_object, s, w, &problem);
    if (error)
        request_refuse(s->request, error, "%s", problem_text(&problem, error));
    else if (!parts_of(parts, (struct bytes){w->start, writer_len(w)}, UINT64_MAX))
        request_refuse(s->request, MUSTER_ETOOBIG, "the fields are more than %d bytes together", BODY_BYTES_MAX);
    return !request_answered(s->request);
}

/* What a resolve leaves open is taken from the branch that `take` names, or as it is shown. */
static bool resolved_parts(struct stepping *s, struct parts *parts)
{
    const char *take = json_string_value(json_object_get(s->request->json, "take"));
    const struct object_state *state = &s->look.state;
    struct record_id head = {{0}};
    uint64_t branch = 0;
    bool shown = take && strcmp(take, "shown") == 0;
    if (take && !shown && !record_named(s, take, &head))
        return false;
    for (uint32_t h = 0; state->conflict && h < state->heads.count && h < OBJECT_HEADS_MAX; h++)
        if (record_id_eq(&s->look.records[state->heads.at[h]].id, &head))
            branch = UINT64_C(1) << h;
    if (take && !shown && !branch) {
        request_refuse(s->request, MUSTER_EUSAGE, "\"take\" must be \"shown\" or the record at the head of a branch");
        return false;
    }
    for (unsigned f = 0; f < OBJECT_FIELDS; f++) {
        const struct object_field *field = &state->fields[f];
        if (field->count < 2 || parts->at[f].at)
            continue;
        uint32_t from = shown ? field->provisional.record : OBJECT_NONE;
        for (uint32_t i = 0; branch && i < field->count; i++)
            if (state->branches[field->setters[i].record] & branch)
                from = field->setters[i].record;
        if (from == OBJECT_NONE && branch) /* that branch has not set it: it stays as it is shown */
            from = field->provisional.record;
        if (from == OBJECT_NONE) {
            const struct field *row = s->kind ? field_by_number(s->kind, f) : NULL;
            refuse_step(s, MUSTER_EMISSING, _("give the field a value, or take a branch: --branch N, or --shown"),
                        _("%s has several values of %s: which one holds?"), s->name, row ? row->name : _("a field"));
            return false;
        }
        if (!parts_of_record(s, parts, from, UINT64_C(1) << f))
            return false;
    }
    return true;
}

/* Reads the reason; refuses and gives false. */
static bool take_reason(struct stepping *s, const char **reason)
{
    bool bad = false;
    *reason = request_text(s->request, "reason", BODY_REASON_BYTES, &bad);
    if (!bad && (s->row->op == OP_RETRACT || s->row->op == OP_DECLINE) && (!*reason || !(*reason)[0])) {
        request_refuse(s->request, MUSTER_EMISSING, "say why: who reads it has to know whether to act on it (\"reason\")");
        return false;
    }
    return !bad;
}

static bool finish_body(struct stepping *s, const struct parts *parts, const char *reason)
{
    struct write_item *item = &s->items[0];
    uint32_t pairs = (reason && reason[0] ? 1 : 0) + (s->has_successor ? 1 : 0);
    struct writer w = writer_over(s->bodies[0], BODY_SCRATCH);
    item->mask = 0;
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        if (parts->at[f].at) {
            pairs++;
            item->mask |= UINT64_C(1) << f;
        }
    pack_map(&w, pairs);
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        if (parts->at[f].at) {
            pack_uint(&w, f);
            writer_put(&w, parts->at[f].at, parts->at[f].len);
        }
    if (reason && reason[0]) {
        pack_uint(&w, BODY_REASON);
        pack_text(&w, reason, strlen(reason));
    }
    if (s->has_successor) {
        pack_uint(&w, BODY_SUCCESSOR);
        pack_bytes(&w, s->successor.b, OBJECT_ID_BYTES);
    }
    item->body = (struct bytes){s->bodies[0], writer_len(&w)};
    if (w.failed || item->body.len > BODY_BYTES_MAX)
        request_refuse(s->request, MUSTER_ETOOBIG, "the record is more than %d bytes", BODY_BYTES_MAX);
    return !request_answered(s->request);
}

/* A node writes only what its own tables allow, also when it takes over what another one proposed (L9). */
static bool check_body(struct stepping *s, const struct parts *parts)
{
    struct kind_problem problem = {.error = MUSTER_OK};
    struct object_stored state = {.view = {NULL, 0}};
    const struct kind_step *step;
    uint8_t *copy = s->items[0].mask ? malloc(BODY_SCRATCH) : NULL;
    uint64_t mask;
    if (!copy)
        return !s->items[0].mask;
    struct writer w = writer_over(copy, BODY_SCRATCH);
    pack_map(&w, (uint32_t)__builtin_popcountll(s->items[0].mask));
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        if (parts->at[f].at) {
            pack_uint(&w, f);
            writer_put(&w, parts->at[f].at, parts->at[f].len);
        }
    struct bytes fields = {copy, writer_len(&w)};
    enum muster_error error = s->kind ? kind_check(s->kind, fields, false, &mask, &problem) : MUSTER_EKIND;
    if (!error)
        error = areas_check(s->kind, fields, &problem);
    if (!error)
        error = circle_refuse(s->request->node, &s->space, &s->object, s->kind, fields, NULL, &problem);
    if (!error && s->look.state.joint && s->row->op != OP_PROPOSE)
        error = side_check(s->request->node, s->space.number, &s->object, s->kind, fields, &step, &problem);
    else if (!error && lookup_state(s->request->node, s->space.number, &s->object, &state) == MUSTER_OK)
        error = kind_step_check(s->kind, state.view, fields, NULL, &problem);
    if (error)
        request_refuse(s->request, error, "%s%s", s->row->op == OP_ACCEPT ? _("it cannot be accepted as it is: ") : "",
                       problem_text(&problem, error));
    free(copy);
    return !error;
}

static bool make_body(struct stepping *s)
{
    struct parts parts = {.room = malloc(BODY_SCRATCH)};
    uint8_t *given = malloc(BODY_SCRATCH);
    const char *reason;
    s->bodies[0] = malloc(BODY_SCRATCH);
    bool ok = parts.room && given && s->bodies[0];
    if (!ok)
        request_refuse(s->request, MUSTER_EBUSY, "there is no memory for the step");
    struct writer w = writer_over(given, ok ? BODY_SCRATCH : 0);
    ok = ok && take_reason(s, &reason) && given_parts(s, &parts, &w);
    if (ok && s->row->op == OP_ACCEPT)
        ok = parts_of_record(s, &parts, s->verdict.record, s->look.records[s->verdict.record].mask);
    if (ok && s->row->op == OP_RESOLVE)
        ok = resolved_parts(s, &parts);
    ok = ok && finish_body(s, &parts, reason);
    if (ok && (s->row->op == OP_PROPOSE || s->row->op == OP_UPDATE) && !s->items[0].mask) {
        request_refuse(s->request, MUSTER_EUSAGE, "no field is changed by that");
        ok = false;
    }
    ok = ok && check_body(s, &parts);
    free(given);
    free(parts.room);
    return ok;
}

/* --- a supersede names its successor there too ---------------------------------------------------------------------------------- */

/* "sender,identifier,sent" of a message as CAP 1.2 names it among the references of a later one (3.2.1); false when the object
 * was no message. */
static bool reference_text(const struct object_stored *state, char out[REFERENCE_BYTES])
{
    static const char *const parts[] = {"sender", "identifier", "sent"};
    const struct kind *kind = kind_by_number(state->kind);
    const struct field *whole = kind ? field_by_name(kind, "identifier") : NULL;
    struct pack_value text;
    size_t len = 0;
    if (whole && !field_by_name(kind, "sender")) { /* releases and warnings keep the three in one */
        size_t commas = 0;
        if (!pack_get(state->view, whole->number, &text) || text.type != PACK_TEXT || text.u.run.len >= REFERENCE_BYTES)
            return false;
        for (size_t i = 0; i < text.u.run.len; i++)
            commas += text.u.run.at[i] == ',';
        memcpy(out, text.u.run.at, text.u.run.len);
        out[text.u.run.len] = '\0';
        return commas == 2 && !strchr(out, ' ');
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct field *field = kind ? field_by_name(kind, parts[i]) : NULL;
        struct pack_value value;
        if (!field || !pack_get(state->view, field->number, &value) || value.type != PACK_TEXT || !value.u.run.len ||
            memchr(value.u.run.at, ',', value.u.run.len) || memchr(value.u.run.at, ' ', value.u.run.len))
            return false;
        int n = snprintf(out + len, REFERENCE_BYTES - len, "%s%.*s", i ? "," : "", (int)value.u.run.len, (const char *)value.u.run.at);
        if (n < 0 || (size_t)n >= REFERENCE_BYTES - len)
            return false;
        len += (size_t)n;
    }
    return true;
}

/* The successor's references with that one added: an update of it, if it is there to be made. */
static bool add_reference(struct stepping *s, const struct field *field, const struct object_stored *state, const char *text)
{
    struct pack_value value, each;
    struct write_item *item = &s->items[1];
    struct writer w;
    uint32_t count = 0;
    s->bodies[1] = malloc(BODY_SCRATCH);
    if (!s->bodies[1])
        return false;
    bool has = pack_get(state->view, field->number, &value) && value.type == PACK_ARRAY;
    struct cursor c = cursor_over(has ? value.whole.at : NULL, has ? value.whole.len : 0);
    for (has = has && pack_next(&c, &each, true); has && pack_next(&c, &each, false); count++)
        if (each.type == PACK_TEXT && each.u.run.len == strlen(text) && memcmp(each.u.run.at, text, each.u.run.len) == 0)
            return false; /* it is named already */
    if (count >= field->max_items)
        return false;
    w = writer_over(s->bodies[1], BODY_SCRATCH);
    pack_map(&w, 1);
    pack_uint(&w, field->number);
    pack_array(&w, count + 1);
    if (count) {
        c = cursor_over(value.whole.at, value.whole.len);
        for (has = pack_next(&c, &each, true); has && pack_next(&c, &each, false);)
            writer_put(&w, each.whole.at, each.whole.len);
    }
    pack_text(&w, text, strlen(text));
    *item = (struct write_item){.operation = OP_UPDATE, .kind = state->kind, .schema = s->items[0].schema, .object = s->successor,
                                .mask = UINT64_C(1) << field->number, .body = {s->bodies[1], writer_len(&w)}};
    return !w.failed;
}

/* Has the successor the object's place already, or the object that of the successor?  Then it is refused. */
static bool succession_fits(struct stepping *s)
{
    char way[NAMES_BYTES], name[SHORT_ID_BYTES];
    struct object_stored state;
    enum muster_error error = succession_check(s->request->node, &s->space, &s->object, &s->successor, way);
    if (!error)
        return true;
    short_id(name, lookup_state(s->request->node, s->space.number, &s->successor, &state) == MUSTER_OK ? state.kind : 0, &s->successor,
             s->space.objects);
    if (error == MUSTER_EDUPLICATE)
        refuse_step(s, error, NULL, _("%s is superseded by %s already"), s->name, name);
    else
        refuse_step(s, error, NULL, _("superseded would lead back to where it began: %s"), way);
    return false;
}

static bool take_successor(struct stepping *s)
{
    struct node *node = s->request->node;
    bool bad = false;
    const char *text = request_text(s->request, "by", 64, &bad);
    struct object_stored state;
    char reference[REFERENCE_BYTES];
    if (bad)
        return false;
    enum muster_error error = text ? lookup_object(node, &s->space, text, &s->successor) : MUSTER_EUSAGE;
    if (!error)
        error = lookup_state(node, s->space.number, &s->successor, &state);
    if (error || object_id_eq(&s->successor, &s->object)) {
        request_refuse(s->request, error ? error : MUSTER_EUSAGE, error ? "\"by\" must name the object that takes its place: \"%.60s\" is none"
                                                                        : "%.60s cannot take its own place",
                       text ? text : "");
        return false;
    }
    s->has_successor = true;
    if (!succession_fits(s))
        return false;
    if (lookup_state(node, s->space.number, &s->successor, &state) != MUSTER_OK)
        return true; /* others were read since; nothing is added to its references */
    struct object_stored former;
    bool mine = agency_id_eq(&state.owner, &node->own.identity.agency) || (state.flags & OBJECT_JOINT);
    const struct kind *kind = kind_by_number(state.kind);
    const struct field *field = kind && mine ? field_by_name(kind, "references") : NULL;
    if (field && field->type == FIELD_TEXTS && lookup_state(node, s->space.number, &s->object, &former) == MUSTER_OK &&
        reference_text(&former, reference) && lookup_state(node, s->space.number, &s->successor, &state) == MUSTER_OK &&
        add_reference(s, field, &state, reference))
        s->count = 2;
    return true;
}

/* --- the whole ------------------------------------------------------------------------------------------------------------------------ */

static void stepped(struct request *request)
{
    struct stepping *s = request->state;
    enum muster_error error = request->error ? request->error : s->results[0].error;
    if (error == MUSTER_ECHANGED)
        refuse_step(s, error, NULL, _("%s was changed since you looked at it"), s->name);
    else if (error)
        request_refuse(request, error, "nothing was stored: %s", _(error_what(error)));
    if (error)
        return;
    json_t *json = json_pack("{s:s, s:o, s:o, s:s, s:s, s:[]}", "op", s->row->name, "object",
                             json_hex(s->object.b, OBJECT_ID_BYTES), "record", json_hex(s->results[0].record.b, HASH_BYTES), "short",
                             s->name, "state", "stored", "also");
    if (!record_id_none(&s->verdict.about) && s->verdict.record != OBJECT_NONE)
        json_object_set_new(json, "about", json_hex(s->verdict.about.b, HASH_BYTES));
    if (s->count == 2 && !s->results[1].error)
        json_array_append_new(json_object_get(json, "also"),
                              json_pack("{s:s, s:o, s:o}", "op", "update", "object",
                                        object_named_json(request->node, &s->space, &s->successor), "record",
                                        json_hex(s->results[1].record.b, HASH_BYTES)));
    request_answer(request, json);
}

/* Whom `to` names: a member that may write. */
static bool take_to(struct stepping *s, struct agency_id *to)
{
    bool bad = false;
    const char *name = request_text(s->request, "to", NAME_BYTES_MAX, &bad);
    if (bad || !request_member(s->request, &s->space, "to", name, to))
        return false;
    const struct control_member *member = control_member(s->space.control, to);
    if (!member || member->right < RIGHT_WRITE || member->suspended) {
        request_refuse(s->request, MUSTER_ENORIGHT, "%.100s may not write in %s: it could not answer", name, s->space.name);
        return false;
    }
    return true;
}

static bool judge(struct stepping *s)
{
    struct object_step step = {.op = s->row->op, .by = s->request->node->own.identity.agency};
    bool bad = false;
    const char *record = s->row->flags & STEP_ABOUT ? request_text(s->request, "record", 2 * HASH_BYTES, &bad) : NULL;
    if (bad || (record && record[0] && !record_named(s, record, &step.about)) || (s->row->flags & STEP_TO && !take_to(s, &step.to)))
        return false;
    object_step_judge(&s->verdict, &s->look, &step);
    if (s->verdict.error) {
        refuse_verdict(s);
        return false;
    }
    struct write_item *item = &s->items[0];
    if (s->row->role) {
        s->refs[0].role = s->row->role;
        memcpy(s->refs[0].hash.b, s->verdict.about.b, HASH_BYTES);
        item->ref_count = 1;
    }
    if (s->row->flags & STEP_TO) {
        s->refs[0].role = REF_TO_AGENCY;
        memcpy(s->refs[0].hash.b, step.to.b, HASH_BYTES);
        item->ref_count = 1;
    }
    item->refs = s->refs;
    return true;
}

void api_step(struct request *request)
{
    struct stepping *s = calloc(1, sizeof(*s));
    struct object_stored state;
    bool bad = false;
    if (!s)
        return;
    request->state = s;
    request->state_free = stepping_free;
    s->request = request;
    s->count = 1;
    const char *op = request_text(request, "op", 32, &bad);
    if (bad || !request_object(request, &s->space, &s->object))
        return;
    for (size_t i = 0; op && i < ARRAY_LEN(steps); i++)
        if (strcmp(steps[i].name, op) == 0)
            s->row = &steps[i];
    if (!s->row) {
        request_refuse(request, MUSTER_EUSAGE,
                       "\"op\" must be update, propose, accept, decline, offer, take, refuse, resolve, retract or supersede");
        return;
    }
    enum muster_error error = lookup_state(request->node, s->space.number, &s->object, &state);
    if (!error)
        error = core_object_look(request->node->core, s->space.number, &s->object, &s->look);
    if (error) {
        request_refuse(request, error, "%.60s: %s", request->argument[0], _(error_what(error)));
        return;
    }
    short_id(s->name, state.kind, &s->object, s->space.objects);
    s->kind = kind_by_number(state.kind);
    s->request->kind = s->kind ? s->kind->name : NULL;
    struct write_item *item = &s->items[0];
    item->operation = s->row->op;
    item->kind = state.kind;
    item->schema = s->kind ? s->kind->schema : 1;
    item->object = s->object;
    item->flash = json_is_true(json_object_get(request->json, "flash"));
    if (judge(s) && take_seen(s) && (!(s->row->flags & STEP_BY) || take_successor(s)) && make_body(s))
        request_write(request, &s->space.id, s->items, s->count, s->results, stepped);
}
