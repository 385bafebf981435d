/* muster bundle export: a file with what a partner lacks, for a stick; muster bundle show: what such a file is. */
#include "tools/bundle.h"

#include "tools/arguments.h"
#include "tools/exchange.h"
#include "tools/files.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PART_MB_MIN = 1, PART_MB_MAX = 32 };

void bundle_size(char out[32], long long bytes)
{
    if (bytes < 1000)
        snprintf(out, 32, "%lld B", bytes);
    else if (bytes < 1000000)
        snprintf(out, 32, "%.1f kB", (double)bytes / 1000);
    else
        snprintf(out, 32, "%.1f MB", (double)bytes / 1000000);
}

int bundle_load(struct tool *tool, const char *path, char **bytes, size_t *len)
{
    struct fault fault;
    return file_load_text(path, CLIENT_FILE_MAX, bytes, len, &fault) == MUSTER_OK ? 0 : tool_fail(tool, &fault);
}

/* --- where it goes ----------------------------------------------------------------------------------------------- */

/* "zhaotong-20260301-1405.muster-bundle", in the folder that was named, if one was. */
void bundle_path(char out[PATH_MAX], const char *wish, const json_t *agency, const char *suffix, char letter)
{
    struct stat facts;
    char name[EXCHANGE_NAME_BYTES], now[VALUE_TIME_BYTES], digits[VALUE_TIME_BYTES];
    size_t n = 0;
    bool folder = wish && stat(wish, &facts) == 0 && S_ISDIR(facts.st_mode);
    if (wish && !folder) {
        snprintf(out, PATH_MAX, "%s", wish);
        return;
    }
    exchange_plain_name(name, value_text_at(agency, "name"), value_text_at(agency, "id"));
    time_now(now);
    for (const char *at = now; *at && n + 1 < sizeof digits; at++)
        if (isdigit((unsigned char)*at))
            digits[n++] = *at;
        else if (*at == ' ')
            digits[n++] = '-';
    digits[n] = '\0';
    char more[2] = {letter, '\0'};
    snprintf(out, PATH_MAX, "%s%s%s-%s%s%s", folder ? wish : "", folder ? "/" : "", name, digits, more, suffix);
}

/* --- making -------------------------------------------------------------------------------------------------------- */

enum muster_error bundle_measure(struct tool *tool, json_t *body, json_t **answer, struct fault *fault)
{
    struct url url;
    json_t *asked = json_copy(body);
    url_start(&url, "/v1/bundles/export");
    json_object_set_new(asked, "dry_run", json_true());
    enum muster_error error = client_call(&tool->client, "POST", &url, asked, answer, fault);
    json_decref(asked);
    return error;
}

static int export_body(struct tool *tool, const struct arguments *args, json_t **body)
{
    const char *agency = option_get(args, "for"), *part = option_get(args, "part-size");
    char *end = NULL;
    long mb = part ? strtol(part, &end, 10) : 0;
    if (!agency)
        return tool_usage(tool, "muster bundle export --for AGENCY", "for whom is the bundle?");
    if (part && (*end || end == part || mb < PART_MB_MIN || mb > PART_MB_MAX))
        return tool_usage(tool, "muster bundle export --for AGENCY --part-size 4", "--part-size is %d to %d, in MB",
                          PART_MB_MIN, PART_MB_MAX);
    *body = tool_body(tool);
    json_object_set_new(*body, "agency", json_string(agency));
    if (option_get(args, "all"))
        json_object_set_new(*body, "all", json_true());
    if (part)
        json_object_set_new(*body, "part_bytes", json_integer((json_int_t)mb << 20));
    return 0;
}

static void measured_print(struct tool *tool, const json_t *measure)
{
    char size[32];
    long long bytes = value_int_at(measure, "bytes"), here = value_int_at(measure, "segments"), left = value_int_at(measure, "left");
    bundle_size(size, left && here ? (long long)((double)bytes * (double)(here + left) / (double)here) : bytes);
    screen_line(tool, "%lld segments in %lld spaces, %lld keys; %s%s",
                here + left, value_int_at(measure, "spaces"), value_int_at(measure, "keys"), left ? _("about ") : "",
                size);
}

static void files_print(struct tool *tool, const json_t *files)
{
    size_t kept = 0, count = json_array_size(files);
    for (size_t i = 0; i < count; i++) {
        char size[32];
        const json_t *file = json_array_get(files, i);
        bundle_size(size, value_int_at(file, "bytes"));
        kept += value_true_at(file, "kept");
        screen_line(tool, "%s  %s%s", value_text_at(file, "file"), size,
                    value_true_at(file, "kept") ? _("  was there") : "");
    }
    if (count && kept == count)
        screen_line(tool, "%s", _("all of it was there already, and whole: nothing was written"));
}

