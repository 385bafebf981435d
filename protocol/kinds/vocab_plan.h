/* vocab_plan.h — tokens of indicators, plans, exercises and findings; rows for MUSTER_VOCABS of vocab.h. */
#ifndef MUSTER_PROTOCOL_KINDS_VOCAB_PLAN_H
#define MUSTER_PROTOCOL_KINDS_VOCAB_PLAN_H

#define AGGREGATION(X)                                                                                                 \
    X("weighted-sum", 0, "weighted sum", "加权求和")                                                                   \
    X("weighted-product", 0, "weighted product", "加权乘积")                                                           \
    X("maximum", 0, "the highest", "取最大值")                                                                         \
    X("dimension-product", 0, "likelihood x severity x extent", "可能性×严重性×影响范围")
#define RI_TABLE(X)                                                                                                    \
    X("AHPWR", 0, "R package AHPWR", "AHPWR表")                                                                        \
    X("ahpsurvey", 0, "R package ahpsurvey", "ahpsurvey表")                                                            \
    X("none", 0, "none: two or fewer", "无（两项以内）")
#define GROUP_METHOD(X)                                                                                                \
    X("single", 0, "one matrix", "单一矩阵")                                                                           \
    X("geometric-mean", 0, "geometric mean of the judgements", "判断几何平均")                                         \
    X("arithmetic-mean", 0, "arithmetic mean of the weights", "权重算术平均")                                          \
    X("consensus", 0, "agreed in a meeting", "会商一致")
#define INDICATOR_ROLE(X)                                                                                              \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("compares", 0, "compared with", "比较")                                                                          \
    X("part-of", 0, "part of", "属于")
#define ASSESSMENT_METHOD(X)                                                                                           \
    X("AHP", 0, "AHP", "层次分析法")                                                                                   \
    X("expert-interview", 0, "expert interview", "专家访谈")                                                           \
    X("case-comparison", 0, "comparison of cases", "案例比较")                                                         \
    X("scenario", 0, "scenario", "情景分析")                                                                           \
    X("statistical", 0, "statistical", "统计分析")                                                                     \
    X("model", 0, "model", "模型")                                                                                     \
    X("field-survey", 0, "field survey", "现场调查")
#define ASSESSMENT_ROLE(X)                                                                                             \
    X("about", 0, "about", "关于")                                                                                     \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("compares", 0, "compared with", "比较")                                                                          \
    X("part-of", 0, "part of", "属于")
#define PLAN_STAGE(X)                                                                                                  \
    X("规划", 4, "planned", "规划")                                                                                    \
    X("编制", 9, "being drafted", "编制")                                                                              \
    X("审批", 10, "being approved", "审批")                                                                            \
    X("发布", 8, "published", "发布")                                                                                  \
    X("备案", 3, "filed", "备案")                                                                                      \
    X("培训", 5, "trained", "培训")                                                                                    \
    X("宣传", 2, "made known", "宣传")                                                                                 \
    X("演练", 6, "drilled", "演练")                                                                                    \
    X("评估", 7, "evaluated", "评估")                                                                                  \
    X("修订", 11, "being revised", "修订")                                                                             \
    X("废止", 1, "abolished", "废止")
#define PLAN_TYPE(X)                                                                                                   \
    X("总体", 0, "overall plan", "总体应急预案")                                                                       \
    X("专项", 0, "special plan", "专项应急预案")                                                                       \
    X("部门", 0, "department plan", "部门应急预案")                                                                    \
    X("单位", 0, "plan of a unit", "单位和基层组织应急预案")                                                           \
    X("联合", 0, "joint plan", "联合应急预案")
#define REVISION_TRIGGER(X)                                                                                            \
    X("law", 0, "law or superior plan changed", "法律或上位预案变化")                                                  \
    X("command", 0, "command organisation changed", "指挥机构调整")                                                    \
    X("risk", 0, "risk changed", "风险变化")                                                                           \
    X("resource", 0, "important resource changed", "重要资源变化")                                                     \
    X("information", 0, "key information of the plan changed", "预案重要信息变化")                                     \
    X("finding", 0, "problem found in a drill or response", "演练或处置发现问题")                                      \
    X("other", 0, "another reason", "其他")
#define PLAN_ROLE(X)                                                                                                   \
    X("closes", 0, "closes the finding", "整改完成")                                                                   \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("annex-to", 0, "annex to", "附件于")                                                                             \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("for", 0, "for", "用于")
#define EXERCISE_STATE(X)                                                                                              \
    X("planned", 2, "planned", "计划中")                                                                               \
    X("ready", 3, "ready", "准备就绪")                                                                                 \
    X("running", 6, "running", "进行中")                                                                               \
    X("paused", 5, "paused", "暂停")                                                                                   \
    X("finished", 4, "finished", "结束")                                                                               \
    X("evaluated", 1, "evaluated", "已评估")                                                                           \
    X("cancelled", 0, "cancelled", "已取消")
#define EXERCISE_TYPE(X)                                                                                               \
    X("Seminar", 0, "seminar", "研讨")                                                                                 \
    X("Workshop", 0, "workshop", "工作坊")                                                                             \
    X("Tabletop", 0, "table-top", "桌面演练")                                                                          \
    X("Game", 0, "game", "推演")                                                                                       \
    X("Drill", 0, "drill", "单项演练")                                                                                 \
    X("Functional", 0, "functional", "功能演练")                                                                       \
    X("Full-Scale", 0, "full-scale", "综合演练")
#define EXERCISE_ROLE(X)                                                                                               \
    X("tests", 0, "tests", "检验")                                                                                     \
    X("about", 0, "about", "关于")                                                                                     \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("continues", 0, "continues", "接续")                                                                             \
    X("cites", 0, "cites", "引用")
#define FINDING_STATE(X)                                                                                               \
    X("open", 3, "open", "待处理")                                                                                     \
    X("accepted", 1, "accepted", "已采纳")                                                                             \
    X("disputed", 2, "disputed", "有异议")                                                                             \
    X("closed", 0, "closed", "已关闭")
#define FINDING_TYPE(X)                                                                                                \
    X("strength", 0, "strength", "优点")                                                                               \
    X("improvement", 1, "area for improvement", "待改进之处")
#define FINDING_ROLE(X)                                                                                                \
    X("found-in", 0, "found in", "发现于")                                                                             \
    X("about", 0, "about", "关于")                                                                                     \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("duplicates", 0, "duplicate of", "重复于")                                                                       \
    X("part-of", 0, "part of", "属于")
#define CORRECTIVE_STATE(X)                                                                                            \
    X("open", 4, "open", "待整改")                                                                                     \
    X("in-progress", 3, "in progress", "整改中")                                                                       \
    X("done", 2, "done", "已完成")                                                                                     \
    X("verified", 1, "verified", "已验收")                                                                             \
    X("cancelled", 0, "cancelled", "已取消")
#define CORRECTIVE_ROLE(X)                                                                                             \
    X("closes", 0, "closes the finding", "整改完成")                                                                   \
    X("for", 0, "for", "用于")                                                                                         \
    X("after", 0, "after", "后于")                                                                                     \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("replaces", 0, "replaces", "取代")

#endif
