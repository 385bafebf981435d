#include "tools/stick.h"

#include "crypto/crypto.h"
#include "lang/lang.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PIECE_BYTES = 1024 * 1024, NAMES_FIRST = 64 };

static const struct {
    const char *name, *says;
} states[] = {
    [STICK_WHOLE] = {"whole", N_("is whole")},
    [STICK_MISSING] = {"missing", N_("is missing")},
    [STICK_SHORT] = {"short", N_("is cut short")},
    [STICK_ZEROES] = {"zeroes", N_("has a name and a size but only zeroes in it: the stick was pulled out too early")},
    [STICK_CHANGED] = {"changed", N_("is not what was written")},
    [STICK_NO_FILE] = {"no-file", N_("is no regular file, or larger than any bundle: it was not opened")},
    [STICK_UNREADABLE] = {"unreadable", N_("cannot be read")},
};

const char *stick_name(enum stick_state state)
{
    return states[state].name;
}

const char *stick_says(enum stick_state state)
{
    return states[state].says;
}

struct hash stick_hash(const void *bytes, size_t len)
{
    return crypto_hash1("muster/1/bundle-part", bytes, len);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static bool bytes_read(int fd, char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, bytes, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        bytes += got;
        len -= (size_t)got;
    }
    return true;
}

static bool only_zeroes(const char *bytes, size_t len)
{
    return len && !bytes[0] && memcmp(bytes, bytes + 1, len - 1) == 0;
}

enum stick_state stick_load(const char *path, uint64_t want, char **bytes, uint64_t *len)
{
    struct stat facts;
    *bytes = NULL;
    *len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? STICK_MISSING : errno == ELOOP || errno == ENXIO ? STICK_NO_FILE : STICK_UNREADABLE;
    enum stick_state state = STICK_WHOLE;
    char *all = NULL;
    if (fstat(fd, &facts) != 0)
        state = STICK_UNREADABLE;
    else if (!S_ISREG(facts.st_mode) || facts.st_size > STICK_FILE_MAX)
        state = STICK_NO_FILE;
    else
        *len = (uint64_t)facts.st_size;
    if (state == STICK_WHOLE && ((want && *len < want) || !*len))
        state = STICK_SHORT;
    if (state == STICK_WHOLE && !(all = malloc((size_t)*len + 1)))
        state = STICK_UNREADABLE;
    if (state == STICK_WHOLE && !bytes_read(fd, all, (size_t)*len))
        state = STICK_UNREADABLE;
    close(fd);
    if (state == STICK_WHOLE && only_zeroes(all, (size_t)*len))
        state = STICK_ZEROES;
    if (state == STICK_WHOLE && want && *len > want)
        state = STICK_CHANGED;
    if (state != STICK_WHOLE) {
        free(all);
        return state;
    }
    all[*len] = '\0';
    *bytes = all;
    return state;
}

