#include "crypto/modes.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum modes_found look(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return MODES_UNREADABLE;
    return !S_ISLNK(st.st_mode) && (st.st_mode & 077) ? MODES_OPEN : MODES_FINE;
}

static enum modes_found look_inside(const char *folder, char path[MODES_PATH_MAX])
{
    DIR *dir = opendir(folder);
    enum modes_found found = dir ? MODES_FINE : MODES_UNREADABLE;
    snprintf(path, MODES_PATH_MAX, "%s", folder);
    struct dirent *each = dir ? readdir(dir) : NULL;
    for (int i = 0; each && !found && i < MODES_FILES_MAX; i++, each = readdir(dir)) {
        if (strcmp(each->d_name, ".") == 0 || strcmp(each->d_name, "..") == 0)
            continue;
        int len = snprintf(path, MODES_PATH_MAX, "%s/%s", folder, each->d_name);
        found = len < MODES_PATH_MAX ? look(path) : MODES_UNREADABLE;
    }
    if (dir)
        closedir(dir);
    return found;
}

enum modes_found modes_look(const char *data, char path[MODES_PATH_MAX])
{
    char secrets[MODES_PATH_MAX];
    snprintf(path, MODES_PATH_MAX, "%s", data);
    enum modes_found found = look(data);
    if (!found)
        found = look_inside(data, path);
    snprintf(secrets, sizeof(secrets), "%.1000s/secrets", data);
    struct stat st;
    if (!found && (lstat(secrets, &st) == 0 || errno != ENOENT))
        found = look_inside(secrets, path);
    if (!found)
        snprintf(path, MODES_PATH_MAX, "%s", data);
    return found;
}
