/* musterd: settings, signals, loop. */
#include "lang/lang.h"
#include "node/node.h"
#include "node/notify.h"
#include "node/variables.h"
#include "node/reload.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct running {
    struct node *node;
    int signals, argc;
    char **argv; /* of the start: a reload reads them again */
};

static int on_signal(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    struct running *running = argument;
    struct signalfd_siginfo info;
    (void)loop;
    (void)item;
    if (read(running->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    if (info.ssi_signo == SIGHUP) {
        char state[64];
        snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)node_mono_ms() * 1000);
        notify_send(state);
        reload(running->node, running->argc, running->argv);
        notify_send("READY=1");
        return 0;
    }
    journal_format(&running->node->journal, EVENT_NAME_STOPPING, NULL, "signal %u", info.ssi_signo);
    notify_send("STOPPING=1");
    return -1;
}

/* Signals come through a descriptor; blocked before there is a second thread, so that all threads inherit it. */
static int signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const struct config *config, int argc, char **argv)
{
    struct trouble trouble = {.error = MUSTER_EBUSY};
    struct running running = {.signals = signals_open(), .argc = argc, .argv = argv};
    zmq_pollitem_t signals = {.fd = running.signals, .events = ZMQ_POLLIN};
    int code = 0;
    zsys_handler_set(NULL); /* before anything else of CZMQ: it would take the signals */
    zloop_t *loop = zloop_new();
    if (!loop || running.signals < 0)
        return trouble_print(&trouble);
    zloop_set_nonstop(loop, true);
    if (node_start(&running.node, config, loop, &trouble) != MUSTER_OK) {
        code = trouble_print(&trouble);
    } else if (zloop_poller(loop, &signals, on_signal, &running) != 0) {
        code = trouble_print(&trouble);
    } else {
        lang_use(NULL);
        variables_journal(environ, &running.node->journal);
        notify_send("READY=1");
        zloop_start(loop);
    }
    node_stop(running.node);
    zloop_destroy(&loop);
    close(running.signals);
    return code;
}

enum { KEPT_BYTES = 4 << 20 };

int main(int argc, char **argv)
{
    struct config config;
    struct trouble trouble = {.error = MUSTER_OK};
    umask(077);
    mallopt(M_ARENA_MAX, 2); /* jobs are made in one thread and freed in another: more arenas only hold more */
    lang_start();
    lang_use(lang_of_environment()); /* until the loop runs: what stops a start is said to an administrator */
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES); /* not given back and faulted in again with every request; a quiet node gives */
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES); /* all of it back (turn.c) */
    if (config_read(&config, argc, argv, &trouble) != MUSTER_OK)
        return config.json && config.check_only ? config_trouble_json(&trouble) : trouble_print(&trouble);
    if (config.help) {
        config_help();
        return 0;
    }
    if (config.version) {
        printf("musterd %s\n", MUSTER_VERSION);
        return 0;
    }
    if (config.print) {
        config_print();
        return 0;
    }
    if (config.check_only && !config.draft[0] && variables_check(environ, &trouble) != MUSTER_OK)
        return config.json ? config_trouble_json(&trouble) : trouble_print(&trouble);
    if (config.check_only) {
        (config.json ? config_show_json : config_show)(&config);
        return 0;
    }
    return run(&config, argc, argv);
}
