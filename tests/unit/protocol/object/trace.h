/* trace.h — reading the model's traces (tests/model/object): one JSON object a line. */
#ifndef MUSTER_TESTS_OBJECT_TRACE_H
#define MUSTER_TESTS_OBJECT_TRACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls visit for every line of tests/model/object/FILE; returns the number of lines.  Fails the
 * test if the file cannot be read. */
size_t traces_each(const char *file, void (*visit)(const json_t *trace));

/* 32 bytes from a name in a trace: up to 16 hex digits, extended with zeroes; other text, or all
 * text where `hex` is false (logs, agencies), as its ASCII bytes, extended with zeroes. */
void trace_id(uint8_t out[32], const char *text, bool hex);
/* The same of a JSON string; zeroes for anything else. */
void trace_id_of(uint8_t out[32], const json_t *text, bool hex);

#endif
