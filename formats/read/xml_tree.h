/* xml_tree.h — the elements of a message of the EDXL family, bounded, with what was looked at marked.
 *
 * For formats whose files are lists of fields at known paths (read/edxl_rm.c, read/edxl_have.c); alerts have a parser of
 * their own that keeps every rule of CAP (cap_parse.h).  Nothing expands, nothing is fetched, a DOCTYPE is refused. */
#ifndef MUSTER_FORMATS_READ_XML_TREE_H
#define MUSTER_FORMATS_READ_XML_TREE_H

#include "formats/problem.h"

#include <stdbool.h>

enum {
    XML_TREE_BYTES_MAX = 8 * 1024 * 1024,
    XML_TREE_NODES_MAX = 400000,
    XML_TREE_DEPTH_MAX = 48,
    XML_TREE_NAME_BYTES = 64
};

struct xml_node { /* an element, or an attribute: its name begins with @ */
    struct xml_node *parent, *first, *last, *next;
    const char *uri; /* of its namespace; "" if none.  The tree's */
    char *text;      /* its own, without that of elements in it, white space at the ends gone; never NULL */
    size_t line;
    bool used; /* somebody has asked for its text */
    char name[XML_TREE_NAME_BYTES];
};

struct xml_tree;

/* OK; the errors of markup_check; EMARKUP, EDEPTH, ETOOBIG with a sentence. */
MUST_USE enum muster_error xml_tree_read(struct xml_tree **out, const void *bytes, size_t len, const char *name,
                                         struct format_problem *problem);
void xml_tree_free(struct xml_tree *tree);
struct xml_node *xml_tree_root(const struct xml_tree *tree);

/* The first element of that name in it (namespaces apart), or NULL. */
struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* The next sibling of the same name. */
struct xml_node *xml_next(const struct xml_node *node);
/* The first element at the path "A/B/@c"; NULL. */
struct xml_node *xml_at(const struct xml_node *node, const char *path);
/* Its text, marked as used; "" for NULL. */
const char *xml_text(struct xml_node *node);
/* Walks all elements and attributes in it, in order: start with at = node; NULL behind the last. */
struct xml_node *xml_walk(const struct xml_node *node, const struct xml_node *at);

#endif
