/* muster export: objects as files for the tools of others. */
#include "formats/gpkg.h"
#include "tools/completeness.h"
#include "tools/export_cap.h"
#include "tools/export_feed.h"
#include "protocol/kinds/time3339.h"
#include "tools/export_items.h"
#include "tools/export_whole.h"
#include "tools/files.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LEFT_OUT_SHOWN = 10, PATH_BYTES = 4096 };

struct exporting {
    struct tool *tool;
    const struct export_format *format;
    const char *path; /* NULL: standard output */
    bool folder, original;
    struct export e;
    struct file_draft draft;
    size_t left_out;
    char now[TIME_FORMAT_BYTES];
};

/* --- GeoPackage: a database beside the writers of text ----------------------------------------------------------- */

static enum muster_error gpkg_row(struct export *e, const json_t *item, struct format_problem *problem)
{
    return gpkg_item(e->handle, item, problem);
}

static const struct export_format gpkg_format = {
    .name = "gpkg",
    .media_type = "application/geopackage+sqlite3",
    .suffix = "gpkg",
    .help = "GeoPackage, for maps",
    .item = gpkg_row,
};

static int gpkg_fail(struct exporting *x, const struct format_problem *problem)
{
    struct fault fault;
    fault_set(&fault, problem->code, "%s", problem->sentence);
    return tool_fail(x->tool, &fault);
}

static int gpkg_begin(struct exporting *x)
{
    struct format_problem problem;
    struct gpkg *gpkg = NULL;
    if (x->format != &gpkg_format)
        return 0;
    if (gpkg_open(&gpkg, x->draft.temporary, &x->e.head, &problem) != MUSTER_OK)
        return gpkg_fail(x, &problem);
    x->e.handle = gpkg;
    return 0;
}

static int gpkg_end(struct exporting *x, int code)
{
    struct format_problem problem;
    struct gpkg *gpkg = x->e.handle;
    x->e.handle = NULL;
    return gpkg_close(gpkg, &problem) != MUSTER_OK && !code ? gpkg_fail(x, &problem) : code;
}

/* --- out of the writer's memory --------------------------------------------------------------------------------- */

static int drain(struct exporting *x)
{
    struct fault fault;
    FILE *to = x->path && !x->folder ? x->draft.out : x->tool->out;
    if (x->e.out.failed) {
        fault_set(&fault, MUSTER_ETOOBIG, "the file would be larger than %s can be", x->format->name);
        fault_step(&fault, "export less at once: --since 24h, or a filter FIELD=VALUE");
        return tool_fail(x->tool, &fault);
    }
    if (x->e.out.len && fwrite(x->e.out.at, 1, x->e.out.len, to) != x->e.out.len && !x->draft.error)
        x->draft.error = errno; /* it stays with the stream: tool_end and file_draft_keep tell */
    x->e.out.len = 0;
    return 0;
}

/* One document a file in a folder: FOLDER/inc-7k2q9.cap.xml. */
static int document_save(struct exporting *x, const json_t *item)
{
    struct fault fault;
    char path[PATH_BYTES];
    if ((size_t)snprintf(path, sizeof path, "%s/%s.%s", x->path, value_text_at(item, "short"), x->format->suffix) >=
        sizeof path)
        return tool_usage(x->tool, "muster export -O FOLDER", "the path %.100s… is too long", x->path);
    enum muster_error error =
        file_save(path, x->e.out.at, x->e.out.len, FILE_FOLDERS | (x->tool->set.yes ? FILE_REPLACE : 0U), &fault);
    x->e.out.len = 0;
    return error ? tool_fail(x->tool, &fault) : 0;
}

static void left_out(struct exporting *x, const char *sentence)
{
    if (x->left_out++ < LEFT_OUT_SHOWN)
        tool_say(x->tool, "note: %s", sentence);
}

/* --- items -------------------------------------------------------------------------------------------------------- */

/* The message as it came, byte for byte, its signature included. */
static int original_write(struct exporting *x, const json_t *item, bool *wrote)
{
    struct fault fault;
    struct url url;
    struct client_bytes bytes = {.at = NULL};
    *wrote = json_is_object(value_at(item, "fields.original"));
    if (!*wrote)
        return 0;
    url_start(&url, "/v1/objects");
    url_segment(&url, value_text_at(item, "id"));
    url_segment(&url, "evidence");
    url_segment(&url, "original");
    url_query(&url, "space", x->tool->set.space);
    if (client_get_bytes(&x->tool->client, &url, &bytes, &fault) != MUSTER_OK)
        return tool_fail(x->tool, &fault);
    out_bytes(&x->e.out, bytes.at, bytes.len);
    free(bytes.at);
    return 0;
}

