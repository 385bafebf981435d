#include "base/error.h"

#include <stddef.h>
#include <string.h>

static const struct row {
    const char *name, *what, *remedy;
    int exit_code;
} rows[] = {
#define X(code, number, exit_code, what, remedy) [number] = {#code, what, remedy, exit_code},
    MUSTER_ERRORS(X)
#undef X
};

static const struct row *row_of(enum muster_error error)
{
    static const struct row unknown = {"EUNKNOWN", "unknown error", "upgrade the older node", 1};
    return (size_t)error < ARRAY_LEN(rows) && rows[error].name ? &rows[error] : &unknown;
}

const char *error_name(enum muster_error error)
{
    return row_of(error)->name;
}

const char *error_what(enum muster_error error)
{
    return row_of(error)->what;
}

const char *error_remedy(enum muster_error error)
{
    return row_of(error)->remedy;
}

int error_exit(enum muster_error error)
{
    return row_of(error)->exit_code;
}

enum muster_error error_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].name && strcmp(rows[i].name, name) == 0)
            return (enum muster_error)i;
    return MUSTER_EINTERNAL;
}
