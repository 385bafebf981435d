/* alarm.h — what somebody has to be told: rules over plain facts.
 *
 * A rule is a row: name, severity, the subject that it is about, when it holds, what it says, and what to do.  Whoever calls
 * gathers the facts of one subject at a time from what a node holds; nothing here knows records, clocks or disks.  So the
 * same facts raise the same alarms on every node.  Names stand in scripts and hooks: append, never rename. */
#ifndef MUSTER_DECIDE_ALARM_H
#define MUSTER_DECIDE_ALARM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALARM_NEVER 0 /* of a time in ms since 1970: none is set; the first ms itself is given as 1 */

enum alarm_severity { ALARM_NOTICE, ALARM_WARNING, ALARM_CRITICAL, ALARM_SEVERITIES };

enum alarm_subject {
    ALARM_OF_RESOURCE,    /* a lot or an item of stock */
    ALARM_OF_MANDATE,
    ALARM_OF_AGREEMENT,
    ALARM_OF_CERTIFICATE, /* of a node or an operator */
    ALARM_OF_REQUEST,
    ALARM_OF_TASK,
    ALARM_OF_MEMBER,      /* of a space */
    ALARM_OF_LOG,
    ALARM_OF_LINK,        /* an object that names another one */
    ALARM_OF_PROMISES     /* the quantities of one resource */
};

/* What has become of the object that a link names. */
enum alarm_source { ALARM_SOURCE_STANDS, ALARM_SOURCE_RETRACTED, ALARM_SOURCE_SUPERSEDED, ALARM_SOURCE_ERASED };

/* Facts of one subject; what does not concern it stays zero. */
struct alarm_facts {
    enum alarm_subject subject;
    bool over;            /* its state says that nothing is awaited of it any more */
    bool own;             /* it is this agency's */
    int64_t until_ms;     /* when it expires, is due, or must be there */
    /* tasks */
    int64_t word_by_ms;   /* until when somebody must have acknowledged */
    bool word;            /* somebody has: the owner wrote it down, or the assignee said so */
    bool done;            /* the assignee said that it is done */
    bool escalated;       /* the owner wrote down that it was passed on */
    bool passed_to_us;    /* this agency is the one to which it is passed on */
    /* resources */
    bool below;           /* quantity < minimum, both known */
    bool empty;           /* its quantity is known and zero */
    /* members */
    int64_t heard_ms;     /* when the last sign of it was; ALARM_NEVER: none yet, it has not joined */
    int64_t silence_ms;   /* how long a silence is told of */
    /* logs, links, promises */
    bool forked;
    enum alarm_source source;
    uint64_t voids, lost, at_risk; /* void records; units */
};

enum alarm_rule {
    ALARM_EXPIRED,
    ALARM_EXPIRES_SOON,
    ALARM_BELOW_MINIMUM,
    ALARM_MANDATE_EXPIRED,
    ALARM_MANDATE_EXPIRES,
    ALARM_AGREEMENT_EXPIRED,
    ALARM_AGREEMENT_EXPIRES,
    ALARM_CERTIFICATE_EXPIRED,
    ALARM_CERTIFICATE_EXPIRES,
    ALARM_REQUEST_OVERDUE,
    ALARM_TASK_UNACKNOWLEDGED,
    ALARM_TASK_ESCALATED,
    ALARM_TASK_OVERDUE,
    ALARM_MEMBER_SILENT,
    ALARM_LOG_FORKED,
    ALARM_SOURCE_CHANGED,
    ALARM_PROMISE_VOID,
    ALARM_PROMISE_LOST,
    ALARM_PROMISE_AT_RISK,
    ALARM_RULES
};

struct alarm_row {
    const char *name;
    enum alarm_severity severity;
    enum alarm_subject subject;
    bool (*holds)(const struct alarm_facts *facts, int64_t now_ms);
    const char *says;   /* with {what}, {id}, {other}, {when}, {number}, {least}: see alarm_say */
    const char *remedy; /* a command or a sentence, of which a part may be pasted: {id} alone, nothing that others have written */
};

/* NULL for a number that is no rule. */
const struct alarm_row *alarm_row(enum alarm_rule rule);
/* ALARM_RULES for a name that is none. */
enum alarm_rule alarm_named(const char *name);
const char *alarm_severity_name(enum alarm_severity severity);
/* ALARM_SEVERITIES for a word that is none. */
enum alarm_severity alarm_severity_named(const char *word);

/* Bit r is set for each rule r that holds at that moment. */
uint32_t alarm_judge(const struct alarm_facts *facts, int64_t now_ms);

/* What takes the places in a row's texts; NULL counts as "". */
struct alarm_words {
    const char *what;  /* title of the object, name of the member */
    const char *id;    /* its short id, or digits of an agency's: all that may stand in a command */
    const char *other; /* the source, the assignee, the owner */
    const char *when;
    const char *number;
    const char *space;
    const char *least; /* how much there should be */
};
/* Writes the pattern with its places filled, always terminated; what does not fit is cut at a whole character of UTF-8. */
void alarm_say(char *out, size_t size, const char *pattern, const struct alarm_words *words);

#endif
