/* spec_tables — the appendix of SPEC.md, printed from the rows of the code.
 *
 *   spec_tables check SPEC.md    compares what stands between the two marks (ctest)
 *   spec_tables write SPEC.md    replaces it (by hand, when a row is added) */
#include "base/error.h"
#include "base/limits.h"
#include "protocol/core.h"
#include "protocol/kinds/kinds.h"
#include "protocol/log/genesis.h"
#include "protocol/log/payload.h"
#include "protocol/object/fold.h"
#include "protocol/object/escrow.h"
#include "protocol/object/op.h"
#include "protocol/object/state.h"
#include "protocol/storage.h"
#include "protocol/trust/control.h"
#include "protocol/trust/operation.h"
#include "protocol/wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN_MARK "<!-- tables: printed by tests/vectors/spec_tables.c; begin -->\n"
#define END_MARK   "<!-- tables: end -->\n"

struct row {
    const char *name;
    unsigned long long value;
};
#define R(name) {#name, (unsigned long long)(name)}

static const struct row limits[] = {
    R(FORMAT_VERSION), R(ALGORITHM_1), R(REFS_MAX), R(RECORD_HEADER_MIN), R(RECORD_HEADER_MAX), R(RECORD_BOUND_BYTES),
    R(RECORD_WRAP_BYTES), R(BODY_BYTES_MAX), R(PAYLOAD_BYTES_MAX), R(PAYLOAD_PAD), R(SEGMENT_RECORDS_MAX),
    R(SEGMENT_BYTES_MAX), R(SEGMENT_ITEM_MAX), R(SEGMENT_HEADER_BYTES), R(RUN_MAX), R(CTL_HEADS_MAX), R(LOG_GENESIS_MIN),
    R(LOG_GENESIS_MAX), R(FRAME_HEADER_BYTES), R(FRAME_BODY_MAX), R(MESSAGE_BYTES_MAX), R(PACK_DEPTH_MAX),
    R(PACK_ITEMS_MAX), R(STATEMENT_BYTES_MAX), R(CARD_STATEMENTS_MAX), R(CARD_ENDPOINTS_MAX), R(CARD_BYTES_MAX),
    R(ENDPOINT_BYTES_MAX), R(NAME_BYTES_MAX), R(AGENCY_NODES_MAX), R(AGENCY_OPERATORS_MAX), R(INTERVALS_MAX), R(HEADS_ENTRIES_MAX),
    R(WANT_RANGES_MAX), R(SPACES_MAX), R(GENESIS_BYTES_MAX), R(EPOCH_COPIES_MAX), R(CONTROL_OPS_MAX),
    R(CONTROL_AGENCIES_MAX), R(CONTROL_DEPS_MAX), R(CONTROL_LIST_MAX), R(CONTROL_POLICY_MAX), R(CONTROL_POLICY_BYTES_MAX),
    R(CONTROL_LIMITS_MAX), R(OBJECT_RECORDS_MAX), R(OBJECT_FIELDS), R(OBJECT_HEADS_MAX), R(OBJECT_STATE_MAX),
    R(OBJECT_TIGHT_VALUE_MAX),     R(ESCROW_RECORDS_MAX), R(ESCROW_UNITS_MAX), R(STORAGE_KEY_MAX),
    R(BLOB_CHUNK_BYTES), R(BLOB_CHUNKS_MAX), R(BLOB_BYTES_MAX), R(BLOB_HOPS_MAX),
};
static const struct row operations[] = {
    R(OP_CREATE), R(OP_UPDATE), R(OP_RETRACT), R(OP_OFFER), R(OP_TAKE), R(OP_REFUSE), R(OP_PROPOSE), R(OP_ACCEPT),
    R(OP_DECLINE), R(OP_ERASE), R(OP_HOLD), R(OP_UNHOLD), R(OP_RESOLVE), R(OP_SUPERSEDE), R(OP_SIGN), R(OP_MINT), R(OP_GRANT),
    R(OP_COMMIT), R(OP_COVER), R(OP_RETURN), R(OP_RELEASE), R(OP_RECLAIM), R(CTL_GENESIS), R(CTL_ADD), R(CTL_SET_RIGHT),
    R(CTL_REMOVE), R(CTL_SUSPEND), R(CTL_LIFT), R(CTL_POLICY), R(CTL_APPROVE), R(CTL_ACK), R(CTL_EPOCH), R(CTL_CUT),
    R(CTL_REASSIGN), R(CTL_IDENTITY), R(CTL_ERASE), R(CTL_HOLD), R(CTL_UNHOLD), R(CTL_RETAIN),
};
static const struct row references[] = {
    R(REF_DEP), R(REF_TERM), R(REF_TARGET), R(REF_RIGHT), R(REF_OFFER), R(REF_PROPOSAL), R(REF_COVER), R(REF_HOLD),
    R(REF_TO_AGENCY), R(REF_TO_LOG), R(REF_PROMISE), R(REF_RECLAIM),
};
static const struct row numbers[] = {
    R(RECORD_STRUCTURAL), R(RECORD_PERSONAL), R(RECORD_CLEAR), R(RECORD_JOINT), R(RECORD_HAS_PAYLOAD), R(RECORD_HAS_WRAP),
    R(WIRE_PREV), R(WIRE_EPOCH), R(WIRE_PLACE), R(LANE_CONTROL), R(LANE_FLASH), R(LANE_ROUTINE), R(LANE_CATCHUP),
    R(LANE_ATTACHMENT), R(LOG_DATA), R(LOG_CONTROL), R(LOG_FIRST), R(LOG_RESTORED), R(LOG_CLONED), R(LOG_UNCONFIRMED),
    R(LOG_FORKED), R(LOG_REGRANTED), R(STATEMENT_INCEPTION), R(STATEMENT_ROTATION), R(STATEMENT_NODE), R(STATEMENT_REVOKE),
    R(STATEMENT_OPERATOR), R(STATEMENT_REVOKE_OPERATOR), R(STATEMENT_RENAME), R(ROLE_VIEWER), R(ROLE_COORDINATOR), R(ROLE_APPROVER), R(ROLE_ADMIN), R(SK_ROOT), R(SK_NEXT), R(SK_NAME),
    R(SK_COUNTRY), R(SK_SIGN), R(SK_BOX), R(SK_CURVE), R(SK_EXPIRES), R(SK_CUTS), R(SK_ROLES), R(CK_ENDPOINTS),
    R(CK_CONTACT), R(CK_SOFTWARE), R(GK_RULES), R(GK_NAME), R(GK_PURPOSE), R(GK_CREATOR), R(GK_ADMINS), R(GK_CONTROLLER),
    R(GK_RETENTION_DAYS), R(GK_HISTORY), R(GK_EXERCISE), R(GK_SALT), R(GK_CARDS), R(GK_CREATED), R(OK_WHO), R(OK_RIGHT),
    R(OK_CARD), R(OK_CUTS), R(OK_TARGET), R(OK_COMMITMENT), R(OK_TO), R(OK_WRAPS), R(OK_COPIES), R(OK_POLICY),
    R(OK_POSITION), R(OK_HEAD), R(OK_OBJECT), R(OK_AFTER), R(OK_OF), R(RIGHT_NONE), R(RIGHT_RELAY), R(RIGHT_READ),
    R(RIGHT_WRITE), R(RIGHT_ADMIN), R(HISTORY_ALL), R(HISTORY_JOIN), R(HEADS_FULL), R(HEADS_LAST), R(OBJECT_CONFLICT),
    R(OBJECT_RETRACTED), R(OBJECT_PROPOSALS), R(OBJECT_ORPHAN), R(OBJECT_JOINT), R(OBJECT_LATE), R(OBJECT_DISPUTED), R(OBJECT_SUPERSEDED),
};

