#include "tools/export_series.h"

#include "formats/write/cap_spoken.h"
#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

struct telling { /* one series and those that it asks for */
    const struct series_source *source;
    const char *path[SERIES_OBJECTS_MAX]; /* whose series are under way: what leads back to them is not followed */
    size_t depth, asked;
};

/* --- names ---------------------------------------------------------------------------------------------------------- */

static bool fits(char out[CAP_WRITE_ID_BYTES], const char *text)
{
    return text && (size_t)snprintf(out, CAP_WRITE_ID_BYTES, "%s", text) < CAP_WRITE_ID_BYTES;
}

/* The name that the fields give; false if they do not name a message. */
static bool said_came(struct series_said *s, const json_t *fields)
{
    const char *sent = json_string_value(json_object_get(fields, "sent"));
    char exact[CAP_WRITE_ID_BYTES];
    s->came = fits(s->sender, json_string_value(json_object_get(fields, "sender"))) &&
              fits(s->identifier, json_string_value(json_object_get(fields, "identifier"))) && sent &&
              cap_write_time(exact, sent) && fits(s->sent, exact);
    return s->came;
}

/* A release and a warning keep the three in one: "sender,identifier,sent". */
static bool said_told(struct series_said *s, const char *triple)
{
    char *const parts[] = {s->sender, s->identifier, s->sent};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t len = strcspn(triple, ", ");
        if (!len || len >= CAP_WRITE_ID_BYTES || triple[len] != (i + 1 < ARRAY_LEN(parts) ? ',' : '\0'))
            return false;
        memcpy(parts[i], triple, len);
        parts[i][len] = '\0';
        triple += len + 1;
    }
    s->came = false;
    return true;
}

static void said_own(const struct telling *t, struct series_said *s, const char *object, long long version, size_t places)
{
    size_t len;
    s->came = false;
    cap_write_sender(s->sender, t->source->agency, t->source->agency_id);
    cap_write_identifier(s->identifier, object, version);
    len = strlen(s->identifier);
    if (places)
        snprintf(s->identifier + len, sizeof s->identifier - len, ".%zu", places);
    if (!cap_write_time(s->sent, s->time))
        s->sent[0] = '\0';
}

static bool series_has(const struct series *series, const struct series_said *said)
{
    for (size_t i = 0; i < series->count; i++)
        if (strcmp(series->said[i].identifier, said->identifier) == 0 && strcmp(series->said[i].sender, said->sender) == 0 &&
            strcmp(series->said[i].sent, said->sent) == 0)
            return true;
    return false;
}

static void series_add(struct series *series, const struct series_said *said)
{
    if (series->count == SERIES_SAID_MAX) {
        memmove(series->said, series->said + 1, (SERIES_SAID_MAX - 1) * sizeof series->said[0]);
        series->count--;
    }
    series->said[series->count++] = *said;
}

/* --- what happened, in order ------------------------------------------------------------------------------------------ */

/* At one moment: others said what this one follows, this one said something, took a place. */
enum step_sort { STEP_PREDECESSOR, STEP_VERSION, STEP_FORMER, STEP_PLACE };

struct step {
    const char *hlc, *time;
    enum step_sort sort;
    size_t number; /* keeps what is equal in its order */
    const json_t *record;           /* STEP_VERSION */
    const struct series_said *said; /* STEP_PREDECESSOR, STEP_FORMER */
};

struct steps {
    struct step *at;
    size_t count, size;
};

static void steps_add(struct steps *steps, struct step step)
{
    if (steps->count == steps->size) {
        size_t size = steps->size ? steps->size * 2 : 64;
        struct step *bigger = memory_get(size * sizeof *bigger);
        if (steps->count)
            memcpy(bigger, steps->at, steps->count * sizeof *bigger);
        free(steps->at);
        steps->at = bigger;
        steps->size = size;
    }
    step.number = steps->count;
    steps->at[steps->count++] = step;
}

static int step_cmp(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    int order = strcmp(x->hlc, y->hlc);
    if (!order)
        order = (x->sort > y->sort) - (x->sort < y->sort);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static const char *later(const char *a, const char *b)
{
    return strcmp(a, b) < 0 ? b : a;
}

/* The versions that count.  A version is never before the one that it is built on, whatever its author's clock said. */
static void versions_add(struct steps *steps, const json_t *records)
{
    const char *hlc = "", *time = "";
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        if (strcmp(value_text_at(record, "state"), "counts") != 0)
            continue;
        hlc = later(hlc, value_text_at(record, "hlc"));
        time = later(time, value_text_at(record, "time"));
        steps_add(steps, (struct step){.hlc = hlc, .time = time, .sort = STEP_VERSION, .record = record});
    }
}

/* What another one has said: up to the moment at which this one takes its place together, what comes later as it comes.  `id` is
 * of this one; of a predecessor there is no such moment. */
