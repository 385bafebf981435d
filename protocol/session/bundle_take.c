/* bundle_take.c — a bundle coming in: its frames go through the code that takes them from a connection.
 *
 * It is looked at whole before (bundle_read.c).  Control comes first, again and again while it brings cards that let
 * more of it in; keys, receipts and data follow when that control is durable and folded.  Verifying and committing take
 * several steps: after each one as much goes on as there is room for. */
#include "protocol/session/bundle_inner.h"

#include <stdlib.h>

enum {
    JOBS_AT_ONCE = 32,                    /* of this bundle, */
    JOBS_BESIDE_MAX = 160,                /* when connections have that many it waits */
    FRAMES_AT_ONCE = 256,                 /* in one step: a key or a card costs a curve operation or more */
    STAGED_AT_ONCE = 16 * 1024 * 1024,
    CONTROL_ROUNDS_MAX = 64
};

struct bundle_import {
    uint64_t request;
    struct bundle_report *report;
    struct bundle_file file;
    size_t at;
    unsigned round;        /* of control */
    uint64_t round_fresh;  /* that was new when the round began */
    uint64_t wait_commits; /* until so many commits have been made; 0: no wait */
    bool control_done;
    size_t last_item;
};

void bundle_import_free(struct bundle_import *import)
{
    if (!import)
        return;
    if (import->file.plain)
        crypto_wipe(import->file.plain, import->file.len);
    free(import->file.plain);
    free(import);
}

/* --- the report ---------------------------------------------------------------------------------------------------- */

static struct bundle_item *item_of(struct core *core, struct bundle_import *import, const struct log_id *id)
{
    struct bundle_report *r = import->report;
    if (import->last_item < r->item_count && log_id_eq(&r->items[import->last_item].log, id))
        return &r->items[import->last_item];
    size_t i = 0;
    while (i < r->item_count && !log_id_eq(&r->items[i].log, id))
        i++;
    if (i == BUNDLE_ITEMS_MAX) {
        r->items[i - 1].log = (struct log_id){{0}};
        return &r->items[i - 1]; /* all the rest together */
    }
    if (i == r->item_count) {
        r->items[r->item_count++] = (struct bundle_item){.log = *id};
        const struct log *log = log_find(core, id);
        if (log)
            r->items[i].space = core->spaces[log->space]->id;
    }
    import->last_item = i;
    return &r->items[i];
}

void bundle_tally(struct core *core, const struct session *session, const struct log_id *id, enum muster_error error)
{
    struct bundle_import *import = core->importing;
    if (!import || session->stage != SESSION_BUNDLE)
        return;
    struct bundle_item *item = item_of(core, import, id);
    if (!error) {
        item->fresh++;
        import->report->fresh++;
    } else if (error == MUSTER_EDUPLICATE) {
        if (import->round) /* shown again only because something else was missing */
            return;
        item->known++;
        import->report->known++;
    } else if (error == MUSTER_EFORK) {
        item->disputed++;
        import->report->disputed++;
    } else {
        item->refused++;
        item->why = error;
    }
}

/* What was refused in this round may be taken in the next. */
static void forget_refusals(struct bundle_report *r)
{
    for (size_t i = 0; i < r->item_count; i++) {
        r->items[i].refused = 0;
        r->items[i].why = MUSTER_OK;
    }
}

static uint64_t refusals(const struct bundle_report *r)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < r->item_count; i++)
        sum += r->items[i].refused;
    return sum;
}

/* Where what is held has holes, and what was named and has not come. */
static uint64_t missing_of(const struct log *log)
{
    uint64_t highest = log->highest > log_top(log) ? log->highest : log_top(log), held = log->prefix;
    if (log->genesis.role == LOG_DATA && log->fork_at && highest > log->fork_at + 1)
        highest = log->fork_at + 1;
    for (size_t i = 0; i < log->interval_count; i++)
        held += log->intervals[i].last - log->intervals[i].first + 1;
    return highest > held ? highest - held : 0;
}

static void complete_report(struct core *core, struct bundle_import *import)
{
    struct bundle_report *r = import->report;
    r->refused = refusals(r);
    for (size_t i = 0; i < r->item_count; i++) {
        struct bundle_item *item = &r->items[i];
        const struct log *log = log_find(core, &item->log);
        if (!log)
            continue;
        item->space = core->spaces[log->space]->id;
        item->agency = log->genesis.agency;
        item->role = log->genesis.role;
        item->missing = missing_of(log);
        r->missing += item->missing;
    }
}

