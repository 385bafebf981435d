#include "unit/protocol/object/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *name;
    uint8_t op;
} ops[] = {
    {"create",    OP_CREATE   },
    {"update",    OP_UPDATE   },
    {"retract",   OP_RETRACT  },
    {"offer",     OP_OFFER    },
    {"take",      OP_TAKE     },
    {"refuse",    OP_REFUSE   },
    {"propose",   OP_PROPOSE  },
    {"accept",    OP_ACCEPT   },
    {"decline",   OP_DECLINE  },
    {"erase",     OP_ERASE    },
    {"hold",      OP_HOLD     },
    {"unhold",    OP_UNHOLD   },
    {"resolve",   OP_RESOLVE  },
    {"mint",      OP_MINT     },
    {"supersede", OP_SUPERSEDE},
    {"unknown",   255         },
};

static const struct {
    const char *name;
    enum ref_role role;
} roles[] = {
    {"dep",      REF_DEP      },
    {"term",     REF_TERM     },
    {"target",   REF_TARGET   },
    {"offer",    REF_OFFER    },
    {"proposal", REF_PROPOSAL },
    {"hold",     REF_HOLD     },
    {"to",       REF_TO_AGENCY},
};

void sample_ref(struct sample *sample, size_t record, enum ref_role role, const uint8_t id[32])
{
    struct object_record *to = &sample->records[record];
    assert_true(to->refs_count < REFS_MAX);
    struct record_ref *ref = &sample->refs[record][to->refs_count++];
    ref->role = (uint8_t)role;
    memcpy(ref->hash.b, id, HASH_BYTES);
    to->refs = sample->refs[record];
}

/* A record's id is a byte; an agency's is its letter. */
static void read_id(uint8_t out[32], const char *text)
{
    memset(out, 0, 32);
    if (text[0] >= 'A' && text[0] <= 'Z' && !text[1])
        out[0] = (uint8_t)text[0];
    else if (!hex_to(out, 1, text))
        fail_msg("%s is no id", text);
}

static void read_key(struct sample *out, size_t at, char *key)
{
    struct object_record *record = &out->records[at];
    char *value = strchr(key, '='), *rest = NULL;
    if (value)
        *value++ = '\0';
    else
        value = key + strlen(key);
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (strcmp(roles[i].name, key) != 0)
            continue;
        for (char *id = strtok_r(value, ",", &rest); id; id = strtok_r(NULL, ",", &rest)) {
            uint8_t bytes[32];
            read_id(bytes, id);
            sample_ref(out, at, roles[i].role, bytes);
        }
        return;
    }
    if (strcmp(key, "set") == 0)
        for (; *value; value++)
            record->mask |= UINT64_C(1) << (*value - 'a');
    else if (strcmp(key, "hlc") == 0)
        record->hlc = strtoull(value, NULL, 10);
    else if (strcmp(key, "place") == 0)
        record->place = value[0] == 'c' ? PLACE_CUT_OFF : PLACE_DISPUTED;
    else if (strcmp(key, "joint") == 0)
        record->joint = true;
    else if (strcmp(key, "foreign") == 0)
        record->root_id_fits = false;
    else if (strcmp(key, "gone") == 0)
        record->majority_erased = true;
    else if (strcmp(key, "kept") == 0)
        record->majority_held = true;
    else
        fail_msg("%s is no key", key);
}

static void read_record(struct sample *out, size_t at, char *text)
{
    struct object_record *record = &out->records[at];
    char *rest = NULL, *op = strtok_r(text, " ", &rest), *id = strtok_r(NULL, " ", &rest);
    char *log = strtok_r(NULL, " ", &rest), *seq = strchr(log, '/');
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (strcmp(ops[i].name, op) == 0)
            record->op = ops[i].op;
    if (!record->op)
        fail_msg("%s is no operation", op);
    read_id(record->id.b, id);
    record->by.b[0] = (uint8_t)log[0];
    memcpy(record->log.b, log, (size_t)(seq - log));
    record->seq = strtoull(seq + 1, NULL, 10);
    record->root_id_fits = record->op == OP_CREATE;
    for (char *key = strtok_r(NULL, " ", &rest); key; key = strtok_r(NULL, " ", &rest))
        read_key(out, at, key);
}

