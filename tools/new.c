/* muster new: a new object. */
#include "tools/fields.h"
#include "tools/records.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

static int new_run(struct tool *tool, const struct arguments *args)
{
    struct fault fault;
    json_t *fields;
    int code;
    const struct kind *kind = record_kind(tool, args->words[0], &code);
    if (!kind)
        return code;
    if (fields_read(&fields, kind, args->words + 1, args->count - 1, false, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    if (fields_complete(kind, fields, &fault) != MUSTER_OK) {
        json_decref(fields);
        return tool_fail(tool, &fault);
    }
    json_t *item = json_pack("{s:s, s:s, s:o}", "op", "create", "kind", kind->name, "fields", fields);
    if (option_get(args, "joint"))
        json_object_set_new(item, "joint", json_true());
    if (option_get(args, "flash"))
        json_object_set_new(item, "flash", json_true());
    if (option_get(args, "key"))
        json_object_set_new(item, "key", json_string(option_get(args, "key")));
    return record_send(tool, item, kind);
}

static const struct option_row new_options[] = {
    {"flash", 0, NULL,   "an alert: it overtakes everything else on the way"},
    {"joint", 0, NULL,   "every agency that may write in the space changes it"      },
    {"key",   0, "TEXT", "a name of your own; a second one stores nothing"  },
    {NULL,    0, NULL,   NULL                                               },
};

const struct command command_new = {
    .name = "new",
    .args = "KIND FIELD=VALUE…",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = new_options,
    .run = new_run,
    .help = "a new object; it is durable when the command returns",
    .detail =
        "FIELD=@FILE takes the value from a file, FIELD=- from standard input, FIELD=@@TEXT is a text that "
        "begins with @. Values of a list are given as FIELD=A FIELD=B or FIELD=A;B. A time may be `now`. "
        "`muster help KIND` lists the fields and their tokens.",
    .example = "muster new incident name=\"Flood at Yibin\" phase=active category=Met location=28.77,104.62\n"
               "muster new incident name=- phase=warned category=Geo --flash < headline.txt",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster items stored",
    .rows = "items: object short record state",
};
