/* doctor_here.c — looking at this machine: clock, disk, files, ports, settings. */
#include "crypto/modes.h"
#include "tools/doctor.h"
#include "tools/musterd.h"

#include "base/bytes.h"
#include "lang/lang.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum {
    YEAR_LEAST = 2026,
    CONNECT_MS = 3000,
    BACKUP_OLD_S = 2 * 24 * 3600,
    BACKUP_FILES_MAX = 10000,
    DISK_LEAST_MIB = 64,
    HOST_BYTES = 256,
    SAID_BYTES = 512
};

void doctor_find(json_t *list, const char *check, enum doctor_state state, const char *remedy, const char *format, ...)
{
    static const char *const names[] = {"ok", "note", "wrong"};
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, lang_text(format), args);
    va_end(args);
    json_t *message = json_string(text); /* NULL: a path that is no UTF-8 */
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s}", "check", check, "state", names[state], "message",
                                          message ? message : json_string(_("what was found cannot be written as text")), "do",
                                          state == DOCTOR_OK ? "" : _(remedy)));
}

void doctor_clock(json_t *list)
{
    struct timex kernel = {.modes = 0};
    time_t now = time(NULL);
    struct tm utc;
    int state = adjtimex(&kernel);
    if (!gmtime_r(&now, &utc) || utc.tm_year + 1900 < YEAR_LEAST)
        doctor_find(list, "clock", DOCTOR_WRONG, "timedatectl set-time \"YYYY-MM-DD HH:MM:SS\"; records carry this time",
                    "the clock says the year %d", utc.tm_year + 1900);
    else if (state < 0 || state == TIME_ERROR || (kernel.status & STA_UNSYNC))
        doctor_find(list, "clock", DOCTOR_NOTE, "timedatectl set-ntp true, or compare it with a partner's: no record is refused for it",
                    "no time service sets the clock of this machine");
    else
        doctor_find(list, "clock", DOCTOR_OK, "", "a time service sets it");
}

void doctor_backups(json_t *list, const char *folder)
{
    struct timespec now;
    time_t newest = 0;
    DIR *dir = opendir(folder);
    int why = errno, seen = 0;
    for (struct dirent *each = dir ? readdir(dir) : NULL; each && seen++ < BACKUP_FILES_MAX; each = readdir(dir)) {
        struct stat st;
        if (each->d_name[0] != '.' && fstatat(dirfd(dir), each->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && st.st_size > 0 && st.st_mtime > newest)
            newest = st.st_mtime;
    }
    if (dir)
        closedir(dir);
    clock_gettime(CLOCK_REALTIME, &now);
    long long age = (long long)now.tv_sec - (long long)newest;
    if (!dir && why != ENOENT)
        doctor_find(list, "backup", DOCTOR_NOTE, "sudo muster doctor, or --backups FOLDER", "%s: %s", folder, lang_errno(why));
    else if (!newest)
        doctor_find(list, "backup", DOCTOR_NOTE, "make backups, and name their folder with --backups FOLDER", "there is no backup in %s", folder);
    else
        doctor_find(list, "backup", age > BACKUP_OLD_S ? DOCTOR_WRONG : DOCTOR_OK, "make one now, and find out why the timer did not",
                    "the newest in %s is %lld hours old", folder, age / 3600);
}

/* --- ports ----------------------------------------------------------------------------------------------------- */

/* 0, or the errno of the failure. */
static int try_connect(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), why = 0;
    socklen_t len = sizeof why;
    if (fd < 0)
        return errno;
    if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
        struct pollfd writable = {.fd = fd, .events = POLLOUT};
        why = errno;
        if (why == EINPROGRESS)
            why = poll(&writable, 1, CONNECT_MS) == 1 ? 0 : ETIMEDOUT;
        if (!why && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) != 0)
            why = errno;
    }
    close(fd);
    return why;
}