enum stick_state stick_look(const char *path, uint64_t want, const struct hash *hash)
{
    char *bytes;
    uint64_t len;
    enum stick_state state = stick_load(path, want, &bytes, &len);
    if (state != STICK_WHOLE)
        return state;
    struct hash found = stick_hash(bytes, (size_t)len);
    free(bytes);
    return memcmp(found.b, hash->b, HASH_BYTES) == 0 ? STICK_WHOLE : STICK_CHANGED;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void room_step(struct fault *fault, const char *path)
{
    struct statvfs room;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    if (statvfs(slash ? folder : ".", &room) == 0)
        fault_why(fault, "%.1f MB are free there", (double)room.f_bavail * (double)room.f_frsize / 1e6);
}

static enum muster_error trouble(struct fault *fault, const char *path, size_t len, int number)
{
    if (number == ENOSPC || number == EDQUOT) {
        fault_set(fault, MUSTER_EFULL, "the stick is full: %s needs %.1f MB", path, (double)len / 1e6);
        room_step(fault, path);
        fault_step(fault, "make room on it and repeat the same command: what is whole there is kept");
        return MUSTER_EFULL;
    }
    if (number == EACCES || number == EPERM || number == EROFS) {
        fault_set(fault, MUSTER_EPERMISSION, "cannot write %s", path);
        fault_why(fault, "%s", number == EROFS ? _("the stick is write-protected") : lang_errno(number));
        fault_step(fault, number == EROFS ? "move its switch, or take another stick" : "choose a folder that you may write to");
        return MUSTER_EPERMISSION;
    }
    if (number == EINVAL || number == ENAMETOOLONG) {
        fault_set(fault, MUSTER_EBADVALUE, "the stick takes no file of the name %s", path);
        fault_why(fault, "%s", lang_errno(number));
        fault_step(fault, "name the folder only: muster bundle export --for AGENCY -O FOLDER");
        return MUSTER_EBADVALUE;
    }
    if (number == ENOENT || number == ENOTDIR) {
        fault_set(fault, MUSTER_ENOTFOUND, "cannot write %s", path);
        fault_why(fault, "the folder is not there: is the stick put in and mounted?");
        fault_step(fault, "put it in and repeat the same command: what is whole there is kept");
        return MUSTER_ENOTFOUND;
    }
    fault_set(fault, MUSTER_EIO, "writing %s has stopped: the stick was pulled out, or it is broken", path);
    fault_why(fault, "%s", lang_errno(number));
    fault_step(fault, "put it in again and repeat the same command: what is whole there is kept");
    return MUSTER_EIO;
}

static bool piece_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return false;
        if (wrote == 0) {
            errno = EIO;
            return false;
        }
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

/* Piece by piece, each flushed, so that what is told of the progress is of the medium and not of memory.  0 or errno. */
static int all_write(int fd, const char *bytes, size_t len, stick_watch *watch, void *user)
{
    for (size_t done = 0; done < len;) {
        size_t piece = len - done < PIECE_BYTES ? len - done : PIECE_BYTES;
        if (!piece_write(fd, bytes + done, piece) || fdatasync(fd) != 0)
            return errno ? errno : EIO;
        done += piece;
        if (watch)
            watch(user, done);
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* From the medium: what memory holds of it is given up first. */
static bool reads_back(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char *piece = malloc(PIECE_BYTES);
    bool same = fd >= 0 && piece != NULL;
    if (same)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    for (size_t done = 0; same && done < len;) {
        size_t part = len - done < PIECE_BYTES ? len - done : PIECE_BYTES;
        same = bytes_read(fd, piece, part) && memcmp(piece, bytes + done, part) == 0;
        done += part;
    }
    char more;
    same = same && read(fd, &more, 1) == 0;
    free(piece);
    if (fd >= 0)
        close(fd);
    return same;
}

static void folder_flush(const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd); /* file systems that cannot are none the worse */
    close(fd);
}

enum muster_error stick_save(const char *path, const void *bytes, size_t len, stick_watch *watch, void *user, struct fault *fault)
{
    char temporary[PATH_MAX];
    int number = 0;
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", path) >= sizeof temporary)
        return trouble(fault, path, len, ENAMETOOLONG);
    (void)unlink(temporary); /* of a run that was interrupted */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return trouble(fault, path, len, errno);
    number = all_write(fd, bytes, len, watch, user);
    if (close(fd) != 0 && !number)
        number = errno;
    if (!number && !reads_back(temporary, bytes, len)) {
        (void)unlink(temporary);
        fault_set(fault, MUSTER_EIO, "what was written to %s does not read back as it was", path);
        fault_why(fault, "the stick loses what it is given");
        fault_step(fault, "take another stick and repeat the command");
        return MUSTER_EIO;
    }
    if (!number && rename(temporary, path) != 0)
        number = errno;
    if (number) {
        (void)unlink(temporary);
        return trouble(fault, path, len, number);
    }
    folder_flush(path);
    return MUSTER_OK;
}

enum muster_error stick_append(const char *path, const char *line, struct fault *fault)
{
    size_t len = strlen(line);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return trouble(fault, path, len, errno);
    int number = piece_write(fd, line, len) && fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return number ? trouble(fault, path, len, number) : MUSTER_OK;
}

/* --- a folder ----------------------------------------------------------------------------------------------------- */

/* Shorter ones first: parts NAME, NAME-2, NAME-10 in their order, and with times in them the newest last. */
static int name_order(const void *a, const void *b)
{
    const char *one = *(char *const *)a, *other = *(char *const *)b;
    size_t len = strlen(one), other_len = strlen(other);
    return len != other_len ? (len < other_len ? -1 : 1) : strcmp(one, other);
}

static bool name_fits(const char *name, const char *suffix)
{
    size_t len = strlen(name), end = strlen(suffix);
    return name[0] != '.' && len > end && strcmp(name + len - end, suffix) == 0;
}

enum muster_error stick_names(const char *folder, const char *suffix, char ***names, size_t *count, size_t *left_out,
                              struct fault *fault)
{
    size_t room = NAMES_FIRST;
    *names = NULL;
    *count = *left_out = 0;
    DIR *stream = opendir(folder);
    if (!stream) {
        enum muster_error error = errno == ENOENT || errno == ENOTDIR ? MUSTER_ENOTFOUND
                                  : errno == EACCES                   ? MUSTER_EPERMISSION
                                                                      : MUSTER_EIO;
        fault_set(fault, error, "cannot read the folder %s", folder);
        fault_why(fault, "%s", lang_errno(errno));
        fault_step(fault, "is the stick put in and mounted?");
        return error;
    }
    char **list = malloc(room * sizeof *list);
    for (struct dirent *entry; list && (entry = readdir(stream));) {
        if (!name_fits(entry->d_name, suffix))
            continue;
        if (*count == STICK_NAMES_MAX) {
            (*left_out)++;
            continue;
        }
        if (*count == room) {
            char **grown = realloc(list, 2 * room * sizeof *list);
            if (!grown)
                break;
            list = grown;
            room *= 2;
        }
        char *name = strdup(entry->d_name);
        if (!name)
            break;
        list[(*count)++] = name;
    }
    closedir(stream);
    if (list && *count)
        qsort(list, *count, sizeof *list, name_order);
    *names = list;
    return MUSTER_OK;
}

void stick_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}
