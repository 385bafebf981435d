/* api_feed.c — GET /v1/feed: what changed, as lines of JSON, in the order in which this node learned it. */
#include "node/feed.h"

#include "node/api_handlers.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "node/turn.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/feed.h"

#include <stdlib.h>

enum { CURSOR_BYTES = 48 };

struct feed_stream {
    struct feed_stream *next; /* of node->feeds */
    struct node *node;
    struct MHD_Connection *connection; /* of the request, as long as it lives */
    struct space_id space;
    uint16_t kind; /* 0: all */
    uint64_t generation, at; /* at: the number told last */
    uint64_t told_current;   /* `current` was said at this number; UINT64_MAX: not yet */
    bool follow, begin, suspended, beat, ended;
    char *text; /* a batch of lines */
    size_t len, sent, size;
};

/* --- cursors ---------------------------------------------------------------------------------------------------- */

static void cursor_write(char out[CURSOR_BYTES], uint64_t generation, uint64_t number)
{
    snprintf(out, CURSOR_BYTES, "%016llx-%llu", (unsigned long long)generation, (unsigned long long)number);
}

/* 16 hex digits, a dash, a decimal number; exactly as written. */
static bool cursor_read(const char *text, uint64_t *generation, uint64_t *number)
{
    char again[CURSOR_BYTES], *end = NULL;
    *generation = strtoull(text, &end, 16);
    if (end != text + 16 || *end != '-')
        return false;
    *number = strtoull(end + 1, NULL, 10);
    cursor_write(again, *generation, *number);
    return strcmp(again, text) == 0;
}

/* --- lines ------------------------------------------------------------------------------------------------------- */

static bool text_add(struct feed_stream *s, const char *bytes, size_t len)
{
    if (s->len + len > s->size) {
        size_t size = s->size ? s->size : FEED_BATCH_BYTES;
        while (size < s->len + len)
            size *= 2;
        char *bigger = realloc(s->text, size);
        if (!bigger)
            return false;
        s->text = bigger;
        s->size = size;
    }
    memcpy(s->text + s->len, bytes, len);
    s->len += len;
    return true;
}

/* Takes the reference. */
static bool line_add(struct feed_stream *s, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    bool ok = text && text_add(s, text, strlen(text)) && text_add(s, "\n", 1);
    free(text);
    json_decref(json);
    return ok;
}

static json_t *line_head(const struct feed_stream *s, const struct space_view *space, const char *op, uint64_t number)
{
    char cursor[CURSOR_BYTES];
    cursor_write(cursor, s->generation, number);
    return json_pack("{s:i, s:s, s:s, s:o, s:o, s:b}", "muster", 1, "op", op, "cursor", cursor, "space_id",
                     json_hex(space->id.b, HASH_BYTES), "space", json_text(space->name, strlen(space->name)), "exercise",
                     (int)space->exercise);
}

static bool begin_line(struct feed_stream *s, const struct space_view *space)
{
    const struct own *own = &s->node->own;
    json_t *json = line_head(s, space, "begin", s->at);
    json_object_set_new(json, "agency", json_agency(s->node, &own->identity.agency));
    json_object_set_new(json, "node", json_text(own->node_name, strlen(own->node_name)));
    return line_add(s, json);
}

static bool current_line(struct feed_stream *s, const struct space_view *space)
{
    json_t *json = line_head(s, space, "current", s->at);
    json_object_set_new(json, "complete", json_complete(s->node, space));
    return line_add(s, json);
}

static bool object_line(struct feed_stream *s, const struct space_view *space, uint64_t number, const struct object_id *id,
                        enum feed_what what)
{
    struct object_stored state;
    if (what == FEED_ERASED) {
        json_t *json = line_head(s, space, "erase", number);
        json_object_set_new(json, "id", json_hex(id->b, OBJECT_ID_BYTES));
        return line_add(s, json);
    }
    if (lookup_state(s->node, space->number, id, &state) != MUSTER_OK || (s->kind && s->kind != state.kind))
        return true;
    bool branch = state.head_count > 1;
    json_t *json = line_head(s, space, branch ? "branch" : "put", number);
    json_t *item = object_json(s->node, space, id, &state, true);
    json_object_update_missing(json, item);
    json_decref(item);
    if (branch)
        json_object_set_new(json, "branches", branches_json(s->node, space, id, &state));
    return line_add(s, json);
}

struct entry {
    uint64_t number;
    struct object_id object;
    enum feed_what what;
};

struct entries {
    struct entry at[64];
    size_t count;
};

static bool take_entry(void *user, struct bytes key, struct bytes value)
{
    struct entries *e = user;
    if (key.len == FEED_KEY_BYTES && value.len == FEED_VALUE_BYTES) {
        struct entry *entry = &e->at[e->count++];
        entry->number = get_be64(key.at + 4);
        memcpy(entry->object.b, value.at, OBJECT_ID_BYTES);
        entry->what = value.at[OBJECT_ID_BYTES];
    }
    return e->count < ARRAY_LEN(e->at);
}

/* The next entries behind s->at; false when there was an error or no memory. */
static bool entries_add(struct feed_stream *s, const struct space_view *space, size_t *count)
{
    const struct storage *storage = store_storage(s->node->store);
    struct entries found = {.count = 0};
    uint8_t from[FEED_KEY_BYTES];
    put_be32(from, space->number);
    put_be64(from + 4, s->at + 1);
    if (storage->scan(storage->self, T_FEED, (struct bytes){from, 4}, (struct bytes){from, sizeof(from)}, false, take_entry,
                      &found) != MUSTER_OK)
        return false;
    *count = found.count;
    for (size_t i = 0; i < found.count; i++) {
        if (!object_line(s, space, found.at[i].number, &found.at[i].object, found.at[i].what))
            return false;
        s->at = found.at[i].number;
        if (s->len >= FEED_BATCH_BYTES)
            break;
    }
    return true;
}

