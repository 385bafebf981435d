#include "node/variables.h"

#include "base/variable.h"
#include "protocol/kinds/nearest.h"

#include <string.h>

/* The next variable that is like a known one, which is *meant. */
static bool next(char *const *environment, size_t *at, char name[VARIABLE_BYTES_MAX], const char **meant)
{
    while (variable_unknown_next(environment, at, name)) {
        struct nearest nearest = nearest_to(name + VARIABLE_PREFIX_BYTES, strlen(name + VARIABLE_PREFIX_BYTES));
        const struct variable *row;
        for (size_t i = 0; (row = variable_at(i)) != NULL; i++)
            if (row->use == VARIABLE_SETTING)
                nearest_try(&nearest, row->name + VARIABLE_PREFIX_BYTES, row->name);
        *meant = nearest.answer;
        if (*meant)
            return true;
    }
    return false;
}

enum muster_error variables_check(char *const *environment, struct trouble *trouble)
{
    char name[VARIABLE_BYTES_MAX];
    const char *meant;
    size_t at = 0;
    if (!next(environment, &at, name, &meant))
        return MUSTER_OK;
    trouble_set(trouble, MUSTER_ECONFIG, "there is no setting for the variable %s", name);
    trouble_why(trouble, "did you mean %s? Variables are MUSTER_ and the name of a setting", meant);
    trouble_do(trouble, "unset %s", name);
    return MUSTER_ECONFIG;
}

void variables_journal(char *const *environment, const struct journal *journal)
{
    char name[VARIABLE_BYTES_MAX];
    const char *meant;
    for (size_t at = 0; next(environment, &at, name, &meant);)
        journal_format(journal, EVENT_NAME_SETTING_REFUSED, NULL,
                       "the variable %s is not known and does nothing; did you mean %s?", name, meant);
}
