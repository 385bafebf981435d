/* muster import: files of others become objects. */
#include "tools/arguments.h"
#include "tools/import_child.h"
#include "tools/preview.h"
#include "tools/memory.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

enum {
    BATCH_ITEMS = 500,
    BATCH_BYTES = 2 * 1024 * 1024,
    PATH_BYTES = 4096,
    REFUSALS_SHOWN = 20,
    FILES_MAX = 100000
};

struct import {
    struct tool *tool;
    struct import_wish wish;
    bool flash;
    json_t *batch, *origins; /* items to send, and the file of each */
    size_t batch_bytes;
    long long stored, existing, superseded, refused, alerts, others, refusals_shown;
    size_t files;
    json_t *report; /* [{file, format, items, refused}] */
    json_t *problems;
    json_t *preview; /* of a dry run: who would receive it */
    enum muster_error last_error; /* of a file that was refused whole */
};

static void refusal(struct import *in, const char *file, long long line, const char *code,
                    const char *message)
{
    json_array_append_new(in->problems, json_pack("{s:s+, s:I, s:s, s:s}", "file", file, "", "line",
                                                  (json_int_t)line, "code", code, "message", message));
    if (in->tool->set.output == OUTPUT_JSON || in->tool->set.output == OUTPUT_NDJSON)
        return; /* it is in the object */
    if (in->refusals_shown++ >= REFUSALS_SHOWN)
        return;
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    if (line > 0)
        fprintf(stream, "muster: %s:%lld: %s (%s)", file, line, message, code);
    else
        fprintf(stream, "muster: %s: %s (%s)", file, message, code);
    memory_stream_end(stream);
    char *safe = terminal_text(text);
    fprintf(in->tool->err, "%s\n", safe); /* also with --quiet: it is the reason for the exit code */
    free(safe);
    free(text);
}

static void answers_count(struct import *in, const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(in->batch); i++) {
        const json_t *got = json_array_get(items, i), *error = json_object_get(got, "error");
        const char *state = value_text_at(got, "state");
        if (json_is_object(error) || !got) {
            in->refused++;
            refusal(in, json_string_value(json_array_get(in->origins, i)), 0,
                    got ? value_text_at(error, "code") : "EINTERNAL",
                    got ? value_text_at(error, "message") : "the node did not answer for this item");
        } else if (strcmp(state, "existing") == 0) {
            in->existing++;
        } else if (strcmp(state, "superseded") == 0) {
            in->superseded++;
        } else {
            in->stored++;
        }
    }
}

static int batch_send(struct import *in)
{
    struct tool *tool = in->tool;
    struct url url;
    json_t *answer;
    int code = 0;
    if (json_array_size(in->batch) == 0)
        return 0;
    json_t *body = tool_body(tool);
    json_object_set(body, "items", in->batch);
    json_object_set_new(body, "wait", json_true());
    json_object_set_new(body, "dry_run", json_boolean(tool->set.dry_run)); /* counted over all files before it is shown */
    url_start(&url, "/v1/records");
    code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (!code) {
        answers_count(in, answer);
        if (json_array_size(json_object_get(answer, "recipients")))
            json_object_set(in->preview, "recipients", json_object_get(answer, "recipients"));
        json_decref(answer);
    }
    if (tool->err_terminal && !tool->set.quiet)
        fprintf(tool->err, "\r%zu files, %lld objects ", in->files,
                in->stored + in->existing + in->superseded);
    json_array_clear(in->batch);
    json_array_clear(in->origins);
    in->batch_bytes = 0;
    return code;
}

static int item_add(struct import *in, json_t *item, const char *file)
{
    if (in->flash)
        json_object_set_new(item, "flash", json_true());
    size_t bytes = json_dumpb(item, NULL, 0, JSON_COMPACT);
    int code = 0;
    if (json_array_size(in->batch) == BATCH_ITEMS ||
        (in->batch_bytes && in->batch_bytes + bytes > BATCH_BYTES))
        code = batch_send(in);
    json_array_append(in->batch, item);
    json_array_append_new(in->origins, json_string(file));
    in->batch_bytes += bytes;
    return code;
}

static int file_import(struct import *in, const char *path)
{
    json_t *result = import_parse(path, &in->wish);
    json_t *items = json_object_get(result, "items"), *problems = json_object_get(result, "problems");
    const char *format = value_text_at(result, "format"), *shown = value_text_at(result, "file");
    long long refused = value_int_at(result, "refused");
    int code = 0;
    in->files++;
    in->refused += refused;
    *(strcmp(format, "cap") == 0 ? &in->alerts : &in->others) +=
        (long long)json_array_size(items) + (strcmp(format, "cap") == 0 ? refused : 0);
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *problem = json_array_get(problems, i);
        const char *name = value_text_at(problem, "code");
        if (strcmp(name, "OK") == 0) {
            tool_say(in->tool, "note: %s: %s", shown, value_text_at(problem, "message"));
            continue;
        }
        refusal(in, shown, value_int_at(problem, "line"), name, value_text_at(problem, "message"));
        in->last_error = error_by_name(name);
    }
    json_array_append_new(in->report,
                          json_pack("{s:s, s:s, s:I, s:I}", "file", shown, "format", format, "items",
                                    (json_int_t)json_array_size(items), "refused", (json_int_t)refused));
    for (size_t i = 0; i < json_array_size(items) && !code; i++)
        code = item_add(in, json_array_get(items, i), shown);
    json_decref(result);
    return code;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A folder stands for its regular files, by name. */
