/* agreements.h — the agreements that this node holds, and what they decide about what it is going to write.
 *
 * Which space a record goes to, whether it may be written there, whether an object may go on into another: decided here, at
 * writing, from agreements to which this agency is a party.  What others write is never asked about (protocol/trust/agreement.h). */
#ifndef MUSTER_NODE_AGREEMENTS_H
#define MUSTER_NODE_AGREEMENTS_H

#include "node/json.h"
#include "node/request.h"
#include "protocol/trust/agreement.h"

enum { AGREEMENTS_MAX = 256 /* agreements that are looked at */ };

enum held_status { HELD_IN_FORCE, HELD_WAITS, HELD_BRANCHES, HELD_ENDED, HELD_UNREADABLE };

struct held_agreement {
    struct agreement agreement; /* reads from view */
    enum held_status status;
    uint32_t kept;              /* number of the space that the agreement is an object of */
    struct object_id object;
    struct record_id head;      /* its content now, if there is one */
    struct agency_id owner;
    struct agency_id signed_by[AGREEMENT_PARTIES_MAX];
    size_t signed_count;
    char short_id[SHORT_ID_BYTES], name[96];
    uint8_t *view;
};

struct agreements {
    struct held_agreement *at;
    size_t count;
};

const char *held_status_name(enum held_status status); /* "in-force", "waits-for-signatures", … */
/* One agreement; ENOTFOUND, EKIND if the object is of another kind, ESTORE….  Free it with held_clear. */
MUST_USE enum muster_error held_read(struct node *node, const struct space_view *kept, const struct object_id *object,
                                     struct held_agreement *out);
void held_clear(struct held_agreement *term);
/* All that are held, at most AGREEMENTS_MAX; binding: only those in force of which this agency is a party. */
void agreements_load(struct agreements *out, struct node *node, bool binding);
void agreements_free(struct agreements *terms);

/* May the record be written into that space?  OK, with the agreement that allows it in *by, or NULL when none binds; else
 * EAGREEMENT with a sentence, and in *by the one that came nearest.  Agreements themselves may always be written. */
MUST_USE enum muster_error agreements_judge(const struct agreements *terms, const struct space_view *space,
                                       const struct agreement_subject *subject, const struct held_agreement **by,
                                       struct kind_problem *problem);
/* The same for an item on its way to the core: its object as it would be then.  Of items without content there is nothing to
 * ask. */
MUST_USE enum muster_error agreements_judge_item(const struct agreements *terms, struct node *node, const struct space_view *space,
                                            const struct write_item *item, const struct held_agreement **by,
                                            struct kind_problem *problem);
/* The one space, of those to which this agency may write, whose agreements let the record in.  EAGREEMENT when there is none,
 * EUSAGE when there are several, with a sentence that names them. */
MUST_USE enum muster_error agreements_route(const struct agreements *terms, struct node *node, const struct agreement_subject *subject,
                                       struct space_view *out, const struct held_agreement **by, struct kind_problem *problem);

/* "Jinsha flood (agr-7k2q9)": for sentences; escaped by whoever shows it. */
enum { HELD_TITLE_BYTES = 160 };
const char *held_title(const struct held_agreement *term, char out[HELD_TITLE_BYTES]);
/* {"id","short","name","kept":space,"space":{id,name},"owner","parties","signed","missing","status","in_force","head","fields"} */
json_t *held_json(struct node *node, const struct held_agreement *term);

/* Asks about items that nobody has asked about yet; false: refused, with the sentence of the first that may not go there. */
bool request_agreed(struct request *request, const struct space_id *space, const struct write_item *items, size_t count);
/* Keeps the agreement that let an item in, for the answer. */
void request_agreement(struct request *request, const struct held_agreement *by);

/* Has the owner of the object signed its present content for this agency to share onward? */
bool agreements_consent(struct node *node, const struct space_view *space, const struct object_id *object,
                   const struct object_stored *state);
/* Is every reader of `to` a reader of `from` too?  (Control's answer, as for epochs: K1.) */
bool agreements_readers_have_it(const struct space_view *from, const struct space_view *to);

#endif
