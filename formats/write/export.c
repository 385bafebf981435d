#include "formats/write/rows.h"

#include <string.h>

static const struct export_format *const formats[] = {&export_ndjson, &export_geojson, &export_csv,       &export_hxl,
                                               &export_cap,    &export_edxl_rm, &export_edxl_have, &export_atom};

const struct export_format *export_format_at(size_t i)
{
    return i < ARRAY_LEN(formats) ? formats[i] : NULL;
}

const struct export_format *export_format_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

bool export_format_takes(const struct export_format *format, const char *kind)
{
    size_t len = strlen(kind);
    for (const char *at = format->kinds; at && (at = strstr(at, kind)) != NULL; at += len)
        if ((at == format->kinds || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return !format->kinds;
}

void export_clear(struct export *e)
{
    out_clear(&e->out);
    out_clear(&e->body);
}
