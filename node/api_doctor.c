/* api_doctor.c — what only this process can find out about itself, for `muster doctor`. */
#include "crypto/modes.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    DESCRIPTORS_WANTED = 1024,
    DISK_NOTE_FACTOR = 16,
    MIB = 1024 * 1024,
    SPACE_NOTE_BYTES = 256 * MIB /* free in the data file */
};

enum state { FINE, NOTE, WRONG };

static void find(json_t *list, const char *check, enum state state, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void find(json_t *list, const char *check, enum state state, const char *remedy, const char *format, ...)
{
    static const char *const names[] = {"ok", "note", "wrong"};
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), lang_text(format), args);
    va_end(args);
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s}", "check", check, "state", names[state], "message",
                                          json_text(text, strlen(text)), "do", state == FINE ? "" : _(remedy)));
}

static void look_at_disk(struct node *node, json_t *list)
{
    struct store_statistics disk;
    store_statistics(node->store, &disk);
    uint64_t free_bytes = disk.disk_free_bytes, limit = STORE_RESERVE_DEFAULT;
    find(list, "disk", free_bytes < limit ? WRONG : free_bytes < DISK_NOTE_FACTOR * limit ? NOTE : FINE,
         _("free space on the disk of the data directory, or enlarge it; intake goes on by itself"), _("%llu MiB free in %.200s%s"),
         (unsigned long long)(free_bytes / MIB), node->config.data,
         free_bytes < limit ? _(": nothing in bulk is taken in") : "");
}

/* Free pages are used again by what comes: only much of it is worth a compaction. */
static void look_at_space(struct node *node, json_t *list)
{
    struct store_space space;
    if (store_space(node->store, &space) != MUSTER_OK)
        return;
    bool much = space.free_bytes > SPACE_NOTE_BYTES && space.free_bytes > space.bytes / 2;
    find(list, "space", much ? NOTE : FINE, "muster compact, if the disk needs it", "%llu of %llu MiB of the data file are free in it",
         (unsigned long long)(space.free_bytes >> 20), (unsigned long long)(space.bytes >> 20));
}

static void look_at_files(struct node *node, json_t *list)
{
    char path[MODES_PATH_MAX];
    enum modes_found found = modes_look(node->config.data, path);
    if (found == MODES_UNREADABLE)
        find(list, "files", NOTE, _("look at it as root"), _("%.300s cannot be looked at"), path);
    else
        find(list, "files", found == MODES_OPEN ? WRONG : FINE,
             _("chmod -R go= the data directory, and consider keys in it known to others: muster key rotate"), found == MODES_OPEN
             ? _("others on this machine may get at %.300s") : _("only this node's user gets at %.300s"), path);
}

static void look_at_limits(json_t *list)
{
    struct rlimit files = {0, 0};
    bool known = getrlimit(RLIMIT_NOFILE, &files) == 0;
    find(list, "limits", known && files.rlim_cur < DESCRIPTORS_WANTED ? NOTE : FINE, _("LimitNOFILE=8192 in the unit of musterd"),
         _("%llu descriptors"), (unsigned long long)files.rlim_cur);
    if (!crypto_can_lock())
        find(list, "limits", NOTE, _("LimitMEMLOCK=8M in the unit of musterd"), _("secrets cannot be locked in memory and may reach the swap"));
}

static void look_at_metrics(struct node *node, json_t *list)
{
    bool wanted = node->config.metrics[0] && strcmp(node->config.metrics, "none") != 0;
    if (wanted && !node->metrics)
        find(list, "metrics", WRONG, _("set metrics to a free port of this machine, then restart musterd"),
             _("metrics cannot be served on %.60s"), node->config.metrics);
    else if (wanted)
        find(list, "metrics", FINE, "", "http://%s/metrics", metrics_address(node->metrics));
}

static void look_at_ports(struct node *node, json_t *list)
{
    if (node_is_local_only(node))
        find(list, "ports", WRONG, _("set listen in /etc/muster/muster.conf to tcp://0.0.0.0:7117 and restart musterd"),
             _("this node listens on this machine only: partners cannot call it"));
    else
        for (size_t i = 0; i < node->listening.count; i++)
            find(list, "ports", FINE, "", _("listens on %s"), node->listening.at[i]);
    if (!node->advertised.count)
        find(list, "ports", WRONG, _("set advertise in /etc/muster/muster.conf, restart musterd, give partners the new card"),
             _("the card names no endpoint: partners cannot call this node"));
}

