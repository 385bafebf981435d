/* load.c — what people do: they make spaces, invite each other, write, hand objects over, and join again after a restore. */
#include "sim/sim.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"

#include <stdlib.h>

enum { BODY_MAX = 4096, BATCH_MAX = 300, ASK_CREATE = 1, ASK_OTHER = 2, STRANGE_KIND = 40321, STRANGE_OPERATION = 201 };

static uint64_t request_new(struct sim *sim, uint64_t what, uint32_t space)
{
    return what << 56 | (uint64_t)space << 48 | ++sim->requests;
}

static void command(struct sim *sim, struct proc *p, struct command *c, uint64_t what, uint32_t space)
{
    struct event event = {.kind = EVENT_COMMAND};
    event.u.command.request = request_new(sim, what, space);
    event.u.command.command = c;
    proc_wake(sim, p);
    proc_feed(sim, p, &event);
    proc_idle(sim, p);
}

static struct proc *proc_of(struct sim *sim, uint32_t node)
{
    return sim->procs[sim->nodes[node].proc];
}

struct proc *proc_any(struct sim *sim)
{
    struct proc *p = sim->procs[tape_below(&sim->tape, sim->proc_count)];
    return p->running && p->stalled_until <= sim->now ? p : NULL;
}

/* --- spaces and members ------------------------------------------------------------------------------------ */

static void invite(struct sim *sim, uint32_t space, uint32_t whom, enum right right)
{
    struct sim_space *s = &sim->spaces[space];
    struct proc *admin = proc_of(sim, s->creator), *p = proc_of(sim, whom);
    struct command add = {.kind = COMMAND_ADD_MEMBER, .space_id = s->id, .card = sim->nodes[whom].config.card, .right = right};
    struct command join = {.kind = COMMAND_JOIN, .space_id = s->id,
                           .card = sim->nodes[sim->nodes[whom].host ? sim->nodes[whom].host - 1 : s->creator].config.card};
    if (!admin->running || admin->stalled_until > sim->now)
        return;
    say(sim, "%s gives %s the right %s in space %u", proc_name(sim, admin), sim->nodes[whom].name, right_name(right), space);
    command(sim, admin, &add, ASK_OTHER, space);
    if (p->running && p->stalled_until <= sim->now)
        command(sim, p, &join, ASK_OTHER, space);
}

static void invite_all(struct sim *sim, struct due *due)
{
    for (uint32_t n = 0; n < sim->node_count; n++)
        if (n != sim->spaces[due->a].creator && sim->nodes[n].wanted[due->a] != RIGHT_NONE)
            invite(sim, due->a, n, sim->nodes[n].wanted[due->a]);
}

void load_start(struct sim *sim)
{
    sim->space_count = 1 + tape_below(&sim->tape, sim->options.spaces_max);
    for (uint32_t s = 0; s < sim->space_count; s++) {
        sim->spaces[s].creator = s % sim->node_count;
        for (uint32_t n = 0; n < sim->node_count; n++) {
            static const enum right drawn[] = {RIGHT_WRITE, RIGHT_WRITE, RIGHT_WRITE, RIGHT_WRITE, RIGHT_WRITE, RIGHT_READ,
                                               RIGHT_WRITE, RIGHT_RELAY, RIGHT_WRITE, RIGHT_NONE};
            sim->nodes[n].wanted[s] = drawn[tape_below(&sim->tape, ARRAY_LEN(drawn))];
        }
        struct command c = {.kind = COMMAND_SPACE_CREATE};
        snprintf(c.space.name, sizeof(c.space.name), "space %u", s);
        c.space.exercise = tape_one_in(&sim->tape, 3);
        c.space.history = tape_one_in(&sim->tape, 4) ? HISTORY_JOIN : HISTORY_ALL;
        command(sim, proc_of(sim, sim->spaces[s].creator), &c, ASK_CREATE, s);
    }
}

static bool is_member(struct sim *sim, struct proc *p, uint32_t space)
{
    struct space_view view;
    return p->core && core_space_by_id(p->core, &sim->spaces[space].id, &view) && view.joined && view.right != RIGHT_NONE;
}