static int export_run(struct tool *tool, const struct arguments *args)
{
    json_t *body = NULL, *measure = NULL, *files = json_array();
    char path[PATH_MAX];
    struct fault fault;
    int code = export_body(tool, args, &body);
    if (code) {
        json_decref(files);
        return code;
    }
    if (bundle_measure(tool, body, &measure, &fault) != MUSTER_OK) {
        code = tool_fail(tool, &fault);
        goto out;
    }
    bundle_place(tool, path, option_get(args, "output-file"), body, measure);
    if (!tool->set.dry_run)
        code = bundle_make(tool, body, measure, path, tool->set.yes, files);
    json_object_set(measure, "files", files);
    json_object_set_new(measure, "older", code || tool->set.dry_run ? json_array() : bundle_older(path));
    json_object_set_new(measure, "dry_run", json_boolean(tool->set.dry_run));
    if (code || tool_print_data(tool, measure))
        goto out;
    screen_head(tool, NULL);
    screen_line(tool, "for %s, whose nodes alone can open it:",
                value_text_at(measure, "agency.name"));
    measured_print(tool, measure);
    files_print(tool, files);
    bundle_older_print(tool, json_object_get(measure, "older"));
    if (tool->set.dry_run)
        screen_line(tool, "nothing was written (--dry-run)");
    else
        tool_hint(tool, "they take it with: muster bundle import FILE; bring the reply back and import it here");
out:
    json_decref(body);
    json_decref(measure);
    json_decref(files);
    return code;
}

static const struct option_row export_options[] = {
    {"for",         0,   "AGENCY", "who shall get it: only its nodes can open it"           },
    {"output-file", 'O', "FILE",   "file or folder; else a name is made in this folder"     },
    {"all",         0,   NULL,     "everything, not only what they are not known to hold"   },
    {"part-size",   0,   "MB",     "a new file after so much, 1 to 32; else 16"              },
    {NULL,          0,   NULL,     NULL                                                     },
};

const struct command command_bundle_export = {
    .name = "bundle export",
    .args = "--for AGENCY",
    .group = GROUP_CARRY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 0,
    .words_max = 0,
    .options = export_options,
    .run = export_run,
    .help = "write what a partner lacks into a file, for a stick",
    .detail = "The file holds control, keys, receipts and records of the spaces that you share, sealed to the partner's "
              "nodes; whoever finds it learns who made it, for whom, when and how large it is. What the partner has "
              "said it holds is left out. Files may arrive late, twice or never, and in any order: what is missing "
              "comes with the next one. Each part of a large bundle is useful alone. Each is read back before it has its name; "
              "NAME.muster-parts lists them. When the stick was pulled out or was full, repeat the same command: what is "
              "whole there is kept. When there is more to tell by then, an unfinished bundle goes on, and beside a finished one "
              "a new one is written: the old one is named, and can be deleted once the new one is finished.",
    .example = "muster bundle export --for Zhaotong -O /media/stick\nmuster bundle export --for Zhaotong --all\nmuster "
               "bundle export --for Zhaotong --dry-run",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) |
             EXIT_BIT(EXIT_STORAGE),
    .keys = "muster agency bytes spaces logs segments keys more left state files older dry_run",
    .rows = "files: file bytes kept",
};

/* --- show ---------------------------------------------------------------------------------------------------------- */

static void show_print(struct tool *tool, const json_t *answer)
{
    char size[32], made[VALUE_TIME_BYTES];
    const char *whom = value_text_at(answer, "for.name");
    bundle_size(size, value_int_at(answer, "bytes"));
    time_short(made, value_text_at(answer, "made"));
    screen_head(tool, NULL);
    screen_field(tool, _("made by"), 9, value_text_at(answer, "agency.name"));
    screen_field(tool, _("made"), 9, made);
    screen_field(tool, _("for"), 9,
                 whom[0] ? whom : _("somebody who is not known here"));
    screen_field(tool, _("size"), 9, size);
    if (!value_true_at(answer, "mine")) {
        screen_line(tool, "this node cannot open it: what it holds is not shown");
        return;
    }
    screen_line(tool, "for this node: %lld segments of %lld spaces, %lld of them known here",
                value_int_at(answer, "segments"), value_int_at(answer, "spaces"), value_int_at(answer, "spaces_known"));
    tool_hint(tool, "muster bundle import FILE takes it");
}

static int show_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    struct fault fault;
    json_t *answer;
    char *bytes;
    size_t len;
    int code = bundle_load(tool, args->words[0], &bytes, &len);
    if (code)
        return code;
    url_start(&url, "/v1/bundles/show");
    if (client_send_file(&tool->client, &url, bytes, len, &answer, &fault) != MUSTER_OK) {
        free(bytes);
        return tool_fail(tool, &fault);
    }
    free(bytes);
    if (!tool_print_data(tool, answer))
        show_print(tool, answer);
    json_decref(answer);
    return 0;
}

const struct command command_bundle_show = {
    .name = "bundle show",
    .args = "FILE",
    .group = GROUP_CARRY,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .run = show_run,
    .help = "who made a bundle, for whom, how large; takes nothing of it",
    .example = "muster bundle show /media/stick/zhaotong-20260301-1405.muster-bundle",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster agency node for made mine recipients bytes",
    .rows = "agency.id agency.name for.id for.name made bytes recipients spaces segments",
};
