#include "tools/proof_say.h"

#include "base/hlc.h"
#include "base/text.h"
#include "lang/lang.h"
#include "protocol/kinds/kinds.h"
#include "protocol/kinds/time3339.h"
#include "protocol/object/op.h"
#include "tools/folding.h"

#include <stdarg.h>
#include <stdlib.h>

enum { LABEL_COLUMNS = 9, LINE_BYTES = 2048, VALUE_BYTES = 4096, OBJECT_FIELDS_SHOWN = 64 };

/* --- words ---------------------------------------------------------------------------------------------- */

static const char *said(uint8_t operation)
{
    static const struct {
        uint8_t operation;
        const char *words;
    } rows[] = {
        {OP_CREATE, N_("created")},
        {OP_UPDATE, N_("changed")},
        {OP_RETRACT, N_("retracted")},
        {OP_OFFER, N_("offered to another agency")},
        {OP_TAKE, N_("took over")},
        {OP_REFUSE, N_("refused to take over")},
        {OP_PROPOSE, N_("proposed a change of")},
        {OP_ACCEPT, N_("accepted a change of")},
        {OP_DECLINE, N_("declined a change of")},
        {OP_ERASE, N_("had erased a record of")},
        {OP_HOLD, N_("held from erasure a record of")},
        {OP_UNHOLD, N_("no longer held a record of")},
        {OP_RESOLVE, N_("resolved the branches of")},
        {OP_SUPERSEDE, N_("replaced")},
        {OP_SIGN, N_("signed")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].operation == operation)
            return _(rows[i].words);
    return operation < 32   ? _("did something that this program does not know to")
           : operation < 64 ? _("moved quantities of")
                            : _("wrote a control operation in");
}

