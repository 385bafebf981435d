/* fuzz_cap.c — any bytes as an alert: no crash, no leak, and an answer that keeps its promise. */
#include "formats/read/cap.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct format_problem problem;
    json_t *items = NULL;
    enum muster_error error = cap_read(bytes, len, "fuzz", &items, &problem);
    if ((error == MUSTER_OK) != (items != NULL) || error != problem.code)
        abort();
    if (error && (strlen(problem.sentence) < 20 || strchr(problem.sentence, '\n') || problem.line == 0))
        abort();
    if (!text_is_utf8(problem.sentence, strlen(problem.sentence)) || json_array_size(items) > 1)
        abort();
    json_t *item = json_array_get(items, 0);
    if (item && (json_string_length(json_object_get(item, "key")) > 200 ||
                 json_string_length(json_object_get(json_object_get(item, "fields"), "name")) == 0))
        abort();
    json_decref(items);
    return 0;
}
