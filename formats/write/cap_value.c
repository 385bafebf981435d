#include "formats/write/cap_value.h"

#include "formats/write/cap.h"

#include <string.h>

enum { NAME_BYTES = 4096 };

static void open_close(struct out *out, const char *name, const char *text)
{
    out_format(out, "<%s>", name);
    out_xml(out, text);
    out_format(out, "</%s>\n", name);
}

/* NAME=VALUE as a group of both; \= and \\ in the name are = and \. */
static bool pair_write(struct out *out, const struct cap_row *row, const char *text)
{
    char name[NAME_BYTES];
    size_t n = 0;
    const char *at = text;
    for (; *at && *at != '=' && n + 1 < sizeof name; at++) {
        if (*at == '\\' && (at[1] == '=' || at[1] == '\\'))
            at++;
        name[n++] = *at;
    }
    name[n] = '\0';
    if (*at != '=' || n == 0)
        return false;
    out_format(out, "<%s>\n", row->name);
    open_close(out, "valueName", name);
    open_close(out, "value", at + 1);
    out_format(out, "</%s>\n", row->name);
    return true;
}

bool cap_value_write(struct out *out, const struct cap_row *row, const char *text, char reason[CAP_REASON_MAX])
{
    char time[CAP_WRITE_ID_BYTES];
    if (row->type == CAP_GROUP)
        return pair_write(out, row, text);
    if (row->type == CAP_TIME && cap_write_time(time, text))
        text = time;
    size_t len = strlen(text);
    if (!len || !cap_value_fits(row, CAP_1_2, text, len, reason))
        return false;
    open_close(out, row->name, text);
    return true;
}
