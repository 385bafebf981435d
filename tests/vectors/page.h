/* page.h — pages of docs/ that are printed from tables: written, or compared with what lies there. */
#ifndef MUSTER_TESTS_VECTORS_PAGE_H
#define MUSTER_TESTS_VECTORS_PAGE_H

#include <stddef.h>

/* The main of a program `NAME check|write docs/PAGE`: text (len bytes; NULL without memory) is the page as the tables say.
 * Returns the exit code: 0 written, or the file is that; 1 it is not, and what to run was said; 2 usage. */
int page_main(int argc, char **argv, const char *name, const char *page, const char *text, size_t len);

#endif
