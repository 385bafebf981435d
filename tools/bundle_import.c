/* muster bundle import: takes files of partners in and writes the replies. */
#include "tools/arguments.h"
#include "tools/bundle.h"
#include "tools/files.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_FILES_MAX = 1024 };

struct import {
    struct tool *tool;
    json_t *files;   /* one a file that was taken: {file, ...report} */
    json_t *replies; /* one a partner: {agency: id, name, path} */
    long long fresh, refused, others;
    int last_code;
    bool folder; /* of a folder: what is for others is passed over */
};

/* NAME.muster-bundle -> NAME.reply.muster-bundle; the reply to a reply keeps its name. */
static void reply_path(char out[PATH_MAX], const char *path)
{
    static const char reply[] = ".reply";
    size_t len = strlen(path), suffix = strlen(BUNDLE_SUFFIX);
    if (len > suffix && strcmp(path + len - suffix, BUNDLE_SUFFIX) == 0)
        len -= suffix;
    if (len > strlen(reply) && strncmp(path + len - strlen(reply), reply, strlen(reply)) == 0)
        len -= strlen(reply);
    snprintf(out, PATH_MAX, "%.*s%s%s", (int)len, path, reply, BUNDLE_SUFFIX);
}

/* One reply a partner, beside the last of its files. */
static void note_reply(struct import *in, const char *path, const json_t *answer)
{
    char to[PATH_MAX];
    const char *id = value_text_at(answer, "agency.id");
    reply_path(to, path);
    for (size_t i = 0; i < json_array_size(in->replies); i++) {
        json_t *known = json_array_get(in->replies, i);
        if (strcmp(value_text_at(known, "agency"), id) != 0)
            continue;
        json_object_set_new(known, "path", json_string(to));
        json_object_set_new(known, "fresh", json_integer(value_int_at(known, "fresh") + value_int_at(answer, "new")));
        return;
    }
    json_array_append_new(in->replies, json_pack("{s:s, s:s, s:s, s:I}", "agency", id, "name", value_text_at(answer, "agency.name"),
                                                 "path", to, "fresh", (json_int_t)value_int_at(answer, "new")));
}

static void taken_print(struct import *in, const char *path, json_t *answer)
{
    static const struct column columns[] = {
        {"space.name",  N_("SPACE"), COLUMN_CUT,   NULL},
        {"agency.name", N_("AGENCY"), COLUMN_TITLE, NULL},
        {"role",        N_("LOG"), 0,            NULL},
        {"new",         N_("NEW"),   COLUMN_RIGHT, NULL},
        {"known",       N_("KNOWN"), COLUMN_RIGHT, NULL},
        {"missing",     N_("MISSING"),   COLUMN_RIGHT, NULL},
        {"disputed",    N_("DISPUTED"), COLUMN_RIGHT, NULL},
        {"refused",     N_("REFUSED"), COLUMN_RIGHT, NULL},
        {"error.code",  N_("WHY"), 0,            NULL},
    };
    static const struct view view = {.columns = columns, .count = ARRAY_LEN(columns), .id_path = "log"};
    struct tool *tool = in->tool;
    char made[VALUE_TIME_BYTES];
    time_short(made, value_text_at(answer, "made"));
    screen_line(tool, "%s: of %s, made %s", path,
                value_text_at(answer, "agency.name"), made);
    screen_line(tool, "%lld new, %lld known, %lld missing, %lld disputed, %lld refused; %lld new keys",
                value_int_at(answer, "new"), value_int_at(answer, "known"), value_int_at(answer, "missing"),
                value_int_at(answer, "disputed"), value_int_at(answer, "refused"), value_int_at(answer, "keys"));
    view_table(tool, json_object_get(answer, "items"), &view);
    if (value_true_at(answer, "more"))
        screen_line(tool, "further parts of it exist: import them too");
}

static int file_take(struct import *in, const char *path)
{
    struct tool *tool = in->tool;
    struct url url;
    struct fault fault;
    json_t *answer;
    char *bytes;
    size_t len;
    int code = bundle_load(tool, path, &bytes, &len);
    if (code)
        return code;
    url_start(&url, tool->set.dry_run ? "/v1/bundles/show" : "/v1/bundles/import");
    enum muster_error error = client_send_file(&tool->client, &url, bytes, len, &answer, &fault);
    free(bytes);
    if (error == MUSTER_EWRONGPEER && in->folder) {
        in->others++;
        return 0;
    }
    if (error)
        return tool_fail(tool, &fault);
    json_object_set_new(answer, "file", json_string(path));
    json_array_append(in->files, answer);
    in->fresh += value_int_at(answer, "new");
    in->refused += value_int_at(answer, "refused");
    if (tool->set.output == OUTPUT_TABLE && tool->set.dry_run)
        screen_line(tool, "%s: %s", path,
                    value_true_at(answer, "mine") ? _("would be taken")
                                                  : _("is for another node"));
    else if (tool->set.output == OUTPUT_TABLE)
        taken_print(in, path, answer);
    if (!tool->set.dry_run)
        note_reply(in, path, answer);
    json_decref(answer);
    return 0;
}

