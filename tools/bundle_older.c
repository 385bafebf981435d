/* bundle_older.c — what an export before this one left on the stick, and this one makes needless. */
#include "tools/bundle.h"
#include "tools/screen.h"
#include "tools/stick.h"
#include "tools/value.h"

#include <string.h>

/* Of the same node for the same agency and space, finished, and of no more than what this one holds: what the other one has
 * and this one has not, they are known to hold. */
static bool is_older(const struct bundle_list *list, const json_t *head)
{
    static const char *const keys[] = {"by", "for", "space"};
    bool older = list->whole && (json_is_true(json_object_get(head, "all")) || !json_is_true(json_object_get(list->head, "all")));
    for (size_t i = 0; i < ARRAY_LEN(keys) && older; i++)
        older = json_equal(json_object_get(list->head, keys[i]), json_object_get(head, keys[i]));
    return older;
}

json_t *bundle_older(const char *path)
{
    struct fault fault;
    struct bundle_list own, list;
    char folder[PATH_MAX], own_path[PATH_MAX], **names;
    size_t count, left_out;
    json_t *found = json_array();
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    bundle_list_path(own_path, path);
    if (!folder[0] || !bundle_list_read(&own, own_path))
        return found;
    if (stick_names(folder, BUNDLE_LIST_SUFFIX, &names, &count, &left_out, &fault) != MUSTER_OK) {
        bundle_list_free(&own);
        return found;
    }
    for (size_t i = 0; i < count; i++) {
        char at[PATH_MAX];
        uint64_t bytes = 0;
        if ((size_t)snprintf(at, sizeof at, "%s%s%s", slash ? folder : "", slash ? "/" : "", names[i]) >= sizeof at - 16 ||
            strcmp(at, own_path) == 0 || strstr(names[i], ".reply.") || !bundle_list_read(&list, at))
            continue;
        for (size_t part = 0; part < list.count; part++)
            bytes += list.parts[part].bytes;
        at[strlen(at) - strlen(BUNDLE_LIST_SUFFIX)] = '\0';
        if (is_older(&list, own.head))
            json_array_append_new(found, json_pack("{s:s+, s:I, s:I}", "file", at, BUNDLE_SUFFIX, "parts", (json_int_t)list.count,
                                                   "bytes", (json_int_t)bytes));
        bundle_list_free(&list);
    }
    stick_names_free(names, count);
    bundle_list_free(&own);
    return found;
}

void bundle_older_print(struct tool *tool, const json_t *older)
{
    for (size_t i = 0; i < json_array_size(older); i++) {
        char size[32];
        const json_t *row = json_array_get(older, i);
        bundle_size(size, value_int_at(row, "bytes"));
        screen_line(tool, "%s  %s  of an earlier export: no longer needed, delete it to have the room", value_text_at(row, "file"), size);
    }
}
