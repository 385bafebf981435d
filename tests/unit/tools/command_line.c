#include "unit/tools/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

static char *file_take(const char *path)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = fopen(path, "r");
    if (!file || getdelim(&text, &len, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    if (file)
        fclose(file);
    unlink(path);
    return text;
}

struct ran command_line_run(const char *folder, const char *socket, const char *line)
{
    char command[LINE_BYTES], out[256], err[256];
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(err, sizeof err, "%s/err", folder);
    snprintf(command, sizeof command,
             "cd '%s' && env -u MUSTER_SPACE -u MUSTER_OUTPUT -u MUSTER_LANG -u XDG_CONFIG_HOME HOME='%s' "
             "LC_ALL=C MUSTER_SOCKET='%s' "
             "'%s' %s <&- </dev/null >'%s' 2>'%s'",
             folder, folder, socket, MUSTER_PROGRAM, line, out, err);
    int status = system(command);
    struct ran ran = {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
    ran.out = file_take(out);
    ran.err = file_take(err);
    return ran;
}

void ran_clear(struct ran *ran)
{
    free(ran->out);
    free(ran->err);
}
