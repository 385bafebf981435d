#include "node/known.h"
#include "lang/lang.h"

#include <stdlib.h>
#include <strings.h>

const char *card_known_name(enum card_known known)
{
    static const char *const names[] = {"no", "same", "newer", "older", "changed", "forked"};
    return names[known];
}

/* The card against the one of the same agency that is known. */
static enum card_known against(const struct card *card, struct bytes bytes, struct bytes known)
{
    enum card_known verdict = CARD_FORKED;
    if (known.len == bytes.len && memcmp(known.at, bytes.at, bytes.len) == 0)
        return CARD_SAME;
    struct card *old = malloc(sizeof(*old));
    if (old && card_read(old, known.at, known.len) == MUSTER_OK) {
        size_t both = card->statement_count < old->statement_count ? card->statement_count : old->statement_count, same = 0;
        while (same < both && card->statements[same].len == old->statements[same].len &&
               memcmp(card->statements[same].at, old->statements[same].at, old->statements[same].len) == 0)
            same++;
        if (same == both)
            verdict = card->statement_count > old->statement_count ||
                              (card->statement_count == old->statement_count && card->number > old->number)
                          ? CARD_NEWER
                          : CARD_OLDER;
    }
    free(old);
    return verdict;
}

enum card_known card_known(struct node *node, const struct card *card, struct bytes bytes)
{
    struct peer_view view;
    bool by_name = false;
    for (size_t i = 0; node->core && core_peer_at(node->core, i, &view); i++) {
        if (agency_id_eq(&view.agency, &card->agency))
            return against(card, bytes, view.card);
        by_name |= strcasecmp(view.agency_name, card->identity.name) == 0;
    }
    by_name |= node->core && strcasecmp(node->own.identity.name, card->identity.name) == 0 &&
               !agency_id_eq(&node->own.identity.agency, &card->agency);
    return by_name ? CARD_CHANGED : CARD_NEW;
}

bool request_refuses_card(struct request *request, const struct card *card, struct bytes bytes)
{
    enum card_known known = card_known(request->node, card, bytes);
    struct trouble trouble = {.error = MUSTER_EKEYCHANGED};
    char text[AUDIT_TEXT_BYTES];
    if (known != CARD_FORKED && (known != CARD_CHANGED || json_is_true(json_object_get(request->json, "another_agency"))))
        return false;
    snprintf(trouble.what, sizeof(trouble.what),
             known == CARD_FORKED ? _("the card's chain of keys contradicts the one that is known of %.100s")
                                  : _("\"%.100s\" is known here with another agency key than the one on this card"),
             card->identity.name);
    snprintf(trouble.why, sizeof(trouble.why), _("either somebody pretends to be them, or they began anew after losing their keys"));
    snprintf(trouble.remedy, sizeof(trouble.remedy),
             _("call the agency on a number you had before%s"),
             known == CARD_CHANGED ? _("; if it is another agency of the same name: --another-agency") : _("; do not use this card"));
    if (!request_dry(request)) {
        snprintf(text, sizeof(text), "%.200s", trouble.what);
        audit_add(&request->node->audit, node_wall_ms(), EVENT_NAME_IDENTITY_CHANGED, &card->agency, text);
        journal_write(&request->node->journal, EVENT_NAME_IDENTITY_CHANGED, &card->agency, text);
    }
    request_refuse_trouble(request, &trouble);
    return true;
}

void known_look(struct node *node, const struct peer *fresh)
{
    char text[AUDIT_TEXT_BYTES];
    bool clash = strcasecmp(node->own.identity.name, fresh->agency_name) == 0 &&
                 !agency_id_eq(&node->own.identity.agency, &fresh->agency);
    for (size_t i = 0; i < node->peers.count && !clash; i++)
        clash = !agency_id_eq(&node->peers.at[i].agency, &fresh->agency) &&
                strcasecmp(node->peers.at[i].agency_name, fresh->agency_name) == 0;
    if (!clash)
        return;
    snprintf(text, sizeof(text), "an agency came that is called \"%.100s\" too, with another key", fresh->agency_name);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_IDENTITY_CHANGED, &fresh->agency, text);
    journal_write(&node->journal, EVENT_NAME_IDENTITY_CHANGED, &fresh->agency, text);
}
