/* sandbox.h — the cell in which other people's files are parsed: no file, no time, no memory beyond its
 * bounds. */
#ifndef MUSTER_TOOLS_SANDBOX_H
#define MUSTER_TOOLS_SANDBOX_H

enum { SANDBOX_CPU_SECONDS = 10, SANDBOX_MEMORY_BYTES = 1024 * 1024 * 1024 };

/* For a child that has everything open that it needs: from here on it opens nothing (landlock where the
 * kernel has it, and no free descriptor), writes no file, dumps no core, and is ended by the kernel beyond
 * the bounds above. Returns 0, or -1 if a limit could not be set: the child must then not go on. */
int sandbox_enter(void);

#endif
