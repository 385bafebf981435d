/* command_line.h — running the real muster: its exit code, stdout and stderr. */
#ifndef TESTS_UNIT_TOOLS_COMMAND_LINE_H
#define TESTS_UNIT_TOOLS_COMMAND_LINE_H

#include <stddef.h>

struct ran {
    int code;
    char *out, *err; /* freed by ran_clear */
};

/* `line` is a shell's: quotes work.  stdin is empty.  HOME and the socket are set to `folder` and `socket`.
 */
struct ran command_line_run(const char *folder, const char *socket, const char *line);
void ran_clear(struct ran *ran);

#endif