/* A line with a label, escaped for a terminal. */
static void line(FILE *out, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void line(FILE *out, const char *label, const char *format, ...)
{
    char raw[LINE_BYTES], safe[3 * LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    text_for_terminal(safe, sizeof(safe), raw, strlen(raw));
    const char *shown = label[0] ? _(label) : "";
    size_t width = strlen(shown) - (strlen(shown) - strspn(shown, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) / 3; /* a Chinese character: 3 bytes, 2 columns */
    fprintf(out, "  %s%*s %s\n", shown, (int)(width < LABEL_COLUMNS ? LABEL_COLUMNS - width : 0), "", safe);
}

static const char *time_text(char out[TIME_FORMAT_BYTES], uint64_t hlc)
{
    time3339_format(out, (int64_t)hlc_ms(hlc));
    return out;
}

/* "name, phase": the fields that a header says are set. */
static void fields_text(char *out, size_t size, const struct record_header *header)
{
    const struct kind *kind = kind_by_number(header->kind);
    size_t len = 0;
    out[0] = '\0';
    for (uint64_t n = 0; n < OBJECT_FIELDS_SHOWN && len < size; n++) {
        const struct field *field = kind ? field_by_number(kind, n) : NULL;
        char number[8];
        snprintf(number, sizeof(number), "#%u", (unsigned)n);
        if (header->mask >> n & 1)
            len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "", field ? field->name : number);
    }
}

/* --- for a person ----------------------------------------------------------------------------------------- */

static void say_what(FILE *out, const struct proof_part *part)
{
    char fields[1024], hex[2 * HASH_BYTES + 1];
    const char *kind = kind_name(part->header.kind);
    fields_text(fields, sizeof(fields), &part->header);
    line(out, N_("WHO"), _("%s%s%s%s, node %s"), part->agency_name, part->country[0] ? " (" : "", part->country,
         part->country[0] ? ")" : "", part->node_name);
    line(out, "", _("agency %s"), hex_from(hex, part->genesis.agency.b, HASH_BYTES));
    if (part->genesis.role == LOG_CONTROL)
        line(out, N_("SAID"), _("%s the space (operation %u)"), said(part->header.operation), part->header.operation);
    else
        line(out, N_("SAID"), "%s %s %s%s%s", said(part->header.operation), kind ? kind : _("an object of an unknown kind"),
             hex_from(hex, part->header.object.b, OBJECT_ID_BYTES), fields[0] ? _("; fields set: ") : "", fields);
    line(out, N_("WHERE"), _("record %s"), hex_from(hex, part->id.b, HASH_BYTES));
    line(out, "", _("space  %s"), hex_from(hex, part->segment.space.b, HASH_BYTES));
    line(out, "", _("log    %s"), hex_from(hex, part->log.b, HASH_BYTES));
    line(out, "", _("number %llu of this log, in its segment %llu, whose %s"), (unsigned long long)part->header.sequence,
         (unsigned long long)part->segment.position,
         part->following ? _("signature is that of a later segment which descends from it") : _("own signature fits"));
}

static void say_when(FILE *out, const struct proof *proof)
{
    char time[TIME_FORMAT_BYTES];
    line(out, N_("WHEN"), _("%s by the agency's own clock (its claim)"), time_text(time, proof->record.header.hlc));
    for (size_t i = 0; i < proof->witness_count; i++) {
        const struct proof_part *w = &proof->witnesses[i].part;
        line(out, "", _("%s a record of %s that %s, %s by its clock"),
             proof->witnesses[i].relation == PROOF_NAMES_IT ? _("before") : _("after"), w->agency_name,
             proof->witnesses[i].relation == PROOF_NAMES_IT ? _("names this one") : _("this one names"),
             time_text(time, w->header.hlc));
    }
    if (!proof->witness_count)
        line(out, "", _("not bounded by others: no record of another agency is in the file"));
    if (proof->record.node_expires_ms && proof->record.node_expires_ms < hlc_ms(proof->record.header.hlc))
        line(out, "", _("the node's certificate had expired by then"));
}

static void say_content(FILE *out, const struct proof *proof, struct payload_codec *codec)
{
    struct bytes body;
    struct kind_view view;
    struct field_view one;
    struct proof_problem problem;
    struct payload_operator by;
    char hex[2 * HASH_BYTES + 1];
    static const char none[] = N_("CONTENT");
    if (!proof->disclosed) {
        line(out, none, _("not disclosed; the proof covers its hash"));
        return;
    }
    if (proof_open(proof, codec, &body, &problem) != MUSTER_OK ||
        kind_view(&view, kind_by_number(proof->record.header.kind), body) != MUSTER_OK) {
        line(out, none, _("disclosed, but no map of fields: %zu bytes"), proof->payload.len);
        return;
    }
    line(out, none, _("disclosed; it is the one that the signature covers%s"),
         view.mask == proof->record.header.mask ? "" : _(", but its fields are not those that the header names"));
    while (kind_view_next(&view, &one)) {
        char text[VALUE_BYTES], label[32];
        size_t len = field_text(one.field, &one.value, text, sizeof(text));
        snprintf(label, sizeof(label), "#%llu", (unsigned long long)(one.key.type == PACK_UINT ? one.key.u.uint : 0));
        line(out, "", "%s = %.1900s%s", one.field ? one.field->name : label, one.cleared ? _("(cleared)") : text,
             len >= sizeof(text) || strlen(text) > 1900 ? "..." : "");
    }
    if (payload_operator_of(codec, &by))
        line(out, "", _("an operator signed too, key %s: the signature %s"), hex_from(hex, by.key.b, sizeof(by.key.b)),
             payload_operator_verify(&by, &proof->record.segment.space, &proof->record.log, &proof->record.header, body)
                 ? _("does not fit")
                 : _("fits"));
}

static void say_limits(FILE *out, const struct proof *proof, const struct proof_anchor *anchor)
{
    const struct record_header *header = &proof->record.header;
    fputs(_("\nNOT PROVED\n"), out);
    fputs(_("  - that what was said is true\n"
          "  - that the agency's clock was right\n"
          "  - that nothing was left out: the agency may have said more, before or after, or changed it since\n"
          "  - that the agency wrote no second branch of its log, which others may have seen\n"),
          out);
    if (proof->witness_count)
        fputs(_("  - that the other agencies' clocks were right, and that they are who they say: their ids are in the "
              "file\n"),
              out);
    if (!proof->disclosed)
        fputs(_("  - what the record says: the content is not in the file\n"), out);
    else if (!(header->flags & (RECORD_CLEAR | RECORD_PERSONAL)))
        fputs(_("  - that the author did not prepare its ciphertext to open in a second way; nobody else could\n"), out);
    if (!anchor->card)
        fputs(_("  - that the agency has not revoked the node since: give its newest card with --card\n"), out);
    if (!anchor->card && !anchor->by_id)
        fputs(_("  - that the agency is the one it calls itself: you trust the file's own word\n"), out);
}

/* Calls back for each proof of a file that was judged before. */
static void each_proof(const struct proof_file *file, FILE *out,
                       void (*tell)(FILE *out, const struct proof_file *file, const struct proof *proof,
                                    struct payload_codec *codec, size_t number))
{
    struct payload_codec *codec = payload_codec_new();
    struct proof *proof = malloc(sizeof(*proof));
    struct proof_problem problem;
    size_t number = 0;
    for (size_t at = 0; codec && proof && at < file->len; at += proof->len)
        if (proof_read(proof, file->bytes + at, file->len - at, &problem) == MUSTER_OK)
            tell(out, file, proof, codec, ++number);
        else
            break;
    free(proof);
    payload_codec_free(codec);
}

static void say_one(FILE *out, const struct proof_file *file, const struct proof *proof, struct payload_codec *codec,
                    size_t number)
{
    bool revoked = false;
    struct proof_problem problem;
    if (number > 1)
        fputc('\n', out);
    fprintf(out, _("PROVED%s\n"), proof->exercise ? _("   EXERCISE 演练: of an exercise, not of an actual event") : "");
    say_what(out, &proof->record);
    say_when(out, proof);
    say_content(out, proof, codec);
    line(out, N_("TRUST"), "%s",
         file->anchor.card    ? _("the card that you gave is this agency's")
         : file->anchor.by_id ? _("the agency is the one whose id you gave")
                              : _("NOBODY BUT THE FILE says that this id is the agency's"));
    if (file->anchor.card && proof_trust_card(proof, file->anchor.card, &revoked, &problem) == MUSTER_OK && revoked)
        line(out, "", _("the agency has revoked the node since, and lets this record stand"));
    say_limits(out, proof, &file->anchor);
}

void proof_file_say(FILE *out, const struct proof_file *file, size_t columns)
{
    struct folding folding;
    folding_begin(&folding);
    each_proof(file, folding.stream, say_one);
    folding_end(&folding, out, columns);
}

/* --- for a program ------------------------------------------------------------------------------------------ */

static void json_text(FILE *out, const void *text, size_t len)
{
    const uint8_t *at = text, *end = at + len;
    fputc('"', out);
    while (at < end) {
        const uint8_t *start = at;
        uint32_t code = text_next(&at, end);
        if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (int)code);
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029)
            fprintf(out, "\\u%04x", (unsigned)code);
        else if (code == 0xfffd)
            fputs("\\ufffd", out);
        else
            fwrite(start, 1, (size_t)(at - start), out);
    }
    fputc('"', out);
}

