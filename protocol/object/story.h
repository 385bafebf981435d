/* story.h — the steps of a joint delivery, and which of them count (SPEC S7.1.7).
 *
 * A joint object is changed by every writer (RULES O9), and a delivery has two sides that sign its steps: who brings and who
 * asked.  A node writes its own side's steps only; what others wrote is judged here, by every node alike: from the records that
 * are held, whatever order they came in.  A step that does not count stays in the history, and the state behind it is the one
 * before it; every other field that its record sets counts as it always does. */
#ifndef MUSTER_PROTOCOL_OBJECT_STORY_H
#define MUSTER_PROTOCOL_OBJECT_STORY_H

#include "protocol/core.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/look.h"

enum {
    STORY_STEPS_MAX = 512, /* records that set the state of one object; beyond them none is judged */
    STORY_OWNERS_MAX = 64  /* owners of the request, one after the other */
};

enum story_word {
    STORY_NONE,       /* sets no state, the state that is there, or one that this node cannot read */
    STORY_COUNTS,
    STORY_WRONG_SIDE, /* a step of the other side */
    STORY_WRONG_STEP  /* no step of the kind leads there */
};

struct story_record {
    enum story_word word;
    enum kind_party who;    /* WRONG_SIDE: whose step it would be */
    const char *from, *to;  /* tokens of the kind; NULL: unknown, or no state before */
};

struct story {
    const struct kind *kind;      /* NULL: nothing was judged (not joint, no two sides, too many steps, no key) */
    struct story_record *records; /* of look->records[i]; NULL with kind NULL */
    size_t wrong;                 /* that do not count */
    const char *status;           /* the state that counts; NULL: not known */
    bool differs;                 /* from what the view shows */
    struct agency_id asked[STORY_OWNERS_MAX]; /* owners of the request that the create names, past ones too */
    size_t asked_count;                       /* 0: it names none, or none that is here */
};

/* Judges the steps of one object.  `look` is of core_object_look in the same space.  MUSTER_OK, also where nothing is to be
 * judged; EBUSY without memory.  Free it with story_free. */
MUST_USE enum muster_error core_object_story(struct core *core, uint32_t space, const struct object_look *look,
                                             struct story *out);
void story_free(struct story *story);

/* May that agency take a step of `who`?  who brings: an agency that owns the object or has owned it; who asked: one that owns
 * or has owned the request; without a request whoever does not bring. */
bool story_side(const struct story *story, const struct object_look *look, const struct agency_id *agency, enum kind_party who);
/* "who brings it", "who asked for it". */
const char *story_side_name(enum kind_party who);

#endif
