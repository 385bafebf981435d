#include "tools/watch_alarms.h"

#include "tools/screen.h"
#include "tools/value.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_EVERY_S = 2 };

static void print(struct tool *tool, const json_t *alarm, const char *what)
{
    char time_text[VALUE_TIME_BYTES] = "", text[1200];
    if (tool->set.output == OUTPUT_JSON || tool->set.output == OUTPUT_NDJSON) {
        json_t *line = json_pack("{s:s, s:s, s:O}", "op", "alarm", "state", what, "alarm", alarm);
        char *safe = json_text(line, false);
        fprintf(tool->out, "%s\n", safe);
        free(safe);
        json_decref(line);
        return;
    }
    time_now(time_text);
    snprintf(text, sizeof text, "%s%s  %-6s  %s  %s: %s", value_true_at(alarm, "exercise") ? "EXERCISE 演练  " : "", time_text,
             strcmp(what, "raised") == 0 ? _("ALARM") : _("over"),
             value_text_at(alarm, "object.short"), value_text_at(alarm, "severity"), value_text_at(alarm, "text"));
    screen_line(tool, "%s", text);
}

void watch_alarms_look(struct watch_alarms *alarms, struct tool *tool)
{
    struct timespec now;
    struct url url;
    struct fault fault;
    json_t *answer = NULL, *there = NULL, *each;
    const char *id;
    size_t i;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (alarms->known && now.tv_sec - alarms->looked < LOOK_EVERY_S)
        return;
    alarms->looked = now.tv_sec;
    url_start(&url, "/v1/alarms");
    url_query(&url, "space", tool->set.space);
    if (client_call(&tool->client, "GET", &url, NULL, &answer, &fault) != MUSTER_OK)
        return;
    there = json_object();
    json_array_foreach(json_object_get(answer, "items"), i, each)
    {
        id = value_text_at(each, "id");
        if (!json_object_get(alarms->known, id) && strcmp(value_text_at(each, "state"), "open") == 0)
            print(tool, each, "raised");
        json_object_set(there, id, each);
    }
    json_object_foreach(alarms->known, id, each)
        if (!json_object_get(there, id))
            print(tool, each, "cleared");
    json_decref(alarms->known);
    alarms->known = there;
    json_decref(answer);
    fflush(tool->out);
}

void watch_alarms_free(struct watch_alarms *alarms)
{
    json_decref(alarms->known);
    *alarms = (struct watch_alarms){.known = NULL};
}
