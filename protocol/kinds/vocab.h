/* vocab.h — the exact tokens of the standards, their order and their labels.
 *
 * One row a token: token, rank, English label, Chinese label.  A record stores the token and nothing
 * else; labels are display data.  Ranks order a vocabulary from least (0: unknown) to most serious or
 * most careful; of concurrent values the highest rank is the provisional one (SPEC, rule O5).
 * Tokens travel in records for ever: append, never rename. */
#ifndef MUSTER_PROTOCOL_KINDS_VOCAB_H
#define MUSTER_PROTOCOL_KINDS_VOCAB_H

#include "protocol/kinds/vocab_after.h"
#include "protocol/kinds/vocab_inform.h"
#include "protocol/kinds/vocab_plan.h"
#include "protocol/kinds/vocab_work.h"

#include <stddef.h>

enum lang { LANG_EN, LANG_ZH };

/* V(symbol, vocabulary id, rows) */
#define MUSTER_VOCABS(V)                                                                                               \
    V(cap_status, "CAP-1.2/status", CAP_STATUS)                                                                        \
    V(cap_msg_type, "CAP-1.2/msgType", CAP_MSG_TYPE)                                                                   \
    V(cap_scope, "CAP-1.2/scope", CAP_SCOPE)                                                                           \
    V(cap_category, "CAP-1.2/category", CAP_CATEGORY)                                                                  \
    V(cap_response_type, "CAP-1.2/responseType", CAP_RESPONSE_TYPE)                                                    \
    V(cap_urgency, "CAP-1.2/urgency", CAP_URGENCY)                                                                     \
    V(cap_severity, "CAP-1.2/severity", CAP_SEVERITY)                                                                  \
    V(cap_certainty, "CAP-1.2/certainty", CAP_CERTAINTY)                                                               \
    V(tlp, "TLP-2.0", TLP)                                                                                             \
    V(pap, "PAP", PAP)                                                                                                 \
    V(incident_phase, "muster-1/phase", INCIDENT_PHASE)                                                                \
    V(incident_role, "muster-1/incident-link", INCIDENT_ROLE)                                                          \
    V(cn_class, "CN-2024/class", CN_CLASS)                                                                             \
    V(cn_grade, "CN-2024/grade", CN_GRADE)                                                                             \
    V(cn_warning, "CN-2024/warning-level", CN_WARNING)                                                                 \
    V(cn_response, "CN-2024/response-level", CN_RESPONSE)                                                              \
    V(gdacs_alert, "GDACS/alert", GDACS_ALERT)                                                                         \
    V(ics_complexity, "ICS/complexity", ICS_COMPLEXITY)                                                                \
    V(sitrep_confidence, "EDXL-SitRep-1.0/reportConfidence", SITREP_CONFIDENCE)                                        \
    V(resource_status, "ICS+NIEM/resource-status", RESOURCE_STATUS)                                                    \
    V(resource_availability, "NIEM/availability", RESOURCE_AVAILABILITY)                                               \
    V(resource_role, "muster-1/resource-link", RESOURCE_ROLE)                                                          \
    V(nims_type, "NIMS/type", NIMS_TYPE)                                                                               \
    V(have_facility, "EDXL-HAVE-1.0/FacilityStatus", HAVE_FACILITY)                                                    \
    V(have_clinical, "EDXL-HAVE-1.0/ClinicalStatus", HAVE_CLINICAL)                                                    \
    V(have_ems, "EDXL-HAVE-1.0/EMSTraffic", HAVE_EMS)                                                                  \
    V(have_security, "EDXL-HAVE-1.0/SecurityStatus", HAVE_SECURITY)                                                    \
    V(have_eoc, "EDXL-HAVE-1.0/EOCStatus", HAVE_EOC)                                                                   \
    V(have_decon, "EDXL-HAVE-1.0/DeconCapacity", HAVE_DECON)                                                           \
    V(have_morgue, "EDXL-HAVE-1.0/MorgueCapacity", HAVE_MORGUE)                                                        \
    V(have_capacity, "EDXL-HAVE-1.0/CapacityStatus", HAVE_CAPACITY)                                                    \
    V(have_supply, "EDXL-HAVE-1.0/ResourceStatus", HAVE_SUPPLY)                                                        \
    V(have_offload, "EDXL-HAVE-1.0/Offload", HAVE_OFFLOAD)                                                             \
    V(have_bed, "EDXL-HAVE-1.0/BedType", HAVE_BED)                                                                     \
    V(evaluation_type, "muster-1/evaluation-type", EVALUATION_TYPE)                                                    \
    V(evaluation_role, "muster-1/evaluation-source", EVALUATION_ROLE)                                                  \
    V(hseep_rating, "HSEEP/rating", HSEEP_RATING)                                                                      \
    V(hseep_mission, "HSEEP/mission-area", HSEEP_MISSION)                                                              \
    V(hseep_element, "HSEEP/capability-element", HSEEP_ELEMENT)                                                        \
    V(niem_approval, "NIEM/document-approval", NIEM_APPROVAL)                                                          \
    V(request_state, "muster-1/request", REQUEST_STATE)                                                                \
    V(ics_priority, "ICS-213RR/priority", ICS_PRIORITY)                                                                \
    V(request_role, "muster-1/request-link", REQUEST_ROLE)                                                             \
    V(rm_message, "EDXL-RM-1.0/MessageContentType", RM_MESSAGE)                                                        \
    V(deployment_state, "muster-1/deployment", DEPLOYMENT_STATE)                                                       \
    V(rm_response, "EDXL-RM-1.0/ResponseType", RM_RESPONSE)                                                            \
    V(niem_deployment, "NIEM/deployment-status", NIEM_DEPLOYMENT)                                                      \
    V(deployment_role, "muster-1/deployment-link", DEPLOYMENT_ROLE)                                                    \
    V(task_state, "muster-1/task", TASK_STATE)                                                                         \
    V(task_role, "muster-1/task-link", TASK_ROLE)                                                                      \
    V(warning_state, "muster-1/warning", WARNING_STATE)                                                                \
    V(warning_role, "muster-1/warning-link", WARNING_ROLE)                                                             \
    V(release_state, "muster-1/release", RELEASE_STATE)                                                                \
    V(release_role, "muster-1/release-link", RELEASE_ROLE)                                                             \
    V(rumour_state, "muster-1/rumour", RUMOUR_STATE)                                                                   \
    V(rumour_role, "muster-1/rumour-link", RUMOUR_ROLE)                                                                \
    V(admiralty_reliability, "Admiralty/reliability", ADMIRALTY_RELIABILITY)                                           \
    V(admiralty_credibility, "Admiralty/credibility", ADMIRALTY_CREDIBILITY)                                           \
    V(observation_state, "muster-1/observation", OBSERVATION_STATE)                                                    \
    V(observation_source, "muster-1/observation-source", OBSERVATION_SOURCE)                                           \
    V(observation_role, "muster-1/observation-link", OBSERVATION_ROLE)                                                 \
    V(trend, "muster-1/trend", TREND)                                                                                  \
    V(sitrep_type, "EDXL-SitRep-1.0/reportType", SITREP_TYPE)                                                          \
    V(ics209_version, "ICS-209/report-version", ICS209_VERSION)                                                        \
    V(sitrep_role, "muster-1/sitrep-link", SITREP_ROLE)                                                                \
    V(aggregation, "muster-1/aggregation", AGGREGATION)                                                                \
    V(ri_table, "AHP/random-index", RI_TABLE)                                                                          \
    V(group_method, "AHP/group", GROUP_METHOD)                                                                         \
    V(indicator_role, "muster-1/indicator-set-link", INDICATOR_ROLE)                                                   \
    V(assessment_method, "muster-1/assessment-method", ASSESSMENT_METHOD)                                              \
    V(assessment_role, "muster-1/assessment-link", ASSESSMENT_ROLE)                                                    \
    V(plan_stage, "CN-2024/plan-stage", PLAN_STAGE)                                                                    \
    V(plan_type, "CN-2024/plan-type", PLAN_TYPE)                                                                       \
    V(revision_trigger, "CN-2013/revision-trigger", REVISION_TRIGGER)                                                  \
    V(plan_role, "muster-1/plan-link", PLAN_ROLE)                                                                      \
    V(exercise_state, "muster-1/exercise", EXERCISE_STATE)                                                             \
    V(exercise_type, "HSEEP/exercise-type", EXERCISE_TYPE)                                                             \
    V(exercise_role, "muster-1/exercise-link", EXERCISE_ROLE)                                                          \
    V(finding_state, "muster-1/finding", FINDING_STATE)                                                                \
    V(finding_type, "HSEEP/finding", FINDING_TYPE)                                                                     \
    V(finding_role, "muster-1/finding-link", FINDING_ROLE)                                                             \
    V(corrective_state, "muster-1/corrective-action", CORRECTIVE_STATE)                                                \
    V(corrective_role, "muster-1/corrective-action-link", CORRECTIVE_ROLE)                                             \
    V(organisation_state, "muster-1/organisation", ORGANISATION_STATE)                                                 \
    V(org_function, "muster-1/function", ORG_FUNCTION)                                                                 \
    V(insarag_class, "INSARAG/class", INSARAG_CLASS)                                                                   \
    V(organisation_role, "muster-1/organisation-link", ORGANISATION_ROLE)                                              \
    V(role_state, "muster-1/role", ROLE_STATE)                                                                         \
    V(role_role, "muster-1/role-link", ROLE_ROLE)                                                                      \
    V(mandate_state, "muster-1/mandate", MANDATE_STATE)                                                                \
    V(mandate_role, "muster-1/mandate-link", MANDATE_ROLE)                                                             \
    V(loss_state, "muster-1/loss", LOSS_STATE)                                                                         \
    V(loss_type, "muster-1/loss-type", LOSS_TYPE)                                                                      \
    V(niem_damage, "NIEM/damage", NIEM_DAMAGE)                                                                         \
    V(niem_people, "NIEM/people", NIEM_PEOPLE)                                                                         \
    V(loss_role, "muster-1/loss-link", LOSS_ROLE)                                                                      \
    V(project_state, "muster-1/recovery-project", PROJECT_STATE)                                                       \
    V(claim_state, "EMAC/reimbursement", CLAIM_STATE)                                                                  \
    V(project_role, "muster-1/recovery-project-link", PROJECT_ROLE)                                                   \
    V(agreement_standing, "muster-1/agreement", AGREEMENT_STANDING)                                                    \
    V(agreement_onward, "muster-1/onward", AGREEMENT_ONWARD)

