/* field.h — one field of a kind: its row, its check, its text.
 *
 * What a value is in a body (msgpack) and as text (CLI, CSV):
 *   TEXT      str                        as it is
 *   TOKEN     str, one of the tokens     as it is
 *   TOKENS    array of such str          a;b
 *   TEXTS     array of str               a;b      \; is a semicolon, \\ a backslash inside an item
 *   INT       integer, 64 bits signed    -12
 *   DECIMAL   str, decimal.h             12.50
 *   TIME      str, time3339.h            2026-05-01T08:00:00+08:00, kept exactly as given
 *   POINT     str "lat,lon"              28.77,104.62
 *   AREA      array of str, geo.h        POLYGON 38.4,-120.1 ...;CIRCLE 32.9,-115.5 20
 *   OBJECT    16 bytes                   32 hex digits
 *   LINKS     array of [role, 16 bytes]  causes:HEX;part-of:HEX
 *   FLAG      bool                       yes, no
 *   EVIDENCE  map {1: media type, 2: bytes}; no text form: "application/xml, 4136 bytes"
 * nil under any field means "cleared" and is the empty text.  Nothing allocates. */
#ifndef MUSTER_PROTOCOL_KINDS_FIELD_H
#define MUSTER_PROTOCOL_KINDS_FIELD_H

#include "base/bytes.h"
#include "base/pack.h"
#include "base/said.h"
#include "protocol/kinds/vocab.h"

enum field_type {
    FIELD_TEXT,
    FIELD_TOKEN,
    FIELD_TOKENS,
    FIELD_TEXTS,
    FIELD_INT,
    FIELD_DECIMAL,
    FIELD_TIME,
    FIELD_POINT,
    FIELD_AREA,
    FIELD_OBJECT,
    FIELD_LINKS,
    FIELD_FLAG,
    FIELD_EVIDENCE
};

enum field_flag {
    FIELD_REQUIRED = 1,  /* must be set on create, and cannot be cleared */
    FIELD_TITLE = 2,     /* what the object is called: one a kind */
    FIELD_STATE = 4,     /* where it stands: one a kind */
    FIELD_WHEN = 8,      /* lists can be limited to a time by this field */
    FIELD_ALIAS = 16,    /* each item finds the object, as an identifier of another system */
    FIELD_SEARCH = 32,   /* its words are searched */
    FIELD_LIST = 64,     /* a column of `muster list` */
    FIELD_POSITIVE = 128 /* INT and DECIMAL: zero or more */
};

/* Forms that a text must have beside its type. */
enum field_form {
    FORM_ANY,
    FORM_UCUM,
    FORM_GLIDE,
    FORM_LATITUDE,
    FORM_LONGITUDE,
    FORM_COUNTRY,
    FORM_CURRENCY,
    FORM_SHARE,
    FORM_PAIR,         /* each item NAME=TEXT, cut at the first =, neither side empty */
    FORM_PAIR_DECIMAL, /* each item NAME=DECIMAL */
    FORM_RATIO         /* each item A/B=DECIMAL from 1 to 9: A weighs so many times B (Saaty) */
};

enum {
    FIELD_NUMBER_MAX = 63, /* the bit in the field mask of the record header */
    FIELD_LINE_BYTES = 256,
    FIELD_LINES_BYTES = 1024, /* an item of a list of lines */
    FIELD_TEXT_BYTES = 16 * 1024,
    FIELD_AREA_BYTES = 64 * 1024,
    FIELD_EVIDENCE_BYTES = 160 * 1024,
    FIELD_ITEMS = 64,
    FIELD_SENTENCE_BYTES = 384
};

struct field {
    uint8_t number;            /* 0..FIELD_NUMBER_MAX; for ever */
    enum field_type type;
    enum field_form form;
    uint16_t flags;            /* enum field_flag */
    uint16_t max_items;        /* lists */
    uint32_t max_bytes;        /* a text, or each item of a list, or the bytes of evidence */
    const char *name;
    const char *const *tokens; /* NULL-ended: TOKEN, TOKENS, and the roles of LINKS */
    const signed char *ranks;  /* rank of each token if they have an order, else NULL */
    const char *vocab;         /* "CAP-1.2/severity" */
    const char *label_en, *label_zh;
    const char *help;          /* one line; may be NULL */
    uint8_t width;             /* columns in `muster list`, when FIELD_LIST */
};

