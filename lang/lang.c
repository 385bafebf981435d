#include "lang/lang.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CATALOGUE_FILE "share/locale/zh_CN/LC_MESSAGES/muster.mo"
enum { CATALOGUE_BYTES_MAX = 16 * 1024 * 1024 };

/* As with setlocale, the process has one catalogue, and a thread one language: `_("…")` has no place for an argument. */
static struct catalogue chinese;
static _Thread_local const struct catalogue *spoken;

/* Beside the program's own folder, and not where an environment variable says: its texts are formats. */
static bool path_find(char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(path, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    size_t used = strlen(path);
    return (size_t)snprintf(path + used, PATH_MAX - used, "/" CATALOGUE_FILE) < PATH_MAX - used;
}

bool lang_start(void)
{
    char path[PATH_MAX];
    struct stat st;
    if (chinese.at)
        return true;
    int fd = path_find(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    void *at = MAP_FAILED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= CATALOGUE_BYTES_MAX)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (at == MAP_FAILED)
        return false;
    if (catalogue_read(&chinese, at, (size_t)st.st_size))
        return true;
    munmap(at, (size_t)st.st_size);
    chinese = (struct catalogue){.at = NULL};
    return false;
}

bool lang_start_with(const void *catalogue, size_t len)
{
    return chinese.at || catalogue_read(&chinese, catalogue, len);
}

void lang_use(const char *name)
{
    spoken = name && strncmp(name, "zh", 2) == 0 && chinese.at ? &chinese : NULL;
}

const char *lang_name(void)
{
    return spoken ? "zh" : NULL;
}

const char *lang_of_environment(void)
{
    static const char *const names[] = {"MUSTER_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return value;
    }
    return NULL;
}

const char *lang_text(const char *msgid)
{
    const char *text = spoken ? catalogue_find(spoken, msgid) : NULL, *context = text ? NULL : strchr(msgid, '\004');
    return text ? text : context ? context + 1 : msgid;
}

const char *lang_errno(int number)
{
    /* What files, disks and connections end with; glibc has its own catalogue for these, but only with a locale. */
    static const char *const common[] = {
        N_("No such file or directory"), N_("Permission denied"), N_("Operation not permitted"), N_("Is a directory"),
        N_("Not a directory"), N_("File exists"), N_("No space left on device"), N_("Read-only file system"),
        N_("Input/output error"), N_("Too many open files"), N_("Cannot allocate memory"), N_("File name too long"),
        N_("Directory not empty"), N_("Connection refused"), N_("Connection timed out"), N_("Network is unreachable"),
        N_("No route to host"), N_("Address already in use"), N_("Cannot assign requested address"), N_("Broken pipe"),
        N_("Device or resource busy"), N_("No such device"), N_("Too many levels of symbolic links"), N_("Invalid argument"),
        N_("File too large"), N_("Disk quota exceeded"), N_("Text file busy"), N_("Success"),
    };
    (void)common;
    return lang_text(strerror(number));
}

/* A conversion's place (from 0), by its number or its turn, and whether its precision of 0 hides it; returns what is behind it. */
static const char *conversion_read(const char *at, size_t *turn, size_t *place, bool *hidden)
{
    char *end;
    unsigned long number = strtoul(at, &end, 10);
    bool numbered = end > at && *end == '$' && number > 0;
    at = numbered ? end + 1 : at;
    *place = numbered ? number - 1 : (*turn)++;
    at += strspn(at, "-+ #0123456789");
    *hidden = at[0] == '.' && at[1] == '0';
    at += strspn(at, ".*0123456789lhz");
    return *at ? at + 1 : at;
}

void lang_said(char *sentence, size_t size, const struct said *said, const char *suggestion)
{
    if (!spoken || !sentence[0] || !said->format)
        return;
    const char *at = catalogue_find(spoken, said->format);
    size_t used = 0, turn = 0;
    if (!at)
        return;
    while (*at && used < size) {
        size_t plain = strcspn(at, "%"), place;
        bool hidden;
        used += (size_t)snprintf(sentence + used, size - used, "%.*s", (int)plain, at);
        at += plain;
        if (at[0] == '%' && at[1] == '%') {
            used += used < size ? (size_t)snprintf(sentence + used, size - used, "%%") : 0;
            at += 2;
        } else if (*at) {
            at = conversion_read(at + 1, &turn, &place, &hidden);
            const char *argument = hidden ? "" : said_argument(said, place);
            if (used < size)
                used += (size_t)snprintf(sentence + used, size - used, "%s", strchr(argument, ' ') ? lang_text(argument) : argument);
        }
    }
    if (suggestion && used < size)
        snprintf(sentence + used, size - used, _("; did you mean \"%s\"?"), suggestion);
}
