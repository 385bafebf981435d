#include "node/trouble.h"

#include "base/text.h"
#include "lang/lang.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum muster_error trouble_set(struct trouble *trouble, enum muster_error error, const char *format, ...)
{
    if (trouble) {
        va_list list;
        trouble->error = error;
        trouble->why[0] = trouble->remedy[0] = '\0';
        va_start(list, format);
        vsnprintf(trouble->what, sizeof(trouble->what), lang_text(format), list);
        va_end(list);
    }
    return error;
}

void trouble_why(struct trouble *trouble, const char *format, ...)
{
    if (!trouble)
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(trouble->why, sizeof(trouble->why), lang_text(format), list);
    va_end(list);
}

void trouble_do(struct trouble *trouble, const char *format, ...)
{
    if (!trouble)
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(trouble->remedy, sizeof(trouble->remedy), lang_text(format), list);
    va_end(list);
}

static void line(const char *label, const char *text)
{
    char safe[1024];
    text_for_terminal(safe, sizeof(safe), text, strlen(text));
    fprintf(stderr, "%s%s\n", label, safe);
}

int trouble_print(const struct trouble *trouble)
{
    static const enum muster_error lasting[] = {MUSTER_EDAMAGED, MUSTER_EFORMAT, MUSTER_EKEYFILE, MUSTER_EMODE,
                                                MUSTER_EVERSION};
    line("muster: ", trouble->what[0] ? trouble->what : _(error_what(trouble->error)));
    line(_("  why:  "), trouble->why[0] ? trouble->why : _(error_what(trouble->error)));
    line(_("  do:   "), trouble->remedy[0] ? trouble->remedy : _(error_remedy(trouble->error)));
    line(_("  code: "), error_name(trouble->error));
    for (size_t i = 0; i < ARRAY_LEN(lasting); i++)
        if (lasting[i] == trouble->error)
            return EXIT_DAMAGED;
    return trouble->error == MUSTER_EIO ? error_exit(MUSTER_ESTORE) : error_exit(trouble->error);
}
