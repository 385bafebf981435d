#include "tools/audit_file.h"

#include "base/text.h"
#include "lang/lang.h"
#include "protocol/kinds/time3339.h"
#include "tools/folding.h"

enum { SAFE_BYTES = 4 * (AUDIT_DETAIL_MAX + 1) };

static enum muster_error refuse(struct proof_problem *problem, enum muster_error error, const char *sentence)
{
    problem->error = error;
    snprintf(problem->sentence, sizeof(problem->sentence), "%s", sentence);
    return error;
}

static enum muster_error broken(struct proof_problem *problem, enum muster_error error, uint64_t number)
{
    problem->error = error;
    if (number)
        snprintf(problem->sentence, sizeof(problem->sentence), _("entry %llu of the audit does not hold: %s"),
                 (unsigned long long)number,
                 error == MUSTER_ECHAIN ? _("the one before it was changed or taken out") : _(error_what(error)));
    else
        snprintf(problem->sentence, sizeof(problem->sentence), _("the file as a whole does not hold: %s"), _(error_what(error)));
    return error;
}

enum muster_error audit_file_judge(struct audit_file *out, const void *bytes, size_t len, const struct proof_anchor *anchor,
                                   struct proof_problem *problem, char steps[PROOF_SENTENCE_BYTES])
{
    uint64_t number;
    char hex[2 * HASH_BYTES + 1];
    steps[0] = '\0';
    enum muster_error error = audit_file_read(out, bytes, len, &number);
    if (error)
        return broken(problem, error, number);
    const struct agency_id *id = &out->card.agency;
    if (anchor->card && !agency_id_eq(&anchor->card->agency, id))
        return refuse(problem, MUSTER_EUNKNOWN_AGENCY, _("the audit is that of another agency than the card's"));
    if (anchor->card && !identity_node(&anchor->card->identity, &out->card.node))
        return refuse(problem, MUSTER_EUNKNOWN_NODE, _("the node that signed the audit is not on the agency's card"));
    if (anchor->by_id && !agency_id_eq(&anchor->agency, id))
        return refuse(problem, MUSTER_EUNKNOWN_AGENCY, _("the audit is that of another agency than the one you named"));
    if (anchor->card || anchor->by_id || anchor->self)
        return MUSTER_OK;
    problem->error = MUSTER_EUNKNOWN_AGENCY;
    snprintf(problem->sentence, sizeof(problem->sentence),
             _("the audit is signed by an agency that calls itself \"%.128s\", and you have not told whom to trust"),
             out->card.identity.name);
    snprintf(steps, PROOF_SENTENCE_BYTES, _("call the agency, and if it says this id: --agency %s"),
             hex_from(hex, id->b, HASH_BYTES));
    return MUSTER_EUNKNOWN_AGENCY;
}

static const char *safe(char out[SAFE_BYTES], const char *text)
{
    text_for_terminal(out, SAFE_BYTES, text, strlen(text));
    return out;
}

static const char *time_of(char out[TIME_FORMAT_BYTES], uint64_t ms)
{
    time3339_format(out, (int64_t)ms);
    return out;
}

static void ends(const struct audit_file *file, struct audit_entry *first, struct audit_entry *last)
{
    size_t at = 0;
    struct audit_entry entry;
    *first = *last = (struct audit_entry){.number = 0};
    while (audit_file_next(file, &at, &entry)) {
        if (!first->number)
            *first = entry;
        *last = entry;
    }
}

