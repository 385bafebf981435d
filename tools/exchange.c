#include "tools/exchange.h"

#include "tools/files.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void exchange_plain_name(char out[EXCHANGE_NAME_BYTES], const char *name, const char *id)
{
    size_t n = 0;
    bool letters = false;
    for (const char *at = name; *at && n + 1 < 40; at++) {
        bool plain = isascii((unsigned char)*at) && isalnum((unsigned char)*at);
        if (plain)
            out[n++] = (char)tolower((unsigned char)*at);
        else if (n && out[n - 1] != '-')
            out[n++] = '-';
        letters |= plain;
    }
    while (n && out[n - 1] == '-')
        n--;
    out[n] = '\0';
    if (!letters)
        snprintf(out, EXCHANGE_NAME_BYTES, "%.8s", id);
}

const char *exchange_path(char out[PATH_MAX], const char *path, const char *name, const char *id, const char *suffix)
{
    struct stat facts;
    char plain[EXCHANGE_NAME_BYTES];
    if (!path || stat(path, &facts) != 0 || !S_ISDIR(facts.st_mode))
        return path;
    exchange_plain_name(plain, name, id);
    size_t len = strlen(path);
    bool fits = (size_t)snprintf(out, PATH_MAX, "%s%s%s%s", path, path[len - 1] == '/' ? "" : "/", plain, suffix) < PATH_MAX;
    return fits ? out : path;
}

int exchange_load(struct tool *tool, const char *path, char **text)
{
    struct fault fault;
    size_t len;
    enum muster_error error = strcmp(path, "-") == 0
                                  ? stdin_load(EXCHANGE_BYTES_MAX, text, &len, &fault)
                                  : file_load_text(path, EXCHANGE_BYTES_MAX, text, &len, &fault);
    if (error)
        return tool_fail(tool, &fault);
    json_t *probe =
        strlen(*text) == len ? json_string(*text) : NULL; /* UTF-8 without NUL, or it cannot be sent */
    if (probe) {
        json_decref(probe);
        return 0;
    }
    free(*text);
    fault_set(&fault, MUSTER_EUTF8, "%s is no card and no invite", path);
    fault_why(&fault, "cards and invites are text; this file is not");
    fault_step(&fault, "ask the sender for the file again");
    return tool_fail(tool, &fault);
}

int exchange_save(struct tool *tool, const char *path, const char *text, bool secret)
{
    struct fault fault;
    size_t len = strlen(text);
    if (!path) {
        char *rest = memory_copy(text), *at = rest, *line;
        while ((line = strsep(&at, "\n")))
            if (line[0] || at)
                screen_line(tool, "%s", line);
        free(rest);
        return 0;
    }
    if (file_save(path, text, len, (tool->set.yes ? FILE_REPLACE : 0U) | (secret ? FILE_SECRET : 0U),
                  &fault) == MUSTER_OK)
        return 0;
    return tool_fail(tool, &fault);
}

void pair_print(struct tool *tool, const json_t *pair, const char *agency, bool on_stderr)
{
    const char *words = value_text_at(pair, "words"), *digits = value_text_at(pair, "digits");
    if (!words[0] && !digits[0])
        return;
    FILE *out = tool->out;
    if (on_stderr) {
        if (tool->set.quiet)
            return;
        fflush(out);
        tool->out = tool->err;
    }
    fputc('\n', tool->out);
    screen_line(tool, "pair code with %s", agency);
    screen_field(tool, _("digits"), 6, digits);
    screen_field(tool, _("words"), 6, words);
    screen_line(
        tool, "%s",
        _("Call them, on a number you had before: not one from the card. Each reads one"));
    screen_line(
        tool,
        _("half, the other types it:  muster confirm \"%s\""),
        agency);
    if (on_stderr) {
        fflush(tool->err);
        tool->out = out;
    }
}
