/* fuzz_table.c — any bytes as a table, in both encodings and all profiles; and what sniff says of them. */
#include "formats/read/hospital.h"
#include "formats/read/org_resource.h"
#include "formats/read/sniff.h"
#include "formats/read/stock.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct profile *profile, const uint8_t *bytes, size_t len, enum text_encoding encoding)
{
    static struct format_problems problems;
    json_t *items = NULL, *item;
    size_t i;
    enum muster_error error = profile_read(profile, bytes, len, "fuzz", encoding, &items, &problems);
    if ((error == MUSTER_OK) != (items != NULL) || problems.count > problems.total || problems.count > PROBLEMS_MAX)
        abort();
    for (i = 0; i < problems.count; i++)
        if (strlen(problems.at[i].sentence) < 20 || problems.at[i].code == MUSTER_OK ||
            !text_is_utf8(problems.at[i].sentence, strlen(problems.at[i].sentence)))
            abort();
    if (error && problems.count != 1)
        abort();
    json_array_foreach(items, i, item)
        if (json_string_length(json_object_get(item, "key")) > 200 ||
            json_string_length(json_object_get(json_object_get(item, "fields"), "name")) == 0)
            abort();
    json_decref(items);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct profile *const profiles[] = {&profile_stock, &profile_org_resource, &profile_hospital};
    struct format_problem problem;
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        check(profiles[i], bytes, len, TEXT_UTF8);
        check(profiles[i], bytes, len, TEXT_LATIN1);
    }
    if (sniff("fuzz", bytes, len, &problem) == FORMAT_UNKNOWN && strlen(problem.sentence) < 20)
        abort();
    return 0;
}
