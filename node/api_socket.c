#include "node/api.h"
#include "lang/lang.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { API_BACKLOG = 64, PEER_GROUPS_MAX = 1024 };

static bool somebody_answers(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool yes = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return yes;
}

static void socket_trouble(struct trouble *trouble, const char *path)
{
    int why = errno;
    trouble_set(trouble, MUSTER_EIO, "the socket %s cannot be made", path);
    trouble_why(trouble, "%s", lang_errno(why));
    trouble_do(trouble, "make its directory, or name another path with --socket");
}

int api_socket_open(const char *path, struct trouble *trouble)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof(address.sun_path)) {
        trouble_set(trouble, MUSTER_ECONFIG, "the socket's path is longer than %zu bytes",
                    sizeof(address.sun_path) - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (lstat(path, &st) == 0) {
        if (!S_ISSOCK(st.st_mode)) {
            trouble_set(trouble, MUSTER_EIO, "%s exists and is no socket", path);
            trouble_do(trouble, "move it away, or name another path with --socket");
            return -1;
        }
        if (somebody_answers(&address)) {
            trouble_set(trouble, MUSTER_ELOCKED, "another program answers on %s", path);
            trouble_why(trouble, "a musterd is running there already");
            trouble_do(trouble, "stop it, or name another path with --socket");
            return -1;
        }
        unlink(path); /* left by one that was killed */
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0117); /* no moment at which others could connect */
    int bound = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
    umask(before);
    if (bound != 0 || listen(fd, API_BACKLOG) != 0) {
        socket_trouble(trouble, path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    struct group *group = getgrnam("muster");
    if (group && chown(path, (uid_t)-1, group->gr_gid) != 0)
        errno = 0; /* not allowed to: then the group is this process's own */
    return fd;
}

void api_groups_find(struct api_groups *groups)
{
    struct group *group = getgrnam("muster");
    groups->write = group ? (long)group->gr_gid : -1;
    group = getgrnam("muster-read");
    groups->read = group ? (long)group->gr_gid : -1;
    group = getgrnam("muster-admin");
    groups->admin = group && group->gr_mem[0] ? (long)group->gr_gid : -1; /* nobody in it: nothing is kept for it */
}

enum api_access api_access_of(int fd, const struct api_groups *groups, unsigned *uid)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    gid_t gids[PEER_GROUPS_MAX];
    *uid = (unsigned)-1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof(peer))
        return API_NOTHING;
    *uid = peer.uid;
    if (peer.uid == 0 || peer.uid == geteuid())
        return API_GOVERNS;
    len = sizeof(gids);
    size_t count = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids, &len) == 0 ? len / sizeof(gids[0]) : 0;
    enum api_access access = API_NOTHING;
    for (size_t i = 0; i <= count; i++) {
        long gid = i < count ? (long)gids[i] : (long)peer.gid;
        enum api_access by = gid < 0                ? API_NOTHING
                             : gid == groups->admin ? API_GOVERNS
                             : gid == groups->write ? (groups->admin < 0 ? API_GOVERNS : API_WRITES)
                             : gid == groups->read  ? API_READS
                                                    : API_NOTHING;
        if (by > access)
            access = by;
    }
    return access;
}
