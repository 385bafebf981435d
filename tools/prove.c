/* muster prove: a record in one file, for somebody who has no node. */
#include "protocol/trust/armour.h"
#include "tools/files.h"
#include "tools/proof_say.h"
#include "tools/tool.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <stdlib.h>

/* What the node gave is looked at before it is handed on. */
static int look(struct tool *tool, const struct client_bytes *bytes, size_t *count)
{
    struct proof_anchor anchor = {.self = true};
    struct proof_file file;
    struct proof_problem problem;
    struct fault fault;
    char steps[PROOF_SENTENCE_BYTES];
    enum muster_error error = crypto_start();
    file = (struct proof_file){.bytes = NULL};
    problem = (struct proof_problem){.error = error};
    if (!error)
        error = proof_file_read(&file, bytes->at ? (const char *)bytes->at : "", bytes->len, &anchor, &problem, steps);
    *count = file.count;
    proof_file_clear(&file);
    if (!error)
        return 0;
    fault_set(&fault, error, "the node made a proof that does not hold");
    fault_why(&fault, "%s", problem.sentence);
    fault_step(&fault, "muster check");
    (void)tool_fail(tool, &fault);
    return EXIT_PROOF;
}

/* To the file as bytes or text; to stdout always as text. */
static int save(struct tool *tool, const struct client_bytes *bytes, const char *path, bool armour)
{
    struct fault fault;
    size_t size = armour || !path ? 2 * bytes->len + 256 : 0, len = 0;
    char *text = size ? malloc(size) : NULL;
    if (size && !text) {
        fault_set(&fault, MUSTER_EBUSY, "there is no memory for the proof's text");
        return tool_fail(tool, &fault);
    }
    if (text)
        len = armour_write(text, size, "PROOF", bytes->at, bytes->len);
    int code = 0;
    if (!path)
        fwrite(text, 1, len, tool->out);
    else if (file_save(path, text ? text : (const char *)bytes->at, text ? len : bytes->len,
                       tool->set.yes ? FILE_REPLACE : 0, &fault))
        code = tool_fail(tool, &fault);
    free(text);
    return code;
}

static int prove_run(struct tool *tool, const struct arguments *args)
{
    const char *path = option_get(args, "output-file"), *record = option_get(args, "record");
    bool disclose = option_get(args, "disclose"), all = option_get(args, "all");
    struct client_bytes bytes = {.at = NULL};
    struct fault fault;
    struct url url;
    size_t count = 0;
    if (all && record)
        return tool_usage(tool, "leave out --record or --all", "either one record or all of them");
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, "proof");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "record", record);
    url_query(&url, "all", all ? "1" : NULL);
    url_query(&url, "disclose", disclose ? "1" : NULL);
    url_query(&url, "witnesses", option_get(args, "witnesses") ? "1" : NULL);
    if (client_get_bytes(&tool->client, &url, &bytes, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    int code = look(tool, &bytes, &count);
    if (!code)
        code = tool_file_form(tool, path);
    if (!code)
        code = save(tool, &bytes, path, option_get(args, "armour"));
    if (!code && path && !tool_print_file(tool, path, bytes.len))
        tool_say(tool, "%s: %zu proof%s, %zu bytes, content %s; the reader needs muster-verify and your agency's id",
                 path, count, count == 1 ? "" : "s", bytes.len,
                 disclose ? _("DISCLOSED: whoever has the file reads it") : _("not disclosed"));
    free(bytes.at);
    return code;
}

static const struct option_row prove_options[] = {
    {"output-file", 'O', "FILE", "write it to this file instead of stdout"},
    {"record", 0, "ID", "this record instead of the newest change"},
    {"all", 0, NULL, "every record of the object"},
    {"disclose", 0, NULL, "with the content: whoever has the file reads it"},
    {"witnesses", 0, NULL, "with records of other agencies that bound the time"},
    {"armour", 0, NULL, "as text that survives mail and chat"},
    {NULL, 0, NULL, NULL},
};

const struct command command_prove = {
    .name = "prove",
    .args = "OBJECT",
    .group = GROUP_CARRY,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .options = prove_options,
    .run = prove_run,
    .help = "a file that proves who said what, to somebody without a node",
    .detail =
        "The file holds a record's header, the way to its signature and the agency's certificates; not the content. "
        "With --disclose it holds the content and a key that opens this record alone; the node's audit notes that.",
    .example = "muster prove inc-7k2q9 -O dike.proof",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster file bytes",
    .rows = TOOL_FILE_ROWS,
};
