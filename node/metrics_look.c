/* metrics_look.c — where the numbers come from. */
#include "node/api.h"
#include "node/lookup.h"
#include "node/metrics.h"
#include "node/node.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void look_at_process(double v[METRIC_COUNT])
{
    struct rlimit limit;
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        char *end = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;
        if (end)
            v[METRIC_RESIDENT] = (double)strtoull(end, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
        fclose(file);
    }
    DIR *dir = opendir("/proc/self/fd");
    for (struct dirent *each = dir ? readdir(dir) : NULL; each; each = readdir(dir))
        v[METRIC_FILES_OPEN] += each->d_name[0] != '.';
    if (dir) {
        closedir(dir);
        v[METRIC_FILES_OPEN]--; /* the one that was counting */
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        v[METRIC_FILES_MAX] = (double)limit.rlim_cur;
}

static void look_at_spaces(struct node *node, double v[METRIC_COUNT])
{
    struct space_view space;
    uint64_t now = node_wall_ms();
    for (size_t i = 0; core_space_at(node->core, i, &space); i++) {
        v[space.joined ? METRIC_SPACES_JOINED : METRIC_SPACES_WAITING]++;
        v[METRIC_OBJECTS] += (double)space.objects;
        v[METRIC_RECORDS] += (double)space.records;
        v[METRIC_LOGS_COMPLETE] += space.logs_complete;
        v[METRIC_LOGS_INCOMPLETE] += space.logs - space.logs_complete;
        v[METRIC_WAITING_KEY] += (double)lookup_waiting_for_key(node, &space);
        v[METRIC_QUARANTINED] += space.quarantined;
        v[METRIC_FORKS] += space.forks;
        double age = space.joined && space.as_of_ms && space.as_of_ms < now ? (double)(now - space.as_of_ms) / 1000 : 0;
        if (age > v[METRIC_COMPLETE_AGE])
            v[METRIC_COMPLETE_AGE] = age;
    }
}

static void look_at_peers(struct node *node, double v[METRIC_COUNT])
{
    static const enum metric of_state[] = {
        [PEER_NEVER] = METRIC_PEERS_NEVER, [PEER_UP] = METRIC_PEERS_UP, [PEER_SILENT] = METRIC_PEERS_SILENT};
    struct peer_view peer;
    for (size_t i = 0; core_peer_at(node->core, i, &peer); i++) {
        double skew = (double)(peer.skew_ms < 0 ? -peer.skew_ms : peer.skew_ms) / 1000;
        if (peer.revoked)
            continue;
        v[of_state[peer.state]]++;
        v[METRIC_PEERS_UNCONFIRMED] += !peer.confirmed && !peer.own;
        if ((double)peer.behind > v[METRIC_PEERS_BEHIND])
            v[METRIC_PEERS_BEHIND] = (double)peer.behind;
        if (peer.state == PEER_UP && skew > v[METRIC_PEERS_SKEW])
            v[METRIC_PEERS_SKEW] = skew;
    }
    v[METRIC_KNOCKS] = (double)node->knocks.count;
}

static void look_at_alarms(const struct node *node, double v[METRIC_COUNT])
{
    struct alarm_counts c;
    alarms_count(&node->alarm_look.alarms, &c);
    v[METRIC_ALARMS_CRITICAL] = (double)c.open[ALARM_CRITICAL];
    v[METRIC_ALARMS_WARNING] = (double)c.open[ALARM_WARNING];
    v[METRIC_ALARMS_NOTICE] = (double)c.open[ALARM_NOTICE];
    v[METRIC_ALARMS_ACKNOWLEDGED] = (double)c.acknowledged;
    v[METRIC_ALARMS_RAISED] = (double)c.raised;
    v[METRIC_HOOKS_RUN] = (double)node->alarm_look.hooks.counts.run;
    v[METRIC_HOOKS_FAILED] = (double)(node->alarm_look.hooks.counts.failed + node->alarm_look.hooks.counts.dropped);
}

static void look_at_core(struct node *node, double v[METRIC_COUNT])
{
    struct core_counters c;
    core_counters(node->core, &c);
    const struct certified_node *self = identity_node(&node->own.identity, &node->own.keys.sign);
    v[METRIC_TAKING_IN] = c.taking_in;
    v[METRIC_COMMITS] = (double)c.commits;
    v[METRIC_SEGMENTS_OWN] = (double)c.segments_own;
    v[METRIC_SEGMENTS_IN] = (double)c.segments_in;
    v[METRIC_SEGMENTS_AGAIN] = (double)c.segments_duplicate;
    v[METRIC_SEGMENTS_REFUSED] = (double)c.segments_refused;
    v[METRIC_FRAMES_REFUSED] = (double)c.frames_refused;
    v[METRIC_FOLDED] = (double)c.records_folded;
    v[METRIC_SESSION_IN] = (double)c.bytes_in;
    v[METRIC_SESSION_OUT] = (double)c.bytes_out;
    v[METRIC_STALLS] = (double)c.credit_stalls;
    v[METRIC_SESSIONS] = c.sessions;
    v[METRIC_JOBS] = c.jobs;
    v[METRIC_CERTIFICATE] = self ? (double)self->expires_ms / 1000 : 0;
}

static void look_at_link(struct node *node, double v[METRIC_COUNT])
{
    struct link_counters c;
    link_count(node->link, &c);
    v[METRIC_CONNECTIONS] = c.connections + c.dialled_up;
    v[METRIC_STRANGERS] = c.strangers;
    v[METRIC_ACCEPTED] = (double)c.accepted;
    v[METRIC_REFUSED_KEY] = (double)c.refused_keys;
    v[METRIC_REFUSED_FULL] = (double)(c.refused_caps + c.accept_failed);
    v[METRIC_REFUSED_SHAKE] = (double)(c.handshakes_failed + c.cut_undelivered);
    v[METRIC_REFUSED_SILENT] = (double)c.cut_silent;
    v[METRIC_REFUSED_SHAPE] = (double)c.cut_shape;
    v[METRIC_CALLS] = (double)c.calls;
    v[METRIC_CALLS_FAILED] = (double)c.calls_failed;
}

const char *metrics_unready(struct node *node)
{
    struct store_statistics disk;
    struct core_counters counters;
    if (!node->store)
        return "the store is not open";
    if (!node->core)
        return "this node has no agency yet: muster init";
    store_statistics(node->store, &disk);
    if (disk.disk_free_bytes < STORE_RESERVE_DEFAULT)
        return "the disk is full to its limit: free space";
    core_counters(node->core, &counters);
    return counters.taking_in ? NULL : "nothing new is taken in: the journal has the reason";
}

void metrics_look(struct node *node, double v[METRIC_COUNT])
{
    struct store_statistics disk;
    size_t waiting;
    uint64_t answered, now = node_wall_ms();
    for (size_t i = 0; i < METRIC_COUNT; i++)
        v[i] = 0;
    v[METRIC_BUILD] = 1;
    v[METRIC_START] = (double)(now - (node_mono_ms() - node->started_mono_ms)) / 1000;
    v[METRIC_READY] = metrics_unready(node) == NULL;
    store_statistics(node->store, &disk);
    v[METRIC_DISK_FREE] = (double)disk.disk_free_bytes;
    v[METRIC_DISK_LIMIT] = STORE_RESERVE_DEFAULT;
    v[METRIC_STORE_MAIN] = (double)disk.main_bytes;
    v[METRIC_STORE_DERIVED] = (double)disk.derived_bytes;
    v[METRIC_STORE_KEYS] = (double)disk.keys_bytes;
    v[METRIC_COMMIT_LAST] = (double)node->commit_us / 1e6;
    v[METRIC_FEEDS] = (double)node->feed_count;
    v[METRIC_AUDIT_LOST] = (double)node->audit.lost;
    api_writers(node->api, &waiting, &answered);
    v[METRIC_API_WAITING] = (double)waiting;
    v[METRIC_API_ANSWERED] = (double)answered;
    v[METRIC_BACKUP_LAST] = (double)node->care_ms[CARE_BACKUP] / 1000;
    v[METRIC_VERIFIED_LAST] = (double)node->care_ms[CARE_VERIFIED] / 1000;
    v[METRIC_CHECK_LAST] = (double)node->care_ms[CARE_CHECK] / 1000;
    look_at_process(v);
    if (!node->core)
        return;
    look_at_core(node, v);
    look_at_link(node, v);
    look_at_spaces(node, v);
    look_at_peers(node, v);
    look_at_alarms(node, v);
}
