/* quantity_fold.c — from what is noted of an object to the fold of its quantities (escrow.h).
 *
 * A log is contiguous, disputed or cut off in segments; a record's place in its log is therefore
 * position * 256 + index, and prefix, fork and cut are the ends of positions. */
#include "protocol/object/apply.h"
#include "protocol/object/note.h"
#include "protocol/object/quantity_inner.h"
#include "protocol/object/quantity_room.h"

#include <stdlib.h>

enum { PLACES = SEGMENT_RECORDS_MAX };
_Static_assert(SEGMENT_RECORDS_MAX == 256, "an index is the last byte of a place");

static uint64_t place(uint64_t position, uint16_t index)
{
    return position * PLACES + index;
}

static uint64_t place_end(uint64_t position)
{
    return position >= SEGMENT_POSITION_MAX ? ESCROW_NEVER : place(position, PLACES - 1);
}

/* --- what is noted --------------------------------------------------------------------------------------- */

struct noted {
    const struct core *core;
    struct quantity_room room;
    struct quantity_note *at;
    size_t count, size;
    enum muster_error error;
};

static bool take_note(void *user, struct bytes key, struct bytes value)
{
    struct noted *n = user;
    struct quantity_note note;
    if (!quantity_note_read(&note, key, value) || place(note.position, note.index) >= quantity_room_limit(&n->room, note.log))
        return true;
    if (n->count == ESCROW_RECORDS_MAX) {
        n->error = MUSTER_ETOOBIG;
        return false;
    }
    if (n->count == n->size) {
        size_t size = n->size ? n->size * 2 : 16;
        struct quantity_note *bigger = realloc(n->at, size * sizeof(*bigger));
        if (!bigger) {
            n->error = MUSTER_EBUSY;
            return false;
        }
        n->at = bigger;
        n->size = size;
    }
    n->at[n->count++] = note;
    return true;
}

static bool count_note(void *user, struct bytes key, struct bytes value)
{
    struct noted *n = user;
    struct quantity_note note;
    if (quantity_note_read(&note, key, value) && note.log && note.log <= n->core->log_count) {
        const struct log *log = n->core->logs[note.log - 1];
        quantity_room_add(&n->room, &(struct quantity_entry){&log->genesis.agency, &log->id, note.log,
                                                             place(note.position, note.index)});
    }
    return !n->room.full && !n->room.failed;
}

/* A cut may have put the branch aside that the record stood on. */
static bool still_stands(struct core *core, const struct quantity_note *note)
{
    uint64_t arrival;
    struct segment_id id;
    return log_place_stored(core, note->log, note->position, &arrival, &id) == MUSTER_OK && arrival == note->arrival;
}

/* --- logs ------------------------------------------------------------------------------------------------ */

struct lines {
    struct escrow_log *at;
    size_t count;
};

static int line_order(const void *a, const void *b)
{
    return log_id_cmp(&((const struct escrow_log *)a)->id, &((const struct escrow_log *)b)->id);
}

static struct escrow_log *line_find(struct lines *lines, const struct log_id *id)
{
    struct escrow_log wanted = {.id = *id};
    return lines->count ? bsearch(&wanted, lines->at, lines->count, sizeof(wanted), line_order) : NULL;
}

static void line_add(struct lines *lines, const struct log *log)
{
    lines->at[lines->count++] =
        (struct escrow_log){.id = log->id, .prefix = log->durable_prefix ? place_end(log->durable_prefix) : 0,
                            .fork_at = log->fork_at ? place(log->fork_at, 0) : ESCROW_NEVER,
                            .cut = log->strictest == UINT64_MAX ? ESCROW_NEVER : place_end(log->strictest)};
}

