#include "tools/failure.h"

#include "lang/lang.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/value.h"

#include <string.h>

/* A sentence that is longer goes on below, under itself; a step that is a command stays in one line, to be copied. */
static void line_print(FILE *err, const char *label, const char *text, bool step)
{
    char *safe = terminal_text(text);
    fputs(label, err);
    bool whole = step && strncmp(safe, "muster ", 7) == 0 && !strstr(safe, "; "); /* a command, and nothing said about it */
    screen_fold(err, safe, screen_width(label), screen_width(label), whole ? SIZE_MAX : tool_columns(err));
    free(safe);
}

void failure_print(FILE *err, const struct fault *fault, bool as_json)
{
    if (as_json) {
        json_t *json = fault_json(fault);
        char *text = json_text(json, false);
        fprintf(err, "%s\n", text);
        free(text);
        json_decref(json);
        return;
    }
    line_print(err, "muster: ", fault->message, false);
    if (fault->why[0] && !strstr(fault->message, fault->why)) /* once is enough */
        line_print(err, _("  why:  "), fault->why, false);
    for (size_t i = 0; i < fault->steps_count; i++)
        line_print(err, i == 0 ? _("  do:   ") : "        ", fault->steps[i], true);
    if (fault->steps_count == 0) {
        const char *remedy = error_remedy(error_by_name(fault->code));
        if (remedy[0])
            line_print(err, _("  do:   "), _(remedy), true);
    }
    line_print(err, _("  code: "), fault->code, false);
}
