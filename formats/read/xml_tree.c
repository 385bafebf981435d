#include "formats/read/xml_tree.h"

#include "formats/read/markup.h"
#include "lang/lang.h"

#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_NODES = 512 };

struct block {
    struct block *before;
    size_t used;
    struct xml_node nodes[BLOCK_NODES];
};

struct xml_tree {
    struct block *blocks;
    struct xml_node *root;
    xmlDictPtr names; /* namespaces, each once */
    size_t count;
};

struct xml_node *xml_tree_root(const struct xml_tree *tree)
{
    return tree->root;
}

void xml_tree_free(struct xml_tree *tree)
{
    if (!tree)
        return;
    while (tree->blocks) {
        struct block *block = tree->blocks;
        for (size_t i = 0; i < block->used; i++)
            free(block->nodes[i].text);
        tree->blocks = block->before;
        free(block);
    }
    xmlDictFree(tree->names);
    free(tree);
}

/* --- building -------------------------------------------------------------------------------------------------------- */

struct building {
    struct xml_tree *tree;
    xmlTextReaderPtr xml;
    const char *name;
    struct xml_node *open;
    size_t line;
    enum muster_error error;
    struct format_problem *problem;
};

static void stop(struct building *b, enum muster_error error, const char *sentence)
{
    b->error = format_problem_set(b->problem, error, b->name, b->line, NULL, "%s", sentence);
}

static struct xml_node *node_new(struct building *b, const char *prefix, const xmlChar *name, const xmlChar *uri,
                                 const char *text)
{
    struct xml_tree *tree = b->tree;
    if (tree->count == XML_TREE_NODES_MAX) {
        stop(b, MUSTER_ETOOBIG, _("the file has more elements than any message needs; split it"));
        return NULL;
    }
    if (!tree->blocks || tree->blocks->used == BLOCK_NODES) {
        struct block *more = calloc(1, sizeof *more);
        if (!more) {
            stop(b, MUSTER_EBUSY, _("there is no memory left to read the file; split it"));
            return NULL;
        }
        more->before = tree->blocks;
        tree->blocks = more;
    }
    struct xml_node *node = &tree->blocks->nodes[tree->blocks->used++];
    tree->count++;
    node->uri = uri ? (const char *)xmlDictLookup(tree->names, uri, -1) : "";
    node->text = strdup(text);
    node->line = b->line;
    node->parent = b->open;
    snprintf(node->name, sizeof node->name, "%s%s", prefix, (const char *)name);
    if (!node->text || !node->uri) {
        stop(b, MUSTER_EBUSY, _("there is no memory left to read the file; split it"));
        return NULL;
    }
    if (b->open && b->open->last)
        b->open->last->next = node;
    else if (b->open)
        b->open->first = node;
    if (b->open)
        b->open->last = node;
    else if (!tree->root)
        tree->root = node;
    return node;
}

static void trim(char *text)
{
    size_t len = strlen(text), start = strspn(text, " \t\r\n");
    while (len > start && strchr(" \t\r\n", text[len - 1]))
        len--;
    memmove(text, text + start, len - start);
    text[len - start] = '\0';
}

static void element_close(struct building *b)
{
    trim(b->open->text);
    b->open = b->open->parent;
}

static void element_open(struct building *b)
{
    bool empty = xmlTextReaderIsEmptyElement(b->xml) == 1;
    struct xml_node *node =
        node_new(b, "", xmlTextReaderConstLocalName(b->xml), xmlTextReaderConstNamespaceUri(b->xml), "");
    if (!node)
        return;
    b->open = node;
    while (!b->error && xmlTextReaderMoveToNextAttribute(b->xml) == 1)
        if (xmlTextReaderIsNamespaceDecl(b->xml) == 0)
            (void)node_new(b, "@", xmlTextReaderConstLocalName(b->xml), xmlTextReaderConstNamespaceUri(b->xml),
                           (const char *)xmlTextReaderConstValue(b->xml));
    xmlTextReaderMoveToElement(b->xml);
    if (empty && !b->error)
        element_close(b);
}

