/* cap.h — an alert in the Common Alerting Protocol 1.0, 1.1 or 1.2 as an incident.
 *
 * What becomes of an alert:
 *   texts and tokens   from one <info>: the first in English, or else the first.  The others are in `original`
 *   area, geocode      from all infos, each once: nobody outside the first one's area is forgotten
 *   name               the headline; else event and area; else "Alert IDENTIFIER"
 *   category           as in the alert; Other if it has none
 *   invented           (beside fields) ["name", "category"] if the message has no info: whoever makes an update
 *                      of the item leaves these two as they are
 *   phase              closed if the alert is a Cancel or its only responseType is AllClear; else by urgency:
 *                      Immediate and Past are active, Expected and Future warned; if Unknown, an Observed
 *                      certainty is active and all else warned
 *   original           the file, byte for byte, as evidence
 *   key                "cap:SENDER,IDENTIFIER,SENT", so that a second import of the message stores nothing new
 *   supersedes         the keys of the references of an Update or Cancel, so that the node updates that incident
 *   exercise           true for the status Exercise, Test and Draft: never for an ACTUAL space
 * An Ack, an Error and a message of the status System are talk between machines: they give no item and a notice. */
#ifndef MUSTER_FORMATS_READ_CAP_H
#define MUSTER_FORMATS_READ_CAP_H

#include "formats/problem.h"

#include <jansson.h>

enum {
    CAP_FILE_BYTES_MAX = 256 * 1024,     /* a file that is read at all */
    CAP_ORIGINAL_BYTES_MAX = 160 * 1024, /* a file that is kept as evidence */
    CAP_RECORD_BYTES_MAX = 180 * 1024    /* fields and original together; a file that leaves no room is not kept */
};

/* *items becomes an array of at most one item for POST /v1/records; the caller decrefs it.
 * bytes, len  any bytes; not kept
 * name        the file's name for messages, or NULL
 * returns     MUSTER_OK, then problem->sentence is empty or a notice (nothing was refused, but something is
 *             worth knowing); else *items is NULL and *problem says what is wrong: the errors of cap_parse,
 *             ETOOBIG if the fields do not fit a record. */
MUST_USE enum muster_error cap_read(const void *bytes, size_t len, const char *name, json_t **items,
                                    struct format_problem *problem);

/* The field of an incident that an element of an alert becomes; NULL: none, it is in the original alone. */
const char *cap_field_of(const char *element);

#endif