static int folder_import(struct import *in, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, alphasort), code = 0;
    size_t before = in->files;
    if (count < 0) {
        refusal(in, path, 0, "EIO", "the folder cannot be read; check its rights");
        in->refused++;
        return 0;
    }
    for (int i = 0; i < count; i++) {
        char file[PATH_BYTES];
        struct stat facts;
        bool fits = (size_t)snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name) < sizeof file;
        if (!code && fits && lstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && in->files < FILES_MAX)
            code = file_import(in, file);
        free(entries[i]);
    }
    free(entries);
    if (in->files == before && !code)
        tool_say(in->tool, "note: %s: there are no files in it", path);
    return code;
}

static int path_import(struct import *in, const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode) ? folder_import(in, path)
                                                             : file_import(in, path);
}

static int wish_read(struct tool *tool, const struct arguments *args, struct import_wish *wish)
{
    const char *kind = option_get(args, "kind"), *encoding = option_get(args, "encoding");
    *wish = (struct import_wish){FORMAT_UNKNOWN, TEXT_UTF8};
    if (kind && (wish->format = format_kind_by_name(kind)) == FORMAT_UNKNOWN)
        return tool_usage(tool, "muster import FILE --kind stock",
                          "--kind is cap, stock, org-resource or hospital, not \"%s\"", kind);
    if (encoding && strcmp(encoding, "latin1") == 0)
        wish->encoding = TEXT_LATIN1;
    else if (encoding && strcmp(encoding, "utf8") != 0)
        return tool_usage(tool, "muster import FILE --encoding latin1",
                          "--encoding is utf8 or latin1, not \"%s\"", encoding);
    return 0;
}

static void summary_print(struct import *in)
{
    struct tool *tool = in->tool;
    const char *noun = in->alerts && !in->others   ? screen_word(tool, "alerts", "条预警")
                       : in->others && !in->alerts ? screen_word(tool, "resources", "项资源")
                                                   : screen_word(tool, "objects", "个对象");
    long long stored = in->stored + in->superseded;
    if (tool->err_terminal && !tool->set.quiet)
        fputs("\r\033[K", tool->err);
    if (in->refusals_shown > REFUSALS_SHOWN)
        tool_say(tool, "muster: and %lld more were refused; --json lists them all",
                 in->refusals_shown - REFUSALS_SHOWN);
    screen_head(tool, NULL);
    if (tool->set.lang == LANG_ZH)
        screen_line(tool, "%s %lld %s,已存在 %lld,拒绝 %lld", tool->set.dry_run ? "将导入" : "已导入", stored,
                    noun, in->existing, in->refused);
    else if (tool->set.dry_run)
        screen_line(tool, "would import %lld %s, %lld refused", stored, noun, in->refused);
    else
        screen_line(tool, "imported %lld %s, %lld already here, %lld refused", stored, noun, in->existing,
                    in->refused);
}

static int summary(struct import *in)
{
    json_t *answer =
        json_pack("{s:b, s:I, s:I, s:I, s:O, s:O}", "dry_run", in->tool->set.dry_run, "stored",
                  (json_int_t)(in->stored + in->superseded), "existing", (json_int_t)in->existing, "refused",
                  (json_int_t)in->refused, "files", in->report, "problems", in->problems);
    if (in->tool->set.dry_run)
        json_object_update(answer, in->preview);
    if (!tool_print_json(in->tool, answer)) {
        summary_print(in);
        if (in->tool->set.dry_run)
            preview_recipients_print(in->tool, in->preview);
    }
    json_decref(answer);
    return 0;
}

static int import_run(struct tool *tool, const struct arguments *args)
{
    struct import in = {.tool = tool, .flash = option_get(args, "flash") != NULL};
    int code = wish_read(tool, args, &in.wish);
    if (!code) /* before the work: is the node there at all?  Which space, of several, agreements may say */
        code = tool_get(tool, "/v1/status", &tool->status);
    if (code)
        return code;
    in.batch = json_array();
    in.origins = json_array();
    in.report = json_array();
    in.problems = json_array();
    in.preview = json_object();
    for (size_t i = 0; i < args->count && !code; i++)
        code = path_import(&in, args->words[i]);
    if (!code)
        code = batch_send(&in);
    int said = code && in.stored + in.existing + in.superseded == 0 ? 0 : summary(&in);
    if (!code)
        code = said;
    if (!code && in.refused)
        code = in.files == 1 && in.stored + in.existing + in.superseded == 0 && in.last_error
                   ? error_exit(in.last_error)
                   : 1;
    json_decref(in.batch);
    json_decref(in.origins);
    json_decref(in.report);
    json_decref(in.problems);
    json_decref(in.preview);
    return code;
}

static const struct option_row import_options[] = {
    {"kind",     0, "KIND", "cap, stock, org-resource, hospital; else contents tell"},
    {"encoding", 0, "NAME", "of tables: utf8 or latin1"                             },
    {"flash",    0, NULL,   "alerts: they overtake everything else on the way"      },
    {NULL,       0, NULL,   NULL                                                    },
};

const struct command command_import = {
    .name = "import",
    .args = "FILE…|FOLDER…",
    .group = GROUP_CARRY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = import_options,
    .run = import_run,
    .help = "CAP alerts; tables of stock, resources, hospitals",
    .detail = "A folder stands for the regular files in it. A file or row that breaks a rule is refused with "
              "its line and "
              "the reason; the others go in. A second import of the same stores nothing new. Ends with 1 "
              "when something "
              "was refused. Columns: stock wants an item and a quantity, org-resource an organisation, a "
              "type and a "
              "quantity, hospital a name; headings or HXL tags tell which is which.",
    .example = "muster import alerts/ --flash\nmuster import stock.csv --kind stock --encoding "
               "latin1\nmuster import stock.csv --dry-run",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_STORAGE),
    .keys = "muster stored existing refused files problems",
};
