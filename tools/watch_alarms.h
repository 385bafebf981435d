/* watch_alarms.h — alarms beside the changes that muster watch prints. */
#ifndef MUSTER_TOOLS_WATCH_ALARMS_H
#define MUSTER_TOOLS_WATCH_ALARMS_H

#include "tools/tool.h"

#include <stdbool.h>

struct watch_alarms {
    json_t *known; /* id -> the alarm as it was printed; NULL before the first look */
    long long looked; /* seconds */
};

/* Asks the node for its alarms, at most every few seconds, and prints those that were raised or cleared since the last look;
 * at the first look those that are open.  A node that does not answer is asked again next time. */
void watch_alarms_look(struct watch_alarms *alarms, struct tool *tool);
void watch_alarms_free(struct watch_alarms *alarms);

#endif
