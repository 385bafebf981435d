#include "protocol/kinds/table.h"

/* Numbers: 0-4 common to all kinds, 5-19 the row of an improvement plan (HSEEP AAR/IP). 58-60 are common; the
 * others are * free.  Append only. */
static const struct field fields[] = {
    FIELD_NAME_ROW("名称", 26),
    {.number = 3, .name = "status", .type = FIELD_TOKEN, RANKED(corrective_state), LABEL("status", "状态"), .width = 10,
     .flags = FIELD_REQUIRED | FIELD_STATE | FIELD_LIST},
    {.number = 9, .name = "responsible", .type = FIELD_TEXT, LINE, LABEL("responsible", "责任单位"), .width = 18,
     .flags = FIELD_SEARCH | FIELD_LIST, .help = "the organisation that answers for it"},
    {.number = 12, .name = "due", .type = FIELD_TIME, SHORT, LABEL("due", "完成期限"), .width = 16,
     .flags = FIELD_WHEN | FIELD_LIST},
    {.number = 10, .name = "priority", .type = FIELD_TOKEN, RANKED(ics_priority), LABEL("priority", "优先级"),
     .width = 7, .flags = FIELD_LIST},
    {.number = 14, .name = "progress", .type = FIELD_DECIMAL, SHORT, .form = FORM_SHARE, LABEL("progress", "进度"),
     .width = 8, .flags = FIELD_POSITIVE | FIELD_LIST, .help = "0 to 1"},
    {.number = 5, .name = "finding", .type = FIELD_OBJECT, LABEL("finding", "问题发现"), .help = "what it puts right"},
    {.number = 6, .name = "issue", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("issue", "问题"),
     .flags = FIELD_SEARCH},
    {.number = 7, .name = "action", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("action", "整改措施"),
     .flags = FIELD_SEARCH},
    {.number = 8, .name = "element", .type = FIELD_TOKEN, TOKENS_OF(hseep_element), LABEL("element", "能力要素"),
     .help = "Planning, Organization, Equipment, Training, Exercise"},
    {.number = 11, .name = "started", .type = FIELD_TIME, SHORT, LABEL("started", "开始时间")},
    {.number = 13, .name = "completed_at", .type = FIELD_TIME, SHORT, LABEL("completed at", "完成时间")},
    {.number = 15, .name = "capability", .type = FIELD_TEXT, LINE, LABEL("capability", "能力"), .flags = FIELD_SEARCH},
    {.number = 16, .name = "outcome", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("outcome", "完成情况"),
     .flags = FIELD_SEARCH},
    {.number = 17, .name = "verified_by", .type = FIELD_TEXT, LINE, LABEL("verified by", "验收"),
     .help = "a role, not a person; another than the one who did it"},
    {.number = 18, .name = "reason", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("reason", "原因"),
     .flags = FIELD_SEARCH, .help = "why it was cancelled or sent back"},
    {.number = 19, .name = "plan", .type = FIELD_OBJECT, LABEL("plan", "预案"),
     .help = "the plan that changes because of it"},
    {.number = 20, .name = "cost", .type = FIELD_DECIMAL, SHORT, LABEL("cost", "费用"), .flags = FIELD_POSITIVE},
    {.number = 21, .name = "currency", .type = FIELD_TEXT, SHORT, .form = FORM_CURRENCY, LABEL("currency", "币种"),
     .help = "ISO 4217: CNY"},
    {.number = 4, .name = "links", .type = FIELD_LINKS, TOKENS_OF(corrective_role), LABEL("links", "关联"),
     .help = "closes findings, for a plan or object, after another one, part-of, replaces"},
    FIELD_ALIAS_ROW,
    FIELD_TLP_ROW,
    FIELD_CONTACT_ROW,
    FIELD_COMMENTS_ROW,
    FIELD_ATTACHMENTS_ROW,
};

static const struct kind_step steps[] = {
    STEP(NULL, "open", OWNER),
    STEP("open", "in-progress", OWNER),
    STEP_WITH("open", "done", OWNER, "outcome"),
    STEP_WITH("open", "cancelled", OWNER, "reason"),
    STEP_WITH("in-progress", "done", OWNER, "outcome"),
    STEP("in-progress", "open", OWNER),
    STEP_WITH("in-progress", "cancelled", OWNER, "reason"),
    STEP_WITH("done", "verified", APPROVER, "verified_by"),
    STEP_WITH("done", "in-progress", APPROVER, "reason"),
    STEP("cancelled", "open", OWNER),
};

static const char *const examples[] = {
    "muster new corrective-action name=\"Night rota for the EOC\" status=open finding=fin-8r3kd "
    "responsible=\"Yibin EMB\" due=2026-09-30T18:00:00+08:00 element=Organization",
    "muster update cor-5b7qx status=done outcome=\"Rota in force since 1 September\"",
    NULL,
};

const struct kind kind_corrective_action = {
    .number = KIND_CORRECTIVE_ACTION,
    .schema = 1,
    .name = "corrective-action",
    .prefix = "cor",
    LABEL("corrective action", "整改措施"),
    .help = "what is done about a finding, by whom and until when",
    .fields = fields,
    .count = ARRAY_LEN(fields),
    .examples = examples,
    STEPS(steps),
    .flags = KIND_SEPARATE,
};