#define CAP_STATUS(X)                                                                                                  \
    X("Actual", 5, "actual", "实际")                                                                                   \
    X("Exercise", 4, "exercise", "演练")                                                                               \
    X("System", 2, "system", "系统")                                                                                   \
    X("Test", 1, "test", "测试")                                                                                       \
    X("Draft", 0, "draft", "草稿")
#define CAP_MSG_TYPE(X)                                                                                                \
    X("Alert", 0, "alert", "首次发布")                                                                                 \
    X("Update", 0, "update", "更新")                                                                                   \
    X("Cancel", 0, "cancel", "解除")                                                                                   \
    X("Ack", 0, "acknowledgement", "确认")                                                                             \
    X("Error", 0, "error", "错误")
#define CAP_SCOPE(X)                                                                                                   \
    X("Public", 0, "public", "公开")                                                                                   \
    X("Restricted", 1, "restricted", "受限")                                                                           \
    X("Private", 2, "private", "指定对象")
#define CAP_CATEGORY(X)                                                                                                \
    X("Geo", 0, "geophysical", "地质")                                                                                 \
    X("Met", 0, "meteorological", "气象")                                                                              \
    X("Safety", 0, "public safety", "公共安全")                                                                        \
    X("Security", 0, "security", "治安")                                                                               \
    X("Rescue", 0, "rescue", "救援")                                                                                   \
    X("Fire", 0, "fire", "火灾")                                                                                       \
    X("Health", 0, "health", "卫生")                                                                                   \
    X("Env", 0, "environment", "环境")                                                                                 \
    X("Transport", 0, "transport", "交通")                                                                             \
    X("Infra", 0, "infrastructure", "基础设施")                                                                        \
    X("CBRNE", 0, "CBRNE", "核生化爆")                                                                                 \
    X("Other", 0, "other", "其他")
