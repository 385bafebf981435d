#include "protocol/kinds/time3339.h"

#include <stdio.h>

#define DAY_MS INT64_C(86400000)

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 0001-01-01 to the first of the year. */
static int64_t year_days(int year)
{
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

enum { DAYS_TO_1970 = 719162 };

static int64_t date_days(int year, int month, int day)
{
    int64_t days = year_days(year) - DAYS_TO_1970 + day - 1;
    for (int m = 1; m < month; m++)
        days += month_days(year, m);
    return days;
}

/* `count` digits as a number, or -1. */
static int digits(const char *text, int count)
{
    int v = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        v = v * 10 + (text[i] - '0');
    }
    return v;
}

static enum muster_error refuse(const char **why, const char *phrase)
{
    if (why)
        *why = phrase;
    return MUSTER_EBADVALUE;
}

/* The fraction at text[*i], if any, in ms; -1 if malformed. */
static int fraction_ms(const char *text, size_t len, size_t *i)
{
    static const int unit[] = {100, 10, 1};
    int ms = 0;
    if (*i >= len || text[*i] != '.')
        return 0;
    size_t n = 0;
    for (++*i; *i < len && text[*i] >= '0' && text[*i] <= '9'; ++*i, n++)
        ms += n < 3 ? unit[n] * (text[*i] - '0') : 0;
    return n >= 1 && n <= 9 ? ms : -1;
}

static bool zone_of(const char *text, size_t len, int *minutes)
{
    *minutes = 0;
    if (len == 1 && text[0] == 'Z')
        return true;
    if (len != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return false;
    int h = digits(text + 1, 2), m = digits(text + 4, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59)
        return false;
    *minutes = (text[0] == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap_second(int64_t ms_of_second_59)
{
    /* The next second starts a day, and that day is a first of January or July. */
    int64_t next = ms_of_second_59 + 1000;
    if (next % DAY_MS)
        return false;
    int64_t days = next / DAY_MS;
    int year = 1 + (int)((days + DAYS_TO_1970) / 366);
    while (year_days(year + 1) - DAYS_TO_1970 <= days)
        year++;
    return days == date_days(year, 1, 1) || days == date_days(year, 7, 1);
}

enum muster_error time3339_parse(struct time3339 *out, const char *text, size_t len, const char **why)
{
    if (len < 19 || len > TIME_TEXT_MAX || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':')
        return refuse(why, "a time is written like 2026-05-01T08:00:00+08:00");
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    int hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
        return refuse(why, "a time is written like 2026-05-01T08:00:00+08:00");
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return refuse(why, "there is no such day in the calendar");
    if (hour > 23 || minute > 59 || second > 60)
        return refuse(why, "there is no such time of day");
    size_t i = 19;
    int ms = fraction_ms(text, len, &i), zone;
    if (ms < 0)
        return refuse(why, "a fraction of a second has 1 to 9 digits");
    if (i == len)
        return refuse(why, "a time needs its zone, like +08:00 or Z");
    if (!zone_of(text + i, len - i, &zone))
        return refuse(why, "a zone is written like +08:00, -05:00 or Z");
    int64_t at = date_days(year, month, day) * DAY_MS +
                 ((hour * 60 + minute - zone) * INT64_C(60) + (second == 60 ? 59 : second)) * 1000;
    if (second == 60) {
        if (!is_leap_second(at))
            return refuse(why, "there is no leap second at that time");
        ms = 999;
    }
    *out = (struct time3339){.ms = at + ms, .zone_minutes = (int16_t)zone};
    return MUSTER_OK;
}

static size_t format(char out[TIME_FORMAT_BYTES], int64_t ms)
{
    int64_t days = floor_div(ms, DAY_MS);
    out[0] = 0;
    if (days < -DAYS_TO_1970 || days >= year_days(10000) - DAYS_TO_1970)
        return 0;
    int64_t rest = ms - days * DAY_MS;
    int year = 1 + (int)((days + DAYS_TO_1970) / 366), month = 1;
    while (year_days(year + 1) - DAYS_TO_1970 <= days)
        year++;
    int day = 1 + (int)(days - date_days(year, 1, 1));
    while (day > month_days(year, month))
        day -= month_days(year, month++);
    int second = (int)(rest / 1000), fraction = (int)(rest % 1000);
    int n = snprintf(out, TIME_FORMAT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, second / 3600,
                     second / 60 % 60, second % 60);
    if (fraction)
        n += snprintf(out + n, TIME_FORMAT_BYTES - (size_t)n, ".%03d", fraction);
    return (size_t)n;
}

size_t time3339_format(char out[TIME_FORMAT_BYTES], int64_t ms)
{
    size_t n = format(out, ms);
    if (n) {
        out[n++] = 'Z';
        out[n] = 0;
    }
    return n;
}

size_t time3339_format_zone(char out[TIME_FORMAT_BYTES], int64_t ms, int zone_minutes)
{
    int64_t local;
    out[0] = 0;
    if (zone_minutes <= -1440 || zone_minutes >= 1440 || __builtin_add_overflow(ms, zone_minutes * INT64_C(60000), &local))
        return 0;
    size_t n = format(out, local);
    int size = zone_minutes < 0 ? -zone_minutes : zone_minutes;
    if (n)
        n += (size_t)snprintf(out + n, TIME_FORMAT_BYTES - n, "%c%02d:%02d", zone_minutes < 0 ? '-' : '+',
                              size / 60 % 24, size % 60);
    return n;
}
