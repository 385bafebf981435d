/* muster metrics: the node's numbers, also where no port for monitoring is open. */
#include "tools/memory.h"
#include "tools/tool.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

/* NAME{LABEL} VALUE, a line; comments begin with #. */
static json_t *items_of(const char *text)
{
    json_t *items = json_array();
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t name = strcspn(line, "{ \n"), label = line[name] == '{' ? strcspn(line + name, "}\n") - 1 : 0;
        const char *value = memchr(line, ' ', (size_t)(end - line));
        if (line[0] == '#' || !value)
            continue;
        while (memchr(value + 1, ' ', (size_t)(end - value - 1)))
            value = memchr(value + 1, ' ', (size_t)(end - value - 1));
        json_array_append_new(items, json_pack("{s:s%, s:s%, s:f}", "name", line, name, "label", label ? line + name + 1 : "", label,
                                               "value", strtod(value + 1, NULL)));
    }
    return items;
}

static int metrics_run(struct tool *tool, const struct arguments *args)
{
    struct client_bytes got = {.at = NULL};
    struct fault fault;
    struct url url;
    (void)args;
    url_start(&url, "/v1/metrics");
    if (client_get_bytes(&tool->client, &url, &got, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    char *text = memory_get(got.len + 1);
    memcpy(text, got.at, got.len);
    free(got.at);
    json_t *answer = json_pack("{s:o}", "items", items_of(text));
    if (!tool_print_data(tool, answer))
        fputs(text, tool->out);
    json_decref(answer);
    free(text);
    return 0;
}

const struct command command_metrics = {
    .name = "metrics",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .run = metrics_run,
    .help = "print the node's metrics, as Prometheus reads them",
    .detail = "The same numbers as on the port that the setting metrics opens, without one. MONITORING says what each means.",
    .example = "muster metrics | grep backup",
    .exits = EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
    .rows = "items: name label value",
};
