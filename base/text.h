/* text.h — text from records is hostile until it is escaped for where it goes. */
#ifndef MUSTER_BASE_TEXT_H
#define MUSTER_BASE_TEXT_H

#include "base/bytes.h"

/* Is it valid UTF-8 (no overlong forms, surrogates, or values beyond U+10FFFF) without NUL? */
bool text_is_utf8(const void *bytes, size_t len);

/* Decode one code point at *at (before end); advances *at by at least 1.  Invalid bytes give U+FFFD. */
uint32_t text_next(const uint8_t **at, const uint8_t *end);

/* Is there something, and nothing of it to be seen: spaces of all widths, line ends, marks of no width? */
bool text_is_blank(const void *bytes, size_t len);

/* The first character that is no text but a line end or steers a device: C0, DEL, C1, line and paragraph separators.  0: there
 * is none.  text is UTF-8. */
uint32_t text_control(const void *text, size_t len);

/* Safe for one line of a terminal: control characters (C0, DEL, C1, line and paragraph separators),
 * bidirectional overrides and isolates, zero-width and tag characters become visible escapes
 * <U+202E>; invalid UTF-8 becomes U+FFFD; newline and tab become a space.  Always NUL-terminates;
 * returns the bytes it wanted to write without NUL (like snprintf), cutting at a whole character. */
size_t text_for_terminal(char *out, size_t size, const void *text, size_t len);

/* Safe inside HTML or XML text and quoted attributes; characters that XML 1.0 forbids become U+FFFD. */
size_t text_for_markup(char *out, size_t size, const void *text, size_t len);

/* One CSV field, quoted when needed; cells that a spreadsheet would run as a formula (= + - @, also
 * full-width, tab, CR or LF at the start, unless a plain number) get a leading apostrophe.  A cell that
 * was cut (the result is size or more) must not be used: its quote is open. */
size_t text_for_csv(char *out, size_t size, const void *text, size_t len);
/* Would a spreadsheet run the cell as a formula?  The same question, for tables without quotes. */
bool text_is_formula(const void *text, size_t len);
/* Bytes in front of a cell that text_for_csv has put there, 0 or 1: what follows them is the text. */
size_t text_csv_guard(const void *text, size_t len);

/* One value of a key=value journal line: quoted, what deceives as \uNNNN or \UNNNNNNNN.  A text that is
 * cut keeps its closing quote, so that it never swallows the fields behind it. */
size_t text_for_log(char *out, size_t size, const void *text, size_t len);

#endif
