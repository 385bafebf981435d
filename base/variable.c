#include "base/variable.h"

#include <string.h>

static const struct variable variables[] = {
    /* musterd: MUSTER_CONFIG and the rows of node/config_rows.c */
    {"MUSTER_CONFIG", VARIABLE_SETTING},
    {"MUSTER_DATA", VARIABLE_SETTING},
    {"MUSTER_SOCKET", VARIABLE_SETTING},
    {"MUSTER_LISTEN", VARIABLE_SETTING},
    {"MUSTER_ADVERTISE", VARIABLE_SETTING},
    {"MUSTER_METRICS", VARIABLE_SETTING},
    {"MUSTER_LOG_LEVEL", VARIABLE_SETTING},
    {"MUSTER_ALARM_HOOK", VARIABLE_SETTING},
    {"MUSTER_ALARM_SILENT_MINUTES", VARIABLE_SETTING},
    /* muster */
    {"MUSTER_SPACE", VARIABLE_SETTING},
    {"MUSTER_OUTPUT", VARIABLE_SETTING},
    {"MUSTER_LANG", VARIABLE_SETTING},
    {"MUSTER_COLOR", VARIABLE_SETTING},
    {"MUSTER_TIMEOUT", VARIABLE_SETTING},
    {"MUSTER_PAGER", VARIABLE_SETTING},
    /* for the command of alarm_hook */
    {"MUSTER_ALARM", VARIABLE_GIVEN},
    {"MUSTER_ID", VARIABLE_GIVEN},
    {"MUSTER_STATE", VARIABLE_GIVEN},
    {"MUSTER_SEVERITY", VARIABLE_GIVEN},
    {"MUSTER_EXERCISE", VARIABLE_GIVEN},
    {"MUSTER_OBJECT", VARIABLE_GIVEN},
    {"MUSTER_SHORT", VARIABLE_GIVEN},
    {"MUSTER_TEXT", VARIABLE_GIVEN},
    {"MUSTER_DO", VARIABLE_GIVEN},
    /* tests and builds, beside MUSTER_TEST_… */
    {"MUSTER_CAP_XSD", VARIABLE_TEST},
    {"MUSTER_DAMAGES", VARIABLE_TEST},
    {"MUSTER_DEMO_KEEP", VARIABLE_TEST},
    {"MUSTER_KEEP", VARIABLE_TEST},
    {"MUSTER_KILLS", VARIABLE_TEST},
    {"MUSTER_LONG", VARIABLE_TEST},
    {"MUSTER_MODEL", VARIABLE_TEST},
    {"MUSTER_ROOMS_DIR", VARIABLE_TEST},
    {"MUSTER_SEED", VARIABLE_TEST},
    {"MUSTER_TELL", VARIABLE_TEST},
    {"MUSTER_TIMES", VARIABLE_TEST},
    {"MUSTER_UNIT_DIR", VARIABLE_TEST},
    {"MUSTER_WRITE_GOLDEN", VARIABLE_TEST},
};

const struct variable *variable_at(size_t i)
{
    return i < sizeof(variables) / sizeof(variables[0]) ? &variables[i] : NULL;
}

static bool is_known(const char *name)
{
    static const char tests[] = VARIABLE_PREFIX "TEST_";
    const struct variable *row;
    if (strncmp(name, tests, sizeof(tests) - 1) == 0)
        return true;
    for (size_t i = 0; (row = variable_at(i)) != NULL; i++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

bool variable_unknown_next(char *const *environment, size_t *at, char name[VARIABLE_BYTES_MAX])
{
    while (environment && environment[*at]) {
        const char *entry = environment[(*at)++];
        size_t len = 0;
        while (entry[len] && entry[len] != '=')
            len++;
        if (strncmp(entry, VARIABLE_PREFIX, VARIABLE_PREFIX_BYTES) != 0)
            continue;
        len = len < VARIABLE_BYTES_MAX ? len : VARIABLE_BYTES_MAX - 1;
        memcpy(name, entry, len);
        name[len] = '\0';
        if (!is_known(name))
            return true;
    }
    return false;
}
