#include "tools/completeness.h"

#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/wrap.h"

#include <string.h>

enum { SILENT_NAMED_MAX = 3, BELOW_INDENT = 2, LINES_BESIDE = 3 /* empty ones, which nobody counts, and the next prompt */ };
#define ATTENTION "\033[1;33m"
#define AS_BEFORE "\033[0m"

bool complete_lacks(const json_t *complete)
{
    return json_is_object(complete) && (value_int_at(complete, "logs") < value_int_at(complete, "of") ||
                                        json_array_size(json_object_get(complete, "silent")) > 0);
}

/* How many logs, to a stream. */
static void logs_say(FILE *stream, const json_t *complete)
{
    char time[VALUE_TIME_BYTES];
    time_short(time, value_text_at(complete, "as_of"));
    fprintf(stream, _("complete as of %s for %lld of %lld logs"), time[0] ? time : "?", value_int_at(complete, "logs"),
            value_int_at(complete, "of"));
}

char *complete_text(const json_t *complete)
{
    const json_t *silent = json_object_get(complete, "silent");
    char *text = NULL, time[VALUE_TIME_BYTES];
    size_t len = 0;
    if (!json_is_object(complete))
        return NULL;
    FILE *stream = memory_stream(&text, &len);
    logs_say(stream, complete);
    for (size_t i = 0; i < json_array_size(silent) && i < SILENT_NAMED_MAX; i++) {
        const json_t *one = json_array_get(silent, i);
        char *name = value_raw(json_object_get(one, "agency"));
        time_short(time, value_text_at(one, "since"));
        if (time[0])
            fprintf(stream, _("; %s silent since %s"), name, time);
        else
            fprintf(stream, _("; %s not met yet"), name);
        free(name);
    }
    if (json_array_size(silent) > SILENT_NAMED_MAX)
        fprintf(stream, _("; and %zu more"),
                json_array_size(silent) - SILENT_NAMED_MAX);
    memory_stream_end(stream);
    return text;
}

/* "NAME: " before a sentence about one of several spaces; "" for NULL. */
static void print(struct tool *tool, const json_t *space, const char *sentence, bool attention)
{
    char *text = NULL;
    size_t len = 0;
    const char *name = value_text_at(space, "name"), *on = attention && tool->colour ? ATTENTION : "";
    FILE *stream = memory_stream(&text, &len);
    if (space)
        fprintf(stream, "%s%s: ", value_true_at(space, "exercise") ? "EXERCISE 演练 " : "", name[0] ? name : _("a space that has not arrived yet"));
    fputs(sentence, stream);
    memory_stream_end(stream);
    char *safe = terminal_text(text);
    for (const char *at = safe; *at;) {
        bool first = at == safe;
        const char *end = wrap_end(at, first ? tool->width : tool->width - BELOW_INDENT, false);
        fprintf(tool->out, "%*s%s%.*s%s\n", first ? 0 : BELOW_INDENT, "", on, (int)(end - at), at, on[0] ? AS_BEFORE : "");
        tool->lines++;
        at = end + strspn(end, " ");
    }
    free(safe);
    free(text);
}

/* What is to be said: one `complete`, or some spaces with theirs. */
struct about {
    const json_t *one, *spaces;
};

static struct about about_find(const json_t *answer, const json_t *space, const json_t *status)
{
    const json_t *own = json_object_get(answer, "complete"), *listed = json_object_get(answer, "spaces");
    struct about about = {.one = json_is_object(own) ? own : NULL};
    if (about.one)
        return about;
    about.spaces = listed;
    if (!answer && space)
        about = (struct about){.one = json_object_get(space, "complete")};
    else if (!answer)
        about.spaces = json_object_get(status, "spaces");
    if (json_array_size(about.spaces) == 1)
        about = (struct about){.one = json_object_get(json_array_get(about.spaces, 0), "complete")};
    return about;
}

/* Several spaces: those that lack something; else since when all are whole, by the oldest of them. */
static void spaces_print(struct tool *tool, const json_t *spaces)
{
    const char *oldest = "";
    char time[VALUE_TIME_BYTES], line[256];
    size_t lacking = 0;
    for (size_t i = 0; i < json_array_size(spaces); i++) {
        const json_t *space = json_array_get(spaces, i), *complete = json_object_get(space, "complete");
        const char *as_of = value_text_at(complete, "as_of");
        if (as_of[0] && (!oldest[0] || strcmp(as_of, oldest) < 0))
            oldest = as_of;
        if (!complete_lacks(complete))
            continue;
        char *text = complete_text(complete);
        print(tool, space, text, true);
        free(text);
        lacking++;
    }
    if (lacking || !json_array_size(spaces))
        return;
    time_short(time, oldest);
    snprintf(line, sizeof line, _("all %zu spaces: complete as of %s"), json_array_size(spaces), time[0] ? time : "?");
    print(tool, NULL, line, false);
}

void screen_complete(struct tool *tool, const json_t *answer, const json_t *space, const json_t *status)
{
    struct about about = about_find(answer, space, status);
    char *text = complete_text(about.one);
    if (text)
        print(tool, NULL, text, complete_lacks(about.one));
    else
        spaces_print(tool, about.spaces);
    free(text);
}

void screen_foot(struct tool *tool, const json_t *answer)
{
    char *text = NULL;
    size_t len = 0, lacking = 0;
    if (!tool->height || tool->lines + LINES_BESIDE <= tool->height)
        return;
    struct about about = about_find(answer, NULL, NULL);
    size_t count = json_array_size(about.spaces), silent = json_array_size(json_object_get(about.one, "silent"));
    if (!about.one && !count)
        return;
    FILE *stream = memory_stream(&text, &len);
    for (size_t i = 0; i < count; i++)
        lacking += complete_lacks(json_object_get(json_array_get(about.spaces, i), "complete"));
    if (about.one)
        logs_say(stream, about.one);
    if (silent)
        fprintf(stream, _("; silent: %zu"), silent);
    if (!about.one)
        fprintf(stream, _("complete: %zu of %zu spaces"), count - lacking, count);
    memory_stream_end(stream);
    fputc('\n', tool->out);
    print(tool, NULL, text, about.one ? complete_lacks(about.one) : lacking > 0);
    tool->lines = 0;
    free(text);
}
