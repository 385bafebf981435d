#include "tools/export_items.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "protocol/kinds/time3339.h"
#include "tools/arguments.h"
#include "tools/memory.h"
#include "tools/records.h"
#include "tools/value.h"

#include <string.h>
#include <time.h>

bool export_since(char out[64], const char *text, long long now_ms)
{
    static const struct {
        char letter;
        long long ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    struct time3339 time;
    char *end = NULL;
    if (time3339_parse(&time, text, strlen(text), NULL) == MUSTER_OK)
        return time3339_format(out, time.ms) > 0;
    if (text[0] < '0' || text[0] > '9')
        return false;
    long long number = strtoll(text, &end, 10);
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (end[0] == units[i].letter && !end[1] && number <= now_ms / units[i].ms)
            return time3339_format(out, now_ms - number * units[i].ms) > 0;
    return false;
}

bool export_is_id(const char *word)
{
    uint8_t id[OBJECT_ID_BYTES];
    const char *dash = strchr(word, '-');
    if (hex_to(id, sizeof id, word))
        return true;
    for (size_t i = 0; dash && kind_at(i); i++)
        if (strlen(kind_at(i)->prefix) == (size_t)(dash - word) &&
            strncmp(kind_at(i)->prefix, word, (size_t)(dash - word)) == 0)
            return true;
    return false;
}

/* --- each once ----------------------------------------------------------------------------------------------- */

static void seen_put(char (*table)[16], size_t size, const char id[16])
{
    static const char none[16];
    uint64_t at;
    memcpy(&at, id + 8, sizeof at); /* the random tail */
    for (at &= size - 1; memcmp(table[at], none, 16) != 0; at = (at + 1) & (size - 1))
        if (memcmp(table[at], id, 16) == 0)
            return;
    memcpy(table[at], id, 16);
}

static bool seen_has(const struct export_items *items, const char id[16])
{
    static const char none[16];
    uint64_t at;
    if (!items->seen_size)
        return false;
    memcpy(&at, id + 8, sizeof at);
    for (at &= items->seen_size - 1; memcmp(items->seen[at], none, 16) != 0; at = (at + 1) & (items->seen_size - 1))
        if (memcmp(items->seen[at], id, 16) == 0)
            return true;
    return false;
}

/* True if the item was not here before. */
static bool is_new(struct export_items *items, const json_t *item)
{
    char id[16];
    if (!hex_to((uint8_t *)id, sizeof id, value_text_at(item, "id")) || seen_has(items, id))
        return false;
    if (items->seen_count * 2 >= items->seen_size && items->seen_size < EXPORT_SEEN_MAX) {
        size_t size = items->seen_size ? items->seen_size * 2 : 4096;
        char(*bigger)[16] = memory_get(size * sizeof *bigger);
        for (size_t i = 0; i < items->seen_size; i++)
            if (memcmp(items->seen[i], (char[16]){0}, 16) != 0)
                seen_put(bigger, size, items->seen[i]);
        free(items->seen);
        items->seen = bigger;
        items->seen_size = size;
    }
    if (items->seen_count * 10 < items->seen_size * 9) { /* beyond the bound an object may come twice */
        seen_put(items->seen, items->seen_size, id);
        items->seen_count++;
    }
    return true;
}

/* --- pages ---------------------------------------------------------------------------------------------------- */

static int page_get(struct export_items *items, const char *cursor)
{
    struct url url = items->query;
    json_t *page = NULL;
    if (!items->one) {
        url_query(&url, "limit", "500");
        url_query(&url, "cursor", cursor);
    }
    int code = tool_call(items->tool, "GET", &url, NULL, &page);
    if (code)
        return code;
    json_decref(items->page);
    items->page = page;
    items->next = 0;
    return 0;
}

static int since_add(struct export_items *items, const struct arguments *args)
{
    const char *since = option_get(args, "since");
    struct timespec now;
    char text[64];
    if (!since)
        return 0;
    clock_gettime(CLOCK_REALTIME, &now);
    if (!export_since(text, since, (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000))
        return tool_usage(items->tool, "muster export incidents --since 2h",
                          "--since is a time with its zone or an age (90s, 30m, 2h, 7d), not \"%s\"", since);
    url_query(&items->query, "since", text);
    return 0;
}

int export_items_open(struct export_items *items, struct tool *tool, const struct arguments *args, const char *kind)
{
    int code = 0;
    memset(items, 0, sizeof *items);
    items->tool = tool;
    if (args->count == 1 && export_is_id(args->words[0])) {
        items->one = true;
        url_start(&items->query, "/v1/objects");
        url_segment(&items->query, args->words[0]);
        url_query(&items->query, "space", tool->set.space);
    } else if (args->count == 0 && kind) {
        char *word = memory_copy(kind);
        struct arguments as_if = *args;
        as_if.words = &word;
        as_if.count = 1;
        code = record_query(tool, &as_if, &items->query, &items->kind);
        free(word);
    } else {
        code = record_query(tool, args, &items->query, &items->kind);
    }
    if (!code && !items->one) {
        url_query(&items->query, "order", "asc");
        code = since_add(items, args);
    }
    if (!code)
        code = page_get(items, NULL);
    if (!code && items->one)
        items->kind = kind_by_name(value_text_at(items->page, "kind"));
    return code;
}

int export_items_next(struct export_items *items, json_t **item)
{
    *item = NULL;
    if (items->one) {
        *item = items->next++ ? NULL : items->page;
        return 0;
    }
    for (;;) {
        const json_t *list = json_object_get(items->page, "items");
        while (items->next < json_array_size(list)) {
            json_t *one = json_array_get(list, items->next++);
            if (is_new(items, one)) {
                *item = one;
                return 0;
            }
        }
        const char *cursor = json_string_value(json_object_get(items->page, "next"));
        char *copy = cursor ? memory_copy(cursor) : NULL;
        int code = copy ? page_get(items, copy) : 0;
        free(copy);
        if (code || !cursor)
            return code;
    }
}

void export_items_close(struct export_items *items)
{
    json_decref(items->page);
    free(items->seen);
    memset(items, 0, sizeof *items);
}
