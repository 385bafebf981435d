#include "tools/tool.h"

#include "tools/failure.h"
#include "tools/memory.h"
#include "tools/pager.h"
#include "tools/preview.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 400 };

size_t tool_columns(FILE *out)
{
    struct winsize size;
    if (fileno(out) >= 0 && isatty(fileno(out)) == 1 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN &&
        size.ws_col <= WIDTH_MAX)
        return size.ws_col;
    return WIDTH_DEFAULT;
}

static size_t rows_of(FILE *out)
{
    struct winsize size;
    return fileno(out) >= 0 && isatty(fileno(out)) == 1 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

/* A terminal that understands nothing but text. */
static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return !term || !term[0] || strcmp(term, "dumb") == 0;
}

static bool colour_wanted(const struct settings *set, bool terminal)
{
    const char *no_color = getenv("NO_COLOR");
    if (set->color != WHEN_AUTO)
        return set->color == WHEN_ALWAYS;
    return terminal && !(no_color && no_color[0]) && !is_dumb();
}

void tool_start(struct tool *tool, const struct settings *settings, const struct command *command)
{
    memset(tool, 0, sizeof *tool);
    tool->set = *settings;
    tool->command = command;
    tool->out = stdout;
    tool->err = stderr;
    tool->out_terminal = isatty(STDOUT_FILENO) == 1;
    tool->err_terminal = isatty(STDERR_FILENO) == 1;
    tool->can_ask = tool->err_terminal && isatty(STDIN_FILENO) == 1;
    tool->dumb = is_dumb();
    tool->colour = colour_wanted(settings, tool->out_terminal);
    tool->width = tool_columns(stdout);
    tool->height = rows_of(stdout);
    tool->client = (struct client){.socket = tool->set.socket, .timeout_ms = settings->timeout_ms};
    if (tool->set.output == OUTPUT_TABLE || tool->set.output == OUTPUT_ID || tool->set.output == OUTPUT_FORM)
        tool->client.language = lang_name(); /* not where cells are data of programs */
}

/* A space that nobody named in this call: says where its name stands, and what changes it. */
static void habit_say(const struct tool *tool, struct fault *fault)
{
    const char *from = tool->set.from[SETTING_SPACE];
    if (tool->set.space_here || !tool->set.space[0])
        return;
    fault_why(fault, "no space was named here; \"%s\" is said by %s", tool->set.space, from);
    if (strncmp(from, "MUSTER_", 7) == 0)
        fault_step(fault, "export %s=NAME, or unset it", from);
    else
        fault_step(fault, "muster space use NAME changes that; without NAME it is forgotten");
}

int tool_fail(struct tool *tool, const struct fault *fault)
{
    struct fault told = *fault;
    const char *general = error_remedy(MUSTER_EUSAGE);
    bool said = told.steps_count == 0 || (told.steps_count == 1 && strcmp(told.steps[0], _(general)) == 0);
    bool usage = strcmp(told.code, error_name(MUSTER_EUSAGE)) == 0;
    if (usage && strcmp(told.why, _(error_what(MUSTER_EUSAGE))) == 0)
        told.why[0] = '\0'; /* the message says what */
    if (usage && said && tool->command) {
        told.steps_count = 0;
        fault_step(&told, "muster help %s", tool->command->name);
    }
    if (strcmp(told.code, error_name(MUSTER_EUNKNOWN_SPACE)) == 0)
        habit_say(tool, &told);
    fflush(tool->out);
    failure_print(tool->err, &told, tool->set.output == OUTPUT_JSON || tool->set.output == OUTPUT_NDJSON);
    return fault->exit;
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list list)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    vfprintf(stream, _(format), list);
    memory_stream_end(stream);
    return text;
}

int tool_usage(struct tool *tool, const char *step, const char *format, ...)
{
    struct fault fault;
    va_list list;
    va_start(list, format);
    char *text = format_text(format, list);
    va_end(list);
    fault_set(&fault, MUSTER_EUSAGE, "%s", text);
    fault_step(&fault, "%s", _(step));
    free(text);
    return tool_fail(tool, &fault);
}

__attribute__((format(printf, 2, 0))) static void talk(struct tool *tool, const char *format, va_list list)
{
    char *text = format_text(format, list), *safe = terminal_text(text);
    bool whole = strncmp(safe, "muster ", 7) == 0 || tool->set.verbose; /* a command is copied */
    fflush(tool->out);
    screen_fold(tool->err, safe, 0, 2, whole ? SIZE_MAX : tool_columns(tool->err));
    free(text);
    free(safe);
}

void tool_hint(struct tool *tool, const char *format, ...)
{
    va_list list;
    if (tool->set.quiet || !tool->err_terminal)
        return;
    va_start(list, format);
    talk(tool, format, list);
    va_end(list);
}

void tool_say(struct tool *tool, const char *format, ...)
{
    va_list list;
    if (tool->set.quiet)
        return;
    va_start(list, format);
    talk(tool, format, list);
    va_end(list);
}