/* Fills the batch; empty: there is nothing now. */
static bool batch_fill(struct feed_stream *s)
{
    struct space_view space;
    size_t seen = 0, count = 1;
    s->len = s->sent = 0;
    if (s->beat) {
        s->beat = false;
        if (!text_add(s, "\n", 1))
            return false;
    }
    if (!s->node->core || !core_space_by_id(s->node->core, &s->space, &space) ||
        core_feed_generation(s->node->core, 0) != s->generation) {
        s->ended = true; /* the client asks again, and hears why */
        return true;
    }
    if (store_derived_commit(s->node->store) != MUSTER_OK) /* only what lasts is told */
        return false;
    if (s->begin && !begin_line(s, &space))
        return false;
    s->begin = false;
    while (count && s->len < FEED_BATCH_BYTES && seen < FEED_SCAN_MAX) {
        if (!entries_add(s, &space, &count))
            return false;
        seen += count;
    }
    if (!count && s->told_current != s->at) {
        s->told_current = s->at;
        if (!current_line(s, &space))
            return false;
    }
    if (count && !s->len) /* much was looked at, of other kinds: the client reads on */
        return text_add(s, "\n", 1);
    s->ended = !count && !s->follow;
    return true;
}

static ssize_t stream_read(void *user, uint64_t offset, char *out, size_t max)
{
    struct feed_stream *s = user;
    (void)offset;
    if (s->sent == s->len) {
        if (s->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!batch_fill(s))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        turn_mark(s->node); /* what was read from the store is given back at the turn's end */
    }
    if (s->sent == s->len && s->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (s->sent == s->len) {
        s->suspended = true;
        MHD_suspend_connection(s->connection);
        return 0;
    }
    size_t len = s->len - s->sent < max ? s->len - s->sent : max;
    memcpy(out, s->text + s->sent, len);
    s->sent += len;
    return (ssize_t)len;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static void stream_free(void *user)
{
    struct feed_stream *s = user;
    for (struct feed_stream **at = &s->node->feeds; *at; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            s->node->feed_count--;
            break;
        }
    free(s->text);
    free(s);
}

static void resume(struct feed_stream *s)
{
    if (!s->suspended)
        return;
    s->suspended = false;
    MHD_resume_connection(s->connection);
}

void feeds_wake(struct node *node)
{
    for (struct feed_stream *s = node->feeds; s; s = s->next)
        resume(s);
    if (node->feeds)
        turn_mark(node);
}

void feeds_beat(struct node *node, uint64_t now)
{
    if (!node->feeds || now - node->feed_beat_mono_ms < FEED_BEAT_MS)
        return;
    node->feed_beat_mono_ms = now;
    for (struct feed_stream *s = node->feeds; s; s = s->next)
        s->beat = true;
    feeds_wake(node);
}

void feeds_end(struct node *node)
{
    for (struct feed_stream *s = node->feeds; s; s = s->next) {
        s->ended = true;
        resume(s);
    }
}

/* --- the request ---------------------------------------------------------------------------------------------------- */

static bool take_after(struct request *request, struct feed_stream *s)
{
    const char *after = request_query(request, "after");
    uint64_t chance, generation, number, last;
    struct space_view space;
    crypto_random(&chance, sizeof(chance));
    s->generation = core_feed_generation(request->node->core, chance | 1);
    s->begin = !after || !after[0];
    if (s->begin)
        return true;
    if (strcmp(after, "now") == 0) { /* only what comes */
        s->begin = true;
        s->at = core_space_by_id(request->node->core, &s->space, &space) ? core_feed_last(request->node->core, space.number) : 0;
        return true;
    }
    if (!cursor_read(after, &generation, &number)) {
        request_refuse(request, MUSTER_EUSAGE, "\"%.60s\" is no cursor that a node has given", after);
        return false;
    }
    last = core_space_by_id(request->node->core, &s->space, &space) ? core_feed_last(request->node->core, space.number) : 0;
    if (generation != s->generation || number > last) {
        request_refuse(request, MUSTER_ERESYNC, "the cursor %.60s is of an earlier life of this node's tables", after);
        return false;
    }
    s->at = number;
    return true;
}

static bool take_feed(struct request *request, struct feed_stream *s)
{
    const char *kind = request_query(request, "kind"), *follow = request_query(request, "follow");
    struct kind_problem problem = {.error = MUSTER_OK};
    struct space_view space;
    if (!request_space(request, &space))
        return false;
    s->space = space.id;
    s->follow = follow && strcmp(follow, "1") == 0;
    if (kind && kind[0]) {
        const struct kind *found = kind_find(kind, &problem);
        if (!found) {
            request_refuse(request, MUSTER_EKIND, "%s", problem_text(&problem, MUSTER_EKIND));
            return false;
        }
        s->kind = found->number;
    }
    if (request->node->feed_count >= FEEDS_MAX) {
        request_refuse(request, MUSTER_EBUSY, "%d change feeds are being read already", FEEDS_MAX);
        return false;
    }
    return take_after(request, s);
}

void api_feed(struct request *request)
{
    struct node *node = request->node;
    struct feed_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return;
    s->node = node;
    s->connection = request->connection;
    s->told_current = UINT64_MAX;
    if (!take_feed(request, s)) {
        free(s);
        return;
    }
    s->next = node->feeds;
    node->feeds = s;
    node->feed_count++;
    request_stream(request, "application/x-ndjson", stream_read, stream_free, s);
}
