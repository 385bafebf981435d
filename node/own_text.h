/* own_text.h — the code of the program and of its libraries as memory of this process. */
#ifndef MUSTER_NODE_OWN_TEXT_H
#define MUSTER_NODE_OWN_TEXT_H

/* Unmaps the pages of code and constants that are mapped now: those that only the start needed stay away, the others come back
 * from the system's cache when they are used.  Pages that nobody else has mapped count as this process's own, some megabytes
 * of the libraries.  Only segments that are never written are touched. */
void own_text_rest(void);

#endif
