/* muster import: files of others become objects. */
#include "tools/arguments.h"
#include "tools/import_batch.h"
#include "tools/import_child.h"
#include "tools/memory.h"
#include "tools/preview.h"
#include "tools/progress.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, REFUSALS_SHOWN = 20, FILES_MAX = 100000, EXIT_INTERRUPTED = 128 + SIGINT, PATIENCE_MS = 2000 };

struct import {
    struct tool *tool;
    struct import_wish wish;
    struct batch batch;
    struct progress progress;
    struct progress reading; /* of a pipe: bytes, of which nobody knows how many come */
    const char *file;   /* that is being read */
    long long refused, alerts, resources, others, refusals_shown;
    size_t files, taken; /* taken: items of all files so far */
    json_t *report; /* [{file, format, items, refused}] */
    json_t *problems;
    json_t *names; /* of files: they stay until their items are sent */
    enum muster_error last_error; /* of a file that was refused whole */
    int code; /* of the failure that ended it; 0: none */
    bool said_waiting;
};

/* ---- Ctrl-C: held back while a batch is under way, so that what was sent is counted ---- */

static void interrupts_hold(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool is_interrupted(void)
{
    sigset_t set;
    return sigpending(&set) == 0 && sigismember(&set, SIGINT) == 1;
}

/* A file's name on a screen. */
static const char *shown_name(const char *file)
{
    return strcmp(file, IMPORT_STDIN_NAME) == 0 ? _(IMPORT_STDIN_NAME) : file;
}

static void refusal(struct import *in, const char *file, long long line, const char *code,
                    const char *message)
{
    json_array_append_new(in->problems, json_pack("{s:s+, s:I, s:s, s:s}", "file", file, "", "line",
                                                  (json_int_t)line, "code", code, "message", message));
    if (in->tool->set.output == OUTPUT_JSON || in->tool->set.output == OUTPUT_NDJSON)
        return; /* it is in the object */
    file = shown_name(file);
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
    if (in->progress.drawn)
        fputs("\r\033[K", in->tool->err);
    /* Also with --quiet: it is the reason for the exit code.  A line each where a program may read them. */
    screen_fold(in->tool->err, safe, 0, 2, in->tool->err_terminal ? in->tool->width : SIZE_MAX);
    free(safe);
    free(text);
}

static void node_refusal(void *user, const char *file, size_t line, const char *code, const char *message)
{
    struct import *in = user;
    refusal(in, file, (long long)line, code, message);
    for (size_t i = json_array_size(in->names); i-- > 0;) /* it is one of the last: those of a batch */
        if (json_string_value(json_array_get(in->names, i)) == file) {
            json_t *report = json_array_get(in->report, i);
            json_object_set_new(report, "refused", json_integer(value_int_at(report, "refused") + 1));
            break;
        }
}

/* ---- a file ---- */

/* It is read: what follows is counted and timed by itself. */
static void reading_end(struct import *in)
{
    if (!in->reading.began_ms)
        return;
    progress_drop(&in->reading);
    in->progress.began_ms += progress_now_ms() - in->reading.began_ms;
    in->reading = (struct progress){0};
    in->said_waiting = false;
}

static void file_total(void *user, const char *format, size_t items)
{
    struct import *in = user;
    reading_end(in);
    json_t *report = json_array_get(in->report, json_array_size(in->report) - 1);
    json_object_set_new(report, "format", json_string(format)); /* said also of a file that is not read to its end */
    in->progress.of = in->taken + items;
}

static bool file_item(void *user, const char *json, size_t len, size_t line)
{
    struct import *in = user;
    size_t waiting = batch_waiting(&in->batch);
    in->code = batch_add(&in->batch, json, len, in->file, line);
    in->taken++;
    if (batch_waiting(&in->batch) > waiting)
        return in->code == 0;
    progress_at(&in->progress, in->taken - batch_waiting(&in->batch)); /* a batch was answered */
    if (!in->code && is_interrupted())
        in->code = EXIT_INTERRUPTED;
    return in->code == 0;
}

/* While a pipe is read. */
static bool file_waiting(void *user, size_t got)
{
    struct import *in = user;
    uint64_t now = progress_now_ms();
    if (!in->reading.began_ms)
        progress_start(&in->reading, in->tool, "read", _("reading"), 0, true);
    else if (!got && !in->said_waiting && now - in->reading.began_ms > PATIENCE_MS) {
        in->said_waiting = true;
        tool_say(in->tool, "note: %s: waiting for what somebody writes into it; Ctrl-C ends that", shown_name(in->file));
    }
    if (got && !(strcmp(in->file, IMPORT_STDIN_NAME) == 0 && isatty(STDIN_FILENO) == 1)) /* not over what somebody types */
        progress_at(&in->reading, got);
    if (is_interrupted())
        in->code = EXIT_INTERRUPTED;
    return in->code == 0;
}

static void file_import(struct import *in, const char *path)
{
    const struct import_take take = {in, file_total, file_item, file_waiting};
    json_array_append_new(in->names, json_string(import_source_name(path)));
    in->file = json_string_value(json_array_get(in->names, json_array_size(in->names) - 1));
    json_t *report = json_pack("{s:s, s:s, s:i, s:i}", "file", in->file, "format", "unknown", "items", 0, "refused", 0);
    json_array_append_new(in->report, report); /* the node's refusals are counted in it while it is read */
    json_t *result = import_parse(path, &in->wish, &take), *problems = json_object_get(result, "problems");
    reading_end(in); /* where it came to no items */
    if (in->code == EXIT_INTERRUPTED && !value_int_at(result, "items")) {
        json_decref(result); /* stopped while it was read: nothing is wrong with it */
        return;
    }
    const char *format = value_text_at(result, "format"), *shown = value_text_at(result, "file");
    long long refused = value_int_at(result, "refused"), items = value_int_at(result, "items");
    in->files++;
    in->refused += refused;
    bool alerts = strcmp(format, "cap") == 0, resources = format_kind_is_profile(format_kind_by_name(format));
    *(alerts ? &in->alerts : resources ? &in->resources : &in->others) += items + (alerts ? refused : 0);
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *problem = json_array_get(problems, i);
        const char *name = value_text_at(problem, "code");
        if (strcmp(name, "OK") == 0) {
            tool_say(in->tool, "note: %s: %s", shown_name(shown), value_text_at(problem, "message"));
            continue;
        }
        refusal(in, shown, value_int_at(problem, "line"), name, value_text_at(problem, "message"));
        in->last_error = error_by_name(name);
    }
    if (!in->code)
        json_object_set_new(report, "format", json_string(format));
    json_object_set_new(report, "items", json_integer(items));
    json_object_set_new(report, "refused", json_integer(value_int_at(report, "refused") + refused));
    json_decref(result);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A folder stands for its regular files, by name. */
static void folder_import(struct import *in, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, alphasort);
    size_t before = in->files;
    if (count < 0) {
        refusal(in, path, 0, "EIO", _("the folder cannot be read; check its rights"));
        in->refused++;
        return;
    }
    for (int i = 0; i < count; i++) {
        char file[PATH_BYTES];
        struct stat facts;
        bool fits = (size_t)snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name) < sizeof file;
        if (!in->code && fits && lstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && in->files < FILES_MAX)
            file_import(in, file);
        free(entries[i]);
    }
    free(entries);
    if (in->files == before && !in->code)
        tool_say(in->tool, "note: %s: there are no files in it", path);
}