/* Cuts "tcp://HOST:PORT", "tcp://[V6]:PORT". */
static bool endpoint_cut(const char *endpoint, char host[HOST_BYTES], char port[8])
{
    const char *at = strncmp(endpoint, "tcp://", 6) == 0 ? endpoint + 6 : NULL, *colon = at ? strrchr(at, ':') : NULL;
    if (!colon || colon == at || strlen(colon + 1) >= 8)
        return false;
    bool v6 = at[0] == '[' && colon[-1] == ']';
    size_t len = (size_t)(colon - at) - (v6 ? 2 : 0);
    if (len == 0 || len >= HOST_BYTES)
        return false;
    memcpy(host, at + (v6 ? 1 : 0), len);
    host[len] = '\0';
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

void doctor_reach(json_t *list, const char *endpoint, bool doubt)
{
    char host[HOST_BYTES], port[8];
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    if (!endpoint_cut(endpoint, host, port))
        return;
    int why = getaddrinfo(host, port, &hints, &found);
    if (why) {
        doctor_find(list, "reach", DOCTOR_WRONG, "correct advertise in /etc/muster/muster.conf, or the name server's entry",
                    "the name in %s cannot be resolved: %s", endpoint, gai_strerror(why));
        return;
    }
    why = 0;
    for (struct addrinfo *at = found; at; at = at->ai_next)
        if ((why = try_connect(at)) == 0)
            break;
    freeaddrinfo(found);
    const char *says = why == ECONNREFUSED ? _("refuses connections") : why == ETIMEDOUT ? _("does not answer") : lang_errno(why);
    const char *remedy =
        why == ECONNREFUSED ? _("does the router or proxy there pass the port on to this machine? advertise what it does pass on")
        : why == ETIMEDOUT
            ? _("open the port in the firewall; if only this machine cannot call itself there, a partner's muster peer test decides")
            : _("is that address still this machine's? advertise in /etc/muster/muster.conf says where partners call");
    if (!why)
        doctor_find(list, "reach", DOCTOR_OK, "", "%s, which the card names, answers", endpoint);
    else
        doctor_find(list, "reach", doubt ? DOCTOR_NOTE : DOCTOR_WRONG, remedy, "%s, which the card names, %s", endpoint, says);
}

void doctor_port(json_t *list)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7117), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct addrinfo here = {.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&at, .ai_addrlen = sizeof at};
    if (try_connect(&here) == 0)
        doctor_find(list, "ports", DOCTOR_NOTE, "ss -ltnp 'sport = :7117' names it",
                    "something listens on port 7117, which musterd takes if it is told no other");
}

/* --- the data directory ------------------------------------------------------------------------------------------ */

void doctor_data(json_t *list, const char *data)
{
    char path[MODES_PATH_MAX];
    struct statvfs disk;
    struct stat st;
    if (stat(data, &st) != 0 || !S_ISDIR(st.st_mode)) {
        doctor_find(list, "data", DOCTOR_WRONG, "systemctl start musterd makes it; another place is named with --data DIR",
                    "there is no data directory %s", data);
        return;
    }
    enum modes_found found = modes_look(data, path);
    if (found == MODES_UNREADABLE)
        doctor_find(list, "files", DOCTOR_NOTE, "sudo muster doctor", "%s cannot be looked at by this user", path);
    else if (found == MODES_OPEN)
        doctor_find(list, "files", DOCTOR_WRONG, "chmod -R go= the data directory; musterd does not start before that",
                    "others on this machine may get at %s", path);
    else
        doctor_find(list, "files", DOCTOR_OK, "", "only the node's user gets at %s", path);
    if (statvfs(data, &disk) == 0) {
        unsigned long long mib = (unsigned long long)disk.f_bavail * disk.f_frsize / (1024 * 1024);
        doctor_find(list, "disk", mib < DISK_LEAST_MIB ? DOCTOR_WRONG : DOCTOR_OK, "free space on the disk", "%llu MiB free in %s", mib, data);
    }
    snprintf(path, sizeof path, "%.900s/secrets/node.key", data);
    if (found != MODES_UNREADABLE && stat(path, &st) != 0)
        doctor_find(list, "keys", DOCTOR_NOTE, "start musterd, then muster init NAME", "there is no node in %s yet", data);
}

void doctor_settings(json_t *list)
{
    static const char *const options[] = {"--check-config", NULL};
    char *all, said[SAID_BYTES] = "";
    int code = musterd_run(options, false, &all);
    if (all)
        snprintf(said, sizeof said, "%.*s", (int)strcspn(all, "\n"), all);
    free(all);
    const char *says = strncmp(said, "muster: ", 8) == 0 ? said + 8 : said;
    if (code < 0)
        doctor_find(list, "settings", DOCTOR_NOTE, "apt install musterd", "musterd is not installed where this user finds it");
    else if (code)
        doctor_find(list, "settings", DOCTOR_WRONG, "musterd --check-config says more", "%s", says);
    else
        doctor_find(list, "settings", DOCTOR_OK, "", "%s", says);
}
