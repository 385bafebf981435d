/* fuzz_reader.c — any bytes through every reader, as what sniff takes them for and as everything else. */
#include "formats/read/reader.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool take(void *user, json_t *item, size_t line)
{
    (void)user;
    (void)line;
    if (!json_is_object(json_object_get(item, "fields")) || json_string_length(json_object_get(item, "key")) == 0 ||
        !kind_by_name(json_string_value(json_object_get(item, "kind"))))
        abort();
    json_decref(item);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct format_problems problems;
    static const char *const kinds[] = {"incident", "resource"};
    if (len == 0 || bytes[0] > FORMAT_EDXL_HAVE)
        return 0;
    const struct reader_input input = {bytes + 1, len - 1, "fuzz", len % 3 ? TEXT_UTF8 : TEXT_LATIN1,
                                       len % 2 ? kind_by_name(kinds[len / 2 % 2]) : NULL};
    struct reader_output output = {.item = take, .problems = &problems};
    enum muster_error error = reader_run((enum format_kind)bytes[0], &input, &output);
    if (problems.count > PROBLEMS_MAX || (error && problems.count != 1))
        abort();
    for (size_t i = 0; i < problems.count; i++)
        if (strlen(problems.at[i].sentence) < 10 || !text_is_utf8(problems.at[i].sentence, strlen(problems.at[i].sentence)))
            abort();
    return 0;
}