static void json_hex(FILE *out, const char *name, const void *bytes, size_t len)
{
    char hex[2 * HASH_BYTES + 1];
    fprintf(out, "\"%s\":\"%s\"", name, hex_from(hex, bytes, len));
}

static void json_agency(FILE *out, const struct proof_part *part)
{
    fputs("\"agency\":{", out);
    json_hex(out, "id", part->genesis.agency.b, HASH_BYTES);
    fputs(",\"name\":", out);
    json_text(out, part->agency_name, strlen(part->agency_name));
    fputs(",\"country\":", out);
    json_text(out, part->country, strlen(part->country));
    fputs("},\"node\":", out);
    json_text(out, part->node_name, strlen(part->node_name));
}

static void json_time(FILE *out, const struct proof_part *part)
{
    char time[TIME_FORMAT_BYTES];
    fprintf(out, ",\"time_claimed\":\"%s\"", time_text(time, part->header.hlc));
}

static void json_content(FILE *out, const struct proof *proof, struct payload_codec *codec)
{
    struct bytes body;
    struct kind_view view;
    struct field_view one;
    struct proof_problem problem;
    bool first = true;
    fprintf(out, ",\"disclosed\":%s,\"fields\":", proof->disclosed ? "true" : "false");
    if (!proof->disclosed || proof_open(proof, codec, &body, &problem) != MUSTER_OK ||
        kind_view(&view, kind_by_number(proof->record.header.kind), body) != MUSTER_OK) {
        fputs("null", out);
        return;
    }
    fputc('{', out);
    while (kind_view_next(&view, &one)) {
        char text[VALUE_BYTES], number[32], *long_text = NULL;
        size_t len = field_text(one.field, &one.value, text, sizeof(text));
        if (len >= sizeof(text) && (long_text = malloc(len + 1)))
            field_text(one.field, &one.value, long_text, len + 1);
        snprintf(number, sizeof(number), "#%llu", (unsigned long long)(one.key.type == PACK_UINT ? one.key.u.uint : 0));
        fprintf(out, "%s\"%s\":", first ? "" : ",", one.field ? one.field->name : number);
        if (one.cleared)
            fputs("null", out);
        else
            json_text(out, long_text ? long_text : text, strlen(long_text ? long_text : text));
        free(long_text);
        first = false;
    }
    fputc('}', out);
}