static int is_bundle(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(BUNDLE_SUFFIX);
    return entry->d_name[0] != '.' && len > suffix && strcmp(entry->d_name + len - suffix, BUNDLE_SUFFIX) == 0;
}

/* All bundles of a folder, by name; one that cannot be used does not stop the others. */
static int folder_take(struct import *in, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_bundle, alphasort);
    if (count < 0)
        count = 0;
    if (!count)
        tool_say(in->tool, "muster: there is no *%s in %s", BUNDLE_SUFFIX, path);
    in->folder = true;
    for (int i = 0; i < count; i++) {
        char file[PATH_MAX];
        int code = i < FOLDER_FILES_MAX &&
                           (size_t)snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name) < sizeof file
                       ? file_take(in, file)
                       : 0;
        if (code)
            in->last_code = code;
        free(entries[i]);
    }
    free(entries);
    in->folder = false;
    return count ? 0 : EXIT_NOT_FOUND;
}

/* Receipts and own records back: unless nothing was new and nothing is to be told. */
static int reply(struct import *in, json_t *row, const char *wish)
{
    struct tool *tool = in->tool;
    struct fault fault;
    json_t *measure = NULL, *made = json_array(), *body = json_pack("{s:s}", "agency", value_text_at(row, "agency"));
    int code = 0;
    enum muster_error error = bundle_measure(tool, body, &measure, &fault);
    if (error == MUSTER_ENOTMEMBER || error == MUSTER_EUNKNOWN_AGENCY) {
        tool_say(tool, "muster: no reply for %s: %s", value_text_at(row, "name"), fault.message);
    } else if (error) {
        code = tool_fail(tool, &fault);
    } else if (wish || value_int_at(row, "fresh") || value_int_at(measure, "segments")) {
        code = bundle_make(tool, body, wish ? wish : value_text_at(row, "path"), true, made);
        json_object_set(row, "files", made);
        for (size_t i = 0; i < json_array_size(made) && tool->set.output == OUTPUT_TABLE; i++) {
            char size[32];
            bundle_size(size, value_int_at(json_array_get(made, i), "bytes"));
            screen_line(tool, "reply for %s: %s  %s", value_text_at(row, "name"),
                        value_text_at(json_array_get(made, i), "file"), size);
        }
    }
    json_decref(measure);
    json_decref(made);
    json_decref(body);
    return code;
}

int bundle_take(struct tool *tool, char **paths, size_t count, const char *wish, bool none)
{
    struct import in = {.tool = tool, .files = json_array(), .replies = json_array()};
    int code = 0;
    if (tool->set.output == OUTPUT_TABLE)
        screen_head(tool, NULL);
    for (size_t i = 0; i < count && !code; i++) {
        struct stat facts;
        bool folder = stat(paths[i], &facts) == 0 && S_ISDIR(facts.st_mode);
        code = folder ? folder_take(&in, paths[i]) : file_take(&in, paths[i]);
    }
    for (size_t i = 0; i < json_array_size(in.replies) && !none; i++) {
        int said = reply(&in, json_array_get(in.replies, i), json_array_size(in.replies) == 1 ? wish : NULL);
        if (!code)
            code = said;
    }
    json_t *answer = json_pack("{s:O, s:O, s:I, s:I, s:b}", "files", in.files, "replies", in.replies, "new", (json_int_t)in.fresh,
                               "refused", (json_int_t)in.refused, "dry_run", tool->set.dry_run);
    if (!code || json_array_size(in.files))
        (void)tool_print_json(tool, answer);
    if (in.others)
        tool_hint(tool, "%lld files are for other nodes", in.others);
    if (!code)
        code = in.last_code ? in.last_code : in.refused ? EXIT_INCOMPLETE : 0;
    json_decref(answer);
    json_decref(in.files);
    json_decref(in.replies);
    return code;
}

static int import_run(struct tool *tool, const struct arguments *args)
{
    return bundle_take(tool, args->words, args->count, option_get(args, "reply"), option_get(args, "no-reply") != NULL);
}

static const struct option_row import_options[] = {
    {"reply",    0, "FILE", "where the reply goes; else beside the file"},
    {"no-reply", 0, NULL,   "write none"                                },
    {NULL,       0, NULL,   NULL                                        },
};

const struct command command_bundle_import = {
    .name = "bundle import",
    .args = "FILE…|FOLDER…",
    .group = GROUP_CARRY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = import_options,
    .run = import_run,
    .help = "take a partner's bundles in and write the reply",
    .detail = "A file is looked at whole before anything of it is taken: one that is damaged, cut off or for another "
              "node changes nothing. Then its segments are verified as from a connection and told log by log: new, "
              "known, missing (something behind it is here, or they hold it), disputed, refused and why. The reply, "
              "NAME.reply" BUNDLE_SUFFIX ", holds your receipts and what they lack of yours: carry it back. Taking a "
              "file twice, or an old one, does no harm. Ends with 5 when something was refused.",
    .example = "muster bundle import /media/stick\nmuster bundle import yibin.muster-bundle --reply back.muster-bundle",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster files replies new refused dry_run",
};