static void path_import(struct import *in, const char *path)
{
    struct stat facts;
    if (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))
        folder_import(in, path);
    else
        file_import(in, path);
}

static int wish_read(struct tool *tool, const struct arguments *args, struct import_wish *wish)
{
    const char *kind = option_get(args, "kind"), *encoding = option_get(args, "encoding"),
               *format = option_get(args, "format");
    *wish = (struct import_wish){.flash = option_get(args, "flash") != NULL};
    if (format && (wish->format = format_kind_by_name(format)) == FORMAT_UNKNOWN)
        return tool_usage(tool, "muster import FILE --format stock", "--format is one of %s, not \"%s\"",
                          FORMAT_NAMES, format);
    if (kind && !(wish->kind = kind_by_name(kind)) && (format || (wish->format = format_kind_by_name(kind)) == FORMAT_UNKNOWN))
        return tool_usage(tool, "muster import FILE --kind incident",
                          "--kind is a kind of objects, or a format (%s), not \"%s\"", FORMAT_NAMES, kind);
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
    bool alerts = in->alerts && !in->others && !in->resources, resources = in->resources && !in->others && !in->alerts;
    const char *noun = alerts      ? _("alerts")
                       : resources ? _("resources")
                                   : _("objects");
    long long stored = in->batch.stored, refused = in->refused + in->batch.refused;
    if (in->refusals_shown > REFUSALS_SHOWN)
        tool_say(tool, "muster: and %lld more were refused; --json lists them all",
                 in->refusals_shown - REFUSALS_SHOWN);
    screen_head(tool, NULL);
    if (tool->set.dry_run)
        screen_line(tool, "would import %lld %s, %lld refused", stored, noun, refused);
    else
        screen_line(tool, "imported %lld %s, %lld already here, %lld refused", stored, noun, in->batch.existing,
                    refused);
}

static int summary(struct import *in)
{
    json_t *answer = json_pack("{s:b, s:I, s:I, s:I, s:b, s:O, s:O}", "dry_run", in->tool->set.dry_run, "stored",
                               (json_int_t)in->batch.stored, "existing", (json_int_t)in->batch.existing, "refused",
                               (json_int_t)(in->refused + in->batch.refused), "interrupted", in->code != 0, "files",
                               in->report, "problems", in->problems);
    if (in->tool->set.dry_run)
        json_object_update(answer, in->batch.preview);
    if (!tool_print_data(in->tool, answer)) {
        summary_print(in);
        if (in->tool->set.dry_run)
            preview_recipients_print(in->tool, in->batch.preview);
    }
    json_decref(answer);
    return 0;
}

