#include "sample.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { SAMPLE_ADMINS_MAX = 1024 };

struct record_id sample_id(uint32_t n)
{
    struct record_id id = {{0}};

    put_be32(id.b, n);
    return id;
}

struct agency_id sample_agency(uint32_t n)
{
    struct agency_id id = {{0}};

    put_be32(id.b + 4, n);
    return id;
}

struct control *sample_space(uint32_t admins, enum control_history history)
{
    struct control *control = control_new();
    struct agency_id list[SAMPLE_ADMINS_MAX];
    struct control_op op = {.id = sample_id(1), .by = sample_agency('A'), .verb = CONTROL_GENESIS, .history = history};

    assert_non_null(control);
    assert_true(admins <= SAMPLE_ADMINS_MAX);
    for (uint32_t i = 0; i < admins; i++)
        list[i] = sample_agency('A' + i);
    op.admins = list;
    op.admins_count = admins;
    assert_int_equal(control_add(control, &op), MUSTER_OK);
    return control;
}

void sample_add(struct control *control, const struct sample_op *s)
{
    struct record_id deps[ARRAY_LEN(s->after)];
    struct control_op op = {.id = sample_id(s->id), .by = sample_agency(s->by), .deps = deps, .verb = s->verb};

    for (size_t i = 0; i < ARRAY_LEN(s->after); i++)
        if (s->after[i] != 0)
            deps[op.deps_count++] = sample_id(s->after[i]);
    if (s->verb == CONTROL_APPROVE || s->verb == CONTROL_LIFT)
        op.target = sample_id(s->who);
    else
        op.who = sample_agency(s->who);
    op.right = s->right;
    assert_int_equal(control_add(control, &op), MUSTER_OK);
}

void sample_add_all(struct control *control, const struct sample_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sample_add(control, &ops[i]);
}

enum control_verdict sample_verdict(struct control *control, uint32_t id)
{
    struct record_id record = sample_id(id);

    return control_judge(control, &record).verdict;
}

int sample_right(struct control *control, uint32_t who)
{
    struct agency_id agency = sample_agency(who);
    const struct control_member *m = control_member(control, &agency);

    return m == NULL ? -1 : (int)m->right;
}
