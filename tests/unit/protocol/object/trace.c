#include "unit/protocol/object/trace.h"

#include "base/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

size_t traces_each(const char *file, void (*visit)(const json_t *trace))
{
    char path[1024], *line = NULL;
    size_t size = 0, lines = 0;
    snprintf(path, sizeof path, "%s/tests/model/object/%s", MUSTER_SOURCE_DIR, file);
    FILE *stream = fopen(path, "r");
    if (!stream)
        fail_msg("cannot read %s", path);
    while (getline(&line, &size, stream) > 0) {
        json_error_t error;
        json_t *trace = json_loads(line, 0, &error);
        if (!trace)
            fail_msg("%s line %zu: %s", file, lines + 1, error.text);
        visit(trace);
        json_decref(trace);
        lines++;
    }
    free(line);
    fclose(stream);
    return lines;
}

void trace_id(uint8_t out[32], const char *text, bool hex)
{
    size_t len = strlen(text);
    memset(out, 0, 32);
    if (hex && len <= 16 && len % 2 == 0 && hex_to(out, len / 2, text))
        return;
    memcpy(out, text, len < 32 ? len : 32);
}

void trace_id_of(uint8_t out[32], const json_t *text, bool hex)
{
    trace_id(out, json_is_string(text) ? json_string_value(text) : "", hex);
}
