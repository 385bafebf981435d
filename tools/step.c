/* muster propose, accept, decline, transfer, take, resolve, retract, supersede: the steps of an object. */
#include "tools/step.h"
#include "tools/arguments.h"
#include "tools/memory.h"
#include "tools/fields.h"
#include "tools/quantity.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int object_unchanged(struct tool *tool, const struct arguments *args, const json_t *object)
{
    const char *seen = option_get(args, "seen");
    struct fault fault;
    char *end;
    if (!seen)
        return 0;
    errno = 0;
    long long revision = strtoll(seen, &end, 10), now = value_int_at(object, "revision");
    if (errno || *end || end == seen || revision < 1)
        return tool_usage(tool, "muster show ID says the revision", "--seen %.40s is no revision", seen);
    if (revision == now)
        return 0;
    fault_set(&fault, MUSTER_ECHANGED, "%s was changed since you looked at it: you saw revision %lld, now it is %lld",
              value_text_at(object, "short"), revision, now);
    fault_step(&fault, "muster show %s", value_text_at(object, "short"));
    return tool_fail(tool, &fault);
}

/* The node's only "take" where there is nothing to accept but command itself. */
static bool can(const json_t *object, const char *step)
{
    const json_t *steps = json_object_get(object, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (strcmp(json_string_value(json_array_get(steps, i)), step) == 0)
            return true;
    return false;
}

static void said(struct tool *tool, const json_t *answer, const json_t *object, const char *to)
{
    static const struct {
        const char *op, *en;
    } words[] = {
        {"update",    N_("changed")        },
        {"propose",   N_("proposed to")     },
        {"accept",    N_("accepted, and changed")},
        {"decline",   N_("declined")        },
        {"offer",     N_("command is offered to")},
        {"take",      N_("command is taken over") },
        {"refuse",    N_("command is refused; its owner goes on") },
        {"resolve",   N_("resolved: one branch again") },
        {"retract",   N_("retracted")        },
        {"supersede", N_("superseded by")  }
    };
    const char *op = value_text_at(answer, "op"), *id = value_text_at(answer, "short");
    screen_head(tool, NULL);
    char record[9];
    snprintf(record, sizeof record, "%.8s", value_text_at(answer, "record"));
    if (strcmp(op, "propose") == 0)
        to = value_text_at(object, "owner.name");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].op, op) == 0)
            screen_line(tool, "%s: %s%s%s (%s %s)", id, _(words[i].en), to ? " " : "", to ? to : "",
                        _("record"), record);
    const json_t *also = json_array_get(json_object_get(answer, "also"), 0);
    if (also)
        screen_line(tool, "%s: %s", value_text_at(also, "object.short"),
                    _("its references name the message that it replaces"));
    if (strcmp(op, "retract") == 0 || strcmp(op, "supersede") == 0)
        tool_hint(tool, "muster holders %s   (who has been told)", id);
    else
        tool_hint(tool, "muster show %s", id);
}

/* Sends the step; takes body and object. */
static int step_send(struct tool *tool, const char *id, json_t *body, json_t *object, const char *to)
{
    struct url url;
    json_t *answer = NULL;
    url_start(&url, "/v1/objects");
    url_segment(&url, value_text_at(object, "id")[0] ? value_text_at(object, "id") : id);
    url_segment(&url, "step");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "POST", &url, body, &answer);
    if (!code && !tool_print_data(tool, answer))
        said(tool, answer, object, to);
    json_decref(answer);
    json_decref(body);
    json_decref(object);
    return code;
}

static void add_option(json_t *body, const struct arguments *args, const char *option, const char *member)
{
    const char *value = option_get(args, option);
    if (value && value[0])
        json_object_set_new(body, member, json_string(value));
}

static void add_seen(json_t *body, const json_t *object)
{
    const json_t *heads = json_object_get(object, "heads");
    if (json_array_size(heads))
        json_object_set(body, "seen", (json_t *)(uintptr_t)heads);
}

