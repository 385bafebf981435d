#include "formats/write/edxl.h"

#include "formats/write/cap.h"

#include <string.h>

/* Strictest last; an item without a label counts as none of them. */
static const char *const labels[] = {"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"};

static void label_note(struct export *e, const char *tlp)
{
    for (size_t i = 0; tlp && i < ARRAY_LEN(labels); i++)
        if (strcmp(labels[i], tlp) == 0 && e->tlp < (int)i + 1)
            e->tlp = (int)i + 1;
}

void edxl_id(struct out *out, const char *element, const char *hex)
{
    out_format(out, "<%s>urn:uuid:", element);
    item_uuid(out, hex);
    out_format(out, "</%s>\n", element);
}

void edxl_content_begin(struct export *e, const json_t *item, const char *about)
{
    const char *tlp = item_field(item, "tlp");
    label_note(e, tlp);
    out_text(&e->body, "<contentObject>\n");
    out_element(&e->body, "contentDescription", about);
    out_element(&e->body, "confidentiality", tlp);
    out_text(&e->body, "<xmlContent><embeddedXMLContent>\n");
}

void edxl_content_end(struct export *e)
{
    out_text(&e->body, "</embeddedXMLContent></xmlContent>\n</contentObject>\n");
}

void edxl_end(struct export *e, const char *type)
{
    char text[CAP_WRITE_ID_BYTES];
    struct out *out = &e->out;
    out_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<EDXLDistribution xmlns=\"urn:oasis:names:tc:emergency:EDXL:DE:1.0\">\n");
    out_format(out, "<distributionID>muster.%.64s.%.40s</distributionID>\n", e->head.space_id, e->head.now);
    cap_write_sender(text, e->head.agency, e->head.agency_id);
    out_element(out, "senderID", text);
    out_element(out, "dateTimeSent", cap_write_time(text, e->head.now) ? text : e->head.now);
    out_element(out, "distributionStatus", e->head.exercise ? "Exercise" : "Actual");
    out_element(out, "distributionType", type);
    out_element(out, "combinedConfidentiality", e->tlp ? labels[e->tlp - 1] : "not labelled");
    if (e->head.exercise) { /* for readers who skip the status */
        out_text(out, "<keyword><valueListUrn>urn:muster:mark</valueListUrn><value>EXERCISE</value></keyword>\n");
    }
    out->failed |= e->body.failed;
    out_bytes(out, e->body.at, e->body.len);
    e->body.len = 0;
    out_text(out, "</EDXLDistribution>\n");
}
