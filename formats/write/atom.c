/* atom.c — an Atom feed (RFC 4287) of the alerts that have been released to the public.
 *
 * Released is an incident whose CAP scope is Public and whose TLP, if it has one, is TLP:CLEAR; and a warning that was
 * issued or a release that was published, if it is TLP:CLEAR and its scope, if it has one, is Public.  Each entry holds the
 * alert itself; whatever else an agency knows stays out of the feed. */
#include "formats/write/cap.h"
#include "formats/write/cap_spoken.h"
#include "formats/write/rows.h"

#include <string.h>

static void atom_begin(struct export *e)
{
    struct out *out = &e->out;
    out_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>urn:uuid:");
    item_uuid(out, e->head.space_id);
    out_text(out, "</id>\n<title>");
    out_text(out, e->head.exercise ? "EXERCISE 演练: " : "");
    out_xml(out, e->head.agency);
    out_text(out, ": ");
    out_xml(out, e->head.space);
    out_text(out, "</title>\n");
    out_element(out, "updated", e->head.now);
    out_text(out, "<author>");
    out_element(out, "name", e->head.agency);
    out_text(out, "</author>\n<generator>muster</generator>\n");
}

static bool is_released(const json_t *item)
{
    const char *scope = item_field(item, "scope"), *tlp = item_field(item, "tlp");
    if (cap_spoken_is(item_text(item, "kind")))
        return tlp && strcmp(tlp, "TLP:CLEAR") == 0 && (!scope || strcmp(scope, "Public") == 0);
    return scope && strcmp(scope, "Public") == 0 && (!tlp || strcmp(tlp, "TLP:CLEAR") == 0);
}

static void categories(struct out *out, const json_t *item)
{
    const json_t *list = json_object_get(item_fields(item), "category");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *term = json_string_value(json_array_get(list, i));
        out_text(out, "<category scheme=\"urn:oasis:names:tc:emergency:cap:1.2\" term=\"");
        out_xml(out, term ? term : "");
        out_text(out, "\"/>\n");
    }
}

static enum muster_error atom_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    struct out *out = &e->out;
    size_t start = out->len;
    const char *summary = item_field(item, cap_spoken_field(item_text(item, "kind"), "description"));
    if (!is_released(item))
        return format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, "scope",
                                  "%.40s has not been released: its CAP scope is not Public, or its TLP is not TLP:CLEAR",
                                  item_text(item, "short"));
    out_text(out, "<entry>\n<id>urn:uuid:");
    item_uuid(out, item_text(item, "id"));
    out_text(out, "</id>\n<title>");
    out_text(out, e->head.exercise ? "EXERCISE 演练: " : "");
    out_xml(out, item_title(item));
    out_text(out, "</title>\n");
    out_element(out, "updated", item_text(item, "changed"));
    out_element(out, "published", item_text(item, "created"));
    categories(out, item);
    out_element(out, "summary", summary);
    out_text(out, "<content type=\"application/cap+xml\">\n");
    enum muster_error error = cap_alert_write(e, item, problem);
    out_text(out, "</content>\n</entry>\n");
    if (error)
        out->len = start;
    return error;
}

static void atom_end(struct export *e)
{
    out_text(&e->out, "</feed>\n");
}

const struct export_format export_atom = {
    .name = "atom",
    .media_type = "application/atom+xml",
    .suffix = "atom",
    .help = "a feed of what is released to the public: alerts, warnings, releases",
    .flags = EXPORT_CANCELS,
    .kinds = "incident warning release",
    .begin = atom_begin,
    .item = atom_item,
    .end = atom_end,
};
