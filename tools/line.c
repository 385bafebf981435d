#include "tools/line.h"

#include "tools/exchange.h"
#include "tools/files.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* How far joining by a line has come. */
#define LINE_ROWS "space.id space.name agency.id agency.name state endpoint since ended"

enum { POLL_MS = 200, FIRST_ANSWER_S = 20, WAIT_LONGEST_S = 365 * 86400 };

bool line_is(const char *word)
{
    return strncasecmp(word, "MUSTER1:", 8) == 0 || /* cut off, perhaps */
           (strncasecmp(word, "MUSTER", 6) == 0 && strchr(word, ':') && strchr(word, '/'));
}

bool duration_read(long long *seconds, const char *text)
{
    static const struct {
        char unit;
        long long seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    char *rest;
    long long count = strtoll(text, &rest, 10);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (rest != text && rest[0] == units[i].unit && !rest[1] && count > 0 && count < 1000000) {
            *seconds = count * units[i].seconds;
            return true;
        }
    return false;
}

/* --- making one -------------------------------------------------------------------------------------------- */

static int save_svg(struct tool *tool, const char *path, const char *text)
{
    struct fault fault;
    char *svg = qr_svg(text);
    enum muster_error error = MUSTER_EBUSY;
    if (svg)
        error = file_save(path, svg, strlen(svg), FILE_SECRET | (tool->set.yes ? FILE_REPLACE : 0), &fault);
    else
        fault_set(&fault, error, "the line could not be drawn as a QR code");
    free(svg);
    return error ? tool_fail(tool, &fault) : 0;
}

static void line_print(struct tool *tool, const json_t *answer)
{
    const char *text = value_text_at(answer, "line");
    char time[VALUE_TIME_BYTES];
    screen_head(tool, NULL);
    bool drawn = tool->out_terminal && tool->colour && qr_print(tool->out, text);
    screen_line(tool, drawn ? "join the space %s with this line, or the code above it:" : "join the space %s with this line:",
                value_text_at(answer, "space.name"));
    fprintf(tool->out, "%s\n", text); /* in one piece: it is copied */
    time_short(time, value_text_at(answer, "expires"));
    screen_line(tool, "For one node, once, until %s. Whoever has it can knock; nobody is in before you accept.",
                time);
    screen_line(tool, "They: muster join MUSTER1:…   You: muster pending, then muster pending accept WHO");
}

int line_invite(struct tool *tool, const struct arguments *args, const char *space, const char *right)
{
    const char *valid = option_get(args, "valid"), *svg = option_get(args, "svg");
    long long seconds = 24 * 3600;
    struct url url;
    json_t *answer;
    if (valid && !duration_read(&seconds, valid))
        return tool_usage(tool, "muster invite --once --right write --valid 24h", "--valid \"%.40s\" is no duration", valid);
    if (tool->set.dry_run) {
        if (!tool_print_rehearsal(tool))
            screen_line(tool, "would make a line for the space %s, valid %lld s; nothing was written (--dry-run)", space, seconds);
        return 0;
    }
    json_t *body = json_pack("{s:s, s:s, s:I}", "space", space, "right", right, "valid_s", (json_int_t)seconds);
    url_start(&url, "/v1/lines");
    int code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    if (svg)
        code = save_svg(tool, svg, value_text_at(answer, "line"));
    if (!code && !view_rows(tool, answer, "line space right expires"))
        line_print(tool, answer);
    json_decref(answer);
    return code;
}

/* --- joining by one ---------------------------------------------------------------------------------------- */

static const json_t *failed_step(const json_t *answer)
{
    const json_t *steps = json_object_get(answer, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (!value_true_at(json_array_get(steps, i), "ok"))
            return json_array_get(steps, i);
    return NULL;
}

static int state_get(struct tool *tool, json_t **answer)
{
    json_decref(*answer);
    *answer = NULL;
    return tool_get(tool, "/v1/join", answer);
}

/* Until there is something to tell, or with `wait` until it has joined or ended, for as long as --timeout says. */
static int watch(struct tool *tool, json_t **answer, bool wait)
{
    bool limited = tool->set.timeout_ms != CLIENT_TIMEOUT_MS_DEFAULT;
    time_t until = time(NULL) + (!wait ? FIRST_ANSWER_S : limited ? tool->set.timeout_ms / 1000 : WAIT_LONGEST_S);
    int code = 0;
    for (;;) {
        const char *state = value_text_at(*answer, "state");
        bool over = strcmp(state, "joined") == 0 || strcmp(state, "ended") == 0;
        bool told = strcmp(state, "waiting") == 0 || failed_step(*answer);
        if (code || over || (told && !wait) || time(NULL) >= until)
            return code;
        (void)poll(NULL, 0, POLL_MS);
        code = state_get(tool, answer);
    }
}

static void state_print(struct tool *tool, const json_t *answer)
{
    const char *state = value_text_at(answer, "state"), *agency = value_text_at(answer, "agency.name");
    screen_head(tool, NULL);
    if (strcmp(state, "joined") == 0)
        screen_line(tool, "joined the space %s of %s",
                    value_text_at(answer, "space.name"), agency);
    else if (strcmp(state, "waiting") == 0)
        screen_line(tool, "knocked at %s: they have to accept; this node then joins by itself",
                    agency);
    else if (strcmp(state, "ended") != 0)
        screen_line(tool, "calls %s, and goes on trying; muster join --end gives up",
                    value_text_at(answer, "endpoint"));
    if (agency[0] && strcmp(state, "ended") != 0)
        pair_print(tool, json_object_get(answer, "pair"), agency, false);
}

/* 0, or the exit code of what is in the way, also printed. */
static int state_tell(struct tool *tool, json_t *answer, bool wait)
{
    struct fault fault;
    const char *state = value_text_at(answer, "state"), *name = value_text_at(answer, "error");
    const json_t *step = failed_step(answer);
    if (strcmp(state, "ended") == 0 && name[0]) {
        enum muster_error error = error_by_name(name);
        fault_set(&fault, error, "not joined: %s", step ? value_text_at(step, "message") : _(error_what(error)));
        fault_step(&fault, "%s", step ? value_text_at(step, "do") : error_remedy(error));
        return tool_fail(tool, &fault);
    }
    if (step) {
        fault_set(&fault, MUSTER_EUNKNOWN_NODE, "not joined yet: the way to %s ends at \"%s\"", value_text_at(answer, "endpoint"),
                  value_text_at(step, "step"));
        fault.exit = EXIT_INCOMPLETE;
        fault_why(&fault, "%s", value_text_at(step, "message"));
        fault_step(&fault, "%s", value_text_at(step, "do"));
        fault_step(&fault, "this node goes on trying; muster join --end gives up");
        return tool_fail(tool, &fault);
    }
    if (!view_rows(tool, answer, LINE_ROWS))
        state_print(tool, answer);
    return wait && strcmp(state, "joined") != 0 ? EXIT_UNCONFIRMED : 0;
}

int line_join(struct tool *tool, const struct arguments *args, const char *line)
{
    struct url url;
    json_t *answer = NULL, *body = json_pack("{s:s?}", "line", line);
    bool wait = option_get(args, "wait");
    int code;
    if (option_get(args, "end")) {
        url_start(&url, "/v1/join/end");
        code = tool_call(tool, "POST", &url, NULL, &answer);
        if (!code && !view_rows(tool, answer, LINE_ROWS))
            screen_line(tool, "%s", _("this node does not knock any more"));
    } else if (line && tool->set.dry_run) {
        code = 0;
        if (!tool_print_rehearsal(tool))
            screen_line(tool, "would knock with this line; nothing was sent (--dry-run)");
    } else {
        url_start(&url, "/v1/join");
        code = tool_call(tool, line ? "POST" : "GET", &url, line ? body : NULL, &answer);
        if (!code)
            code = watch(tool, &answer, wait);
        if (!code)
            code = state_tell(tool, answer, wait);
    }
    json_decref(body);
    json_decref(answer);
    return code;
}