static void say(FILE *out, const struct audit_file *file, const struct proof_anchor *anchor)
{
    char text[SAFE_BYTES], time[TIME_FORMAT_BYTES], hex[2 * HASH_BYTES + 1];
    struct audit_entry first, last, entry;
    const struct certified_node *node = identity_node(&file->card.identity, &file->card.node);
    size_t at = 0;
    ends(file, &first, &last);
    fprintf(out, _("AUDIT of %s\n"), safe(text, file->card.identity.name));
    fprintf(out, _("  agency  %s\n  node    %s\n"), hex_from(hex, file->card.agency.b, HASH_BYTES),
            safe(text, node ? node->name : ""));
    fprintf(out, _("  entries %llu to %llu, all of them, in their order; exported %s\n"), (unsigned long long)first.number,
            (unsigned long long)last.number, time_of(time, file->made_ms));
    fprintf(out, _("  trust   %s\n\n"),
            anchor->card    ? _("the card that you gave is this agency's")
            : anchor->by_id ? _("the agency is the one whose id you gave")
                            : _("NOBODY BUT THE FILE says that this id is the agency's"));
    while (audit_file_next(file, &at, &entry)) {
        fprintf(out, "%6llu  %s  %s%s", (unsigned long long)entry.number, time_of(time, entry.time_ms),
                safe(text, entry.event), entry.refused ? _("  REFUSED") : "");
        if (entry.times > 1)
            fprintf(out, _("  %llu times more"), (unsigned long long)entry.times);
        fprintf(out, "\n        %s\n", safe(text, entry.detail));
        if (!agency_id_none(&entry.agency))
            fprintf(out, _("        about agency %s\n"), hex_from(hex, entry.agency.b, HASH_BYTES));
        if (entry.by[0])
            fprintf(out, _("        asked for by %s\n"), safe(text, entry.by));
    }
    fputs(_("\nnot proved:\n"
          "  - that the times are right: they are the node's own\n"
          "  - what happened before the first entry and after the last one\n"
          "  - that the node did not write another audit from its beginning: compare with an older export\n"),
          out);
}

void audit_file_say(FILE *out, const struct audit_file *file, const struct proof_anchor *anchor, size_t columns)
{
    struct folding folding;
    folding_begin(&folding);
    say(folding.stream, file, anchor);
    folding_end(&folding, out, columns);
}

/* --- for a program ------------------------------------------------------------------------------------------ */

static void json_text(FILE *out, const char *text)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    fputc('"', out);
    while (at < end) {
        const uint8_t *start = at;
        uint32_t code = text_next(&at, end);
        if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (int)code);
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfffd)
            fprintf(out, "\\u%04x", (unsigned)code);
        else
            fwrite(start, 1, (size_t)(at - start), out);
    }
    fputc('"', out);
}

static void json_one(FILE *out, const struct audit_entry *entry)
{
    static const struct curve_public no_key;
    char time[TIME_FORMAT_BYTES], hex[2 * HASH_BYTES + 1];
    fprintf(out, "{\"number\":%llu,\"time\":\"%s\",\"event\":", (unsigned long long)entry->number,
            time_of(time, entry->time_ms));
    json_text(out, entry->event);
    if (agency_id_none(&entry->agency))
        fputs(",\"agency\":null,\"by\":", out);
    else
        fprintf(out, ",\"agency\":\"%s\",\"by\":", hex_from(hex, entry->agency.b, HASH_BYTES));
    if (entry->by[0])
        json_text(out, entry->by);
    else
        fputs("null", out);
    fputs(",\"detail\":", out);
    json_text(out, entry->detail);
    fprintf(out, ",\"times\":%llu,\"refused\":%s,\"key\":", (unsigned long long)entry->times, entry->refused ? "true" : "false");
    if (memcmp(entry->key.b, no_key.b, sizeof(no_key.b)) == 0)
        fputs("null}", out);
    else
        fprintf(out, "\"%s\"}", hex_from(hex, entry->key.b, sizeof(entry->key.b)));
}

void audit_file_json(FILE *out, const struct audit_file *file, const struct proof_anchor *anchor)
{
    char time[TIME_FORMAT_BYTES], hex[2 * HASH_BYTES + 1];
    struct audit_entry first, last, entry;
    size_t at = 0;
    ends(file, &first, &last);
    fprintf(out, "{\"muster\":1,\"ok\":true,\"trusted_by\":\"%s\",\"agency\":{\"id\":\"%s\",\"name\":",
            anchor->card    ? "card"
            : anchor->by_id ? "agency"
                            : "self",
            hex_from(hex, file->card.agency.b, HASH_BYTES));
    json_text(out, file->card.identity.name);
    fprintf(out, "},\"made\":\"%s\",\"first\":%llu,\"last\":%llu,\"items\":[", time_of(time, file->made_ms),
            (unsigned long long)first.number, (unsigned long long)last.number);
    for (bool some = false; audit_file_next(file, &at, &entry); some = true) {
        if (some)
            fputc(',', out);
        json_one(out, &entry);
    }
    fputs("]}\n", out);
}
