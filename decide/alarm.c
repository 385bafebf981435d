#include "decide/alarm.h"

#include <string.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

enum { LOT_DAYS_AHEAD = 30, MANDATE_DAYS_AHEAD = 1, AGREEMENT_DAYS_AHEAD = 14, CERTIFICATE_DAYS_AHEAD = 30 };

/* --- when a rule holds --------------------------------------------------------------------------------------- */

static bool past(int64_t at_ms, int64_t now_ms)
{
    return at_ms != ALARM_NEVER && at_ms <= now_ms;
}

static bool within(int64_t at_ms, int64_t now_ms, int days)
{
    return at_ms != ALARM_NEVER && at_ms > now_ms && at_ms - now_ms <= days * DAY_MS;
}

static bool expired(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && !f->empty && past(f->until_ms, now_ms);
}

static bool lot_soon(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && !f->empty && within(f->until_ms, now_ms, LOT_DAYS_AHEAD);
}

static bool mandate_soon(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && within(f->until_ms, now_ms, MANDATE_DAYS_AHEAD);
}

static bool agreement_soon(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && within(f->until_ms, now_ms, AGREEMENT_DAYS_AHEAD);
}

static bool certificate_soon(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && within(f->until_ms, now_ms, CERTIFICATE_DAYS_AHEAD);
}

static bool below(const struct alarm_facts *f, int64_t now_ms)
{
    (void)now_ms;
    return !f->over && f->below;
}

static bool due(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && !f->done && past(f->until_ms, now_ms);
}

static bool unacknowledged(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && !f->word && past(f->word_by_ms, now_ms);
}

/* Passed on by its clock, without a word of the owner: so it reaches whom it is passed to even when the owner's node is cut
 * off, since every node that holds the task has the same clock to look at. */
static bool passed_on(const struct alarm_facts *f, int64_t now_ms)
{
    return !f->over && !f->word && f->passed_to_us && (f->escalated || past(f->word_by_ms, now_ms));
}

static bool silent(const struct alarm_facts *f, int64_t now_ms)
{
    return f->heard_ms != ALARM_NEVER && f->silence_ms > 0 && now_ms - f->heard_ms >= f->silence_ms;
}

static bool forked(const struct alarm_facts *f, int64_t now_ms)
{
    (void)now_ms;
    return f->forked;
}

static bool source_changed(const struct alarm_facts *f, int64_t now_ms)
{
    (void)now_ms;
    return !f->over && f->source != ALARM_SOURCE_STANDS;
}

static bool promise_void(const struct alarm_facts *f, int64_t now_ms)
{
    (void)now_ms;
    return f->voids > 0;
}

static bool promise_lost(const struct alarm_facts *f, int64_t now_ms)
{
    (void)now_ms;
    return f->lost > 0;
}

static bool promise_risky(const struct alarm_facts *f, int64_t now_ms)
{
    (void)now_ms;
    return f->at_risk > 0;
}

/* --- rows -------------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct alarm_row rows[ALARM_RULES] = {
    [ALARM_EXPIRED] = {"expired", ALARM_WARNING, ALARM_OF_RESOURCE, expired,
        "{what} ({id}) expired at {when}", "take it off the shelf, then muster update {id} quantity=0, or correct expires"},
    [ALARM_EXPIRES_SOON] = {"expires-soon", ALARM_NOTICE, ALARM_OF_RESOURCE, lot_soon,
        "{what} ({id}) expires at {when}", "use it first, or offer it: muster offer {id}"},
    [ALARM_BELOW_MINIMUM] = {"below-minimum", ALARM_WARNING, ALARM_OF_RESOURCE, below,
        "{what} ({id}) is below its minimum: {number} of at least {least}", "ask for more: muster request, or muster update {id} quantity=N"},
    [ALARM_MANDATE_EXPIRED] = {"mandate-expired", ALARM_CRITICAL, ALARM_OF_MANDATE, expired,
        "the mandate {what} ({id}) ended at {when} and still says in-force", "muster update {id} status=expired, or a new mandate"},
    [ALARM_MANDATE_EXPIRES] = {"mandate-expires-soon", ALARM_NOTICE, ALARM_OF_MANDATE, mandate_soon,
        "the mandate {what} ({id}) ends at {when}", "have it prolonged in time: muster show {id}"},
    [ALARM_AGREEMENT_EXPIRED] = {"agreement-expired", ALARM_WARNING, ALARM_OF_AGREEMENT, expired,
        "the agreement {what} ({id}) ended at {when}: nothing is shared under it any more", "muster agreement propose, with new times"},
    [ALARM_AGREEMENT_EXPIRES] = {"agreement-expires-soon", ALARM_NOTICE, ALARM_OF_AGREEMENT, agreement_soon,
        "the agreement {what} ({id}) ends at {when}", "muster agreement propose, with new times, and have it signed"},
    [ALARM_CERTIFICATE_EXPIRED] = {"certificate-expired", ALARM_CRITICAL, ALARM_OF_CERTIFICATE, expired,
        "the certificate of {other} {what} expired at {when}", "muster key renew on its agency's side, with the root key"},
    [ALARM_CERTIFICATE_EXPIRES] = {"certificate-expires-soon", ALARM_WARNING, ALARM_OF_CERTIFICATE, certificate_soon,
        "the certificate of {other} {what} expires at {when}", "muster key renew on its agency's side, with the root key"},
    [ALARM_REQUEST_OVERDUE] = {"request-overdue", ALARM_CRITICAL, ALARM_OF_REQUEST, due,
        "the request {what} ({id}) was needed by {when} and is not met", "muster show {id}; muster offer, or close it with a reason"},
    [ALARM_TASK_UNACKNOWLEDGED] = {"task-unacknowledged", ALARM_WARNING, ALARM_OF_TASK, unacknowledged,
        "nobody has acknowledged the task {what} ({id}) of {other} by {when}", "muster task ack {id}, or call who is to do it"},
    [ALARM_TASK_ESCALATED] = {"task-escalated", ALARM_CRITICAL, ALARM_OF_TASK, passed_on,
        "the task {what} ({id}) is passed on to this agency: {other} has not acknowledged it by {when}",
        "muster task ack {id}, and say who does it"},
    [ALARM_TASK_OVERDUE] = {"task-overdue", ALARM_CRITICAL, ALARM_OF_TASK, due,
        "the task {what} ({id}) of {other} was due at {when} and is not done", "muster task done {id}, or a new deadline"},
    [ALARM_MEMBER_SILENT] = {"member-silent", ALARM_WARNING, ALARM_OF_MEMBER, silent,
        "nothing was heard of {what} since {when}", "muster peer test {id}; call them, or send a bundle"},
    [ALARM_LOG_FORKED] = {"log-forked", ALARM_CRITICAL, ALARM_OF_LOG, forked,
        "a log of {what} has two branches: it signed two histories", "call that agency; muster space show names the log, a majority cuts it"},
    [ALARM_SOURCE_CHANGED] = {"source-changed", ALARM_WARNING, ALARM_OF_LINK, source_changed,
        "{what} ({id}) names {other}, which was {number}", "muster show {id}, then correct what rested on it"},
    [ALARM_PROMISE_VOID] = {"promise-void", ALARM_CRITICAL, ALARM_OF_PROMISES, promise_void,
        "of {what} ({id}) promises or other records of units count for nothing: {number}", "muster quantities {id} says which, and what to do"},
    [ALARM_PROMISE_LOST] = {"promise-lost", ALARM_CRITICAL, ALARM_OF_PROMISES, promise_lost,
        "of {what} ({id}) promised units are lost: {number}", "muster quantities {id} says which promise; muster cover, or say no"},
    [ALARM_PROMISE_AT_RISK] = {"promise-at-risk", ALARM_WARNING, ALARM_OF_PROMISES, promise_risky,
        "of {what} ({id}) units are promised at risk: {number}", "muster quantities {id}; muster cover makes them safe"},
};
/* clang-format on */

