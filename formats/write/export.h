/* export.h — files for the tools of others: one row a format, items in, bytes out.
 *
 * An item is an object as the local API shows it (GET /v1/objects, docs/API.md).  Writers are pure: they know no
 * clock, disk or node; what they need of the moment is in struct export_head.  Every file says whether its
 * contents are an EXERCISE and carries the TLP of what is in it. */
#ifndef MUSTER_FORMATS_WRITE_EXPORT_H
#define MUSTER_FORMATS_WRITE_EXPORT_H

#include "formats/problem.h"
#include "formats/write/out.h"
#include "protocol/kinds/kinds.h"

struct export_head { /* all texts borrowed, never NULL */
    const char *space, *space_id;   /* its id in hex */
    const char *agency, *agency_id; /* of the node that writes the file */
    const char *now;                /* RFC 3339, UTC with Z */
    const char *as_of;              /* complete as of; "" when nobody knows */
    bool exercise;
};

/* How a message of an alert is named when it is sent out again (CAP): see cap.h. */
struct cap_message {
    const char *identifier, *sender, *sent, *msg_type; /* NULL: those of the item's fields */
    const char *references; /* separated by spaces; NULL: those of the fields */
    const char *note; /* beside what the fields note; NULL: nothing */
    json_t *whole; /* the message as it came, a tree of formats/read/cap_parse.h, upgraded when written; NULL: the fields say it */
};

struct export {
    struct out out;
    struct export_head head;
    const struct kind *kind; /* all items are of this one; NULL: of any */
    bool mark;               /* CSV: a byte order mark in front, for spreadsheets */
    const struct cap_message *message; /* CAP only; may be NULL */
    size_t count;            /* items written so far; the caller counts */
    struct out body;         /* what waits for its envelope (EDXL) */
    void *handle;            /* of a format that is no text; the caller's */
    int tlp;                 /* the strictest label so far, a rank of its tokens (EDXL) */
};

enum export_flag {
    EXPORT_ONE_KIND = 1, /* needs the kind: its fields are the columns */
    EXPORT_ONE_ITEM = 2, /* a document holds one item */
    EXPORT_STATE = 4,    /* also what is erased or retracted, which others leave out */
    EXPORT_CANCELS = 8   /* what is retracted goes out as the message that takes it back */
};

struct export_format {
    const char *name, *media_type, *suffix, *help;
    unsigned flags;
    const char *kinds; /* names separated by spaces; NULL: all */
    /* Any of the three may be NULL. */
    void (*begin)(struct export *e);
    /* OK; or why nothing was written, with a sentence: ESCHEMA when the item has no place in the format. */
    enum muster_error (*item)(struct export *e, const json_t *item, struct format_problem *problem);
    void (*end)(struct export *e);
};

/* Gives its memory back. */
void export_clear(struct export *e);

/* The row of that name, or NULL. */
const struct export_format *export_format_by_name(const char *name);
const struct export_format *export_format_at(size_t i); /* NULL behind the last */
/* May items of that kind be written in it? */
bool export_format_takes(const struct export_format *format, const char *kind);

/* --- what the formats share (item.c) --- */
/* A text of the item's fields; NULL when it is absent or no text. */
const char *item_field(const json_t *item, const char *name);
/* The first of a list field, or the text itself; NULL. */
const char *item_first(const json_t *item, const char *name);
const json_t *item_fields(const json_t *item);
/* A text of the item itself: id, short, kind, changed, created; "" when it is absent. */
const char *item_text(const json_t *item, const char *name);
bool item_is(const json_t *item, const char *flag);
/* The item's own name: the field that titles its kind, else its short id. */
const char *item_title(const json_t *item);
/* Any value as one text, appended: lists joined by ";", links as role:object, evidence as type and size. */
void item_value(struct out *out, const json_t *value);
/* 32 hex digits as a uuid, appended. */
void item_uuid(struct out *out, const char *hex);

#endif