static void look_at_intake(struct node *node, json_t *list)
{
    struct core_counters counters;
    core_counters(node->core, &counters);
    find(list, "intake", counters.taking_in ? FINE : WRONG, _("muster check; journalctl -u musterd has the reason"),
         counters.taking_in ? _("new records are taken in") : _("nothing new is taken in"));
}

static void look_at_views(const struct node *node, json_t *list)
{
    bool behind = core_views_behind(node->core);
    find(list, "views", behind ? WRONG : FINE, _("wait; if it stays so, look at the disk: journalctl -u musterd has the reason"),
         behind ? _("the disk failed the views: they are applied again from the records, and own records wait")
                : _("lists show all records that are stored"));
}

static void look_at_kept(const struct node *node, json_t *list)
{
    if (node->kept)
        find(list, "upgrade", NOTE, "muster upgrade --confirm, when all is well",
             "a copy of the data from before an upgrade is kept (format %u)", node->kept_copies[0].format);
    else
        find(list, "upgrade", FINE, "", "the data are of format %d", STORE_FORMAT);
}

enum { BACKUP_OLD_HOURS = 48, CHECK_OLD_HOURS = 24 * 31 };

/* What was done through this node; the folder of the backups is the command line's to look at. */
static void look_at_care(const struct node *node, json_t *list)
{
    static const struct {
        enum care what;
        unsigned old_hours;
        const char *never, *said, *remedy;
    } rows[] = {
        {CARE_BACKUP, BACKUP_OLD_HOURS, N_("no backup was made of this node"), N_("the last backup was made"),
         N_("muster backup, or systemctl enable --now muster-backup.timer")},
        {CARE_VERIFIED, CHECK_OLD_HOURS, N_("no backup was ever read back later"), N_("a backup was last read back"),
         N_("muster backup --verify FILE, or systemctl enable --now muster-restore-check.timer")},
        {CARE_CHECK, CHECK_OLD_HOURS, N_("these data were never checked"), N_("a check last found all well"),
         N_("muster check, or systemctl enable --now muster-check.timer")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t at = node->care_ms[rows[i].what], now = node_wall_ms();
        unsigned long long hours = at && now > at ? (now - at) / 3600000 : 0;
        if (at)
            find(list, "care", hours > rows[i].old_hours ? NOTE : FINE, rows[i].remedy, "%s: %llu hours ago", _(rows[i].said), hours);
        else
            find(list, "care", NOTE, rows[i].remedy, "%s", _(rows[i].never));
    }
}

void api_doctor(struct request *request)
{
    struct node *node = request->node;
    json_t *list = json_array();
    look_at_disk(node, list);
    look_at_space(node, list);
    look_at_kept(node, list);
    look_at_files(node, list);
    look_at_limits(list);
    look_at_metrics(node, list);
    if (node->core) {
        look_at_care(node, list);
        look_at_ports(node, list);
        look_at_intake(node, list);
        look_at_views(node, list);
        json_t *keys = json_array();
        identity_warnings(node, keys);
        for (size_t i = 0; i < json_array_size(keys); i++) {
            const json_t *key = json_array_get(keys, i);
            const char *code = json_string_value(json_object_get(key, "code"));
            bool rootkey = code && strcmp(code, error_name(MUSTER_EROOTKEY)) == 0;
            find(list, "keys", rootkey ? NOTE : WRONG, json_string_value(json_object_get(key, "do")), "%s",
                 json_string_value(json_object_get(key, "message")));
        }
        if (!json_array_size(keys))
            find(list, "keys", FINE, "", _("certificates are valid, and the root key is not on this node"));
        json_decref(keys);
    }
    request_answer(request, json_pack("{s:b, s:s, s:o}", "ready", metrics_unready(node) == NULL, "data", node->config.data,
                                      "items", list));
}