/* Where a restore made a node forget a space, its people join again through somebody who has it. */
void load_heal(struct sim *sim)
{
    for (uint32_t s = 0; s < sim->space_count; s++) {
        struct proc *host = NULL;
        for (uint32_t n = 0; n < sim->node_count && !host; n++)
            if (sim->spaces[s].founded && is_member(sim, proc_of(sim, n), s) && !sim->nodes[n].evil)
                host = proc_of(sim, n);
        for (uint32_t n = 0; host && n < sim->node_count; n++) {
            struct proc *p = proc_of(sim, n);
            struct space_view view;
            if (!p->running || p == host || sim->nodes[n].wanted[s] == RIGHT_NONE ||
                (core_space_by_id(p->core, &sim->spaces[s].id, &view) && core_admits(p->core, &sim->nodes[host->node].config.keys.curve)))
                continue;
            struct command join = {.kind = COMMAND_JOIN, .space_id = sim->spaces[s].id, .card = sim->nodes[host->node].config.card};
            say(sim, "%s joins space %u again", proc_name(sim, p), s);
            command(sim, p, &join, ASK_OTHER, s);
            /* And the partner's people accept its card by hand, if they forgot it too. */
            struct space_view known;
            if (core_space_by_id(host->core, &sim->spaces[s].id, &known) && known.right == RIGHT_ADMIN)
                invite(sim, s, n, sim->nodes[n].wanted[s]);
        }
    }
}

/* What an admin can do to a member beyond its right. */
static void govern(struct sim *sim, uint32_t space, uint32_t whom, enum command_kind kind)
{
    struct proc *admin = proc_of(sim, sim->spaces[space].creator);
    struct command c = {.kind = kind, .space_id = sim->spaces[space].id, .agency = sim->nodes[whom].config.identity.agency};
    static const char *const says[] = {"removes", "suspends", "no longer suspends", "cuts a log of", "opens an epoch without"};
    unsigned which = kind == COMMAND_REMOVE ? 0 : kind == COMMAND_SUSPEND ? 1 : kind == COMMAND_LIFT ? 2 : kind == COMMAND_CUT ? 3 : 4;
    if (!admin->running || admin->stalled_until > sim->now)
        return;
    if (kind == COMMAND_CUT) { /* the first log of that agency that is held here, where it stands now */
        struct log_view log;
        struct space_view view;
        bool found = false;
        for (size_t i = 0; core_space_by_id(admin->core, &c.space_id, &view) && core_log_at(admin->core, view.number, i, &log) && !found; i++)
            found = log.role == LOG_DATA && log.prefix && agency_id_eq(&log.agency, &c.agency);
        if (!found)
            return;
        c.log = log.id;
        c.position = log.prefix;
    }
    say(sim, "%s %s %s in space %u", proc_name(sim, admin), says[which], sim->nodes[whom].name, space);
    if (kind != COMMAND_LIFT && kind != COMMAND_ROTATE)
        sim->nodes[whom].lowered = true;
    if (kind == COMMAND_REMOVE)
        sim->nodes[whom].wanted[space] = RIGHT_NONE;
    command(sim, admin, &c, ASK_OTHER, space);
}

static void member_step(struct sim *sim)
{
    static const enum right drawn[] = {RIGHT_WRITE, RIGHT_READ, RIGHT_WRITE, RIGHT_RELAY};
    static const enum command_kind kinds[] = {COMMAND_REMOVE, COMMAND_SUSPEND, COMMAND_LIFT, COMMAND_ROTATE, COMMAND_CUT, COMMAND_LIFT};
    uint32_t s = tape_below(&sim->tape, sim->space_count), n = tape_below(&sim->tape, sim->node_count);
    uint32_t what = tape_below(&sim->tape, 10);
    if (!sim->spaces[s].founded || n == sim->spaces[s].creator)
        return;
    if (what >= 4) {
        govern(sim, s, n, kinds[what - 4]);
        return;
    }
    if (drawn[what] < RIGHT_WRITE && sim->nodes[n].wanted[s] >= RIGHT_WRITE)
        sim->nodes[n].lowered = true;
    sim->nodes[n].wanted[s] = drawn[what];
    invite(sim, s, n, drawn[what]);
}

/* --- writing ------------------------------------------------------------------------------------------------- */

