/* matrix_file.h — one person's judgements in a table: codes above and at the side, a number in each cell.
 *
 *     ,L1,S1,E1
 *     L1,1,3,5
 *     S1,1/3,1,2
 *     E1,,,1
 *
 * A cell says how many times its row matters as much as its column: 1 to 9, 1/2 to 1/9, or that as a decimal (0.33).  Of two
 * cells that mirror each other one may be empty.  The file is read by a confined child (import_child.h). */
#ifndef MUSTER_TOOLS_MATRIX_FILE_H
#define MUSTER_TOOLS_MATRIX_FILE_H

#include "client/fault.h"
#include "decide/ahp.h"

struct matrix_file {
    char *codes[AHP_ITEMS_MAX]; /* in the order of the first line; owned */
    struct ahp_matrix matrix;   /* without fault */
};

/* Each error with a sentence that names file and cell: those of reading a file, EMARKUP, ETOOBIG (more than AHP_ITEMS_MAX), EBADVALUE
 * (a cell, a code that is there twice or not at all), EMISSING.  matrix_file_free it in any case. */
MUST_USE enum muster_error matrix_file_load(struct matrix_file *out, const char *path, struct fault *fault);
void matrix_file_free(struct matrix_file *file);
/* "3", "1/3", "0.33" as an entry; 0: it is none, or could be several. */
int32_t matrix_cell(const char *text);

#endif
