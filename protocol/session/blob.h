/* blob.h — attachments: chunks asked for and sent in the last lane (S5.5.12). */
#ifndef MUSTER_PROTOCOL_SESSION_BLOB_H
#define MUSTER_PROTOCOL_SESSION_BLOB_H

#include "protocol/core_inner.h"

/* The frames of attachments coming in. */
void on_blobwant(struct core *core, struct session *session, struct bytes body);
void on_blob(struct core *core, struct session *session, struct bytes body);
/* owed: bytes whose credit goes back when the chunk has been looked at. */
void blob_take(struct core *core, struct session *session, struct bytes body, size_t owed);
/* The peer does not have what it was asked for: another one is asked.  False when that was no attachment. */
bool blob_refused(struct core *core, const struct session *session, const struct hash *blob);
void blob_put(struct core *core, const struct event *event);
void blob_wish(struct core *core, const struct event *event);
void blob_ask(struct core *core);                           /* at a tick: who is asked for what */
void blob_pump(struct core *core, struct session *session); /* lane 4: when nothing else waits */
enum muster_error blob_load(struct core *core);             /* at the start */
/* Its chunks go: nothing that counts names it any more. */
void blob_erase(struct core *core, uint32_t space, const struct hash *blob);
void blob_failed(struct core *core);                        /* a commit failed: counts what is stored again */

#endif
