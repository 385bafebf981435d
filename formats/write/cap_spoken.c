#include "formats/write/cap_spoken.h"

#include "protocol/kinds/time3339.h"

#include <string.h>

struct pair {
    const char *incident, *here;
};

static const struct pair of_warnings[] = {
    {"onset",       "starts"   },
    {"expires",     "ends"     },
    {"effective",   "issued_at"},
    {"sender_name", "issuer"   },
    {"description", "matters"  },
    {"instruction", "measures" },
    {NULL,          NULL       },
};

static const struct pair of_releases[] = {
    {"effective",   "published_at"},
    {"description", "text"        },
    {"parameter",   "claims"      },
    {NULL,          NULL          },
};

static const struct {
    const char *kind;
    const struct pair *names;
    const char *first, *last, *former;
    const char *told[4]; /* only in these was it ever said to the public; in `last` too, when a message was before */
    const char *step;    /* what says it */
} spoken[] = {
    {"warning", of_warnings, "issued", "lifted", "predecessor", {"issued", "adjusted", "lifted", "expired"}, "muster alert ID --issue"},
    {"release", of_releases, "published", "withdrawn", "corrects", {"published", "corrected", NULL, NULL},
     "muster update ID status=published"},
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

static size_t row_of(const char *kind)
{
    size_t i = 0;
    while (i < ARRAY_LEN(spoken) && strcmp(spoken[i].kind, kind) != 0)
        i++;
    return i;
}

bool cap_spoken_is(const char *kind)
{
    return row_of(kind) < ARRAY_LEN(spoken);
}

const char *cap_spoken_field(const char *kind, const char *name)
{
    size_t row = row_of(kind);
    for (const struct pair *p = row < ARRAY_LEN(spoken) ? spoken[row].names : NULL; p && p->incident; p++)
        if (strcmp(p->incident, name) == 0)
            return p->here;
    return name;
}

const char *cap_spoken_severity(const char *level)
{
    for (size_t i = 0; level && i < ARRAY_LEN(levels); i++)
        if (strcmp(levels[i].level, level) == 0)
            return levels[i].severity;
    return NULL;
}

const char *cap_spoken_first(const char *kind)
{
    size_t row = row_of(kind);
    return row < ARRAY_LEN(spoken) ? spoken[row].first : NULL;
}

const char *cap_spoken_last(const char *kind)
{
    size_t row = row_of(kind);
    return row < ARRAY_LEN(spoken) ? spoken[row].last : NULL;
}

const char *cap_spoken_former(const char *kind)
{
    size_t row = row_of(kind);
    return row < ARRAY_LEN(spoken) ? spoken[row].former : NULL;
}

static bool is_before(const char *now, const char *then)
{
    struct time3339 a, b;
    return time3339_parse(&a, now, strlen(now), NULL) == MUSTER_OK && time3339_parse(&b, then, strlen(then), NULL) == MUSTER_OK &&
           a.ms < b.ms;
}

enum muster_error cap_spoken_check(const json_t *item, const char *now, bool taken_back, struct format_problem *problem)
{
    const char *status = item_field(item, "status"), *embargo = item_field(item, "embargo_until");
    size_t row = row_of(item_text(item, "kind"));
    bool told = false;
    if (row >= ARRAY_LEN(spoken))
        return MUSTER_OK;
    for (size_t i = 0; status && i < ARRAY_LEN(spoken[row].told); i++)
        told |= spoken[row].told[i] && strcmp(spoken[row].told[i], status) == 0;
    if (!told && !taken_back)
        return format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, "status",
                                  "%.40s is no alert: it is %.20s and was never %s; first: %s", item_text(item, "short"),
                                  status ? status : "", spoken[row].first, spoken[row].step);
    if (!embargo || !is_before(now, embargo))
        return MUSTER_OK;
    return format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, "embargo_until",
                              "%.40s is no alert yet: it may not be told before %.40s; export it then, or clear embargo_until",
                              item_text(item, "short"), embargo);
}
