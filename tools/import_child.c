#include "tools/import_child.h"

#include "lang/lang.h"
#include "tools/memory.h"
#include "tools/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static json_t *problem_json(const struct format_problem *problem)
{
    return json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)problem->line, "field", problem->field,
                     "code", error_name(problem->code), "message", problem->sentence);
}

static json_t *result_new(const char *path, const char *format)
{
    return json_pack("{s:s+, s:s, s:i, s:[], s:i}", "file", path, "", "format", format, "items", 0, "problems",
                     "refused", 0);
}

static void result_problem(json_t *result, const struct format_problem *problem)
{
    json_t *one = problem_json(problem);
    if (one)
        json_array_append_new(json_object_get(result, "problems"), one);
}

/* The whole file is refused. */
static json_t *result_refused(const char *path, const char *format, const struct format_problem *problem)
{
    json_t *result = result_new(path, format);
    result_problem(result, problem);
    json_object_set_new(result, "refused", json_integer(1));
    return result;
}

/* --- the child ------------------------------------------------------------------------------------------------------- */

static void pipe_flush(struct import_pipe *pipe)
{
    for (size_t at = 0; at < pipe->len && !pipe->broken;) {
        ssize_t wrote = write(pipe->fd, pipe->text + at, pipe->len - at);
        if (wrote > 0)
            at += (size_t)wrote;
        else if (wrote == 0 || errno != EINTR)
            pipe->broken = true;
    }
    pipe->len = 0;
}

void import_pipe_write(struct import_pipe *pipe, const char *bytes, size_t len)
{
    while (len > 0 && !pipe->broken) {
        size_t room = IMPORT_PIPE_BYTES - pipe->len, n = len < room ? len : room;
        memcpy(pipe->text + pipe->len, bytes, n);
        pipe->len += n;
        bytes += n;
        len -= n;
        if (pipe->len == IMPORT_PIPE_BYTES)
            pipe_flush(pipe);
    }
}

static int dumped(const char *bytes, size_t len, void *user)
{
    struct import_pipe *pipe = user;
    import_pipe_write(pipe, bytes, len);
    return pipe->broken ? -1 : 0;
}

bool import_pipe_item(void *user, json_t *item, size_t line)
{
    struct import_pipe *pipe = user;
    char head[32];
    if (pipe->flash)
        json_object_set_new(item, "flash", json_true());
    import_pipe_write(pipe, head, (size_t)snprintf(head, sizeof head, "I %zu ", line));
    json_dump_callback(item, dumped, pipe, JSON_COMPACT);
    json_decref(item);
    import_pipe_write(pipe, "\n", 1);
    return !pipe->broken;
}

static void pipe_total(void *user, size_t items)
{
    struct import_pipe *pipe = user;
    char line[64];
    import_pipe_write(pipe, line, (size_t)snprintf(line, sizeof line, "F %s %zu\n", pipe->format, items));
}

static json_t *bytes_parse(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,
                           const struct import_wish *wish)
{
    struct format_problem problem;
    struct format_problems *problems = memory_get(sizeof *problems);
    if (sniff_foreign(path, bytes, len, &problem)) {
        free(problems);
        return result_refused(path, "unknown", &problem);
    }
    enum format_kind format = wish->format == FORMAT_UNKNOWN ? sniff(path, bytes, len, &problem) : wish->format;
    if (wish->kind && wish->format == FORMAT_UNKNOWN && (format == FORMAT_UNKNOWN || format_kind_is_profile(format)) &&
        len > 0 && ((const char *)bytes)[0] != '<')
        format = FORMAT_TABLE; /* a table: its kind was named */
    const char *name = format_kind_name(format);
    if (format == FORMAT_UNKNOWN)
        return result_refused(path, name, &problem);
    snprintf(pipe->format, sizeof pipe->format, "%s", name);
    const struct reader_input input = {bytes, len, path, wish->encoding, wish->kind};
    struct reader_output output = {.user = pipe, .total = pipe_total, .item = import_pipe_item, .problems = problems};
    enum muster_error error = reader_run(format, &input, &output);
    json_t *result = result_new(path, name);
    for (size_t i = 0; i < problems->count; i++)
        result_problem(result, &problems->at[i]);
    json_object_set_new(result, "refused", json_integer(error ? 1 : (json_int_t)output.refused));
    free(problems);
    return result;
}