/* Why a value, field or kind was refused, for a person. */
struct kind_problem {
    enum muster_error error;
    int field;                           /* its number, -1 if none */
    char sentence[FIELD_SENTENCE_BYTES]; /* one sentence with name and value, safe for a terminal */
    struct said said;                    /* the same, for who says it in another language */
    const char *suggestion;              /* the token, field or kind that was probably meant, or NULL */
};

/* Is the value one that this node may write?  `value` is an item of bytes that passed pack_check; nil is
 * fine.  OK; ETOKEN (unknown token), ETOOBIG (bytes or items), EBADVALUE (another type or form).
 * problem may be NULL. */
MUST_USE enum muster_error field_check(const struct field *field, const struct pack_value *value,
                                       struct kind_problem *problem);

/* Is it, by its row, a text of one line, or a list of such?  Names of other systems (FIELD_ALIAS) are kept as those write
 * them. */
bool field_is_line(const struct field *field);
/* May a person's text stand in the field, or in an item of its list?  EBADVALUE for a line end or control character in a
 * text of one line.  For what this node writes alone (rule L9): field_check does not ask.  problem may be NULL. */
MUST_USE enum muster_error field_line_check(const struct field *field, const char *text, size_t len,
                                            struct kind_problem *problem);

/* Text of a person to one msgpack value, checked as above and by field_line_check; an area is a simple polygon or a circle (areas.h).  Empty text: nil.  On an error nothing is
 * written.  Also EUTF8; EUSAGE for evidence, which has no text form; ETOOBIG if w is full. */
MUST_USE enum muster_error field_pack(const struct field *field, const char *text, size_t len, struct writer *w,
                                      struct kind_problem *problem);
/* The same from a field that was given several times (F=a F=b): each text of a list field may hold
 * several items; other fields take one text (EUSAGE). */
MUST_USE enum muster_error field_pack_many(const struct field *field, const struct bytes *texts, size_t count,
                                           struct writer *w, struct kind_problem *problem);

/* Any checked value as text; field_pack of the answer gives the same value (evidence apart).  A value of
 * another type than the field's, and any value without a field (NULL), is shown raw: bytes as hex, lists
 * as [a;b], maps as {1=a;2=b}.  NUL-terminates, cuts at a whole character; returns the bytes it wanted,
 * like snprintf.  Not escaped: pass it through base/text.h for where it goes. */
size_t field_text(const struct field *field, const struct pack_value *value, char *out, size_t size);

/* The place of a value in an order: rank of a token (the highest of a list), an integer, a flag, ms since
 * 1970 of a time, a decimal times 1,000,000 (towards zero, cut off at the ends of int64_t).  False if the
 * field has no order, or the value is nil, unknown or malformed. */
bool field_number_value(const struct field *field, const struct pack_value *value, int64_t *out);

/* nil, an empty text, an empty list: it says nothing, and does not satisfy a required field. */
bool field_says_nothing(const struct pack_value *value);

/* "text", "token", ... for help and schemas. */
const char *field_type_name(enum field_type type);
/* "ucum", "pair", ...; NULL for FORM_ANY. */
const char *field_form_name(enum field_form form);
/* TOKENS, TEXTS, AREA, LINKS. */
bool field_is_list(const struct field *field);

/* Fills problem (if not NULL) and returns the error; the sentence is cut to fit.  For the files of this
 * folder. */
enum muster_error problem_set(struct kind_problem *problem, enum muster_error error, const struct field *field,
                              const char *suggestion, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A value quoted for a sentence: safe for a terminal and cut to 48 bytes. */
enum { QUOTE_BYTES = 64 };
const char *problem_quote(char out[QUOTE_BYTES], const void *text, size_t len);

#endif
