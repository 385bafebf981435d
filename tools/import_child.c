#include "tools/import_child.h"

#include "formats/read/cap.h"
#include "formats/read/file.h"
#include "formats/read/hospital.h"
#include "formats/read/org_resource.h"
#include "formats/read/stock.h"
#include "tools/memory.h"
#include "tools/sandbox.h"

#include <errno.h>
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

static json_t *result_new(const char *path, const char *format, json_t *items)
{
    return json_pack("{s:s+, s:s, s:o, s:[], s:i}", "file", path, "", "format", format, "items",
                     items ? items : json_array(), "problems", "refused", 0);
}

static void result_problem(json_t *result, const struct format_problem *problem, long long refused)
{
    json_t *one = problem_json(problem);
    if (one)
        json_array_append_new(json_object_get(result, "problems"), one);
    json_object_set_new(result, "refused",
                        json_integer(json_integer_value(json_object_get(result, "refused")) + refused));
}

/* The whole file is refused. */
static json_t *result_refused(const char *path, const char *format, const struct format_problem *problem)
{
    json_t *result = result_new(path, format, NULL);
    result_problem(result, problem, 1);
    return result;
}

typedef enum muster_error table_reader(const void *bytes, size_t len, const char *name,
                                       enum text_encoding encoding, json_t **items,
                                       struct format_problems *problems);

static json_t *table_parse(const char *path, const char *format, const void *bytes, size_t len,
                           enum text_encoding encoding, table_reader *reader)
{
    struct format_problems *problems = memory_get(sizeof *problems);
    json_t *items = NULL;
    enum muster_error error = reader(bytes, len, path, encoding, &items, problems);
    json_t *result = error ? result_refused(path, format, &problems->at[0]) : result_new(path, format, items);
    for (size_t i = 0; !error && i < problems->count; i++)
        result_problem(result, &problems->at[i], 0);
    if (!error)
        json_object_set_new(result, "refused", json_integer((json_int_t)problems->total));
    free(problems);
    return result;
}

static json_t *cap_parse_file(const char *path, const void *bytes, size_t len)
{
    struct format_problem problem;
    json_t *items = NULL;
    if (cap_read(bytes, len, path, &items, &problem) != MUSTER_OK)
        return result_refused(path, "cap", &problem);
    json_t *result = result_new(path, "cap", items);
    if (problem.sentence[0])
        result_problem(result, &problem, 0);
    return result;
}

static json_t *bytes_parse(const char *path, const void *bytes, size_t len, const struct import_wish *wish)
{
    struct format_problem problem;
    enum format_kind format =
        wish->format == FORMAT_UNKNOWN ? sniff(path, bytes, len, &problem) : wish->format;
    const char *name = format_kind_name(format);
    switch (format) {
    case FORMAT_CAP:
        return cap_parse_file(path, bytes, len);
    case FORMAT_STOCK:
        return table_parse(path, name, bytes, len, wish->encoding, stock_read);
    case FORMAT_ORG_RESOURCE:
        return table_parse(path, name, bytes, len, wish->encoding, org_resource_read);
    case FORMAT_HOSPITAL:
        return table_parse(path, name, bytes, len, wish->encoding, hospital_read);
    case FORMAT_UNKNOWN:
        break;
    }
    return result_refused(path, name, &problem);
}

static int pipe_write(const char *bytes, size_t len, void *data)
{
    const int *fd = data;
    while (len > 0) {
        ssize_t wrote = write(*fd, bytes, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return -1;
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return 0;
}

/* The child: never returns. */
static void child_run(int fd, const char *path, const void *bytes, size_t len, const struct import_wish *wish,
                      import_parser *parser)
{
    signal(SIGPIPE, SIG_DFL);
    if (sandbox_enter() != 0)
        _exit(3);
    json_t *result = parser(path, bytes, len, wish);
    _exit(result && json_dump_callback(result, pipe_write, &fd, JSON_COMPACT) == 0 ? 0 : 2);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Everything until the end of the pipe.  False: too much, or too slow. */
static bool pipe_read(int fd, char **text, size_t *len)
{
    int64_t deadline = now_ms() + IMPORT_WAIT_SECONDS * 1000;
    FILE *stream = memory_stream(text, len);
    char buffer[65536];
    size_t total = 0;
    bool whole = false;
    while (total <= IMPORT_RESULT_MAX) {
        int64_t left = deadline - now_ms();
        struct pollfd one = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&one, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t got = ready > 0 ? read(fd, buffer, sizeof buffer) : -1;
        if (got <= 0) {
            whole = got == 0;
            break;
        }
        fwrite(buffer, 1, (size_t)got, stream);
        total += (size_t)got;
    }
    memory_stream_end(stream);
    return whole;
}

/* The sentence for a child that gave no result. */
static json_t *child_died(const char *path, int status, bool in_time)
{
    struct format_problem problem;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        format_problem_set(
            &problem, MUSTER_ETOOBIG, path, 0, NULL,
            "reading it took more than %d s of work and was stopped; look at the file before you trust it",
            SANDBOX_CPU_SECONDS);
    else if (!in_time)
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

static json_t *child_result(pid_t pid, int fd, const char *path)
{
    char *text = NULL;
    size_t len = 0;
    int status = 0;
    bool in_time = pipe_read(fd, &text, &len);
    close(fd);
    if (!in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    json_t *result = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0
                         ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL)
                         : NULL;
    free(text);
    if (json_is_array(json_object_get(result, "items")) && json_is_array(json_object_get(result, "problems")))
        return result;
    json_decref(result);
    return child_died(path, status, in_time);
}

json_t *import_confined(const char *path, const void *bytes, size_t len, const struct import_wish *wish,
                        import_parser *parser)
{
    struct format_problem problem;
    int ends[2] = {-1, -1};
    pid_t pid = pipe(ends) == 0 ? fork() : -1;
    if (pid == 0) {
        close(ends[0]);
        child_run(ends[1], path, bytes, len, wish, parser);
    }
    if (pid < 0) {
        format_problem_set(&problem, MUSTER_EIO, path, 0, NULL, "no process could be started to read it: %s",
                           strerror(errno));
        if (ends[0] >= 0) {
            close(ends[0]);
            close(ends[1]);
        }
        return result_refused(path, "unknown", &problem);
    }
    close(ends[1]);
    return child_result(pid, ends[0], path);
}

json_t *import_parse(const char *path, const struct import_wish *wish)
{
    struct format_problem problem;
    unsigned char *bytes;
    size_t len;
    if (file_read_bounded(path, IMPORT_FILE_MAX, &bytes, &len, &problem) != MUSTER_OK)
        return result_refused(path, "unknown", &problem);
    json_t *result = import_confined(path, bytes, len, wish, bytes_parse);
    free(bytes);
    return result;
}