/* Reads FIELD=VALUE from the second word on into the body. */
static int add_fields(struct tool *tool, const struct arguments *args, const json_t *object, json_t *body)
{
    struct fault fault;
    json_t *fields;
    int code;
    const struct kind *kind = record_kind(tool, value_text_at(object, "kind"), &code);
    if (!kind)
        return code;
    if (fields_read(&fields, kind, args->words + 1, args->count - 1, true, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    json_object_set_new(body, "fields", fields);
    return 0;
}

static int propose_run(struct tool *tool, const struct arguments *args)
{
    json_t *object, *body;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    body = json_pack("{s:s}", "op", "propose");
    code = add_fields(tool, args, object, body);
    add_option(body, args, "reason", "reason");
    if (!code)
        return step_send(tool, args->words[0], body, object, NULL);
    json_decref(body);
    json_decref(object);
    return code;
}

/* accept, decline, take: ID and, where several wait, RECORD. */
static int answer_run(struct tool *tool, const struct arguments *args, const char *op)
{
    json_t *object, *body;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    if (strcmp(op, "accept") == 0 && !can(object, "accept") && can(object, "take") && args->count == 1)
        op = "take"; /* what is offered is accepted by taking it */
    if (strcmp(op, "decline") == 0 && !can(object, "decline") && can(object, "refuse"))
        op = "refuse";
    body = json_pack("{s:s}", "op", op);
    if (args->count > 1)
        json_object_set_new(body, "record", json_string(args->words[1]));
    add_option(body, args, "reason", "reason");
    if (strcmp(op, "accept") == 0)
        add_seen(body, object);
    return step_send(tool, args->words[0], body, object, NULL);
}

static int by_order(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int order = strcmp(value_text_at(x, "time"), value_text_at(y, "time"));
    long long over = value_int_at(x, "sequence") - value_int_at(y, "sequence");
    return order ? order : over < 0 ? -1 : over > 0;
}

/* The words of one agency on a task, oldest first; NULL, and *count 0, if something else waits too, or fewer than two do. */
static json_t **words_waiting(const json_t *object, size_t *count)
{
    const json_t *list = json_object_get(object, "proposals"), *first = json_array_get(list, 0);
    size_t n = json_array_size(list);
    bool are = n > 1 && strcmp(value_text_at(object, "kind"), "task") == 0 && !json_array_size(json_object_get(object, "late"));
    for (size_t i = 0; i < n && are; i++) {
        const json_t *one = json_array_get(list, i);
        are = strcmp(value_text_at(one, "agency.id"), value_text_at(first, "agency.id")) == 0 && value_text_at(one, "fields.status")[0];
    }
    json_t **words = are ? memory_get(n * sizeof *words) : NULL;
    for (size_t i = 0; i < n && are; i++)
        words[i] = json_array_get(list, i);
    if (are)
        qsort(words, n, sizeof *words, by_order);
    *count = are ? n : 0;
    return words;
}

/* All of them, in the order in which they were said: each is written and signed by itself.  What fails ends it. */
static int words_accept(struct tool *tool, const struct arguments *args, const json_t *object, json_t **words, size_t count)
{
    json_t *seen = json_incref(json_object_get(object, "heads")), *last = NULL, *also = json_array();
    int code = 0;
    for (size_t i = 0; i < count && !code; i++) {
        struct url url;
        json_t *answer = NULL, *body = json_pack("{s:s, s:O, s:O*}", "op", "accept", "record", json_object_get(words[i], "record"), "seen",
                                                 json_array_size(seen) ? seen : NULL);
        add_option(body, args, "reason", "reason");
        url_start(&url, "/v1/objects");
        url_segment(&url, value_text_at(object, "id"));
        url_segment(&url, "step");
        url_query(&url, "space", tool->set.space);
        code = tool_call(tool, "POST", &url, body, &answer);
        json_decref(body);
        if (code)
            break;
        if (last)
            json_array_append_new(also, json_pack("{s:s, s:O, s:O}", "op", "accept", "object", json_object_get(last, "object"), "record",
                                                  json_object_get(last, "record")));
        json_decref(last);
        json_decref(seen);
        last = answer;
        seen = json_pack("[O]", json_object_get(answer, "record"));
        if (tool->set.output == OUTPUT_TABLE)
            screen_line(tool, _("%s: accepted that it is %s (record %.8s)"), value_text_at(answer, "short"),
                        value_text_at(words[i], "fields.status"), value_text_at(answer, "record"));
        else if (tool->set.output == OUTPUT_ID && i + 1 < count)
            (void)tool_print_data(tool, answer);
    }
    if (last && !code) {
        json_object_set(last, "also", also);
        (void)tool_print_data(tool, last);
        if (tool->set.output == OUTPUT_TABLE)
            tool_hint(tool, "muster show %s", value_text_at(last, "short"));
    }
    json_decref(also);
    json_decref(last);
    json_decref(seen);
    return code;
}

static int accept_run(struct tool *tool, const struct arguments *args)
{
    json_t *object, **words;
    size_t count;
    int code = args->count == 1 ? object_get(tool, args->words[0], &object) : TOOL_DONE;
    if (code && code != TOOL_DONE)
        return code;
    words = code ? NULL : words_waiting(object, &count);
    if (words)
        code = words_accept(tool, args, object, words, count);
    bool done = words != NULL;
    free(words);
    if (args->count == 1)
        json_decref(object);
    if (done)
        return code;
    return answer_run(tool, args, "accept");
}

static int decline_run(struct tool *tool, const struct arguments *args)
{
    if (!option_get(args, "reason"))
        return tool_usage(tool, "muster decline ID --reason TEXT", "say why it is declined: --reason TEXT");
    return answer_run(tool, args, "decline");
}

static int take_run(struct tool *tool, const struct arguments *args)
{
    return answer_run(tool, args, "take");
}

static int transfer_run(struct tool *tool, const struct arguments *args)
{
    json_t *object, *body = json_pack("{s:s, s:s}", "op", "offer", "to", args->words[1]);
    int code = object_get(tool, args->words[0], &object);
    add_option(body, args, "reason", "reason");
    if (!code)
        return step_send(tool, args->words[0], body, object, args->words[1]);
    json_decref(body);
    return code;
}

/* --branch N as the record at its head, or what is shown. */
static int add_take(struct tool *tool, const struct arguments *args, const json_t *object, json_t *body)
{
    const char *branch = option_get(args, "branch");
    const json_t *branches = json_object_get(object, "branches");
    char *end;
    if (branch && option_get(args, "shown"))
        return tool_usage(tool, "give one of the two", "--branch and --shown say different things");
    if (option_get(args, "shown"))
        json_object_set_new(body, "take", json_string("shown"));
    if (!branch)
        return 0;
    errno = 0;
    unsigned long n = strtoul(branch, &end, 10);
    if (errno || *end || end == branch || n < 1 || n > json_array_size(branches))
        return tool_usage(tool, "muster show ID numbers them", "%s has %zu branches, --branch %.20s is none of them",
                          value_text_at(object, "short"), json_array_size(branches), branch);
    json_object_set(body, "take", json_object_get(json_array_get(branches, n - 1), "record"));
    return 0;
}

static int resolve_run(struct tool *tool, const struct arguments *args)
{
    json_t *object, *body;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    body = json_pack("{s:s}", "op", "resolve");
    code = add_fields(tool, args, object, body);
    if (!code)
        code = add_take(tool, args, object, body);
    if (!code)
        code = object_unchanged(tool, args, object);
    add_option(body, args, "reason", "reason");
    add_seen(body, object);
    if (!code)
        return step_send(tool, args->words[0], body, object, NULL);
    json_decref(body);
    json_decref(object);
    return code;
}

static int retract_run(struct tool *tool, const struct arguments *args)
{
    json_t *object, *body;
    if (!option_get(args, "reason"))
        return tool_usage(tool, "muster retract ID --reason TEXT", "say why it is retracted: --reason TEXT");
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    body = json_pack("{s:s}", "op", "retract");
    code = object_unchanged(tool, args, object);
    add_option(body, args, "reason", "reason");
    add_seen(body, object);
    if (option_get(args, "flash"))
        json_object_set_new(body, "flash", json_true());
    if (!code)
        return step_send(tool, args->words[0], body, object, NULL);
    json_decref(body);
    json_decref(object);
    return code;
}

static int supersede_run(struct tool *tool, const struct arguments *args)
{
    json_t *object, *body;
    if (!option_get(args, "by"))
        return tool_usage(tool, "muster supersede ID --by NEW", "name the object that takes its place: --by NEW");
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    body = json_pack("{s:s, s:s}", "op", "supersede", "by", option_get(args, "by"));
    code = object_unchanged(tool, args, object);
    add_option(body, args, "reason", "reason");
    add_seen(body, object);
    if (option_get(args, "flash"))
        json_object_set_new(body, "flash", json_true());
    if (!code)
        return step_send(tool, args->words[0], body, object, option_get(args, "by"));
    json_decref(body);
    json_decref(object);
    return code;
}

/* --- rows -------------------------------------------------------------------------------------------------- */

#define STEP_EXITS                                                                                                             \
    (EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_UNCONFIRMED) |             \
     EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE))
