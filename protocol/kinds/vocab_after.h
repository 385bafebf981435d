/* vocab_after.h — tokens of organisations, mandates, losses and recovery; rows for MUSTER_VOCABS of vocab.h. */
#ifndef MUSTER_PROTOCOL_KINDS_VOCAB_AFTER_H
#define MUSTER_PROTOCOL_KINDS_VOCAB_AFTER_H

#define ORGANISATION_STATE(X)                                                                                          \
    X("active", 2, "active", "运行中")                                                                                 \
    X("standby", 1, "on standby", "待命")                                                                              \
    X("closed", 0, "closed", "已撤销")
#define ORG_FUNCTION(X)                                                                                                \
    X("decide", 0, "decide", "决策")                                                                                   \
    X("execute", 0, "execute", "执行")                                                                                 \
    X("support", 0, "support", "保障")
#define INSARAG_CLASS(X)                                                                                               \
    X("Light", 0, "light", "轻型")                                                                                     \
    X("Medium", 1, "medium", "中型")                                                                                   \
    X("Heavy", 2, "heavy", "重型")
#define ORGANISATION_ROLE(X)                                                                                           \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("reports-to", 0, "reports to", "隶属于")                                                                         \
    X("supports", 0, "supports", "支援")                                                                               \
    X("for", 0, "for", "用于")                                                                                         \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("duplicates", 0, "duplicate of", "重复于")
#define ROLE_STATE(X)                                                                                                  \
    X("vacant", 3, "vacant", "空缺")                                                                                   \
    X("held", 2, "held", "在岗")                                                                                       \
    X("relieved", 1, "relieved", "已交接")                                                                             \
    X("ended", 0, "ended", "已撤销")
#define ROLE_ROLE(X)                                                                                                   \
    X("reports-to", 0, "reports to", "隶属于")                                                                         \
    X("stands-in-for", 0, "stands in for", "替补")                                                                     \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("under", 0, "under", "依据")                                                                                     \
    X("replaces", 0, "replaces", "取代")
#define MANDATE_STATE(X)                                                                                               \
    X("draft", 2, "draft", "草稿")                                                                                     \
    X("in-force", 0, "in force", "有效")                                                                               \
    X("suspended", 3, "suspended", "已中止")                                                                           \
    X("revoked", 4, "revoked", "已撤销")                                                                               \
    X("expired", 1, "expired", "已过期")
#define MANDATE_ROLE(X)                                                                                                \
    X("under", 0, "under", "依据")                                                                                     \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("revokes", 0, "revokes", "撤销")                                                                                 \
    X("for", 0, "for", "用于")                                                                                         \
    X("cites", 0, "cites", "引用")
#define LOSS_STATE(X)                                                                                                  \
    X("estimated", 4, "estimated", "估计")                                                                             \
    X("surveyed", 3, "surveyed", "已调查")                                                                             \
    X("verified", 2, "verified", "已核定")                                                                             \
    X("final", 1, "final", "最终")                                                                                     \
    X("withdrawn", 0, "withdrawn", "已撤回")
#define LOSS_TYPE(X)                                                                                                   \
    X("human", 0, "people", "人员")                                                                                    \
    X("housing", 0, "housing", "住房")                                                                                 \
    X("infrastructure", 0, "infrastructure", "基础设施")                                                               \
    X("agriculture", 0, "agriculture", "农业")                                                                         \
    X("industry", 0, "industry and trade", "工商业")                                                                   \
    X("public-service", 0, "public services", "公共服务")                                                              \
    X("culture", 0, "cultural heritage", "文化遗产")                                                                   \
    X("environment", 0, "environment", "环境")                                                                         \
    X("other", 0, "other", "其他")
#define NIEM_DAMAGE(X)                                                                                                 \
    X("Affected", 1, "affected", "受影响")                                                                             \
    X("Minor", 2, "minor", "轻微")                                                                                     \
    X("Major", 3, "major", "严重")                                                                                     \
    X("Destroyed", 5, "destroyed", "毁坏")                                                                             \
    X("Inaccessible", 4, "cannot be reached", "无法到达")
#define NIEM_PEOPLE(X)                                                                                                 \
    X("Killed", 0, "killed", "死亡")                                                                                   \
    X("Injured", 0, "injured", "受伤")                                                                                 \
    X("Infected", 0, "infected", "感染")                                                                               \
    X("Displaced", 0, "displaced", "转移")                                                                             \
    X("IDPS", 0, "internally displaced", "境内流离失所")                                                               \
    X("Refugees", 0, "refugees", "难民")                                                                               \
    X("InCamp", 0, "in a camp", "营地内")                                                                              \
    X("NonCamp", 0, "outside camps", "营地外")
#define LOSS_ROLE(X)                                                                                                   \
    X("because-of", 0, "because of", "依据")                                                                           \
    X("about", 0, "about", "关于")                                                                                     \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("duplicates", 0, "duplicate of", "重复于")                                                                       \
    X("cites", 0, "cites", "引用")
#define PROJECT_STATE(X)                                                                                               \
    X("proposed", 6, "proposed", "已提出")                                                                             \
    X("approved", 5, "approved", "已批准")                                                                             \
    X("running", 4, "running", "实施中")                                                                               \
    X("suspended", 7, "suspended", "已中止")                                                                           \
    X("completed", 2, "completed", "已完成")                                                                           \
    X("audited", 1, "audited", "已审计")                                                                               \
    X("cancelled", 0, "cancelled", "已取消")
#define CLAIM_STATE(X)                                                                                                 \
    X("draft", 4, "draft", "草拟")                                                                                     \
    X("submitted", 3, "submitted", "已提交")                                                                           \
    X("approved", 2, "approved", "已批准")                                                                             \
    X("paid", 1, "paid", "已支付")                                                                                     \
    X("rejected", 5, "rejected", "已驳回")
#define PROJECT_ROLE(X)                                                                                                \
    X("repairs", 0, "repairs", "修复")                                                                                 \
    X("funded-by", 0, "funded by", "资金来源")                                                                         \
    X("because-of", 0, "because of", "依据")                                                                           \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("after", 0, "after", "后于")                                                                                     \
    X("replaces", 0, "replaces", "取代")

#endif