/* Never returns. */
static void child_run(int fd, const char *path, const void *bytes, size_t len, const struct import_wish *wish,
                      import_parser *parser)
{
    struct import_pipe pipe = {.fd = fd, .flash = wish->flash, .text = malloc(IMPORT_PIPE_BYTES)};
    signal(SIGPIPE, SIG_DFL);
    if (!pipe.text || sandbox_enter() != 0)
        _exit(3);
    json_t *result = parser(&pipe, path, bytes, len, wish);
    import_pipe_write(&pipe, "E ", 2);
    if (!result || json_dump_callback(result, dumped, &pipe, JSON_COMPACT) != 0)
        _exit(2);
    import_pipe_write(&pipe, "\n", 1);
    pipe_flush(&pipe);
    _exit(pipe.broken ? 2 : 0);
}

/* --- the parent ------------------------------------------------------------------------------------------------------ */

struct intake { /* what comes out of the pipe */
    const struct import_take *take;
    char *line; /* the open one */
    size_t len, size, all, items;
    json_t *result;
    bool in_time, enough, wrong; /* wrong: a line that no reader writes */
};

/* Is it one JSON object from end to end?  Brackets and quotes only: enough that a piece of text cannot become more than
 * one item of a list; what is inside them the node reads. */
static bool is_one_object(const char *text, size_t len)
{
    size_t depth = 0;
    bool quoted = false;
    if (len < 2 || text[0] != '{')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (--depth == 0)
                return i + 1 == len;
        }
    }
    return false;
}

static void line_item(struct intake *in, const char *text, size_t len)
{
    size_t line = 0, at = 0;
    while (at < len && text[at] >= '0' && text[at] <= '9' && line < SIZE_MAX / 20)
        line = line * 10 + (size_t)(text[at++] - '0');
    if (at == 0 || at >= len || text[at] != ' ' || !is_one_object(text + at + 1, len - at - 1)) {
        in->wrong = true;
        return;
    }
    in->items++;
    in->enough = !in->take->item(in->take->user, text + at + 1, len - at - 1, line);
}

static void line_total(struct intake *in, char *text)
{
    char *space = strchr(text, ' ');
    in->wrong = !space || format_kind_by_name((*space = '\0', text)) == FORMAT_UNKNOWN;
    if (!in->wrong && in->take->total)
        in->take->total(in->take->user, text, strtoull(space + 1, NULL, 10));
}

/* One line, NUL-terminated; nothing may stand behind the result. */
static void line_take(struct intake *in, char *text, size_t len)
{
    if (in->result || len < 3 || text[1] != ' ') {
        in->wrong = true;
    } else if (text[0] == 'I') {
        line_item(in, text + 2, len - 2);
    } else if (text[0] == 'F') {
        line_total(in, text + 2);
    } else {
        in->result = text[0] == 'E' ? json_loadb(text + 2, len - 2, JSON_REJECT_DUPLICATES, NULL) : NULL;
        in->wrong = !json_is_array(json_object_get(in->result, "problems"));
    }
}

static void bytes_take(struct intake *in, char *bytes, size_t len)
{
    while (len > 0 && !in->wrong && !in->enough) {
        char *end = memchr(bytes, '\n', len);
        size_t n = end ? (size_t)(end - bytes) : len;
        if (in->len + n >= IMPORT_LINE_MAX) {
            in->wrong = true;
        } else if (end && in->len == 0) { /* a whole line, in its place */
            *end = '\0';
            line_take(in, bytes, n);
        } else {
            memcpy(in->line + in->len, bytes, n);
            in->len += n;
            in->line[in->len] = '\0';
            if (end) {
                size_t whole = in->len;
                in->len = 0;
                line_take(in, in->line, whole);
            }
        }
        n += end != NULL;
        bytes += n;
        len -= n;
    }
}