#define CAP_RESPONSE_TYPE(X)                                                                                           \
    X("Shelter", 0, "take shelter", "就地避险")                                                                        \
    X("Evacuate", 0, "evacuate", "撤离")                                                                               \
    X("Prepare", 0, "prepare", "准备")                                                                                 \
    X("Execute", 0, "execute the plan", "执行预案")                                                                    \
    X("Avoid", 0, "avoid", "避开")                                                                                     \
    X("Monitor", 0, "monitor", "关注")                                                                                 \
    X("Assess", 0, "assess", "评估")                                                                                   \
    X("AllClear", 0, "all clear", "警报解除")                                                                          \
    X("None", 0, "none", "无需行动")
#define CAP_URGENCY(X)                                                                                                 \
    X("Immediate", 4, "immediate", "立即")                                                                             \
    X("Expected", 3, "expected", "一小时内")                                                                           \
    X("Future", 2, "future", "近期")                                                                                   \
    X("Past", 1, "past", "已过")                                                                                       \
    X("Unknown", 0, "unknown", "未知")
#define CAP_SEVERITY(X)                                                                                                \
    X("Extreme", 4, "extreme", "极严重")                                                                               \
    X("Severe", 3, "severe", "严重")                                                                                   \
    X("Moderate", 2, "moderate", "中等")                                                                               \
    X("Minor", 1, "minor", "轻微")                                                                                     \
    X("Unknown", 0, "unknown", "未知")
