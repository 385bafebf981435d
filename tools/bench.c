/* muster bench: what this machine can do for its node, and what the figures mean. */
#include "crypto/crypto.h"
#include "lang/lang.h"
#include "protocol/log/domain.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
    RECORD_BYTES = 600,              /* about what a record takes */
    BLOCK_BYTES = 1024 * 1024,
    WRITTEN_MIB = 64,                /* of the long write */
    DISK_LEAST_MIB = 4 * WRITTEN_MIB, /* what must be free, so that the node does not run out of room for this */
    FOR_MS = 1000,                   /* of each figure that counts */
    QUESTIONS = 50,
    RECORDS_FOR_A_WORD = 1000,       /* of fewer the pages of an empty file say more than the records */
    GATHERED = 256                   /* records a signature, in bulk */
};

struct figure {
    const char *name, *unit; /* for programs */
    double value;
    char means[256];
};

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A file of the data's disk that has no name any more: whatever happens, nothing is left of it. */
static int scratch_open(const char *folder)
{
    char path[PATH_MAX];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR) || (size_t)snprintf(path, sizeof path, "%s/.bench-XXXXXX", folder) >= sizeof path)
        return fd;
    fd = mkostemp(path, O_CLOEXEC); /* a file system that has no files without names */
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static bool durable_writes(int fd, struct figure *f)
{
    uint8_t record[RECORD_BYTES] = {0};
    double began = now_s(), took = 0;
    unsigned count = 0;
    for (off_t at = 0; took < FOR_MS / 1e3; at += RECORD_BYTES, took = now_s() - began, count++)
        if (pwrite(fd, record, sizeof record, at) != (ssize_t)sizeof record || fdatasync(fd) != 0)
            return false;
    *f = (struct figure){.name = "durable_writes", .unit = "1/s", .value = count / took};
    snprintf(f->means, sizeof f->means, _("records that come one after the other, each durable before the next: at most so many; what comes together "
                                          "shares one write"));
    return true;
}

static bool long_write(int fd, struct figure *f)
{
    uint8_t *block = malloc(BLOCK_BYTES);
    bool good = block != NULL;
    double began = now_s();
    if (good)
        crypto_random(block, BLOCK_BYTES);
    for (int i = 0; good && i < WRITTEN_MIB; i++)
        good = pwrite(fd, block, BLOCK_BYTES, (off_t)i * BLOCK_BYTES) == BLOCK_BYTES;
    good = good && fsync(fd) == 0;
    *f = (struct figure){.name = "disk_write", .unit = "MB/s", .value = WRITTEN_MIB * 1.048576 / (now_s() - began)};
    snprintf(f->means, sizeof f->means, _("a backup onto this disk is written at most so fast"));
    free(block);
    return good;
}

static bool verifying(struct figure *f)
{
    struct sign_public key;
    struct sign_secret secret;
    struct signature signature;
    uint8_t record[RECORD_BYTES] = {0};
    const struct bytes part = {record, sizeof record};
    unsigned count = 0;
    bool good = true;
    sign_keys(&key, &secret);
    crypto_sign_parts(&signature, &secret, domain_segment(false), &part, 1);
    crypto_wipe(&secret, sizeof secret);
    double began = now_s(), took = 0;
    for (; good && took < FOR_MS / 1e3; took = now_s() - began, count++)
        good = crypto_verify_parts(&signature, &key, domain_segment(false), &part, 1) == MUSTER_OK;
    *f = (struct figure){.name = "verify", .unit = "1/s", .value = count / took};
    snprintf(f->means, sizeof f->means, _("signatures of partners, one core; in bulk one signature is for up to %d records"), GATHERED);
    return good;
}

static bool hashing(struct figure *f)
{
    uint8_t *block = calloc(1, BLOCK_BYTES);
    unsigned count = 0;
    double began = now_s(), took = 0;
    for (; block && took < FOR_MS / 1e3; took = now_s() - began, count++)
        block[0] ^= crypto_hash1(domain_segment(false), block, BLOCK_BYTES).b[0];
    *f = (struct figure){.name = "hash", .unit = "MB/s", .value = block ? count * 1.048576 / took : 0};
    snprintf(f->means, sizeof f->means, _("muster check reads the data at most so fast, one core"));
    free(block);
    return block != NULL;
}