static void rows(FILE *out, const char *title, const struct row *at, size_t count)
{
    fprintf(out, "\n### %s\n\n", title);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s`%s` %llu", !i ? "" : i % 4 ? ", " : ",\n", at[i].name, at[i].value);
    fputs("\n", out);
}

static void errors(FILE *out)
{
    fputs("\n### Errors\n\n| number | name | what | what to do |\n|---|---|---|---|\n", out);
#define X(code, number, exit_code, what, remedy) fprintf(out, "| %d | %s | %s | %s |\n", number, #code, what, remedy);
    MUSTER_ERRORS(X)
#undef X
}

static void frames(FILE *out)
{
    fputs("\n### Frames\n\n| type | name | holds |\n|---|---|---|\n", out);
#define X(name, number, what) fprintf(out, "| %d | %s | %s |\n", number, #name, what);
    MUSTER_FRAMES(X)
#undef X
}

static void tables(FILE *out)
{
    fputs("\n### Tables on disk\n\n| number | table | environment | key -> value |\n|---|---|---|---|\n", out);
#define X(name, environment, what) fprintf(out, "| %d | %s | %s | %s |\n", T_##name, #name, #environment, what);
    MUSTER_TABLES(X)
#undef X
}

static void fields(FILE *out, const struct kind *kind)
{
    fprintf(out, "\n#### %s (kind %u, schema %u, dictionary %u)\n\n", kind->name, kind->number, kind->schema,
            kind_dictionary_id(kind->number));
    fputs("| field | name | type | bytes, items | vocabulary | |\n|---|---|---|---|---|---|\n", out);
    for (unsigned number = 0; number <= FIELD_NUMBER_MAX; number++) {
        const struct field *f = field_by_number(kind, number);
        if (!f)
            continue;
        fprintf(out, "| %u | %s | %s | %u%s", f->number, f->name, field_type_name(f->type), (unsigned)f->max_bytes,
                field_is_list(f) ? ", " : "");
        if (field_is_list(f))
            fprintf(out, "%u", (unsigned)f->max_items);
        fprintf(out, " | %s | %s%s%s |\n", f->vocab ? f->vocab : "", f->flags & FIELD_REQUIRED ? "required " : "",
                f->flags & FIELD_ALIAS ? "alias " : "", f->flags & FIELD_POSITIVE ? "not negative" : "");
    }
    for (size_t i = 0; i < kind->step_count; i++)
        fprintf(out, "%s%s -> %s (%s%s%s)", i ? ", " : "\nSteps: ", kind->steps[i].from ? kind->steps[i].from : "new",
                kind->steps[i].to, kind_party_name(kind->steps[i].who), kind->steps[i].needs ? "; needs " : "",
                kind->steps[i].needs ? kind->steps[i].needs : "");
    fputs(kind->step_count ? "\n" : "", out);
    char most[DECIMAL_TEXT_BYTES];
    if (kind->limit && decimal_text(most, &kind->limit->most))
        fprintf(out, "\nLimit: %s above %s is %s unless %s says why\n", kind->limit->field, most, error_name(kind->limit->error),
                kind->limit->unless);
}

