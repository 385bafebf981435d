/* table.h — words for the rows of field tables; included by the files of kinds only. */
#ifndef MUSTER_PROTOCOL_KINDS_TABLE_H
#define MUSTER_PROTOCOL_KINDS_TABLE_H

#include "protocol/kinds/kinds.h"

#define LINE .max_bytes = FIELD_LINE_BYTES
#define PROSE .max_bytes = FIELD_TEXT_BYTES
#define SHORT .max_bytes = 64
#define LIST_OF_LINES .max_bytes = FIELD_LINES_BYTES, .max_items = FIELD_ITEMS
#define LIST_OF_PROSE .max_bytes = 4096, .max_items = FIELD_ITEMS
#define TOKENS_OF(symbol) .tokens = symbol##_tokens, .vocab = symbol##_vocab, .max_items = FIELD_ITEMS
#define RANKED(symbol) TOKENS_OF(symbol), .ranks = symbol##_ranks
#define STEPS(rows) .steps = (rows), .step_count = ARRAY_LEN(rows)
#define STEP(before, after, party) {.from = (before), .to = (after), .who = PARTY_##party}
#define STEP_WITH(before, after, party, fields) {.from = (before), .to = (after), .who = PARTY_##party, .needs = (fields)}
#define LABEL(en, zh) .label_en = en, .label_zh = zh

/* The same number and meaning in every kind; contact and comments from kind 4 on. */
#define FIELD_NAME_ROW(zh, columns)                                                                                    \
    {.number = 0, .name = "name", .type = FIELD_TEXT, LINE, LABEL("name", zh), .width = columns,                       \
     .flags = FIELD_REQUIRED | FIELD_TITLE | FIELD_SEARCH | FIELD_LIST, .help = "what people call it"}
#define FIELD_ALIAS_ROW                                                                                                \
    {.number = 1, .name = "alias", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("aliases", "别名编号"),                   \
     .flags = FIELD_ALIAS | FIELD_SEARCH, .help = "its identifiers in other systems"}
#define FIELD_TLP_ROW                                                                                                  \
    {.number = 2, .name = "tlp", .type = FIELD_TOKEN, RANKED(tlp), LABEL("TLP", "知悉范围"),                           \
     .help = "who may see it, beyond the space: Traffic Light Protocol 2.0"}
#define FIELD_CONTACT_ROW                                                                                              \
    {.number = 58, .name = "contact", .type = FIELD_TEXT, .max_bytes = 1024, LABEL("contact", "联系方式"),             \
     .help = "an office, not a person"}
#define FIELD_COMMENTS_ROW                                                                                             \
    {.number = 59, .name = "comments", .type = FIELD_TEXT, PROSE, LABEL("comments", "备注"), .flags = FIELD_SEARCH}
#define FIELD_ATTACHMENTS_ROW                                                                                          \
    {.number = 60, .name = "attachments", .type = FIELD_TEXTS, LIST_OF_LINES, LABEL("attachments", "附件"),            \
     .help = "files beside the record; muster attach adds one"}

#endif
