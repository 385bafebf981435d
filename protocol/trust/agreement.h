/* agreement.h — sharing terms: what they say, whether they are in force, and what they decide.
 *
 * An agreement is an object (kind 20) that its owner writes and every party signs: a signature is a record OP_SIGN of a party's
 * log that names, by `dep`, the record whose content it signs, so that any change of the terms needs signing again.  It decides
 * AT WRITING: to which space a record goes, and whether it may go on into another.  On the wire membership alone decides
 * (forward.h): nothing here is ever asked about what somebody else wrote, and nothing is hidden by it.
 * The functions are pure; `now` is the writer's clock, which nobody else is bound by. */
#ifndef MUSTER_PROTOCOL_TRUST_AGREEMENT_H
#define MUSTER_PROTOCOL_TRUST_AGREEMENT_H

#include "base/bytes.h"
#include "base/ids.h"
#include "protocol/kinds/kinds.h"

enum { AGREEMENT_PARTIES_MAX = 16, AGREEMENT_SENTENCE_BYTES = 320 };
/* Classes of the Traffic Light Protocol, as tlp_ranks; a record without a label is taken as AMBER. */
enum { TLP_CLEAR = 0, TLP_GREEN = 1, TLP_AMBER = 2, TLP_AMBER_STRICT = 3, TLP_RED = 4, TLP_UNLABELLED = TLP_AMBER };

enum agreement_onward { ONWARD_NONE, ONWARD_MEMBERS, ONWARD_CONSENT, ONWARD_FREE };

struct agreement {
    struct bytes view; /* borrowed: kinds, area and geocode are read from it */
    struct bytes name; /* borrowed */
    struct agency_id parties[AGREEMENT_PARTIES_MAX]; /* all different */
    size_t party_count;
    struct space_id space;
    int tlp_max;
    enum agreement_onward onward;
    int64_t from_ms, to_ms; /* INT64_MIN, INT64_MAX: open */
    bool ended;
};

/* Reads the view of an agreement object.  EMISSING, EBADVALUE with a sentence (problem may be NULL): terms that cannot be read
 * are never in force.  What others wrote is never refused for it (L9). */
MUST_USE enum muster_error agreement_read(struct agreement *out, struct bytes view, struct kind_problem *problem);
bool agreement_is_party(const struct agreement *agreement, const struct agency_id *who);
/* The parties that are not among those that have signed; returns their number, at most max are written. */
size_t agreement_missing(const struct agreement *agreement, const struct agency_id *signed_by, size_t count,
                         struct agency_id *out, size_t max);

/* What a record would be like once it is written: its kind, and its object's view then. */
struct agreement_subject {
    uint16_t kind;
    struct bytes view;
    int64_t now_ms;
};

/* What decided, in the order in which it is looked at: the first that does not fit. */
enum agreement_rule {
    AGREEMENT_ENDED,
    AGREEMENT_PERIOD,
    AGREEMENT_KIND,
    AGREEMENT_NO_PLACE, /* the terms are limited to an area, and the record says of no place */
    AGREEMENT_AREA,
    AGREEMENT_TLP,
    AGREEMENT_ALLOWS /* nothing is against it */
};
enum agreement_rule agreement_judge(const struct agreement *agreement, const struct agreement_subject *subject);
/* "the kind is not agreed", and what would change it. */
const char *agreement_rule_says(enum agreement_rule rule);
const char *agreement_rule_remedy(enum agreement_rule rule);

/* The class of a view's field `tlp`: TLP_UNLABELLED without one, TLP_RED for a label that is not known. */
int agreement_tlp(struct bytes view);
const char *agreement_tlp_name(int tlp);

/* May an object go on from its space into another? */
struct onward_question {
    bool own;              /* this agency owns the object */
    bool readers_have_it;  /* every reader of the next space is a reader of its own */
    bool consent;          /* its owner has signed its present content for this agency to share */
    int tlp;
    const struct agreement *term; /* the one under which the object stands in its space; NULL: none */
};
enum onward_rule {
    ONWARD_BY_OWNER,       /* allowed: what one owns one may share, but for TLP:RED */
    ONWARD_BY_READERS,     /* allowed: nobody new gets it */
    ONWARD_BY_CONSENT,     /* allowed */
    ONWARD_BY_TERM,        /* allowed: the agreement says freely */
    ONWARD_BY_TLP,         /* allowed: no agreement, and CLEAR or GREEN */
    ONWARD_RED,            /* refused: for those named only */
    ONWARD_STRICT,         /* refused: for its agency only */
    ONWARD_TERM_NONE,      /* refused by the agreement */
    ONWARD_TERM_MEMBERS,   /* refused: somebody new would read it */
    ONWARD_TERM_CONSENT,   /* refused: the owner has not consented to its present content */
    ONWARD_NO_TERM         /* refused: AMBER, and no agreement lets it go on */
};
enum onward_rule onward_judge(const struct onward_question *question);
bool onward_allows(enum onward_rule rule);
const char *onward_rule_says(enum onward_rule rule);
const char *onward_rule_remedy(enum onward_rule rule);

#endif
