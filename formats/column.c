#include "formats/column.h"

#include <stdio.h>
#include <string.h>

static const char prefix[] = "field_";

static bool is_taken(const char *field)
{
    static const char *const names[] = {"id",      "fid",      "geom",        "kind",  "short",    "owner", "owner_id",
                                        "created", "changed",  "conflict",    "space", "exercise", "provisional"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], field) == 0)
            return true;
    return false;
}

const char *column_name(char out[COLUMN_NAME_BYTES], const char *field)
{
    if (!is_taken(field))
        return field;
    snprintf(out, COLUMN_NAME_BYTES, "%s%s", prefix, field);
    return out;
}

const struct field *column_field(const struct kind *kind, const char *column)
{
    const char *rest = strncmp(column, prefix, sizeof prefix - 1) == 0 ? column + sizeof prefix - 1 : NULL;
    if (rest && is_taken(rest))
        return field_by_name(kind, rest);
    return is_taken(column) ? NULL : field_by_name(kind, column);
}