/* The logs that wrote records or hold rights, each once, by id.  One whose control is not here is absent: it waits. */
static bool lines_make(struct lines *out, struct core *core, const struct space *space, const struct noted *noted,
                       const struct log *own)
{
    out->count = 0;
    out->at = malloc((2 * noted->count + 1) * sizeof(*out->at));
    for (size_t i = 0; out->at && i < noted->count; i++) {
        const struct quantity_note *note = &noted->at[i];
        struct log *log = note->log && note->log <= core->log_count ? core->logs[note->log - 1] : NULL;
        struct log *to = note->op == OP_GRANT ? log_find(core, &note->to) : NULL;
        if (log && log->status != CONTROL_LOG_WAITING)
            line_add(out, log);
        if (to && to->space == space->number && to->status != CONTROL_LOG_WAITING)
            line_add(out, to);
    }
    if (!out->at)
        return false;
    if (own)
        line_add(out, own);
    qsort(out->at, out->count, sizeof(*out->at), line_order);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (!kept || !log_id_eq(&out->at[kept - 1].id, &out->at[i].id))
            out->at[kept++] = out->at[i];
    out->count = kept;
    for (size_t i = 0; i < noted->count; i++) { /* Q3: behind what cannot be read nothing counts */
        const struct quantity_note *note = &noted->at[i];
        struct escrow_log *line = note->log && note->log <= core->log_count ? line_find(out, &core->logs[note->log - 1]->id)
                                                                             : NULL;
        uint64_t at = place(note->position, note->index);
        if (line && note->reading == NOTE_WAITS && line->prefix >= at)
            line->prefix = at - 1;
    }
    for (size_t i = 0; i < noted->room.limit_count; i++) { /* S7.4.13: nor behind what has no room */
        const struct quantity_limit *limit = &noted->room.limits[i];
        struct escrow_log *line = line_find(out, &core->logs[limit->log - 1]->id);
        if (line && line->prefix >= limit->place)
            line->prefix = limit->place - 1;
    }
    struct escrow_log *line = own ? line_find(out, &own->id) : NULL;
    if (line) /* what is about to be written into it follows all that is there */
        *line = (struct escrow_log){.id = own->id, .prefix = ESCROW_NEVER - 1, .fork_at = ESCROW_NEVER, .cut = ESCROW_NEVER};
    return true;
}

/* --- mints ----------------------------------------------------------------------------------------------- */

/* The terms of the object and who owned them: asked for only when a mint names another term than now's. */
struct owners {
    struct core *core;
    struct space *space;
    const struct object_id *object;
    struct object_stored now;
    bool known, looked;
    struct object_look look;
};

static uint8_t mint_judge(struct owners *o, const struct hash *term, const struct agency_id *by)
{
    if (!o->known)
        return MINT_WAITS;
    if (o->now.flags & OBJECT_JOINT)
        return MINT_BY_OWNER;
    if (hash_eq(term, &o->now.term))
        return agency_id_eq(by, &o->now.owner) ? MINT_BY_OWNER : MINT_BY_STRANGER;
    if (!o->looked) {
        o->looked = true;
        if (look_at(o->core, o->space, o->object, &o->look) != MUSTER_OK)
            memset(&o->look, 0, sizeof(o->look));
    }
    for (size_t i = 0; i < o->look.state.terms_count; i++)
        if (hash_eq(&o->look.state.terms[i].id, term))
            return agency_id_eq(&o->look.state.terms[i].owner, by) ? MINT_BY_OWNER : MINT_BY_STRANGER;
    return MINT_WAITS;
}

/* --- the fold -------------------------------------------------------------------------------------------- */

/* The log in which this node would write now. */
static const struct log *log_of_own(const struct core *core, const struct space *space)
{
    const struct own_log *own = &space->own[LOG_DATA];
    const struct log *log = own->log ? core->logs[own->log - 1] : NULL;
    bool counts = log && (log->status == CONTROL_LOG_OPEN || (log->status == CONTROL_LOG_LIMITED && log->limit > log->prefix));
    return log && counts && !log->closed && !log->fork_at ? log : NULL;
}

struct making {
    struct core *core;
    struct noted noted;
    struct lines lines;
    struct escrow_record *records;
    struct quantity_row *rows;
    struct escrow_units *from;
    size_t count;
};

static void add_notes(struct making *m, struct owners *owners)
{
    size_t units = 0;
    for (size_t i = 0; i < m->noted.count; i++) {
        const struct quantity_note *note = &m->noted.at[i];
        if (note->reading == NOTE_WAITS || !note->log || note->log > m->core->log_count)
            continue;
        const struct log *log = m->core->logs[note->log - 1];
        struct escrow_record *record = &m->records[m->count];
        *record = (struct escrow_record){.id = note->id, .log = log->id, .seq = place(note->position, note->index),
                                         .op = note->op, .object = *owners->object,
                                         .units = note->reading == NOTE_BROKEN ? UINT64_MAX : note->units,
                                         .from = m->from + units, .from_count = note->from_count, .to = note->to};
        memcpy(record->about.b, note->about.b, HASH_BYTES);
        memcpy(m->from + units, note->from, note->from_count * sizeof(*note->from));
        units += note->from_count;
        if (note->op == OP_MINT)
            record->mint = mint_judge(owners, &note->term, &log->genesis.agency);
        m->rows[m->count++] = (struct quantity_row){.hlc = note->hlc, .position = note->position, .log = note->log,
                                                    .for_what = note->for_what, .unreadable = note->reading == NOTE_BROKEN};
    }
}

