/* muster verify: what a proof file proves, and what it does not.  Asks no node. */
#include "tools/arguments.h"
#include "tools/audit_file.h"
#include "tools/exchange.h"
#include "tools/files.h"
#include "tools/memory.h"
#include "tools/proof_say.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <stdlib.h>

enum { EXIT_FAILED = 1 };

/* A proof that does not hold ends with 9, whatever is wrong with it. */
static int refused(struct tool *tool, const char *path, const struct proof_problem *problem, const char *step)
{
    struct fault fault;
    fault_set(&fault, problem->error, "%s proves nothing", path);
    fault.exit = EXIT_PROOF;
    fault_why(&fault, "%s", problem->sentence);
    if (step[0])
        fault_step(&fault, "%s", step);
    else
        fault_step(&fault, "ask whoever gave it to you for the file again; do not rely on this one");
    (void)tool_fail(tool, &fault);
    return EXIT_PROOF;
}

/* 0, or the exit code after the fault was printed.  card and *card_bytes are filled when there is a card. */
static int take_anchor(struct tool *tool, const struct arguments *args, struct proof_anchor *anchor, struct card *card,
                       uint8_t **card_bytes)
{
    const char *path = option_get(args, "card"), *id = option_get(args, "agency");
    struct fault fault;
    char *text = NULL;
    size_t len = 0;
    anchor->self = option_get(args, "trust-self");
    anchor->by_id = id;
    if (id && !hex_to(anchor->agency.b, HASH_BYTES, id))
        return tool_usage(tool, "muster card show FILE shows the id", "\"%.70s\" is no agency's id: 64 hex digits", id);
    if (!path)
        return 0;
    if (file_load_text(path, EXCHANGE_BYTES_MAX, &text, &len, &fault))
        return tool_fail(tool, &fault);
    enum muster_error error = proof_card_read(card, card_bytes, text, len);
    free(text);
    anchor->card = card;
    if (!error)
        return 0;
    fault_set(&fault, error, "%s is no card that holds: %s", path, _(error_what(error)));
    fault.exit = EXIT_PROOF;
    fault_step(&fault, "ask the agency for its card again");
    (void)tool_fail(tool, &fault);
    return EXIT_PROOF;
}

#define PROOF_ROWS "proofs: record agency.id agency.name operation kind object time_claimed exercise"
#define AUDIT_ROWS "items: number time event agency.name detail"

/* The answer is written as the JSON that muster-verify writes too; other forms are made of that. */
struct answer_text {
    FILE *out;
    char *at;
    size_t len;
};

static void answer_begin(struct answer_text *text)
{
    text->out = memory_stream(&text->at, &text->len);
}

static void answer_end(struct tool *tool, struct answer_text *text, const char *rows)
{
    memory_stream_end(text->out);
    json_t *answer = NULL;
    if (tool->set.output == OUTPUT_JSON || tool->set.output == OUTPUT_NDJSON)
        fputs(text->at, tool->out); /* on one line, as there */
    else if ((answer = json_loadb(text->at, text->len, 0, NULL)) != NULL)
        (void)view_rows(tool, answer, rows);
    json_decref(answer);
    free(text->at);
}

/* An exported audit, by its first bytes. */
static int verify_audit(struct tool *tool, const char *path, const char *bytes, size_t len, const struct proof_anchor *anchor)
{
    struct proof_problem problem;
    char steps[PROOF_SENTENCE_BYTES];
    struct audit_file *file = calloc(1, sizeof(*file));
    int code = file ? 0 : EXIT_FAILED;
    if (file && audit_file_judge(file, bytes, len, anchor, &problem, steps) != MUSTER_OK)
        code = refused(tool, path, &problem, steps);
    else if (file && tool->set.output == OUTPUT_TABLE)
        audit_file_say(tool->out, file, anchor, tool->width);
    else if (file) {
        struct answer_text text;
        answer_begin(&text);
        audit_file_json(text.out, file, anchor);
        answer_end(tool, &text, AUDIT_ROWS);
    }
    free(file);
    return code;
}

static int verify_run(struct tool *tool, const struct arguments *args)
{
    const char *path = args->words[0];
    struct proof_anchor anchor = {.card = NULL};
    struct proof_file file = {.bytes = NULL};
    struct proof_problem problem;
    struct fault fault;
    char *bytes = NULL, steps[PROOF_SENTENCE_BYTES];
    uint8_t *card_bytes = NULL;
    size_t len = 0;
    struct card *card = calloc(1, sizeof(*card));
    int code = EXIT_FAILED;
    if (card && crypto_start() == MUSTER_OK)
        code = take_anchor(tool, args, &anchor, card, &card_bytes);
    if (code)
        goto out;
    if (strcmp(path, "-") == 0 ? stdin_load(PROOFS_FILE_MAX, &bytes, &len, &fault)
                               : file_load_text(path, PROOFS_FILE_MAX, &bytes, &len, &fault)) {
        code = tool_fail(tool, &fault);
        goto out;
    }
    if (audit_file_is(bytes, len))
        code = verify_audit(tool, path, bytes, len, &anchor);
    else if (proof_file_read(&file, bytes, len, &anchor, &problem, steps) != MUSTER_OK)
        code = refused(tool, path, &problem, steps);
    else if (tool->set.output == OUTPUT_TABLE)
        proof_file_say(tool->out, &file, tool->width);
    else {
        struct answer_text text;
        answer_begin(&text);
        proof_file_json(text.out, &file);
        answer_end(tool, &text, PROOF_ROWS);
    }
out:
    proof_file_clear(&file);
    free(bytes);
    free(card_bytes);
    free(card);
    return code;
}

static const struct option_row verify_options[] = {
    {"card", 0, "FILE", "the agency's card, from the agency itself"},
    {"agency", 0, "ID", "the agency's id, as it told you"},
    {"trust-self", 0, NULL, "believe the file's own word for who the agency is"},
    {NULL, 0, NULL, NULL},
};

const struct command command_verify = {
    .name = "verify",
    .args = "FILE",
    .group = GROUP_CARRY,
    .flags = OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .options = verify_options,
    .run = verify_run,
    .help = "what a proof or audit file proves, and what it does not",
    .detail = "Needs no node and no network, only whom to trust: the agency's card or id, from the agency itself. "
              "muster-verify is the same as a program of its own. Ends with 9 and the first reason when anything does "
              "not hold.",
    .example = "muster verify dike.proof --card yibin.muster-card\nmuster verify may.muster-audit --card yibin.muster-card",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster ok trusted_by proofs",
};
