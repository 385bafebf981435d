#include "protocol/kinds/table.h"

/* Numbers: 0-4 common to all kinds, 5-19 what is said and where, 20-29 what is known of it. 58-60 are common; the *
 * others are free.  Append only. */
static const struct field fields[] = {
    FIELD_NAME_ROW("名称", 30),
    {.number = 3, .name = "status", .type = FIELD_TOKEN, RANKED(rumour_state), LABEL("status", "状态"), .width = 10,
     .flags = FIELD_REQUIRED | FIELD_STATE | FIELD_LIST},
    {.number = 20, .name = "reliability", .type = FIELD_TOKEN, RANKED(admiralty_reliability),
     LABEL("source", "来源可靠性"), .width = 6, .flags = FIELD_LIST, .help = "of the source, A to F: Admiralty system"},
    {.number = 21, .name = "credibility", .type = FIELD_TOKEN, RANKED(admiralty_credibility),
     LABEL("credibility", "信息可信度"), .width = 6, .flags = FIELD_LIST,
     .help = "of what is said, 1 to 6: Admiralty system"},
    {.number = 7, .name = "heard_at", .type = FIELD_TIME, SHORT, LABEL("heard at", "获知时间"), .width = 16,
     .flags = FIELD_WHEN | FIELD_LIST},
    {.number = 8, .name = "channel", .type = FIELD_TEXT, LINE, LABEL("channel", "传播渠道"), .width = 14,
     .flags = FIELD_SEARCH | FIELD_LIST, .help = "where it is told"},
    {.number = 6, .name = "claim", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("claim", "传言内容"),
     .flags = FIELD_SEARCH, .help = "what is said, word for word"},
    {.number = 5, .name = "incident", .type = FIELD_OBJECT, LABEL("incident", "事件")},
    {.number = 9, .name = "spread", .type = FIELD_INT, LABEL("spread", "传播量"),
     .flags = FIELD_POSITIVE, .help = "people or posts reached, as far as known"},
    {.number = 10, .name = "web", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("web", "网址")},
    {.number = 11, .name = "language", .type = FIELD_TEXT, SHORT, LABEL("language", "语言"),
     .help = "RFC 3066: zh-CN"},
    {.number = 12, .name = "area_desc", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("area in words", "流传区域"),
     .flags = FIELD_SEARCH},
    {.number = 13, .name = "harm", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("harm", "可能危害"),
     .flags = FIELD_SEARCH, .help = "what people do because of it"},
    {.number = 14, .name = "severity", .type = FIELD_TOKEN, RANKED(cap_severity), LABEL("severity", "严重程度")},
    {.number = 22, .name = "basis", .type = FIELD_TEXT, .max_bytes = 4096, LABEL("basis", "核实依据"),
     .flags = FIELD_SEARCH, .help = "on what it is called false or confirmed"},
    {.number = 23, .name = "verified_by", .type = FIELD_TEXT, LINE, LABEL("verified by", "核实单位"),
     .flags = FIELD_SEARCH, .help = "a role or office"},
    {.number = 24, .name = "verified_at", .type = FIELD_TIME, SHORT, LABEL("verified at", "核实时间")},
    {.number = 25, .name = "counter_release", .type = FIELD_OBJECT, LABEL("counter-release", "辟谣发布"),
     .help = "the release that answers it"},
    {.number = 4, .name = "links", .type = FIELD_LINKS, TOKENS_OF(rumour_role), LABEL("links", "关联"),
     .help = "about an object, countered-by a release, cites, part-of, duplicates"},
    FIELD_ALIAS_ROW,
    FIELD_TLP_ROW,
    FIELD_CONTACT_ROW,
    FIELD_COMMENTS_ROW,
    FIELD_ATTACHMENTS_ROW,
};

static const struct kind_step steps[] = {
    STEP(NULL, "unverified", OWNER),
    STEP_WITH(NULL, "false", OWNER, "basis"),
    STEP_WITH(NULL, "confirmed", OWNER, "basis"),
    STEP_WITH("unverified", "false", OWNER, "basis"),
    STEP_WITH("unverified", "confirmed", OWNER, "basis"),
    STEP_WITH("false", "confirmed", OWNER, "basis"),
    STEP("false", "unverified", OWNER),
    STEP_WITH("confirmed", "false", OWNER, "basis"),
    STEP("confirmed", "unverified", OWNER),
};

static const char *const examples[] = {
    "muster new rumour name=\"Dam upstream has burst\" status=unverified channel=WeChat reliability=D credibility=5",
    "muster update rum-8h3mf status=false basis=\"Dam operator, 15:40: no damage\" counter_release=rel-2k7xt",
    NULL,
};

const struct kind kind_rumour = {
    .number = KIND_RUMOUR,
    .schema = 1,
    .name = "rumour",
    .prefix = "rum",
    LABEL("rumour", "传言"),
    .help = "what is said and not known to be true: its grading, its answer",
    .fields = fields,
    .count = ARRAY_LEN(fields),
    .examples = examples,
    STEPS(steps),
};
