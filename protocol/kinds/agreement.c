#include "protocol/kinds/table.h"

/* Numbers: 0-4 common to all kinds, 5-19 the terms.  20-57 and 61-63 are free.  Append only.  Whether it is in force is no
 * field: it follows from the signatures (protocol/trust/agreement.h). */
static const struct field fields[] = {
    FIELD_NAME_ROW("名称", 26),
    {.number = 3, .name = "standing", .type = FIELD_TOKEN, RANKED(agreement_standing), LABEL("standing", "状态"), .width = 8,
     .flags = FIELD_REQUIRED | FIELD_STATE | FIELD_LIST, .help = "offered, ended"},
    {.number = 5, .name = "parties", .type = FIELD_TEXTS, .max_bytes = 64, .max_items = 16, LABEL("parties", "协议各方"),
     .flags = FIELD_REQUIRED, .help = "ids of the agencies that have to sign, the owner's among them"},
    {.number = 6, .name = "kinds", .type = FIELD_TEXTS, .max_bytes = 24, .max_items = 32, LABEL("kinds", "信息种类"),
     .help = "kinds of objects that may be shared; none: all"},
    {.number = 7, .name = "area", .type = FIELD_AREA, .max_bytes = FIELD_AREA_BYTES, .max_items = 256, LABEL("area", "区域"),
     .help = "what is shared lies in one of these; none: anywhere"},
    {.number = 8, .name = "geocode", .type = FIELD_TEXTS, .max_bytes = FIELD_LINE_BYTES, .max_items = 512,
     LABEL("area codes", "区域代码"), .help = "SCHEME=CODE, beside or instead of areas: GB2260=511500"},
    {.number = 9, .name = "valid_from", .type = FIELD_TIME, SHORT, LABEL("from", "生效时间"), .width = 16,
     .flags = FIELD_WHEN | FIELD_LIST},
    {.number = 10, .name = "valid_to", .type = FIELD_TIME, SHORT, LABEL("to", "终止时间"), .width = 16, .flags = FIELD_LIST},
    {.number = 11, .name = "purpose", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("purpose", "用途"),
     .flags = FIELD_REQUIRED | FIELD_SEARCH, .help = "what it may be used for"},
    {.number = 12, .name = "tlp_max", .type = FIELD_TOKEN, RANKED(tlp), LABEL("highest TLP", "最高知悉级别"), .width = 10,
     .flags = FIELD_REQUIRED | FIELD_LIST, .help = "records of a higher class are not shared under it"},
    {.number = 13, .name = "onward", .type = FIELD_TOKEN, RANKED(agreement_onward), LABEL("onward", "转发"), .width = 12,
     .flags = FIELD_REQUIRED | FIELD_LIST, .help = "may others than the owner share it into another space?"},
    {.number = 14, .name = "retention_days", .type = FIELD_INT, LABEL("kept for days", "保存天数"), .flags = FIELD_POSITIVE,
     .help = "how long the receiver keeps it"},
    {.number = 15, .name = "space", .type = FIELD_TEXT, .max_bytes = 64, LABEL("space", "空间"), .flags = FIELD_REQUIRED,
     .help = "id of the space into which records go"},
    {.number = 16, .name = "legal_basis", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("legal basis", "法律依据"),
     .flags = FIELD_SEARCH, .help = "the law, treaty or plan clause on which it rests"},
    {.number = 17, .name = "area_desc", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("area in words", "区域描述")},
    FIELD_ALIAS_ROW,
    FIELD_TLP_ROW,
    FIELD_CONTACT_ROW,
    FIELD_COMMENTS_ROW,
    FIELD_ATTACHMENTS_ROW,
};

static const char *const examples[] = {
    "muster agreement propose \"Red Cross\" name=\"Jinsha flood\" kinds=incident tlp_max=TLP:AMBER onward=none purpose=response",
    NULL,
};

const struct kind kind_agreement = {
    .number = KIND_AGREEMENT,
    .schema = 1,
    .name = "agreement",
    .prefix = "agr",
    LABEL("agreement", "共享协议"),
    .help = "sharing terms that are in force once all parties have signed them",
    .fields = fields,
    .count = ARRAY_LEN(fields),
    .examples = examples,
};
