#include "formats/read/reader.h"

#include "formats/read/cap.h"
#include "formats/read/edxl.h"
#include "formats/read/json_items.h"
#include "formats/read/kind_table.h"
#include "formats/read/profile.h"

typedef enum muster_error reader_function(const struct reader_input *input, struct reader_output *output);

static enum muster_error read_cap(const struct reader_input *input, struct reader_output *output)
{
    struct format_problem problem, scratch;
    json_t *items = NULL;
    enum muster_error error = cap_read(input->bytes, input->len, input->name, &items, &problem);
    if (error) {
        output->problems->at[0] = problem;
        return error;
    }
    if (problem.sentence[0])
        *reader_notice(output, &scratch) = problem;
    if (output->total)
        output->total(output->user, json_array_size(items));
    for (size_t i = 0; i < json_array_size(items); i++)
        if (!reader_give(output, json_incref(json_array_get(items, i)), 0))
            break;
    json_decref(items);
    return MUSTER_OK;
}

static enum muster_error read_stock(const struct reader_input *input, struct reader_output *output)
{
    return profile_run(&profile_stock, input, output);
}

static enum muster_error read_org_resource(const struct reader_input *input, struct reader_output *output)
{
    return profile_run(&profile_org_resource, input, output);
}

static enum muster_error read_hospital(const struct reader_input *input, struct reader_output *output)
{
    return profile_run(&profile_hospital, input, output);
}

static const struct {
    enum format_kind format;
    reader_function *read;
} readers[] = {
    {FORMAT_CAP,          read_cap         },
    {FORMAT_STOCK,        read_stock       },
    {FORMAT_ORG_RESOURCE, read_org_resource},
    {FORMAT_HOSPITAL,     read_hospital    },
    {FORMAT_TABLE,        kind_table_run   },
    {FORMAT_GEOJSON,      geojson_run      },
    {FORMAT_NDJSON,       ndjson_run       },
    {FORMAT_EDXL_RM,      edxl_rm_run      },
    {FORMAT_EDXL_HAVE,    edxl_have_run    },
};

enum muster_error reader_run(enum format_kind format, const struct reader_input *input, struct reader_output *output)
{
    output->problems->count = output->problems->total = 0;
    output->refused = output->given = 0;
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        if (readers[i].format != format)
            continue;
        struct format_problem scratch;
        enum muster_error error = readers[i].read(input, output);
        if (error)
            output->problems->count = output->problems->total = 1;
        else if (!output->given && !output->problems->total)
            format_problem_set(reader_notice(output, &scratch), MUSTER_OK, input->name, 0, NULL,
                               "the file is as it should be, but there is nothing in it to import; check that it is the "
                               "file you meant");
        return error;
    }
    output->problems->count = output->problems->total = 1;
    return format_problem_set(&output->problems->at[0], MUSTER_EUSAGE, input->name, 0, NULL,
                              "muster does not know what kind of file it is; name its format with --format");
}

bool reader_give(struct reader_output *output, json_t *item, size_t line)
{
    output->given += item != NULL;
    return item && output->item(output->user, item, line);
}

struct format_problem *reader_refuse(struct reader_output *output, struct format_problem *scratch)
{
    output->refused++;
    return format_problems_next(output->problems, scratch);
}

struct format_problem *reader_notice(struct reader_output *output, struct format_problem *scratch)
{
    return format_problems_next(output->problems, scratch);
}
