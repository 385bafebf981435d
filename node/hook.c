#include "node/hook.h"

#include "base/text.h"
#include "lang/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void hooks_start(struct hooks *hooks, const char *path, void (*told)(void *user, const char *text, bool failed), void *user)
{
    *hooks = (struct hooks){.path = path, .told = told, .user = user, .limit_ms = HOOK_LIMIT_MS};
}

void hook_call_add(struct hook_call *call, const char *name, const char *value)
{
    size_t head = strlen(name) + 1, room = sizeof(call->environment) - call->len;
    if (call->variables == HOOK_VARIABLES_MAX || head + 1 > room)
        return;
    char *at = call->environment + call->len;
    memcpy(at, name, head - 1);
    at[head - 1] = '=';
    (void)text_for_terminal(at + head, room - head, value, strlen(value));
    call->len += strlen(at) + 1;
    call->variables++;
}

bool hook_is_set(const char *path)
{
    return path && path[0] && strcmp(path, "none") != 0;
}

void hooks_give(struct hooks *hooks, const struct hook_call *call)
{
    if (!hook_is_set(hooks->path))
        return;
    if (!hooks->waiting)
        hooks->waiting = calloc(HOOKS_WAITING_MAX, sizeof(*hooks->waiting));
    if (!hooks->waiting || hooks->count == HOOKS_WAITING_MAX) {
        if (hooks->counts.dropped++ == 0)
            hooks->told(hooks->user, "more alarms than the hook keeps up with: some are dropped", true);
        return;
    }
    hooks->waiting[(hooks->first + hooks->count++) % HOOKS_WAITING_MAX] = *call;
}

bool hooks_idle(const struct hooks *hooks)
{
    bool idle = !hooks->count;
    for (size_t i = 0; i < HOOKS_RUNNING_MAX; i++)
        idle = idle && !hooks->running[i].pid;
    return idle;
}

/* --- one child -------------------------------------------------------------------------------------------------------- */

static int spawn(pid_t *pid, const char *path, char *const *environment)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    char *argv[2] = {NULL, NULL};
    char *name = strdup(path);
    argv[0] = name;
    if (!name || posix_spawn_file_actions_init(&files)) {
        free(name);
        return ENOMEM;
    }
    if (posix_spawnattr_init(&how)) {
        posix_spawn_file_actions_destroy(&files);
        free(name);
        return ENOMEM;
    }
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    int failed = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) |
                 posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) |
                 posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) |
                 posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1) |
                 posix_spawn_file_actions_addchdir_np(&files, "/") |
                 /* the node blocks the signals that it reads from a descriptor: not so its children */
                 posix_spawnattr_setsigmask(&how, &none) | posix_spawnattr_setsigdefault(&how, &all) |
                 posix_spawnattr_setpgroup(&how, 0) |
                 posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = failed ? ENOMEM : posix_spawn(pid, path, &files, &how, argv, environment);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    free(name);
    return error;
}

static void begin(struct hooks *hooks, struct hook_run *run, struct hook_call *call, uint64_t mono_ms)
{
    char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", lang[] = "LANG=C.UTF-8", text[2 * HOOK_TITLE_BYTES + 160];
    char *environment[HOOK_VARIABLES_MAX + 3] = {path, lang};
    size_t n = 2;
    for (size_t at = 0; at < call->len; at += strlen(call->environment + at) + 1)
        environment[n++] = call->environment + at;
    hooks->counts.run++;
    int error = spawn(&run->pid, hooks->path, environment);
    if (error) {
        run->pid = 0;
        hooks->counts.failed++;
        snprintf(text, sizeof(text), "%s: the hook does not start: %s", call->title, lang_errno(error));
        hooks->told(hooks->user, text, true);
        return;
    }
    run->until_mono_ms = mono_ms + hooks->limit_ms;
    run->killed = false;
    memcpy(run->title, call->title, sizeof(run->title));
}

static void ended(struct hooks *hooks, struct hook_run *run, int status)
{
    char text[2 * HOOK_TITLE_BYTES + 160];
    bool fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (run->killed)
        snprintf(text, sizeof(text), "%s: the hook took longer than %u s and was killed", run->title,
                 (unsigned)(hooks->limit_ms / 1000));
    else if (WIFEXITED(status))
        snprintf(text, sizeof(text), "%s: the hook ended with status %d", run->title, WEXITSTATUS(status));
    else
        snprintf(text, sizeof(text), "%s: the hook was ended by signal %d", run->title, WTERMSIG(status));
    hooks->counts.failed += !fine || run->killed;
    hooks->told(hooks->user, text, !fine || run->killed);
    run->pid = 0;
}

void hooks_tick(struct hooks *hooks, uint64_t mono_ms)
{
    for (size_t i = 0; i < HOOKS_RUNNING_MAX; i++) {
        struct hook_run *run = &hooks->running[i];
        int status = 0;
        if (run->pid && waitpid(run->pid, &status, WNOHANG) == run->pid)
            ended(hooks, run, status);
        if (run->pid && !run->killed && mono_ms >= run->until_mono_ms) {
            kill(-run->pid, SIGKILL); /* what it started, too */
            run->killed = true;
        }
        if (!run->pid && hooks->count) {
            struct hook_call *call = &hooks->waiting[hooks->first];
            hooks->first = (hooks->first + 1) % HOOKS_WAITING_MAX;
            hooks->count--;
            begin(hooks, run, call, mono_ms);
        }
    }
}

void hooks_stop(struct hooks *hooks)
{
    for (size_t i = 0; i < HOOKS_RUNNING_MAX; i++) {
        struct hook_run *run = &hooks->running[i];
        if (!run->pid)
            continue;
        kill(-run->pid, SIGKILL);
        (void)waitpid(run->pid, NULL, 0);
        run->pid = 0;
    }
    free(hooks->waiting);
    hooks->waiting = NULL;
    hooks->count = 0;
}
