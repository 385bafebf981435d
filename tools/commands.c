#include "tools/command.h"

#include "lang/lang.h"
#include "protocol/kinds/nearest.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <string.h>

static const struct command *const rows[] = {
    &command_status,     &command_list,      &command_search, &command_todo, &command_alert, &command_sitrep, &command_log, &command_watch, &command_show,        &command_new,          &command_update,
    &command_history,    &command_propose,   &command_accept,      &command_decline,      &command_transfer,
    &command_take,       &command_resolve,     &command_retract,      &command_supersede,
    &command_task_ack,   &command_task_start, &command_task_done,    &command_task_decline, &command_alarms,     &command_alarms_ack,
    &command_holders,    &command_evaluate,  &command_ahp, &command_ahp_verify, &command_score, &command_score_verify, &command_digest,    &command_init,        &command_card,         &command_card_show,
    &command_invite,     &command_join,      &command_pending, &command_pending_accept, &command_pending_refuse,     &command_confirm,      &command_peer_list,
    &command_peer_show,  &command_peer_test, &command_peer_set, &command_peer_remove, &command_space_create, &command_space_list,
    &command_space_show, &command_space_use, &command_space_log,    &command_space_right,  &command_space_remove,
    &command_space_suspend, &command_space_lift, &command_space_policy, &command_space_approve,
    &command_space_rotate, &command_space_leave, &command_space_cut,    &command_space_reassign,
    &command_share, &command_explain, &command_agreement_propose, &command_agreement_sign, &command_agreement_show,
    &command_agreement_list, &command_agreement_simulate, &command_agreement_consent,
    &command_import, &command_export, &command_attach_get, &command_attach,
    &command_bundle_export, &command_bundle_import, &command_bundle_show, &command_prove, &command_verify,
    &command_gaps, &command_allocate, &command_allocate_verify, &command_quantities, &command_request, &command_offer, &command_commit, &command_refuse, &command_withdraw, &command_dispatch,
    &command_arrive, &command_release, &command_return, &command_mint, &command_grant, &command_cover, &command_reclaim,
    &command_key_list, &command_key_export_root, &command_key_rotate, &command_key_certify, &command_key_renew,
    &command_key_revoke, &command_key_operator,
    &command_erase, &command_hold, &command_unhold, &command_retention,
    &command_backup, &command_restore,
    &command_config_check, &command_config_show, &command_config_get, &command_config_set,
    &command_doctor,      &command_check, &command_compact, &command_upgrade, &command_metrics, &command_bench, &command_maintenance, &command_audit,      &command_help,      &command_completion,  &command_version,
};

const struct command *command_at(size_t i)
{
    return i < ARRAY_LEN(rows) ? rows[i] : NULL;
}

size_t command_count(void)
{
    return ARRAY_LEN(rows);
}

const char *command_group_title(enum command_group group)
{
    static const char *const titles[] = {N_("every day"), NC_("group", "resources"), N_("joining"), N_("carry"), N_("run")};
    return (size_t)group < ARRAY_LEN(titles) ? titles[group] : "";
}

static bool name_is(const struct command *row, const char *first, const char *second)
{
    size_t len = strlen(first);
    if (!second)
        return strcmp(row->name, first) == 0 || (row->alias && strcmp(row->alias, first) == 0);
    return strncmp(row->name, first, len) == 0 && row->name[len] == ' ' &&
           strcmp(row->name + len + 1, second) == 0;
}

const struct command *command_find(char *const *words, size_t count, size_t *used)
{
    for (size_t take = count < 2 ? count : 2; take > 0; take--)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (name_is(rows[i], words[0], take == 2 ? words[1] : NULL)) {
                *used = take;
                return rows[i];
            }
    return NULL;
}

bool command_is_family(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strncmp(rows[i]->name, word, len) == 0 && rows[i]->name[len] == ' ')
            return true;
    return false;
}

const char *command_suggest(char *const *words, size_t count)
{
    char typed[NEAREST_BYTES_MAX];
    for (size_t take = count < 2 ? count : 2; take > 0; take--) {
        snprintf(typed, sizeof typed, "%s%s%s", words[0], take == 2 ? " " : "", take == 2 ? words[1] : "");
        struct nearest near = nearest_to(typed, strlen(typed));
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            char family[NEAREST_BYTES_MAX];
            nearest_try(&near, rows[i]->name, rows[i]->name);
            if (rows[i]->alias)
                nearest_try(&near, rows[i]->alias, rows[i]->name);
            snprintf(family, sizeof family, "%.*s", (int)strcspn(rows[i]->name, " "), rows[i]->name);
            if (take == 1)
                nearest_try(&near, family, rows[i]->name);
        }
        if (near.answer)
            return near.answer;
    }
    return NULL;
}

const char *exit_meaning(int code)
{
    static const char *const meanings[EXIT_CODES] = {
        N_("done"),
        N_("failed"),
        N_("not understood: the words or options are wrong"),
        N_("not found"),
        N_("refused by a rule"),
        N_("incomplete"),
        N_("the node cannot be reached"),
        N_("not confirmed in time; it goes on"),
        N_("clash: changed meanwhile, or there already"),
        N_("a proof failed"),
        N_("storage failed"),
    };
    return code >= 0 && code < EXIT_CODES ? meanings[code] : NULL;
}