void load_write(struct sim *sim, struct proc *p, uint32_t space, const struct write_item *item, const void *body, size_t len,
                size_t count)
{
    struct pending *w = calloc(1, sizeof(*w));
    *w = (struct pending){.request = request_new(sim, 0, space), .proc = p->index, .space = space, .count = count,
                          .items = calloc(count, sizeof(*w->items)), .results = calloc(count, sizeof(*w->results))};
    for (size_t i = 0; i < count; i++) {
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, body, len);
        w->items[i] = *item;
        w->items[i].body = (struct bytes){copy, len};
    }
    w->next = p->writes;
    p->writes = w;
    struct event event = {.kind = EVENT_WRITE};
    event.u.write.request = w->request;
    event.u.write.space = sim->spaces[space].id;
    event.u.write.items = w->items;
    event.u.write.results = w->results;
    event.u.write.count = count;
    proc_wake(sim, p);
    proc_feed(sim, p, &event);
    proc_idle(sim, p);
}

static size_t incident_body(uint8_t *out, uint64_t *mask, bool create, uint32_t number)
{
    const struct kind *kind = kind_by_number(KIND_INCIDENT);
    const struct field *title = field_by_name(kind, "name"), *phase = field_by_name(kind, "phase"),
                       *category = field_by_name(kind, "category");
    char name[32];
    struct writer w = writer_over(out, BODY_MAX);
    snprintf(name, sizeof(name), "incident %u", number);
    pack_map(&w, create ? 3 : 1);
    pack_uint(&w, title->number);
    pack_text(&w, name, strlen(name));
    *mask = 1ull << title->number;
    if (create) {
        pack_uint(&w, phase->number);
        pack_text(&w, "active", 6);
        pack_uint(&w, category->number);
        pack_array(&w, 1);
        pack_text(&w, "Met", 3);
        *mask |= 1ull << phase->number | 1ull << category->number;
    }
    return writer_len(&w);
}

void load_flash(struct sim *sim, struct proc *p)
{
    uint8_t body[BODY_MAX];
    struct write_item item = {.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1, .flash = true};
    size_t len = incident_body(body, &item.mask, true, 1);
    load_write(sim, p, 0, &item, body, len, 1);
}

static void write_step(struct sim *sim)
{
    struct proc *p = proc_any(sim);
    uint32_t s = tape_below(&sim->tape, sim->space_count), what = tape_below(&sim->tape, 64);
    uint8_t body[BODY_MAX];
    if (!p || !sim->spaces[s].founded || !is_member(sim, p, s))
        return;
    if (what >= 42 && what < 56) {
        rights_step(sim, p, s);
        return;
    }
    struct object_known *known = p->object_count ? &p->objects[tape_below(&sim->tape, (uint32_t)p->object_count)] : NULL;
    struct write_item item = {.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1, .flash = what % 8 == 1};
    struct record_ref ref;
    size_t count = 1;
    bool create = !known || what < 24;
    if (what >= 60)
        count = 1 + tape_below(&sim->tape, what == 63 ? BATCH_MAX : 16);
    size_t len = incident_body(body, &item.mask, create, (uint32_t)sim->requests);
    if (!create) {
        item.operation = OP_UPDATE;
        item.object = known->id;
        s = known->space;
        if (what == 30)
            item.operation = OP_RETRACT;
        if (what == 31)
            item.operation = OP_RESOLVE;
        if (what >= 32 && what < 36)
            item.operation = STRANGE_OPERATION;
        if (what == 36) { /* offers it to somebody */
            item.operation = OP_OFFER;
            ref.role = REF_TO_AGENCY;
            memcpy(ref.hash.b, sim->nodes[tape_below(&sim->tape, sim->node_count)].config.identity.agency.b, HASH_BYTES);
            item.refs = &ref;
            item.ref_count = 1;
        }
    } else if (what == 20 || what == 21) {
        item.kind = STRANGE_KIND;
        item.schema = 7;
    }
    if ((what == 40 || what == 41) && sim->acked_count) { /* somebody answers an offer, or proposes */
        const struct acked *a = &sim->acked[tape_below(&sim->tape, (uint32_t)sim->acked_count)];
        s = a->space;
        item.object = a->object;
        item.operation = a->operation == OP_OFFER ? OP_TAKE : OP_PROPOSE;
        ref.role = REF_OFFER;
        memcpy(ref.hash.b, a->record.b, HASH_BYTES);
        item.refs = a->operation == OP_OFFER ? &ref : NULL;
        item.ref_count = a->operation == OP_OFFER;
    }
    if (!create && (what == 38 || what == 39)) { /* erases what it wrote first of that object */
        for (size_t i = sim->acked_count; i > 0; i--) {
            const struct acked *a = &sim->acked[i - 1];
            if (a->operation != OP_CREATE || !object_id_eq(&a->object, &known->id))
                continue;
            item.operation = OP_ERASE;
            item.mask = 0;
            ref.role = REF_TARGET;
            memcpy(ref.hash.b, a->record.b, HASH_BYTES);
            item.refs = &ref;
            item.ref_count = 1;
            break;
        }
    }
    if (what >= 56 && what < 60) { /* a larger one */
        struct writer w = writer_over(body, BODY_MAX);
        size_t text = 100 + 30 * tape_below(&sim->tape, 100);
        char letters[BODY_MAX];
        for (size_t i = 0; i < text; i++)
            letters[i] = (char)('a' + (i * 7 + i / 13 * sim->requests) % 26);
        pack_map(&w, 1);
        pack_uint(&w, field_by_name(kind_by_number(KIND_INCIDENT), "name")->number);
        pack_text(&w, letters, text);
        item.mask = 1ull << field_by_name(kind_by_number(KIND_INCIDENT), "name")->number;
        len = writer_len(&w);
    }
    load_write(sim, p, s, &item, body, len, count);
}

