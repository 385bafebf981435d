#include "formats/read/edxl.h"

#include "base/ids.h"
#include "lang/lang.h"

#include <string.h>

#define RM_NAMESPACE "urn:oasis:names:tc:emergency:EDXL:RM:1.0"
#define HAVE_NAMESPACE "urn:oasis:names:tc:emergency:EDXL:HAVE:1.0"

void edxl_give(struct edxl *edxl, struct made *made, json_t *key, const char *own, size_t line)
{
    struct format_problem scratch;
    if (edxl->tlp[0] && !made_has(made, "tlp") && !made_text_named(made, "tlp", edxl->tlp))
        made_comment(made, "confidentiality", edxl->tlp);
    json_t *item = made_item(made, key);
    if (!item) {
        format_problem_set(reader_refuse(edxl->output, &scratch), MUSTER_EBUSY, edxl->name, line, NULL,
                           "there is no memory left to read it; split the file");
        return;
    }
    if (own)
        json_object_set_new(item, "unless", json_string(own));
    if (edxl->exercise)
        json_object_set_new(item, "exercise", json_true());
    edxl->ended = !reader_give(edxl->output, item, line);
}

void edxl_refuse(struct edxl *edxl, size_t line, const char *field, const char *sentence)
{
    struct format_problem scratch;
    format_problem_set(reader_refuse(edxl->output, &scratch), MUSTER_ESCHEMA, edxl->name, line, field, "%s", sentence);
}

void edxl_leftovers(struct made *made, struct xml_node *node)
{
    for (struct xml_node *at = xml_walk(node, node); at; at = xml_walk(node, at)) {
        bool part = at->parent->used; /* of something that was taken */
        if (!at->used && at->text[0] && !(part && at->name[0] == '@') && strcmp(at->name, "ResourceInfoElementID") != 0)
            made_comment(made, at->name, xml_text(at));
    }
}

bool edxl_own_id(char out[33], const char *text)
{
    static const char prefix[] = "urn:uuid:";
    uint8_t bytes[16];
    size_t n = 0;
    if (strncmp(text, prefix, sizeof prefix - 1) != 0)
        return false;
    for (text += sizeof prefix - 1; n < 32 && *text; text++)
        if (*text != '-')
            out[n++] = *text;
    out[n] = '\0';
    return n == 32 && hex_to(bytes, sizeof bytes, out);
}

const char *edxl_time(char out[FIELD_LINE_BYTES], const char *text)
{
    size_t len = strlen(text);
    bool utc = len > 6 && strcmp(text + len - 6, "-00:00") == 0;
    snprintf(out, FIELD_LINE_BYTES, "%.*s%s", (int)(utc ? len - 6 : len > 200 ? 200 : len), text, utc ? "Z" : "");
    return out;
}

/* --- the envelope ---------------------------------------------------------------------------------------------------- */

static bool is_message(const struct xml_node *node, const char *uri)
{
    return strncmp(node->uri, uri, strlen(uri)) == 0;
}

static void message_take(struct edxl *edxl, struct xml_node *node, const char *uri,
                         void (*take)(struct edxl *edxl, struct xml_node *message))
{
    if (!edxl->ended && is_message(node, uri)) {
        edxl->messages++;
        take(edxl, node);
    }
}

/* Every contentObject of a distribution; or the root is a message itself. */
static void root_take(struct edxl *edxl, struct xml_node *root, const char *uri,
                      void (*take)(struct edxl *edxl, struct xml_node *message))
{
    edxl->tlp = "";
    if (is_message(root, uri)) {
        message_take(edxl, root, uri, take);
        return;
    }
    const char *status = xml_text(xml_child(root, "distributionStatus"));
    edxl->exercise = strcmp(status, "Exercise") == 0 || strcmp(status, "Test") == 0;
    for (struct xml_node *content = xml_child(root, "contentObject"); content; content = xml_next(content)) {
        struct xml_node *holder = xml_child(content, "xmlContent");
        const char *label = xml_text(xml_child(content, "confidentiality"));
        edxl->tlp = strncmp(label, "TLP:", 4) == 0 ? label : "";
        for (struct xml_node *part = holder ? holder->first : NULL; part; part = part->next)
            if (strcmp(part->name, "embeddedXMLContent") == 0 || strcmp(part->name, "keyXMLContent") == 0)
                for (struct xml_node *message = part->first; message; message = message->next)
                    message_take(edxl, message, uri, take);
    }
}

static size_t messages_count(struct xml_node *root, const char *uri)
{
    size_t count = 0;
    for (struct xml_node *at = root; at; at = xml_walk(root, at))
        count += is_message(at, uri) &&
                 (strcmp(at->name, "ResourceInformation") == 0 || strcmp(at->name, "Hospital") == 0);
    return count;
}

static enum muster_error run(const struct reader_input *input, struct reader_output *output, const char *uri,
                             void (*take)(struct edxl *edxl, struct xml_node *message))
{
    struct xml_tree *tree;
    struct format_problem scratch;
    enum muster_error error = xml_tree_read(&tree, input->bytes, input->len, input->name, &output->problems->at[0]);
    if (error)
        return error;
    struct edxl edxl = {.name = input->name, .output = output, .seen = json_object()};
    if (output->total)
        output->total(output->user, messages_count(xml_tree_root(tree), uri));
    root_take(&edxl, xml_tree_root(tree), uri, take);
    if (!edxl.messages)
        error = format_problem_set(&output->problems->at[0], MUSTER_ESCHEMA, input->name, 1, NULL,
                                   "the file has no message of %s, alone or in an EDXL-DE distribution; check that it is the "
                                   "file you meant",
                                   uri);
    if (edxl.talk)
        format_problem_set(reader_notice(output, &scratch), MUSTER_OK, input->name, 0, NULL,
                           "%s: %zu", _("messages about resources that are here already, or that only ask; nothing was made of "
                                        "them, so answer them by hand"),
                           edxl.talk);
    made_tally_say(&edxl.tally, input->name, output);
    json_decref(edxl.seen);
    xml_tree_free(tree);
    return error;
}

enum muster_error edxl_rm_run(const struct reader_input *input, struct reader_output *output)
{
    return run(input, output, RM_NAMESPACE, edxl_rm_message);
}

enum muster_error edxl_have_run(const struct reader_input *input, struct reader_output *output)
{
    return run(input, output, HAVE_NAMESPACE, edxl_have_message);
}