/* Everything until the end of the pipe. */
static void pipe_read(struct intake *in, int fd)
{
    enum { PIECE = 256 * 1024 };
    char *buffer = memory_get(PIECE + 1);
    in->line = memory_get(IMPORT_LINE_MAX + 1);
    while (!in->wrong && !in->enough) {
        struct pollfd one = {.fd = fd, .events = POLLIN};
        int ready = poll(&one, 1, IMPORT_WAIT_SECONDS * 1000);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t got = ready > 0 ? read(fd, buffer, PIECE) : -1;
        in->all += got > 0 ? (size_t)got : 0;
        in->in_time = got == 0;
        if (got <= 0 || in->all > IMPORT_RESULT_MAX)
            break;
        bytes_take(in, buffer, (size_t)got);
    }
    free(in->line);
    free(buffer);
}

/* The sentence for a child that gave no result. */
static json_t *child_died(const char *path, int status, const struct intake *in)
{
    struct format_problem problem;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        format_problem_set(
            &problem, MUSTER_ETOOBIG, path, 0, NULL,
            "reading it took more than %d s of work and was stopped; look at the file before you trust it",
            SANDBOX_CPU_SECONDS);
    else if (in->wrong)
        format_problem_set(&problem, MUSTER_EINTERNAL, path, 0, NULL,
                           "the reader broke on it (it gave no list of items) and was contained; please report the file");
    else if (!in->in_time)
        format_problem_set(&problem, MUSTER_ETOOBIG, path, 0, NULL,
                           "reading it took too long or gave too much and was stopped; look at the file "
                           "before you trust it");
    else if (WIFSIGNALED(status))
        format_problem_set(&problem, MUSTER_EINTERNAL, path, 0, NULL,
                           "the reader broke on it (signal %d) and was contained; please report the file",
                           WTERMSIG(status));
    else
        format_problem_set(&problem, MUSTER_ETOOBIG, path, 0, NULL,
                           "the reader ran out of its memory or could not be confined; split the file");
    return result_refused(path, "unknown", &problem);
}

static json_t *child_result(pid_t pid, int fd, const char *path, const struct import_take *take)
{
    struct intake in = {.take = take};
    int status = 0;
    pipe_read(&in, fd);
    close(fd);
    if (!in.in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    bool whole = in.in_time && !in.wrong && WIFEXITED(status) && WEXITSTATUS(status) == 0 && in.result;
    json_t *result = whole || in.enough ? json_incref(in.result) : child_died(path, status, &in);
    json_decref(in.result);
    if (!result) /* enough was taken before the end */
        result = result_new(path, "unknown");
    json_object_set_new(result, "items", json_integer((json_int_t)in.items));
    return result;
}

json_t *import_confined(const char *path, const void *bytes, size_t len, const struct import_wish *wish,
                        import_parser *parser, const struct import_take *take)
{
    enum { AHEAD_BYTES = 1024 * 1024 }; /* the child may be so far ahead of the node */
    struct format_problem problem;
    int ends[2] = {-1, -1};
    pid_t pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid == 0) {
        close(ends[0]);
        child_run(ends[1], path, bytes, len, wish, parser);
    }
    if (pid < 0) {
        format_problem_set(&problem, MUSTER_EIO, path, 0, NULL, "no process could be started to read it: %s",
                           lang_errno(errno));
        if (ends[0] >= 0) {
            close(ends[0]);
            close(ends[1]);
        }
        return result_refused(path, "unknown", &problem);
    }
    close(ends[1]);
    (void)fcntl(ends[0], F_SETPIPE_SZ, AHEAD_BYTES); /* it works without */
    return child_result(pid, ends[0], path, take);
}

json_t *import_parse(const char *path, const struct import_wish *wish, const struct import_take *take)
{
    struct format_problem problem;
    unsigned char *bytes;
    size_t len;
    const char *name = import_source_name(path);
    if (import_source_read(path, IMPORT_FILE_MAX, take->waiting, take->user, &bytes, &len, &problem) != MUSTER_OK)
        return result_refused(name, "unknown", &problem);
    json_t *result = import_confined(name, bytes, len, wish, bytes_parse, take);
    free(bytes);
    return result;
}
