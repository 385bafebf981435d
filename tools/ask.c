#include "tools/ask.h"

#include "tools/memory.h"
#include "tools/value.h"

#include <stdarg.h>
#include <string.h>

bool ask_line(struct tool *tool, const char *prompt, char *out, size_t size)
{
    char *safe = terminal_text(prompt);
    fflush(tool->out);
    fprintf(tool->err, "%s ", safe);
    fflush(tool->err);
    free(safe);
    if (!fgets(out, (int)size, stdin))
        return false;
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

/* Who asked sees that the answer was no, and what that means. */
static bool refrain(const struct tool *tool)
{
    fprintf(tool->err, "%s\n", _("nothing was done"));
    return false;
}

bool ask_name(struct tool *tool, int *code, const char *name, const char *question)
{
    char prompt[FAULT_TEXT_BYTES], answer[FAULT_TEXT_BYTES] = "";
    struct fault fault;
    *code = 0;
    if (tool->set.yes_to && strcmp(tool->set.yes_to, name) == 0)
        return true;
    if (!tool->can_ask || tool->set.yes) {
        fault_set(&fault, MUSTER_EUSAGE, "%s", question);
        fault_why(&fault, tool->set.yes_to ? "--yes names \"%s\"" : "it wants the name, not only a yes%s",
                  tool->set.yes_to ? tool->set.yes_to : "");
        fault_step(&fault, "repeat with --yes=\"%s\"", name);
        *code = tool_fail(tool, &fault);
        return false;
    }
    snprintf(prompt, sizeof prompt, _("%s Type %s to go on:"), question, name);
    return ask_line(tool, prompt, answer, sizeof answer) && strcmp(answer, name) == 0 ? true : refrain(tool);
}

bool ask_yes(struct tool *tool, int *code, const char *format, ...)
{
    char question[FAULT_TEXT_BYTES], answer[16] = "";
    va_list list;
    *code = 0;
    if (tool->set.yes)
        return true;
    va_start(list, format);
    vsnprintf(question, sizeof question, lang_text(format), list);
    va_end(list);
    if (!tool->can_ask) {
        struct fault fault;
        fault_set(&fault, MUSTER_EUSAGE, "%s", question);
        fault_why(&fault, "there is nobody to ask: this is no terminal");
        fault_step(&fault, "repeat with --yes");
        *code = tool_fail(tool, &fault);
        return false;
    }
    size_t used = strlen(question);
    snprintf(question + used, sizeof question - used, " [y/N]");
    bool yes = ask_line(tool, question, answer, sizeof answer) && (answer[0] == 'y' || answer[0] == 'Y' || strcmp(answer, _("yes")) == 0);
    return yes ? true : refrain(tool);
}
