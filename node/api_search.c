/* api_search.c — objects by the words that they say, in Chinese, English and others.
 *
 * The index gives the objects that have all terms, newest first; each is looked at once more, so that a run of Chinese is found
 * only where it stands as it was typed.  What waits to be noted is noted first, as far as one request may. */
#include "node/api_handlers.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "node/stream.h"
#include "protocol/object/words.h"

#include <stdlib.h>

enum {
    SEARCH_QUERY_MAX = 400,
    SEARCH_PIECES_MAX = 16,
    SEARCH_LOOKS_MAX = 5000,
    SEARCH_CATCH_UP_MAX = 256,
    SEARCH_LIMIT_MAX = 200,
    FLAT_BYTES = 4 * WORDS_POINTS_MAX + 16
};

struct searching {
    struct node *node;
    struct space_view space;
    const struct kind *kind; /* NULL: any */
    size_t limit, work, looks, words;
    char query[4 * SEARCH_QUERY_MAX];
    struct bytes pieces[SEARCH_PIECES_MAX];
    size_t piece_count;
    uint8_t cursor[PLACE_BYTES]; /* an object id, as long as a place of a stream may be */
    bool has_cursor, more;
    struct stream stream;
    json_t *items;
    /* of the object looked at */
    uint32_t found; /* bit of each piece */
    json_t *fields;
    char flat[FLAT_BYTES];
};

static bool take_term(void *user, struct bytes word)
{
    struct searching *s = user;
    s->words++;
    return stream_word(&s->stream, core_term_word(s->node->core, word));
}

/* The query's pieces: between two spaces of its flat form. */
static void cut_pieces(struct searching *s, const char *text)
{
    size_t len = words_flat(s->query, sizeof(s->query), (struct bytes){(const uint8_t *)text, strlen(text)});
    for (size_t at = 0; at < len && s->piece_count < SEARCH_PIECES_MAX;) {
        size_t end = at;
        while (end < len && s->query[end] != ' ')
            end++;
        if (end > at)
            s->pieces[s->piece_count++] = (struct bytes){(const uint8_t *)s->query + at, end - at};
        at = end + 1;
    }
}

static void look_in(void *user, const struct field *field, struct bytes text)
{
    struct searching *s = user;
    size_t len = words_flat(s->flat, sizeof(s->flat), text);
    bool here = false;
    for (size_t i = 0; i < s->piece_count; i++)
        if (words_piece_in((struct bytes){(const uint8_t *)s->flat, len}, s->pieces[i])) {
            s->found |= UINT32_C(1) << i;
            here = true;
        }
    size_t fields = json_array_size(s->fields);
    const char *last = fields ? json_string_value(json_array_get(s->fields, fields - 1)) : "";
    if (here && strcmp(last, field->name) != 0)
        json_array_append_new(s->fields, json_string(field->name));
}

static void look(struct searching *s, const struct object_id *id)
{
    struct object_stored state;
    s->looks++;
    if (lookup_state(s->node, s->space.number, id, &state) != MUSTER_OK || (s->kind && state.kind != s->kind->number))
        return;
    s->found = 0;
    s->fields = json_array();
    index_texts(state.kind, state.view, look_in, s);
    if (s->found == (UINT32_C(1) << s->piece_count) - 1) {
        json_t *item = object_json(s->node, &s->space, id, &state, false);
        json_object_set(item, "found_in", s->fields);
        json_array_append_new(s->items, item);
    }
    json_decref(s->fields);
}

static void walk(struct searching *s)
{
    const uint8_t *place;
    struct object_id id;
    stream_start(&s->stream, s->has_cursor ? s->cursor : NULL);
    while ((place = stream_head(&s->stream)) != NULL) {
        bool passed = s->has_cursor && memcmp(place, s->cursor, OBJECT_ID_BYTES) >= 0; /* newest first */
        if (!passed && (json_array_size(s->items) == s->limit || s->looks >= SEARCH_LOOKS_MAX ||
                        (s->looks && s->work >= STREAM_WORK_MAX))) {
            s->more = true;
            return;
        }
        memcpy(id.b, place, OBJECT_ID_BYTES);
        stream_step(&s->stream);
        if (passed)
            continue;
        memcpy(s->cursor, id.b, OBJECT_ID_BYTES);
        look(s, &id);
    }
}

static bool take_search(struct request *request, struct searching *s)
{
    const char *q = request_query(request, "q"), *kind = request_query(request, "kind");
    const char *limit = request_query(request, "limit"), *cursor = request_query(request, "cursor");
    struct kind_problem problem;
    char *end = NULL;
    s->limit = limit ? strtoul(limit, &end, 10) : 50;
    if (!request_space(request, &s->space))
        return false;
    if ((limit && *end) || s->limit < 1 || s->limit > SEARCH_LIMIT_MAX) {
        request_refuse(request, MUSTER_EUSAGE, "the limit \"%.20s\" is not 1 to %d", limit ? limit : "", SEARCH_LIMIT_MAX);
        return false;
    }
    if (!q || strlen(q) > SEARCH_QUERY_MAX) {
        request_refuse(request, MUSTER_EUSAGE, "q, what is searched, has 1 to %d bytes", SEARCH_QUERY_MAX);
        return false;
    }
    if (kind && kind[0] && !(s->kind = kind_find(kind, &problem))) {
        request_refuse(request, MUSTER_EKIND, "%s", problem_text(&problem, MUSTER_EKIND));
        return false;
    }
    s->has_cursor = cursor && cursor[0];
    if (s->has_cursor && !hex_to(s->cursor, OBJECT_ID_BYTES, cursor)) {
        request_refuse(request, MUSTER_EUSAGE, "the cursor is not one that this node has given");
        return false;
    }
    stream_new_words(&s->stream, s->node, s->space.number, false, &s->work);
    cut_pieces(s, q);
    words_walk((struct bytes){(const uint8_t *)q, strlen(q)}, true, take_term, s);
    if (!s->words || !s->piece_count) {
        request_refuse(request, MUSTER_EUSAGE, "there is no word in \"%.60s\"", q);
        return false;
    }
    return true;
}

void api_search(struct request *request)
{
    struct searching *s = calloc(1, sizeof(*s));
    if (!s)
        return;
    s->node = request->node;
    if (take_search(request, s)) {
        bool all = core_words_catch_up(s->node->core, SEARCH_CATCH_UP_MAX);
        s->items = json_array();
        walk(s);
        json_t *json = json_head(s->node, &s->space);
        json_object_set_new(json, "items", s->items);
        json_object_set_new(json, "next", s->more ? json_hex(s->cursor, OBJECT_ID_BYTES) : json_null());
        json_object_set_new(json, "index_complete", json_boolean(all));
        request_answer(request, json);
    }
    free(s);
}