/* --- beginning and end ----------------------------------------------------------------------------------------------- */

static void answer(struct core *core, uint64_t request, enum muster_error error, const struct agency_id *agency)
{
    struct action *action = core_act(core, ACTION_NOTIFY);
    if (!action)
        return;
    action->notify = NOTIFY_COMMAND;
    action->request = request;
    action->error = error;
    action->agency = *agency;
}

static void end(struct core *core, enum muster_error error, const char *why)
{
    struct bundle_import *import = core->importing;
    core->importing = NULL;
    if (session_of(core, BUNDLE_CONN, NULL))
        session_down(core, BUNDLE_CONN, false);
    if (error) {
        (void)bundle_say(&import->report->text, error, "%s", why);
        answer(core, import->request, error, &import->file.agency);
    } else {
        complete_report(core, import);
        core_event(core, "bundle.imported", &import->file.agency, "%llu segments new, %llu known, %llu refused",
                   (unsigned long long)import->report->fresh, (unsigned long long)import->report->known,
                   (unsigned long long)import->report->refused);
        stage_reply(core, import->request, true, NULL, &import->file.agency); /* when all of it is durable */
    }
    bundle_import_free(import);
}

void bundle_abort(struct core *core, enum muster_error error)
{
    if (core->importing)
        end(core, error, "the store failed while the bundle was taken; take it again, what is there already is known");
}

static struct session *begin_session(struct core *core, const struct bundle_file *file)
{
    struct session **slot = NULL, *session = NULL;
    for (size_t i = 0; i < SESSIONS_MAX && !slot; i++)
        if (!core->sessions[i])
            slot = &core->sessions[i];
    if (!slot || !(session = calloc(1, sizeof(*session))))
        return NULL;
    session->spaces = calloc(file->space_count + 1, sizeof(*session->spaces));
    if (!session->spaces) {
        free(session);
        return NULL;
    }
    *session = (struct session){.conn = BUNDLE_CONN, .stage = SESSION_BUNDLE, .spaces = session->spaces, .agency = file->agency,
                                .node = file->node, .up_ms = core->wall_ms, .up_mono = core->mono_ms,
                                .heard_mono = core->mono_ms, .words_mono = core->mono_ms, .words = 8};
    session->stale = memcmp(file->answers, core->config.boot, sizeof(file->answers)) != 0;
    session_key_of(session->key, file->nonce, file->nonce);
    for (size_t i = 0; i < file->space_count; i++) {
        struct space_entry e = space_entry_at(file->spaces, i);
        for (size_t s = 0; s < core->space_count; s++) {
            uint8_t tag[16];
            space_tag_of(tag, session->key, &core->spaces[s]->id);
            if (memcmp(tag, e.tag, 16) != 0 || session_space_by_tag(session, tag))
                continue;
            struct session_space *open = &session->spaces[session->space_count++];
            *open = (struct session_space){.space = core->spaces[s]->number, .opened = true, .keys_expected = SIZE_MAX};
            memcpy(open->tag, tag, 16);
        }
    }
    *slot = session;
    core->counters.sessions++;
    return session;
}

static enum muster_error begin(struct core *core, const struct event *event, struct bundle_import *import)
{
    struct bundle_report *report = event->u.bundle_import.report;
    if (core->importing)
        return bundle_say(&report->text, MUSTER_EBUSY, "another bundle is being taken at this moment; try again");
    enum muster_error error = bundle_look(core, event->u.bundle_import.file, &import->file, report);
    if (error)
        return error;
    if (!report->spaces_known)
        return bundle_say(&report->text, MUSTER_EUNKNOWN_SPACE,
                          "the bundle is of spaces that this node has not joined: take their invite first, muster join");
    error = agency_take_card(core, import->file.card, 0, NULL);
    if (error == MUSTER_EFORK) /* as in AUTH: the node was known before its chain parted */
        error = MUSTER_OK;
    if (error)
        return bundle_say(&report->text, error, "the card of who made the bundle is not taken: %s", error_what(error));
    if (!begin_session(core, &import->file))
        return bundle_say(&report->text, MUSTER_EBUSY, "there is no room for the bundle at this moment; try again");
    import->at = import->file.control_begin;
    return MUSTER_OK;
}

void bundle_import(struct core *core, const struct event *event)
{
    struct bundle_import *import = calloc(1, sizeof(*import));
    struct bundle_report *report = event->u.bundle_import.report;
    *report = (struct bundle_report){.item_count = 0};
    enum muster_error error = import ? begin(core, event, import) : MUSTER_EBUSY;
    if (error) {
        answer(core, event->u.bundle_import.request, error, &report->agency);
        bundle_import_free(import);
        return;
    }
    import->request = event->u.bundle_import.request;
    import->report = report;
    core->importing = import;
}