#define CAP_CERTAINTY(X)                                                                                               \
    X("Observed", 4, "observed", "已发生")                                                                             \
    X("Likely", 3, "likely", "很可能")                                                                                 \
    X("Possible", 2, "possible", "可能")                                                                               \
    X("Unlikely", 1, "unlikely", "不太可能")                                                                           \
    X("Unknown", 0, "unknown", "未知")
#define TLP(X)                                                                                                         \
    X("TLP:RED", 4, "named individuals only", "仅限指定人员")                                                          \
    X("TLP:AMBER+STRICT", 3, "the organisation only", "仅限本机构")                                                    \
    X("TLP:AMBER", 2, "the organisation and its clients", "本机构及其服务对象")                                        \
    X("TLP:GREEN", 1, "the community, not the public", "共同体内，不公开")                                             \
    X("TLP:CLEAR", 0, "no limit", "不限")
#define PAP(X)                                                                                                         \
    X("RED", 3, "only passive, undetectable action", "仅可被动使用")                                                   \
    X("AMBER", 2, "passive cross-checks", "可被动核对")                                                                \
    X("GREEN", 1, "active action allowed", "可主动使用")                                                               \
    X("CLEAR", 0, "no limit", "不限")
#define INCIDENT_PHASE(X)                                                                                              \
    X("latent", 1, "latent", "潜伏")                                                                                   \
    X("warned", 3, "warned", "预警")                                                                                   \
    X("active", 4, "active", "响应")                                                                                   \
    X("recovery", 2, "recovery", "恢复")                                                                               \
    X("closed", 0, "closed", "结束")