static void text_take(struct building *b)
{
    const char *text = (const char *)xmlTextReaderConstValue(b->xml);
    size_t old = b->open ? strlen(b->open->text) : 0, len = text ? strlen(text) : 0;
    if (!b->open || len == 0)
        return;
    char *longer = realloc(b->open->text, old + len + 1);
    if (!longer) {
        stop(b, MUSTER_EBUSY, _("there is no memory left to read the file; split it"));
        return;
    }
    memcpy(longer + old, text, len + 1);
    b->open->text = longer;
}

static void node_take(struct building *b)
{
    xmlNodePtr at = xmlTextReaderCurrentNode(b->xml);
    long line = at ? xmlGetLineNo(at) : 0;
    b->line = line > 0 ? (size_t)line : b->line;
    if (xmlTextReaderDepth(b->xml) > XML_TREE_DEPTH_MAX) {
        stop(b, MUSTER_EDEPTH, _("elements are nested deeper than any message needs, which looks like an attack; ask the sender "
                               "for a correct file"));
        return;
    }
    switch (xmlTextReaderNodeType(b->xml)) {
    case XML_READER_TYPE_ELEMENT:
        element_open(b);
        break;
    case XML_READER_TYPE_END_ELEMENT:
        element_close(b);
        break;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
        text_take(b);
        break;
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY:
    case XML_READER_TYPE_ENTITY_REFERENCE: /* markup_check let none through */
        stop(b, MUSTER_ESCHEMA, _("the file has a DOCTYPE; ask the sender for it without"));
        break;
    default:
        break;
    }
}

enum muster_error xml_tree_read(struct xml_tree **out, const void *bytes, size_t len, const char *name,
                                struct format_problem *problem)
{
    *out = NULL;
    enum muster_error error = markup_check_sized(bytes, len, XML_TREE_BYTES_MAX, name, problem);
    if (error)
        return error;
    struct building b = {.tree = calloc(1, sizeof(struct xml_tree)), .name = name, .line = 1, .problem = problem};
    if (b.tree)
        b.tree->names = xmlDictCreate();
    b.xml = xmlReaderForMemory(bytes, (int)len, NULL, "UTF-8",
                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    int more = 1;
    if (!b.tree || !b.tree->names || !b.xml)
        stop(&b, MUSTER_EBUSY, _("there is no memory left to read the file; split it"));
    while (!b.error && (more = xmlTextReaderRead(b.xml)) == 1)
        node_take(&b);
    if (!b.error && (more < 0 || !b.tree->root || b.open))
        b.error = format_problem_set(problem, MUSTER_EMARKUP, name, b.line, NULL,
                                     "the file is not well-formed XML from about this line on, or a part of it is missing; "
                                     "nothing of it was taken; fetch it again, or ask the sender for a correct one");
    if (b.xml)
        xmlFreeTextReader(b.xml);
    if (b.error && b.tree && !b.tree->names) {
        free(b.tree);
        b.tree = NULL;
    }
    if (b.error)
        xml_tree_free(b.tree);
    else
        *out = b.tree;
    return b.error;
}

/* --- looking --------------------------------------------------------------------------------------------------------- */

struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    for (struct xml_node *at = node ? node->first : NULL; at; at = at->next)
        if (strcmp(at->name, name) == 0)
            return at;
    return NULL;
}

struct xml_node *xml_next(const struct xml_node *node)
{
    for (struct xml_node *at = node->next; at; at = at->next)
        if (strcmp(at->name, node->name) == 0)
            return at;
    return NULL;
}

struct xml_node *xml_at(const struct xml_node *node, const char *path)
{
    char name[XML_TREE_NAME_BYTES];
    struct xml_node *at = NULL;
    while (*path) {
        size_t n = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        at = xml_child(node, name);
        if (!at)
            return NULL;
        node = at;
        path += n;
        path += *path == '/';
    }
    return at;
}

const char *xml_text(struct xml_node *node)
{
    if (!node)
        return "";
    node->used = true;
    return node->text;
}

struct xml_node *xml_walk(const struct xml_node *node, const struct xml_node *at)
{
    if (at->first)
        return at->first;
    while (at != node && !at->next)
        at = at->parent;
    return at == node ? NULL : at->next;
}
