/* share_files.h — attachments of an object that goes on into another space: opened here, and sealed anew there, one after the
 * other.  A reference holds the key of its file, and a file belongs to the space for which it was sealed. */
#ifndef MUSTER_NODE_SHARE_FILES_H
#define MUSTER_NODE_SHARE_FILES_H

#include "node/api_handlers.h"
#include "protocol/kinds/field.h"
#include "protocol/log/blob.h"

struct share_files {
    struct space_view from, to;
    struct blob_ref at[FIELD_ITEMS];   /* of the object */
    struct blob_ref have[FIELD_ITEMS]; /* of its copy, where it was shared before */
    struct blob_ref now[FIELD_ITEMS];  /* sealed in `to` */
    size_t count, have_count, next, done;
    size_t missing; /* not here whole: peers have been asked, they stay behind this time */
    struct blob_ref put;
    request_fn *then;
};

/* The attachments that a view of that kind names; their number. */
size_t share_files_of(uint16_t kind, struct bytes view, struct blob_ref out[FIELD_ITEMS]);
/* Brings the rest of files->at over, then calls files->then; or refuses, or the request waits.  In a rehearsal nothing is sealed:
 * `now` is left empty.  after: what the request does when it goes on, a function that calls share_files_go again. */
void share_files_go(struct request *request, struct share_files *files, request_fn *after);
/* After a wait: takes what was sealed.  False: the request was refused, or nobody is there any more. */
bool share_files_took(struct request *request, struct share_files *files);

#endif
