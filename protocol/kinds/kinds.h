/* kinds.h — the kinds of objects, as tables.
 *
 * A kind is a file that ends in its table of fields; validation, indexes, columns, JSON, help and
 * export follow from the rows.  A body is a msgpack map {field number: value}.
 *
 * Caveat: kind_check is for what THIS node writes.  What others wrote is never refused for its contents
 * (rule L9): kind_view tells, field by field, what is understood here, and the rest is shown raw.
 * Numbers, names and prefixes of kinds and fields travel in records for ever: append, never change. */
#ifndef MUSTER_PROTOCOL_KINDS_KINDS_H
#define MUSTER_PROTOCOL_KINDS_KINDS_H

#include "protocol/kinds/decimal.h"
#include "protocol/kinds/field.h"

/* K(CONSTANT, number, name, prefix of short ids).  All are reserved; those with a table: kind_at. */
#define MUSTER_KINDS(K)                                                                                                \
    K(INCIDENT, 1, "incident", "inc")                                                                                  \
    K(RESOURCE, 2, "resource", "res")                                                                                  \
    K(EVALUATION, 3, "evaluation", "eva")                                                                              \
    K(SITREP, 4, "sitrep", "sit")                                                                                      \
    K(OBSERVATION, 5, "observation", "obs")                                                                            \
    K(WARNING, 6, "warning", "wrn")                                                                                    \
    K(RELEASE, 7, "release", "rel")                                                                                    \
    K(RUMOUR, 8, "rumour", "rum")                                                                                      \
    K(REQUEST, 9, "request", "req")                                                                                    \
    K(DEPLOYMENT, 10, "deployment", "dep")                                                                             \
    K(INDICATOR_SET, 11, "indicator-set", "ind")                                                                       \
    K(ASSESSMENT, 12, "assessment", "ass")                                                                             \
    K(PLAN, 13, "plan", "pla")                                                                                         \
    K(EXERCISE, 14, "exercise", "exe")                                                                                 \
    K(FINDING, 15, "finding", "fin")                                                                                   \
    K(CORRECTIVE_ACTION, 16, "corrective-action", "cor")                                                               \
    K(ORGANISATION, 17, "organisation", "org")                                                                         \
    K(ROLE, 18, "role", "rol")                                                                                         \
    K(MANDATE, 19, "mandate", "man")                                                                                   \
    K(AGREEMENT, 20, "agreement", "agr")                                                                               \
    K(LOSS, 21, "loss", "los")                                                                                         \
    K(RECOVERY_PROJECT, 22, "recovery-project", "rec")                                                                 \
    K(TASK, 23, "task", "tas")

#define X(constant, number, name, prefix) KIND_##constant = (number),
enum kind_number { KIND_NONE = 0, MUSTER_KINDS(X) };
#undef X

enum { KIND_NAME_BYTES = 24 }; /* the longest name, its plural and NUL */

/* Who takes a step, beside the right to write the record (rules O). */
enum kind_party {
    PARTY_OWNER,    /* any operator of the agency that owns the object */
    PARTY_APPROVER, /* of that agency too, but another operator than the one who wrote what is approved */
    PARTY_PARTNER   /* the owner, on word of the other side: the requester, the receiver, the assignee */
};

/* One legal change of the field with FIELD_STATE. */
struct kind_step {
    const char *from; /* NULL: in a create */
    const char *to;
    enum kind_party who;
    const char *needs; /* names of the fields that must say something after it, by single spaces; NULL: none */
};

/* A number that is written only up to a bound, unless a reason stands beside it. */
struct kind_limit {
    const char *field;  /* a decimal */
    struct decimal most;
    const char *unless; /* a text field */
    enum muster_error error;
};

enum kind_flag {
    KIND_SEPARATE = 1, /* who approves is another than who wrote: the steps of PARTY_APPROVER */
    KIND_TWO_SIDES = 2 /* of a joint object who brings and who asked each sign their own steps (SPEC S7.1.7) */
};

struct kind {
    uint16_t number;
    uint16_t schema;             /* version of the table, in the record header */
    const char *name, *prefix;
    const char *label_en, *label_zh;
    const char *help;            /* one sentence */
    const struct field *fields;  /* in the order of display */
    size_t count;
    const char *const *examples; /* command lines, NULL-ended */
    const struct kind_step *steps; /* NULL: the state changes freely */
    size_t step_count;
    unsigned flags;              /* enum kind_flag */
    const struct kind_limit *limit; /* NULL: none */
};