#define STEP_ROW(n) .name = n, .group = GROUP_EVERY_DAY, .flags = NEEDS_NODE | PUBLISHES, .exits = STEP_EXITS,                 \
    .keys = "muster op object record short state", .rows = "record op object short state"
#define REASON {"reason", 0, "TEXT", "why, for those who read it; no personal data"}
#define SEEN {"seen", 0, "REVISION", "refuse it if the object was changed since you saw it"}
#define END {NULL, 0, NULL, NULL}

static const struct option_row reason_options[] = {REASON, END};
static const struct option_row resolve_options[] = {
    {"branch", 0, "N", "where no value is given, that of this branch"},
    {"shown",  0, NULL, "where no value is given, the one that is shown"},
    REASON, SEEN, END};
static const struct option_row retract_options[] = {
    REASON, SEEN, {"flash", 0, NULL, "it overtakes everything else on the way"}, END};
static const struct option_row supersede_options[] = {
    {"by", 0, "NEW", "the object that takes its place"},
    REASON, SEEN, {"flash", 0, NULL, "it overtakes everything else on the way"}, END};

const struct command command_propose = {
    STEP_ROW("propose"),
    .args = "ID FIELD=VALUE…",
    .words_min = 2,
    .words_max = WORDS_ANY,
    .options = reason_options,
    .run = propose_run,
    .help = "send a change to the agency that owns the object",
    .detail = "Its owner accepts or declines it; until then nothing changes. Values as in `muster new`.",
    .example = "muster propose inc-7k2q9 severity=Extreme --reason \"gauge at 274 m\"",
};

