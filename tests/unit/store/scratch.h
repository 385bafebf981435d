/* scratch.h — directories that a test makes, damages and removes. */
#ifndef MUSTER_TESTS_SCRATCH_H
#define MUSTER_TESTS_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRATCH_PATH_MAX = 1024 };

/* A new empty directory of mode 0700 below TMPDIR (or /tmp). */
void scratch_make(char path[SCRATCH_PATH_MAX]);
void scratch_remove(const char *path);
/* out = dir/name */
const char *scratch_join(char out[SCRATCH_PATH_MAX], const char *dir, const char *name);
/* Copies a directory with its files and subdirectories. */
void scratch_copy(const char *from, const char *to);
/* A whole file in memory (free it), and back. */
uint8_t *scratch_read(const char *path, size_t *len);
void scratch_write(const char *path, const void *bytes, size_t len);
/* How often the bytes occur in the file. */
size_t scratch_find(const char *path, const void *needle, size_t len);

/* A small generator, so that a seed names a run. */
uint64_t scratch_random(uint64_t *state);

#endif
