/* wrap.h — where a line of a screen may end, in English and in Chinese. */
#ifndef MUSTER_TOOLS_WRAP_H
#define MUSTER_TOOLS_WRAP_H

#include <stdbool.h>
#include <stddef.h>

/* The end of the part of text that fits in `room` columns: all of it, or up to a space, or between two characters of which one is
 * wide (Chinese has no spaces), but never before a closing mark or behind an opening one.  Where there is no such place: with
 * `whole` the end of the first word although it is too long (commands and paths are copied), else the last character that fits, at
 * least one.  The caller skips the spaces that follow. */
const char *wrap_end(const char *text, size_t room, bool whole);

#endif
