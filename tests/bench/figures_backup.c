/* figures_backup.c — a sealed copy of a node's data: muster backup, as the nightly timer starts it. */
#include "bench/bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPACE "bench"
enum { FILE_MIB = 8, FILES_MAX = 26, FILES_SMOKE = 1, WORDS_MAX = 12, MIB = 1024 * 1024 };

/* `muster --socket SOCKET WORDS`, NULL behind the last word: it must end with 0. */
static void muster_run(const struct bench *bench, const struct bench_node *node, ...)
{
    char all[WORDS_MAX][BENCH_PATH_BYTES + 32], *words[WORDS_MAX + 1] = {NULL};
    const char *slash = strrchr(bench->musterd, '/'), *word = "muster";
    size_t count = 0;
    va_list list;
    va_start(list, node);
    for (; word && count < WORDS_MAX; count++) {
        snprintf(all[count], sizeof(all[count]), "%s", word);
        words[count] = all[count];
        word = count == 0 ? "--socket" : count == 1 ? node->socket : va_arg(list, const char *);
    }
    va_end(list);
    char program[512];
    int status = 0;
    snprintf(program, sizeof(program), "%.*smuster", slash ? (int)(slash - bench->musterd + 1) : 0, bench->musterd);
    pid_t pid = fork();
    bench_check(pid >= 0, "fork failed");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(fd, 0);
        dup2(fd, 1);
        execv(program, words);
        _exit(127);
    }
    bench_check(waitpid(pid, &status, 0) == pid, "wait failed");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("muster %s ended with %d", all[3], WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void file_write(const char *path, size_t bytes, struct sample *sample)
{
    static uint8_t block[MIB];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bench_check(fd >= 0, "a file cannot be written");
    for (size_t at = 0; at < bytes; at += sizeof(block)) {
        sample_bytes(sample, block, sizeof(block));
        bench_check(write(fd, block, sizeof(block)) == (ssize_t)sizeof(block), "a file cannot be written");
    }
    close(fd);
}

/* What `dd if=FILE of=COPY bs=1M conv=fsync` does: seconds. */
static double plain_copy(const char *from, const char *to)
{
    static uint8_t block[MIB];
    double began = bench_now();
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n;
    bench_check(in >= 0 && out >= 0, "a file cannot be copied");
    while ((n = read(in, block, sizeof(block))) > 0)
        bench_check(write(out, block, (size_t)n) == n, "a file cannot be copied");
    bench_check(n == 0 && fsync(out) == 0, "a file cannot be copied");
    close(in);
    close(out);
    double seconds = bench_now() - began;
    unlink(to);
    return seconds;
}

static void files_attach(struct bench *bench, struct bench_node *node, size_t files)
{
    char photo[BENCH_PATH_BYTES + 16], ids[1][33];
    struct sample sample = {.state = bench->seed};
    snprintf(photo, sizeof(photo), "%s/photo.jpg", bench->root);
    for (size_t i = 0; i < files; i++) {
        node_write(node, SPACE, &sample, 1, 1, ids);
        file_write(photo, (size_t)FILE_MIB * MIB, &sample);
        muster_run(bench, node, "attach", ids[0], photo, "--space", SPACE, "--type", "image/jpeg", NULL);
    }
    unlink(photo);
}

/* FILE and FILE.pub. */
static void key_make(const struct bench *bench, const struct bench_node *node, const char *key)
{
    char words[BENCH_PATH_BYTES + 16];
    snprintf(words, sizeof(words), "%s/words", bench->root);
    FILE *out = fopen(words, "w");
    bench_check(out && fputs("four words nobody says\n", out) >= 0 && fclose(out) == 0, "the passphrase cannot be written");
    muster_run(bench, node, "backup", "--make-key", key, "--passphrase-file", words, NULL);
    unlink(words);
}

void figure_backup(struct bench *bench)
{
    char key[BENCH_PATH_BYTES], public_key[BENCH_PATH_BYTES + 8], sealed[BENCH_PATH_BYTES], copy[BENCH_PATH_BYTES], value[32], limit[32];
    double seconds[BENCH_RUNS_MAX], plain[BENCH_RUNS_MAX];
    size_t files = bench->smoke ? FILES_SMOKE : FILES_MAX;
    struct bench_node node;
    struct stat st = {.st_size = 0};
    snprintf(key, sizeof(key), "%s/key", bench->root);
    snprintf(public_key, sizeof(public_key), "%s.pub", key);
    snprintf(sealed, sizeof(sealed), "%s/sealed", bench->root);
    snprintf(copy, sizeof(copy), "%s/copy", bench->root);
    node_new(bench, &node, 0, NODE_PORT_NONE);
    node_space(&node, SPACE);
    files_attach(bench, &node, files);
    key_make(bench, &node, key);
    for (unsigned i = 0; i < bench->runs; i++) {
        sync(); /* what was written before is in neither figure */
        double began = bench_now();
        muster_run(bench, &node, "backup", "--to", public_key, sealed, NULL);
        seconds[i] = bench_now() - began;
        bench_check(stat(sealed, &st) == 0 && (size_t)st.st_size > files * FILE_MIB * MIB, "the backup does not hold the files");
        plain[i] = plain_copy(sealed, copy);
        unlink(sealed);
    }
    node_remove(&node);
    unlink(key);
    unlink(public_key);
    double mb = (double)st.st_size / 1e6, mine = mb / bench_quantile(seconds, bench->runs, 0.5),
           bare = mb / bench_quantile(plain, bench->runs, 0.5);
    bench_text(value, "%.0f MB/s", mine);
    bench_text(limit, "%.0f MB/s: dd conv=fsync", bare);
    bench_row(bench, "backup, sealed, durable and read back", value, limit, mine / bare, ">= 200 MB/s or 1");
}
