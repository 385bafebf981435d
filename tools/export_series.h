/* export_series.h — all that was said to the public of an object, message by message, those of whose place it takes among them.
 *
 * The messages of an object are its versions since it was first said, and one more each time that it takes the place of another
 * object by a supersede: that one names what the other had said, its Cancel too, so that whoever gets the two in either order
 * ends with the successor.  Whose place it took from the beginning (predecessor, corrects) is named from its first message on.
 *
 *   versions of the object         1        2                     3        names: muster.OBJECT.1, .2, .2.1, .3.1
 *   of another one       1    2 \                                          .2.1 is the second version, after one place was taken
 *   its supersede                  Cancel -> one more here
 *
 * A name, once given, always means the same text: what was said elsewhere after a message is named by the next one only. */
#ifndef MUSTER_TOOLS_EXPORT_SERIES_H
#define MUSTER_TOOLS_EXPORT_SERIES_H

#include "base/error.h"
#include "formats/write/cap.h"

#include <jansson.h>

enum {
    SERIES_SAID_MAX = 51,   /* messages that are kept of a series: the newest, and what it may name; the oldest is forgotten first */
    SERIES_OBJECTS_MAX = 64 /* whose places are followed, in all */
};

struct series_said {
    char sender[CAP_WRITE_ID_BYTES], identifier[CAP_WRITE_ID_BYTES], sent[CAP_WRITE_ID_BYTES];
    char time[32]; /* of its record, RFC 3339 */
    char hlc[17];  /* the same, to the order of events */
    bool came;     /* from another system, under that name */
    char by[40];   /* the id of the object that takes its place from there on; else empty */
};

struct series {
    struct series_said said[SERIES_SAID_MAX]; /* oldest first */
    size_t count;                             /* 0: it was never said */
    bool first;                               /* its last message is its first, and follows none */
};

/* Where objects and histories come from; each answers with a reference for the caller. */
struct series_source {
    void *user;
    enum muster_error (*object)(void *user, const char *id, json_t **out);  /* as GET /v1/objects/ID */
    enum muster_error (*history)(void *user, const char *id, json_t **out); /* as GET /v1/objects/ID/history */
    const char *agency, *agency_id; /* who exports */
};

/* The series of an object, to be freed by the caller; NULL with *error when it cannot be asked for.  Another one that cannot is
 * taken to be one of which nobody here has said anything.  *object: its answer, the caller's. */
struct series *series_of(const struct series_source *source, const char *id, json_t **object, enum muster_error *error);

#endif
