/* vocab_inform.h — tokens of reports, warnings, releases and rumours; rows for MUSTER_VOCABS of vocab.h.
 *
 * Of two states that were written at the same moment the provisional one is the one that warns or that trusts less. */
#ifndef MUSTER_PROTOCOL_KINDS_VOCAB_INFORM_H
#define MUSTER_PROTOCOL_KINDS_VOCAB_INFORM_H

#define WARNING_STATE(X)                                                                                               \
    X("draft", 2, "draft", "草稿")                                                                                     \
    X("verified", 3, "verified", "已核实")                                                                             \
    X("issued", 7, "issued", "已发布")                                                                                 \
    X("adjusted", 6, "adjusted", "已调整")                                                                             \
    X("lifted", 5, "lifted", "已解除")                                                                                 \
    X("expired", 4, "expired", "已过期")                                                                               \
    X("rejected", 1, "rejected", "已退回")                                                                             \
    X("withdrawn", 0, "withdrawn", "已撤回")
#define WARNING_ROLE(X)                                                                                                \
    X("adjusts", 0, "adjusts", "调整")                                                                                 \
    X("lifts", 0, "lifts", "解除")                                                                                     \
    X("about", 0, "about", "关于")                                                                                     \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("duplicates", 0, "duplicate of", "重复于")
#define RELEASE_STATE(X)                                                                                               \
    X("draft", 5, "draft", "草稿")                                                                                     \
    X("verified", 4, "verified", "已核实")                                                                             \
    X("approved", 3, "approved", "已批准")                                                                             \
    X("published", 2, "published", "已发布")                                                                           \
    X("corrected", 6, "corrected", "已更正")                                                                           \
    X("rejected", 7, "rejected", "已退回")                                                                             \
    X("withdrawn", 8, "withdrawn", "已撤回")
#define RELEASE_ROLE(X)                                                                                                \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("about", 0, "about", "关于")                                                                                     \
    X("corrects", 0, "corrects", "更正")                                                                               \
    X("counters", 0, "counters", "回应")                                                                               \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("replaces", 0, "replaces", "取代")
#define RUMOUR_STATE(X)                                                                                                \
    X("unverified", 2, "unverified", "未核实")                                                                         \
    X("false", 1, "false", "不实")                                                                                     \
    X("confirmed", 0, "confirmed", "属实")
#define RUMOUR_ROLE(X)                                                                                                 \
    X("about", 0, "about", "关于")                                                                                     \
    X("countered-by", 0, "countered by", "回应发布")                                                                   \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("duplicates", 0, "duplicate of", "重复于")
#define ADMIRALTY_RELIABILITY(X)                                                                                       \
    X("A", 0, "completely reliable", "完全可靠")                                                                       \
    X("B", 1, "usually reliable", "通常可靠")                                                                          \
    X("C", 2, "fairly reliable", "比较可靠")                                                                           \
    X("D", 3, "not usually reliable", "通常不可靠")                                                                    \
    X("E", 4, "unreliable", "不可靠")                                                                                  \
    X("F", 5, "cannot be judged", "无法判断")
#define ADMIRALTY_CREDIBILITY(X)                                                                                       \
    X("1", 0, "confirmed by others", "已证实")                                                                         \
    X("2", 1, "probably true", "很可能属实")                                                                           \
    X("3", 2, "possibly true", "可能属实")                                                                             \
    X("4", 3, "doubtful", "存疑")                                                                                      \
    X("5", 4, "improbable", "不太可能")                                                                                \
    X("6", 5, "cannot be judged", "无法判断")
#define OBSERVATION_STATE(X)                                                                                           \
    X("unverified", 2, "unverified", "未核实")                                                                         \
    X("confirmed", 1, "confirmed", "已核实")                                                                           \
    X("false", 3, "false", "不实")                                                                                     \
    X("expired", 0, "expired", "已过期")
#define OBSERVATION_SOURCE(X)                                                                                          \
    X("sensor", 0, "sensor", "传感器")                                                                                 \
    X("field-team", 0, "field team", "现场队伍")                                                                       \
    X("remote-sensing", 0, "remote sensing", "遥感")                                                                   \
    X("public", 0, "the public", "公众")                                                                               \
    X("media", 0, "media", "媒体")                                                                                     \
    X("agency", 0, "another agency", "其他机构")
#define OBSERVATION_ROLE(X)                                                                                            \
    X("about", 0, "about", "关于")                                                                                     \
    X("confirms", 0, "confirms", "证实")                                                                               \
    X("contradicts", 0, "contradicts", "矛盾于")                                                                       \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("duplicates", 0, "duplicate of", "重复于")
#define TREND(X)                                                                                                       \
    X("rising", 2, "rising", "上升")                                                                                   \
    X("steady", 1, "steady", "平稳")                                                                                   \
    X("falling", 0, "falling", "下降")
#define SITREP_TYPE(X)                                                                                                 \
    X("FieldObservation", 0, "field observation", "现场观察")                                                          \
    X("SituationInformation", 0, "situation information", "态势信息")                                                  \
    X("ResponseResourcesTotals", 0, "totals of response resources", "响应资源汇总")                                    \
    X("CasualtyAndIllnessSummary", 0, "casualty and illness summary", "伤亡与疾病汇总")                                \
    X("ManagementReportingSummary", 0, "management summary", "管理汇总")
#define ICS209_VERSION(X)                                                                                              \
    X("Initial", 2, "initial", "初报")                                                                                 \
    X("Update", 1, "update", "续报")                                                                                   \
    X("Final", 0, "final", "终报")
#define SITREP_ROLE(X)                                                                                                 \
    X("about", 0, "about", "关于")                                                                                     \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("continues", 0, "continues", "接续")                                                                             \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("replaces", 0, "replaces", "取代")

#endif
