/* bundle_set.c — making a bundle of several files that can be interrupted at any moment and goes on when it is repeated. */
#include "tools/bundle.h"
#include "tools/memory.h"
#include "tools/progress.h"
#include "tools/stick.h"
#include "tools/value.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- names -------------------------------------------------------------------------------------------------------- */

static size_t stem_len(const char *path)
{
    size_t len = strlen(path), suffix = strlen(BUNDLE_SUFFIX);
    return len > suffix && strcmp(path + len - suffix, BUNDLE_SUFFIX) == 0 ? len - suffix : len;
}

void bundle_list_path(char out[PATH_MAX], const char *path)
{
    snprintf(out, PATH_MAX, "%.*s%s", (int)stem_len(path), path, BUNDLE_LIST_SUFFIX);
}

void bundle_part_path(char out[PATH_MAX], const char *path, size_t part)
{
    size_t stem = stem_len(path);
    if (part == 1)
        snprintf(out, PATH_MAX, "%s", path);
    else
        snprintf(out, PATH_MAX, "%.*s-%zu%s", (int)stem, path, part, path + stem);
}

/* --- the list ------------------------------------------------------------------------------------------------------ */

/* A line {"part":N,...} into its place: the next one, or one that was written anew.  False: it says nothing that can be. */
static bool part_take(struct bundle_list *list, const json_t *line)
{
    struct bundle_part part = {.bytes = (uint64_t)value_int_at(line, "bytes"), .left = (uint64_t)value_int_at(line, "left")};
    long long number = value_int_at(line, "part"), bytes = value_int_at(line, "bytes");
    const char *next = value_text_at(line, "next");
    if (number < 1 || number > BUNDLE_PARTS_MAX || (size_t)number > list->count + 1 || bytes < 1 || bytes > STICK_FILE_MAX ||
        strlen(next) >= sizeof part.next || !hex_to(part.hash.b, HASH_BYTES, value_text_at(line, "hash")))
        return false;
    snprintf(part.next, sizeof part.next, "%s", next);
    list->parts[number - 1] = part;
    if ((size_t)number > list->count)
        list->count = (size_t)number;
    return true;
}

bool bundle_list_read(struct bundle_list *list, const char *path)
{
    char *text;
    uint64_t len;
    *list = (struct bundle_list){.head = NULL};
    if (stick_load(path, 0, &text, &len) != STICK_WHOLE)
        return false;
    list->parts = memory_get(BUNDLE_PARTS_MAX * sizeof *list->parts);
    list->torn = len > BUNDLE_LIST_BYTES_MAX || text[len - 1] != '\n' || strlen(text) < len;
    bool sense = true;
    for (char *rest = text, *line; len <= BUNDLE_LIST_BYTES_MAX && !list->whole && (line = strsep(&rest, "\n")) && rest;) {
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        if (!list->head && json_is_object(json) && value_int_at(json, "muster") == 1 && value_text_at(json, "for")[0])
            list->head = json_incref(json);
        else if (list->head && value_true_at(json, "whole"))
            list->whole = list->count > 0 && !list->parts[list->count - 1].next[0];
        else
            sense = list->head && part_take(list, json);
        json_decref(json);
        if (!sense)
            break;
    }
    list->torn |= !sense;
    free(text);
    if (list->head)
        return true;
    bundle_list_free(list);
    return false;
}

void bundle_list_free(struct bundle_list *list)
{
    json_decref(list->head);
    free(list->parts);
    *list = (struct bundle_list){.head = NULL};
}

static json_t *head_of(struct tool *tool, const json_t *body, const json_t *measure)
{
    const json_t *space = json_object_get(body, "space"), *part_bytes = json_object_get(body, "part_bytes");
    json_t *head = json_pack("{s:i, s:s, s:s, s:b, s:I, s:s}", "muster", 1, "by", value_text_at(tool_status(tool), "node.id"), "for",
                             value_text_at(measure, "agency.id"), "all", json_is_true(json_object_get(body, "all")),
                             "part_bytes", (json_int_t)json_integer_value(part_bytes), "state", value_text_at(measure, "state"));
    json_object_set_new(head, "space", json_is_string(space) ? json_string(json_string_value(space)) : json_null());
    return head;
}

/* Is it a list of the same bundle?  same_state: of one that would hold the same. */
static bool list_fits(const struct bundle_list *list, const json_t *head, bool *same_state)
{
    static const char *const keys[] = {"by", "for", "space", "all", "part_bytes"};
    bool fits = list->head != NULL;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && fits; i++)
        fits = json_equal(json_object_get(list->head, keys[i]), json_object_get(head, keys[i]));
    *same_state = fits && json_equal(json_object_get(list->head, "state"), json_object_get(head, "state"));
    return fits && (!list->whole || *same_state);
}

