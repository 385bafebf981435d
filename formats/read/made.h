/* made.h — an item in the making: the fields of one object of a kind, from texts or JSON.
 *
 * Only shapes are made here (a whole number, a list, a link); what a field may say the node checks, and it names the
 * line.  What has no field of its own goes into the kind's comments under its heading, and what cannot be kept at all is
 * counted, to be said once for the whole file. */
#ifndef MUSTER_FORMATS_READ_MADE_H
#define MUSTER_FORMATS_READ_MADE_H

#include "formats/read/reader.h"
#include "formats/write/out.h"

/* What could not be kept, over a whole file. */
struct made_tally {
    size_t restated;    /* stood in a state that only a workflow reaches */
    size_t linked;      /* name objects by ids of where they come from */
    size_t files;       /* had evidence or attachments, of which the file has only the size */
    size_t unknown;     /* had fields that this version does not know */
    size_t gone;        /* were erased or retracted: not taken */
    size_t in_conflict; /* had several values: the shown one is taken */
    size_t holes;       /* had holes in their areas, which are filled now */
    size_t cut;         /* had longer comments than a record holds */
};

struct made {
    const struct kind *kind;
    json_t *fields;
    struct out comments;
    struct made_tally *tally;
    bool no_memory;
};

/* A new object of that kind.  made_drop gives back what made_item does not take. */
void made_start(struct made *made, const struct kind *kind, struct made_tally *tally);
void made_drop(struct made *made);

/* A field from the text that field_text gives (kinds/field.h); empty: nothing.  A text that has not the field's shape
 * goes in as it is: the node refuses it with the reason. */
void made_text(struct made *made, const struct field *field, const char *text);
/* A field by its name; false if the kind has none of it (nothing is done then). */
bool made_text_named(struct made *made, const char *field, const char *text);
/* A field as the local API shows it; evidence and attachments are counted and left out. */
void made_json(struct made *made, const struct field *field, json_t *value);
/* "heading: text" into the comments; heading may be NULL. */
void made_comment(struct made *made, const char *heading, const char *text);
/* The text on one line: line ends and tabs, together, become a space.  What else steers the node refuses. */
json_t *made_line(const char *text);
bool made_has(const struct made *made, const char *field);

/* The item with that key (taken over), and `made` is empty again; NULL without memory.  A state that no object begins
 * with becomes the first one that it may begin with. */
json_t *made_item(struct made *made, json_t *key);
/* The same key for the same contents, whatever their order: "PREFIX:HASH", with an ordinal when `seen` (an object, may be
 * NULL) had it before. */
json_t *made_key(const char *prefix, const json_t *contents, json_t *seen);

/* The sentences for what could not be kept, as notices. */
void made_tally_say(const struct made_tally *tally, const char *name, struct reader_output *output);

#endif