int tool_call(struct tool *tool, const char *method, const struct url *url, const json_t *body,
              json_t **answer)
{
    struct fault fault;
    bool rehearse = tool->set.dry_run && strcmp(method, "POST") == 0 && !json_object_get(body, "dry_run");
    json_t *asked = rehearse ? json_pack("{s:b}", "dry_run", 1) : NULL;
    if (tool->set.verbose)
        tool_say(tool, "muster: %s %s", method, url->text);
    if (asked && body)
        json_object_update_missing(asked, (json_t *)(uintptr_t)body);
    enum muster_error error = client_call(&tool->client, method, url, asked ? asked : body, answer, &fault);
    json_decref(asked);
    if (error)
        return tool_fail(tool, &fault);
    if (!rehearse || !json_is_true(json_object_get(*answer, "dry_run")))
        return 0;
    int code = preview_print(tool, *answer);
    json_decref(*answer);
    *answer = NULL;
    return code ? code : TOOL_DONE;
}

int tool_get(struct tool *tool, const char *path, json_t **answer)
{
    struct url url;
    url_start(&url, path);
    return tool_call(tool, "GET", &url, NULL, answer);
}

const json_t *tool_status(struct tool *tool)
{
    struct fault fault;
    struct url url;
    url_start(&url, "/v1/status");
    if (!tool->status && client_call(&tool->client, "GET", &url, NULL, &tool->status, &fault) != MUSTER_OK)
        tool->status = NULL;
    return tool->status;
}

int tool_space(struct tool *tool, const char **name)
{
    *name = tool->set.space;
    if (tool->set.space[0])
        return 0;
    if (!tool->status) {
        int code = tool_get(tool, "/v1/status", &tool->status);
        if (code)
            return code;
    }
    const json_t *spaces = json_object_get(tool->status, "spaces");
    struct fault fault;
    if (json_array_size(spaces) == 1) {
        *name = value_text_at(json_array_get(spaces, 0), "name");
        return 0;
    }
    if (json_array_size(spaces) == 0) {
        fault_set(&fault, MUSTER_EUNKNOWN_SPACE, "this node is in no space yet");
        fault_step(&fault, "muster space create NAME");
        fault_step(&fault, "muster join FILE   (with an invite from a partner)");
    } else {
        fault_set(&fault, MUSTER_EUSAGE, "which of the node's %zu spaces?", json_array_size(spaces));
        fault_step(&fault, "muster --space %s %s ...", value_text_at(json_array_get(spaces, 0), "name"),
                   tool->command->name);
        fault_step(&fault, "muster space use %s   (for all that follows)",
                   value_text_at(json_array_get(spaces, 0), "name"));
    }
    return tool_fail(tool, &fault);
}

json_t *tool_body(const struct tool *tool)
{
    json_t *body = json_object();
    if (tool->set.space[0])
        json_object_set_new(body, "space", json_string(tool->set.space));
    return body;
}

bool tool_print_json(struct tool *tool, json_t *answer)
{
    if (tool->set.output != OUTPUT_JSON && tool->set.output != OUTPUT_NDJSON)
        return false;
    json_t *whole = json_pack("{s:i}", "muster", 1);
    json_object_update_missing(whole, answer);
    char *text = json_text(whole, tool->set.output == OUTPUT_JSON);
    fprintf(tool->out, "%s\n", text);
    free(text);
    json_decref(whole);
    return true;
}

bool tool_print_data(struct tool *tool, json_t *answer)
{
    const char *rows = tool->command ? tool->command->rows : NULL;
    return rows ? view_rows(tool, answer, rows) : tool_print_json(tool, answer);
}

bool tool_form_lacks(const struct command *command, enum output form)
{
    bool json = form == OUTPUT_JSON || form == OUTPUT_NDJSON, rows = form == OUTPUT_CSV || form == OUTPUT_TSV || form == OUTPUT_ID;
    return (command->flags & NO_FORMS && (json || rows)) || (command->flags & NO_ROWS && rows) || (command->flags & NO_ID && form == OUTPUT_ID);
}

void tool_cells_english(const struct tool *tool)
{
    if (tool->set.output == OUTPUT_CSV || tool->set.output == OUTPUT_TSV)
        lang_use(NULL);
}

bool tool_print_file(struct tool *tool, const char *path, size_t bytes)
{
    json_t *answer = json_pack("{s:s, s:I}", "file", path, "bytes", (json_int_t)bytes);
    bool printed = view_rows(tool, answer, TOOL_FILE_ROWS);
    json_decref(answer);
    return printed;
}

int tool_file_form(struct tool *tool, const char *path)
{
    return path || tool->set.output == OUTPUT_TABLE || !tool->set.output_here
               ? 0
               : tool_usage(tool, "add -O FILE", "what is printed here is a file itself: with -o %s say where it goes", tool->set.form);
}

bool tool_print_rehearsal(struct tool *tool)
{
    json_t *answer = json_pack("{s:b}", "dry_run", 1);
    bool printed = view_rows(tool, answer, "- dry_run");
    json_decref(answer);
    return printed;
}

int tool_end(struct tool *tool, int code)
{
    json_decref(tool->status);
    tool->status = NULL;
    bool lost = fflush(tool->out) != 0 || ferror(tool->out);
    int reason = errno;
    if (tool->pager) {
        fclose(tool->out);
        pager_wait(tool->pager);
    } else if (lost && reason != EPIPE) {
        fprintf(stderr, _("muster: the answer could not be written: %s\n"), lang_errno(reason));
        return code ? code : 1;
    }
    return code;
}

void tool_page(struct tool *tool)
{
    if (tool->out_terminal && tool->set.output == OUTPUT_TABLE && !tool->set.no_pager && !tool->pager)
        tool->pager = pager_start(&tool->out);
}
