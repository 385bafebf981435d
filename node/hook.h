/* hook.h — the command that is run for each alarm (setting `alarm_hook`).
 *
 * The file itself is run, never a shell: argv is {PATH, NULL}, the environment is PATH, LANG and what the caller gives, the
 * directory is /, all three standard streams are /dev/null, no other descriptor is open, and it has a process group of its
 * own.  At most HOOKS_RUNNING_MAX run at once and HOOKS_WAITING_MAX wait; what comes on top is dropped and counted.  One
 * that runs longer than HOOK_LIMIT_MS is killed with its whole group. */
#ifndef MUSTER_NODE_HOOK_H
#define MUSTER_NODE_HOOK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    HOOKS_RUNNING_MAX = 4,
    HOOKS_WAITING_MAX = 256,
    HOOK_LIMIT_MS = 30 * 1000,
    HOOK_VARIABLES_MAX = 16,
    HOOK_ENVIRONMENT_BYTES = 2048,
    HOOK_TITLE_BYTES = 96
};

struct hook_counts {
    uint64_t run, failed, dropped; /* failed: could not be started, ended with another status than 0, or was killed */
};

/* "NAME=VALUE" one behind the other, each ended by a zero. */
struct hook_call {
    char title[HOOK_TITLE_BYTES]; /* for the journal */
    char environment[HOOK_ENVIRONMENT_BYTES];
    size_t len, variables;
};

struct hooks {
    const char *path; /* read with each call: it may change in its place */
    void (*told)(void *user, const char *text, bool failed);
    void *user;
    uint64_t limit_ms;
    struct hook_run {
        pid_t pid; /* 0: free */
        uint64_t until_mono_ms;
        bool killed;
        char title[HOOK_TITLE_BYTES];
    } running[HOOKS_RUNNING_MAX];
    struct hook_call *waiting; /* a ring of HOOKS_WAITING_MAX */
    size_t first, count;
    struct hook_counts counts;
};

/* path is borrowed.  told: what the journal is to say of each. */
void hooks_start(struct hooks *hooks, const char *path, void (*told)(void *user, const char *text, bool failed), void *user);
/* Adds NAME=VALUE with the value made safe for one line of a terminal; one that does not fit is cut, at a whole character. */
void hook_call_add(struct hook_call *call, const char *name, const char *value);
/* False for NULL, "" and "none". */
bool hook_is_set(const char *path);
/* Takes a call (copied); it begins with the next hooks_tick.  Nothing without a path. */
void hooks_give(struct hooks *hooks, const struct hook_call *call);
/* Looks after those that run, and begins those that wait. */
void hooks_tick(struct hooks *hooks, uint64_t mono_ms);
/* True if none runs and none waits. */
bool hooks_idle(const struct hooks *hooks);
/* Kills what runs; what waits is dropped. */
void hooks_stop(struct hooks *hooks);

#endif
