#include "protocol/kinds/table.h"

/* Numbers: 0-4 common to all kinds, 5-19 what was found. 58-60 are common; the others are free.  Append only. */
static const struct field fields[] = {
    FIELD_NAME_ROW("名称", 30),
    {.number = 3, .name = "status", .type = FIELD_TOKEN, RANKED(finding_state), LABEL("status", "状态"), .width = 10,
     .flags = FIELD_REQUIRED | FIELD_STATE | FIELD_LIST},
    {.number = 6, .name = "finding_type", .type = FIELD_TOKEN, TOKENS_OF(finding_type), LABEL("type", "类型"),
     .width = 12, .flags = FIELD_LIST},
    {.number = 9, .name = "rating", .type = FIELD_TOKEN, RANKED(hseep_rating), LABEL("rating", "评级"), .width = 6,
     .flags = FIELD_LIST, .help = "P, S, M, U: HSEEP"},
    {.number = 7, .name = "capability", .type = FIELD_TEXT, LINE, LABEL("capability", "能力"), .width = 18,
     .flags = FIELD_SEARCH | FIELD_LIST},
    {.number = 16, .name = "observed_at", .type = FIELD_TIME, SHORT, LABEL("observed at", "观察时间"), .width = 16,
     .flags = FIELD_WHEN | FIELD_LIST},
    {.number = 5, .name = "source", .type = FIELD_OBJECT, LABEL("source", "来源"),
     .help = "the exercise or incident it comes from"},
    {.number = 8, .name = "element", .type = FIELD_TOKENS, TOKENS_OF(hseep_element), LABEL("elements", "能力要素"),
     .help = "Planning, Organization, Equipment, Training, Exercise"},
    {.number = 10, .name = "observation", .type = FIELD_TEXT, PROSE, LABEL("observation", "观察"),
     .flags = FIELD_SEARCH, .help = "what happened"},
    {.number = 11, .name = "analysis", .type = FIELD_TEXT, PROSE, LABEL("analysis", "分析"),
     .flags = FIELD_SEARCH, .help = "why, and what came of it"},
    {.number = 12, .name = "reference", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("reference", "依据条款"),
     .flags = FIELD_SEARCH, .help = "the plan clause, order or standard that it is measured by"},
    {.number = 13, .name = "plan", .type = FIELD_OBJECT, LABEL("plan", "预案"), .help = "the plan with that clause"},
    {.number = 14, .name = "recommendation", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("recommendation", "建议"),
     .flags = FIELD_SEARCH},
    {.number = 15, .name = "root_cause", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("root cause", "根本原因"),
     .flags = FIELD_SEARCH},
    {.number = 17, .name = "observer", .type = FIELD_TEXT, LINE, LABEL("observer", "观察方"),
     .flags = FIELD_SEARCH, .help = "a role or office"},
    {.number = 18, .name = "agency", .type = FIELD_TEXT, LINE, LABEL("agency", "责任单位"),
     .flags = FIELD_SEARCH, .help = "whom it concerns"},
    {.number = 19, .name = "reason", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("reason", "原因"),
     .flags = FIELD_SEARCH, .help = "why it is not accepted, or how it was closed"},
    {.number = 4, .name = "links", .type = FIELD_LINKS, TOKENS_OF(finding_role), LABEL("links", "关联"),
     .help = "found-in an exercise, an incident or an evaluation, about an object, cites, duplicates, part-of"},
    FIELD_ALIAS_ROW,
    FIELD_TLP_ROW,
    FIELD_CONTACT_ROW,
    FIELD_COMMENTS_ROW,
    FIELD_ATTACHMENTS_ROW,
};

static const struct kind_step steps[] = {
    STEP(NULL, "open", OWNER),
    STEP("open", "accepted", OWNER),
    STEP_WITH("open", "disputed", OWNER, "reason"),
    STEP_WITH("open", "closed", OWNER, "reason"),
    STEP("disputed", "accepted", OWNER),
    STEP_WITH("disputed", "closed", OWNER, "reason"),
    STEP_WITH("accepted", "closed", OWNER, "reason"),
    STEP_WITH("accepted", "disputed", OWNER, "reason"),
    STEP("closed", "open", OWNER),
};

static const char *const examples[] = {
    "muster new finding name=\"EOC opened late\" status=open rating=M finding_type=improvement "
    "source=exe-1v6zn capability=\"Operational coordination\"",
    "muster new finding name=值守电话无人接听 status=open element=\"Organization;Training\"",
    NULL,
};

const struct kind kind_finding = {
    .number = KIND_FINDING,
    .schema = 1,
    .name = "finding",
    .prefix = "fin",
    LABEL("finding", "问题发现"),
    .help = "what went well or badly, and why",
    .fields = fields,
    .count = ARRAY_LEN(fields),
    .examples = examples,
    STEPS(steps),
};