static int item_write(struct exporting *x, const json_t *item, struct format_problem *problem)
{
    struct cap_name name = {.references = NULL};
    bool cap = strcmp(x->format->name, "cap") == 0 || strcmp(x->format->name, "atom") == 0, wrote = false;
    int code = cap && x->original ? original_write(x, item, &wrote) : 0;
    *problem = (struct format_problem){.code = MUSTER_OK};
    if (code || wrote)
        return code;
    if (cap) {
        code = cap_name_find(&name, x->tool, item, x->e.head.agency, x->e.head.agency_id);
        if (!code && !name.message.identifier) /* it is the message that came in */
            name.message.whole = export_whole(x->tool, item);
        x->e.message = &name.message;
    }
    if (!code)
        problem->code = x->format->item(&x->e, item, problem);
    x->e.message = NULL;
    json_decref(name.message.whole);
    cap_name_clear(&name);
    return code;
}

static int item_export(struct exporting *x, const json_t *item)
{
    struct format_problem problem;
    bool cancels = x->format->flags & EXPORT_CANCELS && !x->original;
    if (value_true_at(item, "retracted") && !cancels && !(x->format->flags & EXPORT_STATE))
        return 0;
    if (!export_format_takes(x->format, value_text_at(item, "kind")))
        return 0; /* "everything" means what the format has a place for; a kind or object that was named: asked() */
    if (x->format->flags & EXPORT_ONE_ITEM && !x->folder && x->e.count)
        return tool_usage(x->tool, "muster export incidents -o cap -O FOLDER/",
                          "one %s file holds one object, and there are several: name one, or a folder",
                          x->format->name);
    int code = item_write(x, item, &problem);
    if (code)
        return code;
    if (problem.code && problem.code != MUSTER_ESCHEMA && problem.code != MUSTER_EKIND)
        return gpkg_fail(x, &problem);
    if (problem.code) {
        left_out(x, problem.sentence);
        return 0;
    }
    x->e.count++;
    if (x->folder)
        return document_save(x, item);
    return x->format->flags & EXPORT_ONE_ITEM ? 0 : drain(x);
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

static void head_fill(struct exporting *x, const json_t *answer)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time3339_format(x->now, (int64_t)now.tv_sec * 1000);
    x->e.head = (struct export_head){.space = value_text_at(answer, "space.name"),
                                     .space_id = value_text_at(answer, "space.id"),
                                     .agency = value_text_at(answer, "node.agency.name"),
                                     .agency_id = value_text_at(answer, "node.agency.id"),
                                     .now = x->now,
                                     .as_of = value_text_at(answer, "complete.as_of"),
                                     .exercise = value_true_at(answer, "space.exercise")};
}

static int all_export(struct exporting *x, struct export_items *items)
{
    json_t *head = json_incref(items->page), *item;
    int code = 0;
    head_fill(x, head);
    x->e.kind = items->kind;
    x->e.mark = x->tool->set.excel;
    code = gpkg_begin(x);
    if (x->format->begin && !x->folder)
        x->format->begin(&x->e);
    while (!code && (code = export_items_next(items, &item)) == 0 && item)
        code = item_export(x, item);
    code = gpkg_end(x, code);
    if (!code && x->format->end && !x->folder)
        x->format->end(&x->e);
    if (!code && !x->folder)
        code = drain(x);
    if (!code && x->left_out > LEFT_OUT_SHOWN)
        tool_say(x->tool, "note: %zu more objects are left out", x->left_out - LEFT_OUT_SHOWN);
    const json_t *complete = json_object_get(head, "complete");
    if (!code && complete_lacks(complete) && x->tool->set.strict)
        code = EXIT_INCOMPLETE;
    json_decref(head);
    return code;
}

/* What goes wrong with what was asked is said before a file is made. */
static int asked(struct exporting *x, const struct export_items *items)
{
    const char *form = x->format->name;
    if (x->format->flags & EXPORT_ONE_KIND && !items->kind)
        return tool_usage(x->tool, "muster export resources -o hxl -O stock.csv",
                          "%s is a table, and each kind has its own columns: which kind?", form);
    if (items->kind && !export_format_takes(x->format, items->kind->name))
        return tool_usage(x->tool, "muster help export", "%s has no place for the kind %s; it is for %s", form,
                          items->kind->name, x->format->kinds);
    if (x->original && strcmp(form, "cap") != 0)
        return tool_usage(x->tool, "muster export ID -o cap --original", "--original is for cap, not for %s", form);
    return 0;
}

static bool is_folder(const char *path)
{
    struct stat facts;
    size_t len = strlen(path);
    return (len && path[len - 1] == '/') || (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode));
}

static int format_find(struct exporting *x)
{
    const char *word = x->tool->set.output == OUTPUT_TABLE || x->tool->set.output == OUTPUT_JSON ? "ndjson"
                                                                                                   : x->tool->set.form;
    x->format = !word ? NULL : strcmp(word, "gpkg") == 0 ? &gpkg_format : export_format_by_name(word);
    if (x->format == &gpkg_format && !x->path)
        return tool_usage(x->tool, "muster export -o gpkg -O map.gpkg", "a GeoPackage is a database and needs a file");
    if (x->format)
        return 0;
    return tool_usage(x->tool, "muster export -o ndjson",
                      "-o is ndjson, geojson, csv, hxl, cap, edxl-rm, edxl-have, atom or gpkg here, not \"%s\"",
                      word ? word : "");
}