#define INCIDENT_ROLE(X)                                                                                               \
    X("causes", 0, "causes", "引发")                                                                                   \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("secondary-to", 0, "secondary to", "次生于")                                                                     \
    X("duplicates", 0, "duplicate of", "重复于")
#define CN_CLASS(X)                                                                                                    \
    X("自然灾害", 0, "natural disaster", "自然灾害")                                                                   \
    X("事故灾难", 0, "accident", "事故灾难")                                                                           \
    X("公共卫生事件", 0, "public health event", "公共卫生事件")                                                        \
    X("社会安全事件", 0, "social security event", "社会安全事件")
#define CN_GRADE(X)                                                                                                    \
    X("特别重大", 4, "I, extraordinary", "特别重大")                                                                   \
    X("重大", 3, "II, major", "重大")                                                                                  \
    X("较大", 2, "III, large", "较大")                                                                                 \
    X("一般", 1, "IV, ordinary", "一般")
#define CN_WARNING(X)                                                                                                  \
    X("一级", 4, "level I, red", "一级（红色）")                                                                       \
    X("二级", 3, "level II, orange", "二级（橙色）")                                                                   \
    X("三级", 2, "level III, yellow", "三级（黄色）")                                                                  \
    X("四级", 1, "level IV, blue", "四级（蓝色）")
#define CN_RESPONSE(X)                                                                                                 \
    X("一级", 4, "level I", "一级响应")                                                                                \
    X("二级", 3, "level II", "二级响应")                                                                               \
    X("三级", 2, "level III", "三级响应")                                                                              \
    X("四级", 1, "level IV", "四级响应")
#define GDACS_ALERT(X)                                                                                                 \
    X("Red", 3, "red", "红色")                                                                                         \
    X("Orange", 2, "orange", "橙色")                                                                                   \
    X("Green", 1, "green", "绿色")
#define ICS_COMPLEXITY(X)                                                                                              \
    X("Type 1", 5, "type 1, most complex", "一类（最复杂）")                                                           \
    X("Type 2", 4, "type 2", "二类")                                                                                   \
    X("Type 3", 3, "type 3", "三类")                                                                                   \
    X("Type 4", 2, "type 4", "四类")                                                                                   \
    X("Type 5", 1, "type 5, least complex", "五类（最简单）")
#define SITREP_CONFIDENCE(X)                                                                                           \
    X("HighlyConfident", 0, "highly confident", "很有把握")                                                            \
    X("SomewhatConfident", 1, "somewhat confident", "较有把握")                                                        \
    X("Unsure", 2, "unsure", "不确定")                                                                                 \
    X("NoConfidence", 3, "no confidence", "没有把握")
#define RESOURCE_STATUS(X)                                                                                             \
    X("Available", 1, "available", "可用")                                                                             \
    X("Committed", 2, "committed", "已承诺")                                                                           \
    X("Assigned", 3, "assigned", "已派出")                                                                             \
    X("Out of Service", 4, "out of service", "停用")                                                                   \
    X("Unknown", 0, "unknown", "未知")
#define RESOURCE_AVAILABILITY(X)                                                                                       \
    X("Available", 1, "available", "可用")                                                                             \
    X("Committed", 2, "committed", "已承诺")                                                                           \
    X("Unknown", 0, "unknown", "未知")
#define RESOURCE_ROLE(X)                                                                                               \
    X("part-of", 0, "part of", "属于")                                                                                 \
    X("held-at", 0, "held at", "存放于")                                                                               \
    X("assigned-to", 0, "assigned to", "派往")                                                                         \
    X("substitutes", 0, "substitute for", "可替代")                                                                    \
    X("duplicates", 0, "duplicate of", "重复于")
