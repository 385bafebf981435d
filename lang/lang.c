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
