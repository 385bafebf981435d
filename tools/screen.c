#include "tools/screen.h"

#include "base/text.h"
#include "tools/completeness.h"
#include "tools/memory.h"
#include "tools/value.h"
#include "tools/wrap.h"

#include <stdarg.h>
#include <string.h>
#include <utf8proc.h>

enum { FIELD_ROOM = 20, FIELD_BELOW = 4, SILENT_NAMED_MAX = 3, NAME_SHOWN_MAX = 64, NAME_BRIEF_COLUMNS = 20 };

const char *screen_label(const struct tool *tool, const char *en, const char *zh)
{
    return tool->set.lang == LANG_ZH ? zh : en;
}

size_t screen_width(const char *text)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    size_t width = 0;
    while (at < end)
        width += (size_t)utf8proc_charwidth((utf8proc_int32_t)text_next(&at, end));
    return width;
}

char *screen_cut(char *text, size_t width)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    size_t used = 0, fits = 0; /* fits: bytes that leave one column for the sign */
    if (screen_width(text) <= width)
        return text;
    while (at < end) {
        used += (size_t)utf8proc_charwidth((utf8proc_int32_t)text_next(&at, end));
        if (used + 1 > width)
            break;
        fits = (size_t)(at - (const uint8_t *)text);
    }
    while (fits > 0 && fits + sizeof "…" > strlen(text) + 1) /* room for the sign in the bytes of the text */
        do
            fits--;
        while (fits > 0 && ((uint8_t)text[fits] & 0xc0) == 0x80);
    const char *sign = fits + sizeof "…" <= strlen(text) + 1 ? "…" : "";
    memcpy(text + fits, sign, strlen(sign) + 1);
    return text;
}

size_t screen_fold(FILE *out, const char *line, size_t used, size_t indent, size_t columns)
{
    size_t lines = 1;
    for (const char *at = line; *at;) {
        const char *end = wrap_end(at, used < columns ? columns - used : 0, true);
        fprintf(out, "%.*s", (int)(end - at), at);
        at = end + strspn(end, " ");
        used = indent;
        if (*at) {
            fprintf(out, "\n%*s", (int)indent, "");
            lines++;
        }
    }
    fputc('\n', out);
    return lines;
}

void screen_line(struct tool *tool, const char *format, ...)
{
    char *text = NULL;
    size_t len = 0;
    va_list list;
    FILE *stream = memory_stream(&text, &len);
    va_start(list, format);
    vfprintf(stream, _(format), list);
    va_end(list);
    memory_stream_end(stream);
    char *safe = terminal_text(text);
    tool->lines += screen_fold(tool->out, safe, 0, strspn(safe, " ") + 2, tool->width);
    free(safe);
    free(text);
}

/* The text as it is shown: escaped, and cut at NAME_SHOWN_MAX bytes.  Returns its columns. */
static size_t name_print(struct tool *tool, const char *text)
{
    char safe[NAME_SHOWN_MAX];
    text_for_terminal(safe, sizeof safe, text, strlen(text));
    fputs(safe, tool->out);
    return screen_width(safe);
}

/* The rest of the first line, which has `used` columns by now; below it where the screen is too narrow for both. */
static void node_print(struct tool *tool, size_t used, const char *node, const char *agency, const char *now)
{
    char safe[NAME_SHOWN_MAX], safe_agency[NAME_SHOWN_MAX], text[3 * NAME_SHOWN_MAX + VALUE_TIME_BYTES];
    text_for_terminal(safe, sizeof safe, node, strlen(node));
    text_for_terminal(safe_agency, sizeof safe_agency, agency, strlen(agency));
    snprintf(text, sizeof text, "%s %s%s%s%s  %s", _("node"), safe, safe_agency[0] ? " (" : "", safe_agency, safe_agency[0] ? ")" : "", now);
    bool below = used + 2 + screen_width(text) > tool->width;
    fputs(below ? "\n  " : "  ", tool->out);
    tool->lines += below + screen_fold(tool->out, text, below ? 2 : 0, 2, below ? tool->width : SIZE_MAX);
}

/* Returns its columns. */
static size_t mode_print(struct tool *tool, bool exercise)
{
    const char *on = !tool->colour ? "" : exercise ? "\033[1;30;43m" : "\033[1;97;44m";
    fprintf(tool->out, "  %s%s%s", on,
            tool->colour ? exercise ? " EXERCISE 演练 " : " ACTUAL "
            : exercise   ? "EXERCISE 演练"
                         : "ACTUAL",
            tool->colour ? "\033[0m" : "");
    return 2 + (exercise ? screen_width("EXERCISE 演练") : strlen("ACTUAL")) + (tool->colour ? 2 : 0);
}