const struct command command_accept = {
    STEP_ROW("accept"),
    .args = "ID [RECORD]",
    .words_min = 1,
    .words_max = 2,
    .options = reason_options,
    .run = accept_run,
    .help = "accept a proposal, a late change, or command of an object",
    .detail = "Of a task whose every step one agency has said it accepts all, in their order. "
              "RECORD, the first digits of a record from `muster history` or `muster show`, says which one where several wait. "
              "What a former owner wrote without having seen that command had passed on is late: it counts when you accept it. "
              "Of an object that is offered to your agency it is the same as `muster take`.",
    .example = "muster accept inc-7k2q9\nmuster accept inc-7k2q9 3f8a21c0",
};

const struct command command_decline = {
    STEP_ROW("decline"),
    .args = "ID [RECORD]",
    .words_min = 1,
    .words_max = 2,
    .options = reason_options,
    .run = decline_run,
    .help = "decline what is proposed to your agency, or offered to it",
    .detail = "Of an object whose command is offered to your agency it refuses that: its owner goes on.",
    .example = "muster decline inc-7k2q9 --reason \"the gauge was read again\"",
};

const struct command command_transfer = {
    STEP_ROW("transfer"),
    .args = "ID AGENCY",
    .words_min = 2,
    .words_max = 2,
    .options = reason_options,
    .run = transfer_run,
    .help = "offer command of an object to another agency",
    .detail = "Your agency goes on as its owner until the other one takes it. An offer is not withdrawn: the other one takes or "
              "declines it. When an owner is gone, `muster space reassign` gives its objects on by majority.",
    .example = "muster transfer inc-7k2q9 Zhaotong",
};

const struct command command_take = {
    STEP_ROW("take"),
    .args = "ID [RECORD]",
    .words_min = 1,
    .words_max = 2,
    .options = reason_options,
    .run = take_run,
    .help = "take command of an object that is offered to your agency",
    .example = "muster take inc-7k2q9",
};

const struct command command_resolve = {
    STEP_ROW("resolve"),
    .args = "ID [FIELD=VALUE…]",
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = resolve_options,
    .run = resolve_run,
    .help = "make one again of an object that several changed at once",
    .detail = "Each field with several values needs one: given here, or taken from a branch that `muster show` numbers, or as it is "
              "shown now. The branches stay in `muster history`.",
    .example = "muster resolve inc-7k2q9 severity=Extreme --branch 2\nmuster resolve inc-7k2q9 --shown",
};

const struct command command_retract = {
    STEP_ROW("retract"),
    .args = "ID",
    .words_min = 1,
    .words_max = 1,
    .options = retract_options,
    .run = retract_run,
    .help = "take back an object that was wrong",
    .detail = "It stays readable, marked as retracted, with the reason. `muster holders` shows who has been told. A later update "
              "brings it back. To remove contents that must not be kept, see `muster help erase`.",
    .example = "muster retract inc-7k2q9 --reason \"the dike holds: it was another one\" --flash",
};

const struct command command_supersede = {
    STEP_ROW("supersede"),
    .args = "ID",
    .words_min = 1,
    .words_max = 1,
    .options = supersede_options,
    .run = supersede_run,
    .help = "say that another object takes the place of this one",
    .detail = "If this one is a CAP message and the other one is yours, that one's references name it, as CAP 1.2 asks.",
    .example = "muster supersede inc-7k2q9 --by inc-m3x8d --reason \"one flood, reported twice\"",
};