static void json_one(FILE *out, const struct proof_file *file, const struct proof *proof, struct payload_codec *codec,
                     size_t number)
{
    const struct proof_part *part = &proof->record;
    const char *kind = kind_name(part->header.kind);
    char fields[1024];
    (void)file;
    fields_text(fields, sizeof(fields), &part->header);
    fputs(number > 1 ? ",{" : "{", out);
    json_agency(out, part);
    fprintf(out, ",\"exercise\":%s,\"operation\":%u,\"kind\":\"%s\",", proof->exercise ? "true" : "false",
            part->header.operation, kind ? kind : "");
    json_hex(out, "object", part->header.object.b, OBJECT_ID_BYTES);
    fputc(',', out);
    json_hex(out, "record", part->id.b, HASH_BYTES);
    fputc(',', out);
    json_hex(out, "space", part->segment.space.b, HASH_BYTES);
    fputc(',', out);
    json_hex(out, "log", part->log.b, HASH_BYTES);
    fprintf(out, ",\"sequence\":%llu,\"position\":%llu,\"following\":%u,\"fields_set\":",
            (unsigned long long)part->header.sequence, (unsigned long long)part->segment.position, part->following);
    json_text(out, fields, strlen(fields));
    json_time(out, part);
    fputs(",\"witnesses\":[", out);
    for (size_t i = 0; i < proof->witness_count; i++) {
        fputs(i ? ",{" : "{", out);
        json_agency(out, &proof->witnesses[i].part);
        fprintf(out, ",\"bound\":\"%s\"", proof->witnesses[i].relation == PROOF_NAMES_IT ? "before" : "after");
        json_time(out, &proof->witnesses[i].part);
        fputc('}', out);
    }
    fputc(']', out);
    json_content(out, proof, codec);
    fputc('}', out);
}

void proof_file_json(FILE *out, const struct proof_file *file)
{
    fprintf(out, "{\"muster\":1,\"ok\":true,\"trusted_by\":\"%s\",\"proofs\":[",
            file->anchor.card    ? "card"
            : file->anchor.by_id ? "agency"
                                 : "nobody");
    each_proof(file, out, json_one);
    fputs("]}\n", out);
}
