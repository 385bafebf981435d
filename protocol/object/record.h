/* record.h — a record of an object as its fold sees it: header facts and where it stands.
 *
 * The caller has checked segments and control; no payload is needed to fold (RULES E1, E3). */
#ifndef MUSTER_PROTOCOL_OBJECT_RECORD_H
#define MUSTER_PROTOCOL_OBJECT_RECORD_H

#include "base/ids.h"
#include "protocol/log/record.h"
#include "protocol/object/op.h"

enum { OBJECT_RECORDS_MAX = 65536, OBJECT_FIELDS = 64, OBJECT_NONE = UINT32_MAX };

enum place {
    PLACE_LIVE,     /* counts; behind a hole of its log or not */
    PLACE_DISPUTED, /* at or above the log's fork, and adopted by no cut (RULES L6) */
    PLACE_CUT_OFF   /* beyond a limit of its log (RULES D2, D3) */
};

struct object_record {
    struct record_id id;
    struct log_id log;
    uint64_t seq;         /* in its log; differs for all live records of one log */
    struct agency_id by;  /* the agency of the log */
    uint8_t op;           /* enum object_op, or an unknown number */
    uint16_t kind;        /* as its header says */
    uint8_t place;        /* enum place */
    bool joint;           /* of a create: all writers own the object */
    bool root_id_fits;    /* of a create: the object's id derives from this log and sequence (RULES O1) */
    bool majority_erased; /* erased by a majority, or by retention (RULES E1, E6) */
    bool majority_held;   /* held by a majority (RULES E4) */
    uint64_t hlc;
    uint64_t mask; /* the fields it sets */
    const struct record_ref *refs;
    size_t refs_count; /* at most REFS_MAX */
};

/* The first reference of that role, or NULL. */
static inline const struct hash *object_ref(const struct object_record *record, enum ref_role role)
{
    for (size_t i = 0; i < record->refs_count; i++)
        if (record->refs[i].role == role)
            return &record->refs[i].hash;
    return NULL;
}

#endif
