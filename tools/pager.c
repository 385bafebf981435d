#include "tools/pager.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t pager_start(FILE **out)
{
    int ends[2];
    const char *program = getenv("MUSTER_PAGER");
    if (!program)
        program = getenv("PAGER");
    if (!program)
        program = "less";
    if (!program[0] || strcmp(program, "cat") == 0 || pipe(ends) != 0)
        return 0;
    fflush(*out);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("LESS", "FRX", 0);
        setenv("LESSSECURE", "1", 0); /* no commands from inside: the text came from elsewhere */
        execl("/bin/sh", "sh", "-c", program, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    FILE *stream = pid > 0 ? fdopen(ends[1], "w") : NULL;
    if (!stream) {
        close(ends[1]);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN); /* leaving the pager early is no error */
    *out = stream;
    return pid;
}

void pager_wait(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