/* It ended before its time: how far, and that it can be begun again. */
static void stopped_say(struct import *in)
{
    long long here = in->batch.stored + in->batch.existing;
    if (in->code == EXIT_INTERRUPTED)
        tool_say(in->tool,
                 "muster: stopped by you after %lld objects; what is in stays. Import the same again: what is here already "
                 "is recognised, and nothing is doubled",
                 here);
    else
        tool_say(in->tool,
                 "muster: the import broke off after %lld objects; what is in stays. Import the same again: what is here "
                 "already is recognised, and nothing is doubled",
                 here);
}

/* It can be read once, and then by nobody else. */
static int stdin_claim(struct tool *tool, const struct arguments *args)
{
    size_t count = 0;
    for (size_t i = 0; i < args->count; i++)
        count += import_source_is_stdin(args->words[i]);
    if (count > 1)
        return tool_usage(tool, "muster import - < FILE", "standard input is named %zu times, and can be read once", count);
    if (count)
        tool->can_ask = false; /* an answer would be taken out of the file */
    return 0;
}

static int import_all(struct import *in, const struct arguments *args)
{
    for (size_t i = 0; i < args->count && !in->code; i++)
        path_import(in, args->words[i]);
    if (!in->code)
        in->code = batch_send(&in->batch);
    else if (in->code == EXIT_INTERRUPTED && batch_settle(&in->batch) != 0)
        in->code = 1; /* its reason is printed */
    progress_drop(&in->progress); /* the summary says the end */
    long long here = in->batch.stored + in->batch.existing;
    if (in->code && !here && in->code != EXIT_INTERRUPTED)
        return in->code; /* its reason is printed, and there is nothing else to say */
    summary(in);
    if (in->code) {
        stopped_say(in);
        return in->code;
    }
    if (in->refused + in->batch.refused == 0)
        return 0;
    return in->files == 1 && here == 0 && in->last_error ? error_exit(in->last_error) : 1;
}

static int import_run(struct tool *tool, const struct arguments *args)
{
    struct import *in = memory_get(sizeof *in);
    in->tool = tool;
    int code = wish_read(tool, args, &in->wish);
    if (!code)
        code = stdin_claim(tool, args);
    if (!code) /* before the work: is the node there at all?  Which space, of several, agreements may say */
        code = tool_get(tool, "/v1/status", &tool->status);
    if (!code) {
        in->report = json_array();
        in->problems = json_array();
        in->names = json_array();
        batch_start(&in->batch, tool, node_refusal, in);
        progress_start(&in->progress, tool, "import", _("importing"), 0, false);
        interrupts_hold();
        code = import_all(in, args);
        batch_end(&in->batch);
        json_decref(in->report);
        json_decref(in->problems);
        json_decref(in->names);
    }
    free(in);
    return code;
}

static const struct option_row import_options[] = {
    {"format",   0, "FORMAT", "one of those below; else the contents tell"           },
    {"kind",     0, "KIND", "of tables and maps that do not say it: incident, ..."   },
    {"encoding", 0, "NAME", "of tables: utf8 or latin1"                             },
    {"flash",    0, NULL,   "alerts: they overtake everything else on the way"      },
    {NULL,       0, NULL,   NULL                                                    },
};

const struct command command_import = {
    .name = "import",
    .args = "FILE…|FOLDER…|-",
    .group = GROUP_CARRY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = import_options,
    .run = import_run,
    .help = "alerts, tables, maps and messages of others",
    .detail = "Formats: cap (alerts), csv (one kind, by the names or HXL tags of its fields), stock, org-resource and "
              "hospital (lists as agencies keep them), geojson (maps), ndjson (what export writes), edxl-rm "
              "and edxl-have (requests and offers, hospitals). A folder stands for the "
              "regular files in it, - for standard input; pipes are read to their end. A file or row that breaks a rule is refused with its line and the reason; the others go "
              "in. A second import of the same stores nothing new, nor does what comes back to where it was exported; an "
              "import that was interrupted is simply begun again. What cannot be kept is said. Ends with 1 when something "
              "was refused. Columns: stock wants an item and a quantity, org-resource an organisation, a type and a "
              "quantity, hospital a name; headings or HXL tags tell which is which.",
    .example = "muster import alerts/ --flash\nmuster import stock.csv --format stock --encoding "
               "latin1\nmuster import shelters.geojson --kind resource\nmuster import stock.csv --dry-run",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_STORAGE),
    .keys = "muster stored existing refused interrupted files problems",
    .rows = "files: file format items refused",
};
