/* cap.h — an incident, or what was said to the public (cap_spoken.h), as an alert in the Common Alerting Protocol 1.2.
 *
 * The table that the reader checks by (formats/read/cap_table.h) drives the writer: its rows say which elements
 * there are, in which order, how often, and what their values may be.  A value that a row does not allow is left
 * out; a required element that then has none refuses the alert, with the reason.
 *
 *   identifier, sender, sent   of the message that the incident came from, while it is unchanged; else given by the
 *                              caller (struct cap_message), because another text under the same name is another alert
 *   status                     as it came; never Actual from an exercise space
 *   scope                      as it came; else Restricted, with the TLP as its restriction
 *   code                       the TLP
 *   event, urgency, severity, certainty   as they came; else the name, and Unknown
 *   area                       one, with all polygons, circles and codes; `location` as a circle without radius
 *
 * A message that came in and is unchanged goes out whole, all infos and resources: cap_whole.h. */
#ifndef MUSTER_FORMATS_WRITE_CAP_H
#define MUSTER_FORMATS_WRITE_CAP_H

#include "formats/write/export.h"

/* The <alert> of the item, without an XML declaration, appended to e->out.  OK; ESCHEMA with a sentence when a
 * required element has no legal value (nothing is appended then). */
MUST_USE enum muster_error cap_alert_write(struct export *e, const json_t *item, struct format_problem *problem);

/* Is there anything that such an element is written from, when the alert is made from fields? */
bool cap_write_knows(const char *parent, const char *element);

enum { CAP_WRITE_ID_BYTES = 192 };
/* What this agency calls revision N of an object, for struct cap_message: "muster.OBJECT.N". */
void cap_write_identifier(char out[CAP_WRITE_ID_BYTES], const char *object_id, long long revision);
/* Who may see what has no label. */
#define CAP_WRITE_MEMBERS "members of the space in which it was written"
/* The agency's name as a CAP sender: letters, digits and - . _ @ only, else its id. */
void cap_write_sender(char out[CAP_WRITE_ID_BYTES], const char *name, const char *id);
/* RFC 3339 as CAP writes it: without fraction, UTC as -00:00.  False when it does not fit. */
bool cap_write_time(char out[CAP_WRITE_ID_BYTES], const char *time);

#endif
