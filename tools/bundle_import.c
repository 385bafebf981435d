/* muster bundle import: takes files of partners in and writes the replies. */
#include "tools/arguments.h"
#include "tools/bundle.h"
#include "tools/files.h"
#include "tools/memory.h"
#include "tools/progress.h"
#include "tools/screen.h"
#include "tools/stick.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TAKEN_HEAD_BYTES = 8192, /* SPEC S5.7.10 */
    EXPECTED_MAX = 8192      /* files that the lists of a folder name; more than are taken of one */
};

struct import {
    struct tool *tool;
    json_t *files;   /* one a file that was taken: {file, ...report} */
    json_t *replies; /* one a partner: {agency: id, name, path} */
    json_t *lacking; /* {file, why, says}: of a folder, what is not there or not whole */
    json_t *expected; /* of a folder: path -> {bytes, hash, base}, by the lists in it; what was met is taken out */
    char base[PATH_MAX]; /* the first part of the bundle that is being taken, if a list says which; else empty */
    long long fresh, refused, others, passed;
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
    reply_path(to, in->base[0] ? in->base : path);
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
    if (value_true_at(answer, "more") && !in->folder)
        screen_line(tool, "further parts of it exist: import them too");
}

/* explained: somebody says better than the node why it is refused. */
static int bytes_take(struct import *in, const char *path, const char *bytes, size_t len, bool explained)
{
    struct tool *tool = in->tool;
    struct url url;
    struct fault fault;
    json_t *answer;
    url_start(&url, tool->set.dry_run ? "/v1/bundles/show" : "/v1/bundles/import");
    enum muster_error error = client_send_file(&tool->client, &url, bytes, len, &answer, &fault);
    if (error == MUSTER_EWRONGPEER && in->folder) {
        in->others++;
        return 0;
    }
    if (error)
        return explained ? fault.exit : tool_fail(tool, &fault);
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

/* A file that a person named: links are followed. */
static int file_take(struct import *in, const char *path)
{
    char *bytes;
    size_t len;
    int code = bundle_load(in->tool, path, &bytes, &len);
    if (code)
        return code;
    code = bytes_take(in, path, bytes, len, false);
    free(bytes);
    return code;
}

/* --- a folder ----------------------------------------------------------------------------------------------------- */

/* Has the node taken it in whole?  Then its reply is due all the same, should the stick have been gone before it was written. */
static bool was_taken(struct import *in, const char *path, const char *bytes, size_t len)
{
    struct url url;
    struct fault fault;
    json_t *answer = NULL;
    uint8_t length[8];
    char hex[2 * HASH_BYTES + 1], query[96];
    put_le64(length, len);
    struct hash id =
        crypto_hash2("muster/1/bundle-taken", length, sizeof length, bytes, len < TAKEN_HEAD_BYTES ? len : TAKEN_HEAD_BYTES);
    snprintf(query, sizeof query, "/v1/bundles/taken?id=%s", hex_from(hex, id.b, HASH_BYTES));
    url_start(&url, query);
    if (in->tool->set.dry_run || client_call(&in->tool->client, "GET", &url, NULL, &answer, &fault) != MUSTER_OK)
        return false;
    bool taken = value_true_at(answer, "taken");
    if (taken) {
        in->passed++;
        json_object_set_new(answer, "new", json_integer(0));
        note_reply(in, path, answer);
    }
    json_decref(answer);
    return taken;
}

static void lack(struct import *in, const char *path, const char *why, const char *says)
{
    json_array_append_new(in->lacking, json_pack("{s:s, s:s, s:s}", "file", path, "why", why, "says", says));
}

/* What the lists say of a file; STICK_WHOLE also when they say nothing. */
static enum stick_state expected_of(struct import *in, const char *path, const char *bytes, uint64_t len)
{
    json_t *row = json_object_get(in->expected, path);
    struct hash want, found = stick_hash(bytes, (size_t)len);
    enum stick_state state = STICK_WHOLE;
    snprintf(in->base, sizeof in->base, "%s", value_text_at(row, "base"));
    if (row && (long long)len < value_int_at(row, "bytes"))
        state = STICK_SHORT;
    else if (row && hex_to(want.b, HASH_BYTES, value_text_at(row, "hash")) && memcmp(want.b, found.b, HASH_BYTES) != 0)
        state = STICK_CHANGED;
    json_object_del(in->expected, path);
    return state;
}

/* One file of a folder, whose name somebody else chose.  The node alone judges it; the lists help to say what is wrong. */
static void entry_take(struct import *in, const char *path)
{
    char *bytes;
    uint64_t len;
    enum stick_state state = stick_load(path, 0, &bytes, &len);
    if (state != STICK_WHOLE) {
        json_object_del(in->expected, path);
        lack(in, path, stick_name(state), stick_says(state));
        return;
    }
    state = expected_of(in, path, bytes, len);
    if (!was_taken(in, path, bytes, (size_t)len)) {
        int code = bytes_take(in, path, bytes, (size_t)len, state != STICK_WHOLE);
        if (code)
            in->last_code = code;
        if (code && state == STICK_WHOLE)
            lack(in, path, "refused", N_("was refused: see above"));
        else if (code)
            lack(in, path, stick_name(state), stick_says(state));
    }
    in->base[0] = '\0';
    free(bytes);
}

/* What a list says should be there, if the bundle is for this agency. */
static void list_expect(struct import *in, const char *folder, const char *name)
{
    struct bundle_list list;
    char path[PATH_MAX], part_path[PATH_MAX], hex[2 * HASH_BYTES + 1];
    const char *self = value_text_at(tool_status(in->tool), "agency.id");
    size_t stem = strlen(name) - strlen(BUNDLE_LIST_SUFFIX);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!bundle_list_read(&list, path))
        return;
    snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)stem, name, BUNDLE_SUFFIX);
    bool mine = self[0] && strcmp(value_text_at(list.head, "for"), self) == 0;
    for (size_t part = 1; mine && part <= list.count && json_object_size(in->expected) < EXPECTED_MAX; part++) {
        const struct bundle_part *row = &list.parts[part - 1];
        bundle_part_path(part_path, path, part);
        json_object_set_new(in->expected, part_path, json_pack("{s:I, s:s, s:s}", "bytes", (json_int_t)row->bytes, "hash",
                                                               hex_from(hex, row->hash.b, HASH_BYTES), "base", path));
    }
    if (mine && !list.whole) {
        bundle_part_path(part_path, path, list.count + 1);
        lack(in, part_path, "unfinished", N_("and what follows it was not written: the export was interrupted"));
    }
    bundle_list_free(&list);
}

