/* run.h — muster as a function: main without the process around it. */
#ifndef MUSTER_TOOLS_RUN_H
#define MUSTER_TOOLS_RUN_H

/* Does what argv asks and returns the exit code.  argv's order changes. */
int muster_run(int argc, char **argv);

#endif