#define NIMS_TYPE(X)                                                                                                   \
    X("Type 1", 6, "type 1, most capable", "一类（能力最强）")                                                         \
    X("Type 2", 5, "type 2", "二类")                                                                                   \
    X("Type 3", 4, "type 3", "三类")                                                                                   \
    X("Type 4", 3, "type 4", "四类")                                                                                   \
    X("Type 5", 2, "type 5", "五类")                                                                                   \
    X("Type 6", 1, "type 6", "六类")                                                                                   \
    X("Type 7", 0, "type 7", "七类")
#define HAVE_FACILITY(X)                                                                                               \
    X("Normal", 0, "normal", "正常")                                                                                   \
    X("Compromised", 1, "compromised", "受损")                                                                         \
    X("Evacuating", 2, "evacuating", "正在疏散")                                                                       \
    X("Closed", 3, "closed", "关闭")
#define HAVE_CLINICAL(X)                                                                                               \
    X("Normal", 0, "normal", "正常")                                                                                   \
    X("Level1", 1, "level 1: some services cut", "一级：部分受限")                                                     \
    X("Level2", 2, "level 2: elective services cut", "二级：明显受限")                                                 \
    X("Full", 3, "full", "满负荷")
#define HAVE_EMS(X)                                                                                                    \
    X("Normal", 0, "accepting all", "正常接收")                                                                        \
    X("Advisory", 1, "accepting with limits", "有限接收")                                                              \
    X("Closed", 2, "closed to ambulances", "不接收")                                                                   \
    X("NotApplicable", 0, "not applicable", "不适用")
#define HAVE_SECURITY(X)                                                                                               \
    X("Normal", 0, "normal", "正常")                                                                                   \
    X("Elevated", 1, "elevated", "加强")                                                                               \
    X("RestrictedAccess", 2, "restricted access", "限制出入")                                                          \
    X("Lockdown", 3, "lockdown", "封闭")                                                                               \
    X("Quarantine", 4, "quarantine", "隔离")
#define HAVE_EOC(X)                                                                                                    \
    X("Active", 1, "active", "已启动")                                                                                 \
    X("Inactive", 0, "inactive", "未启动")
#define HAVE_DECON(X)                                                                                                  \
    X("Inactive", 1, "inactive", "未启用")                                                                             \
    X("Open", 0, "open", "开放")                                                                                       \
    X("Full", 2, "full", "已满")                                                                                       \
    X("Exceeded", 3, "exceeded", "超负荷")
#define HAVE_MORGUE(X)                                                                                                 \
    X("Open", 0, "open", "开放")                                                                                       \
    X("Full", 1, "full", "已满")                                                                                       \
    X("Exceeded", 2, "exceeded", "超负荷")
#define HAVE_CAPACITY(X)                                                                                               \
    X("VacantAvailable", 0, "vacant, available", "有空余")                                                             \
    X("NotAvailable", 1, "not available", "无空余")
#define HAVE_SUPPLY(X)                                                                                                 \
    X("Adequate", 0, "adequate", "充足")                                                                               \
    X("Insufficient", 1, "insufficient", "不足")
#define HAVE_OFFLOAD(X)                                                                                                \
    X("Normal", 0, "normal", "正常")                                                                                   \
    X("Delayed", 1, "delayed", "延误")
#define HAVE_BED(X)                                                                                                    \
    X("AdultICU", 0, "adult ICU", "成人重症")                                                                          \
    X("PediatricICU", 0, "paediatric ICU", "儿童重症")                                                                 \
    X("Pediatrics", 0, "paediatrics", "儿科")                                                                          \
    X("MedicalSurgical", 0, "medical/surgical", "内外科")                                                              \
    X("Psychiatric", 0, "psychiatric", "精神科")                                                                       \
    X("NegativeFlowIsolation", 0, "negative-flow isolation", "负压隔离")                                               \
    X("OtherIsolation", 0, "other isolation", "其他隔离")                                                              \
    X("OperatingRooms", 0, "operating rooms", "手术室")                                                                \
    X("Burn", 0, "burn", "烧伤")