static void lists_expect(struct import *in, const char *folder)
{
    struct fault fault;
    char **names;
    size_t count, left_out;
    if (stick_names(folder, BUNDLE_LIST_SUFFIX, &names, &count, &left_out, &fault) != MUSTER_OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (strlen(folder) + strlen(names[i]) + 2 < PATH_MAX - 16)
            list_expect(in, folder, names[i]);
    stick_names_free(names, count);
}

static uint64_t folder_bytes(const char *folder, char **names, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct stat facts;
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (lstat(path, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= STICK_FILE_MAX)
            sum += (uint64_t)facts.st_size;
    }
    return sum;
}

/* All bundles of a folder, by name; one that cannot be used does not stop the others.  Then what its lists miss. */
static int folder_take(struct import *in, const char *folder)
{
    struct fault fault;
    struct progress progress;
    char **names;
    size_t count, left_out;
    uint64_t done = 0;
    if (stick_names(folder, BUNDLE_SUFFIX, &names, &count, &left_out, &fault) != MUSTER_OK)
        return tool_fail(in->tool, &fault);
    in->folder = true;
    json_object_clear(in->expected);
    lists_expect(in, folder);
    progress_start(&progress, in->tool, "bundle", _("taking in"), folder_bytes(folder, names, count), true);
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX];
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, names[i]) >= sizeof path - 16)
            continue;
        entry_take(in, path);
        done += folder_bytes(folder, &names[i], 1);
        progress_at(&progress, done);
    }
    if (in->last_code)
        progress_drop(&progress);
    else
        progress_end(&progress, done);
    stick_names_free(names, count);
    const char *path;
    json_t *row;
    json_object_foreach(in->expected, path, row)
        lack(in, path, stick_name(STICK_MISSING), stick_says(STICK_MISSING));
    in->folder = false;
    if (left_out)
        tool_say(in->tool, "muster: %zu more files of %s were left out: at most %d of a folder", left_out, folder, STICK_NAMES_MAX);
    if (count || json_array_size(in->lacking))
        return 0;
    fault_set(&fault, MUSTER_ENOTFOUND, "there is no *%s in %s", BUNDLE_SUFFIX, folder);
    fault_step(&fault, "muster bundle export --for AGENCY -O FOLDER, at the sender");
    return tool_fail(in->tool, &fault);
}