/* --- going on --------------------------------------------------------------------------------------------------------- */

static void take_key(struct core *core, struct session *session, struct bytes body)
{
    struct key_frame frame;
    if (key_read(&frame, body) != MUSTER_OK)
        return;
    struct session_space *open = session_space_by_tag(session, frame.tag);
    struct space *space = open ? core->spaces[open->space] : NULL;
    struct known_epoch *epoch = space ? space_epoch(space, &frame.epoch) : NULL;
    bool held = epoch && epoch->held;
    on_key(core, session, body);
    epoch = space ? space_epoch(space, &frame.epoch) : NULL;
    core->importing->report->keys += epoch && epoch->held && !held;
}

/* A newer card of somebody whom control names; nobody becomes known by it alone. */
static void take_member(struct core *core, struct bytes card)
{
    struct agency_id id;
    if (card.len < 8 + HASH_BYTES)
        return;
    memcpy(id.b, card.at + 8, HASH_BYTES);
    if (agency_find(core, &id))
        (void)agency_take_card(core, card, 0, NULL);
}

static void take_frame(struct core *core, struct session *session, const struct frame *frame)
{
    session->frame_flags = frame->flags;
    if (frame->type == FRAME_SEG)
        seg_take(core, session, frame->body, 0);
    else if (frame->type == FRAME_KEY)
        take_key(core, session, frame->body);
    else if (frame->type == FRAME_HEADS)
        on_heads(core, session, frame->body);
    else if (frame->type == BUNDLE_MEMBER)
        take_member(core, frame->body);
}

/* True once everything that was staged until now is durable, and so folded. */
static bool is_durable(struct core *core, struct bundle_import *import)
{
    if (!core->in_flight && !core->stage.change_count)
        return true;
    if (!import->wait_commits)
        import->wait_commits = core->counters.commits + (core->in_flight ? 2 : 1);
    return core->counters.commits >= import->wait_commits;
}

/* At the end of control: does another round bring more? */
static bool control_again(struct bundle_import *import)
{
    struct bundle_report *r = import->report;
    if (!refusals(r) || r->fresh == import->round_fresh || import->round + 1 >= CONTROL_ROUNDS_MAX)
        return false;
    forget_refusals(r);
    import->round++;
    import->round_fresh = r->fresh;
    import->at = import->file.control_begin;
    return true;
}

static void note_statement(struct core *core, struct session *session, const struct bundle_file *file)
{
    uint8_t boot[16];
    uint64_t made_ms;
    bundle_node_seen(core, &file->node, boot, &made_ms);
    if (made_ms > file->made_ms)
        return; /* a newer one is known: an old file says nothing of today */
    bundle_acks_save(core, session);
    bundle_node_note(core, &file->node, file->boot, file->made_ms);
}

void bundle_pump(struct core *core)
{
    struct bundle_import *import;
    for (int frames = 0; (import = core->importing) != NULL && frames < FRAMES_AT_ONCE; frames++) {
        struct session *session = session_of(core, BUNDLE_CONN, NULL);
        if (!session) {
            end(core, MUSTER_EBADVALUE, "the bundle holds a frame that cannot be used");
            return;
        }
        if (session->jobs >= JOBS_AT_ONCE || core->jobs >= JOBS_BESIDE_MAX || core->stage.pool.used >= STAGED_AT_ONCE ||
            core_room(core) < 64 || core->mono_ms < core->stalled_until_mono)
            return;
        if (import->at >= import->file.control_end && !import->control_done) {
            if (session->jobs || !is_durable(core, import))
                return;
            import->wait_commits = 0;
            if (control_again(import))
                continue;
            import->control_done = true;
            import->round = 0;
        }
        if (import->at >= import->file.end) {
            if (session->jobs)
                return;
            note_statement(core, session, &import->file);
            end(core, MUSTER_OK, NULL);
            return;
        }
        struct cursor c = cursor_over(import->file.plain + import->at, import->file.end - import->at);
        struct frame frame;
        if (frame_next(&c, &frame) != MUSTER_OK || !frame.type) {
            end(core, MUSTER_EINTERNAL, "the bundle could not be read a second time");
            return;
        }
        import->at = (size_t)(c.at - import->file.plain);
        take_frame(core, session, &frame);
    }
}
