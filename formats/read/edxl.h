/* edxl.h — messages of the EDXL family: resources wanted, offered and sent (RM 1.0), hospitals (HAVE 1.0).
 *
 * A file is an EDXL-DE 1.0 distribution with any number of messages, or one message alone.  Elements with a row in the
 * tables of edxl_rm.c and edxl_have.c become fields; what else has text goes into the comments under its name, so that
 * nothing of a message is lost.  A status of Exercise or Test makes exercise items.
 *
 *   RequestResource, RequisitionResource          request
 *   OfferUnsolicitedResource                      deployment, offered
 *   ResponseToRequestResource, CommitResource     deployment of that request: offered, committed, or refused
 *   ReportResourceDeploymentStatus                deployment when it has such a state or answers a request, else resource
 *   other messages                                a notice: they are about things that are here already
 *   HAVE: each Hospital                           resource
 *
 * A message that lacks what RM demands of it is refused, with the rule.  The key is the message's id (and the place of the
 * resource in it), or that of the object of muster that it names. */
#ifndef MUSTER_FORMATS_READ_EDXL_H
#define MUSTER_FORMATS_READ_EDXL_H

#include "formats/read/made.h"
#include "formats/read/xml_tree.h"

/* The readers of both formats, for reader.c; as reader_run. */
MUST_USE enum muster_error edxl_rm_run(const struct reader_input *input, struct reader_output *output);
MUST_USE enum muster_error edxl_have_run(const struct reader_input *input, struct reader_output *output);

/* Which element of a message of RM is which field: a row of the reader's table; NULL behind the last. */
enum { EDXL_RM_KINDS = 3 };
struct edxl_rm_row {
    const char *path, *field[EDXL_RM_KINDS]; /* of a request, a deployment, a resource; NULL: none, it becomes a comment */
};
const struct edxl_rm_row *edxl_rm_row_at(size_t i);

/* --- between the files of this format --- */
struct edxl {
    const char *name; /* the file's */
    struct reader_output *output;
    struct made_tally tally;
    json_t *seen;
    bool exercise, ended; /* ended: the taker has had enough */
    const char *tlp;      /* of the content that is read now; "" */
    size_t messages, talk; /* found; passed over because there is nothing to make of them */
};

/* Gives the made object with that key; own: 32 hex digits of an object of muster, or NULL. */
void edxl_give(struct edxl *edxl, struct made *made, json_t *key, const char *own, size_t line);
/* Refuses one message. */
void edxl_refuse(struct edxl *edxl, size_t line, const char *field, const char *sentence);
/* Text of elements in `node` that nobody has used, into the comments. */
void edxl_leftovers(struct made *made, struct xml_node *node);
/* "urn:uuid:8-4-4-4-12", anything behind it is the revision, as 32 hex digits; false for all else. */
bool edxl_own_id(char out[33], const char *text);
/* As muster writes times: -00:00 is Z.  out: FIELD_LINE_BYTES; returns out. */
const char *edxl_time(char out[FIELD_LINE_BYTES], const char *text);
/* One message, its root element. */
void edxl_rm_message(struct edxl *edxl, struct xml_node *message);
void edxl_have_message(struct edxl *edxl, struct xml_node *message);

#endif