#define EVALUATION_TYPE(X)                                                                                             \
    X("after-action", 0, "after-action report", "事后评估")                                                            \
    X("performance", 0, "performance report", "绩效评估")                                                              \
    X("exercise", 0, "exercise evaluation", "演练评估")                                                                \
    X("lessons", 0, "lessons report", "总结报告")
#define EVALUATION_ROLE(X)                                                                                             \
    X("measures", 0, "measured from", "依据")                                                                          \
    X("cites", 0, "cites", "引用")                                                                                     \
    X("finding", 0, "finding", "发现")                                                                                 \
    X("replaces", 0, "replaces", "取代")
#define HSEEP_RATING(X)                                                                                                \
    X("P", 0, "performed without challenges", "顺利完成")                                                              \
    X("S", 1, "performed with some challenges", "基本完成，有不足")                                                    \
    X("M", 2, "performed with major challenges", "完成，有重大问题")                                                   \
    X("U", 3, "unable to be performed", "未能完成")
#define HSEEP_MISSION(X)                                                                                               \
    X("Prevention", 0, "prevention", "预防")                                                                           \
    X("Protection", 0, "protection", "防护")                                                                           \
    X("Mitigation", 0, "mitigation", "减灾")                                                                           \
    X("Response", 0, "response", "响应")                                                                               \
    X("Recovery", 0, "recovery", "恢复")
#define HSEEP_ELEMENT(X)                                                                                               \
    X("Planning", 0, "planning", "预案")                                                                               \
    X("Organization", 0, "organization", "组织")                                                                       \
    X("Equipment", 0, "equipment", "装备")                                                                             \
    X("Training", 0, "training", "培训")                                                                               \
    X("Exercise", 0, "exercise", "演练")
#define NIEM_APPROVAL(X)                                                                                               \
    X("Draft", 3, "draft", "草稿")                                                                                     \
    X("Under Review", 2, "under review", "审核中")                                                                     \
    X("Approved", 1, "approved", "已批准")                                                                             \
    X("Rejected", 4, "rejected", "已退回")                                                                             \
    X("Retired", 0, "retired", "已废止")

#define AGREEMENT_STANDING(X)                                                                                          \
    X("offered", 1, "offered: in force once all have signed", "已提出，各方签署后生效")                                \
    X("ended", 0, "ended", "已终止")
#define AGREEMENT_ONWARD(X)                                                                                            \
    X("none", 0, "not at all", "不得转发")                                                                             \
    X("members", 1, "to those who have it already", "仅限已知悉方")                                                    \
    X("with-consent", 2, "with the owner's consent", "须经所有者同意")                                                 \
    X("free", 3, "freely", "可转发")

/* Each symbol x gives x_tokens (NULL-ended), x_ranks and x_vocab (the id), for rows of field tables. */
#define X(symbol, id, rows)                                                                                            \
    extern const char *const symbol##_tokens[];                                                                        \
    extern const signed char symbol##_ranks[];                                                                         \
    extern const char symbol##_vocab[];
MUSTER_VOCABS(X)
#undef X

/* The label of a token ("CAP-1.2/severity", "Severe", LANG_ZH -> "严重"); NULL for an unknown vocabulary
 * or token: show the token itself then. */
const char *token_label(const char *vocab, const char *token, enum lang lang);

/* Index of the text in a NULL-ended list of tokens, exact; -1 if it is none of them. */
int token_index(const char *const *tokens, const void *text, size_t len);

/* The token that a person most likely meant: the same but for case, white space and dashes, a label in
 * either language, or at most two (short tokens: one) letters away.  NULL if nothing is near. */
const char *token_suggest(const char *const *tokens, const char *vocab, const void *text, size_t len);

/* All vocabularies, for help and documents: the id and tokens of number i; false behind the last. */
int vocab_at(size_t i, const char **id, const char *const **tokens);

#endif
