/* memory.h — memory of the tool: without it there is nothing sensible left to do, so these end the process
 * with a sentence (exit 1) instead of returning NULL. */
#ifndef MUSTER_TOOLS_MEMORY_H
#define MUSTER_TOOLS_MEMORY_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* size bytes, zeroed; freed with free. */
void *memory_get(size_t size);
char *memory_copy(const char *text);
/* A stream into *text, which is complete and owned by the caller after memory_stream_end. */
FILE *memory_stream(char **text, size_t *len);
void memory_stream_end(FILE *stream);

#endif
