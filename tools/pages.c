#include "tools/pages.h"

#include <stdio.h>

int pages_get(struct tool *tool, const struct url *query, long limit, const char *cursor, bool all, json_t **answer)
{
    char number[24];
    size_t have = 0;
    *answer = NULL;
    for (long pages = 1;; pages++) {
        struct url url = *query;
        json_t *page = NULL;
        snprintf(number, sizeof number, "%ld", all ? limit : limit - (long)have);
        url_query(&url, "limit", number);
        url_query(&url, "cursor", cursor);
        int code = tool_call(tool, "GET", &url, NULL, &page);
        if (code) {
            json_decref(*answer);
            *answer = NULL;
            return code;
        }
        if (!*answer) {
            *answer = page;
        } else {
            json_array_extend(json_object_get(*answer, "items"), json_object_get(page, "items"));
            json_t *next = json_object_get(page, "next");
            json_object_set(*answer, "next", next ? next : json_null());
            json_decref(page);
        }
        cursor = json_string_value(json_object_get(*answer, "next"));
        have = json_array_size(json_object_get(*answer, "items"));
        if (!cursor || (all ? have >= ALL_MAX : have >= (size_t)limit || pages == SHORT_PAGES_MAX))
            return 0;
    }
}
