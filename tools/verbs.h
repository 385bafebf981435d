/* verbs.h — the rows of all verbs; each is at the end of its own file. */
#ifndef MUSTER_TOOLS_VERBS_H
#define MUSTER_TOOLS_VERBS_H

#include "tools/command.h"

extern const struct command command_status;
extern const struct command command_list;
extern const struct command command_show;
extern const struct command command_new;
extern const struct command command_update;
extern const struct command command_attach;
extern const struct command command_attach_get;
extern const struct command command_quantities;
extern const struct command command_request;
extern const struct command command_offer;
extern const struct command command_commit;
extern const struct command command_refuse;
extern const struct command command_withdraw;
extern const struct command command_dispatch;
extern const struct command command_arrive;
extern const struct command command_release;
extern const struct command command_return;
extern const struct command command_mint;
extern const struct command command_grant;
extern const struct command command_cover;
extern const struct command command_reclaim;
extern const struct command command_history;
extern const struct command command_digest;
extern const struct command command_init;
extern const struct command command_card;
extern const struct command command_card_show;
extern const struct command command_invite;
extern const struct command command_join;
extern const struct command command_pending;
extern const struct command command_pending_accept;
extern const struct command command_pending_refuse;
extern const struct command command_confirm;
extern const struct command command_peer_list;
extern const struct command command_peer_show;
extern const struct command command_peer_test;
extern const struct command command_peer_remove;
extern const struct command command_space_create;
extern const struct command command_space_list;
extern const struct command command_space_show;
extern const struct command command_space_use;
extern const struct command command_space_log;
extern const struct command command_space_right;
extern const struct command command_space_remove;
extern const struct command command_space_suspend;
extern const struct command command_space_lift;
extern const struct command command_space_policy;
extern const struct command command_space_approve;
extern const struct command command_space_rotate;
extern const struct command command_space_leave;
extern const struct command command_space_cut;
extern const struct command command_space_reassign;
extern const struct command command_share;
extern const struct command command_explain;
extern const struct command command_agreement_propose;
extern const struct command command_agreement_sign;
extern const struct command command_agreement_show;
extern const struct command command_agreement_list;
extern const struct command command_agreement_simulate;
extern const struct command command_agreement_consent;
extern const struct command command_import;
extern const struct command command_export;
extern const struct command command_bundle_export;
extern const struct command command_bundle_import;
extern const struct command command_bundle_show;
extern const struct command command_key_list;
extern const struct command command_key_export_root;
extern const struct command command_key_rotate;
extern const struct command command_key_certify;
extern const struct command command_key_renew;
extern const struct command command_key_revoke;
extern const struct command command_key_operator;
extern const struct command command_check;
extern const struct command command_audit;
extern const struct command command_prove;
extern const struct command command_verify;
extern const struct command command_help;
extern const struct command command_completion;
extern const struct command command_version;

#endif
