/* muster update: fields of an object, changed or cleared. */
#include "tools/fields.h"
#include "tools/records.h"
#include "tools/quantity.h"
#include "tools/step.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

static int kind_of(struct tool *tool, const char *id, json_t **object, const struct kind **kind)
{
    int code = object_get(tool, id, object);
    if (code)
        return code;
    *kind = record_kind(tool, value_text_at(*object, "kind"), &code);
    if (*kind)
        return 0;
    json_decref(*object);
    return code;
}

/* A change would make what was taken back count again, unnoticed: it has to be meant. */
static int object_stands(struct tool *tool, const struct arguments *args, const json_t *object)
{
    struct fault fault;
    const char *id = value_text_at(object, "short");
    bool retracted = value_true_at(object, "retracted");
    if ((!retracted && !value_true_at(object, "superseded")) || option_get(args, "again"))
        return 0;
    fault_set(&fault, MUSTER_ESTEP, retracted ? "%s was retracted: a change would make it count again"
                                              : "%s was superseded: a change would make it count again", id);
    fault_step(&fault, "muster history %s", id);
    fault_step(&fault, "muster update %s … --again", id);
    return tool_fail(tool, &fault);
}

static int update_run(struct tool *tool, const struct arguments *args)
{
    struct fault fault;
    const struct kind *kind;
    json_t *object, *fields;
    int code = kind_of(tool, args->words[0], &object, &kind);
    if (code)
        return code;
    code = object_unchanged(tool, args, object);
    code = code ? code : object_stands(tool, args, object);
    if (code) {
        json_decref(object);
        return code;
    }
    if (fields_read(&fields, kind, args->words + 1, args->count - 1, true, &fault) != MUSTER_OK) {
        json_decref(object);
        return tool_fail(tool, &fault);
    }
    const char *id = value_text_at(object, "id");
    json_t *item = json_pack("{s:s, s:s, s:s, s:o}", "op", "update", "kind", kind->name, "object",
                             id[0] ? id : args->words[0], "fields", fields);
    if (option_get(args, "seen")) /* and if it is changed between this and the write, the node says so */
        json_object_set(item, "seen", json_object_get(object, "heads"));
    json_decref(object);
    if (option_get(args, "flash"))
        json_object_set_new(item, "flash", json_true());
    return record_send(tool, item, kind);
}

static const struct option_row update_options[] = {
    {"flash", 0, NULL, "an alert: it overtakes everything else on the way"},
    {"seen",  0, "REVISION", "refuse it if the object was changed since you saw it"},
    {"again", 0, NULL, "also if it was retracted or superseded: it counts again then"},
    {NULL,    0, NULL, NULL                                               },
};

const struct command command_update = {
    .name = "update",
    .args = "ID FIELD=VALUE…",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 2,
    .words_max = WORDS_ANY,
    .options = update_options,
    .run = update_run,
    .help = "change fields of an object of your agency",
    .detail = "Only the fields that are named change. FIELD= without a value clears the field. Values as in "
              "`muster new`.",
    .example = "muster update inc-7k2q9 severity=Extreme\nmuster update inc-7k2q9 expires=",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster items stored",
    .rows = "items: object short record state",
};
