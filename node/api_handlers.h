/* api_handlers.h — the handlers, by file; api_rows.c says which path is whose. */
#ifndef MUSTER_NODE_API_HANDLERS_H
#define MUSTER_NODE_API_HANDLERS_H

#include "node/request.h"

/* api_node.c */
request_fn api_status, api_init, api_card, api_kinds;
/* api_compact.c */
request_fn api_compact;
/* api_upgrade.c */
request_fn api_upgrade, api_upgrade_confirm;
/* api_metrics.c */
request_fn api_metrics, api_backup_verified;
/* config_json.c */
request_fn api_settings;
/* openapi.c */
request_fn api_openapi;
/* api_doctor.c */
request_fn api_doctor;
/* api_audit.c */
request_fn api_audit, api_audit_export, api_audit_verify;
/* api_join.c */
request_fn api_card_read, api_invite, api_join;
/* api_line.c */
request_fn api_line_make, api_pending_accept, api_pending_refuse, api_join_state, api_join_end;
void api_join_line(struct request *request, const char *line);
/* api_peers.c */
request_fn api_peers, api_peer_pair, api_peer_confirm, api_peer_remove, api_peer_set, api_peer_test, api_pending;
/* api_spaces.c */
request_fn api_spaces, api_space_create, api_space;
/* api_check.c */
request_fn api_digest, api_check;
/* api_bundle.c */
request_fn api_bundle_export, api_bundle_show, api_bundle_import, api_bundle_taken;
/* api_govern.c */
request_fn api_space_right, api_space_remove, api_space_suspend, api_space_lift, api_space_policy, api_space_approve,
    api_space_rotate, api_space_leave, api_space_cut, api_space_reassign, api_space_control;
/* api_agreement.c */
request_fn api_agreements, api_agreement, api_agreement_sign, api_agreement_simulate;
/* api_explain.c */
request_fn api_explain;
/* api_share.c */
request_fn api_share, api_consent;
/* api_records.c */
request_fn api_records;
/* api_objects.c */
request_fn api_objects;
/* api_search.c */
request_fn api_search;
/* api_todo.c, api_gaps.c */
request_fn api_todo, api_gaps;
/* api_sitrep.c, api_log.c */
request_fn api_sitrep, api_log;
/* api_object.c */
request_fn api_object, api_evidence;
/* api_history.c, api_step.c, api_holders.c */
request_fn api_history, api_step, api_holders;
/* api_quantities.c */
request_fn api_quantities, api_quantities_of, api_quantities_write;
/* api_erase.c */
request_fn api_erase, api_hold, api_unhold, api_erasure, api_retention, api_retain;
/* api_blob.c */
request_fn api_attachment, api_blob_put;
/* api_alarm.c */
request_fn api_alarms, api_alarm_acknowledge, api_task_say;
/* {critical, warning, notice, acknowledged, no_room, raised, cleared, hook:{run, failed, dropped}} */
json_t *json_alarm_counts(const struct node *node);
/* The first open ones that are more than a notice. */
json_t *json_alarms_top(struct node *node, const struct space_id *space, size_t limit);
/* api_identity.c */
request_fn api_identity, api_identity_cuts, api_identity_extend, api_enrol, api_operator_make, api_operator_user;
/* The init that brings the agency's statements, or the card of another node of it; false: it brings neither. */
bool api_init_from_chain(struct request *request, const struct own_request *own);
/* What of keys and certificates needs somebody, behind the other warnings. */
void identity_warnings(struct node *node, json_t *list);
/* "valid", "expires-soon" (30 days), "expired", "revoked". */
const char *expiry_word(uint64_t expires_ms, bool revoked, uint64_t now_ms);
/* api_feed.c */
request_fn api_feed;
/* backup.c */
request_fn api_backup;
/* api_proof.c */
request_fn api_proof;

#endif
