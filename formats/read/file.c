#include "formats/read/file.h"
#include "lang/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    mode_t type;
    const char *sentence;
} not_files[] = {
    {S_IFDIR, N_("this is a folder, not a file; name one file in it")},
    {S_IFLNK, N_("this is a symbolic link, which is not followed because it may lead anywhere; name the file itself")},
    {S_IFIFO, N_("this is a pipe, which may never end; save its contents to a file and name that")},
    {S_IFSOCK, N_("this is a socket, not a file; save what it gives to a file and name that")},
    {S_IFCHR, N_("this is a device, not a file; copy the data to a file and name that")},
    {S_IFBLK, N_("this is a disk, not a file; copy the data to a file and name that")},
};

static enum muster_error refuse_type(mode_t mode, const char *path, struct format_problem *problem)
{
    for (size_t i = 0; i < ARRAY_LEN(not_files); i++)
        if ((mode & S_IFMT) == not_files[i].type)
            return format_problem_set(problem, MUSTER_ENOTFILE, path, 0, NULL, "%s", _(not_files[i].sentence));
    return format_problem_set(problem, MUSTER_ENOTFILE, path, 0, NULL, "this is not a regular file; name one");
}

static enum muster_error refuse_errno(int number, const char *path, struct format_problem *problem)
{
    if (number == ENOENT || number == ENOTDIR)
        return format_problem_set(problem, MUSTER_ENOTFOUND, path, 0, NULL, "there is no such file; check the path");
    if (number == EACCES || number == EPERM)
        return format_problem_set(problem, MUSTER_EIO, path, 0, NULL,
                           "this user may not read the file; ask its owner, or copy it to a place of your own");
    if (number == ELOOP)
        return refuse_type(S_IFLNK, path, problem);
    if (number == ENAMETOOLONG)
        return format_problem_set(problem, MUSTER_EIO, path, 0, NULL, "the path is too long; move the file to a shorter one");
    return format_problem_set(problem, MUSTER_EIO, path, 0, NULL, "the file cannot be read (%s); check the disk and the path",
                       lang_errno(number));
}

static enum muster_error refuse_size(size_t max, const char *path, struct format_problem *problem)
{
    return format_problem_set(problem, MUSTER_ETOOBIG, path, 0, NULL,
                       "the file is larger than %zu kB, the most that is read of this kind; split it and import the "
                       "parts",
                       max / 1024);
}

/* Reads what fstat promised; a file that grew meanwhile is refused, one that shrank is taken as it is. */
static enum muster_error read_all(int fd, size_t max, size_t expected, const char *path, unsigned char **out,
                                  size_t *len, struct format_problem *problem)
{
    size_t got = 0;
    unsigned char *bytes = malloc(expected + 2);
    if (!bytes)
        return format_problem_set(problem, MUSTER_EBUSY, path, 0, NULL,
                           "there is no memory left to read the file; close other programs and try again");
    for (;;) {
        ssize_t n = read(fd, bytes + got, expected + 1 - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int number = errno;
            free(bytes);
            return refuse_errno(number, path, problem);
        }
        if (n == 0)
            break;
        got += (size_t)n;
        if (got > expected) {
            free(bytes);
            if (got > max)
                return refuse_size(max, path, problem);
            return format_problem_set(problem, MUSTER_EIO, path, 0, NULL,
                               "the file grew while it was read; wait until its writer has finished and try again");
        }
    }
    bytes[got] = '\0';
    *out = bytes;
    *len = got;
    return MUSTER_OK;
}

enum muster_error file_read_bounded(const char *path, size_t max, unsigned char **out, size_t *len,
                                    struct format_problem *problem)
{
    struct stat status;
    enum muster_error error;
    *out = NULL;
    *len = 0;
    /* Looking before opening: opening some devices already does something. */
    if (lstat(path, &status) != 0)
        return refuse_errno(errno, path, problem);
    if (!S_ISREG(status.st_mode))
        return refuse_type(status.st_mode, path, problem);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return refuse_errno(errno, path, problem);
    if (fstat(fd, &status) != 0)
        error = refuse_errno(errno, path, problem);
    else if (!S_ISREG(status.st_mode))
        error = refuse_type(status.st_mode, path, problem);
    else if (status.st_size < 0 || (uintmax_t)status.st_size > max)
        error = refuse_size(max, path, problem);
    else
        error = read_all(fd, max, (size_t)status.st_size, path, out, len, problem);
    close(fd);
    return error;
}
