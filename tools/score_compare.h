/* score_compare.h — the back-test of an indicator set: past assessments, rated by it from their own readings. */
#ifndef MUSTER_TOOLS_SCORE_COMPARE_H
#define MUSTER_TOOLS_SCORE_COMPARE_H

#include "tools/score_set.h"
#include "tools/tool.h"

/* Lists every assessment of the space with the level it has and the one it would have; with the option store writes a sentence about it
 * into back_test of the set.  0, or the exit code after the fault was printed. */
int score_compare_run(struct tool *tool, const struct arguments *args, const json_t *object, const struct score_set *set);

#endif
