/* stick.h — files on a medium that may be pulled out, be full, lie about what it wrote, or come from a stranger.
 *
 * Written under another name, flushed, read back from the medium and only then renamed: a file under its own name is whole.
 * Names found in a folder were chosen by somebody else: links are not followed, and nothing but regular files is opened. */
#ifndef MUSTER_TOOLS_STICK_H
#define MUSTER_TOOLS_STICK_H

#include "base/bytes.h"
#include "base/ids.h"
#include "client/fault.h"

enum {
    STICK_NAMES_MAX = 2048, /* of a folder; what is beyond is told, not taken */
    STICK_FILE_MAX = 68 * 1024 * 1024
};

/* What a file is, beside what it should be. */
enum stick_state { STICK_WHOLE, STICK_MISSING, STICK_SHORT, STICK_ZEROES, STICK_CHANGED, STICK_NO_FILE, STICK_UNREADABLE };
/* "missing", "short"… for programs; "is missing"… for people. */
const char *stick_name(enum stick_state state);
const char *stick_says(enum stick_state state);

/* Reads the regular file, no link, of at most STICK_FILE_MAX bytes.  want: how long it should be; 0: as long as it is.
 * bytes    on STICK_WHOLE the bytes and a NUL behind them, the caller's; else NULL
 * len      how many there are, also of one that is too short; 0 if it cannot be told
 * returns  STICK_NO_FILE for links, devices, folders and what is too large; STICK_ZEROES when every byte is 0 */
enum stick_state stick_load(const char *path, uint64_t want, char **bytes, uint64_t *len);
/* The same and whether its contents are those of stick_hash. */
enum stick_state stick_look(const char *path, uint64_t want, const struct hash *hash);
struct hash stick_hash(const void *bytes, size_t len);

/* Writes it (mode 0600) and reads it back; what had the name before is replaced.  watch (may be NULL) is told how much is on
 * the medium by now.  EFULL, EPERMISSION, EIO, EBADVALUE (no such name there), each with a sentence; then nothing is left. */
typedef void stick_watch(void *user, uint64_t done);
MUST_USE enum muster_error stick_save(const char *path, const void *bytes, size_t len, stick_watch *watch, void *user,
                                      struct fault *fault);
/* Adds a line to a file that stick_save made, durably. */
MUST_USE enum muster_error stick_append(const char *path, const char *line, struct fault *fault);

/* Names in the folder that end with suffix, in order; the caller frees each and the list.  *left_out counts what is beyond
 * STICK_NAMES_MAX.  ENOTFOUND, EPERMISSION, EIO. */
MUST_USE enum muster_error stick_names(const char *folder, const char *suffix, char ***names, size_t *count, size_t *left_out,
                                       struct fault *fault);
void stick_names_free(char **names, size_t count);

#endif