static void remember(struct sim *sim, struct proc *p, const struct pending *w, size_t i)
{
    if (w->items[i].operation == OP_CREATE) {
        if (p->object_count == p->object_size) {
            p->object_size = p->object_size ? 2 * p->object_size : 32;
            p->objects = realloc(p->objects, p->object_size * sizeof(*p->objects));
        }
        p->objects[p->object_count++] = (struct object_known){w->results[i].object, w->space};
    }
    if (sim->acked_count == sim->acked_size) {
        sim->acked_size = sim->acked_size ? 2 * sim->acked_size : 256;
        sim->acked = realloc(sim->acked, sim->acked_size * sizeof(*sim->acked));
    }
    sim->acked[sim->acked_count++] =
        (struct acked){.node = p->node, .space = w->space, .life = sim->nodes[p->node].life, .object = w->results[i].object,
                       .record = w->results[i].record, .operation = w->items[i].operation, .by_clone = p->clone};
    sim->result->records++;
}

void load_answered(struct sim *sim, struct proc *p, const struct action *action)
{
    if (action->notify == NOTIFY_COMMAND) {
        uint32_t space = (uint32_t)(action->request >> 48 & 0xff);
        if (action->request >> 56 == ASK_CREATE && !action->error) {
            sim->spaces[space].founded = true;
            sim->spaces[space].id = action->space;
            due_add(sim, sim->now + 100, invite_all, space, 0, 0, NULL);
        }
        if (action->error)
            say(sim, "%s: a command is refused: %s", proc_name(sim, p), error_name(action->error));
        return;
    }
    struct pending **at = &p->writes;
    while (*at && (*at)->request != action->request)
        at = &(*at)->next;
    struct pending *w = *at;
    if (!w) {
        violation(sim, "every write is answered once", "%s answers a write that nobody asked for", proc_name(sim, p));
        return;
    }
    *at = w->next;
    for (size_t i = 0; i < w->count; i++) {
        enum muster_error error = action->error ? action->error : w->results[i].error;
        if (!error)
            remember(sim, p, w, i);
        else if (!i)
            say(sim, "%s: a write is refused: %s", proc_name(sim, p), error_name(error));
        free((void *)(uintptr_t)w->items[i].body.at);
    }
    if (!action->error)
        say(sim, "%s: %zu records are durable in space %u", proc_name(sim, p), w->count, w->space);
    free(w->items);
    free(w->results);
    free(w);
}

void load_step(struct sim *sim)
{
    uint32_t what = tape_below(&sim->tape, 100);
    if (what == 0)
        return;
    if (what < 55 || (what >= 95 && !(sim->faults_on >> FAULT_member & 1)))
        write_step(sim);
    else if (what >= 95) {
        sim->result->faults[FAULT_member]++;
        member_step(sim);
    } else if (what < 90)
        fault_step(sim);
    else
        evil_step(sim);
}