static void kinds(FILE *out)
{
    fputs("\n### Kinds\n\n", out);
#define X(constant, number, name, prefix) fprintf(out, "%s%d %s (%s)", number > 1 ? ", " : "", number, name, prefix);
    MUSTER_KINDS(X)
#undef X
    fputs("\n", out);
    for (size_t i = 0; i < kind_count(); i++)
        fields(out, kind_at(i));
    fputs("\n### Vocabularies\n\nTokens with their ranks; a higher rank is the more serious or careful one.\n\n", out);
#define X(symbol, id, list)                                                                                            \
    fprintf(out, "- `%s`:", id);                                                                                       \
    for (size_t t = 0; symbol##_tokens[t]; t++)                                                                        \
        fprintf(out, "%s %s %d", t ? "," : "", symbol##_tokens[t], symbol##_ranks[t]);                                 \
    fputs("\n", out);
    MUSTER_VOCABS(X)
#undef X
}

static char *print_all(size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (!out)
        return NULL;
    rows(out, "Limits", limits, ARRAY_LEN(limits));
    errors(out);
    frames(out);
    rows(out, "Operations of a record", operations, ARRAY_LEN(operations));
    rows(out, "Roles of a reference", references, ARRAY_LEN(references));
    rows(out, "Other numbers", numbers, ARRAY_LEN(numbers));
    tables(out);
    kinds(out);
    fputs("\n", out);
    fclose(out);
    return text;
}

static char *file_read(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *text = malloc(4 << 20);
    *len = f && text ? fread(text, 1, (4 << 20) - 1, f) : 0;
    if (text)
        text[*len] = '\0';
    if (f)
        fclose(f);
    return text;
}

/* The first line in which they differ, for a person. */
static void show(const char *held, const char *made)
{
    size_t start = 0;
    for (size_t i = 0; held[i] == made[i] && held[i]; i++)
        if (held[i] == '\n')
            start = i + 1;
    fprintf(stderr, "SPEC.md: %.*s\nthe code: %.*s\n", (int)strcspn(held + start, "\n"), held + start,
            (int)strcspn(made + start, "\n"), made + start);
}

int main(int argc, char **argv)
{
    size_t made_len = 0, len = 0;
    char *made = print_all(&made_len), *spec = argc == 3 ? file_read(argv[2], &len) : NULL;
    char *begin = spec ? strstr(spec, BEGIN_MARK) : NULL, *end = begin ? strstr(begin, END_MARK) : NULL;
    int status = 2;
    if (!made || !end) {
        fprintf(stderr, "usage: spec_tables check|write SPEC.md (a file with both marks)\n");
        goto out;
    }
    begin += strlen(BEGIN_MARK);
    if (strcmp(argv[1], "write") == 0) {
        FILE *f = fopen(argv[2], "wb");
        bool good = f && fwrite(spec, 1, (size_t)(begin - spec), f) == (size_t)(begin - spec) &&
                    fwrite(made, 1, made_len, f) == made_len && fputs(end, f) >= 0;
        if (f)
            fclose(f);
        status = good ? 0 : 1;
        goto out;
    }
    if ((size_t)(end - begin) == made_len && memcmp(begin, made, made_len) == 0) {
        printf("%zu bytes of tables are as the code has them\n1 passed, 0 failed\n", made_len);
        status = 0;
        goto out;
    }
    *end = '\0';
    show(begin, made);
    fprintf(stderr, "print the tables anew: spec_tables write SPEC.md\n");
    status = 1;
out:
    free(made);
    free(spec);
    return status;
}
