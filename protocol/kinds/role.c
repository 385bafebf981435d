#include "protocol/kinds/table.h"

/* Numbers: 0-4 common to all kinds, 5-19 the post and what it may, 20-29 who holds it and when. 58-60 are common;
 * the * others are free.  Append only. Rows stay: who was in charge at 14:20 is answered by them. */
static const struct field fields[] = {
    FIELD_NAME_ROW("名称", 24),
    {.number = 3, .name = "status", .type = FIELD_TOKEN, RANKED(role_state), LABEL("status", "状态"), .width = 9,
     .flags = FIELD_REQUIRED | FIELD_STATE | FIELD_LIST},
    {.number = 7, .name = "position", .type = FIELD_TEXT, LINE, LABEL("position", "岗位"), .width = 18,
     .flags = FIELD_SEARCH | FIELD_LIST, .help = "ICS 203: Operations Section Chief; 指挥长"},
    {.number = 20, .name = "holder", .type = FIELD_TEXT, LINE, LABEL("holder", "任职者"), .width = 16,
     .flags = FIELD_SEARCH | FIELD_LIST,
     .help = "call sign, badge or operator name; a person's name only where it must be"},
    {.number = 21, .name = "from", .type = FIELD_TIME, SHORT, LABEL("from", "到岗时间"), .width = 16,
     .flags = FIELD_WHEN | FIELD_LIST},
    {.number = 22, .name = "until", .type = FIELD_TIME, SHORT, LABEL("until", "离岗时间")},
    {.number = 5, .name = "organisation", .type = FIELD_OBJECT, LABEL("organisation", "机构")},
    {.number = 6, .name = "incident", .type = FIELD_OBJECT, LABEL("incident", "事件")},
    {.number = 8, .name = "function", .type = FIELD_TOKEN, TOKENS_OF(org_function), LABEL("function", "职能"),
     .help = "decide, execute, support"},
    {.number = 9, .name = "duties", .type = FIELD_TEXTS, LIST_OF_PROSE, LABEL("duties", "职责"),
     .flags = FIELD_SEARCH},
    {.number = 10, .name = "may_write", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("may write", "可写类别"),
     .help = "kinds of records: sitrep, request"},
    {.number = 11, .name = "may_approve", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("may approve", "可批类别"),
     .help = "kinds of records that it approves: release, warning"},
    {.number = 12, .name = "reports_to", .type = FIELD_OBJECT, LABEL("reports to", "上级岗位")},
    {.number = 13, .name = "qualifications", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("qualifications", "任职资格"),
     .flags = FIELD_SEARCH},
    {.number = 14, .name = "languages", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("languages", "语言"),
     .help = "RFC 3066: zh-CN"},
    {.number = 15, .name = "plan", .type = FIELD_OBJECT, LABEL("plan", "预案"), .help = "the plan that asks for it"},
    {.number = 16, .name = "plan_clause", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("plan clause", "预案条款")},
    {.number = 23, .name = "substitutes", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("substitutes", "替补"),
     .flags = FIELD_SEARCH, .help = "who takes over, in this order"},
    {.number = 24, .name = "shift", .type = FIELD_TEXT, LINE, LABEL("shift", "班次")},
    {.number = 25, .name = "operational_period", .type = FIELD_TEXT, LINE, LABEL("operational period", "作业周期")},
    {.number = 26, .name = "reason", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("reason", "原因"),
     .help = "why it was relieved or ended"},
    {.number = 4, .name = "links", .type = FIELD_LINKS, TOKENS_OF(role_role), LABEL("links", "关联"),
     .help = "reports-to or stands-in-for another role, part-of, under a mandate, replaces"},
    FIELD_ALIAS_ROW,
    FIELD_TLP_ROW,
    FIELD_CONTACT_ROW,
    FIELD_COMMENTS_ROW,
    FIELD_ATTACHMENTS_ROW,
};

static const struct kind_step steps[] = {
    STEP(NULL, "vacant", OWNER),
    STEP_WITH(NULL, "held", OWNER, "holder"),
    STEP_WITH("vacant", "held", OWNER, "holder"),
    STEP("vacant", "ended", OWNER),
    STEP_WITH("held", "relieved", OWNER, "until"),
    STEP("held", "vacant", OWNER),
    STEP_WITH("held", "ended", OWNER, "until"),
    STEP_WITH("relieved", "held", OWNER, "holder"),
    STEP("relieved", "vacant", OWNER),
    STEP("relieved", "ended", OWNER),
    STEP("ended", "vacant", OWNER),
};

static const char *const examples[] = {
    "muster new role name=\"Incident commander, night\" status=held position=\"Incident Commander\" "
    "holder=\"Yibin 01\" from=2026-07-14T20:00:00+08:00",
    "muster update rol-3k9mv status=relieved until=2026-07-15T08:00:00+08:00",
    NULL,
};

const struct kind kind_role = {
    .number = KIND_ROLE,
    .schema = 1,
    .name = "role",
    .prefix = "rol",
    LABEL("role", "岗位"),
    .help = "a post in a command structure: what it may, who holds it and when",
    .fields = fields,
    .count = ARRAY_LEN(fields),
    .examples = examples,
    STEPS(steps),
};