static bool answering(struct tool *tool, struct figure *f)
{
    double began = now_s();
    for (int i = 0; i < QUESTIONS; i++) {
        struct fault fault;
        struct url url;
        json_t *answer = NULL;
        url_start(&url, "/v1/kinds");
        if (client_call(&tool->client, "GET", &url, NULL, &answer, &fault) != MUSTER_OK)
            return false;
        json_decref(answer);
    }
    *f = (struct figure){.name = "answer", .unit = "ms", .value = (now_s() - began) * 1e3 / QUESTIONS};
    snprintf(f->means, sizeof f->means, _("the node answers what kinds there are, the mean of 50 questions"));
    return true;
}

/* What is free, and for how many records more, going by what those here take. */
static bool room(struct tool *tool, const char *folder, struct figure *f)
{
    const json_t *status = tool_status(tool), *spaces = json_object_get(status, "spaces");
    double records = 0, bytes = (double)value_int_at(status, "disk.main_bytes");
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return false;
    for (size_t i = 0; i < json_array_size(spaces); i++)
        records += (double)value_int_at(json_array_get(spaces, i), "records");
    double room = (double)disk.f_bavail * (double)disk.f_frsize;
    *f = (struct figure){.name = "disk_free", .unit = "MiB", .value = room / (1024.0 * 1024.0)};
    if (records >= RECORDS_FOR_A_WORD)
        snprintf(f->means, sizeof f->means, _("about %.1f million records more, each as large as those that are here"), room / (bytes / records) / 1e6);
    else
        snprintf(f->means, sizeof f->means, _("on the disk of the data; under 64 MiB nothing in bulk is taken in"));
    return true;
}

static int cannot(struct tool *tool, const char *folder, int number)
{
    struct fault fault;
    fault_set(&fault, number == EACCES || number == EPERM ? MUSTER_EPERMISSION : number == ENOSPC ? MUSTER_EFULL : number == ENOENT ? MUSTER_ENOTFOUND : MUSTER_EIO,
              "nothing can be measured in %s: %s", folder, lang_errno(number));
    fault_step(&fault, "repeat it as the user of musterd, for example: sudo -u muster muster bench");
    fault_step(&fault, "or name another folder on the same disk: --folder FOLDER");
    return tool_fail(tool, &fault);
}

static void figures_print(struct tool *tool, const struct figure *figures, size_t count)
{
    screen_head(tool, NULL);
    for (size_t i = 0; i < count; i++) {
        char label[64];
        snprintf(label, sizeof label, "%-14s %8.*f %-4s", figures[i].name, figures[i].value < 10 ? 2 : 0, figures[i].value, figures[i].unit);
        screen_field(tool, label, 30, figures[i].means);
    }
}

static int bench_run(struct tool *tool, const struct arguments *args)
{
    struct figure figures[6];
    json_t *doctor = NULL, *items = json_array();
    size_t count = 0;
    int code = tool_get(tool, "/v1/doctor", &doctor);
    const char *folder = option_get(args, "folder") ? option_get(args, "folder") : value_text_at(doctor, "data");
    int fd = -1;
    bool good = !code && room(tool, folder, &figures[count++]);
    if (good && figures[0].value < DISK_LEAST_MIB)
        errno = ENOSPC;
    else if (good)
        fd = scratch_open(folder);
    good = good && fd >= 0 && durable_writes(fd, &figures[count++]) && long_write(fd, &figures[count++]);
    if (!code && !good)
        code = cannot(tool, folder, errno);
    if (fd >= 0)
        close(fd);
    if (!code && !(verifying(&figures[count++]) && hashing(&figures[count++]) && answering(tool, &figures[count++])))
        code = 1;
    for (size_t i = 0; !code && i < count; i++)
        json_array_append_new(items, json_pack("{s:s, s:f, s:s, s:s}", "name", figures[i].name, "value", figures[i].value, "unit", figures[i].unit,
                                               "means", figures[i].means));
    json_t *answer = json_pack("{s:s, s:o}", "folder", folder, "items", items);
    if (!code && !tool_print_data(tool, answer))
        figures_print(tool, figures, count);
    json_decref(answer);
    json_decref(doctor);
    return code;
}

static const struct option_row bench_options[] = {
    {"folder", 0, "FOLDER", "measure the disk here; else where the node's data are"},
    {NULL,     0, NULL,     NULL                                                   },
};

const struct command command_bench = {
    .name = "bench",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .options = bench_options,
    .run = bench_run,
    .help = "measure this machine, and say what that means for its node",
    .detail = "Takes about five seconds and writes 64 MiB into a file without a name beside the node's data, of which nothing is left; "
              "the data themselves are not touched. Other work on the machine is measured too: repeat it when it is quiet.",
    .example = "muster bench\nmuster bench --folder /media/disk --json",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster folder items",
    .rows = "items: name value unit means",
};
