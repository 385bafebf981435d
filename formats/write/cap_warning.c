#include "formats/write/cap_warning.h"

#include <string.h>

static const struct {
    const char *incident, *warning;
} names[] = {
    {"onset",       "starts"   },
    {"expires",     "ends"     },
    {"effective",   "issued_at"},
    {"sender_name", "issuer"   },
    {"description", "matters"  },
    {"instruction", "measures" },
};

/* 突发事件应对法 article 63 and CAP: red, orange, yellow, blue. */
static const struct {
    const char *level, *severity;
} levels[] = {
    {"一级", "Extreme" },
    {"二级", "Severe"  },
    {"三级", "Moderate"},
    {"四级", "Minor"   },
};

/* Only these were ever said to the public. */
static const char *const told[] = {"issued", "adjusted", "lifted", "expired"};

const char *cap_warning_field(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i].incident, name) == 0)
            return names[i].warning;
    return name;
}

const char *cap_warning_severity(const char *level)
{
    for (size_t i = 0; level && i < ARRAY_LEN(levels); i++)
        if (strcmp(levels[i].level, level) == 0)
            return levels[i].severity;
    return NULL;
}

enum muster_error cap_warning_check(const json_t *item, struct format_problem *problem)
{
    const char *status = item_field(item, "status");
    for (size_t i = 0; status && i < ARRAY_LEN(told); i++)
        if (strcmp(told[i], status) == 0)
            return MUSTER_OK;
    return format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, "status",
                              "%.40s is no alert: it is %.20s and was never issued; muster alert %.40s --issue",
                              item_text(item, "short"), status ? status : "", item_text(item, "short"));
}
