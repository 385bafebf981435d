#include "tools/import_source.h"

#include "formats/read/file.h"
#include "lang/lang.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NOT_A_DESCRIPTOR = -1,
    DESCRIPTOR_DIGITS = 6,
    LOOK_MS = 250,      /* between two questions whether to go on */
    PIECE = 256 * 1024 /* room for the first bytes of a pipe; it doubles */
};

/* The descriptor that the path stands for, or NOT_A_DESCRIPTOR. */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0)
        return STDIN_FILENO;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        const char *digits = path + strlen(folders[i]);
        if (strncmp(path, folders[i], strlen(folders[i])) != 0 || !isdigit((unsigned char)digits[0]))
            continue;
        if (strspn(digits, "0123456789") == strlen(digits) && strlen(digits) <= DESCRIPTOR_DIGITS)
            return (int)strtol(digits, NULL, 10);
    }
    return NOT_A_DESCRIPTOR;
}

bool import_source_is_stdin(const char *path)
{
    return descriptor_of(path) == STDIN_FILENO;
}

const char *import_source_name(const char *path)
{
    return import_source_is_stdin(path) ? IMPORT_STDIN_NAME : path;
}

static enum muster_error refuse_errno(const char *name, int number, struct format_problem *problem)
{
    return format_problem_set(problem, MUSTER_EIO, name, 0, NULL, "it cannot be read (%s); save it to a file and import that",
                              lang_errno(number));
}

/* Waits until there is something to read, or the end.  False: enough of it. */
static bool readable(int fd, size_t got, import_waiting *waiting, void *user)
{
    for (;;) {
        /* Also a named pipe into which nobody has written yet: its end is an end only after a writer. */
        struct pollfd one = {.fd = fd, .events = POLLIN};
        int ready = poll(&one, 1, LOOK_MS);
        if (waiting && !waiting(user, got))
            return false;
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
    }
}

struct heap {
    unsigned char *at;
    size_t len, size;
};

static bool heap_room(struct heap *heap, size_t max)
{
    if (heap->len < heap->size)
        return true;
    size_t size = heap->size ? 2 * heap->size : PIECE;
    size = size > max + 1 ? max + 1 : size;
    unsigned char *more = realloc(heap->at, size + 1); /* and the NUL */
    if (!more)
        return false;
    heap->at = more;
    heap->size = size;
    return true;
}

static enum muster_error stream_read(int fd, const char *name, size_t max, import_waiting *waiting, void *user,
                                     struct heap *heap, struct format_problem *problem)
{
    for (;;) {
        if (!heap_room(heap, max))
            return format_problem_set(problem, MUSTER_EBUSY, name, 0, NULL,
                                      "there is no memory left to read the file; close other programs and try again");
        if (!readable(fd, heap->len, waiting, user))
            return format_problem_set(problem, MUSTER_ETRUNCATED, name, 0, NULL, "it was stopped before its end");
        ssize_t n = read(fd, heap->at + heap->len, heap->size - heap->len);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return refuse_errno(name, errno, problem);
        if (n == 0)
            return MUSTER_OK;
        heap->len += n > 0 ? (size_t)n : 0;
        if (heap->len > max)
            return format_problem_set(problem, MUSTER_ETOOBIG, name, 0, NULL,
                                      "there is more than %zu kB, the most that is read of this kind; split it and import "
                                      "the parts",
                                      max / 1024);
    }
}

/* A descriptor from outside: what this program opened itself is closed on exec, and no source. */
static enum muster_error descriptor_check(int fd, const char *name, struct format_problem *problem)
{
    struct stat facts;
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || flags & FD_CLOEXEC || fstat(fd, &facts) != 0)
        return format_problem_set(problem, MUSTER_ENOTFOUND, name, 0, NULL,
                                  "this program was started without it; give it a file or a pipe to read");
    if (S_ISDIR(facts.st_mode))
        return format_problem_set(problem, MUSTER_ENOTFILE, name, 0, NULL,
                                  "this is a folder, not a file; name one file in it");
    return MUSTER_OK;
}

static int pipe_open(const char *path)
{
    struct stat facts;
    if (lstat(path, &facts) != 0 || !S_ISFIFO(facts.st_mode))
        return NOT_A_DESCRIPTOR;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &facts) != 0 || !S_ISFIFO(facts.st_mode))) { /* it became something else */
        close(fd);
        return NOT_A_DESCRIPTOR;
    }
    return fd;
}

enum muster_error import_source_read(const char *path, size_t max, import_waiting *waiting, void *user,
                                     unsigned char **bytes, size_t *len, struct format_problem *problem)
{
    struct heap heap = {0};
    const char *name = import_source_name(path);
    int given = descriptor_of(path), opened = given == NOT_A_DESCRIPTOR ? pipe_open(path) : NOT_A_DESCRIPTOR;
    *bytes = NULL;
    *len = 0;
    if (given == NOT_A_DESCRIPTOR && opened < 0)
        return file_read_bounded(path, max, bytes, len, problem);
    enum muster_error error = opened < 0 ? descriptor_check(given, name, problem) : MUSTER_OK;
    if (!error)
        error = stream_read(opened < 0 ? given : opened, name, max, waiting, user, &heap, problem);
    if (opened >= 0)
        close(opened);
    if (error) {
        free(heap.at);
        return error;
    }
    heap.at[heap.len] = '\0';
    *bytes = heap.at;
    *len = heap.len;
    return MUSTER_OK;
}
