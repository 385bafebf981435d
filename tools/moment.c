#include "tools/moment.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

bool moment_read(char out[TIME_FORMAT_BYTES], const char *text, bool end_of_day)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    struct time3339 parsed;
    char day[TIME_TEXT_MAX], *rest;
    long count = strtol(text, &rest, 10);
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (rest != text && rest[0] == units[i].unit && !rest[1] && count >= 0 && count < 1000000) {
            time3339_format(out, ((int64_t)time(NULL) - count * units[i].seconds) * 1000);
            return true;
        }
    snprintf(day, sizeof day, "%.20sT%s", text, end_of_day ? "23:59:59.999Z" : "00:00:00Z");
    if (time3339_parse(&parsed, text, strlen(text), NULL) != MUSTER_OK &&
        (strlen(text) != 10 || time3339_parse(&parsed, day, strlen(day), NULL) != MUSTER_OK))
        return false;
    time3339_format(out, parsed.ms);
    return true;
}

int moment_option(struct tool *tool, const struct arguments *args, const char *name, struct url *url)
{
    const char *text = option_get(args, name);
    char time[TIME_FORMAT_BYTES];
    if (!text)
        return 0;
    if (!moment_read(time, text, strcmp(name, "until") == 0))
        return tool_usage(tool, "muster help", "--%s \"%.40s\" is no time; write 2h, 3d, a date, or 2026-05-12T14:00:00Z", name, text);
    url_query(url, name, time);
    return 0;
}
