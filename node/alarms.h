/* alarms.h — the alarms of this node: raised once, cleared once, acknowledged by somebody.
 *
 * alarm_look.c goes through what is held, a slice a tick, and asks the rules of decide/alarm.h.  An alarm is one rule about
 * one subject: its id is a hash of both, the same after every restart.  When a whole round has not found it any more it is
 * cleared.  What lasts over restarts (T_META "alarm." || id) is since when it stands and who has acknowledged it, so that
 * neither journal nor hook hears of it again; the texts are made anew.
 *
 * Bounds: ALARMS_MAX in all, ALARMS_AGENCY_MAX of them about objects of any one other agency, so that nobody's records can
 * hide what is wrong elsewhere; what has no room is counted. */
#ifndef MUSTER_NODE_ALARMS_H
#define MUSTER_NODE_ALARMS_H

#include "base/ids.h"
#include "decide/alarm.h"
#include "node/hook.h"
#include "store/store.h"

enum {
    ALARMS_MAX = 4096,
    ALARMS_AGENCY_MAX = 256,
    ALARM_ID_BYTES = 8,
    ALARM_TEXT_BYTES = 320,
    ALARM_REMEDY_BYTES = 200,
    ALARM_NAME_BYTES = 129,
    ALARM_SHORT_BYTES = 32
};

struct alarm {
    uint8_t id[ALARM_ID_BYTES];
    enum alarm_rule rule;
    bool in_space, exercise, has_object, theirs; /* theirs: about an object or a log of another agency */
    struct space_id space;
    struct object_id object;
    struct agency_id agency; /* whose object, or whom it is about */
    uint16_t kind;
    uint64_t number;         /* how much is wrong: more than when it was acknowledged opens it again */
    char space_name[ALARM_NAME_BYTES], short_id[ALARM_SHORT_BYTES];
    char text[ALARM_TEXT_BYTES], remedy[ALARM_REMEDY_BYTES]; /* in English, for journal and hook */
    char words[ALARM_TEXT_BYTES]; /* what they were made of, each with its NUL (alarm_say.c) */
    /* what lasts */
    uint64_t raised_ms, acked_ms, acked_number; /* acked_ms 0: nobody has */
    uint32_t acked_by;                          /* the user of this machine */
    /* of the table */
    uint32_t round; /* that found it last; 0: only remembered from before the start, nobody is shown it */
    bool unkept;    /* its row on disk is older */
};

/* For screens, exit codes and metrics. */
struct alarm_counts {
    uint64_t open[ALARM_SEVERITIES], acknowledged;
    uint64_t no_room;               /* found in the last round, and not in the table */
    uint64_t raised, cleared;       /* since the start */
    struct hook_counts hooks;
};

struct alarms {
    struct alarm *at;
    size_t count, size;
    uint32_t round;                 /* the one that goes on, from 1 */
    uint64_t no_room, no_room_before, raised, cleared;
    uint8_t (*gone)[ALARM_ID_BYTES]; /* cleared, still on disk */
    size_t gone_count, gone_size;
};

enum alarm_found {
    ALARM_FOUND_KNOWN, /* stands already */
    ALARM_FOUND_NEW,   /* raised now */
    ALARM_FOUND_WORSE, /* was acknowledged, and there is more of it: open again */
    ALARM_FOUND_NO_ROOM
};

/* Keeps the words that its sentences are made of, cut where there is no more room. */
void alarm_words_keep(struct alarm *alarm, const struct alarm_words *words);
/* What it says, or what to do about it, in the language of this thread. */
void alarm_sentence(const struct alarm *alarm, bool remedy, char *out, size_t size);

/* The id of a rule about a subject; space zeroes: of none. */
void alarm_id(uint8_t out[ALARM_ID_BYTES], enum alarm_rule rule, const struct space_id *space, const void *subject,
              size_t subject_len);
void alarms_begin(struct alarms *alarms);
/* *found: everything but what lasts.  *out, if not NULL: its row, until the table changes. */
enum alarm_found alarms_found(struct alarms *alarms, const struct alarm *found, uint64_t now_ms, struct alarm **out);
/* The round is over: what it did not find is cleared, each told to `cleared` before it goes (not what nobody was shown). */
void alarms_end(struct alarms *alarms, void (*cleared)(void *user, const struct alarm *alarm), void *user);
/* By at least 4 hex digits of its id; NULL when there is none, or *several. */
struct alarm *alarms_named(struct alarms *alarms, const char *digits, bool *several);
void alarms_acknowledge(struct alarm *alarm, uint32_t uid, uint64_t now_ms);
void alarms_count(const struct alarms *alarms, struct alarm_counts *out);
/* Most severe first, open before acknowledged, oldest first. */
void alarms_sort(const struct alarm **list, size_t count);
void alarms_free(struct alarms *alarms);

/* What lasts, from the store; and into it, in one commit of everything that has changed.  A commit that fails is repeated
 * with the next one. */
void alarms_load(struct alarms *alarms, struct store *store);
MUST_USE enum muster_error alarms_keep(struct alarms *alarms, struct store *store);

#endif
