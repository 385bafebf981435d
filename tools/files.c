#include "tools/files.h"
#include "lang/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum muster_error reason(struct fault *fault, const char *doing, const char *path, int number)
{
    enum muster_error error = number == ENOENT                       ? MUSTER_ENOTFOUND
                              : number == EACCES || number == EPERM  ? MUSTER_EPERMISSION
                              : number == ENOSPC || number == EDQUOT ? MUSTER_EFULL
                              : number == EISDIR                     ? MUSTER_ENOTFILE
                                                                     : MUSTER_EIO;
    fault_set(fault, error, "cannot %s %s", doing, path);
    fault_why(fault, "%s", lang_errno(number));
    fault_step(fault, error == MUSTER_EPERMISSION ? "ls -l %s"
                      : error == MUSTER_EFULL     ? "free space there, or choose another disk than that of %s"
                                                  : "check the path: %s", path);
    return error;
}

static enum muster_error descriptor_load(int fd, const char *path, size_t max, char **text, size_t *len,
                                         struct fault *fault)
{
    size_t room = 4096, used = 0;
    char *bytes = malloc(room + 1);
    while (bytes) {
        ssize_t got = read(fd, bytes + used, room - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(bytes);
            return reason(fault, _("read"), path, errno);
        }
        used += (size_t)got;
        if (used > max) {
            free(bytes);
            fault_set(fault, MUSTER_ETOOBIG, "%s is larger than %zu bytes", path, max);
            fault_step(fault, "check that it is the right file");
            return MUSTER_ETOOBIG;
        }
        if (got == 0) {
            bytes[used] = '\0';
            *text = bytes;
            *len = used;
            return MUSTER_OK;
        }
        if (used == room) {
            char *grown = realloc(bytes, 2 * room + 1);
            if (!grown)
                break;
            bytes = grown;
            room *= 2;
        }
    }
    free(bytes);
    fault_set(fault, MUSTER_EINTERNAL, "there is no memory for %s", path);
    return MUSTER_EINTERNAL;
}

enum muster_error file_load_text(const char *path, size_t max, char **text, size_t *len, struct fault *fault)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return reason(fault, _("read"), path, errno);
    enum muster_error error;
    if (fstat(fd, &facts) != 0) {
        error = reason(fault, _("read"), path, errno);
    } else if (!S_ISREG(facts.st_mode)) {
        error = MUSTER_ENOTFILE;
        fault_set(fault, error, "%s is not a regular file", path);
        fault_why(fault, "it is %s", S_ISDIR(facts.st_mode) ? _("a folder") : _("a pipe, socket or device"));
        fault_step(fault, "give a regular file");
    } else {
        error = descriptor_load(fd, path, max, text, len, fault);
    }
    close(fd);
    return error;
}

enum muster_error stdin_load(size_t max, char **text, size_t *len, struct fault *fault)
{
    return descriptor_load(STDIN_FILENO, _("standard input"), max, text, len, fault);
}

static void folders_make(const char *path)
{
    char copy[PATH_MAX];
    if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
        return;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700); /* what fails here fails again, with a reason, when the file is made */
        *slash = '/';
    }
}

static bool bytes_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

/* Without `replace` an existing name is EEXIST, decided by the kernel where it can. */
static int rename_into(const char *from, const char *to, unsigned replace)
{
    if (replace)
        return rename(from, to);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (access(to, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static enum muster_error not_saved(struct fault *fault, const char *path, int number)
{
    if (number != EEXIST)
        return reason(fault, _("write"), path, number);
    fault_set(fault, MUSTER_EDUPLICATE, "%s exists already", path);
    fault_step(fault, "choose another name, or overwrite it with --yes");
    return MUSTER_EDUPLICATE;
}

enum muster_error file_save(const char *path, const void *bytes, size_t len, unsigned flags,
                            struct fault *fault)
{
    char temporary[PATH_MAX];
    int number = 0;
    if (flags & FILE_FOLDERS)
        folders_make(path);
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= sizeof temporary)
        return reason(fault, _("write"), path, ENAMETOOLONG);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return reason(fault, _("write"), path, errno);
    if (!bytes_write(fd, bytes, len) || fsync(fd) != 0)
        number = errno ? errno : EIO;
    if (fchmod(fd, flags & FILE_SECRET ? 0600 : 0644) != 0 && flags & FILE_SECRET)
        number = errno; /* sticks with FAT have no modes: only a secret must have its own */
    close(fd);
    if (!number && rename_into(temporary, path, flags & FILE_REPLACE) == 0)
        return MUSTER_OK;
    if (!number)
        number = errno;
    unlink(temporary);
    return not_saved(fault, path, number);
}

enum muster_error file_draft_open(struct file_draft *draft, const char *path, unsigned flags, struct fault *fault)
{
    *draft = (struct file_draft){.path = path, .flags = flags};
    if (!(flags & FILE_REPLACE) && access(path, F_OK) == 0)
        return not_saved(fault, path, EEXIST);
    if ((size_t)snprintf(draft->temporary, sizeof draft->temporary, "%s.XXXXXX", path) >= sizeof draft->temporary)
        return reason(fault, _("write"), path, ENAMETOOLONG);
    int fd = mkostemp(draft->temporary, O_CLOEXEC);
    if (fd < 0)
        return reason(fault, _("write"), path, errno);
    (void)fchmod(fd, flags & FILE_SECRET ? 0600 : 0644);
    draft->error = 0;
    draft->out = fdopen(fd, "w");
    if (draft->out)
        return MUSTER_OK;
    close(fd);
    unlink(draft->temporary);
    return reason(fault, _("write"), path, ENOMEM);
}

enum muster_error file_draft_keep(struct file_draft *draft, struct fault *fault)
{
    errno = 0;
    int number = fflush(draft->out) != 0 || ferror(draft->out) || fsync(fileno(draft->out)) != 0 ? errno ? errno : EIO
                                                                                                 : 0;
    if (draft->error)
        number = draft->error;
    fclose(draft->out);
    draft->out = NULL;
    if (!number && rename_into(draft->temporary, draft->path, draft->flags & FILE_REPLACE) == 0)
        return MUSTER_OK;
    if (!number)
        number = errno;
    unlink(draft->temporary);
    return not_saved(fault, draft->path, number);
}

void file_draft_drop(struct file_draft *draft)
{
    if (!draft->out)
        return;
    fclose(draft->out);
    unlink(draft->temporary);
    draft->out = NULL;
}