static int export_run(struct tool *tool, const struct arguments *args)
{
    struct exporting x = {.tool = tool, .path = option_get(args, "out"), .original = option_get(args, "original")};
    struct export_items items = {.tool = NULL};
    struct fault fault;
    const char *form = tool->set.form;
    bool sql = form && strcmp(form, "sql") == 0, lines = !form || strcmp(form, "ndjson") == 0 || strcmp(form, "json") == 0;
    int code;
    if (sql || option_get(args, "follow") || option_get(args, "after"))
        return x.path || option_get(args, "since") || (!sql && !lines)
                   ? tool_usage(tool, "muster export --follow --after CURSOR",
                                "the change feed is ndjson or sql, on standard output, and goes on behind a cursor")
                   : export_feed(tool, args, sql);
    code = format_find(&x);
    if (code)
        return code;
    x.folder = x.path && x.format->flags & EXPORT_ONE_ITEM && is_folder(x.path);
    bool one_kind = x.format->kinds && !strchr(x.format->kinds, ' ');
    code = export_items_open(&items, tool, args, one_kind ? x.format->kinds : NULL);
    if (!code)
        code = asked(&x, &items);
    if (!code && x.path && !x.folder &&
        file_draft_open(&x.draft, x.path, tool->set.yes ? FILE_REPLACE : 0U, &fault) != MUSTER_OK)
        code = tool_fail(tool, &fault);
    if (!code)
        code = all_export(&x, &items);
    if (!code && items.one && !x.e.count)
        code = EXIT_REFUSED; /* said above, as a note */
    if ((!code || code == EXIT_INCOMPLETE) && x.draft.out && file_draft_keep(&x.draft, &fault) != MUSTER_OK)
        code = tool_fail(tool, &fault);
    if ((!code || code == EXIT_INCOMPLETE) && x.path)
        tool_say(tool, "%zu objects in %s%s", x.e.count, x.path, x.e.head.exercise ? " (EXERCISE 演练)" : "");
    file_draft_drop(&x.draft);
    export_clear(&x.e);
    export_items_close(&items);
    return code;
}

static const struct option_row export_options[] = {
    {"out",      'O', "FILE",   "into FILE; with cap also a folder, an alert a file" },
    {"since",    0,   "TIME",   "only what changed since: a time, or 30m, 2h, 7d ago"},
    {"search",   0,   "TEXT",   "only objects in whose text this occurs"            },
    {"owner",    0,   "AGENCY", "only objects of this agency"                       },
    {"follow",   0,   NULL,     "the change feed: all, then what changes, until stopped"},
    {"after",    0,   "CURSOR", "the change feed behind the line with that cursor"     },
    {"resync",   0,   NULL,     "when the cursor is no longer valid, begin anew"       },
    {"original", 0,   NULL,     "with cap: the message byte for byte as it came"     },
    {NULL,       0,   NULL,     NULL                                                },
};

const struct command command_export = {
    .name = "export",
    .args = "[KIND [FIELD=VALUE…] | ID]",
    .group = GROUP_CARRY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = WORDS_ANY,
    .options = export_options,
    .run = export_run,
    .help = "write objects in the formats of others",
    .detail =
        "Forms (-o): ndjson (everything, the default), geojson, csv, hxl (csv with HXL tags), cap (CAP 1.2), edxl-rm, "
        "edxl-have, atom (what is released to the public), gpkg (GeoPackage).\n"
        "Incidents, issued warnings and published releases are alerts. A message that came in and is unchanged goes out with all "
        "it said; what is changed, corrected, lifted, withdrawn, retracted or superseded is an Update or a Cancel that names the "
        "messages before. A release under embargo goes out when that is over.\n"
        "With --follow or --after, and with -o sql, the change feed is written instead: a line an object that changed, in the "
        "order in which this node learned it. op is put, branch (concurrent changes: the value is provisional) or erase "
        "(drop every earlier state of the object: contents were erased, or it is gone); begin says that all objects "
        "follow, so that what is not among them is no more; current, that this is all for now. Each line has a cursor to "
        "go on from; one that is no longer valid is refused with ERESYNC. sql is a script for psql "
        "(packaging/sql/muster.sql): COPY and apply in one transaction that also stores the position.\n"
        "Every file says whether it is an EXERCISE, and carries the TLP of what is in it. Retracted objects are left "
        "out, except of ndjson. With --excel a csv file begins with a byte order mark; cells that a spreadsheet would "
        "run as a formula always get an apostrophe.",
    .example = "muster export -o geojson -O map.geojson\n"
               "muster export resources status=Available -o hxl -O stock.csv\n"
               "muster export incidents severity=Extreme -o cap -O alerts/\n"
               "muster export --follow --after 00f1e2d3c4b5a697-1024\n"
               "muster export -o sql | psql -v ON_ERROR_STOP=1 muster",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_CLASH),
};