static void line_add(char **text, const json_t *json)
{
    char *line = json_text(json, false);
    size_t room = strlen(*text) + strlen(line) + 2;
    char *all = memory_get(room);
    snprintf(all, room, "%s%s\n", *text, line);
    free(line);
    free(*text);
    *text = all;
}

static json_t *part_json(const struct bundle_list *list, size_t part)
{
    char hex[2 * HASH_BYTES + 1];
    const struct bundle_part *p = &list->parts[part - 1];
    return json_pack("{s:I, s:I, s:s, s:s, s:I}", "part", (json_int_t)part, "bytes", (json_int_t)p->bytes, "hash",
                     hex_from(hex, p->hash.b, HASH_BYTES), "next", p->next, "left", (json_int_t)p->left);
}

/* The whole list anew: at the beginning, and when it was torn or shortened. */
static enum muster_error list_save(const struct bundle_list *list, const char *path, struct fault *fault)
{
    char *text = memory_copy("");
    line_add(&text, list->head);
    for (size_t part = 1; part <= list->count; part++) {
        json_t *json = part_json(list, part);
        line_add(&text, json);
        json_decref(json);
    }
    enum muster_error error = stick_save(path, text, strlen(text), NULL, NULL, fault);
    free(text);
    return error;
}

static enum muster_error list_append(json_t *json, const char *path, struct fault *fault)
{
    char *text = memory_copy("");
    line_add(&text, json);
    json_decref(json);
    enum muster_error error = stick_append(path, text, fault);
    free(text);
    return error;
}

/* --- where it goes -------------------------------------------------------------------------------------------------- */

static bool name_taken(const char *path)
{
    char list[PATH_MAX];
    bundle_list_path(list, path);
    return access(path, F_OK) == 0 || access(list, F_OK) == 0;
}

/* The newest bundle of the folder that this one goes on with. */
static bool goes_on(char out[PATH_MAX], const char *folder, const json_t *head)
{
    struct fault fault;
    char **names;
    size_t count, left_out;
    bool found = false;
    if (stick_names(folder ? folder : ".", BUNDLE_LIST_SUFFIX, &names, &count, &left_out, &fault) != MUSTER_OK)
        return false;
    for (size_t i = count; i-- > 0 && !found;) {
        struct bundle_list list;
        char path[PATH_MAX];
        bool same;
        size_t stem = strlen(names[i]) - strlen(BUNDLE_LIST_SUFFIX);
        if ((size_t)snprintf(path, sizeof path, "%s%s%s", folder ? folder : "", folder ? "/" : "", names[i]) >= sizeof path ||
            !bundle_list_read(&list, path))
            continue;
        found = strstr(names[i], ".reply.") == NULL && list_fits(&list, head, &same) &&
                (size_t)snprintf(out, PATH_MAX, "%s%s%.*s%s", folder ? folder : "", folder ? "/" : "", (int)stem, names[i],
                                 BUNDLE_SUFFIX) < PATH_MAX;
        bundle_list_free(&list);
    }
    stick_names_free(names, count);
    return found;
}

void bundle_place(struct tool *tool, char out[PATH_MAX], const char *wish, const json_t *body, const json_t *measure)
{
    const json_t *agency = json_object_get(measure, "agency");
    char plain[PATH_MAX];
    bundle_path(plain, wish, agency, BUNDLE_SUFFIX, 0);
    if (wish && strcmp(plain, wish) == 0) {
        snprintf(out, PATH_MAX, "%s", wish);
        return;
    }
    json_t *head = head_of(tool, body, measure);
    if (!goes_on(out, wish, head)) {
        snprintf(out, PATH_MAX, "%s", plain);
        for (char letter = 'b'; letter <= 'z' && name_taken(out); letter++)
            bundle_path(out, wish, agency, BUNDLE_SUFFIX, letter);
    }
    json_decref(head);
}

/* --- making --------------------------------------------------------------------------------------------------------- */

struct making {
    struct tool *tool;
    json_t *body, *files;
    const char *path;
    char list_path[PATH_MAX];
    struct bundle_list list;
    struct progress progress;
    uint64_t total; /* segments */
    uint64_t bytes; /* of the parts before this one */
};

/* How much there will be, told from what there is by now. */
static void estimate(struct making *m, uint64_t bytes, uint64_t left)
{
    uint64_t done = m->total > left ? m->total - left : 1;
    m->progress.of = left ? (uint64_t)((double)bytes * (double)m->total / (double)done) : bytes;
}

static void watched(void *user, uint64_t done)
{
    struct making *m = user;
    progress_at(&m->progress, m->bytes + done);
}

/* "next=12-3400; left=77"; without it there is no part behind this one. */
static void more_read(struct bundle_part *made, const char *parameters)
{
    static const char next[] = "next=", left[] = "left=";
    const char *count = strstr(parameters, left);
    size_t len = strncmp(parameters, next, strlen(next)) == 0 ? strspn(parameters + strlen(next), "0123456789-") : 0;
    if (!len || len >= sizeof made->next)
        return;
    memcpy(made->next, parameters + strlen(next), len);
    made->next[len] = '\0';
    made->left = count ? strtoull(count + strlen(left), NULL, 10) : 0;
}