static void former_add(struct steps *steps, const struct series *former, const char *id, bool predecessor)
{
    const struct series_said *last = NULL;
    size_t end = 0;
    for (size_t i = 0; i < former->count && !predecessor; i++)
        if (strcmp(former->said[i].by, id) == 0) {
            last = &former->said[i];
            end = i + 1;
        }
    for (size_t i = 0; i < former->count; i++)
        steps_add(steps, (struct step){.hlc = i < end ? last->hlc : former->said[i].hlc,
                                       .sort = predecessor ? STEP_PREDECESSOR : STEP_FORMER,
                                       .said = &former->said[i]});
    if (last)
        steps_add(steps, (struct step){.hlc = last->hlc, .time = last->time, .sort = STEP_PLACE});
}

/* --- the series ----------------------------------------------------------------------------------------------------- */

/* One after the other; what others said behind the last message of this one is named by its next. */
static void steps_walk(const struct telling *t, struct series *out, const struct steps *steps, const char *kind, const char *id)
{
    const char *first = cap_spoken_first(kind), *triple = NULL;
    struct series_said said;
    bool told = !first; /* drafts of what is said to the public were no messages */
    long long version = 0;
    size_t places = 0, own = 0;
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = &steps->at[i];
        if (step->said) { /* a predecessor may have been superseded, too, and two may have followed one */
            if (!series_has(out, step->said))
                series_add(out, step->said);
            continue;
        }
        memset(&said, 0, sizeof said);
        snprintf(said.time, sizeof said.time, "%.31s", step->time);
        snprintf(said.hlc, sizeof said.hlc, "%.16s", step->hlc);
        if (step->sort == STEP_PLACE) {
            if (!version)
                continue; /* its first message will name it */
            said_own(t, &said, id, version, ++places);
        } else {
            const json_t *fields = json_object_get(step->record, "fields");
            const char *given = json_string_value(json_object_get(fields, "identifier"));
            told = told || strcmp(value_text_at(fields, "status"), first) == 0;
            triple = given ? given : triple;
            if (!told)
                continue;
            version++;
            if (first ? !triple || !said_told(&said, triple) : !given || !said_came(&said, fields))
                said_own(t, &said, id, version, places);
            snprintf(said.by, sizeof said.by, "%.39s", strcmp(value_text_at(step->record, "op"), "supersede") == 0
                                                          ? value_text_at(step->record, "by.id") : "");
            triple = NULL;
        }
        series_add(out, &said);
        own = out->count;
        out->first = own == 1;
    }
    out->count = own;
}

static bool on_path(const struct telling *t, const char *id)
{
    for (size_t i = 0; i < t->depth; i++)
        if (strcmp(t->path[i], id) == 0)
            return true;
    return false;
}

static struct series *tell(struct telling *t, const char *id, json_t **object, enum muster_error *error);

/* The series of another one whose place this one takes; NULL when nobody here has said anything of it. */
static struct series *tell_former(struct telling *t, const char *id)
{
    json_t *object;
    enum muster_error error;
    if (!id[0] || on_path(t, id))
        return NULL;
    struct series *series = tell(t, id, &object, &error);
    json_decref(object);
    return series;
}

static struct series *tell(struct telling *t, const char *id, json_t **object, enum muster_error *error)
{
    json_t *history = NULL;
    struct steps steps = {NULL, 0, 0};
    struct series *formers[SERIES_OBJECTS_MAX], *out = NULL;
    size_t count = 0;
    *object = NULL;
    *error = MUSTER_EBUSY;
    if (t->depth == SERIES_OBJECTS_MAX || t->asked++ == SERIES_OBJECTS_MAX)
        return NULL;
    *error = t->source->object(t->source->user, id, object);
    if (!*error)
        *error = t->source->history(t->source->user, id, &history);
    if (!*error) {
        const char *kind = value_text_at(*object, "kind"), *field = cap_spoken_former(kind);
        const json_t *taken = json_object_get(*object, "takes_place_of");
        out = memory_get(sizeof *out);
        t->path[t->depth++] = id;
        if (field && (formers[count] = tell_former(t, value_text_at(json_object_get(*object, "fields"), field))) != NULL)
            former_add(&steps, formers[count++], id, true);
        for (size_t i = 0; i < json_array_size(taken) && count < SERIES_OBJECTS_MAX; i++)
            if ((formers[count] = tell_former(t, value_text_at(json_array_get(taken, i), "id"))) != NULL)
                former_add(&steps, formers[count++], id, false);
        t->depth--;
        versions_add(&steps, json_object_get(history, "items"));
        if (steps.count)
            qsort(steps.at, steps.count, sizeof *steps.at, step_cmp);
        steps_walk(t, out, &steps, kind, id);
    }
    for (size_t i = 0; i < count; i++)
        free(formers[i]);
    free(steps.at);
    json_decref(history);
    return out;
}

struct series *series_of(const struct series_source *source, const char *id, json_t **object, enum muster_error *error)
{
    struct telling t = {.source = source};
    return tell(&t, id, object, error);
}