const struct alarm_row *alarm_row(enum alarm_rule rule)
{
    return (size_t)rule < ALARM_RULES ? &rows[rule] : NULL;
}

enum alarm_rule alarm_named(const char *name)
{
    size_t rule = 0;
    while (rule < ALARM_RULES && strcmp(rows[rule].name, name) != 0)
        rule++;
    return (enum alarm_rule)rule;
}

static const char *const severities[ALARM_SEVERITIES] = {"notice", "warning", "critical"};

const char *alarm_severity_name(enum alarm_severity severity)
{
    return (size_t)severity < ALARM_SEVERITIES ? severities[severity] : "unknown";
}

enum alarm_severity alarm_severity_named(const char *word)
{
    size_t severity = 0;
    while (severity < ALARM_SEVERITIES && strcmp(severities[severity], word) != 0)
        severity++;
    return (enum alarm_severity)severity;
}

/* --- judging, saying ----------------------------------------------------------------------------------------------- */

uint32_t alarm_judge(const struct alarm_facts *facts, int64_t now_ms)
{
    uint32_t held = 0;
    _Static_assert(ALARM_RULES <= 32, "a rule has a bit");
    for (size_t r = 0; r < ALARM_RULES; r++)
        if (rows[r].subject == facts->subject && rows[r].holds(facts, now_ms))
            held |= UINT32_C(1) << r;
    return held;
}

static const char *word_of(const struct alarm_words *words, const char *name, size_t len)
{
    const struct {
        const char *name, *word;
    } places[] = {{"what", words->what}, {"id", words->id},         {"other", words->other},
                  {"when", words->when}, {"number", words->number}, {"space", words->space},
                  {"least", words->least}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strlen(places[i].name) == len && memcmp(places[i].name, name, len) == 0)
            return places[i].word ? places[i].word : "";
    return NULL;
}

/* As much of the run as fits behind `at`, never a part of a character. */
static size_t put(char *out, size_t size, size_t at, const char *run, size_t len)
{
    size_t room = size - 1 - at;
    if (len > room) {
        len = room;
        while (len && ((unsigned char)run[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(out + at, run, len);
    return at + len;
}

void alarm_say(char *out, size_t size, const char *pattern, const struct alarm_words *words)
{
    size_t at = 0;
    while (*pattern) {
        const char *brace = strchr(pattern, '{');
        size_t plain = brace ? (size_t)(brace - pattern) : strlen(pattern);
        const char *end = pattern[plain] ? strchr(pattern + plain, '}') : NULL;
        const char *word = end ? word_of(words, pattern + plain + 1, (size_t)(end - pattern) - plain - 1) : NULL;
        if (!word) { /* no place of ours: as it stands */
            size_t rest = end ? (size_t)(end - pattern) + 1 : strlen(pattern);
            at = put(out, size, at, pattern, rest);
            pattern += rest;
            continue;
        }
        at = put(out, size, at, pattern, plain);
        at = put(out, size, at, word, strlen(word));
        pattern = end + 1;
    }
    out[at] = '\0';
}