static void lacking_print(struct import *in)
{
    struct tool *tool = in->tool;
    size_t count = json_array_size(in->lacking);
    if (tool->set.output == OUTPUT_JSON || tool->set.output == OUTPUT_NDJSON)
        return; /* the answer has it */
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(in->lacking, i);
        tool_say(tool, "muster: %s %s", value_text_at(row, "file"), lang_text(value_text_at(row, "says")));
    }
    if (count)
        tool_say(tool, "muster: what is whole was taken; copy the rest again, or have the export repeated onto this stick with the "
                       "same command, then import the folder once more");
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
    } else if (wish || value_int_at(row, "fresh") || value_int_at(measure, "segments") || access(value_text_at(row, "path"), F_OK) != 0) {
        code = bundle_make(tool, body, measure, wish ? wish : value_text_at(row, "path"), true, made);
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

int bundle_take(struct tool *tool, char **paths, size_t count, const char *wish, bool none, json_t **answered)
{
    struct import in = {.tool = tool, .files = json_array(), .replies = json_array(), .lacking = json_array(), .expected = json_object()};
    int code = 0;
    if (tool->set.output == OUTPUT_TABLE && !answered)
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
    bool some = json_array_size(in.files) || in.passed;
    json_t *answer = json_pack("{s:O, s:O, s:O, s:I, s:I, s:I, s:b}", "files", in.files, "replies", in.replies, "lacking", in.lacking,
                               "new", (json_int_t)in.fresh, "refused", (json_int_t)in.refused, "passed", (json_int_t)in.passed,
                               "dry_run", tool->set.dry_run);
    if (answered)
        *answered = json_incref(answer);
    else if (some || (!code && !in.last_code))
        (void)tool_print_data(tool, answer);
    if (in.passed && tool->set.output == OUTPUT_TABLE)
        screen_line(tool, "%lld files had been taken in whole before", in.passed);
    if (in.others)
        tool_hint(tool, "%lld files are for other nodes", in.others);
    lacking_print(&in);
    if (!code && json_array_size(in.lacking))
        code = some || !in.last_code ? EXIT_INCOMPLETE : in.last_code;
    if (!code)
        code = in.refused ? EXIT_INCOMPLETE : 0;
    json_decref(answer);
    json_decref(in.files);
    json_decref(in.replies);
    json_decref(in.lacking);
    json_decref(in.expected);
    return code;
}

static int import_run(struct tool *tool, const struct arguments *args)
{
    return bundle_take(tool, args->words, args->count, option_get(args, "reply"), option_get(args, "no-reply") != NULL, NULL);
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
              "file twice, or an old one, does no harm. Of a folder, what was taken in whole is passed over, and what is missing or "
              "not whole by its lists is named: copy that again and repeat the command. Ends with 5 when something is lacking "
              "or was refused.",
    .example = "muster bundle import /media/stick\nmuster bundle import yibin.muster-bundle --reply back.muster-bundle",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster files replies lacking new refused passed dry_run",
    .rows = "files: file agency.id agency.name new refused",
};