/* The one space that the screen is about, or NULL. */
static const json_t *space_of(struct tool *tool, const json_t *answer, const json_t *status)
{
    const json_t *space = json_object_get(answer, "space"), *spaces = json_object_get(status, "spaces");
    if (json_is_object(space))
        return space;
    const char *wanted = json_is_string(space) ? json_string_value(space) : tool->set.space;
    for (size_t i = 0; i < json_array_size(spaces); i++) {
        const json_t *one = json_array_get(spaces, i);
        if ((json_array_size(spaces) == 1 && !wanted[0]) ||
            (wanted[0] && strcmp(value_text_at(one, "name"), wanted) == 0) ||
            (wanted[0] && strncmp(value_text_at(one, "id"), wanted, strlen(wanted)) == 0))
            return one;
    }
    return NULL;
}

/* On every screen, until the call was made: whose voice nobody has heard.  peers: rows of partners instead of agencies. */
static void unconfirmed_print(struct tool *tool, const json_t *list, bool peers)
{
    char names[SILENT_NAMED_MAX * (NAME_SHOWN_MAX + 2) + 1] = "";
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *name = value_text_at(one, peers ? "agency.name" : "name");
        bool again = peers && i > 0 && strcmp(name, value_text_at(json_array_get(list, i - 1), "agency.name")) == 0;
        if (again || (peers && (value_true_at(one, "confirmed") || value_true_at(one, "past"))))
            continue;
        char brief[NAME_SHOWN_MAX];
        text_for_terminal(brief, sizeof brief, name, strlen(name));
        if (count++ < SILENT_NAMED_MAX)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] ? ", " : "", screen_cut(brief, NAME_BRIEF_COLUMNS));
    }
    if (!count)
        return;
    if (count > SILENT_NAMED_MAX)
        snprintf(names + strlen(names), sizeof names - strlen(names), " …");
    screen_line(tool, "not confirmed by voice: %s", names);
}

static void head_print(struct tool *tool, const json_t *answer, bool completeness)
{
    bool own =
        json_is_object(json_object_get(answer, "space")) && json_is_object(json_object_get(answer, "node"));
    const json_t *status = own ? NULL : tool_status(tool);
    const json_t *space = space_of(tool, answer, status);
    const char *node = own ? value_text_at(answer, "node.name") : value_text_at(status, "node.name");
    const json_t *agency = own ? value_at(answer, "node.agency") : value_at(status, "agency.name");
    char *agency_name = value_raw(agency), now[VALUE_TIME_BYTES];
    size_t used = 0;
    time_now(now);
    if (space) {
        if (value_text_at(space, "name")[0]) {
            used = name_print(tool, value_text_at(space, "name"));
            used += mode_print(tool, value_true_at(space, "exercise"));
        } else { /* joined, and its genesis has not arrived: neither name nor actual nor exercise is known */
            used = name_print(tool, _("a space that has not arrived yet"));
        }
    } else {
        size_t count = json_array_size(json_object_get(status, "spaces"));
        char text[NAME_SHOWN_MAX];
        snprintf(text, sizeof text, count == 1 ? _("%zu space") : _("%zu spaces"), count);
        used = name_print(tool, count ? text : _("no space"));
    }
    node_print(tool, used, node[0] ? node : "?", agency_name, now);
    if (completeness)
        screen_complete(tool, answer, space, status);
    unconfirmed_print(tool, own ? json_object_get(answer, "unconfirmed") : json_object_get(status, "peers"), !own);
    free(agency_name);
}

void screen_head(struct tool *tool, const json_t *answer)
{
    head_print(tool, answer, false);
}

void screen_top(struct tool *tool, const json_t *answer)
{
    head_print(tool, answer, true);
}

void screen_title(struct tool *tool, const char *title)
{
    tool->lines += 2;
    fprintf(tool->out, "\n%s%s%s\n", tool->colour ? "\033[1m" : "", _(title),
            tool->colour ? "\033[0m" : "");
}

void screen_field(struct tool *tool, const char *label, size_t width, const char *text)
{
    if (!text[0])
        return;
    char *safe = terminal_text(text), *safe_label = terminal_text(label);
    size_t used = screen_width(safe_label), indent = width + 4;
    bool below = tool->width < indent + FIELD_ROOM;
    if (below)
        indent = FIELD_BELOW;
    size_t room = tool->width - indent;
    if (below)
        fprintf(tool->out, "  %s\n%*s", safe_label, (int)indent, "");
    else
        fprintf(tool->out, "  %s%*s", safe_label, (int)(used < width ? width - used + 2 : 2), "");
    for (const char *at = safe; *at;) {
        const char *end = wrap_end(at, room, false);
        fprintf(tool->out, "%.*s\n", (int)(end - at), at);
        tool->lines++;
        at = end + strspn(end, " ");
        if (*at)
            fprintf(tool->out, "%*s", (int)indent, "");
    }
    free(safe);
    free(safe_label);
}

void screen_moment(struct tool *tool, const json_t *answer)
{
    char time[VALUE_TIME_BYTES];
    if (!value_text_at(answer, "at")[0])
        return;
    time_short(time, value_text_at(answer, "at"));
    screen_line(tool, "AS IT WAS before %s, from the records held now", time);
}