extern const struct kind kind_incident, kind_resource, kind_evaluation, kind_sitrep, kind_observation, kind_warning, kind_release,
    kind_rumour, kind_request, kind_deployment, kind_indicator_set, kind_assessment, kind_plan, kind_exercise,
    kind_finding, kind_corrective_action, kind_organisation, kind_role, kind_mandate, kind_loss,
    kind_recovery_project, kind_task;
extern const struct kind kind_agreement;

/* NULL if there is no table.  By name: the name, its plural, or the prefix; exact. */
const struct kind *kind_by_number(uint16_t number);
const struct kind *kind_by_name(const char *name);
const struct kind *kind_by_prefix(const char *prefix);
size_t kind_count(void);
const struct kind *kind_at(size_t i); /* NULL behind the last */
/* Name and prefix of any reserved number, with a table or without; NULL for others. */
const char *kind_name(uint16_t number);
const char *kind_prefix(uint16_t number);
/* kind_by_name with a sentence when there is none (EKIND). */
const struct kind *kind_find(const char *name, struct kind_problem *problem);

/* NULL if the kind has no such field. */
const struct field *field_by_name(const struct kind *kind, const char *name);
const struct field *field_by_number(const struct kind *kind, uint64_t number);
/* field_by_name with a sentence and the closest name when there is none (EFIELD). */
const struct field *field_find(const struct kind *kind, const char *name, size_t len, struct kind_problem *problem);
/* The first field with the flag, or NULL. */
const struct field *field_flagged(const struct kind *kind, enum field_flag flag);

/* May this node write the body?  Every error of pack_check; EKIND (kind NULL); ETOOBIG beyond
 * BODY_BYTES_MAX; EBADVALUE if it is no map; EFIELD for an unknown field; the errors of field_check; EMISSING
 * for a required field that a create leaves out or anything clears.  *mask gets bit n for each field
 * n present, cleared ones too; 0 on an error.  problem may be NULL. */
MUST_USE enum muster_error kind_check(const struct kind *kind, struct bytes body, bool is_create, uint64_t *mask,
                                      struct kind_problem *problem);

/* May this node take the step that the body takes?  `before` is the object's view, empty for a create; both
 * passed pack_check.  OK too: no steps in the table, no state in the body, the state it has already, a state
 * before that is missing or that this node does not know (rule L9: what others wrote stays workable).
 * ESTEP with a sentence that names the legal next states; EMISSING for a field that the step needs; before all that the error of
 * the kind's limit, if the body sets the number above it and no reason is said.  *step, if not NULL, is the row of the step, or
 * NULL where none was taken or none is known.  problem may be NULL. */
MUST_USE enum muster_error kind_step_check(const struct kind *kind, struct bytes before, struct bytes body,
                                           const struct kind_step **step, struct kind_problem *problem);
/* The row from -> to (from NULL: in a create), or NULL. */
const struct kind_step *kind_step_find(const struct kind *kind, const char *from, const char *to);
/* "owner", "approver", "partner": for help and documents. */
const char *kind_party_name(enum kind_party who);

/* One field of a body that anybody wrote. */
struct field_view {
    const struct field *field;     /* NULL: not in this node's table (or no table at all) */
    struct pack_value key;         /* the field's number; whatever else somebody wrote */
    struct pack_value value;
    bool cleared;                  /* nil */
    bool understood;               /* as if this node had written it */
    enum muster_error why;         /* EFIELD, ETOKEN, ... if not understood */
};

struct kind_view {
    const struct kind *kind;
    struct cursor at;
    uint32_t left;
    uint64_t mask; /* bits of the fields with numbers 0..63, known or not */
};

/* Looks at a body of any kind (NULL: unknown).  OK; else the bytes are no msgpack map (the errors of pack_check,
 * EBADVALUE) and there is nothing to show but the bytes. */
MUST_USE enum muster_error kind_view(struct kind_view *view, const struct kind *kind, struct bytes body);
/* The next field in the order of the body; false behind the last. */
bool kind_view_next(struct kind_view *view, struct field_view *out);

/* The zstd dictionary that a payload names: 0 none (empty), 1 incident, 2 resource, 3 evaluation.  False
 * for an id of a newer version.  The bytes never change: a payload of today is read with them for ever. */
bool kind_dictionary(uint8_t dictionary_id, struct bytes *out);
/* The dictionary with which this node compresses bodies of the kind; 0 for kinds without one. */
uint8_t kind_dictionary_id(uint16_t kind_number);

#endif