/* Asks the node for a part, writes it, notes it.  What follows in the list stays only if it begins where this one ends. */
static enum muster_error part_make(struct making *m, size_t part, const char *to, struct fault *fault)
{
    struct client_bytes got = {.at = NULL};
    struct url url;
    struct bundle_part *row = &m->list.parts[part - 1];
    struct bundle_part made = {.bytes = 0};
    url_start(&url, "/v1/bundles/export");
    enum muster_error error = client_post_for_bytes(&m->tool->client, &url, m->body, &got, fault);
    if (error)
        return error;
    more_read(&made, got.parameters);
    made.bytes = got.len;
    made.hash = stick_hash(got.at, got.len);
    estimate(m, m->bytes + made.bytes, made.left);
    error = stick_save(to, got.at, got.len, watched, m, fault);
    free(got.at);
    if (error)
        return error;
    bool shortened = part < m->list.count && strcmp(row->next, made.next) != 0;
    for (size_t stale = part + 1; shortened && stale <= m->list.count; stale++) {
        char old[PATH_MAX];
        bundle_part_path(old, m->path, stale);
        (void)unlink(old);
    }
    *row = made;
    if (shortened || part > m->list.count)
        m->list.count = part;
    bool anew = shortened || m->list.whole; /* nothing is read behind the line that says it is whole */
    m->list.whole = false;
    return anew ? list_save(&m->list, m->list_path, fault) : list_append(part_json(&m->list, part), m->list_path, fault);
}

static enum muster_error parts_make(struct making *m, struct fault *fault)
{
    bool more = true;
    for (size_t part = 1; more && part <= BUNDLE_PARTS_MAX; part++) {
        struct bundle_part *row = &m->list.parts[part - 1];
        char to[PATH_MAX];
        bundle_part_path(to, m->path, part);
        bool kept = part <= m->list.count && stick_look(to, row->bytes, &row->hash) == STICK_WHOLE;
        if (!kept) {
            enum muster_error error = part_make(m, part, to, fault);
            if (error)
                return error;
        }
        m->bytes += row->bytes;
        estimate(m, m->bytes, row->left);
        progress_at(&m->progress, m->bytes);
        json_array_append_new(m->files, json_pack("{s:s, s:I, s:b}", "file", to, "bytes", (json_int_t)row->bytes, "kept", kept));
        more = row->next[0] != '\0';
        json_object_set_new(m->body, "next", json_string(row->next));
    }
    json_object_del(m->body, "next");
    if (m->list.whole)
        return MUSTER_OK;
    return list_append(json_pack("{s:b}", "whole", 1), m->list_path, fault);
}

/* A list to go on with, or a new one. */
static enum muster_error list_begin(struct making *m, const json_t *measure, bool replace, struct fault *fault)
{
    bool same = false;
    json_t *head = head_of(m->tool, m->body, measure);
    bool there = bundle_list_read(&m->list, m->list_path);
    if (there && list_fits(&m->list, head, &same)) {
        json_decref(head);
        return m->list.torn ? list_save(&m->list, m->list_path, fault) : MUSTER_OK;
    }
    if (!replace && access(m->path, F_OK) == 0) {
        json_decref(head);
        fault_set(fault, MUSTER_EDUPLICATE, "%s exists already", m->path);
        fault_step(fault, "choose another name, or overwrite it with --yes");
        return MUSTER_EDUPLICATE;
    }
    for (size_t stale = 2; stale <= m->list.count; stale++) {
        char old[PATH_MAX];
        bundle_part_path(old, m->path, stale);
        (void)unlink(old);
    }
    bundle_list_free(&m->list);
    m->list = (struct bundle_list){.head = head, .parts = memory_get(BUNDLE_PARTS_MAX * sizeof *m->list.parts)};
    return list_save(&m->list, m->list_path, fault);
}

int bundle_make(struct tool *tool, json_t *body, const json_t *measure, const char *path, bool replace, json_t *files)
{
    struct fault fault;
    struct making m = {.tool = tool, .body = body, .files = files, .path = path};
    bundle_list_path(m.list_path, path);
    m.total = (uint64_t)value_int_at(measure, "segments") + (uint64_t)value_int_at(measure, "left");
    progress_start(&m.progress, tool, "bundle", "writing", 0, true);
    enum muster_error error = list_begin(&m, measure, replace, &fault);
    if (!error)
        error = parts_make(&m, &fault);
    if (error)
        progress_drop(&m.progress);
    else
        progress_end(&m.progress, m.bytes);
    bundle_list_free(&m.list);
    return error ? tool_fail(tool, &fault) : 0;
}
