#include "tools/musterd.h"

#include "base/bytes.h"
#include "lang/lang.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_MS = 10 * 1000, OPTIONS_MAX = 12, VARIABLES_MAX = 4096 };
extern char **environ;

static void program_find(char program[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 16);
    char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    snprintf(program, PATH_MAX, "musterd");
    if (slash) {
        snprintf(program, PATH_MAX, "%.*s/musterd", (int)(slash - self), self);
        if (access(program, X_OK) != 0)
            snprintf(program, PATH_MAX, "%.*s/../sbin/musterd", (int)(slash - self), self);
        if (access(program, X_OK) != 0)
            snprintf(program, PATH_MAX, "musterd");
    }
}

/* What this process was told is meant for the command line: MUSTER_SOCKET, say. */
static char **environment_of(bool clean)
{
    static char *none[1];
    size_t count = 0, kept = 0;
    while (environ[count] && count < VARIABLES_MAX)
        count++;
    char **out = calloc(count + 1, sizeof *out);
    for (size_t i = 0; out && i < count; i++)
        if (!clean || strncmp(environ[i], "MUSTER_", 7) != 0)
            out[kept++] = environ[i];
    return out ? out : none;
}

/* Until it has said all, at most MUSTERD_SAID_MAX; false when it falls silent. */
static bool listen_to(int fd, char **said)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    size_t len = 0;
    bool ended = false;
    *said = malloc(MUSTERD_SAID_MAX + 1);
    while (*said && !ended && len < MUSTERD_SAID_MAX && poll(&readable, 1, SILENCE_MS) == 1) {
        ssize_t got = read(fd, *said + len, MUSTERD_SAID_MAX - len);
        ended = got <= 0;
        len += got > 0 ? (size_t)got : 0;
    }
    if (*said)
        (*said)[len] = '\0';
    return ended;
}

int musterd_run(const char *const options[], bool clean, char **said)
{
    char program[PATH_MAX], *argv[OPTIONS_MAX + 2] = {program}, **environment = environment_of(clean);
    posix_spawn_file_actions_t actions;
    int pipes[2], status = 0;
    pid_t child;
    *said = NULL;
    program_find(program);
    for (size_t i = 0; i < OPTIONS_MAX && options[i]; i++)
        argv[i + 1] = (char *)(uintptr_t)options[i]; /* posix_spawn takes them as they are */
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    int failed = posix_spawnp(&child, program, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (environment[0])
        free(environment);
    close(pipes[1]);
    bool ended = !failed && listen_to(pipes[0], said);
    close(pipes[0]);
    if (!failed && !ended)
        kill(child, SIGKILL);
    if (failed || waitpid(child, &status, 0) != child)
        return -1;
    return ended && *said && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum muster_error musterd_settings(const char *file, const char *draft, bool clean, json_t **out, struct fault *fault)
{
    const char *options[OPTIONS_MAX] = {"--check-config", "--json"};
    size_t count = 2;
    char *said;
    if (file) {
        options[count++] = "--config";
        options[count++] = file;
    }
    if (draft) {
        options[count++] = "--draft";
        options[count++] = draft;
    }
    int code = musterd_run(options, clean, &said);
    json_t *json = said ? json_loads(said, JSON_REJECT_DUPLICATES, NULL) : NULL;
    enum muster_error error = MUSTER_ECONFIG;
    if (code == 0 && json_is_array(json_object_get(json, "items"))) {
        *out = json_incref(json);
        error = MUSTER_OK;
    } else if (!fault_from_json(fault, json_object_get(json, "error"))) {
        fault_set(fault, error, code < 0 ? "musterd does not say what it makes of its settings" : "musterd did not understand the question");
        fault_why(fault, "%s", code < 0 ? _("it is not installed where this user finds it") : _("it is of another version than this muster"));
        fault_step(fault, "apt install musterd");
    }
    json_decref(json);
    free(said);
    return error;
}