void sample_read(struct sample *out, const char *records, const char *assigned)
{
    char text[4096], *rest = NULL;
    memset(out, 0, sizeof *out);
    out->controllers[0].b[0] = 'C';
    out->input = (struct object_input){.records = out->records,
                                       .assigned = out->assigned,
                                       .controllers = out->controllers,
                                       .controllers_count = 1};
    assert_true(strlen(records) < sizeof text);
    snprintf(text, sizeof text, "%s", records);
    for (char *one = strtok_r(text, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
        assert_true(out->input.count < SAMPLE_RECORDS_MAX);
        read_record(out, out->input.count++, one);
    }
    snprintf(text, sizeof text, "%s", assigned ? assigned : "");
    for (char *one = strtok_r(text, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
        struct object_assigned *to = &out->assigned[out->input.assigned_count++];
        char *word = NULL;
        read_id(to->term.b, strtok_r(one, " ", &word));
        read_id(to->agency.b, strtok_r(NULL, " ", &word));
        read_id(to->id.b, strtok_r(NULL, " ", &word));
        char *seen = strtok_r(NULL, " ", &word);
        if (seen) {
            to->seen = &out->seen[out->input.assigned_count - 1];
            to->seen_count = 1;
            read_id(out->seen[out->input.assigned_count - 1].b, seen);
        }
    }
}

/* -- printing ------------------------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3))) say(char *out, const char *format, ...)
{
    size_t used = strlen(out);
    va_list list;
    va_start(list, format);
    int len = vsnprintf(out + used, SAMPLE_TEXT_MAX - used, format, list);
    va_end(list);
    assert_true(len >= 0 && (size_t)len < SAMPLE_TEXT_MAX - used);
}

static void say_list(char *out, const struct sample *sample, const char *name, const struct object_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        say(out, "%s%s%s%02x", i ? "," : " ", i ? "" : name, i ? "" : " ",
            sample->records[list->at[i]].id.b[0]);
}

void sample_print(char *out, const struct sample *sample, const struct object_state *state)
{
    static const char *const answers[] = {"open", "accepted", "declined"};
    out[0] = '\0';
    if (state->exists)
        say(out, "%c %02x", state->owner.b[0], state->term.b[0]);
    else
        say(out, "nothing");
    say(out, "%s%s%s", state->joint ? " joint" : "", state->conflict ? " conflict" : "",
        state->retracted ? " retracted" : "");
    say_list(out, sample, "heads", &state->heads);
    say_list(out, sample, "late", &state->late);
    say_list(out, sample, "disputed", &state->disputed);
    say_list(out, sample, "erased", &state->erased);
    say_list(out, sample, "held", &state->held);
    for (uint32_t i = 0; i < state->proposals_count; i++)
        say(out, " %02x %s", sample->records[state->proposals[i].record].id.b[0],
            answers[state->proposals[i].answer]);
    for (unsigned f = 0; f < OBJECT_FIELDS; f++) {
        const struct object_field *field = &state->fields[f];
        for (uint32_t i = 0; i < field->count; i++) {
            uint32_t setter = field->setters[i].record;
            say(out, "%s", i ? "," : " ");
            if (!i)
                say(out, "%c=", 'a' + (char)f);
            say(out, "%02x%s%s", sample->records[setter].id.b[0], field->setters[i].erased ? "!" : "",
                field->count > 1 && setter == field->provisional.record ? "*" : "");
        }
    }
}

uint32_t sample_random(uint64_t *seed, uint32_t below)
{
    *seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = *seed;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ x >> 31) >> 33) % below;
}
