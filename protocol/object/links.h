/* links.h — which objects name an object: the derived table LINK, the way back of every link.
 *
 * A row says that some record of `source` named `target` in a field of type object or links.  It stays when a later
 * record names another one: who reads it looks at the state of the source, which tells what holds now.  At most FIELD_ITEMS links of a field are noted. */
#ifndef MUSTER_PROTOCOL_OBJECT_LINKS_H
#define MUSTER_PROTOCOL_OBJECT_LINKS_H

#include "protocol/core_inner.h"

enum { LINK_TARGET_AT = 4, LINK_SOURCE_AT = 4 + OBJECT_ID_BYTES, LINK_KEY_BYTES = 4 + 2 * OBJECT_ID_BYTES };

/* Notes the links of a body (msgpack, checked by pack_check) of an object of that kind; nothing for kinds without a table. */
void note_links(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                const struct object_id *object);
/* Does the body name anything that is noted beside the object: other objects, attachments, identifiers of other systems?  May
 * say so of one that does not.  Needs no core. */
bool body_names(uint16_t kind_number, struct bytes body);
/* Of a record that is erased: the rows that only it had. */
void forget_links(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                  const struct object_id *object);

#endif
