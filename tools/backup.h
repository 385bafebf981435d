/* backup.h — what the verbs about backups share. */
#ifndef MUSTER_TOOLS_BACKUP_H
#define MUSTER_TOOLS_BACKUP_H

#include "crypto/backup.h"
#include "tools/arguments.h"
#include "tools/progress.h"

#define BACKUP_SUFFIX ".muster-backup"

struct backup_file {
    int fd;
    struct backup_reader *reader;
    struct progress progress;
    const char *path;
};

/* Opens it and reads its head.  0 or the exit code after the fault was printed. */
int backup_file_open(struct tool *tool, struct backup_file *file, const char *path, const char *label);
void backup_file_close(struct backup_file *file);
/* Unlocks it: by the passphrase of its lock, or by the key file that --key names. */
int backup_file_unlock(struct tool *tool, const struct arguments *args, struct backup_file *file);
/* The same with a secret that is at hand. */
int backup_file_unlock_with(struct tool *tool, struct backup_file *file, const struct box_secret *secret);
/* The sentence for what a reader said. */
int backup_file_fail(struct tool *tool, struct backup_file *file, enum muster_error error);
/* The part that must be the first, as JSON owned by the caller.  0 or the exit code. */
int backup_file_about(struct tool *tool, struct backup_file *file, json_t **about);

/* Whether the node's keys are in it, and what that means, for a person. */
void backup_print(struct tool *tool, const json_t *about, const char *path, uint64_t bytes);

#endif
