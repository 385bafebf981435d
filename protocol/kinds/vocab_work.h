/* vocab_work.h — tokens of requests, deployments and tasks; rows for MUSTER_VOCABS of vocab.h.
 *
 * States rank from what is done (0) to what is still open, and bad news ranks highest: of two states that were
 * written at the same moment the one that counts on less is the provisional one. */
#ifndef MUSTER_PROTOCOL_KINDS_VOCAB_WORK_H
#define MUSTER_PROTOCOL_KINDS_VOCAB_WORK_H

#define REQUEST_STATE(X)                                                                                               \
    X("draft", 3, "draft", "草稿")                                                                                     \
    X("submitted", 8, "submitted", "已提交")                                                                           \
    X("approved", 7, "approved", "已批准")                                                                             \
    X("sourcing", 6, "sourcing", "寻源中")                                                                             \
    X("committed", 5, "committed", "已承诺")                                                                           \
    X("fulfilled", 2, "fulfilled", "已满足")                                                                           \
    X("closed", 1, "closed", "已关闭")                                                                                 \
    X("rejected", 4, "rejected", "已驳回")                                                                             \
    X("cancelled", 0, "cancelled", "已取消")
#define ICS_PRIORITY(X)                                                                                                \
    X("Urgent", 3, "urgent", "紧急")                                                                                   \
    X("Routine", 2, "routine", "常规")                                                                                 \
    X("Low", 1, "low", "低")
#define REQUEST_ROLE(X)                                                                                                \
    X("for", 0, "for", "用于")                                                                                         \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("wants", 0, "wants this resource", "指定资源")                                                                   \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("duplicates", 0, "duplicate of", "重复于")                                                                       \
    X("because-of", 0, "because of", "依据")
#define RM_MESSAGE(X)                                                                                                  \
    X("RequestResource", 0, "request for a resource", "资源请求")                                                      \
    X("ResponseToRequestResource", 0, "response to a request", "资源请求答复")                                         \
    X("RequisitionResource", 0, "requisition", "资源征用")                                                             \
    X("CommitResource", 0, "commitment", "资源承诺")                                                                   \
    X("RequestInformation", 0, "request for information", "信息请求")                                                  \
    X("ResponseToRequestInformation", 0, "response to a request for information", "信息请求答复")                      \
    X("OfferUnsolicitedResource", 0, "unsolicited offer", "主动提供")                                                  \
    X("ReleaseResource", 0, "release", "资源释放")                                                                     \
    X("RequestReturn", 0, "request to return", "归还请求")                                                             \
    X("ResponseToRequestReturn", 0, "response to a request to return", "归还请求答复")                                 \
    X("RequestQuote", 0, "request for a quote", "询价")                                                                \
    X("ResponseToRequestQuote", 0, "quote", "报价")                                                                    \
    X("RequestResourceDeploymentStatus", 0, "request for the status", "部署状态查询")                                  \
    X("ReportResourceDeploymentStatus", 0, "status report", "部署状态报告")                                            \
    X("RequestExtendedDeploymentDuration", 0, "request for a longer stay", "延期请求")                                 \
    X("ResponseToRequestExtendedDeploymentDuration", 0, "response to a request for a longer stay", "延期请求答复")
#define DEPLOYMENT_STATE(X)                                                                                            \
    X("offered", 6, "offered", "已提供")                                                                               \
    X("committed", 5, "committed", "已承诺")                                                                           \
    X("dispatched", 4, "dispatched", "已发出")                                                                         \
    X("arrived", 3, "arrived", "已到达")                                                                               \
    X("released", 2, "released", "已释放")                                                                             \
    X("returning", 1, "returning", "返回中")                                                                           \
    X("returned", 0, "returned", "已归还")                                                                             \
    X("consumed", 0, "used up", "已消耗")                                                                              \
    X("refused", 8, "refused", "已拒绝")                                                                               \
    X("withdrawn", 7, "withdrawn", "已撤回")                                                                           \
    X("lost", 9, "lost", "已损失")
#define RM_RESPONSE(X)                                                                                                 \
    X("Accept", 1, "accept", "接受")                                                                                   \
    X("Provisional", 2, "provisional", "暂定")                                                                         \
    X("Decline", 3, "decline", "拒绝")
#define NIEM_DEPLOYMENT(X)                                                                                             \
    X("Requested", 6, "requested", "已请求")                                                                           \
    X("Accepted", 5, "accepted", "已接受")                                                                             \
    X("Rejected", 7, "rejected", "已拒绝")                                                                             \
    X("Mobilized", 4, "mobilised", "已动员")                                                                           \
    X("En-route", 3, "en route", "途中")                                                                               \
    X("Staging", 2, "staging", "集结")                                                                                 \
    X("Camp", 1, "camp", "营地")                                                                                       \
    X("On Scene", 0, "on scene", "在现场")
#define DEPLOYMENT_ROLE(X)                                                                                             \
    X("answers", 0, "answers", "答复")                                                                                 \
    X("moves", 0, "moves", "调运")                                                                                     \
    X("for", 0, "for", "用于")                                                                                         \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("under", 0, "under the agreement", "依据协议")
#define TASK_STATE(X)                                                                                                  \
    X("assigned", 6, "assigned", "已下达")                                                                             \
    X("acknowledged", 5, "acknowledged", "已确认")                                                                     \
    X("started", 4, "started", "进行中")                                                                               \
    X("done", 2, "done", "已完成")                                                                                     \
    X("closed", 1, "closed", "已核销")                                                                                 \
    X("declined", 8, "declined", "已拒绝")                                                                             \
    X("escalated", 7, "escalated", "已上报")                                                                           \
    X("cancelled", 0, "cancelled", "已取消")
#define TASK_ROLE(X)                                                                                                   \
    X("for", 0, "for", "用于")                                                                                         \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("after", 0, "after", "后于")                                                                                     \
    X("because-of", 0, "because of", "依据")                                                                           \
    X("replaces", 0, "replaces", "取代")                                                                               \
    X("duplicates", 0, "duplicate of", "重复于")

#endif