static enum muster_error load_notes(struct making *m, const struct space *space, const struct object_id *object, const struct log *own,
                                    const struct quantity_batch *more)
{
    struct core *core = m->core;
    uint8_t prefix[OBJECT_KEY];
    struct bytes of = {prefix, sizeof(prefix)};
    object_key(prefix, space, object);
    m->noted.core = core;
    enum muster_error error = core->storage.scan(core->storage.self, T_QUANTITY, of, of, false, count_note, &m->noted);
    quantity_room_close(&m->noted.room);
    if (!error && (m->noted.room.full || m->noted.room.failed))
        error = m->noted.room.full ? MUSTER_ETOOBIG : MUSTER_EBUSY;
    if (!error && own && quantity_room_of(&m->noted.room, &own->genesis.agency) + (more ? more->count : 0) >= QUANTITY_ROOM)
        error = MUSTER_ETOOBIG; /* what is written now would wait for ever */
    if (!error)
        error = core->storage.scan(core->storage.self, T_QUANTITY, of, of, false, take_note, &m->noted);
    size_t kept = 0;
    for (size_t i = 0; i < m->noted.count; i++)
        if (still_stands(core, &m->noted.at[i]))
            m->noted.at[kept++] = m->noted.at[i];
    m->noted.count = kept;
    return error ? error : m->noted.error;
}

enum muster_error quantity_fold(struct core *core, const struct space *space, const struct object_id *object,
                                const struct log *own, const struct quantity_batch *more, struct quantity_view *out)
{
    struct making m = {.core = core};
    struct owners owners = {.core = core, .space = core->spaces[space->number], .object = object};
    void *memory = NULL;
    enum muster_error error = load_notes(&m, space, object, own, more);
    if (!error && object_state(core, space, object, &owners.now) == MUSTER_OK)
        owners.known = !(owners.now.flags & OBJECT_ORPHAN);
    size_t room = m.noted.count + (more ? more->count : 0);
    if (!error && !room)
        error = MUSTER_ENOTFOUND;
    if (error) {
        quantity_room_free(&m.noted.room);
        free(m.noted.at);
        return error;
    }
    m.records = calloc(room, sizeof(*m.records));
    m.rows = calloc(room, sizeof(*m.rows));
    size_t units = 0;
    for (size_t i = 0; i < m.noted.count; i++)
        units += m.noted.at[i].from_count;
    m.from = calloc(units + 1, sizeof(*m.from));
    if (!m.records || !m.rows || !m.from || !lines_make(&m.lines, core, space, &m.noted, own)) {
        error = MUSTER_EBUSY;
        goto out;
    }
    add_notes(&m, &owners);
    for (size_t i = 0; more && i < more->count; i++)
        if (object_id_eq(&more->at[i].object, object))
            m.records[m.count++] = more->at[i];
    struct escrow_object subject = {.id = *object, .owner_is_member = owners.known &&
                                                                      control_member(space->control, &owners.now.owner)};
    struct escrow_input input = {.records = m.records, .count = m.count, .logs = m.lines.at, .logs_count = m.lines.count,
                                 .objects = &subject, .objects_count = owners.known};
    size_t bytes = escrow_fold_bytes(&input);
    memory = malloc(bytes);
    struct object_arena arena = {.at = memory, .size = bytes};
    struct quantity_view view = {.object = *object, .count = m.count, .records = m.records, .rows = m.rows};
    error = memory ? escrow_fold(&view.state, &input, &arena) : MUSTER_EBUSY;
    if (error)
        goto out;
    const struct log *writing = own ? own : log_of_own(core, space);
    view.own_opened = writing != NULL;
    if (writing)
        view.own = writing->id;
    view.known = owners.known;
    error = quantity_sum(core, &view);
    if (error)
        goto out;
    view.memory[0] = m.records;
    view.memory[1] = m.rows;
    view.memory[2] = m.from;
    view.memory[3] = memory;
    *out = view;
out:
    if (error) {
        free(m.records);
        free(m.rows);
        free(m.from);
        free(memory);
    }
    object_look_free(&owners.look);
    free(m.lines.at);
    quantity_room_free(&m.noted.room);
    free(m.noted.at);
    return error;
}

void quantity_view_free(struct quantity_view *view)
{
    for (size_t i = 0; i < ARRAY_LEN(view->memory); i++)
        free(view->memory[i]);
    *view = (struct quantity_view){.count = 0};
}

enum muster_error core_quantity(struct core *core, uint32_t space, const struct object_id *object,
                                struct quantity_view *out)
{
    return space < core->space_count ? quantity_fold(core, core->spaces[space], object, NULL, NULL, out)
                                     : MUSTER_EUNKNOWN_SPACE;
}
